"""Texts of a diagram that are evaluated: FEEL behind `=` becomes an expression, anything else stays a literal or is refused."""
from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.bpmn.tree import Element, Tree, Use
from engine.feel import Expression, FeelSyntaxError, parse
from engine.scheme.functions import NAMES

if TYPE_CHECKING:
    from engine.bpmn.graph import Value

_LITERAL = re.compile(r"true|false|null|-?\d+(\.\d+)?")


def expression(tree: Tree, element: Element, given: str, field: str) -> Expression | None:
    """The expression in `given`: FEEL behind `=`; true, false, null and numbers may stand alone.

    Anything else is reported: no Python, no JUEL, no prose in what is executed. None when there is nothing to evaluate.
    """
    given = given.strip()
    if given.startswith("="):
        return feel(tree, element, given[1:], field)
    if _LITERAL.fullmatch(given):
        return feel(tree, element, given, field)
    if given:
        tree.report("bpmn.expression.language", element, field=field, text=given[:120])
    return None


def value(tree: Tree, element: Element, given: str | None, field: str) -> Value | None:
    """An attribute in the zeebe manner: FEEL behind `=`, else the literal text; None when it is not written."""
    if given is None or not given.strip():
        return None
    given = given.strip()
    return feel(tree, element, given[1:], field) if given.startswith("=") else given


@lru_cache(maxsize=4096)
def _parsed(given: str) -> Expression:
    """Immutable, so one serves every place with the same text. «due in» holds a keyword of FEEL: only a known name is read as one."""
    return parse(given, names=NAMES)


def feel(tree: Tree, element: Element, given: str, field: str) -> Expression | None:
    """Parse FEEL; a syntax error is reported with its place in the text."""
    try:
        parsed = _parsed(given)
        tree.uses.append(Use(element, field, parsed))
        return parsed
    except FeelSyntaxError as error:
        tree.report(
            "bpmn.expression.syntax", element, field=field, text=given[:120], at_line=error.line, at_column=error.column,
            reason=error.code, reason_details=dict(error.details),
        )
        return None
