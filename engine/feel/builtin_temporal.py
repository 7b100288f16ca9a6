"""Built-in functions of FEEL that make and read dates, times, durations and moments (DMN 1.5, tables 72, 73 and 79)."""
from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.errors import Rejected
from engine.feel.evaluation import Run
from engine.feel.functions import built_in, whole
from engine.feel.types import at_midnight_utc
from engine.feel.values import kind

_ZONE_STEPS = 30  # a zone that nobody asked for before is looked up in the tz database
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)


def _read(run: Run, parse: Any, text: str) -> object:
    run.spend(_ZONE_STEPS if "@" in text else 1)
    try:
        return parse(text)
    except (ValueError, OverflowError):
        raise Rejected("feel.bad-literal", text=text[:60]) from None


def _integer(value: Decimal, function: str) -> int:
    """Dates are made of whole numbers; 1.5 is no month."""
    if value != value.to_integral_value():
        raise Rejected("feel.not-whole", function=function, number=str(value))
    return whole(value, function)


@built_in("date(from: string | date | date and time)", run=True)
def date_from(run: Run, value: Any) -> object:
    if kind(value) == "string":
        return _read(run, temporal.parse_date, value)
    return value if kind(value) == "date" else temporal.make_date(temporal.days_of(value))


@built_in("date(year: number, month: number, day: number)")
def date_of(year: Decimal, month: Decimal, day: Decimal) -> object:
    try:
        return temporal.make_date(temporal.checked_days(_integer(year, "date"), _integer(month, "date"), _integer(day, "date")))
    except ValueError:
        raise Rejected("feel.no-such-date", year=str(year), month=str(month), day=str(day)) from None


@built_in("time(from: string | time | date | date and time)", run=True)
def time_from(run: Run, value: Any) -> object:
    match kind(value):
        case "string":
            return _read(run, temporal.parse_time, value)
        case "time":
            return value
        case "date":
            value = at_midnight_utc(value)
    return temporal.make_time(temporal.nanos_of(value), temporal.zone_of(value))


@built_in("time(hour: number, minute: number, second: number, offset: days and time duration ? =)")
def time_of(hour: Decimal, minute: Decimal, second: Decimal, offset: Any) -> object:
    try:
        zone = None if offset is None else temporal.offset_zone(temporal.duration_nanos(offset) // temporal.SECOND)
        seconds = int(second.scaleb(9).to_integral_value())
        return temporal.make_time(temporal.checked_nanos(_integer(hour, "time"), _integer(minute, "time"), seconds), zone)
    except ValueError:
        raise Rejected("feel.no-such-time", hour=str(hour), minute=str(minute), second=str(second)) from None


@built_in("date and time(from: string | date | date and time)", run=True)
def date_and_time_from(run: Run, value: Any) -> object:
    match kind(value):
        case "string":
            return _read(run, temporal.parse_date_time, value)
        case "date":
            return temporal.make_date_time(temporal.days_of(value), 0, None)
    return value


@built_in("date and time(date: date | date and time, time: time)")
def date_and_time_of(date: Any, time: Any) -> object:
    return temporal.make_date_time(temporal.days_of(date), temporal.nanos_of(time), temporal.zone_of(time))


@built_in("duration(from: string | days and time duration | years and months duration)", run=True)
def duration_from(run: Run, value: Any) -> object:
    return _read(run, temporal.parse_duration, value) if kind(value) == "string" else value


@built_in("years and months duration(from: date | date and time, to: date | date and time)")
def years_and_months_duration(start: Any, end: Any) -> object:
    return temporal.YearMonthDuration(temporal.months_between(start, end))


@built_in("day of year(date: date | date and time)")
def day_of_year(date: Any) -> Decimal:
    return Decimal(temporal.day_of_year(temporal.days_of(date)))


@built_in("day of week(date: date | date and time)")
def day_of_week(date: Any) -> str:
    return _DAYS[temporal.weekday(temporal.days_of(date)) - 1]


@built_in("month of year(date: date | date and time)")
def month_of_year(date: Any) -> str:
    return _MONTHS[temporal.civil_from_days(temporal.days_of(date))[1] - 1]


@built_in("week of year(date: date | date and time)")
def week_of_year(date: Any) -> Decimal:
    return Decimal(temporal.week_of_year(temporal.days_of(date)))


@built_in("last day of month(date: date | date and time)")
def last_day_of_month(date: Any) -> object:
    """Camunda's."""
    year, month, _ = temporal.civil_from_days(temporal.days_of(date))
    return temporal.make_date(temporal.days_from_civil(year, month, temporal.days_in_month(year, month)))


def _moment(run: Run) -> datetime:
    if run.env is None:
        raise Rejected("feel.no-moment")
    return run.env.now.astimezone(run.env.zone)


@built_in("now()", run=True)
def now(run: Run) -> datetime:
    """The recorded moment, in the place's zone."""
    return _moment(run)


@built_in("today()", run=True)
def today(run: Run) -> object:
    return _moment(run).date()
