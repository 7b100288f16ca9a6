"""Backup and restore of a whole installation: database and keys together; the formats are the database adapter's."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.database import backup, schema, upgrade
from adapters.database.capabilities import Capability, asked, checked, sound
from adapters.database.backup import Summary, keys_path, verified
from adapters.database.places import places
from adapters.database.connection import Database, open_database
from adapters.identity import accounts
from adapters.system.root import Settings, System
from engine.refusals import Refused

__all__ = ["Capability", "Summary", "asked", "back_up", "checked", "keys_path", "missing_keys", "opened", "put_key", "restore", "schemas", "sound", "verified"]
TABLES = (schema.metadata, accounts.metadata)


def back_up(system: System, path: Path) -> Summary:
    """Writes the backup and, beside it, the confidential file. Raises Refused, Invalid."""
    keys = {each.name: each.read_bytes() for each in sorted((system.settings.home / "keys").glob("*.key"))}
    return backup.backup(system.database, path, TABLES, keys)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database as it is; its schema is not touched."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.url)
    try:
        yield database
    finally:
        database.close()


def schemas(settings: Settings) -> tuple[tuple[str, str], tuple[str, str] | None]:
    """(newest revision, oldest program served beside it) of this program, and of the database as it is; None for an empty one. Changes nothing."""
    if not settings.database and not (settings.home / "banli.db").exists():
        return upgrade.serving(), None
    database = open_database(settings.url)
    try:
        with database.reading() as connection:
            return upgrade.serving(), upgrade.current(connection)
    finally:
        database.close()


def restore(settings: Settings, path: Path, confidential: Path | None) -> Summary:
    """Fills the empty database of `settings` and puts missing key files into place; existing ones are never overwritten.

    Raises: Refused, Invalid; then the database is as empty as before.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.url)
    try:
        summary, keys = backup.restore(database, path, TABLES, confidential)
    finally:
        database.close()
    for name, body in keys.items():
        put_key(settings.home / "keys" / name, body)
    return summary


def missing_keys(settings: Settings) -> list[Path]:
    """The key files that the places need and that are not there."""
    database = open_database(settings.url)
    try:
        paths = [settings.home / "keys" / f"{place.id}.key" for place in places(database)]
    finally:
        database.close()
    return [path for path in paths if not path.exists()]


def put_key(path: Path, body: bytes) -> None:
    """Writes a key file through; one that is there stays. Raises Refused `key.file` when it is another one."""
    if path.exists():
        if path.read_bytes() != body:
            raise Refused("key.file", path=str(path))
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
