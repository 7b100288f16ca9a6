"""The functions that expressions get from us."""
from datetime import date, datetime, timezone
from decimal import Decimal as D
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.feel import Environment, parse
from engine.feel.errors import Rejected
from engine.scheme.calendar import Calendar, CalendarTooShort, read_calendar_year
from engine.scheme.functions import NAMES, host_functions

FOLDER = Path(__file__).parents[2] / "processes" / "calendars"
CN = Calendar.of(read_calendar_year(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("cn-*.yaml"))).arm()
FUXIN = ZoneInfo("Asia/Shanghai")
NOON = datetime(2021, 10, 12, 4, tzinfo=timezone.utc)


def call(name, *args, scheme={}, zone="", now=NOON):
    return host_functions(CN, scheme, zone, now)[name](*args)


def test_the_names_are_those_of_the_contract():
    assert tuple(host_functions(CN, {})) == NAMES


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("role", ("county_health", "xihe"), "county_health@xihe"),
        ("role", ("channel_health", ["a", "b"]), ["channel_health@a", "channel_health@b"]),
        ("cutoff", (date(2021, 10, 15),), datetime(2021, 10, 16, tzinfo=FUXIN)),
        ("opens", (date(2021, 10, 16),), datetime(2021, 10, 16, tzinfo=FUXIN)),
        ("due in", (D(3),), datetime(2021, 10, 16, tzinfo=FUXIN)),
        ("add working days", (date(2021, 10, 15), -3), date(2021, 10, 12)),
        ("working days between", (date(2021, 9, 15), date(2021, 10, 15)), D(19)),
        ("printed span end", (date(2021, 10, 26), 5), date(2021, 11, 1)),
        ("period end", (date(2021, 10, 26), 5), date(2021, 11, 2)),
    ],
)
def test_what_they_give(name, args, expected):
    assert call(name, *args) == expected


def test_the_schemes_cut_off_and_zone_are_used():
    found = call("cutoff", date(2021, 10, 15), scheme={"cutoff": "17:00", "zone": "Asia/Urumqi"})

    assert (found, found.tzinfo) == (datetime(2021, 10, 15, 17, tzinfo=ZoneInfo("Asia/Urumqi")), ZoneInfo("Asia/Urumqi"))


def test_today_is_that_of_the_zone():
    late = datetime(2021, 10, 12, 17, tzinfo=timezone.utc)  # 13 October, 01:00

    assert call("due in", 1, now=late) == datetime(2021, 10, 15, tzinfo=FUXIN)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("role", ("", "xihe")), ("role", ("county", None)), ("cutoff", (None,)), ("cutoff", ("2021-10-15",)), ("cutoff", (date.max,)), ("opens", (date.min,)), ("due in", (0,)), ("due in", (D("1.5"),)),
        ("due in", (True,)), ("add working days", (date(2021, 1, 1), 10**9)), ("printed span end", (date(2021, 1, 1), -1)),
    ],
)
def test_wrong_arguments_are_rejected(name, args):
    with pytest.raises(Rejected):
        call(name, *args)


def test_a_deadline_in_an_unconfirmed_year_is_refused():
    with pytest.raises(CalendarTooShort):
        call("due in", 5, now=datetime(2026, 12, 30, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('role("county_health", body.org)', "county_health@xihe"),
        ("cutoff(scheme.stages.recommend.end)", datetime(2021, 10, 16, tzinfo=FUXIN)),
        ("add working days(@\"2021-10-15\", 3)", date(2021, 10, 20)),
        ("working days between(scheme.stages.recommend.start, scheme.stages.recommend.end) = 19", True),
        ("due in(3) < cutoff(scheme.stages.recommend.end)", False),
        ("due in(null)", None),
    ],
)
def test_expressions_find_them_by_their_names(text, expected):
    scheme = {"stages": {"recommend": {"start": date(2021, 9, 15), "end": date(2021, 10, 15)}}}
    environment = Environment(now=NOON, zone=FUXIN, functions=host_functions(CN, scheme, now=NOON))

    assert parse(text, names=NAMES)({"scheme": scheme, "body": {"org": "xihe"}}, environment) == expected
