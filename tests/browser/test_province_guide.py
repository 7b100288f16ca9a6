"""What docs/guides/province.md tells another province to do, done in a browser by its two administrators; its pictures are made anew with --long."""
from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, FilePayload, Page, expect

from adapters.system import System
from adapters.system.demo import PACKAGE
from adapters.system.script import Demo, read_demo
from tests.browser import year_2026
from tests.browser.conftest import PATIENCE, Picture
from tests.browser.demo_place import complaints

PLACE, TITLE = "hubei-office", "湖北式（演示）"
SCHEME = "湖北式2027年争做“职业健康达人”活动（项目示例）"
DESIGN = f"/design/packages/{PACKAGE}"
DRAFT = f"{DESIGN}/schemes/hubei-2027"
PASSWORD = "first-password-1"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REACHES = {"own": "", "below": "本单位及下级", "place": "全部", "heads": "活动概况"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[tuple[str, System, str]]:
    """The first place, in which a campaign runs; its address, its system, its campaign."""
    system, campaign = year_2026.made(tmp_path_factory.mktemp("province"))
    with year_2026.serving(system) as address:
        yield address, system, campaign


@pytest.fixture
def people(browser: Browser, browser_context_args: dict[str, object]) -> Iterator[list[Page]]:
    """The administrator of the first place, then the two of the other, each in an own browser."""
    contexts = [browser.new_context(**browser_context_args) for _ in range(3)]  # type: ignore[arg-type]
    for context in contexts:
        context.set_default_timeout(PATIENCE)
    yield [context.new_page() for context in contexts]
    for context in contexts:
        context.close()


def test_the_steps_of_the_guide(people: list[Page], office: tuple[str, System, str], picture: Picture) -> None:
    base, system, campaign = office
    founder, first, second = people
    said = [complaints(page) for page in people]

    archive = taken_out(founder, base)
    founded(founder, base, picture)
    enters(first, base, "head", PASSWORD)
    brought_in(first, base, archive, picture)
    everybody_comes(first, base, read_demo(system, PACKAGE, "hubei-2021"), picture)
    enters(second, base, "deputy", account_opened(first, base))

    first.goto(base + DESIGN)
    package_request = submitted(first)
    approved(second, package_request)
    what_came_along_goes(first, base)
    from_the_template(first, base)
    own_values(first, base, picture)
    calendar(first, second, base)
    looked_at(first, base)
    first.goto(f"{base}{DRAFT}")
    approved(second, submitted(first))
    started = begun(second, picture)

    system.run_due(PLACE)
    nothing_of_the_first_place_is_left(first, base, system)
    neither_sees_the_other(founder, first, base, f"{base}/campaigns/{campaign}", started)
    assert [len(one) for one in said] == [0, 1, 0] and "422" in said[1][0]  # the spreadsheet with its slips


def taken_out(page: Page, base: str) -> bytes:
    """§1: the first place's package as one file."""
    page.goto(f"{base}/sign-in")
    page.locator("details.other-personas").evaluate("(other) => (other.open = true)")
    page.locator(f'button.persona[value="{year_2026.FIRST}"]').click()
    page.goto(f"{base}/design")
    page.get_by_role("link", name=re.compile("争做“职业健康达人”活动")).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^导出")).first.click()
    return Path(download.value.path()).read_bytes()


def founded(page: Page, base: str, picture: Picture) -> None:
    """§2: a place of its own, with its first administrator."""
    page.goto(f"{base}/design")
    page.get_by_role("link", name="新建地区").click()
    page.get_by_label("地区名称").fill(TITLE)
    page.get_by_label("地区代号").fill(PLACE)
    page.get_by_label("姓名", exact=True).fill("示例管理员")
    page.get_by_label("登录名").fill("head")
    page.get_by_label("初始密码").fill(PASSWORD)
    picture(page, "place")
    page.get_by_role("button", name="新建地区").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"已新建{TITLE}")


def enters(page: Page, base: str, login: str, password: str) -> None:
    page.goto(f"{base}/sign-in")
    page.get_by_label("所在地方").select_option(label=TITLE)
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator(".shell-place")).to_contain_text(TITLE)


def everybody_comes(page: Page, base: str, demo: Demo, picture: Picture) -> None:
    """§4: organisations, people and posts from the place's own spreadsheet; a slip is shown at its cell, and nothing is stored."""
    page.goto(f"{base}/design/people")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载空白表格").click()
    blank = Path(download.value.path()).read_bytes()

    page.get_by_label("选择文件").set_input_files(FilePayload(name="湖北.xlsx", mimeType=SHEET, buffer=filled(blank, demo, slip=True)))
    page.get_by_role("button", name="导入", exact=True).click()
    wrong = page.locator(".error-summary")
    expect(wrong).to_contain_text("没有导入，什么都没有保存。共 2 处问题")
    expect(wrong).to_contain_text("组织!D4")
    expect(wrong).to_contain_text("岗位!C3")
    expect(page.locator(".org-tree li")).to_have_count(1)
    picture(page, "people")

    page.get_by_label("选择文件").set_input_files(FilePayload(name="湖北.xlsx", mimeType=SHEET, buffer=filled(blank, demo, slip=False)))
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator(".flash")).to_contain_text(f"单位 {len(demo.organisations)} 个")
    expect(page.locator(".org-tree li")).to_have_count(len(demo.organisations) + 1)


def filled(blank: bytes, demo: Demo, slip: bool) -> bytes:
    """The empty spreadsheet filled in as an office does; with two slips: the second organisation's parent, the first person's role."""
    book = load_workbook(io.BytesIO(blank))
    organisations, persons, posts = (book[name] for name in ("组织", "人员", "岗位"))
    for one in demo.organisations:
        organisations.append([one["id"], one["name"], one["kind"], one.get("parent", ""), one.get("code", "")])
    persons.append(["deputy", "示例复核管理员", ""])
    posts.append(["deputy", "hubei-health", "管理员", "", "活动概况"])
    for person in demo.people:
        if person["id"] != "administrator":
            persons.append([person["id"], person["name"], ""])
            for post in person["posts"]:
                posts.append([person["id"], post["org"], post["role"], "", REACHES[post.get("reach", "own")]])
    if slip:
        organisations["D4"], posts["C3"] = "hubie", "业务处长"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def account_opened(page: Page, base: str) -> str:
    """§4: the second administrator's account; the password, shown once."""
    page.goto(f"{base}/design/people?text=示例复核管理员")
    page.get_by_text("开通登录").click()
    page.get_by_role("button", name="生成初始密码").click()
    password = page.locator(".flash code").inner_text()
    comes_and_goes(page)
    return password


def comes_and_goes(page: Page) -> None:
    """§4: one more post for the same person, and its end."""
    page.get_by_role("link", name="示例复核管理员").click()
    page.get_by_label("单位（名称或代码）").fill("hubei-health")
    page.get_by_label("岗位类别").select_option("审计员")
    page.get_by_role("button", name="任命").click()
    expect(page.locator(".flash")).to_contain_text("已任命")
    expect(page.locator(".person-line")).to_have_count(2)
    page.locator(".person-line", has_text="审计员").get_by_role("button", name="结束任职").click()
    expect(page.locator(".flash")).to_contain_text("任职已结束")
    expect(page.locator(".person-line")).to_have_count(1)


def brought_in(page: Page, base: str, archive: bytes, picture: Picture) -> None:
    """§3: the archive becomes a working copy."""
    page.goto(f"{base}/design")
    page.get_by_role("link", name="导入流程包").click()
    page.get_by_label("流程包归档").set_input_files(FilePayload(name="流程包.zip", mimeType="application/zip", buffer=archive))
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("争做“职业健康达人”活动")
    picture(page, "package")


def submitted(page: Page) -> str:
    page.get_by_role("button", name="提交发布").click()
    expect(page.get_by_text("须由另一名管理员复核，提交人不能自己发布")).to_be_visible()
    return page.url


def approved(page: Page, request: str) -> None:
    page.goto(request)
    page.get_by_role("button", name="复核发布").click()
    expect(page).to_have_url(re.compile("published="))


def what_came_along_goes(page: Page, base: str) -> None:
    """§3: the other place's scheme came as a draft; who does not need it throws it away."""
    page.goto(f"{base}{DESIGN}/schemes/{year_2026.SCHEME}")
    page.get_by_text("改名称，或放弃草稿").click()
    page.get_by_label(re.compile("放弃草稿不能恢复")).fill(year_2026.SCHEME)
    page.get_by_role("button", name="放弃草稿").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("争做“职业健康达人”活动")


def from_the_template(page: Page, base: str) -> None:
    """§5: a scheme of its own from the one of two tiers that comes with the program."""
    page.goto(f"{base}{DESIGN}/schemes/new")
    page.get_by_label("以哪个方案为底稿").select_option("library:hubei-2021")
    page.get_by_label("新方案名称").fill(SCHEME)
    page.get_by_label("方案代号").fill("hubei-2027")
    page.get_by_label("日期顺推几年").fill("6")
    page.get_by_role("button", name="新建", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SCHEME)


def own_values(page: Page, base: str, picture: Picture) -> None:
    """§5: its own dates, tiers, numbers and experts."""
    for group, typed in (("notice", {"issued_on": "2027-04-06"}),
                         ("stages", {"stages.county.name": "市（州）初选", "stages.city.end": "2027-08-06"}),
                         ("channels", {"channels.0.places": "14", "quota.total": "104"}),
                         ("results", {"results.close_on": "2027-09-30"})):
        page.goto(f"{base}{DRAFT}/groups/{group}")
        for path, value in typed.items():
            page.locator(f'[id="p-{path}"]').fill(value)
        if group == "stages":
            expect(page.locator("#live-days")).to_contain_text("市（州）初选")
            picture(page, "dates")
        seen(page)
    page.goto(f"{base}{DRAFT}/groups/scoring")
    page.locator('[id="p-appraisal.winners"]').fill("102")
    for n in range(3):
        if n:
            page.get_by_role("button", name="加一行：评委、评审专家").click()
        for field, value in (("code", f"judge{n + 1}"), ("name", f"专家{'一二三'[n]}（示例）"), ("org", f"expert-{n + 1}")):
            page.locator(f'[id="p-experts.{n}.{field}"]').fill(value)
    seen(page)


def seen(page: Page) -> None:
    page.get_by_role("button", name="保存，本组全部已核对").click()
    expect(page).to_have_url(re.compile("saved="))


def calendar(first: Page, second: Page, base: str) -> None:
    """§5: next year's working calendar of this place, entered by one and confirmed by the other."""
    first.goto(f"{base}{DRAFT}")
    expect(first.get_by_text("2027年工作日历尚未确认")).to_be_visible()
    first.goto(f"{base}/design/calendars/2027")
    first.get_by_role("link", name="照通知录入2027年安排").click()
    first.get_by_label("依据的通知").fill("示例通知，调休安排为虚构（项目示例，非官方文本）")
    first.get_by_label("调休上班").fill("10月9日（周六） 国庆节调休")
    first.get_by_role("button", name="录入，交另一名管理员确认").click()
    second.goto(first.url)
    second.get_by_role("button", name="确认本年工作日历").click()
    expect(second.locator(".page-head")).to_contain_text("已确认")


def looked_at(page: Page, base: str) -> None:
    """§5: every group is gone through; what stays as it was is ticked."""
    page.goto(f"{base}{DRAFT}/groups/notice")
    for group in [one.get_attribute("href") for one in page.locator(".scheme-groups a", has_text="待核对").all()]:
        page.goto(f"{base}{group}")
        seen(page)
    expect(page.locator(".scheme-groups a", has_text=re.compile("待核对|错误"))).to_have_count(0)


def begun(page: Page, picture: Picture) -> str:
    """§6: the first instance."""
    page.get_by_role("link", name=SCHEME).click()
    page.get_by_role("button", name="启动活动").click()
    expect(page).to_have_url(re.compile(r"/campaigns/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("湖北式2027年")
    picture(page, "started")
    return page.url


def nothing_of_the_first_place_is_left(page: Page, base: str, system: System) -> None:
    assert system.publications.packages(PLACE, PACKAGE)[0].hash == system.publications.packages(year_2026.PLACE, PACKAGE)[0].hash
    (scheme,) = system.publications.schemes(PLACE, PACKAGE)
    texts = [system.publications.scheme_body(PLACE, scheme.hash).decode()]
    texts += [body.decode() for body in system.publications.package_files(PLACE, system.publications.packages(PLACE, PACKAGE)[0].hash).values()]
    for address in ("/design", DESIGN, "/design/people", "/campaigns", "/design/calendars", f"{DESIGN}/published/{scheme.hash}"):
        texts.append(shown(page, base + address))
    assert [re.findall("阜新|辽宁|fuxin|海州|细河", text) for text in texts] == [[]] * len(texts)
    assert "places: 14" in texts[0] and "市（州）初选" in texts[0] and "contest" in texts[0]


def neither_sees_the_other(founder: Page, first: Page, base: str, there: str, here: str) -> None:
    for page, hidden, foreign in ((founder, here, "湖北"), (first, there, "阜新")):
        assert page.request.get(hidden).status == 404
        for address in ("/design", DESIGN, "/design/people", "/campaigns"):
            assert foreign not in shown(page, base + address)
    assert "person-line" not in shown(founder, f"{base}/design/people?text=示例复核管理员")


def shown(page: Page, address: str) -> str:
    """The page as the server sends it to whoever is signed in."""
    answer = page.request.get(address)
    assert answer.ok
    return answer.text()
