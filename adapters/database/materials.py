"""What a judge may read of those whom an open score sheet lists: their register rows, values and files, through the sheet alone; shows nothing itself."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema, worklist
from adapters.database.blobs import Blob, _blob, _COLUMNS, _SIZES
from adapters.database.connection import Database, Transaction, bind
from adapters.database.personal import personal_of
from adapters.database.shapes import value_of
from adapters.database.visibility import Reader, listed, one_of, reader, room
from adapters.database.worklist import FileRow, TaskView
from engine.refusals import NotFound

ROWS = "rows_of"  # the task's variable that lists whom its score sheet is about, each with the key of a register row as `id`
_r, _b, _i = schema.record.c, schema.blob.c, schema.instance.c
_FILES = (
    sa.select(_b.id, _b.name, _b.type, _b.size, _b.task, _b.field, _b.subject)
    .where(_b.place == bind("place"), _b.instance == bind("instance"), _b.state == sa.literal_column("'attached'")).order_by(_b.created_at, _b.id))


@dataclass(frozen=True, slots=True)
class Listed:
    """One of those whom a score sheet lists. `values`: the personal values and the register's, by field."""

    key: str
    label: str
    instance: str
    values: Mapping[str, Any]
    files: tuple[FileRow, ...]


class Materials:
    """Reads for whoever has an open score sheet to fill in: nothing of anybody whom it does not list, and nothing once it is closed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, place: str, actor: str, instance: str, task: str) -> tuple[Listed, ...]:
        """Those whom the sheet lists, in its order. Raises NotFound: absent, not the actor's to fill in, or no longer open."""
        with self._database.looking() as transaction:
            who = reader(transaction, place, actor)
            view = _sheet(transaction, who, instance, task)
            found = _instances(transaction, who, view)
            personal = personal_of(transaction, place, sorted({each for each, _ in found.values()}))
            return tuple([_listed(transaction, place, row, *found[str(row["id"])], personal) for row in _rows(view) if str(row["id"]) in found])

    def file(self, place: str, actor: str, instance: str, task: str, id: str) -> tuple[Blob, list[int]]:
        """A file of one of those, with the sizes of its parts. Raises NotFound as `of`, and for a file of anybody else."""
        with self._database.looking() as transaction:
            who = reader(transaction, place, actor)
            allowed = sorted({each for each, _ in _instances(transaction, who, _sheet(transaction, who, instance, task)).values()})
            row = transaction.row(_file(room(len(allowed))), place=place, id=id, **listed("instance", allowed)) if allowed else None
            if row is None:
                raise NotFound("file.unknown", id=id)
            return _blob(row), [size for (size,) in transaction.rows(_SIZES, place=place, id=id)]


def _sheet(transaction: Transaction, who: Reader, instance: str, task: str) -> TaskView:
    view = worklist.task(transaction, who, instance, task)
    if view.line.state != "open" or not view.mine or (view.line.assignee and view.line.assignee != who.actor):
        raise NotFound("task.unknown", instance=instance, task=task)
    return view


def _rows(view: TaskView) -> list[Mapping[str, Any]]:
    return [each for each in view.variables.get(ROWS) or () if isinstance(each, Mapping) and each.get("id")]


def _instances(transaction: Transaction, who: Reader, view: TaskView) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Key → (instance that put the register row there, the row's values); without those from whom the reader is recused."""
    keys = sorted({str(each["id"]) for each in _rows(view)} - set(who.recused))
    if not keys:
        return {}
    rows = transaction.rows(_recorded(room(len(keys))), place=who.place, campaign=view.line.campaign, **listed("key", keys))
    return {key: (instance, value_of(data)) for key, instance, data in rows if instance not in who.recused}


@lru_cache(maxsize=64)
def _recorded(keys: int) -> sa.Select[Any]:
    return sa.select(_r.key, _r.instance, _r.data).where(_r.place == bind("place"), _r.campaign == bind("campaign"), one_of(_r.key, "key", keys)).order_by(_r.kind, _r.key)


@lru_cache(maxsize=64)
def _file(instances: int) -> sa.Select[Any]:
    return sa.select(*_COLUMNS).where(
        _b.place == bind("place"), _b.id == bind("id"), _b.state == sa.literal_column("'attached'"), one_of(_b.instance, "instance", instances))


def _listed(transaction: Transaction, place: str, row: Mapping[str, Any], instance: str, data: Mapping[str, Any], personal: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Listed:
    values = {**data, **{name: value for each in personal.get(instance, {}).values() for name, value in each.items()}}
    files = tuple([FileRow(c[0], c[1] or "", c[2], c[3], c[4] or "", c[5] or "", c[6] or "") for c in transaction.rows(_FILES, place=place, instance=instance)])
    return Listed(str(row["id"]), str(row.get("label") or row["id"]), instance, values, files)
