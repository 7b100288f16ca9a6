"""加签 in the record: which tasks of an instance were opened for an added signer, by whom, when and with what request; decides nothing.

The state of an instance knows it only of open tasks and without the request, so it is read from the entries: of those instances alone whose
diagram allows it (the caller's choice), for each is a walk over its stream's index.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Transaction, bind
from adapters.database.visibility import Reader, Shape, listed, one_of, room, visible_to
from engine.journal.entry import Entry, opened

_e, _i = schema.entry.c, schema.instance.c
TaskKey = tuple[str, str]  # instance, task


@dataclass(frozen=True, slots=True)
class AddedSigner:
    """Who asked for the signature, when, and with what request."""

    by: str
    at: datetime
    reason: str


@lru_cache(maxsize=256)
def _entries(shape: Shape, instances: int) -> sa.Select[Any]:
    """Those that add a signer, and those that open an added signer's task again."""
    return (
        sa.select(_e.body).join(schema.instance, sa.and_(_i.place == _e.place, _i.id == _e.stream))
        .where(_e.place == bind("place"), one_of(_e.stream, "stream", instances),
               _e.command.in_([sa.literal_column("'AddSigner'"), sa.literal_column("'Withdraw'")]), visible_to(shape))
        .order_by(_e.stream, _e.seq))


def added_signers(transaction: Transaction, who: Reader, instances: Sequence[str]) -> dict[TaskKey, AddedSigner]:
    """(instance, task) → how its signer was added, of those of `instances` that the reader may see. One statement."""
    if not instances:
        return {}
    rows = transaction.rows(_entries(who.shape, room(len(instances))), **who.params, **listed("stream", instances))
    return added_in(opened(bytes(body)) for (body,) in rows)


def added_in(entries: Iterable[Entry]) -> dict[TaskKey, AddedSigner]:
    """The same of entries in order. A task that a 撤回 opened again is its signer's as before: the scope is noted to be theirs."""
    found: dict[TaskKey, AddedSigner] = {}
    asked: dict[TaskKey, AddedSigner] = {}  # (instance, signer) → the latest request
    for entry in entries:
        for name, event in entry.events:
            if name == "SignerAdded":
                asked[entry.stream, event["signer"]] = AddedSigner(event["by"], event["at"], event["reason"])
        for task, signer in _opened_for(entry.events):
            if (entry.stream, signer) in asked:
                found[entry.stream, task] = asked[entry.stream, signer]
    return found


def _opened_for(events: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """(task, signer) of the tasks opened in a scope that is noted to be a signer's."""
    noted: dict[int, str] = {}
    pairs = []
    for name, event in events:
        if name == "Noted" and event["data"].get("signer"):
            noted[event["scope"]] = event["data"]["signer"]
        elif name == "TaskOpened" and event["scope"] in noted:
            pairs.append((event["task"], noted[event["scope"]]))
    return pairs
