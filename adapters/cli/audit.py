"""`banli audit …`: verifies a place's journal and replays an instance, with our engine or with SpiffWorkflow beside it."""
from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.cli import say
from adapters.database import journal
from adapters.keys.place_keys import verified
from adapters.spiff.second import Twin, same
from adapters.system import Settings, System
from engine.engine import Diverged, Replayed, replay as replay_entries
from engine.facts import RecordedFacts
from engine.feel import Environment
from engine.journal.checkpoint import Checkpoint, read_signed
from engine.journal.entry import Entry
from engine.journal.verify import Verified
from engine.journal.verify import verify as verify_export
from engine.refusals import Finding, NotFound, Refused

LANGUAGE = "zh"


def verify(given: argparse.Namespace) -> int:
    """Form, numbering, chain, tree and signed checkpoints of a place; exit code 1 when anything is wrong."""
    system = System(Settings.from_environment())
    found = verified_place(system, given.place)
    errors = say.findings(LANGUAGE, found.findings)
    print(f"{'✓ 完整' if not errors else '✗ 不完整'}：{found.streams} 个流，{found.entries} 条记录，总账 {found.leaves} 条，检查点 {found.checkpoints} 个，"
          f"尚未入账 {len(found.unsequenced)} 条")
    return 1 if errors else 0


def verified_place(system: System, place: str) -> Verified:
    """What an offline check of everything the place recorded finds."""
    public = system.keys.public_key(place)
    checkpoints: list[Checkpoint] = []
    refused: list[Finding] = []
    with system.database.reading() as connection:
        for note in journal.checkpoints(connection, place):
            try:
                checkpoints.append(read_signed(note, "banli", public, lambda message, signature: verified(public, message, signature)))
            except Refused as wrong:
                refused.append(Finding(wrong.code, details=wrong.details))
        found = verify_export((written.body for written in journal.entries(connection, place)), journal.leaves(connection, place), checkpoints)
    found.findings += refused
    return found


def replay(given: argparse.Namespace) -> int:
    """Carries out an instance's recorded commands again and compares every event and state; exit code 1 at the first difference."""
    system = System(Settings.from_environment())
    outcome = replayed(system, given.place, given.instance, given.at, given.engine == "spiffworkflow")
    for finding in outcome.findings:
        print(say.sentence(LANGUAGE, finding))
    engine = "本系统与 SpiffWorkflow" if given.engine == "spiffworkflow" else "本系统"
    print(f"{'✓ 一致' if not outcome.findings else '✗ 不一致'}：{engine}重演 {outcome.entries} 条记录，状态 {outcome.state_hash[:16]}")
    return 1 if outcome.findings else 0


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
    for step in replay_entries(entries, lambda package: system.published.graphs(place, package), lambda entry: recorded(system, place, entry)):
        if second:
            twin = twin or twin_of(system, place, step.entry)
            facts = recorded(system, place, step.entry)
            _same_or_refuse(twin, step, Environment(facts.now, facts.zone, facts.functions))  # type: ignore[arg-type]
        yield step


def _same_or_refuse(twin: Twin, step: Replayed, environment: Environment) -> None:
    try:
        twin.entry(step.events, environment)
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
    outermost = {"scheme": values, "org": start.input["org"], "instance": start.input["instance"]}
    return Twin(bundle.files[process.file], process, outermost)


def recorded(system: System, place: str, entry: Entry) -> RecordedFacts:
    """The facts of a replay: named ones from the entry, the rest from the archived definitions."""
    given = system.published.facts(place, entry.package, entry.scheme, entry.at, lambda name, **args: None)
    return RecordedFacts(entry.facts, entry.at, given.zone, given.scheme, given.calendar, given.functions)


__all__ = ["Outcome", "recorded", "replay", "replayed", "twin_of", "verified_place", "verify"]
