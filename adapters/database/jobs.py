"""The job table: claim with a lease by the database's clock, fencing token, back-off; carries nothing out (see `worker`)."""
from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_now
from adapters.database.connection import Database, Transaction, bind
from adapters.database.shapes import value_of

LEASE_SECONDS = 60
# What this program can carry out. While nodes are replaced one by one a newer one may queue other kinds; those wait for it.
KINDS = ("service", "start_child", "cancel_child", "child_ended", "child_threw", "message", "signal")
TRIES = 5
_dice = SystemRandom()

_j, _o = schema.job.c, schema.outbox.c


class LeaseLost(Exception):
    """Another worker has the job by now: what this one did must not count."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job or message that this worker may carry out until its lease ends; `token` grows with every claim."""

    place: str
    instance: str
    id: str
    kind: str
    scope: int | None
    element: str
    data: Any
    tries: int  # this one included
    token: int


def _claimable(c: Any) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(c.state == sa.literal_column("'ready'"), c.run_at <= bind("now")),
        sa.and_(c.state == sa.literal_column("'running'"), c.lease_until < bind("now")))


_NOW = sa.select(database_now())
_CLAIMABLE = (
    sa.select(_j.instance, _j.id, _j.kind, _j.scope, _j.element, _j.data, _j.tries, _j.token)
    .where(_j.place == bind("place"), _j.state != sa.literal_column("'failed'"), _claimable(_j),
           _j.kind.in_([sa.literal_column(f"'{kind}'") for kind in KINDS]))
    .order_by(_j.run_at, _j.instance, _j.id).limit(bind("most")).with_for_update(skip_locked=True))
_this = (_j.place == bind("key_place"), _j.instance == bind("key_instance"), _j.id == bind("key_id"))
_held = (*_this, _j.token == bind("key_token"), _j.state == sa.literal_column("'running'"))
_CLAIM = schema.job.update().where(*_this).values(state=sa.literal_column("'running'"), tries=bind("tries"), token=bind("token"), lease_until=bind("lease"))
_FENCE = schema.job.update().where(*_held).values(lease_until=_j.lease_until)
_DONE = schema.job.delete().where(*_held)
_LATER = schema.job.update().where(*_held).values(state=bind("state"), run_at=bind("run_at"), error=bind("error"))


class Jobs:
    """Claims and hands back jobs of instances."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claim = database.statement(_CLAIM)

    def claim(self, place: str, most: int, lease_seconds: float = LEASE_SECONDS) -> list[Claimed]:
        """Up to `most` jobs that are due, oldest first, among them those whose worker let its lease run out."""
        with self._database.writing() as transaction:
            now = (transaction.row(_NOW) or (0,))[0]
            found = transaction.rows(_CLAIMABLE, place=place, now=now, most=most)
            lease = now + int(lease_seconds * 1_000_000)
            jobs = [Claimed(place, i, id, kind, scope, el, value_of(data), tries + 1, token + 1) for i, id, kind, scope, el, data, tries, token in found]
            if jobs:
                transaction.write(self._claim, [self._claim.ordered({
                    "key_place": place, "key_instance": j.instance, "key_id": j.id, "tries": j.tries, "token": j.token, "lease": lease}) for j in jobs])
            return jobs

    def fence(self, job: Claimed, transaction: Transaction) -> None:
        """Raises LeaseLost unless the job is still this worker's; holds the job's row till the transaction of the effect commits."""
        held = transaction.change(_FENCE, key_place=job.place, key_instance=job.instance, key_id=job.id, key_token=job.token)
        if held != 1:
            raise LeaseLost(job.instance, job.id)

    def done(self, job: Claimed, transaction: Transaction) -> None:
        """Takes the job out of the table, in the transaction of its effect. Raises LeaseLost unless it is still this worker's."""
        gone = transaction.change(_DONE, key_place=job.place, key_instance=job.instance, key_id=job.id, key_token=job.token)
        if gone != 1:
            raise LeaseLost(job.instance, job.id)

    def drop(self, job: Claimed) -> None:
        """Takes the job out of the table by itself: it had no effect to go with. Raises LeaseLost."""
        with self._database.writing() as transaction:
            self.done(job, transaction)

    def later(self, job: Claimed, error: str, seconds: float | None = None) -> None:
        """Tries again after `seconds`, by default after a back-off that doubles with each try."""
        self._hand_back(job, "ready", error, backoff(job.tries) if seconds is None else seconds)

    def give_up(self, job: Claimed, error: str) -> None:
        """The job stays as failed: for when not even an incident could be opened."""
        self._hand_back(job, "failed", error, 0)

    def failed(self, place: str) -> list[tuple[str, str, str, str]]:
        """(instance, job, kind, error) of the jobs that were given up, oldest first: for an administrator to see."""
        query = sa.select(_j.instance, _j.id, _j.kind, _j.error).where(_j.place == place, _j.state == "failed").order_by(_j.run_at, _j.instance, _j.id)
        with self._database.reading() as connection:
            return [(instance, id, kind, error or "") for instance, id, kind, error in connection.execute(query)]

    def _hand_back(self, job: Claimed, state: str, error: str, seconds: float) -> None:
        with self._database.writing() as transaction:
            self.hand_back(job, transaction, state, error, seconds)

    def hand_back(self, job: Claimed, transaction: Transaction, state: str, error: str, seconds: float) -> None:
        """In a transaction with more to it. `state`: ready (again after `seconds`) | failed."""
        now = (transaction.row(_NOW) or (0,))[0]
        transaction.change(
            _LATER, key_place=job.place, key_instance=job.instance, key_id=job.id, key_token=job.token, state=state,
            run_at=now + int(seconds * 1_000_000), error=error[:500])


def backoff(tries: int) -> float:
    """Seconds until the next try: 1, 2, 4 … at most 300, each ± 20 % so that failures do not march in step."""
    return float(min(300, 2 ** (tries - 1)) * _dice.uniform(0.8, 1.2))
