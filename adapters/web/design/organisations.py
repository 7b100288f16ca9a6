"""Organisations on the pages of 设计: their codes told by name, and names taken for the codes they stand for; decides nothing."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters.web.ports import Row
from engine.scheme.check import STAGE_FIELDS
from engine.scheme.declaration import Declaration, Parameter
from engine.scheme.scheme import Scheme, value_at

WRITTEN = re.compile(r".*（([^（）]+)）\Z")  # as `told` writes one


class Organisations:
    """Those of one place. `names`: code → name."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.names: dict[str, str] = {one.id: one.name for one in rows}
        often = Counter(self.names.values())
        self._codes = {name: code for code, name in self.names.items() if often[name] == 1}

    def told(self, code: str) -> str:
        """海州区卫生健康局（haizhou-health）; what is no organisation's code stays as it is."""
        return f"{self.names[code]}（{code}）" if code in self.names else code

    def code_of(self, text: str) -> str:
        """The code that a person meant by a code, a name that only one has, or both; else the text itself, for the check to say what is wrong."""
        if text in self.names:
            return text
        written = WRITTEN.match(text)
        return written[1] if written and written[1] in self.names else self._codes.get(text, text)


def mapped(parameter: Parameter, value: Any, change: Callable[[str], str]) -> Any:
    """The value with `change` done to every organisation in it, by the declared types."""
    if parameter.type == "organisation":
        return [change(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else change(value) if isinstance(value, str) else value
    fields = {**STAGE_FIELDS, **parameter.fields} if parameter.type == "stages" else parameter.fields
    if parameter.type == "stages" and isinstance(value, Mapping):
        return {id: _fields(fields, one, change) for id, one in value.items()}
    if isinstance(value, list):
        return [_fields(fields, one, change) for one in value]
    return _fields(fields, value, change)


def _fields(fields: Mapping[str, Parameter], value: Any, change: Callable[[str], str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: mapped(fields[name], one, change) if name in fields else one for name, one in value.items()}


def with_codes(scheme: Scheme, declaration: Declaration, group: str, organisations: Organisations) -> dict[str, Any]:
    """key → value of the group's parameters in which a name stood for a code."""
    found = {}
    for key, parameter in declaration.keys.items():
        value = value_at(scheme.values, key) if parameter.group == group else None
        if value is not None and (meant := mapped(parameter, value, organisations.code_of)) != value:
            found[key] = meant
    return found


def labels_of(declaration: Declaration) -> tuple[frozenset[str], frozenset[str]]:
    """(labels of what holds an organisation's code, labels of lists whose rows may be known by one)."""
    codes, lists = set[str](), set[str]()

    def look(parameter: Parameter) -> None:
        if parameter.type == "organisation":
            codes.add(parameter.label)
        if any(one.type == "organisation" for one in parameter.fields.values()):
            lists.add(parameter.label)
        for one in parameter.fields.values():
            look(one)

    for parameter in declaration.keys.values():
        look(parameter)
    return frozenset(codes), frozenset(lists)
