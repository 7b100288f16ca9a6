"""The working calendar as it stood when an entry was written: what a replay counts days with, however the tables were amended since. Counts nothing itself."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from adapters.database.calendar_years import StoredYear
from engine.journal.entry import Entry
from engine.scheme.calendar import Calendar, CalendarYear, read_calendar_year


class PastCalendars:
    """All tables that a place ever entered, newest entered first within a year."""

    def __init__(self, stored: Sequence[StoredYear]) -> None:
        self._stored = stored

    def at(self, moment: datetime) -> Calendar:
        """The tables in force at `moment`: of each year the last confirmed by then, else the last entered."""
        known = [one for one in self._stored if one.added_at <= moment]
        newest: dict[int, StoredYear] = {}
        for one in sorted(known, key=lambda one: _standing(one, moment), reverse=True):
            newest.setdefault(one.year, one)
        return Calendar.of(_table(one, one.confirmed_at is not None and one.confirmed_at <= moment) for one in newest.values())

    def of(self, entry: Entry) -> Calendar:
        """The tables that `entry` was written with.

        A deadline names its tables in the entry, and they are taken: a node may not have heard yet of a table that another had just confirmed.
        An entry without deadline was written with the tables in force at its moment.
        """
        found = self.at(entry.at)
        named = _named(entry)
        return found if not named or found.version == named else self._as_named(named, found)

    def _as_named(self, named: str, otherwise: Calendar) -> Calendar:
        text, tables = f" {named} ", dict[int, CalendarYear]()
        for one in self._stored:
            table = _table(one, one.confirmed_at is not None)
            if f" {table.year}@{table.version} " in text:
                tables.setdefault(table.year, table)
        found = Calendar.of(tables.values())
        return found if found.version == named else otherwise


def _standing(one: StoredYear, moment: datetime) -> tuple[bool, datetime, datetime]:
    """As `Publications.calendars` orders them, with what was known at `moment`."""
    confirmed = one.confirmed_at if one.confirmed_at is not None and one.confirmed_at <= moment else None
    return confirmed is not None, confirmed or one.added_at, one.added_at


def _named(entry: Entry) -> str:
    """The tables that the entry's deadlines name, as `Calendar.version` writes them; empty without a deadline."""
    return next(iter(_names(fields for _, fields in entry.events)), "")


def _names(events: Iterable[object]) -> Iterable[str]:
    for fields in events:
        basis = fields.get("due_basis") if isinstance(fields, Mapping) else None
        if basis and basis.get("calendar"):
            yield str(basis["calendar"])


def _table(one: StoredYear, confirmed: bool) -> CalendarYear:
    found = _read(one.body)
    return replace(found, confirmed=found.confirmed or confirmed)


@lru_cache(maxsize=64)
def _read(body: bytes) -> CalendarYear:
    return read_calendar_year(body, "calendar.yaml")
