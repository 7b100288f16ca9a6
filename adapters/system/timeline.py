"""How an instance stood right after any of its entries: the recorded events folded again by the engine's own `evolve`.

Carries out no command (that is `audit.py`, which proves that the events follow from the commands) and puts nothing into words.
"""
from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from adapters.database.source import wanted
from engine.bpmn.graph import Process
from engine.engine import evolve
from engine.events import (
    Entered, IncidentClosed, IncidentOpened, InstanceStarted, Left, Passed, from_entry,
)
from engine.execution.rows import TaskRow
from engine.execution.workspace import MODULUS, Workspace
from engine.journal.entry import Entry
from engine.refusals import NotFound, Refused

KEPT = 16  # instances whose fold is kept for the next question


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task as it stood open. `candidates`: who could take it; `assignee`: who had it."""

    id: str
    element: str
    name: str
    candidates: tuple[str, ...]
    assignee: str
    owner: str
    stage: str
    about: str
    opened_at: datetime | None
    due_at: datetime | None
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArmedTimer:
    """A timer that was running. `kind`: event | due | reminder | retry."""

    id: str
    element: str
    kind: str
    due_at: datetime
    task: str


@dataclass(frozen=True, slots=True)
class Inside:
    """Variables of a scope below the outermost. `index`: which child of a multi-instance body it is, from 0; None for any other scope."""

    element: str
    index: int | None
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of an instance right after entry `seq`; what is in it is never changed again.

    Attributes:
        last: how many entries the instance has; `until`: the moment of the next one, None after the last.
        active: elements that held a token. passed: how often an element was done, each round of a loop and each child of a multi-instance
            body once. taken: flows that were gone along. incidents: element → code, details.
        visits: what this entry entered, each with how often it had been entered by then: a loop's rounds are visits of their own.
        data: the outermost variables; `inside`: those of the scopes below.
        asked: everybody (`role@org`, `user:ID`) who could act on one of its tasks up to then.
        as_recorded: the folded rows have the state hash that the entry recorded.
    """

    instance: str
    seq: int
    last: int
    at: datetime
    until: datetime | None
    entry: Entry
    package: str
    scheme: str
    title: str
    state: str
    outcome: str
    active: tuple[str, ...]
    passed: Mapping[str, int]
    taken: tuple[str, ...]
    incidents: Mapping[str, tuple[str, Mapping[str, Any]]]
    visits: tuple[tuple[str, int], ...]
    data: Mapping[str, Any]
    inside: tuple[Inside, ...]
    tasks: tuple[OpenTask, ...]
    timers: tuple[ArmedTimer, ...]
    asked: tuple[str, ...]
    as_recorded: bool


ProcessOf = Callable[[str, str], Process]  # (package hash, process id)


class Passage:
    """Counts how often elements and flows were passed, event by event."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.flows: Counter[str] = Counter()
        self.entered: Counter[str] = Counter()
        self._children: Counter[str] = Counter()  # done inside what repeats, since it was entered

    def follow(self, event: Any, process: Process) -> None:
        match event:
            case Entered(element=id):
                self.entered[id] += 1
                self._children[id] = 0
            case Passed(element=id):
                self.passed[id] += 1
                self._children[id] += 1
            case Left(element=id, flows=flows):
                self.flows.update(flows)
                node = process.nodes[id]
                if (node.multi is None and node.loop is None) or not self._children[id]:
                    self.passed[id] += 1


class Reel:
    """The entries of one instance, folded forwards; going back begins anew. Used by one thread at a time."""

    def __init__(self, entries: Sequence[Entry], process: ProcessOf) -> None:
        """`entries`: all of the instance's, in order, at least one."""
        self.entries, self._process = entries, process
        self._rewind()

    def at(self, seq: int) -> Moment:
        """The state right after entry `seq`, 1 … the number of entries. Raises Refused `audit.unfoldable` where the events do not fit each other."""
        if seq < self._seq:
            self._rewind()
        while self._seq < seq:
            self._forward()
        return self._moment()

    def _rewind(self) -> None:
        self._workspace, self._passage, self._seq, self._total = Workspace(), Passage(), 0, 0
        self._asked: dict[str, None] = {}
        self._incidents: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
        self._visits: list[tuple[str, int]] = []

    def _forward(self) -> None:
        entry, workspace = self.entries[self._seq], self._workspace
        workspace.begin()
        self._visits = []
        try:
            self._fold(entry)
        except (LookupError, TypeError, ValueError, AttributeError, NotFound):
            raise Refused("audit.unfoldable", seq=entry.seq) from None
        changes = workspace.changes()
        self._total = (self._total + changes.hash_change) % MODULUS
        for row in changes.saved.get(TaskRow, {}).values():
            assert isinstance(row, TaskRow)
            self._asked.update(dict.fromkeys(sorted(_askable(row))))
        self._seq += 1

    def _fold(self, entry: Entry) -> None:
        for event in from_entry(entry.events):
            evolve(self._workspace, event)
            if isinstance(event, InstanceStarted):
                self._graph = self._process(event.package, event.process)
            self._follow(event)

    def _follow(self, event: Any) -> None:
        self._passage.follow(event, self._graph)
        match event:
            case Entered(element=id):
                self._visits.append((id, self._passage.entered[id]))
            case IncidentOpened(incident=incident, element=element, code=code, details=details):
                self._incidents[incident] = (element, code, details)
            case IncidentClosed(incident=incident):
                self._incidents.pop(incident, None)

    def _moment(self) -> Moment:
        entry, rows, head = self.entries[self._seq - 1], self._workspace, self._workspace.head
        following = self.entries[self._seq].at if self._seq < len(self.entries) else None
        scopes = [rows.scopes.rows[id] for id in sorted(rows.scopes.rows)]
        outermost = next((scope.variables for scope in scopes if scope.parent is None), {})
        return Moment(
            head.id, entry.seq, len(self.entries), entry.at, following, entry, entry.package or head.package, entry.scheme or head.scheme,
            head.title, head.state, head.outcome,
            tuple(sorted({id for scope in scopes for id in scope.tokens if id in self._graph.nodes})),
            dict(self._passage.passed), tuple(sorted(self._passage.flows)), {element: (code, details) for element, code, details in self._incidents.values()},
            tuple(self._visits), dict(outermost),
            tuple([Inside(s.element, s.data.get("index"), dict(s.variables)) for s in scopes if s.parent is not None and s.variables]),
            tuple([_open_task(row) for row in sorted(rows.tasks.rows.values(), key=_number) if row.state == "open"]),
            tuple([ArmedTimer(t.id, t.element, t.kind, t.due_at, t.task) for t in sorted(rows.timers.rows.values(), key=_number)]),
            tuple(self._asked), f"{self._total:064x}" == entry.state_hash)


def _askable(row: TaskRow) -> frozenset[str]:
    """Who saw the task by what this step left behind, and who completed it."""
    by = {f"user:{row.closed_by}"} if row.state == "completed" and row.closed_by else set()
    return wanted(row)[0] | by


def _open_task(row: TaskRow) -> OpenTask:
    return OpenTask(row.id, row.element, row.name, row.candidates, row.assignee, row.owner, row.stage, row.about, row.opened_at, row.due_at, row.marks)


def _number(row: Any) -> int:
    return int(row.id[1:])


class Timeline:
    """Moments of instances; keeps the folds that were asked for last, so that playing forwards costs one entry a step."""

    def __init__(self, read: Callable[[str, str], Sequence[Entry]], process: Callable[[str, str, str], Process]) -> None:
        """`read(place, instance)`: its entries in order. `process(place, package, process)`: the archived diagram's graph."""
        self._read, self._process = read, process
        self._reels: OrderedDict[tuple[str, str], tuple[Reel, Lock]] = OrderedDict()
        self._lock = Lock()

    def moment(self, place: str, instance: str, count: int, seq: int) -> Moment:
        """The state after entry `seq`. `count`: how many entries there are now; a fold of fewer is read anew."""
        reel, lock = self._reel(place, instance, count)
        with lock:
            return reel.at(max(1, min(seq, len(reel.entries))))

    def entries(self, place: str, instance: str, count: int) -> Sequence[Entry]:
        """The entries themselves, in order."""
        return self._reel(place, instance, count)[0].entries

    def _reel(self, place: str, instance: str, count: int) -> tuple[Reel, Lock]:
        key = place, instance
        with self._lock:
            found = self._reels.get(key)
            if found is not None and len(found[0].entries) == count:
                self._reels.move_to_end(key)
                return found
        made = Reel(self._read(place, instance), lambda package, process: self._process(place, package, process)), Lock()
        with self._lock:
            self._reels[key] = made
            self._reels.move_to_end(key)
            while len(self._reels) > KEPT:
                self._reels.popitem(last=False)
        return made


def last_before(entries: Sequence[Entry], at: datetime) -> int:
    """The number of the last entry not later than `at`; 0 when the instance began later."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle].at <= at:
            low = middle + 1
        else:
            high = middle
    return low
