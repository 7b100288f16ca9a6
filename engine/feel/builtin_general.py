"""Built-in functions of FEEL that convert, negate, compare, and the ones that Camunda added and our diagrams use."""
from __future__ import annotations

import re
from decimal import Decimal

from engine.feel import tree
from engine.feel.errors import FeelError, FeelSyntaxError, Reason, Rejected
from engine.feel.evaluation import Run
from engine.feel.functions import BUILT_INS, built_in
from engine.feel.parser import Parser
from engine.feel.temporal import parse_at
from engine.feel.values import NUMBERS, Range, identical, kind, order, text_of


_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)  # a literal of FEEL, perhaps negative


@built_in("not(negand: any)")
def not_(negand: object) -> bool | None:
    if negand is None or isinstance(negand, bool):
        return None if negand is None else not negand
    raise Rejected("feel.not-boolean", operator="not", kind=kind(negand))


@built_in("is(value1: any ? =, value2: any ? =)", run=True)
def is_(run: Run, value1: object, value2: object) -> bool:
    return identical(value1, value2, run.spend)


@built_in("string(from: any)", run=True)
def string(run: Run, value: object) -> str | None:
    text = text_of(value, run.spend)
    if text is not value and text is not None:
        run.spend(len(text) // 16)
    return text


@built_in("number(from: string)")
def number_plain(text: str) -> Decimal:
    return number(text, None, None)


@built_in("number(from: string, grouping separator: string ?, decimal separator: string ?)")
def number(text: str, grouping: str | None, separator: str | None) -> Decimal:
    """Grouping is one of space, comma, point; the decimal separator a comma or point, and another one."""
    if grouping not in (None, " ", ",", ".") or separator not in (None, ",", ".") or grouping is not None and grouping == separator:
        raise Rejected("feel.separator", grouping=str(grouping), decimal=str(separator))
    plain = text if grouping is None else text.replace(grouping, "")
    plain = plain if separator is None else plain.replace(separator, ".")
    if len(plain) > 100 or _NUMBER.fullmatch(plain.strip()) is None:
        raise Rejected("feel.not-a-number", text=text[:60])
    value = NUMBERS.create_decimal(plain.strip())
    if not value.is_finite():
        raise Rejected("feel.not-a-number", text=text[:60])
    return value


@built_in("range(from: string)", run=True)
def range_(run: Run, text: str) -> Range:
    """Reads `[a..b]` whose ends are literals, also `date("…")` and the like; nothing else is evaluated."""
    try:
        node = Parser(text, functions=tuple(BUILT_INS)).whole_expression()
    except FeelSyntaxError:
        raise Rejected("feel.bad-literal", text=text[:60]) from None
    if not isinstance(node, tree.RangeOf):
        raise Rejected("feel.bad-literal", text=text[:60])
    start, end = _literal(run, node.start, text), _literal(run, node.end, text)
    found = order(start, end)
    if found is None or found > 0:
        raise Rejected("feel.bad-range", start=kind(start), end=kind(end))
    return Range(start, node.start_included, end, node.end_included)


_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration"})


def _literal(run: Run, node: tree.Node, text: str) -> object:
    match node:
        case tree.Literal(value):
            return value
        case tree.Negation(tree.Literal(Decimal() as value)):
            return value.copy_negate()
        case tree.At(at):
            try:
                return parse_at(at)
            except (ValueError, OverflowError):
                raise Rejected("feel.bad-literal", text=at[:60]) from None
        case tree.Call(tree.Name(name), (tree.Literal(str() as value),), ()) if name in _CONSTRUCTORS:
            return BUILT_INS[name].invoke(run, (value,))
    raise Rejected("feel.bad-literal", text=text[:60])


# Camunda's

@built_in("is defined(value: any)")
def is_defined(value: object) -> bool:
    """Is there a value, and is it not null?"""
    return value is not None


@built_in("get or else(value: any, default: any)")
def get_or_else(value: object, default: object) -> object:
    return default if value is None else value


@built_in("assert(value: any, condition: any, cause: string ? =)")
def assert_(value: object, condition: object, cause: str | None) -> object:
    """`value`, when `condition` is true; else the whole evaluation fails (this is no null)."""
    if condition is not True:
        raise FeelError(Reason("feel.assert", {"cause": cause or ""}))
    return value


