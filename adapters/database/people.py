"""Organisations, people, posts and who holds them from when to when; every change is an entry of the stream `place`. No passwords here."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_time, now_in
from adapters.database.connection import Database, Taken, Transaction, bind
from adapters.database.journal import Journal
from adapters.database.moments import NEVER, restored, stored
from adapters.database.visibility import listed, one_of, room
from engine.refusals import Conflict, NotFound, Refused

STREAM = "place"
REACHES = ("own", "below", "place", "heads")

_o, _n, _s, _g, _c = schema.organisation.c, schema.person.c, schema.post.c, schema.post_grant.c, schema.task_candidate.c


def _insert(table: sa.Table) -> sa.Insert:
    return table.insert().values({c.name: bind(c.name) for c in table.c})


_NEW_ORGANISATION, _NEW_PERSON, _NEW_POST, _NEW_GRANT, _NEW_RECUSAL = (
    _insert(t) for t in (schema.organisation, schema.person, schema.post, schema.post_grant, schema.recusal))
_PATH = sa.select(_o.path).where(_o.place == bind("place"), _o.id == bind("id"))
_PERSON = sa.select(_n.id).where(_n.place == bind("place"), _n.id == bind("id"))
_POST = sa.select(_s.org, _s.role).where(_s.place == bind("place"), _s.id == bind("id"))
_ONE_GRANT = sa.select(_g.person, _g.post, _g.from_at, _g.to_at).where(_g.place == bind("place"), _g.id == bind("id"))
_HELD = (
    sa.select(_g.id, _g.person, _n.name, _g.post, _s.org, _s.role, _s.title, _s.reach, _g.from_at, _g.to_at)
    .join(schema.post, sa.and_(_s.place == _g.place, _s.id == _g.post))
    .join(schema.person, sa.and_(_n.place == _g.place, _n.id == _g.person))
    .where(_g.place == bind("place"), _g.from_at <= bind("at"), _g.to_at > bind("at")).order_by(_g.from_at, _g.id))
_HELD_BY = _HELD.where(_g.person == bind("person"))
_IN_HAND = sa.select(sa.func.count()).where(_c.place == bind("place"), _c.candidate == bind("candidate"), _c.open == sa.literal_column("1"))
_END_GRANT = schema.post_grant.update().where(_g.place == bind("key_place"), _g.id == bind("key_id")).values(to_at=bind("to_at"))


@lru_cache(maxsize=64)
def _holders_of(candidates: int) -> sa.Select[Any]:
    return _HELD.where(one_of(_g.candidate, "candidate", candidates))


@lru_cache(maxsize=64)
def _names(people: int) -> sa.Select[Any]:
    return sa.select(_n.id, _n.name).where(_n.place == bind("place"), one_of(_n.id, "person", people))


@dataclass(frozen=True, slots=True)
class Organisation:
    """`path`: the ids from the root down to this one, joined by `/`. `kind`: 国, 省, 市, 县区, 单位 or any other word. `code`: credit code."""

    id: str
    name: str
    kind: str
    parent: str | None
    path: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A post that a person holds. `candidate` is `role@org`; `to_at` None: until revoked."""

    id: str
    person: str
    name: str
    post: str
    org: str
    role: str
    title: str
    reach: str
    from_at: datetime
    to_at: datetime | None

    @property
    def candidate(self) -> str:
        return f"{self.role}@{self.org}"


class People:
    """Writes the organisation tree and who holds which post; reads it for the pages and the checks of publishing."""

    def __init__(self, database: Database) -> None:
        self._database, self._journal = database, Journal(database)

    def add_organisation(self, place: str, id: str, name: str, kind: str, parent: str | None = None, code: str | None = None, by: str = "system") -> None:
        """Raises: Refused `organisation.no_parent`, `organisation.id`; Conflict `organisation.taken`."""
        if not id or "/" in id or "@" in id:
            raise Refused("organisation.id", id=id)
        with self._writing("organisation.taken", id) as transaction:
            above = transaction.row(_PATH, place=place, id=parent) if parent else ("",)
            if above is None:
                raise Refused("organisation.no_parent", id=id, parent=parent)
            path = f"{above[0]}/{id}" if parent else id
            self._journal.note(transaction, place, STREAM, by, "AddOrganisation", {"id": id, "name": name, "kind": kind, "parent": parent, "code": code})
            transaction.change(_NEW_ORGANISATION, place=place, id=id, parent=parent, path=path, name=name, kind=kind, code=code)

    def add_person(self, place: str, id: str, name: str, email: str | None = None, by: str = "system") -> None:
        """The name stands in the directory only, not in the journal. Raises Conflict `person.taken`."""
        with self._writing("person.taken", id) as transaction:
            written = self._journal.note(transaction, place, STREAM, by, "AddPerson", {"id": id})
            transaction.change(_NEW_PERSON, place=place, id=id, name=name, email=email, state="active", created_at=stored(written.entry.at))

    def add_post(self, place: str, id: str, org: str, role: str, title: str, reach: str = "own", by: str = "system") -> None:
        """`reach`: what its holder may look at besides their own tasks: own (nothing more) | below (the organisation and all below it) |
        place (everything, an auditor) | heads (heads of campaigns without personal data, an administrator).

        Raises: Refused `post.reach`, `post.no_organisation`; Conflict `post.taken`.
        """
        if reach not in REACHES:
            raise Refused("post.reach", reach=reach, allowed=list(REACHES))
        with self._writing("post.taken", id) as transaction:
            if transaction.row(_PATH, place=place, id=org) is None:
                raise Refused("post.no_organisation", post=id, org=org)
            self._journal.note(transaction, place, STREAM, by, "AddPost", {"id": id, "org": org, "role": role, "title": title, "reach": reach})
            transaction.change(_NEW_POST, place=place, id=id, org=org, role=role, title=title, reach=reach)

    def grant(self, place: str, person: str, post: str, by: str = "system", from_at: datetime | None = None, to_at: datetime | None = None) -> str:
        """The person holds the post from `from_at` (now) until just before `to_at` (until revoked); gives the grant's id.

        Raises: Refused `grant.no_person`, `grant.no_post`, `grant.span`.
        """
        id = uuid4().hex
        with self._database.writing() as transaction:
            if transaction.row(_PERSON, place=place, id=person) is None:
                raise Refused("grant.no_person", person=person)
            found = transaction.row(_POST, place=place, id=post)
            if found is None:
                raise Refused("grant.no_post", post=post)
            fields = {"grant": id, "person": person, "post": post, "from_at": from_at, "to_at": to_at}
            entry = self._journal.note(transaction, place, STREAM, by, "Grant", fields).entry
            start = from_at or entry.at
            if to_at is not None and to_at <= start:
                raise Refused("grant.span", from_at=start.isoformat(), to_at=to_at.isoformat())
            transaction.change(
                _NEW_GRANT, place=place, id=id, person=person, post=post, candidate=f"{found[1]}@{found[0]}", from_at=stored(start),
                to_at=NEVER if to_at is None else stored(to_at), granted_by=by, seq=entry.seq)
        return id

    def revoke(self, place: str, grant: str, by: str = "system") -> None:
        """Ends a grant now; what was done under it stays. Raises NotFound `grant.unknown`."""
        with self._database.writing() as transaction:
            found = transaction.row(_ONE_GRANT, place=place, id=grant)
            if found is None:
                raise NotFound("grant.unknown", grant=grant)
            entry = self._journal.note(transaction, place, STREAM, by, "Revoke", {"grant": grant, "person": found[0], "post": found[1]}).entry
            transaction.change(_END_GRANT, key_place=place, key_id=grant, to_at=min(found[3], max(found[2], stored(entry.at))))

    def recuse(self, place: str, person: str, ref: str, by: str = "system") -> None:
        """回避: the person is never asked about `ref` (an instance or what tasks are about) and no longer sees it. Raises Conflict `recusal.taken`."""
        with self._writing("recusal.taken", ref) as transaction:
            entry = self._journal.note(transaction, place, STREAM, by, "Recuse", {"person": person, "ref": ref}).entry
            transaction.change(_NEW_RECUSAL, place=place, person=person, ref=ref, from_at=stored(entry.at), seq=entry.seq)

    # --- reading ----------------------------------------------------------------------------------------------------------------------

    def holdings(self, place: str, person: str, at: datetime | None = None) -> list[Holding]:
        """The posts a person holds at `at` (business time; now)."""
        return self._holdings(place, at, _HELD_BY, {"person": person})

    def holders(self, place: str, candidates: Sequence[str], at: datetime | None = None) -> list[str]:
        """The ids of all people whom these candidates (`role@org`, `user:ID`) mean at `at`, sorted, each once."""
        named = {c[5:] for c in candidates if c.startswith("user:")}
        roles = sorted({c for c in candidates if not c.startswith("user:")})
        held = {h.person for h in self._holdings(place, at, _holders_of(room(len(roles))), listed("candidate", roles))} if roles else set()
        return sorted(named | held)

    def vacant(self, place: str, candidates: Iterable[str], at: datetime | None = None) -> list[str]:
        """Those of `candidates` (`role@org`) that nobody holds at `at`."""
        wanted = sorted(set(candidates))
        held = {h.candidate for h in self._holdings(place, at, _holders_of(room(len(wanted))), listed("candidate", wanted))}
        return [candidate for candidate in wanted if candidate not in held]

    def in_hand(self, place: str, person: str) -> int:
        """How many open tasks are this person's alone, because they claimed them or were handed them."""
        with self._database.looking() as transaction:
            row = transaction.row(_IN_HAND, place=place, candidate=f"user:{person}")
        return int(row[0]) if row else 0

    def organisations(self, place: str, below: str | None = None) -> list[Organisation]:
        """The tree in the order of paths; `below`: only that organisation and what is under it."""
        query = sa.select(_o.id, _o.name, _o.kind, _o.parent, _o.path, _o.code).where(_o.place == place).order_by(_o.path)
        with self._database.reading() as connection:
            if below is not None:
                top = connection.scalar(sa.select(_o.path).where(_o.place == place, _o.id == below))
                if top is None:
                    raise NotFound("organisation.unknown", id=below)
                query = query.where(sa.or_(_o.path == top, sa.and_(_o.path >= top + "/", _o.path < top + "0")))
            return [Organisation(*row) for row in connection.execute(query)]

    def names(self, place: str, people: Iterable[str]) -> dict[str, str]:
        """Names by id, of those that exist."""
        wanted = sorted(set(people))
        with self._database.looking() as transaction:
            return {id: name for id, name in transaction.rows(_names(room(len(wanted))), place=place, **listed("person", wanted))}

    def emails(self, place: str, people: Iterable[str]) -> dict[str, str]:
        """Mail addresses by id, of those that have one."""
        query = sa.select(_n.id, _n.email).where(_n.place == place, _n.id.in_(sorted(set(people))), _n.email.is_not(None))
        with self._database.reading() as connection:
            return {id: email for id, email in connection.execute(query) if email is not None}

    def _holdings(self, place: str, at: datetime | None, query: sa.Select[Any], wanted: Mapping[str, object]) -> list[Holding]:
        with self._database.looking() as transaction:
            asked = stored(now_in(transaction, place) if at is None else at)
            found = transaction.rows(query, place=place, at=asked, **wanted)
        return [Holding(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], restored(c[8]), None if c[9] >= NEVER else restored(c[9])) for c in found]

    @contextmanager
    def _writing(self, taken: str, key: str) -> Iterator[Transaction]:
        """A write whose key may be used only once: Conflict `taken` when it is in use."""
        try:
            with self._database.writing() as transaction:
                yield transaction
        except Taken as error:
            raise Conflict(taken, id=key) from error
