"""T1c: the power goes at thousands of moments of a recorded run of the product on SQLite; what was acknowledged is on the disk afterwards."""
from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.disk import Disk, Operation, operations
from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import HERE, ROOT, in_memory, node
from tests.crash.readers import Lite

SETTING_UP = "begin"
COMMANDS = 150  # of a recorded run


@dataclass
class Run:
    """A recorded run: its operations, the names of the files, where the work begins."""

    ops: list[Operation]
    names: list[str]
    begin: int
    known: dict[str, str]


def recorded(home: Path, commands: int, journal: str = "wal", spoilt: str = "") -> Run:
    log = home.parent / "operations"
    command = [sys.executable, str(HERE / "node" / "power.py"), str(home), str(log), str(commands), journal, spoilt]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONHASHSEED": "0"}, check=True, timeout=120)
    ops = list(operations(log))
    marks = {n: Disk_mark(op) for n, op in enumerate(ops) if op.kind == "M"}
    begin = next(n for n, mark in marks.items() if SETTING_UP in mark)
    return Run(ops, next(mark["names"] for mark in marks.values() if "names" in mark), begin, marks[begin][SETTING_UP])


def Disk_mark(op: Operation) -> dict[str, Any]:
    disk = Disk()
    disk.apply(op)
    return disk.acks[0]


@dataclass
class Cuts:
    """What the cuts came to. `first`: the first cut that broke a promise."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    damaged: int = 0
    first: str = ""


def cut(run: Run, folder: Path, seed: int, cuts: int, stop_at_first: bool = False) -> Cuts:
    """Cuts the power at so many moments of the work and looks at what is there afterwards."""
    rng, came, disk = random.Random(seed), Cuts(), Disk()
    moments = sorted(rng.choices(range(run.begin + 1, len(run.ops)), k=cuts))
    done, position, ledger = 0, 0, Ledger()
    for moment in moments:
        heard = len(disk.acks)
        for op in run.ops[position:moment]:
            disk.apply(op)
        position = moment
        ledger.take(disk.acks[heard:])
        came.cuts, came.acknowledged = came.cuts + 1, len(ledger.acked)
        lay_out(run, disk.cut(rng), folder)
        damage, lost = looked(folder / "banli.db", ledger, DEPTHS[done % len(DEPTHS)])
        done += 1
        came.damaged += bool(damage)
        came.lost += bool(lost)
        if (damage or lost) and not came.first:
            came.first = f"cut {done} at operation {moment} (seed {seed}): {(damage + lost)[:2]}"
            if stop_at_first:
                break
    return came


def lay_out(run: Run, image: dict[int, bytes], folder: Path) -> None:
    """The files as they are when the machine starts again."""
    for path in folder.glob("banli.db*"):
        path.unlink()
    for file, content in image.items():
        if run.names[file].startswith("banli.db"):
            (folder / run.names[file]).write_bytes(content)


# Every database is opened, which repairs it, and its journal read; the pages of every third are checked, and every twelfth from end to end.
DEPTHS = ("", "", "quick_check", "", "", "quick_check", "", "", "quick_check", "", "", "integrity_check")


def looked(path: Path, ledger: Ledger, depth: str) -> tuple[list[str], list[str]]:
    """(damage, what was lost) of a database after a cut. `depth`: the pragma that checks its pages; with the last one the whole record is checked, too."""
    try:
        reader = Lite(str(path), durable=False)
    except Exception as error:
        return [repr(error)], []
    try:
        if depth and (said := reader.rows(f"PRAGMA {depth}")) != [("ok",)]:
            return [str(said[:2])], []
        if depth == "integrity_check":
            found = problems(reader, ledger)
            return [], found
        there = {id for (id,) in reader.rows("SELECT command_id FROM entry WHERE command_id IS NOT NULL")}
        return [], sorted(set(ledger.acked) - there)
    except Exception as error:
        return [repr(error)], []
    finally:
        reader.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of the databases after a cut; the disk itself is simulated here."""
    with in_memory() as made:
        yield made


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """A recorded run with the log in front of the database, as the product prefers it, and its home."""
    home = tmp_path_factory.mktemp("logged") / "home"
    home.mkdir()
    return recorded(home, COMMANDS), home


@pytest.mark.parametrize("journal, cuts", [("wal", 5_000), ("delete", 1_000)])
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
        logged: tuple[Run, Path], home: Path, folder: Path, seed: int, long: bool, journal: str, cuts: int) -> None:
    run = logged[0] if journal == "wal" else recorded(home, COMMANDS, journal)

    came = cut(run, folder, seed, cuts * 20 if long else cuts)

    print(f"{journal}: {came.cuts} cuts in {len(run.ops) - run.begin} operations, {came.acknowledged} commands acknowledged, {came.lost} lost, {came.damaged} damaged")
    assert (came.first, came.lost, came.damaged) == ("", 0, 0)
    assert came.acknowledged == COMMANDS


def test_after_a_power_cut_the_product_goes_on(logged: tuple[Run, Path], seed: int) -> None:
    (run, home), rng = logged, random.Random(seed)
    disk, position = Disk(), 0
    moments = sorted(rng.sample(range(run.begin + 1, len(run.ops)), 5))
    lay_out(run, cut_at(run, disk, 0, moments[0], rng), home)
    with node(home, known=run.known) as product:
        position = moments[0]
        for moment in moments[1:]:
            lay_out(run, cut_at(run, disk, position, moment, rng), home)
            position = moment
            ledger = Ledger()
            ledger.take(disk.acks)
            ledger.take(product.done("each", ops=ledger.unanswered()))
            product.done("work", run=f"after{moment}", seed=1, resend=[], most=5)
            ledger.take(product.done("work", run=f"again{moment}", seed=1, resend=[], most=5))
            ledger.tried |= {f"after{moment}-{n}": {} for n in range(1, 6)}
            assert product.done("quiet")[-1] == {"quiet": True}
            reader = Lite(str(home / "banli.db"))
            found = problems(reader, ledger, complete=True)
            reader.close()
            assert found == []
            assert product.done("verify")[-1]["verified"] == []


def cut_at(run: Run, disk: Disk, position: int, moment: int, rng: random.Random) -> dict[int, bytes]:
    for op in run.ops[position:moment]:
        disk.apply(op)
    return disk.cut(rng)


@pytest.mark.parametrize("spoilt", ["synchronous_off", "synchronous_normal"])
def test_a_build_that_does_not_write_through_is_found_out(home: Path, folder: Path, seed: int, spoilt: str) -> None:
    run = recorded(home, 40, "wal", spoilt)

    came = cut(run, folder, seed, 600, stop_at_first=True)

    print(f"{spoilt}: red at {came.first[:160]}")
    assert came.lost + came.damaged > 0
