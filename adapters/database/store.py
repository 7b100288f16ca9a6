"""The one write path: lock, idempotency, moment, due timers, step, entry and rows, commit; what a step does is the engine's."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from time import sleep
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import CLOCK, database_now
from adapters.database.connection import Busy, Database, Lost, OutOfBounds, Query, Row, Taken, Transaction, bind
from adapters.database.effects import Effects
from adapters.database.facts import StoredFacts, held_by
from adapters.database.flush import Flush, Head
from adapters.database.journal import EARLIER, Journal, digest_of
from adapters.database.moments import NEVER, restored, stored
from adapters.database.personal import Keys, Personal, PersonalStore
from adapters.database.shapes import read_instance
from adapters.database.source import StoredSource, of_command
from engine.commands import AmendScheme, CancelByParent, FailJob, FinishJob, FireTimer, Start, to_json
from engine.engine import step
from engine.engine import why_not as reason_not
from engine.events import from_entry, to_seal
from engine.execution.rows import InstanceRow, Nothing, TimerRow
from engine.execution.workspace import MODULUS, Workspace
from engine.facts import Facts, Recording
from engine.journal.entry import GENESIS, Entry
from engine.refusals import Conflict, NotFound, Refused

TRIES = 5  # how often a write is begun again that the database undid
MOST_TIMERS = 1000  # fired before one command; the rest fire with the next or by the clock
_dice = SystemRandom()

_i, _p = schema.instance.c, schema.place.c
_place, _id = bind("place"), bind("id")
_HEAD = (
    _i.id, _i.process, _i.package, _i.scheme, _i.org, _i.parent, _i.parent_scope, _i.root, _i.path, _i.title, _i.state, _i.outcome, _i.started_at,
    _i.ended_at, _i.counters, _i.doomed_by, _i.seq, _i.last_at, _i.head, _i.state_hash, _i.timer_at, _p.clock_offset, database_now())
_INSTANCE = (
    sa.select(*_HEAD)
    .join(schema.place, _p.place == _i.place).where(_i.place == _place, _i.id == _id))
_LOCKED = _INSTANCE.with_for_update(of=schema.instance)
_OF_COMMAND, _WITH_INSTANCE, _WIDTH = of_command(), of_command(*_HEAD), len(_HEAD)


class Definitions(Protocol):
    """What was published, parsed and kept by the composition root."""

    def graphs(self, place: str, package: str) -> Any:
        """The package's graph set. Raises NotFound `package.unknown`."""

    def facts(self, place: str, package: str, scheme: str, now: datetime, answer: Callable[..., Any]) -> Facts:
        """What a step on that package and scheme may know at `now`; `answer` is asked for the named facts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command: the entry it made, at once or when it was sent before (`repeated`)."""

    instance: str
    seq: int
    at: datetime
    events: tuple[Any, ...]
    repeated: bool = False


Alongside = Callable[[Transaction, int], None]  # done in the same transaction, before the commit; gets the entry's number


@dataclass(frozen=True, slots=True)
class Sent:
    """A command with what belongs to it outside the engine."""

    command: Any
    command_id: str = ""
    personal: Sequence[Personal] = ()
    alongside: Alongside | None = None  # fencing of a job, attaching of files
    digest: str | None = None
    fields: Any = None  # the command's own fields as JSON, where they are known already


class Store:
    """Carries out commands on instances. One per process, for all places; safe to use from many threads."""

    def __init__(self, database: Database, definitions: Definitions, keys: Keys, engine: str = "1") -> None:
        """`engine`: the engine's version, which every entry names."""
        self.database, self.definitions, self.engine = database, definitions, engine
        self.flush, self.effects, self.journal = Flush(database), Effects(database), Journal(database)
        self.personal = PersonalStore(database, keys)

    def start(self, place: str, command: Start, command_id: str = "", personal: Sequence[Personal] = (), alongside: Alongside | None = None) -> Answer:
        """Starts `command.instance`. The same `command_id` again gives the first answer, whatever id the instance was to get.

        Raises: Refused, Invalid, NotFound `place.unknown`, Conflict `command.other_body`, Busy.
        """
        sent = self._sent(place, "", command, command_id, personal, alongside)
        return again(lambda: self._started(place, sent), bool(command_id))

    def handle(self, place: str, instance: str, command: Any, command_id: str = "", personal: Sequence[Personal] = (),
               alongside: Alongside | None = None) -> Answer:
        """Carries out `command` on an instance, its due timers first.

        Raises: Refused and its kinds, InvalidAnswers; NotFound `instance.unknown`; Conflict `command.other_body`; Busy. Then nothing was stored.
        """
        sent = self._sent(place, instance, command, command_id, personal, alongside)
        return again(lambda: self._handled(place, instance, sent), bool(command_id))

    def fire_due(self, place: str, *instances: str) -> int:
        """Fires the timers of instances that are due now, all in one transaction; how many there were. When one fails, none has fired."""
        return again(lambda: self._fired(place, instances))

    def why_not(self, place: str, instance: str, command: Any) -> Refused | None:
        """Why `command` would be refused now; None when it would be carried out. Nothing is stored."""
        with self.database.looking() as transaction:
            try:
                run = Run(self, transaction, place, instance, _INSTANCE)
                run.refuse_doomed(command)
            except Refused as refused:
                return refused
            return reason_not(run.workspace, run.graphs(), command, run.facts(command))

    def _sent(self, place: str, instance: str, command: Any, command_id: str, personal: Sequence[Personal], alongside: Alongside | None) -> Sent:
        if not command_id:
            return Sent(command, "", personal, alongside)
        fields = to_json(command)
        # The id of what is started is chosen anew by a repeated request, so it is no part of what was asked.
        asked = [instance, fields] if instance else {**fields, "instance": ""}
        digest = digest_of(type(command).__name__, asked, self.personal.digests(place, personal))
        return Sent(command, command_id, personal, alongside, digest, fields)

    def _started(self, place: str, sent: Sent) -> Answer:
        with self.database.writing() as transaction:
            clock, *found = transaction.gather((CLOCK, {"place": place}), *([_earlier(place, sent)] if sent.digest else []))
            earlier = self.answered(sent, found[0]) if found else None
            return earlier or Run(self, transaction, place, sent.command.instance, clock).carry_out(sent)

    def _handled(self, place: str, instance: str, sent: Sent) -> Answer:
        with self.database.writing() as transaction:
            run = Run(self, transaction, place, instance, _LOCKED, sent)
            if run.earlier is not None:
                return run.earlier
            run.refuse_doomed(sent.command)
            run.fire_due()
            return run.carry_out(sent)

    def _fired(self, place: str, instances: Sequence[str]) -> int:
        with self.database.writing() as transaction:
            runs = (Run(self, transaction, place, instance, _LOCKED) for instance in instances)
            return sum(0 if run.doomed_by else run.fire_due() for run in runs)

    def answered(self, sent: Sent, found: Sequence[Sequence[Any]]) -> Answer | None:
        """The answer that was given when this very command came before, from the rows of `EARLIER`."""
        entry = self.journal.earlier(found, sent.command_id, sent.digest)
        return None if entry is None else Answer(entry.stream, entry.seq, entry.at, from_entry(entry.events), repeated=True)


def _earlier(place: str, sent: Sent) -> Query:
    return EARLIER, {"place": place, "actor": sent.command.actor, "id": sent.command_id}


class Run:
    """One transaction's way through one instance: what was loaded, how far its stream has come, at which moment."""

    def __init__(self, store: Store, transaction: Transaction, place: str, instance: str, locked: sa.Select[Any] | Sequence[Row],
                 sent: Sent | None = None) -> None:
        """`locked`: how the instance's row is read; or the rows of `CLOCK`: it is about to start. `sent`: what will be carried out, to fetch ahead for it."""
        self._store, self._transaction, self._place, self._instance = store, transaction, place, instance
        self.source = StoredSource(transaction, place, instance)
        self.doomed_by: str | None = None
        self.earlier: Answer | None = None
        self._turned: tuple[object, ...] | None = None  # what of the instance stands in indexes, when it was read
        self._timer_at: int | None = None  # no timer of the instance falls due before
        self._held: dict[str, list[Row]] = {}  # what people hold, once it was asked
        if isinstance(locked, sa.Select):
            self._load(transaction, place, locked, sent)
        else:
            self._begin(place, locked)

    def _begin(self, place: str, clock: Sequence[Row]) -> None:
        if not clock:
            raise NotFound("place.unknown", place=place)
        offset, self.database_now = clock[0]
        self.workspace = Workspace(Nothing())
        self.seq, self.head, self.state_hash = 0, GENESIS, 0
        self.at = offset + self.database_now

    def _load(self, transaction: Transaction, place: str, locked: sa.Select[Any], sent: Sent | None) -> None:
        """The lock first; what stands behind it in the same journey is read after it was granted."""
        ahead: list[Query] = [(locked, {"place": place, "id": self._instance})]
        at_once = sent is not None and self._store.database.lite  # the whole file is locked already, and a question costs no journey
        if sent is not None:
            actor = sent.command.actor
            wanted = self.source.command_query(getattr(sent.command, "task", ""), actor, sent.command_id, _WITH_INSTANCE if at_once else _OF_COMMAND)
            if at_once:
                ahead = [wanted]
            else:
                ahead += [wanted, held_by(place, actor, self._instance)] if actor else [wanted]
        found, *more = transaction.gather(*ahead)
        if not found:
            raise NotFound("instance.unknown", instance=self._instance)
        head = read_instance(found[0])
        self.workspace = Workspace(self.source, head)
        self.doomed_by, self.seq, last_at, self.head, state_hash, self._timer_at, offset, self.database_now = found[0][15:_WIDTH]
        self.state_hash = int(state_hash, 16)
        self._turned = _turning(head)
        # A wait for the lock lies behind this clock's reading; the last entry's moment is the lower bound in any case.
        self.at = max(offset + self.database_now, last_at)
        if sent is not None:
            self.earlier = self._store.answered(sent, self.source.fetched([row[_WIDTH:] for row in found] if at_once else more[0]))
            if len(more) > 1:
                self._held[sent.command.actor] = more[1]

    def graphs(self, package: str = "") -> Any:
        return self._store.definitions.graphs(self._place, package or self.workspace.head.package)

    def facts(self, command: Any) -> Recording:
        """Facts at this transaction's moment, with the named ones recorded as they are asked for."""
        match command:
            case Start():
                head = _about_to_start(command)
            case _:
                head = self.workspace.head
        scheme = command.scheme if isinstance(command, AmendScheme) else head.scheme  # what is computed anew follows the amended one
        answer = StoredFacts(self._transaction, self._place, head, self.at, self._held)
        return Recording(self._store.definitions.facts(self._place, head.package, scheme, restored(self.at), answer))

    def refuse_doomed(self, command: Any) -> None:
        """Raises Refused `instance.cancelled_above` unless the command brings that cancellation itself or ends a job."""
        if self.doomed_by is not None and not isinstance(command, CancelByParent | FinishJob | FailJob):
            raise Refused("instance.cancelled_above", instance=self._instance, ancestor=self.doomed_by)

    def fire_due(self) -> int:
        """Fires the due timers, each with its own entry; how many there were."""
        fired = 0
        while fired < MOST_TIMERS and self._timer_at is not None and self._timer_at <= self.at:
            due = self.source.next_timer()
            self._timer_at = None if due is None else due[1]
            if due is not None and due[1] <= self.at:
                sent = Sent(FireTimer(due[0]))
                entry, _ = self._step(sent)
                self._write(entry, sent)
                fired += 1
        return fired

    def carry_out(self, sent: Sent) -> Answer:
        """The command's own step, and the commit."""
        entry, events = self._step(sent)
        self._write(entry, sent)
        return Answer(self._instance, entry.seq, entry.at, events)

    def _step(self, sent: Sent) -> tuple[Entry, tuple[Any, ...]]:
        """Lets the engine decide, writes what follows, and puts the entry together."""
        command = sent.command
        facts = self.facts(command)
        events = step(self.workspace, self.graphs(command.package if isinstance(command, Start) else ""), command, facts)
        transaction, place, now, seq = self._transaction, self._place, self.database_now, self.seq + 1
        self.changes = self.workspace.changes()
        self.state_hash = (self.state_hash + self.changes.hash_change) % MODULUS
        head = self.changes.instance
        self._store.effects(transaction, place, head, seq, self.at, now, events, self.workspace.tasks.get)
        if sent.alongside is not None:
            sent.alongside(transaction, seq)
        self._store.flush.rows(transaction, place, self.changes, self.source, command.actor, now)
        transaction.hasten()
        personal = self._store.personal.sealed(transaction, place, self._instance, seq, sent.personal, now)
        return Entry(
            self._instance, seq, facts.now, command.actor, type(command).__name__, sent.fields or to_json(command), to_seal(events), command.on_behalf_of,
            sent.command_id, facts.taken(), head.package, head.scheme, self._store.engine, personal, f"{self.state_hash:064x}", self.head), events

    def _write(self, entry: Entry, sent: Sent) -> None:
        """Stores the entry and the instance's row, and moves on behind them."""
        transaction, place = self._transaction, self._place
        written = self._store.journal.append(transaction, place, entry, sent.digest)
        self.seq, self.head = entry.seq, written.hash
        for timer in self.changes.saved.get(TimerRow, {}).values():
            self._timer_at = min(stored(timer.due_at), NEVER if self._timer_at is None else self._timer_at)  # type: ignore[union-attr, arg-type]
        turned = _turning(self.changes.instance)
        head = Head(entry.seq, self.at, written.hash, entry.state_hash, self._timer_at, entry.actor if entry.seq == 1 else None, turned != self._turned)
        self._turned = turned
        self._store.flush.instance(transaction, place, self.changes.instance, head)
        self.source.stepped()
        self._store.personal.project(transaction, place, self._instance, entry.seq, sent.personal)


def _turning(head: InstanceRow) -> tuple[object, ...]:
    return head.scheme, head.org, head.title, head.state, head.outcome, head.ended_at


def _about_to_start(start: Start) -> InstanceRow:
    """The row as far as facts need it before there is one."""
    return InstanceRow(start.instance, start.process, start.package, start.scheme, start.org, start.parent, start.parent_scope,
                       start.root or start.instance, start.path)


T = TypeVar("T")


def again(write: Callable[[], T], repeatable: bool = True) -> T:
    """Carries out a write, and begins it anew when the database undid it, was gone for a moment, or another was quicker with the same key.

    `repeatable`: a second time does no harm when nobody knows whether the first one was committed.
    Raises: Busy or Conflict `store.away` when that happened too often, Conflict `store.unsure`; what the write raises.
    """
    for tried in range(TRIES):
        try:
            return write()
        except (Busy, Taken) as undone:
            if isinstance(undone, Taken) and tried:
                raise Conflict("store.taken") from undone  # twice the same: not a race, the key is in use
            if tried == TRIES - 1:
                raise Busy from None
        except Lost as lost:
            if lost.unknown and (not repeatable or tried == TRIES - 1):
                raise Conflict("store.unsure") from lost
            if tried == TRIES - 1:
                raise Conflict("store.away") from lost
        except OutOfBounds as bound:
            raise Refused("store.bounds") from bound
        sleep(_dice.uniform(0, 0.02 * 2**tried))
    raise AssertionError("unreachable")
