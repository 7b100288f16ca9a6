"""What all kinds of fields have in common: a field with its conditions and rights, and one way to read it or say what is wrong. Knows no kind."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from engine.refusals import Problem
from forms.answers import Files, Lookup, PageField, Raw, Value, no_files


class Wrong(Exception):
    """A raw value that will not do. `problems` are relative to the field: `("", code, details)` or `("0.on", …)` inside it."""

    def __init__(self, code: str = "", inside: list[Problem] | None = None, **details: object) -> None:
        self.problems = [Problem("", code, details)] if code else list(inside or ())
        super().__init__(self.problems)


@dataclass(frozen=True)
class Given:
    """What a field may ask while it is read or shown: expressions, answers so far, files."""

    lookup: Lookup
    answers: Mapping[str, Value] = field(default_factory=dict)
    files: Files = no_files

    def value(self, expression: str) -> Value:
        return self.lookup(expression, self.answers) if expression else None

    def with_answers(self, more: Mapping[str, Value]) -> Given:
        return replace(self, answers={**self.answers, **more})


@dataclass(frozen=True)
class Field:
    """What all kinds have in common; `settings` are the own options of the kind, checked when the form was read."""

    id: str
    label: str
    help: str = ""
    required: bool = False
    personal: bool = False
    access: Mapping[str, str] = field(default_factory=dict)  # task element id, or default → write, read, hidden, required
    clause: str = ""
    show_if: str = ""
    required_if: str = ""
    value_from: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0

    kind: ClassVar[str] = ""
    options: ClassVar[Mapping[str, str]] = {}  # own options: name → what it must be (forms/form.py reads them)
    answers: ClassVar[bool] = True
    in_table: ClassVar[bool] = False
    empty: ClassVar[Value] = None

    def access_for(self, task: str) -> str:
        return self.access.get(task) or self.access.get("default") or "write"

    def shown(self, given: Given) -> bool:
        return not self.show_if or given.value(self.show_if) is True

    def demanded(self, task: str, given: Given) -> bool:
        return self.required or self.access_for(task) == "required" or bool(self.required_if and given.value(self.required_if) is True)

    def is_blank(self, raw: Raw) -> bool:
        return raw is None or raw == [] or raw == {} or (isinstance(raw, str) and not raw.strip())

    def read(self, raw: Raw, given: Given) -> Value:
        """The value of a raw input that is not blank. Raises Wrong."""
        raise NotImplementedError

    def raw(self, value: Value) -> Raw:
        """The value as an input holds it; reading it again gives the same value."""
        return value

    def text(self, value: Value, given: Given) -> str:
        """The value for a reader; empty for none."""
        return "" if value is None else str(value)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        """`raw` goes into the input (what was typed, when it was wrong), `value` is shown where nothing can be typed."""
        constraints = {key: found for key, found in self.settings.items() if key in SHOWN_SETTINGS}
        for bound in ("min", "max"):
            if self.settings.get(f"{bound}_from"):
                constraints[bound] = given.value(self.settings[f"{bound}_from"])
        return PageField(
            self.id, name, self.label, self.kind, raw, self.text(value, given), self.help, self.clause, str(self.settings.get("unit") or ""),
            required, writable, constraints, problems=problems,
        )

    def bound(self, name: str, given: Given) -> Value:
        """A bound as declared, or as its expression says; None without."""
        expression = self.settings.get(f"{name}_from")
        found = given.value(expression) if expression else self.settings.get(name)
        return found.date() if isinstance(found, datetime) else found


SHOWN_SETTINGS = frozenset({
    "min", "max", "places", "accept", "max_size", "min_count", "max_count", "min_rows", "max_rows", "pattern", "pattern_help",
})


def one_text(raw: Raw) -> str:
    if isinstance(raw, str):
        return raw
    raise Wrong("form.not_text")


def read_one(field: Field, raw: Raw, task: str, given: Given) -> tuple[Value, list[Problem]]:
    """The value of one field, or its problems (relative to it): blank and demanded, or unreadable."""
    if field.is_blank(raw):
        return field_empty(field), [Problem("", "form.required")] if field.demanded(task, given) else []
    try:
        return field.read(raw, given), []
    except Wrong as wrong:
        return field_empty(field), wrong.problems


def field_empty(field: Field) -> Value:
    """What an unanswered field counts as: None, an empty list, not agreed."""
    return list(field.empty) if isinstance(field.empty, tuple) else field.empty
