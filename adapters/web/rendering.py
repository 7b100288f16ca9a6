"""Templates and the words and figures in them: dates, lamps, sizes. Shows what it is given; looks nothing up."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from adapters.locale import LANGUAGES, knows, say
from adapters.web.signed_in import Visitor, carry_form_secret, ensure_form_token, language_of
from engine.scheme.calendar import Calendar, CalendarTooShort, starts_at
from engine.scheme.deadline import Lamp, TimeLeft, lamp_of, time_left

HERE = Path(__file__).parent
WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAMPS = {Lamp.GREEN: ("normal", "正常"), Lamp.AMBER: ("soon", "临期"), Lamp.RED: ("late", "今日到期")}
OVERDUE = ("late", "逾期")
COUNTED = 1000  # as far as lists of tasks are counted (adapters/database/worklist.py)
LAMP = Markup('<span class="lamp lamp-{}">{}</span>')


def day_words(day: date, today: date, language: str) -> str:
    """10月15日（周五）; the year only when it is not this one."""
    if language == "en":
        return f"{day.day} {MONTHS[day.month - 1]}{'' if day.year == today.year else f' {day.year}'} ({WEEKDAYS['en'][day.weekday()]})"
    return f"{'' if day.year == today.year else f'{day.year}年'}{day.month}月{day.day}日（周{WEEKDAYS['zh'][day.weekday()]}）"


def moment_words(at: datetime, today: date, zone: ZoneInfo, language: str) -> str:
    """今天 14:32, 10月15日（周五）14:32."""
    local = at.astimezone(zone)
    day = say("今天", language) if local.date() == today else day_words(local.date(), today, language)
    return f"{day} {local.hour:02}:{local.minute:02}"


def deadline_words(due_at: datetime, now: datetime, zone: ZoneInfo, language: str) -> str:
    """10月15日（周五）24:00: a deadline at midnight belongs to the day it ends."""
    return _deadline_words(due_at, now.astimezone(zone).date(), zone, language)


def _deadline_words(due_at: datetime, today: date, zone: ZoneInfo, language: str) -> str:
    local = due_at.astimezone(zone)
    day, clock = local.date(), f"{local.hour:02}:{local.minute:02}"
    if clock == "00:00":
        day, clock = day - timedelta(days=1), "24:00"
    words = say("今天", language) if day == today else day_words(day, today, language)
    return f"{words}{' ' if language == 'en' or day == today else ''}{clock}"


def left_words(left: TimeLeft, language: str) -> str:
    """还剩 2 个工作日; 已逾期 1 个工作日."""
    if left.overdue:
        return say("已逾期 {days} 个工作日", language, days=left.working_days) if left.working_days else say("今天已过时限", language)
    if left.working_days:
        return say("还剩 {days} 个工作日", language, days=left.working_days)
    return say("还剩 {hours} 小时", language, hours=left.hours) if left.hours else say("不足 1 小时", language)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline as a page tells it: the moment, the working time left, the lamp."""

    words: str
    left: str
    lamp: Markup


class Clockwork:
    """Dates and lamps for one page: a moment, a zone, a calendar, a language. The tasks of a page share few deadlines, so each is told once."""

    def __init__(self, now: datetime, zone: ZoneInfo, calendar: Calendar, language: str) -> None:
        self.now, self.zone, self.calendar, self.language = now, zone, calendar, language
        self._told: dict[datetime, Deadline] = {}

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day(self, day: date | str | None) -> str:
        if not day:
            return ""
        return day_words(date.fromisoformat(day) if isinstance(day, str) else day, self.today, self.language)

    def moment(self, at: datetime | None) -> str:
        return moment_words(at, self.today, self.zone, self.language) if at else ""

    def month(self, day: date) -> str:
        return MONTHS[day.month - 1] if self.language == "en" else f"{day.month}月"

    def real(self, at: datetime) -> str:
        """A moment of the real clock in a demo place, whose own clock may be elsewhere: 14:32 when it is of the same day, else with the date."""
        local, today = at.astimezone(self.zone), datetime.now(timezone.utc).astimezone(self.zone).date()
        return f"{local:%H:%M}" if local.date() == today else f"{day_words(local.date(), today, self.language)} {local:%H:%M}"

    def full(self, at: datetime) -> str:
        """With the year, for the place's clock and for print: 2021年10月12日（周二）09:30."""
        local = at.astimezone(self.zone)
        return f"{day_words(local.date(), date.min, self.language)} {local:%H:%M}"

    def where_later_begins(self, dates: Iterable[datetime | None]) -> int | None:
        """The place of the first deadline after the end of today that follows one of today or before; one without a date is later."""
        tomorrow = starts_at(self.today + timedelta(days=1), self.zone)
        later = [at is None or at > tomorrow for at in dates]
        return next((n for n in range(1, len(later)) if later[n] and not later[n - 1]), None)

    def due(self, due_at: datetime) -> Deadline:
        """A deadline in words, with its lamp."""
        if due_at not in self._told:
            lamp, left = self._lamp_and_left(due_at)
            words = _deadline_words(due_at, self.today, self.zone, self.language)
            self._told[due_at] = Deadline(words, left, LAMP.format(lamp[0], say(lamp[1], self.language)))
        return self._told[due_at]

    def deadline(self, at: datetime | None) -> str:
        return self.due(at).words if at else ""

    def left(self, due_at: datetime | None) -> str:
        """Working time left, in words; clock days where the calendar has no table for the year."""
        return self.due(due_at).left if due_at else ""

    def lamp(self, due_at: datetime | None, counts: bool = True) -> Markup:
        """● 正常, ◆ 临期, ▲ 逾期; nothing for a voluntary step or one without a date."""
        return self.due(due_at).lamp if due_at and counts else Markup("")

    def _lamp_and_left(self, due_at: datetime) -> tuple[tuple[str, str], str]:
        try:
            left = time_left(due_at, self.now, self.calendar, self.zone)
        except CalendarTooShort:
            days = (due_at - self.now).days
            words = say("还剩 {days} 天（{year}年工作日历未确认）", self.language, days=days, year=due_at.astimezone(self.zone).year)
            return OVERDUE if self.now >= due_at else LAMPS[Lamp.GREEN], words
        return OVERDUE if left.overdue else LAMPS[lamp_of(left)], left_words(left, self.language)

    def machine(self, at: datetime | None) -> str:
        """For the datetime attribute of <time>."""
        return at.astimezone(self.zone).isoformat(timespec="minutes") if at else ""


def amount(count: int) -> str:
    """A figure that the queries count no further than one beyond COUNTED: 999, 1000, 1000+."""
    return f"{COUNTED}+" if count > COUNTED else str(count)


def size_words(size: int) -> str:
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(1, round(size / 1024))} KB"


@pass_context
def media_words(context: Context, accepted: Iterable[str]) -> list[str]:
    """Media types in words."""
    return [say(f"media.{each}", context.get("language", "zh")) if knows(f"media.{each}") else each for each in accepted]


def row_sum(row: Iterable[Any]) -> str:
    """The plain sum of a row of a score sheet as typed; empty when a cell is no number."""
    try:
        return str(sum((Decimal(str(cell.value)) for cell in row if cell.value not in (None, "")), Decimal(0)))
    except InvalidOperation:
        return ""


@lru_cache(maxsize=256)
def icon(name: str) -> Markup:
    """A decorative icon of the sprite; the words stand beside it."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="/static/dist/icons.svg#{}"/></svg>').format(name)


def translated(language: str, text: str, /, **details: object) -> str:
    return say(text, language, **details)


# What templates call `t`. Bound to its language beforehand: one that asked the context for it would have Jinja copy the context in every loop.
SAY = {language: partial(translated, language) for language in LANGUAGES}


def query_for(name: str, base: Mapping[str, object], *without: str) -> str:
    """The address's query up to the value that parameter `name` is going to get."""
    rest = query(base, **dict.fromkeys((name, *without)))
    return f"{rest}&{name}=" if rest != "?" else f"?{name}="


def query(base: Mapping[str, object], **changed: object) -> str:
    """The address's query with some parameters changed; None or empty takes one out."""
    merged = {**base, **changed}
    return "?" + urlencode({key: value for key, value in merged.items() if value not in (None, "")}, doseq=True)


def environment() -> Environment:
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(t=SAY["zh"], icon=icon, query=query, query_for=query_for, amount=amount, COUNTED=COUNTED, size_words=size_words, media_words=media_words, row_sum=row_sum)
    return made


def clockwork(request: Request, visitor: Visitor | None) -> Clockwork:
    language = language_of(request)
    if visitor is None:
        return Clockwork(datetime.now(timezone.utc), ZoneInfo("Asia/Shanghai"), Calendar(), language)
    return Clockwork(visitor.now, visitor.zone, visitor.system.published.calendar(visitor.place.id), language)


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page `template` with what every page needs: words, dates, form token, nonce, and who is signed in."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    language = language_of(request)
    shared = {
        "request": request, "language": language, "t": SAY[language], "nonce": request.scope["banli.nonce"], "csrf": ensure_form_token(request),
        "visitor": visitor, "path": request.url.path, "when": clockwork(request, visitor), "counts": None,
    }
    if visitor is not None and "counts" not in context:
        shared["counts"] = visitor.system.queries.counts(visitor.place.id, visitor.person.id)
    body = request.app.state.templates.get_template(template).render({**shared, **context})
    response = HTMLResponse(body, status_code=status)
    carry_form_secret(request, response)
    return response
