"""Whatever is handed in wrong is answered with a sentence that names the thing and the way out, and nothing of it stays behind."""
from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from string import Formatter

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.locale import catalogue
from adapters.system import System
from engine.commands import Complete
from engine.refusals import Conflict, Finding, Invalid, InvalidAnswers, NotFound, Refused
from tests.system.small import DIAGRAM, FORMS, PACKAGE, SCHEME, files, published, started, system_in

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def system(tmp_path: Path) -> System:
    return system_in(tmp_path)


def stored(system: System) -> dict[str, int]:
    """How many rows every table has."""
    with system.database.reading() as connection:
        return {table.name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0) for table in schema.metadata.sorted_tables}


def refused(system: System, act: Callable[[], object]) -> Exception:
    """The refusal of `act`, after making sure that nothing was stored."""
    before = stored(system)
    with pytest.raises((Refused, Invalid, InvalidAnswers)) as caught:
        act()
    assert stored(system) == before
    return caught.value


def gaps(code: str, given: Collection[str]) -> set[str]:
    """Placeholders of the sentence, in either language, that nothing fills; the code itself when there is no sentence."""
    templates = [catalogue(language).get(code) for language in ("zh", "en")]
    return {name for template in templates for _, name, _, _ in Formatter().parse(template or f"{{{code}}}") if name} - set(given)


def said(finding: Finding) -> None:
    """There are words for it in both languages, with no gap left open."""
    assert gaps(finding.code, {*finding.details, "file", "element", "line"}) == set()


def told(error: Refused) -> None:
    assert gaps(error.code, error.details) == set()


SPOILED_DIAGRAMS = [
    ("a role that the package does not declare", '"clerk", "office"', '"kleck", "office"', "apply"),
    ("a form that is not there", 'formId="apply"', 'formId="aply"', "apply"),
    ("a parameter that is not declared", "scheme.body.role", "scheme.bdoy.role", "decide"),
    ("a Python expression", '=outcome = "return"', "outcome == 'return'", "f4"),
    ("a flow into the start event", 'sourceRef="which" targetRef="apply"', 'sourceRef="which" targetRef="start"', "start"),
    ("an operation nobody knows", "<zeebe:userTask/><zeebe:formDefinition formId=\"decide\"/>", "<zeebe:userTask/><zeebe:formDefinition formId=\"decide\"/><zeebe:surprise/>", "decide"),
    ("a reference to nothing", 'targetRef="done"', 'targetRef="gone"', "f5"),
]


@pytest.mark.parametrize(("what", "old", "new", "element"), SPOILED_DIAGRAMS, ids=[case[0] for case in SPOILED_DIAGRAMS])
def test_a_diagram_is_refused_with_file_element_and_line(system, what, old, new, element):
    assert old in DIAGRAM
    error = refused(system, lambda: system.publish("here", files(diagram=DIAGRAM.replace(old, new)), "admin"))

    about = [finding for finding in error.findings if finding.severity == "error" and finding.element == element]
    assert about and {finding.file for finding in about} == {"leave.bpmn"} and all(finding.line > 1 for finding in about), error.findings
    for finding in about:
        said(finding)


@pytest.mark.parametrize("trick", [
    '<!DOCTYPE bpmn:definitions [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
])
def test_entity_tricks_are_refused_unread(system, trick):
    error = refused(system, lambda: system.publish("here", files(diagram=DIAGRAM.replace("?>\n", f"?>\n{trick}\n", 1)), "admin"))

    assert [finding.file for finding in error.findings if finding.severity == "error"][:1] == ["leave.bpmn"]


def test_all_problems_of_all_files_come_at_once(system):
    spoiled = files(diagram=DIAGRAM.replace('"clerk", "office"', '"kleck", "office"').replace('formId="decide"', 'formId="dceide"'),
                    apply=FORMS["forms/apply.yaml"].replace("kind: integer", "kind: intger"), texts="leave.sent: {title: x}\n")

    error = refused(system, lambda: system.publish("here", spoiled, "admin"))

    assert {finding.file for finding in error.findings} >= {"leave.bpmn", "forms/apply.yaml", "texts.yaml"}
    for finding in error.findings:
        said(finding)


SPOILED_SCHEMES = [
    ("quotas that do not sum", "places: 2", "places: 3", "channels"),
    ("a stage that ends before it starts", "end: 2021-10-20", "end: 2021-10-10", "stages.one"),
    ("a value without origin", "total: {value: 3, origin: 项目示例}", "total: 3", "total"),
    ("a parameter nobody declared", "  total:", "  totla:", "totla"),
    ("a calendar year that is not confirmed", "start: 2021-10-11, end: 2021-10-20", "start: 2027-10-11, end: 2027-10-20", "stages"),
    ("a calendar year that is not there", "start: 2021-10-11, end: 2021-10-20", "start: 2039-10-11, end: 2039-10-20", "stages"),
    ("an organisation nobody knows", "org: office", "org: offfice", "body.org"),
    ("a role that is not declared", "role: head", "role: haed", "body.role"),
    ("a post that nobody holds", "org: office, role: head", "org: cellar, role: head", "body"),
]


@pytest.mark.parametrize(("what", "old", "new", "key"), SPOILED_SCHEMES, ids=[case[0] for case in SPOILED_SCHEMES])
def test_a_scheme_is_refused_with_file_key_and_line(system, what, old, new, key):
    system.people.add_organisation("here", "cellar", "地下室", "市")
    bundle = system.publish("here", files(), "admin")
    assert old in SCHEME

    error = refused(system, lambda: system.publish_scheme("here", bundle, SCHEME.replace(old, new).encode(), "schemes/first.yaml", "admin"))

    about = [finding for finding in error.findings if finding.severity == "error" and finding.element.startswith(key)]
    assert about and all(finding.file == "schemes/first.yaml" and finding.line > 1 for finding in about), error.findings
    for finding in about:
        said(finding)


def test_the_second_completion_of_a_task_is_refused(system):
    instance = started(system)
    answers = {"title": "用车", "days": 2}
    system.complete("here", "ann", instance, "t1", "submit", "", answers, "c1")

    error = refused(system, lambda: system.complete("here", "ann", instance, "t1", "submit", "", answers, "c2"))

    told(error)


def test_somebody_who_may_not_is_told_nothing_of_the_task(system):
    instance = started(system)

    error = refused(system, lambda: system.complete("here", "eve", instance, "t1", "submit", "", {"title": "用车", "days": 2}, "c1"))
    with pytest.raises(NotFound):
        system.queries.task("here", "eve", instance, "t1")

    assert isinstance(error, Refused)


def test_answers_of_the_wrong_type_are_all_named_by_field(system):
    instance = started(system)

    error = refused(system, lambda: system.complete("here", "ann", instance, "t1", "submit", "", {"title": "", "days": "many", "on": "tomorrow", "surprise": 1}, "c1"))

    assert isinstance(error, InvalidAnswers) and {problem.field for problem in error.problems} == {"title", "days", "on", "surprise"}
    for problem in error.problems:
        assert gaps(problem.code, problem.details) == set()


def test_an_outcome_that_the_form_does_not_have(system):
    instance = started(system)

    error = refused(system, lambda: system.complete("here", "ann", instance, "t1", "sumbit", "", {"title": "用车", "days": 2}, "c1"))

    assert isinstance(error, InvalidAnswers) and [problem.field for problem in error.problems] == ["outcome"]


def test_the_same_command_twice_has_one_effect_and_one_answer(system):
    instance = started(system)
    first = system.complete("here", "ann", instance, "t1", "submit", "", {"title": "用车", "days": 2}, "c1")
    before = stored(system)

    again = system.handle("here", instance, Complete("ann", "t1", "submit", "", {"title": "用车", "days": 2, "on": None, "paper": []}), "c1")

    assert (again.seq, again.at, again.events) == (first.seq, first.at, first.events) and stored(system) == before


def test_the_same_command_id_with_another_body_is_a_conflict(system):
    instance = started(system)
    system.complete("here", "ann", instance, "t1", "submit", "", {"title": "用车", "days": 2}, "c1")

    error = refused(system, lambda: system.handle("here", instance, Complete("ann", "t1", "submit", "", {"title": "住宿", "days": 2}), "c1"))

    assert isinstance(error, Conflict)


@pytest.mark.parametrize(("content", "name"), [(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "a.pdf"),
                                               (b"<html><script>alert(1)</script></html>", "a.pdf"), (b"MZ\x90\x00", "a.exe"), (b"\x89PNG\r\n\x1a\n", "a.pdf"), (b"", "a.pdf")])
def test_a_file_of_the_wrong_kind_is_not_kept(system, content, name):
    with pytest.raises(Refused) as caught:
        system.files.put("here", "ann", name, content, ["application/pdf"])

    told(caught.value)
    assert stored(system)["blob"] == 0


def test_somebody_elses_file_cannot_be_handed_in(system):
    instance = started(system)
    theirs = system.files.put("here", "eve", "a.pdf", PDF, ["application/pdf"])

    error = refused(system, lambda: system.complete("here", "ann", instance, "t1", "submit", "", {"title": "用车", "days": 2, "paper": [theirs.id]}, "c1"))

    assert isinstance(error, (InvalidAnswers, NotFound))


def test_the_small_package_itself_is_fine(system):
    """The other tests spoil one thing each; this one shows that nothing else is wrong."""
    bundle, scheme = published(system)

    assert (bundle.package.name, len(scheme), PACKAGE in bundle.files["package.yaml"].decode()) == ("leave", 64, True)
