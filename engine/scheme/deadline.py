"""How much working time is left until a deadline, and the lamp that shows it; sets no deadline."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum

from engine.scheme.calendar import DAY, Calendar, local_date


class Lamp(str, Enum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Thresholds:
    """A lamp turns when so many working days or fewer are left; overdue is always red."""

    amber: int = 3
    red: int = 0  # 0: due today


@dataclass(frozen=True)
class TimeLeft:
    """Working time until `due_at`. `code` and `details` name its sentence (`left.days`: still {days} working days)."""

    overdue: bool
    working_days: int  # after today, up to the day it is due; when overdue: since that day
    hours: int  # whole hours of clock time, never negative

    @property
    def code(self) -> str:
        if self.overdue:
            return "left.overdue" if self.working_days else "left.overdue_today"
        return "left.days" if self.working_days else "left.today"

    @property
    def details(self) -> dict[str, int]:
        return {"days": self.working_days, "hours": self.hours}


def time_left(due_at: datetime, now: datetime, calendar: Calendar, zone: tzinfo) -> TimeLeft:
    """Both moments aware. A deadline at 24:00 belongs to the day it ends.

    Raises: CalendarTooShort.
    """
    due_on = local_date(due_at - timedelta(microseconds=1), zone)
    today = local_date(now, zone)
    if now >= due_at:
        return TimeLeft(True, calendar.working_days_between(due_on + DAY, today), 0)
    return TimeLeft(False, calendar.working_days_between(today + DAY, due_on), int((due_at - now) / timedelta(hours=1)))


def lamp(due_at: datetime, now: datetime, calendar: Calendar, zone: tzinfo, thresholds: Thresholds = Thresholds()) -> Lamp:
    """Green, amber or red by the working days left (`time_left`); red from `due_at` on."""
    return lamp_of(time_left(due_at, now, calendar, zone), thresholds)


def lamp_of(left: TimeLeft, thresholds: Thresholds = Thresholds()) -> Lamp:
    """The lamp for so much time left."""
    if left.overdue or left.working_days <= thresholds.red:
        return Lamp.RED
    return Lamp.AMBER if left.working_days <= thresholds.amber else Lamp.GREEN
