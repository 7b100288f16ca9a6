"""Opening safely: pragmas read back, affected versions refused in WAL, network disks refused, one clock."""
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import schema, upgrade  # noqa: F401  (upgrade brings the tables that other modules declare)
from adapters.database.connection import BY_INDEX, Busy, Database, OutOfBounds, Taken, connect_sqlite, open_database, refuse_network_disk
from adapters.identity import accounts
from engine.refusals import Refused


def pragmas(connection) -> dict[str, object]:
    names = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}


def test_a_sound_sqlite_runs_in_wal_with_full_synchronisation(tmp_path: Path) -> None:
    connection = connect_sqlite(str(tmp_path / "a.db"))
    assert pragmas(connection) == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    connection.close()


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_an_affected_sqlite_never_runs_in_wal(tmp_path: Path, version: tuple[int, int, int]) -> None:
    connection = connect_sqlite(str(tmp_path / "a.db"), version)
    assert pragmas(connection) == {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1, "trusted_schema": 0}
    connection.close()


def test_a_journal_mode_that_did_not_take_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        connect_sqlite(":memory:")
    assert (refused.value.code, refused.value.details) == ("store.journal_mode", {"wanted": "wal", "found": "memory"})


def test_a_network_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        refuse_network_disk("/srv/share/banli.db", [("/", "ext4"), ("/srv/share", "nfs4")])
    assert refused.value.code == "store.network_disk"
    refuse_network_disk("/srv/shared.db", [("/", "ext4"), ("/srv/share", "nfs4")])


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        open_database("mysql://localhost/x")
    assert refused.value.code == "store.url"


# The address of a calendar feed is a secret that opens one person's feed and says which place that is: it is looked up before the place is known.
WITHOUT_PLACE = {"feed_digest"}


def test_every_table_key_and_index_begins_with_the_place() -> None:
    tables = [*schema.metadata.tables.values(), *accounts.metadata.tables.values()]
    for table in tables:
        assert [c.name for c in table.primary_key.columns][0] == "place", table.name
        assert not table.c.place.nullable, table.name
    assert {index.name for table in tables for index in table.indexes if next(iter(index.columns)).name != "place"} == WITHOUT_PLACE


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    insert = schema.series.insert().values(place=sa.bindparam("place"), series=sa.bindparam("series"), last=sa.bindparam("last"))
    with pytest.raises(ZeroDivisionError), database.writing() as transaction:
        transaction.change(insert, place="fuxin", series="a", last=1)
        raise ZeroDivisionError
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.series)) == 0


def test_the_database_s_refusals_are_told_apart(database: Database) -> None:
    insert = schema.series.insert().values(place=sa.bindparam("place"), series=sa.bindparam("series"), last=sa.bindparam("last"))
    with pytest.raises(Taken), database.writing() as transaction:
        transaction.change(insert, place="fuxin", series="a", last=1)
        transaction.change(insert, place="fuxin", series="a", last=2)
    account = schema.ledger_account
    with pytest.raises(OutOfBounds), database.changing() as connection:
        connection.execute(account.insert().values(place="fuxin", campaign="c", account="a", places=2, booked=3))


def test_a_lock_held_too_long_is_a_wish_to_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.database.connection.BUSY_SECONDS", 0.05)
    database = open_database(f"sqlite:///{tmp_path}/a.db")
    with database.writing(), pytest.raises(Busy), database.writing():
        raise AssertionError("two writers at once")
    database.close()


_SETTINGS = sa.select(*[sa.func.current_setting(name) for name in BY_INDEX])


def test_a_write_goes_by_indexes_and_a_page_as_the_database_thinks_best(database: Database) -> None:
    if database.lite:
        pytest.skip("SQLite has no planner settings: this is about PostgreSQL's")
    with database.writing() as transaction:
        written = transaction.row(_SETTINGS)
    with database.looking() as transaction:
        looked = transaction.row(_SETTINGS)
    assert (written, looked) == (("off",) * 3, ("on",) * 3)
