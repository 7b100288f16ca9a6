"""What can start an instance of a process from outside: messages, signals, timers; starts nothing."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.graph import EventDefinition, Node, Process


@dataclass(frozen=True, slots=True)
class Trigger:
    """`start` goes into `Start.start`. `kind`: message | signal | timer | conditional; `name`: of the message or signal."""

    kind: str
    name: str
    start: str
    definition: EventDefinition


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
