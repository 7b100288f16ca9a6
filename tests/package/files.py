"""Reads the folder of the package for its tests, as publishing would; asserts nothing."""
from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from adapters.definitions.folder import Library
from engine.bpmn.read import Document, read
from engine.bundle import Bundle, read_bundle
from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.scheme import Scheme, read_scheme
from forms.form import Form, read_form

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "role-model-award"
FOLDER = ROOT / "processes" / NAME
LIBRARY = Library(ROOT)
DIAGRAMS = sorted(FOLDER.glob("*.bpmn"))
SCHEMES = sorted(LIBRARY.schemes(NAME))


@lru_cache
def bundle() -> Bundle:
    return read_bundle(LIBRARY.package(NAME))


@lru_cache
def documents() -> tuple[Document, ...]:
    return tuple(read(path.read_bytes(), path.name) for path in DIAGRAMS)


@lru_cache
def scheme(id: str) -> Scheme:
    return read_scheme(LIBRARY.scheme(NAME, id), id).with_defaults(bundle().package.declaration)


@lru_cache
def forms() -> dict[str, Form]:
    return {path.stem: read_form(path.read_bytes(), path.name) for path in sorted((ROOT / "forms" / NAME).glob("*.yaml"))}


def calendar() -> Calendar:
    return Calendar.of(read_calendar_year(body, name) for name, body in LIBRARY.calendars().items())
