"""A form of a working copy is edited on its page: what is pressed and typed stands in the file, everything else of the file stays."""
from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from adapters.system import Design
from tests.design.conftest import AUDITOR, PACKAGE
from tests.web.conftest import Browser
from tests.web.world import PLACE

FILE = "forms/screening.yaml"
PAGE = f"{PACKAGE}/edit?file={FILE}"
NAME = "role-model-award"


@pytest.fixture
def copy(first: Browser, design: Design) -> bytes:
    """The form in a working copy that was just opened."""
    first.press(f"{PACKAGE}/open")
    return design.files(PLACE, NAME, "working")[FILE]


def stored(design: Design) -> bytes:
    return design.files(PLACE, NAME, "working")[FILE]


def hidden(text: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', text)
    assert found, name
    return unescape(found[1])


def press(browser: Browser, act: str, at: str = "", **typed: str) -> str:
    """Presses a button on the page with that part open; the page that comes back."""
    page = browser.page(f"{PAGE}&at={at}").text
    sent = {"version": hidden(page, "version"), "at": hidden(page, "at"), "part": hidden(page, "part"), "act": act, **typed}
    answer = browser.press(f"{PACKAGE}/form?file={FILE}", sent)
    if answer.status_code != 303:
        return answer.text
    return browser.page(answer.headers["location"].partition("#")[0]).text


def test_a_label_is_changed_and_a_field_added(first: Browser, design: Design, copy: bytes) -> None:
    page = press(first, "", "sections.0.fields.0", **{"b.label": "基本标准（示例）"})
    assert "基本标准（示例）" in page

    press(first, "add:sections.0.fields", **{"new.sections.0.fields.label": "联系电话", "new.sections.0.fields.kind": "phone"})

    said = [line for line in stored(design).decode().splitlines() if line not in copy.decode().splitlines()]
    assert len(said) == 2 and said[1].strip() == "- {id: phone, kind: phone, label: 联系电话}"  # the name that another form gives to this label
    memo = first.page(f"{PACKAGE}/compare").text
    assert "联系电话" in memo


def test_another_name_is_asked_about_where_something_reads_the_old_one(first: Browser, design: Design, copy: bytes) -> None:
    at = "sections.0.fields.2"

    assert "下列地方仍按“failed”取值" not in press(first, "rename:", at, id="failed")
    assert "代号“Failed”不可用" in press(first, "rename:", at, id="Failed")
    assert "代号“articles”已经用在" in press(first, "rename:", at, id="articles")
    asked = press(first, "rename:", at, id="not_met")
    assert "代号由“failed”改为“not_met”以后" in asked and "流程图“县区初选”的“初步筛选”" in asked
    assert stored(design) == copy

    press(first, "rename:sure", at, id="not_met")
    assert stored(design) == copy.replace(b"{id: failed,", b"{id: not_met,")


def test_who_saved_meanwhile_is_not_overwritten(first: Browser, second: Browser, design: Design, copy: bytes) -> None:
    page = first.page(f"{PAGE}&at=sections.0.fields.2").text
    sent = {"version": hidden(page, "version"), "at": hidden(page, "at"), "part": hidden(page, "part"), "b.label": "我改的", "act": "down:sections.0.fields.0"}
    press(second, "", "sections.0.fields.2", **{"b.label": "别人改的"})
    theirs = stored(design)

    answer = first.press(f"{PACKAGE}/form?file={FILE}", sent)

    assert answer.status_code == 409 and "示例管理员乙已于" in answer.text and 'value="我改的"' in answer.text
    assert stored(design) == theirs

    press(second, "drop:sections.0.fields.2", "sections.0.fields.2")
    answer = first.press(f"{PACKAGE}/form?file={FILE}", sent)
    assert answer.status_code == 422 and "已被别人删去或移走" in answer.text


def test_what_is_wrong_is_said_at_its_box_and_the_page_stays(first: Browser, design: Design, copy: bytes) -> None:
    said = press(first, "", "sections.0.fields.2", **{"b.show_if": "other", "b.show_if.formula": "1 +"})
    assert "公式“=1 +”写法有误" in said and "1 处需要改正" in said

    said = press(first, "kind:", "sections.0.fields.2", kind="choice", **{"b.options_from": ""})
    assert "还没有填“选项”" in said and "（还没有选项）" in said  # the preview shows a sample in its place

    raw = first.press(f"{PAGE}", {"version": hidden(said, "version"), "text": "id: [\n"})
    assert raw.status_code == 422 and "没有办成" in raw.text and 'id="text"' in raw.text


def test_an_auditor_changes_nothing(browse: Callable[[str], Browser], first: Browser, design: Design, copy: bytes) -> None:
    auditor = browse(AUDITOR)

    assert "form-design" not in auditor.page(PAGE).text
    assert auditor.press(f"{PACKAGE}/form?file={FILE}", {"act": "drop:sections.0.fields.0", "version": "0", "at": "", "part": ""}).status_code == 409
    assert stored(design) == copy


def test_another_form_like_this_one(first: Browser, design: Design, copy: bytes) -> None:
    press(first, "", "sections.0", **{"b.title": "先改这一栏"})
    before = design.files(PLACE, NAME, "working")

    made = first.press(f"{PACKAGE}/form/copy?file={FILE}", {"title": "复核筛选"})

    page = first.page(made.headers["location"]).text
    assert "<h1>复核筛选</h1>" in page
    after = design.files(PLACE, NAME, "working")
    assert after["forms/screening_2.yaml"] == before[FILE].replace(b"id: screening", b"id: screening_2").replace("title: 初步筛选".encode(), "title: 复核筛选".encode())
    assert [one for one in after if after[one] != before.get(one)] == ["forms/screening_2.yaml", "package.yaml"]
    assert "screening_2" in [one["id"] for one in first.get(f"{PACKAGE}/context.json").json()["forms"]]
    memo = first.page(f"{PACKAGE}/compare").text
    assert "增加表单“复核筛选”（3项）" in memo and "表单清单" not in memo
