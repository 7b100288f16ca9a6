"""Patterns that packages declare for texts, matched in linear time; no back-references, no look-around."""
from __future__ import annotations

from functools import lru_cache

import re2


def is_pattern(pattern: object) -> bool:
    try:
        return isinstance(pattern, str) and _compiled(pattern) is not None
    except re2.error:
        return False


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text matches."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options=options)
