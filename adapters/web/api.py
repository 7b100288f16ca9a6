"""The JSON API: the same commands and reads as the pages, typed; problems come as {code, message, problems}. Decides nothing.

Sign in with POST /api/v1/session (cookie); every changing request brings the session's token in X-CSRF-Token. `Idempotency-Key` is the
command's id: the same request sent again under the same key gets the same answer, another body under it is refused with 409.
"""
from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from adapters.web import campaigns, reading
from adapters.web.demo import Move, move
from adapters.web.ports import Answer
from adapters.web.session import address, demo_session, keep
from adapters.web.signed_in import Signed, carry_form_secret, cookie_name, ensure_form_token, session_of, system_of
from adapters.web.startable import start_under
from adapters.web.startable import startable as cards
from adapters.web.task import must_be_mine
from adapters.web.uploads import keep_file
from adapters.web.views import CampaignLine, CampaignView, FileInfo, InstanceView, Lines, Person, Post, Register, Startable, TaskView
from engine.commands import Claim, Command, Reassign, Release, Return, Urge, Withdraw
from engine.refusals import Refused


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Problem(BaseModel):
    field: str
    code: str
    message: str


class Problems(BaseModel):
    """Why a request was not carried out; nothing was changed."""

    code: str
    message: str
    problems: list[Problem]


REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problems} for status in (401, 403, 404, 409, 413, 422, 429)}
ADMINISTRATOR = "administrator"  # the role whose holders may put a campaign into force
router = APIRouter(prefix="/api/v1", responses=REFUSALS)
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="id of the command, chosen by the sender")]
Id = Annotated[str, Path(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


# Session -----------------------------------------------------------------------------------------------------------------------


class SignIn(Input):
    """Either login and password, or in a demo or rehearsal place one of its prepared people."""

    place: str
    login: str = ""
    password: str = ""
    person: str = ""


class SignedIn(BaseModel):
    token: str = Field(description="goes into X-CSRF-Token of every changing request")
    place: str = ""
    person: str = ""


@router.get("/session")
def session_state(request: Request, response: Response) -> SignedIn:
    """Who is signed in, and the token; before signing in a token for the sign-in itself."""
    session = session_of(request)
    token = ensure_form_token(request)
    carry_form_secret(request, response)
    return SignedIn(token=token, place=session.place, person=session.user) if session else SignedIn(token=token)


@router.post("/session")
def sign_in(request: Request, response: Response, body: SignIn) -> SignedIn:
    if body.person:
        session = demo_session(request, body.place, body.person)
    else:
        session = system_of(request).identity.sign_in(body.place, body.login, body.password, address(request))
    keep(request, response, session)
    return SignedIn(token=session.form_token, place=session.place, person=session.user)


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response) -> None:
    session = session_of(request)
    if session:
        system_of(request).identity.sign_out(session.token)
    response.delete_cookie(cookie_name(request), path="/")


# Commands ----------------------------------------------------------------------------------------------------------------------


class Completion(Input):
    """`answers` by field id: texts, numbers, booleans, lists, tables as lists of rows, files as lists of ids; decimals as text."""

    outcome: str = ""
    opinion: str = ""
    answers: dict[str, Any] = {}


class Reason(Input):
    reason: str = Field(default="", max_length=2000)


class Handover(Reason):
    to: str = Field(description="user:ID or role@org; for a return the id of the element", max_length=200)


class UrgeText(Input):
    text: str = Field(default="", max_length=500)


class Nothing(Input):
    pass


class Done(BaseModel):
    """The journal entry that the command made."""

    instance: str
    seq: int
    at: datetime


def _done(answer: Answer) -> Done:
    return Done(instance=answer.instance, seq=answer.seq, at=answer.at)


class Commands:
    """Carries out a command on a task for the visitor: visible to them first, so that absent and not yours look the same."""

    def __init__(self, visitor: Signed, instance: Id, task: Id, key: Key) -> None:
        self.visitor, self.instance, self.task, self.key = visitor, instance, task, key

    def carry_out(self, command: Command) -> Done:
        visitor = self.visitor
        visitor.system.queries.task(visitor.place.id, visitor.person.id, self.instance, self.task)
        return _done(visitor.system.handle(visitor.place.id, self.instance, command, self.key))


OnTask = Annotated[Commands, Depends()]


@router.post("/tasks/{instance}/{task}/complete")
def complete(on: OnTask, body: Completion) -> Done:
    visitor = on.visitor
    must_be_mine(visitor, on.instance, on.task)
    return _done(visitor.system.complete(visitor.place.id, visitor.person.id, on.instance, on.task, body.outcome, body.opinion, body.answers, on.key))


@router.post("/tasks/{instance}/{task}/claim")
def claim(on: OnTask, body: Nothing) -> Done:
    return on.carry_out(Claim(on.visitor.person.id, on.task))


@router.post("/tasks/{instance}/{task}/release")
def release(on: OnTask, body: Reason) -> Done:
    return on.carry_out(Release(on.visitor.person.id, on.task, body.reason))


@router.post("/tasks/{instance}/{task}/reassign")
def reassign(on: OnTask, body: Handover) -> Done:
    return on.carry_out(Reassign(on.visitor.person.id, on.task, body.to, body.reason))


@router.post("/tasks/{instance}/{task}/return")
def return_task(on: OnTask, body: Handover) -> Done:
    return on.carry_out(Return(on.visitor.person.id, on.task, body.to, body.reason))


@router.post("/tasks/{instance}/{task}/withdraw")
def withdraw(on: OnTask, body: Reason) -> Done:
    return on.carry_out(Withdraw(on.visitor.person.id, on.task, body.reason))


@router.post("/tasks/{instance}/{task}/urge")
def urge(on: OnTask, body: UrgeText) -> Done:
    return on.carry_out(Urge(on.visitor.person.id, on.task, body.text))


class Message(Input):
    """What is started, under which instance. Who the starter is comes from the session; `nomination` only for messages about one."""

    parent: str = Field(max_length=200)
    nomination: str = Field(default="", max_length=200)


class Started(BaseModel):
    instance: str


@router.post("/messages/{name}", status_code=201)
def message(visitor: Signed, name: Id, key: Key, body: Message) -> Started:
    """Starts the process that the message starts: a nomination, a registration, a withdrawal, an objection."""
    return Started(instance=start_under(visitor, body.parent, name, key, body.nomination))


class Campaign(Input):
    """A package and one of its schemes, as the library has them now."""

    package: str = Field(max_length=100)
    scheme: str = Field(max_length=100)


@router.post("/campaigns", status_code=201)
def begin(visitor: Signed, key: Key, body: Campaign) -> Started:
    """Publishes the package and the scheme and starts the campaign: in a live place an administrator, in a demo or rehearsal anybody."""
    if visitor.place.kind == "live" and not any(each.role == ADMINISTRATOR for each in visitor.holdings):
        raise Refused("web.not_administrator")
    return Started(instance=visitor.system.begin(visitor.place.id, body.package, body.scheme, visitor.person.id, key).instance)


@router.post("/files", status_code=201)
def upload(visitor: Signed, file: UploadFile) -> FileInfo:
    """A whole file as multipart/form-data, field `file`; its id goes into the answers. Large ones go better through /uploads (tus)."""
    id = keep_file(visitor, file)
    found = visitor.system.files.info(visitor.place.id, visitor.person.id, id)
    return FileInfo(found.id, found.name, found.type, found.size)


class ClockMove(Input):
    """`move`: one day, to the next armed deadline, or to the end of the present stage; or `to` a moment."""

    move: Move | None = None
    to: datetime | None = None


class Clock(BaseModel):
    now: datetime


@router.post("/demo/clock")
def demo_clock(visitor: Signed, body: ClockMove) -> Clock:
    """Moves a demo or rehearsal place's clock and carries out what falls due on the way."""
    move(visitor, body.move or "", body.to)
    return Clock(now=visitor.system.clock(visitor.place.id))


# Reads -------------------------------------------------------------------------------------------------------------------------


@router.get("/me")
def me(visitor: Signed) -> Person:
    posts = tuple(Post(each.role, each.title, each.org, visitor.words.organisation(each.org)) for each in visitor.holdings)
    return Person(visitor.person.id, visitor.person.name, posts)


@router.get("/inbox")
def inbox(visitor: Signed, page: PageNumber = 1, campaign: str = "", stage: str = "", mark: str = "", late: str = "") -> Lines:
    filters = {"campaign": campaign, "stage": stage, "mark": mark, "late": late}
    return reading.inbox(visitor, {name: value for name, value in filters.items() if value}, page)


@router.get("/done")
def done(visitor: Signed, page: PageNumber = 1) -> Lines:
    return reading.done(visitor, page)


@router.get("/startable")
def startable(visitor: Signed) -> list[Startable]:
    return cards(visitor)


@router.get("/tasks/{instance}/{task}")
def task(visitor: Signed, instance: Id, task: Id) -> TaskView:
    return reading.task(visitor, instance, task)


@router.get("/campaigns")
def campaign_list(visitor: Signed) -> list[CampaignLine]:
    return campaigns.campaign_lines(visitor)


@router.get("/campaigns/{campaign}")
def campaign(visitor: Signed, campaign: Id) -> CampaignView:
    return campaigns.campaign_view(visitor, campaign)


@router.get("/instances/{instance}")
def instance(visitor: Signed, instance: Id) -> InstanceView:
    return reading.instance(visitor, instance)


@router.get("/records/{campaign}/{kind}")
def records(visitor: Signed, campaign: Id, kind: Id, page: PageNumber = 1, status: str = "", channel: str = "") -> Register:
    return campaigns.register(visitor, campaign, kind, frozenset(each for each in status.split(",") if each), channel, page, 500)
