"""What elements throw — messages, signals, escalations, errors, compensation, cancellation, termination — and where along the scopes it is caught."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine import events as e
from engine.bpmn.graph import EventDefinition, Message, Node
from engine.execution import compensation
from engine.execution.activity import finish, single, storable
from engine.execution.catching import boundary, correlation, event_name, event_sub_process, message_came
from engine.execution.flow import body_of, enter, leave
from engine.execution.interrupt import empty
from engine.execution.plan import Element, Plan, code_of, matches_code
from engine.execution.problem import Problem
from engine.execution.repeat import collect, thrown_definition
from engine.execution.rows import ScopeRow
from engine.execution.step import PERFORMS, Step
from engine.execution.timers import Period, after, period

Json = Any
Values = Mapping[str, Json]
WAITS = Period(0, timedelta(days=30))  # how long a message waits for a receiver unless the diagram says otherwise
LAST = ("error", "cancel", "terminate")  # results that end the scope they are thrown in come after all others


def throw_event(step: Step, scope: int, element: Element) -> None:
    """A token is in a throwing or an end event: its results are thrown one after the other."""
    if element.node.events or element.node.service is not None:
        step.push("throw", scope, element.id, 0)
    else:
        leave(step, scope, element)


def throw(step: Step, scope: int, id: str, number: int) -> None:
    """Throw result `number` of the event, then go on to the next; after the last the token leaves."""
    row = step.workspace.scopes.get(scope)
    if row is None or id not in row.tokens:
        return
    element = step.plan.elements[id]
    definitions = sorted(element.node.events, key=lambda one: one.kind in LAST)
    if number < len(definitions):
        _result(step, scope, element, definitions[number], number)
    else:
        leave(step, scope, element)


def _result(step: Step, scope: int, element: Element, definition: EventDefinition, number: int) -> None:
    following = ("throw", scope, element.id, number + 1)
    match definition.kind:
        case "message":
            send(step, scope, element, definition.ref)
            step.push(*following)
        case "signal":
            step.later.append(("signal", scope, element.id, event_name(definition), list(following)))
        case "escalation":
            escalate(step, scope, element.id, code_of(definition.ref), {})
            step.push(*following)
        case "compensate":
            _compensate(step, scope, element, definition, number + 1)
        case "link":
            _jump(step, scope, element, definition.link)
        case "error":
            step.emit(e.Left(scope, element.id, ()))
            throw_error(step, scope, element.id, code_of(definition.ref), {})
        case "cancel":
            _cancel_transaction(step, scope, element)
        case "terminate":
            _terminate(step, scope, element)
        case _:
            step.push(*following)


# Messages and signals -----------------------------------------------------------------------------------------------------------------


def send(step: Step, scope: int, element: Element, message: Message | None) -> None:
    """A message goes out; who takes it is found outside. Its payload: the event's inputs, else nothing."""
    if message is None:
        return
    payload: dict[str, Json] = {}
    for mapping in element.node.inputs:
        payload[mapping.target] = storable(step.value(mapping.source, step.names(scope, payload)), mapping.target)
    _post(step, scope, element, message, payload)


def _post(step: Step, scope: int, element: Element, message: Message, payload: Values) -> None:
    key = correlation(step, scope, message)
    length = WAITS if message.time_to_live is None else period(step.value(message.time_to_live, step.names(scope)))
    until = after(step.now, length, step.zone)
    step.emit(e.Thrown(scope, element.id, "message", message.name, payload))
    step.emit(e.JobQueued(step.next_id("j"), "message", None, element.id, {"name": message.name, "correlation": key, "payload": payload, "until": until}))


def send_task(step: Step, scope: int, element: Element, local: Values) -> None:
    """A send task with a message sends it; one with an operation carries that out."""
    if element.node.message is not None:
        send(step, scope, element, element.node.message)
        finish(step, scope, element, {}, local)
    else:
        PERFORMS["serviceTask"](step, scope, element, local)


def signal(step: Step, scope: int, id: str, name: str, following: list[Json]) -> None:
    """Every receiver in the instance takes the signal now; those in other instances by a job. Then the thrower goes on."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    node = step.plan.elements[id].node
    inputs = () if node.multi is not None else node.inputs  # those of a multi-instance activity are for its own work
    payload = {mapping.target: storable(step.value(mapping.source, step.names(scope)), mapping.target) for mapping in inputs}
    step.emit(e.Thrown(scope, id, "signal", name, payload))
    for subscription in step.workspace.subscriptions_for("signal", name):
        message_came(step, subscription, "signal", payload)
    step.emit(e.JobQueued(step.next_id("j"), "signal", None, id, {"name": name, "payload": payload, "from": step.workspace.head.id}))
    if following:
        step.push(*following)


def cast(step: Step, body: int, id: str, which: str) -> None:
    """An event that a multi-instance activity throws while its instances complete (`behavior`).

    Its own boundary events catch it without taking the token away; one that interrupts ends a complex behavior's other instances.
    """
    row, element = step.workspace.scopes.get(body), step.plan.elements[id]
    multi = element.node.multi
    if row is None or row.parent is None or multi is None:
        return
    definition = thrown_definition(multi, which)
    catchers = [node for node in element.boundary if any(_same_event(one, definition) for one in node.events)]
    for node in catchers:
        step.emit(e.Caught(body, node.id, definition.kind, event_name(definition), {}))
        step.emit(e.Entered(row.parent, node.id, ()))
        leave(step, row.parent, step.plan.elements[node.id])
    if catchers:
        if multi.behavior == "Complex" and any(node.interrupting for node in catchers):
            collect(step, body)
        return
    match definition.kind:
        case "signal":
            step.push("signal", row.parent, id, event_name(definition), [])  # the body may be over when its turn comes
        case "message" if definition.ref is not None:
            _post(step, body, element, definition.ref, {})
        case "escalation":
            escalate(step, body, id, code_of(definition.ref), {})
        case "error":
            throw_error(step, body, id, code_of(definition.ref), {})
        case _:
            raise Problem("multi.behavior", kind=definition.kind)


def _same_event(one: EventDefinition, thrown: EventDefinition) -> bool:
    if one.kind != thrown.kind:
        return False
    if one.kind in ("error", "escalation"):
        return one.ref is None or code_of(one.ref) == code_of(thrown.ref)
    return one.ref == thrown.ref if one.ref is None or thrown.ref is None else one.ref.name == thrown.ref.name


def _jump(step: Step, scope: int, element: Element, link: str) -> None:
    target = step.plan.link_target(element.node, link)
    if target is None:
        raise Problem("link.no_target", link=link)
    step.emit(e.Left(scope, element.id, ()))
    enter(step, scope, step.plan.elements[target])


# Errors and escalations ---------------------------------------------------------------------------------------------------------------


def throw_error(step: Step, scope: int, element: str, code: str, payload: Values) -> None:
    """The innermost catcher around `scope` takes the error; without one the instance has failed."""
    step.emit(e.Thrown(scope, element, "error", code, payload))
    found = catcher(step, scope, "error", code)
    if found is None:
        step.push("fail", code)
    else:
        _caught(step, *found, "error", code, payload)


def escalate(step: Step, scope: int, element: str, code: str, payload: Values) -> None:
    """The innermost catcher takes the escalation; without one it goes to the calling instance, or nothing happens."""
    step.emit(e.Thrown(scope, element, "escalation", code, payload))
    found = catcher(step, scope, "escalation", code)
    if found is not None:
        _caught(step, *found, "escalation", code, payload)
        return
    head = step.workspace.head
    if head.parent is not None and head.parent_scope is not None:
        step.emit(e.JobQueued(step.next_id("j"), "child_threw", None, element, {
            "parent": head.parent, "scope": head.parent_scope, "kind": "escalation", "code": code, "variables": dict(payload),
        }))


def _caught(step: Step, row: ScopeRow, element: Element, definition: EventDefinition, kind: str, code: str, payload: Values) -> None:
    values = dict(payload)
    if definition.code_variable:
        values[definition.code_variable] = code
    step.emit(e.Caught(row.id, element.id, kind, code, values))
    if element.kind == "boundaryEvent":
        boundary(step, row, element, values)
    else:
        event_sub_process(step, row, element, values)


def catcher(step: Step, scope: int, kind: str, code: str) -> tuple[ScopeRow, Element, EventDefinition] | None:
    """The scope, event and definition that catch; in each scope an exact code goes before «any»."""
    below: ScopeRow | None = None
    for row in step.chain(scope):
        events = [(node, one) for node in _candidates(step, row, below) for one in node.events if one.kind == kind]
        for exact in (True, False):
            for node, definition in events:
                if matches_code(definition, code) if exact else definition.ref is None or not definition.ref.code:
                    return row, step.plan.elements[node.id], definition
        below = row
    return None


def _candidates(step: Step, row: ScopeRow, below: ScopeRow | None) -> list[Node]:
    """The start events of the scope's event sub-processes, and the boundary events on the scope."""
    plan, found = step.plan, list[Node]()
    body = plan.bodies.get(body_of(step, row)) if "mi" not in row.data and "loop" not in row.data else None
    if body is not None and (below is None or not _catches(plan, below.element)):
        for id in body.event_sub_processes:
            inside = plan.elements[id].node.body
            found.extend(plan.elements[start].node for start in (inside.starts if inside is not None else ()))
    if row.parent is not None and row.data.keys().isdisjoint(("index", "round", "compensating")):
        found.extend(plan.elements[row.element].boundary)
    return found


def _catches(plan: Plan, id: str) -> bool:
    """Is it an event sub-process that catches errors or escalations? What it throws goes outward: its neighbours might give it back for ever."""
    node = plan.elements[id].node
    starts = node.body.starts if node.body is not None and node.triggered_by_event else ()
    return any(one.kind in ("error", "escalation") for start in starts for one in plan.elements[start].node.events)


# Compensation, cancellation, termination -------------------------------------------------------------------------------------------------


def _compensate(step: Step, scope: int, element: Element, definition: EventDefinition, following: int) -> None:
    step.emit(e.Thrown(scope, element.id, "compensate", definition.activity, {}))
    records = compensation.take(step, scope, definition.activity)
    if not records:
        step.push("throw", scope, element.id, following)
        return
    own = step.next_scope()
    if definition.wait:
        step.emit(e.ScopeOpened(own, scope, element.id, {}, {"throwing": following}))
    else:  # a second token stays in the event until the handlers are done; the first goes on
        step.emit(e.Entered(scope, element.id, ()))
        step.emit(e.ScopeOpened(own, scope, element.id, {}, {"compensating": True}))
        step.push("throw", scope, element.id, following)
    for record in records:
        step.push("undo", own, record)


def undo(step: Step, scope: int, record: Mapping[str, Any]) -> None:
    """Compensate one completed activity inside the scope of the throw: its handler, or what is inside it."""
    if step.workspace.scopes.get(scope) is None:
        return
    element = step.plan.elements[record["activity"]]
    handler = compensation.handler(step, element.node)
    if handler is not None:
        step.emit(e.Entered(scope, handler.id, ()))
        if handler.node.multi is not None or handler.node.loop is not None:
            step.push("repeat", scope, handler.id)
        else:
            single(step, scope, handler, record["variables"] if handler.scoped else {})
        return
    inside = compensation.event_sub_process(step, element.node)
    step.emit(e.Entered(scope, element.id, ()))
    own = step.next_scope()
    data = {"compensating": True, "compensable": list(record["inner"])}
    step.emit(e.ScopeOpened(own, scope, element.id, record["variables"], data))
    if inside is not None:
        event_sub_process(step, step.workspace.scopes[own], inside[1], {})
        return
    step.emit(e.Noted(own, {"compensable": None}))
    for inner in reversed(record["inner"]):
        step.push("undo", own, inner)


def _cancel_transaction(step: Step, scope: int, element: Element) -> None:
    """Everything else in the transaction stops, what was done in it is compensated, then the cancel boundary event goes on.

    One of many instances cancels them all, for the boundary event is that of the activity.
    """
    row = step.workspace.scopes[scope]
    while row.parent is not None and (step.plan.elements[row.element].kind != "transaction" or "index" in row.data or "round" in row.data):
        row = step.workspace.scopes[row.parent]
    if row.parent is None:
        raise Problem("cancel.no_transaction", element=element.id)
    step.emit(e.Thrown(scope, element.id, "cancel", "", {}))
    below = list(step.workspace.subtree(row.id))[:0:-1]  # inner ones first, without itself
    unfinished = [record for each in below for record in reversed(each.data.get("compensable", []))]
    empty(step, row, element.id, stay=element.id if row.id == scope else "")
    step.emit(e.Noted(row.id, {"cancelled": True}))
    records = [*unfinished, *compensation.take(step, row.id, "")]
    if row.id != scope:
        step.emit(e.Entered(row.id, element.id, ()))
    if not records:
        leave(step, row.id, element)
        return
    own = step.next_scope()
    step.emit(e.ScopeOpened(own, row.id, element.id, {}, {"throwing": len(element.node.events)}))
    for record in records:
        step.push("undo", own, record)


def cancelled(step: Step, scope: int) -> None:
    """A cancelled transaction is compensated: its cancel boundary event happens; without one the token goes on."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    element = step.plan.elements[row.element]
    for node in element.boundary:
        if any(one.kind == "cancel" for one in node.events):
            boundary(step, row, step.plan.elements[node.id], {})
            return
    finish(step, scope, element, {})


def _terminate(step: Step, scope: int, element: Element) -> None:
    """The scope ends at once, with all that lives in it."""
    step.emit(e.Left(scope, element.id, ()))
    step.emit(e.Thrown(scope, element.id, "terminate", "", {}))
    row = step.workspace.scopes[scope]
    if row.tokens or row.data.get("holds") or step.workspace.scopes_in(scope):
        empty(step, row, element.id)
    if row.parent is None:
        step.push("end", element.id)
    else:
        if "adhoc" in row.data:
            step.emit(e.Noted(scope, {"adhoc": []}))
        step.push("settle", scope)


