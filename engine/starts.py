"""What can start an instance of a process from outside: messages, signals, timers; starts nothing."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.bpmn.graph import EventDefinition, Node, Process
from engine.execution.problem import Problem
from engine.execution.timers import Due, first_due, next_due, timer_value
from engine.facts import Facts
from engine.feel import Environment, FeelError
from engine.refusals import Refused


@dataclass(frozen=True, slots=True)
class Trigger:
    """`start` goes into `Start.start`. `kind`: message | signal | timer | conditional; `name`: of the message or signal."""

    kind: str
    name: str
    start: str
    definition: EventDefinition


@dataclass(frozen=True, slots=True)
class Armed:
    """A trigger that waits from now on; `due` of a timer."""

    process: str
    trigger: Trigger
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class Unarmed:
    """A timer start whose expression gives no moment; `code` says why."""

    process: Process
    trigger: Trigger
    code: str


def triggers(process: Process) -> tuple[Trigger, ...]:
    """In document order: triggered start events, instantiating receive tasks, events behind instantiating event-based gateways."""
    if not process.executable:
        return ()
    found: list[Trigger] = []
    for id in process.body.starts:
        node = process.nodes[id]
        if node.kind == "receiveTask" and node.message is not None:
            found.append(Trigger("message", node.message.name, id, EventDefinition("message", ref=node.message)))
        elif node.kind == "eventBasedGateway":
            for flow in node.outgoing:
                target = process.nodes[flow.target]
                if target.kind == "receiveTask" and target.message is not None:
                    found.append(Trigger("message", target.message.name, target.id, EventDefinition("message", ref=target.message)))
                found.extend(_of_event(target))
        elif node.kind == "startEvent":
            found.extend(_of_event(node))
    return tuple(found)


def _of_event(node: Node) -> Iterator[Trigger]:
    several = len(node.events) > 1
    for number, definition in enumerate(node.events):
        start = f"{node.id}#{number}" if several else node.id
        name = definition.ref.name if definition.ref is not None else definition.id
        yield Trigger(definition.kind, name if definition.kind in ("message", "signal") else "", start, definition)


def armed(processes: Iterable[Process], facts: Facts) -> tuple[list[Armed], list[Unarmed]]:
    """What waits outside from `facts.now` on, and the timers that say no moment: triggers of processes that nobody starts under a parent.

    An expression of a timer sees the scheme. A date that has passed is not armed, and a cycle waits for its next slot: a new version of a
    package does not begin again what an earlier one has begun.
    """
    ready, without = list[Armed](), list[Unarmed]()
    for process in processes:
        for trigger in triggers(process) if not process.started_under[0] else ():
            if trigger.kind in ("message", "signal"):
                ready.append(Armed(process.id, trigger))
            elif trigger.kind == "timer":
                try:
                    due = _due(trigger.definition, facts)
                except (Problem, FeelError, Refused) as error:
                    without.append(Unarmed(process, trigger, error.code))
                else:
                    ready += [Armed(process.id, trigger, due)] if due is not None else []
    return ready, without


def _due(definition: EventDefinition, facts: Facts) -> Due | None:
    zone = ZoneInfo(facts.zone)
    kind, value = timer_value(definition)
    if not isinstance(value, str):
        value = value({"scheme": facts.scheme}, Environment(now=facts.now, zone=zone, functions=facts.functions))
    first = first_due(kind, value, facts.now, zone)
    return first if first.at >= facts.now else next_due(first.at, first.data, facts.now, zone)
