"""待办, 已办 and what I started: lists with filters in the address; the open task beside the list on wide screens."""
from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from adapters.web import reading
from adapters.web.rendering import render
from adapters.web.signed_in import Signed
from adapters.web.startable import startable
from adapters.web.task import just_done, task_context

router = APIRouter()
Page = Annotated[int, Query(ge=1, le=10_000)]
FILTERS = ("campaign", "stage", "mark", "late")


@router.get("/inbox")
def inbox(request: Request, visitor: Signed, page: Page = 1, task: str = "", done: str = "") -> Response:
    filters = {name: value for name in FILTERS if (value := request.query_params.get(name, ""))}
    lines = reading.inbox(visitor, filters, page)
    # Without a choice the first task stands beside the list; a narrow screen shows the list then (class `by-itself`).
    selected = task or (f"{lines.rows[0].instance}/{lines.rows[0].task}" if lines.rows else "")
    chosen = task_context(request, visitor, selected.partition("/")[0], selected.partition("/")[2]) if "/" in selected else None
    can_start = startable(visitor) if not lines.rows and not filters else []
    return render(request, "inbox.html", can_start=can_start, just_done=just_done(visitor, done), lines=lines, filters=filters, chosen=chosen, selected=selected, by_itself=not task, done=done)


@router.get("/done")
def done(request: Request, visitor: Signed, page: Page = 1) -> Response:
    return render(request, "done.html", lines=reading.done(visitor, page))
