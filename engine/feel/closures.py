"""Closures of FEEL for names, literals, containers, arithmetic and paths. `s` is the scope, `r` the run.

Arithmetic on two numbers is decided by their Python types; all else goes to `arithmetic`.
"""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.arithmetic import OPERATIONS, negate
from engine.feel.errors import Rejected
from engine.feel.evaluation import LONGEST_STRING, Frame, Run
from engine.feel.functions import BUILT_INS
from engine.feel.properties import property_of
from engine.feel.tree import Place
from engine.feel.values import NUMBERS, PLAIN, Range, admit, is_callable, is_list, kind, order

Evaluate = Callable[[Any, Run], Any]


def constant(value: Any) -> Evaluate:
    return lambda s, r: value


def failing(code: str, place: Place, **details: object) -> Evaluate:
    return lambda s, r: r.null(code, place, **details)


def variable(name: str, place: Place) -> Evaluate:
    def read(s: Any, r: Run) -> Any:
        try:
            value = s[name]
        except KeyError:
            return other_meaning(name, r, place)
        return value if type(value) in PLAIN else admit(value)

    return read


def other_meaning(name: str, r: Run, place: Place) -> Any:
    """A name that is not in the scope may be a function's."""
    if name in BUILT_INS:
        return BUILT_INS[name]
    if r.env is not None and name in r.env.functions:
        return r.env.function(name)
    return r.null("feel.missing-name", place, name=name)


def callable_or_built_in(name: str, place: Place) -> Evaluate:
    def read(s: Any, r: Run) -> Any:
        try:
            value = s[name]
        except KeyError:
            return other_meaning(name, r, place)
        return value if is_callable(value) or name not in BUILT_INS else BUILT_INS[name]

    return read


def at_literal(text: str, place: Place) -> Evaluate:
    try:
        return constant(temporal.parse_at(text))
    except (ValueError, OverflowError):
        return failing("feel.bad-literal", place, text=text)


def list_of(items: tuple[Evaluate, ...]) -> Evaluate:
    size = len(items)

    def make(s: Any, r: Run) -> Any:
        r.steps -= size
        return [item(s, r) for item in items]

    return make


def context_of(entries: tuple[tuple[str, Evaluate], ...]) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        r.spend(len(entries))
        frame = Frame(s)
        for key, value in entries:
            frame[key] = value(frame, r)
        return dict(frame)

    return make


def range_of(start: Evaluate, start_included: bool, end: Evaluate, end_included: bool, place: Place) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        low, high = start(s, r), end(s, r)
        found = None if low is None or high is None else order(low, high)
        if found is None:
            return r.null("feel.bad-range", place, start=kind(low), end=kind(high))
        return Range(low, start_included, high, end_included)

    return make


def comparison_range(operator: str, operand: Evaluate, place: Place) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        end = operand(s, r)
        if end is None and operator not in ("=", "!="):
            return r.null("feel.null-operand", place, operator=operator)
        return one_ended(operator, end)

    return make


def one_ended(operator: str, end: object) -> Range:
    """The range that `(< 5)` means."""
    match operator:
        case "<" | "<=":
            return Range(None, False, end, operator == "<=", operator)
        case ">" | ">=":
            return Range(end, operator == ">=", None, False, operator)
    return Range(end, True, end, True, operator)


def negation(operand: Evaluate, place: Place) -> Evaluate:
    def minus(s: Any, r: Run) -> Any:
        try:
            return negate(operand(s, r))
        except Rejected as no:
            return r.null(no.code, place, **no.details)

    return minus


def operation_of(operation: Callable[[Any, Any], object], left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def operate(s: Any, r: Run) -> Any:
        return _general(operation, left(s, r), right(s, r), r, place)

    return operate


def _general(operation: Callable[[Any, Any], object], a: Any, b: Any, r: Run, place: Place) -> Any:
    try:
        return operation(a, b)
    except Rejected as no:
        return r.null(no.code, place, **no.details)
    except OverflowError:
        return r.null("feel.overflow", place, operation="")


def arithmetic(operator: str, decimal: Callable[[Any, Any], Decimal], left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    operation = OPERATIONS[operator]

    def operate(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        if (ta is Decimal or ta is int) and (tb is Decimal or tb is int):
            result = decimal(a, b)
            if result.is_finite():
                return result
        return _general(operation, a, b, r, place)

    return operate


def addition(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    add, operation = NUMBERS.add, OPERATIONS["+"]

    def operate(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        if (ta is Decimal or ta is int) and (tb is Decimal or tb is int):
            result = add(a, b)
            if result.is_finite():
                return result
        elif ta is str and tb is str:
            size = len(a) + len(b)
            if size > LONGEST_STRING:
                return r.null("feel.text-too-long", place, limit=LONGEST_STRING)
            r.spend(1 + size // 16)
            return a + b
        return _general(operation, a, b, r, place)

    return operate


def path(base: Evaluate, name: str, place: Place) -> Evaluate:
    def read(s: Any, r: Run) -> Any:
        value = base(s, r)
        if type(value) is dict:
            try:
                found = value[name]
            except KeyError:
                return r.null("feel.missing-entry", place, name=name)
            return found if type(found) in PLAIN else admit(found)
        return _path_slow(value, name, r, place)

    return read


def _path_slow(value: Any, name: str, r: Run, place: Place) -> Any:
    if is_list(value):
        r.spend(len(value))
        return [_path_slow(item, name, r, place) for item in value]
    try:
        return property_of(value, name)
    except Rejected as no:
        return r.null(no.code, place, **no.details)


def if_then_else(condition: Evaluate, then: Evaluate, otherwise: Evaluate) -> Evaluate:
    def choose(s: Any, r: Run) -> Any:
        mark = len(r.reasons)
        chosen = condition(s, r) is True
        del r.reasons[mark:]  # a null condition takes the else branch: that is no error of the value
        return then(s, r) if chosen else otherwise(s, r)

    return choose
