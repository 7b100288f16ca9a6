"""What a judge reads beside the score sheet: the materials of those whom the sheet lists, while it is theirs to fill in, and of nobody else."""
from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.web.ports import Materials, Row
from adapters.web.signed_in import Signed, Visitor
from adapters.web.uploads import stored
from adapters.web.views import FileInfo, Nominee, TaskView
from engine.refusals import NotFound

router = APIRouter()
SHEET = "scores"  # the kind of field that makes a form a score sheet
WITHHELD = frozenset({"phone", "date", "credit_code"})  # kinds that say how to reach somebody or when they were born: no matter of a score


@router.get("/tasks/{instance}/{task}/files/{id}")
def read(request: Request, visitor: Signed, instance: str, task: str, id: str, download: bool = False) -> Response:
    """A file of somebody whom the sheet lists. Raises NotFound for everybody else's, and when the sheet is not the visitor's or done."""
    row = visitor.system.queries.task(visitor.place.id, visitor.person.id, instance, task)
    if not _is_sheet(visitor, row.line.package, row.form):
        raise NotFound("file.unknown", id=id)
    blob, parts = _materials(request).file(visitor.place.id, visitor.person.id, instance, task, id)
    files: Any = visitor.system.files
    return stored(request, blob, lambda start, stop: files.stream(blob, parts, start, stop), download)


def nominees(materials: Materials, visitor: Visitor, view: TaskView) -> tuple[Nominee, ...]:
    """Those whom the sheet lists and whose own pages this reader may not open; nobody for another form, or a sheet that is not theirs to fill in."""
    if view.line.state != "open" or not view.why or not _is_sheet(visitor, view.package, view.form):
        return ()
    try:
        found = materials.of(visitor.place.id, visitor.person.id, view.line.instance, view.line.task)
    except NotFound:
        return ()
    return tuple(_nominee(visitor, view, each) for each in found)


def _is_sheet(visitor: Visitor, package: str, form: str) -> bool:
    found = visitor.words.form(package, form)
    return found is not None and any(field.kind == SHEET for field in found.fields())


def _nominee(visitor: Visitor, view: TaskView, listed: Row) -> Nominee:
    fields = visitor.words.fields(view.package)
    shown = {name: value for name, value in listed.values.items() if name in fields and fields[name].kind not in WITHHELD}
    told = visitor.words.told(view.package, shown, visitor.system.lookup(visitor.place.id, view.line.instance, view.line.task))
    under = f"/tasks/{view.line.instance}/{view.line.task}/files"
    files = tuple(FileInfo(each.id, each.name, each.type, each.size, fields[each.field].label if each.field in fields else "", under) for each in listed.files)
    return Nominee(listed.label, tuple(told), files)


def _materials(request: Request) -> Materials:
    found: Materials = request.app.state.materials
    return found
