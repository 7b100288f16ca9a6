"""Why SpiffWorkflow is not the executor: its worst traps as pairs, SpiffWorkflow 3.2.0 as it really is beside our engine, on the same small diagrams.

Each test shows first what SpiffWorkflow does, then what ours does. They are no accusation but a fence: when one of the first halves fails after an
update, SpiffWorkflow has become better there, and `adapters/spiff/subset.py` may be widened.
"""
from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from engine import commands as c
from engine.bpmn.check import check
from engine.bpmn.graph import GraphSet
from engine.bpmn.read import read
from engine.refusals import Refused
from tests.execution.world import World
from tests.spiffworkflow.drawing import (
    BPMN, catch, document, element, end, exclusive, flow, flows, parallel, start, trigger, user,
)
from tests.spiffworkflow.pair import processes

BETWEEN_BRANCHES = (start(), user("plan"), parallel("f"), user("a"), user("b"), parallel("j"), user("z"), end(), flows("s > plan > f > a > j > z > e", "f > b > j"))


class Theirs:
    """An instance in SpiffWorkflow, used as its documentation says."""

    def __init__(self, xml: bytes) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(re.sub(rb"(Expression|Condition)>=", rb"\1>", xml))  # its expressions have no `=` before them
        self.workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.do_engine_steps()

    def tasks(self, state: int = TaskState.READY) -> list[Any]:
        return [task for task in self.workflow.get_tasks(state=state) if task.task_spec.manual]

    def open(self) -> list[str]:
        return [task.task_spec.bpmn_id for task in self.tasks()]

    def complete(self, element: str, **data: Any) -> Any:
        task = next(task for task in self.tasks() if task.task_spec.bpmn_id == element)
        task.data.update(data)
        task.run()
        self.workflow.do_engine_steps()
        return task


def ours(xml: bytes, **given: Any) -> tuple[World, str]:
    world = World(GraphSet(processes(xml)), **given)
    return world, world.start("p")


def open_tasks(world: World, id: str) -> list[str]:
    return [task.element for _, task in world.open_tasks(id)]


def test_these_are_the_traps_of_one_version() -> None:
    assert version("spiffworkflow") == "3.2.0"


def test_a_long_instance_is_lost_without_a_word() -> None:
    """退回补正 333 times: the instance says that it is completed, and its open task can no longer be found."""
    xml = document(start(), exclusive("x"), user("a"), exclusive("g", "g_e"), end(), flows("s > x > a > g > e"), flow("g", "x", 'outcome = "again"'))
    theirs = Theirs(xml.replace(b'outcome = "again"', b'outcome == "again"'))
    for _ in range(333):
        theirs.complete("a", outcome="again")
    alive = [task for task in theirs.workflow.tasks.values() if task.state == TaskState.READY]
    assert (theirs.open(), theirs.workflow.is_completed(), len(alive)) == ([], True, 1)

    world, id = ours(xml)
    for _ in range(400):
        world.complete(id, "a", "again")
    assert open_tasks(world, id) == ["a"]


def test_branches_and_history_share_their_data() -> None:
    """Whoever edits nested data in one branch edits the other branch's, and what a finished task had said."""
    xml = document(*BETWEEN_BRANCHES)
    theirs = Theirs(xml)
    plan = theirs.complete("plan", county={"quota": {"places": 3}})
    a, b = theirs.tasks()
    a.data["county"]["quota"]["places"] = 99  # typed in branch a, not even completed
    assert (b.data["county"], plan.data["county"]) == ({"quota": {"places": 99}},) * 2

    world, id = ours(xml, record=True)
    world.complete(id, "plan", county={"quota": {"places": 3}})
    world.complete(id, "a", county={"quota": {"places": 99}})
    said = [entry.input["answers"]["county"]["quota"]["places"] for entry in world.instances[id].entries if entry.command == "Complete"]
    assert (said, world.variables(id)["county"]) == ([3, 99], {"quota": {"places": 99}})


def test_a_join_takes_back_what_a_branch_wrote() -> None:
    """Branch a raises the amount to 250; branch b, which never looked at it, ends later and brings the old 100 back."""
    xml = document(*BETWEEN_BRANCHES)
    theirs = Theirs(xml)
    theirs.complete("plan", amount=100)
    theirs.complete("a", amount=250)
    theirs.complete("b", note="ok")
    assert theirs.tasks()[0].data["amount"] == 100

    world, id = ours(xml)
    world.complete(id, "plan", amount=100)
    world.complete(id, "a", amount=250)
    world.complete(id, "b", note="ok")
    assert world.variables(id)["amount"] == 250


def test_a_join_in_a_loop_does_not_wait() -> None:
    """会签 by two; sent round again, the second round passes with one signature, because the first round's is counted once more."""
    parts = (start(), exclusive("x"), parallel("f"), user("a"), user("b"), parallel("j"), user("z"), exclusive("g", "g_e"), end(),
             flows("s > x > f > a > j > z > g > e", "f > b > j"))
    theirs = Theirs(document(*parts, flow("g", "x", 'outcome == "again"')))
    for each in ("a", "b", "z"):
        theirs.complete(each, outcome="again")
    theirs.complete("b")
    assert theirs.open() == ["a", "z"]

    world, id = ours(document(*parts, flow("g", "x", 'outcome = "again"')))
    for each in ("a", "b", "z"):
        world.complete(id, each, "again")
    world.complete(id, "b")
    assert open_tasks(world, id) == ["a"]


def test_an_inclusive_join_does_not_wait() -> None:
    """Both branches are under way; the join goes on when one is done, since it looks along one of the ways through the other only."""
    xml = document(
        start(), user("u"), element("inclusiveGateway", "f", default="f_d"), user("d"), exclusive("c", "c_n"), user("n"), user("a"), exclusive("m"), user("y"), user("b"),
        element("inclusiveGateway", "j"), user("z"), end(), flows("s > u > f > d > j > z > e", "c > n > m > y > j", "a > m", "b > j"),
        flow("f", "c", "x > 0"), flow("f", "b", "x > 1"), flow("c", "a", "x > 2"),
    )
    theirs = Theirs(xml)
    theirs.complete("u", x=3)
    theirs.complete("b")
    assert theirs.open() == ["a", "z"]

    world, id = ours(xml)
    world.complete(id, "u", x=3)
    world.complete(id, "b")
    assert open_tasks(world, id) == ["a"]


def test_moving_a_shape_changes_the_route() -> None:
    """Two conditions hold; which way the case goes depends on which box is drawn higher."""
    def drawn(a: int, b: int) -> bytes:
        shapes = "".join(f'<di:BPMNShape id="{id}_di" bpmnElement="{id}"><dc:Bounds x="0" y="{y}" width="1" height="1"/></di:BPMNShape>' for id, y in (("a", a), ("b", b), ("d", 300)))
        plane = f'<di:BPMNDiagram xmlns:di="{BPMN.replace("MODEL", "DI")}" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="dg"><di:BPMNPlane id="pl" bpmnElement="p">{shapes}</di:BPMNPlane></di:BPMNDiagram>'
        parts = (start(), user("u"), exclusive("g", "g_d"), user("a"), user("b"), user("d"), end(), flows("s > u > g", "a > e", "b > e", "d > e"),
                 flow("g", "a", "x > 1"), flow("g", "b", "x > 2"), flow("g", "d"))
        return document(*parts).replace(b"</bpmn:definitions>", f"{plane}</bpmn:definitions>".encode())

    routes = []
    for xml in (drawn(a=100, b=200), drawn(a=200, b=100)):
        theirs = Theirs(xml)
        theirs.complete("u", x=5)
        world, id = ours(xml)
        world.complete(id, "u", x=5)
        routes.append((theirs.open(), open_tasks(world, id)))
    assert routes == [(["a"], ["a"]), (["b"], ["a"])]


def test_a_link_is_a_dead_end() -> None:
    xml = document(start(), element("intermediateThrowEvent", "l", trigger("link", name="L", id="ld")), catch("k", trigger("link", name="L", id="kd")), user("a"), end(),
                   flows("s > l", "k > a > e"))
    theirs = Theirs(xml)
    assert (theirs.open(), theirs.workflow.is_completed()) == ([], True)

    world, id = ours(xml)
    assert (open_tasks(world, id), world.instances[id].head.state) == (["a"], "open")


def test_a_signal_at_the_end_is_never_sent() -> None:
    signal = '<bpmn:signal id="S" name="closed"/>'
    thrower = document(start(), user("a"), end("e", trigger("signal", signalRef="S", id="sd")), flows("s > a > e"), beside=signal)
    theirs = Theirs(thrower)
    theirs.complete("a")
    assert (theirs.workflow.is_completed(), theirs.workflow.get_events()) == (True, [])

    waiting = document(start("qs"), catch("qc", trigger("signal", signalRef="S")), user("qa"), end("qe"), flows("qs > qc > qa > qe"), id="q", beside=signal)
    world = World(GraphSet({**processes(thrower), **processes(waiting)}))
    id, other = world.start("p"), world.start("q")
    world.complete(id, "a")
    assert open_tasks(world, other) == ["qa"]


def test_a_diagram_runs_python_on_the_server(tmp_path: Path) -> None:
    """Whoever may edit a diagram is root; here the program only leaves a canary."""
    canary = tmp_path / "canary"
    script = element("scriptTask", "x", f"<bpmn:script>open({str(canary)!r}, 'w').close()</bpmn:script>", scriptFormat="python")
    condition = flow("g", "b", f"__import__('os').mkdir({str(tmp_path / 'second')!r}) is None")
    xml = document(start(), script, exclusive("g", "g_e"), user("b"), end(), flows("s > x > g > e", "b > e"), condition)
    Theirs(xml)
    assert (canary.exists(), (tmp_path / "second").exists()) == (True, True)

    errors = {(finding.code, finding.element) for finding in check(read(xml, "x.bpmn")) if finding.severity == "error"}
    assert errors >= {("bpmn.script.language", "x"), ("bpmn.expression.syntax", "g_b")}


def voting(condition: str) -> bytes:
    """One task for each of the items, standard BPMN; the answers come into a list."""
    multi = ('<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>items</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>'
             f'<bpmn:inputDataItem id="item" name="item"/><bpmn:outputDataItem id="vote" name="vote"/>{condition}</bpmn:multiInstanceLoopCharacteristics>')
    return document(start(), user("u"), user("v", multi), user("z"), end(), flows("s > u > v > z > e"))


def test_results_stand_in_the_order_of_the_quickest() -> None:
    """Scores come back in the order in which the judges were ready, not in that of the candidates."""
    theirs = Theirs(voting(""))
    theirs.complete("u", items=["甲", "乙", "丙"])
    for task in reversed(theirs.tasks()):
        task.data["vote"] = task.data["item"]
        task.run()
    theirs.workflow.do_engine_steps()
    assert theirs.tasks()[0].data["votes"] == ["丙", "乙", "甲"]

    world, id = ours(voting(""))
    world.complete(id, "u", items=["甲", "乙", "丙"])
    for (_, task), item in reversed(list(zip(world.open_tasks(id), ["甲", "乙", "丙"], strict=True))):
        world.send(id, c.Complete("ann", task.id, "ok", answers={"vote": item}))
    assert world.variables(id)["votes"] == ["甲", "乙", "丙"]


def test_a_vote_never_sees_its_votes() -> None:
    """Two of five are enough, says the diagram; SpiffWorkflow asks the last voter's own copy of the list and waits for all five."""
    theirs = Theirs(voting("<bpmn:completionCondition>len(votes) &gt;= 2</bpmn:completionCondition>"))
    theirs.complete("u", items=[1, 2, 3, 4, 5])
    for _ in range(4):
        theirs.complete("v", vote="yes")
    assert theirs.open() == ["v"]

    world, id = ours(voting("<bpmn:completionCondition>=tally.yes &gt;= 2</bpmn:completionCondition>"))
    world.complete(id, "u", items=[1, 2, 3, 4, 5])
    world.complete(id, "v", "yes", vote="yes")
    world.complete(id, "v", "yes", vote="yes")
    assert open_tasks(world, id) == ["z"]


def test_a_list_filled_in_again_is_mixed_with_the_old_one() -> None:
    """The list of nominees 甲乙丙 is corrected to 丁戊; what comes out is neither."""
    twice = '<bpmn:standardLoopCharacteristics loopMaximum="2"/>'
    xml = document(start(), user("a"), user("b", twice), user("z"), end(), flows("s > a > b > z > e"))
    theirs = Theirs(xml)
    theirs.complete("a", nominees=["甲", "乙", "丙"])
    theirs.complete("b")
    theirs.complete("b", nominees=["丁", "戊"])
    assert theirs.tasks()[0].data["nominees"] == ["甲", "乙"]

    world, id = ours(xml)
    world.complete(id, "a", nominees=["甲", "乙", "丙"])
    world.complete(id, "b")
    world.complete(id, "b", nominees=["丁", "戊"])
    assert world.variables(id)["nominees"] == ["丁", "戊"]


def test_a_finished_task_is_finished_twice() -> None:
    """A second click, or a task that nobody has reached yet: both are accepted."""
    xml = document(start(), user("a"), user("b"), end(), flows("s > a > b > e"))
    theirs = Theirs(xml)
    a = theirs.complete("a", outcome="approve")
    a.data["outcome"] = "reject"
    a.run()
    future = next(task for task in theirs.workflow.get_tasks(state=TaskState.FUTURE) if task.task_spec.bpmn_id == "e")
    future.run()
    assert (a.state, a.data["outcome"], future.state) == (TaskState.COMPLETED, "reject", TaskState.COMPLETED)

    world, id = ours(xml)
    world.complete(id, "a", "approve")
    for task in ("t1", "t9"):
        with pytest.raises(Refused):
            world.send(id, c.Complete("ann", task, "reject"))
    assert world.variables(id)["outcome"] == "approve"
