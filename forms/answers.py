"""The shapes around a form: raw input as a tree, answers in two parts, what the page gets; decides nothing about their content."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.refusals import Problem

Value = Any  # None, bool, int, Decimal, date, str, list, dict
Raw = Any  # what came in: text, or typed JSON, or lists and mappings of them
DEEPEST = 4


class Lookup(Protocol):
    """Evaluates an expression of a form (its text with the leading `=`); `answers` are the fields answered so far, by id."""

    def __call__(self, expression: str, answers: Mapping[str, Value]) -> Value: ...


FileInfo = Mapping[str, Any]  # {id, name, type, size}: what the store of files knows, never what the browser claims
Files = Callable[[str], FileInfo | None]


def no_files(id: str) -> FileInfo | None:
    return None


def nothing_to_look_up(expression: str, answers: Mapping[str, Value]) -> Value:
    """For forms without expressions; one that meets an expression is our mistake."""
    raise LookupError(f"no lookup was given for {expression}")


@dataclass(frozen=True)
class Answers:
    """What a form was answered with. `personal` values are encrypted by the caller and never reach the engine."""

    public: Mapping[str, Value]
    personal: Mapping[str, Value]
    identity: tuple[str, ...] = ()  # the values that tell whether two submissions are about the same; empty when one is missing


@dataclass(frozen=True)
class PageOption:
    code: str
    label: str
    selected: bool = False


@dataclass(frozen=True)
class PageField:
    """One field for a template: `value` goes into the input, `text` is shown where it cannot be changed.

    `constraints`: min, max, places, accept, max_size … as declared. `rows`: of a table or scores, each row its cells.
    """

    id: str
    name: str  # of the input: `trainings.0.on`
    label: str
    kind: str
    value: Raw = None
    text: str = ""
    help: str = ""
    clause: str = ""
    unit: str = ""
    required: bool = False
    writable: bool = True
    constraints: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[PageOption, ...] = ()
    problems: tuple[Problem, ...] = ()
    headings: tuple[str, ...] = ()
    row_labels: tuple[str, ...] = ()
    rows: tuple[tuple[PageField, ...], ...] = ()
    files: tuple[FileInfo, ...] = ()


@dataclass(frozen=True)
class PageSection:
    title: str
    help: str
    fields: tuple[PageField, ...]


@dataclass(frozen=True)
class PageOutcome:
    code: str
    label: str
    style: str
    opinion: str
    confirm: str
    skip_validation: bool


@dataclass(frozen=True)
class Page:
    """A form ready for a template. `problems` are those of the form as a whole (outcome, opinion, unknown fields)."""

    id: str
    title: str
    note: str
    sections: tuple[PageSection, ...]
    outcomes: tuple[PageOutcome, ...]
    problems: tuple[Problem, ...] = ()


def nested(items: Iterable[tuple[str, Raw]]) -> dict[str, Raw]:
    """The pairs of an HTML form as a tree: `table.0.col` goes inside, a name that comes twice becomes a list.

    Names that begin with `_` (tokens, command ids) are left out. A name that is both a value and a branch keeps the branch.
    """
    tree: dict[str, Raw] = {}
    for name, value in items:
        parts = name.split(".")
        if name.startswith("_") or len(parts) > DEEPEST or not all(parts):
            continue
        branch = tree
        for part in parts[:-1]:
            inner = branch.get(part)
            if not isinstance(inner, dict):
                inner = branch[part] = {}
            branch = inner
        last = parts[-1]
        if last not in branch:
            branch[last] = value
        elif isinstance(branch[last], list):
            branch[last].append(value)
        elif not isinstance(branch[last], dict):
            branch[last] = [branch[last], value]
    return tree
