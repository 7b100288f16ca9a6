"""The functions that a diagram's expressions get from us, bound to one calendar, scheme and moment; plain Python, no FEEL inside."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.errors import Rejected
from engine.scheme.calendar import Calendar, ends_at, local_date, starts_at

HostFunction = Callable[..., Any]
DEFAULT_ZONE = "Asia/Shanghai"
DEFAULT_CUTOFF = "24:00"
MOST_DAYS = 10_000
YEARS = range(1900, 2201)
NAMES = (
    "role", "cutoff", "opens", "due in", "add working days", "working days between", "printed span end", "period end",
)


def host_functions(
    calendar: Calendar, scheme_values: Mapping[str, Any], zone: str | tzinfo = "", now: datetime | None = None
) -> dict[str, HostFunction]:
    """The functions by their FEEL names.

    Args:
        calendar: armed where deadlines are set, so that a provisional year is refused.
        scheme_values: plain values; `zone` and `cutoff` are read from it when they are there.
        zone: IANA name or zone; empty: the scheme's, else Asia/Shanghai.
        now: aware; the moment of the step. None: `due in` is refused.

    Moments are given in the scheme's zone. Wrong arguments, null among them, raise `Rejected` (FEEL: null with that reason);
    a year without table raises CalendarTooShort.
    """
    place = zone if isinstance(zone, tzinfo) else ZoneInfo(zone or scheme_values.get("zone") or DEFAULT_ZONE)
    ends = str(scheme_values.get("cutoff") or DEFAULT_CUTOFF)

    def role(code: str, org: str | list[str]) -> str | list[str]:
        """`code@org`; for a list of organisations the list of them."""
        if isinstance(org, (list, tuple)):
            return [f"{_text('role', code)}@{_text('role', one)}" for one in org]
        return f"{_text('role', code)}@{_text('role', org)}"

    def cutoff(day: date) -> datetime:
        """The moment the civil date ends, by the scheme's cut-off."""
        return ends_at(_day("cutoff", day), place, ends).astimezone(place)

    def opens(day: date) -> datetime:
        """00:00 of that date."""
        return starts_at(_day("opens", day), place).astimezone(place)

    def due_in(n: int) -> datetime:
        """Midnight after the n-th working day after today."""
        if now is None:
            raise Rejected("function.no_moment", function="due in")
        return calendar.due_at(now, _positive("due in", n), place).astimezone(place)

    def add_working_days(day: date, n: int) -> date:
        return calendar.add_working_days(_day("add working days", day), _whole("add working days", n))

    def working_days_between(first: date, last: date) -> Decimal:
        """Both counted; 0 when the second is earlier."""
        name = "working days between"
        return Decimal(calendar.working_days_between(_day(name, first), _day(name, last)))

    def printed_span_end(day: date, n: int) -> date:
        """公示 from–to: the first day counts."""
        return calendar.printed_span_end(_day("printed span end", day), _positive("printed span end", n))

    def period_end(day: date, n: int) -> date:
        """«Within n working days»: the first day does not count."""
        return calendar.period_end(_day("period end", day), _positive("period end", n))

    def _day(function: str, value: object) -> date:
        if isinstance(value, datetime):
            value = local_date(value, place) if value.tzinfo else value.date()
        if isinstance(value, date) and value.year in YEARS:
            return value
        raise Rejected("function.argument", function=function, expected="date")

    functions = (role, cutoff, opens, due_in, add_working_days, working_days_between, printed_span_end, period_end)
    return dict(zip(NAMES, functions, strict=True))


def _text(function: str, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise Rejected("function.argument", function=function, expected="text")


def _whole(function: str, value: object) -> int:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        if -MOST_DAYS <= value <= MOST_DAYS and value == int(value):
            return int(value)
    raise Rejected("function.argument", function=function, expected="whole number")


def _positive(function: str, value: object) -> int:
    number = _whole(function, value)
    if number >= 1:
        return number
    raise Rejected("function.argument", function=function, expected="number of days from 1")
