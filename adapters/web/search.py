"""The search of the frame: a number, a name or an employer, among what the visitor may see; one hit is opened at once."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.web.ports import Row, Search
from adapters.web.rendering import render
from adapters.web.signed_in import Signed, Visitor

router = APIRouter()
LONGEST, SHORTEST, MOST = 50, 2, 50


@dataclass(frozen=True, slots=True)
class HitLine:
    instance: str
    title: str
    register: str
    status: str
    campaign_title: str


@router.get("/search")
def search(request: Request, visitor: Signed, q: str = "") -> Response:
    text = q.strip()[:LONGEST]
    enough = len(text) >= SHORTEST
    finder: Search = request.app.state.search
    hits = finder.hits(visitor.place.id, visitor.person.id, text, MOST) if enough else []
    if len(hits) == 1:
        return RedirectResponse(f"/instances/{hits[0].instance}", 303)
    return render(request, "search.html", text=text, hits=[_line(visitor, each) for each in hits], enough=enough, most=MOST)


def _line(visitor: Visitor, hit: Row) -> HitLine:
    declared = visitor.words.bundle(hit.package).package.records.get(hit.kind)
    return HitLine(hit.instance, _title(hit.key, hit.name, hit.data), declared.label if declared else hit.kind, visitor.words.status(hit.package, hit.kind, hit.status), hit.campaign_title)


def _title(key: str, name: str, data: Mapping[str, Any]) -> str:
    label = str(data.get("label") or data.get("name") or data.get("employer") or "").removeprefix(key).strip()
    return " · ".join(filter(None, (key, name, label)))
