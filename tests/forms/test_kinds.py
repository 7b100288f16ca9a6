"""Each kind of field: what it reads, what it refuses, and that the page can show whatever was read."""
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import InvalidAnswers
from forms.answers import nested
from forms.form import read_form
from forms.kinds import KINDS
from forms.numbers import SIGNS, credit_check_sign

FILES = {
    "f1": {"id": "f1", "name": "达人.mp4", "type": "video/mp4", "size": 300_000_000, "sha256": "not for the answers"},
    "f2": {"id": "f2", "name": "照片.png", "type": "image/png", "size": 1000},
}
SCHEME = {
    "=scheme.hazards": [{"code": "dust", "label": "粉尘"}, {"code": "noise", "label": "噪声"}],
    "=people": [{"id": "u1", "name": "甲"}, {"id": "u2", "name": "乙"}],
    "=finalists": [{"id": "n1", "name": "甲"}, {"id": "n2", "name": "乙"}],
    "=parts": [{"id": "video", "label": "微视频", "max": 100}, {"id": "talent", "label": "才艺", "max": 5, "optional": True}],
    "=places": 2,
    "=today": date(2021, 10, 12),
}


def lookup(expression, answers):
    return SCHEME[expression]


def form(field, **more):
    options = ", ".join(f"{key}: {value}" for key, value in more.items())
    text = f"id: f\ntitle: t\nsections: [{{title: s, fields: [{{id: x, label: 甲, {field}{', ' + options if options else ''}}}]}}]\n"
    return read_form(text.encode(), "f.yaml")


def read(field, raw):
    return form(field).read({"x": raw}, lookup, files=FILES.get).public["x"]


def problems(field, raw):
    with pytest.raises(InvalidAnswers) as invalid:
        form(field).read({"x": raw}, lookup, files=FILES.get)
    return [(one.field, one.code) for one in invalid.value.problems]


SCORES = "kind: scores, rows_from: '=finalists', components_from: '=parts', required: true"
TABLE = "kind: table, max_rows: 2, columns: [{id: on, kind: date, label: 日期, required: true}, {id: hours, kind: decimal, label: 学时}]"
COMPANY = "91210900MA0AB1CD2" + credit_check_sign("91210900MA0AB1CD2")

READS = [
    ("kind: text", "  王  小明 ", "王 小明"),
    ("kind: long_text", "一行\r\n二行\n", "一行\n二行"),
    ("kind: text, pattern: '[A-Z]{2}[0-9]+'", "AB12", "AB12"),
    ("kind: integer, min: -3", "－２", -2),
    ("kind: integer", 7, 7),
    ("kind: decimal", "8.50", D("8.50")),
    ("kind: decimal, places: 1", 8.5, D("8.5")),
    ("kind: decimal", 3, D(3)),
    ("kind: date", "2021-10-12", date(2021, 10, 12)),
    ("kind: date, max_from: '=today'", date(2021, 10, 12), date(2021, 10, 12)),
    ("kind: choice, options: {m: 男, f: 女}", "f", "f"),
    ("kind: choice, options_from: '=scheme.hazards'", "noise", "noise"),
    ("kind: choices, options_from: '=scheme.hazards'", ["noise", "dust", "noise"], ["dust", "noise"]),
    ("kind: choices, options_from: '=scheme.hazards', max_from: '=places'", "noise", ["noise"]),
    ("kind: people, options_from: '=people'", ["u2"], ["u2"]),
    ("kind: yes_no", "true", True),
    ("kind: yes_no", False, False),
    ("kind: phone", "+86 139 0000 0000", "13900000000"),
    ("kind: phone", "0418—2345678", "0418-2345678"),
    ("kind: credit_code", COMPANY.lower(), COMPANY),
    ("kind: files, accept: [video/mp4]", "f1", [{"id": "f1", "name": "达人.mp4", "type": "video/mp4", "size": 300_000_000}]),
    ("kind: files, accept: ['image/*'], max_count: 2", [{"id": "f2", "type": "video/mp4"}], [{"id": "f2", "name": "照片.png", "type": "image/png", "size": 1000}]),
    (TABLE, {"0": {"on": "2021-09-20", "hours": "2"}, "7": {"on": "", "hours": " "}}, [{"on": date(2021, 9, 20), "hours": D(2)}]),
    (TABLE, [{"on": "2021-09-20"}], [{"on": date(2021, 9, 20), "hours": None}]),
    (SCORES, {"n1": {"video": "90.5", "talent": "3"}, "n2": {"video": "80", "talent": ""}},
     [{"id": "n1", "scores": {"video": D("90.5"), "talent": D(3)}}, {"id": "n2", "scores": {"video": D(80), "talent": None}}]),
    (SCORES, [{"id": "n2", "scores": {"video": 80}}, {"id": "n1", "scores": {"video": 1}}],
     [{"id": "n1", "scores": {"video": D(1), "talent": None}}, {"id": "n2", "scores": {"video": D(80), "talent": None}}]),
    ("kind: statement, text: 同意", "on", True),
    ("kind: statement, text: 同意, required: false", "false", False),
]


@pytest.mark.parametrize(("field", "raw", "value"), READS)
def test_what_is_read(field, raw, value):
    found = read(field, raw)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("field", "raw", "value"), READS)
def test_what_read_accepts_the_page_can_show_and_read_again(field, raw, value):
    asked = form(field)

    page = asked.page({"x": value}, lookup=lookup, files=FILES.get)
    shown, = page.sections[0].fields
    again = [(cell.name, cell.value) for row in shown.rows for cell in row] or [("x", one) for one in as_list(shown.value)]

    assert (shown.kind, shown.problems, shown.writable) == (asked.field("x").kind, (), True)
    assert value is False or shown.text
    assert asked.read(nested(pair for pair in again if pair[1] is not None), lookup, files=FILES.get).public["x"] == value


def as_list(value):
    return value if isinstance(value, list) else [value]


REFUSALS = [
    ("kind: text, required: true", "  ", [("x", "form.required")]),
    ("kind: text", "a\x07b", [("x", "form.characters")]),
    ("kind: text, max: 3", "四个字了", [("x", "form.too_long")]),
    ("kind: text, min: 3", "ab", [("x", "form.too_short")]),
    ("kind: text, pattern: '[0-9]+'", "1a", [("x", "form.pattern")]),
    ("kind: text", ["a", "b"], [("x", "form.not_text")]),
    ("kind: text", 7, [("x", "form.not_text")]),
    ("kind: integer", "1.5", [("x", "form.not_whole")]),
    ("kind: integer", True, [("x", "form.not_whole")]),
    ("kind: integer", 1.5, [("x", "form.not_whole")]),
    ("kind: integer, min: 1", "0", [("x", "form.too_small")]),
    ("kind: integer, max_from: '=places'", "3", [("x", "form.too_large")]),
    ("kind: decimal", "1e3", [("x", "form.not_number")]),
    ("kind: decimal", "NaN", [("x", "form.not_number")]),
    ("kind: decimal", float("inf"), [("x", "form.not_number")]),
    ("kind: decimal, places: 1", "1.25", [("x", "form.too_many_places")]),
    ("kind: date", "2021-02-29", [("x", "form.not_date")]),
    ("kind: date", "12/10/2021", [("x", "form.not_date")]),
    ("kind: date, max_from: '=today'", "2021-10-13", [("x", "form.too_late")]),
    ("kind: date, min: 2021-01-01", "2020-12-31", [("x", "form.too_early")]),
    ("kind: choice, options: {m: 男}", "x", [("x", "form.not_a_choice")]),
    ("kind: choices, options_from: '=scheme.hazards', max_count: 1", ["dust", "noise"], [("x", "form.too_many")]),
    ("kind: choices, options_from: '=scheme.hazards', min_count: 2", ["dust"], [("x", "form.too_few")]),
    ("kind: choices, options_from: '=scheme.hazards'", {"dust": "on"}, [("x", "form.not_list")]),
    ("kind: yes_no", "maybe", [("x", "form.not_yes_no")]),
    ("kind: phone", "12345", [("x", "form.not_phone")]),
    ("kind: credit_code", COMPANY[:-1] + SIGNS[(SIGNS.index(COMPANY[-1]) + 1) % 31], [("x", "form.not_credit_code")]),
    ("kind: files", "nobody's", [("x", "form.unknown_file")]),
    ("kind: files, accept: [video/mp4]", "f2", [("x", "form.file_type")]),
    ("kind: files, max_size: 1 KB", "f1", [("x", "form.file_size")]),
    ("kind: files", ["f1", "f2"], [("x", "form.too_many_files")]),
    ("kind: files, min_count: 2, max_count: 3", ["f1"], [("x", "form.too_few_files")]),
    (TABLE, "rows", [("x", "form.not_table")]),
    (TABLE, [{"hours": "2", "colour": "red"}, 7], [("x.0.colour", "form.unknown_field"), ("x.0.on", "form.required"), ("x.1", "form.not_table")]),
    (TABLE, [{"on": "2021-01-01"}] * 3, [("x", "form.too_many_rows")]),
    (SCORES, {"n1": {"video": "101"}, "n2": {"talent": "-1"}},
     [("x.n1.video", "form.too_large"), ("x.n2.video", "form.required"), ("x.n2.talent", "form.too_small")]),
    (SCORES, {"n9": {"video": "1"}, "n1": {"video": "1", "song": "1"}, "n2": {"video": "1"}},
     [("x.n9", "form.unknown_field"), ("x.n1.song", "form.unknown_field")]),
    (SCORES, "90", [("x", "form.not_scores")]),
    ("kind: statement, text: 同意", "false", [("x", "form.required")]),
]


@pytest.mark.parametrize(("field", "raw", "expected"), REFUSALS)
def test_what_is_refused(field, raw, expected):
    assert problems(field, raw) == expected


def test_every_kind_is_tried_above():
    silent = {name for name, kind in KINDS.items() if not kind.answers}

    assert {form(field).field("x").kind for field, _, _ in READS} == KINDS.keys() - silent
    assert silent == {"info", "show"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["f1", "dust", "n1", "2021-10-12", "1.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["0", "1", "id", "scores", "on", "video", "n1", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted({field for field, _, _ in READS})), JSON)
def test_whatever_comes_in_is_read_and_shown_or_refused_and_shown_as_typed(field, raw):
    asked = form(field)
    try:
        answers = asked.read({"x": raw}, lookup, files=FILES.get)
    except InvalidAnswers as invalid:
        page = asked.page({}, invalid.problems, lookup, raw={"x": raw}, files=FILES.get)
        assert invalid.problems and all(one.field.partition(".")[0] == "x" for one in invalid.problems)
    else:
        page = asked.page(answers.public, lookup=lookup, files=FILES.get)
    assert len(page.sections[0].fields) == 1


def test_a_table_shows_spare_rows_and_puts_problems_at_their_cells():
    asked = form(TABLE.replace("max_rows: 2", "max_rows: 9"))
    raw = {"x": {"0": {"on": "soon", "hours": "2"}}}
    with pytest.raises(InvalidAnswers) as invalid:
        asked.read(raw, lookup)

    table = asked.page({}, invalid.value.problems, lookup, raw=raw).sections[0].fields[0]

    assert [[(cell.name, cell.value, [one.code for one in cell.problems]) for cell in row] for row in table.rows[:2]] == [
        [("x.0.on", "soon", ["form.not_date"]), ("x.0.hours", "2", [])], [("x.1.on", None, []), ("x.1.hours", None, [])]
    ]
    assert (len(table.rows), table.headings) == (4, ("日期", "学时"))


def test_shown_values_and_information_ask_nothing():
    text = """
id: f
title: t
sections:
  - title: s
    fields:
      - {id: note, kind: info, text: 请注意}
      - {id: list, kind: show, label: 名单, value_from: "=people", columns: {name: 姓名}}
      - {id: names, kind: show, label: 名单, value_from: "=people"}
      - {id: video, kind: show, label: 视频, value_from: "=files"}
"""
    asked = read_form(text.encode(), "f.yaml")
    page = asked.page(lookup=lambda expression, answers: {**SCHEME, "=files": [FILES["f2"]]}[expression])
    note, people, names, video = page.sections[0].fields

    assert (note.text, [[cell.text for cell in row] for row in people.rows], names.text, video.files) == (
        "请注意", [["甲"], ["乙"]], "甲、乙", (FILES["f2"],)
    )
    assert (asked.read({}).public, asked.read({}).personal) == ({}, {})
    with pytest.raises(InvalidAnswers):
        asked.read({"note": "x"})


def test_pairs_of_a_page_become_a_tree():
    assert nested([("a", "1"), ("b", "1"), ("b", "2"), ("t.0.x", "1"), ("t.0.y", "2"), ("t.1.x", "3"), ("_token", "z"), ("a.b", "3"), ("..", "4")]) == {
        "a": {"b": "3"}, "b": ["1", "2"], "t": {"0": {"x": "1", "y": "2"}, "1": {"x": "3"}}
    }


@given(st.text(SIGNS, min_size=17, max_size=17))
def test_one_wrong_character_breaks_a_credit_code(first):
    good = "9" + first[1:]
    sign = credit_check_sign(good)

    assert read("kind: credit_code", good + sign) == good + sign
    other = good[:5] + SIGNS[(SIGNS.index(good[5]) + 1) % 31] + good[6:]
    assert problems("kind: credit_code", other + sign) == [("x", "form.not_credit_code")]
