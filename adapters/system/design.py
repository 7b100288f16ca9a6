"""Joins what designing needs: working copies, checks, comparisons, publishing by a second person, other places; decides no rights."""
from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from hashlib import sha256
from threading import Lock

from adapters.database.calendar_years import CalendarVersion, calendar_versions
from adapters.database.open_deadlines import open_deadlines
from adapters.database.people_import import person_ids, store_roster
from adapters.database.publications import CalendarYear as StoredCalendar
from adapters.database.publications import PublishedPackage, PublishedScheme
from adapters.database.store import Answer
from adapters.database.working_copies import Proposal, SchemeDraft, WorkingCopies, WorkingCopy
from adapters.definitions import archive, scheme_file
from adapters.definitions.publishing import checked
from adapters.identity import passwords
from adapters.sheets import Known, Roster, read_roster, template
from adapters.system.root import System
from adapters.system.scheme_since import CaughtUp, Since, caught_up, published_since
from engine.bundle import Bundle, files_hash
from engine.compare.change import Change
from engine.compare.diagrams import Comparison
from engine.compare.packages import compare_files, compare_packages
from engine.compare.schemes import compare_schemes
from engine.refusals import Conflict, Finding, Invalid, NotFound, Refused
from engine.scheme.calendar import CalendarTooShort, CalendarYear, local_date, next_label, read_calendar_year
from engine.scheme.scheme import Scheme, read_scheme, value_at

WORKING, LIBRARY, PROPOSAL = "working", "library", "proposal:"
SCHEME_ID = re.compile(r"[a-z][a-z0-9-]{0,60}\Z")
PLACE_ID = re.compile(r"[a-z][a-z0-9-]{1,30}\Z")
STAGE_READ, STAGE_DRAWN = re.compile(rb"\bscheme\.stages\.(\w+)"), re.compile(rb"banli:stage=[\"'](\w+)[\"']")
VERSION, VERSION_LINE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,20}\Z"), re.compile(rb"(?m)^version:.*$")
GUESSED_BY = "system"  # tables that come with the program: those of a year whose notice is not out are a guess
KEPT_BUNDLES, KEPT_SCHEMES = 6, 24
PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


@dataclass(frozen=True, slots=True)
class PackageLine:
    """A package as a place knows it. `copy`: its working copy, if any; `published`: all versions, newest first."""

    name: str
    title: str
    in_library: bool
    copy: WorkingCopy | None
    published: tuple[PublishedPackage, ...]


@dataclass(frozen=True, slots=True)
class DraftView:
    """A scheme draft with what is wrong with it; `scheme` has the defaults filled in."""

    draft: SchemeDraft
    scheme: Scheme
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(1 for one in self.findings if one.severity == "error")


@dataclass(frozen=True, slots=True)
class AffectedDeadline:
    """A running deadline that another calendar table would have put on another day."""

    instance: str
    task: str
    name: str
    campaign: str
    due_on: date
    would_be: date


class Design:
    """What the pages of 设计 ask. Whoever calls has made sure that the person may."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.copies = WorkingCopies(system.database)
        self._bundles: OrderedDict[str, Bundle | Invalid] = OrderedDict()
        self._schemes: OrderedDict[tuple[str, str], Scheme] = OrderedDict()
        self._lock = Lock()

    # --- packages -------------------------------------------------------------------------------------------------------------------------

    def packages(self, place: str) -> list[PackageLine]:
        """All packages of the place and of the library, by name."""
        published = self.system.publications.packages(place)
        library = self.system.library.packages()
        proposals = {one.package for one in self.copies.proposals(place)}
        names = {*library, *(one.name for one in published), *self.copies.packages(place), *proposals}
        return [self._line(place, name, library, published) for name in sorted(names)]

    def package(self, place: str, name: str) -> PackageLine:
        """Raises NotFound `design.no_package`."""
        found = next((one for one in self.packages(place) if one.name == name), None)
        if found is None:
            raise NotFound("design.no_package", package=name)
        return found

    def _line(self, place: str, name: str, library: Sequence[str], published: Sequence[PublishedPackage]) -> PackageLine:
        own = tuple(one for one in published if one.name == name)
        title = own[0].title if own else ""
        if not title:
            try:
                title = self.bundle_of(self.files(place, name, LIBRARY if name in library else WORKING)).package.title
            except (Invalid, NotFound):
                title = name
        return PackageLine(name, title, name in library, self.copies.copy(place, name), own)

    def files(self, place: str, package: str, of: str) -> dict[str, bytes]:
        """The files of the working copy, the library, a published version (its hash) or a request (`proposal:ID`). Raises NotFound."""
        if of == WORKING:
            return self.copies.files(place, package)
        if of.startswith(PROPOSAL):
            found, files = self.proposal_files(place, of.removeprefix(PROPOSAL))
            if (found.kind, found.package) != ("package", package):
                raise NotFound("design.no_proposal")
            return files
        if of == LIBRARY:
            return self.system.library.package(package)
        if not any(one.hash == of for one in self.system.publications.packages(place, package)):
            raise NotFound("package.unknown", hash=of)
        return self.system.publications.package_files(place, of)

    def newest(self, place: str, package: str) -> str:
        """Where the package in force is: the hash of its newest published version, else the library, else the working copy."""
        published = self.system.publications.packages(place, package)
        if published:
            return published[0].hash
        return LIBRARY if package in self.system.library.packages() else WORKING

    def bundle_of(self, files: Mapping[str, bytes]) -> Bundle:
        """The checked package; kept by its hash. Raises Invalid with every problem."""
        hash = files_hash(files)
        with self._lock:
            found = self._bundles.get(hash)
        if found is None:
            try:
                found = self.system.check_package(files)
            except Invalid as invalid:
                found = invalid
            with self._lock:
                self._bundles[hash] = found
                while len(self._bundles) > KEPT_BUNDLES:
                    self._bundles.popitem(last=False)
        if isinstance(found, Invalid):
            raise Invalid(found.findings)
        return found

    def bundle(self, place: str, package: str) -> Bundle:
        """The package in force, by which schemes are written. Raises Invalid, NotFound."""
        of = self.newest(place, package)
        if of in (LIBRARY, WORKING):
            return self.bundle_of(self.files(place, package, of))
        return self.system.published.bundle(place, of)

    def open_copy(self, place: str, package: str, base: str, by: str) -> None:
        """Begins a working copy of the library's or a published version. Raises Conflict `design.copy_open`, NotFound."""
        self.copies.open(place, package, None if base == LIBRARY else base, self.files(place, package, base), by)

    def base_of(self, copy: WorkingCopy) -> str:
        """What the working copy began from, as `files` takes it."""
        return copy.base or (LIBRARY if copy.package in self.system.library.packages() else "")

    def overtaken_by(self, place: str, line: PackageLine) -> PublishedPackage | None:
        """The version that was published since the working copy was opened and is not what it began from; None while it is up to date."""
        newest = line.published[0] if line.published else None
        return newest if newest and line.copy and newest.published_at > line.copy.opened_at and newest.hash != line.copy.base else None

    def catch_up(self, place: str, package: str, by: str) -> list[str]:
        """The working copy goes on from the newest version: files untouched here become the newer ones; those changed on both sides stay as they are here.

        Returns: the files changed on both sides, to be compared by a person. Raises: NotFound; Overwritten.
        """
        line = self.package(place, package)
        newest = self.overtaken_by(place, line)
        if newest is None or line.copy is None:
            return []
        ours, theirs = self.copies.files(place, package), self.files(place, package, newest.hash)
        began = self.base_of(line.copy)
        old = self.files(place, package, began) if began else {}
        taken = {path: (ours.get(path), body) for path, body in theirs.items() if ours.get(path) == old.get(path) and ours.get(path) != body}
        self.copies.rebase(place, package, newest.hash, taken, by)
        return sorted(path for path, body in theirs.items() if path in ours and ours[path] not in (old.get(path), body) and old.get(path) != body)

    def check_file(self, place: str, package: str, file: str, body: bytes) -> list[Finding]:
        """All findings on the working copy with this file replaced."""
        files = self.copies.files(place, package)
        if file not in files:
            raise NotFound("design.no_file", file=file)
        return self.check({**files, file: body})

    def check(self, files: Mapping[str, bytes]) -> list[Finding]:
        """All findings on a package, errors and notes."""
        try:
            return list(self.bundle_of(files).notes)
        except Invalid as invalid:
            return list(invalid.findings)

    def compare(self, place: str, package: str, old: str, new: str) -> tuple[Change, ...]:
        """What is different from one version to the other."""
        return compare_packages(self.files(place, package, old), self.files(place, package, new))

    def compare_file(self, place: str, package: str, old: str, new: str, file: str) -> Comparison:
        """The same for one file. Raises NotFound `design.no_file` when neither has it."""
        before, after = self.files(place, package, old), self.files(place, package, new)
        if file not in before and file not in after:
            raise NotFound("design.no_file", file=file)
        return compare_files(file, before.get(file), after.get(file))

    # --- publishing by a second person ------------------------------------------------------------------------------------------------------

    def next_version(self, place: str, package: str) -> str:
        """The newest published version with its last number one higher; `1.0` for the first."""
        newest = next((one.version for one in self.system.publications.packages(place, package)), "")
        found = re.search(r"\d+(?=\D*\Z)", newest)
        return f"{newest[: found.start()]}{int(found[0]) + 1}{newest[found.end() :]}" if found else newest or "1.0"

    def name_version(self, place: str, package: str, version: str, by: str) -> None:
        """Writes the version's name into the working copy's package.yaml. Raises Refused `design.version`; Overwritten."""
        if not VERSION.match(version):
            raise Refused("design.version", version=version)
        files, copy = self.copies.files(place, package), self.copies.copy(place, package)
        named = VERSION_LINE.sub(f'version: "{version}"'.encode(), files["package.yaml"], count=1)
        if copy is not None and named != files["package.yaml"]:
            self.copies.save_file(place, package, "package.yaml", named, copy.changed.get("package.yaml", (0, None, ""))[0], by)

    def submit_package(self, place: str, package: str, note: str, by: str, version: str = "") -> str:
        """Asks for the working copy to be published as it is now, under that version's name if one is given; the request's id.

        Raises: Invalid; Refused `design.nothing_changed`, `design.version`.
        """
        if version and "package.yaml" in self.copies.files(place, package):
            self.name_version(place, package, version, by)
        files = self.copies.files(place, package)
        bundle = self.bundle_of(files)
        if bundle.package.name != package:
            raise Invalid([Finding("design.other_name", "package.yaml", "name", details={"name": bundle.package.name, "expected": package})])
        if any(one.hash == bundle.hash for one in self.system.publications.packages(place, package)):
            raise Refused("design.nothing_changed")
        body = archive.packed(files, {})
        return self.copies.propose(place, secrets.token_hex(16), "package", package, bundle.package.version, bundle.hash, body, note, by)

    def submit_scheme(self, place: str, package: str, name: str, note: str, by: str) -> str:
        """Asks for a draft to be published as it is now; the request's id. Raises Invalid with every problem, keys nobody looked at among them."""
        view = self.draft(place, package, name, "publish")
        unreviewed = [view.scheme.finding("design.unreviewed", key, label=self._label(place, package, key)) for key in view.draft.unreviewed]
        wrong = [one for one in view.findings if one.severity == "error"] + unreviewed
        if wrong:
            raise Invalid(wrong)
        hash = sha256(view.draft.body).hexdigest()
        if any(one.hash == hash for one in self.system.publications.schemes(place, package)):
            raise Refused("design.nothing_changed")
        return self.copies.propose(place, secrets.token_hex(16), "scheme", package, name, hash, view.draft.body, note, by)

    def _label(self, place: str, package: str, key: str) -> str:
        parameter = self.bundle(place, package).package.declaration.keys.get(key)
        return parameter.label if parameter else key

    def proposal_files(self, place: str, id: str) -> tuple[Proposal, dict[str, bytes]]:
        """A request with what it asks to publish: the package's files, or the scheme as `schemes/<name>.yaml`."""
        found, body = self.copies.proposal(place, id)
        if found.kind == "package":
            return found, dict(archive.unpacked(body).files)
        return found, {f"schemes/{found.name}.yaml": body}

    def approve(self, place: str, id: str, by: str) -> Proposal:
        """Publishes what was asked, by its author and approved by `by`; doing it twice changes nothing.

        Raises: Refused `design.own_proposal`; Conflict `design.decided`; Invalid, when it may no longer be published (then it stays open).
        """
        found, files = self.proposal_files(place, id)
        if found.submitted_by == by:
            raise Refused("design.own_proposal")
        if found.kind == "package":
            bundle = self.bundle_of(files)
            self._publishing(place, id, by, lambda: self.system.publish(place, bundle.files, found.submitted_by, by))
            copy = self.copies.copy(place, found.package)
            if self._copy_hash(place, found.package) == found.hash:  # all of it is in force: the next change begins from there
                self.copies.discard(place, found.package)
            elif copy and copy.opened_at <= found.submitted_at:  # the request was cut from this copy, which went on since
                self.copies.rebase(place, found.package, found.hash, {}, by)
        else:
            body, file = next(iter(files.values())), f"schemes/{found.name}.yaml"
            bundle = self.bundle(place, found.package)
            _, findings = self.system.check_scheme(bundle, body, file, "publish", place)
            if any(one.severity == "error" for one in findings):
                raise Invalid(findings)
            if not self.system.publications.packages(place, found.package):
                raise Refused("design.package_first", package=bundle.package.title)
            self._publishing(place, id, by, lambda: self.system.publish_scheme(place, bundle, body, file, found.submitted_by, by))
            self.copies.drop_draft(place, found.package, found.name, body)
        return found

    def _publishing(self, place: str, id: str, by: str, publish: Callable[[], object]) -> None:
        """Approved first, so that of two who decide at once one is refused; what cannot be published after all is open again."""
        self.copies.decide(place, id, "approved", by)
        try:
            publish()
        except (Invalid, Refused):
            self.copies.reopen(place, id, by)
            raise

    def _copy_hash(self, place: str, package: str) -> str:
        try:
            return files_hash(self.copies.files(place, package))
        except NotFound:
            return ""

    def published_schemes(self, place: str, package: str) -> list[PublishedScheme]:
        """Newest first."""
        return self.system.publications.schemes(place, package)

    def start(self, place: str, package: str, scheme: str, actor: str, command_id: str) -> Answer:
        """Starts a campaign on the newest published version of a package and a published scheme of it. Raises NotFound; what the engine refuses."""
        published = self.system.publications.packages(place, package)
        schemes = [one for one in self.published_schemes(place, package) if one.hash == scheme]
        if not published or not schemes:
            raise NotFound("scheme.unpublished", hash=scheme)
        values = self.system.published.scheme(place, published[0].hash, scheme).values
        return self.system.start(place, published[0].hash, scheme, actor, command_id, str(value_at(values, "issuers.lead.org") or ""))

    def read(self, body: bytes, file: str) -> Scheme:
        """A scheme file, parsed once while it is used. Raises Invalid."""
        key = (sha256(body).hexdigest(), file)
        with self._lock:
            found = self._schemes.get(key)
        if found is None:
            found = read_scheme(body, file)
            with self._lock:
                self._schemes[key] = found
                while len(self._schemes) > KEPT_SCHEMES:
                    self._schemes.popitem(last=False)
        return found

    # --- schemes ----------------------------------------------------------------------------------------------------------------------------

    def sources(self, place: str, package: str) -> dict[str, str]:
        """What a new scheme may be made from: `library:ID` or a published hash → its title, the place's own first."""
        own = {one.hash: one.title for one in self.published_schemes(place, package)}
        known = set(own)
        found = dict(own)
        if package in self.system.library.packages():
            for id, body in self.system.library.schemes(package).items():
                if sha256(body).hexdigest() not in known:
                    found[f"{LIBRARY}:{id}"] = self.read(body, id).title
        return found

    def source(self, place: str, package: str, source: str) -> bytes:
        """The file of one of `sources`. Raises NotFound."""
        kind, _, id = source.partition(":")
        if kind == LIBRARY:
            return self.system.library.scheme(package, id)
        if not any(one.hash == source for one in self.published_schemes(place, package)):
            raise NotFound("scheme.unpublished", hash=source)
        return self.system.publications.scheme_body(place, source)

    def new_scheme(self, place: str, package: str, source: str, name: str, title: str, years: int, by: str) -> None:
        """A draft made from another scheme: dates `years` on, everything carried over to be looked at.

        Raises: Refused `scheme.name`, `design.title`, `design.years`; Conflict `design.draft_taken`; NotFound.
        """
        if not SCHEME_ID.match(name):
            raise Refused("scheme.name", name=name)
        if not title.strip():
            raise Refused("design.title")
        if not 0 <= years <= 20:
            raise Refused("design.years")
        if any(one.name == name for one in self.published_schemes(place, package)):
            raise Conflict("design.draft_taken", name=name)
        declaration = self.bundle(place, package).package.declaration
        old = read_scheme(self.source(place, package, source), source)
        made, keys = scheme_file.next_year(old, declaration, name, title.strip(), years)
        self.copies.add_draft(place, package, name, scheme_file.written(made), source, keys, by)

    def draft_lines(self, place: str, package: str) -> list[tuple[SchemeDraft, str]]:
        """The drafts with what each calls itself."""
        return [(one, self.stored_scheme(one).title) for one in self.copies.drafts(place, package)]

    def draft(self, place: str, package: str, name: str, purpose: str = "plan") -> DraftView:
        """A draft with its findings. Raises NotFound `design.no_draft`."""
        found = self.copies.draft(place, package, name)
        scheme, findings = self.check_scheme(place, package, name, found.body, purpose)
        return DraftView(found, scheme, tuple(findings))

    def check_scheme(self, place: str, package: str, name: str, body: bytes, purpose: str = "plan") -> tuple[Scheme, list[Finding]]:
        """The scheme with defaults, and all findings, the place's organisations and posts among them."""
        people = self.system.people
        known = frozenset(one.id for one in people.organisations(place))
        scheme, bundle = self.read(body, f"schemes/{name}.yaml"), self.bundle(place, package)
        filled, findings = checked(bundle, scheme, self.system.calendar(place), purpose, known, lambda candidates: people.vacant(place, candidates))
        return filled, [*findings, *missing_stages(bundle, filled)]

    def stored_scheme(self, draft: SchemeDraft) -> Scheme:
        """A draft's own values and marks, without defaults."""
        return self.read(draft.body, f"schemes/{draft.name}.yaml")

    def check_made(self, place: str, package: str, name: str, scheme: Scheme) -> tuple[Scheme, list[Finding]]:
        """The same checks on a scheme that is not stored."""
        return self.check_scheme(place, package, name, scheme_file.written(scheme))

    def save_scheme(self, place: str, package: str, name: str, scheme: Scheme, unreviewed: Sequence[str], version: int, by: str) -> int:
        """Replaces a draft's values and marks; its new version. Raises Overwritten."""
        body = scheme_file.written(scheme_file.without_proposals(scheme, unreviewed))
        return self.copies.save_draft(place, package, name, body, unreviewed, version, by)

    def revise_scheme(self, place: str, package: str, hash: str, by: str) -> str:
        """A draft of a published scheme under its own name, to be changed and published again; its name. Raises Conflict `design.draft_taken`."""
        body = self.source(place, package, hash)
        name = read_scheme(body, hash[:12]).id
        self.copies.add_draft(place, package, name, body, hash, (), by)
        return name

    def scheme_since(self, place: str, draft: SchemeDraft) -> Since | None:
        """What was published since the draft was begun and is not in it; None while it is up to date."""
        library = self.system.library.schemes(draft.package) if draft.package in self.system.library.packages() else {}
        return published_since(draft, self.published_schemes(place, draft.package), {name: sha256(body).hexdigest() for name, body in library.items()})

    def changes_since(self, place: str, draft: SchemeDraft, since: Since) -> tuple[Change, ...]:
        """What that publication changed; where it is not known what the draft began from: how it differs from the draft."""
        began = self.source(place, draft.package, since.began) if since.began else draft.body
        return self.compare_scheme(place, draft.package, began, self.source(place, draft.package, since.newest.hash))

    def catch_up_scheme(self, place: str, package: str, name: str, by: str) -> CaughtUp | None:
        """The draft goes on from the newest publication; None when there is nothing new. Raises NotFound; Overwritten.

        What only the others changed is taken over where the draft is of the same scheme. What both changed, and what a new year's draft carried over
        from a version that is no longer the newest, stays and is to be looked at.
        """
        draft = self.copies.draft(place, package, name)
        since = self.scheme_since(place, draft)
        if since is None:
            return None
        theirs = self.read(self.source(place, package, since.newest.hash), since.newest.hash)
        began = self.read(self.source(place, package, since.began), since.began) if since.began else None
        found = caught_up(self.stored_scheme(draft), began, theirs, self.bundle(place, package).package.declaration, since.own)
        self.copies.save_draft(place, package, name, scheme_file.written(found.scheme), tuple(dict.fromkeys((*draft.unreviewed, *found.check))), draft.version, by,
                               since.newest.hash)
        return found

    def in_force(self, place: str, found: Proposal, at: datetime) -> PublishedPackage | PublishedScheme | None:
        """What a request is compared with: the version of its package, or of its scheme, that was in force at `at`."""
        own: Sequence[PublishedPackage | PublishedScheme] = (
            self.system.publications.packages(place, found.package) if found.kind == "package" else
            [one for one in self.published_schemes(place, found.package) if one.name == found.name])
        return next((one for one in own if one.published_at <= at and not (found.state == "approved" and one.hash == found.hash)), None)

    def compare_scheme(self, place: str, package: str, old: bytes, new: bytes) -> tuple[Change, ...]:
        """What is different between two scheme files."""
        declaration = self.bundle(place, package).package.declaration
        before, after = (self.read(body, package).with_defaults(declaration) for body in (old, new))
        return compare_schemes(before, after, declaration)

    # --- calendar ---------------------------------------------------------------------------------------------------------------------------

    def calendar_versions(self, place: str) -> list[CalendarVersion]:
        """Every version of every year."""
        return calendar_versions(self.system.database, place)

    def add_calendar(self, place: str, body: bytes, by: str) -> int:
        """Enters a table of a year, provisional until a second person confirms it; the year. The same again changes nothing.

        Raises: Invalid; Refused `design.calendar_family`; Conflict `calendar.label_taken`, for a deadline names its table by year and label alone.
        """
        year = read_calendar_year(body, "calendar.yaml")
        if year.family != "cn":
            raise Refused("design.calendar_family", family=year.family)
        provisional = unconfirmed(body)
        if read_calendar_year(provisional, "calendar.yaml").confirmed:
            raise Refused("design.calendar_confirms_itself")
        self.system.publications.add_calendar(place, year.year, provisional, by, guard=lambda tables: same_table(year, tables))
        self.system.published.forget_calendar(place)
        return year.year

    def confirm_calendar(self, place: str, year: int, version: str, by: str) -> None:
        """Confirms a year's table that somebody else entered. Raises Refused `design.own_calendar`; NotFound `calendar.unknown`."""
        found = next((one for one in self.calendar_versions(place) if (one.year, one.version) == (year, version)), None)
        if found is None:
            raise NotFound("calendar.unknown", year=year)
        if found.added_by == by:
            raise Refused("design.own_calendar")
        if found.added_by == GUESSED_BY and found.confirmed_at is None:
            raise Refused("design.calendar_guess", year=year)
        if found.confirmed_at is None:
            self.system.publications.confirm_calendar(place, year, version, by)
            self.system.published.forget_calendar(place)

    def affected_deadlines(self, place: str, table: CalendarYear, zone: tzinfo) -> list[AffectedDeadline]:
        """Open tasks whose deadline would fall on another day by that table; they keep theirs all the same, until somebody extends them."""
        now = self.system.calendar(place)
        then = replace(now, years={**now.years, table.year: table})
        found = []
        for one in open_deadlines(self.system.database, place):
            rule, starts_on, days = one.basis.get("rule"), str(one.basis.get("starts_on", "")), one.basis.get("days")
            if rule not in ("period", "printed_span") or not isinstance(days, int):
                continue
            try:
                before, after = (calendar.explain(rule, date.fromisoformat(starts_on), days, one.basis.get("unit", "working")).ends_on for calendar in (now, then))
            except (CalendarTooShort, ValueError):
                continue
            if before != after:
                found.append(AffectedDeadline(one.instance, one.task, one.name, one.campaign, local_date(one.due_at - timedelta(microseconds=1), zone), after))
        return found

    # --- another place ----------------------------------------------------------------------------------------------------------------------

    def export(self, place: str, package: str, of: str) -> bytes:
        """The package with all schemes that the place published, or the library has, as one archive."""
        files = self.files(place, package, of)
        schemes = {one.name: self.system.publications.scheme_body(place, one.hash) for one in reversed(self.published_schemes(place, package))}
        if of == LIBRARY:
            schemes = self.system.library.schemes(package) | schemes
        return archive.packed(files, schemes)

    def take_in(self, place: str, data: bytes, by: str) -> tuple[str, int]:
        """Makes an archive the working copy of its package and its schemes drafts; the package's name and how many schemes came along.

        Raises: Invalid with every problem of archive and package; Conflict `design.copy_open`. Then nothing is stored.
        """
        content = archive.unpacked(data)
        bundle = self.bundle_of(content.files)
        name = bundle.package.name
        taken = {one.name for one in self.copies.drafts(place, name)} | {one.name for one in self.published_schemes(place, name)}
        schemes = {id: read_scheme(body, f"schemes/{id}.yaml") for id, body in content.schemes.items()}
        if strange := [id for id, scheme in schemes.items() if scheme.package != name or scheme.id != id or not SCHEME_ID.match(id)]:
            raise Invalid([Finding("design.strange_scheme", f"schemes/{id}.yaml", details={"name": id}) for id in strange])
        new = {id: body for id, body in content.schemes.items() if id not in taken}
        declared = bundle.package.declaration
        drafts = {id: (body, tuple(key for key in declared.keys if value_at(schemes[id].values, key) is not None)) for id, body in new.items()}
        self.copies.take_in(place, name, content.files, drafts, by)
        return name, len(new)

    def roles(self, place: str) -> dict[str, str]:
        """Role code → label of all packages in force, and the house's own two."""
        found = {"administrator": "管理员", "auditor": "审计员"}
        for line in self.packages(place):
            try:
                found |= {code: role.label for code, role in self.bundle(place, line.name).package.roles.items()}
            except (Invalid, NotFound):
                continue
        return found

    def read_people(self, place: str, data: bytes, name: str) -> Roster:
        """The rows of a spreadsheet, nothing stored. Raises Invalid with every problem, each by its cell."""
        organisations = self.system.people.organisations(place)
        codes = frozenset(one.code for one in organisations if one.code)
        known = Known({one.id: one.name for one in organisations}, person_ids(self.system.database, place), codes, self.roles(place))
        return read_roster(data, name, known)

    def import_people(self, place: str, data: bytes, name: str, by: str) -> Roster:
        """Stores the rows of a spreadsheet, all or nothing. Raises Invalid; Conflict `people.changed`."""
        roster = self.read_people(place, data, name)
        store_roster(self.system.database, place, roster.organisations, roster.people, roster.posts, by)
        return roster

    def people_template(self, place: str) -> bytes:
        """An empty spreadsheet with the headings, and the place's organisations and roles to pick from."""
        return template(self.roles(place), {one.id: one.name for one in self.system.people.organisations(place)})

    def issue_login(self, place: str, person: str, login: str) -> str:
        """Opens the person's account, or gives it another password; the password, to be handed over once. Raises NotFound; Refused `identity.login_taken`."""
        if person not in self.system.people.names(place, [person]):
            raise NotFound("web.no_such_person")
        if not login.strip():
            raise Refused("design.title")
        password = "-".join("".join(secrets.choice(PLAIN) for _ in range(4)) for _ in range(4))
        self.system.identity.set_password(place, person, login.strip(), password)
        return password

    def found_place(self, place: str, title: str, kind: str, zone: str, administrator: Mapping[str, str], by: str, starts_at: datetime | None = None) -> None:
        """A new place with its first organisation and administrator (`name`, `login`, `password`); nobody else sees anything of it.

        Raises: Refused `design.place_id`, `design.title`, `place.taken`, `identity.password_length`.
        """
        if not PLACE_ID.match(place):
            raise Refused("design.place_id", place=place)
        if not title.strip() or not administrator["name"].strip() or not administrator["login"].strip():
            raise Refused("design.title")
        if not passwords.SHORTEST <= len(administrator["password"]) <= passwords.LONGEST:
            raise Refused("identity.password_length", shortest=passwords.SHORTEST, longest=passwords.LONGEST)
        self.system.create_place(place, title.strip(), kind, zone, starts_at)  # its calendars come with the program, not from the founder
        people, id = self.system.people, "administrator"
        people.add_organisation(place, "head", title.strip(), "机关", by=by)
        people.add_post(place, "head.administrator", "head", "administrator", "管理员", "heads", by=by)
        people.add_person(place, id, administrator["name"].strip(), by=by)
        people.grant(place, id, "head.administrator", by=by)
        self.system.identity.set_password(place, id, administrator["login"].strip(), administrator["password"])


def missing_stages(bundle: Bundle, scheme: Scheme) -> list[Finding]:
    """Stages that the package's diagrams name and the scheme has not: an error where a date is read from one, a warning where it only places a step."""
    texts = [bundle.files[name] for name in bundle.package.diagrams]
    read, drawn = ({one.decode() for text in texts for one in pattern.findall(text)} for pattern in (STAGE_READ, STAGE_DRAWN))
    found = []
    for key, parameter in bundle.package.declaration.keys.items():
        stages = value_at(scheme.values, key)
        if parameter.type == "stages" and isinstance(stages, Mapping):
            for id in sorted((read | drawn) - set(stages)):
                found.append(scheme.finding("design.stage_used", key, "error" if id in read else "warning", stage=id))
    return found


def same_table(new: CalendarYear, stored: Sequence[StoredCalendar]) -> str | None:
    """The stored version that says what `new` says under its label; None when the label is free. Raises Conflict `calendar.label_taken`."""
    tables = {one.version: read_calendar_year(one.body, "calendar.yaml") for one in stored}
    for version, table in tables.items():
        if replace(table, confirmed=new.confirmed) == new:
            return version
    labels = {table.version for table in tables.values()}
    if new.version in labels:
        raise Conflict("calendar.label_taken", year=new.year, label=new.version, next=next_label(labels))
    return None


def unconfirmed(body: bytes) -> bytes:
    """A calendar file that does not confirm itself: that is for a second person."""
    return re.sub(rb"(?m)^confirmed:\s*true\s*$", b"confirmed: false", body)

