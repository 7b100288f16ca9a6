"""Schemes: made from an old one, filled in group by group, planned, compared, submitted; a published one looked at and started."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from adapters.locale import say
from adapters.web.design.organisations import with_codes
from adapters.web.design.packages import address, overwritten
from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.design.scheme_form import Item, answered, items, own_marks, said_in, with_value
from adapters.web.design.stages import as_planned, plan, stage_lines, stage_views
from adapters.web.design.scheme_told import Words, told
from adapters.web.design.sentences import Labels, Said, Sentences
from adapters.web.design.words import FindingLine, finding_lines, in_words, organisations, sentences
from adapters.web.gantt import chart
from adapters.web.rendering import render
from adapters.web.signed_in import fields_of, text_of
from engine.refusals import Conflict, Finding, Invalid, NotFound, Refused
from engine.scheme.declaration import Declaration
from engine.scheme.scheme import Scheme, value_at
from forms.answers import nested

router = APIRouter(prefix="/design/packages/{package}")


def scheme_address(package: str, name: str, rest: str = "") -> str:
    return address(package, f"/schemes/{quote(name)}{rest}")


@router.get("/schemes/new")
def new_page(request: Request, designer: Administering, package: str) -> Response:
    return _new_page(request, designer, package)


def _new_page(request: Request, designer: Designer, package: str, refused: Refused | None = None, status: int = 200) -> Response:
    line = designer.design.package(designer.place, package)
    problem = say(refused.code, designer.visitor.language, **refused.details) if refused else ""
    typed = {name: text_of(request, name) for name in ("source", "name", "title", "years")} if refused else {}
    return render(request, "design_scheme_new.html", status, designer=designer, line=line, sources=designer.design.sources(designer.place, package), problem=problem, typed=typed)


@router.post("/schemes")
def new(request: Request, designer: Administering, package: str) -> Response:
    name, years = text_of(request, "name"), text_of(request, "years")
    try:
        designer.design.new_scheme(designer.place, package, text_of(request, "source"), name, text_of(request, "title"),
                                   int(years) if years.isdigit() and len(years) < 4 else -1, designer.person)
    except NotFound:
        raise
    except Refused as refused:
        return _new_page(request, designer, package, refused, 409 if isinstance(refused, Conflict) else 422)
    return RedirectResponse(scheme_address(package, name), 303)


@router.get("/schemes/{name}")
def draft(request: Request, designer: Reading, package: str, name: str) -> Response:
    return _draft_page(request, designer, package, name)


@dataclass(frozen=True, slots=True)
class SinceLines:
    """What was published since a draft was begun, in words. `known`: `changes` are what it changed, else how it differs from the draft."""

    head: Any
    own: bool
    known: bool
    changes: Sequence[Said]


def since_lines(designer: Designer, draft: Any) -> SinceLines | None:
    since = designer.design.scheme_since(designer.place, draft)
    if since is None:
        return None
    return SinceLines(since.newest, since.own, bool(since.began), sentences(designer, draft.package, designer.design.changes_since(designer.place, draft, since)))


def _draft_page(request: Request, designer: Designer, package: str, name: str, problems: Any = (), status: int = 200, planned: Any = None, just_now: bool = False) -> Response:
    design, place = designer.design, designer.place
    view = design.draft(place, package, name)
    declaration = design.bundle(place, package).package.declaration
    calendar = designer.visitor.system.published.calendar(place)
    stages = stage_lines(view.scheme, calendar, designer.visitor.language)
    today = designer.visitor.now.astimezone(designer.visitor.zone).date()
    return render(
        request, "design_scheme.html", status, designer=designer, line=design.package(place, package), view=view, groups=group_lines(declaration, view.scheme, view.findings, view.draft.unreviewed),
        chart=chart(stage_views(view.scheme), today, calendar), stages=stages, provisional=_provisional(view.scheme, calendar), problems=problems, planned=planned,
        findings=_at_groups(designer, declaration, view.findings, errors=False), of_group=of_group(declaration), errors=_at_groups(designer, declaration, view.findings, errors=True),
        sources=design.sources(place, package), since=since_lines(designer, view.draft), just_now=just_now)


def _at_groups(designer: Designer, declaration: Declaration, findings: Sequence[Finding], errors: bool) -> list[tuple[FindingLine, str]]:
    """The errors, or all others, in words, each with the group on whose page it is mended."""
    chosen = [one for one in findings if (one.severity == "error") is errors]
    return [(one, _group_of(declaration, one.element)) for one in finding_lines(chosen, designer.visitor.language)]


def of_group(declaration: Declaration) -> Mapping[str, str]:
    return {key: parameter.group for key, parameter in declaration.keys.items()}


def _group_of(declaration: Declaration, path: str) -> str:
    return next((parameter.group for key, parameter in declaration.keys.items() if path == key or path.startswith(key + ".")), "")


def _provisional(scheme: Scheme, calendar: Any) -> list[int]:
    """The years of its dates whose working calendar is not confirmed."""
    return sorted({day.year for _, day in scheme.dates() if not calendar.is_confirmed(day.year)})


def group_lines(declaration: Declaration, scheme: Scheme, findings: Any, unreviewed: Any) -> list[tuple[str, str, int, int, int]]:
    """(id, label, filled in, errors, to be looked at) of every group."""
    found = []
    for group, label in declaration.groups.items():
        keys = [key for key, parameter in declaration.keys.items() if parameter.group == group]
        errors = sum(1 for one in findings if one.severity == "error" and _group_of(declaration, one.element) == group)
        found.append((group, label, sum(1 for key in keys if value_at(scheme.values, key) is not None), errors, sum(1 for key in keys if key in unreviewed)))
    return found


# --- one group of parameters ------------------------------------------------------------------------------------------------------------------


@router.get("/schemes/{name}/groups/{group}")
def group_page(request: Request, designer: Reading, package: str, name: str, group: str, add: str = "") -> Response:
    view = designer.design.draft(designer.place, package, name)
    return _group_page(request, designer, package, name, group, view.scheme, view.findings, view.draft.unreviewed, view.draft, add=add)


def _group_page(request: Request, designer: Designer, package: str, name: str, group: str, scheme: Scheme, findings: Any, unreviewed: Any, draft: Any, add: str = "",
                problem: str = "", status: int = 200) -> Response:
    declaration = designer.design.bundle(designer.place, package).package.declaration
    if group not in declaration.groups:
        raise NotFound("design.no_group")
    said = [(one, in_words(one, designer.visitor.language)) for one in findings]
    found: list[Item] = items(own_marks(scheme, declaration), declaration, group, said, unreviewed, add)
    package_ = designer.design.bundle(designer.place, package).package
    order = list(declaration.groups)
    following = order[order.index(group) + 1] if group != order[-1] else ""
    calendar = designer.visitor.system.published.calendar(designer.place)
    staged = any(parameter.type == "stages" and parameter.group == group for parameter in declaration.keys.values())
    today = designer.visitor.now.astimezone(designer.visitor.zone).date()
    return render(
        request, "design_scheme_group.html", status, designer=designer, line=designer.design.package(designer.place, package), name=name, title=scheme.title, group=group,
        since=designer.design.scheme_since(designer.place, draft), label=declaration.groups[group], items=found, version=draft.version, saved_at=draft.saved_at, problem=problem, said_in=said_in,
        stages=stage_lines(scheme, calendar, designer.visitor.language) if staged else [], chart=chart(stage_views(scheme), today, calendar) if staged else None,
        provisional=_provisional(scheme, calendar), organisations=organisations(designer), roles=package_.roles, following=following,
        groups=group_lines(declaration, scheme, findings, unreviewed), errors=sum(1 for one in findings if one.severity == "error" and _group_of(declaration, one.element) == group))


@router.post("/schemes/{name}/groups/{group}")
def save_group(request: Request, designer: Administering, package: str, name: str, group: str) -> Response:
    """Saves what was typed, right or wrong, and says at the fields what is wrong; nothing is overwritten unseen."""
    design, place = designer.design, designer.place
    view = design.draft(place, package, name)
    declaration = design.bundle(place, package).package.declaration
    if group not in declaration.groups:
        raise NotFound("design.no_group")
    tree = nested((key, value) for key, value in fields_of(request).multi_items() if isinstance(value, str))
    stored = design.stored_scheme(view.draft)
    made, looked_at = answered(stored, declaration, group, tree, text_of(request, "drop"))
    for key, value in with_codes(made, declaration, group, organisations(designer)).items():
        made = with_value(made, key, value)
    unreviewed = [key for key in view.draft.unreviewed if key not in looked_at and (text_of(request, "all_seen") != group or declaration.keys[key].group != group)]
    version = text_of(request, "version")
    try:
        saved = design.save_scheme(place, package, name, made, unreviewed, int(version) if version.isdigit() and len(version) < 9 else -1, designer.person)
    except Conflict as conflict:
        scheme, findings = design.check_made(place, package, name, made)
        return _group_page(request, designer, package, name, group, scheme, findings, unreviewed, view.draft, problem=overwritten(designer, conflict), status=409)
    target = scheme_address(package, name, f"/groups/{quote(group)}")
    if add := text_of(request, "add"):
        return RedirectResponse(f"{target}?add={quote(add)}#new-row", 303)
    if text_of(request, "next"):
        return RedirectResponse(scheme_address(package, name, f"/groups/{quote(text_of(request, 'next'))}"), 303)
    return RedirectResponse(f"{target}?saved={saved}", 303)


@router.post("/schemes/{name}/title")
def save_title(request: Request, designer: Administering, package: str, name: str) -> Response:
    view = designer.design.draft(designer.place, package, name)
    title, version = text_of(request, "title"), text_of(request, "version")
    if not title or len(title) > 200:
        raise Refused("design.title")
    made = replace(designer.design.stored_scheme(view.draft), title=title)
    designer.design.save_scheme(designer.place, package, name, made, view.draft.unreviewed, int(version) if version.isdigit() else -1, designer.person)
    return RedirectResponse(scheme_address(package, name), 303)


# --- planning, comparing, submitting ----------------------------------------------------------------------------------------------------------


@router.post("/schemes/{name}/plan")
def plan_backward(request: Request, designer: Administering, package: str, name: str) -> Response:
    """Backward from the day of the award: shows the latest dates, or which stage is short by how many days; `adopt` enters them."""
    view = designer.design.draft(designer.place, package, name)
    calendar = designer.visitor.system.published.calendar(designer.place)
    today = designer.visitor.now.astimezone(designer.visitor.zone).date()
    asked = {key.removeprefix("days."): value for key, value in fields_of(request).multi_items() if key.startswith("days.") and isinstance(value, str)}
    found = plan(view.scheme, calendar, text_of(request, "award_on"), asked, today, designer.visitor.language)
    if found.problems or not text_of(request, "adopt"):
        return _draft_page(request, designer, package, name, planned=found, status=422 if found.problems else 200)
    made = as_planned(designer.design.stored_scheme(view.draft), found)
    version = text_of(request, "version")
    designer.design.save_scheme(designer.place, package, name, made, view.draft.unreviewed, int(version) if version.isdigit() else -1, designer.person)
    return RedirectResponse(scheme_address(package, name), 303)


@router.get("/schemes/{name}/compare")
def compare(request: Request, designer: Reading, package: str, name: str, against: str = "") -> Response:
    """The memo: what is different from another scheme, as sentences."""
    view = designer.design.draft(designer.place, package, name)
    sources = designer.design.sources(designer.place, package)
    against = against or (view.draft.source if view.draft.source in sources else next(iter(sources), ""))
    return _memo(request, designer, package, view.draft.body, against, view.scheme.title, scheme_address(package, name), sources)


def _memo(request: Request, designer: Designer, package: str, body: bytes, against: str, title: str, back: str, sources: Mapping[str, str]) -> Response:
    said = sentences(designer, package, designer.design.compare_scheme(designer.place, package, designer.design.source(designer.place, package, against), body)) if against else []
    return render(request, "design_memo.html", designer=designer, line=designer.design.package(designer.place, package), said=said, against=against, sources=sources, title=title, back=back)


@router.get("/schemes/{name}/file")
def file(designer: Reading, package: str, name: str) -> Response:
    body = designer.design.draft(designer.place, package, name).draft.body
    return Response(body, media_type="text/plain; charset=utf-8", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.yaml"})


@router.post("/schemes/{name}/catch-up")
def catch_up(request: Request, designer: Administering, package: str, name: str) -> Response:
    """Brings what was published meanwhile into the draft, or marks what it concerns as to be looked at."""
    found = designer.design.catch_up_scheme(designer.place, package, name, designer.person)
    figures = urlencode({"caught_up": len(found.taken), "check": len(found.check)}) if found else ""
    return RedirectResponse(scheme_address(package, name, f"?{figures}"), 303)


@router.post("/schemes/{name}/submit")
def submit(request: Request, designer: Administering, package: str, name: str) -> Response:
    """Hands the draft in. Whoever has not yet seen what was published since it was begun is shown it first."""
    since = designer.design.scheme_since(designer.place, designer.design.copies.draft(designer.place, package, name))
    if since is not None and text_of(request, "seen") != since.newest.hash:
        return _draft_page(request, designer, package, name, status=409, just_now=True)
    try:
        id = designer.design.submit_scheme(designer.place, package, name, text_of(request, "note")[:2000], designer.person)
    except Invalid as invalid:
        return _draft_page(request, designer, package, name, _first(invalid.findings, designer), 422)
    return RedirectResponse(f"/design/proposals/{id}", 303)


def _first(findings: tuple[Finding, ...], designer: Designer) -> Any:
    return finding_lines(findings, designer.visitor.language)


@router.post("/schemes/{name}/discard")
def discard(request: Request, designer: Administering, package: str, name: str) -> Response:
    if text_of(request, "confirm") != name:
        raise Refused("design.confirm_discard", package=name)
    designer.design.copies.drop_draft(designer.place, package, name)
    return RedirectResponse(address(package), 303)


# --- what was published -----------------------------------------------------------------------------------------------------------------------


@router.get("/published/{hash}")
def published(request: Request, designer: Reading, package: str, hash: str) -> Response:
    design, place = designer.design, designer.place
    head = next((one for one in design.published_schemes(place, package) if one.hash == hash), None)
    if head is None:
        raise NotFound("scheme.unpublished", hash=hash)
    running = [one for one in designer.visitor.system.queries.campaigns(place, designer.person) if one.scheme == hash]
    return render(
        request, "design_published.html", designer=designer, line=design.package(place, package), head=head, running=running, command_id=request.scope["banli.nonce"],
        **whole(designer, package, head.name, design.source(place, package, hash)))


def whole(designer: Designer, package: str, name: str, body: bytes) -> dict[str, Any]:
    """All that a scheme says and whether it may be published, for a template: stages drawn, parameters told, what is wrong."""
    scheme, findings = designer.design.check_scheme(designer.place, package, name, body, "publish")
    bundle = designer.design.bundle(designer.place, package)
    calendar, language = designer.visitor.system.published.calendar(designer.place), designer.visitor.language
    today: date = designer.visitor.now.astimezone(designer.visitor.zone).date()
    roles = {code: role.label for code, role in bundle.package.roles.items()}
    words = Words(Sentences(Labels(), language).plain, organisations(designer).told, lambda code: roles.get(code, code))
    return {
        "scheme": scheme, "stages": stage_lines(scheme, calendar, language), "chart": chart(stage_views(scheme), today, calendar), "provisional": _provisional(scheme, calendar),
        "groups": told(scheme, bundle.package.declaration, words), "findings": finding_lines([one for one in findings if one.severity == "error"], language)}


@router.get("/published/{hash}/compare")
def compare_published(request: Request, designer: Reading, package: str, hash: str, against: str = "") -> Response:
    """The memo for a published scheme: what is different from another, by itself from the one that was published before it."""
    design, place = designer.design, designer.place
    sources = {source: title for source, title in design.sources(place, package).items() if source != hash}
    heads = design.published_schemes(place, package)
    body = design.source(place, package, hash)
    head = next(one for one in heads if one.hash == hash)
    earlier = next((one.hash for one in heads if one.hash != hash and one.published_at <= head.published_at), next(iter(sources), ""))
    return _memo(request, designer, package, body, against or earlier, head.title, address(package, f"/published/{hash}"), sources)


@router.post("/published/{hash}/revise")
def revise(designer: Administering, package: str, hash: str) -> Response:
    name = designer.design.revise_scheme(designer.place, package, hash, designer.person)
    return RedirectResponse(scheme_address(package, name), 303)


@router.post("/published/{hash}/start")
def start(request: Request, designer: Administering, package: str, hash: str) -> Response:
    """Starts the first instance of a campaign; the same press twice starts one."""
    answer = designer.design.start(designer.place, package, hash, designer.person, text_of(request, "command_id"))
    return RedirectResponse(f"/campaigns/{answer.instance}", 303)
