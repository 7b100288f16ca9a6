"""How tokens move: arriving on a flow, coming together, leaving an element, and a scope that has no token left."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine import events as e
from engine.bpmn.graph import Flow
from engine.execution.evolve import entered, left
from engine.execution.plan import Element
from engine.execution.problem import Problem
from engine.execution.rows import ScopeRow
from engine.execution.step import ACTS, NOTHING, PERFORMS, Step
from engine.refusals import Refused

MOST_EVENTS = 1_000_000  # of one step: more come only of a loop in which nobody is waited for and no condition ever ends it
new = tuple.__new__  # three times as fast as the event's own constructor, where it counts


def arrive(step: Step, scope: int, flow: str) -> None:
    """A token is on `flow`: it enters the element behind it, or waits there for others."""
    row = step.workspace.scopes.get(scope)
    if row is None or flow not in row.tokens:
        return  # interrupted meanwhile
    element = step.plan.targets[flow]
    if len(step.events) > MOST_EVENTS:
        raise Refused("step.endless", element=element.id, limit=MOST_EVENTS)
    if element.join:
        JOINS[element.join](step, row, element)
    else:
        enter(step, scope, element, (flow,))


def enter(step: Step, scope: int, element: Element, flows: tuple[str, ...] = ()) -> None:
    """A token is in `element` now; the tokens on `flows` are used up."""
    step.emit(new(e.Entered, (scope, element.id, flows)))
    step.retry = ("act", scope, element.id)
    ACTS[element.kind](step, scope, element)


def act(step: Step, scope: int, id: str) -> None:
    """What the element does with the token that is in it."""
    row = step.workspace.scopes.get(scope)
    if row is not None and id in row.tokens:
        element = step.plan.elements[id]
        ACTS[element.kind](step, scope, element)


def leave(step: Step, scope: int, element: Element) -> None:
    """The element is done: one token goes on each flow that is taken; without any its path ends here."""
    flows = element.single
    if flows is None:
        flows = chosen(step, scope, element)
    target, events, workspace = element.straight, step.events, step.workspace
    goes = element.left if scope == 1 and flows is element.out else new(e.Left, (scope, element.id, flows))
    events.append(goes)
    left(workspace, goes)
    if target is not None and not step.agenda and not step.changed:
        comes = step.plan.entered[flows[0]] if scope == 1 else new(e.Entered, (scope, target.id, flows))
        events.append(comes)
        entered(workspace, comes)
        if target.kind == "userTask":
            PERFORMS["userTask"](step, scope, target, NOTHING)
        else:
            leave(step, scope, target)
        return
    if element.synchronising:
        step.moved[scope] = None
    if flows:
        for flow in flows:
            step.push("arrive", scope, flow)
    else:
        step.push("settle", scope)


def go_on(step: Step, scope: int, id: str) -> None:
    """The move `leave`."""
    row = step.workspace.scopes.get(scope)
    if row is not None and id in row.tokens:
        leave(step, scope, step.plan.elements[id])


def drop(step: Step, scope: int, place: str) -> None:
    """Take a token away; `settle` is for the caller to push, if no other comes in its place."""
    step.emit(e.Dropped(scope, place))
    if body_of(step, step.workspace.scopes[scope]) in step.plan.joins:
        step.moved[scope] = None


def body_of(step: Step, row: ScopeRow) -> str:
    """The id of the process or sub-process whose body the scope's tokens are in."""
    return step.process.id if row.parent is None else row.element


# Which flows ------------------------------------------------------------------------------------------------------------------


def chosen(step: Step, scope: int, element: Element) -> tuple[str, ...]:
    """The flows that are taken. Raises Problem when a choice has no answer."""
    node = element.node
    if element.conditional or node.kind == "exclusiveGateway":
        step.retry = ("leave", scope, element.id)
        choose = _first if node.kind == "exclusiveGateway" else _every
        flows = choose(step, scope, element)
    else:
        flows = element.out
    if node.completion_quantity > 1:
        return tuple(flow for flow in flows for _ in range(node.completion_quantity))
    return flows


def _first(step: Step, scope: int, element: Element) -> tuple[str, ...]:
    """Exclusive: the first in document order whose condition is true."""
    names = step.names(scope)
    for flow in element.node.outgoing:
        if flow.id != element.node.default and (flow.condition is None or step.holds(flow.condition, names, flow.id)):
            return (flow.id,)
    return _default(element)


def _every(step: Step, scope: int, element: Element, local: Mapping[str, Any] = {}) -> tuple[str, ...]:
    """All without condition and all whose condition is true; the default beside them when no condition is true."""
    names, default = step.names(scope, local), element.node.default
    found = [flow for flow in element.node.outgoing if flow.id != default and _open(step, flow, names)]
    if default and all(flow.condition is None for flow in found):
        found = [flow for flow in element.node.outgoing if flow in found or flow.id == default]
    return tuple(flow.id for flow in found) or _default(element)


def _open(step: Step, flow: Flow, names: Any) -> bool:
    return flow.condition is None or step.holds(flow.condition, names, flow.id)


def _default(element: Element) -> tuple[str, ...]:
    if element.node.default:
        return (element.node.default,)
    if not element.out:
        return ()
    raise Problem("flow.none_open", element=element.id, name=element.node.name)


# Coming together -----------------------------------------------------------------------------------------------------------------


def _parallel(step: Step, row: ScopeRow, element: Element) -> None:
    if all(flow in row.tokens for flow in element.in_flows):
        enter(step, row.id, element, element.in_flows)


def _quantity(step: Step, row: ScopeRow, element: Element) -> None:
    """An activity with startQuantity: so many tokens, from whatever flows."""
    waiting = [flow for flow in element.in_flows for _ in range(row.tokens.get(flow, 0))]
    needed = element.node.start_quantity
    if len(waiting) >= needed:
        enter(step, row.id, element, tuple(waiting[:needed]))


def _synchronise(step: Step, row: ScopeRow, element: Element) -> None:
    """Inclusive and complex joins are looked at when every other token of the step has come to rest."""
    step.moved[row.id] = None


def _complex(step: Step, row: ScopeRow, element: Element) -> None:
    if element.id in row.data:
        step.moved[row.id] = None  # waiting for reset
        return
    node = element.node
    count = sum(row.tokens.get(flow, 0) for flow in element.in_flows)
    local = {"activationCount": count, "waitingForStart": True}
    step.retry = ("arrive", row.id, next(flow for flow in element.in_flows if flow in row.tokens))
    if node.activation is not None and not step.holds(node.activation, step.names(row.id, local), element.id):
        return
    used = tuple(flow for flow in element.in_flows if flow in row.tokens)
    taken = _every(step, row.id, element, local)
    step.emit(e.Entered(row.id, element.id, used))
    if len(used) < len(element.in_flows):
        step.emit(e.Noted(row.id, {element.id: list(used)}))
    _send(step, row.id, element, taken)
    step.moved[row.id] = None


def _send(step: Step, scope: int, element: Element, flows: tuple[str, ...]) -> None:
    step.emit(e.Left(scope, element.id, flows))
    for flow in flows:
        step.push("arrive", scope, flow)
    if not flows:
        step.push("settle", scope)


JOINS: Mapping[str, Callable[[Step, ScopeRow, Element], None]] = {
    "parallel": _parallel, "quantity": _quantity, "inclusive": _synchronise, "complex": _complex,
}


def joins(step: Step, scope: int) -> None:
    """Looks at the inclusive and complex gateways of a scope; the first that is enabled goes on, then all are looked at again."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    for id in step.plan.joins.get(body_of(step, row), ()):
        element = step.plan.elements[id]
        if element.kind == "inclusiveGateway":
            if any(flow in row.tokens for flow in element.in_flows) and _nothing_to_wait_for(step, row, element, frozenset()):
                enter(step, scope, element, tuple(flow for flow in element.in_flows if flow in row.tokens))
                step.moved[scope] = None
                return
        elif id in row.data and _nothing_to_wait_for(step, row, element, frozenset(row.data[id])):
            _reset(step, row, element)
            step.moved[scope] = None
            return


def _nothing_to_wait_for(step: Step, row: ScopeRow, element: Element, used: frozenset[str]) -> bool:
    """BPMN 2.0 §13.3.3: no token elsewhere can still reach an empty incoming flow, unless it can as well reach one that has a token.

    A boundary event may bring a token that is waited for, but that one might happen is no reason not to wait.
    """
    upstream, surely = step.plan.upstream(element.id, True), step.plan.upstream(element.id, False)
    filled = [flow for flow in element.in_flows if flow in row.tokens or flow in used]
    empty = [flow for flow in element.in_flows if flow not in row.tokens and flow not in used]
    for place in row.tokens:
        if place in upstream or place == element.id:
            continue
        if any(place in upstream[flow] for flow in empty) and not any(place in surely[flow] for flow in filled):
            return False
    return True


def _reset(step: Step, row: ScopeRow, element: Element) -> None:
    """A complex gateway starts anew: late tokens are used up; only flows with a condition that holds now get one."""
    used = frozenset(row.data[element.id])
    late = tuple(flow for flow in element.in_flows if flow in row.tokens and flow not in used)
    names = step.names(row.id, {"activationCount": len(late), "waitingForStart": False})
    flows = tuple(
        flow.id for flow in element.node.outgoing
        if flow.condition is not None and "waitingForStart" in flow.condition.names and step.holds(flow.condition, names, flow.id)
    )
    step.emit(e.Noted(row.id, {element.id: None}))
    if late:
        step.emit(e.Entered(row.id, element.id, late))
        if flows:
            _send(step, row.id, element, flows)
        else:
            step.emit(e.Dropped(row.id, element.id))
            step.push("settle", row.id)
    if again := [flow for flow in element.in_flows if flow in row.tokens]:
        step.push("arrive", row.id, again[0])


# Acts of elements that only pass a token on ----------------------------------------------------------------------------------------


def gateway(step: Step, scope: int, element: Element) -> None:
    """Exclusive, inclusive and parallel gateways differ in `chosen` and in how tokens came together. A parallel one may have all it needs again."""
    leave(step, scope, element)
    if element.join == "parallel":
        row = step.workspace.scopes[scope]
        if all(flow in row.tokens for flow in element.in_flows):
            step.push("arrive", scope, element.in_flows[0])

