"""What a person may start under a running campaign: processes whose starters they are, under the instances whose window is open.

The engine decides when it is tried; here it is only asked for the cards, and what the message says of the starter is put together from
the register of organisations and the scheme, never from the request.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from adapters.locale import say
from adapters.web.campaigns import campaign_rows, channel_named, ends_of_stage
from adapters.web.ports import Row
from adapters.web.signed_in import Visitor
from adapters.web.views import Startable
from engine.bpmn.graph import Process
from engine.feel import Environment, Expression, FeelError
from engine.refusals import NotFound

ABOUT_A_NOMINATION = frozenset({"withdraw_nomination"})  # offered on the page of an accepted nomination only


def startable(visitor: Visitor) -> list[Startable]:
    """The cards of the start page, one a campaign and process: each with the instances it may be started under, the one that invited this employer first."""
    if visitor.reads_only:
        return []
    found, holding = [], _holding(visitor)
    starters = Starters(visitor)
    for bundle_hash, process in _processes(visitor):
        message = message_of(process)
        if not message or message in ABOUT_A_NOMINATION:
            continue
        parents = [(each, employer) for each in holding(*process.started_under) if each.package == bundle_hash for employer in starters.of(process, each)]
        for root in dict.fromkeys(each.root for each, _ in parents):
            found.append(_card(visitor, process, message, [pair for pair in parents if pair[0].root == root]))
    if len({each.campaign for each in found}) > 1:
        titles = {row.id: row.title for row in campaign_rows(visitor)}
        found = [replace(each, campaign_title=titles.get(each.campaign, "")) for each in found]
    return found


def _holding(visitor: Visitor) -> Callable[[str, str], Sequence[Row]]:
    """The live instances of a process in which an element holds a token; asked once for each, however many versions of the package there are."""
    @cache
    def holding(process: str, element: str) -> Sequence[Row]:
        return visitor.system.queries.holding(visitor.place.id, process, element)

    return holding


def _card(visitor: Visitor, process: Process, message: str, parents: Sequence[tuple[Row, Mapping[str, Any]]]) -> Startable:
    invited = sorted(parents, key=lambda pair: not _invites(visitor, *pair))
    options = tuple((parent.id, parent.title.rpartition(" · ")[2] or parent.title) for parent, _ in dict((pair[0].id, pair) for pair in invited).values())
    first = invited[0][0]
    start = process.nodes[process.body.starts[0]]
    return Startable(
        options, message, say(start.name or process.name, visitor.language), say(start.documentation, visitor.language) if start.documentation else "",
        ends_of_stage(visitor, first, process.stage), "", first.root)


def _invites(visitor: Visitor, parent: Row, employer: Mapping[str, Any]) -> bool:
    """Whether the parent's channel lists this employer among those it invited."""
    channel = channel_named(visitor, parent)
    return bool(channel) and employer.get("org") in [each.get("org") for each in (channel or {}).get("employers") or ()]


def _processes(visitor: Visitor) -> Iterator[tuple[str, Process]]:
    for package in visitor.system.publications.packages(visitor.place.id):
        for process in visitor.words.bundle(package.hash).graphs.processes.values():
            if process.started_under[0]:
                yield package.hash, process


def message_of(process: Process) -> str:
    """The name of the message that starts the process; empty when none does."""
    events = [event for id in process.body.starts for event in process.nodes[id].events]
    return next((event.ref.name for event in events if event.kind == "message" and event.ref is not None), "")


def employers(visitor: Visitor) -> list[dict[str, Any]]:
    """The organisations this person acts for, as messages name them."""
    organisations = {each.id: each for each in visitor.system.people.organisations(visitor.place.id)}
    mine = [organisations[each.org] for each in visitor.holdings if each.org in organisations]
    return [{"org": each.id, "code": each.code or "", "name": each.name} for each in mine]


class Starters:
    """For which of a visitor's organisations they may start a process; asked of the scheme once, however many instances it may be started under."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self._employers = visitor, employers(visitor)
        self._held = {(each.org, each.candidate) for each in visitor.holdings}
        self._known: dict[tuple[str, str, str], list[dict[str, Any]]] = {}

    def of(self, process: Process, parent: Row) -> list[dict[str, Any]]:
        """The organisations from which one of this person's posts is among the process's starters."""
        key = (parent.package, parent.scheme, process.id)
        if key not in self._known:
            self._known[key] = self._found(process, parent)
        return self._known[key]

    def _found(self, process: Process, parent: Row) -> list[dict[str, Any]]:
        visitor, starters = self._visitor, process.starters
        facts = visitor.system.published.facts(visitor.place.id, parent.package, parent.scheme, visitor.now, lambda name, **args: None)
        environment = Environment(facts.now, ZoneInfo(facts.zone), facts.functions)
        found = []
        for employer in self._employers:
            try:
                wanted: Any = starters({"scheme": facts.scheme, "employer": employer}, environment) if isinstance(starters, Expression) else starters
            except FeelError:
                continue
            listed = [wanted] if isinstance(wanted, str) else list(wanted or ())
            if any((employer["org"], each) in self._held for each in listed):
                found.append(employer)
        return found


def start_under(visitor: Visitor, parent_id: str, message: str, command_id: str, nomination: str = "") -> str:
    """Starts it; the id of the new instance. Raises NotFound when it is not offered to this person, and what the engine refuses."""
    for bundle_hash, process in _processes(visitor):
        if message_of(process) != message:
            continue
        parents = [each for each in _running(visitor, parent_id, process) if each.package == bundle_hash]
        starters = Starters(visitor)
        for parent in parents:
            for employer in starters.of(process, parent):
                payload = {"employer": employer, "channel": channel_named(visitor, parent), **({"nomination_id": nomination} if nomination else {})}
                return visitor.system.message(visitor.place.id, message, parent.id, visitor.person.id, payload, command_id).instance
    raise NotFound("web.not_startable")


def _running(visitor: Visitor, parent_id: str, process: Process) -> list[Row]:
    """The instance it is to start under, whether its window is open or not: that the window has closed is the engine's to say, in words."""
    try:
        head = visitor.system.head(visitor.place.id, parent_id)
    except NotFound:
        return []
    return [head] if head.process == process.started_under[0] else []
