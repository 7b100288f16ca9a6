"""Pages of single instances: diagram, path and history; and the messages one got. Reads only."""
from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from adapters.web import reading
from adapters.web.messages import notices
from adapters.web.rendering import render
from adapters.web.security import DIAGRAM
from adapters.web.signed_in import Signed

router = APIRouter()
Page = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/instances/{instance}")
def instance(request: Request, visitor: Signed, instance: str) -> Response:
    request.scope[DIAGRAM] = True
    return render(request, "instance.html", view=reading.instance(visitor, instance))


@router.get("/instances/{instance}/diagram.bpmn")
def diagram(visitor: Signed, instance: str) -> Response:
    return Response(reading.diagram(visitor, instance), media_type="application/xml")


@router.get("/instances/{instance}/state.json")
def state(visitor: Signed, instance: str) -> Response:
    return JSONResponse(reading.marks(visitor, instance))


@router.get("/started")
def started(request: Request, visitor: Signed, page: Page = 1) -> Response:
    return render(request, "started.html", lines=reading.started(visitor, page))


@router.get("/notifications")
def notifications(request: Request, visitor: Signed, page: Page = 1) -> Response:
    return render(request, "notifications.html", notices=notices(visitor, page), page=page)


@router.post("/notifications/read")
def read_all(visitor: Signed) -> Response:
    visitor.system.mark_read(visitor.place.id, visitor.person.id)
    return RedirectResponse("/notifications", 303)
