"""What happened in one instance, as immutable values: a small closed set. `engine/execution/evolve.py` folds them into rows.

Events once written keep their meaning: a new meaning is a new type. A passage through the diagram is readable from them in order:
`Entered` (a token is in an element; `flows` are those it came by), `Left` (the element is done; one token goes on each of `flows`),
`Dropped` (the token vanished without completing). Effects (`RecordPut` …) change no row of the instance; the store projects them.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import orjson

from engine.commands import reader, to_json
from engine.journal.canonical import canonical_bytes, written

Json: TypeAlias = Any
Values: TypeAlias = Mapping[str, Json]
NOTHING: Values = {}


# The instance ---------------------------------------------------------------------------------------------------------------


class InstanceStarted(NamedTuple):
    instance: str
    process: str
    package: str
    scheme: str
    org: str
    parent: str | None
    parent_scope: int | None
    root: str
    path: str
    title: str
    by: str
    at: datetime


class Titled(NamedTuple):
    title: str


class InstanceEnded(NamedTuple):
    """`state`: ended | cancelled | failed. `outcome`: id of the last end event, error code, or reason."""

    state: str
    outcome: str
    at: datetime


class SchemeAmended(NamedTuple):
    scheme: str
    by: str
    reason: str
    at: datetime


# Scopes and tokens ------------------------------------------------------------------------------------------------------------


class ScopeOpened(NamedTuple):
    scope: int
    parent: int | None
    element: str
    variables: Values
    data: Values


class ScopeClosed(NamedTuple):
    """The scope is done; nothing lives in it any more."""

    scope: int


class ScopeCancelled(NamedTuple):
    """The scope and all below it is interrupted: its tasks are cancelled, its timers, subscriptions and jobs gone."""

    scope: int
    reason: str
    at: datetime


class ScopeEmptied(NamedTuple):
    """All that lives in the scope is interrupted; it stays, with the waiting rows in `keep` (boundary events) and one token in `stay`."""

    scope: int
    keep: tuple[str, ...]
    reason: str
    at: datetime
    stay: str = ""


class Entered(NamedTuple):
    """A token is in `element`; the tokens that waited on `flows` are used up."""

    scope: int
    element: str
    flows: tuple[str, ...]


class Left(NamedTuple):
    """`element` is done: its token goes on, one on each of `flows`; without any the path ends here."""

    scope: int
    element: str
    flows: tuple[str, ...]


class Dropped(NamedTuple):
    """The token in `element` (a node), or waiting on it (a flow), is taken away: interrupted, returned, withdrawn, a surplus at a join."""

    scope: int
    element: str


class Passed(NamedTuple):
    """A flow node without a token of its own has completed, for the record only: a boundary event, a child of a multi-instance body."""

    scope: int
    element: str


class VariablesSet(NamedTuple):
    scope: int
    values: Values


class Noted(NamedTuple):
    """The machine's own data of a scope; an entry that is None is removed."""

    scope: int
    data: Values


class ResultKept(NamedTuple):
    """What child `position` of a multi-instance body gave; a negative one, -1-i, keeps input item i of a sequential body."""

    scope: int
    position: int
    value: Json


class ResultDropped(NamedTuple):
    """What child `position` of a multi-instance body gave no longer counts: its task was withdrawn."""

    scope: int
    position: int


# Tasks ---------------------------------------------------------------------------------------------------------------------------


class TaskOpened(NamedTuple):
    task: str
    scope: int
    element: str
    name: str
    candidates: tuple[str, ...]
    assignee: str
    form: str
    stage: str
    about: str
    due_at: datetime | None
    due_basis: Values
    priority: int
    variables: Values
    marks: tuple[str, ...]
    at: datetime


class TaskClaimed(NamedTuple):
    task: str
    by: str
    at: datetime


class TaskReleased(NamedTuple):
    task: str
    by: str
    reason: str
    at: datetime


class TaskReassigned(NamedTuple):
    """`to` a user (`user:ID`) makes the assignee; a role (`role@org`) makes the candidates."""

    task: str
    to: str
    by: str
    reason: str
    at: datetime


class TaskDelegated(NamedTuple):
    task: str
    to: str
    by: str
    reason: str
    at: datetime


class TaskResolved(NamedTuple):
    """The helper answered; the owner has it again."""

    task: str
    by: str
    opinion: str
    answers: Values
    at: datetime


class TaskCompleted(NamedTuple):
    """`outcome` return with `to` is 退回 to that element."""

    task: str
    by: str
    outcome: str
    opinion: str
    answers: Values
    subjects: tuple[str, ...]
    at: datetime
    on_behalf_of: str = ""
    to: str = ""


class Withdrawable(NamedTuple):
    """What `task`'s completion led to, as long as nobody acted on it.

    `next`: `scope:ID`, then task ids and `flow:ID` of waiting tokens; for one of many instances `body:ID`, `item:INDEX`, `signer:…` if it was
    added, `value:JSON` of its input item, then the ids of tasks that followed (the next instance of a sequence).
    """

    task: str
    next: tuple[str, ...]


class TaskWithdrawn(NamedTuple):
    task: str
    by: str
    reason: str
    at: datetime


class TaskCancelled(NamedTuple):
    task: str
    reason: str
    at: datetime


class TaskExtended(NamedTuple):
    """A new due moment. `by` is empty when the scheme was amended."""

    task: str
    due_at: datetime | None
    due_basis: Values
    by: str
    reason: str
    at: datetime


class TaskOverdue(NamedTuple):
    task: str
    at: datetime


class Reminded(NamedTuple):
    """`offset`: working days relative to the due date (-3: three before)."""

    task: str
    offset: int
    at: datetime


class Urged(NamedTuple):
    task: str
    by: str
    text: str
    at: datetime


class SignerAdded(NamedTuple):
    """A child of the multi-instance body `scope` for `signer`; its task follows as TaskOpened."""

    scope: int
    signer: str
    by: str
    reason: str
    at: datetime


class SignerRemoved(NamedTuple):
    task: str
    by: str
    reason: str
    at: datetime


# Waiting --------------------------------------------------------------------------------------------------------------------------


class TimerArmed(NamedTuple):
    timer: str
    scope: int
    element: str
    kind: str  # event | due | reminder | retry
    due_at: datetime
    task: str
    data: Values


class TimerFired(NamedTuple):
    timer: str
    at: datetime


class TimerMoved(NamedTuple):
    timer: str
    due_at: datetime
    data: Values


class TimerDisarmed(NamedTuple):
    timer: str


class Subscribed(NamedTuple):
    subscription: str
    scope: int
    element: str
    kind: str  # message | signal | condition
    name: str
    correlation: str
    data: Values


class Resubscribed(NamedTuple):
    """A subscription goes on waiting with new `data` (a condition's last value)."""

    subscription: str
    data: Values


class Unsubscribed(NamedTuple):
    subscription: str


class Caught(NamedTuple):
    """An event was caught, for the record. `kind`: message | signal | condition | error | escalation | cancel | compensate."""

    scope: int
    element: str
    kind: str
    name: str
    payload: Values


class Thrown(NamedTuple):
    """An event was thrown, for the record; what follows from it stands behind. `kind` as in `Caught`, and link, terminate."""

    scope: int
    element: str
    kind: str
    name: str
    payload: Values


class Decided(NamedTuple):
    """A business rule task asked `decision`. `fired`: `{table, rules}` of each table on the way, its rules by number from 1, in order."""

    scope: int
    element: str
    decision: str
    fired: tuple[Values, ...]


# Jobs and children ---------------------------------------------------------------------------------------------------------------


class JobQueued(NamedTuple):
    """Work after the step. `kind` and what `data` holds:

    `service` {type, inputs, headers, retries} → FinishJob/FailJob · `start_child` {child, process, variables, root, path} → the store starts
    it, then ChildEnded/ChildThrew come from it · `cancel_child` {child, reason} · `child_ended` {parent, scope, variables, outcome} ·
    `child_threw` {parent, scope, kind, code, variables} · `message` {name, correlation, payload, until} (the moment its time to live ends) ·
    `signal` {name, payload, from} (the thrower, which has heard it already).
    Only `service` jobs are answered; the store deletes the others when it has carried them out.
    """

    job: str
    kind: str
    scope: int | None
    element: str
    data: Values


class JobFinished(NamedTuple):
    job: str


class ChildClosed(NamedTuple):
    """The child that `scope` waited for no longer counts as living. `how`: ended | error | cancelled."""

    scope: int
    child: str
    how: str


# Incidents ------------------------------------------------------------------------------------------------------------------------


class IncidentOpened(NamedTuple):
    """`details["retry"]` is the machine's: what to do again."""

    incident: str
    scope: int | None
    element: str
    code: str
    details: Values
    at: datetime


class IncidentClosed(NamedTuple):
    """`how`: retried | resolved | gone (its scope was cancelled)."""

    incident: str
    how: str
    by: str
    reason: str
    at: datetime


# Effects: nothing in the instance changes, projections and the ledger do ----------------------------------------------------------


class RecordPut(NamedTuple):
    """A row of the campaign's register: `data` is merged; `status` None keeps the old one."""

    kind: str
    key: str
    status: str | None = None
    data: Values = NOTHING


class QuotaOpened(NamedTuple):
    """`accounts`: `{id, places, label?}` each."""

    accounts: tuple[Values, ...]
    total: int


class QuotaBooked(NamedTuple):
    account: str
    places: int
    refs: tuple[str, ...] = ()


class QuotaReleased(NamedTuple):
    account: str
    places: int
    refs: tuple[str, ...] = ()


class QuotaTransferred(NamedTuple):
    source: str
    target: str
    places: int


class NumberIssued(NamedTuple):
    series: str
    number: int
    text: str


class NotificationRequested(NamedTuple):
    """`to`: `role@org` or `user:ID`; `params` hold no personal values."""

    template: str
    to: tuple[str, ...]
    about: str = ""
    params: Values = NOTHING


Effect = RecordPut | QuotaOpened | QuotaBooked | QuotaReleased | QuotaTransferred | NumberIssued | NotificationRequested
Event = (
    InstanceStarted | Titled | InstanceEnded | SchemeAmended
    | ScopeOpened | ScopeClosed | ScopeCancelled | ScopeEmptied | Entered | Left | Dropped | Passed | VariablesSet | Noted | ResultKept
    | ResultDropped
    | TaskOpened | TaskClaimed | TaskReleased | TaskReassigned | TaskDelegated | TaskResolved | TaskCompleted | Withdrawable | TaskWithdrawn
    | TaskCancelled | TaskExtended | TaskOverdue | Reminded | Urged | SignerAdded | SignerRemoved
    | TimerArmed | TimerFired | TimerMoved | TimerDisarmed | Subscribed | Resubscribed | Unsubscribed | Caught | Thrown
    | Decided | JobQueued | JobFinished | ChildClosed | IncidentOpened | IncidentClosed | Effect
)

EFFECTS: frozenset[type[Any]] = frozenset(Effect.__args__)
EVENTS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in Event.__args__}
from_json = reader(EVENTS)


def to_entry(events: tuple[Any, ...]) -> list[tuple[str, dict[str, Json]]]:
    """Events as the journal keeps them: `[[type name, fields], …]`."""
    return [(type(event).__name__, dict(zip(event._fields, event))) for event in events]


def to_seal(events: tuple[Any, ...]) -> list[object]:
    """The same for an entry that is only to be sealed: equal canonical bytes, sooner there."""
    return [_SEALING[type(event)](event) if type(event) in _SEALING else (type(event).__name__, dict(zip(event._fields, event))) for event in events]


def from_entry(entries: list[list[Json]]) -> tuple[Any, ...]:
    """The inverse of `to_entry`."""
    return tuple(from_json(name, fields) for name, fields in entries)


@lru_cache(4096)
def _left(event: Left) -> orjson.Fragment:
    """The ways through a process are few: each is written once."""
    return orjson.Fragment(canonical_bytes(to_entry((event,))[0]))


@lru_cache(4096)
def _entered(event: Entered) -> orjson.Fragment:
    return orjson.Fragment(canonical_bytes(to_entry((event,))[0]))


def _task_opened(event: TaskOpened) -> object:
    task, scope, element, name, candidates, assignee, form, stage, about, due_at, due_basis, priority, variables, marks, at = event
    return "TaskOpened", {
        "about": about, "assignee": assignee, "at": written(at), "candidates": candidates, "due_at": due_at, "due_basis": due_basis, "element": element,
        "form": form, "marks": marks, "name": name, "priority": priority, "scope": scope, "stage": stage, "task": task, "variables": variables}


def _task_completed(event: TaskCompleted) -> object:
    task, by, outcome, opinion, answers, subjects, at, on_behalf_of, to = event
    return "TaskCompleted", {
        "answers": answers, "at": written(at), "by": by, "on_behalf_of": on_behalf_of, "opinion": opinion, "outcome": outcome, "subjects": subjects,
        "task": task, "to": to}


def _variables_set(event: VariablesSet) -> object:
    scope, values = event
    return "VariablesSet", {"scope": scope, "values": values}


# Almost every step has these; written out they are several times as fast.
_SEALING: Mapping[type[Any], Callable[[Any], object]] = {
    Left: _left, Entered: _entered, TaskOpened: _task_opened, TaskCompleted: _task_completed, VariablesSet: _variables_set,
}
