"""Packages: list, one package with all its files and versions, its working copy edited, checked, compared, submitted, exported, imported."""
from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from adapters.locale import say
from adapters.web.design.context import context, forms_offered
from adapters.web.design.form_page import form_page
from adapters.web.design.form_view import forms_in
from adapters.web.design.package_view import LIBRARY, WORKING, file_kind, file_title, file_titles, package_view, part_lines, version_name
from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.design.text_page import text_page
from adapters.web.design.words import as_json, finding_lines, sentences, some_scheme
from adapters.web.rendering import render
from adapters.web.security import DIAGRAM
from adapters.web.signed_in import fields_of, text_of
from engine.bpmn.tree import parse
from engine.refusals import Conflict, Invalid, NotFound, Refused
from forms.source import read_yaml

router = APIRouter(prefix="/design")
FileName = Annotated[str, Query(max_length=200)]


async def raw_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(raw_body)]


def address(package: str, rest: str = "", **query: str) -> str:
    """An address of a package's pages."""
    return f"/design/packages/{quote(package)}{rest}" + (f"?{urlencode(query)}" if query else "")


@router.get("")
def packages(request: Request, designer: Reading) -> Response:
    open_proposals = designer.design.copies.proposals(designer.place, open_only=True)
    lines = sorted(designer.design.packages(designer.place), key=lambda one: not (one.published or one.copy))
    return render(request, "design_packages.html", designer=designer, packages=lines, titles={one.name: one.title for one in lines}, proposals=open_proposals)


@router.get("/packages/{package}")
def package(request: Request, designer: Reading, package: str) -> Response:
    line = designer.design.package(designer.place, package)
    of = WORKING if line.copy else designer.design.newest(designer.place, package)
    view = package_view(designer, line, of)
    request.scope[DIAGRAM] = True
    proposals = designer.design.copies.proposals(designer.place, package)
    return render(request, "design_package.html", designer=designer, line=line, view=view, of=of, proposals=proposals, newer=designer.design.overtaken_by(designer.place, line),
                  drafts=designer.design.draft_lines(designer.place, package), next_version=designer.design.next_version(designer.place, package), schemes=designer.design.published_schemes(designer.place, package))


@router.post("/packages/{package}/open")
def open_copy(request: Request, designer: Administering, package: str) -> Response:
    base = text_of(request, "base") or designer.design.newest(designer.place, package)
    designer.design.open_copy(designer.place, package, base, designer.person)
    return RedirectResponse(address(package), 303)


@router.post("/packages/{package}/catch-up")
def catch_up(request: Request, designer: Administering, package: str) -> Response:
    """Brings what was published meanwhile into the working copy; files changed on both sides are named and stay."""
    both = designer.design.catch_up(designer.place, package, designer.person)
    return RedirectResponse(address(package, caught_up="1", both="、".join(both)), 303)


@router.post("/packages/{package}/discard")
def discard(request: Request, designer: Administering, package: str) -> Response:
    """Throws the working copy away; the page asks for the package's name, so that no slip does it."""
    if text_of(request, "confirm") != package:
        raise Refused("design.confirm_discard", package=package)
    designer.design.copies.discard(designer.place, package)
    return RedirectResponse(address(package), 303)


@router.get("/packages/{package}/file")
def file(designer: Reading, package: str, file: FileName, of: str = WORKING) -> Response:
    """A file as it is. Text of any kind is never run by a browser: the type is fixed by our own kinds."""
    found = designer.design.files(designer.place, package, of).get(file)
    if found is None:
        raise NotFound("design.no_file", file=file)
    kind = "application/xml" if file_kind(file) in ("diagram", "table") else "text/plain; charset=utf-8"
    return Response(found, media_type=kind)


@router.get("/packages/{package}/edit")
def edit(request: Request, designer: Reading, package: str, file: FileName, of: str = WORKING) -> Response:
    """A file of the package: looked at, or in the working copy edited."""
    line = designer.design.package(designer.place, package)
    if of == WORKING and not line.copy:
        of = designer.design.newest(designer.place, package)
    return _edit_page(request, designer, package, file, of)


def _edit_page(request: Request, designer: Designer, package: str, file: str, of: str, typed: str | None = None, problem: Any = None, status: int = 200) -> Response:
    line = designer.design.package(designer.place, package)
    files = designer.design.files(designer.place, package, of)
    if file not in files:
        raise NotFound("design.no_file", file=file)
    kind = file_kind(file)
    editable = of == WORKING and designer.administers
    if kind == "form" and editable and (page := form_page(request, designer, line, file, files, typed_text=typed, problems=problem or (), status=status)) is not None:
        return page
    if kind == "text" and editable and (page := text_page(request, designer, line, file, files, typed_text=typed, problems=problem or (), status=status)) is not None:
        return page
    version, saved_at, saved_by = line.copy.changed.get(file, (0, None, "")) if line.copy and of == WORKING else (0, None, "")
    findings = [one for one in finding_lines(designer.design.check(files), designer.visitor.language, files) if one.file == file] if kind != "diagram" or not editable else []
    text = typed if typed is not None else files[file].decode("utf-8", "replace") if kind not in ("diagram", "table") else ""
    request.scope[DIAGRAM] = kind in ("diagram", "table")
    parts = part_lines(designer, package, file, files[file])
    return render(request, "design_file.html", status, designer=designer, line=line, file=file, title=file_title(file, files[file]), of=of, kind=kind, editable=editable, version=version, saved_at=saved_at, saved_by=saved_by,
                  text=text, findings=findings, problem=problem, newer=designer.design.overtaken_by(designer.place, line) if of == WORKING else None, parts_list=parts, version_name=version_name(designer, line, of))


@router.post("/packages/{package}/edit")
def save(request: Request, designer: Administering, package: str, file: FileName) -> Response:
    """Saves a whole file: typed, or chosen as a file. What was typed stays on the page when it is refused."""
    body = _given(request)
    try:
        _readable(file, body)
        designer.design.copies.save_file(designer.place, package, file, body, _version(text_of(request, "version")), designer.person)
    except (Invalid, Conflict) as refused:
        if file_kind(file) in ("diagram", "table"):
            raise
        status = 422 if isinstance(refused, Invalid) else 409
        return _edit_page(request, designer, package, file, WORKING, body.decode("utf-8", "replace"), _problem(designer, refused), status)
    return RedirectResponse(address(package, "/edit", file=file, saved="1"), 303)


def _given(request: Request) -> bytes:
    """What was typed, or the chosen file."""
    chosen = fields_of(request).get("chosen")
    if isinstance(chosen, UploadFile) and chosen.filename:
        return chosen.file.read()
    return str(fields_of(request).get("text", "")).replace("\r\n", "\n").encode()


def _readable(file: str, body: bytes) -> None:
    """Refuses what is no diagram or no YAML at all; whether it may be published is for the check. Raises Invalid."""
    if file_kind(file) == "diagram":
        parse(body, file)
    elif file.endswith(".yaml"):
        read_yaml(body, file)


def _problem(designer: Designer, refused: Invalid | Conflict) -> list[str]:
    language = designer.visitor.language
    if isinstance(refused, Invalid):
        return [f"{say('第{line}行', language, line=one.line)}：{one.message}" if one.line else one.message for one in finding_lines(refused.findings, language)]
    return [overwritten(designer, refused)]


def overwritten(designer: Designer, conflict: Conflict) -> str:
    """Who saved meanwhile, and when, as a sentence."""
    by, at = getattr(conflict, "by", ""), getattr(conflict, "at", None)
    if at is None:
        return say(conflict.code, designer.visitor.language, **conflict.details)
    return say("design.overwritten", designer.visitor.language, by=designer.name(by), at=f"{at.astimezone(designer.visitor.zone):%H:%M}")


def _version(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 9 else -1


# --- what the islands ask ---------------------------------------------------------------------------------------------------------------------


@router.get("/packages/{package}/context.json")
def context_json(designer: Reading, package: str) -> Response:
    found = context(designer.design.bundle(designer.place, package), some_scheme(designer, package), designer.visitor.language)
    if designer.design.copies.copy(designer.place, package) is not None:  # forms and fields that were added there may be picked at once
        found["forms"] = forms_offered(forms_in(designer.design.files(designer.place, package, WORKING)))
    return JSONResponse(found)


@router.post("/packages/{package}/check")
def check(designer: Administering, package: str, file: FileName, body: Body) -> Response:
    """What the checker says of this file in its package; stores nothing."""
    try:
        _readable(file, body)
        found = designer.design.check_file(designer.place, package, file, body)
    except Invalid as invalid:
        found = list(invalid.findings)
    return JSONResponse({"findings": as_json(finding_lines(found, designer.visitor.language, {file: body}), file)})


@router.get("/packages/{package}/draft")
def draft(designer: Administering, package: str, file: FileName) -> Response:
    """The working copy's file once it was changed; 204 while it is as it was opened."""
    copy = designer.design.copies.copy(designer.place, package)
    if copy is None or file not in copy.files:
        raise NotFound("design.no_file", file=file)
    if file not in copy.changed:
        return Response(status_code=204)
    version, at, by = copy.changed[file]
    body = designer.design.files(designer.place, package, WORKING)[file]
    return JSONResponse({"xml": body.decode(), "saved_at": at.isoformat(), "revision": str(version), "by": designer.name(by)})


@router.put("/packages/{package}/draft")
def save_draft(request: Request, designer: Administering, package: str, file: FileName, body: Body) -> Response:
    """Saves the working copy's file as it was changed from revision `If-Match`; 409 with who and when if another one is there by now."""
    try:
        _readable(file, body)
        copy = designer.design.copies.copy(designer.place, package)
        if copy is None or file not in copy.files:
            raise NotFound("design.no_file", file=file)
        version, at = designer.design.copies.save_file(designer.place, package, file, body, _version(request.headers.get("if-match", "0").strip('"')), designer.person)
    except Conflict as conflict:
        seen = getattr(conflict, "at", None)
        return JSONResponse({"saved_at": seen.isoformat() if seen else None, "by": designer.name(getattr(conflict, "by", "")), "message": overwritten(designer, conflict)}, 409)
    except Invalid as invalid:
        return PlainTextResponse("；".join(one.message for one in finding_lines(invalid.findings, designer.visitor.language)), 422)
    return JSONResponse({"saved_at": at.isoformat(), "revision": str(version)})


# --- comparing --------------------------------------------------------------------------------------------------------------------------------


@router.get("/packages/{package}/compare")
def compare(request: Request, designer: Reading, package: str, old: str = "", new: str = "") -> Response:
    """What is different between two versions, as sentences by file."""
    line = designer.design.package(designer.place, package)
    new = new or (WORKING if line.copy else designer.design.newest(designer.place, package))
    old = old or (designer.design.base_of(line.copy) if line.copy else LIBRARY if line.in_library else new)
    said = sentences(designer, package, designer.design.compare(designer.place, package, old, new))
    files: dict[str, list[Any]] = {}
    for one in said:
        files.setdefault(one.file, []).append(one)
    choices = [(of, version_name(designer, line, of)) for of in (*([WORKING] if line.copy else []), *(one.hash for one in line.published), *([LIBRARY] if line.in_library else []))]
    return render(request, "design_compare.html", designer=designer, line=line, old=old, new=new, files=files, count=len(said), choices=choices,
                  titles={name: found for of in (old, new) for name, found in file_titles({one: body for one, body in designer.design.files(designer.place, package, of).items() if one in files}).items()})


@router.get("/packages/{package}/compare/diagram")
def compare_diagram(request: Request, designer: Reading, package: str, old: str, new: str, file: FileName) -> Response:
    """Two versions of a diagram beside each other, with the sentences."""
    line = designer.design.package(designer.place, package)
    found = designer.design.compare_file(designer.place, package, old, new, file)
    request.scope[DIAGRAM] = True
    said = sentences(designer, package, found.changes)
    return render(request, "design_compare_diagram.html", designer=designer, line=line, old=old, new=new, file=file, said=said, moved=len(found.moved),
                  title=file_title(file, designer.design.files(designer.place, package, new).get(file, b"")),
                  old_name=version_name(designer, line, old), new_name=version_name(designer, line, new))


@router.get("/packages/{package}/compare.json")
def compare_json(designer: Reading, package: str, old: str, new: str, file: FileName) -> Response:
    """The same as {changes: [{element, kind, sentence}]}, for the compare island."""
    found = designer.design.compare_file(designer.place, package, old, new, file)
    said = sentences(designer, package, found.changes)
    return JSONResponse({"changes": [{"element": one.element, "kind": one.kind, "sentence": one.sentence} for one in said], "moved": list(found.moved)})


# --- publishing, in and out -------------------------------------------------------------------------------------------------------------------


@router.post("/packages/{package}/submit")
def submit(request: Request, designer: Administering, package: str) -> Response:
    """Asks a second administrator to publish the working copy as it is now."""
    try:
        id = designer.design.submit_package(designer.place, package, text_of(request, "note")[:2000], designer.person, text_of(request, "version"))
    except Invalid as invalid:
        line = designer.design.package(designer.place, package)
        findings = finding_lines(invalid.findings, designer.visitor.language)
        return render(request, "design_findings.html", 422, designer=designer, line=line, findings=findings)
    return RedirectResponse(f"/design/proposals/{id}", 303)


@router.get("/packages/{package}/export.zip")
def export(designer: Reading, package: str, of: str = "") -> Response:
    of = of or designer.design.newest(designer.place, package)
    body = designer.design.export(designer.place, package, of)
    return Response(body, media_type="application/zip", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(package)}.zip"})


@router.get("/import")
def import_page(request: Request, designer: Administering) -> Response:
    return render(request, "design_import.html", designer=designer, problems=[])


@router.post("/import")
def take_in(request: Request, designer: Administering) -> Response:
    """An archive from elsewhere becomes a working copy; nothing of it is in force before two people published it here."""
    chosen = fields_of(request).get("archive")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise Refused("design.no_archive")
    try:
        name, _ = designer.design.take_in(designer.place, chosen.file.read(), designer.person)
    except Invalid as invalid:
        return render(request, "design_import.html", 422, designer=designer, problems=finding_lines(invalid.findings, designer.visitor.language))
    return RedirectResponse(address(name), 303)
