"""Who is asking: cookie → session → person, and the guard that every changing request passes. Decides no rights."""
from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from adapters.web.ports import Row, Session, System
from adapters.web.security import SAFE_METHODS, TOKEN_FIELD, TOKEN_HEADER, check_origin, check_size, check_token, token_for
from adapters.web.views import Person, Place
from adapters.web.words import Words
from engine.refusals import Refused

MOST_FIELDS = 5000
CORRECTS = "process_admin"  # the role whose holders may correct their organisation's running instances
AUDITOR = "auditor"  # the role whose holders read everything they may see, and change nothing


class SignedOut(Refused):
    """Nobody is signed in, or no longer (401; a page goes to the sign-in)."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in, at a moment of their place's clock. What they hold is read once."""

    system: System
    session: Session
    place: Place
    person: Person
    now: datetime
    language: str
    words: Words

    @cached_property
    def holdings(self) -> Sequence[Row]:
        """The posts they hold now."""
        return self.system.people.holdings(self.place.id, self.person.id)

    @property
    def oversees(self) -> bool:
        """Whether they hold a post that looks after others, and so may urge downward."""
        held = self.holdings
        return any(each.reach in ("below", "place") for each in held) and not any(each.role == AUDITOR for each in held)

    @property
    def reads_only(self) -> bool:
        """Whether theirs is an auditor's account, which acts on nothing."""
        return any(each.role == AUDITOR for each in self.holdings)

    @property
    def extra_pages(self) -> tuple[tuple[str, str, str], ...]:
        """Pages by right, as (address, name, icon)."""
        held = self.holdings
        designs = any(each.role == "administrator" or each.reach == "place" for each in held)
        audits = any(each.role == AUDITOR for each in held)
        corrects = any(each.role in (CORRECTS, AUDITOR) for each in held)
        return (*((("/incidents", "异常", "alert-triangle"),) if corrects else ()), *((("/design", "设计", "sitemap"),) if designs else ()), *((("/audit", "审计", "shield-check"),) if audits else ()))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.place.zone)


def system_of(request: Request) -> System:
    return cast(System, request.app.state.system)


def cookie_name(request: Request) -> str:
    return "__Host-banli" if request.url.scheme == "https" else "banli"


def form_cookie_name(request: Request) -> str:
    """The cookie that form tokens hang on before anyone is signed in."""
    return cookie_name(request) + "-form"


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/")


def form_token(request: Request) -> str | None:
    """What a form of this visitor must bring: the session's, or before signing in the one of the form cookie."""
    session = session_of(request)
    if session:
        return session.form_token
    secret = request.cookies.get(form_cookie_name(request)) or getattr(request.state, "form_secret", None)
    return token_for(secret) if secret else None


def ensure_form_token(request: Request) -> str:
    """The same, with a form cookie made when there is none; `carry_form_secret` puts it into the answer."""
    found = form_token(request)
    if found is None:
        request.state.form_secret = secrets.token_urlsafe(32)
        found = token_for(request.state.form_secret)
    return found


def carry_form_secret(request: Request, response: Response) -> None:
    fresh = getattr(request.state, "form_secret", None)
    if fresh is not None:
        set_cookie(request, response, form_cookie_name(request), fresh)


def language_of(request: Request) -> str:
    """Pages: the language chosen by the cookie, Chinese without one. API: Accept-Language."""
    if request.url.path.startswith("/api/"):
        return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"
    return "en" if request.cookies.get("language") == "en" else "zh"


def session_of(request: Request) -> Session | None:
    """The session of this request, looked up once."""
    if not hasattr(request.state, "session"):
        token = request.cookies.get(cookie_name(request))
        request.state.session = system_of(request).identity.session(token) if token else None
    return cast("Session | None", request.state.session)


def visitor(request: Request) -> Visitor:
    """The signed-in visitor; raises SignedOut."""
    session, system = session_of(request), system_of(request)
    if session is None:
        raise SignedOut("identity.signed_out")
    place = next((each for each in system.places() if each.id == session.place), None)
    name = system.people.names(session.place, [session.user]).get(session.user)
    if place is None or name is None:
        raise SignedOut("identity.signed_out")
    request.app.state.pace.check(f"{session.place}/{session.user}")
    language = language_of(request)
    words = Words(system, place.id, language, request.app.state.organisations)
    made = Visitor(system, session, place, Person(session.user, name), system.clock(place.id), language, words)
    request.state.visitor = made
    return made


Signed = Annotated[Visitor, Depends(visitor)]


async def guard(request: Request) -> None:
    """Refuses every changing request that is too large, from another site, or without its form's token."""
    request.state.form = {}
    if request.method in SAFE_METHODS:
        return
    check_size(request)
    check_origin(request)
    given: Any = request.headers.get(TOKEN_HEADER)
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data") and session_of(request) is None:
        request.app.state.gate(request)  # before a large body is read
    if kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        form = await request.form(max_files=100, max_fields=MOST_FIELDS)
        request.state.form = form
        given = given or form.get(TOKEN_FIELD)
    check_token(form_token(request), given)


def fields_of(request: Request) -> FormData:
    """The form that `guard` has read."""
    return cast(FormData, request.state.form)


def text_of(request: Request, name: str) -> str:
    """One text field of the form, trimmed; empty when it is missing or a file."""
    value = fields_of(request).get(name, "")
    return "" if isinstance(value, UploadFile) else str(value).strip()
