"""What of a place's newest packages waits outside to start instances: armed at publishing, moved on by the clock; starts nothing (see `worker`)."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Transaction, bind
from adapters.database.jobs import LeaseLost
from adapters.database.moments import stored, stored_or_null
from adapters.database.shapes import text_of
from adapters.database.waiting import Start, start_of
from engine.starts import Armed
from engine.execution.timers import next_due

_b = schema.process_start.c
_DISARM = schema.process_start.delete().where(_b.place == bind("place"), _b.package_name == bind("package_name"))
_ARM = schema.process_start.insert().values({c.name: bind(c.name) for c in schema.process_start.c})
_SEEN = sa.select(_b.package_name, _b.process, _b.start, _b.kind, _b.name, _b.package, _b.scheme, _b.org, _b.due_at, _b.data)
_DUE = _SEEN.where(_b.place == bind("place"), _b.due_at <= bind("now")).order_by(_b.due_at, _b.package_name, _b.process, _b.start)
_this = (
    _b.place == bind("key_place"), _b.package_name == bind("key_package_name"), _b.process == bind("key_process"), _b.start == bind("key_start"),
    _b.due_at == bind("key_due_at"))
_MOVE = schema.process_start.update().where(*_this).values(due_at=bind("due_at"), data=bind("data"))
_OVER = schema.process_start.delete().where(*_this)


def arm(transaction: Transaction, place: str, package_name: str, package: str, scheme: str, org: str, zone: str, armed: Iterable[Armed]) -> None:
    """From now on these start instances of the package; what an earlier version or scheme had armed does not any more.

    Args:
        package, scheme, org: what the instances run on, and the organisation that owns them.
        zone: of the timers, an IANA name.
    """
    transaction.change(_DISARM, place=place, package_name=package_name)
    for one in armed:
        data = {} if one.due is None else {**one.due.data, "zone": zone}
        transaction.change(
            _ARM, place=place, package_name=package_name, process=one.process, start=one.trigger.start, kind=one.trigger.kind,
            name=one.trigger.name or None, package=package, scheme=scheme or None, org=org or None,
            due_at=stored_or_null(None if one.due is None else one.due.at), data=text_of(data))


def due(database: Database, place: str, now: int) -> list[Start]:
    """Timers whose moment has come, earliest first. `now`: business time in microseconds."""
    with database.looking() as transaction:
        return [start_of(columns) for columns in transaction.rows(_DUE, place=place, now=now)]


def move_on(transaction: Transaction, place: str, start: Start, now: datetime) -> None:
    """The timer has fired: a cycle waits for its next slot after `now`, anything else is over. Raises LeaseLost when another was quicker."""
    key = {
        "key_place": place, "key_package_name": start.package_name, "key_process": start.process, "key_start": start.start,
        "key_due_at": stored(start.due_at)}
    again = next_due(start.due_at, start.data, now, ZoneInfo(start.data["zone"]))
    if again is None:
        touched = transaction.change(_OVER, **key)
    else:
        touched = transaction.change(_MOVE, **key, due_at=stored(again.at), data=text_of({**start.data, **again.data}))
    if touched != 1:
        raise LeaseLost(start.process, start.start)
