"""The stages of a campaign laid out on a line of days: geometry for the SVG macro; knows no colours."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adapters.web.views import StageView
from engine.scheme.calendar import Calendar, CalendarTooShort

LABELS, ROW, TOP, WIDTH, MARGIN_DAYS = 150, 30, 26, 960, 3


@dataclass(frozen=True, slots=True)
class Bar:
    stage: StageView
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All lengths in the SVG's own units. `off`: left edges of days not worked; `months`: left edge and first day."""

    width: float
    height: float
    day: float
    bars: tuple[Bar, ...]
    off: tuple[float, ...]
    months: tuple[tuple[float, date], ...]
    today: float | None
    top: float = TOP
    row: float = ROW


def chart(stages: Sequence[StageView], today: date, calendar: Calendar) -> Chart | None:
    """None when no stage has dates."""
    dated = [(stage, stage.start, stage.end) for stage in stages if stage.start and stage.end]
    if not dated:
        return None
    first = min(start for _, start, _ in dated) - timedelta(days=MARGIN_DAYS)
    last = max(end for _, _, end in dated) + timedelta(days=MARGIN_DAYS)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    day = (WIDTH - LABELS) / len(days)

    def x(when: date) -> float:
        return float(round(LABELS + (when - first).days * day, 2))

    bars = tuple(Bar(stage, x(start), TOP + n * ROW, round(((end - start).days + 1) * day, 2)) for n, (stage, start, end) in enumerate(dated))
    off = tuple(x(each) for each in days if not _worked(each, calendar))
    months = tuple((x(each), each) for each in days if each.day == 1 or each == first)
    return Chart(WIDTH, TOP + len(dated) * ROW + 20, round(day, 2), bars, off, months, x(today) if first <= today <= last else None)


def _worked(day: date, calendar: Calendar) -> bool:
    try:
        return calendar.is_working_day(day)
    except CalendarTooShort:
        return True  # nothing is shaded where the year's table is missing; a banner says so
