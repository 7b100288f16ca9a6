"""What is decided about one person's data: found, held, erased; each decision is an entry of the stream `place`. Whole matters are removed in `retention`."""
from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Transaction, bind
from adapters.database.journal import Journal
from adapters.database.people import STREAM
from adapters.database.retention import NOW, need_person, overwritten, said
from adapters.database.worklist import containing
from engine.refusals import NotFound, Refused

_k, _d, _i = schema.subject_key.c, schema.personal.c, schema.instance.c
_place, _subject = bind("place"), bind("subject")
_this = (_k.place == _place, _k.subject == _subject)
_KEY = sa.select(_k.held_by, _k.erased_at).where(*_this)
_HOLD = schema.subject_key.update().where(_k.place == bind("key_place"), _k.subject == bind("key_subject")).values(held_by=bind("held_by"))
_FORGET = schema.subject_key.update().where(_k.place == bind("key_place"), _k.subject == bind("key_subject")).values(wrapped=sa.null(), erased_at=bind("erased_at"))
_UNREADABLE = schema.personal.delete().where(_d.place == _place, _d.subject == _subject)
_FOUND = (
    sa.select(_d.subject, _d.instance, _i.title, _d.field_group, _d.data, _k.held_by)
    .join(schema.instance, sa.and_(_i.place == _d.place, _i.id == _d.instance))
    .join(schema.subject_key, sa.and_(_k.place == _d.place, _k.subject == _d.subject))
    .where(_d.place == _place, _d.data.like(bind("like"), escape="!")).order_by(_i.title, _d.instance, _d.field_group).limit(bind("most")))
MOST = 100  # lines of a search


@dataclass(frozen=True, slots=True)
class Line:
    """Where a text was found: whose data (`subject`), in which matter, in which fields. `held`: why it must stay; empty when nothing forbids."""

    subject: str
    instance: str
    title: str
    fields: tuple[str, ...]
    held: str


class Erasure:
    """For all places of a database. `by` and `approved_by` are ids of people of the place."""

    def __init__(self, database: Database) -> None:
        self._database, self._journal = database, Journal(database)

    def find(self, place: str, text: str) -> list[Line]:
        """Readable personal data that contains `text`, at most 100 lines. Raises Refused `erasure.text`."""
        wanted = said(text, "erasure.text")
        with self._database.looking() as transaction:
            rows = transaction.rows(_FOUND, place=place, like=containing(json.dumps(wanted, ensure_ascii=False)[1:-1]), most=MOST)
        lines = []
        for subject, instance, title, _, data, held in rows:
            fields = tuple(sorted(name for name, value in json.loads(data).items() if wanted in str(value)))
            if fields:  # a name of a field alone is not personal
                lines.append(Line(subject, instance, title, fields, held or ""))
        return lines

    def hold(self, place: str, subject: str, reason: str, by: str) -> None:
        """Forbids erasure (an archival duty, a complaint). Raises NotFound `subject.unknown`, `person.unknown`; Refused `subject.erased`, `retention.reason`."""
        why = said(reason, "retention.reason")
        with self._database.writing() as transaction:
            self._known(transaction, place, subject, by)
            self._journal.note(transaction, place, STREAM, by, "HoldPersonal", {"subject": subject, "reason": why})
            transaction.change(_HOLD, key_place=place, key_subject=subject, held_by=why)

    def release(self, place: str, subject: str, reason: str, by: str) -> None:
        """Allows erasure again. Raises as `hold`; Refused `erasure.not_held`."""
        why = said(reason, "retention.reason")
        with self._database.writing() as transaction:
            if self._known(transaction, place, subject, by) is None:
                raise Refused("erasure.not_held", subject=subject)
            self._journal.note(transaction, place, STREAM, by, "ReleasePersonal", {"subject": subject, "reason": why})
            transaction.change(_HOLD, key_place=place, key_subject=subject, held_by=None)

    def erase(self, place: str, subject: str, reason: str, by: str, approved_by: str) -> None:
        """Destroys the subject's key and the readable copies: what entries, drafts and files hold of it can never be read again, and every hash still fits.

        Raises: NotFound `subject.unknown`, `person.unknown`; Refused `erasure.same_person`, `subject.erased`, `subject.held`, `retention.reason`.
        """
        why = said(reason, "retention.reason")
        if by == approved_by:
            raise Refused("erasure.same_person", person=by)
        with self._database.writing() as transaction:
            need_person(transaction, place, approved_by)
            held = self._known(transaction, place, subject, by)
            if held is not None:
                raise Refused("subject.held", subject=subject, held_by=held)
            with overwritten(transaction, self._database):
                self._journal.note(transaction, place, STREAM, by, "ErasePersonal", {"subject": subject, "reason": why, "approved_by": approved_by})
                transaction.change(_FORGET, key_place=place, key_subject=subject, erased_at=(transaction.row(NOW) or (0,))[0])
                transaction.change(_UNREADABLE, place=place, subject=subject)

    def _known(self, transaction: Transaction, place: str, subject: str, by: str) -> str | None:
        """The reason for which the subject's data is held; None when it is not."""
        need_person(transaction, place, by)
        found = transaction.row(_KEY, place=place, subject=subject)
        if found is None:
            raise NotFound("subject.unknown", subject=subject)
        if found[1] is not None:
            raise Refused("subject.erased", subject=subject)
        return None if found[0] is None else str(found[0])
