"""A small place for tests: many instances, their jobs, messages, signals and timers, a clock that is moved by hand. Keeps rows in memory,
or — with `reload` — only as text made from the steps' changes, read anew before every step, as a database would."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from engine import commands as c
from engine import events as e
from engine.bpmn.graph import GraphSet
from engine.engine import step
from engine.execution.rows import (
    Changes, IncidentRow, InstanceRow, JobRow, ResultRow, ScopeRow, SubscriptionRow, TaskRow, TimerRow,
)
from engine.starts import triggers
from engine.execution.timers import first_due, next_due, timer_value
from engine.execution.workspace import MODULUS, Workspace, row_hash
from engine.facts import GivenFacts, Recording
from engine.feel import Environment
from engine.journal.canonical import canonical_text, from_canonical
from engine.journal.entry import Entry
from engine.refusals import Conflict

UTC = ZoneInfo("UTC")
EPOCH = datetime(2030, 1, 1, 9, tzinfo=timezone.utc)
KINDS = (ScopeRow, ResultRow, TaskRow, TimerRow, SubscriptionRow, JobRow, IncidentRow)
TUPLES = {kind: [each.name for each in fields(kind) if str(each.type).startswith("tuple")] for kind in (*KINDS, InstanceRow)}


def row_text(row: Any) -> str:
    return canonical_text({name: getattr(row, name) for name in row.__slots__})


def row_of(kind: type, text: str) -> Any:
    given = from_canonical(text)
    return kind(**{**given, **{name: tuple(given[name]) for name in TUPLES[kind]}})


class TextRows:
    """A source that holds every row as canonical text and changes only by what steps hand over."""

    def __init__(self) -> None:
        self.tables: dict[type, dict[Any, str]] = {kind: {} for kind in KINDS}
        self.head = ""

    def apply(self, changes: Changes) -> None:
        self.head = row_text(changes.instance)
        for kind, rows in changes.saved.items():
            self.tables[kind].update({key: row_text(row) for key, row in rows.items() if kind is not JobRow or row.kind == "service"})
        for kind, keys in changes.removed.items():
            for key in keys:
                del self.tables[kind][key]

    def _one(self, kind: type, key: Any) -> Any:
        text = self.tables[kind].get(key)
        return None if text is None else row_of(kind, text)

    def _all(self, kind: type, test: Callable[[Any], bool]) -> list[Any]:
        return [row for row in (row_of(kind, text) for text in self.tables[kind].values()) if test(row)]

    def scope(self, id: int) -> Any: return self._one(ScopeRow, id)
    def scopes_in(self, parent: int) -> Any: return self._all(ScopeRow, lambda row: row.parent == parent)
    def result(self, scope: int, index: int) -> Any: return self._one(ResultRow, (scope, index))
    def results(self, scope: int) -> Any: return self._all(ResultRow, lambda row: row.scope == scope)
    def task(self, id: str) -> Any: return self._one(TaskRow, id)
    def tasks_in(self, scope: int) -> Any: return self._all(TaskRow, lambda row: row.scope == scope and row.state == "open")
    def timer(self, id: str) -> Any: return self._one(TimerRow, id)
    def timers_in(self, scope: int) -> Any: return self._all(TimerRow, lambda row: row.scope == scope)
    def subscription(self, id: str) -> Any: return self._one(SubscriptionRow, id)
    def subscriptions_in(self, scope: int) -> Any: return self._all(SubscriptionRow, lambda row: row.scope == scope)
    def subscriptions_for(self, kind: str, name: str) -> Any: return self._all(SubscriptionRow, lambda row: (row.kind, row.name) == (kind, name))
    def job(self, id: str) -> Any: return self._one(JobRow, id)
    def incident(self, id: str) -> Any: return self._one(IncidentRow, id)

    def whole(self, kind: type) -> list[Any]:
        return self._all(kind, lambda row: kind is not TaskRow or row.state == "open")

    def rows(self, kind: type) -> list[Any]:
        return self._all(kind, lambda row: True)


class Held:
    """One instance of the place: its rows, its journal, its running state hash."""

    def __init__(self, reload: bool) -> None:
        self.rows = TextRows()
        self.reload = reload
        self.kept = Workspace()
        self.entries: list[Entry] = []
        self.hash = 0

    @property
    def workspace(self) -> Workspace:
        if self.reload and self.rows.head:
            return Workspace(self.rows, row_of(InstanceRow, self.rows.head))
        return self.kept

    @property
    def head(self) -> InstanceRow:
        return row_of(InstanceRow, self.rows.head) if self.reload else self.kept.head

    def all(self, kind: type) -> list[Any]:
        if self.reload:
            found = self.rows.rows(kind)
        else:
            found = list(next(table for table in self.kept.tables if table.kind is kind).rows.values())
        return sorted(found, key=lambda row: int(row.id[1:]) if isinstance(row.id, str) else row.id)


class World:
    """A place with a package. `record` keeps journal entries (slower)."""

    def __init__(
        self, graphs: GraphSet, reload: bool = False, record: bool = False, now: datetime = EPOCH, answer: Callable[..., Any] | None = None,
        scheme: Mapping[str, Any] | None = None, zone: str = "UTC", calendar: Any = None, functions: Mapping[str, Any] | None = None,
    ) -> None:
        self.graphs, self.reload, self.record, self.now = graphs, reload, record, now
        self.answer = answer or (lambda name, **args: True)
        self.given = {"scheme": scheme or {}, "zone": zone, "calendar": calendar, "functions": functions or {}}
        self.instances: dict[str, Held] = {}
        self.jobs: deque[JobRow] = deque()
        self.buffer: list[dict[str, Any]] = []  # messages that nobody waits for yet
        self.expired: list[str] = []  # names of those whose time to live ended
        self.schedules: list[dict[str, Any]] = []
        self.trace: list[tuple[str, str]] = []  # (root instance, element) of what completed, oldest first
        self.told: list[Any] = []  # all events, oldest first
        self._arm_schedules()

    # One step --------------------------------------------------------------------------------------------------------------------

    def do(self, instance: str, command: Any) -> tuple[Any, ...]:
        """Carry out a command on an instance and keep what it did; jobs are only queued."""
        held = self.instances.get(instance) or Held(self.reload)
        facts = Recording(GivenFacts(now=self.now, answer=self.answer, **self.given))
        workspace = held.workspace
        events = step(workspace, self.graphs, command, facts)
        self.instances[instance] = held
        changes = workspace.changes()
        if self.reload:
            held.rows.apply(changes)
        held.hash = (held.hash + changes.hash_change) % MODULUS
        if self.record:
            held.entries.append(Entry(
                instance, len(held.entries) + 1, self.now, command.actor, type(command).__name__, c.to_json(command), e.to_entry(events),
                facts=facts.taken(), state_hash=f"{held.hash:064x}",
            ))
        self.jobs.extend(row for row in changes.saved.get(JobRow, {}).values() if row.kind != "service")
        self._note(workspace.head, events)
        return events

    def _note(self, head: InstanceRow, events: Iterable[Any]) -> None:
        self.told.extend(events)
        nodes, root = self.graphs.processes[head.process].nodes, head.root
        for event in events:
            match event:
                case e.Left(_, element, _) if nodes[element].multi is None and nodes[element].loop is None:
                    self.trace.append((root, element))
                case e.Passed(_, element):
                    self.trace.append((root, element))

    def start(self, process: str, variables: Mapping[str, Any] | None = None, **more: Any) -> str:
        id = f"{len(self.instances) + 1:032x}"
        self.do(id, c.Start("ann", id, process, variables=variables or {}, **more))
        self.quiet()
        return id

    def send(self, instance: str, command: Any) -> tuple[Any, ...]:
        """A command with all that follows from it."""
        events = self.do(instance, command)
        self.quiet()
        return events

    # Reading -----------------------------------------------------------------------------------------------------------------------

    def family(self, instance: str) -> list[tuple[str, Held]]:
        """The instance and those below it."""
        return [(id, held) for id, held in self.instances.items() if instance in held.head.path.split("/")]

    def open_tasks(self, instance: str) -> list[tuple[str, TaskRow]]:
        return [(id, task) for id, held in self.family(instance) for task in held.all(TaskRow) if task.state == "open"]

    def incidents(self, instance: str) -> list[IncidentRow]:
        return [row for _, held in self.family(instance) for row in held.all(IncidentRow) if row.state == "open"]

    def variables(self, instance: str) -> dict[str, Any]:
        return next(dict(row.variables) for row in self.instances[instance].all(ScopeRow) if row.id == 1)

    def complete(self, instance: str, element: str, outcome: str = "", **answers: Any) -> tuple[Any, ...]:
        """The first open task of that element."""
        id, task = next((id, task) for id, task in self.open_tasks(instance) if task.element == element)
        return self.send(id, c.Complete("ann", task.id, outcome, answers=answers))

    def state_hash(self, instance: str) -> int:
        """The state hash from all rows, not from changes."""
        held = self.instances[instance]
        workspace = held.workspace
        rows: list[Any] = [workspace.head]
        for kind in KINDS:
            source = held.rows.rows(kind) if self.reload else list(next(t for t in workspace.tables if t.kind is kind).rows.values())
            rows.extend(source)
        return sum(row_hash(workspace.head.id, row) for row in rows) % MODULUS

    # Jobs ----------------------------------------------------------------------------------------------------------------------------

    def quiet(self) -> None:
        """Carry out jobs until none is left."""
        while self.jobs or self._heard():
            if self.jobs:
                job = self.jobs.popleft()
                getattr(self, f"_{job.kind}")(job)

    def _heard(self) -> bool:
        """Did a waiting message find its receiver just now?"""
        self.expired += [data["name"] for data in self.buffer if data["until"] <= self.now]
        self.buffer = [data for data in self.buffer if data["until"] > self.now]
        for data in self.buffer:
            if self.deliver(data["name"], data["payload"], data["correlation"]):
                self.buffer.remove(data)
                return True
        return False

    def _start_child(self, job: JobRow) -> None:
        data = job.data
        parent = next((id for id, held in self.instances.items() if held.head.path == data["path"]), None)
        if parent is not None and self._alive(parent):
            self.do(data["child"], c.Start(
                "job", data["child"], data["process"], variables=data["variables"], parent=parent, parent_scope=job.scope,
                root=data["root"], path=data["path"], org=data["org"],
            ))

    def _alive(self, instance: str) -> bool:
        return instance in self.instances and self.instances[instance].head.state == "open"

    def _cancel_child(self, job: JobRow) -> None:
        if self._alive(job.data["child"]):
            self.do(job.data["child"], c.CancelByParent(job.data["reason"]))

    def _child_ended(self, job: JobRow) -> None:
        data = job.data
        self._up(data["parent"], c.ChildEnded(data["child"], data["scope"], data["variables"], data["outcome"]))

    def _child_threw(self, job: JobRow) -> None:
        data = job.data
        child = data.get("child") or next(id for id, held in self.instances.items() if held.head.parent == data["parent"] and held.head.parent_scope == data["scope"])
        self._up(data["parent"], c.ChildThrew(child, data["scope"], data["kind"], data["code"], data["variables"]))

    def _up(self, parent: str, command: Any) -> None:
        if self._alive(parent):
            try:
                self.do(parent, command)
            except Conflict:
                pass  # the caller no longer waits

    def _message(self, job: JobRow) -> None:
        data = job.data
        if not self.deliver(data["name"], data["payload"], data["correlation"]):
            self.buffer.append(data)

    def _signal(self, job: JobRow) -> None:
        self.broadcast(job.data["name"], job.data["payload"], job.data["from"])

    # Messages, signals, time --------------------------------------------------------------------------------------------------------------

    def message(self, name: str, payload: Mapping[str, Any] | None = None, correlation: str = "") -> bool:
        taken = self.deliver(name, payload or {}, correlation)
        self.quiet()
        return taken

    def deliver(self, name: str, payload: Mapping[str, Any], correlation: str) -> bool:
        """To one waiting receiver, else to one start."""
        for id in list(self.instances):
            if self._alive(id):
                try:
                    self.do(id, c.Correlate(name, correlation, payload))
                    return True
                except Conflict:
                    continue
        for process in self.graphs.processes.values():
            for trigger in triggers(process):
                if (trigger.kind, trigger.name) == ("message", name):
                    self._begin(process.id, trigger.start, payload)
                    return True
        return False

    def signal(self, name: str) -> None:
        self.broadcast(name, {}, "")
        self.quiet()

    def broadcast(self, name: str, payload: Mapping[str, Any], thrower: str) -> None:
        for id in [id for id in self.instances if id != thrower and self._alive(id)]:
            self.do(id, c.Signal(name, payload))
        for process in self.graphs.processes.values():
            for trigger in triggers(process):
                if (trigger.kind, trigger.name) == ("signal", name):
                    self._begin(process.id, trigger.start, payload)

    def _begin(self, process: str, start: str, payload: Mapping[str, Any]) -> None:
        id = f"{len(self.instances) + 1:032x}"
        self.do(id, c.Start("job", id, process, start=start, payload=payload))

    def _arm_schedules(self) -> None:
        environment = Environment(self.now, UTC)
        for process in self.graphs.processes.values():
            for trigger in triggers(process):
                if trigger.kind == "timer":
                    kind, value = timer_value(trigger.definition)
                    due = first_due(kind, value if isinstance(value, str) else value({}, environment), self.now, UTC)
                    self.schedules.append({"at": due.at, "data": dict(due.data), "process": process.id, "start": trigger.start})

    def advance(self, length: timedelta) -> None:
        """Move the clock; everything due on the way happens at its moment, in order."""
        until = self.now + length
        while True:
            timers = [(row.due_at, number, id, row.id) for number, (id, held) in enumerate(self.instances.items()) if held.head.state == "open"
                      for row in held.all(TimerRow) if row.due_at <= until]
            starts = [(schedule["at"], -1, "", str(number)) for number, schedule in enumerate(self.schedules) if schedule["at"] <= until]
            if not timers and not starts:
                break
            at, _, instance, timer = min(timers + starts)
            self.now = max(self.now, at)
            if instance:
                self.do(instance, c.FireTimer(timer))
            else:
                self._scheduled(self.schedules[int(timer)])
            self.quiet()
        self.now = until

    def _scheduled(self, schedule: dict[str, Any]) -> None:
        again = next_due(schedule["at"], schedule["data"], self.now, UTC)
        if again is None:
            self.schedules.remove(schedule)
        else:
            schedule["at"], schedule["data"] = again.at, {**schedule["data"], **again.data}
        self._begin(schedule["process"], schedule["start"], {})
