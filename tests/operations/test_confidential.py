"""What a backup must not hold, and what a restore must not bring back."""
from __future__ import annotations

from pathlib import Path

import pytest

from adapters.database import backup, personal, schema
from adapters.database.erasure import Erasure
from adapters.system import Settings, System, operations
from engine.refusals import NotFound, Refused
from tests.system.small import started, system_in

NAME = "某人（虚构）"


@pytest.fixture
def subject(tmp_path: Path) -> System:
    """A place in which one data subject has a key and a readable copy."""
    system = system_in(tmp_path / "home")
    instance = started(system)
    store = system.store.personal
    with system.database.writing() as transaction:
        values = [personal.Personal("s1", "form", {"name": NAME})]
        assert store.sealed(transaction, "here", instance, 1, values, 0)
        store.project(transaction, "here", instance, 1, values)
    return system


def readable(home: Path) -> list[str]:
    system = System(Settings(home))
    with system.database.reading() as connection:
        return [data for (data,) in connection.execute(schema.personal.select().with_only_columns(schema.personal.c.data))]


def test_personal_values_and_keys_are_only_in_the_confidential_file(subject: System, tmp_path: Path) -> None:
    operations.back_up(subject, tmp_path / "b")

    assert NAME.encode() not in (tmp_path / "b").read_bytes()
    assert NAME.encode() in operations.keys_path(tmp_path / "b").read_bytes()
    with backup._opened(tmp_path / "b") as connection:
        assert connection.exec_driver_sql("SELECT count(*), count(wrapped) FROM subject_key").one() == (1, 0)


def test_who_was_erased_stays_erased_when_an_older_backup_is_restored_with_the_newest_keys(subject: System, tmp_path: Path) -> None:
    operations.back_up(subject, tmp_path / "old")
    Erasure(subject.database).erase("here", "s1", "本人申请", "ann", "bo")
    operations.back_up(subject, tmp_path / "new")

    operations.restore(Settings(tmp_path / "again"), tmp_path / "old", operations.keys_path(tmp_path / "new"))

    restored = System(Settings(tmp_path / "again"))
    with pytest.raises(Refused) as refused, restored.database.writing() as transaction:
        restored.store.personal.key(transaction, "here", "s1", 0)
    assert refused.value.code == "subject.erased"
    assert readable(tmp_path / "again") == []


def test_with_its_own_keys_a_backup_gives_everything_back(subject: System, tmp_path: Path) -> None:
    operations.back_up(subject, tmp_path / "b")

    operations.restore(Settings(tmp_path / "again"), tmp_path / "b", operations.keys_path(tmp_path / "b"))

    assert [NAME in data for data in readable(tmp_path / "again")] == [True]
    assert operations.missing_keys(Settings(tmp_path / "again")) == []


def test_without_the_confidential_file_nothing_personal_can_be_read(subject: System, tmp_path: Path) -> None:
    operations.back_up(subject, tmp_path / "b")

    operations.restore(Settings(tmp_path / "again"), tmp_path / "b", None)

    assert readable(tmp_path / "again") == []
    assert [path.name for path in operations.missing_keys(Settings(tmp_path / "again"))] == ["here.key"]
    with pytest.raises(NotFound):
        Erasure(System(Settings(tmp_path / "again")).database).erase("here", "nobody", "本人申请", "ann", "bo")
