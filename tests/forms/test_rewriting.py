"""A changed value goes back into its YAML: what is not changed keeps every character, and what is written reads back as meant."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.refusals import Refused
from forms.editing import added, changed, dropped, fields_of, into_section, moved, part, parts, renamed, with_keys
from forms.rewriting import rewritten
from forms.source import read_yaml
from tests.conftest import ROOT

FORM = """\
# 示例表单，非官方文本
id: sample   # 与文件名相同
title: "示例：表"
sections:
  # 第一栏
  - title: 人选
    fields:
      - {id: name, kind: text, label: 姓名, max: 30}  # 与身份证一致
      # 下面这一项选填
      - id: story
        kind: long_text
        label: '主要事迹'
        help: |
          第一段
          第二段

        max: 800   # 字数
        unknown_to_the_page: {a: [1, 2]}
      - {id: sex, kind: choice, label: 性别, options: {f: 女, m: 男}}

  - title: 材料
    fields: []
outcomes: [{code: done, label: 办结}]   # 一个
# 完
"""
FILES = sorted((ROOT / "forms" / "role-model-award").glob("*.yaml"))


def after(change: Callable[[Any], Any], text: str = FORM) -> str:
    return rewritten(text.encode(), "sample.yaml", change).decode()


def lines_gone(old: str, new: str) -> list[str]:
    return [line for line in old.splitlines() if line not in new.splitlines()]


def lines_new(old: str, new: str) -> list[str]:
    return lines_gone(new, old)


def set_keys(path: str, **keys: Any) -> Callable[[Any], Any]:
    return lambda form: changed(form, path, with_keys(part(form, path) or {}, keys, ("id", "kind", "label", "max", "help")))


def test_nothing_changed_is_the_same_file() -> None:
    assert after(lambda form: dict(form)) == FORM


def test_one_setting_of_a_field_on_one_line() -> None:
    made = after(set_keys("sections.0.fields.0", label="姓名（同身份证）", max=40, help="照抄: 一字不差"))

    assert lines_gone(FORM, made) == ["      - {id: name, kind: text, label: 姓名, max: 30}  # 与身份证一致"]
    assert lines_new(FORM, made) == ['      - {id: name, kind: text, label: 姓名（同身份证）, max: 40, help: "照抄: 一字不差"}  # 与身份证一致']


def test_settings_of_a_field_on_several_lines() -> None:
    made = after(set_keys("sections.0.fields.1", label=None, max=900, required=True))

    assert lines_gone(FORM, made) == ["        label: '主要事迹'", "        max: 800   # 字数"]
    assert lines_new(FORM, made) == ["        max: 900   # 字数", "        required: true"]


def test_the_first_key_goes_and_the_dash_stays() -> None:
    made = after(set_keys("sections.0.fields.1", id=None))

    assert lines_new(FORM, made) == ["      - kind: long_text"]


def test_a_block_of_text_gives_way_to_one_line() -> None:
    made = after(set_keys("sections.0.fields.1", help="一段"))

    assert lines_gone(FORM, made) == ["        help: |", "          第一段", "          第二段"]
    assert lines_new(FORM, made) == ["        help: 一段"]


def test_a_field_moves_with_the_comments_above_and_behind_it() -> None:
    made = after(lambda form: moved(form, "sections.0.fields.1", -1)[0])

    assert sorted(made.splitlines()) == sorted(FORM.splitlines())
    rows = made.splitlines()
    assert rows.index("      # 下面这一项选填") < rows.index("      - id: story") < rows.index("      - {id: name, kind: text, label: 姓名, max: 30}  # 与身份证一致")


def test_a_field_moves_to_a_section_without_any() -> None:
    made = after(lambda form: into_section(form, "sections.0.fields.1", 1)[0])

    value = read_yaml(made.encode(), "").value
    assert [one["id"] for one in value["sections"][1]["fields"]] == ["story"]
    assert "max: 800   # 字数" in made


def test_a_field_is_added_to_a_list_and_to_an_empty_one() -> None:
    made = after(lambda form: added(added(form, "sections.1.fields", {"id": "a", "kind": "date", "label": "日期"}), "sections.0.fields", {"id": "b", "kind": "text", "label": "说明"}, 0))

    assert lines_gone(FORM, made) == ["    fields: []"]
    assert lines_new(FORM, made) == ["      - {id: b, kind: text, label: 说明}", "      - {id: a, kind: date, label: 日期}"]


def test_the_last_field_of_a_section_goes() -> None:
    made = after(lambda form: dropped(dropped(dropped(form, "sections.0.fields.0"), "sections.0.fields.0"), "sections.0.fields.0"))

    assert read_yaml(made.encode(), "").value["sections"][0] == {"title": "人选", "fields": []}
    assert "# 第一栏" in made and "# 完" in made


def test_a_list_in_brackets_keeps_what_stands_behind_it() -> None:
    made = after(lambda form: added(form, "outcomes", {"code": "back", "label": "退回"}, 0))

    assert lines_new(FORM, made) == ["outcomes: [{code: back, label: 退回}, {code: done, label: 办结}]   # 一个"]


def test_windows_line_breaks_stay() -> None:
    made = rewritten(FORM.replace("\n", "\r\n").encode(), "sample.yaml", lambda form: added(form, "sections.0.fields", {"id": "b", "kind": "text", "label": "说明"}))

    assert made.count(b"\r\n") == FORM.count("\n") + 1 and b"\n" not in made.replace(b"\r\n", b"")


@pytest.mark.parametrize("value", ["2021-10-15", "12", "7.50", "true", "null", "", " a", "a: b", "- a", "#", "“引号”", '"', "a\nb", "=x = \"y\"", "!x", "&a", "*a", "?", "a, b", "{a}", "0x1F", "~", date(2021, 10, 15), 5, Decimal("7.50"), True, ["a", "b, c"], {"a: b": "c"}])
def test_whatever_is_written_reads_back(value: Any) -> None:
    for path in ("sections.0.fields.0", "sections.0.fields.1"):
        made = after(set_keys(path, label=value))

        assert (part(read_yaml(made.encode(), "").value, path) or {})["label"] == value


def test_what_cannot_be_changed_safely_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        after(lambda form: {"b": 2}, "a: 1\n")

    assert refused.value.code == "yaml.not_rewritten"


def test_moving_a_field_over_the_edge_of_its_section() -> None:
    form = read_yaml(FORM.encode(), "").value

    made, now = moved(form, "sections.0.fields.2", 1)
    assert (now, [one["id"] for one in parts(made, "sections.1.fields")]) == ("sections.1.fields.0", ["sex"])
    assert moved(made, now, -1) == (form, "sections.0.fields.2")
    assert moved(form, "sections.0.fields.0", -1) == (form, "sections.0.fields.0")


def test_a_renamed_field_is_renamed_in_the_identity_too() -> None:
    form = {"identity": ["name", "=x"], "sections": [{"fields": [{"id": "name"}]}]}

    assert renamed(form, "sections.0.fields.0", "full_name") == {"identity": ["full_name", "=x"], "sections": [{"fields": [{"id": "full_name"}]}]}


@settings(max_examples=40)
@given(st.data())
def test_any_form_of_the_library_survives_any_edits(data: st.DataObject) -> None:
    """Comments are strewn in; then parts are moved, dropped, added and filled in. The function itself compares what it wrote with what was meant."""
    source = data.draw(st.sampled_from(FILES)).read_text(encoding="utf-8").splitlines()
    marks = data.draw(st.sets(st.integers(0, len(source)), max_size=4))
    text = "".join(f"{line}\n{'    # 批注' + str(index) + chr(10) if index in marks else ''}" for index, line in enumerate(source))
    body = text.encode()
    for _ in range(data.draw(st.integers(1, 3))):
        form = read_yaml(body, "").value
        paths = [path for path, _ in fields_of(form)]
        if not paths:
            return
        path, act = data.draw(st.sampled_from(paths)), data.draw(st.sampled_from(["up", "down", "drop", "add", "set", "section"]))
        change: Callable[[Any], Any] = {
            "up": lambda one: moved(one, path, -1)[0], "down": lambda one: moved(one, path, 1)[0], "drop": lambda one: dropped(one, path),
            "add": lambda one: added(one, path.rpartition(".")[0], {"id": "added", "kind": "text", "label": "新"}, 0), "set": set_keys(path, label="改过", max=7, required=None),
            "section": lambda one: added(one, "sections", {"title": "新的一栏", "fields": []}, 0)}[act]
        made = rewritten(body, "sample.yaml", change)
        lost = set(body.decode().splitlines()) - set(made.decode().splitlines())
        assert not any(line.startswith("    # 批注") for line in lost) or act == "drop"
        body = made
