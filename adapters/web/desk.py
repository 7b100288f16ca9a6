"""A person's own desk: phrases for opinions, one message read, and the calendar feed of their deadlines. Nobody else's is in reach."""
from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.web.calendar import calendar_of
from adapters.web.rendering import render
from adapters.web.session import local_address, posts_of
from adapters.web.signed_in import Signed, system_of, text_of
from adapters.web.words import Words

router = APIRouter()


@router.post("/me/phrases")
def add_phrase(request: Request, visitor: Signed) -> Response:
    visitor.system.desk.add_phrase(visitor.place.id, visitor.person.id, text_of(request, "text"))
    return RedirectResponse(local_address(text_of(request, "next") or "/me"), 303)


@router.post("/me/phrases/{id}/drop")
def drop_phrase(visitor: Signed, id: str) -> Response:
    visitor.system.desk.drop_phrase(visitor.place.id, visitor.person.id, id)
    return RedirectResponse("/me", 303)


@router.post("/me/calendar")
def open_feed(request: Request, visitor: Signed) -> Response:
    """Makes the address anew and shows it this once."""
    secret = visitor.system.desk.open_feed(visitor.place.id, visitor.person.id)
    address = f"{request.url.scheme}://{request.headers.get('host', '')}/calendar/{quote(secret)}.ics"
    return render(request, "me.html", posts=posts_of(visitor), phrases=visitor.system.desk.phrases(visitor.place.id, visitor.person.id), has_feed=True, feed=address)


@router.post("/me/calendar/drop")
def close_feed(visitor: Signed) -> Response:
    visitor.system.desk.close_feed(visitor.place.id, visitor.person.id)
    return RedirectResponse("/me", 303)


@router.get("/calendar/{secret}.ics")
def feed(request: Request, secret: str) -> Response:
    """The open tasks' deadlines of whoever holds the address; needs no session, for calendar programs have none."""
    system = system_of(request)
    place_id, person = system.desk.feed_of(secret)
    request.app.state.pace.check(f"feed/{place_id}/{person}")
    place = next(each for each in system.places() if each.id == place_id)
    words = Words(system, place_id, "zh", request.app.state.organisations)
    base = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return Response(calendar_of(system, place, person, words, base), media_type="text/calendar; charset=utf-8")


@router.post("/notifications/{id}/read")
def read_one(visitor: Signed, id: str) -> Response:
    """已阅: one message of one's own."""
    visitor.system.mark_read(visitor.place.id, visitor.person.id, [id])
    return RedirectResponse("/notifications", 303)
