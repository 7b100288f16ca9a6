"""Pages of Markdown from headings, sentences and tables; knows nothing of what they say."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import cleandoc

NOTE = "由 `banli docs` 从代码生成，请勿手改。Generated from the code by `banli docs`; do not edit."


def page(title: str, *parts: str) -> str:
    """A page with its title, the note that it is made, and its parts."""
    return "\n".join([f"# {title}", "", NOTE, "", *("\n".join([part, ""]) for part in parts)]).rstrip() + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold any text."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell(one) for one in line) + " |" for line in lines)


def cell(text: str) -> str:
    return " ".join(line.strip() for line in text.replace("|", "\\|").splitlines())


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def codes(names: Iterable[str]) -> str:
    return " ".join(map(code, names))


def told(what: object) -> str:
    """The docstring of a class or function as one paragraph; empty for one that Python made up."""
    text = cleandoc(getattr(what, "__doc__", None) or "")
    made_up = text.startswith(f"{getattr(what, '__name__', '')}(")
    return "" if made_up else " ".join(text.split())
