"""Events: which triggers and results each may have, what must flow in and out, timers, links, shared definitions (BPMN 2.0 §10.4)."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from engine.bpmn.graph import ACTIVITIES
from engine.bpmn.parts import KINDS
from engine.bpmn.rules.diagram import Diagram, holds_text
from engine.bpmn.tree import Element, child, children, flag, local, text
from engine.refusals import Finding

START = frozenset({"message", "timer", "signal", "conditional"})  # table 10.84
EVENT_SUB_PROCESS = START | {"error", "escalation", "compensate"}  # table 10.86
NEVER_NON_INTERRUPTING = frozenset({"error", "compensate"})
END = frozenset({"message", "signal", "error", "escalation", "cancel", "compensate", "terminate"})  # table 10.88
THROW = frozenset({"message", "signal", "escalation", "compensate", "link"})  # table 10.89
CATCH = frozenset({"message", "timer", "signal", "conditional", "link"})  # table 10.89
BOUNDARY = frozenset({"message", "timer", "signal", "conditional", "error", "escalation", "cancel", "compensate"})  # table 10.90


def starts_and_ends(diagram: Diagram) -> Iterator[Finding]:
    """Nothing flows into a start or out of an end; each flows on or is flowed to; where there is one kind there is the other (§10.4.2, §10.4.3)."""
    for start in diagram.tree.each("startEvent"):
        if diagram.incoming(start):
            yield diagram.finding("bpmn.start.incoming", start)
        if not diagram.outgoing(start):
            yield diagram.finding("bpmn.start.no-outgoing", start)
    for end in diagram.tree.each("endEvent"):
        if diagram.outgoing(end):
            yield diagram.finding("bpmn.end.outgoing", end)
        if not diagram.incoming(end):
            yield diagram.finding("bpmn.end.no-incoming", end)
    for container in diagram.containers:
        begins = bool(diagram.inside(container, "startEvent")) or any(flag(one, "instantiate") for one in diagram.inside(container))
        ends = diagram.inside(container, "endEvent")
        if begins and not ends and diagram.inside(container, "startEvent") and local(container) != "adHocSubProcess":
            yield diagram.finding("bpmn.start.without-end", diagram.inside(container, "startEvent")[0], "warning", container=diagram.id(container))
        if ends and not begins and local(container) != "adHocSubProcess":
            yield diagram.finding("bpmn.end.without-start", ends[0], container=diagram.id(container))


def start_triggers(diagram: Diagram) -> Iterator[Finding]:
    """What may trigger a start event depends on where it stands (tables 10.84–10.86)."""
    for start in diagram.tree.each("startEvent"):
        container, kinds = diagram.container(start), diagram.kinds(start)
        if container is None:
            continue
        if flag(container, "triggeredByEvent"):
            yield from _event_sub_process_start(diagram, start, kinds)
        elif local(container) == "process":
            for kind in kinds:
                if kind not in START:
                    yield diagram.finding("bpmn.start.trigger", start, trigger=kind, allowed=sorted(START))
        elif kinds or children(start, "eventDefinitionRef"):
            yield diagram.finding("bpmn.start.embedded-trigger", start, trigger=(kinds or ["?"])[0], container=diagram.id(container))
    yield from _embedded_beginnings(diagram)


def _embedded_beginnings(diagram: Diagram) -> Iterator[Finding]:
    """A sub-process begins at its one start event, when a token comes; nothing in it starts an instance (§13.2.4)."""
    for container in diagram.tree.each("subProcess", "transaction"):
        starts = [] if flag(container, "triggeredByEvent") else diagram.inside(container, "startEvent")
        for start in starts[1:]:
            yield diagram.finding("bpmn.start.embedded-several", start, container=diagram.id(container), other=diagram.id(starts[0]))
    for node in diagram.tree.each("receiveTask", "eventBasedGateway"):
        around = diagram.container(node)
        if flag(node, "instantiate") and around is not None and local(around) in ("subProcess", "transaction", "adHocSubProcess"):
            yield diagram.finding("bpmn.start.embedded-instantiate", node, container=diagram.id(around))


def _event_sub_process_start(diagram: Diagram, start: Element, kinds: list[str]) -> Iterator[Finding]:
    if not kinds:
        yield diagram.finding("bpmn.event-sub-process.no-trigger", start)
    for kind in kinds:
        if kind not in EVENT_SUB_PROCESS:
            yield diagram.finding("bpmn.start.trigger", start, trigger=kind, allowed=sorted(EVENT_SUB_PROCESS))
        elif kind in NEVER_NON_INTERRUPTING and not flag(start, "isInterrupting", True):
            yield diagram.finding("bpmn.event-sub-process.non-interrupting", start, trigger=kind)
        elif kind == "compensate" and _at_top(diagram, start):
            yield diagram.finding("bpmn.event-sub-process.compensation", start)


def _at_top(diagram: Diagram, start: Element) -> bool:
    """Whether its event sub-process stands directly in a process: that is never compensated, for nothing around it could ask for it."""
    around = diagram.container(diagram.container(start))
    return around is not None and local(around) == "process"


def event_sub_processes(diagram: Diagram) -> Iterator[Finding]:
    """An event sub-process is entered by its one start event and by nothing else (§10.2.5)."""
    for one in diagram.tree.each("subProcess", "transaction", "adHocSubProcess"):
        if not flag(one, "triggeredByEvent"):
            continue
        for flow in diagram.incoming(one) + diagram.outgoing(one):
            yield diagram.finding("bpmn.event-sub-process.flow", flow, sub_process=diagram.id(one))
        starts = diagram.inside(one, "startEvent")
        if len(starts) != 1:
            yield diagram.finding("bpmn.event-sub-process.one-start", one, starts=len(starts))
        if diagram.boundary_of(one):
            yield diagram.finding("bpmn.event-sub-process.boundary", one)
        if child(one, "standardLoopCharacteristics", "multiInstanceLoopCharacteristics") is not None:
            yield diagram.finding("bpmn.event-sub-process.loop", one)


def end_results(diagram: Diagram) -> Iterator[Finding]:
    """What an end event may give; a cancel end stands directly in a transaction (table 10.88)."""
    for end in diagram.tree.each("endEvent"):
        for kind in diagram.kinds(end):
            if kind not in END:
                yield diagram.finding("bpmn.end.result", end, result=kind, allowed=sorted(END))
            elif kind == "cancel" and not _in_transaction(diagram, end):
                yield diagram.finding("bpmn.end.cancel", end)


def _in_transaction(diagram: Diagram, event: Element) -> bool:
    container = diagram.container(event)
    while container is not None and local(container) == "subProcess":  # an embedded sub-process inside it counts
        container = diagram.container(container)
    return container is not None and local(container) == "transaction"


def intermediate(diagram: Diagram) -> Iterator[Finding]:
    """Intermediate events stand in the flow; what they catch or throw (table 10.89). Links have rules of their own."""
    for event in diagram.tree.each("intermediateCatchEvent", "intermediateThrowEvent"):
        kinds, catching = diagram.kinds(event), local(event) == "intermediateCatchEvent"
        for kind in kinds:
            if kind not in (CATCH if catching else THROW):
                yield diagram.finding("bpmn.intermediate.kind", event, kind=kind, allowed=sorted(CATCH if catching else THROW), found=local(event))
        if catching and not kinds and not children(event, "eventDefinitionRef"):
            yield diagram.finding("bpmn.intermediate.no-trigger", event)
        if not diagram.incoming(event) and not (catching and ("link" in kinds or flag(event, "instantiate"))) and not _ad_hoc(diagram, event):
            yield diagram.finding("bpmn.intermediate.no-incoming", event)
        if not diagram.outgoing(event) and not (not catching and "link" in kinds) and not _ad_hoc(diagram, event):
            yield diagram.finding("bpmn.intermediate.no-outgoing", event)


def _ad_hoc(diagram: Diagram, node: Element) -> bool:
    container = diagram.container(node)
    return container is not None and local(container) == "adHocSubProcess"


def boundary(diagram: Diagram) -> Iterator[Finding]:
    """A boundary event sits on an activity of the same body, is entered by its trigger only, and leads somewhere (§10.4.4, table 10.90)."""
    for event in diagram.tree.each("boundaryEvent"):
        kinds = diagram.kinds(event)
        host = diagram.tree.target(event, event.get("attachedToRef", ""), *ACTIVITIES)
        if host is not None and diagram.container(host) is not diagram.container(event):
            yield diagram.finding("bpmn.boundary.elsewhere", event, activity=diagram.id(host))
        if diagram.incoming(event):
            yield diagram.finding("bpmn.boundary.incoming", event)
        if not kinds and not children(event, "eventDefinitionRef"):
            yield diagram.finding("bpmn.boundary.no-trigger", event)
        if "compensate" in kinds:
            if diagram.outgoing(event):
                yield diagram.finding("bpmn.boundary.compensation-flow", event)
        elif not diagram.outgoing(event):
            yield diagram.finding("bpmn.boundary.no-outgoing", event)
        for kind in kinds:
            yield from _boundary_kind(diagram, event, kind, host)


def _boundary_kind(diagram: Diagram, event: Element, kind: str, host: Element | None) -> Iterator[Finding]:
    if kind not in BOUNDARY:
        yield diagram.finding("bpmn.boundary.trigger", event, trigger=kind, allowed=sorted(BOUNDARY))
    if kind == "cancel" and host is not None and local(host) != "transaction":
        yield diagram.finding("bpmn.boundary.cancel", event, activity=diagram.id(host))
    if kind in ("error", "cancel") and not flag(event, "cancelActivity", True):
        yield diagram.finding("bpmn.boundary.non-interrupting", event, trigger=kind)


def caught_once(diagram: Diagram) -> Iterator[Finding]:
    """Of two boundary events of one activity that catch the same error or escalation, or any, the second would never happen (§10.4.6: one catches)."""
    seen: set[tuple[str, str, str]] = set()
    for event in diagram.tree.each("boundaryEvent"):
        for one in diagram.triggers(event):
            kind = KINDS[local(one)]
            if kind not in ("error", "escalation"):
                continue
            what = diagram.tree.target(one, one.get(f"{kind}Ref", ""), kind)
            key = (diagram.tree.plain(event, event.get("attachedToRef", "")), kind, "" if what is None else what.get(f"{kind}Code") or diagram.id(what))
            if key in seen:
                yield diagram.finding("bpmn.boundary.caught-before", event, activity=key[0], trigger=kind)
            seen.add(key)


def links(diagram: Diagram) -> Iterator[Finding]:
    """A link goes from throwing to catching events of one name in the same body; nothing else flows in or out there (§10.4.5)."""
    for container in diagram.containers:
        events = diagram.inside(container, "intermediateCatchEvent", "intermediateThrowEvent")
        ends = [(event, one) for event in events for one in diagram.triggers(event) if local(one) == "linkEventDefinition"]
        caught = [(event, one) for event, one in ends if local(event) == "intermediateCatchEvent"]
        thrown = [(event, one) for event, one in ends if local(event) == "intermediateThrowEvent"]
        targets = Counter(one.get("name", "") for _, one in caught)
        sources = {one.get("name", "") for _, one in thrown}
        here = {one for _, one in ends}
        for event, one in thrown:
            if not _joined(diagram, one, "target", set(targets), here):
                yield diagram.finding("bpmn.link.no-target", event, link=one.get("name", ""))
            if diagram.outgoing(event):
                yield diagram.finding("bpmn.link.outgoing", event, link=one.get("name", ""))
        for event, one in caught:
            if not _joined(diagram, one, "source", sources, here):
                yield diagram.finding("bpmn.link.no-source", event, link=one.get("name", ""))
            if diagram.incoming(event):
                yield diagram.finding("bpmn.link.incoming", event, link=one.get("name", ""))
            if targets[one.get("name", "")] > 1:
                yield diagram.finding("bpmn.link.several-targets", event, link=one.get("name", ""))


def _joined(diagram: Diagram, link: Element, reference: str, names: set[str], here: set[Element]) -> bool:
    """Whether the other end is in the same body and of the same name; references, where there are some, name such ends."""
    named = [diagram.tree.target(one, text(one), "linkEventDefinition") for one in children(link, reference)]
    return link.get("name", "") in names and all(one in here and one.get("name") == link.get("name") for one in named if one is not None)


def shared(diagram: Diagram) -> Iterator[Finding]:
    """eventDefinitionRef names a definition at the top of the document, not one that belongs to another event (§10.4.5)."""
    for reference in diagram.tree.each("eventDefinitionRef"):
        found = diagram.tree.target(reference, text(reference), *KINDS)
        if found is not None and found.getparent() is not diagram.tree.root:
            yield diagram.finding("bpmn.event.definition-owned", reference, definition=text(reference))


def parallel_multiple(diagram: Diagram) -> Iterator[Finding]:
    """parallelMultiple means that all of several triggers are needed (§10.4.1)."""
    for event in diagram.tree.each("startEvent", "intermediateCatchEvent", "boundaryEvent"):
        if flag(event, "parallelMultiple") and len(diagram.kinds(event)) < 2:
            yield diagram.finding("bpmn.event.parallel-multiple", event, triggers=len(diagram.kinds(event)))


_DAY = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_DATE = rf"{_DAY}T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_ZONE = r"(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)"
_DURATION = r"P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
_ANY_DATE = re.compile(rf"{_DAY}|{_DATE}{_ZONE}?", re.ASCII)  # a day begins with its first moment
_FULL_DATE = re.compile(rf"{_DATE}{_ZONE}", re.ASCII)
_FORMS = {
    "timeDate": _ANY_DATE,
    "timeDuration": re.compile(_DURATION, re.ASCII),
    "timeCycle": re.compile(rf"R\d*/(?:(?:{_DATE}{_ZONE}?/)?{_DURATION}|{_DURATION}/{_DATE}{_ZONE}?)", re.ASCII),
}


def timers(diagram: Diagram) -> Iterator[Finding]:
    """A timer has exactly one of date, duration and cycle, in ISO 8601 where it is written out (§10.4.5, table 10.101)."""
    for timer in diagram.tree.each("timerEventDefinition"):
        given = children(timer, *_FORMS)
        if len(given) > 1:
            yield diagram.finding("bpmn.timer.several", timer, found=[local(one) for one in given])
        for one in given:
            words = text(one)
            if words and not words.startswith("=") and not _readable(local(one), words) and diagram.executable(timer):
                yield diagram.finding("bpmn.timer.form", one, field=local(one), value=words[:80])


def _readable(field: str, words: str) -> bool:
    """Whether a written time is of its form, its days are in the calendar, and a cycle has a length."""
    if not _FORMS[field].fullmatch(words):
        return False
    try:
        for day in re.findall(r"(?<![\d-])\d{4}-\d\d-\d\d", words):
            date.fromisoformat(day)
    except ValueError:
        return False
    length = next((part for part in words.split("/")[1:] if part.startswith("P")), "P1D")
    return field != "timeCycle" or re.search(r"[1-9]", length) is not None


def timers_complete(diagram: Diagram) -> Iterator[Finding]:
    """What is executed says when: a time, and a date with its zone: one without is read in the zone of the place."""
    for timer in diagram.tree.each("timerEventDefinition"):
        if not diagram.executable(timer):
            continue
        if not any(holds_text(timer, name) for name in _FORMS):
            yield diagram.finding("bpmn.timer.missing", timer)
        written = child(timer, "timeDate")
        words = text(written)
        if _ANY_DATE.fullmatch(words) and not _FULL_DATE.fullmatch(words):
            yield diagram.finding("bpmn.timer.zone", written, "warning", value=words)


def references(diagram: Diagram) -> Iterator[Finding]:
    """What is executed names its message or signal; what is thrown its error or escalation, with a code (§10.4.5)."""
    for event in diagram.tree.each("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        if not diagram.executable(event):
            continue
        throws = local(event) in ("endEvent", "intermediateThrowEvent")
        for one in diagram.triggers(event):
            kind = KINDS[local(one)]
            needed = {"message": "messageRef", "signal": "signalRef"} | ({"error": "errorRef", "escalation": "escalationRef"} if throws else {})
            if kind in needed and not one.get(needed[kind]):
                yield diagram.finding("bpmn.event.reference", event, kind=kind, attribute=needed[kind])
            elif throws and kind in ("error", "escalation"):
                thrown = diagram.tree.target(one, one.get(needed[kind], ""), kind)
                if thrown is not None and not thrown.get(f"{kind}Code"):
                    yield diagram.finding("bpmn.event.code", event, kind=kind, attribute=f"{kind}Code", target=diagram.id(thrown))


def conditions(diagram: Diagram) -> Iterator[Finding]:
    """A conditional event has a condition (§10.4.5)."""
    for one in diagram.tree.each("conditionalEventDefinition"):
        if diagram.executable(one) and child(one, "condition") is not None and not holds_text(one, "condition"):
            yield diagram.finding("bpmn.event.condition", one)


def message_operations(diagram: Diagram) -> Iterator[Finding]:
    """A message whose payload is declared belongs to an operation, and the event says to which (§10.4.5: required to be executable)."""
    for event in diagram.tree.each("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        for one in diagram.triggers(event) if diagram.executable(event) else ():
            message = diagram.tree.target(one, one.get("messageRef", ""), "message")
            if message is not None and message.get("itemRef") and child(one, "operationRef") is None:
                yield diagram.finding("bpmn.message.operation", event, message=diagram.id(message))


def other_operations(diagram: Diagram) -> Iterator[Finding]:
    """Where both a message and an operation are named, the message is one of the operation's (§8.3.11, §10.2.3, §10.4.5)."""
    for one in diagram.tree.each("messageEventDefinition", "sendTask", "receiveTask"):
        named = one.get("operationRef") or text(child(one, "operationRef"))
        operation = diagram.tree.target(one, named, "operation")
        message = diagram.tree.target(one, one.get("messageRef", ""), "message")
        if operation is None or message is None:
            continue
        carried = [diagram.tree.target(each, text(each), "message") for each in children(operation, "inMessageRef", "outMessageRef")]
        if message not in carried:
            yield diagram.finding("bpmn.message.operation-other", one, message=diagram.id(message), operation=diagram.id(operation))


RULES = (starts_and_ends, start_triggers, event_sub_processes, end_results, intermediate, boundary, links, shared, parallel_multiple, other_operations)
EXECUTION = (caught_once, timers, timers_complete, references, conditions, message_operations)
