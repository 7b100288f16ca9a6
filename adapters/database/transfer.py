"""A backup as text and back: every table as JSON lines in a folder, with a manifest of hashes; reads and writes no database in use.

The format is described in docs/export.md. A line is one row: column → value, columns without value left out; bytes that are UTF-8 text are
`{"text": …}`, others `{"base64": …}`. Rows come in the order of their key, so that the same rows give the same file.
"""
from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.database import backup, upgrade
from engine.refusals import Refused

FORMAT = "banli-place-1"
FOLDER = "tables"


def written(source: Path, folder: Path, tables: Sequence[sa.MetaData]) -> dict[str, Any]:
    """Writes the tables of a backup file into `folder`/tables; what the manifest says of them: revision, made_at, heads, and per table rows and hash."""
    (folder / FOLDER).mkdir(parents=True)
    with backup._opened(source) as connection:
        stated = backup._manifest(connection, source)
        known = {table.name: table for metadata in tables for table in metadata.sorted_tables}
        found = {name: _table_written(connection, known[name], folder / FOLDER / f"{name}.jsonl") for name in sorted(json.loads(stated["counts"]))}
    return {"revision": stated["revision"], "made_at": int(stated["made_at"]), "heads": stated["heads"], "tables": found}


def _table_written(connection: sa.Connection, table: sa.Table, path: Path) -> dict[str, Any]:
    count, hash_ = 0, sha256()
    with open(path, "xb") as file:
        for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings():
            line = json.dumps({name: _plain(value) for name, value in row.items() if value is not None}, ensure_ascii=False, sort_keys=True).encode() + b"\n"
            file.write(line)
            hash_.update(line)
            count += 1
    return {"rows": count, "sha256": hash_.hexdigest()}


def _plain(value: Any) -> Any:
    if not isinstance(value, bytes | memoryview):
        return value
    try:
        return {"text": bytes(value).decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(bytes(value)).decode()}


def read(folder: Path, manifest: Mapping[str, Any], target: Path, tables: Sequence[sa.MetaData], key_files: Mapping[str, bytes] = {}) -> None:
    """Makes a backup file at `target` out of a folder whose hashes were checked. Raises Refused `backup.newer`, `transfer.form`."""
    known = upgrade.revisions()
    revision = str(manifest["revision"])
    if revision not in known:
        raise Refused("backup.newer", found=revision, known=next(reversed(known)))
    engine = backup._file_engine(target)
    try:
        with engine.begin() as connection:
            there = _tables_made(connection, revision, tables, sorted(manifest["tables"]))
            for table in there:
                _table_read(connection, table, folder / FOLDER / f"{table.name}.jsonl")
            if key_files:
                connection.execute(backup.key_file.insert(), [{"name": name, "body": body} for name, body in sorted(key_files.items())])
            stated = {"format": backup.FORMAT, "revision": revision, "made_at": str(manifest["made_at"]), "heads": manifest["heads"],
                      "counts": json.dumps({name: of["rows"] for name, of in manifest["tables"].items()}, sort_keys=True)}
            connection.execute(backup.manifest.insert(), [{"key": key, "value": value} for key, value in stated.items()])
    finally:
        engine.dispose()


def _tables_made(connection: sa.Connection, revision: str, tables: Sequence[sa.MetaData], names: Sequence[str]) -> list[sa.Table]:
    """The tables as they were at that revision: out of the code when it is the newest, through the revisions when it is older."""
    backup._own.create_all(connection)
    known = list(upgrade.revisions())
    if revision == known[-1]:
        found = {table.name: table for metadata in tables for table in metadata.sorted_tables}
        if unknown := set(names) - found.keys():
            raise Refused("transfer.form", path=sorted(unknown)[0], reason="table")
        for name in names:
            found[name].create(connection)
        return [found[name] for name in names]
    upgrade._migrate(connection, known[: known.index(revision) + 1], upgrade.VERSIONS)
    return [sa.Table(name, sa.MetaData(), autoload_with=connection) for name in names]


def _table_read(connection: sa.Connection, table: sa.Table, path: Path) -> None:
    columns = [column.name for column in table.columns]
    for batch in _batches(path):
        try:
            rows = [{name: _value(row.get(name)) for name in columns} for row in batch]
        except (KeyError, TypeError, ValueError) as error:
            raise Refused("transfer.form", path=str(path), reason=type(error).__name__) from None
        if unknown := {name for row in batch for name in row} - {*columns}:
            raise Refused("transfer.form", path=str(path), reason=sorted(unknown)[0])
        connection.execute(table.insert(), rows)


def _batches(path: Path) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    with open(path, "rb") as file:
        for line in file:
            try:
                batch.append(dict(json.loads(line)))
            except (ValueError, TypeError):
                raise Refused("transfer.form", path=str(path), reason="JSON") from None
            if len(batch) == backup.BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return value["text"].encode() if "text" in value else b64decode(value["base64"], validate=True)
