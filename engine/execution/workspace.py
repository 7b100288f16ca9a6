"""The rows of one instance while a step runs: loaded when asked for, changed in place, taken back or handed over as `Changes`.

Decides nothing. Only `evolve` calls `new`, `change` and `drop`; everybody may read. A row before its first change is kept, so that a
refused step leaves no trace and the state hash costs what changed, not what there is.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, Generic, TypeVar

from engine.execution.rows import (
    Changes, IncidentRow, InstanceRow, JobRow, Nothing, ResultRow, ScopeRow, Source, SubscriptionRow, TaskRow, TimerRow,
)
from engine.journal.canonical import canonical_bytes
from engine.refusals import NotFound

R = TypeVar("R", ScopeRow, ResultRow, TaskRow, TimerRow, SubscriptionRow, JobRow, IncidentRow)
Key = Any  # int for scopes, (scope, index) for results, text for the rest
MODULUS = 1 << 256


def _copy_scope(row: ScopeRow) -> ScopeRow:
    return ScopeRow(row.id, row.parent, row.element, row.variables, dict(row.tokens), dict(row.data))


def _copy_instance(row: InstanceRow) -> InstanceRow:
    kept = copy.copy(row)
    kept.counters = dict(row.counters)
    return kept


class Table(Generic[R]):
    """Rows of one type by key. `group` says by what they are also found (a scope's parent, a result's body)."""

    __slots__ = ("kind", "rows", "before", "gone", "groups", "whole", "_fetch", "_fetch_group", "_group", "_copy")

    def __init__(
        self,
        kind: type[R],
        fetch: Callable[[Key], R | None],
        fetch_group: Callable[[Key], Iterable[R]] | None = None,
        group: Callable[[R], Key] | None = None,
        copied: Callable[[R], R] = copy.copy,
    ) -> None:
        self.kind = kind
        self.rows: dict[Key, R] = {}
        self.before: dict[Key, R | None] = {}
        self.gone: set[Key] = set()
        self.groups: dict[Key, dict[Key, None]] = {}
        self.whole: set[Key] = set()  # groups of which everything is loaded
        self._fetch, self._fetch_group, self._group, self._copy = fetch, fetch_group, group, copied

    def get(self, key: Key) -> R | None:
        row = self.rows.get(key)
        if row is None and key not in self.gone:
            row = self._fetch(key)
            if row is not None:
                self._put(key, row)
        return row

    def __getitem__(self, key: Key) -> R:
        row = self.rows.get(key) or self.get(key)
        if row is None:
            raise NotFound("row.gone", kind=self.kind.__name__, key=str(key))
        return row

    def within(self, group: Key, key: Callable[[R], Key]) -> list[R]:
        """The rows of a group, loaded as far as they are not yet, in the order of their keys."""
        if group not in self.whole and self._fetch_group is not None:
            for row in self._fetch_group(group):
                if key(row) not in self.rows and key(row) not in self.gone:
                    self._put(key(row), row)
            self.whole.add(group)
        return [self.rows[each] for each in sorted(self.groups.get(group, ()), key=_in_order)]

    def new(self, key: Key, row: R) -> None:
        self.before.setdefault(key, None)
        self._put(key, row)

    def change(self, key: Key) -> R:
        row = self[key]
        if key not in self.before:
            self.before[key] = self._copy(row)
        return row

    def drop(self, key: Key) -> None:
        row = self.rows.pop(key)
        if key in self.before:
            if self.before[key] is None:
                del self.before[key]
        else:
            self.before[key] = row
        self.gone.add(key)
        self._ungroup(key, row)

    def begin(self) -> None:
        if self.before:
            self.before = {}
        if self.gone:
            self.gone = set()

    def undo(self) -> None:
        for key, old in self.before.items():
            row = self.rows.pop(key, None)
            if row is not None:
                self._ungroup(key, row)
            if old is not None:
                self._put(key, old)
        self.begin()

    def saved(self) -> dict[Key, R]:
        return {key: self.rows[key] for key in self.before if key in self.rows}

    def removed(self) -> frozenset[Key]:
        return frozenset(key for key in self.before if key not in self.rows)

    def hash_change(self, salt: str) -> int:
        change = 0
        for key, old in self.before.items():
            row = self.rows.get(key)
            change += (row_hash(salt, row) if row is not None else 0) - (row_hash(salt, old) if old is not None else 0)
        return change

    def _put(self, key: Key, row: R) -> None:
        self.rows[key] = row
        if self._group is not None:
            self.groups.setdefault(self._group(row), {})[key] = None

    def _ungroup(self, key: Key, row: R) -> None:
        if self._group is not None:
            group = self._group(row)
            members = self.groups[group]
            members.pop(key, None)
            if not members:
                del self.groups[group]


def _in_order(key: Key) -> Any:
    """t2 before t10; numbers and pairs as they are."""
    return (key[0], int(key[1:])) if isinstance(key, str) else key


def _by_id(row: Any) -> Key:
    return row.id


def _by_index(row: ResultRow) -> Key:
    return row.scope, row.index


def row_hash(salt: str, row: Any) -> int:
    """The share of one row in the state hash."""
    fields = [getattr(row, name) for name in row.__slots__]
    return int.from_bytes(sha256(canonical_bytes([salt, type(row).__name__, fields])).digest(), "big")


class Workspace:
    """One instance's rows. `instance` is None until it was started.

    After a step: `changes()` for the store. `begin()` starts the next step on the same workspace, `undo()` takes the step back.
    """

    __slots__ = (
        "instance", "outgoing", "_before", "_fresh", "scopes", "results", "tasks", "timers", "subscriptions", "jobs", "incidents", "tables",
    )

    def __init__(self, source: Source | None = None, instance: InstanceRow | None = None) -> None:
        given: Any = source or Nothing()
        self.instance = instance
        self.outgoing: dict[str, JobRow] = {}  # jobs that this step hands over and nobody answers: no part of the state
        self._before: InstanceRow | None = None
        self._fresh = False
        self.scopes: Table[ScopeRow] = Table(ScopeRow, given.scope, given.scopes_in, lambda row: row.parent, _copy_scope)
        self.results: Table[ResultRow] = Table(ResultRow, lambda key: given.result(*key), given.results, lambda row: row.scope)
        self.tasks: Table[TaskRow] = Table(TaskRow, given.task)
        self.timers: Table[TimerRow] = Table(TimerRow, given.timer)
        self.subscriptions: Table[SubscriptionRow] = Table(
            SubscriptionRow, given.subscription, lambda key: given.subscriptions_for(*key), lambda row: (row.kind, row.name)
        )
        self.jobs: Table[JobRow] = Table(JobRow, given.job)
        self.incidents: Table[IncidentRow] = Table(IncidentRow, given.incident)
        self.tables: tuple[Table[Any], ...] = (
            self.scopes, self.results, self.tasks, self.timers, self.subscriptions, self.jobs, self.incidents,
        )

    @property
    def head(self) -> InstanceRow:
        """The instance's row. Raises NotFound before it was started."""
        if self.instance is None:
            raise NotFound("instance.absent")
        return self.instance

    def start(self, row: InstanceRow) -> None:
        self.instance, self._fresh = row, True

    def change_head(self) -> InstanceRow:
        row = self.head
        if self._before is None and not self._fresh:
            self._before = _copy_instance(row)
        return row

    def scopes_in(self, parent: int) -> list[ScopeRow]:
        return self.scopes.within(parent, _by_id)

    def results_of(self, body: int) -> list[ResultRow]:
        return self.results.within(body, _by_index)

    def subscriptions_for(self, kind: str, name: str) -> list[SubscriptionRow]:
        return self.subscriptions.within((kind, name), _by_id)

    def subtree(self, scope: int) -> Iterator[ScopeRow]:
        """`scope` and all scopes below it, outer ones first."""
        pending = [scope]
        while pending:
            row = self.scopes.get(pending.pop())
            if row is not None:
                yield row
                pending.extend(child.id for child in reversed(self.scopes_in(row.id)))

    def begin(self) -> None:
        self._before, self._fresh, self.outgoing = None, False, {}
        for table in self.tables:
            table.begin()

    def undo(self) -> None:
        """Everything as it was at `begin`."""
        for table in self.tables:
            table.undo()
        if self._fresh:
            self.instance = None
        elif self._before is not None:
            self.instance = self._before
        self.begin()

    def changes(self) -> Changes:
        """What the step since `begin` did."""
        head, salt, change = self.head, self.head.id, 0
        if self._fresh or self._before is not None:
            change = row_hash(salt, head) - (row_hash(salt, self._before) if self._before is not None else 0)
        for table in self.tables:
            change += table.hash_change(salt)
        saved: dict[type, dict[Key, Any]] = {table.kind: rows for table in self.tables if (rows := table.saved())}
        if self.outgoing:
            saved[JobRow] = {**self.outgoing, **saved.get(JobRow, {})}
        removed = {table.kind: keys for table in self.tables if (keys := table.removed())}
        return Changes(instance=head, saved=saved, removed=removed, hash_change=change % MODULUS)
