"""Writes what a step changed: rows, and the inbox's index of candidates; every table with one statement per kind of change."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Statement, Transaction, bind
from adapters.database.shapes import INSTANCE_COLUMNS, KEY, SHAPES, Shape, instance_values, text_of
from adapters.database.source import StoredSource, wanted
from adapters.database.waiting import spread, wake
from engine.execution.rows import Changes, InstanceRow, JobRow, SubscriptionRow, TaskRow, TimerRow

Pick = Callable[[Sequence[object]], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the instance's stream stands after the entry: what the store adds to the engine's row."""

    seq: int
    last_at: int
    hash: str
    state_hash: str | None
    timer_at: int | None = None  # no timer of the instance falls due before
    started_by: str | None = None
    turned: bool = True  # title, organisation, scheme or state may have changed, each of which stands in an index


class _Writes:
    """The compiled statements of one table."""

    def __init__(self, database: Database, shape: Shape) -> None:
        self.shape = shape
        every = tuple(c.name for c in shape.table.c)
        keyed = (*every, *(KEY + name for name in shape.names))
        self.insert, self.update, self.delete = (database.statement(clause) for clause in (shape.insert, shape.update, shape.delete))
        self._for_insert, self._for_update = self.insert.picked(every), self.update.picked(keyed)
        self._key = [every.index(name) for name in shape.names]

    def inserted(self, rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
        return [self._for_insert(row) for row in rows]

    def updated(self, rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
        gap, key = (None,) * len(self.shape.extra), self._key
        return [self._for_update((*row, *gap, *[row[i] for i in key])) for row in rows]

    def removed(self, place: str, instance: str, rows: Iterable[object]) -> list[tuple[object, ...]]:
        return [(place, instance, *(key if isinstance(key, tuple) else (key,))) for key in rows]


_c = schema.task_candidate.c
_OPEN = schema.task_candidate.insert().values({c.name: bind(c.name) for c in schema.task_candidate.c})
_this_candidate = [_c[name] == bind(KEY + name) for name in ("place", "instance", "candidate", "task")]
_FORGET = schema.task_candidate.delete().where(*_this_candidate)
_CLOSE = schema.task_candidate.update().where(*_this_candidate).values(open=sa.literal_column("0"))
_INSERT_INSTANCE = schema.instance.insert().values({name: bind(name) for name in INSTANCE_COLUMNS})
_MOVING = ("counters", "seq", "last_at", "head", "state_hash", "timer_at")
_TURNING = ("scheme", "org", "title", "state", "outcome", "ended_at")


def _update_instance(*names: str) -> sa.Update:
    this = (schema.instance.c.place == bind(KEY + "place"), schema.instance.c.id == bind(KEY + "id"))
    return schema.instance.update().where(*this).values({name: bind(name) for name in names})


_MOVE_INSTANCE, _UPDATE_INSTANCE = _update_instance(*_MOVING), _update_instance(*_TURNING, *_MOVING)


class Flush:
    """Writes `Changes` of instances; made once per database, because its statements are compiled once."""

    def __init__(self, database: Database) -> None:
        self._writes = {kind: _Writes(database, shape) for kind, shape in SHAPES.items()}
        self._open, self._forget, self._close = (database.statement(clause) for clause in (_OPEN, _FORGET, _CLOSE))
        self._insert_instance, self._update_instance = database.statement(_INSERT_INSTANCE), database.statement(_UPDATE_INSTANCE)
        self._move_instance = database.statement(_MOVE_INSTANCE)
        self._moved = self._move_instance.picked((*_MOVING, KEY + "place", KEY + "id"))

    def rows(self, transaction: Transaction, place: str, changes: Changes, source: StoredSource, actor: str, now: int) -> None:
        """All but the instance's own row. `now`: the database's clock in microseconds, from which new jobs are due. `actor` opened the tasks that are new."""
        jobs = changes.saved.get(JobRow)
        if jobs and any(row.kind == "signal" for row in jobs.values()):  # type: ignore[union-attr]
            spread_out = spread(transaction, place, changes.instance.id, jobs.values())  # type: ignore[arg-type]
            changes = replace(changes, saved={**changes.saved, JobRow: spread_out})  # type: ignore[dict-item]
        extras: dict[type[Any], tuple[object, ...]] = {TaskRow: (actor,), JobRow: ("ready", now, 0, 0, None, None)}
        for kind, writes in self._writes.items():
            if kind in changes.saved or kind in changes.removed:
                self._rows(transaction, place, changes, source, kind, writes, extras.get(kind, ()))
        if SubscriptionRow in changes.saved:
            wake(transaction, place, changes.saved[SubscriptionRow].values(), now)  # type: ignore[arg-type]
        tasks = changes.saved.get(TaskRow)
        if tasks:
            self._candidates(transaction, place, changes.instance.id, tasks.values(), source)  # type: ignore[arg-type]

    def instance(self, transaction: Transaction, place: str, row: InstanceRow, head: Head) -> None:
        """The instance's row, which says how far its stream has come."""
        if not head.turned:
            transaction.write(self._move_instance, [self._moved((
                text_of(row.counters), head.seq, head.last_at, head.hash, head.state_hash, head.timer_at, place, row.id))])
            return
        values: dict[str, object] = {
            "place": place, "doomed_by": None, "started_by": head.started_by, "seq": head.seq, "last_at": head.last_at, "head": head.hash,
            "state_hash": head.state_hash, "timer_at": head.timer_at, **instance_values(row)}
        if head.seq == 1:
            transaction.write(self._insert_instance, [self._insert_instance.ordered(values)])
        else:
            values |= {KEY + "place": place, KEY + "id": row.id}
            transaction.write(self._update_instance, [self._update_instance.ordered(values)])

    def _rows(self, transaction: Transaction, place: str, changes: Changes, source: StoredSource, kind: type[Any], writes: _Writes,
              extra: tuple[object, ...]) -> None:
        instance, shape = changes.instance.id, writes.shape
        removed = changes.removed.get(kind)
        if removed:
            keys = [source.timer_keys[str(key)] for key in removed] if kind is TimerRow else removed
            transaction.write(writes.delete, writes.removed(place, instance, keys))
        saved = changes.saved.get(kind)
        if not saved:
            return
        new: list[tuple[object, ...]] = []
        old: list[tuple[object, ...]] = []
        stored = source.seen[kind]
        for key, row in saved.items():
            (old if key in stored else new).append(shape.values(place, instance, row))
        stored.update(saved)
        if kind is TimerRow:
            source.timer_keys.update((row.id, (row.scope, row.id)) for row in saved.values() if isinstance(row, TimerRow))
        if old:
            transaction.write(writes.update, writes.updated(old))
        if new:
            transaction.write(writes.insert, writes.inserted((*values, *extra) for values in new))

    def _candidates(self, transaction: Transaction, place: str, instance: str, tasks: Iterable[TaskRow], source: StoredSource) -> None:
        """Brings the inbox's index in step: rows of those who may no longer act stay, closed, because they may still look."""
        opened: list[tuple[object, ...]] = []
        closed: list[tuple[object, ...]] = []
        again: list[tuple[object, ...]] = []
        for task in tasks:
            known = task.id in source.before
            had, due_before = source.before.get(task.id, (frozenset(), 0))
            have, due = source.before[task.id] = wanted(task)
            closed += [(place, instance, who, task.id) for who in sorted(had - have)]
            rows = [(place, instance, who, task.id, 1, due) for who in sorted(have if due != due_before else have - had)]
            by = f"user:{task.closed_by}"
            if task.state == "completed" and by not in had:
                rows.append((place, instance, by, task.id, 0, due))
            if known:
                again += [row[:4] for row in rows]
            opened += rows
        if closed:
            transaction.write(self._close, closed)
        if again:
            transaction.write(self._forget, again)
        if opened:
            transaction.write(self._open, opened)
