"""What docs/guides/auditor.md tells auditors to do, done in a browser; its pictures are made anew with --long."""
from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from adapters.cli.main import main
from adapters.system.export import checked_file
from tests.browser.conftest import Picture
from tests.browser.demo_place import complaints, enter, served


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("auditor")) as address:
        yield address


def test_the_steps_of_the_guide(page: Page, base: str, picture: Picture, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complaints(page)
    enter(page, base, "审计员")
    only_reads(page, base)
    page.goto(f"{base}/audit")

    found_by_filters(page, picture)
    goes_through_a_nomination(page, picture)
    says_who_could_see(page, picture)
    replays_with_both(page, picture)
    takes_three_formats(page)
    follows_parents_and_children(page)
    key, anchor = checks_the_record(page, base, picture)
    proves_it_elsewhere(page, key, anchor, tmp_path, capsys)
    assert said == []


def only_reads(page: Page, base: str) -> None:
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")
    refused = page.request.post(f"{base}/me/phrases", form={"csrf_token": token or "", "text": "不应存下"}, headers={"Origin": base})
    assert refused.status == 409 and "审计账号只能查看" in refused.text()


def found_by_filters(page: Page, picture: Picture) -> None:
    page.get_by_label("谁", exact=True).fill("海州区总工会")
    page.get_by_label("做了什么").select_option("办理")
    page.get_by_label("环节", exact=True).fill("受理审查")
    page.get_by_role("button", name="筛选").click()
    lines = page.locator(".audit-said > a")
    expect(lines.first).to_be_visible()
    assert all(line.startswith("海州区总工会经办：") for line in lines.all_inner_texts())
    picture(page, "journal", 580)
    lines.filter(has_text="退回，").first.click()
    still(page)


def still(page: Page) -> None:
    """Waits until the time machine shows the step that is marked in its list."""
    page.locator("[data-timemachine][data-ready=ok]").wait_for()
    seq = page.locator(".tm-step[aria-current]").get_attribute("data-seq")
    page.locator(f"[data-timemachine][data-seq='{seq}']:not([aria-busy])").wait_for()


def goes_through_a_nomination(page: Page, picture: Picture) -> None:
    sentence, data, slider = page.locator(".tm-sentence"), page.locator(".tm-data"), page.get_by_label("时间", exact=True)
    expect(sentence).to_contain_text("“填写推荐表、上传材料”第 2 次")
    expect(data).to_contain_text("期限 10月15日（周五）24:00")
    expect(data).to_contain_text("姓名")
    picture(page, "timemachine", 1150)

    slider.press("Home")
    still(page)
    expect(page.locator(".tm-position")).to_contain_text("第 1/")
    expect(data).not_to_contain_text("姓名")
    slider.fill("2")
    still(page)
    expect(page.locator(".tm-position")).to_contain_text("第 3/")
    expect(data).to_contain_text("新增")
    page.get_by_label("播放速度").select_option("快")
    page.get_by_role("button", name="播放").click()
    page.locator("[data-timemachine][data-playing=true]").wait_for()
    page.locator("[data-timemachine][data-playing=false]").wait_for()
    steps = page.locator(".tm-step").count()
    expect(page.locator(".tm-position")).to_contain_text(f"第 {steps}/{steps} 步")
    page.locator(".tm-step", has_text="签收“受理审查”").first.click()
    still(page)


def says_who_could_see(page: Page, picture: Picture) -> None:
    when = page.locator(".tm-step[aria-current] .tm-when").inner_text()
    here = page.url
    page.get_by_role("link", name="当时谁能看到").click()
    expect(page.locator("main")).to_contain_text(when[-5:])
    expect(page.locator("section", has=page.get_by_role("heading", name="当时谁能办理")).locator("li")).to_contain_text("受理审查")
    expect(page.get_by_role("row", name=re.compile("海州区总工会经办"))).to_contain_text("登记第")
    picture(page, "sight")
    page.goto(here)
    still(page)


def replays_with_both(page: Page, picture: Picture) -> None:
    steps = page.locator(".tm-step").count()
    page.get_by_label("用什么重演").select_option("spiffworkflow")
    page.get_by_role("button", name="重演").click()
    expect(page.locator(".audit-good")).to_contain_text(f"重演 {steps} 条，结果与存档逐条相同；第二引擎 SpiffWorkflow 逐条对照 {steps} 条，也相同")
    picture(page, "replay", 480)
    page.get_by_role("link", name="回到时光机").click()
    still(page)


def takes_three_formats(page: Page) -> None:
    steps = page.locator(".tm-step").count()
    got = {name: taken(page, name) for name in ("JSON", "CSV", "XES")}
    assert checked_file(got["JSON"]).intact
    rows = list(csv.reader(io.StringIO(got["CSV"].decode("utf-8-sig"))))
    assert len(rows) == steps + 1
    assert len([one for one in ElementTree.fromstring(got["XES"]).iter() if one.tag.rpartition("}")[2] == "event"]) >= steps


def taken(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def follows_parents_and_children(page: Page) -> None:
    """Up to the campaign and down again to the nomination, at the same moment."""
    title = page.locator("h1").inner_text()
    for _ in range(2):
        page.get_by_role("link", name="上级事项").click()
        still(page)
    expect(page.locator(".tm-data")).to_contain_text("下级事项")
    page.locator(".tm-data a", has_text="单位推荐 · 海州区").click()
    still(page)
    expect(page.locator(".tm-data a", has_text=title).first).to_be_visible()


def checks_the_record(page: Page, base: str, picture: Picture) -> tuple[str, str]:
    """The public key and a checkpoint, as an auditor writes them down."""
    page.goto(f"{base}/audit")
    page.get_by_role("link", name="完整性").click()
    page.get_by_role("button", name="现在签署检查点").click()
    page.get_by_role("button", name="立即核验").click()
    expect(page.locator(".audit-good strong")).to_contain_text("完整")
    picture(page, "integrity")
    return page.locator("dd code").first.inner_text(), page.locator("#checkpoints ~ details pre").first.text_content() or ""


def proves_it_elsewhere(page: Page, key: str, anchor: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, kept, damaged = tmp_path / "全部记录.json", tmp_path / "检查点.txt", tmp_path / "改过.json"
    record.write_bytes(taken(page, "全部记录 JSON"))
    kept.write_text(anchor, encoding="utf-8")
    damaged.write_text(record.read_text(encoding="utf-8").replace("请一并补正", "请一并改正", 1), encoding="utf-8")
    assert damaged.read_bytes() != record.read_bytes()

    answers = [(main(["audit", "verify", str(file), "--key", key, "--anchor", str(kept)]), capsys.readouterr()) for file in (record, damaged)]

    assert [code for code, _ in answers] == [0, 1]
    assert "✓ 完整" in answers[0][1].out and "✗ 不完整" in answers[1][1].out
    assert "与总账不符：内容被改动" in answers[1][1].out
