"""Published packages, schemes and calendar years under their SHA-256, never changed; checks nothing (that is the publisher's)."""
from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Transaction, bind
from adapters.database.journal import Journal
from adapters.database.moments import restored, restored_or_none, stored
from engine.journal.canonical import canonical_bytes
from engine.refusals import NotFound

Alongside = Callable[[Transaction], None]
Guard = Callable[[Sequence["CalendarYear"]], str | None]

_k, _s, _c = schema.package.c, schema.scheme.c, schema.calendar.c
_FIRST = (1980, 1, 1, 0, 0, 0)  # the oldest moment a zip can say: the same files always give the same bytes


def _insert(table: sa.Table) -> sa.Insert:
    return table.insert().values({c.name: bind(c.name) for c in table.c})


_NEW_PACKAGE, _NEW_SCHEME, _NEW_CALENDAR = _insert(schema.package), _insert(schema.scheme), _insert(schema.calendar)
_HAS_PACKAGE = sa.select(_k.hash).where(_k.place == bind("place"), _k.hash == bind("hash"))
_HAS_SCHEME = sa.select(_s.hash).where(_s.place == bind("place"), _s.hash == bind("hash"))
_HAS_CALENDAR = sa.select(_c.version).where(_c.place == bind("place"), _c.year == bind("year"), _c.version == bind("version"))
_OF_YEAR = sa.select(_c.year, _c.version, _c.body, _c.confirmed_at, _c.confirmed_by).where(
    _c.place == bind("place"), _c.year == bind("year")).order_by(_c.added_at, _c.version)
_CONFIRM = schema.calendar.update().where(
    _c.place == bind("key_place"), _c.year == bind("key_year"), _c.version == bind("key_version")).values(
    confirmed_at=bind("confirmed_at"), confirmed_by=bind("confirmed_by"))


@dataclass(frozen=True, slots=True)
class PublishedPackage:
    """The head of a package; its files are asked for by hash."""

    hash: str
    name: str
    version: str
    title: str
    published_at: datetime
    published_by: str
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class PublishedScheme:
    hash: str
    package_name: str
    name: str
    title: str
    published_at: datetime
    published_by: str
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class CalendarYear:
    year: int
    version: str
    body: bytes
    confirmed_at: datetime | None
    confirmed_by: str | None


def package_hash(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and hashes of all files, whatever order they come in."""
    return sha256(canonical_bytes({name: sha256(data).hexdigest() for name, data in files.items()})).hexdigest()


class Publications:
    """What a place's instances run on. Publishing the same again is no second publication."""

    def __init__(self, database: Database) -> None:
        self._database, self._journal = database, Journal(database)

    def publish_package(self, place: str, name: str, version: str, title: str, files: Mapping[str, bytes], by: str, approved_by: str | None = None,
                        alongside: Alongside | None = None) -> str:
        """Stores a checked package and gives its hash. An entry of the stream `package:NAME` names it. `alongside`: done in the same transaction."""
        hash_ = package_hash(files)
        with self._database.writing() as transaction:
            if transaction.row(_HAS_PACKAGE, place=place, hash=hash_) is None:
                fields = {"hash": hash_, "name": name, "version": version, "approved_by": approved_by}
                entry = self._journal.note(transaction, place, f"package:{name}", by, "PublishPackage", fields).entry
                transaction.change(
                    _NEW_PACKAGE, place=place, hash=hash_, name=name, version=version, title=title, files=_zipped(files), published_at=stored(entry.at),
                    published_by=by, approved_by=approved_by, seq=entry.seq)
                if alongside is not None:
                    alongside(transaction)
        return hash_

    def publish_scheme(self, place: str, package_name: str, name: str, title: str, body: bytes, by: str, approved_by: str | None = None,
                       alongside: Alongside | None = None) -> str:
        """Stores a checked scheme file as it is and gives the SHA-256 of its bytes. `alongside`: done in the same transaction."""
        hash_ = sha256(body).hexdigest()
        with self._database.writing() as transaction:
            if transaction.row(_HAS_SCHEME, place=place, hash=hash_) is None:
                fields = {"hash": hash_, "package": package_name, "name": name, "approved_by": approved_by}
                entry = self._journal.note(transaction, place, f"package:{package_name}", by, "PublishScheme", fields).entry
                transaction.change(
                    _NEW_SCHEME, place=place, hash=hash_, package_name=package_name, name=name, title=title, body=body, published_at=stored(entry.at),
                    published_by=by, approved_by=approved_by)
                if alongside is not None:
                    alongside(transaction)
        return hash_

    def add_calendar(self, place: str, year: int, body: bytes, by: str, confirmed: bool = False, guard: Guard | None = None) -> str:
        """Stores a calendar year's file and gives its version, the SHA-256 of its bytes; `confirmed` confirms it at once.

        `guard`: sees the year's tables in the same transaction, the oldest first; gives the version of one that says the same, which then stands
        for this file, or raises, and nothing is stored.
        """
        version = sha256(body).hexdigest()
        with self._database.writing() as transaction:
            if guard is not None and (same := guard([_year_of(row) for row in transaction.rows(_OF_YEAR, place=place, year=year)])):
                return same
            if transaction.row(_HAS_CALENDAR, place=place, year=year, version=version) is None:
                entry = self._journal.note(transaction, place, "place", by, "AddCalendar", {"year": year, "version": version}).entry
                transaction.change(_NEW_CALENDAR, place=place, year=year, version=version, body=body, added_at=stored(entry.at), confirmed_at=None,
                                   confirmed_by=None)
                if confirmed:
                    self._confirm(transaction, place, year, version, by)
        return version

    def confirm_calendar(self, place: str, year: int, version: str, by: str) -> None:
        """Confirms a provisional year: from now on deadlines may be armed on it. Raises NotFound `calendar.unknown`."""
        with self._database.writing() as transaction:
            if transaction.row(_HAS_CALENDAR, place=place, year=year, version=version) is None:
                raise NotFound("calendar.unknown", year=year)
            self._confirm(transaction, place, year, version, by)

    def _confirm(self, transaction: Transaction, place: str, year: int, version: str, by: str) -> None:
        entry = self._journal.note(transaction, place, "place", by, "ConfirmCalendar", {"year": year, "version": version}).entry
        transaction.change(_CONFIRM, key_place=place, key_year=year, key_version=version, confirmed_at=stored(entry.at), confirmed_by=by)

    # --- reading ----------------------------------------------------------------------------------------------------------------------

    def package_files(self, place: str, hash: str) -> dict[str, bytes]:
        """The files of a package by name. Raises NotFound `package.unknown`."""
        with self._database.reading() as connection:
            found = connection.scalar(sa.select(_k.files).where(_k.place == place, _k.hash == hash))
        if found is None:
            raise NotFound("package.unknown", hash=hash)
        return _unzipped(bytes(found))

    def packages(self, place: str, name: str | None = None) -> list[PublishedPackage]:
        """All versions, newest first."""
        query = sa.select(_k.hash, _k.name, _k.version, _k.title, _k.published_at, _k.published_by, _k.approved_by).where(_k.place == place)
        if name is not None:
            query = query.where(_k.name == name)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(_k.published_at.desc(), _k.seq.desc())).all()
        return [PublishedPackage(r[0], r[1], r[2], r[3], restored(r[4]), r[5], r[6]) for r in found]

    def scheme_body(self, place: str, hash: str) -> bytes:
        """The scheme's file. Raises NotFound `scheme.unpublished`."""
        with self._database.reading() as connection:
            found = connection.scalar(sa.select(_s.body).where(_s.place == place, _s.hash == hash))
        if found is None:
            raise NotFound("scheme.unpublished", hash=hash)
        return bytes(found)

    def schemes(self, place: str, package_name: str | None = None) -> list[PublishedScheme]:
        """All schemes, newest first."""
        query = sa.select(_s.hash, _s.package_name, _s.name, _s.title, _s.published_at, _s.published_by, _s.approved_by).where(_s.place == place)
        if package_name is not None:
            query = query.where(_s.package_name == package_name)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(_s.published_at.desc(), _s.hash)).all()
        return [PublishedScheme(r[0], r[1], r[2], r[3], restored(r[4]), r[5], r[6]) for r in found]

    def calendars(self, place: str) -> list[CalendarYear]:
        """Every year's newest version, a confirmed one before a provisional one."""
        with self._database.reading() as connection:
            found = connection.execute(
                sa.select(_c.year, _c.version, _c.body, _c.confirmed_at, _c.confirmed_by).where(_c.place == place)
                .order_by(_c.year, _c.confirmed_at.is_(None), _c.confirmed_at.desc(), _c.added_at.desc(), _c.version)).all()
        newest: dict[int, CalendarYear] = {}
        for year, version, body, at, by in found:
            newest.setdefault(year, _year_of((year, version, body, at, by)))
        return list(newest.values())


def _year_of(row: Sequence[Any]) -> CalendarYear:
    year, version, body, at, by = row
    return CalendarYear(year, version, bytes(body), restored_or_none(at), by)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _FIRST), files[name], zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
