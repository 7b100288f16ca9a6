"""Says what of a process SpiffWorkflow cannot run beside our engine, and why; our own engine runs all of it (its limits are `engine/bpmn/`'s)."""
from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.graph import ACTIVITIES, Body, Node, Process
from engine.refusals import Finding

ELEMENTS = frozenset({
    "task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity", "subProcess",
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway",
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
})
EVENTS = frozenset({"message", "timer", "signal", "conditional", "error", "escalation", "terminate"})


def outside(process: Process) -> list[Finding]:
    """What is outside, in document order; empty when both engines can be compared all the way. Code `spiff.outside.…`, a note."""
    found = [_finding(process, process.id, process.line, reason) for reason in _of_body(process.body)]
    for node in process.nodes.values():
        found += [_finding(process, node.id, node.line, reason) for reason in _of_node(node)]
    return found


def _finding(process: Process, element: str, line: int, reason: str) -> Finding:
    return Finding(f"spiff.outside.{reason}", process.file, element, line, "note")


def _of_body(body: Body) -> Iterator[str]:
    kinds = [node.kind for node in body.nodes]
    if kinds.count("startEvent") != 1:
        yield "starts"
    if "endEvent" not in kinds:
        yield "ends"


def _of_node(node: Node) -> Iterator[str]:
    if node.kind not in ELEMENTS or node.triggered_by_event or node.for_compensation or node.instantiate:
        yield "element"
        return
    if node.body is not None:
        yield from _of_body(node.body)
    if len(node.events) > 1 or any(event.kind not in EVENTS for event in node.events):
        yield "event"
    if (node.kind in ACTIVITIES or node.kind in ("startEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")) and (
        len(node.outgoing) > 1 or any(flow.condition is not None for flow in node.outgoing)
    ):
        yield "fork"
    if node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) > 1 and any(
        flow.condition is None and flow.id != node.default for flow in node.outgoing
    ):
        yield "condition"
    if node.kind == "inclusiveGateway" and len(node.incoming) > 1:
        yield "inclusive"  # it does not wait for a branch with a merge in it, nor in the second round of a loop
    if node.start_quantity > 1 or node.completion_quantity > 1:
        yield "quantity"
    if node.multi is not None and node.multi.behavior != "All":
        yield "behavior"
    if node.loop is not None and not (node.loop.maximum is None or isinstance(node.loop.maximum, str)):
        yield "maximum"
