"""The rows of one instance while a step runs: loaded when asked for, changed in place, taken back or handed over as `Changes`.

Decides nothing. Only `evolve` calls `new`, `change` and `drop`; everybody may read. A row before its first change is kept, so that a
refused step leaves no trace and the state hash costs what changed, not what there is.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from engine.execution.rows import (
    Changes, IncidentRow, InstanceRow, JobRow, Nothing, ResultRow, ScopeRow, Source, SubscriptionRow, TaskRow, TimerRow,
)
from engine.journal.canonical import canonical_bytes
from engine.refusals import NotFound

R = TypeVar("R")
Key = Any  # int for scopes, (scope, index) for results, text for the rest
Fields = tuple[Any, ...]  # a row's fields in their order: what it was before
MODULUS = 1 << 256
MANY = 50  # children of a scope from which on rows are loaded together

_head_fields = attrgetter(*InstanceRow.__slots__[:-1])


def _instance_fields(row: InstanceRow) -> Fields:
    return (*_head_fields(row), row.counters.copy())


def _scope_fields(row: ScopeRow) -> Fields:
    return row.id, row.parent, row.element, row.variables, row.tokens.copy(), row.data.copy()


_NOTHING = Nothing()


class Layout(NamedTuple):
    """How rows of one type are kept: their fields, how a source gives one or a group of them, by what they are grouped."""

    kind: type[Any]
    fields: Callable[[Any], Fields]
    fetch: Callable[[Any, Key], Any]
    fetch_group: Callable[[Any, Key], Iterable[Any]] | None = None
    group: Callable[[Any], Key] | None = None


SCOPES = Layout(ScopeRow, _scope_fields, lambda source, key: source.scope(key), lambda source, key: source.scopes_in(key), attrgetter("parent"))
RESULTS = Layout(
    ResultRow, attrgetter(*ResultRow.__slots__), lambda source, key: source.result(*key), lambda source, key: source.results(key), attrgetter("scope")
)
TASKS = Layout(TaskRow, attrgetter(*TaskRow.__slots__), lambda source, key: source.task(key))
TIMERS = Layout(TimerRow, attrgetter(*TimerRow.__slots__), lambda source, key: source.timer(key))
SUBSCRIPTIONS = Layout(
    SubscriptionRow, attrgetter(*SubscriptionRow.__slots__), lambda source, key: source.subscription(key),
    lambda source, key: source.subscriptions_for(*key), attrgetter("kind", "name"),
)
JOBS = Layout(JobRow, attrgetter(*JobRow.__slots__), lambda source, key: source.job(key))
INCIDENTS = Layout(IncidentRow, attrgetter(*IncidentRow.__slots__), lambda source, key: source.incident(key))


class Table(Generic[R]):
    """Rows of one type by key. `layout.group` says by what they are also found (a scope's parent, a result's body)."""

    __slots__ = ("layout", "rows", "before", "gone", "groups", "whole", "complete", "digests", "_dirty", "_source", "_group", "_fields")

    def __init__(self, layout: Layout, dirty: list[Table[Any]], source: Source) -> None:
        self.layout = layout
        self.rows: dict[Key, R] = {}
        self.before: dict[Key, Fields | None] = {}  # of the rows that this step has changed; None: it made them
        self.gone: set[Key] = set()
        self.digests: dict[Key, int] = {}  # hashes of rows as they were when `changes` was last asked
        self.groups: dict[Key, dict[Key, None]] = {}
        self.whole: set[Key] = set()  # groups of which everything is loaded
        self.complete = False  # everything that lives is loaded
        self._dirty, self._source, self._group, self._fields = dirty, source, layout.group, layout.fields

    @property
    def kind(self) -> type[R]:
        return self.layout.kind

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
        before = self.before
        if not before:
            self._dirty.append(self)
        if key not in before:
            before[key] = None
        self._put(key, row)

    def change(self, key: Key) -> R:
        """The row, about to be changed in place."""
        before = self.before
        if key not in before:
            if not before:
                self._dirty.append(self)
            row = self.rows[key] if key in self.rows else self[key]
            before[key] = self._fields(row)
            return row
        return self.rows[key]

    def drop(self, key: Key) -> None:
        row = self.rows.pop(key)
        self._dirty.append(self)
        if key not in self.before:
            self.before[key] = self._fields(row)
        elif self.before[key] is None:
            del self.before[key]
        self.gone.add(key)
        self._ungroup(key, row)

    def undo(self) -> None:
        for key, old in self.before.items():
            row = self.rows.pop(key, None)
            if row is not None:
                self._ungroup(key, row)
            if old is not None:
                self._put(key, self.kind(*old))
        self.before.clear()
        self.gone.clear()

    def saved(self) -> dict[Key, R]:
        return {key: self.rows[key] for key in self.before if key in self.rows}

    def removed(self) -> frozenset[Key]:
        return frozenset(key for key in self.before if key not in self.rows)

    def forget(self) -> None:
        """The step is over and nobody asked what it changed, or they did and know."""
        if self.digests:
            for key in self.before:
                self.digests.pop(key, None)
        self.before.clear()
        if self.gone:
            self.gone.clear()

    def hash_change(self, salt: str) -> tuple[int, dict[Key, int]]:
        """What the step adds to the state hash, and the hashes of the rows it saved."""
        change, new = 0, dict[Key, int]()
        for key, old in self.before.items():
            if key in self.rows:
                new[key] = row_hash(salt, self.rows[key])
                change += new[key]
            if old is not None:
                change -= self.digests[key] if key in self.digests else fields_hash(salt, self.kind, old)
        return change, new

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
    return fields_hash(salt, type(row), [getattr(row, name) for name in row.__slots__])


def fields_hash(salt: str, kind: type, fields: Iterable[Any]) -> int:
    return int.from_bytes(sha256(canonical_bytes([salt, kind.__name__, list(fields)])).digest(), "big")


def _on_demand(layout: Layout) -> property:
    """A table that most steps do not need is made when it is first asked for."""
    slot = f"_{layout.kind.__name__}"

    def table(workspace: Workspace) -> Table[Any]:
        found: Table[Any] | None = getattr(workspace, slot)
        if found is None:
            found = Table(layout, workspace._dirty, workspace._source)
            setattr(workspace, slot, found)
        return found

    return property(table)


class Workspace:
    """One instance's rows. `instance` is None until it was started.

    After a step: `changes()` for the store. `begin()` starts the next step on the same workspace, `undo()` takes the step back.
    """

    __slots__ = (
        "instance", "outgoing", "scopes", "tasks", "_source", "_before", "_fresh", "_dirty", "_hashes",
        "_ResultRow", "_TimerRow", "_SubscriptionRow", "_JobRow", "_IncidentRow",
    )
    results = _on_demand(RESULTS)
    timers = _on_demand(TIMERS)
    subscriptions = _on_demand(SUBSCRIPTIONS)
    jobs = _on_demand(JOBS)
    incidents = _on_demand(INCIDENTS)

    def __init__(self, source: Source | None = None, instance: InstanceRow | None = None) -> None:
        given = source or _NOTHING
        dirty: list[Table[Any]] = []
        self.instance = instance
        self.outgoing: dict[str, JobRow] = {}  # jobs that this step hands over and nobody answers: no part of the state
        self.scopes: Table[ScopeRow] = Table(SCOPES, dirty, given)
        self.tasks: Table[TaskRow] = Table(TASKS, dirty, given)
        self._source, self._dirty = given, dirty
        self._before: Fields | None = None
        self._fresh = False
        self._hashes: list[tuple[Table[Any], dict[Key, int]]] = []  # of what this step saved, once they are known
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
        self.instance, self._fresh = row, True

    def change_head(self) -> InstanceRow:
        row = self.instance or self.head
        if self._before is None and not self._fresh:
            self._before = _instance_fields(row)
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
        if self.outgoing:
            self.outgoing = {}
        if self._dirty:
            for table in self._dirty:
                table.forget()
            self._dirty.clear()
        if self._hashes:
            for table, hashes in self._hashes:
                table.digests.update(hashes)
            self._hashes = []

    def undo(self) -> None:
        """Everything as it was at `begin`."""
        for table in self._dirty:
            table.undo()
        self._hashes = []
        if self._fresh:
            self.instance = None
        elif self._before is not None:
            self.instance = InstanceRow(*self._before)
        self.begin()

    def changes(self) -> Changes:
        """What the step since `begin` did."""
        head, salt, change = self.head, self.head.id, 0
        made = list(dict.fromkeys(self._dirty))
        if self._fresh or self._before is not None:
            change = row_hash(salt, head) - (fields_hash(salt, InstanceRow, self._before) if self._before is not None else 0)
        self._hashes = []
        for table in made:
            of_table, hashes = table.hash_change(salt)
            change += of_table
            self._hashes.append((table, hashes))
        saved: dict[type, dict[Key, Any]] = {table.kind: rows for table in made if (rows := table.saved())}
        if self.outgoing:
            saved[JobRow] = {**self.outgoing, **saved.get(JobRow, {})}
        removed = {table.kind: keys for table in made if (keys := table.removed())}
        return Changes(instance=head, saved=saved, removed=removed, hash_change=change % MODULUS)
