"""Formulas of a form against its package, and what of the package reads a field of it."""
from __future__ import annotations

import pytest

from engine.bundle import Bundle, read_bundle
from engine.form_check import form_findings
from engine.form_uses import FieldUse, outcome_uses, tasks_of, uses_of
from forms.form import Form, read_form
from tests.browser.design import LIBRARY

FILES = LIBRARY.package("role-model-award")


@pytest.fixture(scope="module")
def package() -> Bundle:
    return read_bundle(FILES)


def form(*fields: str) -> Form:
    return read_form(f"id: sample\ntitle: 表\nsections:\n  - fields:\n{''.join(f'      - {{{one}}}{chr(10)}' for one in fields)}".encode(), "forms/sample.yaml")


def found(*fields: str) -> list[tuple[str, str, str]]:
    return [(one.code, one.element, one.severity) for one in form_findings(form(*fields), ["codes.trades"], ["judge"])]


def test_formulas_that_cannot_work_are_found() -> None:
    assert found('id: a, kind: text, label: 甲, value_from: "=1 +"') == [("form.expression", "a.value_from", "error")]
    assert found('id: a, kind: text, label: 甲, value_from: "=scheme.codes.trade"') == [("bpmn.expression.parameter-unknown", "a.value_from", "error")]
    assert found('id: a, kind: text, label: 甲, value_from: "=nothing(1)"') == [("bpmn.expression.function-unknown", "a.value_from", "error")]
    assert found("id: a, kind: text, label: 甲, value_from: '=role(\"cook\", org)'") == [("bpmn.role.unknown", "a.value_from", "error")]
    assert found('id: b, kind: choice, label: 乙, options_from: "=scheme.codes.trades"') == []


def test_a_condition_looks_up_not_down() -> None:
    yes, shown = "id: yes, kind: yes_no, label: 是否", 'id: a, kind: text, label: 甲, show_if: "=yes"'

    assert found(yes, shown) == []
    assert found(shown, yes) == [("form.looks_ahead", "a.show_if", "warning")]


def test_the_library_has_nothing_wrong(package: Bundle) -> None:
    assert [one for each in package.graphs.forms.values() for one in form_findings(each, package.package.declaration.keys, package.package.roles)] == []


def test_who_reads_a_field(package: Bundle) -> None:
    forms = package.graphs.forms
    nomination, others = forms["nomination"], {id: one for id, one in forms.items() if id != "nomination"}

    uses = uses_of(FILES, nomination, "frontline", others)

    assert uses[0] == FieldUse("own", nomination.file, "“职业健康达人”推荐表", "接触的职业病危害因素", "=frontline")
    assert [(one.kind, one.file, one.name) for one in uses[1:]] == [("diagram", "nomination.bpmn", "填写推荐表、上传材料")]
    assert uses_of(FILES, nomination, "other_materials", others) == []
    assert [(one.kind, one.text) for one in uses_of(FILES, nomination, "phone", others)] == [("own", "identity")]


def test_who_waits_for_an_outcome() -> None:
    assert [one.element for one in tasks_of(FILES, "review")] == ["review"]
    assert {one.file for one in outcome_uses(FILES, "review", "reject")} == {"nomination.bpmn"}
    assert outcome_uses(FILES, "review", "never") == []
