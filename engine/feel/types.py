"""The types of FEEL and DMN: which value conforms, and what a value becomes where a type is asked for."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from engine.feel import temporal
from engine.feel.values import Range, Spend, free, is_list, kind


@dataclass(frozen=True, slots=True)
class Type:
    """Base of all types; itself it stands for none."""


@dataclass(frozen=True, slots=True)
class AnyType(Type):
    """Every value but null is an instance; null conforms."""


@dataclass(frozen=True, slots=True)
class Simple(Type):
    """number, string, boolean, date, time, date and time, either duration, or Null."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType(Type):
    element: Type


@dataclass(frozen=True, slots=True)
class RangeType(Type):
    element: Type


@dataclass(frozen=True, slots=True)
class ContextType(Type):
    """Entries that must be there; a context may have more."""

    entries: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class NamedType(Type):
    """A type of the model, looked up when it is used, so that types may name each other."""

    name: str


@dataclass(frozen=True, slots=True)
class Allowed(Type):
    """A type of which only those values are allowed that meet `test`, which pays for its work."""

    base: Type
    test: Callable[[object, Spend], bool] = field(compare=False)


ANY = AnyType()
SIMPLE = {
    name: Simple(name)
    for name in ("number", "string", "boolean", "date", "time", "date and time", "days and time duration", "years and months duration")
}
BUILT_IN: Mapping[str, Type] = {
    **SIMPLE, "Any": ANY, "Null": Simple("null"),
    "dateTime": SIMPLE["date and time"], "date time": SIMPLE["date and time"],
    "dayTimeDuration": SIMPLE["days and time duration"], "days and time duration": SIMPLE["days and time duration"],
    "yearMonthDuration": SIMPLE["years and months duration"], "list": ListType(ANY), "context": ContextType(()),
}
Types = Mapping[str, Type]
NO_TYPES: Types = {}


def resolve(wanted: Type, types: Types) -> Type | None:
    """Follows names to a type; None when a name is unknown or names go in a circle."""
    for _ in range(32):
        if not isinstance(wanted, NamedType):
            return wanted
        found = types.get(wanted.name) or BUILT_IN.get(wanted.name)
        if found is None:
            return None
        wanted = found
    return None


def is_instance(value: object, wanted: Type, types: Types = NO_TYPES, spend: Spend = free) -> bool | None:
    """`value instance of wanted`; null is an instance of Null alone. None when the type is unknown.

    Here and below, `spend` pays a step an element: lists may share their elements, and a type may go as deep as they do.
    """
    target = resolve(wanted, types)
    if target is None:
        return None
    if value is None:
        return target == BUILT_IN["Null"]
    return _conforms(value, target, types, check_allowed=False, spend=spend)


def conforms(value: object, wanted: Type, types: Types = NO_TYPES, spend: Spend = free) -> bool:
    """May `value` stand where `wanted` is asked for? Null may, anywhere. Allowed values count."""
    target = resolve(wanted, types)
    return target is not None and (value is None or _conforms(value, target, types, check_allowed=True, spend=spend))


def _conforms(value: object, target: Type, types: Types, check_allowed: bool, spend: Spend) -> bool:
    def inner(item: object, wanted: Type) -> bool:
        spend(1)
        found = resolve(wanted, types)
        return found is not None and (item is None or _conforms(item, found, types, check_allowed, spend))

    match target:
        case AnyType():
            return True
        case Simple(name):
            return kind(value) == name
        case Allowed(base, test):
            return inner(value, base) and (not check_allowed or test(value, spend))
        case ListType(element):
            return is_list(value) and all(inner(item, element) for item in value)
        case ContextType(entries):
            return kind(value) == "context" and all(name in value and inner(value[name], wanted) for name, wanted in entries)  # type: ignore[operator,index]
        case RangeType(element):
            return isinstance(value, Range) and inner(value.start, element) and inner(value.end, element)
        case FunctionType():
            signature = getattr(value, "signature", None)
            if check_allowed and isinstance(signature, FunctionType) and signature.result == ANY:
                signature = FunctionType(signature.parameters, target.result)  # what it gives is only known once it is called
            return kind(value) == "function" and (signature is None or is_subtype(signature, target, types))
    return False


def is_subtype(one: Type, other: Type, types: Types = NO_TYPES) -> bool:
    """Does every value of `one` conform to `other`? (DMN 1.5, 10.3.2.9.1)"""
    a, b = resolve(one, types), resolve(other, types)
    match a, b:
        case _, AnyType():
            return True
        case Allowed(base, _), _:
            return is_subtype(base, other, types)
        case _, Allowed():
            return False
        case (ListType(x), ListType(y)) | (RangeType(x), RangeType(y)):
            return is_subtype(x, y, types)
        case ContextType(entries), ContextType(wanted):
            found = dict(entries)
            return all(name in found and is_subtype(found[name], inner, types) for name, inner in wanted)
        case FunctionType(parameters, result), FunctionType(given, expected):
            return len(parameters) == len(given) and is_subtype(result, expected, types) and all(
                is_subtype(argument, parameter, types) for argument, parameter in zip(given, parameters)
            )
    return a is not None and a == b


def coerce(value: object, wanted: Type, types: Types = NO_TYPES, spend: Spend = free) -> tuple[bool, object]:
    """What `value` becomes where `wanted` is asked for (DMN 1.5, 10.3.2.9.4), and whether it fits at all.

    A list of one becomes its element, an element a list of one, a date midnight UTC.
    """
    if value is None or conforms(value, wanted, types, spend):
        return True, value
    target = resolve(wanted, types)
    while isinstance(target, Allowed):
        target = resolve(target.base, types)
    if not isinstance(target, ListType) and is_list(value) and len(value) == 1 and conforms(value[0], wanted, types, spend):
        return True, value[0]
    if isinstance(target, ListType) and not is_list(value) and conforms([value], wanted, types, spend):
        return True, [value]
    if target == SIMPLE["date and time"] and kind(value) == "date":
        midnight = at_midnight_utc(value)  # type: ignore[arg-type]
        return conforms(midnight, wanted, types, spend), midnight
    return False, None


def at_midnight_utc(value: temporal.AnyDate) -> temporal.AnyDateTime:
    if type(value) is date:
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    return temporal.make_date_time(temporal.days_of(value), 0, timezone.utc)
