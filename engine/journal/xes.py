"""Event logs in XES (IEEE 1849-2016) out of journal entries: a trace an instance, an event for what became of a task or element; opens no file.

Who did it is the user id, never a name; nothing of an entry's personal parts, answers or opinions is written. `banli:entry` is the SHA-256 of
the sealed entry an event comes from, so that every line of an analysis leads back to the record.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import quoteattr

from engine.journal.entry import Entry, sealed

# What an event means in XES' lifecycle (its standard transactional model).
TRANSITIONS: Mapping[str, str] = {
    "TaskOpened": "schedule", "TaskClaimed": "assign", "TaskReleased": "reassign", "TaskReassigned": "reassign", "TaskDelegated": "reassign",
    "TaskResolved": "reassign", "TaskCompleted": "complete", "TaskWithdrawn": "withdraw", "TaskCancelled": "ate_abort", "TaskExtended": "unknown",
    "TaskOverdue": "unknown", "Reminded": "unknown", "Urged": "unknown", "SignerRemoved": "ate_abort",
}
EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"), ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"), ("Time", "time", "http://www.xes-standard.org/time.xesext"),
)
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no character of XML 1.0


@dataclass(frozen=True, slots=True)
class Trace:
    """An instance. `names`: element id → its name in the diagram; elements without one are left out."""

    instance: str
    process: str
    org: str
    entries: Iterable[Entry]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Event:
    name: str
    element: str
    transition: str
    at: datetime
    actor: str
    kind: str  # our event's type
    seq: int
    entry: str
    task: str = ""
    role: str = ""
    group: str = ""
    outcome: str = ""


def xes(log: str, traces: Iterable[Trace]) -> Iterator[str]:
    """The document, piece by piece. `log`: its name (a campaign's or place's id)."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    for name, prefix, uri in EXTENSIONS:
        yield f'  <extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    yield '  <global scope="trace">\n    <string key="concept:name" value="UNKNOWN"/>\n  </global>\n'
    yield ('  <global scope="event">\n    <string key="concept:name" value="UNKNOWN"/>\n    <string key="lifecycle:transition" value="complete"/>\n'
           '    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>\n  </global>\n')
    yield '  <classifier name="Activity" keys="concept:name"/>\n  <classifier name="Activity and lifecycle" keys="concept:name lifecycle:transition"/>\n'
    yield "  " + _string("concept:name", log) + '  <string key="lifecycle:model" value="standard"/>\n'
    for trace in traces:
        yield "  <trace>\n    " + _string("concept:name", trace.instance) + "    " + _string("banli:process", trace.process)
        yield "    " + _string("org:group", trace.org) if trace.org else ""
        for event in _events(trace):
            yield "".join(_written(event))
        yield "  </trace>\n"
    yield "</log>\n"


def _events(trace: Trace) -> Iterator[_Event]:
    tasks: dict[str, tuple[str, str, str, str]] = {}  # id → name, element, role, group
    of_tasks: set[str] = set()
    for entry in trace.entries:
        hash = sealed(entry)[1]
        for kind, fields in entry.events:
            if kind == "TaskOpened":
                role, _, group = next((each for each in fields["candidates"] if "@" in each), "").partition("@")
                tasks[fields["task"]] = fields["name"] or fields["element"], fields["element"], role, group
                of_tasks.add(fields["element"])
            if kind in TRANSITIONS and fields.get("task") in tasks:
                name, element, role, group = tasks[fields["task"]]
                yield _Event(name, element, TRANSITIONS[kind], entry.at, entry.actor, kind, entry.seq, hash, fields["task"], role, group,
                             str(fields.get("outcome", "")))
            elif kind == "Left" and fields["element"] not in of_tasks and trace.names.get(fields["element"]):
                yield _Event(trace.names[fields["element"]], fields["element"], "complete", entry.at, entry.actor, kind, entry.seq, hash)


def _written(event: _Event) -> Iterator[str]:
    yield "    <event>\n"
    texts = {"concept:name": event.name, "concept:instance": event.task, "lifecycle:transition": event.transition, "org:resource": event.actor,
             "org:role": event.role, "org:group": event.group, "banli:element": event.element, "banli:event": event.kind, "banli:outcome": event.outcome,
             "banli:entry": event.entry}
    for key, value in texts.items():
        if value:
            yield "      " + _string(key, value)
    yield f'      <date key="time:timestamp" value="{event.at.isoformat(timespec="milliseconds")}"/>\n      <int key="banli:seq" value="{event.seq}"/>\n'
    yield "    </event>\n"


def _string(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(FORBIDDEN.sub("�", value))}/>\n'
