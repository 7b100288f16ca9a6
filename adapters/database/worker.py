"""Lets time pass in a place: fires due timers, carries out jobs, sends messages, numbers the journal; decides nothing of a process."""
from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

import sqlalchemy as sa

from adapters.database import schema, starts
from adapters.database.clock import database_now, now
from adapters.database.connection import Busy, Database, Transaction, bind
from adapters.database.jobs import TRIES, Claimed, Jobs, LeaseLost
from adapters.database.journal import Journal, sequence
from adapters.database.messages import Messages
from adapters.database.moments import stored
from adapters.database.outbox import Message, Outbox
from adapters.database.store import Store
from adapters.database.waiting import Start as Waiting
from engine.commands import CancelByParent, ChildEnded, ChildThrew, FailJob, FinishJob, Start
from engine.refusals import Refused

BATCH = 20
log = logging.getLogger(__name__)

Service = Callable[[str, Claimed], Mapping[str, Any]]  # (place, job) -> its result; raises Refused for a failure that no retry mends
Deliver = Callable[[Message], None]

_t, _i, _b = schema.timer.c, schema.instance.c, schema.process_start.c
_waiting = sa.join(schema.timer, schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
_p, _j, _o, _u = schema.place.c, schema.job.c, schema.outbox.c, schema.unsequenced.c
_now = database_now()
_DUE = sa.select(
    sa.exists().where(_t.place == bind("place"), _t.due_at <= _p.clock_offset + _now),
    sa.exists().where(_j.place == bind("place"), _j.state == sa.literal_column("'ready'"), _j.run_at <= _now)
    | sa.exists().where(_j.place == bind("place"), _j.state == sa.literal_column("'running'"), _j.lease_until < _now),
    sa.exists().where(_o.place == bind("place"), _o.state == sa.literal_column("'ready'"), _o.run_at <= _now),
    sa.exists().where(_u.place == bind("place")),
    sa.exists().where(_b.place == bind("place"), _b.due_at <= _p.clock_offset + _now),
).where(_p.place == bind("place"))


class Worker:
    """Carries out what is due. Any number of them may run, in any number of processes."""

    def __init__(self, store: Store, deliver: Deliver, services: Mapping[str, Service] | None = None) -> None:
        """`services`: what a job of kind `service` means, by its type; `deliver` sends one message or raises."""
        self._store, self._database = store, store.database
        self._jobs, self._outbox = Jobs(self._database), Outbox(self._database)
        self._messages, self._journal = Messages(store, self._jobs), Journal(self._database)
        self._deliver, self._services = deliver, services or {}
        self._sequenced_at: dict[str, float] = {}

    def run_due(self, place: str, limit: int = 100_000) -> int:
        """Does what is due until nothing is, or `limit` things were done; how many."""
        done, skipped = 0, set[str]()
        while done < limit:
            timers, jobs, messages, unsequenced, beginning = self._due(place)
            if unsequenced:
                self._sequence(place)
            before = done
            done += self.start_due(place) if beginning else 0
            done += self.fire_timers(place, skipped) if timers else 0
            done += self.run_jobs(place) if jobs else 0
            done += self.send_messages(place) if messages else 0
            if done == before:
                break
        return done

    def _due(self, place: str) -> tuple[bool, ...]:
        """Whether there are due timers, jobs, messages, entries without a leaf, and due starts: one read, so that asking often costs little."""
        with self._database.looking() as transaction:
            return tuple(map(bool, transaction.row(_DUE, place=place) or (0, 0, 0, 0, 0)))

    def _sequence(self, place: str) -> None:
        """Gives waiting entries their leaves, once a second at most."""
        if monotonic() - self._sequenced_at.get(place, 0.0) >= 1.0:
            sequence(self._database, place)
            self._sequenced_at[place] = monotonic()

    def start_due(self, place: str) -> int:
        """Starts the instances whose moment has come; how many. One that is refused is noted in the place's record, and its timer goes on."""
        with self._database.reading() as connection:
            moment = now(connection, place)
        done = 0
        for start in starts.due(self._database, place, stored(moment)):
            try:
                done += self._start(place, start, moment)
            except (LeaseLost, Busy):
                log.info("start %s of process %s in %s: another worker is at it", start.start, start.process, place)
            except Exception as error:
                log.error("start %s of process %s in %s failed", start.start, start.process, place, exc_info=not isinstance(error, Refused))
                done += self._not_started(place, start, moment, error)
        return done

    def _start(self, place: str, start: Waiting, moment: datetime) -> int:
        command = Start("timer", secrets.token_hex(16), start.process, start.package, start.scheme, start.org, start=start.start)
        id = f"{start.package_name}:{start.process}:{start.start}:{stored(start.due_at)}"
        answer = self._store.start(place, command, id, alongside=lambda transaction, seq: starts.move_on(transaction, place, start, moment))
        if answer.repeated:
            with self._database.writing() as transaction:
                starts.move_on(transaction, place, start, moment)
        return 1

    def _not_started(self, place: str, start: Waiting, moment: datetime, error: Exception) -> int:
        with self._database.writing() as transaction:
            starts.move_on(transaction, place, start, moment)
            self._journal.note(transaction, place, "place", "timer", "StartFailed", {
                "package": start.package, "process": start.process, "start": start.start, "due_at": start.due_at,
                "code": error.code if isinstance(error, Refused) else type(error).__name__})
        return 1

    def fire_timers(self, place: str, skipped: set[str]) -> int:
        """Fires what is due in up to 100 instances; those in `skipped` failed before and wait for the next run."""
        # On SQLite one lock serves all instances, so that 20 of them share a commit; on PostgreSQL each holds its own no longer than it must.
        due, together = self._due_instances(place, skipped), BATCH if self._database.lite else 1
        return sum(self._fire(place, due[first : first + together], skipped) for first in range(0, len(due), together))

    def _fire(self, place: str, instances: Sequence[str], skipped: set[str]) -> int:
        """All at once, or, when one of them is in the way, each by itself."""
        if len(instances) > 1:
            try:
                return self._store.fire_due(place, *instances)
            except Exception as error:
                log.info("timers of %s instances in %s one by one: %s", len(instances), place, type(error).__name__)
        fired = 0
        for instance in instances:
            try:
                fired += self._store.fire_due(place, instance)
            except Busy:
                skipped.add(instance)
            except Exception:
                log.exception("timers of instance %s in %s failed", instance, place)
                skipped.add(instance)
        return fired

    def _due_instances(self, place: str, skipped: set[str]) -> list[str]:
        with self._database.reading() as connection:
            moment = stored(now(connection, place))
            query = (
                sa.select(_t.instance).select_from(_waiting)
                .where(_t.place == place, _t.due_at <= moment, _i.doomed_by.is_(None), _t.instance.not_in(skipped))
                .group_by(_t.instance).order_by(sa.func.min(_t.due_at), _t.instance).limit(100))
            return list(connection.scalars(query))

    def run_jobs(self, place: str) -> int:
        """Carries out up to a batch of jobs; how many were claimed."""
        jobs = self._jobs.claim(place, BATCH)
        for job in jobs:
            try:
                self._run(job)
            except LeaseLost:
                log.warning("job %s of instance %s was taken over by another worker", job.id, job.instance)
            except Busy:
                self._jobs.later(job, "busy", 0.1)
            except Exception as error:
                log.exception("job %s of instance %s failed", job.id, job.instance)
                self._failed(job, error)
        return len(jobs)

    def send_messages(self, place: str) -> int:
        """Delivers up to a batch of messages; how many were tried."""
        messages = self._outbox.claim(place, BATCH)
        for message in messages:
            try:
                self._deliver(message)
            except Exception as error:
                log.warning("message %s was not delivered: %s", message.id, type(error).__name__)
                self._outbox.failed(message, f"{type(error).__name__}: {error}")
            else:
                self._outbox.sent(message)
        return len(messages)

    # --- jobs -------------------------------------------------------------------------------------------------------------------------

    def _run(self, job: Claimed) -> None:
        """A service's result comes back as a command; every other job vanishes in the transaction of its effect."""
        if job.kind == "service":
            self._serve(job)
            return
        try:
            self._effect(job)
        except Refused as refused:
            if isinstance(refused, Busy):
                raise
            if job.kind == "start_child":
                self._child_failed(job, refused.code)
            elif job.kind == "message":
                self._messages.put_off(job, refused.code)
            else:
                log.info("job %s %s of instance %s found nobody waiting: %s", job.kind, job.id, job.instance, refused.code)
                self._jobs.drop(job)

    def _serve(self, job: Claimed) -> None:
        command: FinishJob | FailJob
        try:
            command = FinishJob(job.id, self._service(job))
        except Refused as refused:
            command = FailJob(job.id, refused.code, dict(refused.details))
        self._answer(job, command)

    def _answer(self, job: Claimed, command: FinishJob | FailJob) -> None:
        """Tells the job's own instance; the step takes the job out of the table."""
        self._store.handle(
            job.place, job.instance, command, f"{job.instance}:{job.id}", alongside=lambda transaction, seq: self._jobs.fence(job, transaction))

    def _effect(self, job: Claimed) -> None:
        """What the job does to other instances; the receiving side's command id makes a second delivery harmless."""
        data, store, id, done = job.data, self._store, f"{job.instance}:{job.id}", self._done(job)
        match job.kind:
            case "start_child":
                answer = store.start(job.place, self._child(job), id, alongside=done)
            case "cancel_child":
                answer = store.handle(job.place, data["child"], CancelByParent(data.get("reason", "")), id, alongside=done)
            case "child_ended":
                command = ChildEnded(job.instance, data["scope"], data["variables"], data.get("outcome", ""))
                answer = store.handle(job.place, data["parent"], command, id, alongside=done)
            case "child_threw":
                threw = ChildThrew(job.instance, data["scope"], data["kind"], data.get("code", ""), data.get("variables", {}))
                answer = store.handle(job.place, data["parent"], threw, id, alongside=done)
            case "message":
                answer = self._messages.deliver(job, id, done)
            case "signal":
                answer = self._messages.signal(job, id, done)
            case _:
                raise Refused("job.kind", kind=job.kind)
        if answer.repeated:  # carried out before, by a worker that lost the job at that moment
            self._jobs.drop(job)

    def _child_failed(self, job: Claimed, code: str) -> None:
        """A child that cannot start is an incident where it was called."""
        command = ChildThrew(job.data["child"], job.scope or 1, "cancelled", code)
        self._store.handle(job.place, job.instance, command, f"{job.instance}:{job.id}:failed", alongside=self._done(job))

    def _service(self, job: Claimed) -> Mapping[str, Any]:
        service = self._services.get(job.data["type"])
        if service is None:
            raise Refused("job.no_service", type=job.data["type"])
        return service(job.place, job)

    def _child(self, job: Claimed) -> Start:
        data = job.data
        return Start(
            "job", data["child"], data["process"], data["package"], data["scheme"], data["org"], data.get("title", ""), data["variables"],
            parent=job.instance, parent_scope=job.scope, root=data["root"], path=data["path"])

    def _done(self, job: Claimed) -> Callable[[Transaction, int], None]:
        return lambda transaction, seq: self._jobs.done(job, transaction)

    def _failed(self, job: Claimed, error: Exception) -> None:
        """After the last try an incident that a person can resolve; before it, another try later."""
        said = f"{type(error).__name__}: {error}"
        if job.kind == "message":
            self._messages.put_off(job, said)
            return
        if job.tries < int(job.data.get("retries") or TRIES):
            self._jobs.later(job, said)
            return
        try:
            if job.kind == "service":
                self._answer(job, FailJob(job.id, "job.failed", {"error": type(error).__name__, "tries": job.tries}))
            elif job.kind == "start_child":
                self._child_failed(job, "job.failed")
            else:
                self._jobs.give_up(job, said)
        except LeaseLost:
            return
        except Exception:
            log.exception("not even an incident for job %s of instance %s", job.id, job.instance)
            self._jobs.give_up(job, said)
