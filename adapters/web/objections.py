"""An objection from the public page: anybody's words, kept as personal data, start the process that the office starts by hand. Decides nothing.

Nobody is signed in: the instance is started by the system, in the notice's period alone, at most a few times an hour from one address. What was
written stands only in the entry's personal part, encrypted, and comes to the office as the form of its task already filled in.
"""
from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.locale import say
from adapters.web.evidence import LARGEST, NAME, evidence_field, received
from adapters.web.notices import public_notices
from adapters.web.ports import Row, System
from adapters.web.rendering import render
from adapters.web.security import Pace
from adapters.web.signed_in import language_of, system_of, text_of
from adapters.web.startable import message_of
from adapters.web.views import PublicNotice
from engine.refusals import Conflict, NotFound, Refused
from forms.fields import Field

router = APIRouter()
OBJECT = "object"  # the message that starts the process, as the package names it
BY_SYSTEM = "job"  # who starts it: no person of the place
LIMITS = {"objector": 60, "contact": 100, "facts": 2000}  # characters, as the office's own form has them
AN_HOUR, FROM_ONE, OF_ONE_NOTICE = 3600, 5, 300
COMMAND_ID = re.compile(r"[0-9a-f]{32}\Z")


class Paces:
    """How many objections come in: from one address, and to one notice, in an hour; counted in this process."""

    def __init__(self) -> None:
        self.address, self.notice = Pace(FROM_ONE, AN_HOUR), Pace(OF_ONE_NOTICE, AN_HOUR)

    def check(self, address: str, notice: str) -> None:
        self.address.check(address)
        self.notice.check(notice)


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote. `wrong`: field → what is wrong with it, in words."""

    nomination: str = ""
    by_name: bool = True
    objector: str = ""
    contact: str = ""
    facts: str = ""
    command_id: str = ""
    files: tuple[Mapping[str, Any], ...] = ()

    def wrong(self, listed: Mapping[str, str], language: str) -> dict[str, str]:
        found = {}
        if self.nomination not in listed:
            found["nomination"] = say("请选择涉及的人选", language)
        for name, label in (("objector", "请填写姓名；不愿具名的，请选择匿名反映"), ("contact", "请填写联系方式，便于核实和答复")):
            if self.by_name and not getattr(self, name):
                found[name] = say(label, language)
        if not self.facts:
            found["facts"] = say("请写明事实、时间、地点和可以查证的线索", language)
        for name, most in LIMITS.items():
            if len(getattr(self, name)) > most:
                found[name] = say("最多 {most} 字，现有 {length} 字，请精简", language, most=most, length=len(getattr(self, name)))
        return found


@router.get("/public/{place}/{campaign}/objection")
def form(request: Request, place: str, campaign: str) -> Response:
    notice, running = _open_notice(system_of(request), place, campaign)
    return _page(request, place, notice, running, Written(command_id=secrets.token_hex(16)), {})


@router.post("/public/{place}/{campaign}/objection")
def send(request: Request, place: str, campaign: str) -> Response:
    system, language = system_of(request), language_of(request)
    notice, running = _open_notice(system, place, campaign)
    files, unfit = received(request, system, place, running.evidence, language) if running.evidence is not None else ([], "")
    written = Written(
        text_of(request, "nomination"), text_of(request, "by_name") != "false", text_of(request, "objector"), text_of(request, "contact"), text_of(request, "facts"),
        text_of(request, "command_id"), tuple(files))
    if not COMMAND_ID.match(written.command_id):
        raise Refused("web.unreadable")
    wrong = written.wrong(listed(notice), language) | ({NAME: unfit} if unfit else {})
    if wrong:
        return _page(request, place, notice, running, written, wrong, 422)
    request.app.state.objections.check(request.client.host if request.client else "", f"{place}/{campaign}")
    personal: dict[str, Any] = {"nomination": written.nomination, "by_name": written.by_name, "facts": written.facts}
    if written.by_name:
        personal |= {"objector": written.objector, "contact": written.contact}
    receiving: Any = system
    command_id, attached = f"objection-{written.command_id}", dict[str, list[str]]()
    if running.evidence is not None and written.files:
        personal[running.evidence.id], attached[running.evidence.id] = list(written.files), [each["id"] for each in written.files]
    try:
        instance = receiving.message(place, OBJECT, running.parent.id, BY_SYSTEM, {}, command_id, personal, attached).instance
        again = False
    except Conflict:  # the same form once more, with files or words that were not in it the first time
        instance, again = receiving.came_to(place, BY_SYSTEM, command_id), True
        if instance is None:
            raise
    return render(request, "objection_received.html", notice=notice, place=place, receipt=str(instance)[:8].upper(), by_name=written.by_name,
                  files=0 if again else len(written.files), again=again)


def listed(notice: PublicNotice) -> dict[str, str]:
    """Those on the notice: registration number → name and employer."""
    return {row[3]: f"{row[1]} {row[2]}".strip() for row in notice.rows}


def takes_objections(system: System, place: str, notice: PublicNotice) -> bool:
    """Whether the notice's period is running and its package knows objections."""
    return not notice.closed and _running(system, place, notice.campaign) is not None


@dataclass(frozen=True, slots=True)
class Running:
    """The instance under which an objection starts, and the field of its form that takes files."""

    parent: Row
    evidence: Field | None


def _open_notice(system: System, place: str, campaign: str) -> tuple[PublicNotice, Running]:
    """The notice and what its period is running in. Raises NotFound; Refused `web.notice_over` outside the period."""
    if place not in {each.id for each in system.places()}:
        raise NotFound("web.not_found")
    notice = next((each for each in public_notices(system, place) if each.campaign == campaign), None)
    if notice is None:
        raise NotFound("web.not_found")
    running = None if notice.closed else _running(system, place, campaign)
    if running is None:
        raise Refused("web.notice_over")
    return notice, running


def _running(system: System, place: str, campaign: str) -> Running | None:
    """Where an objection starts now: in the element that its process names."""
    bundle = system.published.bundle(place, system.head(place, campaign).package)
    for process in bundle.graphs.processes.values():
        if process.started_under[0] and message_of(process) == OBJECT:
            parent = next((each for each in system.queries.holding(place, *process.started_under) if each.root == campaign), None)
            return Running(parent, evidence_field(bundle, process)) if parent is not None else None
    return None


def _page(request: Request, place: str, notice: PublicNotice, running: Running, written: Written, wrong: Mapping[str, str], status: int = 200) -> Response:
    return render(request, "objection.html", status, notice=notice, place=place, listed=listed(notice), written=written, wrong=wrong, limits=LIMITS,
                  evidence=running.evidence, in_all=LARGEST)
