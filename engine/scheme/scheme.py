"""A scheme: one campaign's parameters as plain values, each with its origin and its place in the file; does not judge them."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from engine.refusals import Finding, Invalid
from engine.scheme.declaration import Declaration
from forms.source import Document, join, read_yaml

FROM_TEXT = "原文"
EXAMPLE = "项目示例"
ORIGINS = (FROM_TEXT, EXAMPLE)
LEAF_KEYS = frozenset({"value", "origin", "clause", "quote", "note"})
HEAD: Mapping[str, type] = {"scheme": str, "package": str, "title": str}


@dataclass(frozen=True)
class Origin:
    """Where a value comes from: a clause of the notice (原文), or this project (项目示例)."""

    origin: str
    clause: str = ""
    quote: str = ""
    note: str = ""


@dataclass(frozen=True)
class Scheme:
    """`values` are what expressions see. Key paths are dotted, list items by index (`quota.channels.0.places`).

    `findings` are the marks that are missing or wrong; `check_scheme` repeats them among everything else.
    """

    id: str
    package: str
    title: str
    values: Mapping[str, Any]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    positions: Mapping[str, int] = field(default_factory=dict)
    file: str = ""
    findings: tuple[Finding, ...] = ()

    def origin_of(self, path: str) -> Origin | None:
        """The origin of the value at `path`: its own leaf's, or that of the leaf around it."""
        while path:
            if path in self.origins:
                return self.origins[path]
            path = path.rpartition(".")[0]
        return None

    def line(self, path: str) -> int:
        while path and path not in self.positions:
            path = path.rpartition(".")[0]
        return self.positions.get(path, 1)

    def finding(self, code: str, path: str, severity: str = "error", **details: object) -> Finding:
        return Finding(code, self.file, path, self.line(path), severity, details)

    def with_defaults(self, declaration: Declaration) -> Scheme:
        """The same with the declared defaults where the file says nothing; their origin is 项目示例."""
        values = _copy(self.values)
        origins = dict(self.origins)
        for key, parameter in declaration.keys.items():
            if parameter.default is None or value_at(values, key) is not None:
                continue
            inner = values
            *parents, last = key.split(".")
            for part in parents:
                inner = inner.setdefault(part, {}) if isinstance(inner, dict) else {}
            if isinstance(inner, dict):
                inner[last] = parameter.default
                origins[key] = Origin(EXAMPLE, note="默认值")
        return replace(self, values=values, origins=origins)

    def dates(self) -> list[tuple[str, date]]:
        """Every date in it with its path, in file order."""
        return [(path, value) for path, value in flat(self.values) if isinstance(value, date)]


def value_at(values: Any, path: str) -> Any:
    """The value at a dotted path, None when nothing is there."""
    for part in path.split("."):
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return None
    return values


def flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every scalar below `value` with its path, in order."""
    if isinstance(value, Mapping):
        return [found for key, one in value.items() for found in flat(one, join(path, key))]
    if isinstance(value, list):
        return [found for index, one in enumerate(value) for found in flat(one, join(path, index))]
    return [(path, value)]


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(one) for key, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def read_scheme(data: bytes, file: str) -> Scheme:
    """The scheme in `data`. Raises Invalid when it is no YAML, or its head (`scheme package title values`) will not do."""
    document = read_yaml(data, file)
    value = document.value
    if not isinstance(value, dict):
        raise Invalid([document.finding("yaml.not_a_mapping", "")])
    findings = _head(document, value)
    if findings:
        raise Invalid(findings)
    marks = _Marks(document)
    values = marks.plain(value["values"], Place("values", ""), None)
    return Scheme(value["scheme"], value["package"], value["title"], values, marks.origins, marks.positions, file, tuple(marks.findings))


def _head(document: Document, value: Mapping[str, Any]) -> list[Finding]:
    kinds = {**HEAD, "values": dict}
    findings = [document.finding("yaml.missing_key", key, key=key) for key in kinds if key not in value]
    for key, one in value.items():
        if key not in kinds:
            findings.append(document.finding("yaml.unknown_key", key, key=key))
        elif type(one) is not kinds[key]:
            findings.append(document.finding(f"yaml.wrong_type.{kinds[key].__name__}", key, key=key))
    return findings


@dataclass(frozen=True)
class Place:
    """The same spot twice: its path in the file (with `values` and `value`) and among the plain values."""

    in_file: str
    path: str

    def below(self, key: object) -> Place:
        return Place(join(self.in_file, key), join(self.path, key))

    def inside_leaf(self) -> Place:
        return Place(join(self.in_file, "value"), self.path)


class _Marks:
    """Takes the leaves off a tree of values and keeps what they say."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.origins: dict[str, Origin] = {}
        self.positions: dict[str, int] = {}
        self.findings: list[Finding] = []

    def refuse(self, code: str, place: Place, **details: object) -> None:
        self.findings.append(Finding(code, self.document.file, place.path, self.document.line(place.in_file), "error", details))

    def plain(self, value: Any, place: Place, origin: Origin | None) -> Any:
        self.positions.setdefault(place.path, self.document.line(place.in_file))
        if isinstance(value, dict):
            return self._leaf(value, place, origin) if "value" in value else self._mapping(value, place, origin)
        if isinstance(value, list) and value and (origin or any(isinstance(one, (dict, list)) for one in value)):
            return [self.plain(one, place.below(index), origin) for index, one in enumerate(value)]
        if value is None:
            self.refuse("scheme.empty", place, key=place.path)
        elif origin is None:
            self.refuse("scheme.unmarked", place, key=place.path)
        return value

    def _mapping(self, value: dict[str, Any], place: Place, origin: Origin | None) -> dict[str, Any]:
        for key in value:
            if "." in key or not key:
                self.refuse("yaml.not_an_id", place.below(key), text=key)
        return {key: self.plain(one, place.below(key), origin) for key, one in value.items()}

    def _leaf(self, value: dict[str, Any], place: Place, around: Origin | None) -> Any:
        for key in value:
            if key not in LEAF_KEYS:
                self.refuse("scheme.unknown_mark", place, key=key, known="、".join(sorted(LEAF_KEYS)))
        found = value.get("origin")
        if found not in ORIGINS:
            self.refuse("scheme.unknown_origin", place, key=place.path, origin=str(found), known="、".join(ORIGINS))
        if found == FROM_TEXT and around is None and not value.get("clause"):
            self.refuse("scheme.no_clause", place, key=place.path)
        origin = Origin(str(found), *(str(value.get(key) or "") for key in ("clause", "quote", "note")))
        self.origins[place.path] = origin
        return self.plain(value["value"], place.inside_leaf(), origin)
