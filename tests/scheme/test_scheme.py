"""Schemes: marks, types, rules, stages and calendar years; every problem at once, each with key path and line."""
import importlib.util
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.locale import say
from engine.refusals import Invalid
from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.check import check_scheme
from engine.scheme.package import read_package
from engine.scheme.scheme import Origin, Scheme, read_scheme
from engine.scheme.texts import read_texts


def load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


examples = load("examples")
FOLDER = Path(__file__).parents[2] / "processes" / "calendars"
CN = {"cn": Calendar.of(read_calendar_year(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("cn-*.yaml")))}

DECLARED = """
name: award
title: 评选
version: "1"
semantics: 1
entry: campaign
diagrams: [campaign.bpmn]
roles: {county: {label: 县区}, city: {label: 市}}
parameters:
  groups: {quota: 名额}
  keys:
    issued_on: {type: date, label: 成文日期}
    notice.on: {type: date, label: 公布日期, required: false, working_day: true}
    stages: {type: stages, label: 阶段, required: false, issued: issued_on, fields: {clause: {type: text, label: 条款, required: false}}}
    quota.total: {type: integer, label: 名额总数, group: quota, min: 1, max: 100, required: false}
    quota.channels:
      type: records
      label: 渠道
      required: false
      min_items: 1
      fields:
        code: {type: code, label: 代码}
        places: {type: integer, label: 名额, min: 0}
        org: {type: organisation, label: 单位, required: false}
        roles: {type: role, label: 角色, many: true, required: false}
    contest.held: {type: boolean, label: 现场竞赛, default: false}
    contest.winners: {type: integer, label: 优胜者人数, required: false}
    contest.finalists: {type: integer, label: 入围人数, default: 10}
    contest.parts: {type: records, label: 评分项目, required: false, fields: {id: {type: code, label: 代码}, weight: {type: decimal, label: 权重}}}
    contest.ties: {type: code, label: 并列处理, many: true, required: false}
    hazards: {type: codes, label: 危害因素, required: false}
    cutoff: {type: time, label: 截止时刻, default: "24:00"}
    wait: {type: duration, label: 等待, required: false}
    mode: {type: choice, label: 方式, choices: {online: 线上, onsite: 现场}, required: false}
    number: {type: text, label: 发文字号, pattern: ".+〔[0-9]{4}〕[1-9][0-9]*号", max: 30, required: false}
    calendar: {type: code, label: 日历, default: cn}
  rules:
    - {rule: sum_equals, list: quota.channels, field: places, total: quota.total}
    - {rule: sum_equals, list: contest.parts, field: weight, total: 100, when: contest.held}
    - {rule: unique, list: quota.channels, field: code}
    - {rule: required_if, key: contest.winners, when: contest.held}
    - {rule: at_most, key: contest.winners, limit: contest.finalists}
    - {rule: not_before, key: notice.on, earlier: issued_on}
    - {rule: within, key: notice.on, stage: city}
"""
AWARD = read_package(DECLARED.encode(), "package.yaml").declaration
HEAD = "scheme: s\npackage: award\ntitle: t\nvalues:\n"
ISSUED = "  issued_on: {value: 2021-09-13, origin: 项目示例}\n"  # line 5


def check(body, purpose="publish", organisations=None, issued=ISSUED):
    scheme = read_scheme((HEAD + issued + body).encode(), "s.yaml")
    return [(f.severity, f.code, f.element, f.line) for f in check_scheme(scheme, AWARD, CN, purpose, organisations)]


def example(value):
    return f"{{origin: 项目示例, value: {value}}}"


def test_the_examples_of_the_decision_page_are_accepted():
    package = read_package(examples.PACKAGE, "package.yaml")
    scheme = read_scheme(examples.SCHEME, "fuxin-2021.yaml")

    codes = {(found.severity, found.code, found.element) for found in check_scheme(scheme, package.declaration, CN)}

    # The page shows one channel of eight and no contest, so these three are due; nothing else is.
    assert codes == {
        ("error", "scheme.sum", "quota.channels"), ("error", "scheme.missing", "contest.held"), ("error", "scheme.missing", "contest.components")
    }
    assert read_texts(examples.TEXTS, "n.yaml")["nomination.returned"].filled({"title": "甲", "reason": "缺照片"}) == (
        "推荐表退回补正", "“甲”已退回：缺照片。请于〔due〕前补正。"
    )


def test_values_are_plain_and_every_one_has_its_origin():
    scheme = read_scheme(examples.SCHEME, "fuxin-2021.yaml")

    assert scheme.values["stages"]["recommend"] == {"order": 2, "name": "用人单位推荐", "start": date(2021, 9, 15), "end": date(2021, 10, 15)}
    assert scheme.origin_of("stages.recommend.end") == Origin("原文", "五（二）", "9月15日-10月15日")
    assert scheme.values["quota"]["channels"][0]["name"] == "细河区"
    assert scheme.origin_of("quota.channels.0.name") == Origin("原文")
    assert scheme.origin_of("quota.channels.0.places").origin == "项目示例"
    assert scheme.line("stages.recommend.end") == 13


def test_defaults_enter_the_values_as_the_projects_own():
    scheme = read_scheme((HEAD + ISSUED).encode(), "s.yaml").with_defaults(AWARD)

    assert (scheme.values["contest"], scheme.values["cutoff"]) == ({"held": False, "finalists": 10}, "24:00")
    assert scheme.origin_of("contest.held") == Origin("项目示例", note="默认值")


def test_a_sound_scheme_has_no_finding():
    assert check("") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("  cutoff: '17:00'\n", [("error", "scheme.unmarked", "cutoff", 6)]),
        ("  quota: {total: 20}\n", [("error", "scheme.unmarked", "quota.total", 6)]),
        ("  contest:\n    ties: [video]\n", [("error", "scheme.unmarked", "contest.ties", 7)]),
        ("  cutoff: {value: '17:00'}\n", [("error", "scheme.unknown_origin", "cutoff", 6)]),
        ("  cutoff: {value: '17:00', origin: 原文}\n", [("error", "scheme.no_clause", "cutoff", 6)]),
        ("  cutoff: {value: '17:00', origin: 项目示例, by: me}\n", [("error", "scheme.unknown_mark", "cutoff", 6)]),
        ("  cutoff: {value: , origin: 项目示例}\n", [("error", "scheme.empty", "cutoff", 6)]),
    ],
)
def test_unmarked_values_are_refused(body, expected):
    assert check(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("  cutoff: " + example("'25:00'"), [("error", "scheme.wrong_type.time", "cutoff", 6)]),
        ("  cutof: " + example("'17:00'"), [("error", "scheme.unknown_key", "cutof", 6)]),
        ("  wait: " + example("5 days"), [("error", "scheme.wrong_type.duration", "wait", 6)]),
        ("  wait: " + example("PT30M"), []),
        ("  mode: " + example("by post"), [("error", "scheme.not_a_choice", "mode", 6)]),
        ("  number: " + example("阜卫发2021-91"), [("error", "scheme.no_match", "number", 6)]),
        ("  number: " + example("阜卫发〔2021〕91号"), []),
        ("  contest: " + example("{held: 'yes'}"), [("error", "scheme.wrong_type.boolean", "contest.held", 6)]),
        ("  contest: " + example("{finalists: 10.5}"), [("error", "scheme.wrong_type.integer", "contest.finalists", 6)]),
        ("  contest: " + example("{finalists: true}"), [("error", "scheme.wrong_type.integer", "contest.finalists", 6)]),
        ("  contest: " + example("7"), [("error", "scheme.wrong_type.record", "contest", 6)]),
        ("  quota: " + example("{total: 0}"), [("error", "scheme.too_small", "quota.total", 6)]),
        ("  quota: " + example("{total: 101}"), [("error", "scheme.too_large", "quota.total", 6)]),
        ("  quota: " + example("{channels: []}"), [("error", "scheme.item_count", "quota.channels", 6)]),
        ("  quota: " + example("{channels: [{code: a}]}"), [("error", "scheme.missing", "quota.channels.0.places", 6)]),
        ("  quota: " + example("{channels: [{code: a, places: 1, colour: red}]}"), [("error", "scheme.unknown_key", "quota.channels.0.colour", 6)]),
        ("  quota: " + example("{channels: [{code: A B, places: 1}]}"), [("error", "scheme.wrong_type.code", "quota.channels.0.code", 6)]),
        ("  quota: " + example("{channels: [{code: a, places: 1, roles: [county, mayor]}]}"),
         [("error", "scheme.unknown_role", "quota.channels.0.roles.1", 6)]),
        ("  quota: " + example("{channels: [{code: a, places: 1, org: mars}]}"),
         [("error", "scheme.unknown_organisation", "quota.channels.0.org", 6)]),
        ("  hazards: " + example("[{code: dust, label: 粉尘}, {code: dust, label: 尘}]"), [("error", "scheme.not_unique", "hazards.1", 6)]),
        ("  hazards: " + example("[{code: dust}]"), [("error", "scheme.missing", "hazards.0.label", 6)]),
    ],
)
def test_values_are_held_against_their_declaration(body, expected):
    assert check(body + "\n", organisations=frozenset({"xihe"})) == expected


def test_a_required_key_that_is_missing_is_named():
    assert check("  cutoff: " + example("'17:00'"), issued="") == [("error", "scheme.missing", "issued_on", 4)]


def test_quotas_that_do_not_sum_say_by_how_much():
    body = "  quota:\n    total: " + example(20) + "\n    channels:\n      origin: 项目示例\n      value:\n        - {code: a, places: 12}\n        - {code: a, places: 7}\n"
    scheme = read_scheme((HEAD + ISSUED + body).encode(), "s.yaml")

    findings = check_scheme(scheme, AWARD, CN)

    assert [(f.code, f.element, f.line) for f in findings] == [
        ("scheme.sum", "quota.channels", 8), ("scheme.not_unique", "quota.channels.1.code", 12)
    ]
    assert (findings[0].details["found"], findings[0].details["total"], findings[0].details["difference"]) == (19, 20, -1)


def test_rules_apply_only_while_their_condition_holds():
    parts = "parts: [{id: video, weight: 40}, {id: quiz, weight: 59.5}]"

    assert check("  contest: " + example(f"{{held: false, {parts}}}")) == []
    assert check("  contest: " + example(f"{{held: true, {parts}}}")) == [
        ("error", "scheme.sum", "contest.parts", 6), ("error", "scheme.missing", "contest.winners", 6)
    ]


def test_winners_are_at_most_the_finalists_by_default_too():
    assert check("  contest: " + example("{winners: 11}")) == [("error", "scheme.above_limit", "contest.winners", 6)]


STAGE = "  stages:\n    origin: 项目示例\n    value:\n"


def stages(*lines):
    return STAGE + "".join(f"      {line}\n" for line in lines)


def test_a_stage_that_ends_before_it_starts_is_an_error():
    assert check(stages("city: {order: 1, name: 市级评选, start: 2021-10-25, end: 2021-10-21}")) == [
        ("error", "stage.ends_before_start", "stages.city", 9)
    ]


def test_overlap_early_start_and_days_off_are_notes_and_move_nothing():
    body = stages(
        "deploy: {order: 1, name: 安排部署, start: 2021-09-06, end: 2021-09-14}",
        "recommend: {order: 2, name: 推荐, start: 2021-09-14, end: 2021-10-15}",
        "county: {order: 3, name: 县区初选, start: 2021-10-16, end: 2021-10-20}",
        "results: {order: 4, name: 结果运用}",
    )

    assert check(body) == [
        ("note", "stage.before_issue", "stages.deploy", 9), ("note", "stage.overlaps", "stages.recommend", 10),
        ("note", "stage.starts_off", "stages.county", 11),
    ]


def test_a_stage_with_half_its_dates_and_one_with_anothers_order_are_errors():
    body = stages("a: {order: 1, name: 甲, start: 2021-10-12}", "b: {order: 1, name: 乙, on: 2021-10-12}")

    assert check(body) == [
        ("error", "stage.half_dated", "stages.a", 9), ("error", "stage.order_twice", "stages.b", 10), ("error", "scheme.unknown_key", "stages.b.on", 10)
    ]


def test_a_date_outside_its_stage_or_before_the_issue_is_an_error_and_a_day_off_a_note():
    city = stages("city: {order: 1, name: 市级评选, start: 2021-10-21, end: 2021-10-25}")

    assert check(city + "  notice: " + example("{on: 2021-09-12}")) == [
        ("note", "scheme.day_off", "notice.on", 10), ("error", "scheme.outside_stage", "notice.on", 10), ("error", "scheme.too_early", "notice.on", 10)
    ]


@pytest.mark.parametrize(
    ("year", "purpose", "expected"),
    [
        (2026, "publish", []),
        (2027, "publish", [("error", "calendar.unconfirmed", "issued_on", 5)]),
        (2027, "plan", [("warning", "calendar.unconfirmed", "issued_on", 5)]),
        (2031, "publish", [("error", "calendar.too_short", "issued_on", 5)]),
    ],
)
def test_a_year_without_confirmed_table_may_be_planned_and_not_published(year, purpose, expected):
    assert check("", purpose, issued=ISSUED.replace("2021", str(year))) == expected


def test_an_unknown_calendar_is_an_error():
    assert check("  calendar: " + example("hk")) == [("error", "calendar.unknown_family", "calendar", 6)]


def test_everything_wrong_is_said_at_once_in_file_order():
    body = "  cutof: 1\n  mode: " + example("x") + "\n  quota: " + example("{total: -1}")

    assert [code for _, code, _, _ in check(body, issued="")] == [
        "scheme.missing", "scheme.unknown_key", "scheme.unmarked", "scheme.not_a_choice", "scheme.too_small"
    ]


def test_decimals_are_exact():
    scheme = read_scheme((HEAD + "  a: " + example("[0.1, 7.50, 3]")).encode(), "s.yaml")

    assert [str(D(value)) for value in scheme.values["a"]] == ["0.1", "7.50", "3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scheme: s\npackage: p\ntitle: t\n", [("yaml.missing_key", "values", 1)]),
        ("scheme: s\npackage: p\ntitle: 7\nvalues: {}\nextra: 1\n", [("yaml.wrong_type.str", "title", 3), ("yaml.unknown_key", "extra", 5)]),
        ("- a\n", [("yaml.not_a_mapping", "", 1)]),
    ],
)
def test_a_file_that_is_no_scheme_is_refused(text, expected):
    with pytest.raises(Invalid) as invalid:
        read_scheme(text.encode(), "s.yaml")

    assert [(f.code, f.element, f.line) for f in invalid.value.findings] == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("type: time,", "type: clock,"), [("declaration.unknown_type", "parameters.keys.cutoff")]),
        (("label: 截止时刻", "lable: 截止时刻"), [("yaml.unknown_key", "parameters.keys.cutoff.lable"), ("yaml.missing_key", "parameters.keys.cutoff")]),
        (("group: quota", "group: places"), [("declaration.unknown_group", "parameters.keys.quota.total")]),
        (("rule: unique", "rule: unequal"), [("declaration.unknown_rule", "parameters.rules.2")]),
        (("limit: contest.finalists", "limit: contest.finalist"), [("declaration.rule_names_unknown", "parameters.rules.4")]),
        (("earlier: issued_on", "earlier: issued"), [("declaration.rule_names_unknown", "parameters.rules.5")]),
        (("field: code}", "field: cod}"), [("declaration.rule_names_unknown", "parameters.rules.2")]),
        (("semantics: 1", "semantics: 2"), [("package.unknown_semantics", "semantics")]),
        (("[campaign.bpmn]", "[../campaign.bpmn, a.bpmn, a.bpmn]"), [("package.outside", "diagrams.0"), ("package.named_twice", "diagrams.2")]),
        (("    mode:", "    quota.total.max:"), [("declaration.nested", "parameters.keys.quota.total.max")]),
        (("entry: campaign\n", ""), [("yaml.missing_key", "entry")]),
        ((": {label: 县区}", ": {}"), [("yaml.missing_key", "roles.county")]),
    ],
)
def test_a_package_file_that_will_not_do_names_the_key(change, expected):
    assert change[0] in DECLARED
    try:
        read_package(DECLARED.replace(*change).encode(), "package.yaml")
        found = []
    except Invalid as invalid:
        found = [(f.code, f.element) for f in invalid.findings]

    assert found == expected


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.dates() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "start", "end", "order", "name", "places", "id", "weight"]), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*AWARD.keys, "contest", "quota", "x"]), ANY, max_size=6))
def test_whatever_a_scheme_holds_the_check_says_so_and_never_breaks(given_values):
    values = {}
    for key, value in given_values.items():
        *parents, last = key.split(".")
        inner = values
        for part in parents:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                break
        if isinstance(inner, dict):
            inner[last] = value
    scheme = Scheme("s", "award", "t", values)

    for found in check_scheme(scheme, AWARD, CN, organisations=frozenset({"xihe"})):
        assert say(found.code, **found.details)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_scheme_or_refused(body):
    try:
        scheme = read_scheme(HEAD.encode() + b"  a: " + body, "s.yaml")
    except Invalid as invalid:
        assert invalid.findings
    else:
        check_scheme(scheme, AWARD, CN)
