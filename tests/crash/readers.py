"""Plain SQL connections for the checker: SQLite through its own driver, PostgreSQL through psycopg; nothing of the product."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pysqlite3.dbapi2 as sqlite


class Lite:
    """A SQLite file."""

    def __init__(self, path: str, durable: bool = True) -> None:
        """`durable`: repairs that opening it makes are written through."""
        self._connection = sqlite.connect(path, isolation_level=None)
        if not durable:
            self._connection.execute("PRAGMA synchronous=OFF")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(sql)]

    def begin(self) -> None:
        self._connection.execute("BEGIN")

    def close(self) -> None:
        self._connection.close()


class Postgres:
    """A PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(sql)]

    def begin(self) -> None:
        self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def reading(url: str) -> Iterator[Lite | Postgres]:
    """One snapshot of the database behind a URL of the product's form."""
    reader: Lite | Postgres = Lite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else Postgres(url)
    reader.begin()
    try:
        yield reader
    finally:
        reader.close()
