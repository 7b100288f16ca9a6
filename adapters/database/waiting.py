"""Who waits for a message or signal in a place: receivers found, messages woken, signals spread; delivers nothing (see `worker`)."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Transaction, bind
from adapters.database.moments import restored_or_none
from adapters.database.shapes import value_of
from engine.execution.rows import JobRow, SubscriptionRow

Json = Any
MOST_RECEIVERS = 50  # looked at for one message before it is tried again later

_i, _s, _b, _j = schema.instance.c, schema.subscription.c, schema.process_start.c, schema.job.c
_alive = sa.join(schema.subscription, schema.instance, sa.and_(_i.place == _s.place, _i.id == _s.instance))
_oldest = (_i.started_at, _s.instance, sa.func.length(_s.id), _s.id)
_fits = sa.or_(_s.correlation.is_(None), _s.correlation == bind("correlation"))
_HEARING = (
    sa.select(_s.instance, _s.id).select_from(_alive)
    .where(_s.place == bind("place"), _s.kind == sa.literal_column("'message'"), _s.name == bind("name"), _fits, _i.doomed_by.is_(None))
    .order_by(*_oldest).limit(sa.literal_column(str(MOST_RECEIVERS))))
_LISTENING = (
    sa.select(_s.instance, _s.id).select_from(_alive)
    .where(_s.place == bind("place"), _s.kind == sa.literal_column("'signal'"), _s.name == bind("name"), _s.instance != bind("thrower"),
           _i.doomed_by.is_(None))
    .order_by(*_oldest))
_BEGINNING = (
    sa.select(_b.package_name, _b.process, _b.start, _b.kind, _b.name, _b.package, _b.scheme, _b.org, _b.due_at, _b.data)
    .where(_b.place == bind("place"), _b.kind == bind("kind"), _b.name == bind("name")).order_by(_b.package_name, _b.process, _b.start))
# A job that is running just now is woken too: its row lock makes the worker that is about to put it off look again.
_WAKE = schema.job.update().where(
    _j.place == bind("key_place"), _j.message == bind("key_message"), _j.state != sa.literal_column("'failed'")).values(run_at=bind("run_at"))


class Start(NamedTuple):
    """What starts an instance from outside. `start`: the start event, `due_at` the next moment of a timer, `data` what it needs for the one after."""

    package_name: str
    process: str
    start: str
    kind: str  # message | signal | timer
    name: str
    package: str
    scheme: str
    org: str
    due_at: Any
    data: Mapping[str, Json]


def start_of(columns: Sequence[Any]) -> Start:
    """The row as `Start`."""
    package_name, process, start, kind, name, package, scheme, org, due_at, data = columns
    return Start(package_name, process, start, kind, name or "", package, scheme or "", org or "", restored_or_none(due_at), value_of(data))


def hearing(transaction: Transaction, place: str, name: str, correlation: str) -> list[tuple[str, str]]:
    """(instance, subscription) that may take the message, oldest instance first: those with its key, or without one."""
    return [(instance, id) for instance, id in transaction.rows(_HEARING, place=place, name=name, correlation=correlation or None)]


def beginning(transaction: Transaction, place: str, kind: str, name: str) -> list[Start]:
    """What the message or signal starts."""
    return [start_of(columns) for columns in transaction.rows(_BEGINNING, place=place, kind=kind, name=name)]


def wake(transaction: Transaction, place: str, subscriptions: Iterable[SubscriptionRow], now: int) -> None:
    """Messages on their way that one of these subscriptions might take are tried again at once."""
    for name in sorted({row.name for row in subscriptions if row.kind == "message"}):
        transaction.change(_WAKE, key_place=place, key_message=name, run_at=now)


def spread(transaction: Transaction, place: str, thrower: str, jobs: Iterable[JobRow]) -> dict[str, JobRow]:
    """The jobs with every signal replaced by one for each receiver, who thus is fixed at the throw's commit: instances that wait now, and starts."""
    found: dict[str, JobRow] = {}
    for job in jobs:
        if job.kind == "signal":
            for number, data in enumerate(_receivers(transaction, place, thrower, job.data), start=1):
                id = f"{job.id}.{number}"
                found[id] = JobRow(id, "signal", None, job.element, data)
        else:
            found[job.id] = job
    return found


def _receivers(transaction: Transaction, place: str, thrower: str, data: Mapping[str, Json]) -> Iterable[dict[str, Json]]:
    said = {"name": data["name"], "payload": data["payload"]}
    listening: dict[str, list[str]] = {}
    for instance, subscription in transaction.rows(_LISTENING, place=place, name=data["name"], thrower=thrower):
        listening.setdefault(instance, []).append(subscription)
    for instance, subscriptions in listening.items():
        yield {**said, "to": instance, "subscriptions": subscriptions}
    for start in beginning(transaction, place, "signal", data["name"]):
        yield {**said, "start": [start.process, start.start, start.package, start.scheme, start.org]}
