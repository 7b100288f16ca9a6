"""The state hash says what the rows say: each row's share is the SHA-256 of its fields in canonical form, whatever path led there."""
from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import cycle, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import commands as c
from engine.engine import step
from engine.events import EVENTS, Entered, Left, VariablesSet, to_entry, to_seal
from engine.execution.workspace import MODULUS, Workspace, row_hash
from engine.facts import GivenFacts
from engine.journal.canonical import canonical_text
from tests.build import definitions, el, graphs, path, process, user
from tests.execution.world import EPOCH

FACTS = GivenFacts(now=EPOCH, zone="UTC")
I = "0" * 32


def shares(*parts: list[object]) -> int:
    """The hash, counted by hand with the json module alone."""
    texts = [json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for part in parts]
    return sum(int(sha256(text.encode()).hexdigest(), 16) for text in texts) % MODULUS


def test_it_can_be_counted_by_hand() -> None:
    workspace = Workspace()
    step(workspace, graphs(definitions(process("p", el("startEvent", "s"), user("u"), el("endEvent", "e"), path("s", "u", "e")))),
         c.Start("ann", I, "p", variables={"名": "值"}), FACTS)
    at = {"$at": "2030-01-01T09:00:00+00:00"}

    assert workspace.changes().hash_change == shares(
        [I, "InstanceRow", [I, "p", "", "", "", None, None, I, I, "p", "open", "", at, None]],
        [I, "Counters", {"live": 1, "n": 1, "t": 1}],
        [I, "ScopeRow", [1, None, "p", {"名": "值"}, {"u": 1}, {"holds": ["t1"]}]],
        [I, "TaskRow", ["t1", 1, "u", "u", "open", [], "", "", "", "", "", at, None, {}, 50, None, None, "", "", "", [], {}, []]])


def state(workspace: Workspace) -> int:
    """The hash of all rows, each hashed anew."""
    return sum(row_hash(I, row) for row in (workspace.head, *workspace.scopes.rows.values(), *workspace.tasks.rows.values())) % MODULUS


@pytest.mark.parametrize("asked", list(product([True, False], repeat=4)))
def test_a_step_adds_the_difference_whichever_steps_before_were_asked_for_theirs_or_refused(asked: tuple[bool, ...]) -> None:
    defined = graphs(definitions(process("p", el("startEvent", "s"), user("a"), user("b"), user("d"), el("endEvent", "e"), path("s", "a", "b", "d", "e"))))
    workspace, before = Workspace(), 0

    commands: list[c.Command] = [c.Start("ann", I, "p"), *(c.Complete("ann", f"t{n}", "ok") for n in (1, 2, 3))]
    for ask, command in zip(asked, commands, strict=True):
        step(workspace, defined, command, FACTS)
        if ask:
            assert workspace.changes().hash_change == (state(workspace) - before) % MODULUS
        before = state(workspace)
        if workspace.head.state == "open":
            workspace.begin()
            workspace.counters["t"] += 1
            workspace.tasks.change(f"t{workspace.head.counters['t'] - 1}").name = "other"
            workspace.undo()
        assert state(workspace) == before


ODD: tuple[object, ...] = (
    EPOCH, EPOCH.astimezone(ZoneInfo("Asia/Shanghai")), None, 7, "“名”", Decimal("1.50"), 2**70, {"乙": [EPOCH], "a": None}, date(2030, 1, 1), ("x", "y"))


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_an_event_is_sealed_as_it_is_kept(kind: type[Any]) -> None:
    odd, moments = cycle(ODD), cycle((EPOCH, EPOCH.astimezone(ZoneInfo("Asia/Shanghai"))))
    events = tuple(kind(*(next(moments if name == "at" else odd) for name in kind._fields)) for _ in ODD)
    if kind in (Left, Entered):
        events = kind(1, "名", ("f", "g")), kind(1, "名", ())

    for _ in range(2):  # the second time from what was kept
        assert canonical_text(to_seal(events)) == canonical_text(to_entry(events))


def test_ways_in_and_out_of_one_element_are_kept_apart() -> None:
    assert canonical_text(to_seal((Left(1, "a", ("f",)), Entered(1, "a", ("f",))))) == (
        '[["Left",{"element":"a","flows":["f"],"scope":1}],["Entered",{"element":"a","flows":["f"],"scope":1}]]')


def test_what_is_kept_stands_beside_what_only_the_slow_encoder_writes() -> None:
    events = Left(1, "a", ("f",)), VariablesSet(1, {"n": 2**70, "at": EPOCH})

    assert canonical_text(to_seal(events)) == canonical_text(to_entry(events)) == (
        '[["Left",{"element":"a","flows":["f"],"scope":1}],'
        '["VariablesSet",{"scope":1,"values":{"at":{"$at":"2030-01-01T09:00:00+00:00"},"n":1180591620717411303424}}]]')


def test_a_completion_is_sealed_with_all_its_fields() -> None:
    command = c.Complete("ann", "t1", "ok", "好", {"n": 1}, ("s",), "bo")

    assert c.to_json(command) == {
        "actor": "ann", "task": "t1", "outcome": "ok", "opinion": "好", "answers": {"n": 1}, "subjects": ("s",), "on_behalf_of": "bo"}
