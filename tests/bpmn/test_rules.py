"""Every rule has a tiny diagram that breaks it, and gives just the findings that were expected; a correct diagram gives none."""
from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from adapters.locale import bpmn as words
from engine.bpmn.check import PackageContext, check
from engine.bpmn.read import read
from engine.refusals import Finding


def _examples() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bpmn_examples", Path(__file__).with_name("examples.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


X = _examples()
# Codes that other tests raise: the reader's limits, several files, a package's context, the token game.
ELSEWHERE = ("bpmn.xml.", "bpmn.soundness.", "bpmn.user-task.", "bpmn.operation.", "bpmn.role.", "bpmn.text.", "bpmn.message.no-key", "bpmn.start.", "bpmn.decision.", "bpmn.expression.name-",
             "bpmn.expression.function-unknown", "bpmn.expression.parameter-unknown")


def findings(xml: bytes, context: PackageContext | None = None) -> list[Finding]:
    return check(read(xml, "a.bpmn"), context)


def codes(xml: bytes) -> list[str]:
    """The codes found; but the token game's (what breaks a rule often cannot be played either), and notes beside something else."""
    found = [one for one in findings(xml) if not one.code.startswith("bpmn.soundness.")]
    return sorted({one.code for one in found if one.severity != "note"} or {one.code for one in found})


@pytest.mark.parametrize("code", X.EXAMPLES)
def test_a_diagram_that_breaks_a_rule_is_told_which(code: str) -> None:
    given = X.EXAMPLES[code]
    xml, expected = given if isinstance(given, tuple) else (given, (code,))

    assert codes(xml) == sorted(expected)


@pytest.mark.parametrize("code", X.EXAMPLES)
def test_each_finding_can_be_said_in_both_languages(code: str) -> None:
    given = X.EXAMPLES[code]
    for one in findings(given[0] if isinstance(given, tuple) else given):
        assert "{" not in words.ZH[one.code].format(**one.details)
        assert "{" not in words.EN[one.code].format(**one.details)
        assert one.file == "a.bpmn" and one.line >= 1


def test_every_rule_has_its_diagram() -> None:
    assert [code for code in words.ZH if code not in X.EXAMPLES and not code.startswith(ELSEWHERE)] == []


def test_a_correct_diagram_gives_no_finding() -> None:
    assert findings(X.in_process(X.CHAIN_SHORT)) == []


def test_findings_name_the_element_and_come_in_the_order_of_lines() -> None:
    xml = X.in_process('<startEvent id="s"/>\n<userTask id="a" banli:returnTo="nowhere"/>\n<endEvent id="e"/>\n' + X.path("s", "a", "e", "a"))

    assert [(one.line, one.element, one.code) for one in findings(xml)] == [(2, "a", "bpmn.return.target"), (3, "e", "bpmn.end.outgoing")]


def test_a_drawing_is_told_what_is_wrong_but_not_refused_for_it() -> None:
    drawn = X.whole('<process id="p"><startEvent id="s"/><task id="t"/>' + X.path("s", "t", "s") + "</process>")

    assert {one.severity for one in check(read(drawn, "a.bpmn"), drawing=True)} == {"warning"}


def test_a_drawing_with_words_that_bpmn_does_not_know_is_refused() -> None:
    drawn = X.whole('<process id="p"><magic id="s"/></process>')

    assert [(one.code, one.severity) for one in check(read(drawn, "a.bpmn"), drawing=True)] == [("bpmn.element.unknown", "error")]


@pytest.mark.parametrize(
    "inside",
    [
        '<scriptTask id="t" scriptFormat="groovy"><script>x = 1</script></scriptTask>',
        '<task/>',
        '<task id="t"/><sequenceFlow id="f" sourceRef="t" targetRef="lost"/>',
        '<intermediateThrowEvent id="t"><linkEventDefinition id="l" name=""/></intermediateThrowEvent>',
        '<task id="t"/><other:thing xmlns:other="urn:other"/>',
        '<receiveTask id="t" implementation="my service"/>',
    ],
)
def test_a_drawing_may_be_unfinished(inside: str) -> None:
    found = check(read(X.whole(f'<process id="p">{inside}</process>'), "a.bpmn"), drawing=True)

    assert {one.severity for one in found} == {"warning"}


@pytest.mark.parametrize(
    ("field", "words", "read_as_time"),
    [
        ("timeDate", "2030-01-01", True),
        ("timeDate", "2030-01-01T09:00:00+08:00", True),
        ("timeDate", "2030-01-01T24:00:00Z", False),  # not every Python reads it
        ("timeDate", "2030-02-30T09:00:00Z", False),
        ("timeDate", "+2030-01-01T09:00:00Z", False),
        ("timeDuration", "P1W", True),
        ("timeDuration", "PT", False),
        ("timeCycle", "R3/2030-01-01T09:00:00Z/PT1H", True),
        ("timeCycle", "R/P0D", False),
        ("timeCycle", "0 0/5 * * * ?", False),
    ],
)
def test_a_time_that_is_written_out_is_one_that_the_engine_can_read(field: str, words: str, read_as_time: bool) -> None:
    timer = f"<timerEventDefinition><{field}>{words}</{field}></timerEventDefinition>"

    assert ("bpmn.timer.form" not in codes(X.in_process(X.waiting(timer)))) == read_as_time
