"""Stages as dated lines, and dates backward from the day of the award; proposes, changes no scheme."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.refusals import Finding, Invalid, Refused
from engine.scheme.calendar import DAY, Calendar


@dataclass(frozen=True)
class Stage:
    """One stage of a scheme; `start` and `end` are both None for an open-ended one."""

    id: str
    order: int
    name: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class StageLine:
    """A stage on the timeline. `notes` are codes: overlaps, gap, starts_off, ends_off, before_issue."""

    stage: Stage
    calendar_days: int
    working_days: int
    notes: tuple[str, ...] = ()
    confirmed: bool = True


@dataclass(frozen=True)
class StageNeed:
    """What a stage needs at least, for planning backward; it cannot begin before `earliest`."""

    id: str
    working_days: int
    earliest: date | None = None
    name: str = ""


@dataclass(frozen=True)
class PlannedStage:
    """The latest dates at which a stage may begin and end so that everything after it still fits."""

    id: str
    latest_start: date
    latest_end: date
    working_days: int


def stages_of(values: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The stages of a scheme's plain values, in their order."""
    return stages_in(values.get("stages"))


def stages_in(value: Any) -> tuple[Stage, ...]:
    """The stages of a value of type `stages`; what has not its shape is left out (the check says so)."""
    stages = [_stage(id, one) for id, one in value.items() if isinstance(one, Mapping)] if isinstance(value, Mapping) else []
    return tuple(sorted(stages, key=lambda stage: (stage.order, stage.id)))


def _stage(id: str, one: Mapping[str, Any]) -> Stage:
    start, end, order = one.get("start"), one.get("end"), one.get("order")
    return Stage(
        id, order if isinstance(order, int) else 0, str(one.get("name") or id),
        start if isinstance(start, date) else None, end if isinstance(end, date) else None,
    )


def timeline(stages: Sequence[Stage], calendar: Calendar, issued_on: date | None = None) -> tuple[StageLine, ...]:
    """One line a stage, in order. Dates are shown as they are, never shifted. Raises CalendarTooShort."""
    lines = []
    before: date | None = None
    for stage in stages:
        lines.append(_line(stage, calendar, issued_on, before))
        before = max(filter(None, (before, stage.end)), default=None)
    return tuple(lines)


def _line(stage: Stage, calendar: Calendar, issued_on: date | None, before: date | None) -> StageLine:
    if stage.start is None or stage.end is None:
        return StageLine(stage, 0, 0)
    notes = []
    if before and stage.start <= before:
        notes.append("overlaps")
    if before and stage.start > before + DAY:
        notes.append("gap")
    if issued_on and stage.start < issued_on:
        notes.append("before_issue")
    if not calendar.is_working_day(stage.start):
        notes.append("starts_off")
    if not calendar.is_working_day(stage.end):
        notes.append("ends_off")
    days = (stage.end - stage.start).days + 1
    return StageLine(stage, days, calendar.working_days_between(stage.start, stage.end), tuple(notes),
                     not calendar.unconfirmed(stage.start, stage.end))


def plan_backward(needs: Sequence[StageNeed], award_on: date, calendar: Calendar) -> tuple[PlannedStage, ...]:
    """The latest dates for stages that follow one another and end by `award_on` (a civil date, itself usable).

    Raises: Invalid with one finding `plan.short` for every stage whose latest start lies before its earliest one: details `stage`, `short`
    (working days it lacks), `latest_start`, `earliest`. CalendarTooShort.
    """
    planned: list[PlannedStage] = []
    short: list[Finding] = []
    end = award_on
    for need in reversed(needs):
        if need.working_days < 1:
            raise Refused("calendar.days_below_one", days=need.working_days)
        start = latest_start(end, need.working_days, calendar)
        if need.earliest and need.earliest > start:
            missing = need.working_days - calendar.working_days_between(need.earliest, end)
            details = {"stage": need.name or need.id, "short": missing, "latest_start": start, "earliest": need.earliest}
            short.append(Finding("plan.short", element=f"stages.{need.id}", details=details))
        planned.append(PlannedStage(need.id, start, end, need.working_days))
        end = start - DAY
    if short:
        raise Invalid(reversed(short))
    return tuple(reversed(planned))


def latest_start(end: date, working_days: int, calendar: Calendar) -> date:
    """The latest day from which to `end`, both counted, there are `working_days`."""
    last = end
    while not calendar.is_working_day(last):
        last -= DAY
    return calendar.add_working_days(last, 1 - working_days)
