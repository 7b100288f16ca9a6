"""Decision tables: every hit policy and aggregator, and which rules are reported as fired."""
from __future__ import annotations

from decimal import Decimal

import pytest

from engine.dmn import Fired, parse_dmn
from tests.dmn.build import decision, given, item, model, table


def decide(logic: str, *parts: str, type: str = "", **inputs: object):
    names = tuple(inputs)
    return parse_dmn(model(given(*names), decision("结果", logic, *names, type=type), *parts)).evaluate("结果", inputs)


LEVELS = ('>= 90 | "优秀" | 3', '[60..90) | "合格" | 2', '< 60 | "不合格" | 1')


@pytest.mark.parametrize(("score", "level", "rule"), [(95, "优秀", 1), (90, "优秀", 1), (75, "合格", 2), (0, "不合格", 3)])
def test_the_one_matching_rule_gives_the_result(score, level, rule):
    result = decide(table("score", "level", *(rule.rpartition("|")[0] for rule in LEVELS)), score=score)

    assert (result.value, result.fired, result.reasons) == (level, (Fired("结果", (rule,)),), ())


def test_several_outputs_make_a_context():
    assert decide(table("score", "level | points", *LEVELS), score=75).value == {"level": "合格", "points": 2}


def test_two_hits_of_a_unique_table_are_null_and_named():
    result = decide(table("n", "r", "> 1 | 1", "> 2 | 2"), n=3)

    assert (result.value, result.fired) == (None, (Fired("结果", (1, 2)),))
    assert [(reason.code, dict(reason.details)) for reason in result.reasons] == [("dmn.not-unique", {"table": "结果", "rules": "1, 2", "decision": "结果"})]


def test_no_hit_is_null_with_the_reason_or_the_default():
    assert decide(table("n", "r", "> 1 | 1"), n=0).reasons[0].code == "dmn.no-rule"
    assert decide(table("n", "r", "> 1 | 1", default='"无"'), n=0).value == "无"
    assert decide(table("n", "r", "> 1 | 1", hit="COLLECT"), n=0).value == []


def test_any_takes_equal_results_only():
    assert decide(table("n", "r", "> 1 | 1", "> 2 | 1", hit="ANY"), n=3).value == 1
    assert decide(table("n", "r", "> 1 | 1", "> 2 | 2", hit="ANY"), n=3).reasons[0].code == "dmn.not-any"


def test_first_takes_the_first_and_reports_all_that_hit():
    result = decide(table("n", "r", "> 1 | 1", "> 2 | 2", hit="FIRST"), n=3)

    assert (result.value, result.fired) == (1, (Fired("结果", (1, 2)),))


RANKED = ('> 1 | "丙"', '> 2 | "甲"', '> 0 | "乙"')


def test_priority_and_output_order_rank_by_the_output_values():
    values = {"r": '"甲", "乙", "丙"'}

    assert decide(table("n", "r", *RANKED, hit="PRIORITY", values=values), n=3).value == "甲"
    assert decide(table("n", "r", *RANKED, hit="OUTPUT ORDER", values=values), n=3).value == ["甲", "乙", "丙"]
    assert decide(table("n", "r", *RANKED, hit="RULE ORDER"), n=3).value == ["丙", "甲", "乙"]


def test_priority_may_come_from_the_type_of_the_output():
    ranked = item("t等级", "string", '"甲", "乙", "丙"')

    assert decide(table("n", "r", *RANKED, hit="PRIORITY", types={"r": "t等级"}), ranked, n=3).value == "甲"


@pytest.mark.parametrize(("aggregation", "expected"), [("", [10, 5, 7]), ("SUM", 22), ("COUNT", 3), ("MIN", 5), ("MAX", 10)])
def test_collect_and_its_aggregators(aggregation, expected):
    assert decide(table("n", "r", "> 1 | 10", "> 2 | 5", "> 0 | 7", hit="COLLECT", aggregation=aggregation), n=3).value == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("", []), ("SUM", None), ("COUNT", 0), ("MIN", None), ("MAX", None)])
def test_collecting_nothing(aggregation, expected):
    assert decide(table("n", "r", "> 1 | 10", hit="COLLECT", aggregation=aggregation), n=0).value == expected


def test_an_input_outside_its_values_is_refused_with_the_reason():
    result = decide(table("kind", "r", '"甲" | 1', values={"kind": '"甲", "乙"'}), kind="丙")

    assert (result.value, result.fired, result.reasons[0].code) == (None, (), "dmn.input-not-allowed")


def test_cells_may_read_other_inputs_and_the_tested_value():
    logic = table("n", "r", "> limit | 1", "? < limit and odd(?) | 2", "- | 3", hit="FIRST")

    assert [decide(logic, n=n, limit=10).value for n in (11, 5, 4)] == [1, 2, 3]


def test_outputs_are_expressions_and_typed():
    assert decide(table("n", "r", "- | n * 1.5", types={"r": "number"}), n=3).value == Decimal("4.5")
    assert decide(table("n", "r", '- | "x"', types={"r": "number"}), n=3).reasons[0].code == "dmn.wrong-type"


@pytest.mark.parametrize(("logic", "code"), [
    (table("n", "r", "> 1 | 1 | 2"), "dmn.rule-width"), (table("n", "r", "> 1 | 1", hit="BEST"), "dmn.hit-policy"), (table("n", "r | r", "> 1 | 1 | 2"), "dmn.output-names"),
    (table("n", "r", "> 1 | 1", hit="FIRST", aggregation="SUM"), "dmn.hit-policy"), (table("", "r", "> 1 | 1"), "dmn.no-input-expression"), (table("n", "r", "> > | 1"), "feel.unexpected"),
])
def test_a_malformed_table_is_a_finding_and_evaluates_to_null_with_it(logic, code):
    read = parse_dmn(model(given("n"), decision("结果", logic, "n")))

    assert [finding.code for finding in read.findings] == [code]
    assert read.evaluate("结果", {"n": 2}).value is None
