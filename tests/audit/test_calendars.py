"""A working calendar amended after deadlines were counted with it: old entries are replayed with the tables of their day, by both engines."""
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database.calendar_years import StoredYear, stored_years
from adapters.system import Design, System
from adapters.system.audit import replayed
from adapters.system.auditing import Auditing
from adapters.system.past_calendars import PastCalendars
from engine.journal.entry import Entry
from tests.audit.live import AUDITOR, PLACE, Played

DAY = timedelta(days=1)
MONDAY = datetime(2027, 3, 1, tzinfo=timezone.utc)
TABLE = "calendar: cn\nyear: {year}\nversion: \"{version}\"\nconfirmed: {confirmed}\nsource: 项目示例\nholidays:\n  {year}-01-01: 元旦\nworkdays: {{}}\n"


def year(version: str, added: int, confirmed: int | None = None, of: int = 2027, by_file: bool = False) -> StoredYear:
    """A table entered and confirmed so many days after MONDAY."""
    body = TABLE.format(year=of, version=version, confirmed=str(by_file).lower()).encode()
    return StoredYear(of, version, body, MONDAY + added * DAY, None if confirmed is None else MONDAY + confirmed * DAY)


def entry(after: int, basis: str = "") -> Entry:
    events: tuple[Any, ...] = (("TaskOpened", {"task": "t1", "due_basis": {"calendar": basis}}),) if basis else (("Left", {"element": "a"}),)
    return Entry("i", 1, MONDAY + after * DAY, "ann", "Complete", {}, events)


@pytest.fixture
def amended(own: System) -> System:
    """The played place, in which 2021 has no holidays any more and next year's table has come."""
    design = Design(own)
    for name in ("cn-2021.yaml", "cn-2027.yaml"):
        table = own.library.calendars()[name].decode().partition("holidays:")[0].replace("version: ", "version: 9")
        number = table.partition("year: ")[2][:4]
        design.add_calendar(PLACE, f"{table}holidays:\n  {number}-01-01: 元旦\nworkdays: {{}}\n".encode(), "first")
        newest = next(one for one in design.calendar_versions(PLACE) if one.year == int(number))
        design.confirm_calendar(PLACE, int(number), newest.version, "second")
    return own


def counted(played: Played, own: System) -> list[str]:
    """One instance of each process in which a deadline names its calendar."""
    with own.database.reading() as connection:
        found = connection.execute(sa.text(
            "SELECT i.process, min(i.id) FROM instance i JOIN task t ON t.instance = i.id WHERE t.due_basis LIKE '%\"calendar\"%' AND t.due_basis LIKE '%\"rule\"%' GROUP BY i.process"
        )).all()
    return [id for _, id in found]


@pytest.mark.parametrize("second", [False, True])
def test_a_replay_counts_with_the_tables_of_the_day(played: Played, amended: System, second: bool) -> None:
    instances = counted(played, amended)
    assert len(instances) > 3

    found = {instance: replayed(amended, PLACE, instance, second=second) for instance in instances}

    assert {instance: outcome.findings for instance, outcome in found.items()} == dict.fromkeys(instances, ())
    assert all(outcome.compared == (outcome.entries if second else 0) for outcome in found.values())


def test_what_is_counted_from_now_on_takes_the_new_table(amended: System) -> None:
    line = amended.published.calendar(PLACE)
    assert line.is_working_day(datetime(2021, 10, 4).date()) and not line.is_working_day(datetime(2021, 10, 3).date())
    then = Auditing(amended).calendar(PLACE, datetime(2021, 9, 20, tzinfo=timezone.utc))
    assert not then.is_working_day(datetime(2021, 10, 4).date())


def test_a_table_changed_in_the_archive_is_found(amended: System) -> None:
    with amended.database.changing() as connection:
        body = bytes(connection.scalar(sa.text("SELECT body FROM calendar WHERE year = 2027")))
        connection.execute(sa.text("UPDATE calendar SET body = :body WHERE body = :was"), {"body": body + b"# x\n", "was": body})
    auditing = Auditing(amended)

    auditing.verify(PLACE, AUDITOR)

    standing = auditing.standing(PLACE)
    assert standing is not None and {one.code for one in standing.findings} == {"audit.calendar"}


@pytest.mark.parametrize(("after", "expected", "confirmed"), [
    (0, "1", False), (1, "1", True), (3, "1", True), (4, "2", True), (9, "2", True)])
def test_a_table_counts_from_its_confirmation_on(after: int, expected: str, confirmed: bool) -> None:
    past = PastCalendars([year("3", 6), year("2", 2, 4), year("1", 0, 1)])

    table = past.of(entry(after)).years[2027]

    assert (table.version, table.confirmed) == (expected, confirmed)


def test_an_entry_with_a_deadline_takes_the_tables_it_names() -> None:
    past = PastCalendars([year("2", 2, 4), year("1 b", 0, 1), year("1", 0, 1, of=2028)])

    late = past.of(entry(9, "cn 2027@1 b 2028@1"))  # written by a node that had not heard of the second

    assert (late.version, late.table(2027).version) == ("cn 2027@1 b 2028@1", "1 b")
    assert past.of(entry(9, "cn 2027@7")).version == "cn 2027@2 2028@1"  # not in the archive: the replay will differ, and say so


def test_a_file_that_says_it_is_confirmed_is() -> None:
    assert PastCalendars([year("1", 0, by_file=True)]).at(MONDAY).is_confirmed(2027)


def test_now_the_tables_are_those_in_force_live(played: Played) -> None:
    past = PastCalendars(stored_years(played.system.database, PLACE))
    assert past.at(played.system.clock(PLACE)) == played.system.published.calendar(PLACE)
