"""Pages that need no sign-in: public notices and licences. Only what was agreed to be public."""
from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.web.rendering import render
from adapters.web.notices import public_notices
from adapters.web.objections import takes_objections
from adapters.web.signed_in import system_of
from engine.refusals import NotFound

router = APIRouter()


@router.get("/public")
def public_list(request: Request) -> Response:
    system = system_of(request)
    return render(request, "public_list.html", notices=[(place, notice) for place in system.places() for notice in public_notices(system, place.id)])


@router.get("/public/{place}/{campaign}")
def public_notice(request: Request, place: str, campaign: str) -> Response:
    system = system_of(request)
    if place not in {each.id for each in system.places()}:
        raise NotFound("web.not_found")
    found = next((each for each in public_notices(system, place) if each.campaign == campaign), None)
    if found is None:
        raise NotFound("web.not_found")
    return render(request, "public.html", notice=found, place=place, objectable=takes_objections(system, place, found))


@router.get("/about")
def about(request: Request) -> Response:
    return render(request, "about.html")
