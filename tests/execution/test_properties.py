"""Random processes on random paths: reloaded rows equal those in memory, hashes grow with what changed, replays agree, nothing is stuck unseen."""
from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from engine import commands as c
from engine.engine import replay, step, why_not
from engine.events import to_entry
from engine.execution.rows import IncidentRow, InstanceRow, TaskRow
from engine.facts import GivenFacts, RecordedFacts
from engine.journal.canonical import canonical_text
from engine.refusals import Refused
from tests.build import graphs
from tests.execution.models import MESSAGES, SIGNALS, Model
from tests.execution.world import KINDS, World, row_text

PAIRS = 300
STEPS = 25


def seeds(long: bool) -> range:
    return range(100_000 if long else PAIRS)


def rows(world: World) -> dict[str, list[str]]:
    """Every row of every instance as text."""
    found = {}
    for id, held in world.instances.items():
        texts = [row_text(held.head)]
        for kind in KINDS:
            table = held.rows.tables[kind].values() if world.reload else map(row_text, next(t for t in held.kept.tables if t.kind is kind).rows.values())
            texts.extend(table)
        found[id] = sorted(texts)
    return found


def act(dice: Random, world: World, instance: str) -> tuple[str, Any]:
    """Something that may happen next: (what, arguments); chosen from what is open, so that both worlds can do it."""
    tasks = world.open_tasks(instance)
    incidents = [(id, row.id) for id, held in world.family(instance) for row in held.all(IncidentRow) if row.state == "open" and row.code != "instance.stuck"]
    ways = ["advance", "message", "signal"] + ["complete"] * 6 * bool(tasks) + ["retry"] * 3 * bool(incidents)
    match dice.choice(ways):
        case "complete":
            id, task = dice.choice(tasks)
            answers = {"n": dice.randint(0, 6), "k": dice.randint(0, 6)} if dice.random() < 0.7 else {}
            return "send", (id, c.Complete("ann", task.id, dice.choice(["approve", "reject"]), answers=answers))
        case "retry":
            id, incident = dice.choice(incidents)
            return "send", (id, c.RetryIncident("ann", incident, {"n": 1, "k": 1}))
        case "message":
            return "message", (dice.choice(MESSAGES),)
        case "signal":
            return "signal", (dice.choice(SIGNALS),)
    return "advance", (timedelta(minutes=dice.choice([1, 60, 61, 300])),)


def check_alive(world: World) -> None:
    """A reason to live: every open instance waits for something that can come."""
    for held in world.instances.values():
        head: InstanceRow = held.head
        if head.state == "open":
            assert head.counters["live"] > 0
        else:
            assert [task for task in held.all(TaskRow) if task.state == "open"] == []


def check_hashes(world: World) -> None:
    """The hash that grew with the changes is the hash of all rows."""
    for id, held in world.instances.items():
        assert held.hash == world.state_hash(id)


def run(seed: int) -> World:
    xml = Model(seed).xml
    defined = graphs(xml)
    kept, stored = World(defined, record=True), World(defined, reload=True)
    first = {"n": seed % 5, "k": seed % 3}
    instance = kept.start("p", first)
    assert stored.start("p", first) == instance
    dice = Random(seed)
    for _ in range(STEPS):
        assert rows(kept) == rows(stored)
        check_alive(kept)
        if kept.instances[instance].head.state != "open":
            break
        what, arguments = act(dice, kept, instance)
        for world in (kept, stored):
            getattr(world, what)(*arguments)
    assert canonical_text(to_entry(tuple(kept.told))) == canonical_text(to_entry(tuple(stored.told)))
    check_hashes(kept)
    check_hashes(stored)
    return kept


def test_random_processes_on_random_paths(request: pytest.FixtureRequest) -> None:
    for seed in seeds(request.config.getoption("--long")):
        try:
            world = run(seed)
            for held in world.instances.values():
                for done in replay(held.entries, lambda package: world.graphs, lambda entry: RecordedFacts(entry.facts, entry.at, "UTC")):
                    pass
                assert int(done.state_hash, 16) == held.hash
        except BaseException:
            print(f"seed {seed}")
            raise


def test_what_why_not_says_is_what_a_step_does() -> None:
    """Any command with any argument: refused with the same reason or carried out; a refused step changes nothing."""
    for seed in range(60):
        dice = Random(seed)
        world = World(graphs(Model(seed).xml))
        instance = world.start("p", {"n": 1, "k": 1})
        held = world.instances[instance]
        for _ in range(12):
            if held.head.state != "open":
                break
            id = f"{dice.choice('tcsji')}{dice.randint(1, 6)}"
            command: Any = dice.choice([
                c.Complete("ann", id), c.Claim("bo", id), c.Release("bo", id), c.Reassign("ann", id, "user:cy", "x"), c.Return("ann", id, "t1", "x"),
                c.Withdraw("ann", id, "x"), c.Urge("ann", id), c.AddSigner("ann", id, "user:cy"), c.RemoveSigner("ann", id), c.FireTimer(id),
                c.Correlate("m1"), c.Signal("g1"), c.FinishJob(id), c.RetryIncident("ann", id), c.ResolveIncident("ann", id), c.SetVariables("ann", {"n": 3}),
                c.Delegate("ann", id, "user:cy", "x"), c.Resolve("cy", id), c.AmendScheme("ann", "h"),
            ])
            facts = GivenFacts(now=world.now, zone="UTC", answer=lambda name, **args: True)
            before = world.state_hash(instance)
            reason = why_not(held.kept, world.graphs, command, facts)
            try:
                step(held.kept, world.graphs, command, facts)
            except Refused as refused:
                assert reason is not None and reason.code == refused.code, command
                assert world.state_hash(instance) == before
            else:
                assert reason is None, command
