"""T1: workers of the real write path are killed at random moments on SQLite; nothing they acknowledged is lost, nothing is there twice."""
from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import Child, Node, node
from tests.crash.readers import reading

WORKERS = 4
LOOK_EVERY = 25  # rounds of kills between two looks into the database


@dataclass
class Loop:
    """What the loop came to."""

    kills: int
    ledger: Ledger
    found: list[str]


def killed(node: Node, url: str, seed: int, kills: int, seconds: float) -> Loop:
    """Starts workers and kills them, again and again, looking into the database now and then."""
    rng, ledger, count, rounds, until = random.Random(seed), Ledger(), 0, 0, time.monotonic() + seconds
    while count < kills and time.monotonic() < until:
        again, rounds = ledger.unanswered(), rounds + 1
        workers = [node.act("work", run=f"k{rounds}.{n}", seed=rng.randrange(2**32), resend=again[n::WORKERS], tend=n == 0) for n in range(WORKERS)]
        ledger.take(first_words(workers))
        time.sleep(rng.uniform(0, 0.04))
        for worker in rng.sample(workers, WORKERS):
            ledger.take(worker.kill())
            count += 1
        if ledger.refused:  # the clients only ask for what is allowed
            return Loop(count, ledger, [f"refused: {ledger.refused}"])
        if rounds % LOOK_EVERY == 0 and (found := looked(url, ledger)):
            return Loop(count, ledger, found)
    ledger.take(node.done("each", ops=ledger.unanswered()))
    quiet = node.done("quiet")
    found = [] if quiet[-1]["quiet"] else [f"not quiet: {quiet[-1]}"]
    return Loop(count, ledger, found + looked(url, ledger, complete=True))


def first_words(workers: list[Child]) -> list[dict[str, Any]]:
    """What the workers said until one of them was answered."""
    heard: list[dict[str, Any]] = []
    until = time.monotonic() + 30
    while not any("try" not in line for line in heard) and time.monotonic() < until:
        heard += [line for worker in workers for line in worker.lines(0.001)]
    return heard


def looked(url: str, ledger: Ledger, complete: bool = False) -> list[str]:
    with reading(url) as reader:
        found = problems(reader, ledger, complete)
        if url.startswith("sqlite") and (said := reader.rows("PRAGMA integrity_check")) != [("ok",)]:
            found.append(f"integrity: {said[:3]}")
    return found


def test_nothing_acknowledged_is_lost_however_often_workers_are_killed(home: Path, seed: int, long: bool) -> None:
    url = f"sqlite:///{home}/banli.db"
    with node(home) as product:
        loop = killed(product, url, seed, 10_000 if long else 1_000, 3_000 if long else 600)
        verified = product.done("verify")

    print(f"{loop.kills} kills, {len(loop.ledger.acked)} acknowledged, {len(loop.ledger.refused)} refused")
    assert loop.found == []
    assert verified[-1]["verified"] == []
    assert loop.kills == (10_000 if long else 1_000)
    assert len(loop.ledger.acked) >= loop.kills / WORKERS  # in every round at least one had its answer before the kill


@pytest.mark.parametrize("spoilt", ["acknowledge_before_commit", "forget_earlier_commands"])
def test_a_broken_build_is_found_out(home: Path, seed: int, spoilt: str) -> None:
    with node(home, spoilt=spoilt) as product:
        loop = killed(product, f"sqlite:///{home}/banli.db", seed, 1_000, 300)

    print(f"{spoilt}: red after {loop.kills} kills: {loop.found[:1]}"[:160])
    assert loop.found != []
