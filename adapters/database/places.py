"""What the composition root asks about places and heads of instances: kinds, the next armed timer, an instance's row; no page reads through it."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, bind
from adapters.database.moments import restored
from adapters.database.personal import personal_of
from adapters.database.shapes import read_instance, value_of
from adapters.database.source import StoredSource
from engine.execution.rows import InstanceRow, TaskRow
from engine.refusals import NotFound

_p, _t, _i, _b = schema.place.c, schema.timer.c, schema.instance.c, schema.process_start.c
_HEAD = (
    sa.select(_i.id, _i.process, _i.package, _i.scheme, _i.org, _i.parent, _i.parent_scope, _i.root, _i.path, _i.title, _i.state, _i.outcome,
              _i.started_at, _i.ended_at, _i.counters)
    .where(_i.place == bind("place"), _i.id == bind("id")))

_PLACES = sa.select(_p.place, _p.title, _p.kind, _p.zone).order_by(_p.place)


@dataclass(frozen=True, slots=True)
class Place:
    """`kind`: live | demo | rehearsal."""

    id: str
    title: str
    kind: str
    zone: str


def places(database: Database) -> list[Place]:
    """All places, by id."""
    with database.looking() as transaction:
        return [Place(*row) for row in transaction.rows(_PLACES)]


def next_due(database: Database, place: str) -> datetime | None:
    """When the next armed timer falls due: of a living instance, or one that starts instances."""
    alive = sa.join(schema.timer, schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
    with database.reading() as connection:
        of_instances = connection.scalar(sa.select(sa.func.min(_t.due_at)).select_from(alive).where(_t.place == place, _i.doomed_by.is_(None)))
        of_starts = connection.scalar(sa.select(sa.func.min(_b.due_at)).where(_b.place == place, _b.due_at.is_not(None)))
    return min((restored(moment) for moment in (of_instances, of_starts) if moment is not None), default=None)


def head_of(database: Database, place: str, instance: str) -> InstanceRow:
    """The row of an instance, whoever asks. Raises NotFound `instance.unknown`."""
    with database.looking() as transaction:
        found = transaction.row(_HEAD, place=place, id=instance)
    if found is None:
        raise NotFound("instance.unknown", instance=instance)
    return read_instance(found)


def task_with_names(database: Database, place: str, instance: str, task: str) -> tuple[TaskRow, Mapping[str, Any]]:
    """A task and the variables that its form's expressions see: the scopes from the outside in, then the task's own. Raises NotFound `task.unknown`."""
    with database.looking() as transaction:
        source = StoredSource(transaction, place, instance)
        row = source.task(task)
        if row is None:
            raise NotFound("task.unknown", task=task)
        around: list[Mapping[str, Any]] = [row.variables]
        scope: int | None = row.scope
        while scope is not None and (found := source.scope(scope)) is not None:
            around.append(found.variables)
            scope = found.parent
    names: dict[str, Any] = {}
    for variables in reversed(around):
        names.update(variables)
    return row, names


@dataclass(frozen=True, slots=True)
class Running:
    """An instance with its outermost variables."""

    id: str
    state: str
    variables: Mapping[str, Any]


def instances_of(database: Database, place: str, campaign: str, process: str) -> list[Running]:
    """The instances of a process in a campaign, oldest first."""
    s = schema.scope.c
    query = (
        sa.select(_i.id, _i.state, s.variables)
        .join(schema.scope, sa.and_(s.place == _i.place, s.instance == _i.id, s.id == 1), isouter=True)
        .where(_i.place == place, _i.root == campaign, _i.process == process).order_by(_i.started_at, _i.id))
    with database.reading() as connection:
        return [Running(id, state, {} if variables is None else value_of(variables)) for id, state, variables in connection.execute(query)]


def record_key(database: Database, place: str, campaign: str, instance: str) -> str:
    """What the register calls what this instance is about; empty while it put nothing there."""
    r = schema.record.c
    with database.reading() as connection:
        found = connection.scalar(
            sa.select(r.key).where(r.place == place, r.campaign == campaign, r.instance == instance).order_by(r.kind.desc(), r.key).limit(1))
    return found or ""


def register(database: Database, place: str, campaign: str) -> dict[str, Any]:
    """The whole register and the quota ledger of a campaign as plain values, in order: what it came to."""
    r, a = schema.record.c, schema.ledger_account.c
    with database.reading() as connection:
        records = connection.execute(sa.select(r.kind, r.key, r.status, r.data).where(r.place == place, r.campaign == campaign).order_by(r.kind, r.key)).all()
        accounts = connection.execute(sa.select(a.account, a.places, a.booked).where(a.place == place, a.campaign == campaign).order_by(a.account)).all()
    return {"records": [[kind, key, status, value_of(data)] for kind, key, status, data in records], "accounts": [list(row) for row in accounts]}


def family(database: Database, place: str, campaign: str) -> list[str]:
    """The ids of a campaign and of everything under it, in the order of their paths."""
    with database.reading() as connection:
        return list(connection.scalars(sa.select(_i.id).where(_i.place == place, _i.root == campaign).order_by(_i.path)))


@dataclass(frozen=True, slots=True)
class OpenNotice:
    """A public notice of a campaign with the definitions that explain it. `status`: open | closed.

    `names`: register key → name of those listed. Who hands in a nomination agrees that name, employer and post are published; nothing else is read.
    """

    campaign: str
    package: str
    scheme: str
    status: str
    data: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)


_r, _c = schema.record.c, schema.instance.alias("campaign").c
# By the ids of the campaigns, which an index of their own lists (in its order, so that SQLite takes it): there is none of the registers' kinds.
_CAMPAIGNS = sa.select(_c.id).where(_c.place == bind("place"), _c.parent.is_(None)).order_by(_c.started_at)
_NOTICES = (
    sa.select(_r.campaign, _i.package, _i.scheme, _r.status, _r.data)
    .join(schema.instance, sa.and_(_i.place == _r.place, _i.id == _r.campaign))
    .where(_r.place == bind("place"), _r.campaign.in_(_CAMPAIGNS), _r.kind == sa.literal_column("'notice'")).order_by(_r.updated_at.desc(), _r.key))


def public_notices(database: Database, place: str) -> list[OpenNotice]:
    """What campaigns published, newest first; of the people listed their names alone."""
    with database.looking() as transaction:
        found = [(c[0], c[1], c[2] or "", c[3] or "", value_of(c[4])) for c in transaction.rows(_NOTICES, place=place)]
    return [OpenNotice(*row, names=_names(database, place, row[0], row[4])) for row in found]


def _names(database: Database, place: str, campaign: str, notice: Mapping[str, Any]) -> dict[str, str]:
    """The names of the nominees that a notice lists, by their register keys."""
    listed = [str(each.get("code")) for each in notice.get("published") or () if isinstance(each, Mapping)]
    query = sa.select(_r.key, _r.instance).where(_r.place == place, _r.campaign == campaign, _r.kind == "nomination", _r.key.in_(listed))
    with database.reading() as connection:
        instances: dict[str, str] = {key: instance for key, instance in connection.execute(query)}
    with database.looking() as transaction:
        personal = personal_of(transaction, place, list(instances.values()))
    names = {key: next((str(values["name"]) for values in personal.get(instance, {}).values() if values.get("name")), "") for key, instance in instances.items()}
    return {key: name for key, name in names.items() if name}
