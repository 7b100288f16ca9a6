"""Records the histories of this folder: `python -m tests.histories.record`. Each is a diagram (`.bpmn`) and the journals of its instances (`.jsonl`),
one sealed entry a line, chained. What made them is of no account later: the files are what is kept, as an installation keeps its journal.

When to record anew: only when the meaning of the engine's rules or the form of an entry is changed on purpose, together with the changelog's word
that older journals no longer replay. A change that was not meant to do so is to be undone instead.
"""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from engine import commands as c
from engine import events as e
from engine.bpmn.read import read
from engine.execution.rows import IncidentRow, JobRow
from engine.journal.entry import GENESIS, sealed
from engine.operations import Outcome
from engine.refusals import Refused
from engine.scheme.calendar import Calendar, CalendarYear
from engine.scheme.functions import host_functions
from tests.build import DIAGRAMS, definitions, el, graphs, path, process, user
from tests.execution.models import MESSAGES, SIGNALS, Model
from tests.execution.world import EPOCH, World

FOLDER = Path(__file__).parent
ZONE = "Asia/Shanghai"
CALENDAR = Calendar.of([CalendarYear("cn", 2030, "1", True, "项目示例，非官方文本", {date(2030, 1, 1): "元旦"}, {})])
SEEDS = range(500, 506)  # random processes
MOVES = 18
BASE = 5200  # the first walk's seed: one with which every kind of event occurs
NAMED = (
    "are_partial_results_kept_at_a_boundary", "are_people_reminded", "can_event_sub_processes_be_nested", "can_instances_be_added_and_removed", "can_one_countersign_be_withdrawn",
    "do_all_events_of_a_parallel_multiple_have_to_come", "do_sequential_instances_survive_a_null_item", "does_a_boundary_event_interrupt", "does_a_cancelled_transaction_undo_its_work",
    "does_a_completion_condition_see_counters_and_tally", "does_a_complex_gateway_swallow_late_tokens", "does_a_condition_happen_when_it_becomes_true", "does_a_cycle_catch_up_once",
    "does_a_loop_see_what_the_last_round_wrote", "does_an_ad_hoc_sub_process_cancel_the_rest", "does_an_event_sub_process_interrupt", "does_an_operation_write_its_effects",
    "does_the_first_event_behind_a_gateway_win", "is_a_condition_watched_only_when_it_changes", "is_a_job_answered", "is_an_uncaught_error_a_failure", "is_compensation_done_backwards",
    "may_a_task_be_returned_and_withdrawn", "what_comes_back_from_a_called_process", "what_if_no_condition_holds", "which_error_boundary_catches",
)
GIVEN: Mapping[str, Any] = {"n": 2, "k": 1, "x": 2, "items": [1, None, 3], "posts": ["a", "b", "c"], "people": ["clerk@x", "head@x"], "number": 7, "amount": 1, "which": 1, "a": True, "b": True, "again": False}


def double(inputs: Any, facts: Any, earlier: Any = ()) -> Outcome:
    """The operation of the one diagram that has one."""
    number = inputs["number"] or 0
    return Outcome({"result": number * 2}, (e.RecordPut("score", "k", "new", {"n": number}),))


OPERATIONS: Mapping[str, Any] = {"double": double}


def world(xml: bytes) -> World:
    return World(graphs(xml, operations=OPERATIONS), record=True, zone=ZONE, calendar=CALENDAR, functions=host_functions(CALENDAR, {}, ZONE, EPOCH))


def asked(dice: Random, w: World, instance: str) -> list[Any]:
    """What somebody might ask of the instance, one thing or two that belong together."""
    tasks = [task.id for id, task in w.open_tasks(instance) if id == instance]
    task, older = dice.choice(tasks) if tasks else "t1", f"t{dice.randint(1, 6)}"
    answers = {"n": dice.randint(0, 9), "k": dice.randint(0, 5), "x": dice.randint(0, 3), "amount": dice.choice([1, 200]), "answer": dice.randint(1, 9), "bad": dice.random() < 0.5, "again": False}
    done: list[Any] = [c.Complete("ann", task, dice.choice(["approve", "reject"]), answers=answers)]
    incidents = [row.id for row in w.instances[instance].all(IncidentRow) if row.state == "open"]
    jobs = [row.id for row in w.instances[instance].all(JobRow) if row.kind == "service"]
    more: list[list[Any]] = [
        [c.Claim("bo", task), c.Release("bo", task, "让他人办")], [c.Claim("bo", task), c.Reassign("ann", task, "user:cy", "换人")], [c.Delegate("ann", task, "user:cy", "请协助"), c.Resolve("cy", task, answers={"n": 1})],
        [c.Return("ann", task, dice.choice(["a", "b"]), "请补正")], *3 * [[*done, c.Withdraw("ann", task, "再看一遍")]], [c.Withdraw("ann", older, "再看一遍")], [c.Urge("ann", task, "请尽快")],
        [c.AddSigner("ann", task, "user:dan", "加一位")], [c.RemoveSigner("ann", task, "不再需要")], [c.Extend("ann", task, w.now + timedelta(days=9), "材料多")],
        [c.SetVariables("ann", {"n": 0}), c.SetVariables("ann", {"n": 9})], [c.Correlate(dice.choice([*MESSAGES, "note", "stop", "one", "two", "answer"]))], [c.Signal(dice.choice(SIGNALS))], [c.AmendScheme("ann", "h2")],
    ]
    if incidents:
        more.extend(4 * [[c.RetryIncident("ann", incidents[0], {"x": 2, "n": 1, "items": [1]})]] + 4 * [[c.ResolveIncident("ann", incidents[0], "已核实")]])
    if jobs:
        more.extend(4 * [[c.FinishJob(jobs[0], {"r": 1})]] + 4 * [[c.FailJob(jobs[0], "job.failed")]])
    return done if tasks and dice.random() < 0.25 else dice.choice(more)


def lived(xml: bytes, seed: int) -> World:
    """A world in which every process of the diagram that can be started by hand was, and much was asked for; what was refused left no trace."""
    w, dice = world(xml), Random(seed)
    started = []
    for process in read(xml, "history.bpmn").processes:
        if process.executable and not any(process.nodes[id].events for id in process.body.starts):
            started += [w.start(process.id, {**GIVEN, "x": x}) for x in (2, 3)]
    for number in range(MOVES):
        for instance in [one for one, held in w.instances.items() if held.head.state == "open"]:
            if number % 9 == 8:
                w.advance(timedelta(hours=dice.choice([1, 26, 200])))
                continue
            for command in asked(dice, w, instance):
                try:
                    w.send(instance, command)
                except Refused:
                    pass
    for instance in started:
        if w.instances[instance].head.state == "open":
            w.send(instance, c.Cancel("ann", "到此为止"))
    return w


def lines(w: World) -> bytes:
    """The journals of the world's instances, each chained from its first entry."""
    found = []
    for held in w.instances.values():
        before = GENESIS
        for entry in held.entries:
            entry.prev_hash = before
            text, before = sealed(entry)
            found.append(text)
    return b"\n".join(found) + b"\n"


def main() -> None:
    for old in [*FOLDER.glob("*.jsonl"), *FOLDER.glob("*.bpmn")]:
        old.unlink()
    titled = definitions(process("p", el("startEvent", "s"), user("a"), path("s", "a"), banli_title='="第" + string(number) + "号"'))
    sources = [("an_instance_with_a_title", titled)] + [(name, (DIAGRAMS / f"{name}.bpmn").read_bytes()) for name in NAMED] + [(f"random_process_{seed}", Model(seed).xml) for seed in SEEDS]
    for seed, (name, xml) in enumerate(sources, BASE):
        (FOLDER / f"{name}.bpmn").write_bytes(xml)
        (FOLDER / f"{name}.jsonl").write_bytes(lines(lived(xml, seed)))


if __name__ == "__main__":
    main()
