"""Builds every adapter once and joins them for pages, command line, worker and tests; decides nothing itself."""
from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, reset_tzpath

from adapters.database import clock as clocks
from adapters.database import places, schema
from adapters.database.blobs import Attachment, BlobRows
from adapters.database.clock import CLOCK
from adapters.database.connection import Transaction, open_database
from adapters.database.desk import Desk
from adapters.database.drafts import Drafts
from adapters.database.outbox import Message, mark_read, post_notices
from adapters.database.people import People
from adapters.database.personal import Personal
from adapters.database.publications import Publications
from adapters.database.queries import Queries
from adapters.database.receipts import stream_of
from adapters.database.store import Answer, Store
from adapters.database.upgrade import upgrade
from adapters.database.worker import Worker
from adapters.definitions.folder import Library
from adapters.definitions.published import Published
from adapters.definitions.publishing import scheme_findings
from adapters.documents import Documents
from adapters.files import Files
from adapters.identity import Identity, accounts
from adapters.keys import KeyFolder
from adapters.notifications import channels
from adapters.system import checks, wording
from adapters.system.starting import Waiting
from engine.bpmn.graph import Process
from engine.bundle import Bundle
from engine.commands import Command, Complete, Start
from engine.execution.rows import InstanceRow
from engine.feel import Environment, Expression, parse
from engine.journal.canonical import canonical_bytes, checked
from engine.refusals import Finding, Invalid, NotFound, Refused
from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.functions import DEFAULT_ZONE, NAMES
from engine.scheme.scheme import Scheme, value_at
from forms.answers import Lookup
from forms.form import Form

reset_tzpath(to=[])  # time zones come from the pinned tzdata package, not from whatever the machine has
VERSION = "1"  # of the engine, in every entry
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between machines. `home` keeps database file, keys and blobs; `root` the folders `processes/` and `forms/`."""

    home: Path
    database: str = ""  # empty: SQLite below `home`
    root: Path = ROOT
    mail: channels.Mail | None = None
    destinations: Mapping[str, channels.Destination] = field(default_factory=dict)
    address: str = ""  # under which browsers reach the pages, for links in mails; empty: mails have none

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.home / 'banli.db'}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """`BANLI_HOME` (default `var`), `BANLI_DATABASE`, `BANLI_ADDRESS`, `BANLI_SMTP_{HOST,PORT,SENDER,USER,PASSWORD}`."""
        mail = None
        if host := environment.get("BANLI_SMTP_HOST"):
            mail = channels.Mail(host, int(environment.get("BANLI_SMTP_PORT", "25")), environment.get("BANLI_SMTP_SENDER", f"banli@{host}"),
                                 environment.get("BANLI_SMTP_USER", ""), environment.get("BANLI_SMTP_PASSWORD", ""))
        return cls(Path(environment.get("BANLI_HOME", ROOT / "var")), environment.get("BANLI_DATABASE", ""), mail=mail, address=environment.get("BANLI_ADDRESS", "").rstrip("/"))


@dataclass(frozen=True, slots=True)
class Task:
    """An open task with what its form needs."""

    element: str
    form: Form | None
    lookup: Lookup


class System:
    """Everything that a page, a command or a test may ask for. One per process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.home.mkdir(parents=True, exist_ok=True)
        self.database = open_database(settings.url)
        upgrade(self.database, (schema.metadata, accounts.metadata))
        self.identity = Identity(self.database)
        self.keys = KeyFolder(settings.home / "keys")
        self.library = Library(settings.root)
        self.publications = Publications(self.database)
        self.published = Published(self.publications)
        self.people = People(self.database)
        self.queries = Queries(self.database)
        self.drafts = Drafts(self.database, self.keys)
        self.desk = Desk(self.database)
        self.documents = Documents()
        self.blobs = BlobRows(self.database, self.keys)
        self.files = Files(settings.home / "files", self.blobs, self.keys)
        self.store = Store(self.database, self.published, self.keys, VERSION)
        self.worker = Worker(self.store, self.deliver)
        self.webhooks = channels.Webhook(settings.destinations)
        self.admit: Callable[[str], None] = lambda place: None  # raises while a place takes no new starts (adapters/system/health.py)

    # --- places and time ----------------------------------------------------------------------------------------------------------

    def create_place(self, place: str, title: str, kind: str = "live", zone: str = "Asia/Shanghai", starts_at: datetime | None = None, by: str = "system") -> None:
        """A place with the calendars that the library has; those confirmed in their file count as confirmed."""
        clocks.create_place(self.database, place, title, kind, zone, starts_at)
        for name, body in self.library.calendars().items():
            year = read_calendar_year(body, name)
            self.publications.add_calendar(place, year.year, body, by, confirmed=year.confirmed)

    def clock(self, place: str) -> datetime:
        """The place's business time."""
        with self.database.looking() as transaction:
            return clocks.now_in(transaction, place)

    def advance(self, place: str, to: datetime) -> int:
        """Lets a demo or rehearsal place's time pass up to `to`, doing on the way what falls due, in order; how many things were done."""
        done = self.run_due(place)
        while (due := self.next_due(place)) is not None and due <= to:
            self._forward(place, due)
            done += self.run_due(place)
        self._forward(place, to)
        return done + self.run_due(place)

    def _forward(self, place: str, to: datetime) -> None:
        """Sets the clock to `to` unless it went on by itself beyond it meanwhile."""
        try:
            clocks.advance(self.database, place, to)
        except Refused as refused:
            if refused.code != "clock.backwards":
                raise

    def next_due(self, place: str) -> datetime | None:
        """The moment of the next armed timer."""
        return places.next_due(self.database, place)

    def calendar(self, place: str) -> Calendar:
        return self.published.calendar(place)

    # --- publishing ---------------------------------------------------------------------------------------------------------------

    def check_package(self, files: Mapping[str, bytes]) -> Bundle:
        """The package with its notes. Raises Invalid with every problem, the OMG schema's among them."""
        return checks.check_package(files)

    def publish(self, place: str, files: Mapping[str, bytes], by: str, approved_by: str | None = None) -> Bundle:
        """Checks and stores a package. Raises Invalid; then nothing is stored."""
        bundle = self.check_package(files)
        package = bundle.package
        waiting = Waiting(self, place, bundle)
        self.publications.publish_package(place, package.name, package.version, package.title, files, by, approved_by, waiting.arm)
        return replace(bundle, notes=(*bundle.notes, *waiting.findings("warning")))

    def check_scheme(self, bundle: Bundle, body: bytes, file: str, purpose: str = "plan", place: str | None = None) -> tuple[Scheme, list[Finding]]:
        """The scheme and all findings; with a place also against its organisations, posts and calendar. Raises Invalid when it is none at all."""
        if place is None:
            return checks.check_scheme(self.library, bundle, body, file, purpose)
        known = frozenset(one.id for one in self.people.organisations(place))
        return scheme_findings(bundle, body, file, self.calendar(place), purpose, known, lambda candidates: self.people.vacant(place, candidates))

    def publish_scheme(self, place: str, bundle: Bundle, body: bytes, file: str, by: str, approved_by: str | None = None) -> tuple[str, Scheme]:
        """Checks and stores a scheme of a published package; its hash. Raises Invalid with every problem; then nothing is stored."""
        scheme, findings = self.check_scheme(bundle, body, file, "publish", place)
        if any(one.severity == "error" for one in findings):
            raise Invalid(findings)
        waiting = Waiting(self, place, bundle, sha256(body).hexdigest(), scheme)
        if unarmed := waiting.findings("error"):
            raise Invalid([*findings, *unarmed])
        return self.publications.publish_scheme(place, bundle.package.name, scheme.id, scheme.title, body, by, approved_by, waiting.arm), scheme

    # --- work ---------------------------------------------------------------------------------------------------------------------

    def begin(self, place: str, package: str, scheme: str, actor: str, command_id: str = "") -> Answer:
        """Publishes a package and a scheme of the library as they are now and starts the campaign of its lead body.

        Raises: Invalid with every problem, what the engine refuses.
        """
        bundle = self.publish(place, self.library.package(package), actor)
        hash, found = self.publish_scheme(place, bundle, self.library.scheme(package, scheme), f"schemes/{scheme}.yaml", actor)
        org = str(value_at(found.values, "issuers.lead.org") or "")
        return self.start(place, bundle.hash, hash, actor, command_id, org)

    def start(self, place: str, package: str, scheme: str, actor: str, command_id: str = "", org: str = "", title: str = "") -> Answer:
        """Starts a campaign: an instance of the package's entry process."""
        self.admit(place)
        bundle = self.published.bundle(place, package)
        title = title or self.published.scheme(place, package, scheme).title
        command = Start(actor, secrets.token_hex(16), bundle.package.entry, package, scheme, org, title)
        return self.store.start(place, command, command_id)

    def message(self, place: str, name: str, parent: str, actor: str, payload: Mapping[str, Any], command_id: str = "",
                personal: Mapping[str, Any] | None = None, files: Mapping[str, Sequence[str]] | None = None) -> Answer:
        """Starts under `parent` the process that the message `name` starts (a nomination, a registration, an objection).

        `files`: field → ids of the actor's own files that the new instance takes in; they are about whom its personal values are about.

        Raises: NotFound for an unknown parent or message; what the engine refuses.
        """
        self.admit(place)
        head = self.head(place, parent)
        process, element = self._started_by(place, head.package, head.process, name)
        instance = secrets.token_hex(16)
        command = Start(actor, instance, process.id, head.package, head.scheme, head.org, start=element, payload=checked(dict(payload)),
                        parent=parent, root=head.root, path=head.path)
        taken = [Attachment(id, instance, "", field_) for field_, ids in (files or {}).items() for id in ids]
        return self.store.start(place, command, command_id, self._personal(instance, name, personal or {}), self._attaching(place, instance, actor, taken))

    def _attaching(self, place: str, instance: str, owner: str, files: Sequence[Attachment]) -> Callable[[Transaction, int], None] | None:
        """What ties the owner's files to the instance in the command's own transaction; None without any."""
        def attach(transaction: Transaction, seq: int) -> None:
            offset, now = transaction.row(CLOCK, place=place) or (0, 0)
            for each in files:
                self.blobs.attach(transaction, place, instance, owner, each, now)

        return attach if files else None

    def came_to(self, place: str, actor: str, command_id: str) -> str | None:
        """The instance in which this command of the actor's was carried out; None when it was not."""
        return stream_of(self.database, place, actor, command_id)

    def _started_by(self, place: str, package: str, parent: str, message: str) -> tuple[Process, str]:
        for process in self.published.bundle(place, package).graphs.processes.values():
            if process.started_under[0] != parent:
                continue
            for id in process.body.starts:
                if any(one.kind == "message" and one.ref is not None and one.ref.name == message for one in process.nodes[id].events):
                    return process, id
        raise NotFound("message.unknown", name=message)

    def handle(self, place: str, instance: str, command: Command, command_id: str, personal: Sequence[Any] = ()) -> Answer:
        """Carries out a command. Raises what the engine refuses; then nothing is stored."""
        return self.store.handle(place, instance, command, command_id, personal)

    def complete(self, place: str, actor: str, instance: str, task: str, outcome: str, opinion: str, raw: Mapping[str, Any], command_id: str) -> Answer:
        """办理: reads the answers through the task's form and completes it. Raises InvalidAnswers with every problem, what the engine refuses."""
        open_task = self.task(place, instance, task)
        public: dict[str, Any] = {}
        personal: Mapping[str, Any] = {}
        attachments: list[Attachment] = []
        if open_task.form is not None:
            read = open_task.form.read(raw, open_task.lookup, task=open_task.element, outcome=outcome, opinion=opinion, files=self._file_of(place, actor))
            public, personal = dict(read.public), read.personal
            attachments = self._attachments(place, actor, instance, task, open_task.form, {**read.public, **read.personal})
            if read.identity:  # the keyed digest that finds the same person again without saying who it is
                public["identity"] = self.keys.digest(place, canonical_bytes(list(read.identity)))
        about = self._personal(instance, open_task.form.id if open_task.form else "", personal)
        command = Complete(actor, task, outcome, opinion, checked(public), tuple(one.subject for one in about))
        answer = self.store.handle(place, instance, command, command_id, about, self._attaching(place, instance, actor, attachments))
        self.drafts.finish(place, instance, task)
        return answer

    def _file_of(self, place: str, actor: str) -> Callable[[str], Mapping[str, Any] | None]:
        """What is known of an uploaded file that the actor may use; None for any other."""
        def known(id: str) -> Mapping[str, Any] | None:
            try:
                found = self.files.info(place, actor, id)
            except NotFound:
                return None
            return {"id": found.id, "name": found.name, "type": found.type, "size": found.size}

        return known

    def _attachments(self, place: str, actor: str, instance: str, task: str, form: Form, answers: Mapping[str, Any]) -> list[Attachment]:
        """The files that come new with these answers; those of an earlier round are the instance's already."""
        found = []
        for field_ in form.fields():
            for file in (answers.get(field_.id) or ()) if field_.kind == "files" else ():
                blob, _ = self.blobs.readable(place, actor, file["id"])
                if blob.instance != instance:
                    found.append(Attachment(blob.id, instance, task, field_.id))
        return found

    def _personal(self, instance: str, group: str, values: Mapping[str, Any]) -> tuple[Personal, ...]:
        """One data subject an instance: its id is as random as the instance's."""
        kept = {name: value for name, value in values.items() if value not in (None, "", [])}
        return (Personal(instance, group, kept),) if kept else ()

    def why_not(self, place: str, instance: str, command: Command) -> Refused | None:
        return self.store.why_not(place, instance, command)

    def run_due(self, place: str) -> int:
        """Timers, jobs and messages until quiet; how many things were done."""
        return self.worker.run_due(place)

    # --- what forms and pages need of the engine ------------------------------------------------------------------------------------

    def head(self, place: str, instance: str) -> InstanceRow:
        """The head row of an instance, whoever asks: for the system's own use. Raises NotFound."""
        return places.head_of(self.database, place, instance)

    def form(self, place: str, package: str, form: str) -> Form | None:
        """A form of a published package; None for a task without one."""
        found: Form | None = self.published.bundle(place, package).graphs.forms.get(form)
        return found

    def task(self, place: str, instance: str, task: str) -> Task:
        """A task with its form and what the form's expressions see. Raises NotFound."""
        head = self.head(place, instance)
        row, names = places.task_with_names(self.database, place, instance, task)
        return Task(row.element, self.form(place, head.package, row.form), self._lookup(place, head, names))

    def lookup(self, place: str, instance: str, task: str) -> Lookup:
        """What evaluates the expressions of the task's form."""
        return self.task(place, instance, task).lookup

    def _lookup(self, place: str, head: Any, names: Mapping[str, Any]) -> Lookup:
        facts = self.published.facts(place, head.package, head.scheme, self.clock(place), lambda name, **args: None)
        scope = {"scheme": facts.scheme, "org": head.org, "instance": head.id, **names}
        environment = Environment(facts.now, facts.zone, facts.functions)  # type: ignore[arg-type]

        def look_up(expression: str, answers: Mapping[str, Any]) -> Any:
            return _parsed(expression)({**scope, **answers}, environment)

        return look_up

    def public_notices(self, place: str) -> list[places.OpenNotice]:
        """What anybody may read."""
        return places.public_notices(self.database, place)

    def mark_read(self, place: str, person: str, notices: Sequence[str] | None = None) -> None:
        """The person has seen these notices of theirs, without a list all there are."""
        unread = [notice.id for notice in self.queries.notices(place, person, 10_000) if not notice.read and (notices is None or notice.id in notices)]
        mark_read(self.database, place, person, unread, self.clock(place))

    # --- messages -------------------------------------------------------------------------------------------------------------------

    def deliver(self, message: Message) -> None:
        """Puts a message before its people; it leaves the house from live places only, in others it is captured here."""
        people = self.people.holders(message.place, message.to)
        at = self.clock(message.place)
        post_notices(self.database, message, people, at)
        if self.settings.mail is None or all(one.kind != "live" for one in self.places() if one.id == message.place):
            return
        title, body = self.letter(message)
        for person, address in self.people.emails(message.place, people).items():
            self.settings.mail.send(channels.Message(f"{message.id}.{person}", address, title, body))

    def places(self) -> list[places.Place]:
        """All places of this installation."""
        return places.places(self.database)

    def letter(self, message: Message) -> tuple[str, str]:
        """Title and body of a message's mail."""
        head = self.head(message.place, message.instance)
        scheme = self.published.scheme(message.place, head.package, head.scheme).values if head.scheme else {}
        zone = ZoneInfo(str(scheme.get("zone") or DEFAULT_ZONE))
        link = f"{self.settings.address}/tasks/{message.instance}/{message.task}" if message.task else f"{self.settings.address}/instances/{message.instance}"
        link = link if self.settings.address else ""
        ours = wording.of_task(message.template, message.params, head.title, link, zone, lambda people: self.people.names(message.place, people))
        if ours is not None:
            return ours
        campaign = head if message.campaign in ("", head.id) else self.head(message.place, message.campaign)
        place = next(one.title for one in self.places() if one.id == message.place)
        return self.words(message.place, message.instance, message.template, {
            **wording.written(message.params, zone), "campaign": campaign.title, "place": place, "link": link})

    def words(self, place: str, instance: str, template: str, params: Mapping[str, Any]) -> tuple[str, str]:
        """Title and body of a notification with a text of its package."""
        head = self.head(place, instance)
        text = self.published.bundle(place, head.package).texts.get(template)
        return (template, "") if text is None else text.filled(params)


@lru_cache(maxsize=2048)
def _parsed(expression: str) -> Expression:
    return parse(expression.removeprefix("="), names=NAMES)
