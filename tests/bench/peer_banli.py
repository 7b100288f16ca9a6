"""Banli in the bench kit: work W1 through the real engine and write path; asserts nothing, prints one line of JSON.

The kit lies outside the project: BANLI_BENCH names its folder (default: `shared/bench` beside the project).
"""
from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KIT = Path(os.environ.get("BANLI_BENCH", ROOT.parent / "shared" / "bench"))
sys.path[:0] = [str(ROOT), str(KIT)]

from common import PGHOST, PGPORT, PGUSER, cli, run_w1, user_of  # type: ignore[import-not-found]  # noqa: E402

from adapters.database.clock import create_place  # noqa: E402
from adapters.database.connection import Database, open_database  # noqa: E402
from adapters.database.schema import create_tables  # noqa: E402
from adapters.database.store import Store  # noqa: E402
from adapters.keys import KeyFolder  # noqa: E402
from engine.bpmn.graph import GraphSet  # noqa: E402
from engine.bpmn.read import read  # noqa: E402
from engine.commands import Complete, Start  # noqa: E402
from engine.facts import Facts, GivenFacts  # noqa: E402
from engine.operations import OPERATIONS  # noqa: E402

PLACE = "bench"


class Approval:
    """The bench's diagram as a published package."""

    def __init__(self) -> None:
        document = read((Path(__file__).parent / "approval.bpmn").read_bytes(), "approval.bpmn")
        self._graphs = GraphSet({process.id: process for process in document.processes}, {}, {}, OPERATIONS, 1, "bench")

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

    def open(self) -> None:
        self.database = self._database()
        self.store = Store(self.database, Approval(), KeyFolder(Path(tempfile.mkdtemp())))

    def start(self, i: int) -> list[Any]:
        """[instance, number of completions, its five people]: a different user has each step, as in the floor."""
        instance, people = f"{i:032x}", [user_of(i + k) for k in range(5)]
        variables = dict(zip(("applicant", "clerk", "reviewer", "manager", "registrar"), people, strict=True))
        self.store.start(PLACE, Start(people[0], instance, "approval", "bench", variables=variables), f"start-{i}")
        return [instance, 0, people]

    def complete(self, handle: list[Any], stage: str, data: dict[str, Any]) -> None:
        instance, done, people = handle
        who = people[("submit", "check", "review", "approve", "file").index(stage)]
        answers = {key: value for key, value in data.items() if key != "decision"}
        self.store.handle(PLACE, instance, Complete(who, f"t{done + 1}", data.get("decision") or "done", "", answers), f"{instance}-{done}")
        handle[1] += 1

    def finished(self, handle: list[Any]) -> bool:
        from adapters.database.places import head_of

        return head_of(self.database, PLACE, handle[0]).state == "ended"

    def close(self) -> None:
        self.database.close()


if __name__ == "__main__":
    args = cli("banli", works=("W1",))
    run_w1(args, Peer)
