"""Diagrams against the package they are published in, and several files together."""
from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import pytest

from adapters.locale import bpmn as words
from engine.bpmn.check import PackageContext, check, read_package_diagrams, required_roles
from engine.bpmn.graph import start_messages
from engine.bpmn.read import read
from engine.bpmn.reference import elements_supported
from engine.refusals import Invalid


def _examples() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bpmn_examples", Path(__file__).with_name("examples.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


X = _examples()


@dataclass(frozen=True)
class Op:
    """An operation as the checker sees it."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    results: tuple[str, ...] = ()

    def unknown(self, names: object) -> list[str]:
        return [name for name in names if name not in self.required + self.optional]  # type: ignore[attr-defined]

    def missing(self, names: object) -> list[str]:
        return [name for name in self.required if name not in names]  # type: ignore[operator]


CONTEXT = PackageContext(
    forms=("nomination",), roles=("office", "county_health"), operations={"quota.book": Op(("account", "places"), ("refs",), ("balance",)), "notify": Op(("template", "to"))},
    decisions=("grade",), parameters=("quota.total", "stages"), functions=("role", "due in"), texts=("notice",),
)


def task(assignment: str = 'candidateGroups="=role(&quot;office&quot;, org)"', form: str = "nomination", more: str = "") -> bytes:
    inside = f'<zeebe:formDefinition formId="{form}"/>' if form else ""
    inside += f"<zeebe:assignmentDefinition {assignment}/>" if assignment else ""
    return X.in_process(X.between(X.USER.format("", X.extended(inside + more))))


def service(type: str, *inputs: str) -> bytes:
    mapped = "".join(f'<zeebe:input source="{source}" target="{target}"/>' for target, source in (one.split(":", 1) for one in inputs))
    return X.in_process(X.between(f'<serviceTask id="x">{X.extended(f"<zeebe:taskDefinition type=@{type}@/><zeebe:ioMapping>{mapped}</zeebe:ioMapping>".replace("@", chr(34)))}</serviceTask>'))


def codes(xml: bytes, context: PackageContext = CONTEXT) -> list[str]:
    found = check(read(xml, "a.bpmn"), context)
    for one in found:
        assert "{" not in words.ZH[one.code].format(**one.details) + words.EN[one.code].format(**one.details)
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (task(), []),
        (task(form="other"), ["bpmn.user-task.form-unknown"]),
        (task(form=""), ["bpmn.user-task.no-form"]),
        (task(assignment=""), ["bpmn.user-task.no-candidates"]),
        (task('candidateGroups="=role(&quot;mayor&quot;, org)"'), ["bpmn.role.unknown"]),
        (task('candidateGroups="=[role(&quot;office&quot;, a), role(&quot;mayor&quot;, b)]"'), ["bpmn.role.unknown"]),
        (task('candidateGroups="office@city, mayor@city"'), ["bpmn.role.unknown"]),
        (task('candidateGroups="office"'), ["bpmn.user-task.group-form"]),
        (task(more='<zeebe:taskSchedule dueDate="=due in(3)"/>'), []),
        (task(more='<zeebe:taskSchedule dueDate="=working week(3)"/>'), ["bpmn.expression.function-unknown"]),
        (task(more='<zeebe:taskSchedule dueDate="=scheme.stages.recommend.end"/>'), []),
        (task(more='<zeebe:taskSchedule dueDate="=scheme.stage.end"/>'), ["bpmn.expression.parameter-unknown"]),
        (service("quota.book", "account:=a", "places:=1"), []),
        (service("quota.steal", "account:=a"), ["bpmn.operation.unknown"]),
        (service("quota.book", "account:=a"), ["bpmn.operation.input-missing"]),
        (service("quota.book", "account:=a", "places:=1", "colour:=1"), ["bpmn.operation.input-unknown"]),
        (service("notify", "template:notice", "to:=[]"), []),
        (service("notify", "template:=&quot;notice&quot;", "to:=[]"), []),
        (service("notify", "template:lost", "to:=[]"), ["bpmn.text.unknown"]),
        (X.in_process(X.between(f'<businessRuleTask id="x">{X.extended("<zeebe:calledDecision decisionId=@grade@ resultVariable=@g@/>".replace("@", chr(34)))}</businessRuleTask>')), []),
        (X.in_process(X.between(f'<businessRuleTask id="x">{X.extended("<zeebe:calledDecision decisionId=@lost@ resultVariable=@g@/>".replace("@", chr(34)))}</businessRuleTask>')), ["bpmn.decision.unknown"]),
    ],
)
def test_what_a_diagram_names_must_be_in_its_package(xml: bytes, expected: list[str]) -> None:
    assert codes(xml) == expected


def test_a_message_awaited_without_a_key_is_a_warning() -> None:
    def said(key: str) -> list[str]:
        subscription = X.extended(f'<zeebe:subscription correlationKey="{key}"/>') if key else ""
        return codes(X.rooted(X.waiting(X.MESSAGE), f'<message id="m" name="M">{subscription}</message>'))

    assert (said(""), said("=case")) == (["bpmn.message.no-key"], [])


def test_no_condition_starts_a_process_of_a_package() -> None:
    condition = "<conditionalEventDefinition><condition>=n = 1</condition></conditionalEventDefinition>"
    xml = X.in_process(f'<startEvent id="s">{condition}</startEvent><task id="t"/><endEvent id="e"/>{X.path("s", "t", "e")}')

    assert codes(xml) == ["bpmn.start.conditional"]
    assert check(read(xml, "a.bpmn")) == []


@pytest.mark.parametrize(("length", "expected"), [("P7D", []), ("P1DT2H", []), ("=scheme.quota.total", []), ("", ["bpmn.extension.value"]), ("7 days", ["bpmn.extension.value"]), ("P", ["bpmn.extension.value"]), ("P1DT", ["bpmn.extension.value"])])
def test_a_message_says_how_long_it_waits(length: str, expected: list[str]) -> None:
    thrown = X.between('<intermediateThrowEvent id="x"><messageEventDefinition messageRef="m"/></intermediateThrowEvent>')

    assert codes(X.rooted(thrown, f'<message id="m" name="M" banli:timeToLive="{length}"/>')) == expected


def test_a_way_without_condition_is_refused_in_a_package() -> None:
    xml = X.in_process(X.forked("exclusiveGateway", "", X.WHEN))

    assert [(one.code, one.severity) for one in check(read(xml, "a.bpmn"))] == [("bpmn.gateway.no-condition", "warning")]
    assert [(one.code, one.severity) for one in check(read(xml, "a.bpmn"), CONTEXT)] == [("bpmn.gateway.no-condition", "error")]


def test_a_date_without_zone_is_refused_in_a_package() -> None:
    found = check(read(X.in_process(X.waiting("<timerEventDefinition><timeDate>2026-09-01T08:00:00</timeDate></timerEventDefinition>")), "a.bpmn"), CONTEXT)

    assert [(one.code, one.severity) for one in found] == [("bpmn.timer.zone", "error")]


def called(inner: str) -> tuple[bytes, bytes]:
    """A process that calls another, and the other."""
    caller = X.in_process(X.between('<callActivity id="x" calledElement="q"/>'))
    return caller, X.whole(f'<process id="q" isExecutable="true">{inner}</process>')


def chosen(condition: str) -> str:
    """A choice by `condition`, and behind it a user task whose form answers `employer`."""
    extension = X.extended('<zeebe:formDefinition formId="nomination"/><zeebe:assignmentDefinition candidateUsers="=scheme.users"/>')
    inside = X.forked("exclusiveGateway", ' default="xb"', f"<conditionExpression>={condition}</conditionExpression>")
    return str(inside.replace('<task id="a"/>', f'<userTask id="a">{extension}</userTask>'))


def names_said(condition: str, answers: dict[str, tuple[str, ...]] | None) -> list[tuple[str, object]]:
    documents = [read(xml, f"{n}.bpmn") for n, xml in enumerate(called(chosen(condition)))]
    found = check(documents, replace(CONTEXT, parameters=(), answers=answers))
    return [(one.code.removeprefix("bpmn.expression."), one.details["name"]) for one in found if one.code.startswith("bpmn.expression.name")]


def test_names_that_nothing_writes_are_told_where_all_writers_are_known() -> None:
    answers = {"nomination": ("employer",)}

    assert names_said("emplyer = 1", answers) == [("name-unknown", "emplyer")]
    assert names_said("employer = 1", answers) == [("name-later", "employer")]
    assert names_said("scheme.quota.total = 1 and outcome = null", answers) == []


def test_nothing_is_said_about_names_when_answers_are_unknown() -> None:
    assert names_said("emplyer = 1", None) == []


def test_all_files_are_judged_before_anything_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read_package_diagrams({"a.bpmn": b"<broken", "b.bpmn": X.in_process(X.CHAIN_SHORT + X.path("t", "s")), "c.bpmn": X.whole("")})

    assert [(one.file, one.code) for one in refused.value.findings] == [
        ("a.bpmn", "bpmn.xml.syntax"), ("b.bpmn", "bpmn.start.incoming"), ("c.bpmn", "bpmn.document.nothing-executable"),
    ]


def test_a_package_that_is_right_becomes_a_graph_set() -> None:
    caller, other = called(X.CHAIN_SHORT)

    graphs = read_package_diagrams({"a.bpmn": caller, "b.bpmn": other})

    assert list(graphs.processes) == ["p", "q"]
    assert graphs.processes["p"].nodes["x"].called is not None


def test_start_messages_name_the_processes_they_start() -> None:
    xml = X.rooted(f'<startEvent id="s">{X.MESSAGE}</startEvent><endEvent id="e"/>{X.path("s", "e")}')

    assert start_messages({one.id: one for one in read(xml, "a.bpmn").processes}) == {"M": (("p", "s"),)}


def test_required_roles_are_those_the_candidates_name() -> None:
    assert required_roles(read(task('candidateGroups="=[role(&quot;office&quot;, a), role(code: &quot;county_health&quot;, org: b)]"'), "a.bpmn").processes[0]) == {"x": ("office", "county_health")}
    assert required_roles(read(task('candidateGroups="office@city, judge@city"'), "a.bpmn").processes[0]) == {"x": ("office", "judge")}


def test_every_element_of_bpmn_has_its_line_in_the_reference() -> None:
    supported = {one.element: one for one in elements_supported()}

    assert len(supported) > 120
    assert {one.status for one in supported.values()} == {"executed", "drawn", "refused"}
    assert "formDefinition" in supported["userTask"].zeebe and "returnTo" in supported["userTask"].banli
    assert (supported["textAnnotation"].status, supported["choreographyTask"].status) == ("drawn", "refused")
