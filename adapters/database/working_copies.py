"""Working copies of packages and schemes before they are published, and the requests to publish them; checks no content.

Every change names the version it was made from, so that nobody overwrites another's work without having seen it. Proposals are entries of the
package's stream: who asked, who decided.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import CLOCK
from adapters.database.connection import Database, Transaction, bind
from adapters.database.journal import Journal
from adapters.database.moments import restored, restored_or_none
from engine.journal.canonical import canonical_bytes, from_canonical
from engine.refusals import Conflict, NotFound, Refused


def _table(name: str, *columns: sa.Column[Any] | sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, schema.metadata, sa.Column("place", schema.Id, primary_key=True), *columns)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, schema.Id, primary_key=True)


def _must(name: str, type_: sa.types.TypeEngine[Any] = schema.Id) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


# `base`: hash of the published package it was opened from; NULL: of the library's files. Its files beside the base's: `working_file`.
working_copy = _table(
    "working_copy", _key("package"), sa.Column("base", schema.Id), _must("opened_at", schema.Moment), _must("opened_by"))
working_file = _table(
    "working_file", _key("package"), _key("path"), _must("body", schema.Bytes), _must("version", schema.Int), _must("saved_at", schema.Moment), _must("saved_by"))
scheme_draft = _table(
    "scheme_draft", _key("package"), _key("name"), _must("body", schema.Bytes), sa.Column("source", schema.Id), _must("unreviewed", schema.Json),
    _must("version", schema.Int), _must("saved_at", schema.Moment), _must("saved_by"))
proposal = _table(
    "proposal", _key("id"), _must("kind"), _must("package"), _must("name"), _must("hash"), _must("body", schema.Bytes), sa.Column("note", schema.Words),
    _must("submitted_by"), _must("submitted_at", schema.Moment), _must("state"), sa.Column("decided_by", schema.Id), sa.Column("decided_at", schema.Moment),
    sa.Column("reason", schema.Words), sa.CheckConstraint("state IN ('open', 'approved', 'returned', 'withdrawn')", name="proposal_state"))
sa.Index("proposal_open", proposal.c.place, proposal.c.package, proposal.c.submitted_at)

_w, _f, _d, _p = working_copy.c, working_file.c, scheme_draft.c, proposal.c


def _insert(table: sa.Table) -> sa.Insert:
    return table.insert().values({c.name: bind(c.name) for c in table.c})


_NEW_COPY, _NEW_FILE, _NEW_DRAFT, _NEW_PROPOSAL = (_insert(one) for one in (working_copy, working_file, scheme_draft, proposal))
_COPY = sa.select(_w.base, _w.opened_at, _w.opened_by).where(_w.place == bind("place"), _w.package == bind("package"))
_LOCK_COPY = _COPY.with_for_update()
_FILE = sa.select(_f.version, _f.saved_at, _f.saved_by).where(_f.place == bind("place"), _f.package == bind("package"), _f.path == bind("path"))
_SAVE_FILE = working_file.update().where(_f.place == bind("key_place"), _f.package == bind("key_package"), _f.path == bind("key_path")).values(
    body=bind("body"), version=bind("version"), saved_at=bind("saved_at"), saved_by=bind("saved_by"))
_FILE_BODY = sa.select(_f.body, _f.version, _f.saved_at, _f.saved_by).where(_f.place == bind("place"), _f.package == bind("package"), _f.path == bind("path"))
_REBASE = working_copy.update().where(_w.place == bind("key_place"), _w.package == bind("key_package")).values(base=bind("base"))
_DRAFT = sa.select(_d.version, _d.saved_at, _d.saved_by).where(_d.place == bind("place"), _d.package == bind("package"), _d.name == bind("name"))
_LOCK_DRAFT = _DRAFT.with_for_update()
_SAVE_DRAFT = scheme_draft.update().where(_d.place == bind("key_place"), _d.package == bind("key_package"), _d.name == bind("key_name")).values(
    body=bind("body"), unreviewed=bind("unreviewed"), version=bind("version"), saved_at=bind("saved_at"), saved_by=bind("saved_by"))
_FROM = scheme_draft.update().where(_d.place == bind("key_place"), _d.package == bind("key_package"), _d.name == bind("key_name")).values(source=bind("source"))
_OPEN_SAME = sa.select(_p.id).where(
    _p.place == bind("place"), _p.package == bind("package"), _p.kind == bind("kind"), _p.hash == bind("hash"), _p.state == "open")
_STATE = sa.select(_p.state, _p.submitted_by, _p.decided_by, _p.package, _p.kind, _p.hash).where(_p.place == bind("place"), _p.id == bind("id"))
_LOCK_STATE = _STATE.with_for_update()
_DECIDE = proposal.update().where(_p.place == bind("key_place"), _p.id == bind("key_id"), _p.state == "open").values(
    state=bind("state"), decided_by=bind("decided_by"), decided_at=bind("decided_at"), reason=bind("reason"))
_REOPEN = proposal.update().where(_p.place == bind("key_place"), _p.id == bind("key_id")).values(
    state="open", decided_by=sa.null(), decided_at=sa.null(), reason=sa.null())


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """`base`: hash of the published package it began from, None for the library's. `changed`: file → (version, when, by whom)."""

    package: str
    base: str | None
    files: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    changed: Mapping[str, tuple[int, datetime, str]]


@dataclass(frozen=True, slots=True)
class SchemeDraft:
    """A scheme that is being written. `source`: the scheme it was made from; `unreviewed`: keys carried over that nobody has looked at."""

    package: str
    name: str
    body: bytes
    source: str | None
    unreviewed: tuple[str, ...]
    version: int
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A request to publish. `kind`: package | scheme. `state`: open | approved | returned | withdrawn. The content is asked for by id."""

    id: str
    kind: str
    package: str
    name: str
    hash: str
    note: str | None
    submitted_by: str
    submitted_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class Overwritten(Conflict):
    """Somebody else saved meanwhile. `by`, `at` and `version` say who, when and what is there now."""

    def __init__(self, by: str, at: datetime, version: int) -> None:
        super().__init__("design.overwritten", by=by, at=at.isoformat())
        self.by, self.at, self.version = by, at, version


class WorkingCopies:
    """One working copy a package and place; scheme drafts beside it; proposals."""

    def __init__(self, database: Database) -> None:
        self._database, self._journal = database, Journal(database)

    # --- packages -------------------------------------------------------------------------------------------------------------------------

    def open(self, place: str, package: str, base: str | None, files: Mapping[str, bytes], by: str) -> None:
        """Begins a working copy with these files. Raises Conflict `design.copy_open` when there is one."""
        with self._database.writing() as transaction:
            if transaction.row(_COPY, place=place, package=package) is not None:
                raise Conflict("design.copy_open", package=package)
            at = _now(transaction, place)
            transaction.change(_NEW_COPY, place=place, package=package, base=base, opened_at=at, opened_by=by)
            for path, body in files.items():
                transaction.change(_NEW_FILE, place=place, package=package, path=path, body=body, version=0, saved_at=at, saved_by=by)

    def take_in(self, place: str, package: str, files: Mapping[str, bytes], drafts: Mapping[str, tuple[bytes, Sequence[str]]], by: str) -> None:
        """A working copy and scheme drafts (name → file, keys to be looked at) that came from elsewhere, all or nothing.

        Raises: Conflict `design.copy_open`, `design.draft_taken`.
        """
        with self._database.writing() as transaction:
            if transaction.row(_COPY, place=place, package=package) is not None:
                raise Conflict("design.copy_open", package=package)
            at = _now(transaction, place)
            transaction.change(_NEW_COPY, place=place, package=package, base=None, opened_at=at, opened_by=by)
            for path, body in files.items():
                transaction.change(_NEW_FILE, place=place, package=package, path=path, body=body, version=1, saved_at=at, saved_by=by)
            for name, (body, unreviewed) in drafts.items():
                if transaction.row(_DRAFT, place=place, package=package, name=name) is not None:
                    raise Conflict("design.draft_taken", name=name)
                transaction.change(_NEW_DRAFT, place=place, package=package, name=name, body=body, source=None, unreviewed=_listed(unreviewed), version=1,
                                   saved_at=at, saved_by=by)

    def packages(self, place: str) -> list[str]:
        """The names of packages with a working copy."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(_w.package).where(_w.place == place).order_by(_w.package)))

    def copy(self, place: str, package: str) -> WorkingCopy | None:
        """The head of the working copy; None when there is none."""
        with self._database.reading() as connection:
            found = connection.execute(_COPY, {"place": place, "package": package}).first()
            if found is None:
                return None
            rows = connection.execute(sa.select(_f.path, _f.version, _f.saved_at, _f.saved_by).where(_f.place == place, _f.package == package).order_by(_f.path)).all()
        changed = {path: (version, restored(at), by) for path, version, at, by in rows if version}
        return WorkingCopy(package, found[0], tuple(path for path, *_ in rows), restored(found[1]), found[2], changed)

    def files(self, place: str, package: str) -> dict[str, bytes]:
        """All files of the working copy. Raises NotFound `design.no_copy`."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(_f.path, _f.body).where(_f.place == place, _f.package == package)).all()
        if not found:
            raise NotFound("design.no_copy", package=package)
        return {path: bytes(body) for path, body in found}

    def save_file(self, place: str, package: str, path: str, body: bytes, version: int, by: str) -> tuple[int, datetime]:
        """Replaces one file that was read at `version`; its new version and the moment.

        Raises: NotFound `design.no_copy`; Overwritten when it has another version by now.
        """
        with self._database.writing() as transaction:
            if transaction.row(_LOCK_COPY, place=place, package=package) is None:
                raise NotFound("design.no_copy", package=package)
            found = transaction.row(_FILE, place=place, package=package, path=path)
            there, at = (0, 0) if found is None else (found[0], found[1])
            if found is not None and there != version:
                raise Overwritten(found[2], restored(at), there)
            now = _now(transaction, place)
            if found is None:
                transaction.change(_NEW_FILE, place=place, package=package, path=path, body=body, version=1, saved_at=now, saved_by=by)
            else:
                transaction.change(_SAVE_FILE, key_place=place, key_package=package, key_path=path, body=body, version=version + 1, saved_at=now, saved_by=by)
            return there + 1, restored(now)

    def rebase(self, place: str, package: str, base: str, files: Mapping[str, tuple[bytes | None, bytes]], by: str) -> None:
        """The working copy goes on from another published version. `files`: path → (what was read here, what takes its place).

        Raises: NotFound `design.no_copy`; Overwritten when one of them was saved meanwhile; then nothing is changed.
        """
        with self._database.writing() as transaction:
            if transaction.row(_LOCK_COPY, place=place, package=package) is None:
                raise NotFound("design.no_copy", package=package)
            now = _now(transaction, place)
            for path, (expected, body) in files.items():
                found = transaction.row(_FILE_BODY, place=place, package=package, path=path)
                if found is None:
                    transaction.change(_NEW_FILE, place=place, package=package, path=path, body=body, version=0, saved_at=now, saved_by=by)
                elif bytes(found[0]) != expected:
                    raise Overwritten(found[3], restored(found[2]), found[1])
                else:
                    transaction.change(_SAVE_FILE, key_place=place, key_package=package, key_path=path, body=body, version=found[1], saved_at=now, saved_by=by)
            transaction.change(_REBASE, key_place=place, key_package=package, base=base)

    def discard(self, place: str, package: str) -> None:
        """Throws the working copy away; nothing happens when there is none."""
        with self._database.changing() as connection:
            for table in (working_file, working_copy):
                connection.execute(table.delete().where(table.c.place == place, table.c.package == package))

    # --- schemes --------------------------------------------------------------------------------------------------------------------------

    def add_draft(self, place: str, package: str, name: str, body: bytes, source: str | None, unreviewed: Sequence[str], by: str) -> None:
        """Raises Conflict `design.draft_taken` when the name is in use."""
        with self._database.writing() as transaction:
            if transaction.row(_DRAFT, place=place, package=package, name=name) is not None:
                raise Conflict("design.draft_taken", name=name)
            transaction.change(_NEW_DRAFT, place=place, package=package, name=name, body=body, source=source, unreviewed=_listed(unreviewed), version=1,
                               saved_at=_now(transaction, place), saved_by=by)

    def drafts(self, place: str, package: str) -> list[SchemeDraft]:
        """All drafts of a package, by name."""
        with self._database.reading() as connection:
            return [_draft(row) for row in connection.execute(sa.select(scheme_draft).where(_d.place == place, _d.package == package).order_by(_d.name))]

    def draft(self, place: str, package: str, name: str) -> SchemeDraft:
        """Raises NotFound `design.no_draft`."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(scheme_draft).where(_d.place == place, _d.package == package, _d.name == name)).first()
        if found is None:
            raise NotFound("design.no_draft", name=name)
        return _draft(found)

    def save_draft(self, place: str, package: str, name: str, body: bytes, unreviewed: Sequence[str], version: int, by: str,
                   source: str | None = None) -> int:
        """Replaces a draft that was read at `version`; its new version. `source`: what it goes on from, when that is another scheme now.

        Raises: NotFound `design.no_draft`; Overwritten.
        """
        with self._database.writing() as transaction:
            found = transaction.row(_LOCK_DRAFT, place=place, package=package, name=name)
            if found is None:
                raise NotFound("design.no_draft", name=name)
            if found[0] != version:
                raise Overwritten(found[2], restored(found[1]), found[0])
            transaction.change(_SAVE_DRAFT, key_place=place, key_package=package, key_name=name, body=body, unreviewed=_listed(unreviewed),
                               version=version + 1, saved_at=_now(transaction, place), saved_by=by)
            if source is not None:
                transaction.change(_FROM, key_place=place, key_package=package, key_name=name, source=source)
        return version + 1

    def drop_draft(self, place: str, package: str, name: str, body: bytes | None = None) -> None:
        """Takes a draft away, with `body` only while it says exactly that; nothing happens when there is none."""
        same = [] if body is None else [_d.body == body]
        with self._database.changing() as connection:
            connection.execute(scheme_draft.delete().where(_d.place == place, _d.package == package, _d.name == name, *same))

    # --- proposals ------------------------------------------------------------------------------------------------------------------------

    def propose(self, place: str, id: str, kind: str, package: str, name: str, hash: str, body: bytes, note: str, by: str) -> str:
        """Asks a second person to publish; the id, or that of the request for the same content that is open already."""
        with self._database.writing() as transaction:
            if (there := transaction.row(_OPEN_SAME, place=place, package=package, kind=kind, hash=hash)) is not None:
                return str(there[0])
            fields = {"id": id, "kind": kind, "name": name, "hash": hash, "note": note}
            self._journal.note(transaction, place, f"package:{package}", by, "ProposePublication", fields)
            transaction.change(_NEW_PROPOSAL, place=place, id=id, kind=kind, package=package, name=name, hash=hash, body=body, note=note or None, submitted_by=by,
                               submitted_at=_now(transaction, place), state="open", decided_by=None, decided_at=None, reason=None)
        return id

    def decide(self, place: str, id: str, state: str, by: str, reason: str = "") -> bool:
        """Sets an open request to approved, returned or withdrawn; False when the same person decided the same before.

        Raises: NotFound `design.no_proposal`; Refused `design.own_proposal` (approved or returned by its author), `design.not_author` (withdrawn by
        another); Conflict `design.decided`.
        """
        with self._database.writing() as transaction:
            found = transaction.row(_LOCK_STATE, place=place, id=id)
            if found is None:
                raise NotFound("design.no_proposal")
            if found[0] == state and found[2] == by:
                return False
            if found[0] != "open":
                raise Conflict("design.decided")
            if (state == "withdrawn") != (by == found[1]):
                raise Refused("design.not_author" if state == "withdrawn" else "design.own_proposal")
            fields = {"id": id, "kind": found[4], "hash": found[5], "state": state, "reason": reason, "submitted_by": found[1]}
            self._journal.note(transaction, place, f"package:{found[3]}", by, "DecidePublication", fields)
            transaction.change(_DECIDE, key_place=place, key_id=id, state=state, decided_by=by, decided_at=_now(transaction, place), reason=reason or None)
        return True

    def reopen(self, place: str, id: str, by: str) -> None:
        """An approved request is open again, because what it asked for could not be published."""
        with self._database.writing() as transaction:
            found = transaction.row(_LOCK_STATE, place=place, id=id)
            if found is not None and (found[0], found[2]) == ("approved", by):
                self._journal.note(transaction, place, f"package:{found[3]}", by, "ReopenPublication", {"id": id, "kind": found[4], "hash": found[5]})
                transaction.change(_REOPEN, key_place=place, key_id=id)

    def proposals(self, place: str, package: str = "", open_only: bool = False) -> list[Proposal]:
        """Newest first."""
        query = sa.select(*[c for c in proposal.c if c.name not in ("place", "body")]).where(_p.place == place)
        if package:
            query = query.where(_p.package == package)
        if open_only:
            query = query.where(_p.state == "open")
        with self._database.reading() as connection:
            return [_proposal(row) for row in connection.execute(query.order_by(_p.submitted_at.desc(), _p.id))]

    def proposal(self, place: str, id: str) -> tuple[Proposal, bytes]:
        """A request with its content. Raises NotFound `design.no_proposal`."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(*[c for c in proposal.c if c.name != "place"]).where(_p.place == place, _p.id == id)).first()
        if found is None:
            raise NotFound("design.no_proposal")
        return _proposal(found), bytes(found.body)


def _now(transaction: Transaction, place: str) -> int:
    """The place's business time in microseconds."""
    found = transaction.row(CLOCK, place=place)
    if found is None:
        raise NotFound("place.unknown", place=place)
    return int(found[0] + found[1])


def _listed(keys: Sequence[str]) -> str:
    return canonical_bytes(list(keys)).decode()


def _draft(row: sa.Row[Any]) -> SchemeDraft:
    unreviewed = tuple(from_canonical(row.unreviewed.encode()))
    return SchemeDraft(row.package, row.name, bytes(row.body), row.source, unreviewed, row.version, restored(row.saved_at), row.saved_by)


def _proposal(row: sa.Row[Any]) -> Proposal:
    return Proposal(row.id, row.kind, row.package, row.name, row.hash, row.note, row.submitted_by, restored(row.submitted_at), row.state, row.decided_by,
                    restored_or_none(row.decided_at), row.reason)
