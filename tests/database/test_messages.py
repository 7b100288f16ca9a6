"""Messages, signals and timers between instances and at their start: each message once, each signal to everybody, nothing lost in silence."""
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import clock, schema, starts
from adapters.database.connection import Database
from adapters.database.jobs import Jobs
from adapters.database.journal import entries
from adapters.database.places import next_due
from adapters.database.store import Store
from adapters.database.worker import Worker
from engine.commands import Complete, Start
from engine.starts import armed
from engine.facts import GivenFacts


@pytest.fixture
def worker(store: Store) -> Worker:
    return Worker(store, lambda message: None)


def begun(store: Store, id: str, process: str, **variables: Any) -> None:
    store.start("fuxin", Start("ann", id, process, "p", variables=variables), f"start-{id}")


def rows(database: Database, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*[table.c[c] for c in columns]).order_by(*[table.c[c] for c in columns]))]


def states(database: Database) -> dict[str, str]:
    return dict(rows(database, schema.instance, "id", "state"))


def noted(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """What the place's own record says."""
    with database.reading() as connection:
        return [(one.entry.command, dict(one.entry.input)) for one in entries(connection, "fuxin", "place")]


def later(database: Database, **span: float) -> None:
    with database.reading() as connection:
        moment = clock.now(connection, "fuxin")
    clock.advance(database, "fuxin", moment + timedelta(**span))


def at_once(database: Database) -> None:
    """Retries that wait are due now."""
    with database.changing() as connection:
        connection.execute(schema.job.update().where(schema.job.c.state == "ready").values(run_at=0))


def arm(database: Database, store: Store) -> None:
    """Arms what starts processes of the package `p` from outside, as publishing it does."""
    with database.reading() as connection:
        facts = GivenFacts(clock.now(connection, "fuxin"))
    processes = store.definitions.graphs("fuxin", "p").processes.values()
    with database.writing() as transaction:
        starts.arm(transaction, "fuxin", "p", "p", "", "", facts.zone, armed(processes, facts)[0])


# Messages ---------------------------------------------------------------------------------------------------------------------------------------


def test_who_begins_to_wait_gets_the_message_at_once(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "s", "says", key="7", text="x")
    worker.run_due("fuxin")
    assert rows(database, schema.job, "kind", "message", "state", "error") == [("message", "word", "ready", "message.nobody")]
    begun(store, "a", "hears", key="8")
    begun(store, "b", "hears", key="7")
    begun(store, "c", "hears", key="7")
    worker.run_due("fuxin")
    assert states(database) == {"s": "ended", "a": "open", "b": "ended", "c": "open"}
    assert rows(database, schema.job, "id") == []


def test_who_asks_for_no_key_takes_a_message_with_one(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "a", "hears_all")
    begun(store, "b", "hears", key="7")
    begun(store, "s", "says", key="7", text="x")
    worker.run_due("fuxin")
    assert states(database) == {"a": "ended", "b": "open", "s": "ended"}
    begun(store, "t", "says", key="7", text="x")
    worker.run_due("fuxin")
    assert states(database)["b"] == "ended"


def test_two_messages_wake_two_of_those_that_wait(database: Database, store: Store) -> None:
    for n in range(12):
        begun(store, f"h{n:02}", "hears", key="7")
        begun(store, f"s{n:02}", "says", key="7", text=n)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: Worker(store, lambda message: None).run_due("fuxin"), range(3)))
    for _ in range(3):
        at_once(database)
        Worker(store, lambda message: None).run_due("fuxin")
    assert set(states(database).values()) == {"ended"}
    with database.reading() as connection:
        heard = [event[1]["payload"]["said"] for n in range(12) for one in entries(connection, "fuxin", f"h{n:02}") for event in one.entry.events
                 if event[0] == "Caught"]
    assert sorted(heard) == list(range(12))


def test_a_message_whose_time_is_over_is_in_the_record_and_shown(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "s", "says", key="7", text="x")
    worker.run_due("fuxin")
    later(database, days=2)
    at_once(database)
    worker.run_due("fuxin")
    begun(store, "a", "hears", key="7")
    worker.run_due("fuxin")
    assert states(database)["a"] == "open"
    assert [(instance, kind, error) for instance, _, kind, error in Jobs(database).failed("fuxin")] == [("s", "message", "message.expired")]
    assert noted(database) == [("MessageExpired", {"instance": "s", "element": "say", "name": "word", "correlation": "7"})]


def test_a_message_outlives_many_tries_and_a_mistake_of_ours(database: Database, store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(store, "s", "says", key="7", text="x")
    for _ in range(15):
        worker.run_due("fuxin")
        at_once(database)
    begun(store, "a", "hears", key="7")
    with monkeypatch.context() as broken:
        broken.setattr(store, "handle", lambda *args, **more: 1 / 0)
        worker.run_due("fuxin")
    assert rows(database, schema.job, "state", "error") == [("ready", "ZeroDivisionError: division by zero")]
    at_once(database)
    worker.run_due("fuxin")
    assert states(database)["a"] == "ended"


# Starts ------------------------------------------------------------------------------------------------------------------------------------------


def test_a_message_starts_an_instance_of_its_own(database: Database, store: Store, worker: Worker) -> None:
    arm(database, store)
    begun(store, "s", "calls_up", number=7)
    worker.run_due("fuxin")
    (new,) = set(states(database)) - {"s"}
    assert (new, "begun", None, new, "p") in rows(database, schema.instance, "id", "process", "parent", "root", "package")
    assert (new, '{"number":7}') in rows(database, schema.scope, "instance", "variables")
    assert rows(database, schema.job, "id") == []


def test_a_message_waits_for_the_package_that_it_starts(database: Database, store: Store, worker: Worker) -> None:
    begun(store, "s", "calls_up", number=7)
    worker.run_due("fuxin")
    arm(database, store)
    at_once(database)
    worker.run_due("fuxin")
    assert [process for (process,) in rows(database, schema.instance, "process")] == ["begun", "calls_up"]


def test_a_signal_reaches_everybody_who_waits_once_and_its_thrower_inside_the_step(database: Database, store: Store, worker: Worker) -> None:
    arm(database, store)
    for id in ("i", "j"):
        begun(store, id, "rings")
    store.handle("fuxin", "i", Complete("ann", "t1"))
    begun(store, "k", "rings")  # too late for it
    assert rows(database, schema.job, "instance", "id") == [("i", "j1.1"), ("i", "j1.2")]
    worker.run_due("fuxin")
    opened = [(instance, element) for instance, element, state in rows(database, schema.task, "instance", "element", "state") if state == "open"]
    new = next(instance for instance, element in opened if element == "wk_t")
    assert sorted(opened) == sorted([("i", "rg_heard"), ("i", "rg_note"), ("j", "rg_heard"), ("j", "rg_note"), ("j", "rg_t"), ("k", "rg_t"), (new, "wk_t")])
    assert rows(database, schema.job, "id") == []


def test_a_timer_starts_instances_slot_by_slot_and_catches_up_once(database: Database, store: Store, worker: Worker) -> None:
    arm(database, store)
    first = next_due(database, "fuxin")
    with database.reading() as connection:
        assert first is not None and first - clock.now(connection, "fuxin") <= timedelta(hours=24)
    assert worker.run_due("fuxin") == 0
    later(database, hours=24)
    assert worker.run_due("fuxin") == 1
    assert next_due(database, "fuxin") == first + timedelta(hours=24)
    later(database, days=5)
    assert worker.run_due("fuxin") == 1
    assert next_due(database, "fuxin") == first + timedelta(days=6)
    assert [process for (process,) in rows(database, schema.instance, "process")] == ["daily", "daily"]


def test_workers_side_by_side_start_one(database: Database, store: Store) -> None:
    arm(database, store)
    later(database, hours=24)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Worker(store, lambda message: None).run_due("fuxin"), range(4)))
    assert len(states(database)) == 1


def test_a_start_that_is_refused_is_in_the_record_and_the_timer_goes_on(database: Database, store: Store, worker: Worker) -> None:
    arm(database, store)
    first = next_due(database, "fuxin")
    later(database, hours=24)
    with database.changing() as connection:
        connection.execute(schema.process_start.update().values(process="gone").where(schema.process_start.c.process == "daily"))
    assert worker.run_due("fuxin") == 1
    assert [(command, fields["process"], fields["code"]) for command, fields in noted(database)] == [("StartFailed", "gone", "process.unknown")]
    assert first is not None and next_due(database, "fuxin") == first + timedelta(hours=24)


def test_a_new_version_starts_what_it_says_and_the_old_one_nothing(database: Database, store: Store) -> None:
    arm(database, store)
    assert rows(database, schema.process_start, "process", "start", "kind", "name") == [
        ("begun", "bg_s", "message", "begin"), ("daily", "dy_s", "timer", None), ("woken", "wk_s", "signal", "bell")]
    with database.writing() as transaction:
        starts.arm(transaction, "fuxin", "p", "q", "", "", "Asia/Shanghai", [])
    assert rows(database, schema.process_start, "process") == []
