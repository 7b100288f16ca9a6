"""What a command does, and why it is refused: one function says why not, for the grey button and for the request alike."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine import commands as c
from engine import events as e
from engine.bpmn.graph import GraphSet, Node, Process
from engine.execution import instance
from engine.execution.catching import message_came, timer_fired
from engine.execution.evolve import ACCOMPANYING
from engine.execution import machine as _machine  # noqa: F401  it gives the step its functions
from engine.execution.plan import plan_of
from engine.execution.problem import Problem
from engine.execution.rows import ScopeRow, TaskRow
from engine.execution.step import Step
from engine.execution.timers import first_due, timer_value
from engine.execution.workspace import Workspace
from engine.facts import Facts
from engine.feel import Expression, FeelError
from engine.journal.canonical import checked
from engine.refusals import Conflict, NotFound, Refused
from engine.work import tasks as work
from engine.work.due import due_at

CORRECTED = frozenset({c.Reassign, c.AddSigner, c.RemoveSigner})  # commands of a task that its administrator may send too
SYSTEM = frozenset({"timer", "job"})  # actors that are no person
ADMINISTRATOR = "process_admin"  # the role, at the instance's organisation, that may correct a running instance
OfTask = (
    c.Complete | c.Claim | c.Release | c.Reassign | c.Delegate | c.Resolve | c.Return | c.Urge | c.AddSigner | c.RemoveSigner | c.Extend
)


# Why not --------------------------------------------------------------------------------------------------------------------------------


def why_not(workspace: Workspace, graphs: GraphSet, command: c.Command, facts: Facts) -> Refused | None:
    """Why `command` would be refused now; None when it would be carried out.

    Not covered: answers that will not do (InvalidAnswers), and what an operation on the way refuses (a place too many).
    """
    try:
        _check(workspace, graphs, command, facts)
    except Refused as refused:
        return refused
    return None


def _check(workspace: Workspace, graphs: GraphSet, command: Any, facts: Facts) -> None:
    head = workspace.instance
    if head is not None and head.state != "open" and not isinstance(command, c.Withdraw | c.Start):
        raise Conflict("instance.not_open", instance=head.id, state=head.state)
    _CHECKS[type(command)](workspace, graphs, command, facts)


def _anybody(workspace: Workspace, graphs: GraphSet, command: Any, facts: Facts) -> None:
    """Commands of the store itself that nothing speaks against."""


def _waiting_timer(workspace: Workspace, graphs: GraphSet, command: c.FireTimer, facts: Facts) -> None:
    _present(workspace.timers.get(command.timer), "timer.gone", timer=command.timer)


def _waiting_receiver(workspace: Workspace, graphs: GraphSet, command: c.Correlate, facts: Facts) -> None:
    _receiver(workspace, command)


def _waiting_job(workspace: Workspace, graphs: GraphSet, command: c.FinishJob | c.FailJob, facts: Facts) -> None:
    _present(workspace.jobs.get(command.job), "job.gone", job=command.job)


def _waiting_caller(workspace: Workspace, graphs: GraphSet, command: c.ChildEnded | c.ChildThrew, facts: Facts) -> None:
    row = workspace.scopes.get(command.scope)
    _present(row if row is not None and row.data.get("child") == command.child else None, "child.gone", child=command.child)


def _may_correct(workspace: Workspace, graphs: GraphSet, command: Any, facts: Facts) -> None:
    """Corrections of a running instance are an administrator's."""
    _may_administer(workspace, command, facts)
    if isinstance(command, c.SetVariables):
        _present(workspace.scopes.get(command.scope), "scope.gone", scope=command.scope)
    elif isinstance(command, c.RetryIncident | c.ResolveIncident):
        row = workspace.incidents.get(command.incident)
        if row is None or row.state != "open":
            raise Conflict("incident.gone", incident=command.incident)
        if isinstance(command, c.ResolveIncident) and not _resolvable(workspace, graphs, row.details):
            raise Refused("incident.retry_only", incident=row.id, element=row.element)


def _present(row: object, code: str, **details: object) -> None:
    if row is None:
        raise Conflict(code, **details)


def _process(workspace: Workspace, graphs: GraphSet) -> Process:
    return graphs.processes[workspace.head.process]


def _person(command: Any) -> str:
    return str(command.on_behalf_of or command.actor)


def _may_administer(workspace: Workspace, command: Any, facts: Facts) -> None:
    if command.actor not in SYSTEM and not facts.read("holds", actor=command.actor, candidates=[f"{ADMINISTRATOR}@{workspace.head.org}"]):
        raise Refused("instance.not_yours_to_correct", role=ADMINISTRATOR, org=workspace.head.org)


def _may_start(workspace: Workspace, graphs: GraphSet, command: c.Start, facts: Facts) -> None:
    if workspace.instance is not None:
        raise Conflict("instance.exists", instance=command.instance)
    process = graphs.processes.get(command.process)
    if process is None:
        raise NotFound("process.unknown", process=command.process)
    start = command.start.partition("#")[0]
    if start and start not in process.nodes:
        raise NotFound("process.no_start", process=command.process, start=start)
    if process.started_under[1] and command.actor not in SYSTEM and not facts.read("parent", element=process.started_under[1]):
        raise Refused("start.window_closed", process=process.name or process.id, element=process.started_under[1])
    if process.starters is not None and command.actor not in SYSTEM:
        step = Step(workspace, graphs, process, facts)
        names = step.names(None, {"org": command.org, **command.variables, **command.payload})
        candidates = work.people_of(step.value(process.starters, names))
        if candidates and not facts.read("holds", actor=_person(command), candidates=list(candidates)):
            raise Refused("start.not_yours", process=process.name or process.id, candidates=list(candidates))


# … of a task --------------------------------------------------------------------------------------------------------------------------------


def _of_task(workspace: Workspace, graphs: GraphSet, command: OfTask, facts: Facts) -> None:
    id = command.task
    task = workspace.tasks.rows.get(id) or workspace.tasks.get(id)
    if task is None:
        raise NotFound("task.unknown", task=id)
    if command.on_behalf_of:
        _deputy(command, facts)
    mine = (not task.assignee and not task.candidates) or _is_mine(workspace, task, command, facts)
    if task.state != "open":
        raise Conflict("task.not_open", task=task.id, name=task.name, state=task.state)
    _OF_TASK[type(command)](workspace, graphs, task, command, facts)
    if not mine:
        raise Refused("task.claimed_by_other", task=task.id, name=task.name, assignee=task.assignee)


def _complete_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Complete, facts: Facts) -> None:
    if task.owner:
        raise Refused("task.waits_for_helper", task=task.id, name=task.name, owner=task.owner)


def _claim_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Claim, facts: Facts) -> None:
    if task.assignee:
        raise Conflict("task.claimed", task=task.id, name=task.name, assignee=task.assignee)


def _release_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Release, facts: Facts) -> None:
    if not task.assignee or not task.candidates:
        raise Refused("task.not_claimed", task=task.id, name=task.name)


def _hand_over_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Reassign | c.Delegate, facts: Facts) -> None:
    _reason(command.reason)
    to = command.to
    person, role = to.startswith("user:") and len(to) > 5, "@" in to
    if not person and (isinstance(command, c.Delegate) or not role):
        raise Refused("task.to_whom", task=task.id, to=to)
    if to == f"user:{task.assignee}":
        raise Refused("task.already_theirs", task=task.id, to=to)


def _resolve_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Resolve, facts: Facts) -> None:
    if not task.owner:
        raise Refused("task.not_delegated", task=task.id, name=task.name)


def _return_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Return, facts: Facts) -> None:
    _reason(command.reason)
    process = _process(workspace, graphs)
    node = process.nodes[task.element]
    allowed = (node.user or work.MANUAL).return_to
    if command.to not in allowed or process.nodes[command.to].scope not in _bodies_around(process, node):
        raise Refused("task.no_return", task=task.id, name=task.name, to=command.to, allowed=list(allowed))


def _bodies_around(process: Process, node: Node) -> Iterator[str]:
    """The ids of the bodies that contain the node, inner ones first."""
    scope = node.scope
    while scope != process.id:
        yield scope
        scope = process.nodes[scope].scope
    yield scope


def _signers_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.AddSigner | c.RemoveSigner, facts: Facts) -> None:
    adds = isinstance(command, c.AddSigner)
    operation, node = "add_signer" if adds else "remove_signer", _process(workspace, graphs).nodes[task.element]
    multi = node.multi
    if operation not in (node.user or work.MANUAL).operations or multi is None or (adds and multi.sequential):
        raise Refused(f"task.no_{operation}", task=task.id, name=task.name)


def _urge_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Urge, facts: Facts) -> None:
    if task.assignee and task.assignee == _person(command):
        raise Refused("task.urge_own", task=task.id, name=task.name)


def _extend_ok(workspace: Workspace, graphs: GraphSet, task: TaskRow, command: c.Extend, facts: Facts) -> None:
    if command.due_at <= facts.now:
        raise Refused("task.due_in_past", task=task.id, due_at=command.due_at)


def _deputy(command: Any, facts: Facts) -> None:
    """Acting for another needs that other's deputy grant: the candidate `deputy:ID`."""
    if not facts.read("holds", actor=command.actor, candidates=[f"deputy:{command.on_behalf_of}"]):
        raise Refused("task.not_deputy", principal=command.on_behalf_of)


def _is_mine(workspace: Workspace, task: TaskRow, command: OfTask, facts: Facts) -> bool:
    """May this person act on the task now (false: somebody else has it)? Raises NotFound when it is none of their business."""
    assignee, candidates, kind = task.assignee, task.candidates, type(command)
    if kind is c.Urge:
        return True  # whoever may see it
    if kind is c.Extend:
        _may_administer(workspace, command, facts)
        return True
    person = _person(command)
    if assignee == person:
        return True
    if candidates and facts.read("holds", actor=person, candidates=list(candidates)):
        return not assignee or kind is c.Claim
    if kind in CORRECTED and facts.read("holds", actor=person, candidates=[f"{ADMINISTRATOR}@{workspace.head.org}"]):
        return True
    if person in (task.owner, task.closed_by):
        return False
    raise NotFound("task.unknown", task=task.id)


def _reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("task.reason_needed")


def _may_withdraw(workspace: Workspace, graphs: GraphSet, command: c.Withdraw, facts: Facts) -> None:
    task = workspace.tasks.get(command.task)
    if task is None or task.state == "open" or _person(command) != task.closed_by:
        raise NotFound("task.unknown", task=command.task)
    _reason(command.reason)
    if workspace.head.state != "open" or not task.next:
        raise Refused("task.no_withdrawal", task=task.id, name=task.name)
    scope = workspace.scopes.get(int(task.next[0].partition(":")[2]))
    if scope is None or not all(_untouched(workspace, scope, place) for place in task.next[1:]):
        raise Refused("task.acted_on", task=task.id, name=task.name)


def _untouched(workspace: Workspace, scope: ScopeRow, place: str) -> bool:
    """Has nobody acted on this that followed a completion?"""
    kind, _, rest = place.partition(":")
    if kind == "flow":
        return rest in scope.tokens
    if rest:
        return True  # of one of many: says which
    task = workspace.tasks.get(place)
    return task is not None and task.state == "open" and task.claimed_at is None and not task.marks


def _receiver(workspace: Workspace, command: c.Correlate) -> Any:
    """The subscription that takes the message: the oldest of its name whose correlation key is the message's, or that has none."""
    if command.subscription:
        found = workspace.subscriptions.get(command.subscription)
        if found is not None and found.name == command.message:
            return found
    for row in workspace.subscriptions_for("message", command.message):
        if not row.correlation or row.correlation == command.correlation:
            return row
    raise Conflict("message.nobody_waits", message=command.message, correlation=command.correlation)


def _resolvable(workspace: Workspace, graphs: GraphSet, details: Mapping[str, Any]) -> bool:
    """Can the element count as done by hand? An activity or waiting event can; a choice of flows can only be tried again."""
    move = details.get("retry") or [""]
    if move[0] not in ("act", "perform", "finish", "child"):
        return False
    element = next((each for each in move[1:] if isinstance(each, str)), workspace.scopes[move[1]].element)
    return element in plan_of(_process(workspace, graphs)).elements


_OF_TASK: Mapping[type[Any], Callable[[Workspace, GraphSet, TaskRow, Any, Facts], None]] = {
    c.Complete: _complete_ok, c.Claim: _claim_ok, c.Release: _release_ok, c.Reassign: _hand_over_ok, c.Delegate: _hand_over_ok,
    c.Resolve: _resolve_ok, c.Return: _return_ok, c.AddSigner: _signers_ok, c.RemoveSigner: _signers_ok, c.Urge: _urge_ok, c.Extend: _extend_ok,
}
_CHECKS: Mapping[type[Any], Callable[[Workspace, GraphSet, Any, Facts], None]] = {
    **dict.fromkeys(_OF_TASK, _of_task), c.Start: _may_start, c.Withdraw: _may_withdraw, c.FireTimer: _waiting_timer, c.Correlate: _waiting_receiver,
    c.Signal: _anybody, c.FinishJob: _waiting_job, c.FailJob: _waiting_job, c.ChildEnded: _waiting_caller, c.ChildThrew: _waiting_caller,
    c.CancelByParent: _anybody, c.Cancel: _may_correct, c.RetryIncident: _may_correct, c.ResolveIncident: _may_correct,
    c.SetVariables: _may_correct, c.AmendScheme: _may_correct,
}


# What it does ---------------------------------------------------------------------------------------------------------------------------------


def decide(workspace: Workspace, graphs: GraphSet, command: c.Command, facts: Facts) -> tuple[e.Event, ...]:
    """The events `command` causes, in order, already folded into the workspace.

    Raises: what `why_not` returns; InvalidAnswers; Refused of an operation, when a person asked. The workspace is then as after a part
    of the step, and its `undo` takes that back.
    """
    _check(workspace, graphs, command, facts)
    process = graphs.processes[command.process if type(command) is c.Start else (workspace.instance or workspace.head).process]
    step = Step(workspace, graphs, process, facts, command.actor not in SYSTEM)
    step.run(_COMMANDS[type(command)], command)
    if step.afterwards is not None:
        step.afterwards()
    if not workspace.counters["live"] and workspace.head.state == "open":
        _no_reason_to_live(step)
    return tuple(step.events)


def _no_reason_to_live(step: Step) -> None:
    """An open instance that waits for nothing is stuck, which is an incident."""
    step.retry = ("joins", 1)
    step.fail("instance.stuck", {"tokens": sorted(step.workspace.scopes[1].tokens)})


def _claim(step: Step, command: c.Claim) -> None:
    step.emit(e.TaskClaimed(command.task, _person(command), step.now))


def _release(step: Step, command: c.Release) -> None:
    step.emit(e.TaskReleased(command.task, command.actor, command.reason, step.now))


def _reassign(step: Step, command: c.Reassign) -> None:
    step.emit(e.TaskReassigned(command.task, command.to, command.actor, command.reason, step.now))


def _delegate(step: Step, command: c.Delegate) -> None:
    step.emit(e.TaskDelegated(command.task, command.to, command.actor, command.reason, step.now))


def _resolve(step: Step, command: c.Resolve) -> None:
    checked(command.answers)
    step.emit(e.TaskResolved(command.task, command.actor, command.opinion, command.answers, step.now))


def _extend(step: Step, command: c.Extend) -> None:
    task = step.workspace.tasks[command.task]
    work.extend(step, task, command.due_at, {"rule": "extended", "from": task.due_at}, command.actor, command.reason)


def _task_of(act: Callable[[Step, TaskRow, Any], None]) -> Callable[[Step, Any], None]:
    return lambda step, command: act(step, step.workspace.tasks[command.task], command)


def _fire(step: Step, command: c.FireTimer) -> None:
    timer = step.workspace.timers[command.timer]
    if timer.kind in ACCOMPANYING:
        work.task_timer(step, timer)
    else:
        timer_fired(step, timer)


def _correlate(step: Step, command: c.Correlate) -> None:
    checked(command.payload)
    message_came(step, _receiver(step.workspace, command), "message", command.payload)


def _signal(step: Step, command: c.Signal) -> None:
    checked(command.payload)
    for row in step.workspace.subscriptions_for("signal", command.signal):
        if not command.subscriptions or row.id in command.subscriptions:
            message_came(step, row, "signal", command.payload)


def _finish_job(step: Step, command: c.FinishJob) -> None:
    checked(command.result)
    instance.job_finished(step, command)


def _cancel(step: Step, command: c.Cancel | c.CancelByParent) -> None:
    instance.stop(step, command.reason, tell=isinstance(command, c.Cancel))


def _retry(step: Step, command: c.RetryIncident) -> None:
    row = step.workspace.incidents[command.incident]
    step.set_variables(row.scope or 1, checked(command.variables))
    step.emit(e.IncidentClosed(row.id, "retried", command.actor, "", step.now))
    step.push(*row.details["retry"])


def _resolve_incident(step: Step, command: c.ResolveIncident) -> None:
    """The element counts as done, with `variables` for what it should have given."""
    row = step.workspace.incidents[command.incident]
    step.emit(e.IncidentClosed(row.id, "resolved", command.actor, command.reason, step.now))
    scope = row.details["retry"][1]
    step.push("finish", scope, row.element, dict(checked(command.variables)))


def _set_variables(step: Step, command: c.SetVariables) -> None:
    step.set_variables(command.scope, checked(command.variables))


def _amend(step: Step, command: c.AmendScheme) -> None:
    """The new scheme holds: moments that were computed from it are computed again."""
    step.emit(e.SchemeAmended(command.scheme, command.actor, command.reason, step.now))
    for row in list(step.workspace.subtree(1)):
        held = tuple(row.data.get("holds", ()))
        for id in held:
            if id[0] == "c" and step.workspace.timers[id].kind == "event":
                _amend_timer(step, id)
        for id in held:
            if id[0] == "t":
                _amend_task(step, step.workspace.tasks[id])


def _amend_timer(step: Step, id: str) -> None:
    timer = step.workspace.timers[id]
    definition = step.plan.elements[timer.element].node.events[timer.data.get("trigger", 0)]
    kind, value = timer_value(definition)
    if kind != "date" or not isinstance(value, Expression):
        return
    try:
        due = first_due(kind, step.value(value, step.names(timer.scope)), step.now, step.zone)
    except (Problem, FeelError):
        return  # the new scheme says nothing about it: the moment stays
    if due.at != timer.due_at:
        step.emit(e.TimerMoved(id, due.at, timer.data))


def _amend_task(step: Step, task: TaskRow) -> None:
    user = step.plan.elements[task.element].node.user
    if user is None or not isinstance(user.due, Expression) or "extended" in task.marks or task.opened_at is None:
        return
    try:
        due, basis = due_at(step, user, step.names(task.scope, task.variables), task.opened_at)
    except (Problem, FeelError):
        return
    if due is not None and due != task.due_at:
        work.extend(step, task, due, basis, "", "scheme amended")


_COMMANDS: Mapping[type[Any], Callable[[Step, Any], None]] = {
    c.Start: instance.start, c.Complete: work.complete, c.Claim: _claim, c.Release: _release, c.Reassign: _reassign, c.Delegate: _delegate,
    c.Resolve: _resolve, c.Return: _task_of(work.send_back), c.Withdraw: _task_of(work.withdraw), c.Urge: _task_of(work.urge),
    c.AddSigner: _task_of(work.add_signer), c.RemoveSigner: _task_of(work.remove_signer), c.Extend: _extend, c.FireTimer: _fire,
    c.Correlate: _correlate, c.Signal: _signal, c.FinishJob: _finish_job, c.FailJob: instance.job_failed,
    c.ChildEnded: instance.child_ended, c.ChildThrew: instance.child_threw, c.Cancel: _cancel, c.CancelByParent: _cancel,
    c.RetryIncident: _retry, c.ResolveIncident: _resolve_incident, c.SetVariables: _set_variables, c.AmendScheme: _amend,
}
