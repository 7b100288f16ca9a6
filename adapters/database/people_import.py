"""Stores a checked roster of organisations, people and posts in one transaction: all of it or nothing; each row is an entry of the stream `place`."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import uuid4

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Taken, Transaction, bind
from adapters.database.journal import Journal
from adapters.database.moments import NEVER, stored
from adapters.database.people import STREAM
from engine.refusals import Conflict


class OrganisationRow(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def code(self) -> str | None: ...


class PersonRow(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str | None: ...


class GrantRow(Protocol):
    @property
    def person(self) -> str: ...
    @property
    def org(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def reach(self) -> str: ...


_o, _s, _g = schema.organisation.c, schema.post.c, schema.post_grant.c


def _insert(table: sa.Table) -> sa.Insert:
    return table.insert().values({c.name: bind(c.name) for c in table.c})


_NEW_ORGANISATION, _NEW_PERSON, _NEW_POST, _NEW_GRANT = (_insert(t) for t in (schema.organisation, schema.person, schema.post, schema.post_grant))
_PATH = sa.select(_o.path).where(_o.place == bind("place"), _o.id == bind("id"))
_POST = sa.select(_s.id).where(_s.place == bind("place"), _s.org == bind("org"), _s.role == bind("role"), _s.reach == bind("reach")).order_by(_s.id)
_HELD = sa.select(_g.id).where(_g.place == bind("place"), _g.person == bind("person"), _g.post == bind("post"), _g.to_at >= NEVER)


def person_ids(database: Database, place: str) -> frozenset[str]:
    """The ids of everybody in a place."""
    with database.reading() as connection:
        return frozenset(connection.scalars(sa.select(schema.person.c.id).where(schema.person.c.place == place)))


def store_roster(database: Database, place: str, organisations: Sequence[OrganisationRow], people: Sequence[PersonRow], posts: Sequence[GrantRow], by: str) -> None:
    """Organisations come parents first. A post that exists is used, one that the person holds already is left alone.

    Raises: Conflict `people.changed` when somebody entered the same meanwhile; then nothing is stored.
    """
    journal = Journal(database)
    try:
        with database.writing() as transaction:
            for org in organisations:
                above = transaction.row(_PATH, place=place, id=org.parent) if org.parent else None
                path = f"{above[0]}/{org.id}" if above else org.id
                journal.note(transaction, place, STREAM, by, "AddOrganisation", {"id": org.id, "name": org.name, "kind": org.kind, "parent": org.parent, "code": org.code})
                transaction.change(_NEW_ORGANISATION, place=place, id=org.id, parent=org.parent, path=path, name=org.name, kind=org.kind, code=org.code)
            for person in people:
                at = stored(journal.note(transaction, place, STREAM, by, "AddPerson", {"id": person.id}).entry.at)
                transaction.change(_NEW_PERSON, place=place, id=person.id, name=person.name, email=person.email, state="active", created_at=at)
            for post in posts:
                id = _post(transaction, journal, place, post, by)
                if transaction.row(_HELD, place=place, person=post.person, post=id) is None:
                    grant = uuid4().hex
                    entry = journal.note(transaction, place, STREAM, by, "Grant", {"grant": grant, "person": post.person, "post": id, "from_at": None, "to_at": None}).entry
                    transaction.change(_NEW_GRANT, place=place, id=grant, person=post.person, post=id, candidate=f"{post.role}@{post.org}", from_at=stored(entry.at), to_at=NEVER,
                                       granted_by=by, seq=entry.seq)
    except Taken as error:
        raise Conflict("people.changed") from error


def _post(transaction: Transaction, journal: Journal, place: str, post: GrantRow, by: str) -> str:
    """The post of that role at that organisation, made when there is none with that reach."""
    found = transaction.row(_POST, place=place, org=post.org, role=post.role, reach=post.reach)
    if found is not None:
        return str(found[0])
    id = f"{post.org}.{post.role}" if post.reach == "own" else f"{post.org}.{post.role}.{post.reach}"
    journal.note(transaction, place, STREAM, by, "AddPost", {"id": id, "org": post.org, "role": post.role, "title": post.title, "reach": post.reach})
    transaction.change(_NEW_POST, place=place, id=id, org=post.org, role=post.role, title=post.title, reach=post.reach)
    return id
