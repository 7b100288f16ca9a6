"""A process graph prepared for running: what every element needs at hand, worked out once; holds no state and runs nothing."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from engine import events as e
from engine.bpmn.graph import ACTIVITIES, Body, EventDefinition, Flow, Message, Node, Process
from engine.feel import tree as feel

WAITS_IN_SCOPE = frozenset({"callActivity", "subProcess", "transaction", "adHocSubProcess"})
JOINS = {"parallelGateway": "parallel", "inclusiveGateway": "inclusive", "complexGateway": "complex"}
KEPT_PLANS = 256


class Element:
    """A node with its answers: how tokens come together before it, whether it opens a scope, where it leads."""

    __slots__ = (
        "node", "id", "kind", "join", "scoped", "watched", "single", "conditional", "out", "in_flows", "synchronising", "boundary", "result_stays",
        "result_name", "plain", "people", "stage", "straight", "withdraws", "left",
    )

    def __init__(self, node: Node, process: Process, synchronising: frozenset[str]) -> None:
        nodes = process.nodes
        self.stage = node.stage or process.stage
        self.withdraws = node.user is not None and node.user.withdraw
        self.straight: Element | None = None
        self.people = _anybody(node)
        self.node, self.id, self.kind = node, node.id, node.kind
        self.in_flows = tuple(flow.id for flow in node.incoming)
        self.out = tuple(flow.id for flow in node.outgoing)
        self.left = e.Left(1, node.id, self.out)  # as in the instance's own scope by all flows: made once
        self.join = JOINS.get(node.kind, "") if len(node.incoming) > 1 else "complex" if node.kind == "complexGateway" and node.activation else ""
        if node.start_quantity > 1 and node.kind in ACTIVITIES:
            self.join = "quantity"
        self.watched = tuple(id for id in node.boundary if any(_is_armed(one) for one in nodes[id].events))
        self.boundary = tuple(nodes[id] for id in node.boundary)
        self.scoped = (
            bool(self.boundary and any(one.kind != "compensate" for each in self.boundary for one in each.events))
            or node.kind in WAITS_IN_SCOPE
            or (node.kind == "receiveTask" and bool(node.inputs))
            or bool(node.service and node.service.job)
        )
        self.plain = not (self.scoped or node.inputs or node.multi or node.loop)  # its work is done in the scope around it
        self.conditional = any(flow.condition is not None for flow in node.outgoing) and node.kind != "parallelGateway"
        plain = len(node.outgoing) == 1 and not self.conditional and node.completion_quantity == 1
        self.single = self.out if plain else None
        self.synchronising = node.scope in synchronising
        self.result_stays = node.multi is not None and (node.multi.output_element is not None or bool(node.outputs))
        self.result_name = _result_name(node)


def _anybody(node: Node) -> tuple[tuple[str, ...], str] | None:
    """The candidates and assignee of a task for which nothing must be worked out; None when something must."""
    user = node.user
    if user is None:
        return (), ""
    given = (user.assignee, user.candidate_groups, user.candidate_users, user.due, user.priority, user.about)
    return ((), "") if all(value is None for value in given) else None


def _result_name(node: Node) -> str:
    """The variable that an instance of a multi-instance sub-process gives as its result, "" when it is no variable: each instance has its own."""
    if node.multi is None or node.body is None or node.multi.output_element is None:
        return ""
    if isinstance(node.multi.output_element, str):
        return node.multi.output_element
    tree = node.multi.output_element.tree
    while isinstance(tree, feel.PathOf):
        tree = tree.base
    return tree.name if isinstance(tree, feel.Name) else ""


def _is_armed(definition: EventDefinition) -> bool:
    return definition.kind in ("timer", "message", "signal", "conditional")


class Plan:
    """All elements of a process. `targets`: element behind a flow, `entered` by it; `joins`: per body the gateways that wait for what may still come."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.bodies: dict[str, Body] = {process.id: process.body}
        for node in process.nodes.values():
            if node.body is not None:
                self.bodies[node.id] = node.body
        waiting = {id: tuple(node.id for node in body.nodes if _synchronises(node)) for id, body in self.bodies.items()}
        self.joins = {id: found for id, found in waiting.items() if found}
        synchronising = frozenset(self.joins)
        self.elements = {id: Element(node, process, synchronising) for id, node in process.nodes.items()}
        for element in self.elements.values():
            element.straight = self._straight(element)
        self.targets = {flow.id: self.elements[flow.target] for flow in process.flows.values() if flow.target in self.elements}
        self.entered = {id: e.Entered(1, target.id, (id,)) for id, target in self.targets.items()}  # as in the instance's own scope: made once
        self._upstream: dict[tuple[str, bool], Mapping[str, frozenset[str]]] = {}

    def _straight(self, element: Element) -> Element | None:
        """The task for people or none end event to which the only flow leads, if a token gets there whatever happens: no choice, no join, nothing to work out."""
        target = self.elements.get(element.node.outgoing[0].target) if element.single and not element.synchronising else None
        if target is None or target.join or not target.plain:
            return None
        task = target.kind == "userTask" and target.people is not None
        return target if task or (target.kind == "endEvent" and not target.node.events and target.node.service is None) else None

    def link_target(self, thrower: Node, link: str) -> str | None:
        """The catching link event of that name in the thrower's body."""
        for node in self.bodies[thrower.scope].nodes:
            if node.kind == "intermediateCatchEvent" and any(one.kind == "link" and one.link == link for one in node.events):
                return node.id
        return None

    def upstream(self, gateway: str, attached: bool) -> Mapping[str, frozenset[str]]:
        """Per incoming flow of `gateway`: nodes and flows from which a token can reach it without passing the gateway.

        `attached`: over boundary events too.
        """
        key = gateway, attached
        if key not in self._upstream:
            self._upstream[key] = {flow.id: self._reaching(flow, gateway, attached) for flow in self.elements[gateway].node.incoming}
        return self._upstream[key]

    def _reaching(self, flow: Flow, gateway: str, attached: bool) -> frozenset[str]:
        found: set[str] = set()
        pending = [flow.source]
        while pending:
            id = pending.pop()
            if id == gateway or id in found or id not in self.elements:
                continue
            found.add(id)
            node = self.elements[id].node
            for incoming in node.incoming:
                found.add(incoming.id)
                pending.append(incoming.source)
            pending.extend(self._before(node, attached))
        return frozenset(found)

    def _before(self, node: Node, attached: bool) -> Iterable[str]:
        """Where a token of `node` comes from without a sequence flow."""
        if node.kind == "boundaryEvent" and attached:
            yield node.attached_to
        elif node.kind == "intermediateCatchEvent":
            for definition in node.events:
                if definition.kind == "link":
                    for other in self.bodies[node.scope].nodes:
                        if other.kind == "intermediateThrowEvent" and any(one.kind == "link" and one.link == definition.link for one in other.events):
                            yield other.id


def _synchronises(node: Node) -> bool:
    if node.kind == "inclusiveGateway":
        return len(node.incoming) > 1
    return node.kind == "complexGateway" and (len(node.incoming) > 1 or node.activation is not None)


def matches_code(definition: EventDefinition, code: str) -> bool:
    """Does an error or escalation catcher name exactly this code?"""
    return definition.ref is not None and code_of(definition.ref) == code


def code_of(ref: Message | None) -> str:
    """What an error or escalation is matched by: its code, else its id."""
    return "" if ref is None else ref.code or ref.id


PLANS: OrderedDict[int, Plan] = OrderedDict()  # by identity of the immutable process, which the plan keeps alive


def plan_of(process: Process) -> Plan:
    """The plan of a process, made once."""
    plan = PLANS.get(id(process))
    if plan is None:
        plan = PLANS[id(process)] = Plan(process)
        if len(PLANS) > KEPT_PLANS:
            PLANS.popitem(last=False)
    return plan


def body_starts(plan: Plan, body: Body, start: str = "") -> tuple[Any, ...]:
    """Where tokens begin in `body`: at `start`, else at the none start event, else at every element that nothing leads to."""
    if start:
        return (plan.elements[start],)
    begins = [plan.elements[id] for id in body.starts]
    events = [one for one in begins if one.kind == "startEvent"]
    if not events:
        return tuple(begins)
    return tuple([one for one in events if not one.node.events][:1] or events[:1])
