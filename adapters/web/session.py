"""Signing in and out, the language, and the first page; checks no passwords itself."""
from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.web import errors
from adapters.web.personas import offered, personas
from adapters.web.ports import Session
from adapters.web.rendering import render
from adapters.web.signed_in import Signed, Visitor, cookie_name, form_cookie_name, session_of, set_cookie, system_of, text_of
from adapters.web.views import Post
from engine.refusals import NotFound, Refused

router = APIRouter()


@router.get("/")
def first_page(request: Request) -> Response:
    return RedirectResponse("/inbox" if session_of(request) else "/sign-in", 303)


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "") -> Response:
    if session_of(request):
        return RedirectResponse(local_address(next), 303)
    return _page(request, next)


@router.get("/sign-in/switch")
def switch(request: Request, visitor: Signed) -> Response:
    """Another identity in a demo place: the sign-in page although somebody is signed in."""
    if visitor.place.kind == "live":
        raise NotFound("web.no_such_page")
    return _page(request, "")


@router.post("/sign-in")
def sign_in(request: Request) -> Response:
    system, login, following = system_of(request), text_of(request, "login"), text_of(request, "next")
    try:
        session = system.identity.sign_in(text_of(request, "place"), login, text_of(request, "password"), address(request))
    except Refused as refusal:
        return _page(request, following, refusal=refusal, login=login)
    return _signed_in(request, session, local_address(following))


@router.post("/sign-in/demo")
def sign_in_demo(request: Request) -> Response:
    """One click as a prepared person; only in places that are no live ones, and only as one of those offered."""
    session = demo_session(request, text_of(request, "place"), text_of(request, "person"))
    return _signed_in(request, session, local_address(text_of(request, "next")))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    session = session_of(request)
    if session:
        system_of(request).identity.sign_out(session.token)
    response = RedirectResponse("/sign-in", 303)
    for name in (cookie_name(request), form_cookie_name(request)):
        response.delete_cookie(name, path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.post("/language")
def choose_language(request: Request) -> Response:
    response = RedirectResponse(local_address(text_of(request, "next")), 303)
    response.set_cookie("language", "en" if text_of(request, "language") == "en" else "zh", max_age=31_536_000, httponly=True, samesite="lax")
    return response


@router.get("/me")
def me(request: Request, visitor: Signed) -> Response:
    desk, place, person = visitor.system.desk, visitor.place.id, visitor.person.id
    return render(request, "me.html", posts=posts_of(visitor), phrases=desk.phrases(place, person), has_feed=desk.has_feed(place, person), feed="")


def posts_of(visitor: Visitor) -> list[Post]:
    """The visitor's posts in words."""
    return [Post(each.role, each.title, each.org, visitor.words.organisation(each.org)) for each in visitor.holdings]


def address(request: Request) -> str:
    return request.client.host if request.client else ""


def demo_session(request: Request, place_id: str, user: str) -> Session:
    """A session as one of the prepared people of a demo place; raises NotFound elsewhere."""
    system = system_of(request)
    place = next((each for each in system.places() if each.id == place_id and each.kind != "live"), None)
    if place is None or user not in offered(system, request.app.state.personas, place.id):
        raise NotFound("web.no_such_person")
    return system.identity.open_session(place.id, user)


def keep(request: Request, response: Response, session: Session) -> None:
    """The cookie of a new session; an earlier session of the same browser ends."""
    before = session_of(request)
    if before:
        system_of(request).identity.sign_out(before.token)
    set_cookie(request, response, cookie_name(request), session.token)


def _signed_in(request: Request, session: Session, target: str) -> Response:
    response = RedirectResponse(target, 303)
    keep(request, response, session)
    return response


def local_address(target: str) -> str:
    """An address of this site to go on to; anything else becomes the first page."""
    parts = urlsplit(target)
    fine = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if fine and not any(character < " " for character in target) else "/"


def _page(request: Request, following: str, refusal: Refused | None = None, login: str = "") -> Response:
    system = system_of(request)
    places = list(system.places())
    prepared = [(place, *personas(system, request.app.state.personas, place.id)) for place in places if place.kind != "live"]
    said = errors.sentence(refusal, request.cookies.get("language", "zh")) if refusal else ""
    status = 200 if refusal is None else 401
    return render(request, "sign_in.html", status, places=places, prepared=prepared, following=following, refusal=said, login=login)


