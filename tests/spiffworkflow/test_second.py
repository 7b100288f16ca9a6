"""The second engine beside ours on diagrams drawn by hand: `Pair` compares after every step where the tokens of both rest."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.spiff.subset import outside
from adapters.spiff.second import Twin
from engine import commands as c
from engine.bpmn.graph import GraphSet
from engine.bpmn.read import read
from engine.engine import step
from engine.execution.workspace import Workspace
from engine.facts import GivenFacts
from engine.refusals import Refused
from tests.execution.world import EPOCH
from tests.spiffworkflow.drawing import (
    after, boundary, call, catch, document, element, end, every, exclusive, flow, flows, many, parallel, start, sub, trigger, user,
)
from tests.spiffworkflow.pair import Pair, processes

DAY = timedelta(days=1)


def begun(*parts: str, beside: str = "", variables: dict[str, Any] | None = None, **given: Any) -> tuple[Pair, str]:
    pair = Pair(document(*parts, beside=beside), **given)
    return pair, pair.start("p", variables)


# Paths --------------------------------------------------------------------------------------------------------------------------------


def test_a_sequence_with_a_service_in_it() -> None:
    pair, id = begun(start(), user("a"), element("serviceTask", "s1"), user("b"), end(), flows("s > a > s1 > b > e"))
    pair.complete(id, "a")
    assert pair.open() == ["b"]
    pair.complete(id, "b")
    assert (pair.state(id), pair.compared) == ("ended", 3)


@pytest.mark.parametrize(("score", "opens"), [(95, "high"), (75, "middle"), (40, "low")])
def test_an_exclusive_gateway_decides_by_feel(score: int, opens: str) -> None:
    pair, id = begun(
        start(), user("a"), exclusive("g", "g_low"), user("high"), user("middle"), user("low"), end(),
        flows("s > a > g > low > e", "high > e", "middle > e"), flow("g", "high", "score >= 90"), flow("g", "middle", "score in [60..90)"),
    )
    pair.complete(id, "a", score=score)
    assert pair.open() == [opens]


def test_parallel_branches_come_together_again() -> None:
    pair, id = begun(start(), parallel("f"), user("a"), user("b"), user("c"), parallel("j"), user("z"), end(),
                     flows("s > f > a > j > z > e", "f > b > j", "f > c > j"))
    for each in ("b", "a", "c", "z"):
        pair.complete(id, each)
    assert pair.state(id) == "ended"


@pytest.mark.parametrize(("x", "opens"), [(1, ["d"]), (2, ["a"]), (3, ["a", "b"])])
def test_an_inclusive_gateway_opens_what_holds(x: int, opens: list[str]) -> None:
    pair, id = begun(
        start(), user("u"), element("inclusiveGateway", "f", default="f_d"), user("a"), user("b"), user("d"), end("ea"), end("eb"), end("ed"),
        flows("s > u > f > d > ed", "a > ea", "b > eb"), flow("f", "a", "x > 1"), flow("f", "b", "x > 2"),
    )
    pair.complete(id, "u", x=x)
    assert pair.open() == opens
    for each in opens:
        pair.complete(id, each)
    assert pair.state(id) == "ended"


def test_a_rework_loop_of_thirty_rounds() -> None:
    pair, id = begun(start(), user("a"), user("b"), exclusive("g", "g_e"), end(), flows("s > a > b > g > e"), flow("g", "a", 'outcome = "return"'))
    for round in range(30):
        pair.complete(id, "a")
        pair.complete(id, "b", "return" if round < 29 else "ok")
    assert (pair.state(id), pair.compared) == ("ended", 61)


def test_branches_inside_a_loop_come_together_in_every_round() -> None:
    """SpiffWorkflow by itself would count the first round's signature once more (`test_traps.py`)."""
    pair, id = begun(start(), exclusive("x"), parallel("f"), user("a"), user("b"), parallel("j"), user("z"), exclusive("g", "g_e"), end(),
                     flows("s > x > f > a > j > z > g > e", "f > b > j"), flow("g", "x", 'outcome = "again"'))
    for each in ("a", "b", "z", "b", "a", "z", "b"):
        pair.complete(id, each, "again")
    assert pair.open() == ["a"]


def test_a_loop_that_SpiffWorkflow_would_lose_is_refused() -> None:
    pair, id = begun(start(), user("a"), exclusive("g", "g_e"), end(), flows("s > a > g > e"), flow("g", "a", 'outcome = "return"'))
    with pytest.raises(Refused) as refused:
        for _ in range(500):
            pair.complete(id, "a", "return")
    assert (refused.value.code, pair.open()) == ("spiff.deep", ["a"])


# Sub-processes and repetition -----------------------------------------------------------------------------------------------------------


def test_a_sub_process_ends_when_nothing_is_left_in_it() -> None:
    pair, id = begun(
        start(), sub("m", start("ms"), parallel("f"), user("a"), user("b"), end("x"), end("y"), flows("ms > f > a > x", "f > b > y")), user("z"), end(),
        flows("s > m > z > e"),
    )
    pair.complete(id, "b")
    assert pair.open() == ["a"]
    pair.complete(id, "a")
    assert pair.open() == ["z"]


@pytest.mark.parametrize("sequential", [False, True])
def test_a_task_for_every_item(sequential: bool) -> None:
    pair, id = begun(start(), user("u"), user("a", many("items", sequential=sequential)), user("z"), end(), flows("s > u > a > z > e"))
    pair.complete(id, "u", items=[5, 6, 7])
    assert pair.open() == (["a"] if sequential else ["a", "a", "a"])
    for _ in range(3):
        pair.complete(id, "a")
    assert pair.open() == ["z"]


def test_no_items_no_tasks() -> None:
    pair, id = begun(start(), user("u"), user("a", many("items")), user("z"), end(), flows("s > u > a > z > e"))
    pair.complete(id, "u", items=[])
    assert pair.open() == ["z"]


def test_how_many_is_counted_when_the_instances_open() -> None:
    """The items come from the task right before, in the same step."""
    pair, id = begun(
        start(), user("u", '<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="=given" target="items"/></zeebe:ioMapping></bpmn:extensionElements>'),
        user("a", many("items")), end(), flows("s > u > a > e"), variables={"items": [1]},
    )
    pair.complete(id, "u", given=[1, 2, 3, 4])
    assert len(pair.open()) == 4


@pytest.mark.parametrize("sequential", [False, True])
def test_a_sub_process_for_every_item_routes_by_its_own_item(sequential: bool) -> None:
    pair, id = begun(
        start(), user("u"),
        sub("m", many("items", sequential=sequential), start("ms"), exclusive("g", "g_a"), user("a"), user("b"), end("me"),
            flows("ms > g > a > me", "b > me"), flow("g", "b", "item > 5")),
        user("z"), end(), flows("s > u > m > z > e"),
    )
    pair.complete(id, "u", items=[4, 9, 5])
    assert pair.open() == (["a"] if sequential else ["a", "b", "a"])
    for each in ("a", "b", "a"):
        pair.complete(id, each)
    assert pair.open() == ["z"]


def test_sub_processes_inside_sub_processes() -> None:
    inner = sub("n", many(cardinality="item"), start("ns"), user("a"), end("ne"), flows("ns > a > ne"))
    pair, id = begun(start(), user("u"), sub("m", many("items"), start("ms"), inner, user("b"), end("me"), flows("ms > n > b > me")), end(), flows("s > u > m > e"))
    pair.complete(id, "u", items=[2, 1])
    for each in ("a", "a", "b", "a", "b"):
        pair.complete(id, each)
    assert pair.state(id) == "ended"


def test_enough_votes_end_the_vote() -> None:
    pair, id = begun(start(), user("v", many(cardinality="5", until="tally.approve >= 2")), user("z"), end(), flows("s > v > z > e"))
    for outcome in ("approve", "reject", "approve"):
        assert len(pair.open()) > 1
        pair.complete(id, "v", outcome)
    assert pair.open() == ["z"]


def test_a_vote_counts_instances() -> None:
    pair, id = begun(start(), user("v", many(cardinality="4", until="numberOfCompletedInstances / numberOfInstances > 0.5")), user("z"), end(), flows("s > v > z > e"))
    for _ in range(3):
        pair.complete(id, "v")
    assert pair.open() == ["z"]


def test_a_condition_sees_what_the_last_instance_answered() -> None:
    pair, id = begun(start(), user("v", many(cardinality="3", until="veto = true")), user("z"), end(), flows("s > v > z > e"))
    pair.complete(id, "v", veto=False)
    pair.complete(id, "v", veto=True)
    assert pair.open() == ["z"]


def test_enough_sub_processes_end_the_others() -> None:
    pair, id = begun(
        start(), sub("m", many(cardinality="3", until="numberOfCompletedInstances >= 1"), start("ms"), user("a"), end("me"), flows("ms > a > me")), user("z"), end(),
        flows("s > m > z > e"),
    )
    pair.complete(id, "a", "approve")
    assert pair.open() == ["z"]


def test_instances_that_end_in_the_same_step_as_the_last_that_was_needed() -> None:
    inside = sub("m", many(cardinality="3", until="numberOfCompletedInstances >= 2"), start("ms"), element("serviceTask", "put"), end("me"), flows("ms > put > me"))
    pair, id = begun(start(), user("u"), inside, user("z"), end(), flows("s > u > m > z > e"))
    pair.complete(id, "u")
    assert pair.open() == ["z"]


@pytest.mark.parametrize("first", [False, True])
def test_a_standard_loop(first: bool) -> None:
    loop = f'<bpmn:standardLoopCharacteristics testBefore="{str(first).lower()}"><bpmn:loopCondition>=more</bpmn:loopCondition></bpmn:standardLoopCharacteristics>'
    pair, id = begun(start(), user("u"), user("a", loop), user("z"), end(), flows("s > u > a > z > e"))
    pair.complete(id, "u", more=True)
    pair.complete(id, "a", more=True)
    pair.complete(id, "a", more=False)
    assert pair.open() == ["z"]


def test_a_loop_that_is_not_entered() -> None:
    loop = '<bpmn:standardLoopCharacteristics testBefore="true"><bpmn:loopCondition>=more</bpmn:loopCondition></bpmn:standardLoopCharacteristics>'
    pair, id = begun(start(), user("u"), user("a", loop), user("z"), end(), flows("s > u > a > z > e"))
    pair.complete(id, "u", more=False)
    assert pair.open() == ["z"]


def test_services_repeat_within_a_step() -> None:
    pair, id = begun(start(), user("u"), element("serviceTask", "put", many("items")), user("z"), end(), flows("s > u > put > z > e"))
    pair.complete(id, "u", items=list(range(20)))
    assert pair.open() == ["z"]


# Events ------------------------------------------------------------------------------------------------------------------------------


def test_a_deadline_takes_the_task_away() -> None:
    pair, id = begun(start(), user("a"), boundary("t", "a", after("P1D")), user("late"), user("z"), end(), flows("s > a > z > e", "t > late > e"))
    pair.advance(2 * DAY)
    assert pair.open() == ["late"]


def test_a_deadline_that_does_not_come() -> None:
    pair, id = begun(start(), user("a"), boundary("t", "a", after("P1D")), user("late"), user("z"), end(), flows("s > a > z > e", "t > late > e"))
    pair.complete(id, "a")
    pair.advance(2 * DAY)
    assert pair.open() == ["z"]


def test_a_reminder_comes_beside_the_task_and_comes_again() -> None:
    pair, id = begun(
        start(), user("a"), boundary("t", "a", every("R3/P1D"), interrupting=False), user("seen"), end(), end("e2"), flows("s > a > e", "t > seen > e2"))
    pair.advance(2 * DAY)
    assert pair.open() == ["a", "seen", "seen"]
    pair.complete(id, "a")
    pair.complete(id, "seen")
    pair.complete(id, "seen")
    assert pair.state(id) == "ended"


@pytest.mark.parametrize("body", [user("m", many(cardinality="3")), sub("m", start("ms"), user("x"), end("me"), flows("ms > x > me"))])
def test_a_deadline_of_what_holds_several_tasks(body: str) -> None:
    pair, id = begun(start(), body, boundary("t", "m", after("P1D")), user("late"), end(), flows("s > m > e", "t > late > e"))
    pair.complete(id, pair.open()[0]) if pair.open() == ["m"] * 3 else None
    pair.advance(2 * DAY)
    assert pair.open() == ["late"]


def test_a_message_is_awaited() -> None:
    message = '<bpmn:message id="M" name="answer"/>'
    pair, id = begun(start(), catch("c", trigger("message", messageRef="M")), user("z"), end(), flows("s > c > z > e"), beside=message)
    assert (pair.open(), pair.twins[id].open_theirs()["c", ()]) == ([], 1)
    pair.message("answer")
    assert pair.open() == ["z"]


def test_a_receive_task_and_a_signal() -> None:
    beside = '<bpmn:message id="M" name="answer"/><bpmn:signal id="S" name="bell"/>'
    pair, id = begun(
        start(), element("receiveTask", "r", messageRef="M"), catch("c", trigger("signal", signalRef="S")), user("z"), end(), flows("s > r > c > z > e"), beside=beside)
    pair.message("answer")
    pair.signal("bell")
    assert pair.open() == ["z"]


@pytest.mark.parametrize(("comes", "opens"), [("answer", "a"), ("timer", "b"), ("call", "c")])
def test_the_first_event_decides_at_an_event_based_gateway(comes: str, opens: str) -> None:
    beside = '<bpmn:message id="M" name="answer"/><bpmn:message id="N" name="call"/>'
    pair, id = begun(
        start(), element("eventBasedGateway", "g"), catch("m", trigger("message", messageRef="M")), catch("t", after("P1D")), element("receiveTask", "r", messageRef="N"),
        user("a"), user("b"), user("c"), end(), flows("s > g > m > a > e", "g > t > b > e", "g > r > c > e"), beside=beside,
    )
    assert pair.twins[id].open_theirs()["g", ()] == 1
    pair.advance(2 * DAY) if comes == "timer" else pair.message(comes)
    assert pair.open() == [opens]


def test_an_error_end_is_caught_around_the_sub_process() -> None:
    inner = sub("m", start("ms"), user("a"), exclusive("g", "g_me"), end("me"), end("bad", trigger("error", errorRef="E")),
                flows("ms > a > g > me"), flow("g", "bad", "wrong"))
    pair, id = begun(start(), inner, boundary("b", "m", trigger("error", errorRef="E")), user("fix"), user("z"), end(), flows("s > m > z > e", "b > fix > m"),
                     beside='<bpmn:error id="E" name="E" errorCode="E1"/>')
    pair.complete(id, "a", wrong=True)
    assert pair.open() == ["fix"]
    pair.complete(id, "fix")
    pair.complete(id, "a", wrong=False)
    assert pair.open() == ["z"]


def test_an_escalation_goes_beside_the_work() -> None:
    inner = sub("m", start("ms"), user("a"), element("intermediateThrowEvent", "up", trigger("escalation", escalationRef="E")), user("b"), end("me"), flows("ms > a > up > b > me"))
    pair, id = begun(start(), inner, boundary("x", "m", trigger("escalation", escalationRef="E"), interrupting=False), user("boss"), end(), end("e2"),
                     flows("s > m > e", "x > boss > e2"), beside='<bpmn:escalation id="E" escalationCode="E1"/>')
    pair.complete(id, "a")
    assert sorted(pair.open()) == ["b", "boss"]


def test_terminate_ends_everything_in_its_scope() -> None:
    inner = sub("m", start("ms"), parallel("f"), user("a"), user("b"), end("me"), end("stop", trigger("terminate")), flows("ms > f > a > me", "f > b > stop"))
    pair, id = begun(start(), inner, user("z"), end(), flows("s > m > z > e"))
    pair.complete(id, "b")
    assert pair.open() == ["z"]


def test_terminate_ends_the_instance() -> None:
    pair, id = begun(start(), parallel("f"), user("a"), user("b"), end(), end("stop", trigger("terminate")), flows("s > f > a > e", "f > b > stop"))
    pair.complete(id, "b")
    assert (pair.state(id), pair.twins[id].open_theirs()) == ("ended", {})


def test_messages_and_signals_sent_leave_by_the_record() -> None:
    beside = '<bpmn:message id="M" name="news"/><bpmn:signal id="S" name="bell"/>'
    pair, id = begun(
        start(), element("intermediateThrowEvent", "t", trigger("message", messageRef="M")), element("sendTask", "m", messageRef="M"), user("a"),
        end("e", trigger("signal", signalRef="S")), flows("s > t > m > a > e"), beside=beside)
    pair.complete(id, "a")
    assert pair.state(id) == "ended"


def test_an_instance_is_started_by_a_message() -> None:
    pair = Pair(document(start("s", trigger("message", messageRef="M")), user("a"), end(), flows("s > a > e"), beside='<bpmn:message id="M" name="nominate"/>'))
    pair.message("nominate")
    assert pair.open() == ["a"]


# Called instances ----------------------------------------------------------------------------------------------------------------------

CHILD = '<bpmn:process id="q" isExecutable="true">' + start("qs") + user("qa") + exclusive("qg", "qg_qe") + end("qe") + end("qx", trigger("error", errorRef="E")) + (
    flows("qs > qa > qg > qe") + flow("qg", "qx", "wrong = true") + "</bpmn:process>")


def test_every_called_instance_is_a_pair_of_its_own() -> None:
    pair, id = begun(start(), call("c", "q", many("[1, 2]")), user("z"), end(), flows("s > c > z > e"), beside='<bpmn:error id="E" errorCode="E1"/>' + CHILD)
    assert (pair.open(), len(pair.twins)) == (["qa", "qa"], 3)
    pair.complete(id, "qa")
    pair.complete(id, "qa")
    assert pair.open() == ["z"]


def test_an_error_comes_back_from_a_called_instance() -> None:
    pair, id = begun(start(), call("c", "q"), boundary("b", "c", trigger("error", errorRef="E")), user("fix"), user("z"), end(),
                     flows("s > c > z > e", "b > fix > e"), beside='<bpmn:error id="E" errorCode="E1"/>' + CHILD)
    pair.complete(id, "qa", wrong=True)
    assert pair.open() == ["fix"]


def test_a_deadline_takes_the_called_instance_away() -> None:
    pair, id = begun(start(), call("c", "q"), boundary("t", "c", after("P1D")), user("late"), end(), flows("s > c > e", "t > late > e"),
                     beside='<bpmn:error id="E" errorCode="E1"/>' + CHILD)
    pair.advance(2 * DAY)
    assert pair.open() == ["late"]


# What people do with tasks ------------------------------------------------------------------------------------------------------------


def task(pair: Pair, element: str) -> tuple[str, str]:
    return next((id, row.id) for instance in pair.instances for id, row in pair.open_tasks(instance) if row.element == element)


def test_a_task_is_sent_back() -> None:
    pair, id = begun(start(), user("a"), element("serviceTask", "m"), user("b", banli_returnTo="a"), end(), flows("s > a > m > b > e"))
    pair.complete(id, "a")
    pair.send(id, c.Return("ann", task(pair, "b")[1], "a", "材料不齐"))
    assert pair.open() == ["a"]
    pair.complete(id, "a")
    pair.complete(id, "b")
    assert pair.state(id) == "ended"


def test_sent_back_from_a_branch_the_other_branch_goes_on() -> None:
    pair, id = begun(
        start(), parallel("f"), user("a"), user("b", banli_returnTo="a"), user("x"), parallel("j"), user("z"), end(),
        flows("s > f > a > b > j > z > e", "f > x > j"))
    pair.complete(id, "a")
    pair.send(id, c.Return("ann", task(pair, "b")[1], "a", "重填"))
    assert sorted(pair.open()) == ["a", "x"]
    for each in ("x", "a", "b", "z"):
        pair.complete(id, each)
    assert pair.state(id) == "ended"


def test_sent_back_to_before_the_branches() -> None:
    """The other branch is not touched: our rule, and so theirs."""
    pair, id = begun(
        start(), user("a"), parallel("f"), user("b", banli_returnTo="a"), user("x"), end(), end("e2"), flows("s > a > f > b > e", "f > x > e2"))
    pair.complete(id, "a")
    pair.send(id, c.Return("ann", task(pair, "b")[1], "a", "重填"))
    assert sorted(pair.open()) == ["a", "x"]
    pair.complete(id, "a")
    for each in ("x", "b", "x"):
        pair.complete(id, each)
    assert pair.state(id) == "ended"


def test_sent_back_out_of_a_sub_process_and_out_of_a_vote() -> None:
    inner = sub("m", start("ms"), user("b", banli_returnTo="a"), end("me"), flows("ms > b > me"))
    pair, id = begun(start(), user("a"), inner, user("v", many(cardinality="3"), banli_returnTo="a"), end(), flows("s > a > m > v > e"))
    pair.complete(id, "a")
    pair.send(id, c.Return("ann", task(pair, "b")[1], "a", "重填"))
    assert pair.open() == ["a"]
    pair.complete(id, "a")
    pair.complete(id, "b")
    pair.complete(id, "v")
    pair.send(id, c.Return("ann", task(pair, "v")[1], "a", "重填"))
    assert pair.open() == ["a"]
    for each in ("a", "b", "v", "v", "v"):
        pair.complete(id, each)
    assert pair.state(id) == "ended"


def test_sent_back_with_deadlines_on_both() -> None:
    pair, id = begun(
        start(), user("a"), boundary("ta", "a", after("P9D")), user("b", banli_returnTo="a"), boundary("tb", "b", after("P1D")), user("late"), end(),
        flows("s > a > b > e", "tb > late > e", "ta > late"))
    pair.complete(id, "a")
    pair.send(id, c.Return("ann", task(pair, "b")[1], "a", "重填"))
    pair.advance(2 * DAY)
    assert pair.open() == ["a"]
    pair.advance(8 * DAY)
    assert pair.open() == ["late"]


def test_sent_back_to_several_tasks_at_once() -> None:
    pair, id = begun(start(), user("v", many(cardinality="2")), user("b", banli_returnTo="v"), end(), flows("s > v > b > e"))
    pair.complete(id, "v")
    pair.complete(id, "v")
    pair.send(id, c.Return("ann", task(pair, "b")[1], "v", "重新会签"))
    assert pair.open() == ["v", "v"]


def test_a_completion_is_taken_back() -> None:
    pair, id = begun(start(), user("a", banli_withdraw="true"), parallel("f"), user("b"), user("x"), end(), end("e2"), flows("s > a > f > b > e", "f > x > e2"))
    first = task(pair, "a")[1]
    pair.complete(id, "a")
    pair.send(id, c.Withdraw("ann", first, "填错"))
    assert pair.open() == ["a"]
    for each in ("a", "b", "x"):
        pair.complete(id, each)
    assert pair.state(id) == "ended"


def test_a_completion_that_waits_at_a_join_is_taken_back() -> None:
    pair, id = begun(
        start(), parallel("f"), user("a", banli_withdraw="true"), user("b"), user("x"), parallel("j"), user("z"), end(),
        flows("s > f > a > j > z > e", "f > b > j", "f > x > j"))
    pair.complete(id, "b")
    first = task(pair, "a")[1]
    pair.complete(id, "a")
    pair.send(id, c.Withdraw("ann", first, "填错"))
    pair.complete(id, "x")
    assert pair.open() == ["a"]
    pair.complete(id, "a")
    assert pair.open() == ["z"]


def test_who_has_a_task_moves_no_token() -> None:
    pair, id = begun(start(), user("a", '<bpmn:extensionElements><zeebe:assignmentDefinition candidateGroups="clerk@x"/></bpmn:extensionElements>'), end(), flows("s > a > e"))
    a = task(pair, "a")[1]
    for command in (c.Claim("ann", a), c.Release("ann", a), c.Reassign("ann", a, "user:bob", "出差"), c.Urge("ann", a, "请尽快")):
        pair.send(id, command)
    assert (pair.open(), pair.compared) == (["a"], 5)


def test_a_signer_is_added_and_another_removed() -> None:
    signing = user("v", '<bpmn:extensionElements><zeebe:properties/></bpmn:extensionElements>', many("signers"), banli_operations="add_signer remove_signer")
    pair, id = begun(start(), signing, user("z"), end(), flows("s > v > z > e"), variables={"signers": ["a", "b"]})
    pair.send(id, c.AddSigner("ann", task(pair, "v")[1], "user:eve", "补充会签"))
    assert pair.open() == ["v"] * 3
    pair.complete(id, "v")
    pair.send(id, c.RemoveSigner("ann", task(pair, "v")[1], "回避"))
    pair.send(id, c.Complete("eve", pair.open_tasks(id)[0][1].id, "approve"))
    assert pair.open() == ["z"]


def test_a_cancelled_instance_is_over_on_both_sides() -> None:
    pair, id = begun(start(), user("a", many(cardinality="2")), end(), flows("s > a > e"))
    pair.send(id, c.Cancel("ann", "不办了"))
    assert (pair.state(id), pair.twins[id].open_theirs()) == ("cancelled", {})


# Incidents ------------------------------------------------------------------------------------------------------------------------------


def test_where_an_incident_holds_a_token_both_rest() -> None:
    pair, id = begun(start(), user("a"), exclusive("g", "g_e"), user("b"), end(), flows("s > a > g > e"), flow("g", "b", "x > 1"), flows("b > e"))
    pair.complete(id, "a", x="no number")
    assert (pair.open(), pair.twins[id].open_theirs()["g", ()]) == ([], 1)
    pair.send(id, c.SetVariables("ann", {"x": 5}))
    pair.send(id, c.RetryIncident("ann", pair.incidents(id)[0].id))
    assert pair.open() == ["b"]


def test_a_collection_that_is_none_is_an_incident_of_both() -> None:
    pair, id = begun(start(), user("a", many("nobody_wrote_it")), user("z"), end(), flows("s > a > z > e"))
    assert (pair.open(), pair.twins[id].open_theirs()["a", ()]) == ([], 1)
    pair.send(id, c.SetVariables("ann", {"nobody_wrote_it": [1, 2]}))
    pair.send(id, c.RetryIncident("ann", pair.incidents(id)[0].id))
    assert pair.open() == ["a", "a"]


def test_an_amended_scheme_is_seen() -> None:
    xml = document(start(), user("a"), exclusive("g", "g_e"), user("b"), end(), flows("s > a > g > e", "b > e"), flow("g", "b", "scheme.strict"))
    twin, workspace = Twin(xml, processes(xml)["p"], {"scheme": {"strict": False}}), Workspace()
    graphs = GraphSet(processes(xml))
    facts = GivenFacts(EPOCH, scheme={"strict": True}, answer=lambda name, **args: True)
    twin.entry(step(workspace, graphs, c.Start("ann", "i", "p"), facts), None)
    twin.entry(step(workspace, graphs, c.Complete("ann", "t1", "ok"), facts), None, {"scheme": {"strict": True}})
    assert twin.open_theirs() == twin.open_ours() != {}


# The comparison can fail ----------------------------------------------------------------------------------------------------------------

ROUTED = (start(), user("a"), exclusive("g", "g_e"), user("b"), end(), flows("s > a > g > e", "b > e"))
VOTE = (start(), user("u"), user("z"), end(), flows("s > u > v > z > e"))


@pytest.mark.parametrize(("ours", "theirs"), [
    ((*ROUTED, flow("g", "b", "x > 1")), (*ROUTED, flow("g", "b", "x < 1"))),
    ((*VOTE, user("v", many("items"))), (*VOTE, user("v", many("items[1]")))),
    ((*VOTE, user("v", many("items", until="x = 2"))), (*VOTE, user("v", many("items")))),
    ((*VOTE, user("v", many("items"))), (*VOTE, user("v", many("items", sequential=True)))),
])
def test_another_decision_is_seen(ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    """One engine gets a diagram with a condition turned round, one item less, no completion condition, or another order."""
    pair = Pair(document(*ours), document(*theirs))
    id = pair.start("p")
    with pytest.raises((AssertionError, Refused)):
        pair.complete(id, pair.open()[0], x=2, items=[1, 2])
        pair.complete(id, "v", x=2)


def forged(*commands: c.Command) -> tuple[Twin, list[tuple[Any, ...]]]:
    """The twin of a diagram, and a journal in which its gateway's condition was turned round."""
    honest, turned = (document(*ROUTED, flow("g", "b", condition)) for condition in ("x > 1", "x < 1"))
    workspace, graphs, facts = Workspace(), GraphSet(processes(turned)), GivenFacts(EPOCH, answer=lambda name, **args: True)
    return Twin(honest, processes(honest)["p"], {}), [step(workspace, graphs, command, facts) for command in commands]


def test_a_forged_decision_in_the_record_is_seen() -> None:
    """The journal says that the gateway took the other flow, and everything behind it fits that."""
    twin, record = forged(c.Start("ann", "i", "p"), c.Complete("ann", "t1", "ok", answers={"x": 5}))
    for events in record:
        twin.entry(events, None)
    assert (sorted(twin.open_ours()), sorted(twin.open_theirs())) == ([], [("b", ()), ("p", ())])


def test_work_that_nobody_reached_is_seen() -> None:
    """The journal says that a task was done that the diagram does not lead to."""
    twin, record = forged(c.Start("ann", "i", "p"), c.Complete("ann", "t1", "ok", answers={"x": 0}), c.Complete("ann", "t2", "ok"))
    twin.entry(record[0], None)
    twin.entry(record[1], None)
    with pytest.raises(Refused) as refused:
        twin.entry(record[2], None)
    assert (refused.value.code, dict(refused.value.details)) == ("spiff.missing", {"element": "b"})


# What is outside -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("parts", "said"), [
    ((start(), element("complexGateway", "g"), end(), flows("s > g > e")), [("g", "element")]),
    ((start(), user("a"), user("b"), user("x"), end(), flows("s > a > b > e", "a > x > e")), [("a", "fork")]),
    ((start(), element("intermediateThrowEvent", "l", trigger("link", name="L")), catch("k", trigger("link", name="L")), end(), flows("s > l", "k > e")),
     [("l", "event"), ("k", "event")]),
    ((start(), start("s2"), user("a"), end(), flows("s > a > e", "s2 > a")), [("p", "starts")]),
    ((start(), user("a"), flows("s > a")), [("p", "ends")]),
    ((start(), element("inclusiveGateway", "f", default="f_a"), user("a"), user("b"), element("inclusiveGateway", "j"), end(),
      flows("s > f > a > j > e", "b > j"), flow("f", "b", "x > 1")), [("j", "inclusive")]),
    ((start(), exclusive("g"), user("a"), user("b"), end(), flows("s > g > a > e", "g > b > e")), [("g", "condition")]),
    ((start(), element("subProcess", "es", start("x", after("P1D")), end("y"), flows("x > y"), triggeredByEvent="true"), end(), flows("s > e")), [("es", "element")]),
])
def test_what_is_outside_is_said_with_its_reason(parts: tuple[str, ...], said: list[tuple[str, str]]) -> None:
    process = read(document(*parts), "x.bpmn").processes[0]
    assert [(finding.element, finding.code) for finding in outside(process)] == [(element, f"spiff.outside.{reason}") for element, reason in said]
    with pytest.raises(Refused) as refused:
        Twin(document(*parts), process, {})
    assert refused.value.code == f"spiff.outside.{said[0][1]}"
