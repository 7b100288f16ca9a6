"""What an auditor reads of the record: entries of a whole place by who, what, when and where, newest first; through `visible_to`, no words, no writes."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from adapters.database import journal, schema
from adapters.database.connection import Database
from adapters.database.journal import Written
from adapters.database.moments import NEVER, restored, restored_or_none, stored
from adapters.database.places import Place
from adapters.database.queries import InstanceLine
from adapters.database.visibility import Reader, must_see, reader, visible_to
from adapters.database.worklist import containing
from engine.journal.entry import Entry, opened
from engine.refusals import NotFound, Refused

_e, _i, _t, _g, _s, _o, _n, _x, _l, _c, _u = (
    schema.entry.c, schema.instance.c, schema.task.c, schema.post_grant.c, schema.post.c, schema.organisation.c, schema.person.c, schema.recusal.c,
    schema.leaf.c, schema.checkpoint.c, schema.unsequenced.c)
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)  # what reading a spoilt entry raises
MOST_ELEMENTS = 40  # ids that one name may stand for


class _within(FunctionElement[bool]):
    """Whether bytes contain other bytes."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(_within, "sqlite")
def _sqlite(element: _within, compiler: Any, **kw: Any) -> str:
    whole, part = element.clauses
    return f"(instr({compiler.process(whole, **kw)}, {compiler.process(part, **kw)}) > 0)"


@compiles(_within, "postgresql")
def _postgresql(element: _within, compiler: Any, **kw: Any) -> str:
    whole, part = element.clauses
    return f"(position({compiler.process(part, **kw)} in {compiler.process(whole, **kw)}) > 0)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What entries are looked for; empty: everything. `who`: id or part of the name of who acted. `commands`: their names. `elements`: ids of
    elements that the entry has to do with. `since`, `until`: moments, from – just before. `stream`: an instance, `place` or `package:NAME`."""

    who: str = ""
    commands: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    campaign: str = ""
    stream: str = ""
    elements: tuple[str, ...] = ()


Cursor = tuple[int, str, int]  # (microseconds, stream, number) of the last entry of the page before


@dataclass(frozen=True, slots=True)
class Line:
    """An entry. `head`: the instance it belongs to; None for the streams of the place itself. `readable`: False when its text was spoilt, then
    only what the table says of it is known."""

    entry: Entry
    hash: str
    head: InstanceLine | None
    readable: bool = True

    @property
    def cursor(self) -> Cursor:
        return stored(self.entry.at), self.entry.stream, self.entry.seq


@dataclass(frozen=True, slots=True)
class Held:
    """A post that somebody held at a moment. `granted`: number of the entry of the stream `place` that gave it; `path`: of its organisation."""

    person: str
    name: str
    role: str
    org: str
    path: str
    title: str
    reach: str
    since: datetime
    until: datetime | None
    granted: int

    @property
    def candidate(self) -> str:
        return f"{self.role}@{self.org}"


@dataclass(frozen=True, slots=True)
class Anchors:
    """What vouches for the record. `notes`: signed checkpoints, oldest first, with the database's moment; `waiting`: entries without a leaf."""

    notes: tuple[tuple[str, datetime], ...]
    leaves: int
    waiting: tuple[tuple[str, int], ...]


class Chronicle:
    """The reads of one database for auditing. Each takes who asks; absent and not theirs are the same NotFound."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lines(self, place: str, actor: str, wanted: Wanted, limit: int, before: Cursor | None = None) -> list[Line]:
        """Up to `limit` entries, newest first, after those of an earlier page."""
        who = self._reader(place, actor)
        # The keys first, out of the index alone; then the bodies of the few.
        keys = sa.select(_e.stream, _e.seq).where(_e.place == place, *_conditions(place, wanted), *_theirs(who))
        if before is not None:
            at, stream, seq = before
            then = sa.and_(_e.at == at, sa.or_(_e.stream < stream, sa.and_(_e.stream == stream, _e.seq < seq)))
            keys = keys.where(_e.seq < seq) if wanted.stream else keys.where(_e.at <= at, sa.or_(_e.at < at, then))
        order = (_e.seq.desc(),) if wanted.stream else (_e.at.desc(), _e.stream.desc(), _e.seq.desc())
        page = keys.order_by(*order).limit(limit).subquery()
        query = (
            sa.select(_e.stream, _e.seq, _e.at, _e.actor, _e.command, _e.hash, _e.body)
            .join(page, sa.and_(_e.stream == page.c.stream, _e.seq == page.c.seq)).where(_e.place == place)
            .order_by(_e.at.desc(), _e.stream.desc(), _e.seq.desc()))
        with self._database.reading() as connection:
            found = [_listed(*row) for row in connection.execute(query, dict(who.params))]
            heads = _heads(connection, place, {entry.stream for entry, *_ in found})
        return [Line(entry, hash, heads.get(entry.stream), readable) for entry, hash, readable in found]

    def head(self, place: str, actor: str, instance: str) -> tuple[InstanceLine, int]:
        """The head of an instance and how many entries it has. Raises NotFound `instance.unknown`."""
        self._must_see(place, actor, instance)
        with self._database.reading() as connection:
            count = connection.scalar(sa.select(_i.seq).where(_i.place == place, _i.id == instance))
            return _heads(connection, place, {instance})[instance], int(count or 0)

    def entries(self, place: str, instance: str) -> list[Entry]:
        """All entries of an instance, whoever asks: for the fold behind `head`. Raises Refused `audit.unreadable` for a spoilt one."""
        query = sa.select(_e.seq, _e.body).where(_e.place == place, _e.stream == instance).order_by(_e.seq)
        found = []
        with self._database.reading() as connection:
            for seq, body in connection.execute(query):
                try:
                    found.append(opened(_raw(body)))
                except UNREADABLE:
                    raise Refused("audit.unreadable", seq=seq) from None
        return found

    def bodies(self, place: str) -> Iterator[bytes]:
        """The stored bytes of every entry, whether they can be read or not, each stream in order."""
        with self._database.reading() as connection:
            for body in connection.scalars(sa.select(_e.body).where(_e.place == place).order_by(_e.stream, _e.seq)):
                yield _raw(body)

    def last(self, place: str, stream: str, command: str) -> Entry | None:
        """The newest entry of a stream that one kind of command made."""
        query = sa.select(_e.body).where(_e.place == place, _e.stream == stream, _e.command == command).order_by(_e.seq.desc()).limit(1)
        with self._database.reading() as connection:
            body = connection.scalar(query)
        return None if body is None else opened(bytes(body))

    def children(self, place: str, actor: str, instance: str, until: datetime | None) -> list[InstanceLine]:
        """The children of an instance that began before `until`, those that the reader may see, in the order of their beginning."""
        who = self._reader(place, actor)
        query = sa.select(_i.id).where(_i.place == place, _i.parent == instance, visible_to(who.shape)).order_by(_i.started_at, _i.id)
        if until is not None:
            query = query.where(_i.started_at < stored(until))
        with self._database.reading() as connection:
            ids = list(connection.scalars(query, dict(who.params)))
            heads = _heads(connection, place, ids)
        return [heads[id] for id in ids]

    def campaigns(self, place: str, actor: str) -> list[InstanceLine]:
        """The campaigns that the reader may see as a whole, newest first."""
        who = self._reader(place, actor)
        query = sa.select(_i.id).where(_i.place == place, _i.parent.is_(None), visible_to(who.shape)).order_by(_i.started_at.desc(), _i.id)
        with self._database.reading() as connection:
            ids = list(connection.scalars(query, dict(who.params)))
            heads = _heads(connection, place, ids)
        return [heads[id] for id in ids]

    def task_names(self, place: str, tasks: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
        """(instance, task) → (name, form), for entries that were given out before."""
        wanted = set(tasks)
        if not wanted:
            return {}
        query = sa.select(_t.instance, _t.id, _t.name, _t.form).where(
            _t.place == place, _t.instance.in_(sorted({i for i, _ in wanted})), _t.id.in_(sorted({t for _, t in wanted})))
        with self._database.reading() as connection:
            return {(i, t): (name, form or "") for i, t, name, form in connection.execute(query) if (i, t) in wanted}

    def posts(self, place: str) -> dict[str, tuple[str, str, str]]:
        """Post → (title, role, organisation)."""
        with self._database.reading() as connection:
            return {id: (title, role, org) for id, title, role, org in connection.execute(sa.select(_s.id, _s.title, _s.role, _s.org).where(_s.place == place))}

    def held(self, place: str, at: datetime) -> list[Held]:
        """All posts of all people at a moment, by person."""
        moment = stored(at)
        query = (
            sa.select(_g.person, _n.name, _s.role, _s.org, _o.path, _s.title, _s.reach, _g.from_at, _g.to_at, _g.seq)
            .join(schema.post, sa.and_(_s.place == _g.place, _s.id == _g.post))
            .join(schema.organisation, sa.and_(_o.place == _s.place, _o.id == _s.org))
            .join(schema.person, sa.and_(_n.place == _g.place, _n.id == _g.person))
            .where(_g.place == place, _g.from_at <= moment, _g.to_at > moment).order_by(_g.person, _g.from_at, _g.id))
        with self._database.reading() as connection:
            return [Held(*row[:7], restored(row[7]), None if row[8] >= NEVER else restored_or_none(row[8]), row[9]) for row in connection.execute(query)]

    def recused(self, place: str, refs: Sequence[str], at: datetime) -> set[tuple[str, str]]:
        """(person, ref) of those who had withdrawn from one of `refs` by then."""
        with self._database.reading() as connection:
            return {(person, ref) for person, ref in connection.execute(sa.select(_x.person, _x.ref).where(
                _x.place == place, _x.ref.in_(list(refs)), _x.from_at <= stored(at)))}

    def path_of(self, place: str, org: str) -> str:
        """The path of an organisation; empty when there is none."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(_o.path).where(_o.place == place, _o.id == org)) or ""

    def anchors(self, place: str, waiting: int = 20) -> Anchors:
        """Checkpoints, the number of leaves, and up to `waiting` entries that have none."""
        with self._database.reading() as connection:
            notes = connection.execute(sa.select(_c.note, _c.signed_at).where(_c.place == place).order_by(_c.size)).all()
            leaves = connection.scalar(sa.select(sa.func.count()).select_from(schema.leaf).where(_l.place == place)) or 0
            unsequenced = connection.execute(sa.select(_u.stream, _u.seq).where(_u.place == place).order_by(_u.stream, _u.seq).limit(waiting)).all()
        return Anchors(tuple([(note, restored(at)) for note, at in notes]), int(leaves), tuple([(stream, seq) for stream, seq in unsequenced]))

    def numbers(self, place: str, entries: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """(stream, number) → number of its leaf, from 0."""
        wanted = set(entries)
        query = sa.select(_l.stream, _l.seq, _l.n).where(_l.place == place, _l.stream.in_(sorted({stream for stream, _ in wanted})))
        with self._database.reading() as connection:
            return {(stream, seq): n for stream, seq, n in connection.execute(query) if (stream, seq) in wanted} if wanted else {}

    def streams(self, place: str, actor: str, campaign: str = "") -> list[str] | None:
        """The instances that the reader may see, by path, of one campaign or of the place; None: everything there is, other streams too."""
        who = self._reader(place, actor)
        if not campaign and who.shape.everything and not who.recused:
            return None
        query = sa.select(_i.id).where(_i.place == place, visible_to(who.shape)).order_by(_i.path)
        if campaign:
            query = query.where(_i.root == campaign)
        with self._database.reading() as connection:
            return list(connection.scalars(query, dict(who.params)))

    def extract(self, place: str, streams: Sequence[str] | None) -> tuple[list[Written], list[tuple[int, str, int, bytes]], list[str]]:
        """In one snapshot: entries of the streams (None: all), all leaves of the place, and the signed notes, oldest first."""
        with self._database.reading() as connection:
            leaves, notes = journal.leaves(connection, place), journal.checkpoints(connection, place)
            if streams is None:
                return list(journal.entries(connection, place)), leaves, notes
            return [written for stream in streams for written in journal.entries(connection, place, stream)], leaves, notes

    def sealed_parts(self, place: str, subjects: Iterable[str]) -> dict[str, bytes | None]:
        """Subject → its wrapped key; None where it was destroyed."""
        k = schema.subject_key.c
        with self._database.reading() as connection:
            found = connection.execute(sa.select(k.subject, k.wrapped).where(k.place == place, k.subject.in_(sorted(set(subjects)))))
            return {subject: None if wrapped is None else bytes(wrapped) for subject, wrapped in found}

    def place(self, place: str) -> Place:
        """Raises NotFound `place.unknown`."""
        p = schema.place.c
        with self._database.reading() as connection:
            row = connection.execute(sa.select(p.place, p.title, p.kind, p.zone).where(p.place == place)).first()
        if row is None:
            raise NotFound("place.unknown", place=place)
        return Place(*row)

    def _reader(self, place: str, actor: str) -> Reader:
        with self._database.looking() as transaction:
            return reader(transaction, place, actor)

    def _must_see(self, place: str, actor: str, instance: str) -> None:
        with self._database.looking() as transaction:
            must_see(transaction, reader(transaction, place, actor), instance)


def _raw(body: object) -> bytes:
    """What stands in the column, even where somebody put text into it."""
    return body.encode(errors="replace") if isinstance(body, str) else bytes(body or b"")  # type: ignore[call-overload]


def _listed(stream: str, seq: int, at: int, actor: str, command: str, hash: str, body: object) -> tuple[Entry, str, bool]:
    try:
        return opened(_raw(body)), hash, True
    except UNREADABLE:
        return Entry(stream, seq, restored(at), actor, command, {}, []), hash, False


def _conditions(place: str, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.who:
        named = sa.select(_n.id).where(_n.place == place, _n.name.like(containing(wanted.who), escape="!"))
        found.append(sa.or_(_e.actor == wanted.who, _e.actor.in_(named)))
    if wanted.commands:
        found.append(_e.command.in_(wanted.commands))
    if wanted.since is not None:
        found.append(_e.at >= stored(wanted.since))
    if wanted.until is not None:
        found.append(_e.at < stored(wanted.until))
    if wanted.campaign:
        found.append(_e.stream.in_(sa.select(_i.id).where(_i.place == place, _i.root == wanted.campaign)))
    if wanted.stream:
        found.append(_e.stream == wanted.stream)
    if wanted.elements:
        names = [f'"element":"{element}"'.encode() for element in wanted.elements[:MOST_ELEMENTS]]
        plain = [sa.and_(_e.elements.is_(None), _within(_e.body, sa.literal(name, sa.LargeBinary()))) for name in names]
        found.append(sa.or_(*plain, *[_within(_e.elements, sa.literal(f" {element} ")) for element in wanted.elements[:MOST_ELEMENTS]]))
    return found


def _theirs(who: Reader) -> list[sa.ColumnElement[bool]]:
    """Whose entries a reader may see: those of their instances; the place's own streams are an auditor's of the whole place."""
    if who.shape.everything and not who.recused:
        return []
    mine = _e.stream.in_(sa.select(_i.id).where(visible_to(who.shape)))
    return [sa.or_(mine, sa.not_(sa.exists().where(_i.place == _e.place, _i.id == _e.stream)))] if who.shape.everything else [mine]


def _heads(connection: sa.Connection, place: str, ids: Iterable[str]) -> dict[str, InstanceLine]:
    query = sa.select(_i.id, _i.process, _i.package, _i.scheme, _i.org, _i.parent, _i.root, _i.path, _i.title, _i.state, _i.outcome, _i.started_at,
                      _i.ended_at, _i.started_by).where(_i.place == place, _i.id.in_(sorted(set(ids))))
    return {c[0]: InstanceLine(c[0], c[1], c[2], c[3] or "", c[4] or "", c[5] or "", c[6], c[7], c[8] or "", c[9], c[10] or "", restored_or_none(c[11]),
                               restored_or_none(c[12]), c[13] or "") for c in connection.execute(query)}

