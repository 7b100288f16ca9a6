"""Messages and signals between instances: each message to one receiver or one start, each signal to everybody who waited; decides nothing of a process."""
from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from adapters.database.clock import CLOCK
from adapters.database.connection import Busy, Transaction
from adapters.database.jobs import Claimed, Jobs, backoff
from adapters.database.journal import Journal
from adapters.database.moments import restored
from adapters.database.store import Answer, Store
from adapters.database.waiting import beginning, hearing
from engine.commands import Correlate, Signal, Start
from engine.refusals import Refused

NOBODY = "message.nobody"
EXPIRED = "message.expired"
SOON = 0.1  # seconds
log = logging.getLogger(__name__)
Done = Callable[[Transaction, int], None]  # takes the job out of its table, in the transaction of its effect


class Messages:
    """Carries out jobs of the kinds message and signal."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store, self._database, self._jobs, self._journal = store, store.database, jobs, Journal(store.database)

    def deliver(self, job: Claimed, id: str, done: Done) -> Answer:
        """To the oldest instance that waits for it, else to the start of one. Raises Refused `message.nobody` when there is neither."""
        name, key, payload = job.data["name"], job.data["correlation"], job.data["payload"]
        with self._database.looking() as transaction:
            receivers, starts = hearing(transaction, job.place, name, key), beginning(transaction, job.place, "message", name)
        for instance, subscription in receivers:
            try:
                return self._store.handle(job.place, instance, Correlate(name, key, payload, subscription), id, alongside=done)
            except Refused as refused:  # it took another message meanwhile, or is over
                _pass(refused, job, instance)
        for start in starts:
            command = Start("job", secrets.token_hex(16), start.process, start.package, start.scheme, start.org, start=start.start,
                            correlation=key, payload=payload)
            try:
                return self._store.start(job.place, command, id, alongside=done)
            except Refused as refused:
                _pass(refused, job, start.process)
        raise Refused(NOBODY, name=name)

    def put_off(self, job: Claimed, error: str) -> None:
        """Nobody took the message: it is tried again when somebody begins to wait, or after a while. When its time to live is over, the
        place's record says so and the job stays as failed, for a person to see. Raises LeaseLost."""
        with self._database.writing() as transaction:
            self._jobs.fence(job, transaction)  # who begins to wait at this moment is found below, or wakes the job afterwards
            left = self._left(transaction, job)
            if left <= 0:
                self._journal.note(transaction, job.place, "place", "job", "MessageExpired", {
                    "instance": job.instance, "element": job.element, "name": job.data["name"], "correlation": job.data["correlation"]})
                self._jobs.hand_back(job, transaction, "failed", EXPIRED, 0)
                return
            wanted = job.tries < 5 and bool(hearing(transaction, job.place, job.data["name"], job.data["correlation"]))
            self._jobs.hand_back(job, transaction, "ready", error, SOON if wanted else min(backoff(job.tries), left))

    def _left(self, transaction: Transaction, job: Claimed) -> float:
        """Seconds of business time until the message's time to live ends."""
        offset, now = transaction.row(CLOCK, place=job.place) or (0, 0)
        return float((job.data["until"] - restored(offset + now)).total_seconds())

    def signal(self, job: Claimed, id: str, done: Done) -> Answer:
        """To the one receiver of this job: the subscriptions that waited when it was thrown, or a start."""
        data = job.data
        if "start" in data:
            process, start, package, scheme, org = data["start"]
            command = Start("job", secrets.token_hex(16), process, package, scheme, org, start=start, payload=data["payload"])
            return self._store.start(job.place, command, id, alongside=done)
        said = Signal(data["name"], data["payload"], tuple(data["subscriptions"]))
        return self._store.handle(job.place, data["to"], said, id, alongside=done)


def _pass(refused: Refused, job: Claimed, to: str) -> None:
    if isinstance(refused, Busy):
        raise refused
    log.info("message %s of instance %s: %s did not take it (%s)", job.id, job.instance, to, refused.code)
