"""Text of FEEL to tokens. Knows no names: which tokens make one name is the parser's business."""
from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from engine.feel.errors import FeelSyntaxError

LONGEST_TEXT = 50_000

# Name characters of DMN 1.5, rules 28 and 29, so Chinese letters are names like any other. Left out are CJK and full-width
# punctuation and full-width digits at the start: «得分＞６０» is a slip of the keyboard, and would otherwise be a name that is null.
_START = (
    r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F\u2C00-\u2FEF"
    r"\u3004-\u3007\u3012\u3013\u3020-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFF\uFF21-\uFF3A\uFF41-\uFF5A\uFF66-\uFFFC\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F\u2040\uFF10-\uFF19"
_TOKEN = re.compile(
    rf"""(?P<space>[\s\u0085\u00A0\u1680\u180E\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]+|//[^\n\r]*|/\*.*?\*/)
      |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      |(?P<string>"(?:[^"\\]|\\.)*")
      |(?P<name>[{_START}][{_PART}]*)
      |(?P<operator>\.\.|\*\*|->|<=|>=|!=|[-+*/=<>()\[\]{{}},:.@'])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
# Characters that are none of FEEL's, and what FEEL writes instead: of a Chinese keyboard, of mathematics, of other languages.
_SLIPS = {
    "≥": ">=", "≤": "<=", "≠": "!=", "＞": ">", "＜": "<", "＝": "=", "×": "*", "÷": "/", "＋": "+", "－": "-", "，": ",", "、": ",", "：": ":", "（": "(",
    "）": ")", "【": "[", "】": "]", "｛": "{", "｝": "}", "“": '"', "”": '"', "‘": '"', "’": '"', "＂": '"', "。": ".", "．": ".", "&": "and", "|": "or",
    "!": "not(…)", "！": "not(…)", "%": "/ 100", "％": "/ 100", ";": ",", "；": ",", "^": "**",
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


class Token(NamedTuple):
    """`kind` is number, string, name, operator or end. `spaced` says that white space stands before it."""

    kind: str
    text: str
    start: int
    spaced: bool


class Source:
    """A text and the line and column of each of its characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        """1-based line and column."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def error(self, code: str, offset: int, **details: object) -> FeelSyntaxError:
        line, column = self.place(offset)
        return FeelSyntaxError(code, line, column, **details)


def tokens(source: Source) -> list[Token]:
    """All tokens with one of kind «end» behind. Raises FeelSyntaxError."""
    text = source.text
    if len(text) > LONGEST_TEXT:
        raise source.error("feel.too-long", 0, limit=LONGEST_TEXT)
    found: list[Token] = []
    position, spaced = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refused(source, position)
        if match.lastgroup == "space":
            spaced = True
        else:
            found.append(Token(match.lastgroup or "", match[0], position, spaced))
            spaced = False
        position = match.end()
    found.append(Token("end", "", len(text), spaced))
    return found


def _refused(source: Source, position: int) -> FeelSyntaxError:
    character = source.text[position]
    if character == '"':
        return source.error("feel.unfinished-text", position)
    if character in _SLIPS:
        return source.error("feel.slip", position, found=character, instead=_SLIPS[character])
    return source.error("feel.unknown-character", position, character=character)


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[tuple[str, bool], ...]:
    """A name as the tokens it is written with, and whether white space stands before each (the first counts as unspaced)."""
    try:
        found = tokens(Source(name))[:-1]
    except FeelSyntaxError:
        return ()
    return tuple((token.text, token.spaced and i > 0) for i, token in enumerate(found))


def unescape(literal: str) -> str:
    """The text that a string literal (with its quotes) stands for. Surrogate pairs written as two escapes become one character."""
    body = literal[1:-1]
    if "\\" not in body:
        return body
    text = _ESCAPE.sub(_character, body)
    if any("\ud800" <= c <= "\udfff" for c in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    return _SIMPLE.get(match[3], match[0])
