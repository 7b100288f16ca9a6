"""Encrypted files in a folder: parts are appended in order, written through to the disk before they count, and read back by range."""
from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.files.kinds import ARCHIVE, OFFICE, OFFICE_LIMIT, accepts, kind_of, office_kind
from engine.refusals import Conflict, Refused

PART = 1 << 20  # bytes of content in one part at most
NONCE, TAG = 12, 16
LONGEST_NAME = 120  # characters
LARGEST = 2_000_000_000  # bytes, whatever a form allows


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file as forms and pages know it. `size` in bytes."""

    id: str
    name: str
    type: str
    size: int


class Rows(Protocol):
    """What the database keeps about files (`adapters.database.blobs.BlobRows`)."""

    def subject_key(self, place: str, subject: str) -> bytes: ...
    def create(self, place: str, id: str, owner: str, name: str, wrapped: bytes) -> None: ...
    def staged(self, place: str, owner: str, id: str) -> tuple[Any, list[int]]: ...
    def add_parts(self, place: str, id: str, first: int, sizes: Sequence[int]) -> None: ...
    def complete(self, place: str, id: str, type: str, digest: str) -> None: ...
    def readable(self, place: str, actor: str, id: str) -> tuple[Any, list[int]]: ...
    def abandoned(self, place: str, before: datetime) -> list[str]: ...
    def forget(self, place: str, id: str) -> None: ...


class Keys(Protocol):
    """What encrypts a file's own key under a person's."""

    def encrypt(self, place: str, subject: str, wrapped: bytes, plain: bytes, about: bytes) -> bytes: ...
    def decrypt(self, place: str, subject: str, wrapped: bytes, sealed: bytes, about: bytes) -> bytes: ...
    def digest(self, place: str, data: bytes) -> str: ...


class Files:
    """Files of all places below one folder (on several nodes: a shared one)."""

    def __init__(self, folder: Path, rows: Rows, keys: Keys) -> None:
        self._folder, self._rows, self._keys = folder, rows, keys

    def begin(self, place: str, owner: str, name: str) -> str:
        """Stages an empty file and gives its random id. `name` is kept for display only, cleaned and cut."""
        id, key = uuid4().hex, AESGCM.generate_key(256)
        wrapped = self._keys.encrypt(place, owner, self._rows.subject_key(place, owner), key, _binding(place, id))
        self._rows.create(place, id, owner, clean_name(name), wrapped)
        return id

    def append(self, place: str, owner: str, id: str, offset: int, data: bytes, largest: int = LARGEST) -> int:
        """Adds `data` behind the `offset` bytes that are there; gives the new size. What it acknowledged survives a power cut.

        Raises: NotFound `file.unknown`; Conflict `file.offset` with the right offset (ask again from there); Refused `file.too_large`.
        """
        blob, parts = self._rows.staged(place, owner, id)
        if blob.state != "staged" or offset != blob.size:
            raise Conflict("file.offset", offset=blob.size)
        if offset + len(data) > min(largest, LARGEST):
            raise Refused("file.too_large", limit=min(largest, LARGEST), size=offset + len(data))
        if not data:
            return offset
        pieces = [data[at : at + PART] for at in range(0, len(data), PART)]
        cipher = self._cipher(blob)
        sealed = b"".join(_sealed(cipher, place, id, n, piece) for n, piece in enumerate(pieces, len(parts)))
        _written(self._path(place, id), sum(parts) + (NONCE + TAG) * len(parts), sealed)
        self._rows.add_parts(place, id, len(parts), [len(piece) for piece in pieces])
        return offset + len(data)

    def finish(self, place: str, owner: str, id: str, accept: Collection[str]) -> FileInfo:
        """Says that all is there; reads it back, and takes it if its content is of a kind in `accept`.

        Raises: Refused `file.empty`, `file.kind`, `file.archive`, `file.damaged`; the file is gone then, except for `file.damaged`.
        """
        blob, parts = self._rows.staged(place, owner, id)
        if blob.state == "complete":
            return FileInfo(id, blob.name, blob.type, blob.size)
        try:
            kind = self._kind(blob, parts, accept)
        except Refused as refused:
            if refused.code != "file.damaged":
                self._discard(place, id)
            raise
        hash_ = sha256()
        for piece in self._pieces(blob, parts, 0, len(parts)):
            hash_.update(piece)
        self._rows.complete(place, id, kind, self._keys.digest(place, hash_.digest()))
        return FileInfo(id, blob.name, kind, blob.size)

    def put(self, place: str, owner: str, name: str, data: bytes, accept: Collection[str], largest: int = LARGEST) -> FileInfo:
        """A whole file at once. Raises as `append` and `finish`."""
        id = self.begin(place, owner, name)
        try:
            self.append(place, owner, id, 0, data, largest)
        except Refused:
            self._discard(place, id)
            raise
        return self.finish(place, owner, id, accept)

    def info(self, place: str, actor: str, id: str) -> FileInfo:
        """Raises NotFound `file.unknown`, absent or not theirs to see."""
        blob, _ = self._rows.readable(place, actor, id)
        return FileInfo(id, blob.name, blob.type, blob.size)

    def read(self, place: str, actor: str, id: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop` (the end), piece by piece; only the parts they lie in are read.

        Raises: NotFound `file.unknown`, before anything is read; Refused `file.damaged`.
        """
        blob, parts = self._rows.readable(place, actor, id)
        return self._range(blob, parts, max(0, start), blob.size if stop is None else min(stop, blob.size))

    def stream(self, blob: Any, parts: list[int], start: int, stop: int) -> Iterator[bytes]:
        """The bytes of a file whose head and parts somebody else has found to be the reader's to see; as `read`."""
        return self._range(blob, parts, max(0, start), min(stop, blob.size))

    def sweep(self, place: str, before: datetime) -> int:
        """Removes files that began before `before` and that no command took in; how many."""
        abandoned = self._rows.abandoned(place, before)
        for id in abandoned:
            self._discard(place, id)
        return len(abandoned)

    def _kind(self, blob: Any, parts: list[int], accept: Collection[str]) -> str:
        if not blob.size:
            raise Refused("file.empty")
        head = b"".join(self._range(blob, parts, 0, min(blob.size, 4096)))
        kind = kind_of(head)
        if kind == ARCHIVE and any(accepts(accept, one) for one in OFFICE.values()):
            if blob.size > OFFICE_LIMIT:
                raise Refused("file.too_large", limit=OFFICE_LIMIT, size=blob.size)
            kind = office_kind(b"".join(self._pieces(blob, parts, 0, len(parts))))
        if kind is None or not accepts(accept, kind):
            raise Refused("file.kind", found=kind or "?", accept=sorted(accept))
        return kind

    def _range(self, blob: Any, parts: list[int], start: int, stop: int) -> Iterator[bytes]:
        begins, first = 0, 0
        while first < len(parts) and begins + parts[first] <= start:
            begins, first = begins + parts[first], first + 1
        ends, last = begins, first
        while last < len(parts) and ends < stop:
            ends, last = ends + parts[last], last + 1
        at = begins
        for piece in self._pieces(blob, parts, first, last):
            wanted = piece[max(0, start - at) : max(0, stop - at)]
            at += len(piece)
            if wanted:
                yield wanted

    def _pieces(self, blob: Any, parts: list[int], first: int, last: int) -> Iterator[bytes]:
        """The content of parts `first` … before `last`. Raises Refused `file.damaged` when one is not what was written."""
        if first >= last:
            return
        cipher = self._cipher(blob)
        with open(self._path(blob.place, blob.id), "rb") as file:
            file.seek(sum(parts[:first]) + (NONCE + TAG) * first)
            for n in range(first, last):
                sealed = file.read(NONCE + parts[n] + TAG)
                try:
                    yield cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _part(blob.place, blob.id, n))
                except InvalidTag:
                    raise Refused("file.damaged", id=blob.id, part=n) from None

    def _cipher(self, blob: Any) -> AESGCM:
        wrapped = self._rows.subject_key(blob.place, blob.subject)
        return AESGCM(self._keys.decrypt(blob.place, blob.subject, wrapped, blob.wrapped, _binding(blob.place, blob.id)))

    def _path(self, place: str, id: str) -> Path:
        return self._folder / place / id[:2] / id

    def _discard(self, place: str, id: str) -> None:
        self._rows.forget(place, id)
        self._path(place, id).unlink(missing_ok=True)


def clean_name(name: str) -> str:
    """The last part of a path that somebody's machine sent, without control characters, at most LONGEST_NAME characters with its ending kept."""
    last = "".join(each for each in name.replace("\\", "/").rsplit("/", 1)[-1] if each.isprintable()).strip() or "file"
    if len(last) <= LONGEST_NAME:
        return last
    stem, dot, ending = last.rpartition(".")
    return last[:LONGEST_NAME] if not dot or len(ending) > 10 else stem[: LONGEST_NAME - len(ending) - 1] + "." + ending


def _binding(place: str, id: str) -> bytes:
    return f"blob\n{place}\n{id}".encode()


def _part(place: str, id: str, n: int) -> bytes:
    return f"{place}\n{id}\n{n}".encode()


def _sealed(cipher: AESGCM, place: str, id: str, n: int, piece: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, piece, _part(place, id, n))


def _written(path: Path, offset: int, data: bytes) -> None:
    """Writes at `offset` and waits until the disk has it; what an earlier, unacknowledged try left there is overwritten."""
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.seek(offset)
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if new and os.name != "nt":  # the directory's own entry, too; Windows has no way to ask for it
        for folder in (path.parent, path.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
