"""Drafts through the pages: kept while typing, back on return, nobody else's, gone with the completion."""
from __future__ import annotations

import sqlalchemy as sa

from adapters.database import schema
from adapters.system import System
from tests.web.conftest import Browser
from tests.web.test_inbox_and_task import DRAFTER, command_id, first_task
from tests.web.world import PLACE, person_of

TYPED = "分五个阶段组织实施，写到一半（示例）"
SCRIPT = {"Accept": "text/plain"}


def typed(browser: Browser, address: str) -> bool:
    return TYPED in browser.page(address).text


def test_what_is_typed_is_kept_and_comes_back(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)

    answer = own_client.press(f"{address}/draft", {"command_id": "d1", "summary": TYPED, "opinion": ""}, headers=SCRIPT)

    assert (answer.status_code, answer.text[:4]) == (200, "已保存 ")
    page = own_client.page(address).text
    assert TYPED in page
    assert "，尚未提交" in page
    with own_system.database.reading() as connection:
        assert TYPED.encode() not in bytes(connection.scalar(sa.select(schema.draft.c.data)) or b"")


def test_without_a_script_the_button_brings_the_page_back(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    page = own_client.page(address).text

    answer = own_client.press(f"{address}/draft", {"command_id": "d1", "summary": TYPED})

    assert f'<noscript><button class="btn btn-sm" form="form-{address.rpartition("/")[2]}" formaction="{address}/draft">保存草稿</button></noscript>' in page
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert typed(own_client, address)


def test_a_colleague_of_the_same_post_never_sees_it(own_client: Browser, own_system: System) -> None:
    own_system.people.add_person(PLACE, "colleague", "示例同事")
    own_system.people.grant(PLACE, "colleague", "fuxin-health.lead_drafter")
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.press(f"{address}/draft", {"summary": TYPED})

    assert not typed(own_client.sign_in("colleague"), address)
    own_client.press(f"{address}/draft", {"summary": "同事写的（示例）"})
    assert typed(own_client.sign_in(DRAFTER), address)


def test_it_is_gone_when_the_task_is_done_whoever_did_it(own_client: Browser, own_system: System) -> None:
    own_system.people.add_person(PLACE, "colleague", "示例同事")
    own_system.people.grant(PLACE, "colleague", "fuxin-health.lead_drafter")
    address = first_task(own_client.sign_in("colleague"))
    own_client.press(f"{address}/draft", {"summary": TYPED})
    own_client.sign_in(DRAFTER)
    own_client.press(f"{address}/draft", {"summary": TYPED})

    done = own_client.press(address, {"command_id": command_id(own_client.page(address).text), "outcome": "submit", "summary": "写完了（示例）"})

    assert done.status_code == 303, done.text
    assert not typed(own_client, address)
    with own_system.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.draft)) == 0
    assert own_client.press(f"{address}/draft", {"summary": TYPED}, headers=SCRIPT).status_code == 409


def test_a_draft_can_be_given_up(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)
    own_client.press(f"{address}/draft", {"summary": TYPED})

    assert own_client.press(f"{address}/draft/drop").status_code == 303
    assert not typed(own_client, address)
