"""Retention and certificates of one installation: what the database decides, and with it the files on the disk and the signed certificate."""
from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from time import time
from typing import Any

import sqlalchemy as sa

from adapters.database import retention, schema
from adapters.database.erasure import Erasure
from adapters.database.retention import Certificate, Family, Removed, Retention
from adapters.system.export import sequenced
from adapters.system.root import System
from engine.journal.canonical import canonical_text
from engine.refusals import NotFound

__all__ = ["Erasure", "Family", "Retention", "document", "remove", "sweep"]
DAY = 24 * 3600.0


def remove(system: System, place: str, root: str, by: str, approved_by: str) -> Removed:
    """Removes a matter whose period is over, and its uploaded files. A checkpoint is signed before and after. Raises as `Retention.remove`."""
    sequenced(system, place)
    found = Retention(system.database).remove(place, root, by, approved_by)
    for id in found.files:
        (folder_of(system, place) / id[:2] / id).unlink(missing_ok=True)
    sweep(system, place)
    sequenced(system, place)
    return found


def sweep(system: System, place: str, older_than: float = DAY) -> int:
    """Removes files that no row knows any more (a node died between row and file); how many. `older_than`: seconds, so that none being made is met."""
    folder, b = folder_of(system, place), schema.blob.c
    there = {path.name: path for path in folder.glob("*/*") if path.stat().st_mtime < time() - older_than} if folder.is_dir() else {}
    with system.database.reading() as connection:
        known = set(connection.scalars(sa.select(b.id).where(b.place == place)))
    for name in there.keys() - known:
        there[name].unlink(missing_ok=True)
    return len(there.keys() - known)


def folder_of(system: System, place: str) -> Path:
    """Where the uploaded files of a place lie."""
    return system.settings.home / "files" / place


def document(system: System, place: str, number: int) -> str:
    """A certificate to hand out: JSON with every leaf hash and the place's signature over its canonical text. Raises NotFound `retention.certificate`."""
    made = next((one for one in Retention(system.database).certificates(place) if one.number == number), None)
    if made is None:
        raise NotFound("retention.certificate", number=number)
    with system.database.reading() as connection:
        hashes = retention.leaf_hashes(connection, place, made)
    text = canonical_text(stated(place, made, hashes))
    return json.dumps({"certificate": json.loads(text), "signed": text, "signature": b64encode(system.keys.sign(place, text.encode())).decode(),
                       "public_key": b64encode(system.keys.public_key(place)).decode()}, ensure_ascii=False, indent=1) + "\n"


def stated(place: str, made: Certificate, hashes: dict[str, list[str]]) -> dict[str, Any]:
    """What a certificate says, with the leaf hashes of each instance."""
    return {"place": place, "number": made.number, "at": made.at, "by": made.by, "approved_by": made.approved_by, "basis": made.basis,
            "instance": made.instance, "ended_at": made.ended_at,
            "removed": [{"instance": line.stream, "process": line.process, "entries": line.entries, "head": line.head, "root": line.root,
                         "leaves": hashes[line.stream]} for line in made.lines]}
