"""Notification texts of a working copy are edited on their page: what is typed stands in the file, the rest of the file stays, and the memo tells it."""
from __future__ import annotations

from adapters.system import Design
from tests.design.conftest import PACKAGE
from tests.design.test_form_designer import NAME, hidden
from tests.web.conftest import Browser
from tests.web.world import PLACE

FILE = "texts/notifications.yaml"
PAGE = f"{PACKAGE}/edit?file={FILE}"


def stored(design: Design) -> bytes:
    return design.files(PLACE, NAME, "working")[FILE]


def test_a_text_is_changed_and_told(first: Browser, second: Browser, design: Design) -> None:
    first.press(f"{PACKAGE}/open")
    before = stored(design)
    page = first.page(PAGE).text
    typed = {"version": hidden(page, "version"), "t.recommend.due.title": "推荐还有 {days} 日截止（示例）", "t.recommend.due.body": "{channel}请按期报送。{when}", "t.recommend.due.level": "todo"}
    for id, key in (("notice.issued", "title"), ("notice.issued", "body")):
        assert f'name="t.{id}.{key}"' in page

    answer = first.press(f"{PACKAGE}/texts?file={FILE}", typed)

    said = first.page(answer.headers["location"]).text
    assert "“when”这一处填空原来没有" in said and "有 1 处需要修改" in said
    gone = [line for line in before.decode().splitlines() if line not in stored(design).decode().splitlines()]
    assert len(gone) == 2  # the title and the body; the level stands in the file as other texts have it
    memo = first.page(f"{PACKAGE}/compare").text
    assert "通知“推荐截止还有 {days} 日”的标题改为“推荐还有 {days} 日截止（示例）”" in memo and "的级别由“催办、提醒”改为“待办”" in memo

    late = second.press(f"{PACKAGE}/texts?file={FILE}", {**typed, "t.recommend.due.title": "别的"})
    assert late.status_code == 409 and "别的" in late.text
