"""Messages that a step asked for: claimed after its commit, handed to a deliverer at least once; and the notices people read in the pages."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_now
from adapters.database.connection import Database, bind
from adapters.database.jobs import LEASE_SECONDS, TRIES, backoff
from adapters.database.moments import restored, stored
from adapters.database.shapes import value_of
from engine.journal.canonical import canonical_text

_o, _n = schema.outbox.c, schema.notice.c
_NOW = sa.select(database_now())
_CLAIMABLE = (
    sa.select(_o.id, _o.instance, _o.body, _o.created_at, _o.tries, _o.token)
    .where(_o.place == bind("place"), _o.state == sa.literal_column("'ready'"), _o.run_at <= bind("now"))
    .order_by(_o.run_at, _o.id).limit(bind("most")).with_for_update(skip_locked=True))
_CLAIM = schema.outbox.update().where(_o.place == bind("key_place"), _o.id == bind("key_id")).values(
    run_at=bind("run_at"), tries=bind("tries"), token=bind("token"))
_DONE = schema.outbox.update().where(_o.place == bind("key_place"), _o.id == bind("key_id"), _o.token == bind("key_token")).values(
    state=bind("state"), run_at=bind("run_at"), error=bind("error"))
_NOTICED = sa.select(_n.id).where(_n.place == bind("place"), _n.person == bind("person"), _n.id == bind("id"))
_NOTICE = schema.notice.insert().values({c.name: bind(c.name) for c in schema.notice.c})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the outbox. `id` is stable over retries; `to` are `role@org` and `user:ID`; `params` hold no personal values.

    `task` is empty unless the message is about one; `campaign` is the root instance.
    """

    place: str
    id: str
    template: str
    to: tuple[str, ...]
    about: str
    params: Mapping[str, Any]
    instance: str
    campaign: str
    task: str
    created_at: datetime
    tries: int
    token: int


class Outbox:
    """Claims messages and says what became of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claim = database.statement(_CLAIM)

    def claim(self, place: str, most: int) -> list[Message]:
        """Up to `most` messages that are due; they come again after the lease unless `sent` or `failed` says otherwise."""
        with self._database.writing() as transaction:
            now = (transaction.row(_NOW) or (0,))[0]
            messages = [_message(place, *row) for row in transaction.rows(_CLAIMABLE, place=place, now=now, most=most)]
            if messages:
                again = now + LEASE_SECONDS * 1_000_000
                transaction.write(self._claim, [self._claim.ordered(
                    {"key_place": place, "key_id": m.id, "run_at": again, "tries": m.tries, "token": m.token}) for m in messages])
            return messages

    def sent(self, message: Message) -> None:
        self._done(message, "sent", None, 0)

    def failed(self, message: Message, error: str) -> None:
        """Comes again later; after the last try it stays as failed, for a person to see."""
        last = message.tries >= TRIES
        self._done(message, "failed" if last else "ready", error[:500], 0 if last else backoff(message.tries))

    def undelivered(self, place: str) -> list[tuple[str, str, str]]:
        """(id, instance, error) of the messages that were given up, oldest first."""
        query = sa.select(_o.id, _o.instance, _o.error).where(_o.place == place, _o.state == "failed").order_by(_o.created_at, _o.id)
        with self._database.reading() as connection:
            return [(id, instance, error or "") for id, instance, error in connection.execute(query)]

    def _done(self, message: Message, state: str, error: str | None, seconds: float) -> None:
        with self._database.writing() as transaction:
            now = (transaction.row(_NOW) or (0,))[0]
            transaction.change(_DONE, key_place=message.place, key_id=message.id, key_token=message.token, state=state,
                               run_at=now + int(seconds * 1_000_000), error=error)


def _message(place: str, id: str, instance: str, body: str, created_at: int, tries: int, token: int) -> Message:
    found = value_of(body)
    return Message(place, id, found["template"], tuple(found["to"]), found["about"], found["params"], instance, found["campaign"],
                   found.get("task", ""), restored(created_at), tries + 1, token + 1)


def post_notices(database: Database, message: Message, people: Iterable[str], at: datetime) -> int:
    """Puts the message before these people in their pages, each once however often it is delivered; how many were new."""
    new = 0
    with database.writing() as transaction:
        for person in people:
            if transaction.row(_NOTICED, place=message.place, person=person, id=message.id) is None:
                transaction.change(
                    _NOTICE, place=message.place, person=person, id=message.id, template=message.template, params=canonical_text(message.params),
                    instance=message.instance, task=message.task or None, sent_at=stored(at), read_at=None)
                new += 1
    return new


def mark_read(database: Database, place: str, person: str, ids: Iterable[str], at: datetime) -> int:
    """The person has seen these notices; how many were unread."""
    with database.changing() as connection:
        changed = connection.execute(
            schema.notice.update().where(_n.place == place, _n.person == person, _n.id.in_(sorted(ids)), _n.read_at.is_(None)).values(read_at=stored(at)))
        return int(changed.rowcount)
