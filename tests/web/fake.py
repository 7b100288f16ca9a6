"""A thin stand-in for the composition root: real sign-in over a real database, fixed answers for the rest."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from adapters.database.connection import open_database
from adapters.identity import Identity
from adapters.web.ports import Counts, Lines, Opinion, Person, Persona, Place, Post, TaskLine, TaskView
from engine.refusals import NotFound, Refused
from engine.scheme.calendar import Calendar, CalendarYear

NOW = datetime(2021, 10, 12, 1, 30, tzinfo=timezone.utc)
CLERK = Person("u1", "王晓（示例）", (Post("county_health", "区卫生健康局经办", "haizhou-health", "海州区卫生健康局"),))
HOLIDAYS = {date(2021, 10, day): "国庆节" for day in range(1, 8)}
Y2021 = CalendarYear("cn", 2021, "1", True, "项目示例", HOLIDAYS, {date(2021, 10, 9): "国庆节调休"})


def line(n: int, due: datetime | None, **more: Any) -> TaskLine:
    basic = TaskLine("i1", f"t{n}", "受理推荐材料", f"李明（示例{n}） · 阜新示例机械有限公司", "c1", "阜新市2021年争做“职业健康达人”活动", "县区初选", "张丽（示例）", NOW - timedelta(days=n), due)
    return replace(basic, **more)


LINES = [
    line(1, NOW - timedelta(days=1), marks=("urged",)), line(2, NOW + timedelta(hours=5)), line(3, datetime(2021, 10, 15, 16, tzinfo=timezone.utc), marks=("returned",)),
    line(4, datetime(2021, 10, 20, 16, tzinfo=timezone.utc), name="组织辖区用人单位开展活动", overdue_counts=False), line(5, None, name="登记奖励情况"),
]


class Queries:
    def person(self, place: str, user: str) -> Person | None:
        return CLERK if user == "u1" else Person(user, "某某（示例）")

    def personas(self, place: str) -> Sequence[Persona]:
        labels = ["企业经办人", "区卫健局经办", "区总工会", "市领导小组办公室", "评委", "管理员", "审计员"]
        return [Persona(f"u{n}", label, f"示例{n}", "阜新示例单位") for n, label in enumerate(labels)]

    def counts(self, place: str, actor: str) -> Counts:
        return Counts(len(LINES), 2)

    def inbox(self, place: str, actor: str, filters: Mapping[str, str], page: int) -> Lines:
        return Lines(tuple(LINES), len(LINES), 1, {"stage": (("recommend", "单位推荐", 2), ("county", "县区初选", 3)), "lamp": (("late", "逾期", 1), ("soon", "临期", 2))})

    def done(self, place: str, actor: str, page: int) -> Lines:
        return Lines((), 0)

    def task(self, place: str, actor: str, instance: str, task: str) -> TaskView:
        found = next((each for each in LINES if (each.instance, each.task) == (instance, task)), None)
        if found is None:
            raise NotFound("task.gone")
        return TaskView(found, "review", "review", "p1", instance_title="推荐：李明（示例）", candidates=("海州区卫生健康局 · 经办",), why=CLERK.posts, return_to=(("apply", "单位填报"),),
                        due_basis={"rule": "date", "calendars": ["cn-2021@1"]}, opinions=(Opinion(NOW, "张丽（示例）", "阜新示例机械有限公司", "填写推荐表", "提交", "材料已备齐"),))


class FakeSystem:
    """`commands` are those that were handled; `refusals` by command type are what `why_not` and `handle` answer."""

    def __init__(self, folder: Path) -> None:
        self.store = open_database(f"sqlite:///{folder}/web.db")
        self.identity = Identity(self.store)
        self.identity.create_tables()
        self.identity.set_password("fuxin", "u1", "haizhou", "six brown sparrows")
        self.queries = Queries()
        self.commands: list[Any] = []
        self.refusals: dict[type, Refused] = {}

    def places(self) -> Sequence[Place]:
        return [Place("fuxin", "阜新（演示）", "demo")]

    def clock(self, place: str) -> datetime:
        return NOW

    def calendar(self, place: str) -> Calendar:
        return Calendar.of([Y2021])

    def why_not(self, place: str, instance: str, command: Any) -> Refused | None:
        return self.refusals.get(type(command))

    def handle(self, place: str, instance: str, command: Any, command_id: str, personal: Sequence[Any] = ()) -> Any:
        if refusal := self.refusals.get(type(command)):
            raise refusal
        self.commands.append(command)
        return SimpleNamespace(seq=1, events=(), at=NOW, instance=instance)
