"""What docs/guides/administrator.md tells administrators to do, done in a browser by two of them; its pictures are made anew with --long."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from adapters.system import System
from adapters.system.demo import PACKAGE
from tests.browser import year_2026
from tests.browser.conftest import PATIENCE, Picture
from tests.browser.demo_place import complaints
from tests.browser.year_2026 import PLACE

DESIGN = f"/design/packages/{PACKAGE}"
DRAFT = f"{DESIGN}/schemes/fuxin-2027"
NEXT = "阜新市2027年争做“职业健康达人”活动（项目示例）"
STEP = "听取县区意见（示例）"
NOTICE = "示例通知，调休安排为虚构（项目示例，非官方文本）"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[tuple[str, System, str]]:
    system, campaign = year_2026.made(tmp_path_factory.mktemp("office"))
    with year_2026.serving(system) as address:
        yield address, system, campaign


@pytest.fixture
def people(browser: Browser, browser_context_args: dict[str, object], office: tuple[str, System, str]) -> Iterator[tuple[Page, Page, Page]]:
    """The administrator, the one who reviews, and the office that does the first step, each in an own browser."""
    contexts = [browser.new_context(**browser_context_args) for _ in range(3)]  # type: ignore[arg-type]
    for context in contexts:
        context.set_default_timeout(PATIENCE)
    first, second, clerk = (signed_in(context.new_page(), office[0], person) for context, person in zip(contexts, (year_2026.FIRST, year_2026.SECOND, "group-office"), strict=True))
    yield first, second, clerk
    for context in contexts:
        context.close()


def signed_in(page: Page, base: str, person: str) -> Page:
    page.goto(f"{base}/sign-in")
    page.locator("details.other-personas").evaluate("(other) => (other.open = true)")
    page.locator(f'button.persona[value="{person}"]').click()
    expect(page.locator(".shell-me")).to_be_visible()
    return page


def test_the_steps_of_the_guide(people: tuple[Page, Page, Page], office: tuple[str, System, str], picture: Picture) -> None:
    base, system, campaign = office
    first, second, clerk = people
    said = [complaints(page) for page in people]
    old = system.head(PLACE, campaign).package

    next_year_from_this(first, base)
    dates(first, base, picture)
    quotas(first, base)
    experts(first, base)
    calendar(first, second, base, picture)
    looked_at(first, base)
    memo(first, base, picture)
    scheme_request = submitted(first, "2027年方案（示例）")

    a_step_is_inserted(first, base, picture)
    package_request = the_package_is_submitted(first, base, picture)
    reviewed(second, package_request, STEP)
    picture(second, "review")
    approved(second)
    reviewed(second, scheme_request, "名额总数")
    approved(second)

    second.get_by_role("link", name=NEXT).click()
    second.get_by_role("button", name="启动活动").click()
    expect(second).to_have_url(re.compile(r"/campaigns/"))
    expect(second.get_by_role("heading", level=1)).to_contain_text("2027年")
    picture(second, "started")
    system.run_due(PLACE)
    new = second.url.rpartition("/")[2]
    packages = system.publications.packages(PLACE, PACKAGE)
    assert [one.version for one in packages] == ["1.1", "1.0"]
    assert (system.head(PLACE, new).package, system.head(PLACE, campaign).package) == (packages[0].hash, old)
    clerk.goto(f"{base}/inbox")
    expect(clerk.locator(".task-row", has_text=STEP)).to_be_visible()
    assert (drawn(clerk, base, new), drawn(clerk, base, campaign)) == ([STEP], [])
    assert said == [[], [], []]


def next_year_from_this(page: Page, base: str) -> None:
    """§1: 从上一年新建."""
    page.goto(f"{base}/design")
    page.get_by_role("link", name=re.compile("争做“职业健康达人”活动")).click()
    page.get_by_role("link", name="从上一年新建方案").click()
    expect(page.get_by_label("以哪个方案为底稿").locator("option").first).to_have_text(year_2026.TITLE)
    page.get_by_label("新方案名称").fill(NEXT)
    page.get_by_label("方案代号").fill("fuxin-2027")
    page.get_by_role("button", name="新建").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEXT)


def value(page: Page, path: str) -> Locator:
    return page.locator(f'[id="p-{path}"]')


def dates(page: Page, base: str, picture: Picture) -> None:
    """§2: the dates, checked at the field while they are typed, and drawn beside."""
    page.goto(f"{base}{DRAFT}/groups/stages")
    value(page, "stages.county.end").fill("2027-10-10")
    expect(page.locator('[id="said-stages.county"]')).to_contain_text("早于开始日期")
    value(page, "stages.county.end").fill("2027-10-22")
    value(page, "stages.city.start").fill("2027-10-23")
    value(page, "stages.city.end").fill("2027-10-29")
    expect(page.locator('[id="said-stages.county"]')).to_have_text("")
    expect(page.locator("#live-days tr", has_text="县区初选")).to_contain_text("10月22日")
    expect(page.locator("[data-said]")).to_contain_text("上次保存")
    value(page, "stages.recommend.start").scroll_into_view_if_needed()
    picture(page, "dates")
    page.reload()  # as after a browser that was closed: nobody pressed 保存
    expect(value(page, "stages.city.end")).to_have_value("2027-10-29")


def quotas(page: Page, base: str) -> None:
    """§2: one place more for a county; the total is wrong until it follows."""
    page.goto(f"{base}{DRAFT}/groups/channels")
    value(page, "channels.0.places").fill("4")
    expect(page.locator("#live-summary")).to_contain_text("21")
    value(page, "quota.total").fill("21")
    expect(page.locator("#live-summary .error-summary")).to_have_count(0)


def experts(page: Page, base: str) -> None:
    """§2: what is settled afresh every year: a panel of five."""
    page.goto(f"{base}{DRAFT}/groups/scoring")
    for n in range(5):
        if n:
            page.get_by_role("button", name="加一行：评委、评审专家").click()
        value(page, f"experts.{n}.code").fill(f"judge{n + 1}")
        value(page, f"experts.{n}.name").fill(f"评委{'一二三四五'[n]}（示例）")
        value(page, f"experts.{n}.org").fill(f"expert-{n + 1}")
    page.get_by_role("button", name="保存", exact=True).last.click()
    expect(page.locator("#live-summary")).to_contain_text("已保存")


def calendar(first: Page, second: Page, base: str, picture: Picture) -> None:
    """§3: the year's table, entered by one and confirmed by the other."""
    first.goto(f"{base}{DRAFT}")
    expect(first.get_by_text("2027年工作日历尚未确认")).to_be_visible()
    first.get_by_role("link", name="查看工作日历").click()
    first.get_by_role("link", name="2027年").click()
    first.get_by_role("link", name="照通知录入2027年安排").click()
    first.get_by_label("依据的通知").fill(NOTICE)
    first.get_by_label("放假").fill(first.get_by_label("放假").input_value() + "\n10月6日至7日 国庆节")
    first.get_by_label("调休上班").fill("9月26日（周日） 国庆节调休\n10月9日（周六） 国庆节调休")
    picture(first, "calendar")
    first.get_by_role("button", name="录入，交另一名管理员确认").click()
    expect(first.get_by_role("button", name="确认本年工作日历")).to_be_disabled()
    second.goto(first.url)
    expect(second.get_by_text("没有在办任务的期限因此改变")).to_be_visible()
    second.get_by_role("button", name="确认本年工作日历").click()
    expect(second.locator(".page-head")).to_contain_text("已确认")


def looked_at(page: Page, base: str) -> None:
    """§2: every group is gone through; what stays as it was is ticked."""
    page.goto(f"{base}{DRAFT}/groups/notice")
    while page.get_by_role("button", name="保存，本组全部已核对").count():
        page.get_by_role("button", name="保存，本组全部已核对").click()
        expect(page.locator("#live-summary")).to_contain_text("已保存")
        waiting = page.locator(".scheme-groups a", has_text="待核对")
        if waiting.count():
            waiting.first.click()
            expect(page.locator(".scheme-groups a[aria-current]")).to_contain_text("待核对")
    expect(page.locator(".scheme-groups a", has_text=re.compile("待核对|错误"))).to_have_count(0)


def memo(page: Page, base: str, picture: Picture) -> None:
    """§4: what is different from last year, in sentences."""
    page.goto(f"{base}{DRAFT}")
    picture(page, "scheme")
    page.get_by_role("link", name="看与上一年方案的不同").click()
    changes = page.locator(".changes")
    expect(changes).to_contain_text("工作阶段“县区初选”的结束日期由2026年10月20日改为2027年10月22日")
    expect(changes).to_contain_text("名额总数由20改为21")
    picture(page, "memo")
    page.goto(f"{base}{DRAFT}")


def submitted(page: Page, note: str) -> str:
    page.get_by_label(re.compile("供复核人看")).fill(note)
    page.get_by_role("button", name="提交发布").click()
    expect(page.get_by_text("须由另一名管理员复核，提交人不能自己发布")).to_be_visible()
    return page.url


def a_step_is_inserted(page: Page, base: str, picture: Picture) -> None:
    """§5: dragged onto a flow; the forgotten role is found on the element; role and deadline by pick lists."""
    page.goto(f"{base}{DESIGN}")
    page.get_by_role("button", name="打开工作稿").click()
    page.get_by_role("link", name="安排部署", exact=True).click()
    page.locator("[data-modeler][data-ready=ok]").wait_for()
    (left, y), (right, _) = centre(page, "start"), centre(page, "draft")
    box = page.get_by_role("button", name="拖入办理任务").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move((left + right) / 2, y + 30, steps=4)
    page.mouse.move((left + right) / 2, y, steps=4)
    expect(page.locator(".djs-connection.new-parent")).to_be_attached()  # the flow takes it
    page.mouse.up()
    page.keyboard.type(STEP)
    page.mouse.click((left + right) / 2, y + 200)
    found = page.locator("button.finding-error")
    expect(found).to_contain_text("没有写明由谁办理")
    found.click()
    expect(page.locator(".finding-badge-error")).to_be_visible()
    expect(page.locator(".banli-found")).to_contain_text("在右侧“办理设置”的“办理角色”中选择")
    picture(page, "finding")
    panel = page.locator(".modeler-panel")
    panel.get_by_label("办理角色").select_option(label="领导小组办公室（领导小组办公室所在机关）")
    panel.get_by_label("在哪个单位").select_option(label="办公室所在机关")
    panel.get_by_label("表单", exact=True).select_option(label="审定")
    panel.get_by_label("期限", exact=True).select_option(label="若干个工作日内")
    panel.get_by_label("几个工作日内").fill("3")
    expect(page.locator(".findings-summary")).to_have_text("没有发现问题")
    expect(page.locator(".draft-status")).to_contain_text("已保存")
    picture(page, "modeler")
    page.get_by_role("button", name="保存并返回流程包").click()
    expect(page.get_by_label("新版本号")).to_have_value("1.1")


def centre(page: Page, id: str) -> tuple[float, float]:
    box = page.locator(f"g[data-element-id={id}] > .djs-visual").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def the_package_is_submitted(page: Page, base: str, picture: Picture) -> str:
    """§5: the memo and the colours on the diagram, then handed in under a new version."""
    page.get_by_role("link", name="与原来的版本对比").click()
    expect(page.locator(".changes")).to_contain_text(STEP)
    page.get_by_role("link", name="看图对比").click()
    page.locator("[data-compare][data-ready=ok]").wait_for()
    expect(page.locator(".djs-element.compare-added").first).to_be_attached()
    expect(page.locator(".compare-change").first).to_contain_text(f"增加环节“{STEP}”")
    picture(page, "compare")
    page.goto(f"{base}{DESIGN}")
    return submitted(page, "先听取县区意见再起草（示例）")


def reviewed(page: Page, request: str, sentence: str) -> None:
    page.goto(request)
    expect(page.locator(".changes")).to_contain_text(sentence)


def approved(page: Page) -> None:
    page.get_by_role("button", name="复核发布").click()
    expect(page.locator(".flash")).to_contain_text("已发布")


def drawn(page: Page, base: str, campaign: str) -> list[str]:
    """What the diagram of that campaign's first stage, as its page shows it, says of the new step."""
    page.goto(f"{base}/instances/{campaign}")
    page.get_by_role("link", name=re.compile("^安排部署")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("安排部署")
    xml = page.request.get(f"{page.url}/diagram.bpmn").text()
    return re.findall(f'name="({re.escape(STEP)})"', xml)
