"""Hot backup and restore: one consistent snapshot as an SQLite file of plain tables, whatever the database; never a copy of database files.

The format (1): an SQLite database with every table of the schema revision that `manifest` names, rows as they were at one moment.
`manifest(key, value)`: format, revision, made_at (microseconds), counts (JSON: table → rows), heads (SHA-256 over the end of every stream).
What makes personal data readable lies in a second file of the same form: the subjects' wrapped keys, the readable copies of personal
values, and the places' key files (`key_file`). Sessions, sign-in attempts and leases are left out: they must not come back.
"""
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa

from adapters.database import schema, upgrade
from adapters.database.clock import database_time
from adapters.database.connection import Database, open_database
from adapters.database.retention import removed
from engine.journal.verify import verify
from engine.refusals import Finding, Invalid, Refused

FORMAT = "1"
LEFT_OUT = frozenset({"session", "sign_in_attempt", "lease"})
CONFIDENTIAL = frozenset({"personal"})  # whole tables; of `subject_key` the column `wrapped`
BATCH = 1000

_own = sa.MetaData()
manifest = sa.Table("manifest", _own, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
key_file = sa.Table("key_file", _own, sa.Column("name", sa.Text, primary_key=True), sa.Column("body", sa.LargeBinary, nullable=False))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds. `rows`: of all tables together; `heads`: hash over the end of every stream."""

    revision: str
    rows: int
    streams: int
    entries: int
    heads: str


def keys_path(path: Path) -> Path:
    """The confidential file that belongs to a backup."""
    return path.with_name(path.name + ".keys")


def backup(database: Database, path: Path, tables: Sequence[sa.MetaData], key_files: Mapping[str, bytes], place: str | None = None) -> Summary:
    """Writes `path` and its confidential file while the system runs, reads both back and verifies them. `place`: of one place only.

    Raises: Refused `backup.exists`, `backup.newer`; Invalid when what was written does not verify (then nothing is left at `path`).
    """
    confidential = keys_path(path)
    for each in (path, confidential):
        if each.exists():
            raise Refused("backup.exists", path=str(each))
    with _snapshot(database) as source:
        revision = upgrade.current(source)
        head = next(reversed(upgrade.revisions()))
        if revision is None or revision[0] != head:
            raise Refused("backup.newer", found=revision[0] if revision else "", known=head)
        _write(source, path, _public(tables), head, hidden=True, place=place)
        _write(source, confidential, _confidential(tables), head, key_files, place=place)
    try:
        return verified(path)
    except Invalid:
        path.unlink()
        confidential.unlink()
        raise


def verified(path: Path) -> Summary:
    """Reads a backup from beginning to end: every count, every chain, every head.

    Raises: Refused `backup.missing`, `backup.format`, `backup.newer`; Invalid with everything that is wrong.
    """
    with _opened(path) as connection:
        stated = _manifest(connection, path)
        places = _places(connection)
        findings = [*_integrity(connection), *_counts(connection, json.loads(stated["counts"])), *_chains(connection, places)]
        heads, streams, entries = _heads(connection, places)
        if heads != stated["heads"]:
            findings.append(Finding("backup.format", element=str(path), details={"path": str(path), "reason": "heads"}))
        if findings:
            raise Invalid(findings)
        return Summary(stated["revision"], sum(json.loads(stated["counts"]).values()), streams, entries, heads)


def restore(
        database: Database, path: Path, tables: Sequence[sa.MetaData], confidential: Path | None = None, beside: bool = False) -> tuple[Summary, dict[str, bytes]]:
    """Fills an empty database from a backup, all or nothing, and verifies it; the summary and the places' key files.

    `confidential`: the newest confidential file there is; whoever was erased by then stays erased. Without it nothing personal can be read.
    `beside`: other places may be there already; only those of the backup must not.

    Raises: Refused `backup.missing`, `backup.format`, `backup.newer`, `backup.not_empty`, `transfer.place_exists`; Invalid when backup or result
    do not verify.
    """
    summary = verified(path)
    with _opened(path) as source:
        head = next(reversed(upgrade.revisions()))
        if summary.revision > head:
            raise Refused("backup.newer", found=summary.revision, known=head)
    with _at_head(path, tables) as ready:
        if not beside:
            _refuse_content(database)
        upgrade.upgrade(database, tables)
        places = _places(ready)
        with database.engine.begin() as target:
            if known := sorted({*places} & {*_places(target)}):
                raise Refused("transfer.place_exists", place=known[0])
            stated = _copied(ready, target, _public(tables))
            key_files = _disclosed(target, confidential, tables) if confidential is not None else {}
            _keep_erased(target)
            findings = [*_counts(target, stated, places), *_chains(target, places)]
            if _heads(target, places)[0] != summary.heads:
                findings.append(Finding("backup.format", element=str(path), details={"path": str(path), "reason": "heads"}))
            if findings:
                raise Invalid(findings)
    return summary, key_files


# --- writing ------------------------------------------------------------------------------------------------------------------------------


@contextmanager
def _snapshot(database: Database) -> Iterator[sa.Connection]:
    """A reading connection that sees one moment of the whole database, while others go on writing."""
    with database.pages.connect() as connection:
        if not database.lite:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection.execution_options(yield_per=BATCH)


def _public(tables: Sequence[sa.MetaData]) -> list[sa.Table]:
    return [table for metadata in tables for table in metadata.sorted_tables if table.name not in LEFT_OUT | CONFIDENTIAL]


def _confidential(tables: Sequence[sa.MetaData]) -> list[sa.Table]:
    return [table for metadata in tables for table in metadata.sorted_tables if table.name in CONFIDENTIAL or table is schema.subject_key]


def _write(source: sa.Connection, path: Path, tables: Sequence[sa.Table], revision: str, key_files: Mapping[str, bytes] = {}, hidden: bool = False,
           place: str | None = None) -> None:
    """One file: made under another name, written through, then given its own. `hidden`: without the subjects' keys; `place`: of one place only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    engine = _file_engine(part)
    try:
        with engine.begin() as target:
            _own.create_all(target)
            for table in tables:
                table.create(target)
            counts = {table.name: _copy_table(source, target, table, hidden and table is schema.subject_key, place) for table in tables}
            if key_files:
                target.execute(key_file.insert(), [{"name": name, "body": body} for name, body in sorted(key_files.items())])
            stated = {"format": FORMAT, "revision": revision, "made_at": str(database_time(source)), "counts": json.dumps(counts, sort_keys=True),
                      "heads": _heads(target, _places(target))[0] if schema.entry.name in counts else ""}
            target.execute(manifest.insert(), [{"key": key, "value": value} for key, value in stated.items()])
    except BaseException:
        engine.dispose()
        part.unlink()
        raise
    engine.dispose()
    _written_through(part)
    os.replace(part, path)
    _written_through(path.parent)


def _copy_table(source: sa.Connection, target: sa.Connection, table: sa.Table, hide_keys: bool = False, place: str | None = None) -> int:
    """Copies all rows, or those of one place; how many."""
    count, query = 0, sa.select(table)
    if place is not None:
        query = query.where(table.c.place == place)
    for rows in source.execute(query).mappings().partitions(BATCH):
        values = [dict(row) for row in rows]
        if hide_keys:
            values = [{**row, "wrapped": None} for row in values]
        target.execute(table.insert(), values)
        count += len(values)
    return count


def _file_engine(path: Path) -> sa.Engine:
    """An SQLite file of our own making; the transaction begins before anything is created."""
    def connect() -> Any:
        connection = sqlite.connect(str(path), isolation_level=None)
        connection.execute("PRAGMA synchronous=EXTRA")
        return connection

    engine = sa.create_engine("sqlite://", module=sqlite, creator=connect, poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _written_through(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- reading ------------------------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[sa.Connection]:
    """A backup for reading."""
    if not path.is_file():
        raise Refused("backup.missing", path=str(path))
    engine = _file_engine(path)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DatabaseError as error:
        raise Refused("backup.format", path=str(path), reason=str(error.orig)) from error
    finally:
        engine.dispose()


def _manifest(connection: sa.Connection, path: Path) -> dict[str, str]:
    stated = {row.key: row.value for row in connection.execute(sa.select(manifest))}
    if stated.get("format") != FORMAT:
        raise Refused("backup.format", path=str(path), reason=f"format {stated.get('format')}")
    return stated


@contextmanager
def _at_head(path: Path, tables: Sequence[sa.MetaData]) -> Iterator[sa.Connection]:
    """The backup with today's schema: itself, or a copy that went through the revisions since."""
    with _opened(path) as source:
        if _manifest(source, path)["revision"] == next(reversed(upgrade.revisions())):
            yield source
            return
    copy = path.with_name(path.name + ".upgraded")
    copy.unlink(missing_ok=True)
    with _opened(path) as source:
        source.exec_driver_sql("COMMIT")
        source.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    try:
        _stamp(copy)
        older = open_database(f"sqlite:///{copy}")
        try:
            upgrade.upgrade(older, tables)
        finally:
            older.close()
        with _opened(copy) as source:
            yield source
    finally:
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _stamp(copy: Path) -> None:
    """Says in the copy which revision it has, so that it can be brought forward like any database."""
    engine = _file_engine(copy)
    with engine.begin() as connection:
        revision = connection.execute(sa.select(manifest.c.value).where(manifest.c.key == "revision")).scalar_one()
        upgrade.version.create(connection)
        connection.execute(upgrade.version.insert().values(revision=revision, serves=revision, applied_at=0))
    engine.dispose()


def _refuse_content(database: Database) -> None:
    with database.reading() as connection:
        if sa.inspect(connection).get_table_names():
            raise Refused("backup.not_empty")


def _copied(source: sa.Connection, target: sa.Connection, tables: Sequence[sa.Table]) -> dict[str, int]:
    return {table.name: _copy_table(source, target, table) for table in tables}


def _disclosed(target: sa.Connection, path: Path, tables: Sequence[sa.MetaData]) -> dict[str, bytes]:
    """Takes the subjects' keys and the readable copies from the confidential file; the key files of the places."""
    with _at_head_confidential(path, tables) as source:
        k = schema.subject_key.c
        known = {(row.place, row.subject) for row in target.execute(sa.select(k.place, k.subject))}
        for row in source.execute(sa.select(schema.subject_key)).mappings():
            if (row["place"], row["subject"]) in known:
                this = (k.place == row["place"], k.subject == row["subject"], k.erased_at.is_(None))
                target.execute(schema.subject_key.update().where(*this).values(wrapped=row["wrapped"], erased_at=row["erased_at"]))
        instances = set(target.scalars(sa.select(schema.instance.c.id)))
        for rows in source.execute(sa.select(schema.personal)).mappings().partitions(BATCH):
            values = [dict(row) for row in rows if row["instance"] in instances]
            if values:
                target.execute(schema.personal.insert(), values)
        return {row.name: bytes(row.body) for row in source.execute(sa.select(key_file))}


@contextmanager
def _at_head_confidential(path: Path, tables: Sequence[sa.MetaData]) -> Iterator[sa.Connection]:
    """The confidential file, whose tables have not changed since the first revision."""
    with _opened(path) as source:
        _manifest(source, path)
        yield source


def _keep_erased(target: sa.Connection) -> None:
    """Who was erased stays erased: no key, no readable copy."""
    k, p = schema.subject_key.c, schema.personal.c
    target.execute(schema.subject_key.update().where(k.erased_at.is_not(None)).values(wrapped=None))
    gone = sa.exists().where(k.place == p.place, k.subject == p.subject, k.erased_at.is_not(None))
    target.execute(schema.personal.delete().where(gone))


# --- verifying ----------------------------------------------------------------------------------------------------------------------------


def _integrity(connection: sa.Connection) -> list[Finding]:
    said = list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
    return [] if said == ["ok"] else [Finding("backup.format", details={"path": "", "reason": str(said[0])})]


def _places(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(schema.place.c.place).order_by(schema.place.c.place)))


def _counts(connection: sa.Connection, expected: Mapping[str, int], places: Sequence[str] | None = None) -> list[Finding]:
    found = []
    for name, rows in expected.items():
        table = sa.table(name, sa.column("place"))
        query = sa.select(sa.func.count()).select_from(table)
        there = connection.execute(query if places is None else query.where(table.c.place.in_(places))).scalar_one()
        if there != rows:
            found.append(Finding("backup.count", element=name, details={"table": name, "expected": rows, "found": there}))
    return found


def _chains(connection: sa.Connection, places: Sequence[str]) -> list[Finding]:
    """Every stream's chain and the tree over all of them, per place; and every row that points at the end of a stream."""
    e, leaf = schema.entry.c, schema.leaf.c
    found: list[Finding] = []
    for place in places:
        bodies = connection.execute(sa.select(e.body).where(e.place == place).order_by(e.stream, e.seq))
        leaves = connection.execute(sa.select(leaf.n, leaf.stream, leaf.seq, leaf.hash).where(leaf.place == place).order_by(leaf.n))
        under, contradicted = removed(connection, place)
        checked = verify((bytes(body) for (body,) in bodies), [(n, s, q, bytes(h)) for n, s, q, h in leaves], [], frozenset(under))
        found += [Finding("backup.chain", element=each.element, details={"place": place, "code": each.code}) for each in contradicted]
        found += [Finding("backup.chain", element=each.element, details={"place": place, "code": each.code}) for each in checked.findings]
        found += _ends(connection, place)
    return found


def _ends(connection: sa.Connection, place: str) -> Iterable[Finding]:
    e, i = schema.entry.c, schema.instance.c
    last = sa.select(e.stream, sa.func.max(e.seq).label("seq")).where(e.place == place).group_by(e.stream).subquery()
    rows = connection.execute(
        sa.select(i.id, i.seq, last.c.seq).select_from(schema.instance).join(last, last.c.stream == i.id, isouter=True)
        .where(i.place == place, sa.or_(last.c.seq.is_(None), last.c.seq != i.seq)))
    return [Finding("backup.head", element=id, details={"place": place, "stream": id, "expected": seq, "found": there or 0}) for id, seq, there in rows]


def _heads(connection: sa.Connection, places: Sequence[str]) -> tuple[str, int, int]:
    """A hash over (place, stream, last number, last hash) of all streams of these places; how many streams and entries."""
    e = schema.entry.c
    last = sa.select(e.place, e.stream, sa.func.max(e.seq).label("seq")).where(e.place.in_(places)).group_by(e.place, e.stream).subquery()
    ends = sorted(tuple(row) for row in connection.execute(
        sa.select(e.place, e.stream, e.seq, e.hash).join(last, sa.and_(last.c.place == e.place, last.c.stream == e.stream, last.c.seq == e.seq))))
    text = "\n".join(" ".join(str(part) for part in end) for end in ends)
    return sha256(text.encode()).hexdigest(), len(ends), sum(end[2] for end in ends)
