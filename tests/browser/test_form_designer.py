"""改表单 of docs/guides/administrator.md: an administrator who never saw YAML changes a form of a working copy, looks at the preview, and finds each change in the memo; its picture is made anew with --long."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo_place import ROOT, complaints, enter, fits, served

IMAGES = ROOT / "docs" / "images"
PACKAGE = "/design/packages/role-model-award"
FORM = f"{PACKAGE}/edit?file=forms/nomination.yaml"

MEMO = [
    "＋ 新增 字段“性别”增加选项“不便说明”",
    "△ 修改 字段“政治面貌（选填）”改名为“政治面貌”",
    "△ 修改 字段“政治面貌”的“最多几个字”由20改为30",
    "＋ 新增 增加“工作单位与岗位”一栏的“班组（示例）”（一行文字；什么时候显示：“是否一线劳动者”选“是”时）",
    "－ 删除 删去“评选材料”一栏的“其他材料”（原为：上传文件；个人信息；可传的文件：图片、PDF 文件；每个文件最大：“50 MB”；最多几个文件：10）",
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("forms")) as address:
        yield address


def test_a_form_is_changed_without_a_programmer(page: Page, base: str, browser: Browser, browser_context_args: dict[str, object], axe: Callable[..., list[str]],
                                                request: pytest.FixtureRequest) -> None:
    said = complaints(page)
    enter(page, base, "管理员")
    page.goto(base + PACKAGE)
    page.get_by_role("button", name="打开工作稿").first.click()
    page.get_by_role("link", name="“职业健康达人”推荐表", exact=True).click()
    preview = page.locator("#preview-live")

    # A label: saved while it is typed, and the preview follows.
    page.get_by_role("button", name="修改“政治面貌（选填）”").click()
    expect(page.locator("#open")).to_be_focused()
    page.get_by_label("名称 必填", exact=True).fill("政治面貌")
    expect(preview.get_by_label("政治面貌", exact=True)).to_be_visible()
    expect(page.locator("[data-said]")).to_contain_text("上次保存")

    # A mistake is said at its box, and gone when it is mended.
    page.get_by_label("最多几个字").fill("二十")
    expect(page.locator("#p-max-said")).to_have_text("“最多几个字”应为不小于0的整数")
    page.get_by_label("最多几个字").fill("30")
    expect(page.locator("#p-max-said")).to_have_text("")
    assert axe(page) == []

    # A field: added, moved up with the keyboard, shown under a condition on the field above.
    page.get_by_text("在“工作单位与岗位”加一项").click()
    adding = page.locator("details.add-part[open]")
    adding.get_by_label("名称").fill("班组（示例）")
    adding.get_by_role("button", name="加上").press("Enter")
    expect(page.locator("#open legend").first).to_have_text("修改：班组（示例）")
    page.get_by_label("什么时候显示", exact=True).select_option(label="“是否一线劳动者”选“是”时")
    expect(page.locator("#sample-live")).to_contain_text("〔满足条件时才显示〕")
    if request.config.getoption("--long"):
        page.screenshot(path=IMAGES / "administrator-form.png")
    page.get_by_role("button", name="改好了，收起").click()
    page.get_by_role("button", name="把“班组（示例）”上移").press("Enter")
    expect(page.get_by_role("button", name="把“班组（示例）”上移")).to_be_focused()

    # What is used elsewhere is not removed without a word.
    page.get_by_role("button", name="删除“是否一线劳动者”").click()
    asked = page.get_by_role("alert")
    expect(asked).to_contain_text("下列地方要用到它")
    expect(asked).to_contain_text("流程图“推荐人选”的“填写推荐表、上传材料”")
    asked.get_by_role("button", name="不删").click()
    page.get_by_role("button", name="删除“其他材料”").click()
    page.get_by_role("button", name="确认删除").click()
    expect(page.get_by_text("其他材料")).to_have_count(0)
    assert fits(page) and axe(page) == [] and said == []
    page.close()

    # Another day, in a browser without script.
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})  # type: ignore[arg-type]
    plain = context.new_page()
    enter(plain, base, "管理员")
    plain.goto(base + FORM)
    plain.get_by_role("button", name="修改“性别”").click()
    plain.get_by_label("选项", exact=True).fill("女 | female\n男 | male\n不便说明")
    plain.get_by_role("button", name="保存", exact=True).click()
    plain.get_by_role("link", name="与原来的版本对比").click()
    assert plain.locator(".changes > li").all_inner_texts() == MEMO
    context.close()
