"""T7: two nodes on one PostgreSQL, their workers killed, paused longer than their leases, and cut off from the database, all at random."""
from __future__ import annotations

import random
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.crash.ledger import Ledger, problems, stored
from tests.crash.nodes import Child, Node, node
from tests.crash.readers import reading

LEASE = 0.5  # as in node/office.py
KINDS = ("work", "work", "tend", "tend")  # of the processes of one node
STALL = 0.2  # of the times that a worker has jobs in hand, it stands still until its lease is over
PATIENCE = 1000  # tries: a client that was told to try again does not go on to the next command


@dataclass
class Storm:
    """What was done to the nodes, and what they said."""

    name: int
    ledger: Ledger = field(default_factory=Ledger)
    kills: int = 0
    pauses: int = 0
    cuts: int = 0
    stalls: int = 0
    runs: int = 0


class Crew:
    """The processes of one node; a dead one is replaced, and a new client sends again what was never answered."""

    def __init__(self, product: Node, storm: Storm, rng: random.Random, stall: float) -> None:
        self._product, self._storm, self._rng, self._stall = product, storm, rng, stall
        self._paused: dict[int, float] = {}
        self._slots: list[tuple[Child, set[str]]] = [self._begun(kind, []) for kind in KINDS]

    def _begun(self, kind: str, again: list[dict[str, Any]]) -> tuple[Child, set[str]]:
        self._storm.runs += 1
        if kind == "tend":
            return self._product.act("tend", stall=self._stall), set()
        child = self._product.act("work", run=f"n{self._storm.name}.{self._storm.runs}", seed=self._rng.randrange(2**32), resend=again, patience=PATIENCE, messages=True)
        return child, {op["id"] for op in again}

    def heard(self) -> None:
        now = time.monotonic()
        for slot, (child, sent) in enumerate(self._slots):
            if now >= self._paused.get(slot, now + 1):
                child.signal(signal.SIGCONT)
                del self._paused[slot]
            self._take(child.lines(), sent)

    def _take(self, lines: list[dict[str, Any]], sent: set[str]) -> None:
        self._storm.ledger.take(lines)
        self._storm.stalls += sum("stalled" in line for line in lines)
        sent.update(line["try"]["id"] for line in lines if "try" in line)

    def kill(self, slot: int) -> None:
        child, sent = self._slots[slot]
        self._paused.pop(slot, None)
        self._take(child.kill(), sent)
        self._storm.kills += 1
        again = [op for op in self._storm.ledger.unanswered() if op["id"] in sent]
        self._slots[slot] = self._begun(KINDS[slot], again)

    def pause(self, slot: int) -> None:
        if slot not in self._paused:
            self._slots[slot][0].signal(signal.SIGSTOP)
            self._paused[slot] = time.monotonic() + LEASE * self._rng.uniform(1.5, 3)
            self._storm.pauses += 1

    def end(self) -> None:
        for child, sent in self._slots:
            self._take(child.kill(), sent)


def stormed(nodes: list[Node], url: str, seed: int, seconds: float, stall: float = STALL) -> Storm:
    rng, storm = random.Random(seed), Storm(seed)
    crews = [Crew(product, storm, rng, stall) for product in nodes]
    with psycopg.connect(url, autocommit=True) as control:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.05)
            for crew in crews:
                crew.heard()
            crew, slot, lot = rng.choice(crews), rng.randrange(len(KINDS)), rng.random()
            if lot < 0.35:
                crew.kill(slot)
            elif lot < 0.55:
                crew.pause(slot)
            elif lot < 0.60:
                control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                                "ORDER BY random() LIMIT 1")
                storm.cuts += 1
        for crew in crews:
            crew.end()
    return storm


def calmed(product: Node, storm: Storm, seconds: float = 60) -> list[str]:
    """Sends again what was never answered and lets everything come to rest; what the product could not bring to an end."""
    storm.ledger.errors.clear()  # a client that was cut off from the database was told so; the command itself is sent again
    storm.ledger.take(product.done("each", ops=storm.ledger.unanswered(), patience=3))
    quiet = product.done("quiet", seconds=seconds)
    return [] if quiet[-1]["quiet"] else [f"not quiet: {quiet[-1]}"]


def doubled(url: str) -> list[str]:
    """What happened more than once: a message heard twice, a called part that came back twice."""
    with reading(url) as reader:
        entries = stored(reader)
    said = sum(entry.body["command"] == "Start" and entry.body["input"]["process"] == "speaker" for entry in entries)
    heard = [entry.stream for entry in entries if entry.body["command"] == "Correlate"]
    back = [entry.stream for entry in entries if entry.body["command"] == "ChildEnded"]
    found = [f"messages: {said} sent, {len(heard)} heard"] if len(heard) > said or len(heard) > len(set(heard)) else []
    return found + ([f"calls: {len(back)} came back to {len(set(back))}"] if len(back) > len(set(back)) else [])


def messages(url: str) -> list[str]:
    """Every message that was sent reached exactly one who waited, and nobody got two; every called part came back once."""
    with reading(url) as reader:
        entries = stored(reader)
    said = sum(entry.body["command"] == "Start" and entry.body["input"]["process"] == "speaker" for entry in entries)
    heard = [entry.stream for entry in entries if entry.body["command"] == "Correlate"]
    back = [entry.stream for entry in entries if entry.body["command"] == "ChildEnded"]
    calls = [entry.stream for entry in entries if entry.body["command"] == "Start" and entry.body["input"]["process"] == "caller"]
    found = [] if len(heard) == len(set(heard)) == said else [f"messages: {said} sent, {len(heard)} heard by {len(set(heard))}"]
    return found + ([] if sorted(back) == sorted(calls) else [f"calls: {len(calls)} made, {len(back)} came back to {len(set(back))}"])


def test_two_nodes_lose_and_double_nothing_whatever_happens_to_their_processes(new_postgres: Any, home: Path, seed: int, long: bool) -> None:
    url = new_postgres()
    with ExitStack() as both:
        first = both.enter_context(node(home, url))
        second = both.enter_context(node(home, url, known=first.known))
        storm = stormed([first, second], url, seed, 1800 if long else 40)
        found = calmed(second, storm)
        verified = first.done("verify")

    print(f"{storm.kills} kills, {storm.pauses} pauses and {storm.stalls} stalls beyond the lease, {storm.cuts} cuts; {len(storm.ledger.acked)} acknowledged, {len(storm.ledger.refused)} refused")
    with reading(url) as reader:
        found += problems(reader, storm.ledger, complete=True)
    assert found + messages(url) == []
    assert verified[-1]["verified"] == []
    assert storm.ledger.refused == {}
    assert storm.kills >= 20 and storm.pauses >= 10


@pytest.mark.parametrize("spoilt", ["no_fencing"])
def test_without_fencing_it_shows(new_postgres: Any, home: Path, seed: int, spoilt: str) -> None:
    url = new_postgres()
    with ExitStack() as both:
        first = both.enter_context(node(home, url, spoilt=spoilt))
        second = both.enter_context(node(home, url, spoilt=spoilt, known=first.known))
        stalls, found = 0, list[str]()
        for n in range(6):  # until it shows
            storm = stormed([first, second], url, seed + n, 5, stall=0.5)
            calmed(second, storm, 5)
            stalls, found = stalls + storm.stalls, doubled(url)
            if found:
                break

    print(f"without fencing, {stalls} stalls: {found}")
    assert found != []
