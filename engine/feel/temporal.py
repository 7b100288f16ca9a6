"""Dates, times and durations: text to value, value to text, and their arithmetic. Reads no clock.

Python's own classes hold a value wherever they can (years 1 to 9999, microseconds). The classes `Far…` hold the rest of what
FEEL allows: years up to ±999,999,999 and nanoseconds. Everything here works on four plain forms: days since 1970-01-01,
nanoseconds of the day, nanoseconds of a duration, and a zone (None, `timezone` for an offset, `ZoneInfo` for a named zone).
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
MAX_YEAR = 999_999_999
MAX_DURATION = MAX_YEAR * 366 * DAY
Zone = tzinfo | None


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar (year 0 exists, as in ISO 8601)."""
    y = year - (month <= 2)
    era, yoe = divmod(y, 400)
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month, day of a count of days since 1970-01-01."""
    era, doe = divmod(days + 719_468, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + (3 if mp < 10 else -9)
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


FIRST_DAY, LAST_DAY = days_from_civil(-MAX_YEAR, 1, 1), days_from_civil(MAX_YEAR, 12, 31)


def days_in_month(year: int, month: int) -> int:
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    return days_from_civil(*following, 1) - days_from_civil(year, month, 1)


@dataclass(frozen=True, slots=True)
class YearMonthDuration:
    """A length in whole months; never comparable with days."""

    total: int

    def __canonical__(self) -> dict[str, int]:
        """As the journal keeps it."""
        return {"$ym": self.total}

    @property
    def years(self) -> int:
        return _truncate(self.total, 12)

    @property
    def months(self) -> int:
        return self.total - self.years * 12


def _truncate(value: int, unit: int) -> int:
    return value // unit if value >= 0 else -(-value // unit)


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date outside the years 1 to 9999, as days since 1970-01-01."""

    total: int


@dataclass(frozen=True, slots=True)
class FarTime:
    """A time of day finer than a microsecond, as nanoseconds since midnight."""

    nanos: int
    zone: Zone


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date and time that `datetime` cannot hold."""

    total: int
    nanos: int
    zone: Zone


@dataclass(frozen=True, slots=True)
class FarDuration:
    """A days and time duration that `timedelta` cannot hold, in nanoseconds."""

    nanos: int


AnyDate = date | FarDate
AnyTime = time | FarTime
AnyDateTime = datetime | FarDateTime
AnyDuration = timedelta | FarDuration


# Packing and unpacking: the only places that know the two families of classes.

def days_of(value: AnyDate | AnyDateTime) -> int:
    if isinstance(value, date):  # datetime is a date
        return value.toordinal() - EPOCH_ORDINAL
    return value.total


def nanos_of(value: AnyTime | AnyDateTime) -> int:
    if isinstance(value, (time, datetime)):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * SECOND + value.microsecond * 1000
    return value.nanos


def zone_of(value: AnyTime | AnyDateTime) -> Zone:
    return value.tzinfo if isinstance(value, (time, datetime)) else value.zone


def duration_nanos(value: AnyDuration) -> int:
    if isinstance(value, timedelta):
        return (value.days * 86_400 + value.seconds) * SECOND + value.microseconds * 1000
    return value.nanos


def make_date(days: int) -> AnyDate:
    ordinal = days + EPOCH_ORDINAL
    if 1 <= ordinal <= 3_652_059:
        return date.fromordinal(ordinal)
    if not FIRST_DAY <= days <= LAST_DAY:
        raise OverflowError("year")
    return FarDate(days)


def make_time(nanos: int, zone: Zone) -> AnyTime:
    if nanos % 1000:
        return FarTime(nanos, zone)
    seconds, fraction = divmod(nanos, SECOND)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, fraction // 1000, zone)


def make_date_time(days: int, nanos: int, zone: Zone) -> AnyDateTime:
    day, clock = make_date(days), make_time(nanos, zone)
    if isinstance(day, date) and isinstance(clock, time):
        return datetime.combine(day, clock)
    return FarDateTime(days, nanos, zone)


def make_duration(nanos: int) -> AnyDuration:
    if abs(nanos) > MAX_DURATION:
        raise OverflowError("duration")
    if nanos % 1000 or abs(nanos) >= 999_999_999 * DAY:
        return FarDuration(nanos)
    return timedelta(microseconds=nanos // 1000)


# Zones

@lru_cache(maxsize=1024)
def named_zone(key: str) -> ZoneInfo:
    """Raises ValueError when the pinned tz database has no such zone."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*", key):
        raise ValueError(key)
    try:
        return ZoneInfo(key)
    except (OSError, KeyError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(key) from error


def offset_zone(seconds: int) -> timezone:
    """Raises ValueError beyond ±18:00, the widest that FEEL's kit and java.time know."""
    if abs(seconds) > 18 * 3600:
        raise ValueError(seconds)
    return timezone(timedelta(seconds=seconds)) if seconds else timezone.utc


def offset_at(days: int, nanos: int, zone: Zone) -> int | None:
    """The zone's offset from UTC in nanoseconds at a local date and time; None for local time without a zone."""
    if zone is None:
        return None
    if isinstance(zone, timezone):
        return duration_nanos(zone.utcoffset(None))
    year, month, day = civil_from_days(days)
    if not 2 <= year <= 9998:  # the Gregorian calendar repeats every 400 years
        days = days_from_civil((year % 400) + (2000 if year > 0 else 400), month, day)
    seconds = nanos // SECOND
    local = datetime.combine(date.fromordinal(days + EPOCH_ORDINAL), time(seconds // 3600, seconds // 60 % 60, seconds % 60), zone)
    offset = local.utcoffset()
    return None if offset is None else duration_nanos(offset)


def time_offset(value: AnyTime | AnyDateTime) -> int | None:
    """The property `time offset` in nanoseconds; a time of day in a named zone has none, it depends on the date."""
    if isinstance(value, datetime):
        offset = value.utcoffset()
        return None if offset is None else duration_nanos(offset)
    if isinstance(value, FarDateTime):
        return offset_at(value.total, value.nanos, value.zone)
    zone = zone_of(value)
    return duration_nanos(zone.utcoffset(None)) if isinstance(zone, timezone) else None


def zone_id(value: AnyTime | AnyDateTime) -> str | None:
    """The name of the zone («Asia/Shanghai»); None for an offset or local time."""
    zone = zone_of(value)
    return zone.key if isinstance(zone, ZoneInfo) else None


def instant(value: AnyDateTime) -> int:
    """Nanoseconds since the epoch; for local time, as if it were UTC."""
    return days_of(value) * DAY + nanos_of(value) - (time_offset(value) or 0)


def clock(value: AnyTime) -> int:
    """Nanoseconds since midnight UTC; a named zone counts as local, for its offset depends on the date."""
    return nanos_of(value) - (time_offset(value) or 0)


# Text to value

_YEAR = r"(?P<year>-?(?:[1-9]\d{3,8}|0\d{3}))-(?P<month>\d\d)-(?P<day>\d\d)"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?"
_ZONE = r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<oh>\d\d):(?P<om>\d\d)(?::(?P<os>\d\d))?|@(?P<zone>[A-Za-z0-9_+\-/]+))?"
_DATE = re.compile(_YEAR, re.ASCII)
_TIME = re.compile(_CLOCK + _ZONE, re.ASCII)
_DATE_TIME = re.compile(_YEAR + "T" + _CLOCK + _ZONE, re.ASCII)
_YEARS_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_DAYS_TIME = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{0,9}))?S)?)?", re.ASCII)
_LONGEST = 120


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(text)
    return match


def _days(match: re.Match[str]) -> int:
    return checked_days(int(match["year"]), int(match["month"]), int(match["day"]))


def checked_days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; ValueError when there is no such day."""
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise ValueError((year, month, day))
    return days_from_civil(year, month, day)


def checked_nanos(hour: int, minute: int, nanos: int) -> int:
    """Nanoseconds since midnight; ValueError when there is no such time (24:00:00 and leap seconds included)."""
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= nanos < 60 * SECOND):
        raise ValueError((hour, minute, nanos))
    return (hour * 60 + minute) * 60 * SECOND + nanos


def _nanos(match: re.Match[str]) -> int:
    fraction = int((match["fraction"] or "").ljust(9, "0"))
    return checked_nanos(int(match["hour"]), int(match["minute"]), int(match["second"]) * SECOND + fraction)


def _zone(match: re.Match[str]) -> Zone:
    if match["utc"]:
        return timezone.utc
    if match["zone"]:
        return named_zone(match["zone"])
    if not match["sign"]:
        return None
    hours, minutes, seconds = int(match["oh"]), int(match["om"]), int(match["os"] or 0)
    if minutes > 59 or seconds > 59:
        raise ValueError(match.string)
    total = hours * 3600 + minutes * 60 + seconds
    return offset_zone(-total if match["sign"] == "-" else total)


def parse_date(text: str) -> AnyDate:
    return make_date(_days(_match(_DATE, text)))


def parse_time(text: str) -> AnyTime:
    match = _match(_TIME, text)
    return make_time(_nanos(match), _zone(match))


def parse_date_time(text: str) -> AnyDateTime:
    """A date alone is midnight local time."""
    if "T" not in text:
        return make_date_time(_days(_match(_DATE, text)), 0, None)
    match = _match(_DATE_TIME, text)
    return make_date_time(_days(match), _nanos(match), _zone(match))


def parse_duration(text: str) -> AnyDuration | YearMonthDuration:
    """Either kind by what the text names; a mixture («P1Y2D») is neither and a ValueError."""
    if len(text) > _LONGEST:
        raise ValueError(text)
    match = _YEARS_MONTHS.fullmatch(text)
    if match is not None and (match[2] or match[3]):
        total = int(match[2] or 0) * 12 + int(match[3] or 0)
        if total > MAX_YEAR * 12:
            raise OverflowError(text)
        return YearMonthDuration(-total if match[1] else total)
    match = _match(_DAYS_TIME, text)
    if text.endswith(("P", "T")):
        raise ValueError(text)
    seconds = ((int(match[2] or 0) * 24 + int(match[3] or 0)) * 60 + int(match[4] or 0)) * 60 + int(match[5] or 0)
    nanos = seconds * SECOND + int((match[6] or "").ljust(9, "0"))
    return make_duration(-nanos if match[1] else nanos)


def parse_at(text: str) -> AnyDate | AnyTime | AnyDateTime | AnyDuration | YearMonthDuration:
    """What stands in `@"…"`: the form of the text says which kind it is."""
    if text[:1] == "P" or text[:2] == "-P":
        return parse_duration(text)
    if text[2:3] == ":":
        return parse_time(text)
    return parse_date_time(text) if "T" in text else parse_date(text)


# Value to text

def date_text(value: AnyDate) -> str:
    if isinstance(value, date):
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    return _days_text(value.total)


def _days_text(days: int) -> str:
    year, month, day = civil_from_days(days)
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}"


def _fraction_text(nanos: int) -> str:
    return "." + f"{nanos:09d}".rstrip("0") if nanos else ""


def _zone_text(zone: Zone) -> str:
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return "@" + (zone.key or "")
    seconds = int((zone.utcoffset(None) or timedelta()).total_seconds())
    if not seconds:
        return "Z"
    hours, rest = divmod(abs(seconds), 3600)
    tail = f":{rest % 60:02d}" if rest % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{rest // 60:02d}{tail}"


def time_text(value: AnyTime | AnyDateTime) -> str:
    """The time part, with its zone: Z, an offset, or @ and the zone's name."""
    seconds, fraction = divmod(nanos_of(value), SECOND)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction_text(fraction)}{_zone_text(zone_of(value))}"


def date_time_text(value: AnyDateTime) -> str:
    return f"{_days_text(days_of(value))}T{time_text(value)}"


def duration_text(value: AnyDuration | YearMonthDuration) -> str:
    if isinstance(value, YearMonthDuration):
        years, months = divmod(abs(value.total), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if value.total < 0 else "P") + body
    nanos = duration_nanos(value)
    seconds, fraction = divmod(abs(nanos), SECOND)
    days, clock_seconds = divmod(seconds, 86_400)
    hours, minutes, rest = clock_seconds // 3600, clock_seconds // 60 % 60, clock_seconds % 60
    body = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or fraction:
        body += f"{rest}{_fraction_text(fraction)}S"
    text = (f"{days}D" if days else "") + (f"T{body}" if body else "")
    return ("-P" if nanos < 0 else "P") + (text or "T0S")


# Arithmetic

def add_months(days: int, months: int) -> int:
    """The same day of the month, or its last day where there is none (31 January + 1 month = 28 or 29 February)."""
    year, month, day = civil_from_days(days)
    year, month0 = divmod(year * 12 + month - 1 + months, 12)
    return days_from_civil(year, month0 + 1, min(day, days_in_month(year, month0 + 1)))


def months_between(start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime) -> int:
    """Whole months from the one date to the other, negative when `end` is earlier; times of day do not count."""
    a, b = civil_from_days(days_of(start)), civil_from_days(days_of(end))
    months = (b[0] - a[0]) * 12 + b[1] - a[1]
    if months > 0 and b[2] < a[2]:
        return months - 1
    if months < 0 and b[2] > a[2]:
        return months + 1
    return months


def shift(value: AnyDateTime, nanos: int) -> AnyDateTime:
    """`value` moved along the time line; the zone stays, the local time follows it across a change of offset."""
    zone = zone_of(value)
    if not isinstance(zone, ZoneInfo):
        days, rest = divmod(days_of(value) * DAY + nanos_of(value) + nanos, DAY)
        return make_date_time(days, rest, zone)
    utc = instant(value) + nanos
    days, rest = divmod(utc, DAY)
    if 2 <= civil_from_days(days)[0] <= 9998 and rest % 1000 == 0:
        return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=utc // 1000)).astimezone(zone)
    guess = divmod(utc + (offset_at(days, rest, zone) or 0), DAY)
    return make_date_time(*divmod(utc + (offset_at(*guess, zone) or 0), DAY), zone)


def week_of_year(days: int) -> int:
    """ISO 8601 week number."""
    year, month, day = civil_from_days(days)
    return date((year % 400) + 2000, month, day).isocalendar().week  # weekdays repeat every 400 years


def weekday(days: int) -> int:
    """Monday is 1."""
    return (days + 3) % 7 + 1


def day_of_year(days: int) -> int:
    return days - days_from_civil(civil_from_days(days)[0], 1, 1) + 1
