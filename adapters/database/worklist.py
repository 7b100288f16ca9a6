"""Work lists and single tasks for a reader: inbox, done, one task with what it shows; every statement is in a fixed number, however many rows."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Transaction, bind
from adapters.database.moments import restored, restored_or_none
from adapters.database.personal import personal_of
from adapters.database.shapes import value_of
from adapters.database.visibility import Reader, Shape, listed, one_of, room, visible_to
from engine.refusals import NotFound

COUNTED = 1000  # totals are exact up to here; above it a list says "more than"
PAGE = 50
OPEN: sa.ColumnElement[str] = sa.literal_column("'open'")

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


_CAMPAIGN, _ABOUT = 21, 6  # where `_LINE` has them


def line(c: Sequence[Any], record: Record | None = None) -> TaskLine:
    """A line from the columns of `_LINE`."""
    return TaskLine(
        c[0], c[1], c[2], c[3], c[4], c[5] or "", c[6] or "", restored_or_none(c[7]), restored_or_none(c[8]), c[9], tuple(value_of(c[10])), c[11] or "",
        restored_or_none(c[12]), c[13] or "", c[14] or "", c[15] or "", c[16], c[17], c[18] or "", c[19] or "", c[20] or "", c[21], c[22] or "",
        c[23] or "", c[24] or "", record)


FILTERS = ("campaign", "stage", "mark", "late")


def inbox(transaction: Transaction, who: Reader, filters: Mapping[str, str], limit: int, offset: int) -> Lines:
    """待办: the open tasks that the reader may act on, least time left first. `filters`: campaign, stage, mark, late (any value)."""
    given = tuple(name for name in FILTERS if name in filters)
    values: dict[str, object] = {
        **who.params, "limit": limit, "offset": offset, "most": limit + offset, "campaign": filters.get("campaign"), "stage": filters.get("stage"),
        "mark": containing(f'"{filters.get("mark", "")}"')}
    rows = transaction.rows(_inbox(who.shape, given), **values)
    total = transaction.row(_count(who.shape, given), **{**values, "most": COUNTED + 1}) or (0,)
    return Lines(with_records(transaction, who, rows), total[0])


def count(transaction: Transaction, who: Reader) -> int:
    """How many open tasks the reader may act on, at most COUNTED + 1."""
    return int((transaction.row(_count(who.shape, ()), **who.params, most=COUNTED + 1) or (0,))[0])


@lru_cache(maxsize=256)
def _inbox(shape: Shape, filters: tuple[str, ...]) -> sa.Select[Any]:
    keys = (_mine(shape, filters) if filters or shape.recused else _mine_quickly(shape)).subquery()
    page = sa.select(keys).order_by(keys.c.due_at, keys.c.instance, keys.c.task).limit(bind("limit")).offset(bind("offset")).subquery()
    return (
        _LINE.join(page, sa.and_(page.c.instance == _t.instance, page.c.task == _t.id)).where(_t.place == bind("place"))
        .order_by(page.c.due_at, page.c.instance, page.c.task))


@lru_cache(maxsize=256)
def _count(shape: Shape, filters: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(_mine(shape, filters).limit(bind("most")).subquery())


def _mine(shape: Shape, filters: tuple[str, ...]) -> sa.Select[Any]:
    """Keys of the reader's open tasks, each once, narrowed by the filters."""
    keys = sa.select(_c.due_at, _c.instance, _c.task).where(
        _c.place == bind("place"), _c.open == sa.literal_column("1"), one_of(_c.candidate, "candidate", shape.candidates)).distinct()
    if shape.recused or {"stage", "mark"}.intersection(filters):
        keys = keys.join(schema.task, sa.and_(_t.place == _c.place, _t.instance == _c.instance, _t.id == _c.task))
    if "campaign" in filters:
        keys = keys.join(schema.instance, sa.and_(_i.place == _c.place, _i.id == _c.instance))
    narrowed = {
        "campaign": _i.root == bind("campaign"), "stage": _t.stage == bind("stage"), "mark": _t.marks.like(bind("mark"), escape="!"),
        "late": _c.due_at < bind("at")}
    keys = keys.where(*[narrowed[name] for name in filters])
    if shape.recused:
        about = one_of(_t.about, "recused", shape.recused)
        keys = keys.where(sa.not_(one_of(_c.instance, "recused", shape.recused)), sa.or_(_t.about.is_(None), sa.not_(about)))
    return keys


def _mine_quickly(shape: Shape) -> sa.Select[Any]:
    """The first `most` keys: of each candidate the first ones along the index, so that a role's 20,000 tasks are not sorted for one page."""
    parts = []
    for n in range(shape.candidates):
        one = sa.select(_c.due_at, _c.instance, _c.task).where(
            _c.place == bind("place"), _c.open == sa.literal_column("1"), _c.candidate == bind(f"candidate_{n}"))
        first = one.order_by(_c.due_at, _c.instance, _c.task).limit(bind("most")).subquery()
        parts.append(sa.select(first.c.due_at, first.c.instance, first.c.task))
    united = parts[0].subquery() if len(parts) == 1 else sa.union(*parts).subquery()
    return sa.select(united.c.due_at, united.c.instance, united.c.task)


_done = (_t.place == bind("place"), _t.closed_by == bind("actor"))
_done_keys = (  # along the index; the lines are put together for these alone
    sa.select(_t.closed_at, _t.instance, _t.id).where(*_done).order_by(_t.closed_at.desc(), _t.instance, _t.id)
    .limit(bind("limit")).offset(bind("offset")).subquery())
_DONE = (
    _LINE.join(_done_keys, sa.and_(_done_keys.c.instance == _t.instance, _done_keys.c.id == _t.id)).where(_t.place == bind("place"))
    .order_by(_done_keys.c.closed_at.desc(), _done_keys.c.instance, _done_keys.c.id))
_DONE_COUNT = sa.select(sa.func.count()).select_from(sa.select(_t.id).where(*_done).limit(bind("most")).subquery())


def done(transaction: Transaction, who: Reader, limit: int, offset: int) -> Lines:
    """已办: what the reader completed, newest first."""
    rows = transaction.rows(_DONE, **who.params, limit=limit, offset=offset)
    total = transaction.row(_DONE_COUNT, **who.params, most=COUNTED + 1) or (0,)
    return Lines(with_records(transaction, who, rows), total[0])


@lru_cache(maxsize=256)
def _open_in_instance(shape: Shape) -> sa.Select[Any]:
    return _LINE.where(_t.place == bind("place"), _t.instance == bind("instance"), _t.state == OPEN, visible_to(shape)).order_by(
        _t.due_at, _t.instance, _t.id)


_all = schema.instance.alias("all_of_it").c
# Everything in a campaign is asked for by these ids, read from the index by root: joined to a condition on the root instead, SQLite walks the place.
INSIDE = sa.select(_all.id).where(_all.place == bind("place"), _all.root == bind("campaign"))


@lru_cache(maxsize=256)
def _late(shape: Shape, of_org: bool) -> sa.Select[Any]:
    late = (_t.place == bind("place"), _t.instance.in_(INSIDE), _t.state == OPEN, _t.due_at < bind("at"))
    return _LINE.where(*late, *([_i.org == bind("org")] if of_org else []), visible_to(shape)).order_by(_t.due_at, _t.instance, _t.id)


def open_in_instance(transaction: Transaction, who: Reader, instance: str) -> tuple[TaskLine, ...]:
    """The open tasks of a visible instance, first due first."""
    return with_records(transaction, who, transaction.rows(_open_in_instance(who.shape), **who.params, instance=instance))


def late(transaction: Transaction, who: Reader, campaign: str, org: str) -> tuple[TaskLine, ...]:
    """The open tasks of a campaign that are past their date and the reader's to see, of one organisation or (empty) of all."""
    rows = transaction.rows(_late(who.shape, bool(org)), **who.params, campaign=campaign, org=org)
    return with_records(transaction, who, rows)


def with_records(transaction: Transaction, who: Reader, rows: Sequence[Sequence[Any]]) -> tuple[TaskLine, ...]:
    """The lines of `_LINE`'s rows with the register rows they are about, and of those the personal values that the reader may see.

    Two statements at most.
    """
    campaigns, keys = sorted({row[_CAMPAIGN] for row in rows if row[_ABOUT]}), sorted({row[_ABOUT] for row in rows if row[_ABOUT]})
    if not keys:
        return tuple([line(row) for row in rows])
    query = _records_about(who.shape, room(len(campaigns)), room(len(keys)))
    # Put in order only here: asked for an order, SQLite walks the campaigns' whole registers along their key instead of looking each row up.
    about = sorted(transaction.rows(query, **who.params, **listed("campaign", campaigns), **listed("key", keys)), key=itemgetter(0, 1, 2))
    records = {(campaign, record.key): record for campaign, record in _read_records(transaction, about, who.place)}
    return tuple([line(row, records.get((row[_CAMPAIGN], row[_ABOUT]))) for row in rows])


_RECORDS = (
    sa.select(_r.campaign, _r.kind, _r.key, _r.status, _r.data, _r.instance, _r.org, _r.updated_at)
    .join(schema.instance, sa.and_(_i.place == _r.place, _i.id == _r.instance)))


@lru_cache(maxsize=512)
def _records_about(shape: Shape, campaigns: int, keys: int) -> sa.Select[Any]:
    return _RECORDS.where(_r.place == bind("place"), one_of(_r.campaign, "campaign", campaigns), one_of(_r.key, "key", keys), visible_to(shape))


def _read_records(transaction: Transaction, rows: Sequence[Sequence[Any]], place: str) -> list[tuple[str, Record]]:
    """(campaign, row) with the personal values of the instances that put the rows there, all of which the reader may see."""
    personal = personal_of(transaction, place, sorted({row[5] for row in rows}))
    return [(c[0], Record(c[1], c[2], c[3], value_of(c[4]), c[5], c[6], restored(c[7]), personal.get(c[5], {}))) for c in rows]


@lru_cache(maxsize=256)
def _task_line(shape: Shape) -> sa.Select[Any]:
    return _LINE.where(_t.place == bind("place"), _t.instance == bind("instance"), _t.id == bind("id"), visible_to(shape))


_DETAIL = (
    sa.select(_t.candidates, _t.owner, _t.form, _t.due_basis, _t.variables, _t.opinion, _t.next, _i.path)
    .join(schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
    .where(_t.place == bind("place"), _t.instance == bind("instance"), _t.id == bind("id")))


def task(transaction: Transaction, who: Reader, instance: str, id: str) -> TaskView:
    """One task of a visible instance. Raises NotFound `task.unknown`."""
    row = transaction.row(_task_line(who.shape), **who.params, instance=instance, id=id)
    detail = transaction.row(_DETAIL, place=who.place, instance=instance, id=id)
    if row is None or detail is None:
        raise NotFound("task.unknown", instance=instance, task=id)
    if (row[_ABOUT] or "") in who.recused:
        raise NotFound("task.unknown", instance=instance, task=id)
    found, = with_records(transaction, who, [row])
    candidates = tuple(value_of(detail[0]))
    mine = tuple(c for c in (*candidates, f"user:{found.assignee}") if c in who.candidates)
    return TaskView(
        found, candidates, mine, detail[1] or "", detail[2] or "", value_of(detail[3]), value_of(detail[4]), detail[5] or "",
        tuple(value_of(detail[6])), personal_of(transaction, who.place, [instance]).get(instance, {}),
        opinions(transaction, who, detail[7].split("/")), files(transaction, who, instance))


@lru_cache(maxsize=512)
def _opinions(shape: Shape, instances: int) -> sa.Select[Any]:
    return (
        sa.select(_t.closed_at, _t.closed_by, _n.name, _t.instance, _t.id, _t.name, _t.outcome, _t.opinion)
        .join(schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
        .outerjoin(schema.person, sa.and_(_n.place == _t.place, _n.id == _t.closed_by))
        .where(_t.place == bind("place"), one_of(_t.instance, "instance", instances), _t.closed_by.is_not(None), visible_to(shape))
        .order_by(_t.closed_at.desc(), _t.id.desc()).limit(sa.literal_column("100")))


def opinions(transaction: Transaction, who: Reader, instances: Sequence[str]) -> tuple[Opinion, ...]:
    """What was answered in those of `instances` that the reader may see, newest first, at most 100."""
    rows = transaction.rows(_opinions(who.shape, room(len(instances))), **who.params, **listed("instance", instances))
    return tuple([Opinion(restored(c[0]), c[1], c[2] or "", c[3], c[4], c[5], c[6] or "", c[7] or "") for c in rows])


@lru_cache(maxsize=256)
def _files(shape: Shape) -> sa.Select[Any]:
    return (
        sa.select(_b.id, _b.name, _b.type, _b.size, _b.task, _b.field, _b.subject)
        .join(schema.instance, sa.and_(_i.place == _b.place, _i.id == _b.instance))
        .where(_b.place == bind("place"), _b.instance == bind("instance"), _b.state == sa.literal_column("'attached'"), visible_to(shape))
        .order_by(_b.created_at, _b.id))


def files(transaction: Transaction, who: Reader, instance: str) -> tuple[FileRow, ...]:
    """The files attached to a visible instance, in the order they came."""
    rows = transaction.rows(_files(who.shape), **who.params, instance=instance)
    return tuple([FileRow(c[0], c[1] or "", c[2], c[3], c[4] or "", c[5] or "", c[6] or "") for c in rows])


def containing(text: str) -> str:
    """The LIKE pattern for rows that contain `text`."""
    return "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
