"""A person's own desk: phrases, messages read one by one, and the calendar of deadlines behind a secret address."""
from __future__ import annotations

import re
from datetime import date, timedelta

from icalendar import Calendar

from adapters.system import System
from tests.web.conftest import Browser
from tests.web.test_inbox_and_task import DRAFTER, OFFICE, command_id, first_task
from tests.web.world import person_of

FEED = re.compile(r'readonly value="http://testserver(/calendar/[^"]+\.ics)"')


def feed_address(browser: Browser) -> str:
    found = FEED.search(browser.press("/me/calendar").text)
    assert found
    return found[1]


def test_phrases_are_offered_where_an_opinion_is_written_and_are_ones_own(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    page = own_client.page(address).text
    own_client.press(address, {"command_id": command_id(page), "outcome": "submit", "summary": "内容（示例）"})
    own_system.run_due("fuxin")
    review = first_task(own_client.sign_in(OFFICE))

    for text in ("拟同意，请领导审定（示例）", "拟同意，请领导审定（示例）"):
        assert own_client.press("/me/phrases", {"text": text}).status_code == 303

    assert own_client.page(review).text.count('data-phrase="f-opinion" hidden>拟同意，请领导审定（示例）</button>') == 1
    id = re.search(r'action="/me/phrases/([0-9a-f]+)/drop"', own_client.page("/me").text)
    assert id
    stranger = own_client.sign_in(DRAFTER)
    assert "拟同意" not in stranger.page("/me").text
    stranger.press(f"/me/phrases/{id[1]}/drop")
    assert "拟同意" in own_client.sign_in(OFFICE).page("/me").text
    own_client.press(f"/me/phrases/{id[1]}/drop")
    assert "拟同意" not in own_client.page("/me").text
    assert own_client.press("/me/phrases", {"text": "长" * 201}).status_code == 409


def test_the_feed_has_the_civil_day_of_every_deadline_and_opens_without_a_session(own_client: Browser, app: object) -> None:
    address = feed_address(own_client.sign_in(DRAFTER))
    own_client.cookies.clear()

    answer = own_client.get(address)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    event, = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["summary"]) == "截止：起草实施方案"
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2021, 9, 13), date(2021, 9, 14))  # 24:00 of the 13th
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [timedelta(hours=-15)]
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    assert own_client.get(address).content == answer.content


def test_an_address_ends_when_it_is_made_anew_or_switched_off(own_client: Browser) -> None:
    first = feed_address(own_client.sign_in(DRAFTER))
    second = feed_address(own_client)

    assert [own_client.get(each).status_code for each in (first, second)] == [404, 200]
    assert second.split("/")[-1] not in own_client.page("/me").text
    own_client.press("/me/calendar/drop")
    assert own_client.get(second).status_code == 404


def test_an_empty_inbox_says_what_can_be_started(own_client: Browser, own_system: System) -> None:
    empty = own_client.sign_in(person_of("judge", "expert-1")).page("/inbox").text
    assert "现在没有需要您办理的事项" in empty
    assert "您可以发起" not in empty
