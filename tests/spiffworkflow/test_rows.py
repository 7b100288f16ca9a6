"""Every row of what was measured of SpiffWorkflow has a test that shows how ours behaves: where it is, and those that are nowhere else.

Row ids are those of the measurement (D data, E events, M multi-instance, N tables and timers, P limits, L layout). The values are tests, by file and name.
"""
from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engine import events as e
from engine.execution.rows import TaskRow
from engine.feel import FeelSyntaxError, parse
from engine.refusals import Refused
from tests.build import definitions, el, event, flow, graphs, path, process, script, user
from tests.execution.world import World

TESTS = Path(__file__).resolve().parents[1]
HERE, RUN, COMMANDS, TIMERS = "spiffworkflow/test_rows.py", "execution/test_semantics.py", "execution/test_commands.py", "execution/test_timers.py"
TRAPS, EVENTS, ACTIVITIES, TABLES, MODELS = "spiffworkflow/test_traps.py", "execution/test_events.py", "execution/test_activities.py", "dmn/test_tables.py", "dmn/test_models.py"

ROWS: dict[str, tuple[tuple[str, str], ...]] = {
    "D1 nested data is shared": ((TRAPS, "test_branches_and_history_share_their_data"), (RUN, "test_a_parallel_join_keeps_what_other_branches_wrote")),
    "D2 lists are mixed": ((TRAPS, "test_a_list_filled_in_again_is_mixed_with_the_old_one"),),
    "D3 a join reverts": ((TRAPS, "test_a_join_takes_back_what_a_branch_wrote"),),
    "D4 a loop sees the old list": ((RUN, "test_a_loop_sees_what_the_last_round_wrote"),),
    "E1 signal end": ((TRAPS, "test_a_signal_at_the_end_is_never_sent"), (RUN, "test_a_signal_at_an_end_event_reaches_its_own_instance_and_others")),
    "E2 links": ((TRAPS, "test_a_link_is_a_dead_end"), (EVENTS, "test_several_throws_lead_to_one_link_and_links_stay_in_their_sub_process")),
    "E3 compensation": ((RUN, "test_compensation_runs_the_handlers_of_what_completed_before_the_throw_goes_on"), (EVENTS, "test_what_a_sub_process_did_is_undone_when_it_is_over")),
    "E4 complex gateway": ((RUN, "test_a_complex_gateway_goes_on_at_its_condition_and_swallows_late_tokens"), (ACTIVITIES, "test_a_complex_gateway_counts_two_of_three_and_starts_anew")),
    "E5 implicit fork": ((RUN, "test_a_task_with_several_flows_forks"),),
    "E6 condition on a task's flow": ((RUN, "test_a_condition_on_a_flow_from_a_task_is_kept"),),
    "E7 a choice without answer": ((RUN, "test_a_choice_without_answer_is_an_incident_that_can_be_retried"),),
    "E8 error and escalation start": ((RUN, "test_an_error_event_sub_process_waits_for_its_error"), (EVENTS, "test_an_event_sub_process_takes_what_is_thrown_beside_it_before_the_boundary_does")),
    "E9 interrupting event sub-process": ((RUN, "test_event_sub_processes_interrupt_or_run_beside_and_leave_the_definition_alone"), (EVENTS, "test_an_event_sub_process_in_a_process_and_in_a_sub_process")),
    "E10 a timer not yet due": ((RUN, "test_an_undue_timer_does_not_keep_the_process_open"),),
    "E11 event sub-process in a called process": ((RUN, "test_a_called_process_hears_its_messages"),),
    "E12 later instances": ((RUN, "test_event_sub_processes_interrupt_or_run_beside_and_leave_the_definition_alone"),),
    "E13 two timers behind a gateway": ((RUN, "test_the_first_event_behind_a_gateway_wins_and_each_timer_has_its_own_moment"),),
    "E14 one message, several catchers": ((RUN, "test_one_message_wakes_one_receiver"), (ACTIVITIES, "test_a_message_is_taken_by_one_instance_only")),
    "E15 ad-hoc": (
        (ACTIVITIES, "test_ad_hoc_sequential_does_one_after_the_other"), (ACTIVITIES, "test_ad_hoc_with_a_condition_cancels_or_waits_for_the_rest"),
        (HERE, "test_an_ad_hoc_condition_on_a_variable_that_nobody_set_is_an_incident_at_the_sub_process"),
    ),
    "E16 uncaught error end": ((RUN, "test_an_uncaught_error_is_a_failure"),),
    "E17 no end event": ((RUN, "test_a_process_may_end_without_an_end_event_and_keeps_its_data"),),
    "E18 two tokens through a merge": ((RUN, "test_two_tokens_through_a_merge_run_the_task_twice_and_keep_all_data"),),
    "E19 start timer": ((RUN, "test_a_start_timer_waits_outside"),),
    "E20 surplus tokens, inclusive join": (
        (RUN, "test_a_surplus_token_waits_at_a_parallel_join_and_is_reported_as_stuck"), (TRAPS, "test_an_inclusive_join_does_not_wait"),
        (ACTIVITIES, "test_an_inclusive_join_in_a_loop_waits_in_every_round"), (TRAPS, "test_a_join_in_a_loop_does_not_wait"),
    ),
    "M1 order of results": ((TRAPS, "test_results_stand_in_the_order_of_the_quickest"),),
    "M2 scope of the condition": ((TRAPS, "test_a_vote_never_sees_its_votes"), (HERE, "test_a_completion_condition_sees_the_results_so_far")),
    "M3 counters": ((RUN, "test_a_completion_condition_sees_counters_and_the_tally_and_the_rest_stops"), (HERE, "test_each_instance_knows_its_number_and_all_counters")),
    "M4 a null item": ((RUN, "test_sequential_instances_survive_a_null_item"),),
    "M5 results into a variable that exists": ((HERE, "test_results_replace_a_variable_that_exists"),),
    "M6 a cancelled instance": ((COMMANDS, "test_signers_are_added_and_removed"), (RUN, "test_many_instances_stop_together")),
    "N1 hit policies": (
        (TABLES, "test_two_hits_of_a_unique_table_are_null_and_named"), (TABLES, "test_any_takes_equal_results_only"), (TABLES, "test_first_takes_the_first_and_reports_all_that_hit"),
        (TABLES, "test_priority_and_output_order_rank_by_the_output_values"), (TABLES, "test_collect_and_its_aggregators"),
    ),
    "N2 cells": ((HERE, "test_cells_are_unary_tests"), (MODELS, "test_a_decision_sees_what_it_requires_and_nothing_else")),
    "N3 timers": ((TIMERS, "test_the_first_moment"), (TIMERS, "test_a_cycle_of_months_keeps_to_the_calendar")),
    "P1 a long instance": ((TRAPS, "test_a_long_instance_is_lost_without_a_word"), (RUN, "test_a_thousand_rounds_of_rework_are_all_there_and_the_rows_do_not_grow")),
    "P2 a long chain": (("bpmn/test_read.py", "test_a_chain_of_five_thousand_tasks_is_read"), (HERE, "test_a_chain_of_five_thousand_steps_runs")),
    "P3 done twice": ((TRAPS, "test_a_finished_task_is_finished_twice"), (COMMANDS, "test_a_task_is_completed_by_whoever_holds_its_post_and_only_once")),
    "P4 what was cancelled is not forgotten": ((HERE, "test_what_was_cancelled_stays_on_record"),),
    "P5 any name may be a key": ((HERE, "test_no_key_of_a_variable_is_special"),),
    "L1 layout": ((TRAPS, "test_moving_a_shape_changes_the_route"), (RUN, "test_the_first_true_condition_in_document_order_wins")),
}


def defined(file: str) -> set[str]:
    return {one.name for one in ast.parse((TESTS / file).read_text(encoding="utf-8")).body if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_its_tests(row: str) -> None:
    assert [(file, name) for file, name in ROWS[row] if name not in defined(file)] == []


def world(*parts: str) -> World:
    return World(graphs(definitions(el("message", "m", name="m"), process("p", *parts))), record=True)


def many(*inside: str, **zeebe: str) -> str:
    return el("multiInstanceLoopCharacteristics", "", f'<extensionElements>{el("zeebe:loopCharacteristics", **zeebe)}</extensionElements>', *inside)


def opened(w: World, i: str) -> list[str]:
    return sorted(task.element for _, task in w.open_tasks(i))


def test_an_ad_hoc_condition_on_a_variable_that_nobody_set_is_an_incident_at_the_sub_process() -> None:
    w = world(el("startEvent", "s"), el("adHocSubProcess", "a", user("x"), user("y"), "<completionCondition>=enough &gt; 1</completionCondition>"), path("s", "a"))
    i = w.start("p")
    w.complete(i, "x")
    assert [one.code for one in w.incidents(i)] == ["expression.not_boolean"]


def test_a_completion_condition_sees_the_results_so_far() -> None:
    loop = many("<completionCondition>=tally.approve = 2</completionCondition>", inputCollection="=[1, 2, 3]", inputElement="n")
    w = world(el("startEvent", "s"), user("a", loop), user("b"), path("s", "a", "b"))
    i = w.start("p")
    w.complete(i, "a", "approve")
    assert opened(w, i) == ["a", "a"]
    w.complete(i, "a", "approve")
    assert opened(w, i) == ["b"]


def test_each_instance_knows_its_number_and_all_counters() -> None:
    names = ("loopCounter", "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances")
    outputs = many(inputCollection="=[7, 8]", inputElement="n", outputCollection="all", outputElement=f"=[{', '.join(names)}]")
    w = world(el("startEvent", "s"), user("a", outputs), user("b"), path("s", "a", "b"))
    i = w.start("p")
    w.complete(i, "a")
    w.complete(i, "a")
    assert w.variables(i)["all"] == [[1, 2, 2, 0, 0], [2, 2, 1, 1, 0]]


def test_results_replace_a_variable_that_exists() -> None:
    loop = many(inputCollection="=[1, 2]", inputElement="n", outputCollection="out", outputElement="=n * 10")
    w = world(el("startEvent", "s"), user("a", loop), path("s", "a"))
    i = w.start("p", {"out": ["old", "old", "old"]})
    w.complete(i, "a")
    w.complete(i, "a")
    assert w.variables(i)["out"] == [10, 20]


@pytest.mark.parametrize(("cell", "value", "hit"), [
    ("[60..80]", "70", True), ("> 60 and < 95", "70", None), ("> 60, < 10", "70", True), ("\"A\",\"B\"", "\"B\"", True), ("not(\"A\")", "\"B\"", True), ("not(\"A\")", "\"A\"", False),
])
def test_cells_are_unary_tests(cell: str, value: str, hit: bool | None) -> None:
    """Where a cell is no unary test of FEEL (`> 60 and < 95`), the table is refused and never guessed at."""
    if hit is None:
        with pytest.raises(FeelSyntaxError):
            parse(cell, unary=True)
        return
    assert parse(cell, unary=True)({"?": parse(value)({})}) is hit


def test_a_chain_of_five_thousand_steps_runs() -> None:
    ids = [f"t{number}" for number in range(5_000)]
    w = world(el("startEvent", "s"), *(el("task", id) for id in ids), el("endEvent", "e"), path("s", *ids, "e"))
    i = w.start("p")
    assert (w.instances[i].head.state, len(w.trace)) == ("ended", 5_002)


def test_what_was_cancelled_stays_on_record() -> None:
    """The rows of a cancelled task are there, and the journal says by what it was cancelled."""
    w = world(el("startEvent", "s"), user("a"), event("boundaryEvent", "b", "message", ref="m", attachedToRef="a"), user("h"), path("s", "a"), path("b", "h"))
    i = w.start("p")
    w.message("m")
    assert [(task.element, task.state) for task in w.instances[i].all(TaskRow)] == [("a", "cancelled"), ("h", "open")]
    assert [event.reason for event in w.told if isinstance(event, e.ScopeCancelled)] == ["b"]


def test_no_key_of_a_variable_is_special() -> None:
    """Only one beginning with `$`, which marks what JSON has no type for, is refused, with the reason."""
    odd = {"typename": "x", "__class__": 1, "id": None, "": 2, "类型": ["typename"]}
    w = World(graphs(definitions(process("p", el("startEvent", "s"), user("a"), script("w", "n", "=count(get entries(d))"), user("b"), path("s", "a", "w", "b"), flow("b", "a")))), reload=True)
    i = w.start("p", {"d": odd})
    w.complete(i, "a", more=odd)
    assert (w.variables(i)["d"], w.variables(i)["more"], w.variables(i)["n"]) == (odd, odd, 5)
    with pytest.raises(Refused, match="value.key"):
        w.complete(i, "b", more={"$ref": "y"})
