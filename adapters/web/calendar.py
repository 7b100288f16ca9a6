"""The deadlines of one person's open tasks as an iCalendar file: civil days, reminders a day before. Names no person whom a task is about."""
from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from adapters.locale import say
from adapters.web.ports import Row, System
from adapters.web.words import Words

MOST = 1000
LANGUAGE = "zh"  # a calendar program sends no cookie
BEFORE = timedelta(hours=-15)  # 9 o'clock on the day before the deadline's day


def calendar_of(system: System, place: Row, person: str, words: Words, base: str) -> bytes:
    """The file, byte for byte the same while the tasks are. `base`: the address of the pages, for the links."""
    made = Calendar()
    made.add("prodid", "-//Banli//deadlines//ZH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", say("{place} 办理期限", LANGUAGE, place=place.title))
    for row in system.queries.inbox(place.id, person, {}, MOST).rows:
        if row.due_at is not None:
            made.add_component(_event(row, place, words, base))
    return bytes(made.to_ical())


def _event(row: Row, place: Row, words: Words, base: str) -> Event:
    # A deadline at midnight belongs to the day that it ends.
    day = (row.due_at - timedelta(microseconds=1)).astimezone(ZoneInfo(place.zone)).date()
    stage = words.stage(row.package, row.scheme, row.stage) if row.stage else ""
    event = Event()
    event.add("uid", f"{row.instance}.{row.task}@{place.id}.banli")
    event.add("dtstamp", row.opened_at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", say("截止：{name}", LANGUAGE, name=row.name))
    event.add("description", "\n".join(filter(None, [row.campaign_title, stage, f"{base}/tasks/{row.instance}/{row.task}"])))
    event.add("url", f"{base}/tasks/{row.instance}/{row.task}")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", say("明日截止：{name}", LANGUAGE, name=row.name))
    alarm.add("trigger", BEFORE)
    event.add_component(alarm)
    return event
