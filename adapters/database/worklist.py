"""Work lists and single tasks for a reader: inbox, done, one task with what it shows; every statement is in a fixed number, however many rows."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.moments import restored, restored_or_none
from adapters.database.personal import personal_of
from adapters.database.shapes import value_of
from adapters.database.visibility import Reader, visible_to
from engine.refusals import NotFound

COUNTED = 1000  # totals are exact up to here; above it a list says "more than"
PAGE = 50

_c, _t, _i, _r, _n, _b = (
    schema.task_candidate.c, schema.task.c, schema.instance.c, schema.record.c, schema.person.c, schema.blob.c)
_root = schema.instance.alias("root")
_opener, _assignee = schema.person.alias("opener"), schema.person.alias("assignee")


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the campaign's register."""

    kind: str
    key: str
    status: str | None
    data: Mapping[str, Any]
    instance: str
    org: str | None
    updated_at: datetime
    personal: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # subject → values; only what the reader may see


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One line of a list. `about` is a reference, `record` the register row of that key, `opened_by` a user id, `timer` or `job`."""

    instance: str
    task: str
    element: str
    name: str
    state: str
    stage: str
    about: str
    opened_at: datetime | None
    due_at: datetime | None
    priority: int
    marks: tuple[str, ...]
    assignee: str
    closed_at: datetime | None
    closed_by: str
    outcome: str
    opened_by: str
    process: str
    package: str
    scheme: str
    org: str
    instance_title: str
    campaign: str
    campaign_title: str
    opened_by_name: str
    assignee_name: str
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of a list. `total` counts to at most COUNTED + 1."""

    rows: tuple[TaskLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody answered in the course of the instance or of those above it."""

    at: datetime
    by: str
    name: str
    instance: str
    task: str
    task_name: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that belongs to an instance."""

    id: str
    name: str
    type: str
    size: int
    task: str
    field: str
    subject: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task with everything its page needs from the database. `mine`: those of its candidates that the reader is."""

    line: TaskLine
    candidates: tuple[str, ...]
    mine: tuple[str, ...]
    owner: str
    form: str
    due_basis: Mapping[str, Any]
    variables: Mapping[str, Any]
    opinion: str
    followed_by: tuple[str, ...]  # completed and withdrawable: what followed
    personal: Mapping[str, Mapping[str, Any]]  # subject → values of this instance
    opinions: tuple[Opinion, ...]  # newest first
    files: tuple[FileRow, ...]


_LINE = (
    sa.select(
        _t.instance, _t.id, _t.element, _t.name, _t.state, _t.stage, _t.about, _t.opened_at, _t.due_at, _t.priority, _t.marks, _t.assignee, _t.closed_at,
        _t.closed_by, _t.outcome, _t.opened_by, _i.process, _i.package, _i.scheme, _i.org, _i.title, _i.root, _root.c.title, _opener.c.name,
        _assignee.c.name)
    .join(schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
    .join(_root, sa.and_(_root.c.place == _i.place, _root.c.id == _i.root))
    .outerjoin(_opener, sa.and_(_opener.c.place == _t.place, _opener.c.id == _t.opened_by))
    .outerjoin(_assignee, sa.and_(_assignee.c.place == _t.place, _assignee.c.id == _t.assignee)))


def line(c: Sequence[Any]) -> TaskLine:
    """A line from the columns of `_LINE`."""
    return TaskLine(
        c[0], c[1], c[2], c[3], c[4], c[5] or "", c[6] or "", restored_or_none(c[7]), restored_or_none(c[8]), c[9], tuple(value_of(c[10])), c[11] or "",
        restored_or_none(c[12]), c[13] or "", c[14] or "", c[15] or "", c[16], c[17], c[18] or "", c[19] or "", c[20] or "", c[21], c[22] or "",
        c[23] or "", c[24] or "")


def inbox(connection: sa.Connection, reader: Reader, filters: Mapping[str, str], limit: int, offset: int) -> Lines:
    """待办: the open tasks that the reader may act on, least time left first. `filters`: campaign, stage, mark, late (any value)."""
    keys = (mine(reader, filters) if filters or reader.recused else _mine_quickly(reader, limit + offset)).subquery()
    page = sa.select(keys).order_by(keys.c.due_at, keys.c.instance, keys.c.task).limit(limit).offset(offset).subquery()
    rows = connection.execute(
        _LINE.join(page, sa.and_(page.c.instance == _t.instance, page.c.task == _t.id)).where(_t.place == reader.place)
        .order_by(page.c.due_at, page.c.instance, page.c.task)).all()
    total = connection.scalar(sa.select(sa.func.count()).select_from(mine(reader, filters).limit(COUNTED + 1).subquery()))
    return Lines(with_records(connection, reader, [line(row) for row in rows]), int(total or 0))


def mine(reader: Reader, filters: Mapping[str, str]) -> sa.Select[Any]:
    """Keys of the reader's open tasks, each once, narrowed by the filters."""
    keys = sa.select(_c.due_at, _c.instance, _c.task).where(
        _c.place == reader.place, _c.open == sa.literal_column("1"), _c.candidate.in_(reader.candidates)).distinct()
    if not filters and not reader.recused:
        return keys
    keys = keys.join(schema.task, sa.and_(_t.place == _c.place, _t.instance == _c.instance, _t.id == _c.task))
    keys = keys.join(schema.instance, sa.and_(_i.place == _c.place, _i.id == _c.instance))
    if "campaign" in filters:
        keys = keys.where(_i.root == filters["campaign"])
    if "stage" in filters:
        keys = keys.where(_t.stage == filters["stage"])
    if "mark" in filters:
        keys = keys.where(_t.marks.contains(f'"{filters["mark"]}"', autoescape=True))
    if "late" in filters:
        keys = keys.where(_c.due_at < reader.at)
    if reader.recused:
        keys = keys.where(_c.instance.not_in(reader.recused), sa.or_(_t.about.is_(None), _t.about.not_in(reader.recused)))
    return keys


def _mine_quickly(reader: Reader, most: int) -> sa.Select[Any]:
    """The first `most` keys: of each candidate the first ones along the index, so that a role's 20,000 tasks are not sorted for one page."""
    parts = []
    for candidate in reader.candidates:
        one = sa.select(_c.due_at, _c.instance, _c.task).where(
            _c.place == reader.place, _c.open == sa.literal_column("1"), _c.candidate == candidate)
        first = one.order_by(_c.due_at, _c.instance, _c.task).limit(most).subquery()
        parts.append(sa.select(first.c.due_at, first.c.instance, first.c.task))
    united = parts[0].subquery() if len(parts) == 1 else sa.union(*parts).subquery()
    return sa.select(united.c.due_at, united.c.instance, united.c.task)


def done(connection: sa.Connection, reader: Reader, limit: int, offset: int) -> Lines:
    """已办: what the reader completed, newest first."""
    mine = (_t.place == reader.place, _t.closed_by == reader.actor)
    rows = connection.execute(_LINE.where(*mine).order_by(_t.closed_at.desc(), _t.instance, _t.id).limit(limit).offset(offset)).all()
    total = connection.scalar(sa.select(sa.func.count()).select_from(sa.select(_t.id).where(*mine).limit(COUNTED + 1).subquery()))
    return Lines(with_records(connection, reader, [line(row) for row in rows]), int(total or 0))


def tasks_where(connection: sa.Connection, reader: Reader, *conditions: sa.ColumnElement[bool], limit: int = 1000) -> tuple[TaskLine, ...]:
    """Visible tasks under further conditions, oldest due first."""
    rows = connection.execute(
        _LINE.where(_t.place == reader.place, *conditions, visible_to(reader)).order_by(_t.due_at, _t.instance, _t.id).limit(limit)).all()
    return with_records(connection, reader, [line(row) for row in rows])


def with_records(connection: sa.Connection, reader: Reader, lines: Sequence[TaskLine]) -> tuple[TaskLine, ...]:
    """The lines with the register rows they are about, and of those the personal values that the reader may see. Two statements."""
    campaigns, keys = sorted({each.campaign for each in lines}), sorted({each.about for each in lines if each.about})
    found = records(connection, reader, _r.campaign.in_(campaigns), _r.key.in_(keys))
    by_key = {(campaign, record.key): record for campaign, record in found}
    return tuple([replace(each, record=by_key.get((each.campaign, each.about))) for each in lines])


def records(connection: sa.Connection, reader: Reader, *conditions: sa.ColumnElement[bool], limit: int | None = None, offset: int = 0) -> list[tuple[str, Record]]:
    """(campaign, row) of the register rows that visible instances put there. Two statements."""
    query = (
        sa.select(_r.campaign, _r.kind, _r.key, _r.status, _r.data, _r.instance, _r.org, _r.updated_at)
        .join(schema.instance, sa.and_(_i.place == _r.place, _i.id == _r.instance))
        .where(_r.place == reader.place, *conditions, visible_to(reader)).order_by(_r.campaign, _r.kind, _r.key).limit(limit).offset(offset))
    rows = connection.execute(query).all()
    personal = personal_of(connection, reader.place, sorted({row.instance for row in rows}))
    return [
        (row.campaign, Record(row.kind, row.key, row.status, value_of(row.data), row.instance, row.org, restored(row.updated_at),
                              personal.get(row.instance, {})))
        for row in rows]


_DETAIL = sa.select(_t.candidates, _t.owner, _t.form, _t.due_basis, _t.variables, _t.opinion, _t.next, _i.path).join(
    schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))


def task(connection: sa.Connection, reader: Reader, instance: str, id: str) -> TaskView:
    """One task of a visible instance. Raises NotFound `task.unknown`."""
    this = (_t.place == reader.place, _t.instance == instance, _t.id == id)
    row = connection.execute(_LINE.where(*this, visible_to(reader))).first()
    detail = connection.execute(_DETAIL.where(*this)).first()
    if row is None or detail is None or (row.about is not None and row.about in reader.recused):
        raise NotFound("task.unknown", instance=instance, task=id)
    lines = with_records(connection, reader, [line(row)])
    candidates = tuple(value_of(detail.candidates))
    personal = personal_of(connection, reader.place, [instance])
    return TaskView(
        lines[0], candidates, tuple(c for c in (*candidates, f"user:{row.assignee}") if c in reader.candidates), detail.owner or "", detail.form or "",
        value_of(detail.due_basis), value_of(detail.variables), detail.opinion or "", tuple(value_of(detail.next)), personal.get(instance, {}),
        opinions(connection, reader, detail.path.split("/")), files(connection, reader, instance))


def opinions(connection: sa.Connection, reader: Reader, instances: Sequence[str]) -> tuple[Opinion, ...]:
    """What was answered in those of `instances` that the reader may see, newest first, at most 100."""
    query = (
        sa.select(_t.closed_at, _t.closed_by, _n.name, _t.instance, _t.id, _t.name, _t.outcome, _t.opinion)
        .join(schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
        .outerjoin(schema.person, sa.and_(_n.place == _t.place, _n.id == _t.closed_by))
        .where(_t.place == reader.place, _t.instance.in_(instances), _t.closed_by.is_not(None), visible_to(reader))
        .order_by(_t.closed_at.desc(), _t.id.desc()).limit(100))
    return tuple([Opinion(restored(c[0]), c[1], c[2] or "", c[3], c[4], c[5], c[6] or "", c[7] or "") for c in connection.execute(query)])


def files(connection: sa.Connection, reader: Reader, instance: str) -> tuple[FileRow, ...]:
    """The files attached to a visible instance, in the order they came."""
    query = (
        sa.select(_b.id, _b.name, _b.type, _b.size, _b.task, _b.field, _b.subject)
        .join(schema.instance, sa.and_(_i.place == _b.place, _i.id == _b.instance))
        .where(_b.place == reader.place, _b.instance == instance, _b.state == "attached", visible_to(reader)).order_by(_b.created_at, _b.id))
    return tuple([FileRow(c[0], c[1] or "", c[2], c[3], c[4] or "", c[5] or "", c[6] or "") for c in connection.execute(query)])
