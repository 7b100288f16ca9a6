"""The auditor's pages in Chromium: without faults for axe and the console, time machine with and without scripts, a copy taken out twice and proven."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from adapters.system.export import checked_file
from tests.browser.demo_place import complaints, enter, served, shot

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


def fits(page: Page) -> bool:
    """No page is wider than a phone."""
    page.set_viewport_size({"width": 390, "height": 844})
    wide = bool(page.evaluate("document.documentElement.scrollWidth <= 390"))
    page.set_viewport_size({"width": 1280, "height": 800})
    return wide


@pytest.mark.parametrize(("name", "address"), [
    ("journal", "/audit"), ("journal-filtered", "/audit?what=退回与撤回&since=2021-09-20"), ("journal-place", "/audit?stream=place"), ("journal-empty", "/audit?who=nobody"),
    ("integrity-unchecked", "/audit/integrity")])
def test_pages_are_without_faults(auditor: Page, base: str, axe: Callable[..., list[str]], name: str, address: str) -> None:
    said = complaints(auditor)
    auditor.goto(base + address)
    shot(auditor, f"audit-{name}")

    assert axe(auditor) == []
    assert said == [] and fits(auditor)


def test_the_record_is_checked_and_signed_by_hand(auditor: Page, base: str, axe: Callable[..., list[str]]) -> None:
    said = complaints(auditor)
    auditor.goto(f"{base}/audit/integrity")
    auditor.get_by_role("button", name="现在签署检查点").click()
    auditor.get_by_role("button", name="立即核验").click()

    expect(auditor.locator(".audit-good strong")).to_contain_text("完整")
    expect(auditor.locator("details").first).to_contain_text("— banli")
    shot(auditor, "audit-integrity")
    assert axe(auditor) == [] and said == [] and fits(auditor)


def test_the_time_machine_goes_through_a_nomination_that_was_sent_back(auditor: Page, base: str, axe: Callable[..., list[str]]) -> None:
    address, said = returned(auditor, base), complaints(auditor)
    auditor.goto(address)
    auditor.locator("[data-timemachine][data-ready=ok]").wait_for()
    steps = auditor.locator(".tm-step").count()
    last = auditor.locator(".tm-sentence").inner_text()

    seen = []
    for _ in range(steps - 1):
        auditor.get_by_role("button", name="上一步").click()
        seq = auditor.locator(".tm-step[aria-current]").get_attribute("data-seq")
        auditor.locator(f"[data-timemachine][data-seq='{seq}']:not([aria-busy])").wait_for()
        seen.append(auditor.locator(".tm-sentence").inner_text())
    assert len({last, *seen}) == steps
    assert any("“填写推荐表、上传材料”第 2 次" in each for each in seen)

    auditor.goto(address + "?seq=4#seq=4")
    auditor.locator("[data-timemachine][data-seq='4']:not([aria-busy])").wait_for()
    shot(auditor, "audit-timemachine")
    assert axe(auditor) == [] and said == [] and fits(auditor)


def test_the_campaign_and_its_children_at_one_moment(auditor: Page, base: str, axe: Callable[..., list[str]]) -> None:
    said = complaints(auditor)
    auditor.goto(f"{base}/audit?what=启动与往来&until=2021-09-06")
    auditor.locator(".audit-said > a").last.click()
    auditor.locator("[data-timemachine][data-ready=ok]").wait_for()
    campaign = auditor.url.partition("?")[0]
    auditor.goto(f"{campaign}?at=2021-09-27T10:00")
    auditor.locator("[data-timemachine][data-ready=ok]").wait_for()
    auditor.locator("[data-timemachine]:not([aria-busy])").wait_for()
    shot(auditor, "audit-timemachine-campaign")
    assert axe(auditor) == []

    auditor.locator(".tm-data a", has_text="单位推荐").first.click()
    auditor.locator("[data-timemachine][data-ready=ok]").wait_for()
    assert "/audit/instances/" in auditor.url and "#seq=" in auditor.url and said == []


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


def test_both_engines_replay_and_the_page_says_who_could_see(auditor: Page, base: str, axe: Callable[..., list[str]]) -> None:
    address, said = returned(auditor, base), complaints(auditor)
    auditor.goto(f"{address}/sight?at=2021-10-12T08:00")
    shot(auditor, "audit-sight")
    assert axe(auditor) == [] and fits(auditor)

    auditor.goto(address)
    auditor.locator("[data-timemachine][data-ready=ok]").wait_for()
    auditor.get_by_label("用什么重演").select_option("spiffworkflow")
    auditor.get_by_role("button", name="重演").click()
    expect(auditor.locator(".audit-state strong")).to_be_visible()
    shot(auditor, "audit-replay")
    assert axe(auditor) == [] and said == [] and fits(auditor)


def test_a_copy_is_taken_out_twice_from_one_page_and_proven(auditor: Page, base: str, tmp_path: Path) -> None:
    auditor.goto(f"{base}/audit/integrity")
    key = bytes.fromhex(auditor.locator("dd code").last.inner_text().replace(" ", ""))
    for number in (1, 2):
        with auditor.expect_download() as download:
            auditor.get_by_role("button", name="全部记录 JSON").click()
        download.value.save_as(tmp_path / f"{number}.json")

    found = [checked_file((tmp_path / f"{number}.json").read_bytes(), key) for number in (1, 2)]
    assert [each.intact for each in found] == [True, True]
    assert found[1].verified.entries == found[0].verified.entries + 1  # the first copy is an entry itself
