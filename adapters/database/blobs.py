"""Rows about files: staged by their owner, attached to an instance with a command, read by who may see that instance; the bytes are elsewhere."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_now, database_time
from adapters.database.connection import Database, Transaction, bind
from adapters.database.moments import restored, stored
from adapters.database.personal import Keys, PersonalStore
from adapters.database.visibility import Shape, reader, visible_to
from engine.refusals import Conflict, NotFound, Refused

_b, _p, _i, _k = schema.blob.c, schema.blob_part.c, schema.instance.c, schema.subject_key.c
_STAGED = sa.select(_b.owner, _b.wrapped, _b.state, _b.subject).where(_b.place == bind("place"), _b.id == bind("id")).with_for_update()
_NOW = sa.select(database_now())
_ATTACH = schema.blob.update().where(_b.place == bind("key_place"), _b.id == bind("key_id")).values(
    state=sa.literal_column("'attached'"), subject=bind("subject"), wrapped=bind("wrapped"), instance=bind("instance"), task=bind("task"),
    field=bind("field"), attached_at=bind("attached_at"))


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's head. `state`: staged (being uploaded) | complete | attached. `subject`: under whose key its own key `wrapped` is sealed."""

    place: str
    id: str
    owner: str
    name: str
    type: str
    size: int
    state: str
    subject: str
    wrapped: bytes
    digest: str
    instance: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A staged file that a command takes in. `subject`: whom it is about; its key is sealed under theirs from then on."""

    id: str
    subject: str
    task: str = ""
    field: str = ""


_COLUMNS = (_b.place, _b.id, _b.owner, _b.name, _b.type, _b.size, _b.state, _b.subject, _b.wrapped, _b.digest, _b.instance, _b.created_at)


_SIZES = sa.select(_p.size).where(_p.place == bind("place"), _p.blob == bind("id")).order_by(_p.n)


@lru_cache(maxsize=256)
def _readable(shape: Shape) -> sa.Select[Any]:
    whole = _b.state.in_([sa.literal_column("'complete'"), sa.literal_column("'attached'")])
    own = sa.and_(_b.instance.is_(None), _b.owner == bind("actor"))
    return (
        sa.select(*_COLUMNS).select_from(schema.blob.outerjoin(schema.instance, sa.and_(_i.place == _b.place, _i.id == _b.instance)))
        .where(_b.place == bind("place"), _b.id == bind("id"), whole, sa.or_(own, visible_to(shape))))


def _blob(c: Sequence[Any]) -> Blob:
    return Blob(c[0], c[1], c[2], c[3] or "", c[4], c[5], c[6], c[7] or c[2], bytes(c[8]), c[9] or "", c[10] or "", restored(c[11]))


class BlobRows:
    """What `adapters/files` keeps about files."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database, self._keys, self._personal = database, keys, PersonalStore(database, keys)

    def subject_key(self, place: str, subject: str) -> bytes:
        """The subject's wrapped data key, made on first use. Raises Refused `subject.erased`."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(_k.wrapped).where(_k.place == place, _k.subject == subject)).first()
        if found is not None and found.wrapped is not None:
            return bytes(found.wrapped)
        with self._database.writing() as transaction:
            return self._personal.key(transaction, place, subject, (transaction.row(_NOW) or (0,))[0])

    def create(self, place: str, id: str, owner: str, name: str, wrapped: bytes) -> None:
        """A new staged file without content; its key is sealed under its owner's."""
        with self._database.changing() as connection:
            connection.execute(schema.blob.insert().values(
                place=place, id=id, owner=owner, name=name or None, type="application/octet-stream", size=0, state="staged", wrapped=wrapped,
                created_at=database_time(connection)))

    def staged(self, place: str, owner: str, id: str) -> tuple[Blob, list[int]]:
        """A file that is its owner's alone, with the sizes of its parts. Raises NotFound `file.unknown`."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(*_COLUMNS).where(_b.place == place, _b.id == id, _b.owner == owner, _b.instance.is_(None))).first()
            if found is None:
                raise NotFound("file.unknown", id=id)
            return _blob(found), self._parts(connection, place, id)

    def add_parts(self, place: str, id: str, first: int, sizes: Sequence[int]) -> None:
        """Parts `first` … of a staged file are on the disk. Raises Taken when another request was quicker."""
        with self._database.changing() as connection:
            connection.execute(schema.blob_part.insert(), [{"place": place, "blob": id, "n": n, "size": size} for n, size in enumerate(sizes, first)])
            connection.execute(schema.blob.update().where(_b.place == place, _b.id == id).values(size=_b.size + sum(sizes)))

    def complete(self, place: str, id: str, type: str, digest: str) -> None:
        """All parts are there and of a kind that is taken."""
        with self._database.changing() as connection:
            connection.execute(schema.blob.update().where(_b.place == place, _b.id == id).values(type=type, digest=digest, state="complete"))

    def attach(self, transaction: Transaction, place: str, instance: str, owner: str, attachment: Attachment, now: int) -> None:
        """Ties a complete file to the instance within a command's transaction; one that is attached already may not be moved.

        Raises: NotFound `file.unknown` for somebody else's; Refused `file.incomplete`; Conflict `file.attached`.
        """
        found = transaction.row(_STAGED, place=place, id=attachment.id)
        if found is None or found[0] != owner:
            raise NotFound("file.unknown", id=attachment.id)
        if found[2] == "attached":
            raise Conflict("file.attached", id=attachment.id)
        if found[2] != "complete":
            raise Refused("file.incomplete", id=attachment.id)
        mine = self._personal.key(transaction, place, owner, now)
        theirs = self._personal.key(transaction, place, attachment.subject, now)
        about = key_binding(place, attachment.id)
        inner = self._keys.decrypt(place, owner, mine, bytes(found[1]), about)
        transaction.change(
            _ATTACH, key_place=place, key_id=attachment.id, subject=attachment.subject, instance=instance, task=attachment.task or None,
            field=attachment.field or None, attached_at=now, wrapped=self._keys.encrypt(place, attachment.subject, theirs, inner, about))

    def readable(self, place: str, actor: str, id: str) -> tuple[Blob, list[int]]:
        """A file that the actor may see: their own, or one of a visible instance; with its parts' sizes. Raises NotFound `file.unknown`."""
        with self._database.looking() as transaction:
            who = reader(transaction, place, actor)
            found = transaction.row(_readable(who.shape), **who.params, id=id)
            if found is None:
                raise NotFound("file.unknown", id=id)
            return _blob(found), [size for (size,) in transaction.rows(_SIZES, place=place, id=id)]

    def abandoned(self, place: str, before: datetime) -> list[str]:
        """Ids of files that nobody attached and that began before `before` (database clock)."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(_b.id).where(_b.place == place, _b.instance.is_(None), _b.created_at < stored(before)).order_by(_b.id)))

    def forget(self, place: str, id: str) -> None:
        """Removes the rows of a file that was never attached."""
        with self._database.changing() as connection:
            if connection.execute(schema.blob.delete().where(_b.place == place, _b.id == id, _b.instance.is_(None))).rowcount:
                connection.execute(schema.blob_part.delete().where(_p.place == place, _p.blob == id))

    def _parts(self, connection: sa.Connection, place: str, id: str) -> list[int]:
        return list(connection.scalars(sa.select(_p.size).where(_p.place == place, _p.blob == id).order_by(_p.n)))


def key_binding(place: str, id: str) -> bytes:
    """What a file's sealed key is bound to."""
    return f"blob\n{place}\n{id}".encode()
