"""The life of the instance itself and of the child instances it calls: start, end, failure, cancellation, and what comes back from below."""
from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from engine import commands as c
from engine import events as e
from engine.bpmn.graph import Process
from engine.execution.activity import open_body
from engine.execution.interrupt import empty
from engine.execution.plan import Element, body_starts
from engine.execution.problem import Problem
from engine.execution.step import Step
from engine.execution.throwing import catcher

Json = Any
Values = Mapping[str, Json]


def start(step: Step, command: c.Start) -> None:
    """Create the instance and put its first tokens."""
    process, id = step.process, command.instance
    variables = {**dict.fromkeys(process.body.data), **command.variables}
    step.emit(e.InstanceStarted(
        id, process.id, command.package, command.scheme, command.org, command.parent, command.parent_scope,
        command.root or id, f"{command.path}/{id}" if command.path else id, command.title or process.name or process.id, command.actor, step.now,
    ))
    step.emit(e.ScopeOpened(1, None, process.id, variables, {}))
    if not command.title and process.title is not None:
        step.push("title", dict(command.payload))
    open_body(step, 1, process.body)
    if command.start:
        step.push("started", command.start, dict(command.payload))
        return
    for element in body_starts(step.plan, process.body):
        step.push("begin", 1, element.id)
    if not process.body.nodes:
        step.push("settle", 1)


def title(step: Step, payload: Values) -> None:
    """The instance's title by the diagram's expression, which sees the first variables and what the starting message brings."""
    found = step.value(step.process.title, step.names(1, payload))
    step.emit(e.Titled(str(found) if found is not None else step.process.name or step.process.id))


def started(step: Step, id: str, payload: Values) -> None:
    """The start event `id` was triggered, or the event behind an instantiating gateway, or an instantiating receive task."""
    id, _, trigger = id.partition("#")
    element = step.plan.elements[id]
    node = element.node
    if node.parallel_multiple and len(node.events) > 1:
        _first_of_several(step, element, int(trigger or 0))
        return
    gateway = next((step.plan.elements[flow.source] for flow in node.incoming if step.plan.elements[flow.source].node.instantiate), None)
    step.emit(e.Entered(1, id, ()))
    if element.kind == "receiveTask":
        step.push("finish", 1, id, payload)
    else:
        step.merge(1, payload)
        step.push("leave", 1, id)
    if gateway is not None and gateway.node.gateway_type == "Parallel":
        for flow in gateway.node.outgoing:
            if flow.target != id:
                step.push("begin", 1, flow.target)


def _first_of_several(step: Step, element: Element, trigger: int) -> None:
    """A parallel multiple start event: the instance waits for the other triggers."""
    step.emit(e.Entered(1, element.id, ()))
    own = step.next_scope()
    step.emit(e.ScopeOpened(own, 1, element.id, {}, {f"came:{element.id}": [trigger]}))
    step.push("arm", own, element.id)


def end(step: Step, by: str = "") -> None:
    """No token is left: the instance has ended. Whoever called it is told."""
    head = step.workspace.head
    if head.state != "open":
        return
    variables = step.workspace.scopes[1].variables
    outcome = by or _last_end(step)
    step.emit(e.InstanceEnded("ended", outcome, step.now))
    _tell_parent(step, "child_ended", {"variables": variables, "outcome": outcome})


def _last_end(step: Step) -> str:
    """The end event, or last element, by which the last token left."""
    return next((event.element for event in reversed(step.events) if type(event) is e.Left and event.scope == 1), "")


def fail(step: Step, code: str) -> None:
    """An error that nobody caught: the instance has failed; the caller gets the error."""
    head = step.workspace.head
    if head.state != "open":
        return
    variables = step.workspace.scopes[1].variables
    empty(step, step.workspace.scopes[1], f"error {code}")
    step.emit(e.InstanceEnded("failed", code, step.now))
    _tell_parent(step, "child_threw", {"kind": "error", "code": code, "variables": variables})


def stop(step: Step, reason: str, tell: bool) -> None:
    """Cancelled from outside. `tell`: the caller learns that its child was cancelled by hand."""
    empty(step, step.workspace.scopes[1], reason)
    step.emit(e.InstanceEnded("cancelled", reason, step.now))
    if tell:
        _tell_parent(step, "child_threw", {"kind": "cancelled", "code": reason, "variables": {}})


def _tell_parent(step: Step, kind: str, data: Values) -> None:
    head = step.workspace.head
    if head.parent is not None and head.parent_scope is not None:
        step.emit(e.JobQueued(step.next_id("j"), kind, None, "", {
            "parent": head.parent, "scope": head.parent_scope, "child": head.id, **data,
        }))


# Calling -----------------------------------------------------------------------------------------------------------------------------


DEEPEST = 100  # calls within each other: a process that calls itself without end stops as an incident


def child_id(parent: str, number: int) -> str:
    """The id of the parent's child of that number: 32 hex digits."""
    return sha256(f"{parent}/{number}".encode()).hexdigest()[:32]


def call(step: Step, scope: int, element: Element, local: Values) -> None:
    """A call activity starts a child instance by a job and waits in its own scope."""
    called = element.node.called
    if called is None:
        raise Problem("call.nothing", element=element.id)
    process = _called_process(step, scope, element)
    row, head = step.workspace.scopes[scope], step.workspace.head
    if head.path.count("/") >= DEEPEST:
        raise Problem("call.too_deep", element=element.id, limit=DEEPEST)
    number = head.counters.get("k", 0) + 1
    variables: dict[str, Json] = {}
    if called.propagate_parent is not False:
        for around in reversed(list(step.chain(scope))):
            variables.update(around.variables)
    else:
        variables.update(row.variables)
    step.emit(e.JobQueued(step.next_id("j"), "start_child", scope, element.id, {
        "child": child_id(head.id, number), "number": number, "process": process.id, "variables": variables,
        "root": head.root, "path": head.path, "org": head.org, "scheme": head.scheme, "package": head.package,
    }))


def _called_process(step: Step, scope: int, element: Element) -> Process:
    assert element.node.called is not None
    id = step.value(element.node.called.process, step.names(scope))
    process = step.graphs.processes.get(id)
    if process is None:
        raise Problem("call.unknown", process=str(id))
    return process


def child_ended(step: Step, command: c.ChildEnded) -> None:
    """The child came to its end: its variables come back as the call says."""
    element = _waiting(step, command.scope, command.child, "ended")
    called = element.node.called
    seen = called is None or called.propagate_child is not False or element.node.outputs
    step.push("finish", command.scope, element.id, dict(command.variables) if seen else {})


def child_threw(step: Step, command: c.ChildThrew) -> None:
    """An error, escalation or cancellation by hand from the child."""
    row = step.workspace.scopes[command.scope]
    element = step.plan.elements[row.element]
    if command.kind == "escalation":
        step.push("escalation", command.scope, element.id, command.code, {})
        return
    _waiting(step, command.scope, command.child, command.kind)
    if command.kind == "error":
        step.push("error", command.scope, element.id, command.code, {})
    else:
        step.retry = ("perform", command.scope, element.id)
        step.fail("child.cancelled", {"child": command.child, "reason": command.code})


def _waiting(step: Step, scope: int, child: str, how: str) -> Element:
    step.emit(e.ChildClosed(scope, child, how))
    return step.plan.elements[step.workspace.scopes[scope].element]


# Jobs ----------------------------------------------------------------------------------------------------------------------------------


def job_finished(step: Step, command: c.FinishJob) -> None:
    row = step.workspace.jobs[command.job]
    step.emit(e.JobFinished(row.id))
    step.push("finish", row.scope, row.element, dict(command.result or {}))


def job_failed(step: Step, command: c.FailJob) -> None:
    """A failed job is the BPMN error that it names, if somebody catches that, else an incident that queues it again."""
    row, head = step.workspace.jobs[command.job], step.workspace.head
    step.emit(e.JobFinished(row.id))
    assert row.scope is not None
    code = command.error_code
    if code and (catcher(step, row.scope, "error", code) is not None or head.parent_scope is not None):
        step.push("error", row.scope, row.element, code, dict(command.details))
    else:
        step.retry = ("perform", row.scope, row.element)
        step.fail(command.code, {**command.details, "error_code": code} if code else command.details)

