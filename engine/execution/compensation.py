"""What could be undone: activities that completed, kept in the scope they completed in, in the order of completion; undoes nothing itself."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import events as e
from engine.bpmn.graph import Node
from engine.execution.plan import Element
from engine.execution.step import Step

Record = Mapping[str, Any]  # {activity, variables (as they were at its end), inner: records of its own scope}


def remember(step: Step, scope: int, element: Element, variables: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """The activity completed in `scope`: keep it, if it has a handler or something inside it has."""
    inner = data.get("compensable", [])
    if not inner and handler(step, element.node) is None and event_sub_process(step, element.node) is None:
        return
    record = {"activity": element.id, "variables": variables, "inner": inner}
    kept = step.workspace.scopes[scope].data.get("compensable", [])
    step.emit(e.Noted(scope, {"compensable": [*kept, record]}))


def handler(step: Step, node: Node) -> Element | None:
    """The compensation activity associated with the boundary event of `node`."""
    for id in node.boundary:
        boundary = step.plan.elements[id].node
        if boundary.compensation_handler in step.plan.elements and any(one.kind == "compensate" for one in boundary.events):
            return step.plan.elements[boundary.compensation_handler]
    return None


def event_sub_process(step: Step, node: Node) -> tuple[Element, Element] | None:
    """The compensation event sub-process inside `node`, and its start event."""
    for id in node.body.event_sub_processes if node.body is not None else ():
        inside = step.plan.elements[id]
        for start in inside.node.body.starts if inside.node.body is not None else ():
            if any(one.kind == "compensate" for one in step.plan.elements[start].node.events):
                return inside, step.plan.elements[start]
    return None


def take(step: Step, scope: int, activity: str) -> list[Record]:
    """Remove and give the records that a throw in `scope` means: all of its surroundings, or those of `activity`, last one first.

    An event sub-process compensates for the scope it is in, beside its own.
    """
    found: list[Record] = []
    for row in step.chain(scope):
        kept = row.data.get("compensable", [])
        meant, left = _select(kept, activity)
        if meant:
            found.extend(reversed(meant))
            step.emit(e.Noted(row.id, {"compensable": left or None}))
        if row.parent is None or "throwing" in row.data or not step.plan.elements[row.element].node.triggered_by_event:
            break
    return found


def _select(records: list[Record], activity: str) -> tuple[list[Record], list[Record]]:
    """Those meant and those left; an activity inside a completed sub-process is found there."""
    if not activity:
        return records, []
    meant, left = [], []
    for record in records:
        if record["activity"] == activity:
            meant.append(record)
            continue
        inner, rest = _select(record["inner"], activity)
        meant.extend(inner)
        left.append({**record, "inner": rest} if inner else record)
    return meant, left
