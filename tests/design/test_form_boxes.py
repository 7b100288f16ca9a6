"""A field's settings as boxes and back: what was shown and comes back changes nothing, what was typed is never lost; no page, no database."""
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.web.design.form_boxes import Around, answered, field_boxes, new_field, of_kind
from adapters.web.design.form_preview import readable
from forms.editing import fields_of
from forms.kinds import KINDS
from forms.source import read_yaml
from tests.conftest import ROOT

FORMS = sorted((ROOT / "forms" / "role-model-award").glob("*.yaml"))
AROUND = Around((("=frontline", "一线"),), (("=scheme.codes.trades", "行业"),), (("fill", "填写"), ("review", "审查")))


def sent(field: dict[str, Any]) -> dict[str, list[str]]:
    """What a browser sends of the boxes as they are."""
    given: dict[str, list[str]] = {}
    for box in field_boxes(field, AROUND):
        for one in (box, *box.parts):
            if one.shape in ("tick", "ticks"):
                given[f"has.{one.name}"] = ["1"]
                given |= {one.name: ["true"]} if one.shape == "tick" and one.value else {one.name: list(one.chosen)} if one.chosen else {}
            elif one.shape == "condition":
                given |= {one.name: list(one.chosen), f"{one.name}.formula": [one.value.replace("\n", "\r\n")]}
            elif one.shape != "rights":
                given[one.name] = [one.value.replace("\n", "\r\n")]
    return given


def changed(field: dict[str, Any], **typed: str) -> dict[str, Any]:
    return answered(field, field_boxes(field, AROUND), {**sent(field), **{name: [value] for name, value in typed.items()}})


@pytest.mark.parametrize("file", FORMS, ids=[one.stem for one in FORMS])
def test_boxes_that_come_back_as_they_were_change_nothing(file: Any) -> None:
    for _, field in fields_of(read_yaml(file.read_bytes(), file.name).value):
        assert answered(field, field_boxes(field, AROUND), sent(field)) is field


def test_several_lines_come_back_as_they_were() -> None:
    field = {"id": "a", "kind": "text", "label": "甲", "help": "一\n二\n", "show_if": "=1 = 1 and\n2 = 2\n", "value_from": "=x\n"}

    assert answered(field, field_boxes(field, AROUND), sent(field)) is field


def test_options_keep_their_codes() -> None:
    field = {"id": "sex", "kind": "choice", "label": "性别", "options": {"f": "女", "m": "男"}}

    assert changed(field, options="男 | m\n女性 | f\n不便说明")["options"] == {"m": "男", "f": "女性", "o1": "不便说明"}
    assert changed(field, options="女\n男\n")["options"] == {"f": "女", "m": "男"}
    assert "options" not in changed(field, options=" ")


def test_what_does_not_read_stays_as_it_was_typed() -> None:
    field = {"id": "years", "kind": "decimal", "label": "工龄", "min": 0}

    made = changed(field, min="", max="很多", places="1", unit="年")
    assert made == {"id": "years", "kind": "decimal", "label": "工龄", "unit": "年", "max": "很多", "places": 1}
    assert changed(field, max="7.5")["max"] == Decimal("7.5")


def test_conditions_rights_and_files() -> None:
    field = {"id": "video", "kind": "files", "label": "微视频", "accept": ["video/mp4"], "max_size": "500 MB", "own": {"kept": True}}

    made = answered(field, field_boxes(field, AROUND), {**sent(field), "show_if": ["=frontline"], "required_if": ["other"], "required_if.formula": ["years > 1"], "max_size": ["50m"],
                                                        "accept": ["image/*", "video/mp4"], "access.default": ["read"], "access.review": ["required"]})

    assert made == {"id": "video", "kind": "files", "label": "微视频", "accept": ["image/*", "video/mp4"], "max_size": "50 MB", "show_if": "=frontline", "required_if": "=years > 1",
                    "access": {"default": "read", "review": "required"}, "own": {"kept": True}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_field_of_every_kind_has_a_preview(kind: str) -> None:
    form = readable({"id": "a", "title": "表", "sections": [{"title": "一栏", "fields": [new_field(kind, "one", "名称")]}]}, "forms/a.yaml", "zh")

    assert form is not None and [one.kind for one in form.fields()] == [kind]


def test_another_kind_keeps_what_it_knows() -> None:
    made, gone = of_kind({"id": "a", "kind": "choice", "label": "甲", "options": {"x": "乙"}, "required": True, "help": "说明"}, "info")

    assert (made, sorted(gone)) == ({"id": "a", "kind": "info", "label": "甲", "help": "说明"}, ["options", "required"])
