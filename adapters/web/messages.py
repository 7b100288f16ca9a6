"""Messages to a person in words: those of the package from its texts, those about their own tasks from our catalogue. Sends nothing."""
from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from adapters.locale import knows, say
from adapters.web.ports import Row
from adapters.web.rendering import deadline_words, day_words
from adapters.web.signed_in import Visitor
from adapters.web.views import NoticeLine

PER_PAGE = 50
WRITTEN_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)@(\S+)\Z")  # a moment as FEEL writes it
NO_LINK = ""  # the page's own link stands at the title


def notices(visitor: Visitor, page: int) -> list[NoticeLine]:
    """One page of them, newest first."""
    rows = visitor.system.queries.notices(visitor.place.id, visitor.person.id, PER_PAGE, (page - 1) * PER_PAGE)
    titles: dict[str, str] = {}
    seen = _seen(visitor, sorted({row.instance for row in rows if row.instance}))
    return [_notice(visitor, row, titles, seen) for row in rows]


def _seen(visitor: Visitor, instances: list[str]) -> dict[str, str]:
    """Instance → what its messages lead to: its own page, or its campaign's where the reader sees no more; without either it is left out."""
    queries, place, me = visitor.system.queries, visitor.place.id, visitor.person.id
    seen = queries.visible(place, me, instances)
    found = {id: f"/instances/{id}" for id in instances if id in seen}
    hidden = [id for id in instances if id not in seen]
    if hidden:
        campaigns = {row.id for row in queries.campaigns(place, me)}
        roots = {id: visitor.system.head(place, id).root for id in hidden}
        found |= {id: f"/campaigns/{root}" for id, root in roots.items() if root in campaigns}
    return found


def _notice(visitor: Visitor, row: Row, titles: dict[str, str], seen: Mapping[str, str]) -> NoticeLine:
    params = {name: readable(visitor, value) for name, value in row.params.items()}
    link = seen.get(row.instance, "")
    link = f"/tasks/{row.instance}/{row.task}" if row.task and link.startswith("/instances/") else link
    own = f"message.{row.template}"
    if knows(own):
        by = str(params.get("by") or "")
        title = say(own, visitor.language, **{**params, "by": visitor.words.person(by) if by else ""})
        return NoticeLine(row.id, row.sent_at, title, str(params.get("text") or params.get("reason") or ""), row.read, link)
    given = {**params, "campaign": _campaign(visitor, row.instance, titles), "place": visitor.place.title, "link": NO_LINK}
    title, body = visitor.system.words(visitor.place.id, row.instance, row.template, given)
    return NoticeLine(row.id, row.sent_at, title, body, row.read, link)


def _campaign(visitor: Visitor, instance: str, titles: dict[str, str]) -> str:
    """The title of the campaign that an instance belongs to, asked once an instance."""
    if instance not in titles:
        root = visitor.system.head(visitor.place.id, instance).root
        titles[instance] = visitor.system.head(visitor.place.id, root or instance).title
    return titles[instance]


def readable(visitor: Visitor, value: Any) -> Any:
    """Dates and moments as the pages write them; everything else as it is."""
    if isinstance(value, datetime):
        return deadline_words(value, visitor.now, visitor.zone, visitor.language)
    if isinstance(value, date):
        return day_words(value, visitor.now.astimezone(visitor.zone).date(), visitor.language)
    if isinstance(value, str) and (found := WRITTEN_MOMENT.match(value)):
        return deadline_words(datetime.fromisoformat(found[1]).replace(tzinfo=visitor.zone), visitor.now, visitor.zone, visitor.language)
    if isinstance(value, Mapping):
        return {name: readable(visitor, each) for name, each in value.items()}
    return value
