"""Compiled statements and a transaction that runs them on SQLite's driver; knows no table, opens no connection (see `connection`, `pipeline`)."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

import sqlalchemy as sa

from adapters.database.packing import unpacked

Row = tuple[Any, ...]
Params = Sequence[object]
Query = tuple[sa.ClauseElement, Mapping[str, object]]


def bind(name: str) -> sa.BindParameter[Any]:
    """A parameter of a statement that is compiled once."""
    return sa.bindparam(name)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL in the driver's own form and how to put its parameters in order."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]  # parameters that the clause itself brought along
    packed: tuple[int, ...] = ()  # columns of its rows that hold an entry's bytes

    def ordered(self, values: Mapping[str, object]) -> Row:
        given = {**self.fixed, **values} if self.fixed else values
        return tuple([given[name] for name in self.names])

    def read(self, rows: list[Row]) -> list[Row]:
        """The rows as SQLAlchemy would give them."""
        return [_unpacked(row, self.packed) for row in rows] if self.packed else rows

    def picked(self, columns: Sequence[str]) -> Callable[[Row], Row]:
        """A function from a row in the order of `columns` to the parameters of this statement."""
        at = [columns.index(name) for name in self.names]
        if at == list(range(len(columns))):
            return _as_it_is
        return itemgetter(*at) if len(at) > 1 else lambda row: tuple(row[i] for i in at)


def _as_it_is(row: Row) -> Row:
    return row


def _unpacked(row: Row, at: tuple[int, ...]) -> Row:
    if all(row[i] is None for i in at):
        return row
    return tuple([unpacked(value) if i in at else value for i, value in enumerate(row)])


class Lost(Exception):
    """The connection to the database broke. `unknown`: the commit was on its way, so nobody here knows whether it happened."""

    def __init__(self, unknown: bool) -> None:
        super().__init__(unknown)
        self.unknown = unknown


class Transaction(Protocol):
    """What the store asks of one transaction, on either database."""

    def gather(self, *queries: Query) -> list[list[Row]]:
        """The rows of several queries that do not need each other's answers, carried out in their order: one journey to PostgreSQL."""

    def rows(self, clause: sa.ClauseElement, **values: object) -> list[Row]:
        """All rows of a query."""

    def row(self, clause: sa.ClauseElement, **values: object) -> Row | None:
        """The first row of a query."""

    def change(self, clause: sa.ClauseElement, **values: object) -> int:
        """Carries out a write at once and says how many rows it touched."""

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        """Carries out a compiled write once per row of parameters; on PostgreSQL it may travel, and fail, with what comes next."""

    def hasten(self) -> None:
        """The caller is about to be busy with something else: what it has written so far may already travel and be carried out meanwhile."""

    def commit(self) -> None:
        """Ends the transaction; nothing can follow."""


class OnSqlite:
    """One transaction on SQLite's driver: every statement is carried out when it is given."""

    def __init__(self, driver: Any, statement: Callable[[sa.ClauseElement], Statement], begin: str) -> None:
        self._driver, self._statement = driver, statement
        self._cursor = driver.cursor()
        self._cursor.execute(begin)

    def gather(self, *queries: Query) -> list[list[Row]]:
        return [self.rows(clause, **values) for clause, values in queries]

    def rows(self, clause: sa.ClauseElement, **values: object) -> list[Row]:
        statement = self._statement(clause)
        self._cursor.execute(statement.sql, statement.ordered(values))
        return statement.read(self._cursor.fetchall())

    def row(self, clause: sa.ClauseElement, **values: object) -> Row | None:
        statement = self._statement(clause)
        self._cursor.execute(statement.sql, statement.ordered(values))
        found: Row | None = self._cursor.fetchone()
        return found if found is None or not statement.packed else _unpacked(found, statement.packed)

    def change(self, clause: sa.ClauseElement, **values: object) -> int:
        statement = self._statement(clause)
        self._cursor.execute(statement.sql, statement.ordered(values))
        count: int = self._cursor.rowcount
        return count

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        if len(rows) == 1:
            self._cursor.execute(statement.sql, rows[0])
        else:
            self._cursor.executemany(statement.sql, rows)

    def hasten(self) -> None:
        pass  # nothing waits

    def commit(self) -> None:
        self._driver.commit()
