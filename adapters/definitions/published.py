"""What was published, parsed once and kept: graph sets, schemes, calendars, and the facts they give a step; where it is stored is the caller's."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock
from time import monotonic
from typing import Any, NamedTuple, Protocol

from engine.bundle import Bundle, read_bundle
from engine.facts import Facts, GivenFacts
from engine.scheme.calendar import Calendar, CalendarYear, read_calendar_year
from engine.scheme.functions import DEFAULT_ZONE, host_functions
from engine.scheme.scheme import Scheme, read_scheme


FRESH = 30.0  # seconds for which a calendar is used unasked: on another node somebody may have confirmed a year meanwhile


class Year(Protocol):
    """A stored calendar year; `confirmed_at` None: provisional."""

    @property
    def year(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def confirmed_at(self) -> datetime | None: ...


class Shelf(Protocol):
    """Where published things lie. Raises NotFound for what is not there."""

    def package_files(self, place: str, hash: str) -> dict[str, bytes]: ...
    def scheme_body(self, place: str, hash: str) -> bytes: ...
    def calendars(self, place: str) -> Sequence[Year]: ...


class _Kept(NamedTuple):
    """A calendar, the stored years it was made of, and when the store was last asked for them."""

    calendar: Calendar
    years: Sequence[Year]
    asked: float


class Published:
    """Parsed definitions by hash. They never change, so they are kept; a calendar may, so the store is asked again after a while and after `forget_calendar`."""

    def __init__(self, shelf: Shelf, seconds: Callable[[], float] = monotonic) -> None:
        self._shelf, self._seconds = shelf, seconds
        self._bundles: dict[tuple[str, str], Bundle] = {}
        self._schemes: dict[tuple[str, str, str], Scheme] = {}
        self._calendars: dict[str, _Kept] = {}
        self._lock = RLock()

    def bundle(self, place: str, package: str) -> Bundle:
        """Raises NotFound `package.unknown`."""
        with self._lock:
            if (place, package) not in self._bundles:
                self._bundles[place, package] = read_bundle(self._shelf.package_files(place, package))
            return self._bundles[place, package]

    def scheme(self, place: str, package: str, scheme: str) -> Scheme:
        """The scheme with the defaults that this package declares. Raises NotFound `scheme.unknown`."""
        with self._lock:
            if (place, package, scheme) not in self._schemes:
                stored = self._shelf.scheme_body(place, scheme)
                declaration = self.bundle(place, package).package.declaration
                self._schemes[place, package, scheme] = read_scheme(stored, scheme[:12]).with_defaults(declaration)
            return self._schemes[place, package, scheme]

    def calendar(self, place: str) -> Calendar:
        """The place's calendar, provisional years included."""
        with self._lock:
            kept, now = self._calendars.get(place), self._seconds()
            if kept is None or now - kept.asked >= FRESH:
                years = self._shelf.calendars(place)
                calendar = kept.calendar if kept is not None and kept.years == years else Calendar.of(_read(year) for year in years)
                kept = self._calendars[place] = _Kept(calendar, years, now)
            return kept.calendar

    def forget_calendar(self, place: str) -> None:
        with self._lock:
            self._calendars.pop(place, None)

    def graphs(self, place: str, package: str) -> Any:
        """The package's graph set, for a step."""
        return self.bundle(place, package).graphs

    def facts(self, place: str, package: str, scheme: str, now: datetime, answer: Callable[..., Any], calendar: Calendar | None = None) -> Facts:
        """What a step on that package and scheme may know at `now`; deadlines are armed on confirmed years only. `calendar`: another than the present one, for a replay."""
        values = self.scheme(place, package, scheme).values if scheme else {}
        armed = (calendar or self.calendar(place)).arm()
        zone = str(values.get("zone") or DEFAULT_ZONE)
        return GivenFacts(now, zone, values, armed, host_functions(armed, values, zone, now), answer)


def _read(year: Year) -> CalendarYear:
    """The file says what its makers confirmed; an administrator's confirmation counts as much."""
    found = read_calendar_year(year.body, str(year.year))
    return replace(found, confirmed=found.confirmed or year.confirmed_at is not None)
