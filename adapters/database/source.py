"""Loads the rows of one instance when the engine asks for them, inside the write's transaction; remembers which it gave out."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.database.connection import Query, Transaction, bind
from adapters.database.moments import NEVER, stored
from adapters.database.shapes import SHAPES
from engine.execution.rows import IncidentRow, JobRow, ResultRow, ScopeRow, SubscriptionRow, TaskRow, TimerRow


def _where(kind: type[Any], *names: str) -> sa.Select[Any]:
    """The rows of a kind in one instance whose columns have the values bound under the columns' names."""
    shape = SHAPES[kind]
    return shape.select.where(*[shape.table.c[name] == bind(name) for name in names])


_SCOPE, _SCOPES = _where(ScopeRow, "id"), _where(ScopeRow, "parent").order_by(SHAPES[ScopeRow].table.c.id)
_RESULT, _RESULTS = _where(ResultRow, "scope", "idx"), _where(ResultRow, "scope").order_by(SHAPES[ResultRow].table.c.idx)
_TASK = _where(TaskRow, "id")
_task = SHAPES[TaskRow].table.c
_TASKS = _where(TaskRow, "scope").where(_task.state == sa.literal_column("'open'")).order_by(_task.opened_at, _task.id)
_TIMER, _TIMERS = _where(TimerRow, "id"), _where(TimerRow, "scope").order_by(SHAPES[TimerRow].table.c.id)
_SUBSCRIPTION, _SUBSCRIPTIONS = _where(SubscriptionRow, "id"), _where(SubscriptionRow, "scope").order_by(SHAPES[SubscriptionRow].table.c.id)
_SUBSCRIBED = _where(SubscriptionRow, "kind", "name").order_by(SHAPES[SubscriptionRow].table.c.id)
_JOB, _INCIDENT = _where(JobRow, "id"), _where(IncidentRow, "id")

R = TypeVar("R")
Wanted = tuple[frozenset[str], int]  # who sees a task in the inbox now, and its place in the order


def wanted(task: TaskRow) -> Wanted:
    """The open candidates of a task as its index rows say them."""
    due = NEVER if task.due_at is None else stored(task.due_at)
    if task.state != "open":
        return frozenset(), due
    return frozenset((f"user:{task.assignee}",) if task.assignee else task.candidates), due


class StoredSource:
    """`engine.execution.rows.Source` over the tables.

    `seen`: the keys by row type that exist in the database; `before`: how the inbox knew each loaded task.
    """

    def __init__(self, transaction: Transaction, place: str, instance: str) -> None:
        self._transaction, self._place, self._instance = transaction, place, instance
        self.seen: dict[type[Any], set[object]] = {kind: set() for kind in SHAPES}
        self.before: dict[str, Wanted] = {}
        self._ahead: tuple[str, Sequence[Any] | None] | None = None

    def task_query(self, id: str) -> Query:
        """The query whose rows `fetched` takes, for a caller that asks it together with others."""
        return _TASK, {"place": self._place, "instance": self._instance, "id": id}

    def fetched(self, id: str, found: Sequence[Sequence[Any]]) -> None:
        """Keeps what `task_query` gave, for the first time that the engine asks for that task."""
        self._ahead = id, found[0] if found else None

    def scope(self, id: int) -> ScopeRow | None:
        return self._one(ScopeRow, _SCOPE, id=id)

    def scopes_in(self, parent: int) -> Sequence[ScopeRow]:
        return self._many(ScopeRow, _SCOPES, parent=parent)

    def result(self, scope: int, index: int) -> ResultRow | None:
        return self._one(ResultRow, _RESULT, scope=scope, idx=index)

    def results(self, scope: int) -> Sequence[ResultRow]:
        return self._many(ResultRow, _RESULTS, scope=scope)

    def task(self, id: str) -> TaskRow | None:
        if self._ahead is not None and self._ahead[0] == id:
            columns, self._ahead = self._ahead[1], None
            return None if columns is None else self._given(TaskRow, columns)
        return self._one(TaskRow, _TASK, id=id)

    def tasks_in(self, scope: int) -> Sequence[TaskRow]:
        return self._many(TaskRow, _TASKS, scope=scope)

    def timer(self, id: str) -> TimerRow | None:
        return self._one(TimerRow, _TIMER, id=id)

    def timers_in(self, scope: int) -> Sequence[TimerRow]:
        return self._many(TimerRow, _TIMERS, scope=scope)

    def subscription(self, id: str) -> SubscriptionRow | None:
        return self._one(SubscriptionRow, _SUBSCRIPTION, id=id)

    def subscriptions_in(self, scope: int) -> Sequence[SubscriptionRow]:
        return self._many(SubscriptionRow, _SUBSCRIPTIONS, scope=scope)

    def subscriptions_for(self, kind: str, name: str) -> Sequence[SubscriptionRow]:
        return self._many(SubscriptionRow, _SUBSCRIBED, kind=kind, name=name)

    def job(self, id: str) -> JobRow | None:
        return self._one(JobRow, _JOB, id=id)

    def incident(self, id: str) -> IncidentRow | None:
        return self._one(IncidentRow, _INCIDENT, id=id)

    def _one(self, row: type[R], clause: sa.Select[Any], /, **values: object) -> R | None:
        found = self._transaction.row(clause, place=self._place, instance=self._instance, **values)
        return None if found is None else self._given(row, found)

    def _many(self, row: type[R], clause: sa.Select[Any], /, **values: object) -> list[R]:
        found = self._transaction.rows(clause, place=self._place, instance=self._instance, **values)
        return [self._given(row, columns) for columns in found]

    def _given(self, kind: type[R], columns: Sequence[Any]) -> R:
        row: R = SHAPES[kind].read(columns)
        self.seen[kind].add((columns[0], columns[1]) if kind is ResultRow else columns[0])
        if isinstance(row, TaskRow) and row.id not in self.before:
            self.before[row.id] = wanted(row)
        return row
