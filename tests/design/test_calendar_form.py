"""A calendar year written as lines: read as people write them, slips said by line, nothing guessed."""
from __future__ import annotations

from datetime import date

import pytest

from adapters.web.design.calendar_form import Slip, days_in, differences, lines_of, written
from engine.scheme.calendar import read_calendar_year
from tests.conftest import ROOT

NATIONAL = {date(2027, 10, day): "国庆节" for day in range(1, 8)}


@pytest.mark.parametrize("line", ["10月1日至7日 国庆节", "10月1日（周五）至10月7日（周四） 国庆节", "10月1日-7日国庆节", "2027-10-01至2027-10-07：国庆节", "2027年10月1日—7日 国庆节。"])
def test_as_people_write_it(line: str) -> None:
    assert days_in(line, 2027, "holidays") == (NATIONAL, [])


@pytest.mark.parametrize("line", ["国庆节", "10月4日到七日 国庆节", "2月30日 春节", "10月7日至1日 国庆节", "10月1日至12月1日 国庆节", "13月1日 元旦"])
def test_what_names_no_days_is_said_and_not_guessed(line: str) -> None:
    assert days_in(f"1月1日 元旦\n\n{line}", 2027, "holidays") == ({date(2027, 1, 1): "元旦"}, [Slip("holidays", 3, line)])


@pytest.mark.parametrize("file", sorted((ROOT / "processes/calendars").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_table_goes_into_lines_and_back(file: object) -> None:
    table = read_calendar_year(file.read_bytes(), "x")  # type: ignore[attr-defined]
    again = [days_in(lines_of(days), table.year, "holidays") for days in (table.holidays, table.workdays)]
    assert again == [(dict(table.holidays), []), (dict(table.workdays), [])]
    made = read_calendar_year(written(table.year, "9", "示例", table.holidays, table.workdays), "x")
    assert (made.holidays, made.workdays, made.confirmed, made.version) == (table.holidays, table.workdays, False, "9")


def test_only_days_that_turn_are_different() -> None:
    old = read_calendar_year(written(2027, "1", "示例", NATIONAL, {}), "x")
    new = read_calendar_year(written(2027, "2", "示例", NATIONAL | {date(2027, 10, 8): "国庆节", date(2027, 10, 16): "国庆节"}, {date(2027, 10, 9): "调休"}), "x")
    assert differences(old, new) == [(date(2027, 10, 8), "worked", "off"), (date(2027, 10, 9), "off", "worked")]
