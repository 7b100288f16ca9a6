"""Edits a form of the working copy: what is in the open boxes is saved with every press, then what the button says is done. Publishes nothing."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from adapters.locale import say
from adapters.web.design.form_boxes import answered, new_field, of_kind
from adapters.web.design.form_page import form_page
from adapters.web.design.form_view import FREE_ID, FormPage, form_id, tree_of
from adapters.web.design.packages import address, overwritten
from adapters.web.design.rights import Administering, Designer
from adapters.web.signed_in import fields_of as sent_fields, text_of
from engine.refusals import Conflict, Invalid, NotFound, Refused
from forms.editing import LIST, Tree, added, changed, dropped, fields_of, into_section, moved, part, parts, renamed, with_keys
from forms.form import RESERVED
from forms.kinds import KINDS
from forms.rewriting import rewritten

router = APIRouter(prefix="/design/packages/{package}")
FileName = Annotated[str, Query(max_length=200)]


@dataclass(slots=True)
class Edit:
    """A form on its way: the tree, the part that is open, where the page goes on (`anchor`), what it asks, and why something was not done."""

    page: FormPage
    tree: Tree
    at: str = ""
    anchor: str = "open"
    ask: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def refuse(self, code: str, **details: object) -> None:
        self.problem = say(code, self.page.language, **details)


@router.post("/form")
def edit(request: Request, designer: Administering, package: str, file: FileName) -> Response:
    """Saves the open boxes and does what the pressed button says (`act` = name:path)."""
    design, place = designer.design, designer.place
    line = design.package(place, package)
    files = design.files(place, package, "working")
    if file not in files or not file.startswith("forms/"):
        raise NotFound("design.no_file", file=file)
    page = FormPage(designer, package, file, files)
    edit = Edit(page, tree_of(files[file], file), text_of(request, "at"))
    version, sent = line.copy.changed.get(file, (0, None, ""))[0], text_of(request, "version")
    if part(edit.tree, edit.at) is None and edit.at or text_of(request, "part") != _name(edit.tree, edit.at):
        edit.refuse("formbox.gone")
        edit.at = ""
    else:
        edit.tree = _with_boxes(request, edit)
        if sent == str(version):
            act, _, path = text_of(request, "act").partition(":")
            if act in ACTS:
                ACTS[act](edit, path, request)
    if edit.problem:
        return _again(request, designer, line, edit, files, [edit.problem], 422)
    try:
        body = rewritten(files[file], file, lambda _: edit.tree)
        if sent != str(version) or body != files[file]:
            version, _ = design.copies.save_file(place, package, file, body, int(sent) if sent.isdigit() and len(sent) < 9 else -1, designer.person)
    except Conflict as conflict:
        return _again(request, designer, line, edit, files, [overwritten(designer, conflict)], 409)
    except NotFound:
        raise
    except Refused as refused:
        return _again(request, designer, line, edit, files, [say(refused.code, designer.visitor.language, **refused.details)], 422)
    asked = {"at": edit.at, "saved": str(version), **({"ask": edit.ask} if edit.ask else {}), **edit.typed}
    return RedirectResponse(address(package, "/edit", file=file, **asked) + (f"#{quote(edit.anchor)}" if text_of(request, "act") else ""), 303)


@router.post("/form/copy")
def copy_form(request: Request, designer: Administering, package: str, file: FileName) -> Response:
    """Another form like this one, under its own title, in the list of the package's forms."""
    design, place = designer.design, designer.place
    line = design.package(place, package)
    files = design.files(place, package, "working")
    if file not in files or not file.startswith("forms/") or "package.yaml" not in files:
        raise NotFound("design.no_file", file=file)
    title = text_of(request, "title")[:200]
    if not title:
        edit = Edit(FormPage(designer, package, file, files), tree_of(files[file], file))
        edit.refuse("formbox.no_title")
        return _again(request, designer, line, edit, files, [edit.problem], 422)
    name = FREE_ID.match(form_id(file)) and form_id(file).rstrip("0123456789_") or "form"
    id = next(f"{name}_{n}" for n in range(2, 10_000) if f"forms/{name}_{n}.yaml" not in files)
    body = rewritten(files[file], file, lambda form: with_keys(form, {"id": id, "title": title}, ("id", "title")))
    listed = rewritten(files["package.yaml"], "package.yaml", lambda found: {**found, "forms": [*(found.get("forms") or []), id]})
    design.copies.save_file(place, package, f"forms/{id}.yaml", body, 0, designer.person)
    design.copies.save_file(place, package, "package.yaml", listed, line.copy.changed.get("package.yaml", (0, None, ""))[0], designer.person)
    return RedirectResponse(address(package, "/edit", file=f"forms/{id}.yaml"), 303)


def _again(request: Request, designer: Designer, line: object, edit: Edit, files: dict[str, bytes], problems: list[str], status: int) -> Response:
    made = form_page(request, designer, line, edit.page.file, files, tree=edit.tree, at=edit.at, ask=edit.ask, typed=_typed(request), problems=problems, status=status)
    if made is None:
        raise Invalid([])
    return made


def _typed(request: Request) -> dict[str, str]:
    return {name: text for name in sent_fields(request) if name == "id" or name.startswith("new.") for text in [text_of(request, name)[:200]]}


def _name(tree: Tree, path: str) -> str:
    """What a part is called, so that one that somebody else moved is not taken for another."""
    found = part(tree, path) or {}
    return str(found.get("id") or found.get("code") or "")


def _with_boxes(request: Request, edit: Edit) -> Tree:
    """The form with what was sent for the open part."""
    given = {name: [str(one) for one in sent_fields(request).getlist(name)] for name in sent_fields(request)}
    given = {name.removeprefix("b."): values for name, values in given.items() if name.startswith("b.")}
    boxes = edit.page.boxes(edit.tree, edit.at)
    if not edit.at:
        return answered(edit.tree, boxes, given)
    return changed(edit.tree, edit.at, answered(part(edit.tree, edit.at) or {}, boxes, given))


# --- what buttons do --------------------------------------------------------------------------------------------------------------------------------


def _open(edit: Edit, path: str, request: Request) -> None:
    edit.at = path if part(edit.tree, path) is not None else ""


def _close(edit: Edit, path: str, request: Request) -> None:
    edit.anchor = f"part-{edit.at}" if edit.at else "main"
    edit.at = ""


def _move(by: int) -> Callable[[Edit, str, Request], None]:
    def move(edit: Edit, path: str, request: Request) -> None:
        if part(edit.tree, path) is None:
            return
        opened = part(edit.tree, edit.at)
        edit.tree, now = moved(edit.tree, path, by)
        edit.at = _found_again(edit.tree, opened, edit.at)
        edit.anchor = f"{'up' if by < 0 else 'down'}-{now}"

    return move


def _found_again(tree: Tree, opened: Tree | None, at: str) -> str:
    """Where the open part is after others, or itself, were moved."""
    if opened is None:
        return ""
    lists = ["sections", "outcomes", *(f"sections.{n}.fields" for n in range(len(parts(tree, "sections")))), *(f"{path}.columns" for path, _ in fields_of(tree))]
    return next((f"{one}.{index}" for one in lists for index, found in enumerate(parts(tree, one)) if found is opened), at if part(tree, at) == opened else "")


def _ask_drop(edit: Edit, path: str, request: Request) -> None:
    edit.at, edit.ask = path if part(edit.tree, path) is not None else "", "drop"


def _drop(edit: Edit, path: str, request: Request) -> None:
    if part(edit.tree, path) is None:
        return
    if path.count(".") == 1 and path.startswith("sections") and len(parts(edit.tree, "sections")) == 1:
        edit.refuse("formbox.last_section")
        return
    id = str((part(edit.tree, path) or {}).get("id"))
    edit.tree, edit.at = dropped(edit.tree, path), ""
    identity = edit.tree.get("identity")
    if path.count(".") == 3 and isinstance(identity, list) and id in identity:
        edit.tree = with_keys(edit.tree, {"identity": [one for one in identity if one != id] or None})
    edit.anchor = "main"


def _add(edit: Edit, path: str, request: Request) -> None:
    """A field at the end of a section, or a column at the end of a table."""
    label, kind = text_of(request, f"new.{path}.label")[:200], text_of(request, f"new.{path}.kind")
    if not LIST.match(path) or not path.startswith("sections."):
        return
    if not label:
        edit.at = path.rpartition(".")[0] if path.endswith("columns") else edit.at
        edit.refuse("formbox.no_label")
        return
    column = path.endswith(".columns")
    if kind not in KINDS or column and not KINDS[kind].in_table:
        edit.refuse("formbox.no_kind")
        return
    table = part(edit.tree, path.rpartition(".")[0]) if column else None
    edit.tree = added(edit.tree, path, new_field(kind, edit.page.free_id(edit.tree, label, kind, table), label))
    edit.at = f"{path}.{len(parts(edit.tree, path)) - 1}"


def _add_section(edit: Edit, path: str, request: Request) -> None:
    label = text_of(request, "new.sections.label")[:200]
    if not label:
        edit.refuse("formbox.no_label")
        return
    edit.tree = added(edit.tree, "sections", {"title": label, "fields": []})
    edit.at, edit.anchor = "", f"part-sections.{len(parts(edit.tree, 'sections')) - 1}"


def _add_outcome(edit: Edit, path: str, request: Request) -> None:
    label = text_of(request, "new.outcomes.label")[:200]
    if not label:
        edit.refuse("formbox.no_label")
        return
    taken = {str(one.get("code")) for one in parts(edit.tree, "outcomes") if isinstance(one, dict)}
    code = next(f"outcome_{n}" for n in range(1, 1000) if f"outcome_{n}" not in taken)
    edit.tree = added(edit.tree, "outcomes", {"code": code, "label": label})
    edit.at = f"outcomes.{len(parts(edit.tree, 'outcomes')) - 1}"


def _rename(edit: Edit, path: str, request: Request) -> None:
    """Another name for the open field or column; where something reads it, the page asks first."""
    id, found = text_of(request, "id"), part(edit.tree, edit.at)
    if found is None or id == found.get("id"):
        return
    siblings = {str(one.get("id")): str(one.get("label", "")) for _, one in fields_of(edit.tree)} if edit.at.count(".") == 3 else {
        str(one.get("id")): str(one.get("label", "")) for one in parts(edit.tree, edit.at.rpartition(".")[0]) if isinstance(one, dict)}
    if not FREE_ID.match(id):
        edit.refuse("formbox.not_an_id", text=id)
    elif id in RESERVED:
        edit.refuse("formbox.id_reserved", id=id)
    elif id in siblings:
        edit.refuse("formbox.id_taken", id=id, label=siblings[id])
    elif path != "sure" and edit.page.uses(edit.tree, edit.at):
        edit.ask, edit.typed = "rename", {"id": id}
    else:
        edit.tree = renamed(edit.tree, edit.at, id)


def _kind(edit: Edit, path: str, request: Request) -> None:
    kind, found = text_of(request, "kind"), part(edit.tree, edit.at)
    if found is None or kind not in KINDS:
        edit.refuse("formbox.no_kind")
    elif kind != found.get("kind"):
        made, _ = of_kind(found, kind)
        edit.tree = changed(edit.tree, edit.at, made)


def _to_section(edit: Edit, path: str, request: Request) -> None:
    to = text_of(request, "to")
    if edit.at.count(".") == 3 and to.isdigit() and int(to) < len(parts(edit.tree, "sections")):
        edit.tree, edit.at = into_section(edit.tree, edit.at, int(to))


ACTS: dict[str, Callable[[Edit, str, Request], None]] = {
    "open": _open, "close": _close, "up": _move(-1), "down": _move(1), "ask-drop": _ask_drop, "drop": _drop, "add": _add, "add-section": _add_section, "add-outcome": _add_outcome,
    "rename": _rename, "kind": _kind, "to-section": _to_section,
}
