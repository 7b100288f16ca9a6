"""Regular expressions as FEEL has them (XPath 3.1 / XML Schema) on RE2, whose time is linear in the text.

Back references are refused: no linear-time engine can have them. Everything else of the dialect is translated.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from engine.feel.errors import Rejected

Pattern = Any  # re2's compiled pattern; the wheel has no types
Spans = list[tuple[int, int]]
_UNBOUNDED = frozenset("*+{")
_LAST = 0x10FFFF
_LONGEST_PATTERN = 2000
_METACHARACTERS = set("\\|.?*+(){}[]^$-")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_BLOCKS = {
    "BasicLatin": (0x0000, 0x007F), "Latin-1Supplement": (0x0080, 0x00FF), "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F), "IPAExtensions": (0x0250, 0x02AF), "Greek": (0x0370, 0x03FF), "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF), "Armenian": (0x0530, 0x058F), "Hebrew": (0x0590, 0x05FF), "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F), "Thai": (0x0E00, 0x0E7F), "Tibetan": (0x0F00, 0x0FFF), "Mongolian": (0x1800, 0x18AF),
    "GeneralPunctuation": (0x2000, 0x206F), "CurrencySymbols": (0x20A0, 0x20CF), "NumberForms": (0x2150, 0x218F), "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF), "EnclosedAlphanumerics": (0x2460, 0x24FF), "BoxDrawing": (0x2500, 0x257F),
    "CJKRadicalsSupplement": (0x2E80, 0x2EFF), "KangxiRadicals": (0x2F00, 0x2FDF), "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F), "Katakana": (0x30A0, 0x30FF), "Bopomofo": (0x3100, 0x312F), "EnclosedCJKLettersandMonths": (0x3200, 0x32FF),
    "CJKCompatibility": (0x3300, 0x33FF), "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF), "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "YiSyllables": (0xA000, 0xA48F), "HangulSyllables": (0xAC00, 0xD7AF), "CJKCompatibilityIdeographs": (0xF900, 0xFAFF),
    "CJKCompatibilityForms": (0xFE30, 0xFE4F), "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}
_NAME_START: Spans = [
    (0x3A, 0x3A), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x37D), (0x37F, 0x1FFF),
    (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF),
]
_NAME: Spans = [*_NAME_START, (0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040)]


def _no(pattern: str) -> Rejected:
    return Rejected("feel.pattern", pattern=pattern[:80])


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern ready for use. `program` is the number of instructions of its automaton, which bounds the time a character takes."""

    pattern: Pattern
    program: int
    unbounded: bool  # a match may be of any length, so that a search may look at the whole text behind it

    def steps(self, size: int) -> int:
        """What one search through `size` characters costs at most."""
        return size * self.program >> 10

    def steps_again(self, left: int) -> int:
        """What going on behind a match costs, with `left` characters to the end of the text."""
        return self.steps(left) if self.unbounded else 0


def steps_to_compile(pattern: str, found: Regex | Rejected) -> int:
    """A refused pattern may have cost as much as the largest that is not."""
    return 20 * (1 + len(pattern)) + (found.program >> 2 if isinstance(found, Regex) else 10_000)


@lru_cache(maxsize=64)
def compiled(pattern: str, flags: str) -> Regex | Rejected:
    """The pattern; or why it, or a flag, is none of the dialect's."""
    try:
        found = _compiled(pattern, flags)
    except Rejected as no:
        return no
    return Regex(found, found.programsize + found.reverseprogramsize, not _UNBOUNDED.isdisjoint(pattern))


def _compiled(pattern: str, flags: str) -> Pattern:
    if len(pattern) > _LONGEST_PATTERN:
        raise _no(pattern)
    if set(flags) - set("smix"):
        raise Rejected("feel.pattern-flags", flags=flags[:20])
    text = _without_space(pattern) if "x" in flags else pattern
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = "i" not in flags
    options.max_mem = 1 << 23
    translated = _Translator(text, pattern, "s" in flags).whole()
    try:
        return re2.compile(("(?m)" if "m" in flags else "") + translated, options)
    except re2.error:
        raise _no(pattern) from None


def _without_space(pattern: str) -> str:
    """Flag x: white space outside of `[…]` says nothing."""
    kept: list[str] = []
    depth, escaped = 0, False
    for c in pattern:
        if c in " \t\r\n" and not depth:
            continue
        kept.append(c)
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        else:
            depth += (c == "[") - (c == "]")
    return "".join(kept)


def replacement(text: str, groups: int) -> list[str | int]:
    """`a$1b` as pieces: texts, and numbers of groups. As many digits as make a group that exists belong to its number."""
    parts: list[str | int] = []
    i = 0
    while i < len(text):
        c = text[i]
        if c == "\\":
            if text[i + 1:i + 2] not in ("\\", "$"):
                raise Rejected("feel.replacement", text=text[:60])
            parts.append(text[i + 1])
            i += 2
        elif c == "$":
            end = i + 1
            while end < len(text) and text[end] in "0123456789" and (end == i + 1 or int(text[i + 1:end + 1]) <= groups):
                end += 1
            if end == i + 1:
                raise Rejected("feel.replacement", text=text[:60])
            number = int(text[i + 1:end])
            parts.append(number if number <= groups else "")
            i = end
        else:
            parts.append(c)
            i += 1
    return parts


class _Translator:
    """One pattern, read from left to right."""

    def __init__(self, text: str, original: str, dot_all: bool) -> None:
        self.text, self.original, self.dot_all = text, original, dot_all
        self.at = 0

    def whole(self) -> str:
        out: list[str] = []
        while self.at < len(self.text):
            out.append(self.piece())
        return "".join(out)

    def peek(self, offset: int = 0) -> str:
        return self.text[self.at + offset:self.at + offset + 1]

    def take(self) -> str:
        c = self.peek()
        if not c:
            raise _no(self.original)
        self.at += 1
        return c

    def piece(self) -> str:
        c = self.take()
        match c:
            case "\\":
                return _class(self.escape())
            case "[":
                return self.class_text()
            case ".":
                return "(?s:.)" if self.dot_all else r"[^\n\r]"
            case "(":
                if self.peek() == "?":
                    if self.text[self.at:self.at + 2] != "?:":
                        raise _no(self.original)
                    self.at += 2
                    return "(?:"
                return "("
            case "{":
                return self.quantity()
            case "]" | "}":
                raise _no(self.original)
        return c if c in "|)?*+^$" or c.isalnum() or ord(c) > 127 else "\\" + c if c.isprintable() and c != " " else f"\\x{{{ord(c):x}}}"

    def quantity(self) -> str:
        end = self.text.find("}", self.at)
        body = self.text[self.at:end] if end > 0 else ""
        low, comma, high = body.partition(",")
        if not low.isdigit() or high and not high.isdigit() or len(body) > 9:
            raise _no(self.original)
        self.at = end + 1
        return "{" + low + comma + high + "}"

    def escape(self) -> Spans:
        c = self.take()
        if c in _METACHARACTERS:
            return [(ord(c), ord(c))]
        if c in _CONTROLS:
            return [(ord(_CONTROLS[c]), ord(_CONTROLS[c]))]
        match c:
            case "p" | "P":
                return self.property(c == "P")
            case "s" | "S":
                return _maybe_not([(9, 10), (13, 13), (32, 32)], c == "S")
            case "d" | "D":
                return _maybe_not(_category("Nd"), c == "D")
            case "w" | "W":
                return _maybe_not(_category("P") + _category("Z") + _category("C"), c == "w")
            case "i" | "I":
                return _maybe_not(_NAME_START, c == "I")
            case "c" | "C":
                return _maybe_not(_NAME, c == "C")
        if c in "123456789":
            raise Rejected("feel.pattern-reference", pattern=self.original[:80])
        raise _no(self.original)

    def property(self, negated: bool) -> Spans:
        end = self.text.find("}", self.at)
        if self.take() != "{" or end < 0:
            raise _no(self.original)
        name = self.text[self.at:end]
        self.at = end + 1
        if name.startswith("Is"):
            block = _BLOCKS.get(name[2:])
            if block is None:
                raise Rejected("feel.pattern-block", block=name[:40])
            return _maybe_not([block], negated)
        spans = _category(name) if len(name) <= 2 else []
        if not spans:
            raise _no(self.original)
        return _maybe_not(spans, negated)

    def class_text(self) -> str:
        """A class for RE2; a plain negated one stays negated, so that flag i folds the characters it names."""
        start = self.at
        spans = self.class_expression()
        body = self.text[start:self.at]
        if body.startswith("^") and "-[" not in body:
            return "[^" + _class(_maybe_not(spans, True))[1:]
        return _class(spans)

    def class_expression(self) -> Spans:
        """Behind `[`: a set of characters, perhaps negated, perhaps less another set."""
        negated = self.peek() == "^"
        self.at += negated
        spans: Spans = []
        first = True
        while True:
            c = self.take()
            if c == "]" and not first:
                return _maybe_not(spans, negated)
            if c == "-" and self.peek() == "[" and not first:
                self.at += 1
                inner = self.class_expression()
                if self.take() != "]":
                    raise _no(self.original)
                return _less(_maybe_not(spans, negated), inner)
            if c in "[]":
                raise _no(self.original)
            spans += self.range_from(c)
            first = False

    def range_from(self, c: str) -> Spans:
        found = self.escape() if c == "\\" else [(ord(c), ord(c))]
        if self.peek() != "-" or self.peek(1) in ("]", "[", "") or len(found) != 1 or found[0][0] != found[0][1]:
            return found
        self.at += 1
        d = self.take()
        last = self.escape() if d == "\\" else [(ord(d), ord(d))]
        if len(last) != 1 or last[0][0] < found[0][0]:
            raise _no(self.original)
        return [(found[0][0], last[0][1])]


# Sets of characters, as spans of code points

def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: Spans = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return merged


def _maybe_not(spans: Spans, negated: bool) -> Spans:
    if not negated:
        return spans
    found: Spans = []
    at = 0
    for low, high in _merged(spans):
        if low > at:
            found.append((at, low - 1))
        at = high + 1
    return [*found, (at, _LAST)] if at <= _LAST else found


def _less(spans: Spans, taken: Spans) -> Spans:
    """What is in `spans` and not in `taken`."""
    return _maybe_not(_maybe_not(spans, True) + taken, True)


@lru_cache(maxsize=1)
def _categories() -> dict[str, Spans]:
    """Unicode's general categories, by two letters and by one; made when the first pattern asks."""
    found: dict[str, Spans] = {}
    start, current = 0, unicodedata.category("\0")
    for code in range(1, _LAST + 2):
        category = unicodedata.category(chr(code)) if code <= _LAST else ""
        if category != current:
            found.setdefault(current, []).append((start, code - 1))
            found.setdefault(current[0], []).append((start, code - 1))
            start, current = code, category
    return found


def _category(name: str) -> Spans:
    return list(_categories().get(name, []))


def _class(spans: Spans) -> str:
    return _rendered(tuple(spans))


@lru_cache(maxsize=256)
def _rendered(spans: tuple[tuple[int, int], ...]) -> str:
    merged = _merged(spans)
    if not merged:
        return r"[^\x00-\x{10FFFF}]"
    return "[" + "".join(f"\\x{{{low:x}}}" if low == high else f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in merged) + "]"
