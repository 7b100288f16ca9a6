"""What went wrong and waits for a person: the open incidents that somebody may put right or look at; the words and the grouping are not here."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, bind
from adapters.database.moments import restored_or_none
from adapters.database.shapes import value_of
from adapters.database.visibility import Reader, Shape, listed, one_of, reader, room, visible_to
from adapters.database.worklist import OPEN

MOST = 10_000
CORRECTS = "process_admin@"  # a post at an organisation whose holder may correct its running instances
_i, _d = schema.instance.c, schema.incident.c
FILTERS: Mapping[str, sa.ColumnElement[Any]] = {"campaign": _i.root, "instance": _d.instance, "process": _i.process, "element": _d.element, "code": _d.code}
_COLUMNS = (_d.instance, _d.id, _d.element, _d.code, _d.details, _d.opened_at, _i.process, _i.package, _i.org, _i.root, _i.title)


@dataclass(frozen=True, slots=True)
class Incident:
    """One open incident with the head of its instance. `details`: the placeholders of the code's sentence, and `retry`, the machine's."""

    instance: str
    id: str
    element: str
    code: str
    details: Mapping[str, Any]
    opened_at: datetime | None
    process: str
    package: str
    org: str
    campaign: str
    title: str


class Incidents:
    """The open incidents of one database, oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, place: str, actor: str | None = None, filters: Mapping[str, str] | None = None, limit: int = MOST) -> list[Incident]:
        """Those of the place, with an actor those that they may put right (their organisation's) or look at.

        Args:
            actor: None for whoever runs the installation: all there are.
            filters: campaign, instance, process, element, code; empty values count for nothing.
        """
        wanted = {name: value for name, value in (filters or {}).items() if value}
        with self._database.looking() as transaction:
            given: dict[str, object] = {"place": place, "limit": limit, **wanted}
            shape, posts = None, 0
            if actor is not None:
                who = reader(transaction, place, actor)
                orgs = _corrected(who)
                shape, posts = who.shape, room(len(orgs))
                given |= {**who.params, **(listed("org", orgs) if orgs else {})}
            rows = transaction.rows(_open(tuple(sorted(wanted)), shape, posts), **given)
        return [_incident(row) for row in rows]


def _corrected(who: Reader) -> list[str]:
    """The organisations whose running instances they may correct."""
    return [candidate.removeprefix(CORRECTS) for candidate in who.candidates if candidate.startswith(CORRECTS)]


@lru_cache(maxsize=256)
def _open(wanted: tuple[str, ...], shape: Shape | None, posts: int) -> sa.Select[Any]:
    """`shape`: the kind of reader, None for everything; `posts`: how many organisations the list of theirs has room for."""
    found = (
        sa.select(*_COLUMNS).join(schema.instance, sa.and_(_i.place == _d.place, _i.id == _d.instance))
        .where(_d.place == bind("place"), _d.state == OPEN, _i.doomed_by.is_(None), *(FILTERS[name] == bind(name) for name in wanted)))
    if shape is not None:
        mine = sa.and_(one_of(_i.org, "org", posts), sa.not_(one_of(_i.id, "recused", shape.recused))) if posts else sa.false()
        found = found.where(sa.or_(mine, visible_to(shape)))
    return found.order_by(_d.opened_at, _d.instance, _d.id).limit(bind("limit"))


def _incident(c: Sequence[Any]) -> Incident:
    return Incident(c[0], c[1], c[2], c[3], value_of(c[4]), restored_or_none(c[5]), c[6], c[7], c[8] or "", c[9], c[10] or "")
