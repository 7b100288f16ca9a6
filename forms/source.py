"""Reads a small YAML file into plain values with the line of every key; knows nothing of what the file is about."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from engine.refusals import Finding, Invalid

Value = Any  # None, bool, int, Decimal, str, date, list[Value], dict[str, Value]
MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_DIGITS = 34

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|nan)\Z", re.IGNORECASE)
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
STANDARD_TAGS = {None, "!"}


@dataclass(frozen=True)
class Document:
    """One YAML file: its plain value and, by key path (`stages.recommend.end`, `list.0.code`), the 1-based line."""

    file: str
    value: Value
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, path: str) -> int:
        """The line of `path`, or of the nearest thing above it that stands in the file."""
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)

    def finding(self, code: str, path: str, severity: str = "error", **details: object) -> Finding:
        return Finding(code, self.file, path, self.line(path), severity, details)


def join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def read_yaml(data: bytes, file: str) -> Document:
    """The value of the one document in `data`; every syntactic problem at once.

    Raises: Invalid with codes `yaml.*`, each with file and line.
    """
    if len(data) > MAX_BYTES:
        raise Invalid([Finding("yaml.too_large", file, details={"limit": MAX_BYTES})])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid([Finding("yaml.not_utf8", file, line=data[: error.start].count(b"\n") + 1)]) from error
    reader = _Reader(file)
    try:
        value = reader.document(iter(yaml.parse(text, Loader=yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = Finding("yaml.syntax", file, line=mark.line + 1 if mark else 0, details={"problem": str(error.problem)})
        raise Invalid([*reader.findings, problem]) from error
    except yaml.YAMLError as error:  # characters that no YAML may hold
        raise Invalid([Finding("yaml.characters", file)]) from error
    if reader.findings:
        raise Invalid(reader.findings)
    return Document(file, value, reader.lines)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


class _Reader:
    """Builds values from parser events, so that neither aliases nor tags nor constructors are ever reached."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.lines: dict[str, int] = {}

    def document(self, events: Iterator[yaml.Event]) -> Value:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        else:
            self._refuse("yaml.empty", "", 1)
            return None
        value = self._node(next(events), events, "", 0)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._refuse("yaml.several_documents", "", _line(event))
        return value

    def _refuse(self, code: str, path: str, line: int, **details: object) -> None:
        self.findings.append(Finding(code, self.file, path, line, "error", details))

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], path: str, depth: int) -> Value:
        line = _line(event)
        self.lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse("yaml.alias", path, line)
        if getattr(event, "tag", None) not in STANDARD_TAGS:
            self._refuse("yaml.tag", path, line, tag=str(getattr(event, "tag", "")))
        if depth > MAX_DEPTH:
            raise Invalid([*self.findings, Finding("yaml.too_deep", self.file, path, line, details={"limit": MAX_DEPTH})])
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path, line)
        return None

    def _mapping(self, events: Iterator[yaml.Event], path: str, depth: int) -> dict[str, Value]:
        result: dict[str, Value] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return result
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse("yaml.key_not_text", path, line)
                self._node(event, events, join(path, "?"), depth + 1)
                self._node(next(events), events, join(path, "?"), depth + 1)
                continue
            if event.anchor or event.tag not in STANDARD_TAGS:
                self._refuse("yaml.tag", path, line, tag=str(event.tag or event.anchor))
            key, inner = event.value, join(path, event.value)
            if key in result:
                self._refuse("yaml.duplicate_key", inner, line, key=key, first=self.lines[inner])
            self.lines.setdefault(inner, line)
            result[key] = self._node(next(events), events, inner, depth + 1)
        return result

    def _sequence(self, events: Iterator[yaml.Event], path: str, depth: int) -> list[Value]:
        result: list[Value] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            result.append(self._node(event, events, join(path, len(result)), depth + 1))
        return result

    def _scalar(self, event: yaml.ScalarEvent, path: str, line: int) -> Value:
        text = event.value
        if event.style is not None:  # quoted or block: text, whatever it looks like
            return text
        if text.lower() in WORDS:
            return WORDS[text.lower()]
        if NOT_A_NUMBER.match(text):
            self._refuse("yaml.not_a_number", path, line, text=text)
        if (INTEGER.match(text) or DECIMAL.match(text)) and len(text) > MAX_DIGITS:
            self._refuse("yaml.number_too_long", path, line, limit=MAX_DIGITS)
            return None
        if INTEGER.match(text):
            return int(text)
        if DECIMAL.match(text):
            return Decimal(text)
        if DATE.match(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                self._refuse("yaml.no_such_date", path, line, text=text)
        return text
