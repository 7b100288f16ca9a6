"""操作记录: the record of the place as sentences, filtered, newest first; the address holds the filter and the place in the list. Reads only."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from adapters.locale import say
from adapters.web.audit.ports import Auditing, Auditor, Record
from adapters.web.audit.telling import ACTS, Register, tellings
from adapters.web.rendering import render
from adapters.web.signed_in import Visitor
from engine.refusals import NotFound
from engine.scheme.calendar import starts_at

router = APIRouter()
PER_PAGE = 50
CURSOR = re.compile(r"(\d{1,18})\.(\d{1,12})\.(.{1,100})\Z")
Text = Annotated[str, Query(max_length=100)]


@router.get("/audit")
def journal(request: Request, visitor: Auditor, record: Record, who: Text = "", what: Text = "", since: Text = "", until: Text = "",
            campaign: Text = "", stream: Text = "", element: Text = "", before: Text = "") -> Response:
    filters = {"who": who.strip(), "what": what, "since": since, "until": until, "campaign": campaign, "stream": stream, "element": element.strip()}
    rows = record.lines(visitor.place.id, visitor.person.id, _wanted(visitor, record, filters), PER_PAGE + 1, _cursor(before))
    shown = rows[:PER_PAGE]
    older = _after(shown[-1].cursor) if len(rows) > PER_PAGE else ""
    return render(
        request, "audit_journal.html", lines=tellings(visitor, record, shown), filters=filters, chips=list(_chips(visitor, record, filters)),
        campaigns=[(each.id, each.title) for each in record.campaigns(visitor.place.id, visitor.person.id)], acts=list(ACTS), older=older, later=bool(before))


def _after(cursor: tuple[int, str, int]) -> str:
    at, stream, seq = cursor
    return f"{at}.{seq}.{stream}"


def _cursor(text: str) -> tuple[int, str, int] | None:
    found = CURSOR.match(text)
    return (int(found[1]), found[3], int(found[2])) if found else None


def _wanted(visitor: Visitor, record: Auditing, filters: Mapping[str, str]) -> Any:
    elements = _elements(visitor, record, filters["element"], filters["campaign"]) if filters["element"] else ()
    return record.wanted(
        who=filters["who"], commands=ACTS.get(filters["what"], ()), since=_begin(visitor, filters["since"], 0), until=_begin(visitor, filters["until"], 1),
        campaign=filters["campaign"], stream=filters["stream"], elements=elements)


def _begin(visitor: Visitor, text: str, later: int) -> datetime | None:
    """The moment at which a day begins here, or the one `later` days after it; None without a day."""
    try:
        return starts_at(date.fromisoformat(text) + timedelta(days=later), visitor.zone)
    except (ValueError, OverflowError):
        return None


def _elements(visitor: Visitor, record: Auditing, text: str, campaign: str) -> tuple[str, ...]:
    """The ids of the elements of that name, or whose name contains it, in the campaign's package or in all; the text itself when there is none."""
    place = visitor.place.id
    packages = {each.package for each in record.campaigns(place, visitor.person.id) if each.id == campaign}
    packages = packages or {each.hash for each in visitor.system.publications.packages(place)}
    found = {}
    for package in sorted(packages):
        for process in visitor.words.bundle(package).graphs.processes.values():
            found.update({node.id: node.name == text for node in process.nodes.values() if node.id == text or text in node.name})
    exact = [id for id, same in found.items() if same]
    return tuple(exact or found or [text])


def _chips(visitor: Visitor, record: Auditing, filters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The filters that are on, in words."""
    titles = {each.id: each.title for each in record.campaigns(visitor.place.id, visitor.person.id)}
    for name, value in filters.items():
        if value and name == "campaign":
            yield name, titles.get(value, value)
        elif value and name == "stream":
            yield name, stream_name(visitor, record, value)
        elif value:
            yield name, value


def stream_name(visitor: Visitor, record: Auditing, stream: str) -> str:
    """What a stream is, in words: an instance's title, a package's, or the place's own register."""
    if stream == "place" or ":" in stream:
        return Register(visitor, record, {}).stream(stream)
    try:
        return str(record.head(visitor.place.id, visitor.person.id, stream).title)
    except NotFound:
        return stream
