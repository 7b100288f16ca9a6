"""Saves the notification texts of a working copy as they were typed; publishes nothing."""
from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from adapters.locale import say
from adapters.web.design.packages import address, overwritten
from adapters.web.design.rights import Administering
from adapters.web.design.text_page import KEYS, text_page, texts_in
from adapters.web.signed_in import fields_of, text_of
from engine.refusals import Conflict, NotFound, Refused
from forms.editing import with_keys
from forms.rewriting import rewritten

router = APIRouter(prefix="/design/packages/{package}")
FileName = Annotated[str, Query(max_length=200)]


@router.post("/texts")
def save(request: Request, designer: Administering, package: str, file: FileName) -> Response:
    """Saves what was typed, right or wrong; the page says at the boxes what is wrong. Nothing is overwritten unseen."""
    design, place = designer.design, designer.place
    line = design.package(place, package)
    files = design.files(place, package, "working")
    stored = texts_in(files[file], file) if file in files and line.copy else None
    if stored is None:
        raise NotFound("design.no_file", file=file)
    made = {id: _typed(request, id, one) for id, one in stored.items()}
    version, sent = line.copy.changed.get(file, (0, None, ""))[0], text_of(request, "version")
    try:
        body = rewritten(files[file], file, lambda _: made)
        if sent != str(version) or body != files[file]:
            version, _ = design.copies.save_file(place, package, file, body, int(sent) if sent.isdigit() and len(sent) < 9 else -1, designer.person)
    except NotFound:
        raise
    except Refused as refused:
        said = overwritten(designer, refused) if isinstance(refused, Conflict) else say(refused.code, designer.visitor.language, **refused.details)
        page = text_page(request, designer, line, file, files, tree=made, problems=[said], status=409 if isinstance(refused, Conflict) else 422)
        if page is None:
            raise
        return page
    return RedirectResponse(address(package, "/edit", file=file, saved=str(version)), 303)


def _typed(request: Request, id: str, one: dict[str, object]) -> dict[str, object]:
    """The text with what was sent for it; what came back as it was shown stays as it is written."""
    given: dict[str, object] = {}
    for key in (each for each in KEYS if f"t.{id}.{each}" in fields_of(request)):
        sent = text_of(request, f"t.{id}.{key}").replace("\r\n", "\n")
        if sent != str(one.get(key) or ("info" if key == "level" else "")).strip() and (sent or key != "level"):
            given[key] = sent or None
    return with_keys(one, given, KEYS) if given else one
