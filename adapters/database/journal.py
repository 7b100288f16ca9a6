"""The journal's tables: append to a stream, find an earlier answer, read back, number the leaves, sign checkpoints; checks nothing (engine/journal)."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import CLOCK
from adapters.database.connection import Database, Transaction, bind
from adapters.database.moments import restored, stored
from adapters.database.packing import elements_of, packed
from adapters.database.shapes import text_of
from engine.journal import merkle
from engine.journal.checkpoint import Checkpoint, Sign, signed
from engine.journal.entry import GENESIS, Entry, opened, sealed
from engine.refusals import Conflict, NotFound, Refused

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it, and not a backslash before the text u0000

_e = schema.entry.c
_p, _stream = bind("place"), bind("stream")
_APPEND = schema.entry.insert().values({c.name: bind(c.name) for c in schema.entry.c})
_PENDING = schema.unsequenced.insert().values({c.name: bind(c.name) for c in schema.unsequenced.c})
EARLIER = sa.select(_e.digest, _e.body).where(_e.place == _p, _e.actor == bind("actor"), _e.command_id == bind("id"))
_HEAD = sa.select(schema.stream.c.seq, schema.stream.c.head, schema.stream.c.last_at).where(
    schema.stream.c.place == _p, schema.stream.c.stream == _stream).with_for_update()
_BODIES = sa.select(_e.body).where(_e.place == _p, _e.stream == _stream).order_by(_e.seq)
_NEW_STREAM = schema.stream.insert().values({c.name: bind(c.name) for c in schema.stream.c})
_MOVE_STREAM = schema.stream.update().where(schema.stream.c.place == bind("key_place"), schema.stream.c.stream == bind("key_stream")).values(
    seq=bind("seq"), last_at=bind("last_at"), head=bind("head"))


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as it stands in the database."""

    entry: Entry
    body: bytes
    hash: str


def digest_of(command: str, fields: object, subjects: object = ()) -> str:
    """What makes two commands with one id the same: name, fields and, for personal parts, their keyed digests.

    Raises: Refused `command.characters` for a text that not every database can keep (NUL, half a character).
    """
    try:
        text = text_of([command, fields, subjects]).encode()
    except UnicodeEncodeError:
        raise Refused("command.characters") from None
    if b"u0000" in text and NUL.search(text):
        raise Refused("command.characters")
    return sha256(text).hexdigest()


class Journal:
    """Appends to streams inside a write's transaction."""

    def __init__(self, database: Database) -> None:
        self._append, self._pending = database.statement(_APPEND), database.statement(_PENDING)
        self._appended, self._pended = self._append.picked(tuple(_e.keys())), self._pending.picked(tuple(schema.unsequenced.c.keys()))

    def earlier(self, found: Sequence[Sequence[Any]], command_id: str, digest: str | None) -> Entry | None:
        """The entry that this command already made, from the rows of `EARLIER`. Raises Conflict `command.other_body` when its id meant something else."""
        if not found:
            return None
        if found[0][0] != digest:
            raise Conflict("command.other_body", command_id=command_id)
        return opened(bytes(found[0][1]))

    def append(self, transaction: Transaction, place: str, entry: Entry, digest: str | None) -> Written:
        """Stores the sealed entry and queues it for its leaf. Raises Taken (at the latest at commit) when stream and number are used."""
        body, hash_ = sealed(entry)
        transaction.write(self._append, [self._appended((
            place, entry.stream, entry.seq, stored(entry.at), entry.actor, entry.command_id or None, entry.command, digest, hash_, packed(body),
            elements_of(body)))])
        transaction.write(self._pending, [self._pended((place, entry.stream, entry.seq, merkle.leaf_hash(body)))])
        return Written(entry, body, hash_)

    def note(self, transaction: Transaction, place: str, stream: str, actor: str, command: str, fields: Mapping[str, object]) -> Written:
        """One entry on a stream that is no instance (the place, a package), at the place's business time; its head row is locked till the commit."""
        clock = transaction.row(CLOCK, place=place)
        if clock is None:
            raise NotFound("place.unknown", place=place)
        found = transaction.row(_HEAD, place=place, stream=stream)
        if found is None:
            transaction.change(_NEW_STREAM, place=place, stream=stream, seq=0, last_at=0, head=GENESIS)
        seq, head, last_at = found or (0, GENESIS, 0)
        at = max(clock[0] + clock[1], last_at)
        entry = Entry(stream, seq + 1, restored(at), actor, command, fields, [], prev_hash=head)
        written = self.append(transaction, place, entry, None)
        transaction.change(_MOVE_STREAM, key_place=place, key_stream=stream, seq=seq + 1, last_at=at, head=written.hash)
        return written


def entries_of(transaction: Transaction, place: str, stream: str) -> list[Entry]:
    """The entries of one stream in order."""
    return [opened(bytes(body)) for (body,) in transaction.rows(_BODIES, place=place, stream=stream)]


def entries(connection: sa.Connection, place: str, stream: str | None = None) -> Iterator[Written]:
    """The entries of one stream, or of all streams of a place, each stream in order."""
    query = sa.select(_e.body, _e.hash).where(_e.place == place).order_by(_e.stream, _e.seq)
    if stream is not None:
        query = query.where(_e.stream == stream)
    for body, hash_ in connection.execute(query):
        yield Written(opened(bytes(body)), bytes(body), hash_)


def leaves(connection: sa.Connection, place: str) -> list[tuple[int, str, int, bytes]]:
    """(n, stream, seq, leaf hash) in order."""
    c = schema.leaf.c
    return [(n, stream, seq, bytes(h)) for n, stream, seq, h in connection.execute(
        sa.select(c.n, c.stream, c.seq, c.hash).where(c.place == place).order_by(c.n))]


def checkpoints(connection: sa.Connection, place: str) -> list[str]:
    """The signed notes, oldest first."""
    c = schema.checkpoint.c
    return list(connection.scalars(sa.select(c.note).where(c.place == place).order_by(c.size)))


def sequence(database: Database, place: str, limit: int = 10_000) -> int:
    """Gives the entries that have no leaf yet their numbers and extends the tree; how many there were. Safe on any number of nodes."""
    with database.changing() as connection:
        tree = schema.tree
        found = connection.execute(sa.select(tree.c.size, tree.c.peaks).where(tree.c.place == place).with_for_update(skip_locked=True)).first()
        if found is None:  # another node is at it
            return 0
        u = schema.unsequenced.c
        waiting = connection.execute(sa.select(u.stream, u.seq, u.hash).where(u.place == place).order_by(u.stream, u.seq).limit(limit)).all()
        if not waiting:
            return 0
        peaks = _unpacked(bytes(found.peaks))
        for _, _, hash_ in waiting:
            peaks = merkle.extended(peaks, bytes(hash_))
        rows = [{"place": place, "n": n, "stream": s, "seq": q, "hash": h} for n, (s, q, h) in enumerate(waiting, found.size)]
        connection.execute(schema.leaf.insert(), rows)
        gone = schema.unsequenced.delete().where(u.place == place, u.stream == bind("s"), u.seq == bind("q"))
        connection.execute(gone, [{"s": s, "q": q} for s, q, _ in waiting])
        connection.execute(tree.update().where(tree.c.place == place).values(size=found.size + len(waiting), peaks=_packed(peaks)))
        return len(waiting)


def sign_checkpoint(database: Database, place: str, name: str, public_key: bytes, sign: Sign, now: int) -> Checkpoint:
    """Signs the tree as it is now, under the place's id as origin; an unchanged tree is not signed twice. `now`: database clock, microseconds."""
    with database.changing() as connection:
        found = connection.execute(sa.select(schema.tree.c.size, schema.tree.c.peaks).where(schema.tree.c.place == place).with_for_update()).first()
        size, peaks = (found.size, _unpacked(bytes(found.peaks))) if found else (0, [])
        made = Checkpoint(place, size, merkle.root_of(peaks))
        c = schema.checkpoint
        if connection.execute(sa.select(c.c.size).where(c.c.place == place, c.c.size == size)).first() is None:
            connection.execute(c.insert().values(place=place, size=size, note=signed(made, name, public_key, sign), signed_at=now))
        return made


def _packed(peaks: list[tuple[int, bytes]]) -> bytes:
    return b"".join(size.to_bytes(8, "big") + hash_ for size, hash_ in peaks)


def _unpacked(peaks: bytes) -> list[tuple[int, bytes]]:
    return [(int.from_bytes(peaks[i : i + 8], "big"), peaks[i + 8 : i + 40]) for i in range(0, len(peaks), 40)]
