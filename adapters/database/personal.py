"""Personal values of a command: encrypted into the entry under their subject's key, readable in a projection until the key is destroyed."""
from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Transaction, bind
from adapters.database.shapes import value_of
from engine.journal.canonical import canonical_bytes, canonical_text
from engine.refusals import Refused

_k, _d = schema.subject_key.c, schema.personal.c
_place, _subject = bind("place"), bind("subject")
_KEY = sa.select(_k.wrapped, _k.erased_at).where(_k.place == _place, _k.subject == _subject)
_NEW_KEY = schema.subject_key.insert().values(place=_place, subject=_subject, wrapped=bind("wrapped"), created_at=bind("created_at"))
_this = (_d.place == bind("key_place"), _d.instance == bind("key_instance"), _d.subject == bind("key_subject"),
         _d.field_group == bind("key_group"))
_FORGET = schema.personal.delete().where(*_this)
_KEEP = schema.personal.insert().values({c.name: bind(c.name) for c in schema.personal.c})


class Keys(Protocol):
    """What the store asks of `adapters/keys`; `wrapped` is a subject's key under the place's key."""

    def new_key(self, place: str, subject: str) -> bytes: ...
    def encrypt(self, place: str, subject: str, wrapped: bytes, plain: bytes, about: bytes) -> bytes: ...
    def decrypt(self, place: str, subject: str, wrapped: bytes, sealed: bytes, about: bytes) -> bytes: ...
    def digest(self, place: str, data: bytes) -> str: ...


@dataclass(frozen=True, slots=True)
class Personal:
    """The personal answers of one field group about one subject (a random id, never a name)."""

    subject: str
    group: str
    values: Mapping[str, Any]


def about(place: str, stream: str, seq: int, subject: str, group: str) -> bytes:
    """What a ciphertext is bound to, so that none can be moved to another entry."""
    return canonical_bytes([place, stream, seq, subject, group])


class PersonalStore:
    """Seals personal values inside a write and keeps their readable projection."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._keys = keys
        self._forget, self._keep = database.statement(_FORGET), database.statement(_KEEP)

    def digests(self, place: str, personal: Sequence[Personal]) -> list[list[str]]:
        """Keyed digests of the values: enough to see that a repeated command says the same, useless to guess what."""
        return [[p.subject, p.group, self._keys.digest(place, canonical_bytes(p.values))] for p in personal]

    def sealed(self, transaction: Transaction, place: str, stream: str, seq: int, personal: Sequence[Personal], now: int) -> list[list[str]]:
        """`[subject, group, ciphertext in base64]` for the entry. Raises Refused `subject.erased`."""
        made = []
        for p in personal:
            wrapped = self.key(transaction, place, p.subject, now)
            cipher = self._keys.encrypt(place, p.subject, wrapped, canonical_bytes(p.values), about(place, stream, seq, p.subject, p.group))
            made.append([p.subject, p.group, b64encode(cipher).decode()])
        return made

    def key(self, transaction: Transaction, place: str, subject: str, now: int) -> bytes:
        """The subject's wrapped key, made on first use. Raises Refused `subject.erased`."""
        found = transaction.row(_KEY, place=place, subject=subject)
        if found is None:
            wrapped = self._keys.new_key(place, subject)
            transaction.change(_NEW_KEY, place=place, subject=subject, wrapped=wrapped, created_at=now)
            return wrapped
        if found[0] is None:
            raise Refused("subject.erased", subject=subject)
        return bytes(found[0])

    def project(self, transaction: Transaction, place: str, instance: str, seq: int, personal: Sequence[Personal]) -> None:
        """Keeps the newest values of each group readable."""
        for p in personal:
            transaction.write(self._forget, [self._forget.ordered(
                {"key_place": place, "key_instance": instance, "key_subject": p.subject, "key_group": p.group})])
            transaction.write(self._keep, [self._keep.ordered({
                "place": place, "instance": instance, "subject": p.subject, "field_group": p.group, "data": canonical_text(p.values), "seq": seq})])


@lru_cache(maxsize=64)
def _values(instances: int) -> sa.Select[Any]:
    wanted = [bind(f"instance_{n}") for n in range(instances)]
    return sa.select(_d.instance, _d.subject, _d.data).where(_d.place == _place, _d.instance.in_(wanted)).order_by(_d.instance, _d.subject, _d.seq)


def personal_of(transaction: Transaction, place: str, instances: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """instance → subject → all personal values kept there; the caller asks only for instances that the reader may see."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    if not instances:
        return found
    size = 1 << (len(instances) - 1).bit_length()
    wanted = {f"instance_{n}": instances[min(n, len(instances) - 1)] for n in range(size)}
    for instance, subject, data in transaction.rows(_values(size), place=place, **wanted):
        found.setdefault(instance, {}).setdefault(subject, {}).update(value_of(data))
    return found
