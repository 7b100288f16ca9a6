"""Every null has its reason, with a place in the text; every reason has words in both languages; strict evaluation raises it."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.locale import feel_kinds, say
from adapters.locale.feel import EN, ZH
from engine.feel import FeelError, FeelSyntaxError, parse
from engine.feel.values import KINDS

ROOT = Path(__file__).resolve().parents[2]


def reasons(text: str, **scope: object) -> list[tuple[str, int, int]]:
    return [(reason.code, reason.line, reason.column) for reason in parse(text).explain(scope)[1]]


@pytest.mark.parametrize(("text", "expected"), [
    ("a + 1", [("feel.missing-name", 1, 1), ("feel.null-operand", 1, 3)]), ("1 +\n 1 / 0", [("feel.divide-by-zero", 2, 4), ("feel.null-operand", 1, 3)]), ("1 < \"a\"", [("feel.incomparable", 1, 3)]), ("1 + \"a\"", [("feel.operands", 1, 3)]), ("{a: 1}.b", [("feel.missing-entry", 1, 7)]), ("null.b", [("feel.null-path", 1, 5)]),
    ("[1][3]", [("feel.index", 1, 4)]), ("nothing(1)", [("feel.no-function", 1, 1)]), ("5(1)", [("feel.not-a-function", 1, 1)]), ("substring(\"a\")", [("feel.argument-range", 1, 1)]), ("get value({}, 1, 2)", [("feel.argument-count", 1, 1)]), ("substring(1, 2)", [("feel.argument-kind", 1, 1)]), ("substring(null, 2)", [("feel.null-argument", 1, 1)]), ("substring(x: \"a\")", [("feel.unknown-parameter", 1, 1)]),
    ("@\"2026-13-01\"", [("feel.bad-literal", 1, 1)]), ("date(2026, 13, 1)", [("feel.no-such-date", 1, 1)]), ("matches(\"a\", \"(\")", [("feel.pattern", 1, 1)]), ("1 and true", [("feel.not-boolean", 1, 3)]), ("for i in null return i", [("feel.null-iteration", 1, 5)]), ("[1..null]", [("feel.bad-range", 1, 1)]), ("now()", [("feel.no-moment", 1, 1)]),
    ("(function(a) a)(1, 2)", [("feel.argument-count", 1, 2)]), ("sum([1, \"a\"])", [("feel.element-kind", 1, 1)]), ("{a: 1, a: 2}", [("feel.duplicate-key", 1, 1)]), ("(function() external 1)()", [("feel.external-function", 1, 2)]),
])
def test_a_null_says_why_and_where(text, expected):
    assert reasons(text) == expected


@pytest.mark.parametrize("text", ["null", "if missing then 1 else null", "[1, null][2]", "{a: null}.a", "get or else(null, null)", "[1, 2][missing > 1]", "some x in [null] satisfies x"])
def test_a_null_that_was_meant_is_no_error(text):
    assert parse(text).strict({}) in (None, [])


@pytest.mark.parametrize(("text", "code"), [("a", "feel.missing-name"), ("a > 1", "feel.missing-name"), ("1 / 0", "feel.divide-by-zero"), ("not(a)", "feel.missing-name")])
def test_strict_evaluation_raises_the_first_reason(text, code):
    with pytest.raises(FeelError) as failed:
        parse(text).strict({})
    assert failed.value.code == code


def test_a_value_is_never_an_error_though_a_part_of_it_is_null():
    assert parse("[1 / 0, 2]").strict({}) == [None, 2]


@pytest.mark.parametrize(("text", "code", "line", "column"), [
    ("1 +", "feel.unexpected-end", 1, 4), ("1 + )", "feel.unexpected", 1, 5), ("a\n  =", "feel.unexpected-end", 2, 4), ("if a then b", "feel.unexpected-end", 1, 12), ("\"abc", "feel.unfinished-text", 1, 1), ("a # b", "feel.unknown-character", 1, 3), ("a == 1", "feel.slip", 1, 3), ("a => 1", "feel.slip", 1, 3), ("a <> 1", "feel.slip", 1, 3), ("a ≥ 1", "feel.slip", 1, 3), ("a && b", "feel.slip", 1, 3), ("a = 'x'", "feel.slip", 1, 5), ("a > 1 或 b", "feel.slip", 1, 7), ("if a > 1 2 else 3", "feel.expected", 1, 10), ("not a > 1", "feel.expected", 1, 5), ("f(1, b: 2)", "feel.mixed-arguments", 1, 6), ("f(a: 1, a: 2)", "feel.duplicate-argument", 1, 9),
    ("[1, 2", "feel.unexpected-end", 1, 6), ("x in", "feel.unexpected-end", 1, 5), ("", "feel.unexpected-end", 1, 1), ("1e9999", "feel.number-too-large", 1, 1), ("得分 ＞ 1", "feel.slip", 1, 4), ("count（a）", "feel.slip", 1, 6), ("a > ６０", "feel.slip", 1, 5), ("a，b", "feel.slip", 1, 2), ("1 2", "feel.unexpected", 1, 3), ("for x return 1", "feel.expected", 1, 7),
])
def test_a_syntax_error_has_its_place(text, code, line, column):
    with pytest.raises(FeelSyntaxError) as failed:
        parse(text)
    assert (failed.value.code, failed.value.line, failed.value.column) == (code, line, column)


def codes_in(*folders: str) -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted((ROOT / folder).glob("*.py")))
    return set(re.findall(r'"((?:feel|dmn)\.[a-z-]+)"', text))


def test_every_reason_has_words_in_both_languages_and_no_words_are_left_over():
    codes = codes_in("engine/feel", "engine/dmn")

    assert (set(ZH), set(EN)) == (codes, codes)


def test_every_kind_of_value_has_words_in_both_languages():
    kinds = {f"feel.kind.{name}" for name in [*KINDS.values(), "foreign"]}

    assert (set(feel_kinds.ZH), set(feel_kinds.EN)) == (kinds, kinds)
    assert say("feel.argument-kind", "zh", function="abs", parameter="n", wanted="number | string", kind="date") == "函数“abs”的参数“n”应为数值或文本，给的是日期。"
    assert say("dmn.foreign-function", "zh", kind="Java") == "不执行 Java 函数，请改用 FEEL。"


def test_the_words_use_the_details_that_the_reasons_carry():
    places = {code: set(re.findall(r"\{(\w+)\}", ZH[code])) for code in ZH}

    assert {code: set(re.findall(r"\{(\w+)\}", EN[code])) - places[code] for code in EN if set(re.findall(r"\{(\w+)\}", EN[code])) - places[code]} == {}
    assert parse("1 + \"a\"").explain({})[1][0].details.keys() == places["feel.operands"]
