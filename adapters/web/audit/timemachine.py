"""时光机: how an instance stood at any of its entries, and who could see it then. Reads only; the folding is the system's."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from adapters.web.audit import moments
from adapters.web.audit.ports import Auditor, Record
from adapters.web.rendering import Clockwork, clockwork, render
from adapters.web.security import DIAGRAM
from adapters.web.signed_in import Visitor

router = APIRouter(prefix="/audit/instances/{instance}")
Seq = Annotated[int, Query(ge=0, le=10**9)]
Stamp = Annotated[str, Query(max_length=40)]
AROUND = 25  # steps listed before and after the present one, without JavaScript


def _moment(visitor: Visitor, text: str) -> datetime | None:
    return moments.read_stamp(text, visitor.zone)


@router.get("")
def timemachine(request: Request, visitor: Auditor, record: Record, instance: str, seq: Seq = 0, at: Stamp = "") -> Response:
    """The page. A moment alone (`at`) goes on to the step that was the last by then."""
    place, person = visitor.place.id, visitor.person.id
    asked = _moment(visitor, at)
    row = record.moment(place, person, instance, seq, asked if not seq else None)
    if asked is not None and not seq:
        return RedirectResponse(f"/audit/instances/{quote(instance)}?seq={row.seq}&at={quote(at)}#seq={row.seq}", 303)
    line, entries = record.instance(place, person, instance)
    request.scope[DIAGRAM] = True
    first = max(0, row.seq - 1 - AROUND)
    listed = moments.steps(visitor, line, entries)[first : row.seq + AROUND]
    view = moments.moment(visitor, record, line, row, asked)
    return render(request, "audit_timemachine.html", line=line, view=view, steps=listed, at=at, here=moments.stamp(view.then.now, visitor.zone))


@router.get("/steps.json")
def steps(request: Request, visitor: Auditor, record: Record, instance: str) -> Response:
    line, entries = record.instance(visitor.place.id, visitor.person.id, instance)
    return JSONResponse(moments.steps_json(visitor, clockwork(request, visitor), moments.steps(visitor, line, entries)))


@router.get("/moment.json")
def moment(visitor: Auditor, record: Record, instance: str, seq: Seq = 0, at: Stamp = "") -> Response:
    """The state after entry `seq` as the island takes it. `at`: a moment between that entry and the next, where only that one is meant."""
    place, person, asked = visitor.place.id, visitor.person.id, _moment(visitor, at)
    row = record.moment(place, person, instance, seq, asked if not seq else None)
    line, _ = record.instance(place, person, instance)
    return JSONResponse(moments.moment_json(visitor, moments.moment(visitor, record, line, row, asked)))


@router.get("/sight")
def sight(request: Request, visitor: Auditor, record: Record, instance: str, at: Stamp = "") -> Response:
    """Who could see the instance, and act in it, at a moment; now without one."""
    place, person = visitor.place.id, visitor.person.id
    asked = _moment(visitor, at) or visitor.now
    found = record.sight(place, person, instance, asked)
    line, _ = record.instance(place, person, instance)
    row = record.moment(place, person, instance, at=asked)
    then = Clockwork(asked, visitor.zone, record.calendar(place, asked), visitor.language)
    return render(
        request, "audit_sight.html", line=line, sight=found, row=row, then=then, here=asked.astimezone(visitor.zone).strftime("%Y-%m-%dT%H:%M"),
        candidate=lambda each: visitor.words.candidate(line.package, each), organisation=visitor.words.organisation)
