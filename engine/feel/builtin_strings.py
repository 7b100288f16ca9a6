"""Built-in functions of FEEL on texts (DMN 1.5, table 74). Characters are Unicode code points, counted from 1."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from engine.feel import regex
from engine.feel.errors import Rejected
from engine.feel.evaluation import LONGEST_STRING, Run
from engine.feel.functions import built_in, whole
from engine.feel.values import kind


@built_in("string length(string: string)")
def string_length(string: str) -> Decimal:
    return Decimal(len(string))


@built_in("substring(string: string, start position: number, length: number ? =)")
def substring(string: str, start: Decimal, length: Decimal | None) -> str:
    first = start_index(whole(start, "substring"), len(string), "substring")
    if length is None:
        return string[first:]
    count = whole(length, "substring")
    if count < 1:
        raise Rejected("feel.length", function="substring", length=count)
    return string[first:first + count]


def start_index(position: int, size: int, function: str) -> int:
    """0-based index of a position counted from 1, or from the end when negative."""
    if position == 0 or abs(position) > size:
        raise Rejected("feel.position", function=function, position=position, size=size)
    return position - 1 if position > 0 else size + position


@built_in("upper case(string: string)")
def upper_case(string: str) -> str:
    return string.upper()


@built_in("lower case(string: string)")
def lower_case(string: str) -> str:
    return string.lower()


@built_in("substring before(string: string, match: string)")
def substring_before(string: str, match: str) -> str:
    found = string.find(match)
    return string[:found] if found >= 0 else ""


@built_in("substring after(string: string, match: string)")
def substring_after(string: str, match: str) -> str:
    found = string.find(match)
    return string[found + len(match):] if found >= 0 else ""


@built_in("contains(string: string, match: string)")
def contains(string: str, match: str) -> bool:
    return match in string


@built_in("starts with(string: string, match: string)")
def starts_with(string: str, match: str) -> bool:
    return string.startswith(match)


@built_in("ends with(string: string, match: string)")
def ends_with(string: str, match: str) -> bool:
    return string.endswith(match)


@built_in("matches(input: string, pattern: string, flags: string ? =)", run=True)
def matches(run: Run, text: str, pattern: str, flags: str | None) -> bool:
    found = run.pattern(pattern, flags or "")
    run.spend(found.steps(len(text)))
    return found.pattern.search(text) is not None


@built_in("replace(input: string, pattern: string, replacement: string, flags: string ? =)", run=True)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None) -> str:
    found = run.pattern(pattern, flags or "")
    _refuse_empty(found, pattern)
    pieces, size, end = [], 0, 0
    template = regex.replacement(replacement, found.pattern.groups)
    for match in _all_matches(run, found, text):
        piece = text[end:match.start()] + "".join(part if isinstance(part, str) else match.group(part) or "" for part in template)
        end, size = match.end(), size + len(piece)
        run.spend(len(piece) // 16)
        if size > LONGEST_STRING:
            raise Rejected("feel.text-too-long", limit=LONGEST_STRING)
        pieces.append(piece)
    return "".join(pieces) + text[end:]


@built_in("split(string: string, delimiter: string)", run=True)
def split(run: Run, text: str, delimiter: str) -> list[str]:
    found = run.pattern(delimiter, "")
    _refuse_empty(found, delimiter)
    parts, end = [], 0
    for match in _all_matches(run, found, text):
        parts.append(text[end:match.start()])
        end = match.end()
    return [*parts, text[end:]]


@built_in("extract(string: string, pattern: string)", run=True)
def extract(run: Run, text: str, pattern: str) -> list[str]:
    """Camunda's: every match as a text."""
    return [match.group(0) for match in _all_matches(run, run.pattern(pattern, ""), text)]


def _all_matches(run: Run, found: regex.Regex, text: str) -> Iterator[Any]:
    """From left to right, each search paid for before it is made."""
    run.spend(found.steps(len(text)))
    for match in found.pattern.finditer(text):
        run.spend(1 + found.steps_again(len(text) - match.end()))
        yield match


def _refuse_empty(found: regex.Regex, text: str) -> None:
    if found.pattern.search("") is not None:
        raise Rejected("feel.pattern-empty", pattern=text)


@built_in("string join(list: list, delimiter: string ? =)", run=True)
def string_join(run: Run, items: Sequence[object], delimiter: str | None) -> str:
    """Nulls in the list are left out."""
    return joined(run, items, delimiter or "")


@built_in("string join(list: list, delimiter: string ?, prefix: string ?, suffix: string ?)", run=True)
def string_join_between(run: Run, items: Sequence[object], delimiter: str | None, prefix: str | None, suffix: str | None) -> str:
    return (prefix or "") + joined(run, items, delimiter or "") + (suffix or "")


def joined(run: Run, items: Sequence[object], delimiter: str) -> str:
    texts: list[str] = []
    size = 0
    for item in items:
        if item is None:
            continue
        if not isinstance(item, str):
            raise Rejected("feel.element-kind", function="string join", kind=kind(item), wanted="string")
        size += len(item) + len(delimiter)
        run.spend(1 + (len(item) + len(delimiter)) // 16)
        if size > LONGEST_STRING:
            raise Rejected("feel.text-too-long", limit=LONGEST_STRING)
        texts.append(item)
    return delimiter.join(texts)


@built_in("trim(string: string)")
def trim(string: str) -> str:
    """Camunda's: without white space at both ends."""
    return string.strip()


@built_in("is blank(string: string)")
def is_blank(string: str) -> bool:
    """Camunda's: nothing but white space."""
    return not string.strip()
