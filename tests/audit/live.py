"""Plays the first acts of the rehearsal and writes down, act by act, what the tables say; reads them with SQL of its own, not through the code under test."""
from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.database.visibility import may_see, reader
from adapters.system import Settings, System
from adapters.system.demo import StraightHands
from adapters.system.play import Player
from adapters.system.script import read_demo, read_script, settle

PACKAGE, REHEARSAL, PLACE, AUDITOR = "role-model-award", "fuxin-2021", "fuxin", "auditor"
ACTS = 150
VISITOR = "visitor"  # comes, is recused, goes: grants change while the campaign runs


@dataclass(frozen=True)
class State:
    """One instance as its rows were."""

    seq: int
    title: str
    state: str
    tokens: frozenset[str]
    variables: Any
    tasks: Any
    timers: Any
    incidents: Any


@dataclass(frozen=True)
class Snapshot:
    """Everything at one moment: instance → state; instance → (child, ended or not); what the visitor and others saw, where it was asked."""

    at: datetime
    states: Mapping[str, State]
    children: Mapping[str, tuple[tuple[str, bool], ...]]
    seen: Mapping[str, frozenset[str]] = field(default_factory=dict)  # instance → people


@dataclass
class Played:
    system: System
    campaign: str
    snapshots: list[Snapshot]


def play(home: Path, acts: int = ACTS, seed: int = 0) -> Played:
    system = System(Settings(home))
    demo = read_demo(system, PACKAGE, REHEARSAL)
    settle(system, PACKAGE, demo)
    script = read_script(system, PACKAGE, REHEARSAL)
    player = Player(system, PLACE, script, StraightHands(system, PLACE))
    people = [str(one["id"]) for one in demo.people] + [VISITOR]
    draw, known, snapshots = random.Random(seed), dict[str, State](), list[Snapshot]()
    for number, act in enumerate(script.acts[:acts]):
        system.advance(PLACE, act.at)
        _people_come_and_go(system, number, player.campaign)
        player._one(act)
        snapshots.append(taken(system, known, people if number % 25 == 24 else [], draw))
    return Played(system, player.campaign, snapshots)


def _people_come_and_go(system: System, number: int, campaign: str) -> None:
    match number:
        case 30:
            system.people.add_person(PLACE, VISITOR, "督查人员（虚构）")
            system.people.add_post(PLACE, "visits", "fuxin", "visitor", "督查", "below")
            system.people.grant(PLACE, VISITOR, "visits")
        case 80:
            system.people.recuse(PLACE, VISITOR, campaign)
        case 120:
            system.people.revoke(PLACE, system.people.holdings(PLACE, VISITOR)[0].id)


def taken(system: System, known: dict[str, State], people: list[str], draw: random.Random) -> Snapshot:
    """What the tables say now; instances whose number of entries did not move are as they were."""
    with system.database.reading() as connection:
        def ask(text: str, **values: Any) -> Any:
            return connection.execute(sa.text(text), values).all()

        for id, seq, title, state in ask("SELECT id, seq, title, state FROM instance WHERE place = 'fuxin'"):
            if id not in known or known[id].seq != seq:
                scopes = ask("SELECT parent, variables, tokens FROM scope WHERE instance = :i", i=id)
                tasks = ask("SELECT id, element, name, candidates, assignee, opened_at, due_at FROM task WHERE instance = :i AND state = 'open'", i=id)
                timers = ask("SELECT id, element, kind, due_at FROM timer WHERE instance = :i", i=id)
                incidents = ask("SELECT element, code, details FROM incident WHERE instance = :i AND state = 'open'", i=id)
                known[id] = State(
                    seq, title or "", state, frozenset(each for _, _, tokens in scopes for each in json.loads(tokens)),
                    next((json.loads(variables) for parent, variables, _ in scopes if parent is None), {}),
                    sorted((t, e, n, tuple(json.loads(c)), a or "", o, d) for t, e, n, c, a, o, d in tasks), sorted(map(tuple, timers)), {element: (code, json.loads(details)) for element, code, details in incidents})
        children: dict[str, list[tuple[str, bool]]] = {}
        for parent, id, ended in ask("SELECT parent, id, ended_at IS NOT NULL FROM instance WHERE parent IS NOT NULL ORDER BY started_at, id"):
            children.setdefault(parent, []).append((id, bool(ended)))
    seen = {}
    if people:
        with system.database.looking() as transaction:
            readers = {person: reader(transaction, PLACE, person) for person in people}
            for instance in draw.sample(sorted(known), min(12, len(known))):
                seen[instance] = frozenset(person for person, who in readers.items() if may_see(transaction, who, instance))
    return Snapshot(system.clock(PLACE), dict(known), {id: tuple(each) for id, each in children.items()}, seen)
