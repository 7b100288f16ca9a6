"""Journals of instances that are over, kept as files, are replayed by today's engine: the same events, the same states, the same bytes.

A failure here says that journals of installations would no longer replay. `record.py` says when a history may be recorded anew.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bpmn.graph import GraphSet
from engine.engine import Diverged, replay
from engine.events import EVENTS
from engine.facts import RecordedFacts
from engine.journal.entry import GENESIS, Entry, opened, sealed
from engine.scheme.functions import host_functions
from tests.build import graphs
from tests.execution.world import EPOCH
from tests.histories.record import CALENDAR, FOLDER, OPERATIONS, ZONE

HISTORIES = sorted(FOLDER.glob("*.jsonl"))
NOT_HERE = {"Decided", "NumberIssued", "QuotaBooked", "QuotaOpened", "QuotaReleased", "QuotaTransferred"}  # what the package's tables and operations make


def journals(file: Path) -> dict[str, list[Entry]]:
    """By instance, in the order of the file; every line is what sealing its entry gives, and names the hash of the one before."""
    found: dict[str, list[Entry]] = {}
    before: dict[str, str] = {}
    for line in file.read_bytes().splitlines():
        entry = opened(line)
        text, hash = sealed(entry)
        assert text == line
        assert entry.prev_hash == before.get(entry.stream, GENESIS)
        before[entry.stream] = hash
        found.setdefault(entry.stream, []).append(entry)
    return found


def replayed(entries: list[Entry], defined: GraphSet) -> Iterator[object]:
    functions = host_functions(CALENDAR, {}, ZONE, EPOCH)
    return replay(entries, lambda package: defined, lambda entry: RecordedFacts(entry.facts, entry.at, ZONE, calendar=CALENDAR, functions=functions))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
def test_a_history_is_replayed_as_it_was(file: Path) -> None:
    defined = graphs(file.with_suffix(".bpmn").read_bytes(), operations=OPERATIONS)
    steps = sum(1 for entries in journals(file).values() for _ in replayed(entries, defined))

    assert steps == len(file.read_bytes().splitlines()) > 0


def test_the_histories_have_every_kind_of_event() -> None:
    seen = {name for file in HISTORIES for entries in journals(file).values() for entry in entries for name, _ in entry.events}

    assert set(EVENTS) - seen == NOT_HERE


def test_another_outcome_is_noticed() -> None:
    file = FOLDER / "may_a_task_be_returned_and_withdrawn.jsonl"
    entries = next(iter(journals(file).values()))
    entries[1].events[-1][1]["scope"] = 99

    with pytest.raises(Diverged):
        list(replayed(entries, graphs(file.with_suffix(".bpmn").read_bytes(), operations=OPERATIONS)))
