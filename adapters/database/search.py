"""Finds register rows by number, name or employer among what a reader may see; a substring and no more: no ranking, no typing errors forgiven."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, bind
from adapters.database.personal import personal_of
from adapters.database.shapes import value_of
from adapters.database.visibility import Shape, reader, visible_to
from adapters.database.worklist import containing

_r, _i, _p = schema.record.c, schema.instance.c, schema.personal.c
_root = schema.instance.alias("root")


@dataclass(frozen=True, slots=True)
class Hit:
    """A register row that was found. `name`: of whom it is about; empty where there is none."""

    kind: str
    key: str
    status: str
    data: Mapping[str, Any]
    name: str
    instance: str
    package: str
    campaign: str
    campaign_title: str


class Search:
    """Looks through the registers of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hits(self, place: str, actor: str, text: str, limit: int = 50) -> list[Hit]:
        """Rows whose key, plain values or name contain `text`, of instances that the actor may see; the last changed first. None for an empty text."""
        if not text:
            return []
        with self._database.looking() as transaction:
            who = reader(transaction, place, actor)
            rows = transaction.rows(_hits(who.shape, self._database.lite), **who.params, like=containing(text), limit=limit)
            personal = personal_of(transaction, place, sorted({row[4] for row in rows}))
        found = [_hit(row, personal.get(row[4], {})) for row in rows]
        return [each for each in found if _contains(each, text)]  # the texts of the columns have the names of the fields, too


def _hit(c: Any, personal: Mapping[str, Mapping[str, Any]]) -> Hit:
    name = next((str(values["name"]) for values in personal.values() if values.get("name")), "")
    return Hit(c[0], c[1], c[2] or "", value_of(c[3]), name, c[4], c[5], c[6], c[7] or "")


def _contains(hit: Hit, text: str) -> bool:
    return any(text.casefold() in str(value).casefold() for value in (hit.key, hit.name, *hit.data.values()))


@lru_cache(maxsize=256)
def _hits(shape: Shape, lite: bool) -> sa.Select[Any]:
    like = bind("like")
    named = _r.instance.in_(sa.select(_p.instance).where(_throughout("personal", lite), _p.data.like(like, escape="!")))  # one pass, not a look for every row
    found = (
        sa.select(_r.kind, _r.key, _r.status, _r.data, _r.instance, _i.package, _r.campaign, _r.updated_at)
        .join(schema.instance, sa.and_(_i.place == bind("place"), _i.id == _r.instance))
        .where(_throughout("record", lite), sa.or_(_r.key.like(like, escape="!"), _r.data.like(like, escape="!"), named), visible_to(shape))
        .order_by(_r.updated_at.desc(), _r.key).limit(bind("limit")).subquery())
    f = found.c
    return (
        sa.select(f.kind, f.key, f.status, f.data, f.instance, f.package, f.campaign, _root.c.title)
        .join(_root, sa.and_(_root.c.place == bind("place"), _root.c.id == f.campaign)).order_by(f.updated_at.desc(), f.key))


def _throughout(table: str, lite: bool) -> sa.ColumnElement[bool]:
    """The rows of the place, all of which are looked at. On SQLite a `+` hides the column from the planner, which would go by an index whose
    rows lie all over the file, for the place that they have in common; in the table's own order they are read in a third of the time."""
    column: sa.ColumnElement[str] = sa.literal_column(f"+{table}.place") if lite else schema.metadata.tables[table].c.place
    return column == bind("place")
