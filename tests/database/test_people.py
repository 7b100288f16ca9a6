"""Organisations, posts and grants: who holds what when, and that every change stands in the journal."""
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from adapters.database import clock, journal
from adapters.database.connection import Database
from adapters.database.people import People
from adapters.database.publications import Publications, package_hash
from engine.journal.verify import verify
from engine.refusals import Conflict, NotFound, Refused


@pytest.fixture
def people(database: Database) -> People:
    people = People(database)
    people.add_organisation("fuxin", "city", "阜新市", "市")
    people.add_organisation("fuxin", "haizhou", "海州区", "县区", "city")
    people.add_person("fuxin", "ann", "甲（虚构）", "ann@example.org")
    people.add_post("fuxin", "haizhou-clerk", "haizhou", "county_health", "经办")
    return people


def now(database: Database) -> datetime:
    with database.reading() as connection:
        return clock.now(connection, "fuxin")


def test_a_grant_makes_a_candidate_until_it_is_revoked(database: Database, people: People) -> None:
    grant = people.grant("fuxin", "ann", "haizhou-clerk")
    assert [(h.candidate, h.name, h.to_at) for h in people.holdings("fuxin", "ann")] == [("county_health@haizhou", "甲（虚构）", None)]
    assert people.holders("fuxin", ["county_health@haizhou", "user:bo"]) == ["ann", "bo"]
    during = now(database)
    sleep(0.003)  # SQLite's clock counts milliseconds
    people.revoke("fuxin", grant)
    assert people.holdings("fuxin", "ann") == []
    assert people.holders("fuxin", ["county_health@haizhou"], during) == ["ann"]
    assert people.vacant("fuxin", ["county_health@haizhou"]) == ["county_health@haizhou"]


def test_a_grant_has_a_beginning_and_an_end(database: Database, people: People) -> None:
    first = now(database) + timedelta(days=1)
    people.grant("fuxin", "ann", "haizhou-clerk", from_at=first, to_at=first + timedelta(days=1))
    held = [people.holders("fuxin", ["county_health@haizhou"], first + timedelta(hours=h)) for h in (-1, 0, 23, 24)]
    assert held == [[], ["ann"], ["ann"], []]


def test_the_same_person_elsewhere_is_a_stranger(people: People) -> None:
    people.grant("fuxin", "ann", "haizhou-clerk")
    assert (people.holdings("other", "ann"), people.names("other", ["ann"]), people.organisations("other")) == ([], {}, [])


def test_the_tree_is_read_from_any_organisation(people: People) -> None:
    people.add_organisation("fuxin", "city2", "另一市", "市")
    assert [o.path for o in people.organisations("fuxin")] == ["city", "city/haizhou", "city2"]
    assert [o.id for o in people.organisations("fuxin", "city")] == ["city", "haizhou"]


@pytest.mark.parametrize(("call", "kind", "code"), [
    (lambda p: p.add_organisation("fuxin", "city", "阜新市", "市"), Conflict, "organisation.taken"),
    (lambda p: p.add_organisation("fuxin", "x", "某区", "县区", "nowhere"), Refused, "organisation.no_parent"),
    (lambda p: p.add_organisation("fuxin", "a@b", "某区", "县区"), Refused, "organisation.id"),
    (lambda p: p.add_person("fuxin", "ann", "乙"), Conflict, "person.taken"),
    (lambda p: p.add_post("fuxin", "p", "nowhere", "r", "经办"), Refused, "post.no_organisation"),
    (lambda p: p.add_post("fuxin", "p", "city", "r", "经办", "everything"), Refused, "post.reach"),
    (lambda p: p.grant("fuxin", "bo", "haizhou-clerk"), Refused, "grant.no_person"),
    (lambda p: p.grant("fuxin", "ann", "nothing"), Refused, "grant.no_post"),
    (lambda p: p.grant("fuxin", "ann", "haizhou-clerk", to_at=datetime(2000, 1, 1, tzinfo=UTC)), Refused, "grant.span"),
    (lambda p: p.revoke("fuxin", "nothing"), NotFound, "grant.unknown"),
])
def test_what_cannot_be_is_refused_and_leaves_no_entry(database: Database, people: People, call, kind, code) -> None:
    with database.reading() as connection:
        before = list(journal.entries(connection, "fuxin"))
    with pytest.raises(kind) as refused:
        call(people)
    assert refused.value.code == code
    with database.reading() as connection:
        assert list(journal.entries(connection, "fuxin")) == before


def test_every_change_is_an_entry_and_the_chain_holds(database: Database, people: People) -> None:
    people.grant("fuxin", "ann", "haizhou-clerk", by="admin")
    people.recuse("fuxin", "ann", "case-1")
    journal.sequence(database, "fuxin")
    with database.reading() as connection:
        found = list(journal.entries(connection, "fuxin"))
        checked = verify([e.body for e in found], journal.leaves(connection, "fuxin"))
    assert [e.entry.command for e in found] == ["AddOrganisation", "AddOrganisation", "AddPerson", "AddPost", "Grant", "Recuse"]
    assert (checked.findings, checked.leaves, checked.unsequenced) == ([], 6, ())


def test_a_package_is_published_once_under_its_hash(database: Database) -> None:
    shop, files = Publications(database), {"a.bpmn": b"<x/>", "package.yaml": b"name: p\n"}
    first = shop.publish_package("fuxin", "p", "1.0", "流程包", files, "admin", "second")
    again = shop.publish_package("fuxin", "p", "1.0", "流程包", dict(reversed(files.items())), "admin")
    assert (first, again, shop.package_files("fuxin", first)) == (package_hash(files), first, files)
    assert [(p.version, p.approved_by) for p in shop.packages("fuxin")] == [("1.0", "second")]
    with pytest.raises(NotFound):
        shop.package_files("other", first)


def test_a_calendar_year_is_provisional_until_confirmed(database: Database) -> None:
    shop = Publications(database)
    version = shop.add_calendar("fuxin", 2021, b"calendar: cn\n", "admin")
    assert [(c.year, c.confirmed_by) for c in shop.calendars("fuxin")] == [(2021, None)]
    shop.confirm_calendar("fuxin", 2021, version, "second")
    assert [(c.year, c.confirmed_by) for c in shop.calendars("fuxin")] == [(2021, "second")]
    newer = shop.add_calendar("fuxin", 2021, b"calendar: cn # again\n", "admin")
    assert [c.version for c in shop.calendars("fuxin")] == [version] and newer != version


def test_only_a_demo_place_s_clock_moves_and_only_forward(database: Database) -> None:
    later = now(database) + timedelta(days=3)
    clock.advance(database, "fuxin", later)
    assert timedelta(0) <= now(database) - later < timedelta(seconds=10)
    with pytest.raises(Refused) as backwards:
        clock.advance(database, "fuxin", later - timedelta(days=1))
    with pytest.raises(Refused) as live:
        clock.advance(database, "other", later + timedelta(days=9))
    assert (backwards.value.code, live.value.code) == ("clock.backwards", "clock.live")
