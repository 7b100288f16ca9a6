"""A calendar year confirmed on one node counts on the others, without a restart of theirs."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from adapters.database.publications import CalendarYear
from adapters.definitions.published import FRESH, Published

PLACE = "here"
TABLE = (Path(__file__).parents[2] / "processes/calendars/cn-2021.yaml").read_bytes()
CONFIRMED = datetime(2020, 12, 1, tzinfo=UTC)
NATIONAL_DAY = date(2021, 10, 1)


class Store:
    """The stored years that all nodes share; counts how often it is asked."""

    def __init__(self) -> None:
        self.years: list[CalendarYear] = []
        self.asked = 0

    def calendars(self, place: str) -> Sequence[CalendarYear]:
        self.asked += 1
        return list(self.years)

    def package_files(self, place: str, hash: str) -> dict[str, bytes]:
        raise AssertionError("a calendar is of no package")

    def scheme_body(self, place: str, hash: str) -> bytes:
        raise AssertionError("a calendar is of no scheme")


def test_the_store_is_asked_again_after_a_while_and_the_same_years_are_not_read_twice() -> None:
    store, now = Store(), 0.0
    node = Published(store, lambda: now)
    empty = node.calendar(PLACE)
    store.years.append(CalendarYear(2021, "1", TABLE, CONFIRMED, "second"))  # on another node

    within = node.calendar(PLACE)
    now = FRESH
    after = node.calendar(PLACE)
    now = 2 * FRESH
    later = node.calendar(PLACE)

    assert within is empty
    assert not after.is_working_day(NATIONAL_DAY)
    assert later is after
    assert store.asked == 3
