"""What a scheme says, for somebody who reads it all before deciding: every parameter in words, lists as tables; changes and checks nothing."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.scheme.check import CODE_FIELDS
from engine.scheme.declaration import Declaration, Parameter
from engine.scheme.scheme import Origin, Scheme, value_at

IDS = ("code", "id")  # what a row is called by elsewhere
NAMES = ("name", "label", "title")  # by which a row within a row is told


@dataclass(frozen=True, slots=True)
class Told:
    """One parameter. `rows`: of a list, in the order of `headings`; else `text` says it all."""

    label: str
    text: str
    origin: Origin | None
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """`plain`: a date, a number or a text as it is read; `organisation` and `role`: a code with its name."""

    plain: Callable[[Any], str]
    organisation: Callable[[str], str]
    role: Callable[[str], str]


def told(scheme: Scheme, declaration: Declaration, words: Words) -> list[tuple[str, list[Told]]]:
    """(group's label, what its parameters say); the stages are drawn elsewhere, what is not filled in is left out."""
    reading = _Reading(words, dict(_parts(scheme.values)))
    found = []
    for group, label in declaration.groups.items():
        keys = [(key, one) for key, one in declaration.keys.items() if one.group == group and one.type != "stages" and value_at(scheme.values, key) is not None]
        if keys:
            found.append((label, [reading.parameter(one, value_at(scheme.values, key), scheme.origin_of(key)) for key, one in keys]))
    return found


def _parts(value: Any) -> Iterator[tuple[str, str]]:
    """(id, label) of everything in the scheme that is called by an id elsewhere in it: components, channels, fields of a register."""
    if isinstance(value, Mapping):
        id, label = value.get("id", value.get("code", value.get("field"))), value.get("label", value.get("name"))
        if isinstance(id, str) and isinstance(label, str):
            yield id, label
        for one in value.values():
            yield from _parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _parts(one)


class _Reading:
    def __init__(self, words: Words, parts: Mapping[str, str]) -> None:
        self.words, self.parts = words, parts

    def parameter(self, parameter: Parameter, value: Any, origin: Origin | None) -> Told:
        if parameter.type != "records" or not isinstance(value, list):
            return Told(parameter.label, self.text(parameter, value), origin)
        rows = [row for row in value if isinstance(row, Mapping)]
        fields = {name: one for name, one in parameter.fields.items() if any(row.get(name) is not None for row in rows)}
        return Told(parameter.label, "", origin, tuple(one.label for one in fields.values()),
                    tuple(tuple(self.words.plain(row.get(name)) if name in IDS else self.text(one, row.get(name)) for name, one in fields.items()) for row in rows))

    def text(self, parameter: Parameter, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, list):
            return "、".join(self._row(parameter, one) if isinstance(one, Mapping) else self.text(parameter, one) for one in value)
        if isinstance(value, Mapping):
            said = [(one.label, self.text(one, value.get(name))) for name, one in parameter.fields.items()]
            return "；".join(f"{label} {text}" for label, text in said if text) or self.words.plain(value)
        return self._plain(parameter, value)

    def _row(self, parameter: Parameter, row: Mapping[str, Any]) -> str:
        """A row of a list within a row: its name, else all that it says."""
        name = next((row[key] for key in NAMES if row.get(key)), None)
        if name is not None:
            return self.words.plain(name)
        fields = parameter.fields or CODE_FIELDS
        return " ".join(text for key, one in fields.items() if (text := self.text(one, row.get(key))))

    def _plain(self, parameter: Parameter, value: Any) -> str:
        if isinstance(value, str):
            if parameter.choices:
                return str(parameter.choices.get(value, value))
            if parameter.type == "organisation":
                return self.words.organisation(value)
            if parameter.type == "role":
                return self.words.role(value)
            if parameter.type == "code" and value in self.parts:
                return self.parts[value]
        return self.words.plain(value)
