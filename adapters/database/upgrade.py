"""Brings a database's schema to the newest revision at start-up, on SQLite and PostgreSQL; refuses a schema it does not understand.

An empty database is made whole and stamped; an older one goes through the revisions (Alembic), all in one transaction. A test proves
that both ways end with the same schema. Several nodes may start at once: one does the work, the others find it done.
"""
from __future__ import annotations

import re
import runpy
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from time import sleep

import sqlalchemy as sa

from adapters.database import desk, drafts, schema, working_copies  # noqa: F401  (their tables belong to the schema)
from adapters.database.connection import Database
from engine.refusals import Refused

VERSIONS = Path(__file__).parent / "migrations" / "versions"
STATED = re.compile(r'^(revision|serves) = "(\d{4})"$', re.MULTILINE)
TRIES = 10
_dice = SystemRandom()

# `serves` of the newest row lets a program of the previous release run beside the new one while nodes are replaced one by one.
version = sa.Table(
    "schema_version", sa.MetaData(),
    sa.Column("revision", schema.Id, primary_key=True), sa.Column("serves", schema.Id, nullable=False), sa.Column("applied_at", schema.Moment, nullable=False))


def revisions(folder: Path = VERSIONS) -> dict[str, str]:
    """Every known revision with the oldest one whose program still runs on it, as the revision itself states, in order."""
    found = {}
    for path in sorted(folder.glob("[0-9]*.py")):
        values = dict(STATED.findall(path.read_text(encoding="utf-8")))
        found[values["revision"]] = values["serves"]
    return found


def serving(folder: Path = VERSIONS) -> tuple[str, str]:
    """(newest revision of this program, oldest program that may run beside it): what `banli schema` says before an upgrade."""
    known = revisions(folder)
    return next(reversed(known)), max(known.values())


def upgrade(database: Database, tables: Sequence[sa.MetaData], folder: Path = VERSIONS) -> str:
    """The revision the database had before ("" when it was empty). `tables`: everything that an empty database gets.

    Raises: Refused `schema.newer` when a newer program left a schema this one cannot serve, `schema.unknown` for tables without a revision.
    """
    for tried in range(TRIES):
        try:
            with database.engine.begin() as connection:
                return _upgraded(connection, tables, folder)
        except sa.exc.DBAPIError:  # another node makes the same tables at this moment: look again what is left to do
            if tried == TRIES - 1:
                raise
            sleep(_dice.uniform(0.05, 0.5))
    raise AssertionError("unreachable")


def current(connection: sa.Connection) -> tuple[str, str] | None:
    """(newest revision, oldest one whose program may run here) of the database; None when it has none.

    A later revision does not take back what an earlier one broke: of all `serves` the newest counts.
    """
    if not sa.inspect(connection).has_table(version.name):
        return None
    found = connection.execute(sa.select(sa.func.max(version.c.revision), sa.func.max(version.c.serves))).one()
    return None if found[0] is None else (found[0], found[1])


def _upgraded(connection: sa.Connection, tables: Sequence[sa.MetaData], folder: Path) -> str:
    known = revisions(folder)
    head = next(reversed(known))
    found = current(connection)
    if found is None:
        _make(connection, tables, known)
        return ""
    revision, serves = found
    if revision == head:
        return revision
    if revision > head:
        if serves > head:
            raise Refused("schema.newer", found=revision, known=head, serves=serves)
        return revision
    if connection.dialect.name == "postgresql":  # two nodes: the second waits here and then finds nothing left to do
        connection.execute(sa.text("LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE"))
        revision = (current(connection) or found)[0]
    pending = {each: oldest for each, oldest in known.items() if each > revision}
    _migrate(connection, list(pending), folder)
    _stamp(connection, pending)
    return revision


def _make(connection: sa.Connection, tables: Sequence[sa.MetaData], known: dict[str, str]) -> None:
    """An empty database, whole and at the newest revision."""
    if sa.inspect(connection).has_table("entry"):
        raise Refused("schema.unknown")
    version.create(connection)
    for metadata in tables:
        metadata.create_all(connection)
    _stamp(connection, known)


def _stamp(connection: sa.Connection, applied: dict[str, str]) -> None:
    from adapters.database.clock import database_time

    if applied:
        now = database_time(connection)
        connection.execute(version.insert(), [{"revision": each, "serves": oldest, "applied_at": now} for each, oldest in applied.items()])


def _migrate(connection: sa.Connection, pending: Sequence[str], folder: Path) -> None:
    """Carries out these revisions in order."""
    # Loading Alembic takes most of a second, and almost every start has nothing to migrate.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    files = {path.name.partition("_")[0]: path for path in folder.glob("[0-9]*.py")}
    with Operations.context(MigrationContext.configure(connection)):
        for revision in pending:
            runpy.run_path(str(files[revision]))["upgrade"]()
