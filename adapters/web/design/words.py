"""Findings, versions and labels of designs in words; looks up, decides nothing."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from adapters.locale import say
from adapters.web.design.rights import Designer
from adapters.web.design.sentences import Labels, Said, Sentences
from engine.compare.change import Change
from engine.refusals import Finding, Invalid, NotFound
from engine.scheme.scheme import Scheme

ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding in words. `element`: id in a diagram or key path."""

    file: str
    element: str
    line: int
    severity: str
    message: str


def finding_lines(findings: Iterable[Finding], language: str) -> list[FindingLine]:
    """Errors first, then warnings, then notes, each in their order."""
    lines = [FindingLine(one.file, one.element, one.line, one.severity, in_words(one, language)) for one in findings]
    return sorted(lines, key=lambda one: ORDER.get(one.severity, 3))


def in_words(finding: Finding, language: str) -> str:
    """A finding as a sentence, dates as people write them."""
    details = {name: _day(value, language) if isinstance(value, date) else value for name, value in finding.details.items()}
    return say(finding.code, language, **details)


def _day(day: date, language: str) -> str:
    return say("compare.day_of_year", language, year=day.year, month=day.month, day=day.day)


def as_json(lines: Sequence[FindingLine], file: str) -> list[dict[str, Any]]:
    """For the islands: those of another file stand for the file as a whole and name it."""
    return [
        {"element": one.element if one.file == file else "", "line": one.line if one.file == file else 0, "severity": one.severity,
         "message": one.message if one.file in (file, "") else f"{one.file}：{one.message}"}
        for one in lines]


def labels(designer: Designer, package: str) -> Labels:
    """What the package in force calls its things; empty words when it cannot be read."""
    try:
        return Labels.of(designer.design.bundle(designer.place, package), some_scheme(designer, package))
    except (Invalid, NotFound):
        return Labels()


def some_scheme(designer: Designer, package: str) -> Scheme | None:
    """A scheme by which stages have names: the newest published one, else the first that there is."""
    for source in designer.design.sources(designer.place, package):
        return cast(Scheme, designer.design.read(designer.design.source(designer.place, package, source), source))
    return None


def sentences(designer: Designer, package: str, changes: Sequence[Change]) -> list[Said]:
    return Sentences(labels(designer, package), designer.visitor.language).all(changes)
