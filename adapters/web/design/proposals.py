"""Requests to publish: what would change, and the second person's decision."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.web.design.package_view import file_titles
from adapters.web.design.packages import address
from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.design.schemes import whole
from adapters.web.design.sentences import Said
from adapters.web.design.words import finding_lines, sentences
from adapters.web.rendering import render
from adapters.web.signed_in import fields_of, text_of
from engine.compare.packages import compare_packages
from engine.refusals import Invalid, NotFound, Refused

router = APIRouter(prefix="/design/proposals")


@router.get("/{id}")
def proposal(request: Request, designer: Reading, id: str) -> Response:
    return _page(request, designer, id)


def _page(request: Request, designer: Designer, id: str, problems: Any = (), status: int = 200, just_now: bool = False) -> Response:
    found, files = designer.design.proposal_files(designer.place, id)
    against = _changes(designer, found, files)
    said = against.said
    line = designer.design.package(designer.place, found.package)
    all_of_it = whole(designer, found.package, found.name, next(iter(files.values()))) if found.kind == "scheme" else {"findings": []}
    names = file_titles(files) if found.kind == "package" and said is None else {}
    return render(request, "design_proposal.html", status, **all_of_it, files=names, designer=designer, proposal=found, line=line, said=said, against=against, problems=problems,
                  diagrams=list(dict.fromkeys(one.file for one in said or () if one.file.endswith(".bpmn") and one.element)),
                  titles=file_titles({name: body for name, body in files.items() if any(one.file == name for one in said or ())}), own=found.submitted_by == designer.person,
                  since=_since(designer, found), just_now=just_now, edit=_draft_of(designer, found))


def _draft_of(designer: Designer, found: Any) -> str:
    """Where what was handed in goes on being written; empty when that is gone."""
    design, place = designer.design, designer.place
    if found.kind == "package":
        return address(found.package) if design.copies.copy(place, found.package) is not None else ""
    there = any(one.name == found.name for one in design.copies.drafts(place, found.package))
    return address(found.package, f"/schemes/{quote(found.name)}") if there else ""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A version that was published after the request was handed in, and what it changed; publishing the request would undo that."""

    head: Any
    changes: Sequence[Said]


def _since(designer: Designer, found: Any) -> Meanwhile | None:
    """None when nothing was, and for a request that is decided."""
    design, place = designer.design, designer.place
    if found.state != "open":
        return None
    then, now = design.in_force(place, found, found.submitted_at), design.in_force(place, found, designer.visitor.now)
    if now is None or now == then or now.hash == found.hash:
        return None
    if then is None:
        return Meanwhile(now, ())
    if found.kind == "package":
        changes = design.compare(place, found.package, then.hash, now.hash)
    else:
        changes = design.compare_scheme(place, found.package, *[design.source(place, found.package, one.hash) for one in (then, now)])
    return Meanwhile(now, sentences(designer, found.package, changes))


@dataclass(frozen=True, slots=True)
class Compared:
    """The sentences against a published version, what that is called, its hash, and whether it is what the request would replace.

    `said` None: nothing was published before.
    """

    said: Sequence[Said] | None
    title: str = ""
    hash: str = ""
    replaces: bool = True


def _changes(designer: Designer, found: Any, files: dict[str, bytes]) -> Compared:
    """Against the version in force; of a scheme that is new, against the one that was published last."""
    design, place = designer.design, designer.place
    if found.kind == "package":
        published = [one for one in design.package(place, found.package).published if one.hash != found.hash or found.state != "approved"]
        earlier = [one for one in published if one.published_at <= (found.decided_at or designer.visitor.now)]
        if not earlier:
            return Compared(None)
        old = design.files(place, found.package, earlier[0].hash)
        return Compared(sentences(designer, found.package, compare_packages(old, files)), earlier[0].version, earlier[0].hash)
    earlier = [one for one in design.published_schemes(place, found.package) if one.hash != found.hash and one.published_at <= (found.decided_at or designer.visitor.now)]
    same = [one for one in earlier if one.name == found.name] or earlier
    if not same:
        return Compared(None)
    old_body = design.source(place, found.package, same[0].hash)
    changes = design.compare_scheme(place, found.package, old_body, next(iter(files.values())))
    return Compared(sentences(designer, found.package, changes), same[0].title, same[0].hash, same[0].name == found.name)


def _unseen(request: Request, designer: Designer, id: str) -> bool:
    """Whether another version came into force since the reviewer's page was made, which says with what it compared."""
    if "against" not in fields_of(request):
        return False
    found, files = designer.design.proposal_files(designer.place, id)
    return found.state == "open" and _changes(designer, found, files).hash != text_of(request, "against")


@router.post("/{id}/{decision}")
def decide(request: Request, designer: Administering, id: str, decision: str) -> Response:
    """`decision`: approve (publishes), return (with a reason), withdraw (its author)."""
    reason = text_of(request, "reason")[:2000]
    if decision == "approve":
        if _unseen(request, designer, id):
            return _page(request, designer, id, status=409, just_now=True)
        try:
            found = designer.design.approve(designer.place, id, designer.person)
        except Invalid as invalid:
            return _page(request, designer, id, finding_lines(invalid.findings, designer.visitor.language), 422)
        return RedirectResponse(address(found.package, published=id), 303)
    if decision == "return":
        if not reason:
            raise Refused("design.reason")
        designer.design.copies.decide(designer.place, id, "returned", designer.person, reason)
    elif decision == "withdraw":
        designer.design.copies.decide(designer.place, id, "withdrawn", designer.person, reason)
    else:
        raise NotFound("web.no_such_page")
    return RedirectResponse(f"/design/proposals/{id}", 303)
