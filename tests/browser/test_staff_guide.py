"""What docs/guides/staff.md tells staff to do, done in a browser; its pictures are made anew with --long."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Picture
from tests.browser.demo_place import complaints, enter, open_row, served

PHRASE = "材料齐全，拟同意（示例）"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("guide")) as address:
        yield address


def test_the_steps_of_the_guide(page: Page, base: str, picture: Picture) -> None:
    said = complaints(page)
    enter(page, base, "区卫健局经办")
    page.goto(f"{base}/inbox")
    picture(page, "inbox")

    page.goto(f"{base}/me")
    page.get_by_label("新的常用意见").fill(PHRASE)
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".phrases")).to_contain_text(PHRASE)
    page.get_by_role("button", name="生成订阅地址").click()
    expect(page.get_by_label("订阅地址（只显示这一次，请勿转给他人）")).to_have_value(re.compile(r"/calendar/.{40,}\.ics$"))
    picture(page, "desk")

    open_row(page, base, "受理审查")
    page.get_by_role("button", name=PHRASE).click()
    expect(page.locator("#f-opinion")).to_have_value(PHRASE)
    expect(page.locator("[data-draft-said]")).to_contain_text(re.compile(r"已保存 \d\d:\d\d"))
    task = page.url
    page.goto(f"{base}/inbox")
    page.goto(task)
    expect(page.locator("#f-opinion")).to_have_value(PHRASE)
    picture(page, "draft")

    page.locator(".more-acts > summary").click()
    page.get_by_label("查找人员（姓名或单位）").press_sequentially("总工会")
    expect(page.get_by_text(re.compile(r"查到 \d+ 人，请在下面选择"))).to_be_visible()
    form = page.locator('form[action$="/delegate"]')
    form.locator("select").select_option(index=1)
    form.get_by_label("委派事项").fill("请核对工会意见（示例）")
    picture(page, "delegate")
    form.get_by_role("button", name="委派").click()
    expect(page.get_by_text("已委派他人协助，收到答复后才能办理").first).to_be_visible()

    page.get_by_role("search", name="全站查找").get_by_label("登记号、姓名或单位").fill("示例冶金一公司")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("查找")
    expect(page.locator(".task-row").first).to_contain_text("示例冶金一公司")
    assert said == []
