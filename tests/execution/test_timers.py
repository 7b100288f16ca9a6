"""When timers fall due: texts and values, civil months, cycles that were missed."""
from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.execution.problem import Problem
from engine.execution.timers import first_due, next_due
from engine.feel import YearMonthDuration

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2030, 1, 31, 1, tzinfo=timezone.utc)  # 09:00 in Shanghai


@pytest.mark.parametrize(("kind", "value", "due"), [
    ("date", "2030-02-01T08:00:00+08:00", datetime(2030, 2, 1, 0, tzinfo=timezone.utc)),
    ("date", "2030-02-01T08:00:00", datetime(2030, 2, 1, 0, tzinfo=timezone.utc)),
    ("date", date(2030, 2, 1), datetime(2030, 1, 31, 16, tzinfo=timezone.utc)),
    ("duration", "PT1H30M", NOW + timedelta(minutes=90)),
    ("duration", "P2W", NOW + timedelta(days=14)),
    ("duration", "P1M", datetime(2030, 2, 28, 1, tzinfo=timezone.utc)),
    ("duration", "P1Y1M", datetime(2031, 2, 28, 1, tzinfo=timezone.utc)),
    ("duration", "PT0.5S", NOW + timedelta(milliseconds=500)),
    ("duration", timedelta(days=1), NOW + timedelta(days=1)),
    ("duration", YearMonthDuration(2), datetime(2030, 3, 31, 1, tzinfo=timezone.utc)),
    ("cycle", "R3/PT10M", NOW + timedelta(minutes=10)),
    ("cycle", "R3/2030-02-01T00:00:00Z/PT10M", datetime(2030, 2, 1, tzinfo=timezone.utc)),
])
def test_the_first_moment(kind: str, value: Any, due: datetime) -> None:
    assert first_due(kind, value, NOW, CHINA).at == due


@pytest.mark.parametrize(("kind", "value"), [
    ("date", "soon"), ("date", 5), ("date", None), ("duration", "P"), ("duration", "PT"), ("duration", "5 days"), ("duration", None),
    ("duration", "P99999999999D"), ("cycle", "PT1H"), ("cycle", "R3"), ("cycle", "R3/PT0S"), ("cycle", "Rx/PT1H"), ("cycle", None), ("date", "9999-12-31T23:59:59-12:00"),
])
def test_what_cannot_be_read_is_a_problem(kind: str, value: Any) -> None:
    with pytest.raises(Problem):
        first_due(kind, value, NOW, CHINA)


def fired(cycle: str, moments: list[timedelta]) -> list[timedelta]:
    """When the cycle fires after `NOW`, if the clock looks at these moments only."""
    due, times = first_due("cycle", cycle, NOW, CHINA), []
    waiting: Any = due
    for at in moments:
        if waiting is not None and waiting.at <= NOW + at:
            times.append(at)
            waiting = next_due(waiting.at, waiting.data, NOW + at, CHINA)
            assert waiting is None or waiting.at > NOW + at
    return times


def minutes(*numbers: int) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


@pytest.mark.parametrize(("cycle", "looks", "times"), [
    ("R3/PT10M", (10, 20, 30, 40, 50), (10, 20, 30)),
    ("R3/PT10M", (25, 26, 30, 40), (25, 30)),
    ("R3/PT10M", (35, 36, 40), (35,)),
    ("R/PT10M", (105, 106, 110, 111, 120), (105, 110, 120)),
    ("R/PT10M/2030-01-31T01:25:00Z", (10, 20, 30), (10, 20)),
    ("R1/PT10M", (10, 20), (10,)),
])
def test_a_missed_cycle_fires_once_and_missed_slots_are_used_up(cycle: str, looks: tuple[int, ...], times: tuple[int, ...]) -> None:
    assert fired(cycle, minutes(*looks)) == minutes(*times)


def test_a_cycle_of_months_keeps_to_the_calendar() -> None:
    due = first_due("cycle", "R/P1M", NOW, CHINA)
    following = next_due(due.at, due.data, due.at, CHINA)
    assert following is not None and (due.at.date(), following.at.date()) == (date(2030, 2, 28), date(2030, 3, 28))
