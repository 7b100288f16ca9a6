"""What an auditor's pages ask of the system: reads of the record, its verification, replays and exports; the auditor's own acts are journalled."""
from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from adapters.database.calendar_years import stored_years
from adapters.database.chronicle import Anchors, Chronicle, Cursor, Line, Wanted
from adapters.database.journal import Journal
from adapters.database.people import STREAM
from adapters.database.personal import about
from adapters.database.publications import package_hash
from adapters.database.queries import InstanceLine
from adapters.database.row_sums import row_findings
from adapters.system import export as exports
from adapters.system.audit import Outcome, replayed, verified_place
from adapters.system.past_calendars import PastCalendars
from adapters.system.root import System
from adapters.system.sight import Sight, sight
from adapters.system.timeline import Moment, Timeline, last_before
from engine.journal.canonical import canonical_text, from_canonical
from engine.journal.checkpoint import Checkpoint
from engine.journal.entry import Entry
from engine.refusals import Finding, Refused
from engine.scheme.calendar import Calendar

SHOWN = 50  # findings that are kept of a check
ENGINES = ("banli", "spiffworkflow")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the record of a place was found when somebody last checked it; kept as an entry, so that every node knows it.

    `number`: the entry of the stream `place` that says so. `first`: number of the first leaf (from 1) from which on something is wrong;
    None when nothing is, or when only signatures are. `findings`: the first of them; `count`: how many there were.
    """

    at: datetime
    by: str
    number: int
    entries: int
    streams: int
    leaves: int
    checkpoints: int
    unsequenced: int
    count: int
    first: int | None
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not self.count


@dataclass(frozen=True, slots=True)
class PersonalPart:
    """Personal answers of a group as they stood. `erased`: their key was destroyed, nothing can be read."""

    subject: str
    group: str
    values: Mapping[str, Any]
    erased: bool


class Auditing:
    """One per process. Every function takes who asks; what they may not see raises NotFound."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._chronicle = Chronicle(system.database)
        self._journal = Journal(system.database)
        self._timeline = Timeline(
            self._chronicle.entries, lambda place, package, process: system.published.bundle(place, package).graphs.processes[process])

    # --- reading ----------------------------------------------------------------------------------------------------------------------

    def lines(self, place: str, actor: str, wanted: Wanted, limit: int, before: Cursor | None = None) -> list[Line]:
        return self._chronicle.lines(place, actor, wanted, limit, before)

    def wanted(self, **filters: Any) -> Wanted:
        """What `lines` looks for: the fields of `Wanted` by name."""
        return Wanted(**filters)

    def campaigns(self, place: str, actor: str) -> list[InstanceLine]:
        return self._chronicle.campaigns(place, actor)

    def task_names(self, place: str, tasks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
        return self._chronicle.task_names(place, tasks)

    def posts(self, place: str) -> dict[str, tuple[str, str, str]]:
        return self._chronicle.posts(place)

    def head(self, place: str, actor: str, instance: str) -> InstanceLine:
        """Raises NotFound `instance.unknown`."""
        return self._chronicle.head(place, actor, instance)[0]

    def instance(self, place: str, actor: str, instance: str) -> tuple[InstanceLine, Sequence[Entry]]:
        """Its head and all its entries. Raises NotFound `instance.unknown`."""
        line, count = self._chronicle.head(place, actor, instance)
        return line, self._timeline.entries(place, instance, count)

    def moment(self, place: str, actor: str, instance: str, seq: int = 0, at: datetime | None = None) -> Moment:
        """How it stood after entry `seq`, or at `at`; after its last entry without either.

        Raises: NotFound `instance.unknown`; Refused `audit.before` when it began later than `at`.
        """
        line, count = self._chronicle.head(place, actor, instance)
        if at is not None:
            seq = last_before(self._timeline.entries(place, instance, count), at)
            if not seq:
                raise Refused("audit.before", title=line.title)
        return self._timeline.moment(place, instance, count, seq or count)

    def calendar(self, place: str, at: datetime) -> Calendar:
        """The working calendar as it stood at `at`."""
        return PastCalendars(stored_years(self._system.database, place)).at(at)

    def children(self, place: str, actor: str, instance: str, until: datetime | None) -> list[InstanceLine]:
        return self._chronicle.children(place, actor, instance, until)

    def personal(self, place: str, actor: str, instance: str, seq: int) -> list[PersonalPart]:
        """The personal answers as they stood after entry `seq`: the newest of each group. Raises NotFound `instance.unknown`."""
        _, entries = self.instance(place, actor, instance)
        newest = {(subject, group): (entry.seq, sealed) for entry in entries[:seq] for subject, group, sealed in entry.personal}
        wrapped = self._chronicle.sealed_parts(place, [subject for subject, _ in newest])
        return [self._opened(place, instance, subject, group, number, sealed, wrapped.get(subject)) for (subject, group), (number, sealed) in newest.items()]

    def _opened(self, place: str, instance: str, subject: str, group: str, seq: int, sealed: str, wrapped: bytes | None) -> PersonalPart:
        if wrapped is None:
            return PersonalPart(subject, group, {}, True)
        bound = about(place, instance, seq, subject, group)
        plain = self._system.keys.decrypt(place, subject, wrapped, b64decode(sealed), bound)
        return PersonalPart(subject, group, from_canonical(plain), False)

    def sight(self, place: str, actor: str, instance: str, at: datetime) -> Sight:
        """Who could see and do what at `at`. Raises as `moment`."""
        moment = self.moment(place, actor, instance, at=at)
        line, _ = self._chronicle.head(place, actor, instance)
        people = {line.started_by, *(each.removeprefix("user:") for each in moment.asked if each.startswith("user:"))}
        return sight(self._chronicle, place, line, moment, at, self._system.people.names(place, people))

    # --- the record as a whole ----------------------------------------------------------------------------------------------------------

    def anchors(self, place: str) -> Anchors:
        return self._chronicle.anchors(place)

    def public_key(self, place: str) -> bytes:
        return self._system.keys.public_key(place)

    def standing(self, place: str) -> Standing | None:
        """What the last check of the record found; None before the first."""
        entry = self._chronicle.last(place, STREAM, "VerifyRecord")
        if entry is None:
            return None
        f = entry.input
        findings = tuple([Finding(one["code"], element=one["element"], details=one["details"]) for one in f["findings"]])
        return Standing(entry.at, entry.actor, entry.seq, f["entries"], f["streams"], f["leaves"], f["checkpoints"], f["unsequenced"], f["count"],
                        f["first"], findings)

    def verify(self, place: str, actor: str) -> None:
        """Checks the whole record of the place now: entries, leaves, checkpoints, archived definitions, and the tables against it."""
        found = verified_place(self._system, place, self._chronicle.bodies(place))
        with self._system.database.reading() as connection:
            found.findings += row_findings(connection, place)
        found.findings += self._definition_findings(place)
        self._note(place, actor, "VerifyRecord", {
            "entries": found.entries, "streams": found.streams, "leaves": found.leaves, "checkpoints": found.checkpoints,
            "unsequenced": len(found.unsequenced), "count": len(found.findings), "first": self._first(place, found.findings),
            "findings": [{"code": one.code, "element": one.element, "details": {name: _short(value) for name, value in one.details.items()}}
                         for one in found.findings[:SHOWN]]})

    def _definition_findings(self, place: str) -> list[Finding]:
        """Packages, schemes and calendar years that are no longer what their hash says."""
        found = []
        publications = self._system.publications
        for package in publications.packages(place):
            if package_hash(publications.package_files(place, package.hash)) != package.hash:
                found.append(Finding("audit.package", element=package.hash[:12], details={"title": package.title}))
        for scheme in publications.schemes(place):
            if sha256(publications.scheme_body(place, scheme.hash)).hexdigest() != scheme.hash:
                found.append(Finding("audit.scheme", element=scheme.hash[:12], details={"title": scheme.title}))
        for year in stored_years(self._system.database, place):
            if sha256(year.body).hexdigest() != year.version:
                found.append(Finding("audit.calendar", element=year.version[:12], details={"year": year.year}))
        return found

    def _first(self, place: str, findings: Sequence[Finding]) -> int | None:
        """The number from 1 of the first leaf that a finding is about. A checkpoint that does not fit speaks of all that it covers."""
        entries = [(stream, int(seq)) for stream, _, seq in (one.element.rpartition(":") for one in findings) if stream and seq.isdecimal()]
        numbers = [n + 1 for n in self._chronicle.numbers(place, entries).values()]
        numbers += [int(one.element) + 1 for one in findings if one.code == "leaf.gap" and one.element.isdecimal()]
        if not numbers and any(one.code in ("checkpoint.root", "checkpoint.size") for one in findings):
            return 1
        return min(numbers, default=None)

    def sign(self, place: str, actor: str) -> Checkpoint:
        """Signs a checkpoint over everything that is recorded, this act included."""
        self._note(place, actor, "SignCheckpoint", {})
        return exports.sequenced(self._system, place)

    # --- acts on one instance -----------------------------------------------------------------------------------------------------------

    def replay(self, place: str, actor: str, instance: str, until: int, engine: str) -> Outcome:
        """Carries out an instance's recorded commands again, with `spiffworkflow` beside SpiffWorkflow.

        Raises: NotFound `instance.unknown`; Refused `audit.engine`.
        """
        if engine not in ENGINES:
            raise Refused("audit.engine", engine=engine)
        self._chronicle.head(place, actor, instance)
        self._chronicle.entries(place, instance)  # refuses what cannot be read
        outcome = replayed(self._system, place, instance, until, engine == "spiffworkflow")
        self._note(place, actor, "ReplayInstance", {
            "instance": instance, "until": until, "engine": engine, "entries": outcome.entries, "compared": outcome.compared,
            "state_hash": outcome.state_hash, "findings": [one.code for one in outcome.findings]})
        return outcome

    def difference(self, outcome: Outcome) -> Difference | None:
        return first_difference(outcome)

    def export(self, place: str, actor: str, format: str, instance: str = "", campaign: str = "") -> exports.Export:
        """The record of an instance, of a campaign, or of the place, as far as the reader may see it.

        Raises: NotFound `instance.unknown`, `audit.format`.
        """
        scope = instance or campaign
        if scope:
            self._chronicle.head(place, actor, scope)
        streams = [instance] if instance else self._chronicle.streams(place, actor, campaign)
        self._note(place, actor, "ExportRecord", {"format": format, "scope": scope or "place"})
        return exports.export(self._system, self._chronicle, place, actor, format, scope or "place", streams, self._system.clock(place))

    def _note(self, place: str, actor: str, command: str, fields: Mapping[str, object]) -> None:
        with self._system.database.writing() as transaction:
            self._journal.note(transaction, place, STREAM, actor, command, fields)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:200] + "…"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay first came out otherwise. `position`: of the event in its entry, from 1; 0 for the state after it. Canonical texts."""

    seq: int
    position: int
    stored: str
    found: str


def first_difference(outcome: Outcome) -> Difference | None:
    """The first event, or the state, in which a replay and the record part; None when nothing of the kind was found."""
    for finding in outcome.findings:
        seq = finding.element.rpartition(":")[2]
        if finding.code == "journal.replay" and seq.isdecimal():
            return _difference(int(seq), finding.details.get("stored"), finding.details.get("found"))
    return None


def _difference(seq: int, stored: object, found: object) -> Difference:
    if not isinstance(stored, str) and isinstance(stored, Sequence) and isinstance(found, Sequence):
        for position in range(max(len(stored), len(found))):
            left, right = (part[position] if position < len(part) else None for part in (stored, found))
            if canonical_text(left) != canonical_text(right):
                return Difference(seq, position + 1, canonical_text(left), canonical_text(right))
    return Difference(seq, 0, canonical_text(stored), canonical_text(found))
