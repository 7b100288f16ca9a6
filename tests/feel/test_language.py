"""What FEEL expressions mean: one line an expression and its value, by topic."""
from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.feel import Environment, Function, Range, YearMonthDuration, attribute, parse

ENV = Environment(datetime(2026, 8, 31, 18, 30, tzinfo=timezone.utc), ZoneInfo("Asia/Shanghai"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
SCOPE = {
    "得分": Decimal("85.5"), "县区": "长沙县", "申报 人数": 12, "空": None, "rate": 0.1, "people": [{"name": "甲", "age": 30}, {"name": "乙", "age": 45}],
    "ctx": {"a": {"b c": 1}}, "day": date(2026, 9, 1), "flag": True, "nested": [[1, 2], [3]],
}


def value(text: str, **names: object) -> object:
    return parse(text)({**SCOPE, **names}, ENV)


def number(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(("text", "expected"), [
    ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("2 ** 3 ** 2", 64), ("-2 ** 2", 4), ("2 * -3", -6), ("--5", 5),
    ("0.1 + 0.2", number("0.3")), ("1 / 3", number("0.3333333333333333333333333333333333")), (".5 + 1.e1" if False else ".5 + 1e1", number("10.5")),
    ("rate * 3", number("0.3")), ("申报 人数 + 1", 13), ("得分 / 2", number("42.75")), ("1e6144 * 10", None), ("1 / 0", None), ("10 ** -3", number("0.001")),
    ("1 + null", None), ('1 + "1"', None), ("0 ** 0", 1), ("0 ** -1", None), ("2 ** 0.5 > 1.414", True), ("2 ** 100000", None),
])
def test_numbers_are_exact_decimals(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ('"a" + "b"', "ab"), ('"长沙" + 县区', "长沙长沙县"), (r'"a\n\t\"\\é"', 'a\n\t"\\é'), (r'"🐎"', "🐎"), (r'"\U01F40E"', "🐎"), ('"a" < "b"', True),
    ('"x" = "x"', True), ('"a" * 2', None), ('"a" - "b"', None),
])
def test_texts(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("true and null", None), ("false and null", False), ("null and false", False), ("true or null", True), ("null or false", None), ("1 and true", None),
    ("1 and false", False), ("not(null)", None), ("not(false)", True), ("flag and 得分 >= 60", True), ("true and true and false or true", True),
])
def test_logic_has_three_values(text, expected):
    assert value(text) is expected


@pytest.mark.parametrize(("text", "expected"), [
    ("1 = 1.0", True), ("1 != 2", True), ('1 = "1"', None), ("null = null", True), ("空 = null", True), ("missing = null", True), ("[] = null", False),
    ("[1, [2]] = [1, [2]]", True), ("{a: 1, b: 2} = {b: 2, a: 1}", True), ("[1, 2] = [2, 1]", False), ("1 < null", None), ('1 < "a"', None),
    ("@\"2026-01-01\" < @\"2026-01-02\"", True), ("@\"P1Y\" = @\"P12M\"", True), ("@\"P1D\" = @\"PT24H\"", True), ("@\"P1Y\" = @\"P365D\"", None),
    ("@\"10:00:00+08:00\" = @\"02:00:00Z\"", True), ("@\"2026-01-01T10:00:00@Asia/Shanghai\" = @\"2026-01-01T02:00:00Z\"", True),
    ("@\"2026-01-01T10:00:00\" < @\"2026-01-01T10:00:00Z\"", None), ("true > false", None), ("得分 between 60 and 100", True), ("5 between null and 10", None),
])
def test_comparison(text, expected):
    assert value(text) is expected


@pytest.mark.parametrize(("text", "expected"), [
    ("3 in [1..5]", True), ("5 in [1..5)", False), ("1 in (1..5]", False), ("1 in ]1..5]", False), ("5 in [1..5[", False), ("3 in (1, 2, 3)", True), ("3 in < 5", True), ("3 in (> 5, < 1)", False),
    ("3 in [1, 2, 3]", True), ("3 in [[1..2], [3..4]]", True), ('"b" in ["a".."c"]', True), ("[1] in [[1], [2]]", True), ("3 in != 3", False), ("4 in (= 4)", True),
    ("县区 in (\"长沙县\", \"浏阳市\")", True), ("null in [1..5]", None), ("5 in [1..null)", None),
])
def test_membership(text, expected):
    assert value(text) is expected


@pytest.mark.parametrize(("text", "expected"), [
    ("[1, 2, 3][1]", 1), ("[1, 2, 3][-1]", 3), ("[1, 2, 3][4]", None), ("[1, 2, 3][item > 1]", [2, 3]), ("people[age > 40].name", ["乙"]),
    ("people[item.age < 40][1].name", "甲"), ("people.name", ["甲", "乙"]), ("5[1]", 5), ("5[true]", [5]), ("[][1]", None), ("[][item > 1]", []),
    ("[{item: 1}, {item: 3}][item > 2]", [{"item": 3}]), ("[1, 2][null]", []), ('[1, 2]["x"]', None), ("空[1]", None), ("[1, 2, 3][count([1, 2])]", 2),
    ("ctx.a.b c", 1), ("ctx.x", None), ("空.x", None), ("nested[1]", [1, 2]), ("[{a: 1}, {b: 2}].a", [1, None]),
])
def test_lists_filters_and_paths(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("{a: 1, b: a + 1}", {"a": 1, "b": 2}), ('{"中文 键": 1, "x": 2}', {"中文 键": 1, "x": 2}), ("{foo+bar: 1}", {"foo+bar": 1}), ("{foo+bar: 1, c: foo+bar + 1}.c", 2), ("{a: 1, a: 2}", None),
    ("{f: function(x) x * 2, y: f(3)}.y", 6), ("{f: function(n) if n <= 1 then 1 else n * f(n - 1), y: f(10)}.y", 3628800),
    ("{a: 县区}.a", "长沙县"), ("{}", {}),
])
def test_contexts(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("for i in [1, 2] return i * 10", [10, 20]), ("for i in 1..3 return i", [1, 2, 3]), ("for i in 3..1 return i", [3, 2, 1]), ("for i in [1, 2], j in [i..i + 1] return j", [1, 2, 2, 3]),
    ("for i in 1..4 return if i = 1 then 1 else partial[-1] + i", [1, 3, 6, 10]), ("for d in @\"2026-02-27\"..@\"2026-03-01\" return d.day", [27, 28, 1]),
    ("for i in [2..1] return i", None), ("for i in null return i", None), ('for i in "a".."c" return i', None), ("for 行 in people return 行.name", ["甲", "乙"]),
    ("some p in people satisfies p.age > 40", True), ("every p in people satisfies p.age > 40", False), ("every x in [] satisfies false", True), ("some x in [null] satisfies x > 1", None),
    ('some x in [1] satisfies "no"', None), ("some x in [1, 2], y in [2, 3] satisfies x = y", True), ("for i in 5 return i", [5]),
])
def test_iteration(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("if 得分 >= 90 then \"优秀\" else \"合格\"", "合格"), ("if null then 1 else 2", 2), ("if 1 then 1 else 2", 2), ("(function(a, b) a - b)(5, 3)", 2), ("(function(a, b) a - b)(b: 5, a: 3)", -2),
    ("(function(a: number) a)(\"x\")", None), ("(function(a: number) a)([5])", 5), ("(function(a: list<number>) a)(5)", [5]), ("(function() 1)(2)", None), ("(function(a) a)(b: 1)", None), ("5(1)", None), ("\"x\"()", None),
    ("nothing(1)", None), ("{c: count}.c([1, 2])", 2), ("sort([3, 1, 2], function(x, y) x < y)", [1, 2, 3]), ("(function(x) external {java: {class: \"x\"}})(1)", None),
])
def test_conditions_and_functions(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("5 instance of number", True), ("空 instance of Any", False), ("null instance of Null", True), ("[1, 2] instance of list<number>", True), ("[1, \"a\"] instance of list<number>", False),
    ("{a: 1} instance of context<a: number>", True), ("{} instance of context<a: number>", False), ("day instance of date", True), ("day instance of date and time", False), ("[1..2] instance of range<number>", True),
    ("@\"P1D\" instance of days and time duration", True), ("(function(a: number) \"x\") instance of function<number> -> string", True), ("(function(a: string) \"x\") instance of function<number> -> string", False),
    ("5 instance of number and true", True), ("(function(a: number) a + 1) instance of function<number> -> number", True), ("(function(a: number) a + 1) instance of function<number> -> string", False),
    ("(function(a: string) string length(a) > 3) instance of function<string> -> boolean", True), ("(function(a: number) if a > 1 then [a] else null) instance of function<number> -> list<number>", True),
    ("(function(a: number) {b: a, c: b}) instance of function<number> -> context<c: number>", True), ("(function(a) a) instance of function<number> -> number", False), ("5 instance of tUnknown", None),
])
def test_types(text, expected):
    assert value(text) is expected


@pytest.mark.parametrize(("text", "expected"), [
    ("day + @\"P1M\"", date(2026, 10, 1)), ("@\"2026-01-31\" + @\"P1M\"", date(2026, 2, 28)), ("@\"2024-02-29\" + @\"P1Y\"", date(2025, 2, 28)), ("day - @\"2026-08-01\"", timedelta(31)), ("day + @\"PT36H\"", date(2026, 9, 2)),
    ("@\"2026-09-01T08:00:00@Asia/Shanghai\" - @\"2026-09-01T00:00:00Z\"", timedelta(0)), ("@\"2026-03-29T01:30:00@Europe/Paris\" + @\"PT1H\"", datetime(2026, 3, 29, 3, 30, tzinfo=ZoneInfo("Europe/Paris"))),
    ("@\"23:30:00\" + @\"PT1H\"", time(0, 30)), ("@\"P1Y2M\" * 2", YearMonthDuration(28)), ("@\"P1D\" / 2", timedelta(hours=12)), ("@\"P1D\" / @\"PT6H\"", 4), ("-@\"P1D\"", timedelta(-1)), ("@\"P1D\" + @\"P1M\"", None),
    ("day.year", 2026), ("day.weekday", 2), ("@\"2026-09-01T10:20:30@Asia/Shanghai\".time offset", timedelta(hours=8)), ("@\"2026-09-01T10:20:30@Asia/Shanghai\".timezone", "Asia/Shanghai"), ("@\"P1DT2H\".hours", 2), ("@\"-P1Y2M\".months", -2),
    ("now()", datetime(2026, 9, 1, 2, 30, tzinfo=SHANGHAI)), ("today()", date(2026, 9, 1)), ("today() > day", False), ("@\"2026-02-30\"", None), ("@\"2026-09-01T10:00:00\" - @\"2026-09-01T10:00:00Z\"", None),
    ("string(@\"999999999-12-31\")", "999999999-12-31"), ("string(date(\"-999999999-12-31\") + @\"P1D\")", "-999999998-01-01"), ("@\"999999999-12-31\" + @\"P1D\"", None), ("@\"999999999-12-31\" + @\"P1M\"", None), ("string(@\"2026-01-01T00:00:00.123456789\" + @\"PT0.000000001S\")", "2026-01-01T00:00:00.12345679"),
    ("string(@\"12000-02-28\" + @\"P1D\")", "12000-02-29"), ("@\"12000-03-01\" - @\"12000-02-28\" = @\"P2D\"", True), ("[1..3].end", 3), ("(< 5).start", None),
])
def test_dates_times_and_durations(text, expected):
    assert value(text) == expected


def test_comments_and_line_breaks_are_space():
    assert value("1 + /* zwei */ 2 // drei\n+ 3") == 6


def test_known_names_may_hold_signs_and_keywords():
    scope = {"Approved/Declined": "Approved", "days in weekend": ["六", "日"], "a-b": 5, "a": 1, "b": 2}
    names = tuple(scope)

    assert parse("Approved/Declined", names=names)(scope) == "Approved"
    assert parse("for d in days in weekend return d", names=names)(scope) == ["六", "日"]
    assert parse("a-b", names=names)(scope) == 5
    assert parse("a - b", names=names)(scope) == -1


def test_a_known_name_hides_the_built_in_function():
    count = Function("count", ("x",), lambda x: f"own {x}")

    assert parse('count("a")', names=("count",))({"count": count}) == "own a"
    assert parse("count([1])", names=("count",))({"count": 5}) == 1


def test_host_functions_are_called_by_position_and_by_name():
    def role(code, org):
        return f"{code}@{org}"

    env = Environment(ENV.now, ENV.zone, {"role": Function("role", ("code", "org"), role), "due in": lambda working_days: working_days})

    assert parse('role("county_health", 县区)')(SCOPE, env) == "county_health@长沙县"
    assert parse('role(org: 县区, code: "x")')(SCOPE, env) == "x@长沙县"
    assert parse("due in(3)")(SCOPE, env) == 3
    assert parse("due in(working days: 3)")(SCOPE, env) == 3


@pytest.mark.parametrize(("cell", "given", "expected"), [
    ("-", 1, True), ("> 5", 6, True), ("[1..5], > 10", 11, True), ('"甲", "乙"', "乙", True), ('not("甲")', "乙", True), ('not("甲")', "甲", False), ("? > 3 and ? < 5", 4, True), ("null", None, True), ("< 5", None, None),
    ("[1, 2]", 2, True), ("count(?) > 1", [1, 2], True), ("得分", Decimal("85.5"), True), ("not(> 5, 3)", 4, True), ("contains(?, \"沙\")", "长沙", True), ("!= 3", 4, True), ("true", False, False), ("day", date(2026, 9, 1), True),
])
def test_cells_of_a_table(cell, given, expected):
    assert parse(cell, unary=True)({**SCOPE, "?": given}, ENV) is expected


def test_an_attribute_is_an_expression_behind_an_equals_sign():
    assert attribute("county_health@长沙县") == "county_health@长沙县"
    assert attribute("= 1 + 1")({}) == 2  # type: ignore[operator]


def test_a_range_may_be_a_value():
    assert value("[1..5)") == Range(1, True, 5, False)
    assert value("(>= 5)") == Range(5, True, None, False, ">=")


def test_what_an_expression_reads_is_known():
    expression = parse('申报 人数 > 3 and count(people[age > limit]) > 0 and (for p in people return p.name + 县区)[1] = role("x", org)')

    assert expression.names == {"申报 人数", "people", "县区", "org"}
    assert expression.possible_names == {"age", "limit"}
    assert expression.functions == {"count", "role"}
