"""One moment of an instance for a reader, as the page and as the island take it: state, data, tasks, children in words. Looks up, decides nothing."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.locale import say
from adapters.web.audit.ports import Auditing
from adapters.web.audit.telling import kind_of, sentence, tasks_of
from adapters.web.history import Telling
from adapters.web.ports import Row
from adapters.web.reading import SHOWN_NODES, evaluated, failure
from adapters.web.rendering import LAMPS, Clockwork
from adapters.web.signed_in import Visitor
from engine.bpmn.graph import Process
from engine.scheme.calendar import CalendarTooShort
from engine.scheme.deadline import lamp


ROUNDS = frozenset({"userTask", "callActivity", "subProcess", "manualTask"})  # of what happens by itself nobody counts the rounds


@dataclass(frozen=True, slots=True)
class StepLine:
    """An entry as a stop of the slider. `at`: aware; `elements`: ids that it entered or left; `rounds`: names entered again, with the how-manieth time."""

    seq: int
    at: datetime
    who: str
    kind: str
    sentence: str
    elements: tuple[str, ...]
    rounds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskThen:
    """A task as it stood open. `lamp`: normal | soon | late as it showed then, empty without one."""

    element: str
    name: str
    who: str
    due_at: datetime | None
    lamp: str


@dataclass(frozen=True, slots=True)
class ChildThen:
    """A child as it stood. `state`: in words, with the date where something happens only before the next step."""

    title: str
    state: str
    link: str


@dataclass(frozen=True, slots=True)
class MomentView:
    """Everything of one moment in words. `then`: dates and lamps as they read at that moment."""

    row: Row
    step: StepLine
    then: Clockwork
    state: str
    outline: tuple[tuple[str, str, int], ...]
    tasks: tuple[TaskThen, ...]
    timers: tuple[tuple[str, str, datetime], ...]  # element, name, moment
    children: tuple[ChildThen, ...]
    data: tuple[tuple[str, str], ...]
    machine: tuple[tuple[str, str], ...]  # names and values that have no label
    rules: tuple[tuple[str, str], ...]  # heading, value: package, scheme, engine
    incidents: Mapping[str, str]
    process: Process


def steps(visitor: Visitor, line: Row, entries: Sequence[Row]) -> list[StepLine]:
    """Every entry as a stop, in order."""
    tasks = {fields["task"]: fields for entry in entries for name, fields in entry.events if name == "TaskOpened"}
    return _steps(visitor, line, entries, tasks)


def one_step(visitor: Visitor, record: Auditing, line: Row, entry: Row) -> StepLine:
    """A single entry, without a look at the others."""
    tasks: dict[str, Any] = {fields["task"]: fields for name, fields in entry.events if name == "TaskOpened"}
    for (_, task), (name, form) in record.task_names(visitor.place.id, [(line.id, task) for task in tasks_of(entry) - tasks.keys()]).items():
        tasks[task] = {"name": name, "form": form}
    return _steps(visitor, line, [entry], tasks)[0]


def _steps(visitor: Visitor, line: Row, entries: Sequence[Row], tasks: Mapping[str, Any]) -> list[StepLine]:
    wanted = {entry.actor for entry in entries} | {str(entry.input.get(name, "")).removeprefix("user:") for entry in entries for name in ("to", "signer")}
    people = visitor.system.people.names(visitor.place.id, wanted)
    telling = Telling(visitor, line, tasks, people)
    return [_step(visitor, telling, line, entry, people) for entry in entries]


def _step(visitor: Visitor, telling: Telling, line: Row, entry: Row, people: Mapping[str, str]) -> StepLine:
    elements = dict.fromkeys(fields["element"] for name, fields in entry.events if name in ("Entered", "Left", "Passed"))
    who = visitor.words.person(entry.actor, people.get(entry.actor, ""))
    return StepLine(entry.seq, entry.at, who, kind_of(telling.kind(entry), entry), sentence(visitor, telling, line, entry), tuple(elements))


def moment(visitor: Visitor, record: Auditing, line: Row, row: Row, at: datetime | None = None) -> MomentView:
    """`row` in words. `at`: a moment between this entry and the next, for what happened elsewhere meanwhile; the entry's own without it."""
    place, words, language = visitor.place.id, visitor.words, visitor.language
    asked = at if at is not None and row.at <= at and (row.until is None or at < row.until) else row.at
    then = Clockwork(asked, visitor.zone, record.calendar(place, asked), language)
    process = words.bundle(row.package).graphs.processes[line.process]
    step = one_step(visitor, record, line, row.entry)
    rounds = tuple((process.nodes[id].name, times) for id, times in row.visits if times > 1 and process.nodes[id].kind in ROUNDS and process.nodes[id].name)
    shown, machine = _data(visitor, record, line, row)
    incidents = {element: failure(code, details, language) for element, (code, details) in row.incidents.items()}
    return MomentView(
        row, StepLine(step.seq, step.at, step.who, step.kind, step.sentence, step.elements, rounds), then, say(f"instance.{row.state}", language),
        tuple(_outline(process, row)), tuple(_task(visitor, line, process, task, then) for task in row.tasks),
        tuple((timer.element, _name(process, timer.element), timer.due_at) for timer in row.timers if timer.kind == "event"),
        tuple(_children(visitor, record, line, row, asked, then)), shown, machine, tuple(_rules(visitor, row)), incidents, process)


def _name(process: Process, element: str) -> str:
    node = process.nodes.get(element)
    if node is None or not node.attached_to or node.name:
        return node.name or element if node else element
    return process.nodes[node.attached_to].name or element


def _outline(process: Process, row: Row) -> list[tuple[str, str, int]]:
    """The diagram in words, in its own order."""
    found = []
    for node in sorted(process.nodes.values(), key=lambda node: node.order):
        if node.kind in SHOWN_NODES and node.name:
            times = row.passed.get(node.id, 0)
            state = "incident" if node.id in row.incidents else "active" if node.id in row.active else "passed" if times else "todo"
            found.append((node.name, state, times))
    return found


def _task(visitor: Visitor, line: Row, process: Process, task: Row, then: Clockwork) -> TaskThen:
    node = process.nodes.get(task.element)
    counts = node is None or node.user is None or node.user.overdue
    who = visitor.words.person(task.assignee) if task.assignee else "、".join(visitor.words.candidate(line.package, each) for each in task.candidates)
    return TaskThen(task.element, task.name, who, task.due_at, lamp_of(task.due_at, then) if counts else "")


def lamp_of(due_at: datetime | None, then: Clockwork) -> str:
    """normal | soon | late; empty without a date."""
    if due_at is None:
        return ""
    if then.now >= due_at:
        return "late"
    try:
        return LAMPS[lamp(due_at, then.now, then.calendar, then.zone)][0]
    except CalendarTooShort:
        return "normal"


def _children(visitor: Visitor, record: Auditing, line: Row, row: Row, asked: datetime, then: Clockwork) -> list[ChildThen]:
    """Those that began before the next step; what lies after the moment asked for says when."""
    found = []
    for child in record.children(visitor.place.id, visitor.person.id, line.id, row.until):
        if child.started_at > asked:
            state = say("{at} 启动", visitor.language, at=then.moment(child.started_at))
        elif child.ended_at is not None and child.ended_at <= asked:
            state = say("{state}（{at}）", visitor.language, state=say(f"instance.{child.state}", visitor.language), at=then.moment(child.ended_at))
        else:
            state = say("instance.open", visitor.language)
        later = max(asked, child.started_at)
        found.append(ChildThen(child.title, state, f"/audit/instances/{child.id}?at={stamp(later, visitor.zone)}"))
    return found


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """A moment for an address: local, to the microsecond."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="microseconds")


def read_stamp(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment of `stamp`, or of a date and time as a form sends it; None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def _data(visitor: Visitor, record: Auditing, line: Row, row: Row) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Answers under their fields' labels, personal ones as they stood; and what is the machine's."""
    parts = record.personal(visitor.place.id, visitor.person.id, line.id, row.seq)
    personal = {name: value for part in parts for name, value in part.values.items()}
    scheme = visitor.words.scheme(row.package, row.scheme)
    scope = {**row.data, "scheme": scheme.values if scheme else {}}
    shown = visitor.words.told(row.package, {**row.data, **personal}, lambda expression, answers: evaluated(expression, {**scope, **answers}))
    if any(part.erased for part in parts):
        shown.append((say("个人信息", visitor.language), say("已依法删除，不能再读出", visitor.language)))
    labelled = visitor.words.fields(row.package).keys()
    machine = [(name, value) for name, value in row.data.items() if name not in labelled]
    machine += [(f"{_inside(each)}.{name}", value) for each in row.inside for name, value in each.variables.items()]
    return tuple(shown), tuple((name, text_of(value)) for name, value in machine)


def _inside(scope: Row) -> str:
    return str(scope.element) if scope.index is None else f"{scope.element}[{scope.index + 1}]"


def text_of(value: Any) -> str:
    """A plain value of the machine's, short and exact."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case Decimal() | int() | str():
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{name}: {text_of(each)}" for name, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(text_of, value)) + "]"
    return str(value)


def _rules(visitor: Visitor, row: Row) -> list[tuple[str, str]]:
    """What applied then."""
    bundle, scheme = visitor.words.bundle(row.package), visitor.words.scheme(row.package, row.scheme)
    found = [("流程包", f"{bundle.package.title} {bundle.package.version}"), ("方案", scheme.title if scheme else ""), ("引擎", row.entry.engine)]
    state = say("与存档一致" if row.as_recorded else "与存档不一致", visitor.language)
    return [*[(say(heading, visitor.language), value) for heading, value in found if value],
            (say("状态指纹", visitor.language), f"{state} {row.entry.state_hash[:16]}")]


# As the island takes it --------------------------------------------------------------------------------------------------------------


def steps_json(visitor: Visitor, when: Clockwork, found: Sequence[StepLine]) -> dict[str, Any]:
    return {"steps": [{"seq": each.seq, "at": each.at.isoformat(), "when": when.moment(each.at), "kind": each.kind,
                       "sentence": _said(visitor, each), "elements": list(each.elements)} for each in found]}


def _said(visitor: Visitor, step: StepLine) -> str:
    return say("{who}：{sentence}", visitor.language, who=step.who, sentence=step.sentence) if step.who else step.sentence


def moment_json(visitor: Visitor, view: MomentView) -> dict[str, Any]:
    row, then = view.row, view.then
    said = _said(visitor, view.step)
    again = "；".join(say("“{name}”第 {times} 次", visitor.language, name=name, times=times) for name, times in view.step.rounds)
    data: dict[str, Any] = {**dict(view.data), say("当时适用", visitor.language): dict(view.rules)}
    if view.machine:
        data[say("详情", visitor.language)] = [{name: value} for name, value in view.machine]
    return {
        "seq": row.seq, "sentence": say("{said}（{again}）", visitor.language, said=said, again=again) if again else said, "active": list(row.active),
        "passed": {id: times for id, times in row.passed.items() if id in view.process.nodes}, "taken": list(row.taken), "incidents": dict(view.incidents),
        "data": data, "labels": {},
        "tasks": [{"element": t.element, "name": t.name, "who": t.who, **({"due": then.deadline(t.due_at)} if t.due_at else {}),
                   **({"lamp": t.lamp} if t.lamp else {})} for t in view.tasks],
        "timers": [{"element": element, "name": name, "at": then.deadline(at)} for element, name, at in view.timers],
        "children": [{"title": c.title, "state": c.state, "href": c.link} for c in view.children],
    }
