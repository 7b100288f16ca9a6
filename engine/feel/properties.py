"""The properties behind a dot: of dates, times, durations, ranges, and the entries of contexts (DMN 1.5, table 65)."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.errors import Rejected
from engine.feel.values import admit, kind


def _date(part: int) -> Callable[[Any], Decimal]:
    return lambda value: Decimal(temporal.civil_from_days(temporal.days_of(value))[part])


def _clock(unit: int, wrap: int) -> Callable[[Any], Decimal]:
    return lambda value: Decimal(temporal.nanos_of(value) // (unit * temporal.SECOND) % wrap)


def _length(unit: int, wrap: int) -> Callable[[Any], Decimal]:
    def read(value: Any) -> Decimal:
        nanos = temporal.duration_nanos(value)
        amount = abs(nanos) // (unit * temporal.SECOND)
        amount = amount % wrap if wrap else amount
        return Decimal(-amount if nanos < 0 else amount)

    return read


def _offset(value: Any) -> object:
    nanos = temporal.time_offset(value)
    return None if nanos is None else temporal.make_duration(nanos)


_DATE = {"year": _date(0), "month": _date(1), "day": _date(2), "weekday": lambda v: Decimal(temporal.weekday(temporal.days_of(v)))}
_TIME = {"hour": _clock(3600, 24), "minute": _clock(60, 60), "second": _clock(1, 60), "time offset": _offset, "timezone": temporal.zone_id}
_PROPERTIES: Mapping[str, Mapping[str, Callable[[Any], object]]] = {
    "date": _DATE, "time": _TIME, "date and time": {**_DATE, **_TIME},
    "days and time duration": {"days": _length(86_400, 0), "hours": _length(3600, 24), "minutes": _length(60, 60), "seconds": _length(1, 60)},
    "years and months duration": {"years": lambda v: Decimal(v.years), "months": lambda v: Decimal(v.months)},
    "range": {
        "start": lambda v: v.start, "end": lambda v: v.end, "start included": lambda v: v.start_included, "end included": lambda v: v.end_included,
    },
}


def property_of(value: Any, name: str) -> object:
    """Raises Rejected when there is no such property."""
    found = kind(value)
    if found == "context":
        if name in value:
            return admit(value[name])
        raise Rejected("feel.missing-entry", name=name)
    read = _PROPERTIES.get(found, {}).get(name)
    if read is None:
        raise Rejected("feel.null-path" if value is None else "feel.no-property", kind=found, name=name)
    return read(value)
