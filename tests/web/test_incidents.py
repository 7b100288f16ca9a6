"""What failed, by cause: seen by those it concerns, tried again, counted as done and cancelled by whoever corrects instances, and by nobody else."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.system import System, incidents
from adapters.web.app import create_app
from tests.decisions.build import leave_with
from tests.dmn.build import decision, given, model, table
from tests.system.small import SCHEME, system_in
from tests.web.conftest import Browser

# Both rules hit from 3 on: the checker cannot see it, because the second looks at another value too.
TWICE = model(given("days", "urgent"), decision("grade", table("days | urgent", "grade", '>= 3 | - | "long"', '- | ? = "yes" or days > 4 | "urgent"'), "days", "urgent"))
CAUSE = {"process": "leave", "element": "grade", "code": "decision.broken"}
ADDRESS = "/incidents/cause?process=leave&element=grade&code=decision.broken"


@pytest.fixture
def failed(tmp_path: Path) -> Iterator[System]:
    """Two instances that stand at the decision, and a process administrator."""
    system = system_in(tmp_path)
    system.people.add_person("here", "adm", "示例管理员")
    system.people.add_post("here", "admin", "office", "process_admin", "流程管理员", "heads")
    system.people.grant("here", "adm", "admin")
    bundle = system.publish("here", leave_with(TWICE), "admin")
    scheme, _ = system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    for number in range(2):
        instance = system.start("here", bundle.hash, scheme, "ann", org="office", title=f"请示{number}").instance
        system.complete("here", "ann", instance, "t1", "submit", "", {"title": "请示", "days": "5"}, f"c{number}")
    yield system
    system.database.close()


@pytest.fixture
def admin(failed: System) -> Browser:
    return Browser(create_app(failed)).sign_in("adm", "here")


def chosen(page: str) -> list[str]:
    """The incidents that a page offers or carries."""
    return re.findall(r'name="incident" value="([^"]+)"', page)


def test_they_are_listed_by_cause_in_words(admin: Browser) -> None:
    page = admin.page("/incidents").text
    assert "2 个，1 种原因" in page and "要求只命中一条规则" in page and 'href="/incidents"' in admin.page("/inbox").text

    listed = admin.page(ADDRESS).text
    assert len(chosen(listed)) == 2 and "请示0" in listed and "disabled" not in listed


def test_whoever_may_not_correct_sees_only_their_own_and_the_reason(failed: System) -> None:
    starter = Browser(create_app(failed)).sign_in("ann", "here")
    page = starter.page(ADDRESS).text
    assert len(re.findall(r"<button class=\"btn[^>]* disabled>", page)) == 3
    assert "只有本单位的流程管理员可以更正运行中的流程。" in page
    refused = starter.press("/incidents/retry", {**CAUSE, "incident": chosen(page)}).text
    assert "办成 0 个，共 2 个" in refused

    stranger = Browser(create_app(failed)).sign_in("bo", "here")
    assert "没有等待处理的异常" in stranger.page("/incidents").text
    assert stranger.page(ADDRESS).status_code == 404
    assert stranger.press("/incidents/retry", {**CAUSE, "incident": chosen(page)}).status_code == 404


def test_they_are_tried_again_with_corrected_data(admin: Browser, failed: System) -> None:
    both = chosen(admin.page(ADDRESS).text)
    assert "又出现异常" in admin.press("/incidents/retry", {**CAUSE, "incident": both}).text
    both = chosen(admin.page(ADDRESS).text)  # what failed anew is a new incident
    wrong = admin.press("/incidents/retry", {**CAUSE, "incident": both, "variables": "days = 4"})
    assert wrong.status_code == 422 and "数据写法不对" in wrong.text and "days = 4</textarea>" in wrong.text

    assert "办成 2 个，共 2 个" in admin.press("/incidents/retry", {**CAUSE, "incident": both, "variables": '{"days": 4}'}).text
    assert incidents.open_incidents(failed, "here") == []


@pytest.mark.parametrize(("act", "consequence"), [("resolve", "视为完成"), ("cancel", "不能恢复")])
def test_what_cannot_be_undone_is_shown_with_names_and_asks_for_a_reason(admin: Browser, failed: System, act: str, consequence: str) -> None:
    one = chosen(admin.page(ADDRESS).text)[:1]
    shown = admin.press(f"/incidents/{act}", {**CAUSE, "incident": one, "variables": '{"level": "long"}'})
    assert shown.status_code == 200 and consequence in shown.text and "请示0" in shown.text and chosen(shown.text) == one
    assert len(incidents.open_incidents(failed, "here")) == 2

    unsaid = admin.press(f"/incidents/{act}", {**CAUSE, "incident": one, "confirmed": "1"})
    assert unsaid.status_code == 422 and "请写明理由" in unsaid.text

    done = admin.press(f"/incidents/{act}", {**CAUSE, "incident": one, "confirmed": "1", "reason": "已核对（示例）", "variables": '{"level": "long"}'})
    assert "办成 1 个，共 1 个" in done.text
    assert len(incidents.open_incidents(failed, "here")) == 1
    state = failed.head("here", one[0].partition("/")[0]).state
    assert state == ("cancelled" if act == "cancel" else "open")


def test_nothing_chosen_is_said(admin: Browser) -> None:
    admin.page(ADDRESS)
    assert "请至少选择一个事项" in admin.press("/incidents/retry", CAUSE).text
