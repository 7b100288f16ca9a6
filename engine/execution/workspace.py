"""The rows of one instance while a step runs: loaded when asked for, changed in place, taken back or handed over as `Changes`.

Decides nothing. Only `evolve` calls `new`, `change` and `drop`; everybody may read. A row before its first change is kept, so that a
refused step leaves no trace and the state hash costs what changed, not what there is.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from engine.execution.rows import (
    Changes, IncidentRow, InstanceRow, JobRow, Nothing, ResultRow, ScopeRow, Source, SubscriptionRow, TaskRow, TimerRow,
)
from engine.journal.canonical import canonical_bytes, written
from engine.refusals import NotFound

R = TypeVar("R")
Key = Any  # int for scopes, (scope, index) for results, text for the rest
Fields = tuple[Any, ...]  # a row's fields in their order: what it was before
MODULUS = 1 << 256
HEAD, COUNTERS = "InstanceRow", "Counters"  # the two parts of the instance's row in the state hash
number = int.from_bytes
MANY = 50  # children of a scope from which on rows are loaded together


def _scope_fields(row: ScopeRow) -> Fields:
    return row.id, row.parent, row.element, row.variables, row.tokens, row.data


def _task_before(row: TaskRow) -> Fields:
    return (
        row.id, row.scope, row.element, row.name, row.state, row.candidates, row.assignee, row.owner, row.form, row.stage, row.about, row.opened_at,
        row.due_at, row.due_basis, row.priority, row.claimed_at, row.closed_at, row.closed_by, row.outcome, row.opinion, row.marks, row.variables, row.next)


def _task_fields(row: TaskRow) -> Fields:
    """For the hash alone: with the moments that almost every task has as they are encoded."""
    return (
        row.id, row.scope, row.element, row.name, row.state, row.candidates, row.assignee, row.owner, row.form, row.stage, row.about, written(row.opened_at),
        row.due_at, row.due_basis, row.priority, row.claimed_at, row.closed_at and written(row.closed_at), row.closed_by, row.outcome, row.opinion, row.marks, row.variables,
        row.next)


_FIELDS: Mapping[type[Any], Callable[[Any], Fields]] = {
    InstanceRow: attrgetter(*InstanceRow.__slots__[:-1]),  # the counters are kept and hashed apart: they change with every step, the rest hardly ever
    **{kind: attrgetter(*kind.__slots__) for kind in (ResultRow, TimerRow, SubscriptionRow, JobRow, IncidentRow)},
    ScopeRow: _scope_fields, TaskRow: _task_fields,  # almost every step has these, and written out they are three times as fast
}


def _scope_before(row: ScopeRow) -> Fields:
    return row.id, row.parent, row.element, row.variables, row.tokens.copy(), row.data.copy()


_NOTHING = Nothing()


class Layout(NamedTuple):
    """How rows of one type are kept: what is noted of one before it changes, how a source gives one or a group of them, by what they are grouped."""

    kind: type[Any]
    before: Callable[[Any], Fields]
    fetch: Callable[[Any, Key], Any]
    fetch_group: Callable[[Any, Key], Iterable[Any]] | None = None
    group: Callable[[Any], Key] | None = None


SCOPES = Layout(ScopeRow, _scope_before, lambda source, key: source.scope(key), lambda source, key: source.scopes_in(key), attrgetter("parent"))
RESULTS = Layout(
    ResultRow, _FIELDS[ResultRow], lambda source, key: source.result(*key), lambda source, key: source.results(key), attrgetter("scope")
)
TASKS = Layout(TaskRow, _task_before, lambda source, key: source.task(key))
TIMERS = Layout(TimerRow, _FIELDS[TimerRow], lambda source, key: source.timer(key))
SUBSCRIPTIONS = Layout(
    SubscriptionRow, _FIELDS[SubscriptionRow], lambda source, key: source.subscription(key),
    lambda source, key: source.subscriptions_for(*key), attrgetter("kind", "name"),
)
JOBS = Layout(JobRow, _FIELDS[JobRow], lambda source, key: source.job(key))
INCIDENTS = Layout(IncidentRow, _FIELDS[IncidentRow], lambda source, key: source.incident(key))


class Table(Generic[R]):
    """Rows of one type by key. `layout.group` says by what they are also found (a scope's parent, a result's body)."""

    __slots__ = ("layout", "kind", "rows", "before", "gone", "groups", "whole", "complete", "digests", "_new", "_source", "_note")

    def __init__(self, layout: Layout, source: Source) -> None:
        self.layout = layout
        self.kind: type[R] = layout.kind
        self.rows: dict[Key, R] = {}
        self.before: dict[Key, Fields | None] = {}  # what the rows were that this step changed or took away; None: it made them
        self.gone: set[Key] = set()
        self.digests: dict[Key, int] = {}  # hashes of rows that this step has not changed, as far as they are known
        self._new: dict[Key, int] = {}  # hashes of those it did, once `changes` was asked
        self.groups: dict[Key, dict[Key, None]] = {}
        self.whole: set[Key] = set()  # groups of which everything is loaded
        self.complete = False  # everything that lives is loaded
        self._source, self._note = source, layout.before

    def get(self, key: Key) -> R | None:
        row = self.rows.get(key)
        if row is None and key not in self.gone:
            row = self.layout.fetch(self._source, key)
            if row is not None:
                self._put(key, row)
        return row

    def __getitem__(self, key: Key) -> R:
        if key in self.rows:
            return self.rows[key]
        row = self.get(key)
        if row is None:
            raise NotFound("row.gone", kind=self.kind.__name__, key=str(key))
        return row

    def within(self, group: Key, key: Callable[[R], Key]) -> list[R]:
        """The rows of a group, loaded as far as they are not yet, in the order of their keys."""
        fetch = self.layout.fetch_group
        if not self.complete and group not in self.whole and fetch is not None:
            self.take(fetch(self._source, group), key)
            self.whole.add(group)
        return [self.rows[each] for each in sorted(self.groups.get(group, ()), key=_in_order)]

    def take(self, found: Iterable[R], key: Callable[[R], Key]) -> None:
        """Rows that were loaded together; those known already stay as they are."""
        for row in found:
            if key(row) not in self.rows and key(row) not in self.gone:
                self._put(key(row), row)

    def new(self, key: Key, row: R) -> None:
        if key not in self.before:
            self.before[key] = None
        self.rows[key] = row
        if self.layout.group is not None:
            self._put(key, row)

    def change(self, key: Key) -> R:
        """The row, about to be changed in place."""
        before, rows = self.before, self.rows
        if key in before:
            return rows[key]
        row = rows[key] if key in rows else self[key]
        before[key] = self._note(row)
        return row

    def drop(self, key: Key) -> None:
        row = self.change(key)
        del self.rows[key]
        self.gone.add(key)
        self._ungroup(key, row)

    def undo(self) -> None:
        for key, old in self.before.items():
            row = self.rows.pop(key, None)
            if row is not None:
                self._ungroup(key, row)
            if old is not None:
                self._put(key, self.kind(*old))
        self._new = {}

    def forget(self) -> None:
        """The step is over."""
        if self._new:
            self.digests.update(self._new)
            self._new = {}
        elif self.digests:
            for key in self.before:
                self.digests.pop(key, None)
        if self.gone:
            for key in self.gone:
                self.digests.pop(key, None)
            self.gone = set()
        self.before.clear()

    def settle(self, instance: str, changes: Changes) -> None:
        """Note in `changes` which rows the step saves and removes, and what that adds to the state hash."""
        kind, rows, known, change = self.kind, self.rows, self.digests, changes.hash_change
        name, fields = kind.__name__, _FIELDS[kind]
        saved: dict[Key, Any] = {}
        new: dict[Key, int] = {}
        for key, before in self.before.items():
            if key in rows:
                saved[key] = row = rows[key]
                new[key] = digest = share(instance, name, fields(row))
                change += digest
            if before is not None:
                change -= known[key] if key in known else share(instance, name, before)
        if saved:
            changes.saved[kind], self._new = saved, new
        if self.gone:
            changes.removed[kind] = frozenset(key for key in self.gone if self.before[key] is not None and key not in rows)
        changes.hash_change = change

    def _put(self, key: Key, row: R) -> None:
        self.rows[key] = row
        if (group := self.layout.group) is not None:
            self.groups.setdefault(group(row), {})[key] = None

    def _ungroup(self, key: Key, row: R) -> None:
        if (group := self.layout.group) is not None:
            members = self.groups[group(row)]
            members.pop(key, None)
            if not members:
                del self.groups[group(row)]


def _in_order(key: Key) -> Any:
    """t2 before t10; numbers and pairs as they are."""
    return (key[0], int(key[1:])) if isinstance(key, str) else key


def _by_id(row: Any) -> Key:
    return row.id


def _by_index(row: ResultRow) -> Key:
    return row.scope, row.index


def share(instance: str, kind: str, fields: object) -> int:
    """What a row adds to its instance's state hash: SHA-256 over `[instance, row type, fields in their order]` in canonical form, as a number."""
    return number(sha256(canonical_bytes((instance, kind, fields))).digest(), "big")


def row_hash(instance: str, row: Any) -> int:
    """The share of a row; of the instance's own with that of its counters."""
    of_fields = share(instance, type(row).__name__, _FIELDS[type(row)](row))
    return of_fields + share(instance, COUNTERS, row.counters) if type(row) is InstanceRow else of_fields


def _on_demand(layout: Layout) -> property:
    """A table that most steps do not need is made when it is first asked for."""
    slot = f"_{layout.kind.__name__}"

    def table(workspace: Workspace) -> Table[Any]:
        found: Table[Any] | None = getattr(workspace, slot)
        if found is None:
            found = Table(layout, workspace._source)
            setattr(workspace, slot, found)
            workspace._made.append(found)
        return found

    return property(table)


class Workspace:
    """One instance's rows. `instance` is None until it was started.

    After a step: `changes()` for the store. `begin()` starts the next step on the same workspace, `undo()` takes the step back.
    """

    __slots__ = (
        "instance", "counters", "outgoing", "scopes", "tasks", "_source", "_before", "_counters", "_counted", "_recounted", "_fresh", "_made",
        "_ResultRow", "_TimerRow", "_SubscriptionRow", "_JobRow", "_IncidentRow",
    )
    results = _on_demand(RESULTS)
    timers = _on_demand(TIMERS)
    subscriptions = _on_demand(SUBSCRIPTIONS)
    jobs = _on_demand(JOBS)
    incidents = _on_demand(INCIDENTS)

    def __init__(self, source: Source | None = None, instance: InstanceRow | None = None) -> None:
        given = source or _NOTHING
        self.instance = instance
        self.counters: dict[str, int] = {} if instance is None else instance.counters  # the instance's; changed in place
        self.outgoing: dict[str, JobRow] = {}  # jobs that this step hands over and nobody answers: no part of the state
        self.scopes: Table[ScopeRow] = Table(SCOPES, given)
        self.tasks: Table[TaskRow] = Table(TASKS, given)
        self._source = given
        self._made: list[Table[Any]] = [self.scopes, self.tasks]
        self._before: Fields | None = None  # the instance's row, if this step has changed it
        self._counters = self.counters.copy()  # as this step found them
        self._counted: int | None = None  # the share of the counters as this step found them, if it is known
        self._recounted: int | None = None  # … and as it left them
        self._fresh = False
        self._ResultRow = self._TimerRow = self._SubscriptionRow = self._JobRow = self._IncidentRow = None

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        return self.scopes, self.results, self.tasks, self.timers, self.subscriptions, self.jobs, self.incidents

    @property
    def head(self) -> InstanceRow:
        """The instance's row. Raises NotFound before it was started."""
        if self.instance is None:
            raise NotFound("instance.absent")
        return self.instance

    def start(self, row: InstanceRow) -> None:
        self.instance, self.counters, self._fresh = row, row.counters, True

    def change_head(self) -> InstanceRow:
        """The instance's row, about to be changed in place, but for its counters."""
        row = self.instance or self.head
        if self._before is None and not self._fresh:
            self._before = _FIELDS[InstanceRow](row)
        return row

    def scopes_in(self, parent: int) -> list[ScopeRow]:
        return self.scopes.within(parent, _by_id)

    def results_of(self, body: int) -> list[ResultRow]:
        found: list[ResultRow] = self.results.within(body, _by_index)
        return found

    def subscriptions_for(self, kind: str, name: str) -> list[SubscriptionRow]:
        found: list[SubscriptionRow] = self.subscriptions.within((kind, name), _by_id)
        return found

    def subtree(self, scope: int) -> Iterator[ScopeRow]:
        """`scope` and all scopes below it, outer ones first."""
        pending = [scope]
        while pending:
            row = self.scopes.get(pending.pop())
            if row is not None:
                yield row
                children = self.scopes_in(row.id)
                if len(children) > MANY:
                    self._load_all()
                pending.extend(child.id for child in reversed(children))

    def _load_all(self) -> None:
        """Much is taken away at once: one query a table, where the source can do that, instead of one a row."""
        whole: Callable[[type], Iterable[Any]] | None = getattr(self._source, "whole", None)
        if whole is None:
            return
        for table in self.tables:
            if not table.complete:
                table.take(whole(table.kind), _by_index if table.kind is ResultRow else _by_id)
                table.complete = True

    def begin(self) -> None:
        self._before, self._fresh = None, False
        self._counters, self._counted, self._recounted = self.counters.copy(), self._recounted, None
        if self.outgoing:
            self.outgoing = {}
        for table in self._made:
            if table.before:
                table.forget()

    def undo(self) -> None:
        """Everything as it was at `begin`."""
        for table in self._made:
            table.undo()
        self.counters.clear()
        self.counters |= self._counters
        self._recounted = self._counted
        if self._fresh:
            self.instance, self._fresh = None, False
        elif self._before is not None:
            self.instance = InstanceRow(*(*self._before, self.counters))
        self.begin()

    def changes(self) -> Changes:
        """What the step since `begin` did."""
        head = self.instance or self.head
        changes = Changes(head, {}, {}, self._head_change(head))
        for table in self._made:
            if table.before:
                table.settle(head.id, changes)
        if self.outgoing:
            jobs: dict[Any, Any] = {**self.outgoing, **changes.saved.get(JobRow, {})}
            changes.saved[JobRow] = jobs
        changes.hash_change %= MODULUS
        return changes

    def _head_change(self, head: InstanceRow) -> int:
        """What the step adds to the state hash by the instance's row and its counters."""
        change, self._recounted = 0, self._counted
        if self._fresh or self.counters != self._counters:
            self._recounted = change = share(head.id, COUNTERS, self.counters)
        if self._fresh:
            return change + share(head.id, HEAD, _FIELDS[InstanceRow](head))
        if change:
            change -= share(head.id, COUNTERS, self._counters) if self._counted is None else self._counted
        if self._before is not None:
            change += share(head.id, HEAD, _FIELDS[InstanceRow](head)) - share(head.id, HEAD, self._before)
        return change
