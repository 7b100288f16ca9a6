"""An objection from the public page arrives at the office as its task, filled in; what was written is nowhere in plain text but there."""
from __future__ import annotations

import re
import secrets
from datetime import timedelta

import pytest

from adapters.database import journal
from adapters.system import System
from adapters.web.app import create_app
from engine.commands import Start
from tests.web import world
from tests.web.conftest import Browser

PEOPLE = [{"id": "TJ2021-3", "label": "TJ2021-3 示例冶金一公司"}, {"id": "TJ2021-21", "label": "TJ2021-21 示例建材一公司"}]
SAID = {"nomination": "TJ2021-21", "by_name": "true", "objector": "示例群众", "contact": "13900000001", "facts": "推荐材料中的工龄与实际不符（示例）。"}


@pytest.fixture
def notice(own_system: System, office: str) -> str:
    """A notice whose period is running, published by the office through its own task; the campaign's id."""
    campaign = own_system.queries.campaigns(world.PLACE, world.person_of("auditor", "fuxin-health"))[0]
    command = Start("job", secrets.token_hex(16), "notice", campaign.package, campaign.scheme, campaign.org, parent=campaign.id, root=campaign.id, path=campaign.id,
                    variables={"selected": PEOPLE, "ranked": PEOPLE})
    own_system.store.start(world.PLACE, command, "notice")
    line = next(each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "publish")
    today = own_system.clock(world.PLACE).date()
    own_system.complete(world.PLACE, office, line.instance, line.task, "publish", "", {"starts_on": today.isoformat()}, "publish")
    own_system.run_due(world.PLACE)
    return campaign.id


@pytest.fixture
def office(own_system: System) -> str:
    values = own_system.published.scheme(world.PLACE, own_system.publications.packages(world.PLACE)[0].hash, own_system.publications.schemes(world.PLACE)[0].hash).values
    return world.person_of("group_office", values["leading_group"]["office"])


def address(campaign: str) -> str:
    return f"/public/{world.PLACE}/{campaign}/objection"


def opened(browser: Browser, campaign: str) -> str:
    """The command's id of a form opened anew."""
    found = re.search(r'name="command_id" value="([^"]+)"', browser.page(address(campaign)).text)
    assert found
    return found[1]


def test_it_arrives_at_the_office_filled_in_and_goes_on_as_one_written_there(own_client: Browser, own_system: System, notice: str, office: str) -> None:
    assert "在网上提出异议" in own_client.page(f"/public/{world.PLACE}/{notice}").text
    id = opened(own_client, notice)
    answers = [own_client.press(address(notice), {**SAID, "command_id": id}) for _ in range(2)]
    own_system.run_due(world.PLACE)
    receipts = {found[1] for each in answers if (found := re.search(r"figure-number\">([0-9A-F]{8})<", each.text))}
    assert len(receipts) == 1  # the same press twice is one objection

    (line,) = [each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "register"]
    page = own_client.sign_in(office).page(f"/tasks/{line.instance}/{line.task}").text
    for shown in (SAID["objector"], SAID["contact"], SAID["facts"], 'value="TJ2021-21" selected'):
        assert shown in page
    entries = b"".join(entry.body for entry in bodies(own_system))
    assert PEOPLE[1]["label"].encode() in entries
    assert [each for each in (SAID["objector"], SAID["contact"], SAID["facts"]) if each.encode() in entries] == []

    own_system.complete(world.PLACE, office, line.instance, line.task, "register", "", dict(SAID), "register")
    own_system.run_due(world.PLACE)
    assert [each.data["nomination"] for each in own_system.queries.records(world.PLACE, office, notice, "objection")] == ["TJ2021-21"]


def bodies(system: System) -> list[journal.Written]:
    """What the place's journal holds, as it is stored."""
    with system.database.reading() as connection:
        return list(journal.entries(connection, world.PLACE))


def test_everything_that_is_missing_is_said_at_once_and_what_was_typed_stays(own_client: Browser, notice: str) -> None:
    answer = own_client.press(address(notice), {"command_id": opened(own_client, notice), "by_name": "true", "facts": "", "objector": "示例群众"})

    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == ["nomination", "contact", "facts"]
    assert 'value="示例群众"' in answer.text


def test_an_anonymous_one_keeps_no_name(own_client: Browser, own_system: System, notice: str, office: str) -> None:
    answer = own_client.press(address(notice), {**SAID, "by_name": "false", "command_id": opened(own_client, notice)})
    own_system.run_due(world.PLACE)

    assert answer.status_code == 200 and "匿名反映不作答复" in answer.text
    (line,) = [each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "register"]
    personal = own_system.queries.instance(world.PLACE, office, line.instance).personal
    assert {name for each in personal.values() for name in each} == {"nomination", "by_name", "facts"}


def test_somebody_not_listed_cannot_be_named_and_the_period_ends(own_client: Browser, own_system: System, notice: str) -> None:
    unlisted = own_client.press(address(notice), {**SAID, "nomination": "TJ2021-4", "command_id": opened(own_client, notice)})
    assert unlisted.status_code == 422
    id = opened(own_client, notice)
    own_system.advance(world.PLACE, own_system.clock(world.PLACE) + timedelta(days=20))

    late = own_client.press(address(notice), {**SAID, "command_id": id})
    assert late.status_code == 409 and "公示期没有开始或已经结束" in late.text
    assert own_client.get(address(notice)).status_code == 409


def test_few_an_hour_from_one_address(own_client: Browser, notice: str) -> None:
    statuses = [own_client.press(address(notice), {**SAID, "command_id": opened(own_client, notice)}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_a_form_from_another_site_is_refused(own_system: System, notice: str) -> None:
    browser = Browser(create_app(own_system))
    id = opened(browser, notice)
    assert browser.press(address(notice), {**SAID, "command_id": id}, headers={"Origin": "https://elsewhere.example"}).status_code == 403
