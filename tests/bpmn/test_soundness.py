"""The token game: what it finds, the way it shows, and what it leaves alone."""
from __future__ import annotations

import time

import pytest

from adapters.web.design.words import as_json, finding_lines
from engine.bpmn.check import check
from engine.bpmn.read import read
from engine.bpmn.soundness import soundness
from engine.refusals import Finding

HEAD = '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:test"><bpmn:process id="p" isExecutable="true">'


def body(nodes: str, flows: str) -> str:
    """`nodes`: `kind:id` words, or XML; `flows`: `a>b` words, ids in order f1, f2 …; `a?b` is conditional."""
    made = []
    for word in nodes.split():
        kind, _, id = word.partition(":")
        made.append(f'<bpmn:{kind} id="{id}"/>')
    for number, word in enumerate(flows.split(), 1):
        source, _, target = word.replace("?", ">").partition(">")
        condition = "<bpmn:conditionExpression>=x = 1</bpmn:conditionExpression>" if "?" in word else ""
        made.append(f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>')
    return "".join(made)


def play(inside: str, states: int = 10_000) -> list[Finding]:
    return list(soundness(read(f"{HEAD}{inside}</bpmn:process></bpmn:definitions>".encode(), "a.bpmn").processes[0], states))


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.code, one.element) for one in findings]


def test_a_plain_process_is_sound() -> None:
    assert play(body("startEvent:s userTask:a exclusiveGateway:g userTask:b endEvent:e", "s>a a>g g?b g>e b>a")) == []


def test_a_choice_before_a_parallel_join_gets_stuck_and_the_way_is_shown() -> None:
    findings = play(body("startEvent:s exclusiveGateway:x userTask:a userTask:b parallelGateway:j endEvent:e", "s>x x?a x>b a>j b>j j>e"))

    assert said(findings)[0] == ("bpmn.soundness.deadlock", "j")
    assert findings[0].details == {"waiting": ["j"], "path": ["s", "x", "a"]}
    assert ("bpmn.soundness.dead", "e") in said(findings)


def test_a_fork_into_an_exclusive_merge_runs_twice() -> None:
    findings = play(body("startEvent:s parallelGateway:f userTask:a userTask:b exclusiveGateway:m userTask:c endEvent:e", "s>f f>a f>b a>m b>m m>c c>e"))

    assert said(findings) == [("bpmn.soundness.unsynchronised", "c")]
    assert findings[0].details["flow"] == "f6"


def test_a_loop_without_a_way_out_never_ends() -> None:
    findings = play(body("startEvent:s userTask:a userTask:b exclusiveGateway:x endEvent:e", "s>x x?a x>e a>b b>a"))

    assert said(findings) == [("bpmn.soundness.no-completion", "a")]


def test_an_inclusive_split_and_join_belong_together() -> None:
    assert play(body("startEvent:s inclusiveGateway:i userTask:a userTask:b inclusiveGateway:j endEvent:e", "s>i i?a i?b a>j b>j j>e")) == []


def test_many_parallel_branches_with_choices_stay_small() -> None:
    branches = [f"exclusiveGateway:x{n} userTask:a{n} userTask:b{n} exclusiveGateway:m{n}" for n in range(12)]
    flows = " ".join(f"f>x{n} x{n}?a{n} x{n}>b{n} a{n}>m{n} b{n}>m{n} m{n}>j" for n in range(12))
    began = time.perf_counter()

    findings = play(body(" ".join(["startEvent:s parallelGateway:f", *branches, "parallelGateway:j endEvent:e"]), f"s>f {flows} j>e"))

    assert findings == []
    assert time.perf_counter() - began < 2


def test_past_its_bound_the_game_says_so_and_claims_nothing() -> None:
    assert said(play(body("startEvent:s userTask:a userTask:b endEvent:e", "s>a a>b b>e"), states=2)) == [("bpmn.soundness.undecided", "p")]


@pytest.mark.parametrize("trigger", ["timer", "message", "signal", "error"])
def test_interrupting_boundary_events_raise_no_alarm(trigger: str) -> None:
    nodes = body("startEvent:s userTask:a userTask:late exclusiveGateway:m endEvent:e", "s>a a>m m>e b>late late>m")
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="a"><bpmn:{trigger}EventDefinition id="d"/></bpmn:boundaryEvent>'

    assert play(nodes + event) == []


def test_a_reminder_beside_the_work_raises_no_alarm() -> None:
    nodes = body("startEvent:s userTask:a userTask:remind exclusiveGateway:m endEvent:e", "s>a a>m m>e b>remind remind>m")
    event = '<bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><bpmn:timerEventDefinition id="d"/></bpmn:boundaryEvent>'

    assert play(nodes + event) == []


def test_a_terminate_end_ends_what_still_waits() -> None:
    stop = '<bpmn:endEvent id="stop"><bpmn:terminateEventDefinition id="t"/></bpmn:endEvent>'
    nodes = body("startEvent:s parallelGateway:f userTask:a userTask:b endEvent:e", "s>f f>a f>b a>stop b>e")

    assert play(nodes + stop) == []


def test_each_start_event_begins_alone() -> None:
    second = '<bpmn:startEvent id="s2"><bpmn:messageEventDefinition id="d"/></bpmn:startEvent>'
    nodes = body("startEvent:s userTask:a userTask:b parallelGateway:j endEvent:e", "s>a s2>b a>j b>j j>e")

    assert said(play(nodes + second))[0] == ("bpmn.soundness.deadlock", "j")


def test_links_lead_on() -> None:
    throw = '<bpmn:intermediateThrowEvent id="t"><bpmn:linkEventDefinition id="l1" name="L"/></bpmn:intermediateThrowEvent>'
    catch = '<bpmn:intermediateCatchEvent id="c"><bpmn:linkEventDefinition id="l2" name="L"/></bpmn:intermediateCatchEvent>'

    assert play(body("startEvent:s userTask:a endEvent:e", "s>t c>a a>e") + throw + catch) == []


def test_a_sub_process_is_played_by_itself() -> None:
    inner = body("startEvent:is exclusiveGateway:ix userTask:ia userTask:ib parallelGateway:ij endEvent:ie", "").replace('id="', 'id="')
    flows = "".join(
        f'<bpmn:sequenceFlow id="i{n}" sourceRef="{a}" targetRef="{b}"/>'
        for n, (a, b) in enumerate([("is", "ix"), ("ix", "ia"), ("ix", "ib"), ("ia", "ij"), ("ib", "ij"), ("ij", "ie")])
    )
    outer = body("startEvent:s endEvent:e", "s>sub sub>e") + f'<bpmn:subProcess id="sub">{inner}{flows}</bpmn:subProcess>'

    assert said(play(outer))[0] == ("bpmn.soundness.deadlock", "ij")


def test_a_chain_of_five_thousand_is_decided_quickly() -> None:
    names = " ".join(f"userTask:t{n}" for n in range(5000))
    flows = " ".join(["s>t0", *(f"t{n}>t{n + 1}" for n in range(4999)), "t4999>e"])
    began = time.perf_counter()

    findings = play(body(f"startEvent:s {names} endEvent:e", flows))

    assert findings == []
    assert time.perf_counter() - began < 5


def test_the_way_reaches_the_page_in_words_and_as_ids_in_order() -> None:
    """What the design pages hand to the modeler: the sentence names the steps, the path their ids, so that it can be drawn."""
    inside = body("startEvent:s exclusiveGateway:x userTask:a userTask:b parallelGateway:j endEvent:e", "s>x x?a x>b a>j b>j j>e").replace('id="a"', 'id="a" name="初审"')
    xml = f"{HEAD}{inside}</bpmn:process></bpmn:definitions>".encode()
    found = [one for one in check(read(xml, "a.bpmn")) if one.code == "bpmn.soundness.deadlock"]
    (told,) = as_json(finding_lines(found, "zh", {"a.bpmn": xml}), "a.bpmn")

    assert (told["element"], told["severity"], told["path"]) == ("j", "warning", ["s", "x", "a"])
    assert told["message"] == "可能卡住：到了并行就等不到下一步。走法是：开始 → 判断 → “初审”。"
