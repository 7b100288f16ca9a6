"""The write path on both databases: entry and rows together, once, at a moment that never goes back."""
import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database
from adapters.database.store import Store
from engine.commands import Complete, Start
from engine.refusals import Conflict, NotFound, Refused


def rows(database: Database, table: sa.Table, *columns: str) -> list[tuple]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*[table.c[c] for c in columns]).order_by(*[table.c[c] for c in columns]))]


def begun(store: Store, id: str = "i1", process: str = "approval", actor: str = "ann", **more):
    return store.start("fuxin", Start(actor, id, process, "p", **more), f"start-{id}")


def test_a_start_is_one_entry_with_its_rows(database: Database, store: Store) -> None:
    answer = begun(store)
    print(answer)
    assert rows(database, schema.task, "instance", "id", "element", "state", "opened_by") == [("i1", "t1", "submit", "open", "ann")]
