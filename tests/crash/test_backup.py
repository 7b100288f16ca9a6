"""T8: a backup while people work, everything wiped, restored, compared with the list of what was acknowledged; across both databases."""
from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import pytest

from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import Node, banli, node
from tests.crash.readers import reading


class Load:
    """Two clients at work, and what they heard so far."""

    def __init__(self, product: Node) -> None:
        self.ledger = Ledger()
        self._workers = [product.act("work", run=f"b{n}", seed=n, resend=[], tend=n == 0, patience=3) for n in range(2)]

    def heard(self, seconds: float = 0.0) -> None:
        until = time.monotonic() + seconds
        while True:
            for worker in self._workers:
                self.ledger.take(worker.lines(0.02))
            if time.monotonic() >= until:
                return

    def killed(self) -> None:
        for worker in self._workers:
            self.ledger.take(worker.kill())


def backed_up_under_load(home: Path, url: str, make: Callable[[], Any]) -> tuple[dict[str, str], Ledger, Ledger]:
    """(definitions, what was acknowledged before the backup began, everything that was sent) of a busy place."""
    with node(home, url) as product:
        load = Load(product)
        load.heard(2.0)
        before = Ledger(dict(load.ledger.tried), dict(load.ledger.acked))
        make()
        load.heard(0.5)
        load.killed()
        assert len(load.ledger.acked) > len(before.acked) > 0
        return product.known, before, load.ledger


def wiped(home: Path) -> None:
    """The disk with database and keys is gone."""
    shutil.rmtree(home)
    home.mkdir()


@pytest.fixture
def other(request: pytest.FixtureRequest, url: str, home: Path) -> str:
    """An empty database of the other kind."""
    if not url.startswith("sqlite"):
        return f"sqlite:///{home}/banli.db"
    new: Callable[[], str] = request.getfixturevalue("new_postgres")
    return new()


@pytest.mark.parametrize("into", ["same", "other"])
def test_everything_acknowledged_before_the_backup_comes_back(url: str, home: Path, tmp_path: Path, request: pytest.FixtureRequest, into: str) -> None:
    file = tmp_path / "backup.banli"

    def make() -> None:
        said = banli(home, url, "backup", str(file))
        assert said.returncode == 0, said.stdout + said.stderr

    known, before, sent = backed_up_under_load(home, url, make)
    wiped(home)
    target = request.getfixturevalue("other") if into == "other" else url if url.startswith("sqlite") else request.getfixturevalue("new_postgres")()
    restored = banli(home, target, "restore", str(file))
    assert restored.returncode == 0, restored.stdout + restored.stderr

    with reading(target) as reader:
        there = {id for (id,) in reader.rows("SELECT command_id FROM entry WHERE command_id IS NOT NULL")}
    assert set(before.acked) - there == set()
    with node(home, target, known=known) as product:  # clients send again whatever the restored place does not know
        goes_on = Ledger(dict(sent.tried))
        goes_on.take(product.done("each", ops=list(sent.tried.values())))
        assert product.done("quiet")[-1] == {"quiet": True}
        assert product.done("verify")[-1]["verified"] == []
    with reading(target) as reader:
        assert problems(reader, goes_on, complete=True) == []
    assert goes_on.refused == {}


def test_a_copied_database_file_would_be_found_out(home: Path, tmp_path: Path) -> None:
    """One copy may happen to be taken just after a checkpoint; of many, most are without what only the write-ahead log holds."""
    copied = tmp_path / "copied.db"
    with node(home, f"sqlite:///{home}/banli.db") as product:
        load, found, until = Load(product), False, time.monotonic() + 60
        while not found and time.monotonic() < until:
            load.heard(0.5)
            acknowledged = dict(load.ledger.acked)
            shutil.copy(home / "banli.db", copied)
            found = falls_short(copied, Ledger(dict(load.ledger.tried), acknowledged))
        load.killed()
    assert found


def falls_short(copied: Path, ledger: Ledger) -> bool:
    """Whether a database file lacks what was acknowledged, or cannot even be read."""
    try:
        with reading(f"sqlite:///{copied}") as reader:
            return any(problem.startswith("lost") for problem in problems(reader, ledger))
    except sqlite.DatabaseError:
        return True


DAMAGES = {
    "entry changed": """UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), '"ann"', '"eve"') AS BLOB) WHERE rowid = (SELECT max(rowid) FROM entry WHERE command = 'Start')""",
    "entry missing": "DELETE FROM entry WHERE rowid = (SELECT max(rowid) FROM entry)",
    "row missing": "DELETE FROM task WHERE instance = (SELECT max(instance) FROM task)",
    "head moved": "UPDATE instance SET seq = seq + 1",
    "other format": "UPDATE manifest SET value = '9' WHERE key = 'format'",
}


def test_a_damaged_backup_is_refused_and_nothing_is_restored(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.banli"
    with node(home) as product:
        product.done("work", run="x", seed=1, resend=[], most=20)
        assert banli(home, "", "backup", str(file)).returncode == 0
        said = {name: product.done("check", path=str(damaged(file, damage)))[-1]["refused"] for name, damage in DAMAGES.items()}
        sound = product.done("check", path=str(file))[-1]["refused"]

    assert sound == []
    assert said == {"entry changed": said["entry changed"], "entry missing": ["backup.count", "backup.head", "backup.format"],
                    "row missing": ["backup.count"], "head moved": said["head moved"], "other format": ["backup.format"]}
    assert said["entry changed"][0] == "backup.chain"
    assert set(said["head moved"]) == {"backup.head"}
    refused = banli(tmp_path / "new", "", "restore", str(damaged(file, DAMAGES["head moved"])))
    assert (refused.returncode, refused.stderr[0]) == (1, "✗")
    with reading(f"sqlite:///{tmp_path}/new/banli.db") as reader:
        assert reader.rows("SELECT name FROM sqlite_master WHERE type = 'table'") == []


def damaged(file: Path, damage: str) -> Path:
    """A copy of a backup in which one thing is wrong."""
    copy = file.with_name("damaged.banli")
    shutil.copy(file, copy)
    with sqlite.connect(str(copy)) as connection:
        connection.execute(damage)
    return copy


def test_nothing_is_overwritten(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.banli"
    with node(home):
        assert banli(home, "", "backup", str(file)).returncode == 0
        assert banli(home, "", "backup", str(file)).returncode == 1  # the file is there
        assert banli(home, "", "restore", str(file)).returncode == 1  # the database is not empty
    assert oct(file.stat().st_mode)[-3:] == "600"
