"""A scheme's stages as lines with working days, and the backward planner's answer in words; changes no scheme but the copy it gives."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from adapters.locale import say
from adapters.web.views import StageView
from engine.refusals import Invalid
from engine.scheme.calendar import Calendar, CalendarTooShort
from engine.scheme.planner import PlannedStage, Stage, StageLine, StageNeed, plan_backward, stages_of, timeline
from engine.scheme.scheme import Scheme

MOST_DAYS = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked and what came out: the latest dates, or why it does not fit."""

    award_on: str
    days: Mapping[str, str]
    names: Mapping[str, str]
    stages: tuple[PlannedStage, ...] = ()
    problems: tuple[str, ...] = ()


def stage_views(scheme: Scheme) -> list[StageView]:
    """For the chart."""
    return [StageView(one.id, one.name, one.start, one.end, "todo") for one in _possible(scheme)]


def _possible(scheme: Scheme) -> list[Stage]:
    """Stages whose dates can be drawn; one that ends before it starts is a finding, not a bar."""
    return [one if one.start and one.end and one.start <= one.end else replace(one, start=None, end=None) for one in stages_of(scheme.values)]


def stage_lines(scheme: Scheme, calendar: Calendar, language: str) -> list[tuple[StageLine, str]]:
    """Every stage with its working days (0 where the calendar has no table) and its notes in words."""
    issued = scheme.values.get("issued_on")
    stages = _possible(scheme)
    try:
        lines = timeline(stages, calendar, issued if isinstance(issued, date) else None)
    except CalendarTooShort:
        lines = tuple(StageLine(one, ((one.end - one.start).days + 1) if one.start and one.end else 0, 0, ("no_table",)) for one in stages)
    return [(line, "；".join(say(f"stage.note.{note}", language) for note in line.notes)) for line in lines]


def plan(scheme: Scheme, calendar: Calendar, award_on: str, asked: Mapping[str, str], today: date, language: str) -> Plan:
    """The latest dates at which the dated stages may begin and end; none may begin before today."""
    stages = [one for one in _possible(scheme) if one.start]
    names = {one.id: one.name for one in stages}
    days = {id: text.strip() for id, text in asked.items() if id in names}
    empty = Plan(award_on, days, names)
    wrong = [say("plan.days", language, stage=names[id], most=MOST_DAYS) for id in names if not (days.get(id, "").isdigit() and 1 <= int(days[id]) <= MOST_DAYS)]
    try:
        last = date.fromisoformat(award_on)
    except ValueError:
        wrong.append(say("plan.award", language))
    if wrong:
        return replace(empty, problems=tuple(wrong))
    try:
        return replace(empty, stages=plan_backward([StageNeed(id, int(days[id]), today, names[id]) for id in names], last, calendar))
    except Invalid as invalid:
        return replace(empty, problems=tuple(say(one.code, language, **one.details) for one in invalid.findings))
    except CalendarTooShort as short:
        return replace(empty, problems=(say(short.code, language, **short.details),))


def as_planned(scheme: Scheme, plan: Plan) -> Scheme:
    """The scheme with the planned first and last days."""
    dates: dict[str, Any] = {one.id: {"start": one.latest_start, "end": one.latest_end} for one in plan.stages}
    stages = {id: {**stage, **dates.get(id, {})} if isinstance(stage, Mapping) else stage for id, stage in scheme.values.get("stages", {}).items()}
    return replace(scheme, values={**scheme.values, "stages": stages})
