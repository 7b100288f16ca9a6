"""Reads one BPMN file into a document of process graphs; says what it cannot read, checks no rule of BPMN and executes nothing.

Reading never follows the flow, so a chain of any length is read; nesting is bounded by the depth limit of `tree`.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.bpmn import parts
from engine.bpmn.expressions import value
from engine.bpmn.graph import ACTIVITIES, EVENTS, GATEWAYS, SUB_PROCESSES, Body, Flow, Message, Node, Process
from engine.bpmn.tree import Element, Limits, Tree, banli, child, children, flag, local, parse, text
from engine.refusals import Finding

FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
GLOBAL_TASKS = {
    "globalTask": "task", "globalUserTask": "userTask", "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask", "globalBusinessRuleTask": "businessRuleTask",
}


@dataclass(frozen=True, slots=True)
class Participant:
    """A pool of a collaboration; `process` is empty for a black box."""

    id: str
    name: str
    process: str


@dataclass(frozen=True, slots=True)
class MessageFlow:
    """A message flow between participants or elements of theirs."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Collaboration:
    """Who talks to whom; drawn, never executed."""

    id: str
    participants: tuple[Participant, ...]
    message_flows: tuple[MessageFlow, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One diagram file. `tree` is for the checker, its `uses` are all expressions; `findings` are what reading found (no FEEL)."""

    file: str
    processes: tuple[Process, ...]
    messages: Mapping[str, Message]
    signals: Mapping[str, Message]
    errors: Mapping[str, Message]
    escalations: Mapping[str, Message]
    data_stores: Mapping[str, str]
    collaborations: tuple[Collaboration, ...]
    findings: tuple[Finding, ...]
    tree: Tree


def read(xml: bytes, file: str, limits: Limits = Limits()) -> Document:
    """Read a diagram, as leniently as its graph can be made: what is wrong with it is for `check` to say.

    Raises: Invalid, when the file is no safe, well-formed BPMN document at all.
    """
    tree = parse(xml, file, limits)
    handlers = _compensation_handlers(tree)
    processes = [_process(tree, element, handlers) for element in tree.each("process")]
    processes += [_global_task(tree, element, handlers) for element in tree.each(*GLOBAL_TASKS)]
    roots = {kind: {tree.id_of(one): parts.root_value(tree, one) for one in tree.each(kind)} for kind in ("message", "signal", "error", "escalation")}
    return Document(
        file=file,
        processes=tuple(processes),
        messages=roots["message"],
        signals=roots["signal"],
        errors=roots["error"],
        escalations=roots["escalation"],
        data_stores={tree.id_of(one): one.get("name", "") for one in tree.each("dataStore")},
        collaborations=tuple(_collaboration(tree, one) for one in tree.each("collaboration")),
        findings=_distinct(tree.findings),
        tree=tree,
    )


def _distinct(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Each finding once: a shared definition is read for every event that refers to it."""
    kept: list[Finding] = []
    for finding in findings:
        if finding not in kept[-50:]:
            kept.append(finding)
    return tuple(kept)


def _collaboration(tree: Tree, element: Element) -> Collaboration:
    return Collaboration(
        tree.id_of(element),
        tuple(
            Participant(tree.id_of(one), one.get("name", ""), tree.plain(one, one.get("processRef", "")))
            for one in children(element, "participant")
        ),
        tuple(
            MessageFlow(tree.id_of(one), tree.plain(one, one.get("sourceRef", "")), tree.plain(one, one.get("targetRef", "")), one.get("name", ""))
            for one in children(element, "messageFlow")
        ),
    )


def _compensation_handlers(tree: Tree) -> Mapping[str, str]:
    """Boundary event → compensation activity, by the associations that are drawn between them."""
    found: dict[str, str] = {}
    for one in tree.each("association"):
        source = tree.plain(one, one.get("sourceRef", ""))
        target = tree.plain(one, one.get("targetRef", ""))
        if tree.target(one, source, "boundaryEvent") is not None and tree.target(one, target, *ACTIVITIES) is not None:
            found.setdefault(source, target)
    return found


def _process(tree: Tree, element: Element, handlers: Mapping[str, str]) -> Process:
    process = _Process(tree, element, handlers)
    body = process.body(element)
    return Process(
        id=tree.id_of(element),
        name=element.get("name", ""),
        body=body,
        nodes=process.nodes,
        flows=process.flows,
        file=tree.file,
        executable=flag(element, "isExecutable"),
        stage=banli(element, "stage"),
        title=value(tree, element, banli(element, "title"), "banli:title"),
        started_under=_started_under(element),
        starters=value(tree, element, banli(element, "starters"), "banli:starters"),
        line=element.sourceline or 0,
    )


def _started_under(element: Element) -> tuple[str, str]:
    parent, _, window = banli(element, "startedUnder").partition(":")
    return parent.strip(), window.strip()


def _global_task(tree: Tree, element: Element, handlers: Mapping[str, str]) -> Process:
    """A global task is a process of one task, so that a call activity may call it like any other."""
    process = _Process(tree, element, handlers)
    id = tree.id_of(element)
    node = process.node(element, GLOBAL_TASKS[local(element)], id)
    process.nodes[id] = node
    return Process(
        id=id, name=node.name, body=Body(id, (node,), (), (id,)), nodes=process.nodes, flows={}, file=tree.file, kind=local(element), line=node.line
    )


class _Process:
    """Reads the nodes of one process: what a node needs to know of its surroundings is gathered once, here."""

    def __init__(self, tree: Tree, element: Element, handlers: Mapping[str, str]) -> None:
        self.tree = tree
        self.handlers = handlers
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}
        self.incoming: dict[str, list[Flow]] = {}
        self.outgoing: dict[str, list[Flow]] = {}
        self.boundary: dict[str, list[str]] = {}
        self.lanes: dict[str, str] = {}
        self.stage = banli(element, "stage")
        inside = [one for one in element.iter() if local(one)]
        self.order = {one: number for number, one in enumerate(inside)}
        for one in inside:
            self._gather(one)

    def _gather(self, one: Element) -> None:
        kind = local(one)
        if kind == "sequenceFlow":
            flow = self._flow(one)
            if flow.id not in self.flows:
                self.flows[flow.id] = flow
                self.outgoing.setdefault(flow.source, []).append(flow)
                self.incoming.setdefault(flow.target, []).append(flow)
        elif kind == "boundaryEvent":
            self.boundary.setdefault(self.tree.plain(one, one.get("attachedToRef", "")), []).append(self.tree.id_of(one))
        elif kind == "lane":  # an inner lane comes later in the document and wins
            for reference in children(one, "flowNodeRef"):
                self.lanes[self.tree.plain(reference, text(reference))] = one.get("name") or self.tree.id_of(one)

    def _flow(self, one: Element) -> Flow:
        tree = self.tree
        return Flow(
            id=tree.id_of(one),
            source=tree.plain(one, one.get("sourceRef", "")),
            target=tree.plain(one, one.get("targetRef", "")),
            name=one.get("name", ""),
            condition=parts.condition(tree, one),
            is_return=banli(one, "return") == "true",
            line=one.sourceline or 0,
        )

    def body(self, element: Element, lane: str = "", stage: str = "") -> Body:
        """The content of a process or sub-process, nested bodies first."""
        id = self.tree.id_of(element)
        nodes = []
        for one in children(element, *FLOW_NODES):
            node = self.node(one, local(one), id, lane, stage)
            if node.id not in self.nodes:
                self.nodes[node.id] = node
                nodes.append(node)
        flows = tuple(flow for one in children(element, "sequenceFlow") if (flow := self.flows.get(self.tree.id_of(one))))
        return Body(
            id=id,
            nodes=tuple(nodes),
            flows=flows,
            starts=starts(nodes),
            event_sub_processes=tuple(node.id for node in nodes if node.triggered_by_event),
            data=tuple(one.get("name") or self.tree.id_of(one) for one in children(element, "dataObject", "property")),
        )

    def node(self, one: Element, kind: str, scope: str, lane: str = "", stage: str = "") -> Node:
        tree, id = self.tree, self.tree.id_of(one)
        lane = self.lanes.get(id, lane)
        stage = banli(one, "stage") or stage or self.stage
        documentation = child(one, "documentation")
        return Node(
            id=id,
            kind=kind,
            name=one.get("name", ""),
            scope=scope,
            incoming=tuple(self.incoming.get(id, ())),
            outgoing=tuple(self.outgoing.get(id, ())),
            default=tree.plain(one, one.get("default", "")),
            lane=lane,
            stage=stage,
            line=one.sourceline or 0,
            order=self.order[one],
            documentation=text(documentation),
            inputs=parts.mappings(tree, one, "input"),
            outputs=parts.mappings(tree, one, "output"),
            properties=parts.properties(one),
            **self._event(one, kind),
            **self._activity(one, kind, id),
            **self._gateway(one, kind),
            **self._task(one, kind),
            **self._sub_process(one, kind, lane, stage),
        )

    def _event(self, one: Element, kind: str) -> dict[str, Any]:
        if kind not in EVENTS:
            return {}
        interrupting = flag(one, "cancelActivity", True) if kind == "boundaryEvent" else flag(one, "isInterrupting", True)
        return {
            "events": parts.event_definitions(self.tree, one),
            "parallel_multiple": flag(one, "parallelMultiple"),
            "interrupting": interrupting,
            "attached_to": self.tree.plain(one, one.get("attachedToRef", "")),
            "compensation_handler": self.handlers.get(self.tree.id_of(one), ""),
            **({"service": parts.service(self.tree, one)} if kind in ("endEvent", "intermediateThrowEvent") else {}),
        }

    def _activity(self, one: Element, kind: str, id: str) -> dict[str, Any]:
        if kind not in ACTIVITIES:
            return {}
        return {
            "boundary": tuple(self.boundary.get(id, ())),
            "multi": parts.multi_instance(self.tree, one),
            "loop": parts.standard_loop(self.tree, one),
            "for_compensation": flag(one, "isForCompensation"),
            "start_quantity": _quantity(one, "startQuantity"),
            "completion_quantity": _quantity(one, "completionQuantity"),
        }

    def _gateway(self, one: Element, kind: str) -> dict[str, Any]:
        if kind == "eventBasedGateway":
            return {"instantiate": flag(one, "instantiate"), "gateway_type": one.get("eventGatewayType", "Exclusive")}
        return {"activation": parts.activation(self.tree, one)} if kind == "complexGateway" else {}

    def _task(self, one: Element, kind: str) -> dict[str, Any]:
        tree = self.tree
        if kind == "userTask":
            return {"user": parts.user_task(tree, one)}
        if kind == "callActivity":
            return {"called": parts.called(tree, one)}
        if kind in ("sendTask", "receiveTask"):
            given: dict[str, Any] = {"message": parts.referenced(tree, one, one.get("messageRef"), "message")}
            return given | ({"service": parts.service(tree, one)} if kind == "sendTask" else {"instantiate": flag(one, "instantiate")})
        if kind == "scriptTask":
            return {"script": parts.script(tree, one), "service": parts.service(tree, one)}
        if kind == "businessRuleTask":
            return {"decision": parts.decision(tree, one), "service": parts.service(tree, one)}
        return {"service": parts.service(tree, one)} if kind == "serviceTask" else {}

    def _sub_process(self, one: Element, kind: str, lane: str, stage: str) -> dict[str, Any]:
        if kind not in SUB_PROCESSES:
            return {}
        given: dict[str, Any] = {"body": self.body(one, lane, stage), "triggered_by_event": flag(one, "triggeredByEvent")}
        if kind == "adHocSubProcess":
            given["completion"] = parts.completion(self.tree, one)
            given["ordering"] = one.get("ordering", "Parallel")
            given["cancel_remaining"] = flag(one, "cancelRemainingInstances", True)
        return given


def _quantity(one: Element, attribute: str) -> int:
    given = one.get(attribute, "1").strip()
    return int(given) if given.isdecimal() and len(given) < 10 else 1


def starts(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Where a body begins: its start events and instantiating nodes; without a start event every node nothing flows into.

    Source: BPMN 2.0 §13.1: flow nodes without incoming flow are instantiated with the process, save event sub-processes,
    boundary events, compensation handlers and the targets of links.
    """
    free = [node for node in nodes if not node.incoming]
    begun = [node.id for node in free if node.kind == "startEvent" or node.instantiate]
    return tuple(begun) if begun else tuple(node.id for node in free if _begins_by_itself(node))


def _begins_by_itself(node: Node) -> bool:
    link = any(one.kind == "link" for one in node.events)
    return not (node.kind == "boundaryEvent" or node.triggered_by_event or node.for_compensation or link)
