"""PostgreSQL below psycopg's cursors: statements prepared once a connection, sent together, answered together; knows no table.

psycopg's own pipeline costs more processor time for the dozen small statements of one act than the act itself. Connections used here
are used by nothing else, because psycopg's cursors would take back prepared statements that they do not know.
"""
from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.waiting import READY_R, WAIT_R, WAIT_RW, Ready, Wait

from adapters.database.transaction import Lost, Params, Query, Row, Statement

BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"
MOST_PREPARED = 500
Message = tuple[str, Params]
_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.PIPELINE_SYNC)


class Wire:
    """One connection to PostgreSQL, for one thread at a time."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection, self._pg = connection, connection.pgconn
        self._prepared: dict[str, bytes] = {}
        self._count = 0
        self._loaded = Transformer(connection)
        self._under_way: list[str] = []  # statements that were sent and not answered yet, those that only prepare one included
        self._new: dict[int, str] = {}  # which of them prepare a statement, and which one

    def alive(self) -> bool:
        """Whether the server has not said good-bye since the last use; costs no journey."""
        try:
            self._pg.consume_input()
        except psycopg.OperationalError:
            return False
        return self._pg.status == ConnStatus.OK

    def send(self, messages: Sequence[Message]) -> None:
        """Puts messages on their way; the server works on them while the caller goes on. Their results come with the next `talk`. Raises Lost."""
        try:
            self._put(messages)
            self._pg.flush()
        except psycopg.OperationalError as error:
            self.close()
            raise Lost(False) from error
        except BaseException:
            self.close()
            raise

    def talk(self, messages: Sequence[Message]) -> list[Any]:
        """Sends all messages with one synchronisation and gives their results, behind those of `send`; raises the first error (psycopg's), or Lost."""
        pg = self._pg
        try:
            self._put(messages)
            pg.pipeline_sync()
            results = self._connection.wait(_answers(pg))
            pg.exit_pipeline_mode()
        except psycopg.OperationalError as error:
            self.close()
            raise Lost(any(sql == COMMIT for sql, _ in messages)) from error
        except BaseException:  # interrupted in the middle: nobody knows what the connection will say next
            self.close()
            raise
        new, self._under_way, self._new = self._new, [], {}
        failed = next((result for result in results if result.status not in _GOOD), None)
        if failed is not None:
            self._refused(failed, [sql for n, sql in new.items() if results[n].status != ExecStatus.COMMAND_OK], messages)
        return [result for n, result in enumerate(results[:-1]) if n not in new]

    def _put(self, messages: Sequence[Message]) -> None:
        """Gives the messages to libpq, each with the preparing of its statement where that is new."""
        pg, under_way, prepared = self._pg, self._under_way, self._prepared
        if not under_way:
            pg.enter_pipeline_mode()
        for sql, params in messages:
            name = prepared.get(sql)
            if name is None and len(prepared) < MOST_PREPARED:
                name = self._prepare(sql)
                self._new[len(under_way)] = sql
                under_way.append(sql)
            values = [_sent(each) for each in params]
            formats = [Format.BINARY if type(each) is bytes else Format.TEXT for each in params] if bytes in map(type, params) else None
            if name is None:
                pg.send_query_params(sql.encode(), values, None, formats, Format.BINARY)
            else:
                pg.send_query_prepared(name, values, formats, Format.BINARY)
            under_way.append(sql)

    def loaded(self, result: Any) -> list[Row]:
        self._loaded.set_pgresult(result, format=Format.BINARY)
        rows: list[Row] = self._loaded.load_rows(0, result.ntuples, tuple)
        return rows

    def rollback(self) -> None:
        """Undoes what is left of a transaction. Raises Lost."""
        if self._pg.status != ConnStatus.OK:
            raise Lost(False)
        if self._under_way:
            try:
                self.talk([])
            except psycopg.Error:
                pass  # what was sent ahead is undone, whether it was refused or not
        if self._pg.transaction_status != TransactionStatus.IDLE:
            self.talk([(ROLLBACK, ())])

    def close(self) -> None:
        self._connection.close()

    def _prepare(self, sql: str) -> bytes:
        self._count += 1
        name = self._prepared[sql] = b"banli%d" % self._count
        self._pg.send_prepare(name, sql.encode())
        return name

    def _refused(self, failed: Any, unprepared: Sequence[str], messages: Sequence[Message]) -> None:
        for sql in unprepared:
            del self._prepared[sql]
        error = errors.error_from_result(failed)
        if isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.IdleInTransactionSessionTimeout):
            self.close()
            raise Lost(any(sql == COMMIT for sql, _ in messages)) from error
        raise error


def _sent(value: Any) -> bytes | None:
    """A parameter as it travels: whole numbers as text, bytes as they are (their format says so)."""
    if type(value) is str:
        return value.encode()
    return value if value is None or type(value) is bytes else b"%d" % value


def _answers(pg: Any) -> Generator[Wait, Ready | int, list[Any]]:
    """All results up to the synchronisation; reads while it sends, so that neither side waits for the other."""
    while pg.flush():
        if (yield WAIT_RW) & READY_R:
            pg.consume_input()
    results: list[Any] = []
    while True:
        while pg.is_busy():
            yield WAIT_R
            pg.consume_input()
        result = pg.get_result()
        if result is None:
            if pg.status != ConnStatus.OK:
                raise psycopg.OperationalError("connection lost")
            continue
        results.append(result)
        if result.status == ExecStatus.PIPELINE_SYNC:
            return results


class OnPostgres:
    """One transaction on PostgreSQL: writes wait until an answer is needed or the commit, and travel with it."""

    def __init__(self, wire: Wire, statement: Callable[[sa.ClauseElement], Statement]) -> None:
        self._wire, self._statement = wire, statement
        self._waiting: list[Message] = [(BEGIN, ())]
        self._ahead = 0  # messages that are under way, and whose results nobody needs
        self._over = False

    def gather(self, *queries: Query) -> list[list[Row]]:
        results = self._sent([self._message(clause, values) for clause, values in queries])
        return [self._statement(clause).read(self._wire.loaded(result)) for (clause, _), result in zip(queries, results, strict=True)]

    def rows(self, clause: sa.ClauseElement, **values: object) -> list[Row]:
        return self._statement(clause).read(self._wire.loaded(self._sent([self._message(clause, values)])[0]))

    def row(self, clause: sa.ClauseElement, **values: object) -> Row | None:
        found = self.rows(clause, **values)
        return found[0] if found else None

    def change(self, clause: sa.ClauseElement, **values: object) -> int:
        return self._sent([self._message(clause, values)])[0].command_tuples or 0

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        self._waiting += [(statement.sql, row) for row in rows]

    def hasten(self) -> None:
        if self._waiting:
            self._ahead += len(self._waiting)
            self._wire.send(self._waiting)
            self._waiting = []

    def commit(self) -> None:
        if self._over:
            return
        self._over = True
        if not self._ahead and self._waiting == [(BEGIN, ())]:
            return  # nothing was asked at all
        ended = self._sent([(COMMIT, ())])[0]
        if ended.command_status != b"COMMIT":  # what PostgreSQL answers when the transaction had failed before
            raise psycopg.InternalError(f"COMMIT answered {ended.command_status!r}")

    def _message(self, clause: sa.ClauseElement, values: Any) -> Message:
        statement = self._statement(clause)
        return statement.sql, statement.ordered(values)

    def _sent(self, messages: list[Message]) -> list[Any]:
        before, self._waiting = self._waiting, []
        unasked, self._ahead = self._ahead + len(before), 0
        return self._wire.talk(before + messages)[unasked:]
