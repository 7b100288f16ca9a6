"""Reads rehearsal scripts and demo places (`processes/<package>/rehearsals`, `demo`): who does what when, in order; carries nothing out."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from adapters.system.root import System
from engine.refusals import Refused
from forms.source import read_yaml

WHOLE = re.compile(r"\$\{(\w+)\}\Z")
PART = re.compile(r"\$\{(\w+)\}")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One step of a script. `at`: UTC. `fields`: everything else that the step says, its columns filled in."""

    number: int
    at: datetime
    user: str
    do: str
    fields: Mapping[str, Any]

    def __str__(self) -> str:
        what = self.fields.get("task") or self.fields.get("message") or ""
        return f"{self.at:%m-%d %H:%M} {self.user} {self.do} {what} {self.fields.get('of') or self.fields.get('about') or ''}".rstrip()


@dataclass(frozen=True, slots=True)
class Script:
    """A rehearsal: `tables` by name and row, the acts in the order in which they are done."""

    id: str
    package: str
    scheme: str
    demo: str
    zone: ZoneInfo
    starts_at: datetime
    tables: Mapping[str, Mapping[str, Row]]
    answers: Mapping[str, Mapping[str, Any]]
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """The people of a demo place. `opens_at`: the moment at which a visitor enters. `sign_in`: `(person, label)` in order."""

    place: str
    title: str
    kind: str
    zone: str
    scheme: str
    starts_at: datetime
    opens_at: datetime
    organisations: Sequence[Row] = field(default_factory=tuple)
    people: Sequence[Row] = field(default_factory=tuple)
    sign_in: tuple[tuple[str, str], ...] = ()


def read_demo(system: System, package: str, name: str) -> Demo:
    """Raises NotFound, Invalid."""
    return _demo(system.library.part(package, "demo", name), f"demo/{name}.yaml")


@lru_cache(maxsize=16)
def _demo(content: bytes, file: str) -> Demo:
    """Parsed once a content: the sign-in page asks every time."""
    value: Any = read_yaml(content, file).value
    place, zone = value["place"], ZoneInfo(value["place"].get("zone", "Asia/Shanghai"))
    return Demo(place["id"], place["title"], place["kind"], zone.key, value["scheme"], moment(value["starts_at"], zone), moment(value["opens_at"], zone),
                value["organisations"], value["people"], tuple((one["person"], one["label"]) for one in value.get("sign_in", ())))


def settle(system: System, package: str, demo: Demo, place: str = "", kind: str = "") -> str:
    """Makes the demo's place with its organisations, people and posts; its id."""
    place = place or demo.place
    system.create_place(place, demo.title, kind or demo.kind, demo.zone, demo.starts_at)
    for org in demo.organisations:
        system.people.add_organisation(place, org["id"], org["name"], org["kind"], org.get("parent"), org.get("code"))
    labels = {code: role.label for code, role in system.check_package(system.library.package(package)).package.roles.items()}
    posts: set[str] = set()
    for person in demo.people:
        system.people.add_person(place, person["id"], person["name"], person.get("email"))
        for post in person["posts"]:
            id = f"{post['org']}-{post['role']}-{post.get('reach', 'own')}"
            if id not in posts:
                system.people.add_post(place, id, post["org"], post["role"], labels.get(post["role"], post["role"]), post.get("reach", "own"))
                posts.add(id)
            system.people.grant(place, person["id"], id)
    return place


def read_script(system: System, package: str, name: str, changes: Sequence[str] = ()) -> Script:
    """The rehearsal of a scheme. `changes`: `table.row.column=value`, one cell each. Raises NotFound, Invalid, Refused `cli.change`."""
    file = f"rehearsals/{name}.yaml"
    value: Any = read_yaml(system.library.part(package, "rehearsals", name), file).value
    scheme: Any = read_yaml(system.library.scheme(value["package"], value["scheme"]), "scheme").value
    given = scheme["values"].get("zone", "Asia/Shanghai")
    zone = ZoneInfo(given["value"] if isinstance(given, dict) else given)
    tables = {table: dict(rows) for table, rows in value.get("tables", {}).items()}
    for change in changes:
        _change(tables, change)
    expanded = list(_expanded(value["acts"], tables))
    ordered = sorted(enumerate(expanded), key=lambda pair: (moment(pair[1]["at"], zone), pair[0]))
    acts = tuple(
        Act(number, moment(one["at"], zone), user, one["do"], {key: each for key, each in one.items() if key not in ("at", "as", "do")})
        for number, (_, one) in enumerate(ordered, 1) for user in (one["as"] if isinstance(one["as"], list) else [one["as"]]))
    return Script(value["rehearsal"], value["package"], value["scheme"], value["demo"], zone, moment(value["starts_at"], zone), tables,
                  value.get("answers", {}), acts)


def _change(tables: dict[str, Any], change: str) -> None:
    path, equals, text = change.partition("=")
    parts = path.split(".")
    if not equals or len(parts) != 3 or parts[0] not in tables or parts[1] not in tables[parts[0]] or parts[2] not in tables[parts[0]][parts[1]]:
        raise Refused("cli.change", change=change)
    table, row, column = parts
    value: Any = read_yaml(f"value: {text}".encode(), "--set").value
    tables[table][row] = {**tables[table][row], column: value["value"]}


def _expanded(acts: Sequence[Any], tables: Mapping[str, Mapping[str, Row]]) -> Iterator[dict[str, Any]]:
    for one in acts:
        if "for_each" in one:
            for id, row in tables[one["for_each"]].items():
                if all(row.get(column) == wanted for column, wanted in one.get("where", {}).items()):
                    for act in one["acts"]:
                        yield {**filled(act, {**row, "id": id}), "columns": {**row, "id": id}}
        elif "row" in one:
            table, _, id = one["row"].partition(".")
            row = {**tables[table][id], "id": id}
            yield {**filled(one, row), "columns": row}
        else:
            yield dict(one)


def filled(value: Any, row: Row) -> Any:
    """`value` with every `${column}` filled in; alone it keeps its type."""
    if isinstance(value, str):
        if alone := WHOLE.match(value):
            return row[alone[1]] if alone[1] in row else value
        return PART.sub(lambda found: str(row.get(found[1], found[0])), value)
    if isinstance(value, Mapping):
        return {key: filled(one, row) for key, one in value.items()}
    return [filled(one, row) for one in value] if isinstance(value, list) else value


def moment(text: str, zone: ZoneInfo) -> datetime:
    """`2021-10-12 09:00` in the scheme's zone as UTC."""
    return datetime.strptime(str(text), "%Y-%m-%d %H:%M").replace(tzinfo=zone).astimezone(timezone.utc)
