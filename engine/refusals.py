"""The three kinds of «no» the engine says, as codes with arguments; the words for them live in `adapters/locale`, not here."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class Refused(Exception):
    """Somebody asked for what is not allowed now. Shown to them; nothing changed.

    `code` names the sentence in the catalogue (`quota.exceeded`), `details` its placeholders (plain JSON values).
    """

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details: Mapping[str, object] = details


class NotFound(Refused):
    """Absent, or not yours: the two look the same (404)."""


class Conflict(Refused):
    """The same command id with another body, or a state that moved on (409)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a file: a diagram, scheme, form, package or upload.

    `severity` is «error» (refuses publishing), «warning» or «note». `line` is 1-based, 0 when there is none.
    """

    code: str
    file: str = ""
    element: str = ""  # BPMN element id, YAML key path, spreadsheet cell
    line: int = 0
    severity: str = "error"
    details: Mapping[str, object] = dataclasses.field(default_factory=dict)


class Invalid(Exception):
    """What was handed in will not do: every problem at once, and nothing was stored."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__(", ".join(f"{f.file}:{f.line} {f.element} {f.code}" for f in self.findings))


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that will not do, by field id (`""` for the form as a whole; `rows.3.score` inside a table)."""

    field: str
    code: str
    details: Mapping[str, object] = dataclasses.field(default_factory=dict)


class InvalidAnswers(Exception):
    """The answers of a form will not do (422): every problem at once, by field."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(", ".join(f"{p.field}: {p.code}" for p in self.problems))
