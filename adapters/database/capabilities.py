"""What a database can do and how it is set, asked of the database itself at start-up; what would break a promise is refused, the rest is told.

Written for PostgreSQL and what calls itself compatible with it: each line is one statement whose answer the store relies on.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa

from adapters.database.connection import AFFECTED, Database
from engine.refusals import Finding, Invalid

OLDEST = 140000  # PostgreSQL 14


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing asked. `found`: what the database said; `severity`: ok | note (worth knowing) | warning (a promise is weaker) | error (it cannot be used)."""

    name: str
    found: str
    severity: str = "ok"


Judge = Callable[[Any], str]


def _needs(wanted: object, otherwise: str = "error") -> Judge:
    return lambda found: "ok" if found == wanted else otherwise


# name, statement, how its single value is judged
_POSTGRESQL: Sequence[tuple[str, str, Judge]] = (
    ("version", "SELECT current_setting('server_version_num')", lambda found: "ok" if int(found) >= OLDEST else "error"),
    ("primary", "SELECT pg_is_in_recovery()", _needs(False)),  # decisions are never read from a standby
    ("skip_locked", "SELECT count(*) FROM (SELECT 1 FROM schema_version FOR UPDATE SKIP LOCKED) AS one", lambda found: "ok"),
    ("repeatable_read", "SELECT count(*) FROM pg_settings WHERE name = 'default_transaction_isolation'", _needs(1)),
    ("empty_text", "SELECT '' IS NULL", _needs(False)),  # some relatives keep no empty text
    ("truth", "SELECT 1 = 1", _needs(True)),  # some answer '1'
    ("bytes_order", "SELECT 'B' < 'a' COLLATE \"C\"", _needs(True)),
    ("encoding", "SELECT current_setting('server_encoding')", _needs("UTF8")),
    ("read_only", "SELECT current_setting('default_transaction_read_only')", _needs("off")),
    ("fsync", "SELECT current_setting('fsync')", _needs("on", "warning")),
    ("full_page_writes", "SELECT current_setting('full_page_writes')", _needs("on", "warning")),
    ("synchronous_commit", "SELECT current_setting('synchronous_commit')", lambda found: "ok" if found in ("on", "remote_apply") else "warning"),
    ("standby", "SELECT current_setting('synchronous_standby_names')", lambda found: "ok" if found else "note"),
    ("checksums", "SELECT current_setting('data_checksums')", _needs("on", "note")),
    ("connections", "SELECT current_setting('max_connections')", lambda found: "ok" if int(found) >= 40 else "note"),
)


def asked(database: Database) -> list[Capability]:
    """Everything asked of the database, in order."""
    if database.lite:
        return _sqlite(database)
    found = []
    for name, statement, judge in _POSTGRESQL:
        with database.changing() as connection:
            try:
                value = connection.exec_driver_sql(statement).scalar_one()
            except sa.exc.DBAPIError as error:
                found.append(Capability(name, type(error.orig).__name__, "error"))
                continue
        found.append(Capability(name, str(value), judge(value)))
    return found


def checked(database: Database) -> list[Capability]:
    """The same. Raises Invalid with everything for which the database cannot be used."""
    found = asked(database)
    if refused := [Finding(f"database.{one.name}", details={"found": one.found}) for one in found if one.severity == "error"]:
        raise Invalid(refused)
    return found


def _sqlite(database: Database) -> list[Capability]:
    with database.reading() as connection:
        mode, level = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous"))
    safe = (mode, level) in (("wal", 2), ("wal", 3), ("delete", 3))
    affected = AFFECTED[0] <= sqlite.sqlite_version_info < AFFECTED[1]
    return [Capability("sqlite", sqlite.sqlite_version, "note" if affected else "ok"), Capability("journal_mode", str(mode), "ok" if safe else "error"),
            Capability("synchronous", str(level), "ok" if safe else "error")]


def sound(database: Database) -> str:
    """What SQLite finds when it reads its whole file; "ok" when nothing is wrong. PostgreSQL looks after its pages itself (checksums)."""
    if not database.lite:
        return "ok"
    try:
        with database.reading() as connection:
            return "; ".join(str(said) for said in connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars())
    except sa.exc.DatabaseError as error:  # so damaged that the check itself cannot go on
        return str(error.orig)
