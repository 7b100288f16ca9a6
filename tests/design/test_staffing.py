"""Staff come and go: posts given and ended, accounts closed, by another administrator, each step on record."""
from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from adapters.system import System
from adapters.system.staffing import Staffing
from engine.commands import Claim
from tests.design.conftest import AUDITOR, FIRST, SECOND
from tests.web.conftest import Browser
from tests.web.world import PLACE

CLERK, ORG, ROLE = "newcomer", "fuxin-health", "channel_health"
PAGE = f"/design/people/{CLERK}"
Browse = Callable[[str], Browser]


@pytest.fixture
def newcomer(system: System) -> str:
    system.people.add_person(PLACE, CLERK, "示例新任经办")
    return CLERK


def posts(system: System, person: str = CLERK) -> list[tuple[str, str, str]]:
    return [(one.org, one.role, one.reach) for one in system.people.holdings(PLACE, person)]


def test_somebody_is_appointed_by_the_organisation_s_name_and_the_post_ends_again(first: Browser, system: System, newcomer: str) -> None:
    name = next(one.name for one in system.people.organisations(PLACE) if one.id == ORG)

    assert first.press(f"{PAGE}/appoint", {"org": name, "role": ROLE, "reach": ""}).status_code == 303
    given = posts(system)
    page = first.page(f"{PAGE}?done=appointed").text
    ended = first.press(f"{PAGE}/end", {"grant": system.people.holdings(PLACE, CLERK)[0].id})

    assert given == [(ORG, ROLE, "own")]
    assert name in page and "已任命。" in page
    assert (ended.status_code, posts(system)) == (303, [])


def test_what_the_house_s_own_two_may_look_at_goes_with_the_role(first: Browser, system: System, newcomer: str) -> None:
    first.press(f"{PAGE}/appoint", {"org": ORG, "role": "auditor", "reach": "below"})
    first.press(f"{PAGE}/appoint", {"org": ORG, "role": ROLE, "reach": "below"})

    assert sorted(posts(system)) == [(ORG, "auditor", "place"), (ORG, ROLE, "below")]


@pytest.mark.parametrize(("fields", "said"), [
    ({"org": "nowhere", "role": ROLE}, "没有代码为“nowhere”的单位"),
    ({"org": ORG, "role": "king"}, "没有代码为“king”的岗位类别"),
    ({"org": ORG, "role": ROLE, "reach": "moon"}, "岗位的查看范围“moon”不可用"),
])
def test_what_does_not_exist_is_refused_and_what_was_typed_stays(first: Browser, system: System, newcomer: str, fields: dict[str, str], said: str) -> None:
    answer = first.press(f"{PAGE}/appoint", {"reach": "", **fields})

    assert answer.status_code == 409 and said in answer.text and f'value="{fields["org"]}"' in answer.text
    assert posts(system) == []


def test_a_post_is_held_once(first: Browser, system: System, newcomer: str) -> None:
    twice = [first.press(f"{PAGE}/appoint", {"org": ORG, "role": ROLE, "reach": ""}).status_code for _ in range(2)]

    assert (twice, posts(system)) == ([303, 409], [(ORG, ROLE, "own")])


def test_nobody_decides_about_themselves(first: Browser, system: System) -> None:
    before = posts(system, FIRST)
    grant = system.people.holdings(PLACE, FIRST)[0].id
    own = f"/design/people/{FIRST}"
    answers = [first.press(f"{own}/{act}", fields).status_code for act, fields in (
        ("appoint", {"org": ORG, "role": ROLE, "reach": ""}), ("end", {"grant": grant}), ("close", {}))]

    assert (answers, posts(system, FIRST)) == ([409, 409, 409], before)
    assert "由另一名管理员办理" in first.page(own).text and "结束任职" not in first.page(own).text


def test_a_post_is_ended_on_its_holder_s_page_only(first: Browser, system: System, newcomer: str) -> None:
    grant = system.people.holdings(PLACE, SECOND)[0].id

    assert first.press(f"{PAGE}/end", {"grant": grant}).status_code == 404
    assert posts(system, SECOND)


def test_a_closed_account_is_signed_out_at_once_and_can_be_opened_again(first: Browser, app: FastAPI, system: System) -> None:
    def signs_in() -> tuple[int, Browser]:
        page = first.press("/design/people/login", {"person": SECOND, "login": SECOND}).text
        password = re.search(r"<code>([a-z0-9-]{19})</code>", page)
        assert password is not None
        browser = Browser(app)
        browser.page("/sign-in")
        return browser.press("/sign-in", {"place": PLACE, "login": SECOND, "password": password[1]}).status_code, browser

    status, inside = signs_in()
    before = inside.get("/inbox").status_code
    closed = first.press(f"/design/people/{SECOND}/close")

    assert (status, before, closed.status_code) == (303, 200, 303)
    assert inside.get("/inbox", follow_redirects=False).status_code == 303  # to signing in
    assert "已停用" in first.page(f"/design/people/{SECOND}").text
    assert signs_in()[0] == 303


def test_tasks_that_only_this_person_can_do_are_counted(first: Browser, browse: Browse, system: System) -> None:
    drafter = "lead_drafter-fuxin-health"
    line = system.queries.inbox(PLACE, drafter).rows[0]
    before = Staffing(system).of(PLACE, drafter).in_hand
    system.handle(PLACE, line.instance, Claim(drafter, line.task), "claims")

    assert (before, Staffing(system).of(PLACE, drafter).in_hand) == (0, 1)
    assert "名下还有 1 项只有本人能办的任务" in first.page(f"/design/people/{drafter}").text


def test_an_auditor_reads_the_page_and_changes_nothing(browse: Browse, system: System, newcomer: str) -> None:
    auditor = browse(AUDITOR)

    assert "任命</button>" not in auditor.page(PAGE).text
    assert auditor.press(f"{PAGE}/appoint", {"org": ORG, "role": ROLE, "reach": ""}).status_code == 409
    assert posts(system) == []


def test_both_are_told_in_the_record(first: Browser, browse: Browse, system: System, newcomer: str) -> None:
    first.press(f"{PAGE}/appoint", {"org": ORG, "role": ROLE, "reach": ""})
    first.press(f"{PAGE}/end", {"grant": system.people.holdings(PLACE, CLERK)[0].id})
    auditor = browse(AUDITOR)
    page = auditor.page("/audit?act=组织、人员与授权").text

    assert "授予“示例新任经办”岗位" in page and "撤销“示例新任经办”的岗位" in page
