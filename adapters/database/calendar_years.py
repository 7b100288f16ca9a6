"""All versions of a place's calendar years: who entered each, for the page on which a second person confirms, and since when it counts; decides nothing."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database
from adapters.database.moments import restored, restored_or_none
from engine.journal.entry import opened

_c, _e = schema.calendar.c, schema.entry.c


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """One table of a year. `confirmed_at` None: provisional."""

    year: int
    version: str
    body: bytes
    added_at: datetime
    added_by: str
    confirmed_at: datetime | None
    confirmed_by: str | None


@dataclass(frozen=True, slots=True)
class StoredYear:
    """A table and since when it counts. `confirmed_at` None: no person confirmed it (its file may say that it is)."""

    year: int
    version: str
    body: bytes
    added_at: datetime
    confirmed_at: datetime | None


def stored_years(database: Database, place: str) -> list[StoredYear]:
    """Every table ever entered, the newest first."""
    with database.reading() as connection:
        rows = connection.execute(
            sa.select(_c.year, _c.version, _c.body, _c.added_at, _c.confirmed_at).where(_c.place == place).order_by(_c.added_at.desc(), _c.year, _c.version)).all()
    return [StoredYear(year, version, bytes(body), restored(added), restored_or_none(at)) for year, version, body, added, at in rows]


def calendar_versions(database: Database, place: str) -> list[CalendarVersion]:
    """Every version of every year, by year, the newest first."""
    with database.reading() as connection:
        rows = connection.execute(
            sa.select(_c.year, _c.version, _c.body, _c.added_at, _c.confirmed_at, _c.confirmed_by).where(_c.place == place)
            .order_by(_c.year, _c.added_at.desc(), _c.version)).all()
        entries = connection.scalars(sa.select(_e.body).where(_e.place == place, _e.stream == "place", _e.command == "AddCalendar")).all()
    by = {}
    for body in entries:
        entry = opened(bytes(body))
        by[entry.input["year"], entry.input["version"]] = entry.actor
    return [CalendarVersion(year, version, bytes(body), restored(added), by.get((year, version), ""), restored_or_none(at), confirmed)
            for year, version, body, added, at, confirmed in rows]
