"""Connections to PostgreSQL that break: what was surely not committed is done again, what may have been only under its command id."""
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Lost, Transaction, open_database
from adapters.database.clock import create_place
from adapters.database.pipeline import COMMIT, Wire
from adapters.database.schema import create_tables
from adapters.database.store import Store
from adapters.keys import KeyFolder
from engine.commands import Complete, Start
from engine.refusals import Conflict

KILL = sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid()))


@pytest.fixture
def database(new_postgres: Callable[[], str]) -> Any:
    made = open_database(new_postgres())
    create_tables(made.engine)
    create_place(made, "fuxin", "阜新（演示）", "demo")
    yield made
    made.close()


@pytest.fixture
def store(database: Database, diagrams: Any, tmp_path: Any) -> Store:
    made = Store(database, diagrams, KeyFolder(tmp_path / "keys"))
    made.start("fuxin", Start("ann", "i1", "rework", "p"), "s")
    return made


def entries(database: Database) -> list[tuple[str, int]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(schema.entry.c.stream, schema.entry.c.seq).order_by(schema.entry.c.seq))]


def kill_all(database: Database) -> None:
    """As a restarted server does it."""
    with database.changing() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))


def test_connections_that_died_in_the_pool_are_not_noticed(store: Store, database: Database) -> None:
    kill_all(database)
    assert store.handle("fuxin", "i1", Complete("ann", "t1", "again")).seq == 2  # without a command id


def test_what_breaks_before_the_commit_is_done_again(store: Store, database: Database) -> None:
    calls = []

    def once(transaction: Transaction, seq: int) -> None:
        calls.append(seq)
        if len(calls) == 1:
            transaction.row(KILL)

    assert store.handle("fuxin", "i1", Complete("ann", "t1", "again"), alongside=once).seq == 2
    assert (calls, entries(database)) == ([2, 2], [("i1", 1), ("i1", 2)])


@pytest.fixture
def broken_at_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next commit reaches the server, its answer does not reach us."""
    talk, broken = Wire.talk, []

    def half(wire: Wire, messages: Any) -> Any:
        answers = talk(wire, messages)
        if not broken and any(sql == COMMIT for sql, _ in messages):
            broken.append(True)
            wire.close()
            raise Lost(True)
        return answers

    monkeypatch.setattr(Wire, "talk", half)


def test_a_commit_without_an_answer_is_asked_for_under_its_id(store: Store, database: Database, broken_at_the_commit: None) -> None:
    answer = store.handle("fuxin", "i1", Complete("ann", "t1", "again"), "c1")
    assert (answer.seq, answer.repeated, entries(database)) == (2, True, [("i1", 1), ("i1", 2)])


def test_a_commit_without_an_answer_and_without_an_id_is_told(store: Store, database: Database, broken_at_the_commit: None) -> None:
    with pytest.raises(Conflict) as refused:
        store.handle("fuxin", "i1", Complete("ann", "t1", "again"))
    assert (refused.value.code, entries(database)) == ("store.unsure", [("i1", 1), ("i1", 2)])


def test_a_page_that_breaks_says_so(store: Store, database: Database) -> None:
    with pytest.raises(Conflict) as refused, database.looking() as transaction:
        transaction.row(KILL)
    assert refused.value.code == "store.away"
    with database.looking() as transaction:
        assert transaction.row(sa.select(sa.literal_column("1"))) == (1,)
