"""Who could see what then: the same answer as the rule of visibility gave live, while grants came and went."""
from __future__ import annotations

from adapters.system.auditing import Auditing
from tests.audit.live import AUDITOR, PLACE, VISITOR, Played, Snapshot
from tests.web.conftest import Browser


def asked(played: Played) -> list[Snapshot]:
    return [snapshot for snapshot in played.snapshots if snapshot.seen]


def test_who_could_see_is_who_could_see_live(played: Played, auditing: Auditing) -> None:
    compared = 0
    for snapshot in asked(played):
        for instance, live in snapshot.seen.items():
            found = auditing.sight(PLACE, AUDITOR, instance, snapshot.at)

            assert {each.person for each in found.onlookers if not each.recused} == live, (snapshot.at, instance)
            compared += 1
    assert compared > 40


def test_a_visitor_comes_is_recused_and_goes(played: Played, auditing: Auditing) -> None:
    """The grants of the play: given at act 30, recused from one instance at 80, revoked at 120."""
    whole = {instance for snapshot in played.snapshots for instance in snapshot.states}
    at = {number: played.snapshots[number].at for number in (29, 79, 100, 149)}

    def seen(number: int) -> tuple[int, int]:
        found = [each for instance in sorted(whole & played.snapshots[number].states.keys())
                 for each in auditing.sight(PLACE, AUDITOR, instance, at[number]).onlookers if each.person == VISITOR]
        return sum(not each.recused for each in found), sum(each.recused for each in found)

    before, with_post, recused, after = (seen(number) for number in (29, 79, 100, 149))
    assert before == after == (0, 0)
    assert with_post[0] > 0 and with_post[1] == 0
    assert recused[0] >= with_post[0] - 1 and recused[1] == 1  # from the campaign itself


def test_every_ground_names_the_entry_that_granted_it(played: Played, auditing: Auditing) -> None:
    sight = auditing.sight(PLACE, AUDITOR, played.campaign, played.snapshots[-1].at)
    grants = {line.entry.seq: line.entry for line in auditing.lines(PLACE, AUDITOR, auditing.wanted(commands=("Grant",)), 10_000)}

    held = [(each.person, ground.held) for each in sight.onlookers for ground in each.grounds if ground.held]

    assert held and all(grants[post.granted].input["person"] == person for person, post in held)


def test_who_could_act_is_who_had_it_in_the_inbox(played: Played, auditing: Auditing) -> None:
    at, system = played.snapshots[-1].at, played.system
    people = {one.person for one in auditing.sight(PLACE, AUDITOR, played.campaign, at).onlookers}
    compared = 0
    for instance, state in played.snapshots[-1].states.items():
        if not state.tasks:
            continue
        acting = auditing.sight(PLACE, AUDITOR, instance, at).acting
        people |= {person for could in acting.values() for person, _ in could}
        for person in people:
            inbox = {(row.instance, row.task) for row in system.queries.inbox(PLACE, person, {}, 1000).rows}
            for task, could in acting.items():
                assert ((instance, task) in inbox) == (person in {id for id, _ in could}), (instance, task, person)
                compared += 1
    assert compared > 50


def test_the_page_says_who_and_why(played: Played, pages: Browser) -> None:
    text = pages.page(f"/audit/instances/{played.campaign}/sight").text

    for words in ("审计员", "可查看全部（审计或统筹）", "任务派给“", "登记第 "):
        assert words in text
    assert "督查人员（虚构）" not in text
