"""异常: what failed and waits for a person, by cause; try again, count as done, cancel. The engine says who may; nothing is mended here."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.locale import say
from adapters.web import errors
from adapters.web.ports import Mending, Row
from adapters.web.reading import failure
from adapters.web.rendering import render
from adapters.web.signed_in import Signed, Visitor, fields_of, text_of
from engine.commands import RetryIncident
from engine.journal.canonical import from_canonical
from engine.refusals import NotFound, Refused

router = APIRouter()
ACTS = {"retry": "重试", "resolve": "视为完成", "cancel": "终止"}
SHOWN = 200  # of one cause on a page; acting on them makes room for the next
CONSIDERED = ("resolve", "cancel")  # shown again with names and consequence before they are done


@dataclass(frozen=True, slots=True)
class CauseLine:
    """One cause in words. `key`: what names it in an address."""

    key: Mapping[str, str]
    element: str
    process: str
    sentence: str
    count: int
    first_at: datetime | None
    last_at: datetime | None


@router.get("/incidents")
def incidents(request: Request, visitor: Signed) -> Response:
    found = _mending(request).causes(visitor.place.id, visitor.person.id)
    return render(request, "incidents.html", causes=[_line(visitor, each) for each in found], total=sum(len(each.incidents) for each in found))


@router.get("/incidents/cause")
def cause(request: Request, visitor: Signed, process: str = "", element: str = "", code: str = "") -> Response:
    return _cause_page(request, visitor, {"process": process, "element": element, "code": code})


@router.post("/incidents/{act}")
def act(request: Request, visitor: Signed, act: str) -> Response:
    """Acts on the incidents chosen; what cannot be undone is shown once more before."""
    if act not in ACTS:
        raise NotFound("web.not_found")
    chosen = [_mending(request).one(visitor.place.id, visitor.person.id, str(each)) for each in fields_of(request).getlist("incident")]
    key = {name: text_of(request, name) for name in ("process", "element", "code")}
    reason = text_of(request, "reason")
    try:
        variables = _variables(text_of(request, "variables"))
    except Refused as refused:
        return _cause_page(request, visitor, key, refused, 422)
    if not chosen:
        return _cause_page(request, visitor, key, Refused("web.none_chosen"), 422)
    if act in CONSIDERED and not (reason and text_of(request, "confirmed")):
        missing = say("web.reason_missing", visitor.language) if text_of(request, "confirmed") else ""
        context = {"act": act, "label": ACTS[act], "chosen": chosen, "cause": key, "variables": text_of(request, "variables"), "missing": missing}
        return render(request, "incidents_confirm.html", 422 if missing else 200, **context)
    outcomes = _done(_mending(request), visitor, act, chosen, reason, variables)
    return render(request, "incidents_done.html", label=ACTS[act], outcomes=[(each, _became(visitor, each)) for each in outcomes], count=sum(each.done for each in outcomes))


def _done(mending: Mending, visitor: Visitor, act: str, chosen: Sequence[Row], reason: str, variables: Mapping[str, Any]) -> Sequence[Row]:
    place, me = visitor.place.id, visitor.person.id
    if act == "retry":
        return mending.retry(place, me, chosen, variables)
    if act == "resolve":
        return mending.resolve(place, me, chosen, reason, variables)
    return mending.cancel(place, me, chosen, reason)


def _cause_page(request: Request, visitor: Visitor, key: Mapping[str, str], refused: Refused | None = None, status: int = 200) -> Response:
    """Raises NotFound when nothing of that cause is open, or theirs."""
    found = _mending(request).causes(visitor.place.id, visitor.person.id, **key)
    if not all(key.values()) or not found:
        raise NotFound("web.no_incidents")
    rows = found[0].incidents
    refusal = visitor.system.why_not(visitor.place.id, rows[0].instance, RetryIncident(visitor.person.id, rows[0].id, {}))
    why_not = errors.sentence(refusal, visitor.language) if refusal else ""
    said = errors.sentence(refused, visitor.language) if refused else ""
    return render(request, "incidents_cause.html", status, cause=_line(visitor, found[0]), rows=rows[:SHOWN], why_not=why_not, said=said, variables=text_of(request, "variables") if refused else "")


def _line(visitor: Visitor, cause: Row) -> CauseLine:
    first = cause.incidents[0]
    process = visitor.words.process(first.package, cause.process)
    return CauseLine(
        {"process": cause.process, "element": cause.element, "code": cause.code}, visitor.words.element(first.package, cause.process, cause.element),
        process.name if process else cause.process, failure(first.code, first.details, visitor.language), len(cause.incidents), cause.first_at, cause.last_at)


def _became(visitor: Visitor, outcome: Row) -> str:
    """Why it was not done, in words; empty when it was."""
    if outcome.refused is not None:
        return errors.sentence(outcome.refused, visitor.language)
    if outcome.again is not None:
        return say("又出现异常：{sentence}", visitor.language, sentence=failure(outcome.again.code, outcome.again.details, visitor.language))
    return ""


def _variables(text: str) -> Mapping[str, Any]:
    """Raises Refused `web.bad_variables`."""
    try:
        value = from_canonical(text or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refused("web.bad_variables")
    return value


def _mending(request: Request) -> Mending:
    found: Mending = request.app.state.mending
    return found
