"""The deadlines of a place that were counted in working days and are still running, for the page of a new calendar table; changes none."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database
from adapters.database.moments import restored
from adapters.database.shapes import value_of

_t, _i = schema.task.c, schema.instance.c
_root = schema.instance.alias("root")


@dataclass(frozen=True, slots=True)
class OpenDeadline:
    """An open task and how its deadline was counted. `basis`: rule, starts_on, days, … as `Explanation.as_json` gives them."""

    instance: str
    task: str
    name: str
    campaign: str
    due_at: datetime
    basis: Mapping[str, Any]


def open_deadlines(database: Database, place: str) -> list[OpenDeadline]:
    """Those counted by a rule, the next due first; dates printed in a notice are not among them. Names of things only, nobody's data."""
    query = (
        sa.select(_t.instance, _t.id, _t.name, _root.c.title, _t.due_at, _t.due_basis)
        .join(schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
        .join(_root, sa.and_(_root.c.place == _i.place, _root.c.id == _i.root))
        .where(_t.place == place, _t.closed_at.is_(None), _t.due_at.is_not(None), sa.cast(_t.due_basis, sa.Text).like('%"starts_on"%'))
        .order_by(_t.due_at, _t.instance, _t.id))
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [OpenDeadline(r[0], r[1], r[2], r[3] or "", restored(r[4]), value_of(r[5])) for r in rows]
