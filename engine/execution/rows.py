"""The rows of one instance's state and the workspace in which a step changes them; knows no rules and no database.

The store keeps one table per row type and loads rows when they are asked for; a replay starts with an empty source.
Only `evolve` (events → rows) changes a workspace, so live execution and replay cannot differ.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Json = Any  # None, bool, int, str, Decimal-as-tagged text, list, dict: see engine/journal/canonical.py


@dataclass(slots=True)
class InstanceRow:
    """The head of an instance: what it runs, where it hangs, how far it is."""

    id: str
    process: str
    package: str  # hash of the published package
    scheme: str = ""  # hash of the published scheme; empty without one
    org: str = ""  # organisation that owns it (for visibility)
    parent: str | None = None  # calling or owning instance
    parent_scope: int | None = None  # the caller's waiting scope; None for a detached child (started by message under a parent)
    root: str = ""  # top instance of the call path
    path: str = ""  # "root/…/id": cancelling marks a whole prefix
    title: str = ""
    state: str = "open"  # open | ended | cancelled | failed
    outcome: str = ""  # id of the end event or error code
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counters: dict[str, int] = field(default_factory=dict)  # next scope, task, timer, subscription, job, child number; live counts


@dataclass(slots=True)
class ScopeRow:
    """Process, sub-process, multi-instance body, one child of it, or an activity that waits: a node of the tree of scopes."""

    id: int
    parent: int | None
    element: str
    variables: dict[str, Json] = field(default_factory=dict)
    tokens: dict[str, Json] = field(default_factory=dict)  # waiting tokens by flow or node id
    data: dict[str, Json] = field(default_factory=dict)  # the machine's own: counters, loop index, tallies, pending triggers


@dataclass(slots=True)
class ResultRow:
    """What one child of a multi-instance body gave, by index; put together once, at the end."""

    scope: int  # the multi-instance body
    index: int  # 0, 1 … a child's result; -1, -2 … input item 0, 1 … that a sequential body has yet to start
    value: Json


@dataclass(slots=True)
class TaskRow:
    """A work item for people. `state`: open | completed | cancelled; only open rows take part in a step."""

    id: str  # t1, t2 … within the instance
    scope: int
    element: str
    name: str
    state: str = "open"
    candidates: tuple[str, ...] = ()  # "role@org" or "user:ID"
    assignee: str = ""
    owner: str = ""  # who delegated it and completes it after the helper answered
    form: str = ""
    stage: str = ""
    about: str = ""  # reference of what it is about: a subject or record id, never a name
    opened_at: datetime | None = None
    due_at: datetime | None = None
    due_basis: Mapping[str, Json] = field(default_factory=dict)  # the explanation of due_at: rule, days, calendar version, clause
    priority: int = 50
    claimed_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    outcome: str = ""
    opinion: str = ""
    marks: tuple[str, ...] = ()  # returned, urged, delegated, added …
    variables: Mapping[str, Json] = field(default_factory=dict)  # inputs of the task's ioMapping, shown by the form
    next: tuple[str, ...] = ()  # completed and withdrawable: what followed (task ids, "flow:ID" of waiting tokens)


@dataclass(slots=True)
class TimerRow:
    """An armed timer. `kind`: event | due | reminder | retry."""

    id: str
    scope: int
    element: str
    kind: str
    due_at: datetime
    task: str = ""
    data: dict[str, Json] = field(default_factory=dict)  # cycle left, reminder offset


@dataclass(slots=True)
class SubscriptionRow:
    """A wait for a message, signal, or condition (errors and escalations are found along the scopes, without a row)."""

    id: str
    scope: int
    element: str
    kind: str  # message | signal | condition
    name: str
    correlation: str = ""
    data: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class JobRow:
    """Work that follows a step, carried out outside it or in another instance.

    `kind`: `service` is part of the state: its result comes back as FinishJob or FailJob, or the row is removed. The others (start_child,
    cancel_child, child_ended, child_threw, message, signal) are handed over once in `Changes.saved` and belong to the store from then on.
    """

    id: str
    kind: str
    scope: int | None
    element: str
    data: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class IncidentRow:
    """Something a person must resolve: a failed expression, operation or job."""

    id: str
    scope: int | None
    element: str
    code: str
    details: dict[str, Json] = field(default_factory=dict)
    opened_at: datetime | None = None
    state: str = "open"  # open | resolved


Row = ScopeRow | ResultRow | TaskRow | TimerRow | SubscriptionRow | JobRow | IncidentRow


class Source(Protocol):
    """Where a workspace loads rows it has not seen; every method answers for this one instance only.

    A source may also have `whole(kind) -> Iterable[Row]`: all living rows of a kind (open tasks only), asked when much is taken away at once.
    """

    def scope(self, id: int) -> ScopeRow | None: ...
    def scopes_in(self, parent: int) -> Iterable[ScopeRow]: ...
    def result(self, scope: int, index: int) -> ResultRow | None: ...
    def results(self, scope: int) -> Iterable[ResultRow]: ...
    def task(self, id: str) -> TaskRow | None: ...
    def tasks_in(self, scope: int) -> Iterable[TaskRow]: ...  # open ones
    def timer(self, id: str) -> TimerRow | None: ...
    def timers_in(self, scope: int) -> Iterable[TimerRow]: ...
    def subscription(self, id: str) -> SubscriptionRow | None: ...
    def subscriptions_in(self, scope: int) -> Iterable[SubscriptionRow]: ...
    def subscriptions_for(self, kind: str, name: str) -> Iterable[SubscriptionRow]: ...
    def job(self, id: str) -> JobRow | None: ...
    def incident(self, id: str) -> IncidentRow | None: ...


class Nothing:
    """The source of a new instance and of a replay: there is nothing to load."""

    def scope(self, id: int) -> None: return None
    def scopes_in(self, parent: int) -> tuple[()]: return ()
    def result(self, scope: int, index: int) -> None: return None
    def results(self, scope: int) -> tuple[()]: return ()
    def task(self, id: str) -> None: return None
    def tasks_in(self, scope: int) -> tuple[()]: return ()
    def timer(self, id: str) -> None: return None
    def timers_in(self, scope: int) -> tuple[()]: return ()
    def subscription(self, id: str) -> None: return None
    def subscriptions_in(self, scope: int) -> tuple[()]: return ()
    def subscriptions_for(self, kind: str, name: str) -> tuple[()]: return ()
    def job(self, id: str) -> None: return None
    def incident(self, id: str) -> None: return None


@dataclass(slots=True)
class Changes:
    """What a step did to the rows, ready to be stored: `saved` replaces by key, `removed` deletes by key.

    A key is the row's `id`, of a ResultRow `(scope, index)`. `hash_change`: what to add to the instance's state hash, modulo 2**256.
    """

    instance: InstanceRow
    saved: dict[type, Mapping[object, Row]]
    removed: dict[type, frozenset[object]]
    hash_change: int = 0
