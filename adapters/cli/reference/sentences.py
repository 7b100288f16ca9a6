"""The page of sentences: every code that the system may answer with, in Chinese and English, by area."""
from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

from adapters import locale
from adapters.cli.reference.markdown import code, page, table, told


def all_of_them() -> str:
    """Codes by area; texts of pages are their own code and stand on the pages."""
    parts = ["程序只给出代码和数据，句子在此。`{…}` 为代入的内容。A program gives a code with its details; these are the sentences."]
    for area in _areas():
        chinese, english = _words(area, "ZH"), _words(area, "EN")
        rows = [(code(one), chinese.get(one, ""), english.get(one, "")) for one in sorted(chinese.keys() | english.keys()) if one.isascii()]
        if rows:
            parts.append(f"## {area.__name__.rpartition('.')[2]}\n\n{told(area)}\n\n" + table(("代码 code", "中文", "English"), rows))
    return page("代码与句子 · Codes and sentences", *parts)


def _areas() -> Iterator[ModuleType]:
    for name in sorted(found.name for found in pkgutil.iter_modules(locale.__path__)):
        yield import_module(f"{locale.__name__}.{name}")


def _words(area: ModuleType, language: str) -> Mapping[str, str]:
    found: Mapping[str, str] = getattr(area, language, {})
    return found
