"""A DB-API module over apsw whose files live in memory and write down every operation; stands in for pysqlite3 in the power-cut rig.

pysqlite3 cannot be given a file layer of our own, apsw can. In WAL mode the product's connections share one apsw connection (such a file
layer has no shared memory, so SQLite must hold the file alone); everything above the driver is the product's own code, pragmas included.
"""
from __future__ import annotations

import os
import struct
from typing import Any, BinaryIO

import apsw

apilevel, threadsafety, paramstyle = "2.0", 1, "qmark"
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))
version = "apsw"
PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2
Binary = bytes
EXCLUSIVE = True  # off for the rollback journal, where connections may come and go


class Error(Exception):
    pass


class DatabaseError(Error):
    pass


class OperationalError(DatabaseError):
    pass


class IntegrityError(DatabaseError):
    pass


class InterfaceError(Error):
    pass


class ProgrammingError(DatabaseError):
    pass


class DataError(DatabaseError):
    pass


class InternalError(DatabaseError):
    pass


class NotSupportedError(DatabaseError):
    pass


class Warning(Exception):  # noqa: A001  (the DB-API's name)
    pass


# --- the recording file layer -----------------------------------------------------------------------------------------------------------

RECORD = struct.Struct("<cHQI")  # kind, file, offset, length of the data behind it; kinds: Write, Truncate, Sync, Delete, Mark


class Recorder:
    """Files in memory, and every operation on them in order."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.names: list[str] = []
        self.log: BinaryIO | None = None

    def note(self, kind: bytes, name: str, offset: int = 0, data: bytes = b"") -> None:
        if self.log is None:
            return
        if name not in self.names:
            self.names.append(name)
        self.log.write(RECORD.pack(kind, self.names.index(name), offset, len(data)) + data)

    def mark(self, data: bytes) -> None:
        """Something that happened between two operations: a report of the product."""
        self.note(b"M", "", 0, data)


recorder = Recorder()


class Files(apsw.VFS):
    """All files of the database."""

    def __init__(self) -> None:
        super().__init__("recorded", base="")

    def xOpen(self, name: Any, flags: list[int]) -> File:
        return File(name)

    def xDelete(self, name: str, syncdir: bool) -> None:
        short = os.path.basename(name)
        if recorder.files.pop(short, None) is not None:
            recorder.note(b"D", short, int(syncdir))

    def xAccess(self, name: str, flags: int) -> bool:
        return os.path.basename(name) in recorder.files

    def xFullPathname(self, name: str) -> str:
        return name

    def xSleep(self, microseconds: int) -> int:
        return microseconds


class File:
    """One open file."""

    def __init__(self, name: Any) -> None:
        full = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = os.path.basename(full or f"temporary-{id(self)}")
        recorder.files.setdefault(self._name, bytearray())

    def _content(self) -> bytearray:
        return recorder.files.setdefault(self._name, bytearray())

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._content()[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        content = self._content()
        if len(content) < offset + len(data):
            content.extend(bytes(offset + len(data) - len(content)))
        content[offset : offset + len(data)] = data
        recorder.note(b"W", self._name, offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        del self._content()[size:]
        recorder.note(b"T", self._name, size)

    def xSync(self, flags: int) -> None:
        recorder.note(b"S", self._name)

    def xFileSize(self) -> int:
        return len(self._content())

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 512

    def xDeviceCharacteristics(self) -> int:
        return 0

    def xClose(self) -> None:
        pass


files = Files()

# --- DB-API ------------------------------------------------------------------------------------------------------------------------------


def _said(error: apsw.Error) -> Error:
    """The DB-API's error for apsw's."""
    if isinstance(error, apsw.ConstraintError):
        return IntegrityError(str(error))
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return OperationalError("database is locked")
    return OperationalError(str(error))


class Cursor:
    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self.connection, self._cursor = connection, connection.real.cursor()
        self._cursor.exec_trace = self._described  # a query without rows has no description any more once it is executed
        self.rowcount: int = -1
        self.description: tuple[Any, ...] | None = None
        self._rows: list[tuple[Any, ...]] = []

    def _described(self, cursor: apsw.Cursor, sql: str, values: Any) -> bool:
        self.description = tuple((name, *[None] * 6) for name, _ in cursor.get_description()) or None
        return True

    @property
    def lastrowid(self) -> int:
        return int(self.connection.real.last_insert_rowid())

    def execute(self, sql: str, values: Any = ()) -> Cursor:
        if self.connection.rides(sql):
            return self
        before = self.connection.real.total_changes()
        try:
            self.description = None
            self._cursor.execute(sql, values)
            self._rows = self._cursor.fetchall()
        except apsw.Error as error:
            raise _said(error) from error
        self.rowcount = self.connection.real.total_changes() - before
        return self

    def executemany(self, sql: str, rows: Any) -> Cursor:
        before = self.connection.real.total_changes()
        try:
            self._cursor.executemany(sql, rows)
        except apsw.Error as error:
            raise _said(error) from error
        self.rowcount = self.connection.real.total_changes() - before
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        size = size or self.arraysize
        found, self._rows = self._rows[:size], self._rows[size:]
        return found

    def fetchall(self) -> list[Any]:
        found, self._rows = self._rows, []
        return found

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def close(self) -> None:
        self._rows = []


class Connection:
    isolation_level = None
    _shared: apsw.Connection | None = None
    _owner: Connection | None = None  # of the shared connection's transaction; a reader beside it rides along

    def __init__(self, path: str) -> None:
        if EXCLUSIVE and Connection._shared is not None:
            self.real = Connection._shared
            return
        self.real = apsw.Connection(path, vfs="recorded", statementcachesize=512)
        if EXCLUSIVE:
            Connection._shared = self.real
            self.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.real.wal_autocheckpoint(20)  # many checkpoints: they are where a cut is dangerous

    def cursor(self) -> Cursor:
        return Cursor(self)

    def execute(self, sql: str, values: Any = ()) -> Cursor:
        return Cursor(self).execute(sql, values)

    def rides(self, sql: str) -> bool:
        """Whether `sql` begins a reading transaction that another one's transaction on the shared connection has to serve."""
        if not EXCLUSIVE or not sql.startswith("BEGIN"):
            return False
        if not self.real.in_transaction:
            Connection._owner = self
            return False
        return sql == "BEGIN" and Connection._owner is not self

    def _ends(self) -> bool:
        return bool(self.real.in_transaction) and (not EXCLUSIVE or Connection._owner is self)

    def create_function(self, name: str, arguments: int, function: Any, deterministic: bool = False) -> None:
        self.real.create_scalar_function(name, function, arguments, deterministic=deterministic)

    @property
    def in_transaction(self) -> bool:
        return bool(self.real.in_transaction)

    def commit(self) -> None:
        if self._ends():
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._ends():
            self.execute("ROLLBACK")

    def close(self) -> None:
        if self.real is not Connection._shared:
            self.real.close()


def connect(path: str, **_: Any) -> Connection:
    return Connection(path)
