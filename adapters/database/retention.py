"""Removes matters whose period of keeping is over: whole families of instances or nothing, with a certificate in the record; the leaves stay.

What is decided about keeping stands in the stream `place`: `SetRetention` (how long), `HoldRecord` and `ReleaseRecord` (a legal hold), and
`RemoveRecord`, the certificate: per instance the number of its entries, the hash of the last and the Merkle root (RFC 9162) over its leaf
hashes. The leaf hashes themselves stay in `leaf`, so that every checkpoint signed before still verifies. Knows no pages and no files.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import CLOCK, database_now
from adapters.database.connection import Database, Transaction, bind
from adapters.database.journal import Journal
from adapters.database.moments import restored, restored_or_none
from engine.journal import merkle
from engine.journal.entry import Entry, opened
from engine.journal.verify import verify
from engine.refusals import Finding, NotFound, Refused

STREAM = "place"
PERIOD, HOLD, RELEASE, REMOVE = "SetRetention", "HoldRecord", "ReleaseRecord", "RemoveRecord"

_i, _e, _l, _k, _b = schema.instance.c, schema.entry.c, schema.leaf.c, schema.subject_key.c, schema.blob.c
_place, _root, _stream = bind("place"), bind("root"), bind("stream")
_members = sa.select(_i.id).where(_i.place == _place, _i.root == _root)
_PERSON = sa.select(schema.person.c.id).where(schema.person.c.place == _place, schema.person.c.id == bind("person"))
_PACKAGE = sa.select(schema.package.c.hash).where(schema.package.c.place == _place, schema.package.c.name == bind("name")).limit(1)
_MATTER = sa.select(_i.id).where(_i.place == _place, _i.id == bind("instance"), _i.parent.is_(None))
_DECISIONS = sa.select(_e.body).where(
    _e.place == _place, _e.stream == sa.literal_column(f"'{STREAM}'"),
    _e.command.in_([sa.literal_column(f"'{each}'") for each in (PERIOD, HOLD, RELEASE, REMOVE)])).order_by(_e.seq)
_LOCKED = sa.select(_i.id, _i.process, _i.seq, _i.head).where(_i.place == _place, _i.root == _root).order_by(_i.path).with_for_update()
_BODIES = sa.select(_e.body).where(_e.place == _place, _e.stream == _stream).order_by(_e.seq)
_LEAVES = sa.select(_l.hash).where(_l.place == _place, _l.stream == _stream).order_by(_l.seq)
_FILES = sa.select(_b.id).where(_b.place == _place, _b.instance.in_(_members)).order_by(_b.id)
_UNDER_WAY = [  # what still has to leave the matter, and what keeps one of its data subjects
    sa.select(sa.func.count()).select_from(table).where(table.c.place == _place, table.c.instance.in_(_members), *more)
    for table, more in ((schema.job, ()), (schema.outbox, (schema.outbox.c.state == sa.literal_column("'ready'"),)))]
_d, _other = schema.personal.c, schema.personal.alias().c
_OWN = sa.union(_members, sa.select(_d.subject).where(  # the data subjects of the matter and of no other one
    _d.place == _place, _d.instance.in_(_members),
    sa.not_(sa.exists().where(_other.place == _place, _other.subject == _d.subject, _other.instance.not_in(_members)))))
_HELD = sa.select(_k.subject, _k.held_by).where(_k.place == _place, _k.subject.in_(_OWN), _k.held_by.is_not(None)).limit(1)
_FORGET = schema.subject_key.update().where(_k.place == _place, _k.subject.in_(_OWN), _k.erased_at.is_(None)).values(wrapped=sa.null(), erased_at=bind("at"))
NOW = sa.select(database_now())


def _families(one: bool) -> sa.Select[Any]:
    """Of every matter, or of one: (root, title, process, package, instances, of them live, last end)."""
    head, all_, package = schema.instance.alias(), schema.instance.alias(), schema.package
    of = sa.and_(all_.c.place == head.c.place, all_.c.root == head.c.id)
    named = sa.and_(package.c.place == head.c.place, package.c.hash == head.c.package)
    live = sa.func.sum(sa.case((all_.c.ended_at.is_(None), sa.literal_column("1")), else_=sa.literal_column("0")))
    return (
        sa.select(head.c.id, head.c.title, head.c.process, package.c.name, sa.func.count(), live, sa.func.max(all_.c.ended_at))
        .select_from(head.join(all_, of).join(package, named)).where(head.c.place == _place, head.c.parent.is_(None), *((head.c.id == _root,) if one else ()))
        .group_by(head.c.id, head.c.title, head.c.process, package.c.name))


_EVERY, _ONE = _families(False), _families(True)


@dataclass(frozen=True, slots=True)
class Family:
    """A matter that nobody called, with everything under it. `until`: when its period ends; None where none is set or something is still open."""

    root: str
    title: str
    process: str
    package: str  # its name
    instances: int
    live: int  # of them, those that have not ended
    ended_at: datetime | None  # when the last of them ended
    until: datetime | None
    held: str  # the reason of a legal hold; empty when there is none

    def due(self, at: datetime) -> bool:
        """Whether it may be removed at `at`."""
        return self.until is not None and self.until <= at and not self.held


@dataclass(frozen=True, slots=True)
class Line:
    """One removed instance in a certificate. `root`: hex, over the hashes of its leaves in order."""

    stream: str
    process: str
    entries: int
    head: str
    root: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """An entry `RemoveRecord`. `number`: the entry's in the stream `place`."""

    number: int
    at: datetime
    by: str
    approved_by: str
    basis: str
    instance: str
    ended_at: datetime
    lines: tuple[Line, ...]

    @property
    def entries(self) -> int:
        return sum(line.entries for line in self.lines)


@dataclass(frozen=True, slots=True)
class Removed:
    """What one removal came to. `files`: ids of uploaded files whose rows are gone and whose content can never be read again."""

    certificate: Certificate
    files: tuple[str, ...]


class Retention:
    """Periods, legal holds and removal, of all places of a database."""

    def __init__(self, database: Database) -> None:
        self._database, self._journal = database, Journal(database)

    # --- what is decided ----------------------------------------------------------------------------------------------------------

    def set_period(self, place: str, package: str, days: int, basis: str, by: str) -> None:
        """From now on matters of this package are kept `days` after their end. Raises NotFound, Refused `retention.days`, `retention.basis`."""
        if days < 1:
            raise Refused("retention.days", days=days)
        with self._database.writing() as transaction:
            need_person(transaction, place, by)
            if transaction.row(_PACKAGE, place=place, name=package) is None:
                raise NotFound("package.unknown", package=package)
            self._journal.note(transaction, place, STREAM, by, "SetRetention", {"package": package, "days": days, "basis": said(basis, "retention.basis")})

    def hold(self, place: str, root: str, reason: str, by: str) -> None:
        """Nothing of the matter may be removed until the hold is lifted. Raises NotFound, Refused `retention.reason`."""
        with self._database.writing() as transaction:
            need_person(transaction, place, by)
            if transaction.row(_MATTER, place=place, instance=root) is None:
                raise NotFound("instance.unknown", instance=root)
            self._journal.note(transaction, place, STREAM, by, "HoldRecord", {"instance": root, "reason": said(reason, "retention.reason")})

    def release(self, place: str, root: str, reason: str, by: str) -> None:
        """Lifts the hold. Raises NotFound, Refused `retention.not_held`, `retention.reason`."""
        with self._database.writing() as transaction:
            need_person(transaction, place, by)
            if root not in _holds(_decisions(transaction, place)):
                raise Refused("retention.not_held", instance=root)
            self._journal.note(transaction, place, STREAM, by, "ReleaseRecord", {"instance": root, "reason": said(reason, "retention.reason")})

    # --- what there is ------------------------------------------------------------------------------------------------------------

    def now(self, place: str) -> datetime:
        """The place's business time, by which periods end. Raises NotFound `place.unknown`."""
        with self._database.looking() as transaction:
            return _now(transaction, place)

    def families(self, place: str) -> list[Family]:
        """Every matter of the place, by the end of its period; those without one last, by their end."""
        with self._database.looking() as transaction:
            noted = _decisions(transaction, place)
            periods, held = _periods(noted), _holds(noted)
            found = [_family(row, periods, held) for row in transaction.rows(_EVERY, place=place)]
        far = restored(2**53)
        return sorted(found, key=lambda one: (one.until or far, one.ended_at or far, one.root))

    def certificates(self, place: str) -> list[Certificate]:
        """All removals, oldest first."""
        with self._database.looking() as transaction:
            return [certificate(entry) for entry in _decisions(transaction, place) if entry.command == REMOVE]

    # --- removal ------------------------------------------------------------------------------------------------------------------

    def remove(self, place: str, root: str, by: str, approved_by: str) -> Removed:
        """Removes a matter and everything under it in one transaction, destroys the keys of its data subjects, and notes the certificate.

        Raises: NotFound `instance.unknown`, `person.unknown`; Refused `retention.same_person`, `retention.open`, `retention.no_period`,
        `retention.early`, `retention.held`, `retention.unsound`; then nothing is removed.
        """
        if by == approved_by:
            raise Refused("retention.same_person", person=by)
        with self._database.writing() as transaction:
            for person in (by, approved_by):
                need_person(transaction, place, person)
            members = transaction.rows(_LOCKED, place=place, root=root)
            noted = _decisions(transaction, place)
            family, basis = self._removable(transaction, place, root, noted)
            lines = [_line(transaction, place, *member) for member in members]
            files = tuple([id for (id,) in transaction.rows(_FILES, place=place, root=root)])
            with overwritten(transaction, self._database):
                transaction.change(_FORGET, place=place, root=root, at=(transaction.row(NOW) or (0,))[0])
                for delete in _deletes():
                    transaction.change(delete, place=place, root=root)
            fields = {"instance": root, "process": family.process, "package": family.package, "basis": basis, "approved_by": approved_by,
                      "ended_at": family.ended_at, "instances": len(lines), "entries": sum(line.entries for line in lines),
                      "removed": [[line.stream, line.process, line.entries, line.head, line.root] for line in lines]}
            entry = self._journal.note(transaction, place, STREAM, by, "RemoveRecord", fields).entry
        return Removed(certificate(entry), files)

    def _removable(self, transaction: Transaction, place: str, root: str, noted: Sequence[Entry]) -> tuple[Family, str]:
        """The matter, and why it may be removed now; raises why it may not."""
        row = transaction.row(_ONE, place=place, root=root)
        if row is None:
            raise NotFound("instance.unknown", instance=root)
        family = _family(row, _periods(noted), _holds(noted))
        under_way = [count for query in _UNDER_WAY for (count,) in transaction.rows(query, place=place, root=root)]
        if family.live or any(under_way):
            raise Refused("retention.open", instance=root, live=family.live, jobs=under_way[0], messages=under_way[1])
        if family.held:
            raise Refused("retention.held", instance=root, reason=family.held)
        if (kept := transaction.row(_HELD, place=place, root=root)) is not None:
            raise Refused("retention.held", instance=kept[0], reason=kept[1])
        if family.until is None:
            raise Refused("retention.no_period", package=family.package)
        if family.until > (now := _now(transaction, place)):
            raise Refused("retention.early", instance=root, until=f"{family.until:%Y-%m-%d %H:%M}", now=f"{now:%Y-%m-%d %H:%M}")
        return family, _periods(noted)[family.package][1]


_OVERWRITE, _LEAVE = sa.text("PRAGMA secure_delete=ON"), sa.text("PRAGMA secure_delete=OFF")


@contextmanager
def overwritten(transaction: Transaction, database: Database) -> Iterator[None]:
    """What is deleted meanwhile is overwritten in a SQLite file, not only left free."""
    if database.lite:
        transaction.rows(_OVERWRITE)
    yield
    if database.lite:
        transaction.rows(_LEAVE)


def _now(transaction: Transaction, place: str) -> datetime:
    clock = transaction.row(CLOCK, place=place)
    if clock is None:
        raise NotFound("place.unknown", place=place)
    return restored(clock[0] + clock[1])


def said(text: str, code: str) -> str:
    """The text without spaces around it. Raises Refused `code` for none at all."""
    if not text.strip():
        raise Refused(code)
    return text.strip()


def need_person(transaction: Transaction, place: str, person: str) -> None:
    if transaction.row(_PERSON, place=place, person=person) is None:
        raise NotFound("person.unknown", person=person)


def _decisions(transaction: Transaction, place: str) -> list[Entry]:
    """What was decided about keeping, oldest first."""
    return [opened(bytes(body)) for (body,) in transaction.rows(_DECISIONS, place=place)]


def _periods(noted: Iterable[Entry]) -> dict[str, tuple[int, str]]:
    """Package → (days, basis), as decided last."""
    return {entry.input["package"]: (entry.input["days"], entry.input["basis"]) for entry in noted if entry.command == PERIOD}


def _holds(noted: Iterable[Entry]) -> dict[str, str]:
    """Matter → why it must be kept."""
    found: dict[str, str] = {}
    for entry in noted:
        if entry.command == HOLD:
            found[entry.input["instance"]] = entry.input["reason"]
        elif entry.command == RELEASE:
            found.pop(entry.input["instance"], None)
    return found


def _family(row: Sequence[Any], periods: Mapping[str, tuple[int, str]], held: Mapping[str, str]) -> Family:
    root, title, process, package, instances, live, ended = row
    ended_at = None if live else restored_or_none(ended)
    until = ended_at + timedelta(days=periods[package][0]) if ended_at is not None and package in periods else None
    return Family(root, title or "", process, package, int(instances), int(live), ended_at, until, held.get(root, ""))


def _line(transaction: Transaction, place: str, stream: str, process: str, seq: int, head: str) -> Line:
    """One instance's line. Raises Refused `retention.unsound` unless its entries are whole, are what the head says, and have their leaves."""
    bodies = [bytes(body) for (body,) in transaction.rows(_BODIES, place=place, stream=stream)]
    leaves = [bytes(hash) for (hash,) in transaction.rows(_LEAVES, place=place, stream=stream)]
    checked = verify(bodies)
    if checked.findings or [merkle.leaf_hash(body) for body in bodies] != leaves or len(bodies) != seq:
        raise Refused("retention.unsound", instance=stream, found=[one.code for one in checked.findings] or ["leaf"])
    return Line(stream, process, seq, head, merkle.root(leaves).hex())


@cache
def _deletes() -> tuple[sa.Delete, ...]:
    """What removes every row that belongs to a matter, its instances last; a test looks whether anything is left in any table."""
    mine = [sa.delete(schema.blob_part).where(schema.blob_part.c.place == _place, schema.blob_part.c.blob.in_(_FILES.order_by(None)))]
    for table in schema.metadata.sorted_tables:
        for name in ("instance", "campaign"):
            if name in table.c:
                mine.append(sa.delete(table).where(table.c.place == _place, table.c[name].in_(_members)))
    mine.append(sa.delete(schema.entry).where(_e.place == _place, _e.stream.in_(_members)))
    return (*mine, sa.delete(schema.instance).where(_i.place == _place, _i.root == _root))


# --- certificates -------------------------------------------------------------------------------------------------------------------------


def certificate(entry: Entry) -> Certificate:
    """What an entry `RemoveRecord` says."""
    fields = entry.input
    return Certificate(entry.seq, entry.at, entry.actor, fields["approved_by"], fields["basis"], fields["instance"], fields["ended_at"],
                       tuple([Line(*line) for line in fields["removed"]]))


def removed(connection: sa.Connection, place: str) -> tuple[dict[str, Certificate], list[Finding]]:
    """Stream → the certificate under which it was removed, and every certificate that the leaves of the tree contradict."""
    bodies = connection.scalars(sa.select(_e.body).where(_e.place == place, _e.stream == STREAM, _e.command == REMOVE).order_by(_e.seq))
    found: dict[str, Certificate] = {}
    findings = []
    for body in bodies.all():
        try:
            made = certificate(opened(bytes(body)))
        except (ValueError, TypeError, KeyError, AttributeError):  # spoilt: checking the entries says so
            continue
        for line in made.lines:
            found[line.stream] = made
            leaves = connection.scalars(sa.select(_l.hash).where(_l.place == place, _l.stream == line.stream).order_by(_l.seq))
            hashes = [bytes(hash) for hash in leaves]
            if len(hashes) != line.entries or merkle.root(hashes).hex() != line.root:
                findings.append(Finding("retention.leaves", element=line.stream, details={
                    "number": made.number, "expected": line.entries, "found": len(hashes)}))
    return found, findings


def leaf_hashes(connection: sa.Connection, place: str, made: Certificate) -> dict[str, list[str]]:
    """Stream → the hashes of its leaves in order, hex: what the certificate's file lists."""
    return {line.stream: [bytes(hash).hex() for hash in connection.scalars(
        sa.select(_l.hash).where(_l.place == place, _l.stream == line.stream).order_by(_l.seq))] for line in made.lines}
