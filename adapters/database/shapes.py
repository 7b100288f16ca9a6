"""How each row of an instance's state lies in its table, and back; runs no statement.

A row becomes one tuple in the order of its table's columns; every compiled statement picks its parameters out of that tuple.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import bind
from adapters.database.moments import restored, restored_or_none, stored, stored_or_null
from engine.execution.rows import IncidentRow, InstanceRow, JobRow, ResultRow, ScopeRow, SubscriptionRow, TaskRow, TimerRow
from engine.journal.canonical import canonical_text, from_canonical, to_jsonable

Values = tuple[object, ...]
KEY = "key_"
_NOTHING: Mapping[type[Any], str] = {dict: "{}", tuple: "[]", list: "[]"}
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def text_of(value: object) -> str:
    """The JSON of a column, with the tags of canonical JSON; nothing is hashed over it, so the quick encoder will do."""
    if not value and (nothing := _NOTHING.get(type(value))) is not None:
        return nothing
    try:
        return orjson.dumps(value, default=to_jsonable, option=_OPTIONS).decode()
    except TypeError:  # an integer beyond 64 bits
        return canonical_text(value)


def value_of(text: str) -> Any:
    if text == "{}":
        return {}
    return from_canonical(text) if "$" in text else orjson.loads(text)


@dataclass(frozen=True, slots=True)
class Shape:
    """One row type: its table, its key within an instance, and the way there and back."""

    table: sa.Table
    keys: tuple[str, ...]
    values: Callable[[str, str, Any], Values]  # (place, instance, row) -> all columns that the engine knows, in the table's order
    read: Callable[[Sequence[Any]], Any]  # the inverse, from those columns without place and instance
    extra: tuple[str, ...] = ()  # columns that only the store knows, last in the table; given once, at the insert
    fixed: tuple[str, ...] = ()  # columns that never change: an update that named them would cost their parameters and write their indexes anew

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.table.c if c.name not in self.extra)

    @property
    def insert(self) -> sa.Insert:
        return self.table.insert().values({c.name: bind(c.name) for c in self.table.c})

    @property
    def update(self) -> sa.Update:
        return self.table.update().where(*self._this()).values(
            {n: bind(n) for n in self.columns if n not in self.names and n not in self.fixed})

    @property
    def delete(self) -> sa.Delete:
        return self.table.delete().where(*self._this())

    @property
    def given(self) -> list[sa.Column[Any]]:
        """The columns that `read` takes, in its order."""
        return [self.table.c[n] for n in self.columns if n not in ("place", "instance")]

    @property
    def names(self) -> tuple[str, ...]:
        return "place", "instance", *self.keys

    def _this(self) -> list[sa.ColumnElement[bool]]:
        # An UPDATE may not call a bind in WHERE like a column that it sets, so the key's binds have names of their own.
        return [self.table.c[name] == bind(KEY + name) for name in self.names]

    @property
    def select(self) -> sa.Select[Any]:
        """All columns that `read` takes, of one instance."""
        t = self.table
        return sa.select(*self.given).where(t.c.place == bind("place"), t.c.instance == bind("instance"))


def _scope(place: str, instance: str, row: ScopeRow) -> Values:
    return place, instance, row.id, row.parent, row.element, text_of(row.variables), text_of(row.tokens), text_of(row.data)


def _read_scope(c: Sequence[Any]) -> ScopeRow:
    return ScopeRow(c[0], c[1], c[2], value_of(c[3]), value_of(c[4]), value_of(c[5]))


def _result(place: str, instance: str, row: ResultRow) -> Values:
    return place, instance, row.scope, row.index, text_of(row.value)


def _read_result(c: Sequence[Any]) -> ResultRow:
    return ResultRow(c[0], c[1], value_of(c[2]))


def _task(place: str, instance: str, row: TaskRow) -> Values:
    return (
        place, instance, row.id, row.scope, row.element, row.name, row.state, text_of(row.candidates), row.assignee or None, row.owner or None,
        row.form or None, row.stage or None, row.about or None, stored_or_null(row.opened_at), stored_or_null(row.due_at), text_of(row.due_basis),
        row.priority, stored_or_null(row.claimed_at), stored_or_null(row.closed_at), row.closed_by or None, row.outcome or None, row.opinion or None,
        text_of(row.marks), text_of(row.variables), text_of(row.next))


def read_task(c: Sequence[Any]) -> TaskRow:
    return TaskRow(
        c[0], c[1], c[2], c[3], c[4], tuple(value_of(c[5])), c[6] or "", c[7] or "", c[8] or "", c[9] or "", c[10] or "", restored_or_none(c[11]),
        restored_or_none(c[12]), value_of(c[13]), c[14], restored_or_none(c[15]), restored_or_none(c[16]), c[17] or "", c[18] or "", c[19] or "",
        tuple(value_of(c[20])), value_of(c[21]), tuple(value_of(c[22])))


def _timer(place: str, instance: str, row: TimerRow) -> Values:
    return place, instance, row.scope, row.id, row.element, row.kind, stored(row.due_at), row.task or None, text_of(row.data)


def _read_timer(c: Sequence[Any]) -> TimerRow:
    return TimerRow(c[1], c[0], c[2], c[3], restored(c[4]), c[5] or "", value_of(c[6]))


def _subscription(place: str, instance: str, row: SubscriptionRow) -> Values:
    return place, instance, row.id, row.scope, row.element, row.kind, row.name, row.correlation or None, text_of(row.data)


def _read_subscription(c: Sequence[Any]) -> SubscriptionRow:
    return SubscriptionRow(c[0], c[1], c[2], c[3], c[4], c[5] or "", value_of(c[6]))


def _job(place: str, instance: str, row: JobRow) -> Values:
    return place, instance, row.id, row.kind, row.scope, row.element, text_of(row.data), row.data["name"] if row.kind == "message" else None


def read_job(c: Sequence[Any]) -> JobRow:
    return JobRow(c[0], c[1], c[2], c[3], value_of(c[4]))


def _incident(place: str, instance: str, row: IncidentRow) -> Values:
    return place, instance, row.id, row.scope, row.element, row.code, text_of(row.details), stored_or_null(row.opened_at), row.state


def _read_incident(c: Sequence[Any]) -> IncidentRow:
    return IncidentRow(c[0], c[1], c[2], c[3], value_of(c[4]), restored_or_none(c[5]), c[6])


SHAPES: Mapping[type[Any], Shape] = {
    ScopeRow: Shape(schema.scope, ("id",), _scope, _read_scope, fixed=("parent", "element")),
    ResultRow: Shape(schema.result, ("scope", "idx"), _result, _read_result),
    TaskRow: Shape(schema.task, ("id",), _task, read_task, ("opened_by",), ("scope", "element", "name", "form", "stage", "about", "opened_at", "priority")),
    TimerRow: Shape(schema.timer, ("scope", "id"), _timer, _read_timer),
    SubscriptionRow: Shape(schema.subscription, ("id",), _subscription, _read_subscription, fixed=("kind", "name")),
    JobRow: Shape(schema.job, ("id",), _job, read_job, ("state", "run_at", "tries", "token", "lease_until", "error")),
    IncidentRow: Shape(schema.incident, ("id",), _incident, _read_incident),
}

INSTANCE_COLUMNS = tuple(c.name for c in schema.instance.c)


def instance_values(row: InstanceRow) -> dict[str, object]:
    """The columns of an instance that the engine knows."""
    return {
        "id": row.id, "process": row.process, "package": row.package, "scheme": row.scheme or None, "org": row.org or None, "parent": row.parent,
        "parent_scope": row.parent_scope, "root": row.root, "path": row.path, "title": row.title or None, "state": row.state,
        "outcome": row.outcome or None, "started_at": stored_or_null(row.started_at), "ended_at": stored_or_null(row.ended_at),
        "counters": text_of(row.counters),
    }


def read_instance(c: Sequence[Any]) -> InstanceRow:
    """The instance in a row whose columns begin with id … counters."""
    return InstanceRow(
        c[0], c[1], c[2], c[3] or "", c[4] or "", c[5], c[6], c[7], c[8], c[9] or "", c[10], c[11] or "", restored_or_none(c[12]),
        restored_or_none(c[13]), value_of(c[14]))
