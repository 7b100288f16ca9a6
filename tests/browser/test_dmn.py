"""The decision table island: shown and edited in Chinese, with the checker's findings and drafts; what a table decides is not its business."""

import json
import re

import pytest
from lxml import etree

from tests.browser.served import TOKEN, as_json, xml
from tests.conftest import ROOT

SHOTS = ROOT / "var/shots"
SAMPLE = (ROOT / "tests/browser/sample.dmn").read_text(encoding="utf-8")
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
VIEW = '<div data-dmn data-xml-url="/table.dmn" data-mode="view" data-decision="grade" data-label="评定等次"><p>没有脚本时的表格</p></div>'
EDIT = f'<div data-dmn data-xml-url="/table.dmn" data-mode="edit" data-decision="grade" data-check-url="/check" data-draft-url="/draft" data-csrf="{TOKEN}" data-label="评定等次"><p>没有脚本时的表格</p></div>'
GAP = {"element": "rule_1", "line": 14, "severity": "error", "message": "没有一行适用，例如：总分 95、一线劳动者 否。请补一行，或放宽条件。"}


@pytest.fixture
def table(page, site):
    def show(body, width=1280):
        page.set_viewport_size({"width": width, "height": 800})
        site.show("dmn", body, "评定等次")
        site.answers |= {
            "GET /table.dmn": lambda *_: xml(SAMPLE),
            "POST /check": lambda query, body, headers: as_json({"findings": [] if b"<text>false</text>" in body else [GAP]}),
            "GET /draft": lambda *_: (204, "", "text/plain"),
            "PUT /draft": lambda *_: as_json({"saved_at": "2026-11-21T14:32:00+08:00", "revision": "1"}),
        }
        page.goto(site.address)
        page.wait_for_selector("[data-dmn][data-ready]")
        return page

    return show


def test_the_rows_that_applied_are_marked(table):
    page = table(VIEW.replace("data-mode", """data-fired='{"grade": [2]}' data-mode"""))
    page.locator("tr.dmn-fired").wait_for()

    assert [row.locator("td").first.inner_text() for row in page.locator("tr.dmn-fired").all()] == ["2"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_table_is_shown_in_chinese(width, table, complaints, axe):
    page = table(VIEW, width)

    assert json.loads(page.get_attribute("[data-dmn]", "data-warnings")) == []
    assert [one.inner_text() for one in page.locator(".dmn-tabs button").all()] == ["决策关系图", "评定等次", "名额"]
    words = page.locator(".dmn-frame").inner_text()
    assert [word for word in ("当", "且", "则", "总分", "一线劳动者", "数字", "是/否") if word not in words] == []
    assert page.locator(".bjs-powered-by").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("window.missing") == []
    assert complaints == []
    assert axe(page) == []
    page.screenshot(path=SHOTS / f"dmn-view-{width}.png", full_page=True)


def test_every_view_opens(table):
    page = table(VIEW)

    for name, inside in (("决策关系图", "svg g[data-element-id=places]"), ("名额", ".dmn-literal-expression-container"), ("评定等次", "tr [data-row-id=rule_2]")):
        page.locator(".dmn-tabs button", has_text=name).click()
        page.locator(inside).first.wait_for()
        assert page.locator(".dmn-tabs button[aria-pressed=true]").inner_text() == name
    assert page.evaluate("window.missing") == []


def test_a_gap_is_found_led_to_and_mended(table, site, complaints, axe):
    page = table(EDIT)
    finding = page.locator("button.finding-error")

    said = finding.inner_text()
    finding.click()
    led = page.locator("tr.dmn-found [data-row-id=rule_1]").count() > 0
    page.screenshot(path=SHOTS / "dmn-edit.png")
    wrong = axe(page)
    cell = page.locator("[data-element-id=c12]")
    cell.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("false")
    page.locator(".findings[data-state=ok]").wait_for()
    page.locator(".draft-status", has_text="已保存 14:32").wait_for()

    assert said == "▲ 错误\n评定等次 第 1 行\n没有一行适用，例如：总分 95、一线劳动者 否。请补一行，或放宽条件。"
    assert led
    saved = etree.fromstring(site.bodies("PUT /draft")[-1].encode())
    assert saved.find(f".//{DMN}inputEntry[@id='c12']/{DMN}text").text == "false"
    assert wrong == []
    assert complaints == []


def test_menus_and_editors_are_chinese(table):
    page = table(EDIT)

    page.locator("[data-element-id=c11]").click(button="right")
    page.locator(".context-menu").first.wait_for()
    menu = page.locator(".context-menu").first.inner_text()
    page.screenshot(path=SHOTS / "dmn-menu.png")
    page.keyboard.press("Escape")
    page.locator("[data-col-id=in_score] .input-label, th[data-col-id=in_score]").first.dblclick()
    page.locator(".context-menu-container, .input-edit").first.wait_for()

    assert re.search("[A-Za-z]{3}", menu) is None, menu
    assert page.evaluate("window.missing") == []


def test_what_was_not_touched_comes_back_as_it_was(table, site):
    page = table(EDIT)
    page.locator("[data-element-id=c12]").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("false")
    page.locator(".draft-status", has_text="已保存").wait_for()

    def texts(source):
        tree = etree.fromstring(source if isinstance(source, bytes) else source.encode())
        return [(one.getparent().get("id"), one.text) for one in tree.iter(f"{DMN}text")], [(one.tag, {name: value for name, value in one.attrib.items() if value != "UNIQUE"}) for one in tree.iter() if one.get("id") and isinstance(one.tag, str)]  # the default

    before, after = texts(SAMPLE), texts(site.bodies("PUT /draft")[-1])
    assert [one for one in after[0] if one not in before[0]] == [("c12", "false")]
    assert after[1] == before[1]


def test_it_is_accessible_in_the_dark_too(table, page, axe):
    page.emulate_media(color_scheme="dark")
    page = table(EDIT)

    assert axe(page) == []
    page.screenshot(path=SHOTS / "dmn-dark.png", full_page=True)
