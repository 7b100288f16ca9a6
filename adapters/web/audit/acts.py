"""The auditor's own acts: check the record, sign a checkpoint, replay an instance, take a copy out. Each is journalled; none touches a process."""
from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.locale import knows, say
from adapters.web.audit.journal import stream_name
from adapters.web.audit.ports import Auditor, Record
from adapters.web.audit.telling import moment_link
from adapters.web.rendering import render
from adapters.web.signed_in import Visitor, text_of
from engine.refusals import Finding

router = APIRouter()
SHORT = 2000  # characters of a difference that are shown


@router.get("/audit/integrity")
def integrity(request: Request, visitor: Auditor, record: Record) -> Response:
    place = visitor.place.id
    standing, anchors = record.standing(place), record.anchors(place)
    key = record.public_key(place)
    names = visitor.system.people.names(place, [standing.by]) if standing else {}
    return render(
        request, "audit_integrity.html", standing=standing, anchors=anchors, key=b64encode(key).decode(), fingerprint=_grouped(key.hex()),
        by=visitor.words.person(standing.by, names.get(standing.by, "")) if standing else "",
        findings=[said(visitor, each) for each in standing.findings] if standing else [],
        waiting=[(stream_name(visitor, record, stream), _address(stream, seq), seq) for stream, seq in anchors.waiting],
        notes=[(_size(note), note, at) for note, at in reversed(anchors.notes[-20:])])


def _address(stream: str, seq: int) -> str:
    """Where an entry is shown."""
    return f"/audit?stream={quote(stream)}" if stream == "place" or ":" in stream else moment_link(stream, seq)


@router.post("/audit/integrity")
def verify(visitor: Auditor, record: Record) -> Response:
    record.verify(visitor.place.id, visitor.person.id)
    return RedirectResponse("/audit/integrity", 303)


@router.post("/audit/checkpoint")
def sign(visitor: Auditor, record: Record) -> Response:
    record.sign(visitor.place.id, visitor.person.id)
    return RedirectResponse("/audit/integrity#checkpoints", 303)


@router.post("/audit/export")
def export_place(request: Request, visitor: Auditor, record: Record) -> Response:
    """The record of the place, or of the campaign named in the form, as far as the auditor may see it."""
    return _file(record.export(visitor.place.id, visitor.person.id, text_of(request, "format") or "json", campaign=text_of(request, "campaign")))


@router.post("/audit/instances/{instance}/export")
def export(request: Request, visitor: Auditor, record: Record, instance: str) -> Response:
    return _file(record.export(visitor.place.id, visitor.person.id, text_of(request, "format"), instance=instance))


@router.post("/audit/instances/{instance}/replay")
def replay(request: Request, visitor: Auditor, record: Record, instance: str) -> Response:
    """Carries the recorded commands out again and shows how it went."""
    engine, until = text_of(request, "engine") or "banli", text_of(request, "until")
    outcome = record.replay(visitor.place.id, visitor.person.id, instance, int(until) if re.fullmatch(r"[0-9]{1,9}", until) else 0, engine)
    line, entries = record.instance(visitor.place.id, visitor.person.id, instance)
    difference = record.difference(outcome)
    outside = any(each.code.startswith(("spiff.outside", "spiff.parser", "spiff.depth")) for each in outcome.findings)
    return render(
        request, "audit_replay.html", line=line, outcome=outcome, engine=engine, total=len(entries), difference=difference, outside=outside,
        findings=[said(visitor, each) for each in outcome.findings if difference is None],
        stored=_short(difference.stored) if difference else "", found=_short(difference.found) if difference else "")


def said(visitor: Visitor, finding: Finding) -> str:
    """A finding as a sentence."""
    details: Mapping[str, Any] = {"element": finding.element, **finding.details}
    return say(finding.code, visitor.language, **details) if knows(finding.code) else say("general.unknown", visitor.language, code=finding.code)


def _short(text: str) -> str:
    return text if len(text) <= SHORT else text[:SHORT] + "…"


def _size(note: str) -> str:
    return note.split("\n", 2)[1]


def _grouped(text: str) -> str:
    """Hex in groups of four, as people compare it."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _file(made: Any) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})
