"""The pages of the demo place as people meet them: without faults for axe and the console, by keyboard, without scripts, on a phone."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo_place import SIZES, complaints, enter, served, shot

# label on the sign-in page, name of the picture, address (or what to click from there)
PAGES = [
    ("区卫健局经办", "inbox", "/inbox"), ("区卫健局经办", "done", "/done"), ("区卫健局经办", "started", "/started"), ("区卫健局经办", "notifications", "/notifications"),
    ("区卫健局经办", "me", "/me"), ("企业经办人", "start", "/campaigns"), ("市领导小组办公室", "public", "/public"), ("管理员", "incidents", "/incidents"),
    ("审计员", "about", "/about"), ("审计员", "missing", "/no-such-page"),
]
WAYS = [("1280", "light"), ("390", "light"), ("390", "dark")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.mark.parametrize(("label", "name", "address"), PAGES, ids=[name for _, name, _ in PAGES])
def test_pages_are_without_faults(page: Page, base: str, axe: Callable[..., list[str]], label: str, name: str, address: str) -> None:
    enter(page, base, label)
    said = complaints(page)
    page.goto(base + address)
    shot(page, name)

    assert faults(page, axe) == []
    assert [each for each in said if "404" not in each] == []


def faults(page: Page, axe: Callable[..., list[str]]) -> list[str]:
    """What axe finds at both widths, and in the dark, and whether the page is wider than the screen."""
    found = []
    for width, scheme in WAYS:
        page.set_viewport_size(dict(zip(("width", "height"), SIZES[width], strict=True)))  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # colours on their way are no colours
        found += [f"{width} {scheme}: {each}" for each in axe(page)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > SIZES[width][0]:
            found.append(f"{width}: the page is {wide} wide")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def test_the_sign_in_page(page: Page, base: str, axe: Callable[..., list[str]]) -> None:
    said = complaints(page)
    page.goto(f"{base}/sign-in")
    shot(page, "sign-in")

    expect(page.locator(".personas").first.get_by_role("button")).to_have_count(8)
    assert faults(page, axe) == []
    assert said == []


def test_a_task_with_its_video_and_diagram(page: Page, base: str, axe: Callable[..., list[str]]) -> None:
    enter(page, base, "区卫健局经办")
    said = complaints(page)
    page.goto(f"{base}/inbox")
    address = page.locator(".task-row").first.get_attribute("href") or ""
    page.goto(f"{base}/tasks/{address.partition('task=')[2].replace('%2F', '/')}")
    page.wait_for_selector("[data-diagram][data-ready=ok]")
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    shot(page, "task")

    assert faults(page, axe) == []
    assert said == []
    assert page.evaluate("document.querySelector('video').duration") > 0


def test_a_campaign_an_instance_and_a_register(page: Page, base: str, axe: Callable[..., list[str]]) -> None:
    enter(page, base, "市领导小组办公室")
    said = complaints(page)
    page.goto(f"{base}/campaigns")
    page.locator(".pane-list a").first.click()
    shot(page, "campaign")
    assert faults(page, axe) == []
    page.get_by_role("link", name="推荐人选").first.click()
    shot(page, "register")
    assert faults(page, axe) == []
    page.locator("tbody a").first.click()
    page.wait_for_selector("[data-diagram][data-ready=ok]")
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    shot(page, "instance")
    assert faults(page, axe) == []
    assert said == []


def test_the_inbox_by_keyboard(page: Page, base: str) -> None:
    enter(page, base, "区卫健局经办")
    page.goto(f"{base}/inbox")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".task-row").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".task-row").nth(1)).to_have_attribute("aria-current", "true")


def test_a_form_with_errors_takes_the_focus_and_keeps_what_was_typed(page: Page, base: str, axe: Callable[..., list[str]]) -> None:
    enter(page, base, "企业经办人")
    page.goto(f"{base}/campaigns")
    page.locator(".card", has_text="推荐一名职业健康达人").get_by_role("button").click()
    page.locator("#f-name").fill("示例员工乙")
    page.get_by_role("button", name="报送", exact=True).click()

    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("#f-name")).to_have_value("示例员工乙")
    expect(page.locator("#f-phone")).to_have_attribute("aria-invalid", "true")
    shot(page, "form-errors")
    assert axe(page) == []
    page.get_by_role("link", name="联系电话").click()
    expect(page.locator("#f-phone")).to_be_in_viewport()


def test_fields_that_depend_on_others_appear_and_the_focus_stays(page: Page, base: str) -> None:
    enter(page, base, "区卫健局经办")
    page.goto(f"{base}/inbox")
    expect(page.get_by_text("须补正的内容")).to_have_count(0)
    page.locator("#f-complete").focus()
    page.locator("#f-complete").select_option("false")

    expect(page.get_by_role("group", name="须补正的内容")).to_be_visible()
    expect(page.locator("#f-complete")).to_be_focused()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page without scripts."""
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_work_is_done_without_scripts_on_a_phone(plain: Page, base: str) -> None:
    plain.goto(f"{base}/sign-in")
    plain.get_by_role("button", name="区卫健局经办").first.click()
    before = plain.locator(".task-row").count()
    plain.locator(".task-row").last.click()
    plain.locator("#f-complete").select_option("true")
    plain.locator("#f-in_area").select_option("true")
    plain.screenshot(path=str(Path(__file__).resolve().parents[2] / "var" / "shots" / "plain-task-390.png"), full_page=True)
    plain.get_by_role("button", name="受理", exact=True).click()

    expect(plain.locator(".flash")).to_contain_text("已办理“受理审查”：受理")
    plain.goto(f"{base}/inbox")
    expect(plain.locator(".task-row")).to_have_count(before - 1)


def test_on_paper_there_is_what_an_office_files_and_no_button(page: Page, base: str) -> None:
    enter(page, base, "区卫健局经办")
    page.goto(f"{base}/inbox")
    address = page.locator(".task-row").first.get_attribute("href") or ""
    page.goto(f"{base}/tasks/{address.partition('task=')[2].replace('%2F', '/')}")
    page.emulate_media(media="print")

    for hidden in (".shell-top", ".shell-side", ".action-bar", ".bottom-bar", ".band"):
        expect(page.locator(hidden).first).to_be_hidden()
    for shown in ("h1", ".task-about", ".task-due", ".task-aside dl.facts"):
        expect(page.locator(shown).first).to_be_visible()


def test_the_demo_clock_moves_a_day(page: Page, base: str) -> None:
    enter(page, base, "市领导小组办公室")
    expect(page.locator(".band")).to_contain_text("2021年10月12日")
    page.get_by_role("button", name="前进一天").click()
    expect(page.locator(".band")).to_contain_text("2021年10月13日")
