"""What can go wrong with an expression, as codes with details and a place in the text; the words are in `adapters/locale/feel.py`."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value became null. `line` and `column` are 1-based in the expression's own text, 0 when there is no place."""

    code: str
    details: Mapping[str, object] = field(default_factory=dict)
    line: int = 0
    column: int = 0


class FeelSyntaxError(ValueError):
    """The text is not FEEL. `line` and `column` are 1-based and point at the first character that does not fit."""

    def __init__(self, code: str, line: int, column: int, **details: object) -> None:
        super().__init__(f"{line}:{column} {code} {details}")
        self.code = code
        self.line = line
        self.column = column
        self.details: Mapping[str, object] = details

    @property
    def reason(self) -> Reason:
        return Reason(self.code, self.details, self.line, self.column)


class FeelError(Exception):
    """An evaluation that must not be taken for null: the budget is spent, or `Expression.strict` met an error."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"{reason.line}:{reason.column} {reason.code} {dict(reason.details)}")
        self.reason = reason

    @property
    def code(self) -> str:
        return self.reason.code


class Rejected(Exception):
    """Raised inside a function or operator: the result is null, and this is why. Host functions may raise it too."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details: Mapping[str, object] = details


def wrong_count(function: str, given: int, least: int, most: int) -> Rejected:
    """So many arguments do not go with the function."""
    if least == most:
        return Rejected("feel.argument-count", function=function, given=given, wanted=most)
    return Rejected("feel.argument-range", function=function, given=given, least=least, most=most)
