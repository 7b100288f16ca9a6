"""Takes the record out of the house: JSON that is checked offline, CSV for a spreadsheet, XES for process mining; no personal value in plain.

What the reader may not see is left out. A name of staff is no part of an export either: people are their ids, as in the record itself.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.database import journal
from adapters.database.chronicle import Chronicle
from adapters.database.clock import database_time
from adapters.keys.place_keys import verified
from adapters.locale import say
from adapters.system.root import System
from adapters.web.tables import csv_text
from engine.bpmn.graph import Process
from engine.journal.archive import Checked, Extract, checked, written
from engine.journal.checkpoint import Checkpoint
from engine.journal.entry import Entry
from engine.journal.xes import Trace, xes
from engine.refusals import NotFound

KEY_NAME = "banli"  # the name in the signature lines of this system's checkpoints
FORMATS = {"json": "application/json", "csv": "text/csv; charset=utf-8", "xes": "application/xml"}
HEADINGS = ("序号", "事项编号", "时间", "办理人", "代谁办理", "动作", "环节编号", "环节", "任务", "结果", "加密的个人信息（项）", "状态指纹", "记录指纹")


@dataclass(frozen=True, slots=True)
class Export:
    """A file to hand out. `entries`: how many are in it."""

    name: str
    media_type: str
    content: bytes
    entries: int


def sequenced(system: System, place: str) -> Checkpoint:
    """Numbers what has no leaf yet and signs the tree as it is then."""
    while journal.sequence(system.database, place):
        pass
    with system.database.reading() as connection:
        now = database_time(connection)
    return journal.sign_checkpoint(
        system.database, place, KEY_NAME, system.keys.public_key(place), lambda message: system.keys.sign(place, message), now)


def archive(system: System, chronicle: Chronicle, place: str, by: str, scope: str, streams: Sequence[str] | None, at: datetime) -> Export:
    """The record of some instances (None: the whole place), as one file that `banli audit verify FILE` checks. Signs a checkpoint for it."""
    sequenced(system, place)
    entries, leaves, notes = chronicle.extract(place, streams)
    covered = int(notes[-1].split("\n", 2)[1])  # entries may have come since; what the checkpoint does not vouch for stays out
    numbers = {(stream, seq): n for n, stream, seq, _ in leaves[:covered]}
    kept = [each for each in entries if (each.entry.stream, each.entry.seq) in numbers]
    of = {(each.entry.stream, each.entry.seq) for each in kept}
    extract = Extract(place, at, by, scope, [each.body for each in kept], [leaf for leaf in leaves[:covered] if (leaf[1], leaf[2]) in of],
                      [leaf[3] for leaf in leaves[:covered]], notes)
    content = written(extract, KEY_NAME, system.keys.public_key(place), lambda message: system.keys.sign(place, message))
    return Export(f"{place}-{scope or 'place'}.json", FORMATS["json"], content, len(kept))


def checked_file(content: bytes, key: bytes | None = None, anchors: Sequence[str] = ()) -> Checked:
    """Checks a file of `archive`; needs no database. Raises Refused `archive.form`."""
    return checked(content, verified, key, anchors)


def table(system: System, chronicle: Chronicle, place: str, scope: str, streams: Sequence[str]) -> Export:
    """The entries of some instances as CSV, one a row, for a spreadsheet; no cell of it is calculated."""
    zone = ZoneInfo(chronicle.place(place).zone)
    entries, _, _ = chronicle.extract(place, streams)
    rows = []
    for tasks, group in _by_stream(entries):
        elements = {node.id: node.name for node in _process(system, place, group[0].entry).nodes.values()}
        rows += [_row(each.entry, each.hash, zone, elements, tasks) for each in group]
    content = "\ufeff" + csv_text(HEADINGS, rows)
    return Export(f"{place}-{scope}.csv", FORMATS["csv"], content.encode(), len(rows))


def log(system: System, chronicle: Chronicle, place: str, scope: str, streams: Sequence[str]) -> Export:
    """The instances as an XES log, one trace each."""
    entries, _, _ = chronicle.extract(place, streams)
    traces = []
    for _, group in _by_stream(entries):
        started = group[0].entry
        process = _process(system, place, started)
        names = {node.id: node.name for node in process.nodes.values() if node.name and node.user is None}
        traces.append(Trace(started.stream, process.id, started.input.get("org", ""), [each.entry for each in group], names))
    return Export(f"{place}-{scope}.xes", FORMATS["xes"], "".join(xes(scope, traces)).encode(), len(entries))


def _process(system: System, place: str, started: Entry) -> Process:
    return system.published.bundle(place, started.package).graphs.processes[started.input["process"]]


def _by_stream(entries: Iterable[Any]) -> list[tuple[dict[str, str], list[Any]]]:
    """The entries of each stream with the names of its tasks."""
    streams: dict[str, tuple[dict[str, str], list[Any]]] = {}
    for each in entries:
        names, group = streams.setdefault(each.entry.stream, ({}, []))
        group.append(each)
        names.update({fields["task"]: fields["name"] for kind, fields in each.entry.events if kind == "TaskOpened"})
    return list(streams.values())


def _row(entry: Entry, hash: str, zone: ZoneInfo, elements: Mapping[str, str], tasks: Mapping[str, str]) -> list[str]:
    touched = list(dict.fromkeys(fields["element"] for kind, fields in entry.events if kind in ("Entered", "Left", "Passed", "TaskOpened")))
    fields = entry.input if isinstance(entry.input, dict) else {}
    return [str(entry.seq), entry.stream, entry.at.astimezone(zone).isoformat(timespec="milliseconds"), entry.actor, entry.on_behalf_of,
            say(f"command.{entry.command}", "zh"), " ".join(touched), "、".join(filter(None, (elements.get(each, "") for each in touched))),
            tasks.get(str(fields.get("task", "")), ""), str(fields.get("outcome", "")), str(len(entry.personal)), entry.state_hash, hash]


def export(system: System, chronicle: Chronicle, place: str, by: str, format: str, scope: str, streams: Sequence[str] | None, at: datetime) -> Export:
    """A file in one of `FORMATS`. Raises NotFound `audit.format`; for CSV and XES the streams must be instances."""
    match format:
        case "json":
            return archive(system, chronicle, place, by, scope, streams, at)
        case "csv" | "xes" if streams is not None:
            return (table if format == "csv" else log)(system, chronicle, place, scope, streams)
    raise NotFound("audit.format", format=format)
