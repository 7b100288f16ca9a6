"""Working copies, drafts, requests and rosters on both databases: versions guard every change, a request is decided once."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.database.people_import import person_ids, store_roster
from adapters.database.working_copies import Overwritten, WorkingCopies
from adapters.sheets import Grant, Organisation, Person
from adapters.system import Settings, System
from engine.refusals import Conflict, NotFound, Refused

PLACE = "a"


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    url = ""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("new_postgres")
        url = make()
    made = System(Settings(tmp_path, url))
    for place in (PLACE, "b"):
        made.create_place(place, place, "demo")
    yield made
    made.database.close()


@pytest.fixture
def copies(system: System) -> WorkingCopies:
    return WorkingCopies(system.database)


def test_a_copy_and_its_files_by_version(copies: WorkingCopies) -> None:
    copies.open(PLACE, "p", None, {"a.bpmn": b"1", "b.yaml": b"2"}, "ann")
    with pytest.raises(Conflict):
        copies.open(PLACE, "p", None, {}, "bo")
    assert copies.save_file(PLACE, "p", "a.bpmn", b"3", 0, "ann")[0] == 1
    with pytest.raises(Overwritten) as other:
        copies.save_file(PLACE, "p", "a.bpmn", b"4", 0, "bo")
    assert (other.value.by, other.value.version) == ("ann", 1)
    assert copies.files(PLACE, "p") == {"a.bpmn": b"3", "b.yaml": b"2"}
    found = copies.copy(PLACE, "p")
    assert found is not None and {path: version for path, (version, _, _) in found.changed.items()} == {"a.bpmn": 1}
    assert copies.copy("b", "p") is None
    with pytest.raises(NotFound):
        copies.save_file("b", "p", "a.bpmn", b"5", 0, "bo")
    copies.discard(PLACE, "p")
    with pytest.raises(NotFound):
        copies.files(PLACE, "p")


def test_two_who_save_at_once_and_one_is_told(copies: WorkingCopies) -> None:
    copies.open(PLACE, "p", None, {"a": b"0"}, "ann")

    def save(n: int) -> bool:
        try:
            copies.save_file(PLACE, "p", "a", str(n).encode(), 0, f"u{n}")
        except Overwritten:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(save, range(8))) == [False] * 7 + [True]


def test_drafts_by_version_and_dropped_only_as_they_were_published(copies: WorkingCopies) -> None:
    copies.add_draft(PLACE, "p", "s", b"1", "old", ("a", "b"), "ann")
    with pytest.raises(Conflict):
        copies.add_draft(PLACE, "p", "s", b"1", None, (), "bo")
    assert copies.save_draft(PLACE, "p", "s", b"2", ("b",), 1, "ann") == 2
    with pytest.raises(Overwritten):
        copies.save_draft(PLACE, "p", "s", b"3", (), 1, "bo")
    found = copies.draft(PLACE, "p", "s")
    assert (found.body, found.unreviewed, found.version, found.source) == (b"2", ("b",), 2, "old")
    copies.drop_draft(PLACE, "p", "s", b"1")
    assert [one.name for one in copies.drafts(PLACE, "p")] == ["s"]
    copies.drop_draft(PLACE, "p", "s", b"2")
    assert copies.drafts(PLACE, "p") == [] and copies.drafts("b", "p") == []


def test_a_request_is_decided_once_by_somebody_else(copies: WorkingCopies) -> None:
    id = copies.propose(PLACE, "1", "package", "p", "1.0", "h", b"x", "", "ann")
    assert copies.propose(PLACE, "2", "package", "p", "1.0", "h", b"x", "", "bo") == id
    for by, state in (("ann", "approved"), ("ann", "returned"), ("bo", "withdrawn")):
        with pytest.raises(Refused):
            copies.decide(PLACE, id, state, by)
    with pytest.raises(NotFound):
        copies.decide("b", id, "approved", "bo")

    def decide(n: int) -> bool:
        try:
            return copies.decide(PLACE, id, "approved" if n % 2 else "returned", f"u{n}", "x")
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(decide, range(6))) == [False] * 5 + [True]


def test_what_could_not_be_published_is_open_again(copies: WorkingCopies) -> None:
    id = copies.propose(PLACE, "1", "scheme", "p", "s", "h", b"x", "note", "ann")
    assert copies.decide(PLACE, id, "approved", "bo")
    assert not copies.decide(PLACE, id, "approved", "bo")
    copies.reopen(PLACE, id, "carla")  # not the one who approved: nothing happens
    assert copies.proposal(PLACE, id)[0].state == "approved"
    copies.reopen(PLACE, id, "bo")
    assert (copies.proposal(PLACE, id)[0].state, copies.proposal(PLACE, id)[0].decided_by) == ("open", None)


def test_a_roster_is_stored_whole_or_not_at_all(system: System) -> None:
    organisations = [Organisation("top", "示例省", "省", None, None), Organisation("low", "示例市", "市", "top", None)]
    people = [Person("p1", "示例人员一", None)]
    posts = [Grant("p1", "low", "judge", "评委", "own")]

    store_roster(system.database, PLACE, organisations, people, posts, "ann")
    with pytest.raises(Conflict):
        store_roster(system.database, PLACE, [Organisation("new", "示例", "市", None, None)], [Person("p2", "二", None), *people], [], "ann")
    store_roster(system.database, PLACE, [], [], posts, "ann")  # held already

    assert [one.path for one in system.people.organisations(PLACE)] == ["top", "top/low"]
    assert person_ids(system.database, PLACE) == {"p1"} and person_ids(system.database, "b") == set()
    assert [(one.post, one.candidate, one.reach) for one in system.people.holdings(PLACE, "p1")] == [("low.judge", "judge@low", "own")]
