"""The words of the product: one catalogue module per area, merged here; decides nothing and knows no request.

A catalogue module holds `ZH` and `EN`, each code → template with named placeholders. Texts of pages are their own code
(`say("待办", "en")`): Chinese needs no entry for them, English does.
"""
from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

LANGUAGES = ("zh", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All templates of one language by code; a code that two modules define keeps the first, and a test forbids it."""
    merged: dict[str, str] = {}
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        templates: Mapping[str, str] = getattr(import_module(f"{__name__}.{module}"), language.upper(), {})
        for code, template in templates.items():
            merged.setdefault(code, template)
    return merged


_KIND_DETAILS = frozenset({"kind", "wanted", "left", "right", "start", "end"})


class _Details(dict[str, object]):
    """Placeholders of a template; one without a value shows as 「…」 rather than breaking the page."""

    def __missing__(self, key: str) -> str:
        return "…"


def is_text(code: str) -> bool:
    """Whether `code` is a page text that stands for itself (it has a letter outside ASCII) and not a code like `task.closed`."""
    return not code.isascii()


def knows(code: str, language: str = "zh") -> bool:
    """Whether the catalogue has words for `code` in that language."""
    return code in catalogue(language) or (language == "zh" and is_text(code))


def say(code: str, language: str = "zh", /, **details: object) -> str:
    """The sentence for `code` in `language` ("zh", "en"), filled with `details`.

    English falls back to Chinese, so that nothing is silent; an unknown code gives a general sentence that names it.
    """
    template = catalogue(language).get(code)
    if template is None:
        template = catalogue("zh").get(code)
    if template is None:
        if not is_text(code):
            return say("general.unknown", language, code=code)
        template = code
    if not details and "{" not in template and "}" not in template:
        return template
    return template.format_map(_Details({name: _plain(_kinds(code, name, value, language), language) for name, value in details.items()}))


def _kinds(code: str, name: str, value: object, language: str) -> object:
    """Kinds of FEEL values («number | string») in the reader's words, where a reason about an expression names them."""
    if not code.startswith(("feel.", "dmn.")) or name not in _KIND_DETAILS or not isinstance(value, str):
        return value
    words = [catalogue(language).get(f"feel.kind.{part}") for part in value.split(" | ")]
    return value if None in words else ("或" if language == "zh" else " or ").join(word for word in words if word)


def _plain(value: object, language: str) -> object:
    """A list inside a sentence reads as a list; numbers keep their type so that a template may format them."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return ("、" if language == "zh" else ", ").join(str(item) for item in value)
    return "" if value is None else value
