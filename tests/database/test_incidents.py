"""Open incidents in both databases: who finds which, by which filter, and that what was dealt with is gone."""
from __future__ import annotations

from collections import Counter

import pytest

from adapters.database.connection import Database
from adapters.database.incidents import Incidents
from adapters.database.people import People
from adapters.database.store import Store
from engine.commands import Cancel, FailJob, ResolveIncident, RetryIncident, Start
from engine.refusals import Conflict, Refused

PEOPLE = {  # person → (role, organisation, reach)
    "admin": ("process_admin", "city", "heads"), "other": ("process_admin", "town", "heads"), "audit": ("auditor", "city", "place"),
    "clerk": ("office", "city", "own"),
}


@pytest.fixture
def people(database: Database) -> People:
    made = People(database)
    for id in ("city", "town"):
        made.add_organisation("fuxin", id, f"{id}（虚构）", "单位")
    for person, (role, org, reach) in PEOPLE.items():
        made.add_person("fuxin", person, f"{person}（虚构）")
        made.add_post("fuxin", f"post-{person}", org, role, "经办", reach)
        made.grant("fuxin", person, f"post-{person}")
    made.add_person("fuxin", "ann", "ann（虚构）")
    return made


@pytest.fixture
def incidents(database: Database, store: Store, people: People) -> Incidents:
    """Two failed jobs in the city, one in the town; a fourth instance waits for its job."""
    for id, org, code in (("a", "city", "job.failed"), ("b", "city", "mail.down"), ("c", "town", "job.failed"), ("d", "city", "")):
        store.start("fuxin", Start("ann", id, "outside", "p", org=org, title=f"查询{id}"), id)
        if code:
            store.handle("fuxin", id, FailJob("j1", code, {"error": "Timeout"}), f"{id}-fail")
    return Incidents(database)


def found(incidents: Incidents, actor: str | None = None, **filters: str) -> list[str]:
    return [f"{one.instance}/{one.id}" for one in incidents.open("fuxin", actor, filters)]


def test_the_installation_sees_all_of_a_place_oldest_first(incidents: Incidents) -> None:
    assert (found(incidents), incidents.open("other")) == (["a/i1", "b/i1", "c/i1"], [])


def test_an_incident_says_where_it_is_and_why(incidents: Incidents) -> None:
    one = incidents.open("fuxin")[1]
    assert (one.instance, one.element, one.code, one.details["error"], one.process, one.package, one.org, one.campaign, one.title) == (
        "b", "far", "mail.down", "Timeout", "outside", "p", "city", "b", "查询b")
    assert one.opened_at is not None


@pytest.mark.parametrize(("actor", "expected"), [
    ("admin", ["a/i1", "b/i1"]), ("other", ["c/i1"]), ("audit", ["a/i1", "b/i1", "c/i1"]), ("clerk", []), ("stranger", []),
    ("ann", ["a/i1", "b/i1", "c/i1"]),  # she started them
])
def test_everybody_finds_what_they_may_put_right_or_look_at(incidents: Incidents, actor: str, expected: list[str]) -> None:
    assert found(incidents, actor) == expected


def test_who_is_recused_finds_nothing_of_it(incidents: Incidents, people: People) -> None:
    people.recuse("fuxin", "admin", "a")
    assert found(incidents, "admin") == ["b/i1"]


@pytest.mark.parametrize(("filters", "expected"), [
    ({"code": "job.failed"}, ["a/i1", "c/i1"]), ({"campaign": "b"}, ["b/i1"]), ({"instance": "c"}, ["c/i1"]), ({"process": "approval"}, []),
    ({"element": "far", "code": "mail.down"}, ["b/i1"]), ({"code": ""}, ["a/i1", "b/i1", "c/i1"]),
])
def test_filters_choose(incidents: Incidents, filters: dict[str, str], expected: list[str]) -> None:
    assert found(incidents, **filters) == expected


def test_what_was_dealt_with_is_gone(incidents: Incidents, store: Store) -> None:
    store.handle("fuxin", "a", RetryIncident("admin", "i1"), "retry")
    store.handle("fuxin", "b", ResolveIncident("admin", "i1", "已电话核实", {"key": "k"}), "resolve")
    store.handle("fuxin", "c", Cancel("other", "不再办理"), "cancel")
    assert found(incidents) == []
    store.handle("fuxin", "a", FailJob("j2", "job.failed"), "again")
    assert found(incidents) == ["a/i2"]


def test_only_its_own_administrator_puts_it_right_and_only_once(incidents: Incidents, store: Store) -> None:
    with pytest.raises(Refused) as refused:
        store.handle("fuxin", "a", RetryIncident("other", "i1"), "wrong")
    assert refused.value.code == "instance.not_yours_to_correct"
    store.handle("fuxin", "a", RetryIncident("admin", "i1"), "right")
    with pytest.raises(Conflict):
        store.handle("fuxin", "a", RetryIncident("admin", "i1"), "twice")


def test_it_is_three_reads_whatever_there_is(incidents: Incidents, statements: Counter[str]) -> None:
    incidents.open("fuxin", "admin")
    assert statements == {"reads": 3}  # the clock and the posts of the reader, then the incidents


def test_no_more_than_the_limit(incidents: Incidents) -> None:
    assert [one.instance for one in incidents.open("fuxin", limit=2)] == ["a", "b"]
