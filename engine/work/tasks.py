"""Tasks for people: how one opens with candidates, due date and reminders, and what its commands do; who may is `engine/decide.py`'s."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from engine import commands as c
from engine import events as e
from engine.bpmn.graph import UserTask
from engine.execution.activity import NOTHING, finish, is_own
from engine.work.due import due_at, reminders, text
from engine.execution.evolve import task_completed, task_opened
from engine.execution.flow import body_of, drop
from engine.execution.interrupt import cancel
from engine.execution.plan import Element
from engine.execution.problem import Problem
from engine.execution.repeat import add_child, remove_child, take_back
from engine.execution.rows import ScopeRow, TaskRow, TimerRow
from engine.execution.step import Names, Step
from engine.journal.canonical import canonical_text, checked, from_canonical
from engine.refusals import InvalidAnswers, Problem as AnswerProblem

Json = Any
Values = Mapping[str, Json]
MANUAL = UserTask()
DEFAULT_PRIORITY = 50
new = tuple.__new__  # three times as fast as the event's own constructor, where it counts
AFTER_COMPLETION = (e.VariablesSet, e.Left, e.Entered, e.TaskOpened, e.ScopeClosed, e.TimerArmed)
IN_A_BODY = (e.VariablesSet, e.Passed, e.ResultKept, e.ScopeClosed, e.Noted, e.ScopeOpened, e.TaskOpened, e.TimerArmed)


class Hint(NamedTuple):
    """What a task that is opened again should say: for whom, with which marks and explanation."""

    assignee: str = ""
    marks: tuple[str, ...] = ()
    variables: Values = {}


# Opening ------------------------------------------------------------------------------------------------------------------------------


def open_task(step: Step, scope: int, element: Element, local: Values) -> None:
    """A user or manual task waits for somebody."""
    node = element.node
    user = node.user or MANUAL
    people, variables, due, basis, priority, about, marks = element.people, local, None, NOTHING, DEFAULT_PRIORITY, "", ()
    if people is None or not element.plain:
        row, names = step.workspace.scopes[scope], step.names(scope, local)
        if is_own(row, element):
            variables = row.variables
        people = _people(step, user, names) if "signer" not in row.data else (people_of(row.data["signer"]), "")
        due, basis = due_at(step, user, names, step.now)
        priority = DEFAULT_PRIORITY if user.priority is None else _priority(step.value(user.priority, names))
        about = "" if user.about is None else text(step.value(user.about, names), "about")
    candidates, assignee = people
    if step.hints is not None and (hint := step.hints.pop(element.id, None)) is not None:
        assignee, marks, variables = hint.assignee or assignee, hint.marks, {**variables, **hint.variables}
    task = step.next_id("t")
    event = new(e.TaskOpened, (
        task, scope, element.id, node.name, candidates, assignee, user.form, element.stage, about, due, basis, priority, variables, marks, step.now,
    ))
    step.events.append(event)
    task_opened(step.workspace, event)
    if due is not None:
        _arm(step, scope, element.id, task, user, due)


def _people(step: Step, user: UserTask, names: Names) -> tuple[tuple[str, ...], str]:
    """Candidates (`role@org`, `user:ID`) and assignee (a user id); a single person is the assignee."""
    candidates: tuple[str, ...] = ()
    if user.candidate_groups is not None:
        candidates = people_of(step.value(user.candidate_groups, names))
    if user.candidate_users is not None:
        users = people_of(step.value(user.candidate_users, names))
        candidates += tuple(one if one.startswith("user:") else f"user:{one}" for one in users)
    assignee = "" if user.assignee is None else text(step.value(user.assignee, names), "assignee").removeprefix("user:")
    if not assignee and len(candidates) == 1 and candidates[0].startswith("user:"):
        assignee = candidates[0][5:]
    return candidates, assignee


def people_of(value: Json) -> tuple[str, ...]:
    """Candidates from text (separated by commas), a list of texts, or lists inside it. Raises Problem."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(one for part in value.split(",") if (one := part.strip()))
    if isinstance(value, list | tuple):
        return tuple(one for each in value for one in people_of(each))
    raise Problem("task.not_people", value=str(value)[:80])


def _priority(value: Json) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Problem("task.not_a_number", what="priority", value=str(value)[:80]) from None


def _arm(step: Step, scope: int, element: str, task: str, user: UserTask, due: datetime) -> None:
    """The timers that go with a due date: overdue, and the next reminder with those behind it."""
    if user.overdue and due > step.now:
        step.emit(e.TimerArmed(step.next_id("c"), scope, element, "due", due, task, {}))
    ladder = reminders(due, user.reminders, step.now, step.facts.calendar, step.zone)
    if ladder:
        (at, offset), *rest = ladder
        step.emit(e.TimerArmed(step.next_id("c"), scope, element, "reminder", at, task, {"offset": offset, "rest": rest}))


# Completing ------------------------------------------------------------------------------------------------------------------------------


def complete(step: Step, command: c.Complete) -> None:
    """办理: the outcome, the opinion and the answers become variables, the token goes on. Raises InvalidAnswers."""
    actor, id, outcome, opinion, answers, subjects, on_behalf_of = command
    task = step.workspace.tasks.rows[id]  # loaded when the command was checked
    if task.form and (form := step.graphs.forms.get(task.form)) is not None:
        _answers_do(form, command)
    if answers:
        checked(answers)
    element = step.plan.elements[task.element]
    event = new(e.TaskCompleted, (id, actor, outcome, opinion, answers, subjects, step.now, on_behalf_of, ""))
    step.events.append(event)
    task_completed(step.workspace, event)
    values = {"outcome": outcome, "opinion": opinion, "completed_by": on_behalf_of or actor}
    if answers:
        values = {**answers, **values}
    if element.withdraws:
        row = step.workspace.scopes[task.scope]
        step.afterwards = lambda: note_withdrawable(step, task, row)
    local = NOTHING
    if element.node.outputs:
        local = NOTHING if element.scoped else task.variables
        step.retry = ("finish", task.scope, element.id, {**local, **values})
    finish(step, task.scope, element, values, local)


def _answers_do(form: Any, command: c.Complete) -> None:
    outcome = form.outcome(command.outcome)
    if outcome is None:
        known = [one.code for one in form.outcomes]
        raise InvalidAnswers([AnswerProblem("outcome", "form.unknown_outcome", {"found": command.outcome[:50], "known": known})])
    if outcome.opinion == "required" and not command.opinion.strip():
        raise InvalidAnswers([AnswerProblem("opinion", "form.opinion_required", {"outcome": outcome.label})])


def note_withdrawable(step: Step, task: TaskRow, row: ScopeRow) -> None:
    """After the step: what the completion led to, if it can be taken back. `row`: the scope that the task was in."""
    behind = step.events[next(at for at, event in enumerate(step.events) if type(event) is e.TaskCompleted) + 1:]
    element = step.plan.elements[task.element]
    following = _of_one_of_many(step, behind, row, element) if is_own(row, element) and "index" in row.data else _of_a_token(behind)
    if following:
        step.emit(e.Withdrawable(task.id, following))


def _of_a_token(behind: Sequence[e.Event]) -> tuple[str, ...]:
    """The completion only led tokens of one scope to tasks or waiting joins."""
    moves = [event for event in behind if isinstance(event, e.Left | e.Entered)]
    scopes = {event.scope for event in moves}
    if len(scopes) != 1 or not all(isinstance(event, AFTER_COMPLETION) for event in behind):
        return ()
    (scope,) = scopes
    opened = [event for event in behind if type(event) is e.TaskOpened]
    waiting: list[str] = []
    for event in moves:
        if type(event) is e.Left:
            waiting.extend(event.flows)
        else:
            waiting = [flow for flow in waiting if flow not in event.flows]
    entered = sum(1 if type(event) is e.Entered else -1 for event in moves) + 1
    if any(event.scope != scope for event in opened) or entered != len(opened) or not opened + waiting:
        return ()
    return f"scope:{scope}", *(event.task for event in opened), *(f"flow:{flow}" for flow in waiting)


def _of_one_of_many(step: Step, behind: Sequence[e.Event], row: ScopeRow, element: Element) -> tuple[str, ...]:
    """The completion only closed this instance, and in a sequence opened the next: the body goes on."""
    body, multi = row.parent, element.node.multi
    if body is None or multi is None or step.workspace.scopes.get(body) is None:
        return ()
    if not all(isinstance(event, IN_A_BODY) and (type(event) is not e.Noted or event.scope == body) for event in behind):
        return ()
    signer = (f"signer:{row.data['signer']}",) if "signer" in row.data else ()
    value = (f"value:{canonical_text(row.variables[multi.element_variable])}",) if multi.element_variable else ()
    return f"body:{body}", f"item:{row.data['index']}", *signer, *value, *(event.task for event in behind if type(event) is e.TaskOpened)


def withdraw(step: Step, task: TaskRow, command: c.Withdraw) -> None:
    """撤回: what followed disappears, the task opens again for who had completed it."""
    following, outcome = task.next, task.outcome
    step.emit(e.TaskWithdrawn(task.id, command.actor, command.reason, step.now))
    step.hints = {task.element: Hint(task.closed_by, ("withdrawn",), {"withdrawn": {"by": command.actor, "reason": command.reason}})}
    kind, _, scope = following[0].partition(":")
    if kind == "body":
        given = dict(each.split(":", 1) for each in following[1:] if ":" in each)
        item = from_canonical(given["value"]) if "value" in given else None
        body = step.workspace.scopes[int(scope)]
        take_back(step, body, step.plan.elements[task.element], int(given["item"]), item, given.get("signer", ""), outcome)
        return
    for place in following[1:]:
        if place.startswith("flow:"):
            drop(step, int(scope), place[5:])
        else:
            element = step.workspace.tasks[place].element
            step.emit(e.TaskCancelled(place, "withdrawn", step.now))
            drop(step, int(scope), element)
    step.push("begin", int(scope), task.element)


def send_back(step: Step, task: TaskRow, command: c.Return) -> None:
    """退回: the token leaves the task for the earlier element `to`; everything inside the activities it leaves stops."""
    element, target = step.plan.elements[task.element], step.plan.elements[command.to]
    step.emit(e.TaskCompleted(task.id, command.actor, "return", command.reason, {}, (), step.now, command.on_behalf_of, command.to))
    row, place = step.workspace.scopes[task.scope], element.id
    while is_own(row, element) or body_of(step, row) != target.node.scope:
        outer = step.workspace.scopes[row.parent or 1]
        place = row.element
        cancel(step, row.id, "returned")
        row = outer
    drop(step, row.id, place)
    step.merge(row.id, {"outcome": "return", "opinion": command.reason, "completed_by": command.on_behalf_of or command.actor})
    returned = {"by": command.actor, "from": element.id, "name": task.name, "reason": command.reason}
    step.hints = {target.id: Hint(marks=("returned",), variables={"returned": returned})}
    step.push("begin", row.id, target.id)


# Other commands of a task ------------------------------------------------------------------------------------------------------------------


def urge(step: Step, task: TaskRow, command: c.Urge) -> None:
    step.emit(e.Urged(task.id, command.actor, command.text, step.now))
    _notify(step, "task.urged", task, {"text": command.text, "by": command.actor})


def add_signer(step: Step, task: TaskRow, command: c.AddSigner) -> None:
    """加签."""
    row = step.workspace.scopes[task.scope]
    element, body = step.plan.elements[task.element], step.workspace.scopes[row.parent or 1]
    step.emit(e.SignerAdded(body.id, command.signer, command.actor, command.reason, step.now))
    add_child(step, body, element, command.signer if command.item is None else command.item, command.signer)


def remove_signer(step: Step, task: TaskRow, command: c.RemoveSigner) -> None:
    """减签."""
    step.emit(e.SignerRemoved(task.id, command.actor, command.reason, step.now))
    remove_child(step, step.workspace.scopes[task.scope], step.plan.elements[task.element])


def extend(step: Step, task: TaskRow, due: datetime, basis: Values, by: str, reason: str) -> None:
    """顺延: a new due moment, with its timers."""
    held = step.workspace.scopes[task.scope].data.get("holds", ())
    for id in held:
        if id[0] == "c" and step.workspace.timers[id].task == task.id:
            step.emit(e.TimerDisarmed(id))
    step.emit(e.TaskExtended(task.id, due, basis, by, reason, step.now))
    _arm(step, task.scope, task.element, task.id, step.plan.elements[task.element].node.user or MANUAL, due)


# Their timers --------------------------------------------------------------------------------------------------------------------------------


def task_timer(step: Step, timer: TimerRow) -> None:
    """A reminder or the due moment of a task has come."""
    task = step.workspace.tasks[timer.task]
    if timer.kind == "due":
        step.emit(e.TimerFired(timer.id, step.now))
        step.emit(e.TaskOverdue(task.id, step.now))
        _notify(step, "task.overdue", task, {}, _escalation(step, task))
        return
    ladder = [rung for rung in timer.data["rest"] if rung[0] > step.now]
    if ladder:
        (at, offset), *rest = ladder
        step.emit(e.TimerMoved(timer.id, at, {"offset": offset, "rest": rest}))
    else:
        step.emit(e.TimerFired(timer.id, step.now))
    step.emit(e.Reminded(task.id, timer.data["offset"], step.now))
    _notify(step, "task.reminder", task, {"offset": timer.data["offset"]})


def _escalation(step: Step, task: TaskRow) -> tuple[str, ...]:
    user = step.plan.elements[task.element].node.user
    if user is None or user.escalate_to is None:
        return ()
    try:
        return people_of(step.value(user.escalate_to, step.names(task.scope, task.variables)))
    except Problem as problem:  # the task is overdue all the same
        step.retry = ("settle", task.scope)
        step.fail(problem.code, problem.details)
        return ()


def _notify(step: Step, template: str, task: TaskRow, params: Values, also: tuple[str, ...] = ()) -> None:
    to = (f"user:{task.assignee}",) if task.assignee else task.candidates
    receivers = tuple(dict.fromkeys((*to, *also)))
    if receivers:
        step.emit(e.NotificationRequested(template, receivers, task.about, {"task": task.id, "name": task.name, "due_at": task.due_at, **params}))
