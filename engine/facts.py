"""What a step may know from outside: the moment, the scheme, the calendar and named facts; recorded live, answered from the entry in a replay.

Reads nothing itself. `read(name, **args)` gives a JSON value:
`holds(actor, candidates)` → bool · `records(kind, where)` → list · `balance(account)` → {places, booked} · `number(series)` → next int ·
`parent(element)` → bool, the parent's element holds a token · `draw(n, from)` → drawn list · `calendar_confirmed(year)` → bool.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from engine.journal.canonical import canonical_text

Json = Any
NONE: Mapping[str, Any] = {}


class WorkCalendar(Protocol):
    """The working calendar of the scheme; raises Refused for a year it has no confirmed table of."""

    @property
    def version(self) -> str: ...
    def add_working_days(self, start: date, days: int) -> date:
        """`days` working days after (before, when negative) `start`, which itself is not counted."""
    def is_working_day(self, day: date) -> bool: ...


class Facts(Protocol):
    """`functions` are the host functions of FEEL by name (role, cutoff, due in …), bound to this moment, scheme and calendar."""

    @property
    def now(self) -> datetime: ...  # aware, UTC
    @property
    def zone(self) -> str: ...  # IANA name of the scheme's civil time
    @property
    def scheme(self) -> Mapping[str, Json]: ...  # plain values, without origins
    @property
    def calendar(self) -> WorkCalendar | None: ...
    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]: ...
    def read(self, name: str, **args: Json) -> Json: ...


class MissingFact(LookupError):
    """A replay asked for a fact that the entry does not hold: the engine or the definitions are not those that wrote it."""


def _nobody_asks(name: str, **args: Json) -> Json:
    raise MissingFact(name, args)


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """Facts put together by an adapter or a test; `answer` is asked for named facts."""

    now: datetime
    zone: str = "Asia/Shanghai"
    scheme: Mapping[str, Json] = field(default_factory=dict)
    calendar: WorkCalendar | None = None
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    answer: Callable[..., Json] = _nobody_asks

    def read(self, name: str, **args: Json) -> Json:
        return self.answer(name, **args)


class Recording:
    """Facts that ask `given` once a (name, arguments) and keep what it said, for the journal entry."""

    def __init__(self, given: Facts) -> None:
        self._given = given
        self.now, self.zone, self.scheme, self.calendar, self.functions = given.now, given.zone, given.scheme, given.calendar, given.functions
        self._taken: dict[str, tuple[str, dict[str, Json], Json]] = {}

    def read(self, name: str, **args: Json) -> Json:
        key = canonical_text([name, args])
        if key not in self._taken:
            self._taken[key] = (name, args, self._given.read(name, **args))
        return self._taken[key][2]

    def taken(self) -> list[list[Json]]:
        """`[[name, args, value], …]` in the order of their canonical keys, whatever order they were asked in."""
        return [list(self._taken[key]) for key in sorted(self._taken)]


class RecordedFacts:
    """Facts of a replay: the named ones come from `taken` (an entry's list). Raises MissingFact for one that is not there."""

    def __init__(
        self,
        taken: Iterable[Iterable[Json]],
        now: datetime,
        zone: str = "Asia/Shanghai",
        scheme: Mapping[str, Json] = NONE,
        calendar: WorkCalendar | None = None,
        functions: Mapping[str, Callable[..., Any]] = NONE,
    ) -> None:
        self.now, self.zone, self.scheme, self.calendar, self.functions = now, zone, scheme, calendar, functions
        self._kept = {canonical_text([name, args]): value for name, args, value in taken}

    def read(self, name: str, **args: Json) -> Json:
        key = canonical_text([name, args])
        if key not in self._kept:
            raise MissingFact(name, args)
        return self._kept[key]
