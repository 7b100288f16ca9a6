"""Every kind of event in every place it may stand, interrupting or not: what starts, what stops, what goes on. One tiny diagram each, built here."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine.engine import replay
from engine.facts import RecordedFacts
from tests.build import definitions, duration, el, event, flow, graphs, path, process, script, user
from tests.execution.world import World

HOUR = timedelta(hours=1)
ROOTS = (
    el("message", "m", name="m"), el("message", "m2", name="m2"), el("signal", "g", name="g"), el("signal", "g2", name="g2"), el("error", "er", name="er", errorCode="E"),
    el("escalation", "es", name="es", escalationCode="S"),
)
CONDITION = "<condition>=x &gt; 1</condition>"
OUTSIDE = ("message", "signal", "timer", "conditional")
THROWN = ("error", "escalation")
Make = Callable[..., World]


@pytest.fixture(params=["in memory", "reloaded"])
def place(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a world of the process `p`; at the end everything that happened in it is replayed and compared."""
    made: list[World] = []

    def make(*parts: str, more: tuple[str, ...] = ()) -> World:
        made.append(World(graphs(definitions(*ROOTS, process("p", *parts), *more)), reload=request.param == "reloaded", record=True))
        return made[-1]

    yield make
    for world in made:
        replayed(world)


def replayed(world: World) -> None:
    """Every instance of the world, made anew from its entries, has the same state."""
    for held in world.instances.values():
        *_, last = replay(held.entries, lambda package: world.graphs, lambda entry: RecordedFacts(entry.facts, entry.at, "UTC"))
        assert int(last.state_hash, 16) == held.hash


def start(id: str = "s") -> str:
    return el("startEvent", id)


def end(id: str = "e") -> str:
    return el("endEvent", id)


def trigger(tag: str, id: str, kind: str, **attributes: Any) -> str:
    """A catching event of that kind."""
    inside = {"timer": duration("PT1H"), "conditional": CONDITION}.get(kind, "")
    ref = {"message": "m", "signal": "g", "error": "er", "escalation": "es"}.get(kind, "")
    return event(tag, id, kind, *([inside] if inside else []), ref=ref, **attributes)


def throwing(kind: str, id: str = "te", tag: str = "endEvent") -> str:
    ref = {"message": "m", "signal": "g", "error": "er", "escalation": "es"}[kind]
    return event(tag, id, kind, ref=ref)


def make_happen(world: World, instance: str, kind: str) -> None:
    """Whatever the trigger waits for."""
    match kind:
        case "message":
            assert world.message("m")
        case "signal":
            world.signal("g")
        case "timer":
            world.advance(HOUR)
        case "conditional":
            world.complete(instance, "beside", x=2)


def opened(world: World, instance: str) -> list[str]:
    return sorted(task.element for _, task in world.open_tasks(instance))


def state(world: World, instance: str) -> str:
    return world.instances[instance].head.state


def forked(*branch: str, first: str) -> str:
    """Start, a fork into `first` and a task `beside` that can set variables."""
    return start() + el("parallelGateway", "fork") + user("beside") + "".join(branch) + path("s", "fork", "beside") + flow("fork", first)


# Boundary events ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["task", "sub-process", "many", "receive", "call"])
@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", OUTSIDE)
def test_what_comes_from_outside_at_the_boundary(place: Make, kind: str, interrupting: bool, host: str) -> None:
    many = '<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>'
    hosts = {
        "task": user("a"), "many": user("a", many), "sub-process": el("subProcess", "a", start("is"), user("i"), end("ie"), path("is", "i", "ie")),
        "receive": el("receiveTask", "a", messageRef="m2"),
        "call": el("callActivity", "a", calledElement="q"),
    }
    inside = {"task": ["a"], "many": ["a", "a"], "sub-process": ["i"], "receive": [], "call": ["qi"]}[host]
    called = process("q", start("qs"), user("qi"), end("qe"), path("qs", "qi", "qe"))
    w = place(
        forked(hosts[host], trigger("boundaryEvent", "b", kind, attachedToRef="a", cancelActivity=interrupting), user("h"), end("e1"), end("e2"),
               path("a", "e1"), path("b", "h", "e2"), first="a"), more=(called,),
    )
    i = w.start("p", {"x": 0})
    assert opened(w, i) == sorted(["beside", *inside])
    make_happen(w, i, kind)
    left = [] if kind == "conditional" else ["beside"]
    assert opened(w, i) == sorted(left + ["h"] + ([] if interrupting else inside))


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", THROWN)
@pytest.mark.parametrize("how", ["end", "throw", "call"])
def test_what_is_thrown_inside_at_the_boundary(place: Make, kind: str, interrupting: bool, how: str) -> None:
    if kind == "error" and (not interrupting or how == "throw"):
        return  # not BPMN
    inner = start("is") + el("parallelGateway", "ig") + user("i") + path("is", "ig", "i")
    if how == "throw":
        inner += throwing(kind, "te", "intermediateThrowEvent") + user("j") + path("ig", "te", "j")
    else:
        inner += throwing(kind) + path("ig", "te")
    host = el("subProcess", "a", inner) if how != "call" else el("callActivity", "a", calledElement="q")
    w = place(start(), host, trigger("boundaryEvent", "b", kind, attachedToRef="a", cancelActivity=interrupting), user("h"), user("n"), end(), end("e2"),
              path("s", "a", "n", "e"), path("b", "h", "e2"), more=(process("q", inner),) if how == "call" else ())
    i = w.start("p")
    assert opened(w, i) == (["h"] if interrupting else sorted(["h", "i"] + (["j"] if how == "throw" else [])))


def test_a_boundary_escalation_without_code_catches_any_and_one_with_another_code_does_not(place: Make) -> None:
    other = el("escalation", "es2", name="es2", escalationCode="S2")
    inner = start("is") + throwing("escalation", "te", "intermediateThrowEvent") + user("i") + path("is", "te", "i")
    for definition, caught in (("<escalationEventDefinition/>", True), ('<escalationEventDefinition escalationRef="es2"/>', False)):
        w = place(start(), el("subProcess", "a", inner), el("boundaryEvent", "b", definition, attachedToRef="a", cancelActivity=False), user("h"), path("s", "a"), path("b", "h"), more=(other,))
        assert opened(w, w.start("p")) == (["h", "i"] if caught else ["i"])


# Event sub-processes -------------------------------------------------------------------------------------------------------------------


def event_sub(kind: str, interrupting: bool, id: str = "x") -> str:
    return el("subProcess", id, trigger("startEvent", f"{id}s", kind, isInterrupting=interrupting), user(f"{id}t"), end(f"{id}e"), path(f"{id}s", f"{id}t", f"{id}e"), triggeredByEvent=True)


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", OUTSIDE)
def test_an_event_sub_process_in_a_process_and_in_a_sub_process(place: Make, kind: str, interrupting: bool, inner: bool) -> None:
    if inner:
        w = place(forked(el("subProcess", "u", start("us"), user("a"), end("ue"), path("us", "a", "ue"), event_sub(kind, interrupting)), user("n"), end("e1"), path("u", "n", "e1"), first="u"))
    else:
        w = place(forked(user("a"), first="a") + event_sub(kind, interrupting))
    i = w.start("p", {"x": 0})
    make_happen(w, i, kind)
    beside = ["beside"] if kind != "conditional" and (inner or not interrupting) else []
    assert opened(w, i) == sorted(beside + ([] if interrupting else ["a"]) + ["xt"])
    w.complete(i, "xt")
    if inner and interrupting:
        assert "n" in opened(w, i)
    for task in list(opened(w, i)):
        w.complete(i, task)
    if inner and not interrupting:
        w.complete(i, "n")
    assert state(w, i) == "ended"


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", THROWN)
def test_an_event_sub_process_takes_what_is_thrown_beside_it_before_the_boundary_does(place: Make, kind: str, interrupting: bool) -> None:
    if kind == "error" and not interrupting:
        return
    inner = start("is") + el("parallelGateway", "ig") + user("i") + throwing(kind) + path("is", "ig", "i") + path("ig", "te") + event_sub(kind, interrupting)
    w = place(start(), el("subProcess", "a", inner), trigger("boundaryEvent", "b", kind, attachedToRef="a"), user("h"), user("n"), path("s", "a", "n"), path("b", "h"))
    i = w.start("p")
    assert opened(w, i) == (["xt"] if interrupting else ["i", "xt"])
    for task in list(opened(w, i)):
        w.complete(i, task)
    assert opened(w, i) == ["n"]


def test_what_an_event_sub_process_throws_goes_to_the_boundary_around_it(place: Make) -> None:
    handler = el("subProcess", "x", trigger("startEvent", "xs", "error"), throwing("error", "xe"), path("xs", "xe"), triggeredByEvent=True)
    inner = start("is") + throwing("error") + path("is", "te") + handler
    w = place(start(), el("subProcess", "a", inner), trigger("boundaryEvent", "b", "error", attachedToRef="a"), user("h"), path("s", "a"), path("b", "h"))
    assert opened(w, w.start("p")) == ["h"]


def test_a_timer_cycle_of_an_event_sub_process_runs_as_often_as_it_says(place: Make) -> None:
    sub = el("subProcess", "x", event("startEvent", "xs", "timer", "<timeCycle>R3/PT1H</timeCycle>", isInterrupting=False), user("xt"), path("xs", "xt"), triggeredByEvent=True)
    w = place(start(), user("a"), path("s", "a"), sub)
    i = w.start("p")
    w.advance(10 * HOUR)
    assert opened(w, i) == ["a", "xt", "xt", "xt"]


def test_an_interrupting_event_sub_process_ends_the_others_that_still_run(place: Make) -> None:
    w = place(start(), user("a"), path("s", "a"), event_sub("message", False), event_sub("signal", True, "y"))
    i = w.start("p")
    w.message("m")
    w.message("m")
    assert opened(w, i) == ["a", "xt", "xt"]
    w.signal("g")
    assert opened(w, i) == ["yt"]
    assert not w.message("m")


def test_terminate_in_an_event_sub_process_ends_only_itself(place: Make) -> None:
    ending = el("subProcess", "x", trigger("startEvent", "xs", "message", isInterrupting=False), user("xt"), el("endEvent", "xe", "<terminateEventDefinition/>"), path("xs", "xt", "xe"), triggeredByEvent=True)
    w = place(start(), user("a"), path("s", "a"), ending)
    i = w.start("p")
    w.message("m")
    w.message("m")
    w.complete(i, "xt")
    assert opened(w, i) == ["a", "xt"]


def test_two_boundary_events_hear_one_signal_in_document_order(place: Make) -> None:
    def at(id: str, interrupting: bool) -> str:
        return trigger("boundaryEvent", id, "signal", attachedToRef="a", cancelActivity=interrupting)

    for events, expected in ((at("b1", False) + at("b2", True), ["h1", "h2"]), (at("b2", True) + at("b1", False), ["h2"])):
        w = place(start(), user("a"), events, user("h1"), user("h2"), path("s", "a"), path("b1", "h1"), path("b2", "h2"))
        i = w.start("p")
        w.signal("g")
        assert opened(w, i) == expected


# Throwing and multiple events ------------------------------------------------------------------------------------------------------------


def test_a_multiple_end_throws_all_its_results(place: Make) -> None:
    definition = '<signalEventDefinition signalRef="g"/><messageEventDefinition messageRef="m"/><escalationEventDefinition escalationRef="es"/>'
    inner = start("is") + el("endEvent", "te", definition) + path("is", "te")
    w = place(
        start(), el("parallelGateway", "fork"), trigger("intermediateCatchEvent", "cm", "message"), trigger("intermediateCatchEvent", "cg", "signal"), user("tm"), user("tg"),
        el("subProcess", "a", inner), trigger("boundaryEvent", "b", "escalation", attachedToRef="a", cancelActivity=False), user("h"), user("n"),
        path("s", "fork", "cm", "tm"), path("fork", "cg", "tg"), path("fork", "a", "n"), path("b", "h"),
    )
    assert opened(w, w.start("p")) == ["h", "n", "tg", "tm"]


@pytest.mark.parametrize("which", ["m", "g"])
def test_a_multiple_start_begins_by_any_of_its_triggers(place: Make, which: str) -> None:
    definition = '<signalEventDefinition signalRef="g"/><messageEventDefinition messageRef="m"/>'
    w = place(el("startEvent", "s", definition), user("a"), path("s", "a"))
    w.message("m") if which == "m" else w.signal("g")
    (i,) = w.instances
    assert opened(w, i) == ["a"]


@pytest.mark.parametrize("which", ["message", "signal", "timer"])
def test_a_multiple_boundary_happens_once_by_any_of_its_triggers(place: Make, which: str) -> None:
    definition = f'<signalEventDefinition signalRef="g"/><messageEventDefinition messageRef="m"/><timerEventDefinition>{duration("PT1H")}</timerEventDefinition>'
    w = place(start(), user("a"), el("boundaryEvent", "b", definition, attachedToRef="a"), user("h"), path("s", "a"), path("b", "h"))
    i = w.start("p")
    make_happen(w, i, which)
    assert opened(w, i) == ["h"]
    w.signal("g")
    w.advance(5 * HOUR)
    assert opened(w, i) == ["h"] and not w.message("m")


def test_a_parallel_multiple_boundary_needs_all_and_counts_anew(place: Make) -> None:
    definition = '<signalEventDefinition signalRef="g"/><messageEventDefinition messageRef="m"/>'
    w = place(start(), user("a"), el("boundaryEvent", "b", definition, attachedToRef="a", parallelMultiple=True, cancelActivity=False), user("h"), path("s", "a"), path("b", "h"))
    i = w.start("p")
    w.signal("g")
    w.signal("g")
    assert opened(w, i) == ["a"]
    w.message("m")
    assert opened(w, i) == ["a", "h"]
    w.message("m")
    assert opened(w, i) == ["a", "h"]
    w.signal("g")
    assert opened(w, i) == ["a", "h", "h"]


def test_a_signal_starts_every_process_and_wakes_every_instance(place: Make) -> None:
    waiting = process("q", start("qs"), trigger("intermediateCatchEvent", "qc", "signal"), user("qt"), path("qs", "qc", "qt"))
    starting = process("r", trigger("startEvent", "rs", "signal"), user("rt"), path("rs", "rt"))
    w = place(start(), throwing("signal", "t", "intermediateThrowEvent"), user("a"), path("s", "t", "a"), more=(waiting, starting))
    one, two = w.start("q"), w.start("q")
    i = w.start("p")
    assert (opened(w, i), opened(w, one), opened(w, two)) == (["a"], ["qt"], ["qt"])
    assert [held.head.process for held in w.instances.values()] == ["q", "q", "p", "r"]


def test_a_message_thrown_starts_a_process_and_brings_its_values(place: Make) -> None:
    told = '<extensionElements><zeebe:ioMapping><zeebe:input source="=n + 1" target="number"/></zeebe:ioMapping></extensionElements>'
    other = process("q", trigger("startEvent", "qs", "message"), user("qt"), path("qs", "qt"))
    w = place(start(), el("intermediateThrowEvent", "t", told, '<messageEventDefinition messageRef="m"/>'), user("a"), path("s", "t", "a"), more=(other,))
    w.start("p", {"n": 4})
    (_, j) = w.instances
    assert w.variables(j) == {"number": 5}


# Conditions ----------------------------------------------------------------------------------------------------------------------------


def test_a_condition_sees_a_change_in_its_own_scope_and_reacts_once(place: Make) -> None:
    w = place(start(), script("w", "x", "=x + 1"), el("exclusiveGateway", "g0"), user("a"), path("s", "g0", "w", "a"), flow("a", "g0"), event_sub("conditional", False))
    i = w.start("p", {"x": 0})
    assert opened(w, i) == ["a"]
    w.complete(i, "a")
    assert opened(w, i) == ["a", "xt"]
    w.complete(i, "a")  # still true: nothing new
    assert opened(w, i) == ["a", "xt"]


def test_a_condition_can_start_by_a_script_in_the_same_step(place: Make) -> None:
    catch = trigger("intermediateCatchEvent", "c", "conditional")
    w = place(start(), el("parallelGateway", "fork"), catch, user("a"), script("w", "x", "=2"), end(), path("s", "fork", "c", "a"), path("fork", "w", "e"))
    assert opened(w, w.start("p", {"x": 0})) == ["a"]


# Timers ----------------------------------------------------------------------------------------------------------------------------------


def test_a_cycle_at_the_boundary_fires_as_often_as_it_says_and_stops_with_its_task(place: Make) -> None:
    w = place(start(), user("a"), event("boundaryEvent", "b", "timer", "<timeCycle>R2/PT1H</timeCycle>", attachedToRef="a", cancelActivity=False), user("h"), end(), path("s", "a", "e"), path("b", "h"))
    i, j = w.start("p"), w.start("p")
    w.advance(HOUR)
    w.complete(j, "a")
    w.advance(5 * HOUR)
    assert (opened(w, i), opened(w, j)) == (["a", "h", "h"], ["h"])


def test_a_date_in_the_past_is_due_at_once(place: Make) -> None:
    w = place(start(), event("intermediateCatchEvent", "c", "timer", "<timeDate>2020-01-01T00:00:00Z</timeDate>"), user("a"), path("s", "c", "a"))
    i = w.start("p")
    w.advance(timedelta())
    assert opened(w, i) == ["a"]


# Links -----------------------------------------------------------------------------------------------------------------------------------


def test_several_throws_lead_to_one_link_and_links_stay_in_their_sub_process(place: Make) -> None:
    def link(tag: str, id: str) -> str:
        return el(tag, id, '<linkEventDefinition name="L"/>')

    inner = start("is") + link("intermediateThrowEvent", "it") + path("is", "it") + link("intermediateCatchEvent", "ic") + user("i") + path("ic", "i")
    w = place(
        start(), el("parallelGateway", "fork"), link("intermediateThrowEvent", "t1"), link("intermediateThrowEvent", "t2"), link("intermediateCatchEvent", "c"), user("a"),
        el("subProcess", "u", inner), path("s", "fork", "t1"), path("fork", "t2"), path("c", "a"), path("fork", "u"),
    )
    assert opened(w, w.start("p")) == ["a", "a", "i"]


# Terminate -------------------------------------------------------------------------------------------------------------------------------


def test_terminate_ends_calls_timers_and_event_sub_processes(place: Make) -> None:
    called = process("q", start("qs"), user("qt"), path("qs", "qt"))
    w = place(
        start(), el("parallelGateway", "fork"), el("callActivity", "k", calledElement="q"), user("a"), el("endEvent", "e", "<terminateEventDefinition/>"),
        trigger("intermediateCatchEvent", "c", "timer"), user("z"), path("s", "fork", "a", "e"), path("fork", "k"), path("fork", "c", "z"), event_sub("message", False), more=(called,),
    )
    i = w.start("p")
    w.message("m")
    child = next(id for id in w.instances if id != i)
    w.complete(i, "a")
    assert (state(w, i), state(w, child), opened(w, i)) == ("ended", "cancelled", [])


# Compensation ------------------------------------------------------------------------------------------------------------------------------


def undoable(id: str) -> str:
    return user(id) + el("boundaryEvent", f"c_{id}", "<compensateEventDefinition/>", attachedToRef=id) + user(f"undo_{id}", isForCompensation=True) + el(
        "association", f"as_{id}", sourceRef=f"c_{id}", targetRef=f"undo_{id}", associationDirection="One")


def order(world: World, instance: str) -> list[str]:
    """Open tasks in the order they were opened."""
    return [task.element for _, task in world.open_tasks(instance)]


COMPENSATE = "<compensateEventDefinition/>"


def test_what_a_sub_process_did_is_undone_when_it_is_over(place: Make) -> None:
    inner = start("is") + undoable("a") + undoable("b") + end("ie") + path("is", "a", "b", "ie")
    w = place(start(), el("subProcess", "u", inner), el("intermediateThrowEvent", "t", COMPENSATE), user("n"), path("s", "u", "t", "n"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "b")
    assert order(w, i) == ["undo_b", "undo_a"]
    w.complete(i, "undo_a")
    w.complete(i, "undo_b")
    assert opened(w, i) == ["n"]


def test_each_of_many_instances_is_undone(place: Make) -> None:
    many = '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>'
    undo = el("boundaryEvent", "c", COMPENSATE, attachedToRef="a") + user("undo", isForCompensation=True) + el("association", "as", sourceRef="c", targetRef="undo", associationDirection="One")
    w = place(start(), user("a", many), undo, el("endEvent", "e", COMPENSATE), path("s", "a", "e"))
    i = w.start("p")
    for _ in range(3):
        w.complete(i, "a")
    assert opened(w, i) == ["undo"] * 3
    for _ in range(3):
        w.complete(i, "undo")
    assert state(w, i) == "ended"


def test_a_sub_process_with_a_handler_of_its_own_is_undone_by_that_alone(place: Make) -> None:
    host = el("subProcess", "u", start("is") + undoable("a") + end("ie") + path("is", "a", "ie"))
    handler = el("boundaryEvent", "cu", COMPENSATE, attachedToRef="u") + user("undo_u", isForCompensation=True) + el("association", "asu", sourceRef="cu", targetRef="undo_u", associationDirection="One")
    w = place(start(), host, handler, el("intermediateThrowEvent", "t", COMPENSATE), user("n"), path("s", "u", "t", "n"))
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["undo_u"]


def test_what_was_done_twice_is_undone_twice(place: Make) -> None:
    w = place(start(), el("exclusiveGateway", "g0"), undoable("a"), el("exclusiveGateway", "g1", default="g1_t"), el("intermediateThrowEvent", "t", COMPENSATE), user("n"),
              path("s", "g0", "a", "g1", "t", "n"), flow("g1", "g0", "=again"))
    i = w.start("p")
    w.complete(i, "a", again=True)
    w.complete(i, "a", again=False)
    assert opened(w, i) == ["undo_a", "undo_a"]


def test_an_activity_that_did_not_complete_is_not_undone(place: Make) -> None:
    w = place(start(), el("parallelGateway", "fork"), undoable("a"), undoable("b"), user("go"), el("intermediateThrowEvent", "t", COMPENSATE), user("n"),
              path("s", "fork", "a"), path("fork", "b"), path("fork", "go", "t", "n"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "go")
    assert opened(w, i) == ["b", "undo_a"]
    w.complete(i, "undo_a")
    assert opened(w, i) == ["b", "n"]


def test_what_was_undone_is_not_undone_again(place: Make) -> None:
    w = place(start(), undoable("a"), el("intermediateThrowEvent", "t", COMPENSATE), el("endEvent", "e", COMPENSATE), path("s", "a", "t", "e"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "undo_a")
    assert state(w, i) == "ended"


def test_a_throw_that_does_not_wait_goes_on_at_once(place: Make) -> None:
    w = place(start(), undoable("a"), el("intermediateThrowEvent", "t", '<compensateEventDefinition waitForCompletion="false"/>'), user("n"), path("s", "a", "t", "n"))
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["n", "undo_a"]
    w.complete(i, "n")
    assert state(w, i) == "open"
    w.complete(i, "undo_a")
    assert state(w, i) == "ended"


# Transactions ------------------------------------------------------------------------------------------------------------------------------


def test_a_cancel_deep_inside_a_transaction_stops_all_in_it(place: Make) -> None:
    inner = el("subProcess", "in", start("iis"), user("k"), el("endEvent", "iie", "<cancelEventDefinition/>"), path("iis", "k", "iie"))
    parts = start("is") + el("parallelGateway", "ig") + undoable("a") + user("b") + inner + path("is", "ig", "a") + path("ig", "b") + path("ig", "in")
    w = place(start(), el("transaction", "tx", parts), el("boundaryEvent", "cb", "<cancelEventDefinition/>", attachedToRef="tx"), user("h"), user("n"), path("s", "tx", "n"), path("cb", "h"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "k")
    assert opened(w, i) == ["undo_a"]
    w.complete(i, "undo_a")
    assert opened(w, i) == ["h"]


def test_an_error_leaves_a_transaction_without_undoing(place: Make) -> None:
    parts = start("is") + undoable("a") + throwing("error") + path("is", "a", "te")
    w = place(start(), el("transaction", "tx", parts), trigger("boundaryEvent", "b", "error", attachedToRef="tx"), user("h"), path("s", "tx"), path("b", "h"))
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["h"]
