"""The number of statements of one act on the write path: what makes it quick stays so."""
from collections import Counter

import pytest

from adapters.database.connection import Database
from adapters.database.people import People
from adapters.database.pipeline import Wire
from adapters.database.store import Store
from engine.commands import Complete, Start


@pytest.fixture
def office(database: Database) -> None:
    people = People(database)
    people.add_organisation("fuxin", "unit", "某单位", "单位")
    people.add_person("fuxin", "ann", "甲（虚构）")
    people.add_post("fuxin", "post", "unit", "applicant", "经办")
    people.grant("fuxin", "ann", "post")


def test_a_start_a_completion_and_a_repeated_one(office: None, store: Store, database: Database, statements: Counter[str]) -> None:
    statements.clear()
    store.start("fuxin", Start("ann", "i1", "approval", "p"), "s")
    start = dict(statements)
    statements.clear()
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c")
    completion = dict(statements)
    statements.clear()
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c")
    # A completion reads the instance, the earlier entry with the task, its scope and timers (on SQLite both in one), and what the person holds;
    # it writes entry,
    # its leaf's queue, instance, scope, task (closed), task (opened), timer, and candidates: closed, the completer's old row, opened.
    reads = 2 if database.lite else 3
    assert (start, completion, dict(statements)) == ({"reads": 2, "writes": 7}, {"reads": reads, "writes": 10}, {"reads": 1 if database.lite else 3})


def test_a_completion_is_two_journeys_to_postgresql(office: None, store: Store, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store.start("fuxin", Start("ann", "i1", "approval", "p"), "s")
    journeys, ahead = [], []
    talk, send = Wire.talk, Wire.send
    monkeypatch.setattr(Wire, "talk", lambda wire, messages: journeys.append(len(messages)) or talk(wire, messages))
    monkeypatch.setattr(Wire, "send", lambda wire, messages: ahead.append(len(messages)) or send(wire, messages))
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c")
    # BEGIN and three reads; rows go ahead, eight, while the entry is put together; entry, the queue for its leaf, instance and COMMIT follow
    assert (journeys, ahead) == (([], []) if database.lite else ([4, 4], [8]))


@pytest.mark.parametrize("earlier", [1, 60])
def test_a_completion_costs_the_same_however_old_the_instance_is(
    office: None, store: Store, database: Database, statements: Counter[str], earlier: int,
) -> None:
    store.start("fuxin", Start("ann", "i1", "rework", "p"), "s")
    for n in range(earlier):
        store.handle("fuxin", "i1", Complete("ann", f"t{n + 1}", "again"), f"c{n}")
    statements.clear()
    store.handle("fuxin", "i1", Complete("ann", f"t{earlier + 1}", "again"), "last")
    assert dict(statements) == {"reads": 1 if database.lite else 3, "writes": 8}
