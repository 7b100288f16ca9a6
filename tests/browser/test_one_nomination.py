"""One nomination from the employer's form with a video to both bodies' signatures on the county list, through the pages alone."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_place import FILES, enter, open_row, press, served, shot

NAME = "示例员工甲"
TEXTS = {
    "name": NAME, "born_on": "1988-05-04", "phone": "13800000077", "post": "炉前工", "years": "9", "story": "坚持佩戴防护用品（项目示例）。",
    "exercise": "每周三次健步走（项目示例）。", "trainings.0.held_on": "2021-09-20", "trainings.0.subject": "职业病防治知识", "selected_how": "班组推荐、公示（项目示例）。",
}
CHOICES = {"sex": "female", "education": "college", "province_owned": "false", "trade": "metallurgy", "frontline": "true"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("nomination")) as address:
        yield address



def nominate(page: Page, base: str) -> None:
    """The employer starts a nomination, fills in the form and uploads video and evidence."""
    enter(page, base, "企业经办人")
    page.goto(f"{base}/campaigns")
    page.locator(".card", has_text="推荐一名职业健康达人").get_by_role("button", name="填写").click()
    expect(page.locator("h1")).to_have_text("填写推荐表、上传材料")
    for id, text in TEXTS.items():
        page.locator(f'[id="f-{id}"]').fill(text)
    for id, code in CHOICES.items():
        with page.expect_response("**/form"):
            page.locator(f"#f-{id}").select_option(code)
    page.get_by_role("group", name="接触的职业病危害因素").get_by_role("checkbox").first.check()
    for id, file in (("video", "video.mp4"), ("exercise_evidence", "exercise.png")):
        page.locator(f"input[type=file][name={id}]").set_input_files(FILES / file)
    expect(page.get_by_text("已上传，")).to_have_count(2 * 2)  # in sight, and for screen readers
    for statement in ("no_fee", "consent", "employer_opinion", "union_opinion"):
        with page.expect_response("**/form"):
            page.locator(f"#f-{statement}").check()
    expect(page.get_by_text("已上传，")).to_have_count(2 * 2)  # the form was renewed, the uploads stayed
    expect(page.locator("#f-name")).to_have_value(NAME)
    shot(page, "nomination")
    press(page, "报送")


def accept_all(page: Page, base: str) -> None:
    """The health bureau reviews what came in, the new nomination first, with its video in place."""
    enter(page, base, "区卫健局经办")
    open_row(page, base, NAME)
    expect(page.locator(".pane-detail .task-about")).to_contain_text(NAME)
    page.wait_for_function("() => document.querySelector('.pane-detail video').readyState >= 1")
    shot(page, "review")
    while True:
        with page.expect_response("**/form"):
            page.locator("#f-complete").select_option("true")
        page.locator("#f-in_area").select_option("true")
        press(page, "受理")
        page.goto(f"{base}/inbox")
        rows = page.locator(".task-row", has_text="受理审查")
        if not rows.count():
            return
        rows.first.click()


def score_all(page: Page, base: str) -> None:
    """County stage: gathered, screened, scored; the new nominee gets the best sheet."""
    open_row(page, base, "汇总推荐材料")
    page.locator("#f-all_settled").select_option("true")
    press(page, "开始初选")
    done = 0
    for task, button in (("初步筛选", "符合，进入评分"), ("初步评分", "提交评分")):
        open_row(page, base, task)
        while page.locator(".task-row", has_text=task).count():
            page.locator(".task-row", has_text=task).first.click()
            best = NAME in (page.locator(".pane-detail .task-about").text_content() or "")
            cells = page.locator(".sheet input")
            for n in range(cells.count()):
                cells.nth(n).fill("99" if best else str(90 - done))
            if cells.count() and best:
                expect(page.locator(".sheet output")).to_have_text("198")
                shot(page, "score")
            press(page, button)
            done += 1
            page.goto(f"{base}/inbox")


def test_from_the_employers_form_to_both_signatures(page: Page, base: str) -> None:
    nominate(page, base)
    accept_all(page, base)
    page.get_by_role("button", name="到本阶段结束").click()
    expect(page.locator(".band")).to_contain_text("10月16日")
    score_all(page, base)

    open_row(page, base, "拟定报送名单")
    chosen = page.get_by_role("group", name="报送人选").locator("input:checked + span")
    assert chosen.count() == 3
    shot(page, "county-list")
    press(page, "送会签")
    open_row(page, base, "名单会签")
    shot(page, "sign")
    press(page, "同意")
    enter(page, base, "区总工会")
    open_row(page, base, "名单会签")
    press(page, "同意")

    open_row(page, base, "报送名单及材料")
    enter(page, base, "市领导小组办公室")
    page.goto(f"{base}/campaigns")
    page.locator(".pane-list a").first.click()
    row = page.locator("tr", has_text="海州区")
    expect(row.locator(".balance")).to_have_text("3/3")
    shot(page, "campaign-signed")
