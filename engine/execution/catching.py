"""Waiting for events and what their coming does: catch events, boundary events, event sub-processes, event gateways, receive tasks, conditions."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import events as e
from engine.bpmn.graph import EventDefinition, Message, Node
from engine.execution.activity import done, open_body, results
from engine.execution.flow import drop, leave
from engine.execution.interrupt import cancel, empty
from engine.execution.plan import Element
from engine.execution.problem import Problem
from engine.execution.rows import ScopeRow, SubscriptionRow, TimerRow
from engine.execution.step import Step
from engine.execution.timers import first_due, next_due, timer_value
from engine.journal.canonical import canonical_text

Json = Any
Values = Mapping[str, Json]
NOTHING: Values = {}


# Arming ------------------------------------------------------------------------------------------------------------------------------


def arm(step: Step, scope: int, id: str) -> None:
    """The event `id` waits from now on; its rows hang on `scope`."""
    if step.workspace.scopes.get(scope) is not None:
        wait_for(step, scope, step.plan.elements[id].node)


def wait_for(step: Step, scope: int, node: Node) -> None:
    """A timer or subscription for every trigger of the event that comes from outside; the others are found along the scopes."""
    ready = [_trigger(step, scope, definition) for definition in node.events]
    for number, (definition, found) in enumerate(zip(node.events, ready, strict=True)):
        data = {"trigger": number} if len(ready) > 1 else {}
        if definition.kind == "timer":
            step.emit(e.TimerArmed(step.next_id("c"), scope, node.id, "event", found.at, "", {**data, **found.data}))
        elif definition.kind == "conditional":
            step.emit(e.Subscribed(step.next_id("s"), scope, node.id, "condition", "", "", {**data, "was": False}))
            step.changed = True
        elif found is not None:
            name, correlation = found
            step.emit(e.Subscribed(step.next_id("s"), scope, node.id, definition.kind, name, correlation, data))


def _trigger(step: Step, scope: int, definition: EventDefinition) -> Any:
    """What there is to evaluate before a trigger can wait: a due moment, or name and correlation."""
    match definition.kind:
        case "timer":
            kind, value = timer_value(definition)
            return first_due(kind, step.value(value, step.names(scope)), step.now, step.zone)
        case "message":
            return event_name(definition), correlation(step, scope, definition.ref)
        case "signal":
            return event_name(definition), ""
    return None


def event_name(definition: EventDefinition) -> str:
    """What a message or signal is matched by."""
    return definition.ref.name if definition.ref is not None else definition.id


def correlation(step: Step, scope: int, ref: Message | None) -> str:
    """The correlation key of a message, as text; empty without one. Raises Problem when it is null."""
    if ref is None or ref.correlation is None:
        return ""
    value = step.value(ref.correlation, step.names(scope))
    if value is None:
        raise Problem("message.no_correlation", message=ref.name)
    return value if isinstance(value, str) else canonical_text(value)


# Catch events, receive tasks, event-based gateways --------------------------------------------------------------------------------------


def catch(step: Step, scope: int, element: Element) -> None:
    """A token is in an intermediate catch event; a link's, or one without a trigger, goes straight on."""
    node = element.node
    if not node.events or node.events[0].kind == "link":
        leave(step, scope, element)
    elif len(node.events) == 1:
        wait_for(step, scope, node)
    else:
        own = step.next_scope()
        step.emit(e.ScopeOpened(own, scope, node.id, NOTHING, NOTHING))
        step.push("arm", own, node.id)


def receive(step: Step, scope: int, element: Element, local: Values) -> None:
    """A receive task waits for its message."""
    node = element.node
    if node.message is None:
        raise Problem("message.none", element=node.id)
    key = correlation(step, scope, node.message)
    step.emit(e.Subscribed(step.next_id("s"), scope, node.id, "message", node.message.name, key, {}))


def event_gateway(step: Step, scope: int, element: Element) -> None:
    """The first of the events behind the gateway decides where its token goes."""
    own = step.next_scope()
    step.emit(e.ScopeOpened(own, scope, element.id, NOTHING, NOTHING))
    for flow in element.node.outgoing:
        target = step.plan.elements[flow.target]
        if target.kind == "receiveTask":
            step.push("perform", own, target.id)
        else:
            step.push("arm", own, target.id)


# What comes ---------------------------------------------------------------------------------------------------------------------------


def timer_fired(step: Step, timer: TimerRow) -> None:
    """An event timer is due: the event happens, and a cycle waits for its next slot."""
    element = step.plan.elements[timer.element]
    again = next_due(timer.due_at, timer.data, step.now, step.zone) if _repeats(element.node, timer.data) else None
    if again is None:
        step.emit(e.TimerFired(timer.id, step.now))
    else:
        step.emit(e.TimerMoved(timer.id, again.at, {**timer.data, **again.data}))
    step.push("happen", timer.scope, timer.element, timer.data.get("trigger", 0), {}, again is not None)


def _repeats(node: Node, data: Values) -> bool:
    """An interrupting event happens once; so does an intermediate one whose cycle has no end, for its token has gone."""
    return "left" in data if node.kind == "intermediateCatchEvent" else not node.interrupting


def message_came(step: Step, subscription: SubscriptionRow, kind: str, payload: Values) -> None:
    """A message or signal for a subscription; one that waits once is used up."""
    element = step.plan.elements[subscription.element]
    step.emit(e.Caught(subscription.scope, subscription.element, kind, subscription.name, payload))
    if not _repeatable(step, element, subscription.scope):
        step.emit(e.Unsubscribed(subscription.id))
    step.push("happen", subscription.scope, subscription.element, subscription.data.get("trigger", 0), dict(payload), False)


def _repeatable(step: Step, element: Element, scope: int) -> bool:
    return element.kind in ("boundaryEvent", "startEvent") and not element.node.interrupting


def conditions(step: Step) -> None:
    """Looks at every waiting condition; one that has become true makes its event happen."""
    for row in step.workspace.subscriptions_for("condition", ""):
        element = step.plan.elements[row.element]
        condition = element.node.events[row.data.get("trigger", 0)].condition
        true = condition is not None and condition(step.names(row.scope), step.environment) is True
        if true and not row.data["was"]:
            step.emit(e.Caught(row.scope, row.element, "condition", "", {}))
            if _repeatable(step, element, row.scope):
                step.emit(e.Resubscribed(row.id, {**row.data, "was": True}))
            else:
                step.emit(e.Unsubscribed(row.id))
            step.push("happen", row.scope, row.element, row.data.get("trigger", 0), {}, False)
        elif true != row.data["was"]:
            step.emit(e.Resubscribed(row.id, {**row.data, "was": true}))


def happen(step: Step, scope: int, id: str, trigger: int, payload: Values, again: bool) -> None:
    """The event `id`, waiting in `scope`, happens by its trigger of that number. `again`: a cycle goes on."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    element = step.plan.elements[id]
    if element.node.parallel_multiple and not _all_came(step, row, element, trigger):
        return
    match element.kind:
        case "boundaryEvent":
            boundary(step, row, element, payload)
        case "startEvent" if element.node.scope in step.plan.elements:
            event_sub_process(step, row, element, payload)
        case _:
            _go_on(step, row, element, payload, again)


def _all_came(step: Step, row: ScopeRow, element: Element, trigger: int) -> bool:
    """Parallel multiple: remembers the trigger; true with the last, and then the counting begins anew."""
    key = f"came:{element.id}"
    came = sorted({*row.data.get(key, []), trigger})
    complete = len(came) == len(element.node.events)
    step.emit(e.Noted(row.id, {key: None if complete else came}))
    return complete


def _go_on(step: Step, row: ScopeRow, element: Element, payload: Values, again: bool) -> None:
    """A catch event, receive task, or event behind an event-based gateway."""
    if row.parent is not None and row.element != element.id and step.plan.elements[row.element].kind == "eventBasedGateway":
        _gateway_decides(step, row, element, payload)
    elif element.kind == "receiveTask":
        done(step, row.id, element.id, payload)
    elif row.parent is not None and row.element == element.id:
        step.emit(e.ScopeClosed(row.id))
        caught(step, row.parent, element, payload)
    elif element.id in row.tokens:
        if again:
            step.emit(e.Entered(row.id, element.id, ()))  # a cycle: one more token, and the waiting one stays
        caught(step, row.id, element, payload)


def _gateway_decides(step: Step, row: ScopeRow, element: Element, payload: Values) -> None:
    assert row.parent is not None
    flow = next(flow.id for flow in element.node.incoming if flow.source == row.element)
    gateway = row.element
    step.emit(e.ScopeClosed(row.id))
    step.emit(e.Left(row.parent, gateway, (flow,)))
    step.emit(e.Entered(row.parent, element.id, (flow,)))
    if element.kind == "receiveTask":
        done(step, row.parent, element.id, payload)
    else:
        caught(step, row.parent, element, payload)


def caught(step: Step, scope: int, element: Element, payload: Values) -> None:
    """An event with a token in `scope` has happened: what it brought is merged, its token goes on."""
    step.merge(scope, results(step, scope, element, payload))
    leave(step, scope, element)


# Boundary events and event sub-processes ---------------------------------------------------------------------------------------------------


def boundary(step: Step, row: ScopeRow, element: Element, payload: Values) -> None:
    """A boundary event of the activity whose own scope is `row` happens."""
    assert row.parent is not None
    around, out = row.parent, results(step, row.parent, element, payload)
    if element.node.interrupting:
        cancel(step, row.id, element.id)
        drop(step, around, row.element)
    step.emit(e.Entered(around, element.id, ()))
    step.merge(around, out)
    leave(step, around, element)


def event_sub_process(step: Step, row: ScopeRow, start: Element, payload: Values) -> None:
    """The event sub-process that begins with `start` runs inside the scope `row`, alone if it interrupts."""
    inside = step.plan.elements[start.node.scope]
    local = results(step, row.id, start, payload)
    if start.node.interrupting:
        empty(step, row, start.id)
    step.emit(e.Entered(row.id, inside.id, ()))
    own = step.next_scope()
    step.emit(e.ScopeOpened(own, row.id, inside.id, local, NOTHING))
    assert inside.node.body is not None
    open_body(step, own, inside.node.body)
    step.emit(e.Entered(own, start.id, ()))
    leave(step, own, start)


def start_event(step: Step, scope: int, element: Element) -> None:
    """The start event of an embedded body, or one whose trigger has happened."""
    leave(step, scope, element)
