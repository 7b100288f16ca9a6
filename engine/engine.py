"""The whole engine seen from outside: one step, the reason against one, folding an event, and replaying a journal."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.bpmn.graph import GraphSet
from engine.commands import Command
from engine.commands import from_json as command_from_json
from engine.decide import decide, why_not
from engine.events import Event, to_entry
from engine.execution.evolve import evolve
from engine.execution.workspace import MODULUS, Workspace
from engine.facts import Facts
from engine.journal.canonical import canonical_bytes
from engine.journal.entry import Entry

__all__ = ["Diverged", "Replayed", "evolve", "replay", "step", "why_not"]


def step(workspace: Workspace, graphs: GraphSet, command: Command, facts: Facts) -> tuple[Event, ...]:
    """Carry out `command`: its events, in order, folded into `workspace`; `workspace.changes()` says which rows they changed.

    Raises: Refused, NotFound, Conflict, InvalidAnswers. Then nothing has changed.
    """
    workspace.begin()
    try:
        return decide(workspace, graphs, command, facts)
    except BaseException:
        workspace.undo()
        raise


class Diverged(Exception):
    """A replay gave other events or another state than the entry says: the record, the definitions or the engine were changed."""

    def __init__(self, seq: int, what: str, expected: Any, found: Any) -> None:
        super().__init__(seq, what)
        self.seq, self.what, self.expected, self.found = seq, what, expected, found


class Replayed:
    """One entry carried out again: `workspace` is the state after it, `events` what happened, `state_hash` in hex."""

    __slots__ = ("entry", "workspace", "events", "state_hash")

    def __init__(self, entry: Entry, workspace: Workspace, events: tuple[Event, ...], state_hash: str) -> None:
        self.entry, self.workspace, self.events, self.state_hash = entry, workspace, events, state_hash


def replay(
    entries: Iterable[Entry], definitions: Callable[[str], GraphSet], facts: Callable[[Entry], Facts], check: bool = True
) -> Iterator[Replayed]:
    """Carry out an instance's entries again, from nothing.

    Args:
        definitions: the archived graph set of a package hash.
        facts: an entry's recorded facts (`RecordedFacts`) at its moment, with its scheme and calendar.
        check: compare events and state hash with the entry's.

    Raises: Diverged at the first entry that comes out differently.
    """
    workspace, total = Workspace(), 0
    for entry in entries:
        command = command_from_json(entry.command, entry.input)
        events = step(workspace, definitions(entry.package), command, facts(entry))
        total = (total + workspace.changes().hash_change) % MODULUS
        state_hash = f"{total:064x}"
        if check:
            _compare(entry, "events", list(entry.events), to_entry(events))
            _compare(entry, "state_hash", entry.state_hash, state_hash)
        yield Replayed(entry, workspace, events, state_hash)


def _compare(entry: Entry, what: str, expected: Any, found: Any) -> None:
    if canonical_bytes(expected) != canonical_bytes(found):
        raise Diverged(entry.seq, what, expected, found)
