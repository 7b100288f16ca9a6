"""What the second person reads before publishing, and what stands on the page of a published scheme: all of it in words, no code without its name."""
from __future__ import annotations

import re
from collections.abc import Callable

from lxml import html

from adapters.system import Design, System
from tests.design.conftest import AUDITOR, FIRST, PACKAGE, SECOND
from tests.design.test_overtaken import SCHEME, begun, change
from tests.web.conftest import Browser
from tests.web.world import PLACE

NAME = "role-model-award"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.fromstring(page).find(".//main").text_content())


def asked(design: Design) -> str:
    """A request for a changed scheme."""
    begun(design)
    change(design, result__title="关于示例结果的通报")
    return f"/design/proposals/{design.submit_scheme(PLACE, NAME, SCHEME, '示例说明', FIRST)}"


def test_the_reviewer_reads_the_whole_scheme_and_goes_on_to_start_it(second: Browser, design: Design) -> None:
    request = asked(design)

    page = second.page(request).text

    title = design.published_schemes(PLACE, NAME)[0].title
    assert f"<h1>发布方案“{title}”</h1>" in page and "与现行版本" in page and "看全部内容：阶段和各项参数" in page
    done = second.press(f"{request}/approve")
    assert "去看已发布的方案，启动活动" in second.page(done.headers["location"]).text
    assert f"/published/{design.published_schemes(PLACE, NAME)[0].hash}\">去看已发布的方案" in second.page(done.headers["location"]).text


def test_everything_is_told_in_words(first: Browser, design: Design) -> None:
    head = design.published_schemes(PLACE, NAME)[0]
    page = first.page(f"{PACKAGE}/published/{head.hash}").text
    scheme = design.read(design.source(PLACE, NAME, head.hash), head.hash)
    keys = design.bundle(PLACE, NAME).package.declaration.keys

    channels = html.fromstring(page).xpath("//table[caption[starts-with(., '推荐渠道')]]")[0]
    assert [cell.text_content() for cell in channels.xpath(".//thead//th")][:3] == ["渠道代码", "渠道名称", "名额"]
    rows = [[cell.text_content() for cell in row.xpath("./td")][:3] for row in channels.xpath(".//tbody/tr")]
    assert rows == [[one["code"], one["name"], str(one["places"])] for one in scheme.values["channels"]]
    choice = keys["public_notice.substitution"].choices[scheme.values["public_notice"]["substitution"]]
    assert choice in page and scheme.values["public_notice"]["substitution"] not in page
    compared = re.search(r"初选并列时依次比较(\S+)", text_of(page))
    assert compared and not re.search("[a-z]", compared[1])  # labels of the components, no ids


def test_what_was_started_by_it_is_told_before_it_is_started_again(first: Browser, design: Design, campaign: str) -> None:
    own = f"{PACKAGE}/published/{design.published_schemes(PLACE, NAME)[0].hash}"
    page = first.page(own).text
    assert "已按这个方案启动" in page and f'href="/campaigns/{campaign}"' in page and "再启动一次活动" in page


def test_a_published_scheme_is_compared_with_the_one_before(first: Browser, second: Browser, browse: Callable[[str], Browser], design: Design, system: System) -> None:
    second.page("/design")
    second.press(f"{asked(design)}/approve")
    newest = design.published_schemes(PLACE, NAME)[0]
    for reader in (first, browse(AUDITOR)):
        page = reader.page(f"{PACKAGE}/published/{newest.hash}/compare")
        assert page.status_code == 200 and "改为“关于示例结果的通报”" in page.text
    assert (newest.published_by, newest.approved_by) == (FIRST, SECOND)


def test_what_cannot_be_published_now_is_told_before_it_is_tried(second: Browser, design: Design, system: System) -> None:
    """Handed in while the year's calendar was there: that it no longer is, is not found only by pressing."""
    request = asked(design)
    assert "按现在的情形检查" not in second.page(request).text
    with system.database.changing() as connection:
        connection.exec_driver_sql("DELETE FROM calendar WHERE year = 2021")
    system.published.forget_calendar(PLACE)

    page = second.page(request).text

    assert "按现在的情形检查，还不能发布" in page
    assert re.search(r'<button class="btn btn-primary" disabled>.*复核发布</button> <span class="why-not">请退回', page)
