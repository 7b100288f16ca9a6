"""Loads the rows of one instance, ahead where a command says what it needs, else when the engine asks; remembers which it gave out."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.database import schema
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
_LIVING = {  # of these kinds the tables also hold what takes part in no step any more
    TaskRow: _task.state == sa.literal_column("'open'"), JobRow: schema.job.c.kind == sa.literal_column("'service'"),
    IncidentRow: schema.incident.c.state == sa.literal_column("'open'")}
_WHOLE = {kind: shape.select.where(_LIVING[kind]) if kind in _LIVING else shape.select for kind, shape in SHAPES.items()}

# What a command of a task needs, and what a due timer needs, each in one read: the task, its scope with the timers in it, the scope around that.
_scope, _around, _timer = schema.scope, schema.scope.alias("around"), schema.timer
_READ_AHEAD = (TaskRow, ScopeRow, ScopeRow, TimerRow)
_COLUMNS = [*SHAPES[TaskRow].given, *SHAPES[ScopeRow].given, *[_around.c[c.name] for c in SHAPES[ScopeRow].given], *SHAPES[TimerRow].given]
_WIDTHS = [len(SHAPES[kind].given) for kind in _READ_AHEAD]


def _beside(table: sa.FromClause, other: Any, **columns: Any) -> sa.ColumnElement[bool]:
    """The condition of a join within one instance: `columns` of `table` have these values."""
    return sa.and_(table.c.place == other.place, table.c.instance == other.instance, *[table.c[name] == value for name, value in columns.items()])


_s, _t, _p, _e, _i = _scope.c, _timer.c, schema.place.c, schema.entry.c, schema.instance.c


def of_command(*head: Any) -> sa.Select[Any]:
    """What `StoredSource.command_query` asks: the entry that a command already made, and what it needs of its task.

    `head`: columns of the instance and its place that stand in front, to have both in one read; for that a lock must be held before anything is read.
    """
    place: sa.FromClause = schema.place
    if head:
        place = place.join(schema.instance, sa.and_(_i.place == _p.place, _i.id == bind("instance")))
    return sa.select(*head, _e.digest, _e.body, *_COLUMNS).select_from(
        place
        .outerjoin(schema.entry, sa.and_(_e.place == _p.place, _e.actor == bind("actor"), _e.command_id == bind("command_id")))
        .outerjoin(schema.task, sa.and_(_task.place == _p.place, _task.instance == bind("instance"), _task.id == bind("task")))
        .outerjoin(_scope, _beside(_scope, _task, id=_task.scope))
        .outerjoin(_around, _beside(_around, _s, id=_s.parent))
        .outerjoin(_timer, _beside(_timer, _task, scope=_task.scope))).where(_p.place == bind("place"))


_NEXT_TIMER = (
    sa.select(sa.null(), sa.null(), *_COLUMNS).select_from(
        _timer
        .outerjoin(_scope, _beside(_scope, _t, id=_t.scope))
        .outerjoin(_around, _beside(_around, _s, id=_s.parent))
        .outerjoin(schema.task, _beside(schema.task, _t, id=_t.task)))
    .where(_t.place == bind("place"), _t.instance == bind("instance")).order_by(_t.due_at, _t.id).limit(sa.literal_column("1")))

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
        self.timer_keys: dict[str, tuple[int, str]] = {}  # the rest of a timer's key in the table, by id
        self._ahead: dict[tuple[type[Any], object], Sequence[Any]] = {}  # read, and not asked for yet

    def command_query(self, task: str, actor: str, command_id: str, clause: sa.Select[Any]) -> Query:
        """The entry that this command already made, and what it needs of its task; `clause` from `of_command`, `fetched` takes the rows."""
        return clause, {"place": self._place, "instance": self._instance, "task": task, "actor": actor, "command_id": command_id or None}

    def fetched(self, found: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """Keeps rows that were read ahead until the engine asks for them. Gives (digest, body) of the earlier entry, if there is one."""
        for columns in found:
            at = 2
            for kind, width in zip(_READ_AHEAD, _WIDTHS, strict=True):
                row, at = columns[at:at + width], at + width
                key = row[1] if kind is TimerRow else row[0]
                if key is not None:
                    self._ahead[kind, key] = row
        return [columns[:2] for columns in found[:1] if columns[1] is not None]

    def stepped(self) -> None:
        """A step changed rows: what was read before it and not asked for may be out of date."""
        self._ahead.clear()

    def next_timer(self) -> tuple[str, int] | None:
        """(id, moment) of the instance's timer that falls due first, read ahead with what firing it needs."""
        found = self._transaction.rows(_NEXT_TIMER, place=self._place, instance=self._instance)
        if not found:
            return None
        self.fetched(found)
        timer = found[0][-_WIDTHS[-1]:]
        return timer[1], timer[4]

    def whole(self, kind: type[Any]) -> Sequence[Any]:
        """All living rows of a kind."""
        return self._many(kind, _WHOLE[kind])

    def scope(self, id: int) -> ScopeRow | None:
        return self._one(ScopeRow, _SCOPE, id=id)

    def scopes_in(self, parent: int) -> Sequence[ScopeRow]:
        return self._many(ScopeRow, _SCOPES, parent=parent)

    def result(self, scope: int, index: int) -> ResultRow | None:
        return self._one(ResultRow, _RESULT, scope=scope, idx=index)

    def results(self, scope: int) -> Sequence[ResultRow]:
        return self._many(ResultRow, _RESULTS, scope=scope)

    def task(self, id: str) -> TaskRow | None:
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
        ahead = self._ahead.pop((row, values.get("id")), None) if self._ahead else None
        if ahead is not None:
            return self._given(row, ahead)
        found = self._transaction.row(clause, place=self._place, instance=self._instance, **values)
        return None if found is None else self._given(row, found)

    def _many(self, row: type[R], clause: sa.Select[Any], /, **values: object) -> list[R]:
        found = self._transaction.rows(clause, place=self._place, instance=self._instance, **values)
        return [self._given(row, columns) for columns in found]

    def _given(self, kind: type[R], columns: Sequence[Any]) -> R:
        row: R = SHAPES[kind].read(columns)
        if isinstance(row, TimerRow):
            self.timer_keys[row.id] = row.scope, row.id
        self.seen[kind].add(row.id if kind is not ResultRow else (columns[0], columns[1]))  # type: ignore[attr-defined]
        if isinstance(row, TaskRow) and row.id not in self.before:
            self.before[row.id] = wanted(row)
        return row
