"""A calendar year as lines that people write (“10月1日至7日 国庆节”), and back to the table's file; decides nothing about working days."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine.scheme.calendar import CalendarYear

LONGEST = 16  # days of one holiday: more is a slip
_DATE = r"(?:(?P<y{n}>\d{{4}})[年/-])?(?P<m{n}>\d{{1,2}})[月/-]"
LINE = re.compile(
    _DATE.format(n="") + r"(?P<d>\d{1,2}+)日?+(?:（[^）]*）)?+"
    r"(?:\s*[至到—－~～–-]+\s*(?:" + _DATE.format(n="2") + r")?(?P<d2>\d{1,2}+)日?+(?:（[^）]*）)?+)?"
    r"\s*[：:，,]?\s*(?P<name>(?![至到—－~～–-])\S.*)?\Z")


@dataclass(frozen=True, slots=True)
class Slip:
    """A line that cannot be read. `field`: holidays | workdays; `code` with `line` (from 1) and `text` names the sentence."""

    field: str
    line: int
    text: str
    code: str = "calendar.line"


def lines_of(days: Mapping[date, str]) -> str:
    """The days as lines, those in a row with one name together."""
    return "\n".join(f"{_spoken(first, last)} {name}".rstrip() for first, last, name in _runs(days))


def _runs(days: Mapping[date, str]) -> Iterator[tuple[date, date, str]]:
    first = last = None
    name = ""
    for day, own in sorted(days.items()):
        if first is not None and last is not None and day == last + timedelta(days=1) and own == name:
            last = day
            continue
        if first is not None and last is not None:
            yield first, last, name
        first, last, name = day, day, own
    if first is not None and last is not None:
        yield first, last, name


def _spoken(first: date, last: date) -> str:
    if first == last:
        return f"{first.month}月{first.day}日"
    return f"{first.month}月{first.day}日至" + (f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日")


def days_in(text: str, year: int, field: str) -> tuple[dict[date, str], list[Slip]]:
    """The days that the lines name, and the lines that name none. Empty lines count for nothing."""
    days: dict[date, str] = {}
    slips = []
    for number, raw in enumerate(text.replace("\r", "").split("\n"), 1):
        line = raw.strip().rstrip("；;。")
        if not line:
            continue
        found = LINE.match(line)
        span = _span(found, year) if found else None
        if found is None or span is None:
            slips.append(Slip(field, number, line))
            continue
        days |= {day: found["name"] or "" for day in span}
    return days, slips


def _span(found: re.Match[str], year: int) -> list[date] | None:
    """Every day from the first to the last; None when there are no such days, or too many."""
    try:
        first = date(int(found["y"] or year), int(found["m"]), int(found["d"]))
        last = date(int(found["y2"] or first.year), int(found["m2"] or first.month), int(found["d2"])) if found["d2"] else first
    except ValueError:
        return None
    count = (last - first).days + 1
    return [first + timedelta(days=n) for n in range(count)] if 0 < count <= LONGEST else None


def written(year: int, version: str, source: str, holidays: Mapping[date, str], workdays: Mapping[date, str]) -> bytes:
    """The table's file, never confirmed by itself."""
    def listed(days: Mapping[date, str]) -> str:
        return "".join(f"\n  {day}: {json.dumps(name, ensure_ascii=False)}" for day, name in sorted(days.items())) or " {}"

    head = f'calendar: cn\nyear: {year}\nversion: "{version}"\nconfirmed: false\nsource: {json.dumps(source, ensure_ascii=False)}\n'
    return f"{head}holidays:{listed(holidays)}\nworkdays:{listed(workdays)}\n".encode()


def differences(old: CalendarYear | None, new: CalendarYear) -> list[tuple[date, str, str]]:
    """(day, what it was, what it is) for every day worked in one and not in the other; `what` is worked | off."""
    if old is None:
        return []
    named = {*old.holidays, *old.workdays, *new.holidays, *new.workdays}
    found = [(day, _worked(old, day), _worked(new, day)) for day in sorted(named)]
    return [(day, "worked" if was else "off", "worked" if now else "off") for day, was, now in found if was != now]


def _worked(table: CalendarYear, day: date) -> bool:
    return day in table.workdays or (day.weekday() < 5 and day not in table.holidays)
