"""Bulk rows for the works that read among many: open tasks, waiting timers, finished instances, each copied from one real instance."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database
from adapters.database.packing import packed

BATCH = 5_000
TABLES = (schema.instance, schema.scope, schema.task, schema.task_candidate, schema.timer)
Change = Callable[[str, dict[str, Any], int], None]  # (table, row, number of the copy): what differs in this copy


def copies(database: Database, instance: str, ids: Iterable[tuple[int, str]], change: Change, entries: bool = False, stop: Callable[[], bool] = lambda: False) -> int:
    """Copies the rows of `instance` under each of `ids`; how many were made before `stop` said so."""
    tables = (*TABLES, schema.entry) if entries else TABLES
    with database.reading() as connection:
        found = {table: [dict(row) for row in connection.execute(sa.select(table).where(_key(table) == instance)).mappings()] for table in tables}
    wanted, made = iter(ids), 0
    while not stop() and (batch := list(islice(wanted, BATCH))):
        with database.changing() as connection:
            for table, rows in found.items():
                given = list(_of(table, rows, batch, change))
                if given:
                    connection.execute(table.insert(), given)
        made += len(batch)
    return made


def _key(table: sa.Table) -> sa.Column[Any]:
    return table.c["id" if table is schema.instance else "stream" if table is schema.entry else "instance"]


def _of(table: sa.Table, rows: list[dict[str, Any]], ids: list[tuple[int, str]], change: Change) -> Iterator[dict[str, Any]]:
    for number, id in ids:
        for row in rows:
            made = dict(row)
            made[_key(table).name] = id
            if table is schema.instance:
                made["root"] = made["path"] = id
            if table is schema.entry:
                made["command_id"], made["body"] = f"{id}-{row['seq']}", packed(row["body"])
            change(table.name, made, number)
            yield made


def analysed(database: Database) -> None:
    """Statistics for the planner where a running database has them: PostgreSQL gathers its own, for SQLite nobody does."""
    if not database.lite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
