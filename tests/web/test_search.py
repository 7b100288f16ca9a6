"""Number, name and employer are found among what one may see, and among nothing else."""
from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from adapters.system import Settings, System
from adapters.web.app import create_app
from tests.demo import demo_home
from tests.web.conftest import Browser
from tests.web.world import PLACE

CLERK, EMPLOYER, JUDGE = "haizhou-health", "metal-1-clerk", "judge1"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(Settings(demo_home(tmp_path_factory.mktemp("search"))))
    yield system
    system.database.close()


@pytest.fixture(scope="module")
def someone(demo: System) -> tuple[str, str, str]:
    """(instance, number, name) of a nomination that the clerk reviews."""
    record = demo.queries.inbox(PLACE, CLERK, {}, 1).rows[0].record
    assert record is not None
    return record.instance, record.key, next(str(values["name"]) for values in record.personal.values())


def found(browser: Browser, text: str) -> tuple[int, list[str]]:
    """Status, and the instances that the page lists or goes on to."""
    answer = browser.get("/search", params={"q": text})
    listed = re.findall(r'href="/instances/([0-9a-f]{32})"', answer.text)
    return answer.status_code, [answer.headers["location"].removeprefix("/instances/")] if answer.status_code == 303 else listed


def test_a_number_and_a_name_lead_straight_there(demo: System, someone: tuple[str, str, str]) -> None:
    clerk = Browser(create_app(demo)).sign_in(CLERK)
    instance, number, name = someone
    assert found(clerk, number) == (303, [instance])
    assert found(clerk, name) == (303, [instance])


def test_an_employer_gives_a_list_in_words(demo: System) -> None:
    clerk = Browser(create_app(demo)).sign_in(CLERK)
    status, instances = found(clerk, "示例冶金一公司")
    page = clerk.get("/search", params={"q": "示例冶金一公司"}).text
    assert status == 200 and len(instances) == 3  # two nominations and the employer's registration
    assert "示例员工" in page and "推荐人选 · 阜新市2021年争做" in page and "待审查" in page


def test_what_one_may_not_see_is_not_found(demo: System, someone: tuple[str, str, str]) -> None:
    for who in (JUDGE, EMPLOYER):
        browser = Browser(create_app(demo)).sign_in(who)
        assert [found(browser, text) for text in someone[1:]] == [(200, []), (200, [])]
    assert "没有查到您可以查看的内容" in browser.get("/search", params={"q": someone[2]}).text


@pytest.mark.parametrize("text", ["", "%", "_", "name", "employer_org", "示", "x" * 500, "' OR 1=1 --"])
def test_patterns_names_of_fields_and_single_characters_find_nothing(demo: System, text: str) -> None:
    clerk = Browser(create_app(demo)).sign_in(CLERK)
    assert found(clerk, text) == (200, [])
