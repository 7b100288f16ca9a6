"""Whether the rows of the tables are those that the record led to: hashed anew and compared with each instance's last entry; changes nothing."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.shapes import SHAPES, Shape, read_instance
from engine.execution.rows import JobRow
from engine.execution.workspace import MODULUS, row_hash
from engine.refusals import Finding

_i, _e = schema.instance.c, schema.entry.c


def row_findings(connection: sa.Connection, place: str) -> Iterator[Finding]:
    """`audit.rows` for each instance whose rows were changed past the record, `audit.head` for one that stands elsewhere than its last entry."""
    last = sa.select(_e.stream, sa.func.max(_e.seq).label("seq")).where(_e.place == place).group_by(_e.stream).subquery()
    heads = (
        sa.select(*[schema.instance.c[name] for name in HEAD], _i.seq, _i.head, _i.state_hash, _e.seq, _e.hash)
        .outerjoin(last, last.c.stream == _i.id)
        .outerjoin(schema.entry, sa.and_(_e.place == _i.place, _e.stream == _i.id, _e.seq == last.c.seq))
        .where(_i.place == place).order_by(_i.id))
    sums = _sums(connection, place)
    for row in connection.execute(heads):
        instance = read_instance(row)
        seq, head, state_hash, last_seq, last_hash = row[len(HEAD):]
        if (seq, head) != (last_seq, last_hash):
            yield Finding("audit.head", element=f"{instance.id}:{seq}", details={"last": last_seq or 0})
        found = (sums[instance.id] + row_hash(instance.id, instance)) % MODULUS
        if f"{found:064x}" != state_hash:
            yield Finding("audit.rows", element=f"{instance.id}:{seq}", details={"title": instance.title or instance.process})


HEAD = ("id", "process", "package", "scheme", "org", "parent", "parent_scope", "root", "path", "title", "state", "outcome", "started_at", "ended_at",
        "counters")


def _sums(connection: sa.Connection, place: str) -> Counter[str]:
    """Instance → the sum of the hashes of its rows. Jobs that belong to no instance's state are the store's own."""
    sums: Counter[str] = Counter()
    for kind, shape in SHAPES.items():
        for instance, row in _rows(connection, place, shape):
            if kind is not JobRow or row.kind == "service":
                sums[instance] += row_hash(instance, row)
    return sums


def _rows(connection: sa.Connection, place: str, shape: Shape) -> Iterator[tuple[str, Any]]:
    columns = [shape.table.c[name] for name in shape.columns if name not in ("place", "instance")]
    for found in connection.execute(sa.select(shape.table.c.instance, *columns).where(shape.table.c.place == place)):
        yield found[0], shape.read(found[1:])
