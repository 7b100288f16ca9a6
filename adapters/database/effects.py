"""Projects the effects of a step: register rows, quota ledger, numbers, outbox, cancelled descendants; decides nothing but the last guard of the ledger."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, Transaction, bind
from adapters.database.shapes import value_of
from engine.events import (
    InstanceEnded, JobQueued, NotificationRequested, NumberIssued, QuotaBooked, QuotaOpened, QuotaReleased, QuotaTransferred, RecordPut,
    TaskDelegated, TaskReassigned,
)
from engine.execution.rows import InstanceRow, TaskRow
from engine.journal.canonical import canonical_text
from engine.refusals import Refused

_place, _campaign = bind("place"), bind("campaign")


def _all(table: sa.Table) -> sa.Insert:
    return table.insert().values({c.name: bind(c.name) for c in table.c})


_r, _l, _i = schema.record.c, schema.ledger_account.c, schema.instance.c
_this_record = (_r.place == bind("key_place"), _r.campaign == bind("key_campaign"), _r.kind == bind("key_kind"),
                _r.key == bind("key_key"))
_RECORD = sa.select(_r.status, _r.data).where(*_this_record).with_for_update()
_NEW_RECORD = _all(schema.record)
_PUT_RECORD = schema.record.update().where(*_this_record).values(
    status=bind("status"), data=bind("data"), updated_at=bind("updated_at"), seq=bind("seq"))
_account = (_l.place == _place, _l.campaign == _campaign, _l.account == bind("account"))
_NEW_ACCOUNT = _all(schema.ledger_account)
_BOOK = schema.ledger_account.update().where(*_account).values(booked=_l.booked + bind("by"))
_GRANT = schema.ledger_account.update().where(*_account).values(places=_l.places + bind("by"))
_LOOK = sa.select(_l.places, _l.booked).where(*_account)
_POSTING = _all(schema.ledger_posting)
_SERIES = schema.series.update().where(schema.series.c.place == bind("key_place"), schema.series.c.series == bind("key_series")).values(
    last=bind("last"))
_OUTBOX = _all(schema.outbox)
_DOOM = schema.instance.update().where(
    _i.place == bind("key_place"), _i.path >= bind("low"), _i.path < bind("high"), _i.doomed_by.is_(None)).values(
    doomed_by=bind("by"))

# What people are told although no diagram says so: what another person or the clock did to a task of theirs.
# Reminders, 催办 and 逾期 the engine asks for itself (NotificationRequested).
_TOLD: Mapping[type[Any], str] = {TaskReassigned: "task.reassigned", TaskDelegated: "task.delegated"}


_FOLLOWED = frozenset({
    RecordPut, QuotaOpened, QuotaBooked, QuotaReleased, QuotaTransferred, NumberIssued, NotificationRequested, TaskReassigned, TaskDelegated, InstanceEnded,
    JobQueued})


class Effects:
    """One step's effects, in the order of its events."""

    def __init__(self, database: Database) -> None:
        self._outbox = database.statement(_OUTBOX)
        self._doom = database.statement(_DOOM)

    def __call__(self, transaction: Transaction, place: str, instance: InstanceRow, seq: int, at: int, database_now: int, events: Iterable[Any],
                 task: Callable[[str], TaskRow | None]) -> None:
        """`at`: business moment, `database_now`: the database's clock, both microseconds; `task` finds a task of the instance."""
        postings = messages = 0
        for event in events:
            if type(event) not in _FOLLOWED:
                continue
            match event:
                case RecordPut():
                    self._record(transaction, place, instance, seq, at, event)
                case QuotaOpened() | QuotaBooked() | QuotaReleased() | QuotaTransferred():
                    postings = self._post(transaction, place, instance, seq, at, event, postings)
                case NumberIssued():
                    transaction.change(_SERIES, key_place=place, key_series=event.series, last=event.number)
                case NotificationRequested():
                    body = {"template": event.template, "to": event.to, "about": event.about, "params": event.params, "task": event.params.get("task", "")}
                    messages = self._send(transaction, place, instance, seq, database_now, body, messages)
                case TaskReassigned() | TaskDelegated():
                    body = _about_task(event, task(event.task))
                    messages = self._send(transaction, place, instance, seq, database_now, body, messages)
                case InstanceEnded(state="cancelled" | "failed"):
                    self._mark_below(transaction, place, instance.path, instance.id)
                case JobQueued(kind="cancel_child"):
                    self._mark_below(transaction, place, f"{instance.path}/{event.data['child']}", instance.id, itself=True)

    def _record(self, transaction: Transaction, place: str, instance: InstanceRow, seq: int, at: int, event: RecordPut) -> None:
        key = {"key_place": place, "key_campaign": instance.root or instance.id, "key_kind": event.kind, "key_key": event.key}
        found = transaction.row(_RECORD, **key)
        if found is None:
            transaction.change(
                _NEW_RECORD, place=place, campaign=key["key_campaign"], kind=event.kind, key=event.key, status=event.status,
                data=canonical_text(event.data), instance=instance.id, org=instance.org or None, updated_at=at, seq=seq)
            return
        status = found[0] if event.status is None else event.status
        merged = canonical_text({**value_of(found[1]), **event.data})
        transaction.change(_PUT_RECORD, **key, status=status, data=merged, updated_at=at, seq=seq)

    def _post(self, transaction: Transaction, place: str, instance: InstanceRow, seq: int, at: int, event: Any, n: int) -> int:
        """Changes the balances and writes the postings that explain them; gives the next posting number."""
        campaign = instance.root or instance.id
        lines: list[tuple[str, str, int, tuple[str, ...]]] = []
        match event:
            case QuotaOpened():
                lines = [(a["id"], "opened", int(a["places"]), ()) for a in event.accounts]
                for account, _, places, _ in lines:
                    transaction.change(_NEW_ACCOUNT, place=place, campaign=campaign, account=account, places=places, booked=0)
            case QuotaBooked():
                lines = [(event.account, "booked", event.places, event.refs)]
                self._book(transaction, place, campaign, event.account, event.places)
            case QuotaReleased():
                lines = [(event.account, "released", -event.places, event.refs)]
                self._book(transaction, place, campaign, event.account, -event.places)
            case QuotaTransferred():
                lines = [(event.source, "given", -event.places, ()), (event.target, "received", event.places, ())]
                for account, _, places, _ in sorted(lines):  # one order for everybody, so that two transfers cannot wait for each other
                    if transaction.change(_GRANT, place=place, campaign=campaign, account=account, by=places) != 1:
                        raise Refused("ledger.no_account", account=account)
        for account, kind, places, refs in lines:
            transaction.change(
                _POSTING, place=place, campaign=campaign, account=account, instance=instance.id, seq=seq, n=n, kind=kind, places=places,
                refs=canonical_text(refs), posted_at=at)
            n += 1
        return n

    def _book(self, transaction: Transaction, place: str, campaign: str, account: str, by: int) -> None:
        found = transaction.row(_LOOK, place=place, campaign=campaign, account=account)
        if found is None:
            raise Refused("ledger.no_account", account=account)
        places, booked = found
        if not 0 <= booked + by <= places:  # the operation asked under the same lock; the table's CHECK is the last guard
            raise Refused("ledger.exceeded", account=account, places=places, booked=booked, wanted=by)
        transaction.change(_BOOK, place=place, campaign=campaign, account=account, by=by)

    def _send(self, transaction: Transaction, place: str, instance: InstanceRow, seq: int, now: int, body: Mapping[str, Any], n: int) -> int:
        if body["to"]:
            text = canonical_text({**body, "instance": instance.id, "campaign": instance.root or instance.id})
            transaction.write(self._outbox, [self._outbox.ordered({
                "place": place, "id": f"{instance.id}:{seq}:{n}", "instance": instance.id, "body": text, "created_at": now, "state": "ready",
                "run_at": now, "tries": 0, "token": 0, "lease_until": None, "error": None})])
        return n + 1

    def _mark_below(self, transaction: Transaction, place: str, path: str, by: str, itself: bool = False) -> None:
        """Marks the instances below `path` so that every command on them is refused at once; "0" is the character after "/"."""
        rows = [{"key_place": place, "low": path + "/", "high": path + "0", "by": by}]
        if itself:
            rows.append({"key_place": place, "low": path, "high": path + "\x01", "by": by})
        transaction.write(self._doom, [self._doom.ordered(row) for row in rows])


def _about_task(event: Any, task: TaskRow | None) -> dict[str, Any]:
    """The message for those who may act on the task now."""
    to: tuple[str, ...] = ()
    if task is not None and task.state == "open":
        to = (f"user:{task.assignee}",) if task.assignee else task.candidates
    params = {"task": event.task, "name": task.name if task else "", "due_at": task.due_at if task else None}
    params |= {name: getattr(event, name) for name in ("by", "text", "reason", "offset") if hasattr(event, name)}
    return {"template": _TOLD[type(event)], "to": to, "about": task.about if task else "", "params": params, "task": event.task}
