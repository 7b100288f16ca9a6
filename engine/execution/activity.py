"""Activities from the token's arrival to its leaving: their scope, inputs, work of the simple kinds, outputs; and scopes that have run empty."""
from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine import events as e
from engine.bpmn.graph import Body, Mapping_, Service
from engine.decisions import asked, sound
from engine.execution.compensation import remember
from engine.execution.flow import enter, leave
from engine.execution.interrupt import empty
from engine.execution.plan import Element, body_starts
from engine.execution.problem import Problem
from engine.execution.rows import ScopeRow
from engine.execution.step import PERFORMS, Step
from engine.journal.canonical import checked

Json = Any
Values = Mapping[str, Json]
NOTHING: Values = {}
SCALARS = (str, bool, int, Decimal, type(None))


def activity(step: Step, scope: int, element: Element) -> None:
    """A token is in an activity: one instance of it, or a body of several."""
    if element.plain:
        PERFORMS[element.kind](step, scope, element, NOTHING)
        return
    node = element.node
    if node.multi is not None or node.loop is not None:
        step.push("repeat", scope, element.id)
    else:
        single(step, scope, element, NOTHING)


def single(step: Step, scope: int, element: Element, local: Values) -> None:
    """One instance of an activity inside `scope`, with a scope of its own when something can happen to it while it waits."""
    if element.node.inputs:
        local = inputs(step, scope, element, local)
    if element.scoped:
        own = step.next_scope()
        step.emit(e.ScopeOpened(own, scope, element.id, local, NOTHING))
        watch(step, own, element)
        step.push("perform", own, element.id)
    else:
        PERFORMS[element.kind](step, scope, element, local)


def watch(step: Step, own: int, element: Element) -> None:
    """Arm the boundary events of the activity whose scope is `own`."""
    for id in element.watched:
        step.push("arm", own, id)


def perform(step: Step, scope: int, id: str) -> None:
    """The work of an activity that has a scope of its own."""
    if step.workspace.scopes.get(scope) is not None:
        element = step.plan.elements[id]
        PERFORMS[element.kind](step, scope, element, NOTHING)


def is_own(row: ScopeRow, element: Element) -> bool:
    """Is the scope the activity's own, not the one around it?"""
    return row.parent is not None and row.element == element.id


# Variables in and out ------------------------------------------------------------------------------------------------------------


def inputs(step: Step, scope: int, element: Element, local: Values) -> dict[str, Json]:
    """The zeebe:inputs in order, each seeing those before it, on top of `local`."""
    found = dict(local)
    for mapping in element.node.inputs:
        _assign(step, found, mapping, scope)
    return found


def _assign(step: Step, found: dict[str, Json], mapping: Mapping_, scope: int) -> None:
    value = storable(step.value(mapping.source, step.names(scope, found)), mapping.target)
    first, *rest = mapping.target.split(".")
    found[first] = _put(found.get(first), rest, value)


def _put(context: Json, path: list[str], value: Json) -> Json:
    """`value` at a dotted path inside `context`, which itself is not changed."""
    if not path:
        return value
    outer = context if isinstance(context, dict) else {}
    return {**outer, path[0]: _put(outer.get(path[0]), path[1:], value)}


def storable(value: Json, name: str) -> Json:
    """`value`, if it may be kept: a range or function of an expression may not. Raises Problem."""
    if isinstance(value, SCALARS):
        return value
    try:
        return checked(value)
    except Exception as error:
        raise Problem("value.not_storable", name=name, reason=str(error)) from error


def results(step: Step, scope: int, element: Element, values: Values) -> dict[str, Json]:
    """What goes out: the zeebe:outputs over `values` and the scope; without any, `values` themselves."""
    if not element.node.outputs:
        return dict(values)
    seen, out = dict(values), {}
    for mapping in element.node.outputs:
        value = storable(step.value(mapping.source, step.names(scope, seen)), mapping.target)
        first, *rest = mapping.target.split(".")
        if rest and first not in out:
            out[first] = step.names(scope, seen).get(first)
        out[first] = seen[first] = _put(out.get(first), rest, value)
    return out


# The end of an activity ------------------------------------------------------------------------------------------------------------


def finish(step: Step, scope: int, element: Element, values: Values, local: Values = NOTHING) -> None:
    """The work is done and gave `values`. `scope` is the activity's own or the one around it; `local` are inputs without a scope."""
    if element.plain or not is_own(step.workspace.scopes[scope], element):
        if element.node.outputs:
            values = results(step, scope, element, {**local, **values})
        if values:
            step.merge(scope, values)
        if element.boundary:
            remember(step, scope, element, local, NOTHING)
        leave(step, scope, element)
        return
    row = step.workspace.scopes[scope]
    if "index" in row.data or "round" in row.data:
        step.push("repeated", scope, element.id, values)
        return
    assert row.parent is not None
    step.merge(row.parent, results(step, scope, element, values))
    remember(step, row.parent, element, row.variables, row.data)
    step.emit(e.ScopeClosed(scope))
    leave(step, row.parent, element)


def done(step: Step, scope: int, id: str, values: Values) -> None:
    """The move `finish`: an incident was resolved by hand, or a job or child came back."""
    if step.workspace.scopes.get(scope) is not None:
        finish(step, scope, step.plan.elements[id], values)


def settle(step: Step, scope: int) -> None:
    """A path in the scope has ended; when no token is left in it, the scope is done."""
    row = step.workspace.scopes.get(scope)
    if row is None or step.workspace.head.state != "open":
        return
    if "adhoc" in row.data:
        ad_hoc_settled(step, row)
    elif not row.tokens:
        scope_done(step, row)


def scope_done(step: Step, row: ScopeRow) -> None:
    """Nothing lives in the scope any more: the activity it belongs to is finished."""
    if row.parent is None:
        step.push("end")
        return
    if "throwing" in row.data:  # all compensation handlers that this event waited for
        step.emit(e.ScopeClosed(row.id))
        step.push("throw", row.parent, row.element, row.data["throwing"])
        return
    if "compensating" in row.data:
        step.emit(e.ScopeClosed(row.id))
        step.emit(e.Dropped(row.parent, row.element))
        step.push("settle", row.parent)
        return
    element = step.plan.elements[row.element]
    if "cancelled" in row.data:
        step.push("cancelled", row.id)
    elif element.node.triggered_by_event:
        step.emit(e.ScopeClosed(row.id))
        leave(step, row.parent, element)
    else:
        finish(step, row.id, element, NOTHING)


# Work of the simple kinds ------------------------------------------------------------------------------------------------------------


def nothing(step: Step, scope: int, element: Element, local: Values) -> None:
    """An abstract task, or one without an implementation: done at once."""
    finish(step, scope, element, NOTHING, local)


def script(step: Step, scope: int, element: Element, local: Values) -> None:
    node = element.node
    if node.script is None:
        service(step, scope, element, local)
        return
    value = node.script.expression(step.names(scope, local), step.environment)
    values = {node.script.result: storable(value, node.script.result)} if node.script.result else NOTHING
    finish(step, scope, element, values, local)


def service(step: Step, scope: int, element: Element, local: Values) -> None:
    """A service task, or another kind that names an operation: carried out in the step, or queued as a job."""
    task = element.node.service
    if task is None:
        finish(step, scope, element, NOTHING, local)
    elif task.job:
        _queue(step, scope, element, task)
    else:
        values = operate(step, task, local or _kept_inputs(step, scope, element))
        finish(step, scope, element, values, local)


def _kept_inputs(step: Step, scope: int, element: Element) -> Values:
    """The inputs of an activity that has a scope of its own: they are that scope's variables."""
    row = step.workspace.scopes[scope]
    if not is_own(row, element):
        return NOTHING
    names = {mapping.target.partition(".")[0] for mapping in element.node.inputs}
    return {name: value for name, value in row.variables.items() if name in names}


def operate(step: Step, task: Service, arguments: Values) -> Values:
    """Carry out a registered operation; its effects are events of this step."""
    operation = step.graphs.operations.get(task.type)
    if operation is None:
        raise Problem("operation.unknown", type=task.type)
    earlier = tuple(event for event in step.events if type(event) in e.EFFECTS)
    outcome = operation(arguments, step.facts, earlier)
    for effect in outcome.effects:
        step.emit(effect)
    return dict(outcome.values)


def _queue(step: Step, scope: int, element: Element, task: Service) -> None:
    retries = 3 if task.retries is None else int(step.value(task.retries, step.names(scope)))
    data = {"type": task.type, "inputs": step.workspace.scopes[scope].variables, "headers": dict(task.headers), "retries": retries}
    step.emit(e.JobQueued(step.next_id("j"), "service", scope, element.id, data))


def decide(step: Step, scope: int, element: Element, local: Values) -> None:
    """A business rule task: a decision of the package, evaluated on what the task sees."""
    decision = element.node.decision
    if decision is None:
        service(step, scope, element, local)
        return
    names = step.names(scope, local)
    id = step.value(decision.decision, names)
    result = asked(step.graphs.decisions, id, names, step.environment)
    step.emit(e.Decided(scope, element.id, id, tuple({"table": table, "rules": list(rules)} for table, rules in result.fired)))
    value = storable(sound(id, result), decision.result)
    finish(step, scope, element, {decision.result: value} if decision.result else NOTHING, local)


# Sub-processes ----------------------------------------------------------------------------------------------------------------------


def sub_process(step: Step, scope: int, element: Element, local: Values) -> None:
    """Its body begins inside its own scope."""
    body = element.node.body
    assert body is not None
    open_body(step, scope, body)
    for begin in body_starts(step.plan, body):
        step.push("begin", scope, begin.id)
    if not body.nodes:
        step.push("settle", scope)


def open_body(step: Step, scope: int, body: Body) -> None:
    """Data objects are local to their body; event sub-processes wait from now on."""
    row = step.workspace.scopes[scope]
    missing = {name: None for name in body.data if name not in row.variables}
    if missing:
        step.emit(e.VariablesSet(scope, missing))
    for id in body.event_sub_processes:
        inner = step.plan.elements[id].node.body
        for start in inner.starts if inner is not None else ():
            step.push("arm", scope, start)


def begin(step: Step, scope: int, id: str) -> None:
    """A token starts at an element without coming by a flow."""
    if step.workspace.scopes.get(scope) is not None:
        enter(step, scope, step.plan.elements[id])


def ad_hoc(step: Step, scope: int, element: Element, local: Values) -> None:
    """All activities that nothing leads to, at once or one after the other in document order, until the condition holds."""
    body = element.node.body
    assert body is not None
    open_body(step, scope, body)
    begins = [one.id for one in body_starts(step.plan, body)]
    now, later = (begins[:1], begins[1:]) if element.node.ordering == "Sequential" else (begins, [])
    step.emit(e.Noted(scope, {"adhoc": later}))
    for id in now:
        step.push("begin", scope, id)
    if not now:
        step.push("settle", scope)


def ad_hoc_settled(step: Step, row: ScopeRow) -> None:
    """Something in an ad-hoc sub-process has ended: is it complete, and if not, what comes next?"""
    element = step.plan.elements[row.element]
    condition, pending = element.node.completion, row.data["adhoc"]
    complete = condition is not None and step.holds(condition, step.names(row.id), element.id)
    if complete and row.tokens and element.node.cancel_remaining:
        empty(step, row, "completed")
    elif complete and pending:
        step.emit(e.Noted(row.id, {"adhoc": []}))
    if not row.tokens:
        if pending and not complete:
            step.emit(e.Noted(row.id, {"adhoc": pending[1:]}))
            step.push("begin", row.id, pending[0])
        else:
            scope_done(step, row)
