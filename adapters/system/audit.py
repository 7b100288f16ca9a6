"""Verifies what a place recorded and replays instances, with our engine or with SpiffWorkflow beside it; prints nothing."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.database import journal, places
from adapters.database.calendar_years import stored_years
from adapters.database.retention import removed
from adapters.keys.place_keys import verified
from adapters.spiff.second import Twin, same
from adapters.system.past_calendars import PastCalendars
from adapters.system.root import System
from engine.engine import Diverged, Replayed, replay
from engine.facts import RecordedFacts
from engine.feel import Environment
from engine.journal.checkpoint import Checkpoint, read_signed
from engine.journal.entry import Entry
from engine.journal.verify import Verified, verify
from engine.refusals import Finding, NotFound, Refused


def verified_place(system: System, place: str, bodies: Iterable[bytes] | None = None) -> Verified:
    """What an offline check of everything the place recorded finds. `bodies`: the entries as they are stored, each stream in order; read here without."""
    public = system.keys.public_key(place)
    checkpoints: list[Checkpoint] = []
    refused: list[Finding] = []
    with system.database.reading() as connection:
        for note in journal.checkpoints(connection, place):
            try:
                checkpoints.append(read_signed(note, "banli", public, lambda message, signature: verified(public, message, signature)))
            except Refused as wrong:
                refused.append(Finding(wrong.code, details=wrong.details))
        entries = (written.body for written in journal.entries(connection, place)) if bodies is None else bodies
        certified, contradicted = removed(connection, place)
        found = verify(entries, journal.leaves(connection, place), checkpoints, frozenset(certified))
    found.findings += [*refused, *contradicted]
    return found


@dataclass(slots=True)
class Outcome:
    """How a replay went. `compared`: entries after which both engines showed the same open tasks."""

    entries: int = 0
    compared: int = 0
    state_hash: str = ""
    findings: tuple[Finding, ...] = ()


def replayed(system: System, place: str, instance: str, until: int = 0, second: bool = False) -> Outcome:
    """Replays an instance up to entry `until` (0: all), with `second` beside SpiffWorkflow. Raises NotFound."""
    with system.database.reading() as connection:
        entries = [written.entry for written in journal.entries(connection, place, instance) if not until or written.entry.seq <= until]
    if not entries:
        raise NotFound("instance.unknown", instance=instance)
    outcome = Outcome()
    try:
        for step in _steps(system, place, entries, second):
            outcome.entries, outcome.state_hash = step.entry.seq, step.state_hash
            outcome.compared += second
    except Diverged as differs:
        outcome.findings = (Finding("journal.replay", element=f"{instance}:{differs.seq}", details={"stored": differs.expected, "found": differs.found}),)
    except Refused as refused:
        outcome.findings = (Finding(refused.code, element=instance, details=refused.details),)
    return outcome


def _steps(system: System, place: str, entries: list[Entry], second: bool) -> Iterator[Replayed]:
    twin: Twin | None = None
    calendars = PastCalendars(stored_years(system.database, place))
    for step in replay(entries, lambda package: system.published.graphs(place, package), lambda entry: recorded(system, place, entry, calendars)):
        if second:
            twin = twin or twin_of(system, place, step.entry)
            facts = recorded(system, place, step.entry, calendars)
            _same_or_refuse(twin, step, Environment(facts.now, facts.zone, facts.functions), _outermost(entries[0], facts.scheme))  # type: ignore[arg-type]
        yield step


def _same_or_refuse(twin: Twin, step: Replayed, environment: Environment, outermost: Mapping[str, Any]) -> None:
    try:
        twin.entry(step.events, environment, outermost)
    except Refused as refused:
        raise Refused(refused.code, **{**refused.details, "seq": step.entry.seq}) from None
    ours, theirs = twin.open_ours(), twin.open_theirs()
    if not same(ours, theirs):
        raise Refused("spiff.differs", seq=step.entry.seq, ours=sorted(map(str, ours.elements())), theirs=sorted(map(str, theirs.elements())))


def twin_of(system: System, place: str, start: Entry) -> Twin:
    """SpiffWorkflow on the diagram that the instance runs."""
    bundle = system.published.bundle(place, start.package)
    process = bundle.graphs.processes[start.input["process"]]
    values = system.published.scheme(place, start.package, start.scheme).values if start.scheme else {}
    return Twin(bundle.files[process.file], process, _outermost(start, values))


def _outermost(start: Entry, scheme: Mapping[str, Any]) -> dict[str, Any]:
    """The names that every expression of the instance sees."""
    return {"scheme": scheme, "org": start.input["org"], "instance": start.input["instance"]}


def recorded(system: System, place: str, entry: Entry, calendars: PastCalendars) -> RecordedFacts:
    """The facts of a replay: named ones from the entry, the rest from the archived definitions and the calendar of that day."""
    given = system.published.facts(place, entry.package, entry.scheme, entry.at, lambda name, **args: None, calendars.of(entry))
    return RecordedFacts(entry.facts, entry.at, given.zone, given.scheme, given.calendar, given.functions)


def replayed_family(system: System, place: str, campaign: str, second: bool = False) -> list[Outcome]:
    """Replays of a campaign and of everything under it, in the order of their paths."""
    return [replayed(system, place, instance, second=second) for instance in places.family(system.database, place, campaign)]


def result_of(system: System, place: str, campaign: str) -> dict[str, Any]:
    """What a campaign came to: register and ledger as plain values in order, without ids that are drawn anew each time."""
    found = places.register(system.database, place, campaign)
    drawn = frozenset(places.family(system.database, place, campaign))

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items() if key not in ("identity",)}
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, datetime):
            return value.replace(second=0, microsecond=0)
        return "#" if isinstance(value, str) and value in drawn else value

    return {"records": [[kind, key, status, plain(data)] for kind, key, status, data in found["records"]], "accounts": found["accounts"]}
