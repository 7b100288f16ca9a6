"""T15, T1b: the disk is full, refuses a write or a write-through, or the process dies there; clients are told in words, nothing is lost."""
from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import Node, node
from tests.crash.readers import reading


def plan(count: int, name: str) -> list[dict[str, Any]]:
    return [{"id": f"{name}{n}", "do": "start", "process": "matter", "instance": f"{n:04d}".ljust(32, name), "actor": "ann"} for n in range(count)]


@pytest.mark.parametrize("room", [5_000, 60_000, 300_000])
def test_a_full_disk_is_said_in_words_and_work_goes_on_when_there_is_room(home: Path, room: int) -> None:
    url, ledger = f"sqlite:///{home}/banli.db", Ledger()
    with node(home) as product:
        lines = product.done("limited", ops=plan(200, "f"), room=room, path=f"{home}/banli.db")
        verified = product.done("verify")

    ledger.take(lines)
    refused = [line for line in lines if "refused" in line]
    assert [line["code"] for line in refused] == ["store.disk"]
    assert next(line["room"] for line in lines if "room" in line) == [False, False, False]
    assert len(ledger.acked) == 200  # the refused one and all behind it, after room was made
    with reading(url) as reader:
        assert problems(reader, ledger) == []
    assert verified[-1]["verified"] == []


def test_a_disk_that_says_nothing_would_be_found_out(home: Path) -> None:
    ledger = Ledger()
    with node(home, spoilt="swallow_disk_errors") as product:
        ledger.take(product.done("limited", ops=plan(60, "f"), room=5_000, path=f"{home}/banli.db"))

    with reading(f"sqlite:///{home}/banli.db") as reader:
        assert any(problem.startswith("lost") for problem in problems(reader, ledger))


# --- every write, every write-through ----------------------------------------------------------------------------------------------------

FAULTS = {
    "dies at a write": ("pwrite64", "signal=SIGKILL", 40),
    "dies at a write-through": ("fdatasync,fsync", "signal=SIGKILL", 8),
    "no room at a write": ("pwrite64", "error=ENOSPC", 40),
    "error at a write": ("pwrite64", "error=EIO", 40),
    "error at a write-through": ("fdatasync,fsync", "error=EIO", 8),
}


def traced(product: Node, home: Path, op: dict[str, Any], calls: str, fault: str, when: int) -> list[dict[str, Any]]:
    """Sends one command in a process whose `when`-th call on the database's files fails; what it said."""
    child = product.act("waiting", gate=True, ops=[op])
    child.until("ready")
    files = [part for suffix in ("", "-wal", "-journal") for part in ("-P", f"{home}/banli.db{suffix}")]
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", *files, "-e", f"trace={calls}", "-e", f"inject={calls}:{fault}:when={when}",
                               "-p", str(child.pid)], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not attached(child.pid) and time.monotonic() < until:
            time.sleep(0.005)
        child.go()
        return child.lines(None)
    finally:
        tracer.terminate()
        tracer.wait()


def attached(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
    return "TracerPid:\t0\n" not in status


def may_trace() -> bool:
    """Whether this machine lets us watch another process of ours."""
    if shutil.which("strace") is None:
        return False
    sleeper = subprocess.Popen(["sleep", "5"])
    try:
        return subprocess.run(["timeout", "1", "strace", "-qq", "-o", "/dev/null", "-p", str(sleeper.pid)], stderr=subprocess.DEVNULL).returncode == 124
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.fixture(scope="module")
def tracing() -> None:
    if not may_trace():
        pytest.skip("strace is missing or may not watch processes here: faults at every write are not tried")


@pytest.mark.parametrize("name", FAULTS)
def test_whichever_write_fails_nothing_acknowledged_is_lost(home: Path, long: bool, tracing: None, name: str) -> None:
    calls, fault, most = FAULTS[name]
    url, ledger, told = f"sqlite:///{home}/banli.db", Ledger(), Counter[str]()
    with node(home) as product:
        step = 1 if long or most < 20 else 3  # the short run takes every third write
        for when in range(1, most + 1, step):
            op = {"id": f"w{when}", "do": "start", "process": "matter", "instance": f"{when:04d}".ljust(32, "b"), "actor": "ann"}
            lines = traced(product, home, op, calls, fault, when)
            ledger.take(lines)
            told["answered" if "w%d" % when in ledger.acked else next((line.get("code", line.get("text", "")) for line in lines if "try" not in line), "died")] += 1
        assert [key for key in told if key not in ("answered", "died", "store.disk")] == []
        ledger.refused.clear()  # refused with store.disk: "submit again", and so they do
        ledger.take(product.done("each", ops=ledger.unanswered()))
        verified = product.done("verify")

    print(f"{name}: {dict(told)}")
    assert told["died" if "SIGKILL" in fault else "store.disk"] > 0  # faults did strike
    assert set(ledger.acked) == set(ledger.tried)
    with reading(url) as reader:
        assert problems(reader, ledger) == []
        assert reader.rows("PRAGMA integrity_check") == [("ok",)]
    assert verified[-1]["verified"] == []
    assert os.path.getsize(home / "banli.db") > 0
