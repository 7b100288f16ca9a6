"""Whether the rows of the tables are those that the record led to: hashed anew and compared with each instance's last entry; changes nothing."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.shapes import SHAPES, read_instance
from engine.execution.rows import IncidentRow, InstanceRow, JobRow, ResultRow, ScopeRow, SubscriptionRow, TaskRow, TimerRow
from engine.execution.workspace import Workspace
from engine.refusals import Finding

_i, _e = schema.instance.c, schema.entry.c
TOGETHER = 500  # instances whose rows are held at a time
TABLES: Mapping[str, type[Any]] = {  # of a workspace
    "scopes": ScopeRow, "results": ResultRow, "tasks": TaskRow, "timers": TimerRow, "subscriptions": SubscriptionRow, "jobs": JobRow,
    "incidents": IncidentRow,
}
HEAD = ("id", "process", "package", "scheme", "org", "parent", "parent_scope", "root", "path", "title", "state", "outcome", "started_at", "ended_at",
        "counters")


def row_findings(connection: sa.Connection, place: str) -> Iterator[Finding]:
    """`audit.rows` for each instance whose rows were changed past the record, `audit.head` for one that stands elsewhere than its last entry."""
    last = sa.select(_e.stream, sa.func.max(_e.seq).label("seq")).where(_e.place == place).group_by(_e.stream).subquery()
    heads = (
        sa.select(*[schema.instance.c[name] for name in HEAD], _i.seq, _i.head, _i.state_hash, _e.seq, _e.hash)
        .outerjoin(last, last.c.stream == _i.id)
        .outerjoin(schema.entry, sa.and_(_e.place == _i.place, _e.stream == _i.id, _e.seq == last.c.seq))
        .where(_i.place == place).order_by(_i.id))
    found = connection.execute(heads).all()
    for start in range(0, len(found), TOGETHER):
        part = found[start : start + TOGETHER]
        spaces = _workspaces(connection, place, [read_instance(row) for row in part])
        for row in part:
            seq, head, state_hash, last_seq, last_hash = row[len(HEAD):]
            where = f"{row[0]}:{seq}"
            if (seq, head) != (last_seq, last_hash):
                yield Finding("audit.head", element=where, details={"last": last_seq or 0})
            if f"{spaces[row[0]].changes().hash_change:064x}" != state_hash:
                yield Finding("audit.rows", element=where, details={"title": spaces[row[0]].head.title or row[1]})


def _workspaces(connection: sa.Connection, place: str, instances: Sequence[InstanceRow]) -> dict[str, Workspace]:
    """The instances with all their rows as if one step had made them: what it adds to the state hash is the hash of the state.

    Jobs that belong to no instance's state are the store's own.
    """
    spaces = {each.id: Workspace() for each in instances}
    for each in instances:
        spaces[each.id].start(each)
    for name, kind in TABLES.items():
        shape = SHAPES[kind]
        columns = [shape.table.c[column] for column in shape.columns if column not in ("place", "instance")]
        query = sa.select(shape.table.c.instance, *columns).where(shape.table.c.place == place, shape.table.c.instance.in_(list(spaces)))
        for found in connection.execute(query):
            row = shape.read(found[1:])
            if kind is not JobRow or row.kind == "service":
                getattr(spaces[found[0]], name).new((row.scope, row.index) if kind is ResultRow else row.id, row)
    return spaces
