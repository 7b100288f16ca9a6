"""The clock of a demo or rehearsal place, moved on by anybody in it; live places have no such button."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.web.campaigns import campaign_rows, stage_ends
from adapters.web.session import local_address
from adapters.web.signed_in import Signed, Visitor, text_of
from engine.refusals import NotFound, Refused

router = APIRouter()
Move = Literal["day", "deadline", "stage"]


@router.post("/demo/clock")
def move_clock(request: Request, visitor: Signed) -> Response:
    move(visitor, text_of(request, "move"), None)
    return RedirectResponse(local_address(text_of(request, "next")), 303)


def move(visitor: Visitor, by: str, to: datetime | None) -> None:
    """`by`: day | deadline (the next armed timer) | stage (the end of the present stage); or to a moment. What falls due on the way is carried out.

    Raises: NotFound in a live place; Refused `web.unknown_move`, `web.no_deadline`, `web.no_stage_end`, `clock.backwards`.
    """
    if visitor.place.kind == "live":
        raise NotFound("web.no_such_page")
    if to is None and by not in ("day", "deadline", "stage"):
        raise Refused("web.unknown_move", move=by)
    if to is not None and (to.tzinfo is None or to < visitor.now):
        raise Refused("clock.backwards", now=visitor.now.isoformat(), to=to.isoformat())
    visitor.system.advance(visitor.place.id, to or _target(visitor, by))


def _target(visitor: Visitor, by: str) -> datetime:
    """The moment to go to. Raises Refused when there is no later deadline or stage end."""
    if by == "day":
        return visitor.now + timedelta(days=1)
    if by == "deadline":
        due = visitor.system.next_due(visitor.place.id)
        if due is None:
            raise Refused("web.no_deadline")
        return max(due, visitor.now)
    ends = [end for row in campaign_rows(visitor) for end in stage_ends(visitor, row) if end > visitor.now]
    if not ends:
        raise Refused("web.no_stage_end")
    return min(ends)
