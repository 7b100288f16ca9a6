"""Properties of FEEL: text and tree are one thing; numbers agree with `decimal`, dates with `datetime` and `zoneinfo`."""
from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelSyntaxError, parse, temporal
from engine.feel.printer import to_text
from engine.feel.values import number_text
from tests.feel.trees import Trees

ZONES = ("Asia/Shanghai", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
zones = st.sampled_from(ZONES).map(ZoneInfo)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6)
dates = st.dates(date(2, 1, 1), date(9998, 12, 31))
moments = st.datetimes(datetime(1902, 1, 1), datetime(2150, 1, 1))
lengths = st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000))


def test_printing_and_parsing_are_inverse(seed):
    for one in range(seed, seed + 6_000):
        tree = Trees(one).tree(1 + one % 30)
        text = to_text(tree)
        assert parse(text, names=("with space", "a+b")).tree == tree, text


@settings(max_examples=300)
@given(st.text(alphabet='ab1 .,:;"\\@+-*/=<>()[]{}?!\n\t长沙andorinfoift{}else', max_size=60))
def test_any_text_is_feel_or_says_where_it_is_not(text):
    try:
        parse(text)
    except FeelSyntaxError as error:
        lines = text.split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1


@settings(max_examples=300)
@given(decimals, decimals, st.sampled_from("+-*/"))
def test_arithmetic_agrees_with_decimal(a, b, operator):
    with localcontext() as context:
        context.prec, context.rounding = 34, ROUND_HALF_EVEN
        expected = None if operator == "/" and not b else {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[operator]

    assert parse(f"a {operator} b")({"a": a, "b": b}) == expected


@given(decimals)
def test_a_number_and_its_text_are_one(number):
    assert parse("number(string(a)) = a")({"a": number}) is True
    assert Decimal(number_text(number)) == number


@given(decimals, st.integers(-6, 8))
def test_rounding_agrees_with_decimal(number, scale):
    expected = number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_EVEN) if -scale > -6 else number

    assert parse("decimal(a, s)")({"a": number, "s": scale}) == expected


@given(dates, st.integers(-100_000, 100_000))
def test_days_agree_with_datetime(day, days):
    length = timedelta(days)
    try:
        expected: date | None = day + length
    except OverflowError:
        expected = None

    found = parse("a + b")({"a": day, "b": length})

    assert found == expected if expected is not None else isinstance(found, temporal.FarDate)


@settings(max_examples=300)
@given(moments, lengths, zones)
def test_moments_move_along_the_time_line_as_in_zoneinfo(local, length, zone):
    start = local.replace(tzinfo=zone)
    expected = (start.astimezone(timezone.utc) + length).astimezone(zone)

    found = parse("a + b")({"a": start, "b": length})

    assert (found.astimezone(timezone.utc), found.tzinfo) == (expected.astimezone(timezone.utc), zone)  # type: ignore[attr-defined]


@settings(max_examples=300)
@given(moments, zones, moments, zones)
def test_differences_and_order_agree_with_datetime(a, zone_a, b, zone_b):
    x, y = a.replace(tzinfo=zone_a), b.replace(tzinfo=zone_b)
    in_utc = x.astimezone(timezone.utc), y.astimezone(timezone.utc)

    assert parse("a - b")({"a": x, "b": y}) == in_utc[0] - in_utc[1]
    assert parse("a < b")({"a": x, "b": y}) is (in_utc[0] < in_utc[1])


@given(moments, st.one_of(st.none(), zones, st.integers(-18 * 60, 18 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))))
def test_a_moment_and_its_text_are_one(local, zone):
    moment = local.replace(tzinfo=zone)

    again = temporal.parse_date_time(temporal.date_time_text(moment))

    assert (again, getattr(again, "tzinfo", None) or None) == (moment, zone)


@given(st.times())
def test_a_time_and_its_text_are_one(clock):
    assert temporal.parse_time(temporal.time_text(clock)) == clock == parse("time(string(a))")({"a": clock})


@given(st.timedeltas(timedelta(days=-(10**6)), timedelta(days=10**6)))
def test_a_duration_and_its_text_are_one(length):
    assert temporal.parse_duration(temporal.duration_text(length)) == length


@given(st.integers(-999_999_999, 999_999_999), st.integers(1, 12), st.integers(1, 28))
def test_the_calendar_is_consistent_over_all_years(year, month, day):
    assert temporal.civil_from_days(temporal.days_from_civil(year, month, day)) == (year, month, day)


@given(dates)
def test_the_calendar_agrees_with_datetime(day):
    days = day.toordinal() - date(1970, 1, 1).toordinal()

    assert temporal.days_from_civil(day.year, day.month, day.day) == days
    assert temporal.civil_from_days(days) == (day.year, day.month, day.day)
    assert (temporal.weekday(days), temporal.week_of_year(days)) == (day.isoweekday(), day.isocalendar().week)
    assert temporal.day_of_year(days) == day.timetuple().tm_yday


@given(dates, st.integers(-2000, 2000))
def test_months_are_added_as_a_clerk_counts(day, months):
    days = day.toordinal() - date(1970, 1, 1).toordinal()
    year, month, found = temporal.civil_from_days(temporal.add_months(days, months))

    assert year * 12 + month == day.year * 12 + day.month + months
    assert found == min(day.day, temporal.days_in_month(year, month))


@pytest.mark.parametrize("zone", ZONES)
def test_far_years_keep_the_zone_and_the_instant(zone):
    moment = temporal.parse_date_time(f"12345-07-01T12:00:00@{zone}")

    later = temporal.shift(moment, 36 * 3600 * temporal.SECOND)

    assert temporal.instant(later) - temporal.instant(moment) == 36 * 3600 * temporal.SECOND
    assert temporal.date_time_text(later) == f"12345-07-03T00:00:00@{zone}"


def test_times_of_day_wrap_and_keep_their_zone():
    assert parse("a - @\"PT2H\"")({"a": time(1, tzinfo=timezone.utc)}) == time(23, tzinfo=timezone.utc)
