"""When a timer falls due: dates, durations and cycles as ISO 8601 text or as values of an expression; arms nothing.

A cycle that was missed several times fires once and then waits for its next slot in the future; missed slots count as used up.
"""
from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from engine.bpmn.graph import EventDefinition
from engine.execution.problem import Problem
from engine.feel.temporal import YearMonthDuration

_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.(?P<fraction>\d{1,6}))?S)?)?"
)
_REPEAT = re.compile(r"R(\d*)")


class Period(NamedTuple):
    """A length of civil months and of exact time."""

    months: int
    rest: timedelta

    def __bool__(self) -> bool:
        return bool(self.months or self.rest)


class Due(NamedTuple):
    """The moment (UTC) and, for a cycle, what is needed for the next: `left` further firings (absent: without end), `every`, `until`."""

    at: datetime
    data: Mapping[str, Any]


def period(value: Any) -> Period:
    """A duration from ISO text (weeks too), a timedelta, or a years-and-months duration. Raises Problem."""
    if isinstance(value, timedelta):
        return Period(0, value)
    if isinstance(value, YearMonthDuration):
        return Period(value.total, timedelta())
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or value.strip() in ("P", "PT") or value.strip().endswith("T"):
        raise Problem("timer.not_a_duration", value=str(value))
    part = {name: int(found or 0) for name, found in match.groupdict().items() if name != "fraction"}
    micro = int((match["fraction"] or "0").ljust(6, "0"))
    try:
        rest = timedelta(
            weeks=part["weeks"], days=part["days"], hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"], microseconds=micro
        )
    except OverflowError:
        raise Problem("timer.not_a_duration", value=str(value)) from None
    return Period(part["years"] * 12 + part["months"], rest)


def moment(value: Any, zone: ZoneInfo) -> datetime:
    """A moment in UTC from a date-time or its ISO text; without offset it is local in `zone`; a date is its first moment."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise Problem("timer.not_a_date", value=value) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise Problem("timer.not_a_date", value=str(value))
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    try:
        found: datetime = value.astimezone(timezone.utc)
        return found
    except OverflowError:
        raise Problem("timer.not_a_date", value=str(value)) from None


def after(start: datetime, length: Period, zone: ZoneInfo) -> datetime:
    """`start` plus whole civil months in `zone` (the 31st becomes the month's last day), plus exact time. UTC."""
    try:
        if length.months:
            local: datetime = start.astimezone(zone)
            year, month = divmod(local.year * 12 + local.month - 1 + length.months, 12)
            day = min(local.day, calendar.monthrange(year, month + 1)[1])
            start = local.replace(year=year, month=month + 1, day=day)
        return (start + length.rest).astimezone(timezone.utc)
    except (OverflowError, ValueError):
        raise Problem("timer.too_far") from None


def first_due(kind: str, value: Any, now: datetime, zone: ZoneInfo) -> Due:
    """When a timer armed `now` fires. `kind`: date | duration | cycle; `value`: what its expression gave."""
    if kind == "date":
        return Due(moment(value, zone), {})
    if kind == "duration":
        return Due(after(now, period(value), zone), {})
    return _first_of_cycle(value, now, zone)


def _first_of_cycle(value: Any, now: datetime, zone: ZoneInfo) -> Due:
    parts = value.strip().split("/") if isinstance(value, str) else ["R", value]
    repeat = _REPEAT.fullmatch(parts[0]) if isinstance(parts[0], str) else None
    if repeat is None or not 2 <= len(parts) <= 3:
        raise Problem("timer.not_a_cycle", value=str(value))
    data: dict[str, Any] = {"left": max(int(repeat[1]), 1) - 1} if repeat[1] else {}
    if len(parts) == 3 and not parts[1].startswith("P"):  # R/start/duration
        _positive(parts[2])
        return Due(moment(parts[1], zone), {**data, "every": parts[2]})
    data["every"] = parts[1].strip() if isinstance(parts[1], str) else parts[1]
    if len(parts) == 3:  # R/duration/end
        data["until"] = moment(parts[2], zone)
    return Due(after(now, _positive(parts[1]), zone), data)


def _positive(value: Any) -> Period:
    length = period(value)
    if not length or length.rest < timedelta():
        raise Problem("timer.not_a_cycle", value=str(value))
    return length


def next_due(due_at: datetime, data: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> Due | None:
    """The slot after `due_at` that lies in the future of `now`; None when the cycle is over."""
    if "every" not in data:
        return None
    length, left, at = _positive(data["every"]), data.get("left"), due_at
    if not length.months and now > at:  # straight to the last slot that was missed
        missed = (now - at) // length.rest
        if left is not None:
            missed = min(missed, left)
            left -= missed
        at += missed * length.rest
    while True:
        if left is not None:
            if left == 0:
                return None
            left -= 1
        at = after(at, length, zone)
        if "until" in data and at > data["until"]:
            return None
        if at > now:
            return Due(at, data if left is None else {**data, "left": left})


def timer_value(definition: EventDefinition) -> tuple[str, Any]:
    """Which of date, duration and cycle a timer has, and its value or expression."""
    for kind in ("date", "duration", "cycle"):
        value = getattr(definition, kind)
        if value is not None:
            return kind, value
    raise Problem("timer.empty")
