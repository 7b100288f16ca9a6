"""Opens the database safely and runs compiled statements on its driver; knows no table.

SQLite: WAL + synchronous=FULL through a SQLite without the WAL-reset bug, else DELETE + EXTRA; both read back at every connect.
PostgreSQL: psycopg 3; a write's statements travel together with its COMMIT (see `pipeline`).
"""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import psycopg
import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from adapters.database.histogram import Histogram
from adapters.database.packing import Packed
from adapters.database.pipeline import OnPostgres, Wire
from adapters.database.transaction import Lost, OnSqlite, Query, Row, Statement, Transaction, bind
from engine.refusals import Conflict, Refused

__all__ = ["Busy", "Database", "Lost", "OutOfBounds", "Query", "Row", "Statement", "Taken", "Transaction", "bind", "connect_sqlite", "open_database"]

BUSY_SECONDS = 5
AFFECTED = ((3, 7, 0), (3, 51, 3))  # SQLite versions from–before with the WAL-reset bug
# SQLite's IOERR_FSYNC and IOERR_DIR_FSYNC. The kernel may have thrown the data away and report the next try as done, so there is no next try.
NOT_WRITTEN_THROUGH = frozenset({1034, 1290})
# Off where writes are made. Each of their statements reaches few rows by an index, and a plan stays with its connection: one that was made while a
# table was small would read the whole of it for as long as it grows, until PostgreSQL has counted again.
BY_INDEX = ("enable_seqscan", "enable_bitmapscan", "jit")
NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs"})


_COMPILED: dict[str, dict[sa.ClauseElement, Statement]] = {}  # by dialect: a statement knows no connection, so all databases of a process share it


class Busy(Conflict):
    """Another write held the lock for too long, or the database undid this one: send the same command again."""

    def __init__(self) -> None:
        super().__init__("store.busy")


class Taken(Exception):
    """A row with that key is there already (unique constraint)."""


class OutOfBounds(Exception):
    """A CHECK of a table refused the row."""


class Database:
    """One database for all places: pool, compiled statements, transactions."""

    def __init__(self, connect: Callable[[], Any], engine: sa.Engine, dialect: sa.Dialect, connect_for_writes: Callable[[], Any] | None = None) -> None:
        self.engine = engine  # a transaction of it takes the write lock at once
        self.pages = engine.execution_options(banli_reads=True)  # for reading only
        self._dialect = dialect
        self._readers = self.writers = _Idle(connect, self.lite)  # driver connections, beside those of the engine's pool
        if connect_for_writes is not None:
            self.writers = _Idle(connect_for_writes, self.lite)
        self._statements = _COMPILED.setdefault(dialect.name, {})
        self.writes = Histogram()  # seconds of each write, from asking for the lock to the commit
        self.unsafe = False  # the disk refused to write through: nothing more is written until the process starts again

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
            packed = tuple(i for i, column in enumerate(clause.selected_columns) if isinstance(column.type, Packed)) if isinstance(clause, sa.Select) else ()
            found = self._statements[clause] = Statement(str(compiled), names, fixed, packed)
        return found

    def writing(self) -> Writing:
        """A transaction that holds the write lock before its first read (SQLite) or takes row locks as it goes (PostgreSQL).

        Commits at the end, rolls back on any exception. Raises Busy, Taken, OutOfBounds for what the database refuses, Refused `store.disk`.
        """
        return Writing(self)

    @contextmanager
    def looking(self) -> Iterator[Transaction]:
        """The same statements in a transaction that is always rolled back, without the write lock on SQLite."""
        driver = self._readers.taken()
        try:
            yield self.transaction(driver, "BEGIN")
        except (sqlite.Error, psycopg.Error) as error:
            _translated(error)
            raise
        except Lost as lost:
            raise Conflict("store.away") from lost
        finally:
            self._readers.undone(driver)

    def transaction(self, driver: Any, begin: str) -> Transaction:
        return OnSqlite(driver, self.statement, begin) if self.lite else OnPostgres(driver, self.statement)

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
        self._readers.close()
        self.writers.close()


class Writing:
    """One write, as a context; written out, for as a generator it took as long as one of its statements."""

    __slots__ = ("_database", "_began", "_driver", "_transaction")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Transaction:
        database = self._database
        if database.unsafe:
            raise Refused("store.disk", reason="fsync")
        self._began = perf_counter()
        self._driver = database.writers.taken()
        try:
            self._transaction = database.transaction(self._driver, "BEGIN IMMEDIATE")
        except BaseException as error:
            self._failed(error)
            raise
        return self._transaction

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._failed(error)
            return
        try:
            self._transaction.commit()
        except BaseException as refused:
            self._failed(refused)
            raise
        self._database.writers.returned(self._driver)
        self._database.writes.add(perf_counter() - self._began)

    def _failed(self, error: BaseException) -> None:
        """Undoes the write. Raises what the error means for the caller, if it has a meaning."""
        database = self._database
        database.writers.undone(self._driver)
        database.unsafe = database.unsafe or getattr(error, "sqlite_errorcode", 0) in NOT_WRITTEN_THROUGH
        _translated(error)


class _Idle:
    """Driver connections that nobody uses at the moment; for any number of threads."""

    def __init__(self, connect: Callable[[], Any], lite: bool) -> None:
        self._connect, self._lite = connect, lite
        self._drivers: deque[Any] = deque()
        self.returned = self._drivers.append

    def taken(self) -> Any:
        """A connection for one transaction alone; those given back last come first, so that few stay open under little load."""
        while self._drivers:
            try:
                driver = self._drivers.pop()
            except IndexError:  # another thread was quicker
                break
            if self._lite or driver.alive():
                return driver
            driver.close()
        return self._connect()

    def undone(self, driver: Any) -> None:
        """Undoes what is left of a transaction; a connection that is lost is not used again."""
        try:
            driver.rollback()
        except (sqlite.Error, psycopg.Error, Lost):
            driver.close()
            return
        self.returned(driver)

    def close(self) -> None:
        while self._drivers:
            self._drivers.pop().close()


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
    full = (psycopg.errors.DiskFull, psycopg.errors.IoError)
    if isinstance(error, full) or (isinstance(error, sqlite.OperationalError) and ("is full" in str(error) or "disk I/O" in str(error))):
        raise Refused("store.disk", reason=type(error).__name__ if isinstance(error, full) else str(error)) from error


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
        # A checkpoint every 4 MB. Once the log has gone round, commits overwrite it, and writing through need not wait for the file system's own journal
        # as it must while a file grows; a longer log grows for longer, and saved checkpoints did not make up for that.
        connection.execute("PRAGMA wal_autocheckpoint=1000")
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

    def wire(*settings: str) -> Wire:
        try:
            connection = connect()
            with connection.cursor() as cursor:
                for setting in settings:
                    cursor.execute(f"SET {setting} = off")
            connection.commit()
            return Wire(connection)
        except psycopg.OperationalError as error:
            raise Lost(False) from error

    # A connection that broke while it lay in the pool is found out before it is used: a page cannot be asked twice.
    engine = sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.QueuePool, pool_size=8, max_overflow=24, pool_pre_ping=True)
    dialect: sa.Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # for its numbered parameters
    return Database(wire, engine, dialect, lambda: wire(*BY_INDEX))
