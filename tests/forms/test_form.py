"""Forms: conditions, rights, outcomes, the two parts of the answers, and mistakes in the file."""
import importlib.util
from pathlib import Path

import pytest

from engine.refusals import Invalid, InvalidAnswers
from forms.answers import Answers
from forms.form import DONE, read_form


def example():
    spec = importlib.util.spec_from_file_location("examples", Path(__file__).parents[1] / "scheme" / "examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FORM


TEXT = """
id: review
title: 审核
identity: [name, phone]
sections:
  - title: 人选
    fields:
      - {id: name, kind: text, label: 姓名, personal: true, required: true, access: {default: write, county_review: read}}
      - {id: phone, kind: phone, label: 电话, personal: true, access: {county_review: hidden}}
      - {id: frontline, kind: yes_no, label: 一线}
      - {id: trade, kind: text, label: 工种, show_if: "=frontline", required_if: "=frontline"}
      - {id: remark, kind: text, label: 备注, value_from: "=remark", access: {county_review: required}}
  - title: 附加
    show_if: "=extra"
    fields:
      - {id: bonus, kind: integer, label: 加分, required: true}
outcomes:
  - {code: approve, label: 同意, style: primary}
  - {code: return, label: 退回, style: danger, opinion: required, skip_validation: true, confirm: 确定退回？}
"""
REVIEW = read_form(TEXT.encode(), "review.yaml")
SCOPE = {"=extra": False, "=remark": "上次的备注"}


def lookup(expression, answers):
    return answers["frontline"] if expression == "=frontline" else SCOPE[expression]


def read(raw, form=REVIEW, **more):
    return form.read(raw, more.pop("lookup", lookup), **more)


def problems(raw, **more):
    with pytest.raises(InvalidAnswers) as invalid:
        read(raw, **more)
    return [(one.field, one.code) for one in invalid.value.problems]


def test_personal_answers_are_split_off_and_identity_is_made_of_them():
    assert read({"name": "甲", "phone": "13900000000", "frontline": "no", "trade": "焊工"}) == Answers(
        {"frontline": False, "trade": None, "remark": None, "bonus": None}, {"name": "甲", "phone": "13900000000"}, ("甲", "13900000000")
    )


def test_without_one_of_its_values_there_is_no_identity():
    assert read({"name": "甲"}).identity == ()


def test_identity_may_be_an_expression_too():
    form = read_form(b'id: f\ntitle: t\nidentity: [x, "=employer.code"]\nsections: [{fields: [{id: x, label: l, kind: text}]}]\n', "f.yaml")

    assert form.read({"x": "a"}, lambda expression, answers: f"{expression} {answers['x']}").identity == ("a", "=employer.code a")
    assert [where for where, _, _ in form.expressions()] == ["identity.1"]


def test_a_field_that_is_not_shown_is_neither_demanded_nor_kept():
    assert read({"name": "甲", "frontline": False, "trade": "焊工", "bonus": "3"}).public["trade"] is None


def test_a_field_demanded_by_its_condition_is_demanded():
    assert problems({"name": "甲", "frontline": True}) == [("trade", "form.required")]


def test_a_section_that_is_shown_demands_its_fields():
    assert problems({"name": "甲"}, lookup=lambda expression, answers: expression == "=extra") == [("bonus", "form.required")]


def test_every_problem_is_said_at_once():
    assert problems({"phone": "1", "frontline": "perhaps", "height": "3"}, outcome="forget") == [
        ("outcome", "form.unknown_outcome"), ("height", "form.unknown_field"), ("name", "form.required"), ("phone", "form.not_phone"),
        ("frontline", "form.not_yes_no"),
    ]


def test_rights_differ_by_task():
    assert problems({"name": "乙", "phone": "13900000000"}, task="county_review") == [
        ("name", "form.not_writable"), ("phone", "form.unknown_field"), ("remark", "form.required")
    ]
    assert read({"remark": "好"}, task="county_review").personal == {}


def test_an_outcome_with_reasons_needs_them():
    assert problems({"name": "甲"}, outcome="return", opinion=" ") == [("opinion", "form.opinion_required")]


def test_an_outcome_that_skips_validation_keeps_what_is_good():
    assert read({"name": "", "phone": "1", "remark": "请补照片"}, outcome="return", opinion="缺照片") == Answers({"remark": "请补照片"}, {})


def test_no_outcome_lets_a_field_be_written_that_may_not():
    assert problems({"name": "乙"}, task="county_review", outcome="return", opinion="缺") == [("name", "form.not_writable")]


def test_the_page_shows_rights_starting_values_and_problems():
    page = REVIEW.page({"name": "甲"}, lookup=lambda expression, answers: SCOPE.get(expression), task="county_review")

    assert [(one.id, one.value, one.writable, one.required) for one in page.sections[0].fields] == [
        ("name", "甲", False, False), ("frontline", None, True, False), ("remark", "上次的备注", True, True)
    ]
    assert [section.title for section in page.sections] == ["人选"]
    assert [(one.code, one.label, one.style, one.opinion) for one in page.outcomes] == [
        ("approve", "同意", "primary", "optional"), ("return", "退回", "danger", "required")
    ]


def test_a_refused_page_shows_what_was_typed_beside_its_problems():
    raw = {"name": "", "phone": "12", "height": "3"}
    with pytest.raises(InvalidAnswers) as invalid:
        read(raw, outcome="approve")

    page = REVIEW.page({}, invalid.value.problems, lookup=lambda expression, answers: None, raw=raw)

    assert [(one.id, one.value, [p.code for p in one.problems]) for one in page.sections[0].fields[:2]] == [
        ("name", "", ["form.required"]), ("phone", "12", ["form.not_phone"])
    ]
    assert [one.field for one in page.problems] == ["height"]


def test_expressions_are_listed_for_publishing():
    assert [(where, text) for where, text, _ in REVIEW.expressions()] == [
        ("sections.1.show_if", "=extra"), ("trade.show_if", "=frontline"), ("trade.required_if", "=frontline"), ("remark.value_from", "=remark")
    ]
    assert all(line > 0 for _, _, line in REVIEW.expressions())


def test_the_example_of_the_decision_page_is_a_form():
    form = read_form(example(), "nomination.yaml")

    assert [one.kind for one in form.fields()] == ["text", "phone", "yes_no", "choices", "files", "table", "statement"]
    assert [one.code for one in form.outcomes] == ["submit", "return"]


def test_a_form_without_outcomes_has_one():
    assert read_form(b"id: f\ntitle: t\nsections: []\n", "f.yaml").outcomes == (DONE,)


FIELD = "id: f\ntitle: t\nsections:\n  - title: s\n    fields:\n      - {id: x, label: l, kind: text}\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("kind: text", "kind: txt"), [("form.unknown_kind", "sections.0.fields.0", 6)]),
        (("kind: text", "kind: text, maximum: 3"), [("yaml.unknown_key", "sections.0.fields.0.maximum", 6)]),
        (("kind: text", "kind: text, max: many"), [("form.wrong_option.integer", "sections.0.fields.0.max", 6)]),
        (("kind: text", "kind: text, pattern: '('"), [("form.wrong_option.pattern", "sections.0.fields.0.pattern", 6)]),
        (("kind: text", "kind: choice"), [("form.missing_option", "sections.0.fields.0", 6)]),
        (("kind: text", "kind: choice, options_from: scheme.x"),
         [("form.wrong_option.expression", "sections.0.fields.0.options_from", 6), ("form.missing_option", "sections.0.fields.0", 6)]),
        (("kind: text", "kind: text, show_if: frontline"), [("form.not_an_expression", "sections.0.fields.0.show_if", 6)]),
        (("kind: text", "kind: text, required: maybe"), [("yaml.wrong_type.boolean", "sections.0.fields.0.required", 6)]),
        (("kind: text", "kind: text, access: open"), [("form.unknown_word", "sections.0.fields.0.access", 6)]),
        (("kind: text", "kind: files, max_size: huge"), [("form.wrong_option.size", "sections.0.fields.0.max_size", 6)]),
        (("kind: text", "kind: table, columns: [{id: y, label: l, kind: files}]"),
         [("form.kind_not_in_table", "sections.0.fields.0.columns.0", 6), ("form.missing_option", "sections.0.fields.0", 6)]),
        (("kind: text", "kind: scores, rows_from: '=r'"), [("form.missing_option", "sections.0.fields.0", 6)]),
        (("kind: text", "kind: show"), [("yaml.missing_key", "sections.0.fields.0", 6)]),
        (("kind: text", "kind: statement"), [("form.missing_option", "sections.0.fields.0", 6)]),
        (("id: x", "id: outcome"), [("form.reserved_id", "sections.0.fields.0.id", 6)]),
        (("id: x", "id: X-1"), [("yaml.not_an_id", "sections.0.fields.0.id", 6)]),
        (("label: l, ", ""), [("yaml.missing_key", "sections.0.fields.0", 6)]),
        (("kind: text}", "kind: text}\n      - {id: x, label: l, kind: date}"), [("form.id_twice", "sections", 3)]),
        (("title: t", "title: t\nidentity: [y]"), [("form.identity", "identity.0", 3)]),
        (("title: t", "title: t\noutcomes: [{code: a, label: b, style: red, opinion: perhaps}]"),
         [("form.unknown_word", "outcomes.0.style", 3), ("form.unknown_word", "outcomes.0.opinion", 3)]),
        (("title: t\n", ""), [("yaml.missing_key", "", 1)]),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(change, expected):
    with pytest.raises(Invalid) as invalid:
        read_form(FIELD.replace(*change, 1).encode(), "f.yaml")

    assert [(one.code, one.element, one.line) for one in invalid.value.findings] == expected


def forms_of_the_project():
    return sorted((Path(__file__).parents[2] / "forms").glob("*/*.yaml"))


@pytest.mark.parametrize("path", forms_of_the_project(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_form_of_the_project_can_be_read_and_is_named_by_its_file(path):
    assert read_form(path.read_bytes(), path.name).id == path.stem
