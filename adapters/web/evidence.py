"""Evidence that comes with an objection from the public page: what is taken from somebody who is not signed in, and how much; decides no rights.

The limits of the package's own form hold for each file. Because nobody is signed in, less is taken at once, and that is looked at before a body is read.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from adapters.locale import knows, say
from adapters.web.ports import Row, System
from adapters.web.security import Pace, TooLarge
from adapters.web.signed_in import SignedOut, fields_of
from adapters.web.uploads import PIECE
from adapters.web.words import first_form
from engine.bpmn.graph import Process
from engine.bundle import Bundle
from engine.refusals import NotFound, Refused
from forms.fields import Field, Given, read_one

ADDRESS = re.compile(r"/public/[^/]+/[^/]+/objection\Z")
NAME, KEPT = "evidence", "kept"  # the names in the page's form: new files, and those that came with it before
OWNER = "job"  # whose the files are until the objection takes them in; the system's, for no person of the place sent them
MEGABYTE = 1024 * 1024
LARGEST = 100 * MEGABYTE  # bytes of one objection with all its files
SLIGHT = MEGABYTE // 4  # up to which a body is as good as text
AN_HOUR, FROM_ONE, OF_ONE_NOTICE = 3600, 10, 40


class Gate:
    """How much may come in from people who are not signed in: asked before a body is read; counted in this process."""

    def __init__(self) -> None:
        self.address, self.notice = Pace(FROM_ONE, AN_HOUR), Pace(OF_ONE_NOTICE, AN_HOUR)

    def __call__(self, request: Request) -> None:
        """Raises SignedOut for any other address; TooLarge, also for a body of unsaid length; TooOften."""
        if not ADDRESS.fullmatch(request.url.path):
            raise SignedOut("identity.signed_out")
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            raise TooLarge("web.too_large", megabytes=LARGEST // MEGABYTE)
        if int(length) > SLIGHT:
            self.address.check(request.client.host if request.client else "")
            self.notice.check(request.url.path)


def evidence_field(bundle: Bundle, process: Process) -> Field | None:
    """The field for files of the form with which the office registers what came in; None when the package asks for none."""
    form = bundle.graphs.forms.get(first_form(process))
    return next((field for field in form.fields() if field.kind == "files"), None) if form is not None else None


def received(request: Request, system: System, place: str, field: Field, language: str) -> tuple[list[Mapping[str, Any]], str]:
    """The files that came, now or with an earlier try, and what is wrong with them in words; those that will do are kept either way."""
    form = fields_of(request)
    new = [one for one in form.getlist(NAME) if isinstance(one, UploadFile) and one.filename]
    kept = [found for id in dict.fromkeys(form.getlist(KEPT)) if isinstance(id, str) and (found := _known(system, place, id))]
    most = int(field.settings.get("max_count", 1))
    if len(kept) + len(new) > most:
        return kept, say("form.too_many_files", language, label=field.label, max=most, found=len(kept) + len(new))
    wrong = []
    for file in new:
        try:
            kept.append(_stored(system, place, file, field))
        except Refused as refused:
            wrong.append(f"{file.filename}{say('：', language)}{_why(refused, field, language)}")
    _, problems = read_one(field, [one["id"] for one in kept], "", Given(lambda expression, answers: None, files=lambda id: _known(system, place, id)))
    wrong += [say(one.code, language, **{"label": field.label, **one.details}) for one in problems if one.code != "form.required"]
    return kept, " ".join(wrong)


def _why(refused: Refused, field: Field, language: str) -> str:
    """In words that somebody outside of any office understands: kinds of files by name."""
    if refused.code != "file.kind":
        return say(refused.code, language, **refused.details)
    kinds = [say(f"media.{one}", language) if knows(f"media.{one}") else str(one) for one in field.settings.get("accept", ())]
    return say("web.other_kind", language, kinds=kinds)


def _known(system: System, place: str, id: str) -> Mapping[str, Any] | None:
    """A file that was sent here and that nothing took in yet."""
    try:
        found: Row = system.files.info(place, OWNER, id)
    except NotFound:
        return None
    return {"id": found.id, "name": found.name, "type": found.type, "size": found.size}


def _stored(system: System, place: str, file: UploadFile, field: Field) -> Mapping[str, Any]:
    """Raises Refused for what is too large, empty or of another kind than the form takes."""
    largest = min(int(field.settings.get("max_size") or LARGEST), LARGEST)
    if (file.size or 0) > largest:
        raise Refused("web.too_large", megabytes=largest // MEGABYTE)
    id, have = system.files.begin(place, OWNER, file.filename or ""), 0
    while piece := file.file.read(PIECE):
        have = system.files.append(place, OWNER, id, have, piece, largest)
    found = system.files.finish(place, OWNER, id, field.settings.get("accept", ()))
    return {"id": found.id, "name": found.name, "type": found.type, "size": found.size}
