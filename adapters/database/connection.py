"""Opens the database safely and runs compiled statements on its driver; knows no table.

SQLite: WAL + synchronous=FULL through a SQLite without the WAL-reset bug, else DELETE + EXTRA; both read back at every connect.
PostgreSQL: psycopg 3; a write's statements travel in one pipeline together with its COMMIT.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import psycopg
import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from engine.refusals import Conflict, Refused

BUSY_SECONDS = 5
AFFECTED = ((3, 7, 0), (3, 51, 3))  # SQLite versions from–before with the WAL-reset bug
NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs"})


def bind(name: str) -> sa.BindParameter[Any]:
    """A parameter of a statement that is compiled once."""
    return sa.bindparam(name)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL in the driver's own form and how to put its parameters in order."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]  # parameters that the clause itself brought along

    def ordered(self, values: Mapping[str, object]) -> tuple[object, ...]:
        given = {**self.fixed, **values} if self.fixed else values
        return tuple([given[name] for name in self.names])

    def picked(self, columns: Sequence[str]) -> Callable[[Sequence[object]], tuple[object, ...]]:
        """A function from a row in the order of `columns` to the parameters of this statement."""
        at = [columns.index(name) for name in self.names]
        return itemgetter(*at) if len(at) > 1 else lambda row: tuple(row[i] for i in at)


Query = tuple[sa.ClauseElement, Mapping[str, object]]


class Busy(Conflict):
    """Another write held the lock for too long, or the database undid this one: send the same command again."""

    def __init__(self) -> None:
        super().__init__("store.busy")


class Taken(Exception):
    """A row with that key is there already (unique constraint)."""


class OutOfBounds(Exception):
    """A CHECK of a table refused the row."""


class Transaction:
    """One transaction on the driver; its statements are compiled once per database."""

    def __init__(self, driver: Any, statement: Callable[[sa.ClauseElement], Statement]) -> None:
        self._driver = driver
        self._cursor = driver.cursor()
        self._statement = statement

    @contextmanager
    def last_writes(self) -> Iterator[None]:
        """The writes that end the transaction: on PostgreSQL they and the COMMIT travel together, and errors show at the end."""
        if isinstance(self._driver, psycopg.Connection):
            with self._driver.pipeline():
                yield
                self._driver.commit()
        else:
            yield
            self._driver.commit()

    def gather(self, *queries: Query) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries that do not need each other's answers: one journey to PostgreSQL, carried out in their order."""
        if not isinstance(self._driver, psycopg.Connection):
            return [self.rows(clause, **values) for clause, values in queries]
        with self._driver.pipeline():
            cursors = []
            for clause, values in queries:
                statement = self._statement(clause)
                cursors.append(self._driver.execute(statement.sql, statement.ordered(values)))
        return [cursor.fetchall() for cursor in cursors]

    def rows(self, clause: sa.ClauseElement, **values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        statement = self._statement(clause)
        self._cursor.execute(statement.sql, statement.ordered(values))
        found: list[tuple[Any, ...]] = self._cursor.fetchall()
        return found

    def row(self, clause: sa.ClauseElement, **values: object) -> tuple[Any, ...] | None:
        """The first row of a query."""
        statement = self._statement(clause)
        self._cursor.execute(statement.sql, statement.ordered(values))
        found: tuple[Any, ...] | None = self._cursor.fetchone()
        return found

    def change(self, clause: sa.ClauseElement, **values: object) -> int:
        """Carries out a write at once and says how many rows it touched."""
        statement = self._statement(clause)
        self._cursor.execute(statement.sql, statement.ordered(values))
        count: int = self._cursor.rowcount
        return count

    def write(self, statement: Statement, rows: Sequence[Sequence[object]]) -> None:
        """Carries out a compiled write once per row of parameters, in the statement's own order; what it touched is not asked."""
        if len(rows) == 1:
            self._cursor.execute(statement.sql, rows[0])
        else:
            self._cursor.executemany(statement.sql, rows)


class Database:
    """One database for all places: pool, compiled statements, transactions."""

    def __init__(self, connect: Callable[[], Any], engine: sa.Engine, dialect: sa.Dialect) -> None:
        self.engine = engine  # a transaction of it takes the write lock at once
        self.pages = engine.execution_options(banli_reads=True)  # for reading only
        self._connect, self._dialect = connect, dialect
        self._idle: deque[Any] = deque()  # driver connections of the write path
        self._statements: dict[sa.ClauseElement, Statement] = {}

    @property
    def lite(self) -> bool:
        return self._dialect.name == "sqlite"

    def statement(self, clause: sa.ClauseElement) -> Statement:
        """`clause` compiled once; clauses are module constants, so that the table of them stays small."""
        found = self._statements.get(clause)
        if found is None:
            compiled = clause.compile(dialect=self._dialect)
            names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            found = self._statements[clause] = Statement(str(compiled), names, fixed)
        return found

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction that holds the write lock before its first read (SQLite) or takes row locks as it goes (PostgreSQL).

        Commits at the end, rolls back on any exception. Raises Busy, Taken, OutOfBounds for what the database refuses.
        """
        driver = self._taken()
        try:
            if self.lite:
                driver.execute("BEGIN IMMEDIATE")
            yield Transaction(driver, self.statement)
            driver.commit()
        except BaseException as error:
            self._returned(driver)
            _translated(error)
            raise
        self._idle.append(driver)

    @contextmanager
    def looking(self) -> Iterator[Transaction]:
        """The same statements in a transaction that is always rolled back, without the write lock on SQLite."""
        driver = self._taken()
        try:
            if self.lite:
                driver.execute("BEGIN")
            yield Transaction(driver, self.statement)
        except (sqlite.Error, psycopg.Error) as error:
            _translated(error)
            raise
        finally:
            self._returned(driver)

    def _taken(self) -> Any:
        """A driver connection for this transaction alone; those given back last come first, so that few stay open under little load."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _returned(self, driver: Any) -> None:
        """Undoes what is left of a transaction; a connection that is lost is not used again."""
        try:
            driver.rollback()
        except (sqlite.Error, psycopg.Error):
            driver.close()
            return
        self._idle.append(driver)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A SQLAlchemy connection that only reads, all of it in one snapshot on SQLite."""
        with self.pages.connect() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A SQLAlchemy connection in a transaction that holds the write lock; for everything off the write path."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            if error.orig is not None:
                _translated(error.orig)
            raise

    def close(self) -> None:
        self.engine.dispose()
        while self._idle:
            self._idle.pop().close()


def _translated(error: BaseException) -> None:
    """Raises what the error means for the caller; returns when it is our own mistake or the machine's."""
    if isinstance(error, sqlite.IntegrityError | psycopg.IntegrityError):
        text = str(error)
        if isinstance(error, psycopg.errors.UniqueViolation) or "UNIQUE" in text:
            raise Taken(text) from error
        if isinstance(error, psycopg.errors.CheckViolation) or "CHECK" in text:
            raise OutOfBounds(text) from error
    undone = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)
    if isinstance(error, undone) or (isinstance(error, sqlite.OperationalError) and ("locked" in str(error) or "busy" in str(error))):
        raise Busy from error


def open_database(url: str) -> Database:
    """Opens `sqlite:///path` or `postgresql://…` (libpq's form); the schema is not touched.

    Raises: Refused `store.url`, `store.network_disk`, `store.journal_mode`, `store.synchronous`.
    """
    kind, _, rest = url.partition("://")
    if kind == "sqlite" and rest.startswith("/"):
        return _open_sqlite(rest[1:])
    if kind in {"postgresql", "postgres"}:
        return _open_postgresql(url)
    raise Refused("store.url", url=kind)


def _open_sqlite(path: str) -> Database:
    refuse_network_disk(path, _mounts())
    def connect() -> Any:
        return connect_sqlite(path)

    engine = sa.create_engine("sqlite://", module=sqlite, creator=connect, poolclass=sa.QueuePool, pool_size=8, max_overflow=24)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return Database(connect, engine, SQLiteDialect_pysqlite(paramstyle="qmark"))


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("banli_reads") else "BEGIN IMMEDIATE")


def connect_sqlite(path: str, version: tuple[int, int, int] = sqlite.sqlite_version_info) -> Any:
    """A connection whose commits survive a power cut. `version` is the library's (given by a test to see an affected one).

    Raises: Refused `store.journal_mode` or `store.synchronous` when a pragma did not take.
    """
    connection = sqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512)
    affected = AFFECTED[0] <= version < AFFECTED[1]
    mode, synchronous = ("delete", 3) if affected else ("wal", 2)
    try:
        found = connection.execute(f"PRAGMA journal_mode={mode}").fetchone()[0]
        if found != mode:
            raise Refused("store.journal_mode", wanted=mode, found=found)
        for pragma in (f"synchronous={synchronous}", "foreign_keys=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        level = connection.execute("PRAGMA synchronous").fetchone()[0]
        if level != synchronous:
            raise Refused("store.synchronous", wanted=synchronous, found=level)
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_network_disk(path: str, mounts: Iterable[tuple[str, str]]) -> None:
    """Raises Refused `store.network_disk` when `path` lies on a file system whose locks SQLite cannot trust."""
    import os

    where, best = os.path.realpath(path), ("", "")
    for folder, kind in mounts:
        inside = where == folder or where.startswith(folder.rstrip("/") + "/")
        if inside and len(folder) >= len(best[0]):
            best = folder, kind
    if best[1] in NETWORK_FILESYSTEMS:
        raise Refused("store.network_disk", path=path, kind=best[1])


def _mounts() -> list[tuple[str, str]]:
    """(mount point, file system) of this machine; empty where the system does not say."""
    try:
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            return [(part[1].replace("\\040", " "), part[2]) for part in (line.split() for line in mounts)]
    except OSError:
        return []


def _open_postgresql(url: str) -> Database:
    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(url, prepare_threshold=2)
        connection.prepared_max = 500
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.commit()
        return connection

    engine = sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.QueuePool, pool_size=8, max_overflow=24, pool_pre_ping=False)
    dialect: sa.Dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
    return Database(connect, engine, dialect)
