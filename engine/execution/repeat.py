"""Multi-instance activities and standard loops: a body scope with counters, one child scope an instance, results put together by index at the end."""
from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine import events as e
from engine.bpmn.graph import EventDefinition, MultiInstance
from engine.execution.activity import inputs, results, storable, watch
from engine.execution.compensation import remember
from engine.execution.flow import MOST_EVENTS, leave
from engine.execution.interrupt import cancel, empty
from engine.execution.plan import Element
from engine.execution.problem import Problem
from engine.execution.rows import ScopeRow
from engine.execution.step import COUNTERS, Step
from engine.refusals import Refused

Json = Any
Values = Mapping[str, Json]
STANDARD = frozenset({"outcome", "opinion", "completed_by"})  # of a task; inside a multi-instance body they are the child's own


def repeat(step: Step, scope: int, id: str) -> None:
    """A token is in a multi-instance or looped activity: open its body."""
    row = step.workspace.scopes.get(scope)
    if row is None or id not in row.tokens:
        return
    element = step.plan.elements[id]
    if element.node.multi is None:
        _open_loop(step, scope, element)
    else:
        _open_multi(step, scope, element, element.node.multi)


# Multi-instance ---------------------------------------------------------------------------------------------------------------------


def _open_multi(step: Step, scope: int, element: Element, multi: MultiInstance) -> None:
    count, items = _extent(step, scope, element, multi)
    body = step.next_scope()
    active = min(count, 1) if multi.sequential else count
    data: dict[str, Json] = {"mi": {"n": count, "done": 0, "active": active, "terminated": 0, "next": active}}
    step.emit(e.ScopeOpened(body, scope, element.id, {}, data))
    if count == 0:
        _close(step, step.workspace.scopes[body], element, multi)
        return
    watch(step, body, element)
    if multi.sequential and items is not None:
        for index, item in enumerate(items[1:], start=1):
            step.emit(e.ResultKept(body, -1 - index, item))
    for index in range(active):
        _open_child(step, body, element, index, None if items is None else items[index])


def _extent(step: Step, scope: int, element: Element, multi: MultiInstance) -> tuple[int, list[Json] | None]:
    """How many instances, and the items when there is a collection."""
    names = step.names(scope)
    if multi.collection is not None:
        items = step.value(multi.collection, names)
        if not isinstance(items, list | tuple):
            raise Problem("multi.not_a_list", element=element.id, value="null" if items is None else str(items)[:80])
        return len(items), [storable(item, multi.element_variable) for item in items]
    count = step.value(multi.cardinality, names) if multi.cardinality is not None else None
    if isinstance(count, bool) or not isinstance(count, int | Decimal) or count < 0 or count != int(count):
        raise Problem("multi.not_a_number", element=element.id, value="null" if count is None else str(count)[:80])
    return int(count), None


def _open_child(step: Step, body: int, element: Element, index: int, item: Json) -> None:
    multi = element.node.multi
    variables: dict[str, Json] = {"loopCounter": index + 1}
    if element.result_name and element.result_name not in ("loopCounter", *STANDARD):
        variables[element.result_name] = None  # its own, so that instances beside each other do not write into one variable around them
    if multi is not None and multi.element_variable:
        variables[multi.element_variable] = item
    child = step.next_scope()
    step.emit(e.ScopeOpened(child, body, element.id, variables, {"index": index}))
    step.push("child", child)


def child(step: Step, scope: int) -> None:
    """The inputs of one instance, then its work."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    element = step.plan.elements[row.element]
    if element.node.inputs:
        step.set_variables(scope, inputs(step, scope, element, {}))
    step.push("perform", scope, element.id)


def repeated(step: Step, scope: int, id: str, values: Values) -> None:
    """One instance has done its work."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    element = step.plan.elements[id]
    if "index" in row.data:
        _child_done(step, row, element, values)
    else:
        _round_done(step, row, element, values)


def _child_done(step: Step, row: ScopeRow, element: Element, values: Values) -> None:
    multi, body = element.node.multi, step.workspace.scopes[row.parent or 0]
    assert multi is not None and body.parent is not None
    out = results(step, row.id, element, values)
    seen = {**values, **out}
    counts = {**body.data["mi"], "done": body.data["mi"]["done"] + 1, "active": body.data["mi"]["active"] - 1}
    tally = _tallied(body.data.get("tally", {}), values.get("outcome"))
    local = {**seen, "tally": tally, **{name: counts[key] for name, key in COUNTERS.items()}}
    kept = _result(step, row, multi, seen)
    complete = multi.completion is not None and step.holds(multi.completion, step.names(row.id, local), element.id)
    thrown = _thrown(step, row, multi, local, counts["done"])

    _merge_out(step, row, body.parent, element, out)
    remember(step, body.parent, element, {**row.variables, **seen}, row.data)
    step.emit(e.Passed(row.id, element.id))
    if multi.output_collection:
        step.emit(e.ResultKept(body.id, row.data["index"], kept))
    step.emit(e.ScopeClosed(row.id))
    step.emit(e.Noted(body.id, {"mi": counts, "tally": tally or None}))
    if complete or (counts["active"] == 0 and counts["next"] >= counts["n"]):
        step.push("collect", body.id, next=True)  # before others that reached their end in this step count as well
    elif multi.sequential:
        _next(step, body, element, counts)
    for definition in reversed(thrown):
        step.push("cast", body.id, element.id, definition, next=True)


def _tallied(tally: Mapping[str, int], outcome: Json) -> dict[str, int]:
    return {**tally, outcome: tally.get(outcome, 0) + 1} if isinstance(outcome, str) and outcome else dict(tally)


def _result(step: Step, row: ScopeRow, multi: MultiInstance, seen: Values) -> Json:
    if not multi.output_collection:
        return None
    names = step.names(row.id, seen)
    if isinstance(multi.output_element, str):
        return names.get(multi.output_element)
    return None if multi.output_element is None else storable(multi.output_element(names, step.environment), multi.output_collection)


def _merge_out(step: Step, row: ScopeRow, around: int, element: Element, out: Values) -> None:
    """What the instance shows outside: its declared outputs; without any declared, what it gave beside the standard three."""
    if element.result_stays and not element.node.outputs:
        return
    shown = out if element.node.outputs else {name: value for name, value in out.items() if name not in STANDARD}
    step.merge(around, {name: value for name, value in shown.items() if name not in row.variables})


def _next(step: Step, body: ScopeRow, element: Element, counts: Values) -> None:
    """The next instance of a sequential body."""
    index = counts["next"]
    step.emit(e.Noted(body.id, {"mi": {**counts, "active": 1, "next": index + 1}}))
    waiting = step.workspace.results.get((body.id, -1 - index))
    _open_child(step, body.id, element, index, None if waiting is None else waiting.value)


def collect(step: Step, scope: int) -> None:
    """The body is complete: what still runs in it stops, the results go out."""
    row = step.workspace.scopes.get(scope)
    if row is None:
        return
    element = step.plan.elements[row.element]
    counts = row.data["mi"]
    if counts["active"]:
        empty(step, row, "completed")
        step.emit(e.Noted(scope, {"mi": {**counts, "active": 0, "terminated": counts["terminated"] + counts["active"]}}))
    assert element.node.multi is not None
    _close(step, step.workspace.scopes[scope], element, element.node.multi)


def _close(step: Step, row: ScopeRow, element: Element, multi: MultiInstance) -> None:
    assert row.parent is not None
    if multi.output_collection:
        found: list[Json] = [None] * row.data["mi"]["n"]
        for result in step.workspace.results_of(row.id):
            if result.index >= 0:
                found[result.index] = result.value
        step.merge(row.parent, {multi.output_collection: found})
    step.emit(e.ScopeClosed(row.id))
    leave(step, row.parent, element)


def _thrown(step: Step, row: ScopeRow, multi: MultiInstance, local: Values, done: int) -> list[str]:
    """Names of the events that this completion throws (`behavior` of the activity)."""
    match multi.behavior:
        case "None" if multi.none_event is not None:
            return ["none"]
        case "One" if multi.one_event is not None and done == 1:
            return ["one"]
        case "Complex":
            names = step.names(row.id, local)
            return [str(at) for at, (when, _) in enumerate(multi.complex_behaviors) if step.holds(when, names, row.element)]
    return []


def thrown_definition(multi: MultiInstance, name: str) -> EventDefinition:
    """The event definition behind a name that `_thrown` gave."""
    found = {"none": multi.none_event, "one": multi.one_event}[name] if name in ("none", "one") else multi.complex_behaviors[int(name)][1]
    assert found is not None
    return found


def add_child(step: Step, body: ScopeRow, element: Element, item: Json, signer: str) -> None:
    """加签: one more instance of a parallel body, for `signer`."""
    counts = body.data["mi"]
    step.emit(e.Noted(body.id, {"mi": {**counts, "n": counts["n"] + 1, "active": counts["active"] + 1, "next": counts["next"] + 1}}))
    _open_child(step, body.id, element, counts["n"], item)
    step.emit(e.Noted(step.workspace.head.counters["n"], {"signer": signer}))


def remove_child(step: Step, row: ScopeRow, element: Element) -> None:
    """减签: the instance is taken out; the body goes on with the others."""
    body = step.workspace.scopes[row.parent or 0]
    counts = body.data["mi"]
    counts = {**counts, "active": counts["active"] - 1, "terminated": counts["terminated"] + 1}
    step.emit(e.ScopeCancelled(row.id, "removed", step.now))
    step.emit(e.Noted(body.id, {"mi": counts}))
    multi = element.node.multi
    if counts["active"] == 0:
        if multi is not None and multi.sequential and counts["next"] < counts["n"]:
            _next(step, body, element, counts)
        else:
            step.push("collect", body.id)


def take_back(step: Step, body: ScopeRow, element: Element, index: int, item: Json, signer: str, outcome: str) -> None:
    """撤回 of one instance while the body goes on: it is open again, and counters, tally and results are as if it had never been done.

    In a sequence the next instance, which nobody has touched, disappears and comes again after it.
    """
    multi, counts, tally = element.node.multi, body.data["mi"], dict(body.data.get("tally", {}))
    assert multi is not None
    counts = {**counts, "done": counts["done"] - 1}
    if multi.sequential:
        for child in list(step.workspace.scopes_in(body.id)):
            cancel(step, child.id, "withdrawn")
        counts |= {"active": 1, "next": index + 1}
    else:
        counts["active"] += 1
    if outcome:
        tally[outcome] -= 1
    if multi.output_collection:
        step.emit(e.ResultDropped(body.id, index))
    step.emit(e.Noted(body.id, {"mi": counts, "tally": {each: number for each, number in tally.items() if number} or None}))
    _open_child(step, body.id, element, index, item)
    if signer:
        step.emit(e.Noted(step.workspace.head.counters["n"], {"signer": signer}))


# Standard loop -----------------------------------------------------------------------------------------------------------------------


def _open_loop(step: Step, scope: int, element: Element) -> None:
    loop = element.node.loop
    assert loop is not None
    if loop.test_before and not _again(step, scope, element, 0, {}):
        leave(step, scope, element)
        return
    body = step.next_scope()
    step.emit(e.ScopeOpened(body, scope, element.id, {}, {"loop": 1}))
    watch(step, body, element)
    _open_round(step, body, element, 1)


def _open_round(step: Step, body: int, element: Element, number: int) -> None:
    if len(step.events) > MOST_EVENTS:
        raise Refused("step.endless", element=element.id, limit=MOST_EVENTS)
    opened = step.next_scope()
    step.emit(e.ScopeOpened(opened, body, element.id, {"loopCounter": number}, {"round": number}))
    step.push("child", opened)


def _again(step: Step, scope: int, element: Element, rounds: int, local: Values) -> bool:
    """Is there another round after `rounds`? Without condition as many as the maximum, without either only one."""
    loop = element.node.loop
    assert loop is not None
    names = step.names(scope, {"loopCounter": rounds, **local})
    if loop.maximum is not None:
        most = step.value(loop.maximum, names)
        if rounds >= int(most):
            return False
    elif loop.condition is None:
        return rounds < 1
    return loop.condition is None or step.holds(loop.condition, names, element.id)


def _round_done(step: Step, row: ScopeRow, element: Element, values: Values) -> None:
    body = step.workspace.scopes[row.parent or 0]
    assert body.parent is not None
    number = row.data["round"]
    out = results(step, row.id, element, values)
    again = _again(step, row.id, element, number, {**values, **out})
    step.merge(body.parent, {name: value for name, value in out.items() if name not in row.variables})
    remember(step, body.parent, element, {**row.variables, **out}, row.data)
    step.emit(e.Passed(row.id, element.id))
    step.emit(e.ScopeClosed(row.id))
    if again:
        step.emit(e.Noted(body.id, {"loop": number + 1}))
        _open_round(step, body.id, element, number + 1)
    else:
        step.emit(e.ScopeClosed(body.id))
        leave(step, body.parent, element)
