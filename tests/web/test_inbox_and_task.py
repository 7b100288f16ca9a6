"""A clerk's way through the pages: inbox, task, form, refusals, the next task. Real system throughout."""
from __future__ import annotations

import re

from adapters.system import System
from tests.web.conftest import Browser
from tests.web.world import PLACE, person_of

DRAFTER, OFFICE = person_of("lead_drafter", "fuxin-health"), person_of("lead_office", "fuxin-health")
TASK = re.compile(r"task=([0-9a-f]{32})%2F(t\d+)")


def first_task(client: Browser) -> str:
    found = TASK.search(client.page("/inbox").text)
    assert found, "the inbox is empty"
    return f"/tasks/{found[1]}/{found[2]}"


def command_id(text: str) -> str:
    found = re.search(r'name="command_id" value="([^"]+)"', text)
    assert found
    return found[1]


def test_the_inbox_says_what_about_whom_until_when(client: Browser) -> None:
    text = client.sign_in(DRAFTER).page("/inbox").text

    for words in ("起草实施方案", "安排部署", "9月13日（周一）24:00", "还剩 5 个工作日", "lamp-normal"):
        assert words in text


def test_the_task_page_says_why_me_and_where_the_deadline_comes_from(client: Browser) -> None:
    text = client.page(first_task(client.sign_in(DRAFTER))).text

    for words in ("为什么是我", "阜新市卫生健康委员会 · 主办机关起草人", "期限怎么来的", "依据：方案五（一）"):
        assert words in text


def test_completing_goes_on_and_the_work_is_done_and_can_be_withdrawn(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    page = own_client.page(address).text

    answer = own_client.press(address, {"command_id": command_id(page), "outcome": "submit", "summary": "分五个阶段组织实施（示例）"})

    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/inbox?done={address.removeprefix('/tasks/')}"
    shown = own_client.page(answer.headers["location"]).text
    assert "已办理“起草实施方案”" in shown
    assert "撤回" in shown
    assert "起草实施方案" in own_client.page("/done").text
    own_system.run_due(PLACE)
    assert "审核、核稿" in own_client.sign_in(OFFICE).page("/inbox").text


def test_the_same_press_twice_is_one_completion(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    fields = {"command_id": command_id(own_client.page(address).text), "outcome": "submit", "summary": "分五个阶段组织实施（示例）"}

    first, second = own_client.press(address, fields), own_client.press(address, fields)

    assert (first.status_code, second.status_code) == (303, 303)
    assert own_client.page("/done").text.count('class="task-row"') == 1


def test_every_problem_is_shown_at_once_with_a_link_and_what_was_typed_stays(client: Browser) -> None:
    address = first_task(client.sign_in(DRAFTER))
    client.page(address)

    answer = client.press(address, {"command_id": "x1", "outcome": "submit", "summary": "", "opinion": "先看看 <b>再说</b>"})

    assert answer.status_code == 422
    assert '<a href="#f-summary">' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "先看看 &lt;b&gt;再说&lt;/b&gt;" in answer.text


def test_an_unknown_outcome_and_an_unknown_field_are_refused(client: Browser) -> None:
    address = first_task(client.sign_in(DRAFTER))
    client.page(address)

    answer = client.press(address, {"command_id": "x2", "outcome": "burn", "summary": "内容", "salary": "1"})

    assert answer.status_code == 422
    assert answer.text.count("<li>") >= 2


def test_a_completed_task_is_shown_without_a_form(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.press(address, {"command_id": command_id(own_client.page(address).text), "outcome": "submit", "summary": "内容（示例）"})

    text = own_client.page(address).text

    assert "已办理" in text
    assert f'id="form-{address.rpartition("/")[2]}"' not in text


def test_claim_and_release(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)

    assert own_client.press(f"{address}/claim", {"command_id": "c1"}).status_code == 303
    assert f'action="{address}/release"' in own_client.page(address).text
    assert own_client.press(f"{address}/release", {"command_id": "c2"}).status_code == 303
    assert f'action="{address}/claim"' in own_client.page(address).text


def test_another_persons_task_does_not_exist_for_me(client: Browser) -> None:
    address = first_task(client.sign_in(DRAFTER))
    other = client.sign_in(person_of("judge", "expert-1"))

    answers = [other.get(address), other.get("/tasks/00000000000000000000000000000000/t1"), other.press(f"{address}/claim", {"command_id": "c3"})]

    assert [each.status_code for each in answers] == [404, 404, 404]


def test_a_place_without_tasks_says_what_to_expect(client: Browser) -> None:
    assert "现在没有需要您办理的事项" in client.sign_in(person_of("judge", "expert-1")).page("/inbox").text
