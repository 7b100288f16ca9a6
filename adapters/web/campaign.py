"""Pages of campaigns, registers and what may be started; 催办 for one 报送单位 or for all that are late."""
from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from adapters.web import campaigns as reading
from adapters.web.gantt import chart
from adapters.web.rendering import clockwork, render
from adapters.web.signed_in import Signed, text_of
from adapters.web.startable import start_under, startable
from adapters.web.tables import csv_text
from engine.commands import Urge

router = APIRouter()
Page = Annotated[int, Query(ge=1, le=10_000)]
PER_PAGE = 50
ALL_ROWS = 1_000_000


@router.get("/campaigns")
def campaigns(request: Request, visitor: Signed) -> Response:
    return render(request, "campaigns.html", campaigns=reading.campaign_lines(visitor), startable=startable(visitor), command_id=secrets.token_hex(16))


@router.post("/start/{message}")
def start(request: Request, visitor: Signed, message: str) -> Response:
    """Starts what the card offers and goes on to its first task."""
    instance = start_under(visitor, text_of(request, "parent"), message, text_of(request, "command_id"), text_of(request, "nomination"))
    mine = next((each for each in visitor.system.queries.instance(visitor.place.id, visitor.person.id, instance).tasks), None)
    return RedirectResponse(f"/tasks/{instance}/{mine.task}" if mine else f"/instances/{instance}", 303)


@router.get("/campaigns/{campaign}")
def campaign(request: Request, visitor: Signed, campaign: str) -> Response:
    view = reading.campaign_view(visitor, campaign)
    when = clockwork(request, visitor)
    return render(request, "campaign.html", view=view, chart=chart(view.stages, when.today, when.calendar), command_id=secrets.token_hex(16))


@router.post("/campaigns/{campaign}/urge")
def urge(request: Request, visitor: Signed, campaign: str) -> Response:
    """催办 every late task of one 报送单位 (`channel`), or of all of them."""
    late = reading.late_tasks(visitor, campaign, text_of(request, "channel"))
    for line in late:
        command_id = f"{text_of(request, 'command_id')}-{line.instance}-{line.task}"
        visitor.system.handle(visitor.place.id, line.instance, Urge(visitor.person.id, line.task, text_of(request, "text")), command_id)
    return RedirectResponse(f"/campaigns/{quote(campaign)}?urged={len(late)}", 303)


@router.get("/campaigns/{campaign}/records/{kind}")
def register(request: Request, visitor: Signed, campaign: str, kind: str, page: Page = 1, status: str = "", channel: str = "") -> Response:
    chosen = frozenset(each for each in status.split(",") if each)
    found = reading.register(visitor, campaign, kind, chosen, channel, page, PER_PAGE, named=True)
    filled = [(field, heading) for field, heading in ((reading.NAME, "姓名"), *found.columns) if any(values.get(field) for _, _, values, _ in found.rows)]
    return render(request, "register.html", register=found, columns=filled, filters={"status": status, "channel": channel}, page=page, per_page=PER_PAGE)


@router.get("/campaigns/{campaign}/records/{kind}/export.csv")
def export(visitor: Signed, campaign: str, kind: str, status: str = "", channel: str = "") -> Response:
    """The register as it is filtered, all rows, as CSV with a byte-order mark, so that office programs read the Chinese right."""
    chosen = frozenset(each for each in status.split(",") if each)
    found = reading.register(visitor, campaign, kind, chosen, channel, 1, ALL_ROWS)
    headings = ["编号", *(heading for _, heading in found.columns), "状态"]
    rows = [[key, *(values.get(field, "") for field, _ in found.columns), state] for key, state, values, _ in found.rows]
    disposition = f"attachment; filename*=UTF-8''{quote(found.label)}.csv"
    return Response(csv_text(headings, rows).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})
