"""What publishing says of a package's decision models: every problem with file and line, gaps and overlaps with an example; asks no instance."""
from __future__ import annotations

import pytest

from engine.bundle import read_bundle
from engine.decisions import read_tables
from engine.refusals import Finding, Invalid
from tests.decisions.build import GRADE, leave_with
from tests.dmn.build import decision, given, model, table, text


def findings(*files: bytes) -> list[Finding]:
    return read_tables({f"{number}.dmn": file for number, file in enumerate(files, 1)}).findings


def told(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.file, one.severity, one.code) for one in found]


def test_a_package_has_its_decisions_by_id() -> None:
    bundle = read_bundle(leave_with(GRADE))
    assert ({id: one.title for id, one in bundle.graphs.decisions.items()}, bundle.notes) == ({"_grade": "grade"}, ())
    assert bundle.graphs.decisions["_grade"].evaluate({"days": 5}).value == "long"


def test_a_gap_is_a_warning_with_an_example_and_does_not_refuse() -> None:
    gap = GRADE.replace(b"&gt;= 3", b"&gt; 3")
    (note,) = read_bundle(leave_with(gap)).notes
    assert (note.code, note.severity, note.file, note.element, note.details["example"]) == ("dmn.gap", "warning", "grade.dmn", "t", "days = 3")
    assert note.line > 0


def test_an_overlap_of_a_unique_table_refuses_with_an_example() -> None:
    overlap = GRADE.replace(b"&lt; 3", b"&lt;= 3")
    with pytest.raises(Invalid) as caught:
        read_bundle(leave_with(overlap))
    (error,) = [one for one in caught.value.findings if one.severity == "error"]
    assert (error.code, error.file, error.details["rules"], error.details["example"]) == ("dmn.overlap", "grade.dmn", "1, 2", "days = 3")


def test_a_task_that_names_no_decision_of_the_package_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        read_bundle(leave_with(GRADE, decision="_garde"))
    (error,) = [one for one in caught.value.findings if one.severity == "error"]
    assert (error.code, error.file, error.element, error.details["decision"], error.details["known"]) == (
        "bpmn.decision.unknown", "leave.bpmn", "grade", "_garde", ["_grade"])


def test_a_file_that_is_not_there_is_named() -> None:
    files = leave_with(GRADE)
    del files["grade.dmn"]
    with pytest.raises(Invalid) as caught:
        read_bundle(files)
    assert ("package.file", "grade.dmn") in [(one.code, one.element) for one in caught.value.findings]


@pytest.mark.parametrize(("content", "code"), [
    (b"<nonsense", "dmn.not-xml"), (b'<!DOCTYPE x><definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"/>', "dmn.doctype"),
    (b"<definitions/>", "dmn.not-dmn"), (model(given("x"), decision("a", text("x +"), "x")), "feel.unexpected-end"),
    (model(decision("a", text("1"), "gone")), "dmn.reference"),
])
def test_what_is_no_sound_model_is_refused_with_its_file(content: bytes, code: str) -> None:
    assert (("1.dmn", "error", code)) in told(findings(content))


def test_one_broken_file_does_not_hide_what_is_wrong_with_another() -> None:
    assert told(findings(b"<nonsense", model(given("x"), decision("a", table("x", "y", "1 | 2"), "x")))) == [
        ("1.dmn", "error", "dmn.not-xml"), ("2.dmn", "warning", "dmn.gap")]


def test_an_imported_model_is_found_and_its_problems_are_told_once() -> None:
    base = model(given("x"), decision("a", text("x +"), "x"), decision("b", text("x + 1"), "x"), namespace="urn:base")
    above = model('<import namespace="urn:base" name="base" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>',
                  decision("c", text("base.b * 2"), "!urn:base#_b"), namespace="urn:above")
    for files in ((base, above), (above, base)):
        found = read_tables({f"{number}.dmn": file for number, file in enumerate(files, 1)})
        assert told(found.findings) == [(f"{files.index(base) + 1}.dmn", "error", "feel.unexpected-end")]
    assert found.decisions["_c"].evaluate({"x": 2}).value == 6


@pytest.mark.parametrize("others", [
    (model(decision("a", text("1"))), model(decision("a", text("2")), namespace="urn:other")),
    (model('<decision id="x" name="_a"><variable name="x"/><literalExpression><text>1</text></literalExpression></decision>', decision("a", text("1"))),),
])
def test_an_id_means_one_decision(others: tuple[bytes, ...]) -> None:
    assert "package.decision_twice" in [one.code for one in findings(*others)]
