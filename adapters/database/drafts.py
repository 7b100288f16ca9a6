"""What somebody typed and has not sent: one draft a person and task, under their own key, gone when it is sent or 90 days old."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_now, database_time
from adapters.database.connection import Database, bind
from adapters.database.moments import restored, stored
from adapters.database.personal import Keys, PersonalStore
from engine.journal.canonical import canonical_bytes, from_canonical
from engine.refusals import Refused

KEPT = timedelta(days=90)
LIMIT = 1_000_000  # bytes

_d, _k = schema.draft.c, schema.subject_key.c
_NOW = sa.select(database_now())
_this = (_d.place == bind("place"), _d.person == bind("person"), _d.instance == bind("instance"), _d.task == bind("task"))
sa.Index("draft_task", _d.place, _d.instance, _d.task)  # whose drafts go when a task is done
_WHOSE = sa.select(_d.person).where(_d.place == bind("place"), _d.instance == bind("instance"), _d.task == bind("task"))
_LOAD = (
    sa.select(_d.data, _d.saved_at, _k.wrapped).join(schema.subject_key, sa.and_(_k.place == _d.place, _k.subject == _d.person))
    .where(*_this, _k.wrapped.is_not(None)))
_FORGET = schema.draft.delete().where(*_this)
_KEEP = schema.draft.insert().values({c.name: bind(c.name) for c in schema.draft.c})


class Drafts:
    """Keeps drafts. What belongs to no task yet (a new nomination) has the task `new:MESSAGE` of the instance it will start under."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database, self._keys, self._personal = database, keys, PersonalStore(database, keys)

    def save(self, place: str, person: str, instance: str, task: str, answers: Mapping[str, Any]) -> datetime:
        """Replaces the draft and gives the moment (database clock). Raises Refused `draft.too_large`, `subject.erased`."""
        plain = canonical_bytes(answers)
        if len(plain) > LIMIT:
            raise Refused("draft.too_large", limit=LIMIT, size=len(plain))
        with self._database.writing() as transaction:
            now: int = (transaction.row(_NOW) or (0,))[0]
            wrapped = self._personal.key(transaction, place, person, now)
            sealed = self._keys.encrypt(place, person, wrapped, plain, _about(place, instance, task))
            transaction.change(_FORGET, place=place, person=person, instance=instance, task=task)
            transaction.change(_KEEP, place=place, person=person, instance=instance, task=task, data=sealed, saved_at=now)
        return restored(now)

    def load(self, place: str, person: str, instance: str, task: str) -> tuple[Mapping[str, Any], datetime] | None:
        """The draft and when it was saved; None without one."""
        with self._database.looking() as transaction:
            found = transaction.row(_LOAD, place=place, person=person, instance=instance, task=task)
        if found is None:
            return None
        data, saved_at, wrapped = found
        return from_canonical(self._keys.decrypt(place, person, bytes(wrapped), bytes(data), _about(place, instance, task))), restored(saved_at)

    def drop(self, place: str, person: str, instance: str, task: str) -> None:
        """Nothing happens when there is none."""
        with self._database.writing() as transaction:
            transaction.change(_FORGET, place=place, person=person, instance=instance, task=task)

    def finish(self, place: str, instance: str, task: str) -> None:
        """The task is done: nobody's draft of it is kept. Nothing is written when there is none."""
        with self._database.reading() as connection:
            people = [row.person for row in connection.execute(_WHOSE, {"place": place, "instance": instance, "task": task})]
        for person in people:
            self.drop(place, person, instance, task)

    def sweep(self, place: str) -> int:
        """Removes drafts older than KEPT; how many."""
        with self._database.changing() as connection:
            oldest = database_time(connection) - stored(restored(0) + KEPT)
            return int(connection.execute(schema.draft.delete().where(_d.place == place, _d.saved_at < oldest)).rowcount)


def _about(place: str, instance: str, task: str) -> bytes:
    return f"draft\n{place}\n{instance}\n{task}".encode()
