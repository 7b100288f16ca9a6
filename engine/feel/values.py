"""The values of FEEL: their kinds, ranges, functions, equality, order and text. No syntax and no evaluation here.

A value is None, bool, Decimal (or int), str, date, time, datetime (or their `Far…` kin in `temporal`), timedelta,
YearMonthDuration, list or tuple, a mapping (context), Range or Function.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, TypeGuard

from engine.feel import temporal
from engine.feel.errors import Rejected, wrong_count
from engine.feel.temporal import FarDate, FarDateTime, FarDuration, FarTime
from engine.feel.temporal import YearMonthDuration as YearMonthDuration

# decimal128 as DMN asks for: 34 digits, exponents to ±6144. No traps: an overflow or x/0 becomes Infinity or NaN, which callers turn into null.
NUMBERS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])

KINDS: dict[type, str] = {
    type(None): "null", bool: "boolean", int: "number", Decimal: "number", float: "number", str: "string",
    date: "date", FarDate: "date", time: "time", FarTime: "time", datetime: "date and time", FarDateTime: "date and time",
    timedelta: "days and time duration", FarDuration: "days and time duration", YearMonthDuration: "years and months duration",
    list: "list", tuple: "list", dict: "context",
}
ORDERED = frozenset({"number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"})
Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of ordered values. `operator` tells how it was written: «..» for `[a..b]`, else the operator of `(< 5)`.

    An end that is None is open: `(< 5)` has no start. `(!= 5)` contains everything but 5.
    """

    start: object
    start_included: bool
    end: object
    end_included: bool
    operator: str = ".."


@dataclass(frozen=True, slots=True)
class Function:
    """Something that can be called, positionally or by the names of `parameters`.

    `call` gets one argument a parameter: None for a missing optional one, and all that is left as a tuple for the last
    when `variadic`. It may raise `Rejected`: the result is then null, with that reason. `required` of them must be given.
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., object]
    required: int = -1
    variadic: bool = False

    def invoke(self, run: object, arguments: Sequence[object], names: Sequence[str] = ()) -> object:
        """Calls with `arguments`; `names`, when given, has one name an argument."""
        bound = bind(self.name, self.parameters, arguments, names, self.required, self.variadic)
        return self.call(*(value for value in bound if value is not MISSING)) if not names else self.call_named(bound)

    def call_named(self, bound: Sequence[object]) -> object:
        """With gaps: what is not given is null."""
        return self.call(*(None if value is MISSING else value for value in bound))


def host_function(name: str, call: Callable[..., object]) -> Function:
    """A plain Python function as a FEEL function: its parameters are the names, with spaces for underscores."""
    code = getattr(call, "__code__", None)
    if code is None or code.co_flags & 0x0C or code.co_kwonlyargcount:  # *args, **kwargs
        raise Rejected("feel.not-a-function", kind=type(call).__name__)
    parameters = code.co_varnames[:code.co_argcount]
    optional = len(getattr(call, "__defaults__", None) or ())
    return Function(name, tuple(p.replace("_", " ") for p in parameters), call, len(parameters) - optional)


MISSING: object = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


def bind(
    function: str, parameters: Sequence[str], arguments: Sequence[object], names: Sequence[str], required: int = -1, variadic: bool = False
) -> Sequence[object]:
    """The arguments in the order of `parameters`, MISSING where an optional one is not given. Rejected when they do not fit."""
    least, most = len(parameters) if required < 0 else required, len(parameters)
    if names:
        return _bind_named(function, parameters, arguments, names, least)
    if variadic and len(arguments) >= most - 1:
        return [*arguments[:most - 1], tuple(arguments[most - 1:])]
    if not least <= len(arguments) <= most:
        raise wrong_count(function, len(arguments), least, most)
    return [*arguments, *[MISSING] * (most - len(arguments))] if len(arguments) < most else arguments


def _bind_named(function: str, parameters: Sequence[str], arguments: Sequence[object], names: Sequence[str], least: int) -> Sequence[object]:
    given = dict(zip(names, arguments))
    for name in names:
        if name not in parameters:
            raise Rejected("feel.unknown-parameter", function=function, name=name, parameters=", ".join(parameters))
    for name in parameters[:least]:
        if name not in given:
            raise Rejected("feel.missing-parameter", function=function, name=name)
    return [given.get(name, MISSING) for name in parameters]


KINDS[Range] = "range"
KINDS[Function] = "function"


def kind(value: object) -> str:
    """The name of the value's type in FEEL: «number», «date and time», «list» …"""
    found = KINDS.get(type(value))
    return found if found is not None else _kind_of_subclass(value)


def _kind_of_subclass(value: object) -> str:
    if isinstance(value, Mapping):
        return "context"
    if is_callable(value):
        return "function"
    for base in (str, datetime, date, time, timedelta, Decimal, int, list, tuple):
        if isinstance(value, base):
            return KINDS[base]
    if isinstance(value, Sequence):
        return "list"
    return "foreign"


def is_callable(value: object) -> bool:
    """A `Function` of the host, a built-in one, or one that an expression made."""
    return hasattr(value, "invoke")


def is_number(value: object) -> TypeGuard[Number]:
    t = type(value)
    return t is Decimal or t is int


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    t = type(value)
    return t is list or t is tuple or kind(value) == "list"


def is_context(value: object) -> TypeGuard[Mapping[str, object]]:
    return type(value) is dict or kind(value) == "context"


# Types that an expression may take as they are; anything else passes through `admit` first.
PLAIN = frozenset({
    type(None), bool, int, Decimal, str, date, time, datetime, timedelta, YearMonthDuration, list, tuple, dict, Range, Function,
    FarDate, FarTime, FarDateTime, FarDuration,
})


def admit(value: object) -> object:
    """A value from outside as FEEL sees it: a float becomes the decimal it prints as, NaN and infinities become null."""
    if type(value) is float:
        number = NUMBERS.create_decimal(repr(value))
        return number if number.is_finite() else None
    return value


def finite(number: Decimal, operation: str) -> Decimal:
    """The result of an operation; Rejected when it left the range of 34 digits and exponent ±6144."""
    if not number.is_finite():
        raise Rejected("feel.overflow", operation=operation)
    return number


def decimal_of(value: Number) -> Decimal:
    """As a decimal of at most 34 digits."""
    return NUMBERS.plus(value if type(value) is Decimal else Decimal(value))


# Equality and order

Spend = Callable[[int], None]


def free(steps: int) -> None:
    """No budget: for values that did not come out of an expression."""


def equal(a: Any, b: Any, spend: Spend = free) -> bool | None:
    """FEEL's `=`: None when the two are of kinds that cannot be compared. Times count whole seconds, as DMN defines them."""
    if a is None or b is None:
        return a is b
    ta, tb = type(a), type(b)
    if ta is tb and (ta is str or ta is Decimal or ta is bool or ta is int):
        return bool(a == b)
    ka, kb = kind(a), kind(b)
    if ka != kb:
        return None
    if ka == "list":
        return len(a) == len(b) and _all_equal(zip(a, b), spend)
    if ka == "context":
        return a.keys() == b.keys() and _all_equal(((a[key], b[key]) for key in a), spend)
    if ka == "range":
        return _equal_ranges(a, b, spend)
    return _EQUAL[ka](a, b) if ka in _EQUAL else bool(a == b)


def _all_equal(pairs: Iterable[tuple[object, object]], spend: Spend = free) -> bool | None:
    result: bool | None = True
    for x, y in pairs:
        spend(1)
        one = equal(admit(x), admit(y), spend)
        if one is False:
            return False
        if one is None:
            result = None
    return result


def _equal_ranges(a: Range, b: Range, spend: Spend) -> bool | None:
    if (a.operator, a.start_included, a.end_included) != (b.operator, b.start_included, b.end_included):
        return False
    return _all_equal(((a.start, b.start), (a.end, b.end)), spend)


def _equal_date_times(a: temporal.AnyDateTime, b: temporal.AnyDateTime) -> bool | None:
    if (temporal.zone_of(a) is None) != (temporal.zone_of(b) is None):
        return False
    return temporal.instant(a) // temporal.SECOND == temporal.instant(b) // temporal.SECOND


def _equal_times(a: temporal.AnyTime, b: temporal.AnyTime) -> bool:
    if (temporal.zone_of(a) is None) != (temporal.zone_of(b) is None) or temporal.zone_id(a) != temporal.zone_id(b):
        return False
    return temporal.clock(a) // temporal.SECOND == temporal.clock(b) // temporal.SECOND


_EQUAL: Mapping[str, Callable[..., bool | None]] = {
    "date and time": _equal_date_times, "time": _equal_times,
    "number": lambda a, b: admit(a) == admit(b),
    "date": lambda a, b: temporal.days_of(a) == temporal.days_of(b),
    "days and time duration": lambda a, b: temporal.duration_nanos(a) == temporal.duration_nanos(b),
    "function": lambda a, b: a is b,
    "foreign": lambda a, b: a is b,
}


def order(a: Any, b: Any) -> int | None:
    """Negative, zero or positive as `a` lies before, at or after `b`; None when they have no order."""
    ka = kind(a)
    if ka != kind(b) or ka not in ORDERED:
        return None
    x, y = _order_key(ka, a), _order_key(ka, b)
    if ka in ("time", "date and time") and (temporal.zone_of(a) is None) != (temporal.zone_of(b) is None):
        return None  # local time and a moment have no order
    return int(x > y) - int(x < y)


def _order_key(name: str, value: Any) -> Any:
    match name:
        case "number":
            return admit(value)
        case "date":
            return temporal.days_of(value)
        case "time":
            return temporal.clock(value)
        case "date and time":
            return temporal.instant(value)
        case "days and time duration":
            return temporal.duration_nanos(value)
        case "years and months duration":
            return value.total
    return value


def identical(a: object, b: object, spend: Spend = free) -> bool:
    """FEEL's `is`: the same value in the same form (two zones that agree today are still two)."""
    if kind(a) != kind(b):
        return False
    if kind(a) in ("time", "date and time"):
        return text_of(a) == text_of(b)
    return equal(a, b, spend) is True


# Membership

def contains(interval: Range, value: object, spend: Spend = free) -> bool | None:
    """Is `value` inside? None when it cannot be compared with the ends."""
    if interval.operator == "!=":
        same = equal(value, interval.start, spend)
        return None if same is None else not same
    if interval.operator == "=":
        return equal(value, interval.start, spend)
    return both(
        _on_side(value, interval.start, interval.start_included, 1),
        _on_side(value, interval.end, interval.end_included, -1),
    )


def _on_side(value: object, end: object, included: bool, direction: int) -> bool | None:
    if end is None:
        return True
    found = order(value, end)
    if found is None:
        return None
    return found * direction > 0 or (included and found == 0)


def both(a: bool | None, b: bool | None) -> bool | None:
    """Three-valued «and»."""
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def satisfies(value: object, test: object, spend: Spend = free) -> bool | None:
    """Does `value` meet one positive test: be equal, lie in a range, or do so for one element of a list?"""
    if type(test) is Range:
        return contains(test, value, spend)
    if is_list(test):
        spend(len(test))
        if is_list(value) and equal(value, test, spend) is True:
            return True
        return any(_meets_element(value, admit(element), spend) for element in test)
    return equal(value, test, spend)


def _meets_element(value: object, element: object, spend: Spend) -> bool:
    return (contains(element, value, spend) if type(element) is Range else equal(value, element, spend)) is True


# Text

def number_text(number: Number) -> str:
    """Plain digits, never an exponent, no zeros behind that say nothing: 1E+3 is 1000, 1.50 is 1.5."""
    if type(number) is int:
        return str(decimal_of(number).quantize(Decimal(1))) if abs(number) < 10**34 else format(decimal_of(number), "f")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def text_of(value: object, spend: Spend = free) -> str | None:
    """What `string(value)` gives: None for null, the text itself for a text, and FEEL's own notation for all else."""
    if value is None:
        return None
    return value if type(value) is str else notation(value, spend)


def notation(value: object, spend: Spend = free) -> str:
    """A value as it stands inside a list or context."""
    name = kind(value)
    if name == "list":
        return "[" + ", ".join(_parts(value, spend)) + "]"  # type: ignore[arg-type]
    if name == "context":
        entries = zip(value, _parts(value.values(), spend))  # type: ignore[call-overload,attr-defined]
        return "{" + ", ".join(f"{key_text(key)}: {text}" for key, text in entries) + "}"
    if name == "range":
        return _range_text(value, spend)  # type: ignore[arg-type]
    if name in _NOTATIONS:
        return _NOTATIONS[name](value)
    raise Rejected("feel.foreign-value", type=type(value).__name__)


def _parts(items: Iterable[object], spend: Spend) -> Iterable[str]:
    for item in items:
        text = notation(item, spend)
        spend(1 + len(text) // 16)
        yield text


def _range_text(value: Range, spend: Spend) -> str:
    if value.operator != "..":
        end = value.end if value.operator in ("<", "<=") else value.start
        return f"({value.operator} {notation(end, spend)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{notation(value.start, spend)}..{notation(value.end, spend)}{closing}"


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """A text as a FEEL literal."""
    return '"' + "".join(_ESCAPES.get(c) or (c if c >= " " else f"\\u{ord(c):04X}") for c in text) + '"'


_NOTATIONS: Mapping[str, Callable[[Any], str]] = {
    "null": lambda value: "null", "boolean": lambda value: "true" if value else "false", "string": quote,
    "number": lambda value: number_text(admit(value)),  # type: ignore[arg-type]
    "date": temporal.date_text, "time": temporal.time_text, "date and time": temporal.date_time_text,
    "days and time duration": temporal.duration_text, "years and months duration": temporal.duration_text,
    "function": lambda value: f"function {value.name}" if getattr(value, "name", "") else f"function({', '.join(getattr(value, 'parameters', ()))})",
}


def key_text(key: str) -> str:
    return key if key.isidentifier() else quote(key)
