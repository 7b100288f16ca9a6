"""Decision models: requirements, knowledge, services, boxed expressions, types, imports, and hostile XML."""
from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.dmn import Fired, parse_dmn
from engine.feel import Environment, FeelError
from engine.refusals import Invalid, NotFound
from tests.dmn.build import NAMESPACE, decision, given, item, knowledge, model, table, text

ENV = Environment(datetime(2026, 9, 1, tzinfo=timezone.utc), ZoneInfo("Asia/Shanghai"))


def evaluate(name: str, *parts: str, **inputs: object):
    return parse_dmn(model(*parts)).evaluate(name, inputs, ENV)


def test_a_decision_sees_what_it_requires_and_nothing_else():
    parts = (given("a", "b"), decision("x", text("a + 1"), "a"), decision("y", text("x * 2 + b"), "!x", "b"), decision("z", text("a"), "!x"))

    assert evaluate("y", *parts, a=1, b=10).value == 14
    assert [reason.code for reason in evaluate("z", *parts, a=1).reasons] == ["feel.missing-name"]


def test_a_shared_requirement_is_evaluated_once():
    parts = (given("n"), decision("t", table("n", "r", "> 0 | 1"), "n"), decision("u", text("t + t"), "!t"), decision("v", text("t + u"), "!t", "!u"))

    assert evaluate("v", *parts, n=1).fired == (Fired("t", (1,)),)


def test_fired_rules_of_all_tables_are_reported_in_order():
    parts = (
        given("n"), decision("first", table("n", "r", "> 0 | 1", "<= 0 | 2"), "n"), knowledge("grade", "x", table("x", "r", "1 | \"甲\"", "2 | \"乙\"")),
        decision("both", text("string(first) + grade(2)"), "!first", "$grade"),
    )

    result = evaluate("both", *parts, n=5)

    assert (result.value, result.fired) == ("1乙", (Fired("first", (1,)), Fired("grade", (2,))))


def test_knowledge_models_are_functions_and_may_call_themselves():
    parts = (
        knowledge("sum to", "n", text("if n = 0 then 0 else n + sum to(n - 1)")), knowledge("twice", "x", text("2 * sum to(x)"), "$sum to"),
        decision("r", text("twice(4)"), "$twice"), decision("named", text("twice(x: 3)"), "$twice"),
    )

    assert (evaluate("r", *parts).value, evaluate("named", *parts).value) == (20, 12)


def test_endless_recursion_is_stopped():
    with pytest.raises(FeelError) as stopped:
        evaluate("r", knowledge("f", "n", text("f(n + 1)")), decision("r", text("f(1)"), "$f"))
    assert stopped.value.code == "feel.budget"


SERVICE = (
    given("a", "b"), decision("inner", text("a * 10"), "a"), decision("total", text("inner + b"), "!inner", "b"),
    '<decisionService id="_svc" name="svc"><variable name="svc"/><outputDecision href="#_total"/><encapsulatedDecision href="#_inner"/><inputData href="#_a"/><inputData href="#_b"/></decisionService>',
    decision("call", text("svc(1, 2) + svc(b: 3, a: 1)"), "$svc"),
    '<decisionService id="_given" name="given"><variable name="given"/><outputDecision href="#_total"/><inputDecision href="#_inner"/><inputData href="#_b"/></decisionService>',
)


def test_a_decision_service_is_a_function_and_a_decision():
    assert evaluate("call", *SERVICE).value == 25
    assert evaluate("svc", *SERVICE, a=1, b=2).value == 12
    assert evaluate("given", *SERVICE, inner=100, b=2).value == 102


def entry(name: str, logic: str) -> str:
    return f'<contextEntry><variable name="{name}"/>{logic}</contextEntry>'


@pytest.mark.parametrize(("logic", "expected"), [
    (f"<context>{entry('a', text('1'))}{entry('b c', text('a + 1'))}</context>", {"a": 1, "b c": 2}), (f"<context>{entry('a b', text('2'))}<contextEntry>{text('a b * 3')}</contextEntry></context>", 6),
    (f"<list>{text('1')}{text('n')}</list>", [1, 5]), (f'<relation><column name="x"/><column name="y"/><row>{text("1")}{text("2")}</row><row>{text("3")}{text("n")}</row></relation>', [{"x": 1, "y": 2}, {"x": 3, "y": 5}]),
    (f"<conditional><if>{text('n > 3')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>", 1), (f"<filter><in>{text('[1, 5, 9]')}</in><match>{text('item >= n')}</match></filter>", [5, 9]), (f'<for iteratorVariable="i"><in>{text("[1, 2]")}</in><return>{text("i * n")}</return></for>', [5, 10]),
    (f'<every iteratorVariable="i"><in>{text("[1, 2]")}</in><satisfies>{text("i < n")}</satisfies></every>', True), (f'<some iteratorVariable="i"><in>{text("[1, 2]")}</in><satisfies>{text("i > n")}</satisfies></some>', False),
    (f"<context>{entry('f', '<functionDefinition><formalParameter name=' + chr(34) + 'x' + chr(34) + '/>' + text('x + n') + '</functionDefinition>')}<contextEntry>{text('f(1)')}</contextEntry></context>", 6),
    (f'<context>{entry("f", "<functionDefinition><formalParameter name=" + chr(34) + "x" + chr(34) + "/>" + text("x * 2") + "</functionDefinition>")}<contextEntry><invocation>{text("f")}<binding><parameter name="x"/>{text("n")}</binding></invocation></contextEntry></context>', 10),
])
def test_boxed_expressions(logic, expected):
    assert evaluate("r", given("n"), decision("r", logic, "n"), n=5).value == expected


@pytest.mark.parametrize(("definition", "value", "expected"), [
    (item("t", "string", '"甲", "乙"'), "甲", "甲"), (item("t", "string", '"甲", "乙"'), "丙", None), (item("t", "number", "[0..100]"), 101, None), (item("t", "number", collection=True), 5, [5]), (item("t", "number"), [5], 5), (item("t", "number"), "5", None), (item("t", "date and time"), date(2026, 9, 1), datetime(2026, 9, 1, tzinfo=timezone.utc)),
    (item("t", parts={"a": "number", "b": "string"}), {"a": 1, "b": "x", "c": 0}, {"a": 1, "b": "x", "c": 0}), (item("t", parts={"a": "number", "b": "string"}), {"a": 1}, None), (item("t", parts={"a": "u"}) + item("u", "number", "> 0"), {"a": 0}, None), (item("t", "number"), None, None),
])
def test_inputs_and_results_are_fitted_to_their_types(definition, value, expected):
    assert evaluate("r", definition, given("v", type="t"), decision("r", text("v"), "v"), v=value).value == expected
    assert evaluate("r", definition, given("v"), decision("r", text("v"), "v", type="t"), v=value).value == expected


@pytest.mark.parametrize(("made", "expected"), [
    ("function(a: number) a + 1", 2), ("function(a) a", 1), ("function(a: number) string(a)", None), ("function(a: string) 1", None), ("function(a, b) 1", None), ("5", None),
])
def test_a_function_fits_its_type_unless_its_form_says_otherwise(made, expected):
    typed = '<itemDefinition name="tf"><functionItem outputTypeRef="number"><parameters name="a" typeRef="number"/></functionItem></itemDefinition>'

    assert evaluate("r", typed, decision("f", text(made), type="tf"), decision("r", text("f(1)"), "!f")).value == expected


@pytest.mark.parametrize("written", ["number", "feel:number", "f:number", "integer", "xsd:double"])
def test_a_type_may_be_written_as_older_versions_and_other_tools_do(written):
    assert [evaluate("r", given("v", type=written), decision("r", text("v"), "v"), v=v).value for v in (5, "5")] == [5, None]


def test_a_type_that_does_not_exist_is_a_warning_and_nothing_fits_it():
    read = parse_dmn(model(given("v", type="tNo"), decision("r", text("v"), "v")))

    assert [(finding.code, finding.severity) for finding in read.findings] == [("dmn.unknown-type", "warning")]
    assert read.evaluate("r", {"v": 1}).value is None


LIBRARY = model(
    item("tAge", "number", "[0..150]"), given("age", type="tAge"), decision("adult", text("age >= 18"), "age"), knowledge("say hello", "who", text('"你好，" + who')),
    namespace="urn:test:library", name="library",
)


def test_imported_decisions_knowledge_and_types_are_seen_under_the_import_name():
    main = model(
        f'<import name="my lib" namespace="urn:test:library" importType="{NAMESPACE}"/>', given("n", type="my lib.tAge"),
        decision("r", text('if my lib.adult then my lib.say hello("甲") else "未满"'), "!urn:test:library#_adult", "$urn:test:library#_say hello"), decision("typed", text("n"), "n"),
    )
    read = parse_dmn(main, LIBRARY)

    assert (read.findings, read.evaluate("r", {"age": 20}).value, read.evaluate("r", {"age": 10}).value) == ([], "你好，甲", "未满")
    assert (read.evaluate("typed", {"n": 20}).value, read.evaluate("typed", {"n": 200}).value) == (20, None)


@pytest.mark.parametrize(("documents", "code"), [
    ((model(f'<import name="l" namespace="urn:none" importType="{NAMESPACE}"/>'),), "dmn.import-missing"),
    ((model(f'<import name="l" namespace="urn:b" importType="{NAMESPACE}"/>'), model(f'<import name="m" namespace="urn:test:model" importType="{NAMESPACE}"/>', namespace="urn:b")), "dmn.import-circle"),
    ((b"<a/>",), "dmn.not-dmn"), ((b"not xml",), "dmn.not-xml"), ((b'<!DOCTYPE definitions [<!ENTITY x "y">]>' + model(),), "dmn.doctype"), ((b'<!DOCTYPE definitions SYSTEM "file:///etc/passwd">' + model(),), "dmn.doctype"), ((model("<decision>" * 80 + "</decision>" * 80),), None),
    ((model("<description/>" * 60_000),), "dmn.too-large"), ((model("x" * 2_100_000),), "dmn.too-large"), ((model("<a>" * 200 + "</a>" * 200),), "dmn.too-large"),
])
def test_what_is_no_safe_model_is_refused(documents, code):
    if code is None:
        parse_dmn(*documents)
        return
    with pytest.raises(Invalid) as refused:
        parse_dmn(*documents)
    assert [finding.code for finding in refused.value.findings] == [code]


@pytest.mark.parametrize(("parts", "code"), [
    ((decision("r", text("1 +")),), "feel.unexpected-end"), ((decision("r", text("1"), "gone"),), "dmn.reference"), ((decision("a", text("b"), "!b"), decision("b", text("a"), "!a")), "dmn.cycle"), ((decision("a", text("1")), decision("a", text("2"))), "dmn.duplicate-id"), ((decision("a", ""),), "dmn.no-logic"),
    ((decision("r", '<literalExpression expressionLanguage="urn:python"><text>1</text></literalExpression>'),), "dmn.language"), ((decision("r", '<functionDefinition kind="Java"/>'),), "dmn.foreign-function"),
])
def test_what_is_wrong_is_found_when_the_model_is_read(parts, code):
    assert parse_dmn(model(*parts)).findings[0].code == code


def test_a_syntax_error_has_the_line_of_the_file_and_the_place_in_the_text():
    finding = parse_dmn(model("\n\n", decision("r", text("1 + (2")))).findings[0]

    assert (finding.line, finding.details["at"], finding.details["text"]) == (3, "1:7", "1 + (2")


def test_a_name_that_nothing_gives_is_a_warning():
    """Most often a text without its quotes, or an input that is not connected."""
    read = parse_dmn(model(
        given("n", "m"), decision("r", table("n", "r", "> 1 | 优秀", "> m | \"合格\"", "- | count(n)"), "n"), decision("q", text("sort([n, 2], min)[item > x]"), "n"),
        decision("c", f"<context>{entry('a', text('n'))}{entry('b', text('a + 1'))}</context>", "n"),
        decision("f", f"<filter><in>{text('[{e: 1}]')}</in><match>{text('e > 0 and item.e < n')}</match></filter>", "n"),
    ))

    assert [(one.code, one.severity, one.details["name"]) for one in read.findings] == [("dmn.unknown-name", "warning", "优秀"), ("dmn.unknown-name", "warning", "m")]


def test_reasons_name_the_decision_they_arose_in():
    reasons = evaluate("y", given("a"), decision("x", text("a + 1"), "a"), decision("y", text("x + 1"), "!x")).reasons

    assert [(reason.code, reason.details["decision"]) for reason in reasons] == [("feel.null-operand", "x"), ("feel.null-operand", "y")]


def test_an_unknown_decision_is_not_found():
    with pytest.raises(NotFound):
        evaluate("nothing", decision("r", text("1")))


def test_the_moment_is_the_one_given():
    assert evaluate("r", decision("r", text("today()"))).value == date(2026, 9, 1)


def test_numbers_are_exact():
    assert evaluate("r", given("x"), decision("r", text("x * 3"), "x"), x=Decimal("0.1")).value == Decimal("0.3")
