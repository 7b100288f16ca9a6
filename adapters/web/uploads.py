"""Files over HTTP: resumable upload (tus 1.0: creation, termination), and reading with ranges for previews. Stores nothing itself.

The offset of an upload is the length that the store of files has acknowledged, so a killed server loses nothing and corrupts nothing.
"""
from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Annotated
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from adapters.web.ports import Row
from adapters.web.security import SANDBOXED, TooLarge, TooOften
from adapters.web.signed_in import Signed, Visitor
from engine.refusals import Conflict, Refused

router = APIRouter()
VERSION = "1.0.0"
LARGEST = 600 * 1024 * 1024
PIECE = 4 * 1024 * 1024  # bytes handed to the store at once
AT_ONCE = 5  # uploads of one person that receive data at the same moment
TAKEN = ("video/mp4", "video/webm", "application/pdf", "image/jpeg", "image/png")  # a form may take fewer
SHOWN = frozenset(TAKEN)  # what a browser may show in place; all else is downloaded
CREATED = {"Tus-Resumable": VERSION}
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})\Z")


class Busy(Refused):
    """Another request is writing to the same upload (423)."""


class WrongVersion(Refused):
    """Another version of the tus protocol (412)."""


class WrongKind(Refused):
    """Not a piece of an upload (415)."""


class Receiving:
    """Who is sending to which upload right now, in this process; the store refuses a second writer of another process by the offset."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}  # upload → person
        self._lock = Lock()

    def begin(self, upload: str, person: str) -> None:
        with self._lock:
            if upload in self._running:
                raise Busy("upload.busy")
            if list(self._running.values()).count(person) >= AT_ONCE:
                raise TooOften("upload.too_many", most=AT_ONCE)
            self._running[upload] = person

    def end(self, upload: str) -> None:
        with self._lock:
            self._running.pop(upload, None)


def _speaks_tus(version: str | None) -> None:
    if version != VERSION:
        raise WrongVersion("upload.version", version=VERSION)


@router.options("/uploads")
def abilities() -> Response:
    return Response(status_code=204, headers={**CREATED, "Tus-Version": VERSION, "Tus-Extension": "creation,termination", "Tus-Max-Size": str(LARGEST)})


@router.post("/uploads")
def create(visitor: Signed, tus_resumable: Annotated[str | None, Header()] = None, upload_length: Annotated[int, Header(ge=0)] = 0, upload_metadata: Annotated[str, Header(max_length=4000)] = "") -> Response:
    _speaks_tus(tus_resumable)
    if upload_length > LARGEST:
        raise TooLarge("web.too_large", megabytes=LARGEST // 1024 // 1024)
    id = visitor.system.files.begin(visitor.place.id, visitor.person.id, _metadata(upload_metadata).get("filename", ""))
    # The whole length stands in the address: the store keeps what has arrived, not what is to come.
    return Response(status_code=201, headers={**CREATED, "Location": f"/uploads/{id}?length={upload_length}"})


@router.head("/uploads/{id}")
def offset(visitor: Signed, id: str, length: Annotated[int, Query(ge=0)], tus_resumable: Annotated[str | None, Header()] = None) -> Response:
    """How much is there. A server that ended between the last byte and the file's examination examines it now: the sender does not come again."""
    _speaks_tus(tus_resumable)
    have = _received(visitor, id)
    if have == length:
        visitor.system.files.finish(visitor.place.id, visitor.person.id, id, TAKEN)
    return Response(headers={**CREATED, "Upload-Offset": str(have), "Upload-Length": str(length)})


@router.patch("/uploads/{id}")
async def receive(request: Request, visitor: Signed, id: str, length: Annotated[int, Query(ge=0)], upload_offset: Annotated[int, Header(ge=0)], tus_resumable: Annotated[str | None, Header()] = None) -> Response:
    """Takes the next bytes. The owner and the offset are checked before anything is read."""
    _speaks_tus(tus_resumable)
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise WrongKind("upload.kind")
    receiving: Receiving = request.app.state.receiving
    receiving.begin(id, visitor.person.id)
    try:
        have = await to_thread.run_sync(_received, visitor, id)
        if upload_offset != have:
            raise Conflict("file.offset", offset=have)
        have = await _appended(request, visitor, id, have, length)
        if have == length:
            await to_thread.run_sync(visitor.system.files.finish, visitor.place.id, visitor.person.id, id, TAKEN)
    finally:
        receiving.end(id)
    return Response(status_code=204, headers={**CREATED, "Upload-Offset": str(have)})


async def _appended(request: Request, visitor: Visitor, id: str, have: int, length: int) -> int:
    """Hands the stream on piece by piece; what arrived before the line broke is kept."""
    files, place, me = visitor.system.files, visitor.place.id, visitor.person.id
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            waiting += chunk
            if have + len(waiting) > length:
                raise TooLarge("upload.longer")
            if len(waiting) >= PIECE:
                have = await to_thread.run_sync(files.append, place, me, id, have, bytes(waiting), LARGEST)
                waiting.clear()
    except ClientDisconnect:
        pass  # the sender asks for the offset and goes on from there
    return await to_thread.run_sync(files.append, place, me, id, have, bytes(waiting), LARGEST) if waiting else have


@router.delete("/uploads/{id}")
def abandon(visitor: Signed, id: str, tus_resumable: Annotated[str | None, Header()] = None) -> Response:
    """Nothing is asked of the store: what no command takes in, the store removes after a while. The owner is checked all the same."""
    _speaks_tus(tus_resumable)
    _received(visitor, id)
    return Response(status_code=204, headers=CREATED)


def _received(visitor: Visitor, id: str) -> int:
    """How much of an upload the store has. Raises NotFound, absent or not theirs."""
    try:
        return visitor.system.files.append(visitor.place.id, visitor.person.id, id, -1, b"")
    except Conflict as conflict:  # no offset is -1: the store answers with the right one
        return int(str(conflict.details["offset"]))


def _metadata(header: str) -> dict[str, str]:
    """`filename ZGE=,filetype dmk=` as tus sends it; what is no base64 counts as empty."""
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, coded = pair.partition(" ")
        try:
            found[key] = b64decode(coded, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            found[key] = ""
    return found


def keep_file(visitor: Visitor, file: UploadFile) -> str:
    """Stores a file that came with a plain form; gives its id."""
    files, place, me = visitor.system.files, visitor.place.id, visitor.person.id
    id = files.begin(place, me, file.filename or "")
    have = 0
    while piece := file.file.read(PIECE):
        have = files.append(place, me, id, have, piece, LARGEST)
    return str(files.finish(place, me, id, TAKEN).id)


@router.get("/files/{id}")
def read(request: Request, visitor: Signed, id: str, download: bool = False) -> Response:
    """A file for those who may see what it belongs to."""
    files, place, me = visitor.system.files, visitor.place.id, visitor.person.id
    return stored(request, files.info(place, me, id), lambda start, stop: files.read(place, me, id, start, stop), download)


def stored(request: Request, info: Row, read: Callable[[int, int], Iterator[bytes]], download: bool) -> Response:
    """A stored file as an answer, sandboxed; with ranges, so that a video can be moved through. `info`: name, type, size."""
    request.scope[SANDBOXED] = True
    way = "inline" if info.type in SHOWN and not download else "attachment"
    headers: dict[str, str] = {"Accept-Ranges": "bytes", "Content-Disposition": f"{way}; filename*=UTF-8''{quote(info.name)}"}
    span = _span(request.headers.get("range", ""), info.size)
    if span is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{info.size}"})
    start, stop = span
    status = 206 if request.headers.get("range") else 200
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{info.size}"
    headers["Content-Length"] = str(stop - start)
    kind = info.type if info.type in SHOWN else "application/octet-stream"
    return StreamingResponse(read(start, stop), status, headers, kind)


def _span(header: str, size: int) -> tuple[int, int] | None:
    """(start, stop) of the one range that is asked for; the whole without one or with several; None when it lies outside."""
    found = RANGE.match(header)
    if not header or "," in header or found is None or found[1] == found[2] == "":
        return 0, size
    if not found[1]:
        return max(0, size - int(found[2])), size
    start, stop = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
    return (start, stop) if start < stop else None


