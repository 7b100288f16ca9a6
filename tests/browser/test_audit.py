"""The auditor's pages in Chromium that the guide does not go through: faults for axe and the console, the time machine without scripts."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.demo_place import complaints, enter, fits, served, shot

WHO = "审计员"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("audit")) as address:
        yield address


@pytest.fixture
def auditor(page: Page, base: str) -> Page:
    enter(page, base, WHO)
    return page


def returned(page: Page, base: str) -> str:
    """The address of a nomination that was sent back, and so went through its form twice."""
    page.goto(f"{base}/audit?what=办理&element=填写推荐表、上传材料")
    link = page.locator(".audit-said > a", has_text=re.compile("退回，")).first.get_attribute("href")
    assert link
    return base + link.partition("?")[0]


def test_pages_are_without_faults(auditor: Page, base: str, axe: Callable[..., list[str]]) -> None:
    said = complaints(auditor)
    for name, address in (("journal", "/audit"), ("journal-place", "/audit?stream=place"), ("journal-empty", "/audit?who=nobody"), ("integrity-unchecked", "/audit/integrity")):
        auditor.goto(base + address)
        shot(auditor, f"audit-{name}")

        assert (name, axe(auditor), fits(auditor)) == (name, [], True)
    assert said == []


def test_without_scripts_every_step_is_a_link(browser: Browser, base: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    enter(page, base, WHO)
    page.goto(returned(page, base) + "?seq=1")
    found = []
    while True:
        found.append(page.locator(".audit-sentence").inner_text())
        following = page.get_by_role("link", name="下一步")
        if not following.count():
            break
        following.click()
    shot(page, "audit-timemachine-plain")
    context.close()

    assert len(found) == len(set(found)) > 5
    assert any("“填写推荐表、上传材料”第 2 次" in each for each in found)
