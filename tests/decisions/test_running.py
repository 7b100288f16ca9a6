"""Business rule tasks that ask decision tables: what goes into the record, what stops them, that a replay and the second engine say the same."""
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.spiff.second import Twin
from engine import commands as c
from engine import events as e
from engine.bpmn.graph import GraphSet
from engine.decisions import read_tables
from engine.engine import replay
from engine.facts import RecordedFacts
from tests.build import definitions, el, extension, graphs, io, path, process, user
from tests.dmn.build import decision, given, model, table, text
from tests.execution.world import World

SCORE = decision("band", table("score", "band", '< 60 | "low"', '[60..90) | "middle"', '>= 90 | "high"', types={"score": "number"}), "score")
WHO = decision("who", table("band | county", "who", '"high" | "甲" | "head"', '"high" | not("甲") | "deputy"', '"low","middle" | - | "clerk"'), "!band", "county")
TWICE = decision("twice", table("score", "n", ">= 0 | 1", ">= 5 | 2", hit="COLLECT", types={"score": "number"}), "score")
UNIQUE = decision("unique", table("score", "n", ">= 0 | 1", ">= 5 | 2", types={"score": "number"}), "score")
ALLOWED = decision("allowed", table("county", "n", '"甲" | 1', values={"county": '"甲"'}), "county")
AROUND = decision("around", text("{n: unique, ok: unique != null}"), "!unique")
PLAIN = decision("plain", text("score + 1"), "score")
FAILS = decision("fails", text('assert(score, score > 10, "too low")'), "score")
HEAVY = decision("heavy", text("count(for a in 1..1000, b in 1..1000 return a * b)"))
MODEL = model(given("score", "county"), SCORE, WHO, TWICE, UNIQUE, ALLOWED, AROUND, PLAIN, FAILS, HEAVY)


def defined(name: str, inputs: dict[str, str] | None = None) -> tuple[bytes, GraphSet]:
    """A task for people, the decision, another task."""
    called = el("zeebe:calledDecision", decisionId=f"_{name}" if name else "=id", resultVariable="found")
    rules = el("businessRuleTask", "r", extension(called, io(inputs or {}, {})))
    xml = definitions(process("p", el("startEvent", "s"), user("a"), rules, user("b"), el("endEvent", "e"), path("s", "a", "r", "b", "e")))
    return xml, graphs(xml, decisions=read_tables({"m.dmn": MODEL}).decisions)


def run(name: str, reload: bool = False, **answers: Any) -> tuple[World, str]:
    """The instance after the first task was done with these answers."""
    world = World(defined(name)[1], reload=reload, record=True)
    instance = world.start("p")
    world.complete(instance, "a", **answers)
    return world, instance


def fired(world: World) -> list[tuple[str, list[tuple[str, list[int]]]]]:
    return [(one.decision, [(each["table"], each["rules"]) for each in one.fired]) for one in world.told if isinstance(one, e.Decided)]


def incident(world: World, instance: str) -> tuple[str, str, Any]:
    (row,) = world.incidents(instance)
    return row.code, row.element, row.details.get("reason")


@pytest.mark.parametrize("reload", [False, True])
@pytest.mark.parametrize(("name", "answers", "value", "rules"), [
    ("band", {"score": 75}, "middle", [("band", [2])]),
    ("who", {"score": 95, "county": "乙"}, "deputy", [("band", [3]), ("who", [2])]),
    ("twice", {"score": 7}, [1, 2], [("twice", [1, 2])]),
    ("plain", {"score": Decimal("1.5")}, Decimal("2.5"), []),
])
def test_the_result_is_a_variable_and_the_rules_are_in_the_record(name: str, answers: dict[str, Any], value: Any, rules: Any, reload: bool) -> None:
    world, instance = run(name, reload, **answers)
    assert (world.variables(instance)["found"], fired(world)) == (value, [(f"_{name}", rules)])
    assert [task.element for _, task in world.open_tasks(instance)] == ["b"]


def test_inputs_of_the_task_are_inputs_of_the_decision() -> None:
    world = World(defined("band", {"score": "=points * 10"})[1])
    instance = world.start("p")
    world.complete(instance, "a", points=Decimal("9.5"))
    assert (fired(world), world.variables(instance)["found"]) == ([("_band", [("band", [3])])], "high")


def test_no_rule_that_applies_is_no_result_and_is_told() -> None:
    world, instance = run("band", score=None)
    assert (fired(world), world.variables(instance)["found"], world.incidents(instance)) == ([("_band", [("band", [])])], None, [])


@pytest.mark.parametrize(("name", "answers", "code", "reason"), [
    ("unique", {"score": 7}, "decision.broken", "dmn.not-unique"), ("around", {"score": 7}, "decision.broken", "dmn.not-unique"), ("allowed", {"county": "丙"}, "decision.broken", "dmn.input-not-allowed"),
    ("fails", {"score": 7}, "feel.assert", "feel.assert"), ("heavy", {}, "feel.budget", "feel.budget"), ("", {"id": "_gone"}, "decision.unknown", None),
    ("", {"id": ["_band"]}, "decision.unknown", None),
])
def test_what_cannot_be_decided_is_an_incident_at_the_task(name: str, answers: dict[str, Any], code: str, reason: str | None) -> None:
    world, instance = run(name, **answers)
    assert incident(world, instance) == (code, "r", reason)
    assert world.open_tasks(instance) == []


def test_a_decision_is_tried_again_with_corrected_data_or_counted_as_done() -> None:
    for command in (c.RetryIncident("job", "i1", {"score": 3}), c.ResolveIncident("job", "i1", "核对后按一级办理", {"found": 1})):
        world, instance = run("unique", score=7)
        world.send(instance, command)
        assert (world.variables(instance)["found"], [task.element for _, task in world.open_tasks(instance)]) == (1, ["b"])


def test_a_replay_decides_the_same() -> None:
    world, instance = run("who", score=95, county="甲")
    entries = world.instances[instance].entries
    steps = list(replay(entries, lambda package: world.graphs, lambda entry: RecordedFacts(entry.facts, entry.at, "UTC")))
    assert [step.entry.seq for step in steps] == [1, 2]
    assert [one for one in steps[-1].events if isinstance(one, e.Decided)] == [
        e.Decided(1, "r", "_who", ({"table": "band", "rules": [3]}, {"table": "who", "rules": [1]}))]


def test_the_second_engine_goes_the_same_way() -> None:
    xml, known = defined("band")
    world = World(known)
    instance = world.start("p")
    twin = Twin(xml, known.processes["p"], {})
    twin.entry(world.told, None)
    twin.entry(world.complete(instance, "a", score=75), None)
    assert twin.open_ours() == twin.open_theirs() and "b" in str(sorted(map(str, twin.open_theirs().elements())))
