"""One person of the place: the posts they hold, their account; what may be decided is asked of `app.state.staffing` (adapters/system/staffing.py)."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.locale import say
from adapters.web.design.organisations import Organisations
from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.rendering import render
from adapters.web.signed_in import text_of
from engine.refusals import Conflict, Refused

router = APIRouter(prefix="/design/people/{person}")
REACHES = {"own": "本岗位", "below": "本单位及下级", "place": "全部", "heads": "活动概况"}
DONE = {"appointed": "已任命。", "ended": "任职已结束，已办事项的记录不变。", "closed": "已停用登录。"}


@router.get("")
def person_page(request: Request, designer: Reading, person: str, done: str = "") -> Response:
    return _page(request, designer, person, done)


@router.post("/appoint")
def appoint(request: Request, designer: Administering, person: str) -> Response:
    organisations, roles = Organisations(designer.visitor.system.people.organisations(designer.place)), designer.design.roles(designer.place)
    org, role, reach = organisations.code_of(text_of(request, "org")), text_of(request, "role"), text_of(request, "reach")
    return _done(request, designer, person, "appointed", lambda staffing: staffing.appoint(designer.place, person, org, role, roles, reach, designer.person))


@router.post("/end")
def end(request: Request, designer: Administering, person: str) -> Response:
    grant = text_of(request, "grant")
    return _done(request, designer, person, "ended", lambda staffing: staffing.end(designer.place, person, grant, designer.person))


@router.post("/close")
def close(request: Request, designer: Administering, person: str) -> Response:
    return _done(request, designer, person, "closed", lambda staffing: staffing.close_account(designer.place, person, designer.person))


def _done(request: Request, designer: Designer, person: str, what: str, act: Callable[[Any], None]) -> Response:
    try:
        act(request.app.state.staffing)
    except Refused as refused:
        if type(refused) not in (Refused, Conflict):
            raise
        return _page(request, designer, person, refused=say(refused.code, designer.visitor.language, **refused.details), status=409)
    return RedirectResponse(f"/design/people/{person}?done={what}", 303)


def _page(request: Request, designer: Designer, person: str, done: str = "", refused: str = "", status: int = 200) -> Response:
    organisations = Organisations(designer.visitor.system.people.organisations(designer.place))
    return render(request, "design_person.html", status, designer=designer, one=request.app.state.staffing.of(designer.place, person), organisations=organisations,
                  roles=designer.design.roles(designer.place), reaches=REACHES, done=DONE.get(done, ""), refused=refused,
                  typed={name: text_of(request, name) if refused else "" for name in ("org", "role", "reach")})
