"""The time machine against what was written down live: fifty random moments of a played campaign, every instance of it, functions and pages."""
from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database.moments import stored, stored_or_null
from adapters.database.schema import entry
from adapters.system.auditing import Auditing
from adapters.system.timeline import Moment
from engine.journal.canonical import to_jsonable
from engine.refusals import NotFound, Refused
from tests.audit.live import AUDITOR, PLACE, Played, Snapshot, State
from tests.web.conftest import Browser

MOMENTS = 50


@pytest.fixture(scope="module")
def moments(played: Played, seed: int) -> list[tuple[datetime, Snapshot]]:
    """Random moments, each in a stretch of time in which nothing was written, with the snapshot taken at its beginning."""
    with played.system.database.reading() as connection:
        written = sorted(connection.scalars(sa.text("SELECT at FROM entry WHERE place = 'fuxin'")))
    draw, found = Random(seed), []
    for snapshot in draw.sample(played.snapshots, MOMENTS):
        now = stored(snapshot.at)
        later = next((at for at in written if at > now), now + 1)
        found.append((snapshot.at + timedelta(microseconds=draw.randrange(later - now)), snapshot))
    return found


def as_it_stood(moment: Moment, nodes: Any) -> State:
    """What the time machine says, in the form of the snapshot; flows that tokens wait on are no part of what it shows."""
    tasks = sorted((t.id, t.element, t.name, t.candidates, t.assignee, stored_or_null(t.opened_at), stored_or_null(t.due_at)) for t in moment.tasks)
    timers = sorted((t.id, t.element, t.kind, stored(t.due_at)) for t in moment.timers)
    return State(moment.seq, moment.title, moment.state, frozenset(moment.active), to_jsonable(moment.data), tasks, timers, {element: (code, to_jsonable(details)) for element, (code, details) in moment.incidents.items()})


def test_fifty_random_moments_are_as_they_were(played: Played, auditing: Auditing, moments: list[tuple[datetime, Snapshot]]) -> None:
    compared, in_time = 0, sorted(moments, key=lambda pair: pair[0])  # one instance after the other, forwards: each is read and folded once
    for instance in sorted(in_time[-1][1].states):
        for at, snapshot in in_time:
            if instance not in snapshot.states:
                continue
            state = snapshot.states[instance]
            moment = auditing.moment(PLACE, AUDITOR, instance, at=at)
            nodes = played.system.published.bundle(PLACE, moment.package).graphs.processes[played.system.head(PLACE, instance).process].nodes
            expected = State(state.seq, state.title, state.state, state.tokens & nodes.keys(), state.variables, state.tasks, state.timers, state.incidents)

            assert as_it_stood(moment, nodes) == expected, (at, instance)
            assert moment.as_recorded
            compared += 1
            children = auditing.children(PLACE, AUDITOR, instance, at + timedelta(microseconds=1))
            ended = tuple((each.id, each.ended_at is not None and each.ended_at <= at) for each in children)
            assert ended == snapshot.children.get(instance, ()), (at, instance)
    assert len(moments) == MOMENTS and compared > 500


def test_what_had_not_begun_is_refused(auditing: Auditing, moments: list[tuple[datetime, Snapshot]]) -> None:
    at, snapshot = min(moments, key=lambda pair: pair[0])
    last = max(moments, key=lambda pair: pair[0])[1]
    later = sorted(last.states.keys() - snapshot.states.keys())
    assert later
    for instance in later:
        with pytest.raises(Refused) as refused:
            auditing.moment(PLACE, AUDITOR, instance, at=at)
        assert refused.value.code == "audit.before"


def test_the_pages_show_those_moments(played: Played, pages: Browser, moments: list[tuple[datetime, Snapshot]], seed: int) -> None:
    draw, zone = Random(seed), played.system.published
    for at, snapshot in moments:
        instance, state = draw.choice(sorted(snapshot.states.items()))
        local = at.isoformat(timespec="microseconds")
        moved = pages.page(f"/audit/instances/{instance}?at={local.replace('+', '%2B')}")
        assert moved.status_code == 303 and f"?seq={state.seq}&" in moved.headers["location"]
        page = pages.page(moved.headers["location"]).text
        shown = pages.get(f"/audit/instances/{instance}/moment.json?seq={state.seq}&at={local.replace('+', '%2B')}").json()

        process = zone.bundle(PLACE, played.system.head(PLACE, instance).package).graphs.processes[played.system.head(PLACE, instance).process]
        assert shown["seq"] == state.seq
        assert set(shown["active"]) == state.tokens & process.nodes.keys()
        assert sorted((task["element"], task["name"]) for task in shown["tasks"]) == sorted((e, n) for _, e, n, *_ in state.tasks)
        assert sorted(shown["incidents"]) == sorted(state.incidents)
        live = [child for child, ended in snapshot.children.get(instance, ()) if not ended]
        assert sum(child["state"] == "进行中" for child in shown["children"]) == len(live)
        assert page.count('class="outline-active"') == len({id for id in shown["active"] if _in_outline(process.nodes[id])})
        assert re.search(rf"第 {state.seq}/\d+ 步", page)


def _in_outline(node: Any) -> bool:
    from adapters.web.reading import SHOWN_NODES

    return bool(node.name) and node.kind in SHOWN_NODES


def test_every_entry_is_a_step_and_going_back_is_the_same_as_going_forward(played: Played, auditing: Auditing) -> None:
    line, entries = auditing.instance(PLACE, AUDITOR, played.campaign)
    forward = [auditing.moment(PLACE, AUDITOR, line.id, seq) for seq in range(1, len(entries) + 1)]

    back = [auditing.moment(PLACE, AUDITOR, line.id, seq) for seq in range(len(entries), 0, -1)]

    assert back[::-1] == forward and [each.seq for each in forward] == list(range(1, len(entries) + 1))


def test_a_loop_s_rounds_are_steps_of_their_own(played: Played, auditing: Auditing) -> None:
    returned = next(instance for instance, state in played.snapshots[-1].states.items() if _rounds(auditing, instance, "fill") > 1)
    _, entries = auditing.instance(PLACE, AUDITOR, returned)

    again = [times for seq in range(1, len(entries) + 1) for id, times in auditing.moment(PLACE, AUDITOR, returned, seq).visits if id == "fill"]

    assert again == list(range(1, len(again) + 1)) and len(again) > 1


def _rounds(auditing: Auditing, instance: str, element: str) -> int:
    return dict(auditing.moment(PLACE, AUDITOR, instance).visits).get(element, 0) or sum(
        kind == "Entered" and fields["element"] == element for entry in auditing.instance(PLACE, AUDITOR, instance)[1] for kind, fields in entry.events)


def test_a_task_counts_as_passed_once_a_completion(played: Played, auditing: Auditing) -> None:
    """What the tables keep of completed tasks is the second source."""
    with played.system.database.reading() as connection:
        done = connection.execute(sa.text("SELECT instance, element, count(*) FROM task WHERE state = 'completed' AND outcome <> 'return' GROUP BY instance, element")).all()
        returned = {tuple(row) for row in connection.execute(sa.text("SELECT instance, element FROM task WHERE outcome = 'return'"))}
    counted = Counter({(instance, element): n for instance, element, n in done if (instance, element) not in returned})
    found = {key: auditing.moment(PLACE, AUDITOR, key[0]).passed.get(key[1], 0) for key in counted}

    assert found == dict(counted) and len(found) > 30 and max(found.values()) > 5


def test_strangers_see_no_moment(auditing: Auditing, played: Played) -> None:
    for person in ("judge1", "nobody"):
        with pytest.raises(NotFound):
            auditing.moment(PLACE, person, played.campaign)


def test_a_changed_event_is_no_longer_as_recorded(own: Any, played: Played) -> None:
    with own.database.changing() as connection:
        body = bytes(connection.scalar(sa.select(entry.c.body).where(entry.c.stream == played.campaign, entry.c.seq == 2)))
        assert b'"receipt"' in body
        changed = body.replace(b'"name":"\xe7\xad\xbe\xe6\x94\xb6\xe6\x96\x87\xe4\xbb\xb6"', b'"name":"\xe7\xad\xbe\xe5\xad\x97"')
        assert changed != body
        connection.execute(sa.text("UPDATE entry SET body = :b WHERE stream = :s AND seq = 2"), {"b": changed, "s": played.campaign})

    assert [Auditing(own).moment(PLACE, AUDITOR, played.campaign, seq).as_recorded for seq in (1, 2)] == [True, False]
