"""Gateways, loops, many instances, ad-hoc sub-processes, calls, data and correlation where the usual cases do not look. One tiny diagram each, built here."""
from __future__ import annotations

from typing import Any

import pytest

from tests.build import definitions, el, event, extension, flow, graphs, io, path, process, script, user
from tests.execution.test_events import HOUR, Make, end, opened, order, place, start, state, throwing, trigger  # noqa: F401 (the fixture)
from tests.execution.world import World


def many(cardinality: str, sequential: bool = False, until: str = "", more: str = "", **attributes: Any) -> str:
    condition = f"<completionCondition>{until}</completionCondition>" if until else ""
    return el("multiInstanceLoopCharacteristics", "", more + f"<loopCardinality>{cardinality}</loopCardinality>" + condition, isSequential=sequential, **attributes)


def over(collection: str, element: str = "item", sequential: bool = False, **zeebe: str) -> str:
    given = {"inputCollection": collection, "inputElement": element, **zeebe}
    return el("multiInstanceLoopCharacteristics", "", extension(el("zeebe:loopCharacteristics", **given)), isSequential=sequential)


# Gateways ------------------------------------------------------------------------------------------------------------------------------


def test_an_inclusive_join_in_a_loop_waits_in_every_round(place: Make) -> None:
    w = place(
        start(), el("exclusiveGateway", "back"), el("inclusiveGateway", "split"), user("a"), user("b"), el("inclusiveGateway", "join"), user("c"),
        el("exclusiveGateway", "again", default="again_e"), end(), path("s", "back", "split"), flow("split", "a", "=x"), flow("split", "b", "=y"),
        path("a", "join"), path("b", "join", "c", "again", "e"), flow("again", "back", "=more"),
    )
    i = w.start("p", {"x": True, "y": True, "more": True})
    for _ in range(2):
        w.complete(i, "a")
        assert opened(w, i) == ["b"]
        w.complete(i, "b")
        assert opened(w, i) == ["c"]
        w.complete(i, "c")
    assert opened(w, i) == ["a", "b"]
    w.complete(i, "a", more=False)
    w.complete(i, "b")
    w.complete(i, "c")
    assert state(w, i) == "ended"


@pytest.mark.parametrize("happened", [True, False])
def test_an_inclusive_join_waits_for_a_boundary_event_that_happened_and_for_no_other(place: Make, happened: bool) -> None:
    w = place(start(), user("a"), trigger("boundaryEvent", "b", "message", attachedToRef="a", cancelActivity=False), user("h"), el("inclusiveGateway", "j"), user("d"), path("s", "a", "j", "d"), path("b", "h", "j"))
    i = w.start("p")
    if happened:
        w.message("m")
    w.complete(i, "a")
    assert opened(w, i) == (["h"] if happened else ["d"])
    if happened:
        w.complete(i, "h")
        assert opened(w, i) == ["d"]


def test_an_inclusive_join_waits_for_a_sub_process(place: Make) -> None:
    w = place(
        start(), el("inclusiveGateway", "split"), user("a"), user("b"), el("subProcess", "u", start("us"), user("c"), path("us", "c")), el("inclusiveGateway", "j"), user("d"),
        path("s", "split"), flow("split", "a", "=true"), flow("split", "u", "=true"), flow("split", "b", "=false"), path("a", "j", "d"), path("u", "j"), path("b", "j"),
    )
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["c"]
    w.complete(i, "c")
    assert opened(w, i) == ["d"]


def test_two_inclusive_joins_that_wait_for_each_other_are_reported_as_stuck(place: Make) -> None:
    w = place(
        start(), el("parallelGateway", "fork"), el("inclusiveGateway", "j1"), el("inclusiveGateway", "j2"), user("a"), user("b"), user("c"), user("d"),
        el("exclusiveGateway", "x1", default="x1_e"), el("exclusiveGateway", "x2", default="x2_e"), end(),
        path("s", "fork", "a", "j1", "c", "x1", "e"), path("fork", "b", "j2", "d", "x2", "e"), flow("x1", "j2", "=n = 1"), flow("x2", "j1", "=n = 2"),
    )
    i = w.start("p", {"n": 0})
    w.complete(i, "a")
    assert opened(w, i) == ["b"]  # b could still reach j1
    w.complete(i, "b")
    assert [one.code for one in w.incidents(i)] == ["instance.stuck"]  # BPMN 2.0 §13.3.3 lets both wait; a person hears of it


def test_an_inclusive_split_without_a_true_condition_takes_its_default(place: Make) -> None:
    w = place(start(), el("inclusiveGateway", "gw", default="gw_c"), user("a"), user("b"), user("c"), path("s", "gw"), flow("gw", "a", "=x > 1"), flow("gw", "b", "=x > 2"), flow("gw", "c"))
    assert [opened(w, w.start("p", {"x": x})) for x in (0, 2, 3)] == [["c"], ["a"], ["a", "b"]]


def test_a_complex_gateway_counts_two_of_three_and_starts_anew(place: Make) -> None:
    gate = el("complexGateway", "gw", "<activationCondition>=activationCount >= 2</activationCondition>".replace(">= 2", "&gt;= 2"))
    w = place(start(), el("parallelGateway", "fork"), user("a"), user("b"), user("c"), gate, user("d"), path("s", "fork", "a", "gw", "d"), path("fork", "b", "gw"), path("fork", "c", "gw"))
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["b", "c"]
    w.complete(i, "b")
    assert opened(w, i) == ["c", "d"]
    w.complete(i, "c")
    assert opened(w, i) == ["d"]
    w.complete(i, "d")
    assert state(w, i) == "ended"


def test_an_exclusive_event_gateway_starts_one_instance_by_whichever_comes_first(place: Make) -> None:
    w = place(
        el("eventBasedGateway", "gw", instantiate=True), trigger("intermediateCatchEvent", "c1", "message"), event("intermediateCatchEvent", "c2", "message", ref="m2"), user("a"), user("b"),
        path("gw", "c1", "a"), path("gw", "c2", "b"),
    )
    assert w.message("m2")
    (i,) = w.instances
    assert opened(w, i) == ["b"]
    assert w.message("m")  # another instance: the first does not wait for it
    assert [opened(w, one) for one in w.instances] == [["b"], ["a"]]


@pytest.mark.parametrize("kind", ["message", "signal", "timer", "conditional", "receive"])
def test_each_kind_of_event_behind_a_gateway(place: Make, kind: str) -> None:
    one = el("receiveTask", "c", messageRef="m") if kind == "receive" else trigger("intermediateCatchEvent", "c", kind)
    other = event("intermediateCatchEvent", "o", "signal", ref="g2")
    w = place(start(), el("parallelGateway", "fork"), user("set"), el("eventBasedGateway", "gw"), one, other, user("a"), user("b"), path("s", "fork", "gw"), path("fork", "set"), path("gw", "c", "a"), path("gw", "o", "b"))
    i = w.start("p", {"x": 0})
    match kind:
        case "message" | "receive":
            w.message("m")
        case "signal":
            w.signal("g")
        case "timer":
            w.advance(HOUR)
        case _:
            w.complete(i, "set", x=2)
    assert [each for each in opened(w, i) if each != "set"] == ["a"]
    w.signal("g2")
    assert [each for each in opened(w, i) if each != "set"] == ["a"]


def test_a_parallel_join_counts_a_token_from_each_flow_not_two_from_one(place: Make) -> None:
    w = place(start(), el("parallelGateway", "f"), user("a"), user("b"), el("exclusiveGateway", "mg"), user("c"), el("parallelGateway", "j"), user("d"),
              path("s", "f", "a", "mg", "j", "d"), path("f", "b", "mg"), path("f", "c", "j"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "b")
    assert opened(w, i) == ["c"]
    w.complete(i, "c")
    assert opened(w, i) == ["d"]


# Many instances and loops ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [True, False])
def test_a_sub_process_for_each_item_keeps_its_own_variables(place: Make, sequential: bool) -> None:
    inner = over("=items", sequential=sequential, outputCollection="all", outputElement="=twice") + start("is") + script("w", "twice", "=item * 2") + user("i") + path("is", "w", "i")
    w = place(start(), el("subProcess", "a", inner), end(), path("s", "a", "e"))
    i = w.start("p", {"items": [1, 2, 3]})
    for _ in range(3):
        w.complete(i, "i")
    assert (state(w, i), w.variables(i)["all"]) == ("ended", [2, 4, 6])
    assert "twice" not in w.variables(i)


@pytest.mark.parametrize("sequential", [True, False])
def test_a_call_for_each_item(place: Make, sequential: bool) -> None:
    call = el("callActivity", "a", extension(el("zeebe:calledElement", processId="q"), io({}, {"got": "=answer"})), over("=items", sequential=sequential, outputCollection="all", outputElement="=got"))
    w = place(start(), call, end(), path("s", "a", "e"), more=(process("q", start("qs"), user("qt"), script("qw", "answer", "=item + n"), path("qs", "qt", "qw")),))
    i = w.start("p", {"items": [10, 20]})
    assert opened(w, i) == (["qt"] if sequential else ["qt", "qt"])
    w.complete(i, "qt", n=1)
    w.complete(i, "qt", n=2)
    assert (state(w, i), w.variables(i)["all"]) == ("ended", [11, 22])


def test_an_error_out_of_one_of_many_instances_ends_them_all(place: Make) -> None:
    inner = many("3") + start("is") + user("i") + el("exclusiveGateway", "x", default="x_ie") + end("ie") + throwing("error") + path("is", "i", "x", "ie") + flow("x", "te", "=bad")
    w = place(start(), el("subProcess", "a", inner), trigger("boundaryEvent", "b", "error", attachedToRef="a"), user("h"), user("n"), path("s", "a", "n"), path("b", "h"))
    i = w.start("p")
    w.complete(i, "i", bad=False)
    assert opened(w, i) == ["i", "i"]
    w.complete(i, "i", bad=True)
    assert opened(w, i) == ["h"]


def test_many_instances_inside_many_instances(place: Make) -> None:
    inner = el("subProcess", "a", over("=rows", "row", outputCollection="sums", outputElement="=sum(cells)"), start("is"),
               user("t", over("=row", "cell", outputCollection="cells", outputElement="=n * cell")), end("ie"), path("is", "t", "ie"))
    w = place(start(), inner, end(), path("s", "a", "e"))
    i = w.start("p", {"rows": [[1, 2], [3]]})
    assert opened(w, i) == ["t", "t", "t"]
    for _ in range(3):
        w.complete(i, "t", n=10)
    assert (state(w, i), w.variables(i)["sums"]) == ("ended", [30, 30])


def test_sequential_instances_stop_at_their_condition(place: Make) -> None:
    w = place(start(), user("a", many("5", sequential=True, until="=numberOfCompletedInstances = 2")), user("b"), path("s", "a", "b"))
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["a"]
    w.complete(i, "a")
    assert opened(w, i) == ["b"]


@pytest.mark.parametrize("count", ["0", "=0"])
def test_no_instance_is_no_wait(place: Make, count: str) -> None:
    w = place(start(), user("a", many(count)), user("b"), path("s", "a", "b"))
    assert opened(w, w.start("p")) == ["b"]


def test_all_throws_nothing_on_the_way(place: Make) -> None:
    """behavior All, the default: no event, one token at the end."""
    w = place(start(), user("a", many("2", behavior="All")), user("b"), path("s", "a", "b"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "a")
    assert opened(w, i) == ["b"]


@pytest.mark.parametrize(("test_before", "maximum", "condition", "rounds"), [
    (False, "", "=loopCounter &lt; 3", 3), (True, "", "=n &lt; 3", 3), (False, "2", "=true", 2), (False, "4", "", 4), (True, "2", "=true", 2), (True, "", "=false", 0), (False, "", "=false", 1),
])
def test_a_loop_runs_as_often_as_its_condition_and_maximum_say(place: Make, test_before: bool, maximum: str, condition: str, rounds: int) -> None:
    given: dict[str, Any] = {"testBefore": test_before} | ({"loopMaximum": maximum} if maximum else {})
    loop = el("standardLoopCharacteristics", "", *([f"<loopCondition>{condition}</loopCondition>"] if condition else []), **given)
    w = place(start(), script("a", "n", "=n + 1").replace("</extensionElements>", "</extensionElements>" + loop), user("b"), path("s", "a", "b"))
    i = w.start("p", {"n": 0})
    assert (opened(w, i), w.variables(i)["n"]) == (["b"], rounds)


def test_a_looped_sub_process_is_interrupted_as_one(place: Make) -> None:
    loop = "<standardLoopCharacteristics><loopCondition>=true</loopCondition></standardLoopCharacteristics>"
    w = place(start(), el("subProcess", "a", loop, start("is"), user("i"), path("is", "i")), trigger("boundaryEvent", "b", "message", attachedToRef="a"), user("h"), path("s", "a"), path("b", "h"))
    i = w.start("p")
    w.complete(i, "i")
    assert opened(w, i) == ["i"]
    w.message("m")
    assert opened(w, i) == ["h"]


# Ad-hoc ------------------------------------------------------------------------------------------------------------------------------------


def ad_hoc(*inside: str, until: str = "", ordering: str = "Parallel", cancel: bool = True) -> str:
    condition = f"<completionCondition>{until}</completionCondition>" if until else ""
    return el("adHocSubProcess", "a", *inside, condition, ordering=ordering, cancelRemainingInstances=cancel)


def test_ad_hoc_without_condition_does_everything_once(place: Make) -> None:
    w = place(start(), ad_hoc(user("x"), user("y"), user("z"), flow("y", "z")), user("n"), path("s", "a", "n"))
    i = w.start("p")
    assert opened(w, i) == ["x", "y"]
    w.complete(i, "y")
    assert opened(w, i) == ["x", "z"]
    w.complete(i, "x")
    w.complete(i, "z")
    assert opened(w, i) == ["n"]


@pytest.mark.parametrize("cancel", [True, False])
def test_ad_hoc_with_a_condition_cancels_or_waits_for_the_rest(place: Make, cancel: bool) -> None:
    w = place(start(), ad_hoc(user("x"), user("y"), until="=enough", cancel=cancel), user("n"), path("s", "a", "n"))
    i = w.start("p", {"enough": False})
    w.complete(i, "x", enough=True)
    assert opened(w, i) == (["n"] if cancel else ["y"])
    if not cancel:
        w.complete(i, "y")
        assert opened(w, i) == ["n"]


def test_ad_hoc_sequential_does_one_after_the_other(place: Make) -> None:
    w = place(start(), ad_hoc(user("x"), user("y"), user("z"), ordering="Sequential", until="=enough"), user("n"), path("s", "a", "n"))
    i = w.start("p", {"enough": False})
    assert opened(w, i) == ["x"]
    w.complete(i, "x")
    assert opened(w, i) == ["y"]
    w.complete(i, "y", enough=True)
    assert opened(w, i) == ["n"]


def test_a_boundary_event_inside_an_ad_hoc_sub_process_goes_on_in_it(place: Make) -> None:
    w = place(start(), ad_hoc(user("x"), trigger("boundaryEvent", "b", "message", attachedToRef="x"), user("h"), path("b", "h"), user("y")), user("n"), path("s", "a", "n"))
    i = w.start("p")
    w.message("m")
    assert opened(w, i) == ["h", "y"]
    w.complete(i, "h")
    w.complete(i, "y")
    assert opened(w, i) == ["n"]


def test_ad_hoc_is_interrupted_by_its_boundary(place: Make) -> None:
    w = place(start(), ad_hoc(user("x"), user("y")), trigger("boundaryEvent", "b", "timer", attachedToRef="a"), user("h"), path("s", "a"), path("b", "h"))
    i = w.start("p")
    w.advance(HOUR)
    assert opened(w, i) == ["h"]


# Calls -------------------------------------------------------------------------------------------------------------------------------------


def test_a_global_task_can_be_called(place: Make) -> None:
    called = el("globalUserTask", "gt", name="ask")
    w = place(start(), el("callActivity", "k", calledElement="gt"), user("n"), path("s", "k", "n"), more=(called,))
    i = w.start("p")
    assert opened(w, i) == ["gt"]
    w.complete(i, "gt")
    assert opened(w, i) == ["n"]


@pytest.mark.parametrize(("up", "down"), [(True, True), (False, True), (True, False), (False, False)])
def test_what_a_call_hands_over(place: Make, up: bool, down: bool) -> None:
    call = el("callActivity", "k", extension(el("zeebe:calledElement", processId="q", propagateAllParentVariables=down, propagateAllChildVariables=up), io({"given": "=a + 1"}, {})))
    w = place(start(), call, user("n"), path("s", "k", "n"), more=(process("q", start("qs"), user("qt"), path("qs", "qt")),))
    i = w.start("p", {"a": 1})
    child = next(id for id in w.instances if id != i)
    assert w.variables(child) == ({"a": 1, "given": 2} if down else {"given": 2})
    w.complete(i, "qt", answer=7)
    assert ("answer" in w.variables(i)) is up


def test_a_call_of_a_call_hands_an_error_up_until_somebody_catches_it(place: Make) -> None:
    r = process("r", start("rs"), throwing("error", "re"), path("rs", "re"))
    q = process("q", start("qs"), el("callActivity", "qk", calledElement="r"), path("qs", "qk"))
    w = place(start(), el("callActivity", "k", calledElement="q"), trigger("boundaryEvent", "b", "error", attachedToRef="k"), user("h"), path("s", "k"), path("b", "h"), more=(q, r))
    i = w.start("p")
    assert opened(w, i) == ["h"]
    assert [state(w, id) for id in w.instances] == ["open", "failed", "failed"]


def test_which_process_is_called_may_depend(place: Make) -> None:
    call = el("callActivity", "k", extension(el("zeebe:calledElement", processId="=which")))
    w = place(start(), call, path("s", "k"), more=(process("q", start("qs"), user("qt"), path("qs", "qt")), process("r", start("rs"), user("rt"), path("rs", "rt"))))
    assert [opened(w, w.start("p", {"which": which})) for which in ("q", "r")] == [["qt"], ["rt"]]


# Data and messages ---------------------------------------------------------------------------------------------------------------------------


def test_properties_and_data_objects_belong_to_their_body(place: Make) -> None:
    inner = el("property", "inside", name="inside") + start("is") + script("w", "inside", "=5") + user("i") + path("is", "w", "i")
    w = place(el("property", "prop", name="kept"), el("dataObject", "d", name="sheet"), start(), el("subProcess", "u", inner), end(), path("s", "u", "e"))
    i = w.start("p")
    w.complete(i, "i", sheet="S", kept=1)
    assert {name: value for name, value in w.variables(i).items() if name not in ("outcome", "opinion", "completed_by")} == {"kept": 1, "sheet": "S"}


def correlated(id: str = "m3") -> str:
    return el("message", id, extension(el("zeebe:subscription", correlationKey="=key")), name=id)


def test_a_message_finds_the_instance_of_its_key(place: Make) -> None:
    w = place(start(), event("intermediateCatchEvent", "c", "message", ref="m3"), user("a"), path("s", "c", "a"), more=(correlated(),))
    one, two = w.start("p", {"key": "1"}), w.start("p", {"key": 2})
    assert not w.message("m3", correlation="9")
    assert w.message("m3", {"got": "x"}, correlation="2")
    assert (opened(w, one), opened(w, two), w.variables(two)["got"]) == ([], ["a"], "x")


def test_a_message_without_key_value_is_an_incident(place: Make) -> None:
    w = place(start(), event("intermediateCatchEvent", "c", "message", ref="m3"), user("a"), path("s", "c", "a"), more=(correlated(),))
    i = w.start("p")
    assert [(one.element, one.code) for one in w.incidents(i)] == [("c", "message.no_correlation")]


def test_a_message_is_taken_by_one_instance_only(place: Make) -> None:
    w = place(start(), trigger("intermediateCatchEvent", "c", "message"), user("a"), path("s", "c", "a"))
    one, two = w.start("p"), w.start("p")
    w.message("m")
    assert (opened(w, one), opened(w, two)) == (["a"], [])


def test_a_receive_task_with_a_boundary_timer(place: Make) -> None:
    w = place(start(), el("receiveTask", "r", messageRef="m"), trigger("boundaryEvent", "b", "timer", attachedToRef="r"), user("h"), user("n"), path("s", "r", "n"), path("b", "h"))
    one, two = w.start("p"), w.start("p")
    w.message("m")
    w.advance(HOUR)
    assert (opened(w, one), opened(w, two)) == (["n"], ["h"])


def test_a_send_task_reaches_a_receive_task_beside_it(place: Make) -> None:
    w = place(start(), el("parallelGateway", "f"), el("receiveTask", "r", messageRef="m"), el("sendTask", "d", messageRef="m"), user("a"), user("b"), path("s", "f", "r", "a"), path("f", "d", "b"))
    assert opened(w, w.start("p")) == ["a", "b"]


def test_start_quantity_gathers_and_completion_quantity_multiplies(place: Make) -> None:
    w = place(start(), el("task", "t", completionQuantity=3), user("a", startQuantity=3), path("s", "t", "a"))
    assert opened(w, w.start("p")) == ["a"]
    v = place(start(), el("task", "t", completionQuantity=3), user("a"), path("s", "t", "a"))
    assert opened(v, v.start("p")) == ["a"] * 3


def test_all_begins_without_a_start_event_are_taken(place: Make) -> None:
    w = place(user("a"), user("b"), user("c"), path("b", "c"))
    i = w.start("p")
    assert opened(w, i) == ["a", "b"]
    assert order(w, i) == ["a", "b"]


def test_of_several_none_starts_the_first_begins() -> None:
    w = World(graphs(definitions(process("p", start("s1"), start("s2"), user("a"), user("b"), path("s1", "a"), path("s2", "b")))))
    assert opened(w, w.start("p")) == ["a"]
