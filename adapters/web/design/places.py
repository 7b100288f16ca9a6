"""Another place, and the people of this one: spreadsheets in, accounts opened; who may see what is decided elsewhere."""
from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from adapters.locale import say
from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.design.words import finding_lines
from adapters.web.rendering import render
from adapters.web.signed_in import fields_of, text_of
from engine.refusals import Conflict, Invalid, Refused

router = APIRouter(prefix="/design")
SHOWN = 50
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/people")
def people(request: Request, designer: Reading, text: str = "") -> Response:
    return _people_page(request, designer, text)


def _people_page(request: Request, designer: Designer, text: str = "", problems: Any = (), preview: Any = None, issued: Any = None, refused: str = "", status: int = 200) -> Response:
    system, place = designer.visitor.system, designer.place
    organisations = system.people.organisations(place)
    found = system.queries.people(place, text, SHOWN)
    return render(request, "design_people.html", status, designer=designer, text=text, organisations=organisations, people=found, shown=SHOWN, problems=problems, preview=preview,
                  issued=issued, refused=refused)


@router.get("/people/template.xlsx")
def template(designer: Administering) -> Response:
    body = designer.design.people_template(designer.place)
    return Response(body, media_type=SHEET, headers={"Content-Disposition": "attachment; filename*=UTF-8''people.xlsx"})


@router.post("/people/import")
def take_in(request: Request, designer: Administering) -> Response:
    """A spreadsheet: with errors they are listed by cell and nothing is stored; without, all of it is."""
    chosen = fields_of(request).get("sheet")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise Refused("design.no_sheet")
    try:
        roster = designer.design.import_people(designer.place, chosen.file.read(), chosen.filename, designer.person)
    except Invalid as invalid:
        return _people_page(request, designer, problems=finding_lines(invalid.findings, designer.visitor.language), status=422)
    counts = [len(roster.organisations), len(roster.people), len(roster.posts)]
    return RedirectResponse(f"/design/people?organisations={counts[0]}&persons={counts[1]}&posts={counts[2]}", 303)


@router.post("/people/login")
def login(request: Request, designer: Administering) -> Response:
    """Opens a person's account with a password of ours, shown once on the page."""
    person, name = text_of(request, "person"), text_of(request, "login")
    try:
        password = designer.design.issue_login(designer.place, person, name)
    except Refused as refused:
        if type(refused) not in (Refused, Conflict):
            raise
        return _people_page(request, designer, refused=say(refused.code, designer.visitor.language, **refused.details), status=409)
    return _people_page(request, designer, issued={"person": designer.name(person), "login": name, "password": password})


@router.get("/places/new")
def new_page(request: Request, designer: Administering) -> Response:
    return _new_page(request, designer)


def _new_page(request: Request, designer: Designer, problem: str = "", status: int = 200) -> Response:
    typed = {name: text_of(request, name) for name in ("place", "title", "name", "login")} if problem else {}
    return render(request, "design_place_new.html", status, designer=designer, problem=problem, typed=typed)


@router.post("/places")
def found_place(request: Request, designer: Administering) -> Response:
    """A place of its own; out of a demo place only another demo comes, so that visitors make no real one."""
    visitor = designer.visitor
    kind = "live" if visitor.place.kind == "live" else "demo"
    administrator = {"name": text_of(request, "name"), "login": text_of(request, "login"), "password": str(fields_of(request).get("password", ""))}
    place = text_of(request, "place")
    try:
        designer.design.found_place(place, text_of(request, "title"), kind, visitor.place.zone, administrator, f"{visitor.place.id}/{visitor.person.id}",
                                    visitor.now if kind == "demo" else None)
    except Refused as refused:
        return _new_page(request, designer, say(refused.code, visitor.language, **refused.details), 409)
    return render(request, "design_place_made.html", designer=designer, place=place, title=text_of(request, "title"), login=administrator["login"])
