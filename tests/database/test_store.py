"""The write path on both databases: entry and rows together, once, at a moment that never goes back."""
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import clock, journal, schema
from adapters.database.connection import Database, Transaction
from adapters.database.people import People
from adapters.database.erasure import Erasure
from adapters.database.personal import Personal
from adapters.database.store import Answer, Store
from engine.commands import Cancel, Claim, Complete, Release, SetVariables, Start
from engine.engine import replay
from engine.facts import RecordedFacts
from engine.journal.verify import verify
from engine.refusals import Conflict, NotFound, Refused


def rows(database: Database, table: sa.Table, *columns: str, **where: object) -> list[tuple[Any, ...]]:
    query = sa.select(*[table.c[c] for c in columns]).where(*[table.c[c] == value for c, value in where.items()]).order_by(*[table.c[c] for c in columns])
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def inbox_rows(database: Database) -> list[tuple[Any, ...]]:
    return rows(database, schema.task_candidate, "task", "candidate", "open")


def begun(store: Store, id: str = "i1", process: str = "approval", actor: str = "ann", place: str = "fuxin", **more: Any) -> Answer:
    return store.start(place, Start(actor, id, process, "p", **more), f"start-{id}")


@pytest.fixture
def people(database: Database) -> People:
    people = People(database)
    people.add_organisation("fuxin", "city", "阜新市", "市")
    people.add_organisation("fuxin", "unit", "某单位", "单位", "city")
    for person, role, org in (("ann", "applicant", "unit"), ("bo", "clerk", "city"), ("cy", "clerk", "city")):
        people.add_person("fuxin", person, f"{person}（虚构）")
        people.add_post("fuxin", f"{role}-{person}", org, role, "经办")
        people.grant("fuxin", person, f"{role}-{person}")
    return people


def at(database: Database, place: str = "fuxin") -> datetime:
    with database.reading() as connection:
        return clock.now(connection, place)


def stored_entries(database: Database, stream: str) -> list[journal.Written]:
    with database.reading() as connection:
        return list(journal.entries(connection, "fuxin", stream))


# Entry and rows -------------------------------------------------------------------------------------------------------------------


def test_a_start_is_one_entry_with_its_rows(database: Database, store: Store) -> None:
    answer = begun(store)
    assert (answer.instance, answer.seq, answer.repeated) == ("i1", 1, False)
    assert rows(database, schema.task, "instance", "id", "element", "state", "opened_by") == [("i1", "t1", "submit", "open", "ann")]
    assert rows(database, schema.timer, "instance", "id", "kind", "task") == [("i1", "c1", "due", "t1")]
    assert rows(database, schema.instance, "id", "process", "state", "started_by", "seq") == [("i1", "approval", "open", "ann", 1)]
    assert rows(database, schema.entry, "stream", "seq", "actor", "command", "command_id", stream="i1") == [("i1", 1, "ann", "Start", "start-i1")]
    assert inbox_rows(database) == [("t1", "applicant@unit", 1)]


def test_a_completion_moves_the_inbox_on(database: Database, store: Store, people: People) -> None:
    begun(store)
    answer = store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 7}), "c1")
    assert rows(database, schema.task, "id", "state", "closed_by", "about", "opened_by") == [("t1", "completed", "ann", None, "ann"), ("t2", "open", None, "7", "ann")]
    assert inbox_rows(database) == [("t1", "applicant@unit", 0), ("t1", "user:ann", 0), ("t2", "clerk@city", 1)]
    assert rows(database, schema.timer, "id") == []
    assert rows(database, schema.scope, "id", "variables") == [(1, '{"amount":7}')]
    store.handle("fuxin", "i1", Complete("bo", "t2"), "c2")
    assert (answer.seq, rows(database, schema.instance, "state", "outcome", "seq")) == (2, [("ended", "end", 3)])


def test_claiming_takes_a_task_out_of_the_others_inbox_and_releasing_puts_it_back(database: Database, store: Store, people: People) -> None:
    begun(store)
    store.handle("fuxin", "i1", Claim("ann", "t1"), "c1")
    assert inbox_rows(database) == [("t1", "applicant@unit", 0), ("t1", "user:ann", 1)]
    store.handle("fuxin", "i1", Release("ann", "t1"), "c2")
    assert inbox_rows(database) == [("t1", "applicant@unit", 1), ("t1", "user:ann", 0)]


def test_a_refused_command_leaves_nothing(database: Database, store: Store, people: People) -> None:
    begun(store)
    tables = [t for t in schema.metadata.tables.values() if t is not schema.place]
    before = {t.name: rows(database, t, *t.c.keys()) for t in tables}
    with pytest.raises(Refused):
        store.handle("fuxin", "i1", Complete("bo", "t1"), "c1")
    assert {t.name: rows(database, t, *t.c.keys()) for t in tables} == before


def test_why_not_says_what_handle_refuses_and_stores_nothing(database: Database, store: Store, people: People) -> None:
    begun(store)
    refusal = store.why_not("fuxin", "i1", Complete("bo", "t1"))
    with pytest.raises(Refused) as refused:
        store.handle("fuxin", "i1", Complete("bo", "t1"))
    assert refusal is not None and refusal.code == refused.value.code
    assert store.why_not("fuxin", "i1", Complete("ann", "t1")) is None
    assert [w.entry.seq for w in stored_entries(database, "i1")] == [1]
    assert isinstance(store.why_not("fuxin", "nothing", Complete("ann", "t1")), NotFound)


def test_an_unknown_instance_or_place_is_not_found(store: Store) -> None:
    begun(store)
    for place, instance in (("fuxin", "i2"), ("other", "i1")):
        with pytest.raises(NotFound) as refused:
            store.handle(place, instance, Complete("ann", "t1"))
        assert refused.value.code == "instance.unknown"
    with pytest.raises(NotFound) as refused:
        begun(store, place="nowhere")
    assert refused.value.code == "place.unknown"


# Once -----------------------------------------------------------------------------------------------------------------------------


def test_the_same_command_again_gives_the_same_answer(database: Database, store: Store, people: People) -> None:
    first = begun(store)
    again = store.start("fuxin", Start("ann", "another-id", "approval", "p"), "start-i1")
    assert (again.instance, again.seq, again.at, again.events, again.repeated) == ("i1", 1, first.at, first.events, True)
    done = store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 7}), "c1")
    repeated = store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 7}), "c1")
    assert (repeated.seq, repeated.at, repeated.events, repeated.repeated) == (done.seq, done.at, done.events, True)
    assert rows(database, schema.instance, "id", "seq") == [("i1", 2)]


def test_another_content_under_the_same_id_is_a_conflict(store: Store, people: People) -> None:
    begun(store)
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 7}), "c1")
    for command, personal in ((Complete("ann", "t1", answers={"amount": 8}), ()), (Complete("ann", "t1", answers={"amount": 7}), (Personal("s", "g", {"name": "甲"}),))):
        with pytest.raises(Conflict) as conflict:
            store.handle("fuxin", "i1", command, "c1", personal)
        assert conflict.value.code == "command.other_body"


def test_a_refusal_is_not_remembered(store: Store, people: People) -> None:
    begun(store)
    with pytest.raises(Refused):
        store.handle("fuxin", "i1", Complete("bo", "t2"), "c1")
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c0")
    assert store.handle("fuxin", "i1", Complete("bo", "t2"), "c1").repeated is False


@pytest.mark.parametrize(("opinion", "taken"), [("同意\0", False), ("同意\ud800", False), ("C:\\u0000 是文件名", True), ("同意", True)])
def test_a_character_that_no_database_keeps_is_refused_before_anything_is_written(store: Store, people: People, opinion: str, taken: bool) -> None:
    begun(store)
    found = together(1, lambda n: store.handle("fuxin", "i1", Complete("ann", "t1", "", opinion, {"amount": 1}), "c1"))[0]
    assert (found.seq == 2) if taken else (found.code == "command.characters")


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(n)` gave or raised in `count` threads at once."""
    def safely(n: int) -> Any:
        try:
            return work(n)
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(safely, range(count)))


def test_of_two_who_complete_one_task_one_wins(database: Database, store: Store, people: People) -> None:
    for n in range(5):
        begun(store, f"i{n}")
        store.handle("fuxin", f"i{n}", Complete("ann", "t1", answers={"amount": 1}))
        found = together(2, lambda k, n=n: store.handle("fuxin", f"i{n}", Complete(("bo", "cy")[k], "t2"), f"{n}-{k}"))
        assert sorted(type(each) is Answer for each in found) == [False, True]
    assert rows(database, schema.instance, "state", "seq") == [("ended", 3)] * 5


def test_one_command_sent_by_eight_threads_counts_once(database: Database, store: Store, people: People) -> None:
    begun(store)
    found = together(8, lambda n: store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c1"))
    assert sorted((each.seq, each.repeated) for each in found) == [(2, False)] + [(2, True)] * 7
    started = together(8, lambda n: store.start("fuxin", Start("ann", f"n{n}", "approval", "p"), "one-start"))
    assert len({each.instance for each in started}) == 1
    assert len(rows(database, schema.instance, "id")) == 2


# Moments --------------------------------------------------------------------------------------------------------------------------


def test_the_moment_never_goes_back(database: Database, store: Store, people: People) -> None:
    begun(store)
    future = at(database) + timedelta(hours=1)
    with database.changing() as connection:
        connection.execute(schema.instance.update().values(last_at=journal.stored(future)))
    assert store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1})).at == future


def test_due_timers_fire_first_each_with_its_own_entry(database: Database, store: Store, people: People) -> None:
    begun(store, "c", "campaign")
    clock.advance(database, "fuxin", at(database) + timedelta(days=11))
    with pytest.raises(Refused):
        store.handle("fuxin", "c", Complete("ann", "t1"), "c1")
    assert [w.entry.command for w in stored_entries(database, "c")] == ["Start"]
    store.handle("fuxin", "c", SetVariables("job", {"x": 1}), "c2")
    assert [(w.entry.seq, w.entry.actor, w.entry.command) for w in stored_entries(database, "c")] == [
        (1, "ann", "Start"), (2, "timer", "FireTimer"), (3, "job", "SetVariables")]


def test_a_demo_place_lives_in_its_own_time(database: Database, store: Store) -> None:
    clock.create_place(database, "then", "演示", "demo", starts_at=datetime(2021, 10, 12, tzinfo=UTC))
    assert begun(store, place="then").at - datetime(2021, 10, 12, tzinfo=UTC) < timedelta(minutes=1)


# The record -----------------------------------------------------------------------------------------------------------------------


def test_chain_tree_and_replay_agree(database: Database, store: Store, people: People, diagrams: Any) -> None:
    begun(store)
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 7}), "c1")
    assert journal.sequence(database, "fuxin") == len(stored_entries(database, "place")) + 2
    with database.reading() as connection:
        checked = verify([w.body for w in journal.entries(connection, "fuxin")], journal.leaves(connection, "fuxin"))
    assert (checked.findings, checked.unsequenced) == ([], ())
    entries = [w.entry for w in stored_entries(database, "i1")]
    functions = {"role": lambda code, org: f"{code}@{org}"}
    last = list(replay(entries, lambda package: diagrams.set, lambda e: RecordedFacts(e.facts, e.at, functions=functions)))[-1]
    assert rows(database, schema.instance, "state_hash") == [(last.state_hash,)]


def test_checkpoints_are_signed_once_a_size(database: Database, store: Store, tmp_path: Any) -> None:
    from adapters.keys import KeyFolder
    from adapters.keys.place_keys import verified
    from engine.journal.checkpoint import read_signed

    keys = KeyFolder(tmp_path / "keys")
    begun(store)
    journal.sequence(database, "fuxin")
    made = [journal.sign_checkpoint(database, "fuxin", "fuxin", keys.public_key("fuxin"), lambda m: keys.sign("fuxin", m), n) for n in range(2)]
    with database.reading() as connection:
        notes = journal.checkpoints(connection, "fuxin")
        entries, leaves = [w.body for w in journal.entries(connection, "fuxin")], journal.leaves(connection, "fuxin")
    read = [read_signed(note, "fuxin", keys.public_key("fuxin"), lambda m, s: verified(keys.public_key("fuxin"), m, s)) for note in notes]
    assert (read, made[0], verify(entries, leaves, read).findings) == ([made[1]], made[1], [])


def test_personal_values_are_sealed_in_the_entry_and_readable_until_erased(database: Database, store: Store, people: People) -> None:
    begun(store)
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}, subjects=("s1",)), "c1", (Personal("s1", "nomination", {"name": "张三（虚构）"}),))
    entry = stored_entries(database, "i1")[1]
    assert [(subject, group) for subject, group, _ in entry.entry.personal] == [("s1", "nomination")]
    assert "张三".encode() not in entry.body
    assert rows(database, schema.personal, "instance", "subject", "data") == [("i1", "s1", '{"name":"张三（虚构）"}')]
    Erasure(database).erase("fuxin", "s1", "本人申请", "ann", "bo")
    assert rows(database, schema.personal, "subject") == []
    assert rows(database, schema.subject_key, "subject", "wrapped") == [("s1", None)]
    with pytest.raises(Refused) as refused:
        store.handle("fuxin", "i1", Complete("bo", "t2"), "c2", (Personal("s1", "nomination", {"name": "张三（虚构）"}),))
    assert refused.value.code == "subject.erased"


# Effects --------------------------------------------------------------------------------------------------------------------------


def test_the_ledger_is_never_exceeded_and_numbers_have_no_gap(database: Database, store: Store) -> None:
    begun(store, "c", "campaign")
    for n in range(8):
        begun(store, f"b{n}", "booking", parent="c", root="c", path="c")
    found = together(8, lambda n: store.handle("fuxin", f"b{n}", Complete("ann", "t1"), f"book-{n}"))
    assert sorted(type(each) is Answer for each in found) == [False] * 5 + [True] * 3
    assert rows(database, schema.ledger_account, "campaign", "account", "places", "booked") == [("c", "a", 3, 3)]
    assert rows(database, schema.ledger_posting, "kind", "places") == [("booked", 1)] * 3 + [("opened", 3)]
    assert rows(database, schema.series, "series", "last") == [("case", 3)]
    assert rows(database, schema.record, "campaign", "kind", "key", "status", "data") == [
        ("c", "nomination", f"第{n}号", "booked", f'{{"channel":"a","number":{n}}}') for n in (1, 2, 3)]
    assert len(rows(database, schema.outbox, "id")) == 3


def test_cancelling_marks_everything_below_at_once(database: Database, store: Store, people: People) -> None:
    people.add_post("fuxin", "admin", "city", "process_admin", "管理员")
    people.grant("fuxin", "bo", "admin")
    begun(store, "c", "campaign", org="city")
    begun(store, "b", "approval", parent="c", root="c", path="c")
    begun(store, "d", "approval")
    store.handle("fuxin", "c", Cancel("bo", "停办"), "stop")
    assert rows(database, schema.instance, "id", "state", "doomed_by") == [("b", "open", "c"), ("c", "cancelled", None), ("d", "open", None)]
    refusal = store.why_not("fuxin", "b", Complete("ann", "t1"))
    assert refusal is not None and refusal.code == "instance.cancelled_above"
    with pytest.raises(Refused):
        store.handle("fuxin", "b", Complete("ann", "t1"))


def test_what_goes_alongside_a_command_is_in_its_transaction(database: Database, store: Store, people: People) -> None:
    begun(store)
    mark = schema.lease.insert().values(place=sa.bindparam("place"), name=sa.bindparam("name"), token=sa.bindparam("token"), lease_until=sa.bindparam("lease_until"))

    def alongside(transaction: Transaction, seq: int) -> None:
        transaction.change(mark, place="fuxin", name="x", token=seq, lease_until=0)
        if seq == 2 and not rows_seen:
            rows_seen.append(seq)
            raise ZeroDivisionError

    rows_seen: list[int] = []
    with pytest.raises(ZeroDivisionError):
        store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c1", alongside=alongside)
    assert (rows(database, schema.lease, "name"), rows(database, schema.instance, "seq")) == ([], [(1,)])
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1}), "c1", alongside=alongside)
    assert (rows(database, schema.lease, "name", "token"), rows(database, schema.instance, "seq")) == ([("x", 2)], [(2,)])
