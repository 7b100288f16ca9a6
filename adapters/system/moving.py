"""Takes everything of a place out of an installation as a folder of text, files and hashes, and into another one; the rows are the database adapter's.

    DIR/manifest.json     what is there and its hashes      DIR/manifest.sig   the place's signature over the bytes of manifest.json
    DIR/tables/*.jsonl    rows                              DIR/files/ID       uploaded files, encrypted as they lie
    DIR.keys/             the same once more for what makes personal data readable, with the place's key file under keys/
"""
from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.database import backup, schema, transfer
from adapters.database.backup import Summary
from adapters.database.connection import open_database
from adapters.keys.place_keys import verified as signed_by
from adapters.system.export import sequenced
from adapters.system.operations import TABLES, put_key
from adapters.system.root import Settings, System
from engine.refusals import NotFound, Refused

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
NAME = re.compile(r"(tables/[a-z_]+\.jsonl|files/[0-9a-f]{32}|keys/[a-z0-9][a-z0-9_-]*\.key)\Z")


@dataclass(frozen=True, slots=True)
class Moved:
    """What an export holds, or an import brought. `files`: uploaded ones."""

    place: str
    rows: int
    entries: int
    files: int


def keys_folder(folder: Path) -> Path:
    """Where the confidential part of an export lies."""
    return folder.with_name(folder.name + ".keys")


def take_out(system: System, place: str, folder: Path) -> Moved:
    """Writes `folder` and its confidential part while the system runs. A checkpoint is signed first.

    Raises: NotFound `place.unknown`; Refused `backup.exists`, `transfer.file_missing`; Invalid when what was written does not verify.
    """
    if place not in {one.id for one in system.places()}:
        raise NotFound("place.unknown", place=place)
    confidential = keys_folder(folder)
    for each in (folder, confidential):
        if each.exists():
            raise Refused("backup.exists", path=str(each))
    sequenced(system, place)
    key = system.settings.home / "keys" / f"{place}.key"
    with _beside(folder) as work:
        summary = backup.backup(system.database, work / "rows", TABLES, {key.name: key.read_bytes()}, place)
        part, secret = work / "part", work / "secret"
        made = transfer.written(work / "rows", part, TABLES)
        files = _files_copied(work / "rows", system.settings.home / "files" / place, part / "files")
        _sealed(system, place, part, {**made, "files": files})
        hidden = transfer.written(backup.keys_path(work / "rows"), secret, TABLES)
        (secret / "keys").mkdir()
        (secret / "keys" / key.name).write_bytes(key.read_bytes())
        _sealed(system, place, secret, {**hidden, "files": {f"keys/{key.name}": _stated(key)}})
        os.replace(secret, confidential)
        os.replace(part, folder)
    return Moved(place, summary.rows, summary.entries, len(files))


def bring_in(settings: Settings, folder: Path, confidential: Path | None, check: bool = False) -> Moved:
    """Reads an export, verifies every hash, chain and signature, and puts it into the database of `settings`, where the place must not be yet.

    `confidential`: the export's confidential part, of this export or a later one; without it nothing personal can be read. `check`: only verify.

    Raises: Refused `transfer.missing`, `transfer.form`, `transfer.hash`, `transfer.signature`, `transfer.place_exists`, `backup.newer`, `key.file`;
    Invalid when the record does not verify. Then nothing was brought in.
    """
    manifest = _checked(folder)
    place = str(manifest["place"])
    hidden = _checked(confidential) if confidential is not None else None
    if hidden is not None and hidden["place"] != place:
        raise Refused("transfer.form", path=str(confidential), reason=str(hidden["place"]))
    key = {path.name: path.read_bytes() for path in sorted((confidential / "keys").glob("*.key"))} if confidential is not None else {}
    with _beside(settings.home / "import") as work:
        transfer.read(folder, manifest, work / "rows", TABLES)
        if confidential is not None and hidden is not None:
            transfer.read(confidential, hidden, work / "rows.keys", TABLES, key)
        summary = backup.verified(work / "rows")
        if not check:
            database = open_database(settings.url)
            try:
                _files_put(folder / "files", settings.home / "files" / place)
                backup.restore(database, work / "rows", TABLES, work / "rows.keys" if hidden is not None else None, beside=True)
            finally:
                database.close()
        for name, body in () if check else key.items():
            put_key(settings.home / "keys" / name, body)
    return Moved(place, summary.rows, summary.entries, len(manifest["files"]))


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A private folder on the same disk as `path`, gone with the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as made:
        yield Path(made)


def _files_copied(rows: Path, source: Path, target: Path) -> dict[str, Any]:
    """The uploaded files that the rows know, with their sizes and hashes."""
    target.mkdir()
    with backup._opened(rows) as connection:
        ids = list(connection.scalars(sa.select(schema.blob.c.id).where(schema.blob.c.size > 0).order_by(schema.blob.c.id)))
    found = {}
    for id in ids:
        file = source / id[:2] / id
        if not file.is_file():
            raise Refused("transfer.file_missing", file=id)
        shutil.copyfile(file, target / id)
        found[f"files/{id}"] = _stated(target / id)
    return found


def _stated(path: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        hash_ = sha256()
        while piece := file.read(1 << 20):
            hash_.update(piece)
        return {"size": file.tell(), "sha256": hash_.hexdigest()}


def _sealed(system: System, place: str, folder: Path, stated: Mapping[str, Any]) -> None:
    body = (json.dumps({"format": transfer.FORMAT, "place": place, **stated}, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    (folder / MANIFEST).write_bytes(body)
    (folder / SIGNATURE).write_text(json.dumps({
        "algorithm": "Ed25519", "public_key": b64encode(system.keys.public_key(place)).decode(), "signature": b64encode(system.keys.sign(place, body)).decode()}) + "\n")


def _checked(folder: Path) -> dict[str, Any]:
    """The manifest of a folder in which every file is as it says. Raises Refused."""
    try:
        body, sealed = (folder / MANIFEST).read_bytes(), json.loads((folder / SIGNATURE).read_bytes())
        manifest = json.loads(body)
        good = signed_by(b64decode(sealed["public_key"]), body, b64decode(sealed["signature"]))
        if manifest["format"] != transfer.FORMAT:
            raise Refused("transfer.form", path=str(folder / MANIFEST), reason=str(manifest["format"])[:40])
        expected = {**{f"tables/{name}.jsonl": of["sha256"] for name, of in manifest["tables"].items()}, **{name: of["sha256"] for name, of in manifest["files"].items()}}
    except OSError:
        raise Refused("transfer.missing", path=str(folder)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("transfer.form", path=str(folder / MANIFEST), reason="JSON") from None
    if not good:
        raise Refused("transfer.signature", path=str(folder / MANIFEST))
    for name, hash_ in expected.items():
        if not NAME.match(name):
            raise Refused("transfer.form", path=name, reason="name")
        if not (folder / name).is_file() or _stated(folder / name)["sha256"] != hash_:
            raise Refused("transfer.hash", file=name)
    return dict(manifest)


def _files_put(source: Path, target: Path) -> None:
    """Copies uploaded files to where they belong, each written through."""
    for path in sorted(source.glob("*")):
        where = target / path.name[:2] / path.name
        where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(path, "rb") as from_, open(os.open(where, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as to:
            shutil.copyfileobj(from_, to, 1 << 20)
            to.flush()
            os.fsync(to.fileno())
