"""Which tokens make one name: the longest known name wins, else words that stand side by side. Holds no values."""
from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from engine.feel.lexer import Token, words

KEYWORDS = frozenset(
    "for return if then else some every satisfies in and or between instance function external null true false not".split()
)
Words = tuple[tuple[str, bool], ...]


class NameIndex:
    """Names known to be one name each, though they hold spaces or signs."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, dict[Words, str]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        split = words(name)
        if split and name not in KEYWORDS:
            self._by_first.setdefault(split[0][0], {})[split] = name

    def match(self, tokens: list[Token], at: int) -> tuple[str, int] | None:
        """The longest known name that starts at token `at`, and the index behind it."""
        best: tuple[str, int] | None = None
        for split, name in self._by_first.get(tokens[at].text, {}).items():
            end = at + len(split)
            if (best is None or end > best[1]) and _written(tokens, at, split):
                best = name, end
        return best


@lru_cache(maxsize=8)
def fixed_index(names: tuple[str, ...]) -> NameIndex:
    """An index of names that never change: nobody may add to it."""
    return NameIndex(names)


def _written(tokens: list[Token], at: int, split: Words) -> bool:
    if at + len(split) >= len(tokens):
        return False
    for i, (text, spaced) in enumerate(split):
        token = tokens[at + i]
        if token.text != text or token.kind == "string" or i and token.spaced != spaced:
            return False
    return True


def side_by_side(tokens: list[Token], at: int) -> tuple[str, int]:
    """The name that an identifier at `at` and the words after it make: in FEEL nothing else can stand side by side."""
    end = at + 1
    while tokens[end].kind == "name" and tokens[end].text not in KEYWORDS or tokens[end].kind == "number" and tokens[end].text.isdigit():
        end += 1
    return " ".join(token.text for token in tokens[at:end]), end
