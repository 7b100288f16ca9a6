"""The working calendar: the official years as data, the two ways of counting, and what a missing year does."""
from datetime import date, datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import Invalid, Refused
from engine.scheme.calendar import Calendar, CalendarTooShort, ends_at, read_calendar_year
from engine.scheme.deadline import Lamp, Thresholds, lamp, time_left

FOLDER = Path(__file__).parents[2] / "processes" / "calendars"
FUXIN = ZoneInfo("Asia/Shanghai")
CN = Calendar.of(read_calendar_year(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("cn-*.yaml")))


def d(text):
    return date.fromisoformat(f"2021-{text}")


def at(text):
    return datetime.fromisoformat(f"2021-{text}").replace(tzinfo=FUXIN)


def test_the_years_are_there_and_only_the_announced_ones_are_confirmed():
    assert {year: table.confirmed for year, table in CN.years.items()} == {**dict.fromkeys(range(2020, 2027), True), 2027: False}


@pytest.mark.parametrize("day", ["09-18", "09-26", "10-09", "10-08", "10-11"])
def test_make_up_days_of_autumn_2021_are_worked(day):
    assert CN.is_working_day(d(day))


@pytest.mark.parametrize("day", ["09-19", "09-20", "09-21", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07", "10-10", "10-16"])
def test_holidays_and_weekends_of_autumn_2021_are_not(day):
    assert not CN.is_working_day(d(day))


@pytest.mark.parametrize(
    ("first", "last", "days"), [("09-06", "09-14", 7), ("09-15", "10-15", 19), ("10-16", "10-20", 3), ("10-21", "10-25", 3), ("10-20", "10-16", 0)]
)
def test_working_days_of_the_four_dated_stages(first, last, days):
    assert CN.working_days_between(d(first), d(last)) == days


def test_a_public_notice_printed_from_26_october_ends_on_1_november():
    assert CN.printed_span_end(d("10-26"), 5) == d("11-01")


def test_a_period_of_five_working_days_that_begins_that_day_ends_on_the_2nd():
    assert CN.period_end(d("10-26"), 5) == d("11-02")


def test_a_span_that_begins_on_a_holiday_counts_from_the_next_working_day():
    assert CN.printed_span_end(d("10-02"), 1) == d("10-08")


def test_a_period_in_calendar_days_rolls_off_a_holiday():
    assert CN.period_end(d("09-27"), 7, "calendar") == d("10-08")


def test_fifteen_december_2024_is_a_sunday():
    assert not CN.is_working_day(date(2024, 12, 15))


def test_due_at_is_midnight_after_the_last_working_day_in_utc():
    assert CN.due_at(at("10-08T09:00"), 1, FUXIN) == datetime(2021, 10, 9, 16, tzinfo=timezone.utc)  # Saturday the 9th is worked


def test_opened_shortly_before_midnight_counts_as_that_local_day():
    utc = datetime(2021, 10, 10, 15, 59, tzinfo=timezone.utc)  # the 10th, 23:59 in Fuxin

    assert CN.due_at(utc, 1, FUXIN) == ends_at(d("10-11"), FUXIN)


def test_a_cut_off_other_than_midnight():
    assert ends_at(d("10-15"), FUXIN, "17:00") == datetime(2021, 10, 15, 9, tzinfo=timezone.utc)


def test_the_explanation_names_what_was_met_on_the_way():
    found = CN.explain("period", d("09-30"), 3)

    assert (found.ends_on, [day.isoformat() for day, _ in found.made_up], found.calendars) == (d("10-11"), ["2021-10-09"], ("cn-2021@1",))
    assert [day for day, _ in found.off] == [d(f"10-0{n}") for n in range(1, 8)]
    assert CN.explain("printed_span", d("10-26"), 5).ends_on == d("11-01")
    assert CN.explain("period", d("09-27"), 7, "calendar").rolled_from == d("10-04")
    assert CN.explain("period", date(2026, 12, 30), 5).confirmed is False


def test_a_year_without_table_is_never_guessed():
    with pytest.raises(CalendarTooShort) as refused:
        CN.add_working_days(date(2027, 12, 30), 5)

    assert (refused.value.code, refused.value.details) == ("calendar.too_short", {"year": 2028, "family": "cn"})


def test_an_armed_calendar_refuses_a_provisional_year():
    assert CN.is_working_day(date(2027, 3, 1))
    with pytest.raises(CalendarTooShort) as refused:
        CN.arm().is_working_day(date(2027, 3, 1))

    assert refused.value.code == "calendar.unconfirmed"


def test_a_period_of_no_days_is_refused():
    with pytest.raises(Refused) as refused:
        CN.period_end(d("10-26"), 0)

    assert refused.value.code == "calendar.days_below_one"


GOOD = "calendar: cn\nyear: 2021\nversion: '1'\nconfirmed: true\nsource: s\nholidays:\n  2021-10-01: 国庆节\nworkdays: {}\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("  2021-10-01: 国庆节", "  {}"), [("calendar.empty", 6)]),
        (("workdays: {}", "workdays:\n  2021-10-08: 上班"), [("calendar.weekday_made_up", 9)]),
        (("2021-10-01", "2022-10-01"), [("calendar.other_year", 7)]),
        (("2021-10-01", "2021-10-32"), [("yaml.no_such_date", 7), ("calendar.empty", 6)]),
        (("year: 2021", "year: next"), [("yaml.wrong_type.int", 2)]),
        (("source: s\n", ""), [("yaml.missing_key", 1)]),
    ],
)
def test_a_table_that_will_not_do_names_key_and_line(change, expected):
    with pytest.raises(Invalid) as invalid:
        read_calendar_year(GOOD.replace(*change).encode(), "cn-2021.yaml")

    assert [(one.code, one.line) for one in invalid.value.findings] == expected


DAYS = st.dates(date(2020, 1, 20), date(2026, 10, 1))


@given(DAYS, st.integers(1, 40))
def test_one_more_working_day_is_never_earlier_and_the_end_is_worked(day, n):
    end, later = CN.period_end(day, n), CN.period_end(day, n + 1)

    assert day < end < later and CN.is_working_day(end)
    assert CN.working_days_between(date.fromordinal(day.toordinal() + 1), end) == n


@given(DAYS, st.integers(1, 40))
def test_going_back_as_far_returns_to_the_same_working_day(day, n):
    start = CN.next_working_day(day)

    assert CN.add_working_days(CN.add_working_days(start, n), -n) == start


@given(DAYS, st.integers(1, 40), st.sampled_from(["period", "printed_span"]))
def test_the_explanation_agrees_with_the_count(day, n, rule):
    end = CN.period_end(day, n) if rule == "period" else CN.printed_span_end(day, n)

    assert CN.explain(rule, day, n).ends_on == end


DUE = ends_at(d("10-15"), FUXIN)  # a Friday


@pytest.mark.parametrize(
    ("now", "code", "days", "colour"),
    [
        ("09-15T08:00", "left.days", 18, Lamp.GREEN),
        ("10-11T10:00", "left.days", 4, Lamp.GREEN),
        ("10-12T10:00", "left.days", 3, Lamp.AMBER),
        ("10-14T23:59", "left.days", 1, Lamp.AMBER),
        ("10-15T00:00", "left.today", 0, Lamp.RED),
        ("10-15T23:59", "left.today", 0, Lamp.RED),
        ("10-16T00:00", "left.overdue_today", 0, Lamp.RED),  # a Saturday: no working day gone by yet
        ("10-19T00:00", "left.overdue", 2, Lamp.RED),
    ],
)
def test_the_lamp_follows_the_working_days_left(now, code, days, colour):
    left = time_left(DUE, at(now), CN, FUXIN)

    assert (left.code, left.working_days, lamp(DUE, at(now), CN, FUXIN)) == (code, days, colour)


def test_thresholds_of_the_lamp_are_the_callers():
    assert lamp(DUE, at("10-12T10:00"), CN, FUXIN, Thresholds(amber=5, red=3)) is Lamp.RED
