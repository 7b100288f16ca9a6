"""Banli in the bench kit: works W1 to W5 through the real engine and store; judges nothing, prints one line of JSON.

The kit lies outside the project: BANLI_BENCH names its folder (default: `shared/bench` beside the project).
"""
from __future__ import annotations

import gc
import gc
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep, thread_time
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[2]
KIT = Path(os.environ.get("BANLI_BENCH", ROOT.parent / "shared" / "bench"))
sys.path[:0] = [str(ROOT), str(KIT)]

from common import (  # type: ignore[import-not-found]  # noqa: E402
    PGHOST, PGPORT, PGUSER, STEPS, USERS, Meter, cli, db_bytes, drop_db, emit, emit_w2, fresh_db, inbox_rows, ms, payload, pct, run_w1, user_of,
)

from adapters.database import schema  # noqa: E402
from adapters.database.clock import create_place  # noqa: E402
from adapters.database.connection import Database, open_database  # noqa: E402
from adapters.database.moments import stored  # noqa: E402
from adapters.database.people import People  # noqa: E402
from adapters.database.places import head_of  # noqa: E402
from adapters.database.queries import Queries  # noqa: E402
from adapters.database.schema import create_tables  # noqa: E402
from adapters.database.store import Store  # noqa: E402
from adapters.database.worker import Worker  # noqa: E402
from adapters.keys import KeyFolder  # noqa: E402
from engine.bpmn.graph import GraphSet  # noqa: E402
from engine.bpmn.read import read  # noqa: E402
from engine.commands import Complete, Start  # noqa: E402
from engine.facts import Facts, GivenFacts  # noqa: E402
from engine.operations import OPERATIONS  # noqa: E402
from tests.bench.filling import analysed, copies  # noqa: E402

PLACE = "bench"


class Approval:
    """The bench's diagrams as a published package."""

    def __init__(self) -> None:
        documents = [read((Path(__file__).parent / name).read_bytes(), name) for name in ("approval.bpmn", "campaign.bpmn")]
        self._graphs = GraphSet({process.id: process for document in documents for process in document.processes}, {}, {}, OPERATIONS, 1, "bench")

    def graphs(self, place: str, package: str) -> GraphSet:
        return self._graphs

    def facts(self, place: str, package: str, scheme: str, now: datetime, answer: Callable[..., Any]) -> Facts:
        return GivenFacts(now, answer=answer)


class Peer:
    """An instance of the works: `start` gives a handle, `complete` finishes its open task durably."""

    def __init__(self, args: Any, loc: str) -> None:
        self.args, self.loc = args, loc

    def _database(self) -> Database:
        if self.args.db == "sqlite":
            return open_database(f"sqlite:///{self.loc}")
        return open_database(f"postgresql://{PGUSER}@{PGHOST}:{PGPORT}/{self.loc}")

    def init_schema(self) -> None:
        database = self._database()
        create_tables(database.engine)
        create_place(database, PLACE, "五步审批")
        database.close()
        if self.args.db == "postgres":
            self._counted()

    def _counted(self) -> None:
        """Some finished work and statistics over it: PostgreSQL plans by them, and gathers them itself within a minute of the first rows."""
        self.open()
        for i in range(10):
            self._finished(f"{i:032d}".replace("0", "e"))
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        self.close()

    def open(self) -> None:
        self.database = self._database()
        self.store = Store(self.database, Approval(), KeyFolder(Path(tempfile.mkdtemp())))

    def warmup(self) -> None:
        """One instance from start to end, as in a process that has served for a minute: statements compiled and prepared, what is loaded frozen."""
        self._finished(f"{os.getpid():032d}".replace("0", "f"))
        gc.collect()
        gc.freeze()

    def _finished(self, instance: str) -> None:
        handle = self.start(0, instance)
        for stage, decision in STEPS:
            self.complete(handle, stage, payload(0, stage, decision))

    def start(self, i: int, instance: str = "") -> list[Any]:
        """[instance, number of completions, its five people]: a different user has each step, as in the floor."""
        instance, people = instance or f"{i:032x}", [user_of(i + k) for k in range(5)]
        variables = dict(zip(("applicant", "clerk", "reviewer", "manager", "registrar"), people, strict=True))
        self.store.start(PLACE, Start(people[0], instance, "approval", "bench", variables=variables), f"start-{instance}")
        return [instance, 0, people]

    def complete(self, handle: list[Any], stage: str, data: dict[str, Any]) -> None:
        instance, done, people = handle
        who = people[("submit", "check", "review", "approve", "file").index(stage)]
        answers = {key: value for key, value in data.items() if key != "decision"}
        self.store.handle(PLACE, instance, Complete(who, f"t{done + 1}", data.get("decision") or "done", "", answers), f"{instance}-{done}")
        handle[1] += 1

    def finished(self, handle: list[Any]) -> bool:
        return head_of(self.database, PLACE, handle[0]).state == "ended"

    def close(self) -> None:
        self.database.close()


def campaign(args: Any, peer: Peer) -> None:
    """W2: N tasks at once, each with its due date, then the join."""
    people = [user_of(j) for j in range(args.n)]
    instance = "c" * 32
    with Meter(args) as meter:
        begun = perf_counter()
        peer.store.start(PLACE, Start("admin", instance, "campaign", "bench", variables={"people": people}), "start")
        started, spent = perf_counter() - begun, []
        for j in range(args.n):
            answers = payload(j, "submit")
            before = perf_counter()
            peer.store.handle(PLACE, instance, Complete(people[j], f"t{j + 1}", "done", "", answers), f"c{j}")
            spent.append(perf_counter() - before)
    emit_w2(args, started, spent, meter.wall, meter, ok=head_of(peer.database, PLACE, instance).state == "ended")


def inboxes(args: Any, peer: Peer) -> None:
    """W3: the first page of inboxes among N open tasks of 2,000 users; variant `role`: a post's inbox of a fifth of them."""
    role = args.variant == "role"
    rows = [(user, due) for _, _, _, _, user, due, _ in inbox_rows(args.n)]

    def of_user(table: str, row: dict[str, Any], number: int) -> None:
        user, due = rows[number][0], rows[number][1] * 1_000_000
        who = f"clerk@unit{number % 5}" if role else f"user:{user}"
        if table == "task":
            row |= {"assignee": None if role else user, "candidates": f'["{who}"]', "due_at": due}
        elif table == "task_candidate":
            row |= {"candidate": who, "due_at": due}

    if role:
        office(peer.database)
    peer.start(0)
    made = copies(peer.database, f"{0:032x}", ((j, f"{j + 1:032x}") for j in range(args.n)), of_user)
    analysed(peer.database)
    queries, spent, cpu, lines = Queries(peer.database), [], [], 0
    actors = [f"holder{k % 5}" if role else f"u{(k * 37) % USERS:04d}" for k in range(args.queries)]
    for actor in actors[:20]:
        queries.inbox(PLACE, actor)
    gc.collect()
    gc.freeze()  # as `banli serve` does
    with Meter(args) as meter:
        for actor in actors:
            before, worked = perf_counter(), thread_time()
            found = queries.inbox(PLACE, actor)
            spent.append(perf_counter() - before)
            cpu.append(thread_time() - worked)
            lines += len(found.rows)
    emit(args, p50_ms=ms(pct(spent, 50)), p99_ms=ms(pct(spent, 99)), rows_avg=lines / args.queries, user_cpu_ms=round(1000 * meter.user / args.queries, 3),
         cpu_p50_ms=ms(pct(cpu, 50)), cpu_p99_ms=ms(pct(cpu, 99)), filled=made)


def office(database: Database) -> None:
    """Five units with a clerk each."""
    people = People(database)
    for n in range(5):
        people.add_organisation(PLACE, f"unit{n}", f"单位{n}", "单位")
        people.add_person(PLACE, f"holder{n}", f"经办{n}")
        people.add_post(PLACE, f"post{n}", f"unit{n}", "clerk", "经办")
        people.grant(PLACE, f"holder{n}", f"post{n}")


def timers(args: Any, peer: Peer) -> None:
    """W4: `due` timers among N; the due ones belong to instances that were really started, the others to copies of one."""
    later = datetime.now(UTC) + timedelta(days=30)

    def start(id: str, moment: datetime) -> None:
        peer.store.start(PLACE, Start("u0001", id, "reminder", "bench", variables={"applicant": "u0001", "moment": moment}), f"start-{id}")

    def waiting(table: str, row: dict[str, Any], number: int) -> None:
        if table in ("timer", "instance"):
            row["due_at" if table == "timer" else "timer_at"] = stored(later) + number * 1000

    soon = datetime.now(UTC) + timedelta(seconds=10 + args.due / 200)
    for j in range(args.due):
        start(f"d{j:031x}", soon)
    start("f" * 32, later)
    copies(peer.database, "f" * 32, ((j, f"w{j:031x}") for j in range(args.n - args.due - 1)), waiting)
    analysed(peer.database)
    sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds() + 0.1))
    worker, fired = Worker(peer.store, lambda message: None), 0
    with Meter(args) as meter:
        while done := worker.fire_timers(PLACE, set()):
            fired += done
    with peer.database.reading() as connection:
        opened = connection.scalar(sa.select(sa.func.count()).select_from(schema.task).where(schema.task.c.element == "fill", schema.task.c.state == "open"))
    emit(args, fired=fired, ok=fired == opened == args.due, total_s=round(meter.wall, 3), per_timer_ms=ms(meter.wall / max(1, fired)), user_cpu_s=round(meter.user, 3))


def histories(args: Any, peer: Peer) -> None:
    """W5: the record of one instance among N finished ones; `filled` says how many there was time for."""
    handle = peer.start(1)
    for stage, decision in STEPS:
        peer.complete(handle, stage, payload(1, stage, decision))
    begun = perf_counter()
    made = copies(peer.database, handle[0], ((j, f"a{j:031x}") for j in range(args.n - 1)), lambda table, row, number: None, entries=True,
                  stop=lambda: perf_counter() - begun > args.budget * 2)
    analysed(peer.database)
    queries, spent, cpu = Queries(peer.database), [], []
    gc.collect()
    gc.freeze()  # as `banli serve` does
    for k in range(-20, args.queries):  # the first of a process compile their statements
        instance = f"a{(k * 7919) % made:031x}"
        before, worked = perf_counter(), thread_time()
        found = queries.history(PLACE, handle[2][0], instance)
        spent.append(perf_counter() - before)
        cpu.append(thread_time() - worked)
        assert len(found) == 8
    spent, cpu = spent[20:], cpu[20:]
    emit(args, p50_ms=ms(pct(spent, 50)), p99_ms=ms(pct(spent, 99)), cpu_p50_ms=ms(pct(cpu, 50)), cpu_p99_ms=ms(pct(cpu, 99)), filled=made + 1, estimated=made + 1 < args.n,
         db_mb=round(db_bytes(args, peer.loc) / 1e6, 1))


WORKS = {"W2": campaign, "W3": inboxes, "W4": timers, "W5": histories}


def main() -> None:
    args = cli("banli", variants=("default", "role"))
    if args.work == "W1":
        run_w1(args, Peer)
        return
    peer = Peer(args, fresh_db(args))
    peer.init_schema()
    peer.open()
    try:
        WORKS[args.work](args, peer)
    finally:
        peer.close()
        drop_db(args, peer.loc)


if __name__ == "__main__":
    main()
