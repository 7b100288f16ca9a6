"""Two clocks: the database's own (leases, retries) and each place's business time = database time + offset; nothing here waits."""
from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from adapters.database import schema
from adapters.database.connection import Database, Transaction, bind
from adapters.database.moments import restored, stored
from engine.refusals import NotFound, Refused


class database_now(FunctionElement[int]):
    """The database's clock at this very statement, in microseconds."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _sqlite(element: database_now, compiler: Any, **kw: Any) -> str:
    return "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"


@compiles(database_now, "postgresql")
def _postgresql(element: database_now, compiler: Any, **kw: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


_p = schema.place.c
CLOCK = sa.select(_p.clock_offset, database_now()).where(_p.place == bind("place"))


def now(connection: sa.Connection, place: str) -> datetime:
    """The place's business time. Raises NotFound `place.unknown`."""
    return _business_time(connection.execute(CLOCK, {"place": place}).first(), place)


def now_in(transaction: Transaction, place: str) -> datetime:
    """The same, for a read on the driver."""
    return _business_time(transaction.row(CLOCK, place=place), place)


def _business_time(found: Any, place: str) -> datetime:
    if found is None:
        raise NotFound("place.unknown", place=place)
    return restored(found[0] + found[1])


def database_time(connection: sa.Connection) -> int:
    """The database's clock in microseconds."""
    return int(connection.execute(sa.select(database_now())).scalar_one())


def advance(database: Database, place: str, to: datetime) -> datetime:
    """Sets a demo or rehearsal place's clock forward to `to`, from where it goes on; gives the new business time.

    Raises: NotFound `place.unknown`; Refused `clock.live` for a live place, `clock.backwards` when `to` lies behind.
    """
    with database.changing() as connection:
        found = connection.execute(sa.select(_p.kind, _p.clock_offset, database_now()).where(_p.place == place).with_for_update()).first()
        if found is None:
            raise NotFound("place.unknown", place=place)
        kind, offset, time = found
        if kind == "live":
            raise Refused("clock.live", place=place)
        if stored(to) < offset + time:
            raise Refused("clock.backwards", now=restored(offset + time).isoformat(), to=to.isoformat())
        connection.execute(schema.place.update().where(_p.place == place).values(clock_offset=stored(to) - time))
        return to


def create_place(database: Database, place: str, title: str, kind: str = "live", zone: str = "Asia/Shanghai", starts_at: datetime | None = None) -> None:
    """Makes a place. `kind`: live | demo | rehearsal; only the latter two may start at another moment than now.

    Raises: Refused `place.taken`, `place.kind`, `clock.live`.
    """
    if kind not in {"live", "demo", "rehearsal"}:
        raise Refused("place.kind", kind=kind)
    if kind == "live" and starts_at is not None:
        raise Refused("clock.live", place=place)
    with database.changing() as connection:
        if connection.execute(sa.select(_p.place).where(_p.place == place)).first():
            raise Refused("place.taken", place=place)
        time = database_time(connection)
        offset = 0 if starts_at is None else stored(starts_at) - time
        connection.execute(schema.place.insert().values(place=place, title=title, kind=kind, zone=zone, clock_offset=offset, created_at=time))
        connection.execute(schema.tree.insert().values(place=place, size=0, peaks=b""))  # the journal's, as long as nothing is in it
