"""待办, 已办 and what I started: lists with filters in the address; the open task beside the list on wide screens."""
from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from adapters.web import reading
from adapters.web.rendering import render
from adapters.web.signed_in import Signed
from adapters.web.task import just_done, task_context

router = APIRouter()
Page = Annotated[int, Query(ge=1, le=10_000)]
FILTERS = ("campaign", "stage", "mark", "late")


@router.get("/inbox")
def inbox(request: Request, visitor: Signed, page: Page = 1, task: str = "", done: str = "") -> Response:
    filters = {name: value for name in FILTERS if (value := request.query_params.get(name, ""))}
    lines = reading.inbox(visitor, filters, page)
    chosen = None
    if task.count("/") == 1:
        chosen = task_context(request, visitor, task.partition("/")[0], task.partition("/")[2])
    return render(request, "inbox.html", just_done=just_done(visitor, done), lines=lines, filters=filters, chosen=chosen, selected=task, done=done)


@router.get("/done")
def done(request: Request, visitor: Signed, page: Page = 1) -> Response:
    return render(request, "done.html", lines=reading.done(visitor, page))
