"""Spoils the product: an instance's row is read without its lock (PostgreSQL), a write is no transaction (SQLite)."""
from __future__ import annotations

from typing import Any

import pysqlite3.dbapi2 as sqlite

from adapters.database import store


def _loosened(sql: str) -> str:
    return "SELECT 1" if sql == "BEGIN IMMEDIATE" else sql


class LooseCursor(sqlite.Cursor):
    def execute(self, sql: str, *values: Any) -> Any:
        return super().execute(_loosened(sql), *values)


class Loose(sqlite.Connection):
    def execute(self, sql: str, *values: Any) -> Any:
        return super().execute(_loosened(sql), *values)

    def cursor(self, factory: Any = LooseCursor) -> Any:
        return super().cursor(factory)


def spoil(system: Any) -> None:
    store._LOCKED = store._INSTANCE
    connect = sqlite.connect
    sqlite.connect = lambda *more, **named: connect(*more, factory=Loose, **named)
    system.database.close()
