"""What a person keeps at their own desk: phrases for opinions, and the secret address of their calendar feed; knows no task."""
from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_now
from adapters.database.connection import Database, bind
from engine.refusals import NotFound, Refused

MOST_PHRASES = 30
LONGEST_PHRASE = 200  # characters

phrase = sa.Table(
    "phrase", schema.metadata, sa.Column("place", schema.Id, primary_key=True), sa.Column("person", schema.Id, primary_key=True),
    sa.Column("id", schema.Id, primary_key=True), sa.Column("text", schema.Words, nullable=False), sa.Column("added_at", schema.Moment, nullable=False))
# One feed a person; of its secret only the digest is kept, so that reading the database opens no calendar.
feed = sa.Table(
    "feed", schema.metadata, sa.Column("place", schema.Id, primary_key=True), sa.Column("person", schema.Id, primary_key=True),
    sa.Column("digest", schema.Id, nullable=False), sa.Column("made_at", schema.Moment, nullable=False))
sa.Index("feed_digest", feed.c.digest, unique=True)

_p, _f = phrase.c, feed.c
_NOW = sa.select(database_now())
_MINE = sa.select(_p.id, _p.text).where(_p.place == bind("place"), _p.person == bind("person")).order_by(_p.added_at, _p.id)
_NEW = phrase.insert().values({c.name: bind(c.name) for c in phrase.c})
_GONE = phrase.delete().where(_p.place == bind("place"), _p.person == bind("person"), _p.id == bind("id"))
_NEW_FEED = feed.insert().values({c.name: bind(c.name) for c in feed.c})
_NO_FEED = feed.delete().where(_f.place == bind("place"), _f.person == bind("person"))


@dataclass(frozen=True, slots=True)
class Phrase:
    id: str
    text: str


class Desk:
    """Phrases and feeds, each for the person they belong to and nobody else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def phrases(self, place: str, person: str) -> list[Phrase]:
        """In the order they were added."""
        with self._database.looking() as transaction:
            return [Phrase(*row) for row in transaction.rows(_MINE, place=place, person=person)]

    def add_phrase(self, place: str, person: str, text: str) -> None:
        """Does nothing when it is there already. Raises Refused `phrase.empty`, `phrase.too_long`, `phrase.too_many`."""
        text = " ".join(text.split())
        if not text:
            raise Refused("phrase.empty")
        if len(text) > LONGEST_PHRASE:
            raise Refused("phrase.too_long", most=LONGEST_PHRASE, length=len(text))
        with self._database.writing() as transaction:
            known = [row[1] for row in transaction.rows(_MINE, place=place, person=person)]
            if text in known:
                return
            if len(known) >= MOST_PHRASES:
                raise Refused("phrase.too_many", most=MOST_PHRASES)
            now = (transaction.row(_NOW) or (0,))[0]
            transaction.change(_NEW, place=place, person=person, id=secrets.token_hex(8), text=text, added_at=now)

    def drop_phrase(self, place: str, person: str, id: str) -> None:
        """Nothing happens when it is not theirs."""
        with self._database.writing() as transaction:
            transaction.change(_GONE, place=place, person=person, id=id)

    def open_feed(self, place: str, person: str) -> str:
        """A new secret for the person's feed; an earlier one no longer opens it. It is given here once and cannot be read again."""
        secret = secrets.token_urlsafe(32)
        with self._database.writing() as transaction:
            now = (transaction.row(_NOW) or (0,))[0]
            transaction.change(_NO_FEED, place=place, person=person)
            transaction.change(_NEW_FEED, place=place, person=person, digest=_digest(secret), made_at=now)
        return secret

    def close_feed(self, place: str, person: str) -> None:
        """The feed's address no longer opens anything."""
        with self._database.writing() as transaction:
            transaction.change(_NO_FEED, place=place, person=person)

    def has_feed(self, place: str, person: str) -> bool:
        with self._database.reading() as connection:
            return connection.execute(sa.select(_f.digest).where(_f.place == place, _f.person == person)).first() is not None

    def feed_of(self, secret: str) -> tuple[str, str]:
        """(place, person) whose feed this secret opens. Raises NotFound `feed.unknown`."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(_f.place, _f.person).where(_f.digest == _digest(secret))).first()
        if found is None:
            raise NotFound("feed.unknown")
        return found.place, found.person


def _digest(secret: str) -> str:
    return hashlib.sha256(f"feed {secret}".encode()).hexdigest()
