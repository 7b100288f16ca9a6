"""When a task is due, why, and when its people are reminded; a moment is in UTC, working days are the scheme's calendar's."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from engine.bpmn.graph import UserTask
from engine.execution.problem import Problem
from engine.execution.step import Names, Step
from engine.execution.timers import after, moment, period
from engine.facts import WorkCalendar
from engine.feel import Environment, Expression, of_tree, tree

Json = Any
REMIND_AT = time(9, 0)  # local
COUNTED = {"due in": "period", "period end": "period", "printed span end": "printed_span"}


def due_at(step: Step, user: UserTask, names: Names, opened_at: datetime) -> tuple[datetime | None, Mapping[str, Json]]:
    """The first moment the task is late, and its explanation; None when it has no due date.

    A date ends by the scheme's cut-off; a duration counts from `opened_at`. Raises Problem.
    """
    if user.due is None:
        return None, {}
    environment = step.environment if opened_at == step.now else step.at(opened_at)
    value = user.due if isinstance(user.due, str) else user.due(names, environment)
    if value is None:
        return None, {}
    basis: dict[str, Json] = {"clause": user.clause} if user.clause else {}
    if isinstance(user.due, Expression):
        basis |= {"expression": user.due.text, **_explained(step, user.due, names, environment)}
    if step.facts.calendar is not None:
        basis["calendar"] = step.facts.calendar.version
    return _late_from(step, value, opened_at), basis


def _late_from(step: Step, value: Json, opened_at: datetime) -> datetime:
    if isinstance(value, str) and value.lstrip().startswith("P"):
        return after(opened_at, period(value), step.zone)
    if isinstance(value, timedelta):
        return after(opened_at, period(value), step.zone)
    if isinstance(value, date) and not isinstance(value, datetime):
        cutoff = step.facts.functions.get("cutoff")
        return moment(cutoff(value), step.zone) if cutoff else moment(value + timedelta(days=1), step.zone)
    return moment(value, step.zone)


def _explained(step: Step, expression: Expression, names: Names, environment: Environment) -> Mapping[str, Json]:
    """Rule, first day, days and last day of the day count that the expression makes, when it makes one and the calendar can explain."""
    explain = getattr(step.facts.calendar, "explain", None)
    if explain is None:
        return {}
    for call in _calls(expression.tree):
        arguments = [of_tree("", one)(names, environment) for one in call.arguments]
        name = call.function.name if isinstance(call.function, tree.Name) else ""
        if name == "due in" and len(arguments) == 1 and arguments[0] is not None:
            arguments.insert(0, environment.now.astimezone(environment.zone).date())
        if name in COUNTED and len(arguments) == 2 and isinstance(arguments[0], date) and arguments[1] is not None:
            return dict(explain(COUNTED[name], arguments[0], int(arguments[1])).as_json())
    return {}


def _calls(node: tree.Node) -> Iterable[tree.Call]:
    pending = [node]
    while pending:
        found = pending.pop(0)
        if isinstance(found, tree.Call):
            yield found
        pending.extend(tree.children(found))


def reminders(due: datetime, offsets: Iterable[int], now: datetime, calendar: WorkCalendar | None, zone: ZoneInfo) -> list[list[Json]]:
    """`[[moment, offset], …]` still to come, earliest first: 09:00 local, so many working days before or after the day it is due."""
    due_on = (due - timedelta(microseconds=1)).astimezone(zone).date()
    found = []
    for offset in offsets:
        day = calendar.add_working_days(due_on, offset) if calendar is not None else due_on + timedelta(days=offset)
        at = datetime.combine(day, REMIND_AT, zone).astimezone(timezone.utc)
        if at > now:
            found.append([at, offset])
    return sorted(found)


def text(value: Json, what: str) -> str:
    """A text, empty for null. Raises Problem for anything else."""
    if value is None or isinstance(value, str):
        return value or ""
    raise Problem("task.not_text", what=what, value=str(value)[:80])
