"""What else may be done with a task: help asked for and given, people found, deadlines extended; what may not is grey with its reason."""
from __future__ import annotations

import re
from pathlib import Path

from adapters.system import System
from adapters.web.app import create_app
from tests.system.small import DIAGRAM, SCHEME, files, system_in
from tests.web.conftest import Browser
from tests.web.test_inbox_and_task import DRAFTER, OFFICE, command_id, first_task
from tests.web.world import PLACE, person_of

ADMINISTRATOR = person_of("administrator", "fuxin-health")


def test_help_is_asked_for_given_and_the_owner_completes(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)
    asked = own_client.press(f"{address}/delegate", {"command_id": "d1", "to": f"user:{OFFICE}", "reason": "请核对法规依据（示例）"})
    assert (asked.status_code, asked.headers["location"]) == (303, address)
    assert "已委派他人协助，收到答复后才能办理" in own_client.page(address).text

    own_client.sign_in(OFFICE)
    assert "起草实施方案" in own_client.page("/inbox").text
    assert "这项任务委派您协助" in own_client.page(address).text
    assert own_client.press(f"{address}/resolve", {"command_id": "d2", "reason": ""}).status_code == 422
    assert own_client.press(f"{address}/resolve", {"command_id": "d3", "reason": "依据无误（示例）"}).status_code == 303

    page = own_client.sign_in(DRAFTER).page(address).text
    assert "<strong>协办答复</strong> 依据无误（示例）" in page
    done = own_client.press(address, {"command_id": command_id(page), "outcome": "submit", "summary": "内容（示例）"})
    assert done.status_code == 303, done.text


def test_people_are_found_by_name_and_by_organisation_without_a_script(own_client: Browser, own_system: System) -> None:
    own_system.people.add_person(PLACE, "zhang", "张示例")
    own_system.people.grant(PLACE, "zhang", "fuxin-health.lead_office")
    address = first_task(own_client.sign_in(DRAFTER))

    by_name = own_client.page(f"{address}?find=张示").text
    nobody = own_client.page(f"{address}?find=查无此人").text

    assert by_name.count('<option value="user:zhang" selected>张示例 · 阜新市卫生健康委员会') == 2  # 委派, 转办
    assert "查到 1 人，请在下面选择" in by_name
    assert "没有查到，请换姓名或单位名称中的字" in nobody
    found = re.search(r"查到 (\d+) 人", own_client.page(f"{address}?find=卫生健康委员会").text)
    assert found and int(found[1]) > 1


def test_a_reason_and_a_date_are_asked_for(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)

    answers = [own_client.press(f"{address}/delegate", {"to": f"user:{OFFICE}"}), own_client.press(f"{address}/extend", {"reason": "示例", "until": "明天"})]

    assert [each.status_code for each in answers] == [422, 422]
    assert "请写明理由" in answers[0].text
    assert "请选择新的期限日期" in answers[1].text


def test_a_deadline_is_extended_by_whoever_may_and_grey_for_the_rest(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    grey = own_client.page(address).text
    assert re.search(r'disabled>顺延</button> <span class="why-not">[^<]+</span>', grey)
    assert f'action="{address}/extend"' not in grey
    refused = own_client.press(f"{address}/extend", {"command_id": "e1", "until": "2021-09-20", "reason": "示例"})
    assert refused.status_code == 409

    own_system.people.add_post(PLACE, "corrects", "fuxin-health", "process_admin", "流程管理员")
    own_system.people.grant(PLACE, DRAFTER, "corrects")
    assert f'action="{address}/extend"' in own_client.page(address).text
    assert own_client.press(f"{address}/extend", {"command_id": "e2", "until": "2021-09-20", "reason": "节假日前后（示例）"}).status_code == 303
    assert "9月20日（周一）24:00" in own_client.page(address).text


def test_a_claimed_task_can_still_be_handed_over(own_client: Browser) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)
    own_client.press(f"{address}/claim", {"command_id": "c1"})

    page = own_client.page(address).text

    assert f'action="{address}/reassign"' in page
    assert f'action="{address}/delegate"' in page


def test_a_task_is_returned_to_where_the_diagram_allows_with_its_reason(own_client: Browser, own_system: System) -> None:
    draft = first_task(own_client.sign_in(DRAFTER))
    own_client.press(draft, {"command_id": command_id(own_client.page(draft).text), "outcome": "submit", "summary": "内容（示例）"})
    own_system.run_due(PLACE)
    check = first_task(own_client.sign_in(OFFICE))
    assert '<option value="draft">起草实施方案</option>' in own_client.page(check).text
    assert own_client.press(f"{check}/return", {"command_id": "r1", "to": "draft", "reason": ""}).status_code == 422

    answer = own_client.press(f"{check}/return", {"command_id": "r2", "to": "draft", "reason": "缺少经费安排（示例）"})
    own_system.run_due(PLACE)

    assert answer.status_code == 303
    again = own_client.sign_in(DRAFTER).page("/inbox").text
    assert "起草实施方案" in again and ">退回<" in again
    assert "缺少经费安排（示例）" in own_client.page(first_task(own_client)).text


def test_a_task_is_reassigned_for_good(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    own_client.page(address)
    answer = own_client.press(f"{address}/reassign", {"command_id": "a1", "to": f"user:{OFFICE}", "reason": "出差（示例）"})

    assert answer.status_code == 303
    assert "起草实施方案" not in own_client.page("/inbox").text
    page = own_client.sign_in(OFFICE).page(address).text
    done = own_client.press(address, {"command_id": command_id(page), "outcome": "submit", "summary": "内容（示例）"})
    assert done.status_code == 303, done.text


def test_whoever_oversees_urges_and_whoever_is_asked_is_told(own_client: Browser, own_system: System) -> None:
    address = first_task(own_client.sign_in(DRAFTER))
    assert f'action="{address}/urge"' not in own_client.page(address).text  # nobody urges their own
    own_system.people.add_person(PLACE, "above", "示例上级")
    own_system.people.add_post(PLACE, "oversees", "city", "overseer", "督办", "below")
    own_system.people.grant(PLACE, "above", "oversees")
    own_client.sign_in("above")
    assert f'action="{address}/urge"' in own_client.page(address).text

    answer = own_client.press(f"{address}/urge", {"command_id": "u1", "text": "请于今天办结（示例）"})
    own_system.run_due(PLACE)

    assert answer.status_code == 303, answer.text
    own_client.sign_in(DRAFTER)
    assert ">催<" in own_client.page("/inbox").text or "催办" in own_client.page("/inbox").text
    assert "催办“起草实施方案”" in own_client.page("/notifications").text


def outcome_on(page: str) -> str:
    """The first button that finishes the task."""
    found = re.search(r'name="outcome" value="([^"]+)"', page)
    assert found
    return found[1]


ADDED = 'badge bg-secondary-lt">加签<'
SIGNERS = """banli:withdraw="true" banli:operations="add_signer remove_signer">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="decide"/>
        <zeebe:assignmentDefinition candidateUsers="=[signer]"/>
      </bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=[&quot;bo&quot;]" inputElement="signer"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>"""


def test_a_signer_is_added_and_removed(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    diagram = re.sub(r'(<bpmn:userTask id="decide" name="审批").*?</bpmn:userTask>', lambda found: f"{found[1]} {SIGNERS}", DIAGRAM, flags=re.DOTALL)
    bundle = system.publish("here", files(diagram=diagram), "admin")
    scheme, _ = system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    instance = system.start("here", bundle.hash, scheme, "ann", org="office").instance
    system.complete("here", "ann", instance, "t1", "submit", "", {"title": "请示", "days": "2"}, "c1")
    browser = Browser(create_app(system)).sign_in("bo", "here")
    address = first_task(browser)
    shown = browser.page(address).text
    assert f'action="{address}/add_signer"' in shown and f'action="{address}/remove_signer"' in shown

    added = browser.press(f"{address}/add_signer", {"command_id": "s1", "to": "user:ann", "reason": "涉及经费（示例）"})
    assert added.status_code == 303, added.text
    ann = Browser(create_app(system)).sign_in("ann", "here")
    theirs, inbox = first_task(ann), ann.page("/inbox").text
    assert ADDED in inbox and "加签原因：涉及经费（示例）" in inbox
    assert re.search(r'<p class="notice">bo于[^<]{1,30}加签，请您一并会签：涉及经费（示例）</p>', ann.page(theirs).text)
    assert ADDED not in browser.page("/inbox").text and "一并会签" not in browser.page(address).text  # the one who was asked by the diagram
    assert re.search(r"bo于[^<]{1,30}加签：涉及经费（示例）</span>", ann.page(f"/instances/{instance}").text)

    decided = ann.press(theirs, {"command_id": "s4", "outcome": outcome_on(ann.page(theirs).text), "opinion": "同意（示例）"})
    assert decided.status_code == 303, decided.text
    assert ann.press(f"{theirs}/withdraw", {"command_id": "s5", "reason": "再看看（示例）"}).status_code == 303
    again = first_task(ann)
    assert system.queries.added_signers("here", "stranger", [instance]) == {} != system.queries.added_signers("here", "ann", [instance])
    assert again != theirs and "请您一并会签：涉及经费（示例）" in ann.page(again).text  # opened again, it is an added signature as before

    assert browser.press(f"{address}/remove_signer", {"command_id": "s2", "reason": ""}).status_code == 422
    removed = browser.press(f"{address}/remove_signer", {"command_id": "s3", "reason": "已由经费部门会签（示例）"})
    assert removed.status_code == 303, removed.text
    assert "审批" not in browser.page("/inbox").text
    assert "审批" in ann.page("/inbox").text  # the one who was added still signs
