"""`banli incidents` over a real installation whose decision table contradicts itself: grouped, tried again, counted as done, cancelled."""
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.database import schema
from adapters.system import Settings, System
from tests.cli.command import Ran, banli, called
from tests.decisions.build import leave_with
from tests.dmn.build import decision, given, model, table
from tests.system.small import SCHEME, system_in

# Both rules hit from 3 on: the checker cannot see it, because the second looks at another value too.
TWICE = model(given("days", "urgent"), decision("grade", table("days | urgent", "grade", '>= 3 | - | "long"', '- | ? = "yes" or days > 4 | "urgent"'), "days", "urgent"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An installation with three instances that stand at the decision, an administrator, and one instance that is fine."""
    system = system_in(tmp_path)
    system.people.add_person("here", "adm", "adm")
    system.people.add_post("here", "admin", "office", "process_admin", "流程管理员", "heads")
    system.people.grant("here", "adm", "admin")
    bundle = system.publish("here", leave_with(TWICE), "admin")
    scheme, _ = system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    for number, days in enumerate((5, 5, 5, 3)):
        instance = system.start("here", bundle.hash, scheme, "ann", org="office", title=f"请示{number}").instance
        system.complete("here", "ann", instance, "t1", "submit", "", {"title": "请示", "days": str(days)}, f"c{number}")
    system.database.close()
    before = os.environ.get("BANLI_HOME")
    os.environ["BANLI_HOME"] = str(tmp_path)
    yield tmp_path
    if before is None:
        del os.environ["BANLI_HOME"]
    else:
        os.environ["BANLI_HOME"] = before


def incidents(*arguments: str) -> Ran:
    return called("incidents", *arguments, "--place", "here")


def names() -> list[str]:
    """`instance/incident` of each, oldest first."""
    return [line.split()[0] for line in incidents("list", "--each").out[:-1]]


def test_they_are_listed_by_cause_in_words(home: Path) -> None:
    found = banli("incidents", "list", "--place", "here", home=home)
    assert (found.code, found.err, len(found.out)) == (0, [], 4)
    assert found.out[0] == "    3  decision.broken  leave/grade 定级"
    assert found.out[1] == "       判定“grade”得不出结果：决策表“grade”要求只命中一条规则，却命中了第 1, 2 条，请修改规则。请更正规则或数据后重试。"
    assert found.out[2].endswith("/i1 请示0") and found.out[3] == "共 3 个异常，1 种原因"
    assert banli("incidents", "list", "--place", "here", home=home, language="en").out[3] == "3 incidents, 1 causes"


def test_a_notice_that_was_given_up_is_listed_too(home: Path) -> None:
    system = System(Settings(home))
    with system.database.changing() as connection:
        connection.execute(schema.outbox.insert().values(place="here", id="feedbeef01", instance="abcdef012345", body="{}", created_at=0, state="failed", run_at=0, tries=20,
                                                         token=1, error="ConnectionError: no way out"))
    system.database.close()

    assert incidents("list").out[-1] == "! 通知 feedbeef（事项 abcdef01）多次投递未成，已停止：ConnectionError: no way out"


def test_who_is_named_sees_theirs(home: Path) -> None:
    assert [incidents("list", "--as", who).out[-1] for who in ("adm", "ann", "bo")] == ["共 3 个异常，1 种原因", "共 3 个异常，1 种原因", "共 0 个异常，0 种原因"]


def test_a_whole_cause_is_tried_again_with_corrected_data(home: Path) -> None:
    again = incidents("retry", "--as", "adm", "--code", "decision.broken")
    assert (again.code, len(again.out), again.out[-1]) == (1, 4, "共 3 个，办成 0 个")
    assert all("又出现异常：判定“grade”得不出结果" in line for line in again.out[:-1])
    mended = incidents("retry", "--as", "adm", "--element", "grade", "--set", '{"days": 4}')
    assert (mended.code, mended.out[-1], names()) == (0, "共 3 个，办成 3 个", [])


def test_one_is_counted_as_done_another_cancelled(home: Path) -> None:
    first, second, third = names()
    assert incidents("resolve", first, "--as", "adm", "--reason", "已核对", "--set", '{"level": "long"}').out[0] == f"✓ {first}  已视为完成"
    assert incidents("cancel", second, "--as", "adm", "--reason", "不再办理").out[0] == f"✓ {second}  已终止"
    assert names() == [third]


@pytest.mark.parametrize(("arguments", "err"), [
    (("retry", "--as", "adm"), "✗ 请写明要处理哪些异常：实例/异常，或用 --code、--process、--element、--campaign 选取。"),
    (("retry", "ffff/i9", "--as", "adm"), "✗ 没有名为“ffff/i9”的未处理异常。"),
    (("resolve", "--code", "decision.broken", "--as", "adm", "--reason", " "), "✗ 请填写理由。"),
    (("retry", "--code", "x", "--as", "adm", "--set", "[1]"), "✗ “[1]”不是 JSON 或 FEEL 上下文（例如 {\"得分\": 85}）：不是一组“名称: 值”"),
])
def test_a_mistake_is_told(home: Path, arguments: tuple[str, ...], err: str) -> None:
    assert incidents(*arguments) == Ran(1, [], [err])


def test_who_only_looks_on_is_refused(home: Path) -> None:
    first = names()[0]
    found = incidents("cancel", first, "--as", "ann", "--reason", "不办了")
    assert (found.code, found.out) == (1, [f"✗ {first}  只有本单位的流程管理员可以更正运行中的流程。", "共 1 个，办成 0 个"])
    assert len(names()) == 3


def test_the_instance_goes_on_after_it_was_put_right(home: Path) -> None:
    incidents("retry", "--as", "adm", "--code", "decision.broken", "--set", '{"days": 4}')
    from adapters.system import Settings

    assert len(System(Settings(home)).queries.inbox("here", "bo", {}, 10).rows) == 4
