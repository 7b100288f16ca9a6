"""One diagram as the rules look at it: typed elements, flows by node, containers; indexes only, no rules."""
from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from engine.bpmn.graph import ACTIVITIES, EVENTS, GATEWAYS
from engine.bpmn.parts import KINDS
from engine.bpmn.read import Document
from engine.bpmn.tree import BPMN, XSI_TYPE, Element, child, children, flag, local, text
from engine.bpmn.vocabulary import TYPES, Type
from engine.refusals import Finding

FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
CONTAINERS = frozenset({"process", "subProcess", "transaction", "adHocSubProcess", "choreography", "subChoreography", "globalChoreographyTask"})


class Diagram:
    """The indexes that several rules share; all in document order."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.tree = document.tree

    def finding(self, code: str, element: Element, severity: str = "error", **details: object) -> Finding:
        return self.tree.finding(code, element, severity, **details)

    def id(self, element: Element) -> str:
        return self.tree.id_of(element)

    def name(self, element: Element) -> str:
        """What a person calls the element: its name, else its id."""
        return element.get("name") or self.id(element)

    @cached_property
    def types(self) -> dict[Element, Type]:
        """The type of every BPMN element that stands where BPMN allows it."""
        found = {self.tree.root: TYPES["Definitions"]}
        for element in self.tree.elements:
            kind = found.get(element)
            if kind is None:
                continue
            for one in element:
                allowed = kind.children.get(local(one))
                if allowed is not None and allowed.type:
                    found[one] = formal(one) if allowed.type == "Expression" else TYPES[allowed.type]
        return found

    def is_a(self, element: Element, *names: str) -> bool:
        kind = self.types.get(element)
        return kind is not None and not kind.ancestors.isdisjoint(names)

    @cached_property
    def nodes(self) -> tuple[Element, ...]:
        """Every flow node of a process, sub-process or choreography, in document order."""
        return tuple(one for one in self.tree.elements if local(one) in FLOW_NODES or local(one) in ("choreographyTask", "subChoreography", "callChoreography"))

    @cached_property
    def flows(self) -> tuple[Element, ...]:
        return tuple(self.tree.each("sequenceFlow"))

    def source(self, flow: Element) -> Element | None:
        return self.tree.by_id.get(self.tree.plain(flow, flow.get("sourceRef", "")))

    def target(self, flow: Element) -> Element | None:
        return self.tree.by_id.get(self.tree.plain(flow, flow.get("targetRef", "")))

    @cached_property
    def _ends(self) -> tuple[dict[Element, list[Element]], dict[Element, list[Element]]]:
        incoming: dict[Element, list[Element]] = {}
        outgoing: dict[Element, list[Element]] = {}
        for flow in self.flows:
            source, target = self.source(flow), self.target(flow)
            if source is not None:
                outgoing.setdefault(source, []).append(flow)
            if target is not None:
                incoming.setdefault(target, []).append(flow)
        return incoming, outgoing

    def incoming(self, node: Element) -> list[Element]:
        return self._ends[0].get(node, [])

    def outgoing(self, node: Element) -> list[Element]:
        return self._ends[1].get(node, [])

    def container(self, element: Element) -> Element | None:
        """The process or sub-process directly around an element."""
        around = element.getparent()
        while around is not None and local(around) not in CONTAINERS:
            around = around.getparent()
        return around

    def process(self, element: Element | None) -> Element | None:
        """The process (or global task) an element is in, itself included."""
        while element is not None and not (local(element) == "process" or local(element).startswith("global")):
            element = element.getparent()
        return element

    @cached_property
    def containers(self) -> tuple[Element, ...]:
        """Processes and sub-processes."""
        return tuple(one for one in self.tree.elements if local(one) in CONTAINERS)

    def executable(self, element: Element) -> bool:
        """Whether an element is in a process that is to be executed."""
        process = self.process(element)
        return process is not None and local(process) == "process" and flag(process, "isExecutable")

    @cached_property
    def executables(self) -> tuple[Element, ...]:
        return tuple(one for one in self.tree.each("process") if flag(one, "isExecutable"))

    def inside(self, container: Element, *names: str) -> list[Element]:
        """The flow nodes (or elements of the given names) directly in a container."""
        return children(container, *(names or FLOW_NODES))

    @cached_property
    def _boundary(self) -> dict[Element, list[Element]]:
        found: dict[Element, list[Element]] = {}
        for event in self.tree.each("boundaryEvent"):
            host = self.tree.target(event, event.get("attachedToRef", ""))
            if host is not None:
                found.setdefault(host, []).append(event)
        return found

    def boundary_of(self, activity: Element) -> list[Element]:
        """The boundary events that sit on an activity, in document order."""
        return self._boundary.get(activity, [])

    def triggers(self, event: Element) -> list[Element]:
        """The event definitions of an event, references followed; a reference that names none is left out."""
        found = []
        for one in children(event):
            if local(one) in KINDS:
                found.append(one)
            elif local(one) == "eventDefinitionRef" and (shared := self.tree.target(one, text(one), *KINDS)) is not None:
                found.append(shared)
        return found

    def kinds(self, event: Element) -> list[str]:
        return [KINDS[local(one)] for one in self.triggers(event)]

    def expressions(self) -> Iterator[tuple[Element, Element]]:
        """(the element that holds it, the expression) for every standard expression of the document."""
        for element, kind in self.types.items():
            if "Expression" in kind.ancestors:
                yield element.getparent(), element


def formal(expression: Element) -> Type:
    """An Expression, or a FormalExpression when xsi:type says so."""
    return TYPES["FormalExpression"] if is_formal(expression) else TYPES["Expression"]


def is_formal(expression: Element) -> bool:
    prefix, _, name = (expression.get(XSI_TYPE) or "").rpartition(":")
    return name == "tFormalExpression" and expression.nsmap.get(prefix or None) == BPMN


def holds_text(element: Element, name: str) -> bool:
    """Whether a child of that name is there and not empty."""
    found = child(element, name)
    return found is not None and bool(text(found) or len(found))
