"""Prints findings, refusals and tables for people at a terminal; knows no command."""
from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from adapters.locale import say
from engine.refusals import Finding, Invalid, InvalidAnswers, Refused

LANGUAGE = "en" if os.environ.get("BANLI_LANGUAGE", "zh").startswith("en") else "zh"
SIGNS = {"error": "✗", "warning": "!", "note": "·"}


def sentence(language: str, finding: Finding) -> str:
    """`✗ file:line element  words`."""
    where = finding.file + (f":{finding.line}" if finding.line else "")
    words = say(finding.code, language, **{"file": finding.file, "element": finding.element, "line": finding.line, **finding.details})
    return f"{SIGNS.get(finding.severity, '✗')} {where}  {finding.element}  {words}".rstrip()


def findings(language: str, found: Iterable[Finding]) -> int:
    """Prints each finding; how many refuse."""
    errors = 0
    for one in found:
        print(sentence(language, one))
        errors += one.severity == "error"
    return errors


def refusal(language: str, error: Exception) -> str:
    """A refusal in words; several lines when there are several problems."""
    match error:
        case Invalid(findings=many):
            return "\n".join(sentence(language, one) for one in many)
        case InvalidAnswers(problems=problems):
            return "\n".join(f"✗ {one.field}  {say(one.code, language, **one.details)}" for one in problems)
        case Refused(code=code, details=details):
            return f"✗ {say(code, language, **details)}"
    raise error


def lines(found: Iterable[str], where: TextIO | None = None) -> None:
    """Prints each line; where errors go with `where`."""
    for line in found:
        print(line, file=where or sys.stdout)


def table(rows: Sequence[Sequence[object]], headings: Sequence[str]) -> None:
    """Columns as wide as their widest cell; Chinese characters count twice."""
    cells = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(width(row[n]) for row in cells) for n in range(len(headings))]
    for row in cells:
        print("  ".join(cell + " " * (widths[n] - width(cell)) for n, cell in enumerate(row)).rstrip())


def width(text: str) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


def stop(language: str, error: Exception) -> int:
    """Prints a refusal where errors go; the exit code 1."""
    print(refusal(language, error), file=sys.stderr)
    return 1
