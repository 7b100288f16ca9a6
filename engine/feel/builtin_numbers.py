"""Built-in functions of FEEL on numbers, and those that sum up a list of numbers (DMN 1.5, tables 75 and 77)."""
from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from typing import Any

from engine.feel.arithmetic import quotient
from engine.feel.errors import Rejected
from engine.feel.functions import built_in, whole
from engine.feel.temporal import YearMonthDuration, duration_nanos, make_duration
from engine.feel.values import NUMBERS, admit, decimal_of, finite, is_number, kind, order

_WIDE = Context(prec=8000, Emax=999_999, Emin=-999_999, traps=[])
Numbers = Sequence[object]


def rounded(number: Decimal, scale: Decimal, mode: str, function: str) -> Decimal:
    """`number` with `scale` digits behind the point (before it, when negative)."""
    digits = whole(scale, function)
    if not -6111 <= digits <= 6176:
        raise Rejected("feel.scale", function=function, scale=digits)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, str) or -exponent <= digits:
        return number
    return finite(NUMBERS.plus(number.quantize(Decimal((0, (1,), -digits)), rounding=mode, context=_WIDE)), function)


def _rounding(name: str, mode: str, mark: str) -> None:
    @built_in(f"{name}(n: number, scale: number {mark})")
    def round_(n: Decimal, scale: Decimal | None) -> Decimal:
        return rounded(n, Decimal(0) if scale is None else scale, mode, name)


for _name, _mode, _mark in (
    ("floor", ROUND_FLOOR, "="), ("ceiling", ROUND_CEILING, "="), ("round up", ROUND_UP, ""), ("round down", ROUND_DOWN, ""),
    ("round half up", ROUND_HALF_UP, ""), ("round half down", ROUND_HALF_DOWN, ""),
):
    _rounding(_name, _mode, _mark)


@built_in("decimal(n: number, scale: number)")
def decimal(n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_EVEN, "decimal")


@built_in("abs(n: number | days and time duration | years and months duration)")
def abs_(n: object) -> object:
    if isinstance(n, Decimal):
        return n.copy_abs()
    if isinstance(n, YearMonthDuration):
        return YearMonthDuration(abs(n.total))
    return make_duration(abs(duration_nanos(n)))  # type: ignore[arg-type]


@built_in("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The remainder with the divisor's sign: modulo(-12, 5) is 3. Exact, however many digits the quotient has."""
    if not divisor:
        raise Rejected("feel.divide-by-zero")
    rest = NUMBERS.remainder(dividend, divisor)
    if rest.is_nan():  # the quotient has more than 34 digits
        rest = finite(NUMBERS.plus(_WIDE.remainder(dividend, divisor)), "modulo")
    return NUMBERS.add(rest, divisor) if rest and rest.is_signed() != divisor.is_signed() else rest


@built_in("sqrt(number: number)")
def sqrt(number: Decimal) -> Decimal:
    if number < 0:
        raise Rejected("feel.negative", function="sqrt")
    return NUMBERS.sqrt(number)


@built_in("log(number: number)")
def log(number: Decimal) -> Decimal:
    if number <= 0:
        raise Rejected("feel.negative", function="log")
    return NUMBERS.ln(number)


@built_in("exp(number: number)")
def exp(number: Decimal) -> Decimal:
    return finite(NUMBERS.exp(number), "exp")


@built_in("odd(number: number)")
def odd(number: Decimal) -> bool:
    return modulo(number, Decimal(2)) == 1


@built_in("even(number: number)")
def even(number: Decimal) -> bool:
    return modulo(number, Decimal(2)) == 0


# Sums over lists. Each may be called with one list or with its elements.

def numbers(items: Sequence[object], function: str) -> list[Decimal]:
    """All elements as decimals; Rejected when there are none or one is no number."""
    found: list[Decimal] = []
    for item in items:
        item = admit(item)
        if not is_number(item):
            raise Rejected("feel.element-kind", function=function, kind=kind(item), wanted="number")
        found.append(decimal_of(item))
    if not found:
        raise Rejected("feel.empty-list", function=function)
    return found


def total(values: Sequence[Decimal], function: str = "sum") -> Decimal:
    result = Decimal(0)
    for value in values:
        result = NUMBERS.add(result, value)
    return finite(result, function)


def average(values: Sequence[Decimal]) -> Decimal:
    return quotient(total(values), Decimal(len(values)))


@built_in("sum(n: list ...)")
@built_in("sum(list: list)")
def sum_(items: Numbers) -> object:
    """Of numbers, or of durations of one kind."""
    if items and kind(items[0]) in ("days and time duration", "years and months duration"):
        return _total_length(items)
    return total(numbers(items, "sum"))


def _total_length(items: Sequence[Any]) -> object:
    wanted = kind(items[0])
    for item in items:
        if kind(item) != wanted:
            raise Rejected("feel.element-kind", function="sum", kind=kind(item), wanted=wanted)
    if wanted == "years and months duration":
        return YearMonthDuration(sum(item.total for item in items))
    return make_duration(sum(duration_nanos(item) for item in items))


@built_in("product(n: list ...)")
@built_in("product(list: list)")
def product(items: Numbers) -> Decimal:
    result = Decimal(1)
    for value in numbers(items, "product"):
        result = NUMBERS.multiply(result, value)
    return finite(result, "product")


@built_in("mean(n: list ...)")
@built_in("mean(list: list)")
def mean(items: Numbers) -> Decimal:
    return average(numbers(items, "mean"))


@built_in("median(n: list ...)")
@built_in("median(list: list)")
def median(items: Numbers) -> Decimal:
    values = sorted(numbers(items, "median"))
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else average(values[middle - 1:middle + 1])


@built_in("stddev(n: list ...)")
@built_in("stddev(list: list)")
def stddev(items: Numbers) -> Decimal:
    """Of a sample (divides by n - 1)."""
    values = numbers(items, "stddev")
    if len(values) < 2:
        raise Rejected("feel.too-few", function="stddev", least=2)
    middle = average(values)
    squares = [NUMBERS.power(NUMBERS.subtract(value, middle), 2) for value in values]
    return NUMBERS.sqrt(quotient(total(squares), Decimal(len(values) - 1)))


@built_in("mode(n: list ...)")
@built_in("mode(list: list)")
def mode(items: Numbers) -> list[Decimal]:
    """The most frequent values, ascending."""
    counts: dict[Decimal, int] = {}
    for value in numbers(items, "mode") if items else []:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(value for value, count in counts.items() if count == most)


def extreme(items: Sequence[object], sign: int, function: str) -> object:
    """The largest element (`sign` 1) or the smallest (-1) of any ordered kind."""
    if not items:
        raise Rejected("feel.empty-list", function=function)
    best = admit(items[0])
    for item in items:
        item = admit(item)
        found = order(item, best)
        if found is None:
            raise Rejected("feel.element-kind", function=function, kind=kind(item), wanted=kind(best))
        best = item if found * sign > 0 else best
    return best


@built_in("min(c: list ...)")
@built_in("min(list: list)")
def min_(items: Sequence[object]) -> object:
    return extreme(items, -1, "min")


@built_in("max(c: list ...)")
@built_in("max(list: list)")
def max_(items: Sequence[object]) -> object:
    return extreme(items, 1, "max")
