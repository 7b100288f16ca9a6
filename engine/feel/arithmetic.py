"""FEEL's `+ - * / **` and negation on values of every kind (DMN 1.5, tables 53 to 57). Raises Rejected where FEEL says null."""
from __future__ import annotations


from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.errors import Rejected
from engine.feel.temporal import DAY, YearMonthDuration
from engine.feel.types import at_midnight_utc
from engine.feel.values import NUMBERS, admit, decimal_of, finite, kind

_MONTHS = "years and months duration"
_LARGEST_EXPONENT = 10_000


def _refuse(operator: str, a: object, b: object) -> Rejected:
    if a is None or b is None:
        return Rejected("feel.null-operand", operator=operator)
    return Rejected("feel.operands", operator=operator, left=kind(a), right=kind(b))


def add(a: Any, b: Any) -> object:
    a, b = admit(a), admit(b)
    match kind(a), kind(b):
        case "number", "number":
            return finite(NUMBERS.add(decimal_of(a), decimal_of(b)), "+")
        case "string", "string":
            return a + b
        case ("date" | "time" | "date and time") as moment, ("days and time duration" | "years and months duration") as length:
            return _move(a, moment, b, length, 1)
        case ("days and time duration" | "years and months duration") as length, ("date" | "time" | "date and time") as moment:
            return _move(b, moment, a, length, 1)
        case "days and time duration", "days and time duration":
            return temporal.make_duration(temporal.duration_nanos(a) + temporal.duration_nanos(b))
        case "years and months duration", "years and months duration":
            return _months(a.total + b.total)
    raise _refuse("+", a, b)


def subtract(a: Any, b: Any) -> object:
    a, b = admit(a), admit(b)
    match kind(a), kind(b):
        case "number", "number":
            return finite(NUMBERS.subtract(decimal_of(a), decimal_of(b)), "-")
        case ("date" | "time" | "date and time") as moment, ("days and time duration" | "years and months duration") as length:
            return _move(a, moment, b, length, -1)
        case ("date" | "date and time"), ("date" | "date and time"):
            return _difference(a, b)
        case "time", "time":
            if (temporal.zone_of(a) is None) != (temporal.zone_of(b) is None):
                raise Rejected("feel.local-and-zoned", operator="-")
            return temporal.make_duration(temporal.clock(a) - temporal.clock(b))
        case "days and time duration", "days and time duration":
            return temporal.make_duration(temporal.duration_nanos(a) - temporal.duration_nanos(b))
        case "years and months duration", "years and months duration":
            return _months(a.total - b.total)
    raise _refuse("-", a, b)


def _difference(a: Any, b: Any) -> object:
    """Between two points of the time line. Beside a date and time, a date is midnight UTC; local and zoned time have no difference."""
    if kind(a) == kind(b) == "date":
        return temporal.make_duration((temporal.days_of(a) - temporal.days_of(b)) * DAY)
    a, b = (at_midnight_utc(value) if kind(value) == "date" else value for value in (a, b))
    if (temporal.zone_of(a) is None) != (temporal.zone_of(b) is None):
        raise Rejected("feel.local-and-zoned", operator="-")
    return temporal.make_duration(temporal.instant(a) - temporal.instant(b))


def _move(value: Any, moment: str, length: Any, length_kind: str, sign: int) -> object:
    if length_kind == _MONTHS:
        if moment == "time":
            raise _refuse("+" if sign > 0 else "-", value, length)
        days = temporal.add_months(temporal.days_of(value), sign * length.total)
        if moment == "date":
            return temporal.make_date(days)
        return temporal.make_date_time(days, temporal.nanos_of(value), temporal.zone_of(value))
    nanos = sign * temporal.duration_nanos(length)
    if moment == "date":
        return temporal.make_date((temporal.days_of(value) * DAY + nanos) // DAY)
    if moment == "time":
        return temporal.make_time((temporal.nanos_of(value) + nanos) % DAY, temporal.zone_of(value))
    return temporal.shift(value, nanos)


def _months(total: int) -> YearMonthDuration:
    if abs(total) > temporal.MAX_YEAR * 12:
        raise Rejected("feel.overflow", operation="+")
    return YearMonthDuration(total)


def multiply(a: Any, b: Any) -> object:
    a, b = admit(a), admit(b)
    match kind(a), kind(b):
        case "number", "number":
            return finite(NUMBERS.multiply(decimal_of(a), decimal_of(b)), "*")
        case ("days and time duration" | "years and months duration"), "number":
            return _scale(a, decimal_of(b))
        case "number", ("days and time duration" | "years and months duration"):
            return _scale(b, decimal_of(a))
    raise _refuse("*", a, b)


def divide(a: Any, b: Any) -> object:
    a, b = admit(a), admit(b)
    match kind(a), kind(b):
        case "number", "number":
            return quotient(decimal_of(a), decimal_of(b))
        case ("days and time duration" | "years and months duration") as left, "number":
            return _whole(quotient(Decimal(_units(a, left)), decimal_of(b)), left)
        case ("days and time duration" | "years and months duration") as left, right if left == right:
            return quotient(Decimal(_units(a, left)), Decimal(_units(b, left)))
    raise _refuse("/", a, b)


def quotient(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        raise Rejected("feel.divide-by-zero")
    return finite(NUMBERS.divide(a, b), "/")


def _units(length: Any, name: str) -> int:
    return length.total if name == _MONTHS else temporal.duration_nanos(length)


def _scale(length: Any, factor: Decimal) -> object:
    name = kind(length)
    return _whole(finite(NUMBERS.multiply(Decimal(_units(length, name)), factor), "*"), name)


def _whole(units: Decimal, name: str) -> object:
    """A length of so many months or nanoseconds; what is less than one falls away."""
    if abs(units) > temporal.MAX_DURATION:
        raise Rejected("feel.overflow", operation="*")
    return _months(int(units)) if name == _MONTHS else temporal.make_duration(int(units))


def power(a: Any, b: Any) -> object:
    a, b = admit(a), admit(b)
    if kind(a) != "number" or kind(b) != "number":
        raise _refuse("**", a, b)
    base, exponent = decimal_of(a), decimal_of(b)
    if abs(exponent) > _LARGEST_EXPONENT:
        raise Rejected("feel.exponent", limit=_LARGEST_EXPONENT)
    if not base and exponent <= 0:
        return Decimal(1) if not exponent else _zero_divided()
    return finite(NUMBERS.power(base, exponent), "**")


def _zero_divided() -> Decimal:
    raise Rejected("feel.divide-by-zero")


def negate(a: Any) -> object:
    a = admit(a)
    match kind(a):
        case "number":
            return NUMBERS.minus(decimal_of(a))
        case "days and time duration":
            return temporal.make_duration(-temporal.duration_nanos(a))
        case "years and months duration":
            return YearMonthDuration(-a.total)
    raise Rejected("feel.null-operand" if a is None else "feel.operand", operator="-", kind=kind(a))


OPERATIONS = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}
