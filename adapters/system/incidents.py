"""What administrators do about incidents: list them by cause, try again, count as done, cancel; the engine says who may and what follows."""
from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.database.incidents import Incident, Incidents
from adapters.database.jobs import Jobs
from adapters.database.outbox import Outbox
from adapters.locale import knows, say
from adapters.system.root import System
from engine.commands import Cancel, Command, ResolveIncident, RetryIncident
from engine.events import IncidentOpened
from engine.refusals import NotFound, Refused

__all__ = ["Cause", "Incident", "Mending", "Outcome", "cancel", "causes", "one_incident", "open_incidents", "resolve", "retry", "sentence", "stranded", "undelivered"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Incidents that one correction would mend: the same failure at the same element of the same process."""

    code: str
    process: str
    element: str
    incidents: tuple[Incident, ...]

    @property
    def first_at(self) -> datetime | None:
        return self.incidents[0].opened_at

    @property
    def last_at(self) -> datetime | None:
        return self.incidents[-1].opened_at


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one incident. `refused`: why nothing was done; `again`: what failed anew, if something did."""

    incident: Incident
    refused: Refused | None = None
    again: IncidentOpened | None = None

    @property
    def done(self) -> bool:
        return self.refused is None and self.again is None


def open_incidents(system: System, place: str, actor: str | None = None, **filters: str) -> list[Incident]:
    """The open incidents that `actor` may put right or look at (None: all of the place), oldest first."""
    return Incidents(system.database).open(place, actor, filters)


def causes(incidents: Iterable[Incident]) -> list[Cause]:
    """Grouped by cause, the most frequent first, then the oldest."""
    groups: dict[tuple[str, str, str], list[Incident]] = {}
    for one in incidents:
        groups.setdefault((one.code, one.process, one.element), []).append(one)
    return [Cause(*key, tuple(found)) for key, found in sorted(groups.items(), key=lambda each: -len(each[1]))]


def one_incident(system: System, place: str, actor: str, name: str) -> Incident:
    """The one called `instance/incident`, the instance by its first characters. Raises NotFound `incident.unknown`, absent, several or not theirs."""
    instance, _, id = name.partition("/")
    found = [one for one in open_incidents(system, place, actor) if one.instance.startswith(instance) and one.id == id]
    if not instance or len(found) != 1:
        raise NotFound("incident.unknown", incident=name)
    return found[0]


def retry(system: System, place: str, actor: str, incidents: Sequence[Incident], variables: Mapping[str, Any]) -> list[Outcome]:
    """Tries each again, with `variables` corrected first; one that is refused does not stop the others."""
    return _each(system, place, incidents, lambda one: RetryIncident(actor, one.id, variables))


def resolve(system: System, place: str, actor: str, incidents: Sequence[Incident], reason: str, variables: Mapping[str, Any]) -> list[Outcome]:
    """Counts each element as done, with `variables` for what it should have given. Raises Refused `task.reason_needed`."""
    _need(reason)
    return _each(system, place, incidents, lambda one: ResolveIncident(actor, one.id, reason, variables))


def cancel(system: System, place: str, actor: str, incidents: Sequence[Incident], reason: str) -> list[Outcome]:
    """Cancels the instances that the incidents hold up, each once. Raises Refused `task.reason_needed`."""
    _need(reason)
    return _each(system, place, list({one.instance: one for one in incidents}.values()), lambda one: Cancel(actor, reason))


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refused("task.reason_needed")


def _each(system: System, place: str, incidents: Sequence[Incident], command: Callable[[Incident], Command]) -> list[Outcome]:
    outcomes = []
    for one in incidents:
        try:
            answer = system.handle(place, one.instance, command(one), secrets.token_hex(16))
        except Refused as refused:
            outcomes.append(Outcome(one, refused))
            continue
        again = next((event for event in answer.events if isinstance(event, IncidentOpened)), None)
        outcomes.append(Outcome(one, again=again))
    system.run_due(place)
    return outcomes


def sentence(code: str, details: Mapping[str, Any], language: str) -> str:
    """What went wrong, in words; a reason that is itself a code is put into words too."""
    told = {name: value for name, value in details.items() if name != "retry"}
    reason = told.get("reason")
    if isinstance(reason, str) and reason != code and knows(reason, language):
        told["reason"] = say(reason, language, **told).rstrip("。.")
    return say(code, language, **told)


def stranded(system: System, place: str) -> list[tuple[str, str, str, str]]:
    """Work between instances that was given up and of which not even an incident tells: (instance, job, kind, error)."""
    return Jobs(system.database).failed(place)


def undelivered(system: System, place: str) -> list[tuple[str, str, str]]:
    """Notices that no channel took after all tries: (message, instance, error)."""
    return Outbox(system.database).undelivered(place)


@dataclass(frozen=True, slots=True)
class Mending:
    """The same for the pages, which know no composition root."""

    system: System

    def causes(self, place: str, actor: str, **filters: str) -> list[Cause]:
        return causes(open_incidents(self.system, place, actor, **filters))

    def one(self, place: str, actor: str, name: str) -> Incident:
        return one_incident(self.system, place, actor, name)

    def retry(self, place: str, actor: str, incidents: Sequence[Incident], variables: Mapping[str, Any]) -> list[Outcome]:
        return retry(self.system, place, actor, incidents, variables)

    def resolve(self, place: str, actor: str, incidents: Sequence[Incident], reason: str, variables: Mapping[str, Any]) -> list[Outcome]:
        return resolve(self.system, place, actor, incidents, reason, variables)

    def cancel(self, place: str, actor: str, incidents: Sequence[Incident], reason: str) -> list[Outcome]:
        return cancel(self.system, place, actor, incidents, reason)
