"""Closures of FEEL that decide: equality, order, three-valued logic, membership, and the tests of a table's cell."""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel.closures import Evaluate
from engine.feel.evaluation import Run
from engine.feel.tree import Node, Place
from engine.feel.types import Type, Types, is_instance
from engine.feel.values import both, equal, is_list, kind, order

Test = Callable[[Any, Any, Run], bool | None]  # of a value, in a scope


def equality(left: Evaluate, right: Evaluate, wanted: Any, node: Node, negated: bool) -> Evaluate:
    place, operator = node.place, "!=" if negated else "="

    def compare(a: Any, b: Any, r: Run) -> Any:
        result = equal(a, b, r.spend)
        if result is None:
            return r.null("feel.incomparable", place, operator=operator, left=kind(a), right=kind(b))
        return result is not negated

    if type(wanted) is str:
        def equals_text(s: Any, r: Run) -> Any:
            a = left(s, r)
            return (a == wanted) is not negated if type(a) is str else compare(a, wanted, r)

        return equals_text
    if type(wanted) is Decimal:
        def equals_number(s: Any, r: Run) -> Any:
            a = left(s, r)
            t = type(a)
            return (a == wanted) is not negated if t is Decimal or t is int else compare(a, wanted, r)

        return equals_number

    def equals(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        t = type(a)
        if t is type(b) and (t is str or t is Decimal or t is bool):
            return (a == b) is not negated
        return compare(a, b, r)

    return equals


def ordered(operator: str, a: Any, b: Any, r: Run, place: Place) -> bool | None:
    """Two values of any kind under `<`, `<=`, `>` or `>=`."""
    found = order(a, b)
    if found is None:
        if a is None or b is None:
            r.null("feel.null-operand", place, operator=operator)
            return None
        r.null("feel.incomparable", place, operator=operator, left=kind(a), right=kind(b))
        return None
    return found < 0 if operator == "<" else found <= 0 if operator == "<=" else found > 0 if operator == ">" else found >= 0


def _less(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def less(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a < b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered("<", a, b, r, place)

    return less


def _less_equal(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def less_equal(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a <= b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered("<=", a, b, r, place)

    return less_equal


def _greater(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def greater(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a > b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered(">", a, b, r, place)

    return greater


def _greater_equal(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def greater_equal(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a >= b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered(">=", a, b, r, place)

    return greater_equal


def _constant_ordering(operator: str, compare: Callable[[Any, Decimal], bool]) -> Callable[[Evaluate, Decimal, Place], Evaluate]:
    """Against a number that stands in the text."""
    def build(left: Evaluate, wanted: Decimal, place: Place) -> Evaluate:
        def against(s: Any, r: Run) -> Any:
            a = left(s, r)
            t = type(a)
            return compare(a, wanted) if t is Decimal or t is int else ordered(operator, a, wanted, r, place)

        return against

    return build


ORDERINGS = {"<": _less, "<=": _less_equal, ">": _greater, ">=": _greater_equal}
ORDERINGS_CONSTANT = {
    "<": _constant_ordering("<", lambda a, b: a < b), "<=": _constant_ordering("<=", lambda a, b: a <= b),
    ">": _constant_ordering(">", lambda a, b: a > b), ">=": _constant_ordering(">=", lambda a, b: a >= b),
}


def fold(pair: Callable[[Evaluate, Evaluate, Place], Evaluate], items: tuple[Evaluate, ...], place: Place) -> Evaluate:
    """Three-valued logic is associative: a balanced tree of pairs keeps the frames few."""
    if len(items) == 1:
        return items[0]
    middle = (len(items) + 1) // 2
    return pair(fold(pair, items[:middle], place), fold(pair, items[middle:], place), place)


def conjunction_of(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def conjunction(s: Any, r: Run) -> Any:
        a = left(s, r)
        if a is False:
            return False
        b = right(s, r)
        if a is True and (b is True or b is False):
            return b
        return False if b is False else _not_boolean("and", a, b, r, place)

    return conjunction


def disjunction_of(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def disjunction(s: Any, r: Run) -> Any:
        a = left(s, r)
        if a is True:
            return True
        b = right(s, r)
        if a is False and (b is True or b is False):
            return b
        return True if b is True else _not_boolean("or", a, b, r, place)

    return disjunction


def _not_boolean(operator: str, a: Any, b: Any, r: Run, place: Place) -> None:
    for value in (a, b):
        if value is not None and type(value) is not bool:
            r.null("feel.not-boolean", place, operator=operator, kind=kind(value))
            return None
    return None


def between_of(value: Evaluate, low: Evaluate, high: Evaluate, place: Place) -> Evaluate:
    def between(s: Any, r: Run) -> Any:
        v = value(s, r)
        return both(ordered(">=", v, low(s, r), r, place), ordered("<=", v, high(s, r), r, place))

    return between


def within_of(value: Evaluate, tests: tuple[Test, ...], place: Place) -> Evaluate:
    def within(s: Any, r: Run) -> Any:
        v = value(s, r)
        result: bool | None = False
        for test in tests:
            one = test(v, s, r)
            if one is True:
                return True
            result = None if one is None else result
        if result is None and len(tests) > 1:
            return False  # one of several tests that cannot be compared is one that is not met
        return result

    return within


def compare_test(operator: str, operand: Evaluate, place: Place) -> Test:
    def meets(value: Any, s: Any, r: Run) -> bool | None:
        wanted = operand(s, r)
        if operator == "=" or operator == "!=":
            same = equal(value, wanted, r.spend)
            if same is None:
                r.null("feel.incomparable", place, operator=operator, left=kind(value), right=kind(wanted))
                return None
            return same is (operator == "=")
        return ordered(operator, value, wanted, r, place)

    return meets


def range_test(
    start: Evaluate, start_included: bool, end: Evaluate, end_included: bool, place: Place
) -> Test:
    above, below = ">=" if start_included else ">", "<=" if end_included else "<"

    def meets(value: Any, s: Any, r: Run) -> bool | None:
        return both(ordered(above, value, start(s, r), r, place), ordered(below, value, end(s, r), r, place))

    return meets


def about_input(evaluate: Evaluate, place: Place) -> Test:
    def meets(value: Any, s: Any, r: Run) -> bool | None:
        found = evaluate(s, r)
        if type(found) is bool:
            return found
        r.null("feel.not-boolean", place, operator="?", kind=kind(found))
        return None

    return meets


def instance_of(value: Evaluate, wanted: Type, types: Types, place: Place) -> Evaluate:
    def instance(s: Any, r: Run) -> Any:
        v = value(s, r)
        result = is_instance(v, wanted, types, r.spend)
        return r.null("feel.unknown-type", place, type=str(getattr(wanted, "name", ""))) if result is None else result

    return instance
