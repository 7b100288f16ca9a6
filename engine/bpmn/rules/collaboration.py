"""Pools, message flows, lanes, choreographies and process types (BPMN 2.0 §9, §10.7, §11)."""
from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import Element, child, children, flag, local, text
from engine.refusals import Finding


def participants(diagram: Diagram) -> Iterator[Finding]:
    """A participant is there at least `minimum` and at most `maximum` times, with 0 ≤ minimum ≤ maximum and maximum ≥ 1 (table 9.3)."""
    for one in diagram.tree.each("participantMultiplicity"):
        least, most = one.get("minimum", "0").strip(), one.get("maximum", "1").strip()
        if not (re.fullmatch(r"[+-]?\d{1,9}", least) and re.fullmatch(r"[+-]?\d{1,9}", most)):
            continue
        if int(least) < 0 or int(most) < 1 or int(most) < int(least):
            yield diagram.finding("bpmn.participant.multiplicity", one, minimum=least, maximum=most)


def message_flows(diagram: Diagram) -> Iterator[Finding]:
    """Messages go between participants, into what can catch a message and out of what can send one (§9.4, tables 7.4 and 7.5)."""
    for flow in diagram.tree.each("messageFlow"):
        source = diagram.tree.target(flow, flow.get("sourceRef", ""))
        target = diagram.tree.target(flow, flow.get("targetRef", ""))
        if source is not None:
            yield from _sends(diagram, flow, source)
        if target is not None:
            yield from _receives(diagram, flow, target)
        if source is not None and target is not None and _same_pool(diagram, source, target):
            yield diagram.finding("bpmn.message-flow.same-pool", flow, source=diagram.id(source), target=diagram.id(target))


def message_flow_ends(diagram: Diagram) -> Iterator[Finding]:
    """An intermediate event has one message flow (§10.4.4)."""
    for name in ("sourceRef", "targetRef"):
        seen: set[Element] = set()
        for flow in diagram.tree.each("messageFlow"):
            event = diagram.tree.target(flow, flow.get(name, ""), "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
            if event in seen:
                yield diagram.finding("bpmn.message-flow.several", flow, event=diagram.id(event))
            elif event is not None:
                seen.add(event)


def _sends(diagram: Diagram, flow: Element, source: Element) -> Iterator[Finding]:
    kind = local(source)
    if kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"):
        yield diagram.finding("bpmn.message-flow.source", flow, source=diagram.id(source), found=kind)
    elif kind in ("endEvent", "intermediateThrowEvent") and "message" not in diagram.kinds(source):
        yield diagram.finding("bpmn.message-flow.source-no-message", flow, source=diagram.id(source), found=kind)


def _receives(diagram: Diagram, flow: Element, target: Element) -> Iterator[Finding]:
    kind = local(target)
    if kind in ("endEvent", "intermediateThrowEvent", "sendTask"):
        yield diagram.finding("bpmn.message-flow.target", flow, target=diagram.id(target), found=kind)
    elif kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent") and "message" not in diagram.kinds(target):
        yield diagram.finding("bpmn.message-flow.target-no-message", flow, target=diagram.id(target), found=kind)


def _same_pool(diagram: Diagram, source: Element, target: Element) -> bool:
    one, other = _pool(diagram, source), _pool(diagram, target)
    return one is not None and one is other


def _pool(diagram: Diagram, element: Element) -> Element | None:
    """The process of a pool or of an element in it; a pool without a process stands for itself."""
    if local(element) == "participant":
        process = diagram.tree.target(element, element.get("processRef", ""), "process")
        return element if process is None else process
    return diagram.process(element)


def lanes(diagram: Diagram) -> Iterator[Finding]:
    """A lane holds nodes of its own process, and a node lies in one lane of a lane set (§10.7)."""
    for lane_set in diagram.tree.each("laneSet", "childLaneSet"):
        seen: dict[str, str] = {}
        for lane in children(lane_set, "lane"):
            for reference in children(lane, "flowNodeRef"):
                node = diagram.tree.target(reference, text(reference))
                if node is None or not diagram.is_a(node, "FlowNode"):
                    continue
                if diagram.process(node) is not diagram.process(lane):
                    yield diagram.finding("bpmn.lane.foreign", reference, node=diagram.id(node), lane=diagram.name(lane))
                elif seen.setdefault(diagram.id(node), diagram.id(lane)) != diagram.id(lane):
                    yield diagram.finding("bpmn.lane.two", reference, node=diagram.id(node), lane=diagram.name(lane), other=seen[diagram.id(node)])


def processes(diagram: Diagram) -> Iterator[Finding]:
    """A public process shows what others see and is never executed (§10.1.2)."""
    for process in diagram.tree.each("process"):
        if process.get("processType") == "Public" and flag(process, "isExecutable"):
            yield diagram.finding("bpmn.process.public", process)


def choreographies(diagram: Diagram) -> Iterator[Finding]:
    """Choreographies are named by collaborations, not by each other; a choreography task has two participants, one of whom begins (§9.6, §11.5)."""
    for one in diagram.tree.each("choreographyRef"):
        if local(one.getparent()) != "collaboration":
            yield diagram.finding("bpmn.choreography.reference", one, inside=local(one.getparent()))
    for task in diagram.tree.each("choreographyTask", "subChoreography", "callChoreography"):
        named = [diagram.tree.plain(one, text(one)) for one in children(task, "participantRef")]
        if local(task) == "choreographyTask" and len(named) > 2:
            yield diagram.finding("bpmn.choreography.participants", task, participants=len(named))
        if task.get("initiatingParticipantRef") and diagram.tree.plain(task, task.get("initiatingParticipantRef")) not in named:
            yield diagram.finding("bpmn.choreography.initiator", task, participant=task.get("initiatingParticipantRef"))


def conversations(diagram: Diagram) -> Iterator[Finding]:
    """Who talks: at least two; what is called is no choreography; a link joins a conversation and who takes part; a global one has none inside (§9.5)."""
    for link in diagram.tree.each("conversationLink"):
        ends = [found for name in ("sourceRef", "targetRef") if (found := diagram.tree.target(link, link.get(name, ""))) is not None]
        talks = sum(diagram.is_a(one, "ConversationNode") for one in ends)
        if len(ends) == 2 and talks != 1:
            yield diagram.finding("bpmn.conversation.link", link)
    for one in diagram.tree.each("conversation", "subConversation", "callConversation"):
        named = len(children(one, "participantRef"))
        if named < 2:
            yield diagram.finding("bpmn.conversation.participants", one, participants=named)
        called = diagram.tree.target(one, one.get("calledCollaborationRef", ""), "choreography", "globalChoreographyTask")
        if called is not None:
            yield diagram.finding("bpmn.conversation.called", one, called=diagram.id(called))
    for one in diagram.tree.each("globalConversation"):
        if child(one, "conversation", "subConversation", "callConversation") is not None:
            yield diagram.finding("bpmn.conversation.global", one)


RULES = (participants, message_flows, message_flow_ends, lanes, processes, choreographies, conversations)
