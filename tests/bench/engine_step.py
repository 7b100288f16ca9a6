"""What a step costs in memory: five-step approval (SpiffWorkflow beside it), fan-out, rework loop, long chain. Run: .venv/bin/python -m tests.bench.engine_step"""
from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from engine import commands as c
from engine.bpmn.graph import GraphSet
from engine.engine import step
from engine.events import to_seal
from engine.execution.workspace import MODULUS, Workspace
from engine.facts import GivenFacts
from engine.journal.entry import GENESIS, Entry, sealed
from tests.build import definitions, diagram, el, extension, graphs, path, process, user
from tests.execution.world import EPOCH, row_text

logging.getLogger("spiff").setLevel(logging.WARNING)  # below that it walks its whole tree for every line it logs
FACTS = GivenFacts(now=EPOCH, zone="UTC")
COMPLETIONS = [c.Complete("ann", f"t{number}", "approve") for number in range(1, 6)]


def approval() -> GraphSet:
    tasks = [f"u{number}" for number in range(1, 6)]
    return graphs(definitions(process("p", el("startEvent", "s"), *map(user, tasks), el("endEvent", "e"), path("s", *tasks, "e"))))


def many() -> GraphSet:
    loop = extension(el("zeebe:loopCharacteristics", inputCollection="=items", inputElement="item", outputCollection="out", outputElement="=outcome"))
    task = user("a", el("multiInstanceLoopCharacteristics", "", loop, isSequential=False))
    return graphs(definitions(process("p", el("startEvent", "s"), task, el("endEvent", "e"), path("s", "a", "e"))))


def chain(length: int) -> bytes:
    ids = ["s", *(f"x{number}" for number in range(length)), "e"]
    return definitions(process("p", el("startEvent", "s"), *(el("task", id) for id in ids[1:-1]), el("endEvent", "e"), path(*ids)))


def started(defined: GraphSet, **variables: Any) -> Workspace:
    workspace = Workspace()
    step(workspace, defined, c.Start("ann", "0" * 32, "p", variables=variables), FACTS)
    return workspace


def best(run: Callable[[], float], times: int = 1000) -> float:
    """CPU seconds of the fastest of many short runs: the machine is shared, and what others take is none of ours."""
    return min(run() for _ in range(times))


def completions(instances: int, alone: bool) -> float:
    """Completions a CPU second of the five-step approval; `alone`: the starts are not counted."""
    defined = approval()

    def run() -> float:
        begun = process_time()
        workspaces = [started(defined) for _ in range(instances)]
        if alone:
            begun = process_time()
        for workspace in workspaces:
            for command in COMPLETIONS:
                step(workspace, defined, command, FACTS)
        return process_time() - begun

    return 5 * instances / best(run)


def journalled(instances: int) -> float:
    """The same with changes, state hash and canonical entry."""
    defined = approval()

    def run() -> float:
        workspaces = [started(defined) for _ in range(instances)]
        totals = [workspace.changes().hash_change for workspace in workspaces]  # of the starts, which are not counted
        begun = process_time()
        for workspace, total in zip(workspaces, totals, strict=True):
            head = GENESIS
            for number, command in enumerate(COMPLETIONS, 1):
                events = step(workspace, defined, command, FACTS)
                total = (total + workspace.changes().hash_change) % MODULUS
                _, head = sealed(Entry("0" * 32, number, EPOCH, "ann", "Complete", c.to_json(command), to_seal(events), state_hash=f"{total:064x}", prev_hash=head))
        return process_time() - begun

    return 5 * instances / best(run)


def spiffworkflow(instances: int) -> float:
    """Completions a CPU second of the same approval by SpiffWorkflow, its graph parsed once and shared; the starts are not counted."""
    tasks = [f"u{number}" for number in range(1, 6)]
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(definitions(process("p", el("startEvent", "s"), *(el("userTask", id) for id in tasks), el("endEvent", "e"), path("s", *tasks, "e")))))
    spec, below = parser.get_spec("p"), parser.get_subprocess_specs("p")

    def run() -> float:
        workflows = [BpmnWorkflow(spec, below) for _ in range(instances)]
        for workflow in workflows:
            workflow.do_engine_steps()
        begun = process_time()
        for workflow in workflows:
            for _ in tasks:
                workflow.get_next_task(state=TaskState.READY, manual=True).run()
                workflow.do_engine_steps()
            assert workflow.is_completed()
        return process_time() - begun

    return 5 * instances / best(run, 40)


def fan_out(items: int, sample: int = 100) -> tuple[float, float, float]:
    """Microseconds, rows and bytes a completion in the middle of so many items."""
    defined = many()
    workspace = started(defined, items=list(range(items)))
    middle = items // 2
    fastest, rows, size = 1.0, 0, 0
    for number in range(middle, middle + min(sample, items - middle - 1)):
        begun = perf_counter()
        step(workspace, defined, c.Complete("ann", f"t{number}", "approve"), FACTS)
        fastest = min(fastest, perf_counter() - begun)
        changes = workspace.changes()
        rows += sum(map(len, changes.saved.values())) + sum(map(len, changes.removed.values())) + 1
        size += sum(len(row_text(row)) for kept in changes.saved.values() for row in kept.values()) + len(row_text(changes.instance))
    done = min(sample, items - middle - 1)
    return fastest * 1e6, rows / done, size / done


def rework(rounds: int) -> tuple[float, float]:
    """Microseconds of the first and the last hundred rounds, each its fastest."""
    defined = diagram("does_a_rework_loop_stay_fast")
    workspace = started(defined)
    spent = []
    for number in range(1, rounds + 1):
        begun = perf_counter()
        step(workspace, defined, c.Complete("ann", f"t{number}", answers={"again": True}), FACTS)
        spent.append(perf_counter() - begun)
    return min(spent[5:105]) * 1e6, min(spent[-100:]) * 1e6


def long_chain(length: int) -> tuple[float, float]:
    """Seconds to read and check, and to run, a chain of so many elements."""
    xml = chain(length)
    begun = perf_counter()
    defined = graphs(xml)
    read = perf_counter() - begun
    begun = perf_counter()
    workspace = started(defined)
    assert workspace.head.state == "ended"
    return read, perf_counter() - begun


def main() -> None:
    gc.freeze()
    print(f"five-step approval, completions alone   {completions(20, alone=True):10,.0f}/s")
    print(f"five-step approval, starts included     {completions(20, alone=False):10,.0f}/s")
    print(f"  with changes, hash, canonical entry   {journalled(10):10,.0f}/s")
    print(f"  SpiffWorkflow, completions alone      {spiffworkflow(10):10,.0f}/s")
    for items in (100, 1_000, 10_000, 50_000):
        micro, rows, size = fan_out(items)
        print(f"fan-out of {items:6,}: {micro:6.1f} µs, {rows:.1f} rows, {size:,.0f} bytes a completion")
    first, last = rework(10_000)
    print(f"10,000 rounds of rework: first {first:.1f} µs, last {last:.1f} µs")
    read, ran = long_chain(5_000)
    print(f"a chain of 5,000: read and checked in {read:.2f} s, run in {ran:.3f} s")


if __name__ == "__main__":
    main()
