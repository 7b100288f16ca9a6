"""Folds one event into the rows: the only code that changes a workspace, the same live and in a replay; decides nothing.

`ScopeRow.data["holds"]` lists what hangs on a scope besides child scopes: t tasks, c timers, s subscriptions, j jobs, i incidents.
`InstanceRow.counters`: next number of each of these and of scopes (`n`) and children (`k`); `live` counts the reasons to live.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine import events as e
from engine.execution.rows import (
    IncidentRow, InstanceRow, JobRow, ResultRow, ScopeRow, SubscriptionRow, TaskRow, TimerRow,
)
from engine.execution.workspace import Workspace

ACCOMPANYING = frozenset({"due", "reminder"})  # timers that go with a task and are no reason to live by themselves


def evolve(workspace: Workspace, event: e.Event) -> None:
    """Change the rows as `event` says."""
    FOLDS[type(event)](workspace, event)


def _only_tells(ws: Workspace, event: Any) -> None:
    """Caught, Thrown, Passed, effects …: for the record and for projections."""


def _live(workspace: Workspace, change: int) -> None:
    workspace.counters["live"] += change


def _numbered(workspace: Workspace, id: str, live: int = 1) -> None:
    """The counter of the id's kind moves on, `live` more reasons to live."""
    counters = workspace.counters
    counters[id[0]] = int(id[1:])
    counters["live"] += live


def _hold(workspace: Workspace, scope: int | None, id: str) -> None:
    if scope is not None:
        data = workspace.scopes.change(scope).data
        data["holds"] = [*data["holds"], id] if "holds" in data else [id]


def _unhold(workspace: Workspace, scope: int | None, id: str) -> None:
    if scope is None or workspace.scopes.get(scope) is None:
        return
    data = workspace.scopes.change(scope).data
    left = [each for each in data["holds"] if each != id]
    if left:
        data["holds"] = left
    else:
        del data["holds"]


# The instance ------------------------------------------------------------------------------------------------------------------


def _instance_started(ws: Workspace, event: e.InstanceStarted) -> None:
    ws.start(InstanceRow(
        id=event.instance, process=event.process, package=event.package, scheme=event.scheme, org=event.org, parent=event.parent,
        parent_scope=event.parent_scope, root=event.root, path=event.path, title=event.title, started_at=event.at, counters={"live": 0},
    ))


def _titled(ws: Workspace, event: e.Titled) -> None:
    ws.change_head().title = event.title


def _instance_ended(ws: Workspace, event: e.InstanceEnded) -> None:
    root = ws.scopes.get(1)
    if root is not None:
        _release(ws, root, event.at, frozenset())
    head = ws.change_head()
    head.state, head.outcome, head.ended_at = event.state, event.outcome, event.at


def _scheme_amended(ws: Workspace, event: e.SchemeAmended) -> None:
    ws.change_head().scheme = event.scheme


# Scopes and tokens ----------------------------------------------------------------------------------------------------------------


def _scope_opened(ws: Workspace, event: e.ScopeOpened) -> None:
    ws.counters["n"] = event.scope
    ws.scopes.new(event.scope, ScopeRow(event.scope, event.parent, event.element, dict(event.variables), {}, dict(event.data)))


def _scope_closed(ws: Workspace, event: e.ScopeClosed) -> None:
    _remove(ws, ws.scopes[event.scope], None)


def _scope_cancelled(ws: Workspace, event: e.ScopeCancelled) -> None:
    for row in reversed(list(ws.subtree(event.scope))):
        _remove(ws, row, event.at)


def _scope_emptied(ws: Workspace, event: e.ScopeEmptied) -> None:
    for child in ws.scopes_in(event.scope):
        for row in reversed(list(ws.subtree(child.id))):
            _remove(ws, row, event.at)
    row = ws.scopes.change(event.scope)
    _release(ws, row, event.at, frozenset(event.keep))
    row.tokens = {event.stay: 1} if event.stay else {}


def _remove(ws: Workspace, row: ScopeRow, at: datetime | None) -> None:
    _release(ws, row, at, frozenset())
    if "child" in row.data:
        _live(ws, -1)
    if "mi" in row.data:
        for result in ws.results_of(row.id):
            ws.results.drop((result.scope, result.index))
    ws.scopes.drop(row.id)


def _release(ws: Workspace, row: ScopeRow, at: datetime | None, keep: frozenset[str]) -> None:
    """What hangs on the scope is gone, but for `keep`; its open tasks are cancelled, its open incidents closed."""
    held = row.data.get("holds")
    if not held:
        return
    for id in held:
        if id not in keep:
            _let_go(ws, id, at)
    row = ws.scopes.change(row.id)
    if keep:
        row.data["holds"] = [id for id in held if id in keep]
    else:
        del row.data["holds"]


def _let_go(ws: Workspace, id: str, at: datetime | None) -> None:
    match id[0]:
        case "t":
            task = ws.tasks.change(id)
            task.state, task.closed_at = "cancelled", at
            _live(ws, -1)
        case "c":
            if ws.timers[id].kind not in ACCOMPANYING:
                _live(ws, -1)
            ws.timers.drop(id)
        case "s":
            _drop_subscription(ws, id)
        case "j":
            ws.jobs.drop(id)
            _live(ws, -1)
        case "i":
            ws.incidents.change(id).state = "resolved"
            _live(ws, -1)


def entered(ws: Workspace, event: e.Entered) -> None:
    scope, element, flows = event
    scopes = ws.scopes
    tokens = (scopes.rows[scope] if scope in scopes.before else scopes.change(scope)).tokens
    for flow in flows:
        _take(tokens, flow)
    tokens[element] = tokens[element] + 1 if element in tokens else 1


def left(ws: Workspace, event: e.Left) -> None:
    scope, element, flows = event
    scopes = ws.scopes
    tokens = (scopes.rows[scope] if scope in scopes.before else scopes.change(scope)).tokens
    _take(tokens, element)
    for flow in flows:
        tokens[flow] = tokens[flow] + 1 if flow in tokens else 1


def _dropped(ws: Workspace, event: e.Dropped) -> None:
    _take(ws.scopes.change(event.scope).tokens, event.element)


def _take(tokens: dict[str, Any], place: str) -> None:
    if tokens[place] == 1:
        del tokens[place]
    else:
        tokens[place] -= 1


def variables_set(ws: Workspace, event: e.VariablesSet) -> None:
    scope, values = event
    scopes = ws.scopes
    row = scopes.rows[scope] if scope in scopes.before else scopes.change(scope)
    row.variables = {**row.variables, **values}


def _noted(ws: Workspace, event: e.Noted) -> None:
    data = ws.scopes.change(event.scope).data
    for name, value in event.data.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value


def _result_kept(ws: Workspace, event: e.ResultKept) -> None:
    ws.results.new((event.scope, event.position), ResultRow(event.scope, event.position, event.value))


def _result_dropped(ws: Workspace, event: e.ResultDropped) -> None:
    ws.results.get((event.scope, event.position))
    ws.results.drop((event.scope, event.position))


# Tasks ------------------------------------------------------------------------------------------------------------------------------


def task_opened(ws: Workspace, event: e.TaskOpened) -> None:
    # rows share what events hold: variables and explanations are replaced, never changed in place
    task, scope, element, name, candidates, assignee, form, stage, about, due_at, due_basis, priority, variables, marks, at = event
    ws.counters["t"] = int(task[1:])
    ws.counters["live"] += 1
    row = TaskRow(
        task, scope, element, name, "open", candidates, assignee, "", form, stage, about, at, due_at, due_basis, priority,
        None, None, "", "", "", marks, variables,
    )
    ws.tasks.new(task, row)
    scopes = ws.scopes
    data = (scopes.rows[scope] if scope in scopes.before else scopes.change(scope)).data
    data["holds"] = [*data["holds"], task] if "holds" in data else [task]


def _task_claimed(ws: Workspace, event: e.TaskClaimed) -> None:
    task = ws.tasks.change(event.task)
    task.assignee, task.claimed_at = event.by, event.at


def _task_released(ws: Workspace, event: e.TaskReleased) -> None:
    task = ws.tasks.change(event.task)
    task.assignee, task.claimed_at = "", None


def _task_reassigned(ws: Workspace, event: e.TaskReassigned) -> None:
    task = ws.tasks.change(event.task)
    task.claimed_at = None
    if event.to.startswith("user:"):
        task.assignee = event.to[5:]
    else:
        task.assignee, task.candidates = "", (event.to,)
    task.marks = _marked(task.marks, "reassigned")


def _task_delegated(ws: Workspace, event: e.TaskDelegated) -> None:
    task = ws.tasks.change(event.task)
    task.owner, task.assignee, task.marks = task.assignee or event.by, event.to.removeprefix("user:"), _marked(task.marks, "delegated")


def _task_resolved(ws: Workspace, event: e.TaskResolved) -> None:
    task = ws.tasks.change(event.task)
    task.assignee, task.owner, task.opinion = task.owner, "", event.opinion
    task.marks = _marked(tuple(mark for mark in task.marks if mark != "delegated"), "resolved")
    task.variables = {**task.variables, **event.answers}


def task_completed(ws: Workspace, event: e.TaskCompleted) -> None:
    id, by, outcome, opinion, _, _, at, _, to = event
    task = ws.tasks.change(id)
    task.state, task.closed_at, task.closed_by, task.outcome, task.opinion = "completed", at, by, outcome, opinion
    if to:
        task.marks = _marked(task.marks, "sent_back")
    _task_closed(ws, task)


def _task_withdrawn(ws: Workspace, event: e.TaskWithdrawn) -> None:
    task = ws.tasks.change(event.task)
    task.marks, task.next = _marked(task.marks, "withdrawn"), ()


def _task_cancelled(ws: Workspace, event: e.TaskCancelled) -> None:
    task = ws.tasks.change(event.task)
    task.state, task.closed_at = "cancelled", event.at
    _task_closed(ws, task)


def _task_closed(ws: Workspace, task: TaskRow) -> None:
    """The task leaves its scope, and its timers with it."""
    data = ws.scopes.change(task.scope).data
    left = [id for id in data["holds"] if id != task.id] if len(data["holds"]) > 1 else []
    if left and task.due_at is not None:
        for id in [id for id in left if id[0] == "c" and ws.timers[id].task == task.id]:
            ws.timers.drop(id)
            left.remove(id)
    if left:
        data["holds"] = left
    else:
        del data["holds"]
    ws.counters["live"] -= 1


def _withdrawable(ws: Workspace, event: e.Withdrawable) -> None:
    ws.tasks.change(event.task).next = event.next


def _task_extended(ws: Workspace, event: e.TaskExtended) -> None:
    task = ws.tasks.change(event.task)
    task.due_at, task.due_basis = event.due_at, event.due_basis
    task.marks = tuple(mark for mark in task.marks if mark != "overdue")
    if event.by:
        task.marks = _marked(task.marks, "extended")


def _marking(mark: str) -> Callable[[Workspace, Any], None]:
    def fold(ws: Workspace, event: Any) -> None:
        task = ws.tasks.change(event.task)
        task.marks = _marked(task.marks, mark)

    return fold


def _marked(marks: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return marks if mark in marks else (*marks, mark)


# Waiting -----------------------------------------------------------------------------------------------------------------------------


def _timer_armed(ws: Workspace, event: e.TimerArmed) -> None:
    _numbered(ws, event.timer, live=0 if event.kind in ACCOMPANYING else 1)
    ws.timers.new(event.timer, TimerRow(event.timer, event.scope, event.element, event.kind, event.due_at, event.task, dict(event.data)))
    _hold(ws, event.scope, event.timer)


def _timer_gone(ws: Workspace, event: e.TimerFired | e.TimerDisarmed) -> None:
    timer = ws.timers[event.timer]
    if timer.kind not in ACCOMPANYING:
        _live(ws, -1)
    ws.timers.drop(event.timer)
    _unhold(ws, timer.scope, event.timer)


def _timer_moved(ws: Workspace, event: e.TimerMoved) -> None:
    timer = ws.timers.change(event.timer)
    timer.due_at, timer.data = event.due_at, dict(event.data)


def _subscribed(ws: Workspace, event: e.Subscribed) -> None:
    _numbered(ws, event.subscription)
    if event.kind == "condition":
        _conditions(ws, 1)
    ws.subscriptions.new(event.subscription, SubscriptionRow(
        event.subscription, event.scope, event.element, event.kind, event.name, event.correlation, dict(event.data),
    ))
    _hold(ws, event.scope, event.subscription)


def _resubscribed(ws: Workspace, event: e.Resubscribed) -> None:
    ws.subscriptions.change(event.subscription).data = dict(event.data)


def _unsubscribed(ws: Workspace, event: e.Unsubscribed) -> None:
    scope = ws.subscriptions[event.subscription].scope
    _drop_subscription(ws, event.subscription)
    _unhold(ws, scope, event.subscription)


def _drop_subscription(ws: Workspace, id: str) -> None:
    if ws.subscriptions[id].kind == "condition":
        _conditions(ws, -1)
    ws.subscriptions.drop(id)
    _live(ws, -1)


def _conditions(ws: Workspace, change: int) -> None:
    counters = ws.counters
    counters["conditions"] = counters.get("conditions", 0) + change


# Jobs, children, incidents --------------------------------------------------------------------------------------------------------------


def _job_queued(ws: Workspace, event: e.JobQueued) -> None:
    row = JobRow(event.job, event.kind, event.scope, event.element, dict(event.data))
    if event.kind == "service":
        _numbered(ws, event.job)
        ws.jobs.new(event.job, row)
        _hold(ws, event.scope, event.job)
        return
    _numbered(ws, event.job, live=0)
    ws.outgoing[event.job] = row
    if event.kind == "start_child" and event.scope is not None:
        ws.counters["k"] = event.data["number"]
        ws.scopes.change(event.scope).data["child"] = event.data["child"]
        _live(ws, 1)


def _job_finished(ws: Workspace, event: e.JobFinished) -> None:
    scope = ws.jobs[event.job].scope
    ws.jobs.drop(event.job)
    _unhold(ws, scope, event.job)
    _live(ws, -1)


def _child_closed(ws: Workspace, event: e.ChildClosed) -> None:
    del ws.scopes.change(event.scope).data["child"]
    _live(ws, -1)


def _incident_opened(ws: Workspace, event: e.IncidentOpened) -> None:
    _numbered(ws, event.incident)
    ws.incidents.new(event.incident, IncidentRow(event.incident, event.scope, event.element, event.code, dict(event.details), event.at))
    _hold(ws, event.scope, event.incident)


def _incident_closed(ws: Workspace, event: e.IncidentClosed) -> None:
    incident = ws.incidents.change(event.incident)
    incident.state = "resolved"
    _unhold(ws, incident.scope, event.incident)
    _live(ws, -1)


FOLDS: Mapping[type[Any], Callable[[Workspace, Any], None]] = {
    **dict.fromkeys(e.EVENTS.values(), _only_tells),
    e.InstanceStarted: _instance_started, e.Titled: _titled, e.InstanceEnded: _instance_ended, e.SchemeAmended: _scheme_amended,
    e.ScopeOpened: _scope_opened, e.ScopeClosed: _scope_closed, e.ScopeCancelled: _scope_cancelled, e.ScopeEmptied: _scope_emptied,
    e.Entered: entered, e.Left: left, e.Dropped: _dropped, e.VariablesSet: variables_set, e.Noted: _noted, e.ResultKept: _result_kept,
    e.ResultDropped: _result_dropped,
    e.TaskOpened: task_opened, e.TaskClaimed: _task_claimed, e.TaskReleased: _task_released, e.TaskReassigned: _task_reassigned,
    e.TaskDelegated: _task_delegated, e.TaskResolved: _task_resolved, e.TaskCompleted: task_completed, e.TaskWithdrawn: _task_withdrawn,
    e.TaskCancelled: _task_cancelled, e.Withdrawable: _withdrawable, e.TaskExtended: _task_extended,
    e.TaskOverdue: _marking("overdue"), e.Urged: _marking("urged"),
    e.TimerArmed: _timer_armed, e.TimerFired: _timer_gone, e.TimerDisarmed: _timer_gone, e.TimerMoved: _timer_moved,
    e.Subscribed: _subscribed, e.Resubscribed: _resubscribed, e.Unsubscribed: _unsubscribed,
    e.JobQueued: _job_queued, e.JobFinished: _job_finished, e.ChildClosed: _child_closed,
    e.IncidentOpened: _incident_opened, e.IncidentClosed: _incident_closed,
}
