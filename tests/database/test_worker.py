"""Time passes: timers, jobs between instances, services, messages; each effect once, whoever dies on the way."""
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import clock, schema
from adapters.database.connection import Database
from adapters.database.jobs import Claimed, Jobs, LeaseLost
from adapters.database.outbox import Message, Outbox, mark_read, post_notices
from adapters.database.people import People
from adapters.database.queries import Queries
from adapters.database.pipeline import OnPostgres
from adapters.database.store import Store
from adapters.database.transaction import OnSqlite
from adapters.database.worker import Worker
from engine.commands import Cancel, Complete, Correlate, Start
from engine.refusals import Refused


class Post:
    """A deliverer that keeps what it was given, and fails as often as it is told."""

    def __init__(self) -> None:
        self.failures, self.messages = 0, list[Message]()

    def __call__(self, message: Message) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no way out")
        self.messages.append(message)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def worker(store: Store, post: Post) -> Worker:
    return Worker(store, post, {"ask": lambda place, job: {"answer": 42}})


@pytest.fixture(autouse=True)
def office(database: Database) -> Iterator[None]:
    people = People(database)
    people.add_organisation("fuxin", "city", "阜新市", "市")
    people.add_person("fuxin", "ann", "甲（虚构）")
    for role, org in (("applicant", "unit"), ("clerk", "city"), ("office", "city"), ("process_admin", "city")):
        if org == "unit":
            people.add_organisation("fuxin", "unit", "某单位", "单位", "city")
        people.add_post("fuxin", role, org, role, "经办")
        people.grant("fuxin", "ann", role)
    yield


def rows(database: Database, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*[table.c[c] for c in columns]).order_by(*[table.c[c] for c in columns]))]


def begun(store: Store, id: str, process: str, **more: Any) -> None:
    store.start("fuxin", Start("ann", id, process, "p", **more), f"start-{id}")


def later(database: Database, **span: float) -> None:
    with database.reading() as connection:
        now = clock.now(connection, "fuxin")
    clock.advance(database, "fuxin", now + timedelta(**span))


def child_of(database: Database, parent: str) -> str:
    return str(next(id for id, above in rows(database, schema.instance, "id", "parent") if above == parent))


def test_a_call_runs_as_an_instance_of_its_own_and_comes_back(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "c", "campaign", org="city")
    worker.run_due("fuxin")
    child = child_of(database, "c")
    assert rows(database, schema.instance, "path", "root", "org", "process") == [("c", "c", "city", "campaign"), (f"c/{child}", "c", "city", "approval")]
    for task in ("t1", "t2"):
        store.handle("fuxin", child, Complete("ann", task, answers={"amount": 5}))
    assert worker.run_due("fuxin") == 1
    assert rows(database, schema.job, "id") == []
    assert [(i, e) for i, e, s in rows(database, schema.task, "instance", "element", "state") if s == "open"] == [("c", "sum")]
    assert Queries(database).instance("fuxin", "ann", "c").variables["amount"] == 5


def test_a_deadline_stops_the_call_and_the_child_with_it(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "c", "campaign", org="city")
    worker.run_due("fuxin")
    child = child_of(database, "c")
    later(database, days=11)
    worker.run_due("fuxin")
    assert sorted(rows(database, schema.instance, "id", "state", "doomed_by")) == sorted([("c", "open", None), (child, "cancelled", "c")])
    assert [(i, e) for i, e, s in rows(database, schema.task, "instance", "element", "state") if s == "open"] == [("c", "sum")]
    assert rows(database, schema.timer, "id") == rows(database, schema.job, "id") == []


def test_a_service_answers_and_a_message_is_heard(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "o", "outside", variables={"key": "k"})
    worker.run_due("fuxin")
    assert rows(database, schema.subscription, "kind", "name", "correlation") == [("message", "news", "k")]
    assert rows(database, schema.scope, "variables") == [('{"answer":42,"key":"k"}',)]
    store.handle("fuxin", "o", Correlate("news", "k"), "m1")
    assert rows(database, schema.instance, "state") == [("ended",)]


def test_a_service_that_is_not_there_is_an_incident(database: Database, store: Store, post: Post) -> None:
    begun(store, "o", "outside")
    Worker(store, post).run_due("fuxin")
    assert rows(database, schema.incident, "element", "code", "state") == [("far", "job.no_service", "open")]


def test_a_failing_service_is_tried_again_and_then_is_an_incident(database: Database, store: Store, post: Post) -> None:
    tries: list[int] = []

    def ask(place: str, job: Claimed) -> dict[str, Any]:
        tries.append(job.tries)
        raise ConnectionError("unreachable")

    worker = Worker(store, post, {"ask": ask})
    begun(store, "o", "outside")
    for _ in range(10):
        worker.run_due("fuxin")
        with database.changing() as connection:
            connection.execute(schema.job.update().values(run_at=0))
    retries = len(tries)
    assert tries == list(range(1, retries + 1)) and retries in (3, 5)  # as many as the diagram says, else TRIES
    assert rows(database, schema.incident, "element", "code") == [("far", "job.failed")]
    assert rows(database, schema.job, "id") == []


def test_a_worker_that_lost_its_lease_changes_nothing(database: Database, store: Store) -> None:
    begun(store, "c", "campaign", org="city")
    jobs = Jobs(database)
    slow = jobs.claim("fuxin", 10, lease_seconds=-1)
    quick = jobs.claim("fuxin", 10)
    assert [(j.id, j.token, j.tries) for j in (*slow, *quick)] == [(slow[0].id, 1, 1), (slow[0].id, 2, 2)]
    assert jobs.claim("fuxin", 10) == []
    with pytest.raises(LeaseLost):
        store.start("fuxin", Start("job", "child", "approval", "p"), "x", alongside=lambda transaction, seq: jobs.done(slow[0], transaction))
    assert rows(database, schema.instance, "id") == [("c",)]
    store.start("fuxin", Start("job", "child", "approval", "p"), "x", alongside=lambda transaction, seq: jobs.done(quick[0], transaction))
    assert (rows(database, schema.instance, "id"), rows(database, schema.job, "id")) == ([("c",), ("child",)], [])


def test_places_do_not_do_each_other_s_work(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "c", "campaign", org="city")
    assert worker.run_due("other") == 0
    assert len(rows(database, schema.job, "id")) == 1


def test_a_message_goes_out_at_least_once_and_a_notice_appears_once(database: Database, store: Store, worker: Worker, post: Post) -> None:
    begun(store, "c", "campaign", org="city")
    begun(store, "b", "booking", parent="c", root="c", path="c")
    store.handle("fuxin", "b", Complete("ann", "t1"))
    post.failures = 1
    worker.run_due("fuxin")
    assert (post.messages, rows(database, schema.outbox, "state", "error")) == ([], [("ready", "ConnectionError: no way out")])
    with database.changing() as connection:
        connection.execute(schema.outbox.update().values(run_at=0))
    worker.run_due("fuxin")
    message = post.messages[0]
    assert (message.template, message.to, message.params, message.campaign, rows(database, schema.outbox, "state")) == (
        "booked", ("user:ann",), {"number": 1}, "c", [("sent",)])
    assert [post_notices(database, message, ["ann", "bo"], message.created_at) for _ in range(2)] == [2, 0]
    queries = Queries(database)
    assert [(n.template, n.read) for n in queries.notices("fuxin", "ann")] == [("booked", False)]
    assert (mark_read(database, "fuxin", "ann", [message.id], message.created_at), queries.counts("fuxin", "ann").unread) == (1, 0)
    assert queries.notices("other", "ann") == []


def test_a_message_nobody_takes_is_given_up_and_shown(database: Database, store: Store, worker: Worker, post: Post) -> None:
    begun(store, "c", "campaign", org="city")
    begun(store, "b", "booking", parent="c", root="c", path="c")
    store.handle("fuxin", "b", Complete("ann", "t1"))
    post.failures = 99
    for _ in range(7):
        worker.run_due("fuxin")
        with database.changing() as connection:
            connection.execute(schema.outbox.update().where(schema.outbox.c.state == "ready").values(run_at=0))
    assert (post.failures, [error for _, _, error in Outbox(database).undelivered("fuxin")]) == (94, ["ConnectionError: no way out"])


def test_one_broken_instance_does_not_stop_the_others(database: Database, store: Store, worker: Worker) -> None:
    for id in ("a", "x", "y"):
        begun(store, id, "approval")
    later(database, days=3)
    with database.changing() as connection:
        connection.execute(schema.scope.update().where(schema.scope.c.instance == "x").values(variables="{"))

    worker.run_due("fuxin")

    assert rows(database, schema.timer, "instance") == [("x",)]
    with database.changing() as connection:
        connection.execute(schema.scope.update().where(schema.scope.c.instance == "x").values(variables="{}"))
    worker.run_due("fuxin")
    assert rows(database, schema.timer, "instance") == []
    assert [stream for stream, command in rows(database, schema.entry, "stream", "command") if command == "FireTimer"] == ["a", "x", "y"]


@pytest.mark.parametrize("instances", [1, 20])
def test_timers_of_many_instances_are_one_commit_on_sqlite(
    database: Database, store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch, instances: int,
) -> None:
    for n in range(instances):
        begun(store, f"i{n}", "approval")
    later(database, days=3)
    commits: list[int] = []
    for kind in (OnSqlite, OnPostgres):
        monkeypatch.setattr(kind, "commit", lambda self, _real=kind.commit: (commits.append(1), _real(self)))  # type: ignore[func-returns-value]

    assert worker.fire_timers("fuxin", set()) == instances
    assert len(commits) == (1 if database.lite else instances)


def test_a_cancelled_campaign_takes_its_children_along(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "c", "campaign", org="city")
    worker.run_due("fuxin")
    store.handle("fuxin", "c", Cancel("ann", "停办"))
    worker.run_due("fuxin")
    assert {state for _, state in rows(database, schema.instance, "id", "state")} == {"cancelled"}
    with pytest.raises(Refused):
        store.handle("fuxin", child_of(database, "c"), Complete("ann", "t1"))


def test_a_message_waits_for_its_receiver_and_is_heard_once(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "s", "speaker", variables={"key": "k"})
    worker.run_due("fuxin")
    assert rows(database, schema.job, "kind", "state", "error") == [("message", "ready", "message.nobody")]
    begun(store, "o", "outside", variables={"key": "k"})
    begun(store, "p", "outside", variables={"key": "k"})
    worker.run_due("fuxin")
    with database.changing() as connection:
        connection.execute(schema.job.update().values(run_at=0))
    worker.run_due("fuxin")
    assert rows(database, schema.instance, "id", "state") == [("o", "ended"), ("p", "open"), ("s", "ended")]
    assert rows(database, schema.job, "id") == []


def test_workers_side_by_side_do_everything_once(database: Database, store: Store, post: Post) -> None:
    for n in range(12):
        begun(store, f"c{n}", "campaign", org="city")
        begun(store, f"b{n}", "booking", parent=f"c{n}", root=f"c{n}", path=f"c{n}")
        store.handle("fuxin", f"b{n}", Complete("ann", "t1"))
        begun(store, f"x{n}", "approval")
    later(database, days=3)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: Worker(store, post).run_due("fuxin"), range(4)))
    Worker(store, post).run_due("fuxin")
    parents = [parent for parent, process in rows(database, schema.instance, "parent", "process") if process == "approval" and parent]
    assert sorted(parents) == sorted(f"c{n}" for n in range(12))
    assert sorted(message.instance for message in post.messages if message.template == "booked") == sorted(f"b{n}" for n in range(12))
    assert sorted(stream for stream, command in rows(database, schema.entry, "stream", "command") if command == "FireTimer" and stream[0] == "x") == sorted(
        f"x{n}" for n in range(12))
