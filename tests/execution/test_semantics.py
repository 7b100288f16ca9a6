"""One tiny diagram a question of BPMN semantics, each run in memory and reloaded from text before every step."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine import commands as c
from engine.engine import replay
from engine.facts import RecordedFacts
from engine.refusals import Refused
from tests.build import diagram
from tests.execution.world import EPOCH, World

HOUR = timedelta(hours=1)
Place = Callable[..., World]


@pytest.fixture(params=["in memory", "reloaded"])
def place(request: pytest.FixtureRequest) -> Place:
    def make(name: str, **more: Any) -> World:
        definitions = {key: more.pop(key) for key in ("forms", "operations", "decisions") if key in more}
        return World(diagram(name, **definitions), reload=request.param == "reloaded", record=True, **more)

    return make


def opened(world: World, instance: str) -> list[str]:
    return sorted(task.element for _, task in world.open_tasks(instance))


def state(world: World, instance: str) -> str:
    return world.instances[instance].head.state


# Flows and gateways --------------------------------------------------------------------------------------------------------------------


def test_a_task_with_several_flows_forks(place: Place) -> None:
    w = place("does_a_task_with_several_flows_fork")
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["b", "c"]
    w.complete(i, "b")
    assert state(w, i) == "open"
    w.complete(i, "c")
    assert state(w, i) == "ended"


@pytest.mark.parametrize(("amount", "expected"), [(11, ["b", "c"]), (10, ["c"])])
def test_a_condition_on_a_flow_from_a_task_is_kept(place: Place, amount: int, expected: list[str]) -> None:
    w = place("is_a_condition_on_a_flow_from_a_task_kept")
    i = w.start("p")
    w.complete(i, "a", amount=amount)
    assert opened(w, i) == expected


@pytest.mark.parametrize(("x", "expected"), [(1, ["b", "c"]), (2, ["c", "d"])])
def test_the_default_flow_stands_beside_unconditional_ones_when_no_condition_holds(place: Place, x: int, expected: list[str]) -> None:
    w = place("does_the_default_flow_stand_beside_unconditional_ones")
    i = w.start("p", {"x": x})
    w.complete(i, "a")
    assert opened(w, i) == expected


def test_a_choice_without_answer_is_an_incident_that_can_be_retried(place: Place) -> None:
    w = place("what_if_no_condition_holds")
    i = w.start("p", {"x": 3})
    (incident,) = w.incidents(i)
    assert (incident.element, incident.code) == ("g", "flow.none_open")
    w.send(i, c.RetryIncident("ann", incident.id, {"x": 2}))
    assert (opened(w, i), w.incidents(i)) == (["b"], [])


def test_a_condition_that_is_null_is_an_incident_not_false(place: Place) -> None:
    w = place("what_if_no_condition_holds")
    i = w.start("p", {})
    assert [(one.element, one.code) for one in w.incidents(i)] == [("g", "flow.none_open")]  # null = 1 is false in FEEL
    w2 = place("which_of_two_true_conditions_wins")
    j = w2.start("p", {})
    assert [(one.element, one.code) for one in w2.incidents(j)] == [("g", "expression.not_boolean")]  # null > 1 is null


def test_the_first_true_condition_in_document_order_wins(place: Place) -> None:
    w = place("which_of_two_true_conditions_wins")
    i = w.start("p", {"x": 5})
    assert opened(w, i) == ["a"]


def test_two_tokens_through_a_merge_run_the_task_twice_and_keep_all_data(place: Place) -> None:
    w = place("do_two_tokens_run_a_task_twice")
    i = w.start("p")
    w.complete(i, "a", first=1)
    w.complete(i, "b", second=2)
    assert opened(w, i) == ["c", "c"]
    w.complete(i, "c")
    w.complete(i, "c")
    assert state(w, i) == "ended"
    assert (w.variables(i)["first"], w.variables(i)["second"]) == (1, 2)
    assert [element for _, element in w.trace].count("c") == 2


def test_a_parallel_join_keeps_what_other_branches_wrote(place: Place) -> None:
    w = place("does_a_parallel_join_keep_what_other_branches_wrote")
    i = w.start("p", {"amount": 100, "list": ["a", "b", "c"], "deep": {"k": [1]}})
    w.complete(i, "a", amount=250, list=["d", "e"])
    w.complete(i, "b")
    assert (w.variables(i)["amount"], w.variables(i)["list"], w.variables(i)["deep"]) == (250, ["d", "e"], {"k": [1]})


def test_a_surplus_token_waits_at_a_parallel_join_and_is_reported_as_stuck(place: Place) -> None:
    w = place("does_a_parallel_join_keep_surplus_tokens")
    i = w.start("p")
    for element in ("a", "b", "c"):
        w.complete(i, element)
    assert opened(w, i) == ["d"]
    w.complete(i, "d")
    assert [one.code for one in w.incidents(i)] == ["instance.stuck"]


@pytest.mark.parametrize(("a", "b", "steps"), [(True, True, ["a", "b"]), (True, False, ["a"]), (False, False, ["c"])])
def test_an_inclusive_join_waits_for_exactly_the_branches_taken(place: Place, a: bool, b: bool, steps: list[str]) -> None:
    w = place("does_an_inclusive_join_wait_for_what_may_come")
    i = w.start("p", {"a": a, "b": b})
    for element in steps:
        assert "d" not in opened(w, i)
        w.complete(i, element)
    assert opened(w, i) == ["d"]


def test_an_inclusive_join_sees_a_token_in_a_loop_before_it(place: Place) -> None:
    w = place("does_an_inclusive_join_see_a_token_in_a_loop_before_it")
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "b", again=True)
    assert opened(w, i) == ["b"]
    w.complete(i, "b", again=False)
    assert opened(w, i) == ["d"]


def test_an_inclusive_join_goes_on_when_the_other_branch_ends_elsewhere(place: Place) -> None:
    w = place("does_an_inclusive_join_go_on_when_a_branch_ends")
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["b"]
    w.complete(i, "b", stop=True)
    assert opened(w, i) == ["d"]


def test_a_complex_gateway_goes_on_at_its_condition_and_swallows_late_tokens(place: Place) -> None:
    w = place("does_a_complex_gateway_swallow_late_tokens")
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["b", "c"]
    w.complete(i, "b")
    assert opened(w, i) == ["c", "d"]
    w.complete(i, "c")
    assert opened(w, i) == ["d"]
    w.complete(i, "d")
    assert state(w, i) == "ended"


def test_the_first_event_behind_a_gateway_wins_and_each_timer_has_its_own_moment(place: Place) -> None:
    w = place("does_the_first_event_behind_a_gateway_win")
    i, j = w.start("p"), w.start("p")
    assert w.message("answer")
    assert opened(w, i) == ["c"]
    w.advance(HOUR)
    assert (opened(w, i), opened(w, j)) == (["c"], ["a"])
    w.advance(3 * HOUR)
    assert opened(w, j) == ["a"]


def test_a_link_carries_the_token(place: Place) -> None:
    w = place("does_a_link_carry_the_token")
    assert opened(w, w.start("p")) == ["a"]


# Events ---------------------------------------------------------------------------------------------------------------------------------


def test_a_signal_at_an_end_event_reaches_its_own_instance_and_others(place: Place) -> None:
    w = place("is_a_signal_at_an_end_event_thrown")
    i, j = w.start("p"), w.start("p")
    w.complete(i, "b")
    assert (opened(w, i), opened(w, j)) == (["a"], ["a", "b"])


def test_an_error_event_sub_process_waits_for_its_error(place: Place) -> None:
    w = place("does_an_event_sub_process_wait_for_its_error")
    i, j = w.start("p"), w.start("p")
    assert opened(w, i) == ["a"]
    w.complete(i, "a", bad=True)
    assert opened(w, i) == ["h"]
    w.complete(j, "a", bad=False)
    assert state(w, j) == "ended"


def test_event_sub_processes_interrupt_or_run_beside_and_leave_the_definition_alone(place: Place) -> None:
    w = place("does_an_event_sub_process_interrupt")
    i = w.start("p")
    w.message("note")
    w.message("note")
    assert opened(w, i) == ["a", "k", "k"]
    w.message("stop")
    assert opened(w, i) == ["h"]
    assert not w.message("note")
    w.complete(i, "h")
    assert state(w, i) == "ended"
    j = w.start("p")
    w.complete(j, "a")
    assert state(w, j) == "ended"


def test_an_undue_timer_does_not_keep_the_process_open(place: Place) -> None:
    w = place("does_an_undue_timer_keep_the_process_open")
    i = w.start("p")
    w.complete(i, "a")
    assert state(w, i) == "ended"
    w.advance(timedelta(days=3))
    assert opened(w, i) == []


def test_boundary_timers_run_beside_or_interrupt(place: Place) -> None:
    w = place("does_a_boundary_event_interrupt")
    i = w.start("p")
    w.advance(HOUR)
    assert opened(w, i) == ["a", "n"]
    w.advance(HOUR)
    assert opened(w, i) == ["h", "n"]
    assert "a" not in [element for _, element in w.trace]


def test_an_uncaught_error_is_a_failure(place: Place) -> None:
    w = place("is_an_uncaught_error_a_failure")
    i = w.start("p")
    w.complete(i, "a")
    assert (state(w, i), w.instances[i].head.outcome) == ("failed", "E1")


@pytest.mark.parametrize(("which", "expected"), [(1, "h1"), (2, "h2")])
def test_an_error_goes_to_the_innermost_boundary_that_names_it(place: Place, which: int, expected: str) -> None:
    w = place("which_error_boundary_catches")
    i = w.start("p")
    w.complete(i, "a", which=which)
    assert opened(w, i) == [expected]


def test_an_escalation_goes_on_beside_its_handler(place: Place) -> None:
    w = place("does_an_escalation_go_on_beside_its_handler")
    assert opened(w, w.start("p")) == ["a", "h"]


def test_compensation_runs_the_handlers_of_what_completed_before_the_throw_goes_on(place: Place) -> None:
    w = place("is_compensation_done_backwards")
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "b")
    assert [task.element for _, task in w.open_tasks(i)] == ["undo_b", "undo_a"]
    w.complete(i, "undo_b")
    assert opened(w, i) == ["undo_a"]
    w.complete(i, "undo_a")
    assert opened(w, i) == ["c"]


def test_a_cancelled_transaction_undoes_its_work_then_takes_the_cancel_boundary(place: Place) -> None:
    w = place("does_a_cancelled_transaction_undo_its_work")
    i, j = w.start("p"), w.start("p")
    w.complete(i, "a", bad=True)
    assert opened(w, i) == ["undo_a"]
    w.complete(i, "undo_a")
    assert opened(w, i) == ["h"]
    w.complete(j, "a", bad=False)
    assert opened(w, j) == ["k"]


def test_terminate_ends_only_its_scope(place: Place) -> None:
    w = place("does_terminate_end_only_its_scope")
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["c"]


def test_a_condition_happens_when_a_variable_makes_it_true(place: Place) -> None:
    w = place("does_a_condition_happen_when_it_becomes_true")
    i = w.start("p", {"amount": 1})
    assert opened(w, i) == ["a"]
    w.complete(i, "a", amount=101)
    assert opened(w, i) == ["b", "c"]


def test_one_message_wakes_one_receiver(place: Place) -> None:
    w = place("does_one_message_wake_one_receiver")
    i = w.start("p", {"number": "7"})
    assert not w.message("paper", correlation="8")
    assert w.message("paper", {"title": "x"}, "7")
    assert opened(w, i) == ["a"]
    assert w.message("paper", {}, "7")
    assert opened(w, i) == ["a", "b"]
    assert not w.message("paper", {}, "7")
    assert w.variables(i)["title"] == "x"


def test_a_message_waits_for_its_receiver_as_long_as_the_diagram_says(place: Place) -> None:
    w = place("how_long_does_a_message_wait")
    w.start("speaker", {"case": "7"})
    w.advance(timedelta(days=2) - HOUR)
    i, j = w.start("listener", {"case": "7"}), w.start("listener", {"case": "7"})
    assert (opened(w, i), opened(w, j), w.variables(i)["said"]) == (["a"], [], "yes")
    w.start("speaker", {"case": "8"})
    w.advance(timedelta(days=2))
    k = w.start("listener", {"case": "8"})
    assert (opened(w, k), w.expired) == ([], ["word"])


def test_a_message_without_time_to_live_waits_thirty_days(place: Place) -> None:
    w = place("how_long_does_a_message_wait")
    w.start("talker")
    w.advance(timedelta(days=30) - HOUR)
    assert opened(w, w.start("hearer")) == ["b"]


def test_all_events_of_a_parallel_multiple_have_to_come(place: Place) -> None:
    w = place("do_all_events_of_a_parallel_multiple_have_to_come")
    i = w.start("p")
    w.message("two")
    assert opened(w, i) == []
    w.message("one")
    assert opened(w, i) == ["a"]


def test_a_parallel_event_gateway_starts_the_instance_and_waits_for_the_others(place: Place) -> None:
    w = place("can_an_instance_start_at_an_event_gateway")
    assert w.message("two")
    (i,) = w.instances
    assert opened(w, i) == ["b"]
    assert w.message("one")
    assert opened(w, i) == ["a", "b"]


def test_a_start_timer_waits_outside(place: Place) -> None:
    w = place("does_a_start_timer_wait_outside")
    assert list(w.instances) == []
    w.advance(10 * HOUR)
    assert [opened(w, i) for i in w.instances] == [["a"], ["a"]]


def test_a_cycle_that_was_missed_catches_up_once(place: Place) -> None:
    w = place("does_a_cycle_catch_up_once")
    i = w.start("p")
    w.now += 10 * HOUR + timedelta(minutes=30)
    w.advance(timedelta())
    assert opened(w, i) == ["a", "n"]
    w.advance(timedelta(minutes=30))
    assert opened(w, i) == ["a", "n", "n"]


# Many instances, loops, ad-hoc -------------------------------------------------------------------------------------------------------------


def test_results_of_parallel_instances_stand_in_the_order_of_the_items(place: Place) -> None:
    w = place("do_parallel_instances_keep_their_order")
    i = w.start("p", {"items": [10, 20, 30]})
    for task, answer in (("t3", 3), ("t1", 1), ("t2", 2)):
        w.send(i, c.Complete("ann", task, answers={"answer": answer}))
    assert opened(w, i) == ["b"]
    assert w.variables(i)["results"] == [11, 22, 33]
    assert "answer" not in w.variables(i)


def test_no_items_pass_straight_on(place: Place) -> None:
    w = place("do_parallel_instances_keep_their_order")
    i = w.start("p", {"items": []})
    assert (opened(w, i), w.variables(i)["results"]) == (["b"], [])


def test_a_collection_that_is_no_list_is_an_incident(place: Place) -> None:
    w = place("do_parallel_instances_keep_their_order")
    i = w.start("p", {"items": "x"})
    assert [(one.element, one.code) for one in w.incidents(i)] == [("a", "multi.not_a_list")]
    w.send(i, c.RetryIncident("ann", "i1", {"items": [1]}))
    assert opened(w, i) == ["a"]


def test_sequential_instances_survive_a_null_item(place: Place) -> None:
    w = place("do_sequential_instances_survive_a_null_item")
    i = w.start("p", {"items": [1, None, 3]})
    for answer in ("x", "y", "z"):
        assert opened(w, i) == ["a"]
        w.complete(i, "a", answer=answer)
    assert (state(w, i), w.variables(i)["results"]) == ("ended", ["x", "y", "z"])


def test_a_completion_condition_sees_counters_and_the_tally_and_the_rest_stops(place: Place) -> None:
    w = place("does_a_completion_condition_see_counters_and_tally")
    i = w.start("p", {"items": [1, 2, 3, 4, 5]})
    for outcome in ("approve", "reject", "approve"):
        w.complete(i, "a", outcome)
        assert opened(w, i) != ["b"]
    w.complete(i, "a", "approve")
    assert opened(w, i) == ["b"]


def test_instances_that_end_in_the_step_of_the_condition_do_not_count_any_more(place: Place) -> None:
    w = place("do_instances_of_one_step_count_beyond_the_condition")
    i = w.start("p", {"items": [1, 2, 3]})
    assert (opened(w, i), w.variables(i)["out"]) == (["b"], [10, 20, None])
    counts = [event.data["mi"] for event in w.told if type(event).__name__ == "Noted" and "mi" in event.data]
    assert counts[-1] == {"n": 3, "done": 2, "active": 0, "terminated": 1, "next": 3}
    assert [element for _, element in w.trace].count("a") == 2


def test_a_boundary_event_on_many_instances_stops_them_all(place: Place) -> None:
    w = place("are_partial_results_kept_at_a_boundary")
    i = w.start("p", {"items": [1, 2, 3]})
    w.complete(i, "a", kept="yes")
    w.advance(HOUR)
    assert opened(w, i) == ["h"]
    assert w.variables(i)["kept"] == "yes"


def test_many_instances_stop_together(place: Place) -> None:
    w = place("are_partial_results_kept_at_a_boundary")
    i = w.start("p", {"items": list(range(120))})
    w.complete(i, "a")
    w.advance(HOUR)
    assert opened(w, i) == ["h"]
    assert w.instances[i].head.counters["live"] == 1


def test_a_loop_sees_what_the_last_round_wrote(place: Place) -> None:
    w = place("does_a_loop_see_what_the_last_round_wrote")
    i = w.start("p", {"list": []})
    w.complete(i, "a", list=["x"])
    w.complete(i, "a", list=["x", "y"])
    assert opened(w, i) == ["a"]
    w.complete(i, "a", list=["x", "y", "z"])
    assert opened(w, i) == ["b"]


def test_a_sequential_ad_hoc_sub_process_keeps_its_order_until_it_has_enough(place: Place) -> None:
    w = place("does_an_ad_hoc_sub_process_keep_its_order")
    i = w.start("p", {"enough": False})
    assert opened(w, i) == ["a"]
    w.complete(i, "a")
    assert opened(w, i) == ["b"]
    w.complete(i, "b", enough=True)
    assert opened(w, i) == ["d"]


def test_a_parallel_ad_hoc_sub_process_cancels_the_rest(place: Place) -> None:
    w = place("does_an_ad_hoc_sub_process_cancel_the_rest")
    i = w.start("p", {"enough": False})
    assert opened(w, i) == ["a", "b"]
    w.complete(i, "b", enough=True)
    assert opened(w, i) == ["d"]


def test_a_process_may_end_without_an_end_event_and_keeps_its_data(place: Place) -> None:
    w = place("may_a_process_end_without_an_end_event")
    i = w.start("p")
    w.complete(i, "a", typename="x", n=Decimal("1.50"))
    assert (state(w, i), w.variables(i)["typename"], w.variables(i)["n"]) == ("ended", "x", Decimal("1.50"))


def test_variables_go_to_the_innermost_scope_that_has_them_else_to_the_instance(place: Place) -> None:
    w = place("where_do_variables_go")
    i = w.start("p", {"known": 1})
    assert {name: w.variables(i).get(name) for name in ("known", "outside", "local")} == {"known": 2, "outside": 20, "local": None}


def test_an_event_is_thrown_for_each_instance_or_for_the_first(place: Place) -> None:
    w = place("is_an_event_thrown_for_each_instance")
    i = w.start("p")
    for _ in range(3):
        w.complete(i, "a")
    assert opened(w, i) == ["c", "n", "n", "n"]
    w = place("is_an_event_thrown_for_the_first_instance")
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "a")
    assert opened(w, i) == ["a", "n"]


def test_a_signal_of_the_last_instance_is_heard_though_the_activity_is_over(place: Place) -> None:
    w = place("is_the_signal_of_the_last_instance_heard")
    i = w.start("p")
    for _ in range(2):
        w.complete(i, "a")
    assert opened(w, i) == ["c", "n", "n"]


@pytest.mark.parametrize(("rounds", "more"), [(0, False), (2, True)])
def test_a_loop_tests_before_and_stops_at_its_maximum(place: Place, rounds: int, more: bool) -> None:
    w = place("how_often_does_a_loop_run")
    i = w.start("p", {"more": more})
    for _ in range(rounds):
        w.complete(i, "a")
    assert opened(w, i) == ["b"]


def test_terminate_ends_one_of_many_instances(place: Place) -> None:
    w = place("does_terminate_end_one_of_many_instances")
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["a", "b"]
    w.complete(i, "a")
    assert opened(w, i) == ["c"]


# More events -----------------------------------------------------------------------------------------------------------------------------------------


def test_event_sub_processes_can_be_nested(place: Place) -> None:
    w = place("can_event_sub_processes_be_nested")
    i = w.start("p")
    assert not w.message("inner")
    w.message("outer")
    assert opened(w, i) == ["a", "oa"]
    w.message("inner")
    assert opened(w, i) == ["a", "ia"]


def test_the_start_event_that_was_triggered_begins(place: Place) -> None:
    w = place("which_start_event_begins")
    i = w.start("p")
    w.message("letter", {"title": "x"})
    w.signal("bell")
    assert [opened(w, id) for id in w.instances] == [["a"], ["b"], ["c"]]
    assert w.variables(list(w.instances)[1])["title"] == "x"
    assert i == next(iter(w.instances))


def test_all_triggers_of_a_parallel_multiple_start_have_to_come(place: Place) -> None:
    w = place("do_all_triggers_of_a_parallel_multiple_start_have_to_come")
    w.message("two")
    (i,) = w.instances
    assert opened(w, i) == []
    w.message("one")
    assert (opened(w, i), len(w.instances)) == (["a"], 1)


def test_a_receive_task_can_begin_an_instance_or_wait_behind_a_gateway(place: Place) -> None:
    w = place("can_a_receive_task_begin_an_instance")
    w.message("letter")
    assert [opened(w, i) for i in w.instances] == [["a"]]
    w = place("does_a_receive_task_behind_a_gateway_wait")
    i, j = w.start("p"), w.start("p")
    w.message("letter")
    w.advance(HOUR)
    assert (opened(w, i), opened(w, j)) == (["a"], ["b"])


def test_a_compensation_event_sub_process_replaces_the_handlers_and_may_call_them(place: Place) -> None:
    w = place("does_a_compensation_event_sub_process_replace_the_handlers")
    i = w.start("p")
    w.complete(i, "a")
    assert opened(w, i) == ["h"]
    w.complete(i, "h")
    assert opened(w, i) == ["undo_a"]
    w.complete(i, "undo_a")
    assert opened(w, i) == ["c"]


def test_only_the_named_activity_is_compensated(place: Place) -> None:
    w = place("is_only_the_named_activity_compensated")
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "b")
    assert opened(w, i) == ["undo_a"]


def test_a_signal_interrupts_a_waiting_receive_task(place: Place) -> None:
    w = place("does_a_signal_interrupt_a_waiting_receive_task")
    i = w.start("p")
    w.signal("bell")
    assert opened(w, i) == ["h"]
    assert not w.message("letter")


def test_a_condition_happens_each_time_it_becomes_true_again(place: Place) -> None:
    w = place("is_a_condition_watched_only_when_it_changes")
    i = w.start("p", {"n": 6})
    assert opened(w, i) == ["a", "h"]
    for n, count in ((7, 1), (1, 1), (8, 2)):
        w.send(i, c.SetVariables("ann", {"n": n}))
        assert opened(w, i).count("h") == count


def test_two_tokens_wait_for_two_needed(place: Place) -> None:
    w = place("do_two_tokens_wait_for_two_needed")
    i = w.start("p")
    assert opened(w, i) == ["a"]
    w.complete(i, "a")
    assert state(w, i) == "ended"


def test_an_escalation_at_an_end_interrupts_what_runs_beside_it(place: Place) -> None:
    w = place("does_an_escalation_end_beside_the_end")
    assert opened(w, w.start("p")) == ["h"]


# Between instances ----------------------------------------------------------------------------------------------------------------------------


def test_a_called_process_gives_back_what_the_call_says(place: Place) -> None:
    w = place("what_comes_back_from_a_called_process")
    i = w.start("p", {"number": 1})
    ((child, task),) = w.open_tasks(i)
    assert (child != i, task.element, w.variables(child)["given"]) == (True, "w", 2)
    w.complete(i, "w", result="ok", secret="no", how="")
    assert opened(w, i) == ["a"]
    assert (w.variables(i)["answer"], "secret" in w.variables(i)) == ("ok", False)


def test_errors_and_escalations_cross_the_call(place: Place) -> None:
    w = place("what_comes_back_from_a_called_process")
    i, j = w.start("p", {"number": 1}), w.start("p", {"number": 1})
    w.complete(i, "w", how="error")
    assert opened(w, i) == ["h"]
    w.complete(j, "w", how="escalate")
    assert opened(w, j) == ["k", "w2"]


def test_a_call_that_is_interrupted_cancels_the_child(place: Place) -> None:
    w = place("what_comes_back_from_a_called_process")
    i = w.start("p", {"number": 1})
    ((child, _),) = w.open_tasks(i)
    w.advance(HOUR)
    assert (opened(w, i), state(w, child)) == (["l"], "cancelled")


def test_cancelling_a_child_by_hand_is_an_incident_above_that_can_start_it_anew(place: Place) -> None:
    w = place("what_comes_back_from_a_called_process")
    i = w.start("p", {"number": 1})
    ((child, _),) = w.open_tasks(i)
    w.send(child, c.Cancel("ann", "a mistake"))
    assert [(one.code, one.element) for one in w.incidents(i)] == [("child.cancelled", "call")]
    w.send(i, c.RetryIncident("ann", "i1"))
    assert opened(w, i) == ["w"]
    assert len(w.family(i)) == 3


def test_a_called_process_hears_its_messages(place: Place) -> None:
    w = place("does_a_called_process_hear_its_messages")
    i = w.start("p")
    assert w.message("stop")
    assert opened(w, i) == ["h"]
    w.complete(i, "h")
    assert opened(w, i) == ["a"]


# Deep and wide ------------------------------------------------------------------------------------------------------------------------------------


def test_a_thousand_rounds_of_rework_are_all_there_and_the_rows_do_not_grow(place: Place) -> None:
    w = place("does_a_rework_loop_stay_fast")
    i = w.start("p")
    for _ in range(1100 if not w.reload else 40):
        w.complete(i, "a", again=True) if w.reload else w.do(i, c.Complete("ann", f"t{w.instances[i].head.counters['t']}", answers={"again": True}))
    assert opened(w, i) == ["a"]
    assert w.instances[i].head.counters["live"] == 1


@pytest.mark.parametrize("name", ["does_a_boundary_event_interrupt", "what_comes_back_from_a_called_process", "do_parallel_instances_keep_their_order"])
def test_a_replay_gives_the_same_events_and_state(place: Place, name: str) -> None:
    w = place(name)
    i = w.start("p", {"number": 1, "items": [1, 2]})
    first = w.open_tasks(i)[0][1].element
    w.advance(HOUR)
    w.message("nobody")
    if first in opened(w, i):
        w.complete(i, first, answer=1, how="")
    for id, held in w.instances.items():
        last = None
        for last in replay(held.entries, lambda package: w.graphs, lambda entry: RecordedFacts(entry.facts, entry.at, "UTC")):
            pass
        assert last is not None and int(last.state_hash, 16) == held.hash == w.state_hash(id)


def test_nothing_happens_before_its_moment(place: Place) -> None:
    w = place("does_a_boundary_event_interrupt")
    i = w.start("p")
    w.advance(HOUR - timedelta(seconds=1))
    assert (w.now - EPOCH, opened(w, i)) == (timedelta(minutes=59, seconds=59), ["a"])


# Between scopes --------------------------------------------------------------------------------------------------------------------------------------


def test_an_event_sub_process_catches_its_neighbours_error_but_not_its_own(place: Place) -> None:
    w = place("does_an_event_sub_process_catch_its_neighbours_error")
    i = w.start("p")
    w.message("M")
    assert opened(w, i) == ["b"]
    w.complete(i, "b")
    assert state(w, i) == "failed"


def test_an_inclusive_join_waits_for_the_task_whose_boundary_event_has_come(place: Place) -> None:
    w = place("does_an_inclusive_join_wait_beside_a_boundary_event")
    i = w.start("p")
    w.message("M")
    w.complete(i, "b")
    assert opened(w, i) == ["a"]
    w.complete(i, "a")
    assert opened(w, i) == ["z"]


def test_one_of_many_transactions_that_is_cancelled_cancels_and_undoes_them_all(place: Place) -> None:
    w = place("does_one_of_many_transactions_cancel_them_all")
    i = w.start("p", {"bad": False})
    w.complete(i, "b", bad=True)
    assert opened(w, i) == ["undo_a", "undo_a", "undo_a"]
    for _ in range(3):
        w.complete(i, "undo_a")
    assert opened(w, i) == ["z"]


def test_a_cancelled_transaction_undoes_what_its_unfinished_parts_did(place: Place) -> None:
    w = place("does_a_cancelled_transaction_undo_what_unfinished_parts_did")
    i = w.start("p")
    w.complete(i, "c")
    assert opened(w, i) == ["undo_a"]
    w.complete(i, "undo_a")
    assert opened(w, i) == ["z"]


@pytest.mark.parametrize(("rounds", "instances", "codes"), [(3, 4, []), (200, 101, ["call.too_deep"])])
def test_a_process_may_call_itself_but_not_without_end(place: Place, rounds: int, instances: int, codes: list[str]) -> None:
    w = place("may_a_process_call_itself")
    i = w.start("p", {"n": rounds})
    assert len(w.instances) == instances
    assert [row.code for row in w.incidents(i)] == codes


@pytest.mark.parametrize("name", ["does_a_loop_that_waits_for_nobody_end", "does_a_standard_loop_without_end_end"])
def test_a_loop_without_end_refuses_who_asked_and_is_an_incident_for_a_timer(place: Place, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.execution.flow.MOST_EVENTS", 200)
    monkeypatch.setattr("engine.execution.repeat.MOST_EVENTS", 200)
    w = place(name)
    i, j = w.start("p", {"x": 0}), w.start("p", {"x": 0})
    with pytest.raises(Refused, match="step.endless"):
        w.complete(i, "u")
    assert opened(w, i) == ["u"]
    w.complete(j, "u", x=2)
    assert state(w, j) == "ended"
    w.advance(HOUR)
    assert ([row.code for row in w.incidents(i)], opened(w, i)) == (["step.endless"], [])


def test_a_tasks_own_data_make_its_instances_and_take_their_results(place: Place) -> None:
    w = place("do_a_tasks_own_data_make_its_instances")
    i = w.start("p", {"papers": ["x", "y"]})
    w.complete(i, "a", mark="good")
    w.complete(i, "a", mark="bad")
    assert (state(w, i), w.variables(i)["marks"]) == ("ended", ["good", "bad"])
