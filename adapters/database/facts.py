"""Answers the named facts of a step out of the database, inside the step's transaction and under the locks they need; records nothing."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Query, Row, Transaction, bind
from adapters.database.shapes import value_of
from engine.execution.rows import InstanceRow
from engine.refusals import Refused

Json = Any
_dice = SystemRandom()
_place = bind("place")
_g, _r, _l, _s, _c, _x = schema.post_grant.c, schema.record.c, schema.ledger_account.c, schema.series.c, schema.calendar.c, schema.recusal.c
_HELD = (
    sa.select(_g.candidate, _g.from_at, _g.to_at).where(_g.place == _place, _g.person == bind("person"))
    .union_all(sa.select(sa.null(), _x.from_at, _x.seq).where(_x.place == _place, _x.person == bind("person"), _x.ref == bind("ref"))))
_RECORDS = sa.select(_r.key, _r.status, _r.data).where(
    _r.place == _place, _r.campaign == bind("campaign"), _r.kind == bind("kind")).order_by(_r.key)
_BALANCE = sa.select(_l.places, _l.booked).where(
    _l.place == _place, _l.campaign == bind("campaign"), _l.account == bind("account")).with_for_update()
_SERIES = sa.select(_s.last).where(_s.place == _place, _s.series == bind("series")).with_for_update()
_NEW_SERIES = schema.series.insert().values(place=_place, series=bind("series"), last=sa.literal_column("0"))
_PARENT = sa.select(schema.instance.c.id).where(schema.instance.c.place == _place, schema.instance.c.id == bind("id")).with_for_update(read=True)
_TOKENS = sa.select(schema.scope.c.tokens).where(schema.scope.c.place == _place, schema.scope.c.instance == bind("id"))
_CONFIRMED = sa.select(_c.year).where(_c.place == _place, _c.year == bind("year"), _c.confirmed_at.is_not(None))


def held_by(place: str, person: str, instance: str) -> Query:
    """(candidate, from, to) of all that a person holds or held; a row without candidate when they are recused from the instance."""
    return _HELD, {"place": place, "person": person, "ref": instance}


class StoredFacts:
    """The reader of one step; calling it answers one fact.

    Locks are taken in the order ancestor, instance, ledger, series: facts that lock are asked after the instance's row is held.
    """

    def __init__(self, transaction: Transaction, place: str, instance: InstanceRow, now: int, held: dict[str, list[Row]] | None = None) -> None:
        """`now`: the step's business moment in microseconds; `instance` may be one that is about to start; `held`: rows of `held_by`, by person."""
        self._transaction, self._place, self._instance, self._now = transaction, place, instance, now
        self._issued: dict[str, int] = {}
        self._held = {} if held is None else held
        self._answers: dict[str, Callable[..., Json]] = {
            "holds": self._holds, "records": self._records, "balance": self._balance, "number": self._number, "parent": self._parent_open,
            "draw": self._draw, "calendar_confirmed": self._calendar_confirmed}

    def __call__(self, name: str, **args: Json) -> Json:
        answer = self._answers.get(name)
        if answer is None:
            raise Refused("fact.unknown", name=name)
        return answer(**{"from_" if key == "from" else key: value for key, value in args.items()})

    @property
    def _campaign(self) -> str:
        return self._instance.root or self._instance.id

    def _holds(self, actor: str, candidates: Sequence[str]) -> bool:
        if f"user:{actor}" in candidates:
            return True
        rows = self._held.get(actor)
        if rows is None:
            rows = self._held[actor] = self._transaction.gather(held_by(self._place, actor, self._instance.id))[0]
        if any(candidate is None for candidate, _, _ in rows):
            return False
        return any(candidate in candidates and from_at <= self._now < to_at for candidate, from_at, to_at in rows)

    def _records(self, kind: str, where: dict[str, Json] | None = None) -> list[Json]:
        found = [
            {"kind": kind, "key": key, "status": status, "data": value_of(data)}
            for key, status, data in self._transaction.rows(_RECORDS, place=self._place, campaign=self._campaign, kind=kind)]
        return [row for row in found if matches(row, where or {})]

    def _balance(self, account: str) -> Json:
        found = self._transaction.row(_BALANCE, place=self._place, campaign=self._campaign, account=account)
        return None if found is None else {"places": found[0], "booked": found[1]}

    def _number(self, series: str) -> int:
        found = self._transaction.row(_SERIES, place=self._place, series=series)
        if found is None:
            self._transaction.change(_NEW_SERIES, place=self._place, series=series)
        last = max(self._issued.get(series, 0), found[0] if found else 0)
        self._issued[series] = last + 1
        return last + 1

    def _parent_open(self, element: str) -> bool:
        parent = self._instance.parent
        if parent is None:
            return False
        self._transaction.row(_PARENT, place=self._place, id=parent)
        return any(element in value_of(tokens) for (tokens,) in self._transaction.rows(_TOKENS, place=self._place, id=parent))

    def _draw(self, n: int, from_: Sequence[Json]) -> list[Json]:
        return _dice.sample(list(from_), n)

    def _calendar_confirmed(self, year: int) -> bool:
        return self._transaction.row(_CONFIRMED, place=self._place, year=year) is not None


def matches(record: dict[str, Json], where: dict[str, Json]) -> bool:
    """Whether a register row has these values: `key` and `status` are the row's, everything else stands in its `data`."""
    for name, wanted in where.items():
        found = record.get(name) if name in ("key", "status") else (record["data"] or {}).get(name)
        if found != wanted:
            return False
    return True
