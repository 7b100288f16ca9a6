"""The page on which the notification texts of a working copy are edited: a title, a body and a level each; stores nothing."""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from adapters.locale import say
from adapters.web.design.package_view import WORKING, version_name
from adapters.web.design.rights import Designer
from adapters.web.design.words import in_words
from adapters.web.rendering import render
from engine.refusals import Finding, Invalid, NotFound
from engine.scheme.texts import LEVELS, PLACEHOLDER, Template, read_texts
from forms.source import Value, read_yaml

ALWAYS = frozenset({"campaign", "place", "link"})  # what the sender adds by itself
KEYS = ("title", "body", "level")


@dataclass(frozen=True, slots=True)
class TextLine:
    """One text as it stands. `blanks`: what may be filled in, as the version in force does; `problems`: by key, in words."""

    id: str
    title: str
    body: str
    level: str
    blanks: tuple[str, ...]
    problems: Mapping[str, tuple[str, ...]]


def texts_in(body: bytes, file: str) -> dict[str, Value] | None:
    """The file's mapping of texts; None for one that is something else."""
    try:
        value = read_yaml(body, file).value
    except Invalid:
        return None
    return value if isinstance(value, dict) and all(isinstance(one, dict) for one in value.values()) else None


def text_page(request: Request, designer: Designer, line: Any, file: str, files: Mapping[str, bytes], *, tree: Mapping[str, Value] | None = None, typed_text: str | None = None,
              problems: Sequence[str] = (), status: int = 200) -> Response | None:
    """The page; None for a file that can only be edited as it is. `tree`: the texts as they would be, when they were not stored."""
    stored = texts_in(files[file], file)
    if stored is None:
        return None
    version, saved_at, _ = line.copy.changed.get(file, (0, None, ""))
    found = list(_lines(designer, line.name, file, stored if tree is None else tree))
    return render(request, "design_texts.html", status, designer=designer, line=line, file=file, title=say("通知用语", designer.visitor.language), texts=found, version=version, saved_at=saved_at,
                  problems=problems, count=sum(len(said) for one in found for said in one.problems.values()), levels=LEVELS, version_name=version_name(designer, line, WORKING),
                  text=files[file].decode("utf-8", "replace") if typed_text is None else typed_text, raw_open=typed_text is not None, newer=designer.design.overtaken_by(designer.place, line))


def _lines(designer: Designer, package: str, file: str, tree: Mapping[str, Value]) -> Iterator[TextLine]:
    language = designer.visitor.language
    known = _in_force(designer, package)
    for id, one in tree.items():
        title, body, level = str(one.get("title") or ""), str(one.get("body") or ""), str(one.get("level") or "info")
        blanks = tuple(sorted((known[id].placeholders if id in known else frozenset(PLACEHOLDER.findall(title + body))) | ALWAYS))
        said: dict[str, list[str]] = {}
        for key in ("title", "body"):
            if not one.get(key):
                said.setdefault(key, []).append(say("formbox.missing", language, what=say(f"box.text.{key}", language)))
        for finding in _findings(file, id, one):
            key = finding.element.rpartition(".")[2]
            said.setdefault(key if key in KEYS else "body", []).append(in_words(finding, language))
        for key, text in (("title", title), ("body", body)):
            said.setdefault(key, []).extend(say("formbox.blank", language, name=name) for name in PLACEHOLDER.findall(text) if name not in blanks)
        yield TextLine(id, title, body, level, blanks, {key: tuple(words) for key, words in said.items()})


def _findings(file: str, id: str, one: Mapping[str, Value]) -> list[Finding]:
    """What the reader of texts says of this one; what is missing is left to the page. JSON is YAML, and a text is read as a file of its own."""
    whole = {id: {**one, "title": str(one.get("title") or ""), "body": str(one.get("body") or "")}}
    try:
        read_texts(json.dumps(whole, ensure_ascii=False, default=str).encode(), file)
    except Invalid as invalid:
        return list(invalid.findings)
    return []


def _in_force(designer: Designer, package: str) -> Mapping[str, Template]:
    try:
        texts: Mapping[str, Template] = designer.design.bundle(designer.place, package).texts
    except (Invalid, NotFound):
        return {}
    return texts
