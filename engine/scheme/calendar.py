"""The working calendar: which days are worked, and where a count of days ends; reads no clock and never guesses a year it lacks."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal

from engine.refusals import Finding, Invalid, Refused
from forms.source import Document, read_yaml

DAY = timedelta(days=1)
SATURDAY = 5
Unit = Literal["working", "calendar"]


class CalendarTooShort(Refused):
    """A count of days reaches a year that has no table, or (for an armed calendar) only a provisional one; details: `year`, `family`."""


@dataclass(frozen=True)
class CalendarYear:
    """One year's table: days off on top of weekends, and weekends that are worked (调休上班)."""

    family: str
    year: int
    version: str
    confirmed: bool
    source: str
    holidays: Mapping[date, str]
    workdays: Mapping[date, str]

    @property
    def label(self) -> str:
        return f"{self.family}-{self.year}@{self.version}"


@dataclass(frozen=True)
class Explanation:
    """How a last day was found, for the page and the journal; plain values by `as_json`."""

    rule: str  # period | printed_span | date
    starts_on: date
    days: int
    unit: str
    ends_on: date
    off: tuple[tuple[date, str], ...] = ()  # weekdays not worked on the way
    made_up: tuple[tuple[date, str], ...] = ()  # weekends worked on the way
    rolled_from: date | None = None  # the last day was not worked and rolled on
    calendars: tuple[str, ...] = ()
    confirmed: bool = True

    def as_json(self) -> dict[str, object]:
        def days(found: tuple[tuple[date, str], ...]) -> list[dict[str, object]]:
            return [{"date": day, "name": name} for day, name in found]

        return {
            "rule": self.rule, "starts_on": self.starts_on, "days": self.days, "unit": self.unit, "ends_on": self.ends_on,
            "off": days(self.off), "made_up": days(self.made_up), "rolled_from": self.rolled_from,
            "calendars": list(self.calendars), "confirmed": self.confirmed,
        }


@dataclass(frozen=True)
class Calendar:
    """The tables of one family of years; an immutable value.

    `armed`: provisional tables are refused too, as deadlines and timers need it. Planning uses an unarmed one and shows a banner.
    """

    years: Mapping[int, CalendarYear] = field(default_factory=dict)
    family: str = "cn"
    armed: bool = False

    @classmethod
    def of(cls, years: Iterable[CalendarYear], family: str = "cn") -> Calendar:
        return cls({table.year: table for table in years if table.family == family}, family)

    def arm(self) -> Calendar:
        """The same tables, refusing years that are not confirmed."""
        return replace(self, armed=True)

    @property
    def version(self) -> str:
        """The tables in it, for the record of a deadline: `cn 2021@1 2022@1`."""
        return " ".join([self.family, *(f"{year}@{table.version}" for year, table in sorted(self.years.items()))])

    def table(self, year: int) -> CalendarYear:
        table = self.years.get(year)
        if table is None:
            raise CalendarTooShort("calendar.too_short", year=year, family=self.family)
        if self.armed and not table.confirmed:
            raise CalendarTooShort("calendar.unconfirmed", year=year, family=self.family)
        return table

    def is_confirmed(self, year: int) -> bool:
        return year in self.years and self.years[year].confirmed

    def unconfirmed(self, first: date, last: date) -> list[int]:
        """The years from `first` to `last` that have no table or only a provisional one."""
        return [year for year in range(first.year, last.year + 1) if not self.is_confirmed(year)]

    def is_working_day(self, day: date) -> bool:
        table = self.table(day.year)
        if day in table.workdays:
            return True
        return day.weekday() < SATURDAY and day not in table.holidays

    def day_name(self, day: date) -> str:
        """Why `day` is off or made up, as the table says; empty for an ordinary day."""
        table = self.table(day.year)
        return table.workdays.get(day) or table.holidays.get(day) or ""

    def working_days_between(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both counted; 0 when `last` is earlier."""
        return sum(1 for _ in self._working_days(first, last))

    def _working_days(self, first: date, last: date) -> Iterable[date]:
        day = first
        while day <= last:
            if self.is_working_day(day):
                yield day
            day += DAY

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it, for a negative n); `day` itself is not counted, and is the answer for 0."""
        step = DAY if n > 0 else -DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def next_working_day(self, day: date) -> date:
        """`day` if it is worked, else the first worked day after it."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def period_end(self, starts_on: date, days: int, unit: Unit = "working") -> date:
        """The last day of a period of `days` (at least 1) that begins on `starts_on`.

        The first day is not counted (民法典 art. 201); a last day that is not worked rolls to the next working day (art. 203).
        """
        self._at_least_one(days)
        if unit == "working":
            return self.add_working_days(starts_on, days)
        return self.next_working_day(starts_on + days * DAY)

    def printed_span_end(self, starts_on: date, days: int) -> date:
        """The last day to print for a span of `days` working days whose first day counts (公示 10月26日至11月1日)."""
        self._at_least_one(days)
        return self.add_working_days(self.next_working_day(starts_on), days - 1)

    @staticmethod
    def _at_least_one(days: int) -> None:
        if days < 1:
            raise Refused("calendar.days_below_one", days=days)

    def due_at(self, opened_at: datetime, working_days: int, zone: tzinfo) -> datetime:
        """The first moment at which something opened at `opened_at` and due within `working_days` is late.

        Args:
            opened_at: aware, any zone. Its local date in `zone` is not counted.
            working_days: at least 1.

        Returns: UTC. Midnight local time after the last working day.

        Raises: CalendarTooShort. Source: 民法典 art. 201, 203.
        """
        return ends_at(self.period_end(local_date(opened_at, zone), working_days), zone)

    def explain(self, rule: str, starts_on: date, days: int, unit: Unit = "working") -> Explanation:
        """The same answer as `period_end` (rule `period`) or `printed_span_end` (`printed_span`), with what was met on the way."""
        if rule == "printed_span":
            ends_on, counted_from = self.printed_span_end(starts_on, days), starts_on
        elif rule == "period":
            ends_on, counted_from = self.period_end(starts_on, days, unit), starts_on + DAY
        else:
            raise ValueError(rule)
        planned = starts_on + days * DAY
        rolled = planned if unit == "calendar" and planned != ends_on else None
        return Explanation(rule, starts_on, days, unit, ends_on, *self._met(counted_from, ends_on), rolled,
                           self.labels(starts_on, ends_on), not self.unconfirmed(starts_on, ends_on))

    def labels(self, first: date, last: date) -> tuple[str, ...]:
        return tuple(self.table(year).label for year in range(first.year, last.year + 1))

    def _met(self, first: date, last: date) -> tuple[tuple[tuple[date, str], ...], tuple[tuple[date, str], ...]]:
        off: list[tuple[date, str]] = []
        made_up: list[tuple[date, str]] = []
        day = first
        while day <= last:
            weekend, worked = day.weekday() >= SATURDAY, self.is_working_day(day)
            if worked and weekend:
                made_up.append((day, self.day_name(day)))
            elif not worked and self.day_name(day):
                off.append((day, self.day_name(day)))
            day += DAY
        return tuple(off), tuple(made_up)


def local_date(moment: datetime, zone: tzinfo) -> date:
    """The civil date of an aware moment in `zone`."""
    if moment.tzinfo is None:
        raise ValueError("a moment without zone")
    return moment.astimezone(zone).date()


def starts_at(day: date, zone: tzinfo) -> datetime:
    """00:00 local of `day`, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(timezone.utc)


def ends_at(day: date, zone: tzinfo, cutoff: str = "24:00") -> datetime:
    """The moment at which the civil date `day` ends by the scheme's cut-off (`24:00` = the next midnight), in UTC."""
    if cutoff == "24:00":
        return starts_at(day + DAY, zone)
    return datetime.combine(day, time.fromisoformat(cutoff), zone).astimezone(timezone.utc)


KEYS = {"calendar": str, "year": int, "version": str, "confirmed": bool, "source": str, "holidays": dict, "workdays": dict}


def read_calendar_year(data: bytes, file: str) -> CalendarYear:
    """One year's table. Raises Invalid: keys, days of another year, weekdays listed as made up, an empty table."""
    document = read_yaml(data, file)
    findings = list(_shape(document))
    if findings:
        raise Invalid(findings)
    value = document.value
    holidays = _days(document, "holidays", findings)
    workdays = _days(document, "workdays", findings)
    if not holidays:
        findings.append(document.finding("calendar.empty", "holidays", year=value["year"]))
    for day in workdays:
        if day.weekday() < SATURDAY:
            findings.append(document.finding("calendar.weekday_made_up", f"workdays.{day}", date=day.isoformat()))
        if day in holidays:
            findings.append(document.finding("calendar.both", f"workdays.{day}", date=day.isoformat()))
    if findings:
        raise Invalid(findings)
    return CalendarYear(value["calendar"], value["year"], value["version"], value["confirmed"], value["source"], holidays, workdays)


def next_label(labels: Iterable[str]) -> str:
    """A version that no table of the year has yet: one more than the highest number among `labels`."""
    return str(max((int(one) for one in labels if one.isascii() and one.isdigit()), default=0) + 1)


def _shape(document: Document) -> Iterable[Finding]:
    value = document.value
    if not isinstance(value, dict):
        yield document.finding("yaml.not_a_mapping", "")
        return
    for key, kind in KEYS.items():
        if key not in value:
            yield document.finding("yaml.missing_key", key, key=key)
        elif type(value[key]) is not kind:
            yield document.finding(f"yaml.wrong_type.{kind.__name__}", key, key=key)
    for key in value.keys() - KEYS.keys():
        yield document.finding("yaml.unknown_key", key, key=key)


def _days(document: Document, key: str, findings: list[Finding]) -> dict[date, str]:
    year = document.value["year"]
    days: dict[date, str] = {}
    for text, name in document.value[key].items():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            findings.append(document.finding("yaml.no_such_date", f"{key}.{text}", text=text))
            continue
        if day.year != year:
            findings.append(document.finding("calendar.other_year", f"{key}.{text}", date=text, year=year))
        days[day] = str(name or "")
    return days
