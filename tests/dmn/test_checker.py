"""The table checker: gaps and overlaps with an example input, and rules without effect."""
from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.dmn import check_tables, parse_dmn
from tests.dmn.build import decision, given, item, model, table


def check(logic: str, *parts: str, needs: tuple[str, ...] = ("n", "kind"), types: Mapping[str, str] | None = None) -> list[tuple[str, object]]:
    inputs = "".join(given(name, type=(types or {}).get(name, "")) for name in needs)
    read = parse_dmn(model(inputs, decision("表", logic, *needs), *parts))
    assert [finding for finding in read.findings if finding.severity == "error"] == []
    return [(finding.code, finding.details.get("rule") or finding.details.get("rules") or finding.details.get("example")) for finding in check_tables(read)]


@pytest.mark.parametrize(("rules", "found"), [
    (("< 60 | 1", ">= 60 | 2"), []), (("< 60 | 1", "> 60 | 2"), [("dmn.gap", "n = 60")]), (("<= 60 | 1", ">= 60 | 2"), [("dmn.overlap", "1, 2")]), (("[0..10] | 1", "[20..30] | 2"), [("dmn.gap", "n = -1")]), (("1, 2, 3 | 1", "not(1, 2, 3) | 2"), []),
    (("- | 1",), []), (("? < 5 or ? > 9 | 1", "[5..9] | 2"), []), (("? between 1 and 5 | 1", "not(? in [1..5]) | 2"), []), (("null | 1", "not(null) | 2"), []),
])
def test_numbers(rules, found):
    assert check(table("n", "r", *rules)) == found


def test_an_overlap_names_an_input_that_hits_both():
    read = parse_dmn(model(given("n", "kind"), decision("表", table("n | kind", "r", '<= 60 | "甲" | 1', '[50..70] | - | 2', '> 70 | - | 3', '< 50 | not("甲") | 4'), "n", "kind")))

    finding = next(one for one in check_tables(read) if one.code == "dmn.overlap")

    assert (finding.severity, finding.element, dict(finding.details["inputs"])) == ("error", "t", {"n": "50", "kind": '"甲"'})  # type: ignore[call-overload]


def test_allowed_values_of_the_column_the_type_or_the_input_bound_what_may_come():
    rules = ('"甲" | 1', '"乙" | 2')

    assert check(table("kind", "r", *rules)) == [("dmn.gap", 'kind = "其他"')]
    assert check(table("kind", "r", *rules, values={"kind": '"甲", "乙"'})) == []
    assert check(table("kind", "r", *rules, types={"kind": "t"}), item("t", "string", '"甲", "乙"')) == []
    assert check(table("kind", "r", *rules), item("t", "string", '"甲", "乙"'), types={"kind": "t"}) == []
    assert check(table("kind", "r", '"甲" | 1'), item("t", "string", '"甲", "乙"'), types={"kind": "t"}) == [("dmn.gap", 'kind = "乙"')]


def test_booleans_and_dates():
    assert check(table("kind", "r", "true | 1"), types={"kind": "boolean"}) == [("dmn.gap", "kind = false")]
    assert check(table("n", "r", '<= @"2026-09-01" | 1', '>= date("2026-09-02") | 2'), types={"n": "date"}) == []
    assert check(table("n", "r", '< @"2026-09-01" | 1', '> @"2026-09-01" | 2')) == [("dmn.gap", "n = 2026-09-01")]
    assert check(table("n", "r", '< @"P30D" | 1', '> @"P60D" | 2'))[0] == ("dmn.gap", "n = P30D")


def test_two_columns_are_looked_at_together():
    rules = ('>= 60 | true | "通过"', "< 60 | - | \"不通过\"")

    assert check(table("n | kind", "r", *rules), types={"kind": "boolean"}) == [("dmn.gap", "n = 60; kind = false")]


def test_policies_that_allow_it_are_not_blamed():
    rules = ("> 1 | 1", "> 2 | 2", "- | 3")

    assert check(table("n", "r", *rules, hit="COLLECT")) == []
    assert check(table("n", "r", "> 1 | 1", "> 2 | 1", hit="ANY", default="0")) == []
    assert check(table("n", "r", "> 1 | 1", "> 2 | 2", hit="ANY", default="0")) == [("dmn.overlap", "1, 2")]


def test_a_rule_that_is_always_preceded_or_never_met_is_named():
    assert check(table("n", "r", "> 1 | 1", "> 2 | 2", "- | 3", hit="FIRST")) == [("dmn.masked", 2)]
    assert check(table("n", "r", "> 200 | 1", "<= 200 | 2", values={"n": "[0..100]"})) == [("dmn.never", 1)]
    assert check(table("n | kind", "r", '- | "甲" | 1', "- | - | 2", types={"kind": "number"}, hit="FIRST")) == [("dmn.never", 1)]


@pytest.mark.parametrize("cell", ["> kind", "contains(?, \"x\")", "? > today()"])
def test_what_depends_on_more_than_its_input_is_said_not_to_be_analysed(cell):
    assert check(table("n", "r", f"{cell} | 1")) == [("dmn.not-analysed", None)]


def test_a_long_table_is_checked_as_a_whole():
    rules = [f'"县{i}" | [{i}..{i + 1}) | {i}' for i in range(100)]

    assert check(table("kind | n", "r", *rules, default="0")) == []
    assert check(table("kind | n", "r", *rules, rules[7], default="0")) == [("dmn.overlap", "8, 101")]
    assert check(table("kind", "r", *(f'"县{i}" | {i}' for i in range(1_500)))) == [("dmn.too-many-combinations", None)]


def test_a_type_that_nobody_knows_does_not_hide_the_rules():
    assert check(table("n", "r", "> 5 | 1", "<= 5 | 2", types={"n": "nubmer"})) == []


def test_a_policy_that_ranks_needs_the_order_of_the_values():
    def codes(**more):
        return [finding.code for finding in parse_dmn(model(given("n"), decision("表", table("n", "r", '> 1 | "甲"', '- | "乙"', hit="PRIORITY", **more), "n"))).findings]

    assert (codes(), codes(values={"r": '"甲", "乙"'})) == (["dmn.no-order"], [])


def test_a_large_table_is_checked_in_time():
    columns = [f"c{i}" for i in range(8)]
    rules = [" | ".join(["-"] * i + [f"= {i}"] + ["-"] * (7 - i)) + f" | {i}" for i in range(8)]

    found = check(table(" | ".join(columns), "r", *rules, hit="FIRST"), needs=tuple(columns))

    assert {code for code, _ in found} == {"dmn.gap"}
