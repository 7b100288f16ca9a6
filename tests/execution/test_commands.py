"""What people and the store may ask of a running instance, and how it is refused; the reason not and the refusal agree."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import commands as c
from engine import events as e
from engine.engine import replay, step, why_not
from engine.execution.rows import ResultRow, ScopeRow, TimerRow
from engine.facts import GivenFacts, RecordedFacts
from engine.operations import Outcome
from engine.refusals import Conflict, InvalidAnswers, NotFound, Refused
from engine.scheme.calendar import Calendar, CalendarYear
from engine.scheme.functions import host_functions
from forms.form import Outcome as FormOutcome
from tests.build import definitions, diagram, el, graphs, path, process, user
from tests.execution.world import EPOCH, World

POSTS = {"ann": {"clerk@x"}, "bo": {"head@x"}, "cy": {"office@x"}, "di": {"clerk@x"}, "eve": set(), "root": {"process_admin@"}}


def holds(name: str, **args: Any) -> Any:
    assert name == "holds"
    return bool((POSTS.get(args["actor"], set()) | {f"user:{args['actor']}"}) & set(args["candidates"]))


def office(name: str = "may_a_task_be_returned_and_withdrawn", **more: Any) -> tuple[World, str]:
    w = World(diagram(name, **{key: more.pop(key) for key in ("forms", "operations") if key in more}), answer=holds, record=True, **more)
    return w, w.start("p")


def task(w: World, i: str, element: str) -> Any:
    return next(task for _, task in w.open_tasks(i) if task.element == element)


def refusal(w: World, i: str, command: Any) -> tuple[type, str] | None:
    """Why the command is refused; `why_not` and the step must say the same, and a refused step changes nothing."""
    held = w.instances[i]
    facts = GivenFacts(now=w.now, answer=w.answer, **w.given)
    before = w.state_hash(i)
    reason = why_not(held.workspace, w.graphs, command, facts)
    try:
        step(held.workspace, w.graphs, command, facts)
    except Refused as refused:
        assert reason is not None and (type(reason), reason.code) == (type(refused), refused.code)
        assert w.state_hash(i) == before
        return type(refused), refused.code
    held.workspace.undo()
    assert reason is None
    assert w.state_hash(i) == before
    return None


# Who may -----------------------------------------------------------------------------------------------------------------------------------


def test_a_task_is_completed_by_whoever_holds_its_post_and_only_once() -> None:
    w, i = office()
    assert refusal(w, i, c.Complete("eve", "t1")) == (NotFound, "task.unknown")
    assert refusal(w, i, c.Complete("eve", "t99")) == (NotFound, "task.unknown")
    w.complete(i, "a")
    assert refusal(w, i, c.Complete("ann", "t1")) == (Conflict, "task.not_open")
    assert refusal(w, i, c.Complete("eve", "t1")) == (NotFound, "task.unknown")


def test_a_claimed_task_belongs_to_one() -> None:
    w, i = office()
    w.send(i, c.Claim("ann", "t1"))
    assert task(w, i, "a").assignee == "ann"
    assert refusal(w, i, c.Claim("di", "t1")) == (Conflict, "task.claimed")
    assert refusal(w, i, c.Complete("di", "t1")) == (Refused, "task.claimed_by_other")
    w.send(i, c.Release("ann", "t1"))
    assert refusal(w, i, c.Complete("di", "t1")) is None
    assert refusal(w, i, c.Release("di", "t1")) == (Refused, "task.not_claimed")


def test_reassigning_moves_responsibility_for_good() -> None:
    w, i = office()
    assert refusal(w, i, c.Reassign("ann", "t1", "user:bo")) == (Refused, "task.reason_needed")
    assert refusal(w, i, c.Reassign("ann", "t1", "bo", "on leave")) == (Refused, "task.to_whom")
    w.send(i, c.Reassign("ann", "t1", "user:bo", "on leave"))
    assert refusal(w, i, c.Complete("ann", "t1")) == (Refused, "task.claimed_by_other")
    assert refusal(w, i, c.Complete("bo", "t1")) is None
    w.send(i, c.Reassign("root", "t1", "office@x", "wrong office"))
    assert (task(w, i, "a").assignee, task(w, i, "a").candidates) == ("", ("office@x",))


def test_a_helper_answers_and_the_owner_completes() -> None:
    w, i = office()
    w.send(i, c.Claim("ann", "t1"))
    w.send(i, c.Delegate("ann", "t1", "user:eve", "please check"))
    assert refusal(w, i, c.Complete("ann", "t1")) == (Refused, "task.waits_for_helper")
    assert refusal(w, i, c.Complete("eve", "t1")) == (Refused, "task.waits_for_helper")
    assert refusal(w, i, c.Resolve("bo", "t1", "fine")) == (NotFound, "task.unknown")
    w.send(i, c.Resolve("eve", "t1", "fine", {"checked": True}))
    assert (task(w, i, "a").assignee, task(w, i, "a").opinion, task(w, i, "a").variables) == ("ann", "fine", {"checked": True})
    assert refusal(w, i, c.Complete("ann", "t1")) is None


def test_a_deputy_needs_to_be_named() -> None:
    w, i = office()
    command = c.Complete("eve", "t1", on_behalf_of="ann")
    assert refusal(w, i, command) == (Refused, "task.not_deputy")
    POSTS["eve"].add("deputy:ann")
    try:
        w.send(i, command)
        assert w.variables(i)["completed_by"] == "ann"
    finally:
        POSTS["eve"].clear()


# Back and forth ------------------------------------------------------------------------------------------------------------------------------------


def test_a_return_goes_where_the_diagram_allows_with_its_reason() -> None:
    w, i = office()
    w.complete(i, "a")
    assert refusal(w, i, c.Return("bo", "t2", "a")) == (Refused, "task.reason_needed")
    assert refusal(w, i, c.Return("bo", "t2", "c", "x")) == (Refused, "task.no_return")
    w.send(i, c.Return("bo", "t2", "a", "material missing"))
    again = task(w, i, "a")
    assert (again.marks, again.variables["returned"]["reason"]) == (("returned",), "material missing")
    assert w.variables(i)["outcome"] == "return"
    assert [one.element for _, one in w.open_tasks(i)] == ["a"]


def test_a_return_out_of_a_sub_process_leaves_nothing_behind() -> None:
    w, i = office()
    w.complete(i, "a")
    w.do(i, c.Complete("bo", "t2"))
    w.send(i, c.Return("cy", "t3", "a", "again"))
    assert [one.element for _, one in w.open_tasks(i)] == ["a"]
    assert len(w.instances[i].kept.scopes.rows) == 1


def test_a_task_is_withdrawn_until_somebody_acts_on_what_followed() -> None:
    w, i = office()
    w.complete(i, "a")
    assert refusal(w, i, c.Withdraw("bo", "t1", "x")) == (NotFound, "task.unknown")
    assert refusal(w, i, c.Withdraw("ann", "t1", "")) == (Refused, "task.reason_needed")
    w.send(i, c.Withdraw("ann", "t1", "a mistake"))
    again = task(w, i, "a")
    assert (again.assignee, again.marks) == ("ann", ("withdrawn",))
    w.complete(i, "a")
    w.send(i, c.Claim("bo", "t4"))
    assert refusal(w, i, c.Withdraw("ann", "t3", "x")) == (Refused, "task.acted_on")
    w.send(i, c.Complete("bo", "t4"))
    assert refusal(w, i, c.Withdraw("bo", "t4", "x")) == (Refused, "task.no_withdrawal")


# Countersigning ------------------------------------------------------------------------------------------------------------------------------------


def test_signers_are_added_and_removed() -> None:
    w = World(diagram("can_instances_be_added_and_removed"), answer=holds)
    i = w.start("p", {"people": ["clerk@x", "head@x"]})
    w.send(i, c.AddSigner("ann", "t1", "office@x", "their field"))
    assert [one.candidates for _, one in w.open_tasks(i)] == [("clerk@x",), ("head@x",), ("office@x",)]
    w.send(i, c.RemoveSigner("bo", "t2", "not concerned"))
    w.send(i, c.Complete("ann", "t1"))
    assert [one.element for _, one in w.open_tasks(i)] == ["a"]
    w.send(i, c.Complete("cy", "t3"))
    assert [one.element for _, one in w.open_tasks(i)] == ["b"]


def countersigned(process: str, reload: bool = False) -> tuple[World, str]:
    w = World(diagram("can_one_countersign_be_withdrawn"), answer=holds, record=True, reload=reload)
    return w, w.start(process, {"posts": ["clerk@x", "head@x", "office@x"]})


def body(w: World, i: str) -> dict[str, Any]:
    return next(row.data for row in w.instances[i].all(ScopeRow) if "mi" in row.data)


def results(w: World, i: str) -> list[Any]:
    return [row.value for row in w.instances[i].rows.rows(ResultRow)] if w.reload else [row.value for row in w.instances[i].kept.results.rows.values()]


@pytest.mark.parametrize("reload", [False, True])
def test_a_countersign_is_withdrawn_while_others_are_open(reload: bool) -> None:
    w, i = countersigned("together", reload)
    w.send(i, c.Complete("bo", "t2", "approve"))
    before = body(w, i), results(w, i)
    w.send(i, c.Complete("ann", "t1", "reject"))
    w.send(i, c.Withdraw("ann", "t1", "looked at the wrong file"))
    again = next(one for _, one in w.open_tasks(i) if one.id == "t4")
    assert (body(w, i), results(w, i)) == before
    assert (again.assignee, again.candidates, again.marks, again.variables["size"]) == ("ann", ("clerk@x",), ("withdrawn",), 7)
    w.send(i, c.Complete("ann", "t4", "approve"))
    w.send(i, c.Complete("cy", "t3", "approve"))
    assert w.variables(i)["said"] == [
        {"post": post, "outcome": "approve", "by": by} for post, by in (("clerk@x", "ann"), ("head@x", "bo"), ("office@x", "cy"))]
    assert [one.element for _, one in w.open_tasks(i)] == ["b"]


def test_a_countersign_of_somebody_added_is_theirs_again() -> None:
    w, i = countersigned("together")
    w.send(i, c.AddSigner("ann", "t1", "user:eve", "their field"))
    w.send(i, c.Complete("eve", "t4", "reject"))
    w.send(i, c.Withdraw("eve", "t4", "too quick"))
    assert (body(w, i)["mi"], body(w, i).get("tally")) == ({"n": 4, "done": 0, "active": 4, "terminated": 0, "next": 4}, None)
    assert [(one.id, one.assignee) for _, one in w.open_tasks(i)][-1] == ("t5", "eve")


def test_the_last_countersign_cannot_be_withdrawn() -> None:
    w, i = countersigned("together")
    for actor, id, outcome in (("ann", "t1", "reject"), ("bo", "t2", "approve")):
        w.send(i, c.Complete(actor, id, outcome))
    assert refusal(w, i, c.Withdraw("bo", "t2", "x")) is None
    w.send(i, c.Complete("cy", "t3", "approve"))
    assert [refusal(w, i, c.Withdraw(actor, id, "x")) for actor, id in (("ann", "t1"), ("cy", "t3"))] == [
        (Refused, "task.acted_on"), (Refused, "task.no_withdrawal")]


@pytest.mark.parametrize("reload", [False, True])
def test_in_a_sequence_a_countersign_is_withdrawn_until_the_next_has_acted(reload: bool) -> None:
    w, i = countersigned("in_turn", reload)
    w.send(i, c.Complete("ann", "t1", "approve"))
    w.send(i, c.Withdraw("ann", "t1", "wrong"))
    assert [(one.id, one.candidates) for _, one in w.open_tasks(i)] == [("t3", ("clerk@x",))]
    w.send(i, c.Complete("ann", "t3", "approve"))
    w.send(i, c.Claim("bo", "t4"))
    assert refusal(w, i, c.Withdraw("ann", "t3", "x")) == (Refused, "task.acted_on")
    w.send(i, c.Complete("bo", "t4", "reject"))
    w.send(i, c.Withdraw("bo", "t4", "wrong"))
    for actor, id in (("bo", "t6"), ("cy", "t7")):
        w.send(i, c.Complete(actor, id, "approve"))
    assert (w.variables(i)["said"], [one.element for _, one in w.open_tasks(i)]) == (["approve"] * 3, ["d"])


def test_whoever_withdraws_in_any_order_the_tally_is_that_of_what_stands() -> None:
    dice = Random(20211015)
    for _ in range(60):
        w = World(diagram("can_one_countersign_be_withdrawn"), record=True)
        i = w.start("together", {"posts": [f"p{n}@x" for n in range(6)]})
        stands: dict[str, str] = {}
        for _ in range(12):
            tasks = [one for _, one in w.open_tasks(i)]
            if stands and (len(tasks) == 1 or dice.random() < 0.5):
                id = dice.choice(sorted(stands))
                del stands[id]
                w.send(i, c.Withdraw("ann", id, "x"))
            else:
                outcome = "approve" if "reject" in stands.values() else dice.choice(["approve", "reject"])
                task = dice.choice(tasks)
                stands[task.id] = outcome
                w.send(i, c.Complete("ann", task.id, outcome))
            counts, tally = body(w, i)["mi"], body(w, i).get("tally", {})
            assert (counts["done"], counts["active"]) == (len(stands), 6 - len(stands))
            assert tally == dict(Counter(stands.values()))
            assert sorted(value["outcome"] for value in results(w, i)) == sorted(stands.values())
        last = None
        for last in replay(w.instances[i].entries, lambda package, w=w: w.graphs, lambda entry: RecordedFacts(entry.facts, entry.at, "UTC")):
            pass
        assert last is not None and int(last.state_hash, 16) == w.instances[i].hash == w.state_hash(i)


def test_where_the_diagram_does_not_allow_it_no_signer_is_added() -> None:
    w, i = office()
    assert refusal(w, i, c.AddSigner("ann", "t1", "office@x")) == (Refused, "task.no_add_signer")


# Due dates --------------------------------------------------------------------------------------------------------------------------------------------


def calendar_2030() -> Calendar:
    holidays = {date(2030, 1, 1): "元旦"}
    return Calendar.of([CalendarYear("cn", 2030, "1", True, "项目示例，非官方文本", holidays, {})])


def reminded() -> tuple[World, str]:
    calendar = calendar_2030()
    zone = "Asia/Shanghai"
    functions = host_functions(calendar, {}, zone, EPOCH)
    return office("are_people_reminded", zone=zone, calendar=calendar, functions=functions)


def test_a_due_date_says_why_and_its_people_are_reminded_by_working_days() -> None:
    w, i = reminded()
    opened = task(w, i, "a")
    assert opened.due_at == datetime(2030, 1, 10, 16, tzinfo=timezone.utc)
    assert (opened.due_basis["clause"], opened.due_basis["calendar"]) == ("五（二）", "cn 2030@1")
    w.advance(timedelta(days=20))
    told = [(type(event).__name__, event.at) for event in w.told if isinstance(event, e.Reminded | e.TaskOverdue)]
    local = ZoneInfo("Asia/Shanghai")
    assert told == [
        ("Reminded", datetime(2030, 1, 7, 9, tzinfo=local)), ("Reminded", datetime(2030, 1, 10, 9, tzinfo=local)),
        ("TaskOverdue", datetime(2030, 1, 11, 0, tzinfo=local)), ("Reminded", datetime(2030, 1, 11, 9, tzinfo=local)),
    ]
    notices = [(event.template, event.to) for event in w.told if isinstance(event, e.NotificationRequested)]
    assert notices == [("task.reminder", ("clerk@x",)), ("task.reminder", ("clerk@x",)), ("task.overdue", ("clerk@x", "head@x")), ("task.reminder", ("clerk@x",))]
    assert task(w, i, "a").marks == ("overdue",)


def test_reminders_that_were_missed_are_not_sent_one_after_the_other() -> None:
    w, i = reminded()
    w.now += timedelta(days=20)
    w.advance(timedelta())
    assert [(type(event).__name__, getattr(event, "offset", None)) for event in w.told if isinstance(event, e.Reminded | e.TaskOverdue)] == [
        ("Reminded", -3), ("TaskOverdue", None),
    ]
    assert w.instances[i].all(TimerRow) == []


def test_a_task_done_in_time_is_not_mentioned_again() -> None:
    w, i = reminded()
    w.complete(i, "a")
    w.advance(timedelta(days=20))
    assert [event for event in w.told if isinstance(event, e.Reminded | e.TaskOverdue)] == []


def test_an_extension_moves_the_due_date_and_its_reminders() -> None:
    w, i = reminded()
    later = datetime(2030, 1, 20, 16, tzinfo=timezone.utc)
    assert refusal(w, i, c.Extend("ann", "t1", later)) == (Refused, "instance.not_yours_to_correct")
    assert refusal(w, i, c.Extend("root", "t1", EPOCH)) == (Refused, "task.due_in_past")
    w.send(i, c.Extend("root", "t1", later, "holidays"))
    w.advance(timedelta(days=12))
    assert [event for event in w.told if isinstance(event, e.Reminded | e.TaskOverdue)] == []
    assert (task(w, i, "a").due_at, task(w, i, "a").marks) == (later, ("extended",))


def test_urging_tells_the_people_of_the_task() -> None:
    w, i = office()
    w.send(i, c.Urge("bo", "t1", "today please"))
    assert [(event.template, event.to, event.params["text"]) for event in w.told if isinstance(event, e.NotificationRequested)] == [
        ("task.urged", ("clerk@x",), "today please")
    ]
    w.send(i, c.Claim("ann", "t1"))
    assert refusal(w, i, c.Urge("ann", "t1")) == (Refused, "task.urge_own")


def test_an_amended_scheme_moves_what_was_computed_from_it() -> None:
    xml = definitions(process(
        "p", el("startEvent", "s"), user("a", due="=scheme.end"),
        el("intermediateCatchEvent", "w", el("timerEventDefinition", "", "<timeDate>=scheme.end</timeDate>")), el("endEvent", "e"), el("endEvent", "f"),
        el("parallelGateway", "g"), path("s", "g", "a", "e"), path("g", "w", "f"),
    ))
    w = World(graphs(xml), answer=holds, scheme={"end": date(2030, 2, 1)})
    i = w.start("p")
    assert task(w, i, "a").due_at == datetime(2030, 2, 2, tzinfo=timezone.utc)
    w.given["scheme"] = {"end": date(2030, 3, 1)}
    w.send(i, c.AmendScheme("root", "h2", "postponed"))
    assert task(w, i, "a").due_at == datetime(2030, 3, 2, tzinfo=timezone.utc)
    moved = [event.due_at for event in w.told if isinstance(event, e.TimerMoved)]
    assert moved == [datetime(2030, 3, 1, tzinfo=timezone.utc)]


# Answers ----------------------------------------------------------------------------------------------------------------------------------------------


class Form:
    """The part of a form that the machine asks."""

    outcomes = (FormOutcome("approve", "同意"), FormOutcome("return", "退回", opinion="required"))

    def outcome(self, code: str) -> FormOutcome | None:
        return next((one for one in self.outcomes if one.code == code), None)


def with_form() -> tuple[World, str]:
    xml = definitions(process("p", el("startEvent", "s"), user("a", form="f"), el("endEvent", "e"), path("s", "a", "e")))
    w = World(graphs(xml, forms={"f": Form()}), answer=holds)
    return w, w.start("p")


@pytest.mark.parametrize(("outcome", "opinion", "field"), [("maybe", "", "outcome"), ("return", " ", "opinion")])
def test_outcomes_and_opinions_are_those_of_the_form(outcome: str, opinion: str, field: str) -> None:
    w, i = with_form()
    with pytest.raises(InvalidAnswers) as caught:
        w.send(i, c.Complete("ann", "t1", outcome, opinion))
    assert [problem.field for problem in caught.value.problems] == [field]
    assert [one.element for _, one in w.open_tasks(i)] == ["a"]


def test_what_cannot_be_kept_is_refused_and_nothing_changes() -> None:
    w, i = with_form()
    before = w.state_hash(i)
    with pytest.raises(Refused):
        w.send(i, c.Complete("ann", "t1", "approve", answers={"share": 0.5}))
    assert w.state_hash(i) == before


# Operations and jobs --------------------------------------------------------------------------------------------------------------------------------------


def double(inputs: Any, facts: Any, earlier: Any = ()) -> Outcome:
    if inputs["number"] is None or inputs["number"] > 100:
        raise Refused("quota.exceeded", places=inputs["number"])
    return Outcome({"result": inputs["number"] * 2}, (e.RecordPut("score", "k", "new", {"n": inputs["number"]}),))


def test_an_operation_gives_values_and_effects_in_the_step() -> None:
    w, i = office("does_an_operation_write_its_effects", operations={"double": double})
    w.complete(i, "a", n=Decimal("1.5"))
    assert w.variables(i)["twice"] == Decimal("3.0")
    assert [event for event in w.told if isinstance(event, e.RecordPut)] == [e.RecordPut("score", "k", "new", {"n": Decimal("1.5")})]


def test_what_an_operation_refuses_refuses_the_whole_command_of_a_person() -> None:
    w, i = office("does_an_operation_write_its_effects", operations={"double": double})
    before = w.state_hash(i)
    with pytest.raises(Refused) as caught:
        w.complete(i, "a", n=101)
    assert (caught.value.code, w.state_hash(i)) == ("quota.exceeded", before)
    w.complete(i, "a", n=1)


def test_in_a_step_that_no_person_asked_for_it_is_an_incident() -> None:
    w = World(diagram("does_an_operation_write_its_effects", operations={"double": double}), answer=holds)
    w.do("1" * 32, c.Start("job", "1" * 32, "p"))
    w.send("1" * 32, c.Complete("job", "t1", answers={"n": 101}))
    (incident,) = w.incidents("1" * 32)
    assert (incident.code, incident.element, incident.details["places"]) == ("quota.exceeded", "o", 101)
    w.send("1" * 32, c.RetryIncident("root", "i1", {"n": 5}))
    assert w.variables("1" * 32)["twice"] == 10


def test_a_job_is_answered_fails_or_throws_its_error() -> None:
    made = [office("is_a_job_answered") for _ in range(3)]
    for (w, i), command, expected in zip(made, (c.FinishJob("j1", {"file": "x"}), c.FailJob("j1", error_code="E1"), c.FailJob("j1", "job.failed", {"why": "disk"})), (["a"], ["h"], []), strict=True):
        w.send(i, command)
        assert [one.element for _, one in w.open_tasks(i)] == expected
    w, i = made[2]
    assert refusal(w, i, c.FinishJob("j1")) == (Conflict, "job.gone")
    w.send(i, c.RetryIncident("root", "i1"))
    w.send(i, c.FinishJob("j2"))
    assert [one.element for _, one in w.open_tasks(i)] == ["a"]


def test_an_incident_of_an_activity_can_be_resolved_by_hand_that_of_a_choice_only_retried() -> None:
    w, i = office("is_a_job_answered")
    w.send(i, c.FailJob("j1"))
    assert refusal(w, i, c.ResolveIncident("eve", "i1")) == (Refused, "instance.not_yours_to_correct")
    w.send(i, c.ResolveIncident("root", "i1", "done by hand", {"file": "y"}))
    assert ([one.element for _, one in w.open_tasks(i)], w.variables(i)["file"]) == (["a"], "y")
    w2 = World(diagram("what_if_no_condition_holds"), answer=holds)
    j = w2.start("p", {"x": 9})
    assert refusal(w2, j, c.ResolveIncident("root", "i1")) == (Refused, "incident.retry_only")


def test_a_cancelled_instance_takes_no_more_commands() -> None:
    w, i = office()
    assert refusal(w, i, c.Cancel("ann", "x")) == (Refused, "instance.not_yours_to_correct")
    w.send(i, c.Cancel("root", "called off"))
    assert (w.instances[i].head.state, w.open_tasks(i)) == ("cancelled", [])
    assert refusal(w, i, c.Complete("ann", "t1")) == (Conflict, "instance.not_open")


def test_a_window_of_the_parent_and_a_post_decide_who_may_start() -> None:
    xml = definitions(process(
        "p", el("startEvent", "s"), user("a"), el("endEvent", "e"), path("s", "a", "e"),
        banli_startedUnder="county:window", banli_starters="=body",
    ), process("county", el("startEvent", "cs"), user("window"), el("endEvent", "ce"), path("cs", "window", "ce")))
    open_window = {"parent": True}

    def answer(name: str, **args: Any) -> Any:
        return open_window["parent"] if name == "parent" else holds(name, **args)

    w = World(graphs(xml), answer=answer)
    with pytest.raises(Refused) as caught:
        w.do("2" * 32, c.Start("eve", "2" * 32, "p", variables={"body": "clerk@x"}))
    assert caught.value.code == "start.not_yours"
    w.do("2" * 32, c.Start("ann", "2" * 32, "p", variables={"body": "clerk@x"}))
    open_window["parent"] = False
    with pytest.raises(Refused) as caught:
        w.do("3" * 32, c.Start("ann", "3" * 32, "p", variables={"body": "clerk@x"}))
    assert caught.value.code == "start.window_closed"


@pytest.mark.parametrize("kind", sorted(c.COMMANDS))
def test_every_command_can_be_written_down_and_read_back(kind: str) -> None:
    samples: dict[str, Callable[[], Any]] = {"Start": lambda: c.Start("a", "i", "p"), "Extend": lambda: c.Extend("a", "t1", EPOCH)}
    given = samples[kind]() if kind in samples else c.COMMANDS[kind](*[name for name in c.COMMANDS[kind]._fields if name not in c.COMMANDS[kind]._field_defaults])
    assert c.from_json(kind, c.to_json(given)) == given
