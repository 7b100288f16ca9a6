"""Sequence flows and gateways: what may be joined to what, conditions and defaults, connectedness (BPMN 2.0 §7.5, §8.3.13, §10.5, §13.3)."""
from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.graph import ACTIVITIES, GATEWAYS
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import Element, children, child, flag, local, text
from engine.refusals import Finding

CONDITIONAL_GATEWAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})


def scope(diagram: Diagram) -> Iterator[Finding]:
    """A sequence flow joins two nodes of the same process or sub-process; it never crosses the border of one (§7.5.1, §10.2.5)."""
    for flow in diagram.flows:
        source, target = diagram.source(flow), diagram.target(flow)
        if source is None or target is None or not (diagram.is_a(source, "FlowNode") and diagram.is_a(target, "FlowNode")):
            continue
        if diagram.container(source) is not diagram.container(target):
            yield diagram.finding("bpmn.flow.crosses", flow, source=diagram.id(source), target=diagram.id(target))
        elif diagram.container(flow) is not diagram.container(source):
            yield diagram.finding("bpmn.flow.outside", flow, source=diagram.id(source))


def immediate(diagram: Diagram) -> Iterator[Finding]:
    """In what is executed nothing comes between the two ends of a flow (§8.3.13: isImmediate must not be false)."""
    for flow in diagram.flows:
        if not flag(flow, "isImmediate", True) and diagram.executable(flow):
            yield diagram.finding("bpmn.flow.not-immediate", flow)


def listed(diagram: Diagram) -> Iterator[Finding]:
    """`incoming` and `outgoing` of a node say what the flows say; a diagram may leave both out, but not one of them (§8.3.13)."""
    lists: set[tuple[str, Element, str]] = set()
    for node in diagram.nodes:
        for name, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            for one in children(node, name):
                lists.add((name, node, diagram.tree.plain(one, text(one))))
                flow = diagram.tree.target(one, text(one), "sequenceFlow")
                if flow is not None and diagram.tree.target(flow, flow.get(end, "")) is not node:
                    yield diagram.finding("bpmn.flow.listed-wrong", one, flow=text(one), node=diagram.id(node), list=name)
    for flow in diagram.flows:
        source, target = diagram.source(flow), diagram.target(flow)
        if source is None or target is None:
            continue
        if (("outgoing", source, diagram.id(flow)) in lists) != (("incoming", target, diagram.id(flow)) in lists):
            yield diagram.finding("bpmn.flow.listed-once", flow, source=diagram.id(source), target=diagram.id(target))


def conditions(diagram: Diagram) -> Iterator[Finding]:
    """Who may have conditional flows, and what must stand beside them (§8.3.13, §10.5.1, §10.5.4, §10.5.6)."""
    for flow in diagram.flows:
        source = diagram.source(flow)
        if source is None or child(flow, "conditionExpression") is None:
            continue
        kind = local(source)
        if kind not in GATEWAYS and len(diagram.outgoing(source)) < 2 and diagram.is_a(source, "FlowNode"):
            yield diagram.finding("bpmn.flow.condition-alone", flow, source=diagram.id(source))
        elif kind in ACTIVITIES:
            continue
        elif kind == "eventBasedGateway":
            yield diagram.finding("bpmn.flow.condition-source", flow, source=diagram.id(source), found=kind)
        elif kind not in GATEWAYS and diagram.is_a(source, "FlowNode"):
            yield diagram.finding("bpmn.flow.condition-event", flow, "warning", source=diagram.id(source), found=kind)
        elif kind == "parallelGateway":
            yield diagram.finding("bpmn.flow.condition-ignored", flow, "warning", source=diagram.id(source))


def defaults(diagram: Diagram) -> Iterator[Finding]:
    """A default flow leaves the node that names it and carries no condition of its own (§8.3.13)."""
    for node in diagram.nodes:
        given = node.get("default")
        flow = diagram.tree.target(node, given or "", "sequenceFlow")
        if flow is None:
            continue
        if diagram.source(flow) is not node:
            yield diagram.finding("bpmn.flow.default-foreign", node, flow=given)
        elif child(flow, "conditionExpression") is not None:
            yield diagram.finding("bpmn.flow.default-condition", flow, "warning", source=diagram.id(node))


def connected(diagram: Diagram) -> Iterator[Finding]:
    """Where there is a start, everything has a way in; where there is an end, everything has a way out (§10.4.2, §10.4.3, §13.3.1)."""
    for container in diagram.containers:
        if local(container) == "adHocSubProcess" or "horeography" in local(container):
            continue
        begun = any(local(one) == "startEvent" or flag(one, "instantiate") for one in diagram.inside(container))
        ended = bool(diagram.inside(container, "endEvent"))
        for node in diagram.inside(container):
            if begun and not diagram.incoming(node) and needs_incoming(diagram, node):
                yield diagram.finding("bpmn.node.no-incoming", node, found=local(node))
            if ended and not diagram.outgoing(node) and needs_outgoing(diagram, node):
                if local(node) in GATEWAYS:
                    yield diagram.finding("bpmn.node.no-outgoing", node, found=local(node))
                else:  # the token ends here (§13.3.1): executable, but a reader looks for an end event
                    yield diagram.finding("bpmn.node.implicit-end", node, "warning", found=local(node))


def needs_incoming(diagram: Diagram, node: Element) -> bool:
    kind = local(node)
    if kind in ("startEvent", "endEvent", "boundaryEvent") or flag(node, "triggeredByEvent") or flag(node, "isForCompensation") or flag(node, "instantiate"):
        return False
    return not (kind == "intermediateCatchEvent" and "link" in diagram.kinds(node)) and kind not in ("intermediateCatchEvent", "intermediateThrowEvent")


def needs_outgoing(diagram: Diagram, node: Element) -> bool:
    kind = local(node)
    if kind in ("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        return False  # the events have rules of their own
    return not (flag(node, "triggeredByEvent") or flag(node, "isForCompensation"))


def reachable(diagram: Diagram) -> Iterator[Finding]:
    """Every node can be reached from where its process or sub-process begins; what cannot would be work that never comes."""
    for container in diagram.containers:
        nodes = diagram.inside(container)
        if local(container) == "adHocSubProcess" or "horeography" in local(container) or not nodes:
            continue
        seen = set(_beginnings(diagram, nodes))
        stack = list(seen)
        throws = {name: one for one in nodes if local(one) == "intermediateCatchEvent" for name in _links(diagram, one)}
        while stack:
            node = stack.pop()
            onward = [target for flow in diagram.outgoing(node) if (target := diagram.target(flow)) is not None]
            onward += diagram.boundary_of(node)
            if local(node) == "intermediateThrowEvent":
                onward += [throws[name] for name in _links(diagram, node) if name in throws]
            for target in onward:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        for node in nodes:
            if node not in seen and diagram.incoming(node):
                yield diagram.finding("bpmn.node.unreachable", node, found=local(node))


def _beginnings(diagram: Diagram, nodes: list[Element]) -> list[Element]:
    begun = [one for one in nodes if local(one) == "startEvent" or flag(one, "instantiate")]
    free = [one for one in nodes if not diagram.incoming(one) and local(one) != "boundaryEvent"]
    return begun + free


def _links(diagram: Diagram, event: Element) -> list[str]:
    return [one.get("name", "") for one in diagram.triggers(event) if local(one) == "linkEventDefinition"]


def gateway_direction(diagram: Diagram) -> Iterator[Finding]:
    """gatewayDirection is what the flows show (§8.3.9): converging ≤ 1 out, diverging ≤ 1 in, mixed several of both."""
    for gateway in diagram.tree.each(*sorted(GATEWAYS)):
        ins, outs = len(diagram.incoming(gateway)), len(diagram.outgoing(gateway))
        said = gateway.get("gatewayDirection", "Unspecified")
        wrong = {"Converging": outs > 1, "Diverging": ins > 1, "Mixed": ins < 2 or outs < 2}.get(said, False)
        if wrong:
            yield diagram.finding("bpmn.gateway.direction", gateway, direction=said, incoming=ins, outgoing=outs)


def gateway_count(diagram: Diagram) -> Iterator[Finding]:
    """A gateway splits or joins: several flows in, or several out (§10.5: «must»); with one of each it does nothing."""
    for gateway in diagram.tree.each(*sorted(GATEWAYS - {"eventBasedGateway"})):
        if len(diagram.incoming(gateway)) < 2 and len(diagram.outgoing(gateway)) < 2:
            yield diagram.finding("bpmn.gateway.idle", gateway)


def gateway_choice(diagram: Diagram) -> Iterator[Finding]:
    """A choosing gateway says when each way is taken, and what happens when none fits (§10.5.2, §10.5.3)."""
    for gateway in diagram.tree.each("exclusiveGateway", "inclusiveGateway"):
        outgoing = diagram.outgoing(gateway)
        if len(outgoing) < 2 or not diagram.executable(gateway):
            continue
        default = diagram.tree.plain(gateway, gateway.get("default", ""))
        plain = [one for one in outgoing if child(one, "conditionExpression") is None and diagram.id(one) != default]
        if plain and local(gateway) == "exclusiveGateway":
            severity = "error" if default or len(plain) > 1 else "warning"  # a single one may be meant as «otherwise»
            for one in plain:
                yield diagram.finding("bpmn.gateway.no-condition", one, severity, gateway=diagram.id(gateway))
        elif not plain and not default:
            yield diagram.finding("bpmn.gateway.no-default", gateway, "warning", ways=len(outgoing))


EVENT_GATEWAY_TARGETS = frozenset({"message", "signal", "timer", "conditional"})


def event_gateway(diagram: Diagram) -> Iterator[Finding]:
    """An event-based gateway waits for one of several events that stand right behind it (§10.5.6)."""
    for gateway in diagram.tree.each("eventBasedGateway"):
        flows = diagram.outgoing(gateway)
        targets = [target for flow in flows if (target := diagram.target(flow)) is not None]
        if len(flows) < 2:
            yield diagram.finding("bpmn.gateway.event.one-way", gateway, outgoing=len(flows))
        for target in targets:
            yield from _event_target(diagram, gateway, target)
        messages = [one for one in targets if "message" in diagram.kinds(one)]
        if messages and any(local(one) == "receiveTask" for one in targets):
            yield diagram.finding("bpmn.gateway.event.message-and-receive", gateway)
        if flag(gateway, "instantiate"):
            if diagram.incoming(gateway):
                yield diagram.finding("bpmn.gateway.event.instantiate-incoming", gateway)
            bad = [one for one in targets if local(one) == "intermediateCatchEvent" and set(diagram.kinds(one)) - {"message"}]
            for one in bad if gateway.get("eventGatewayType") == "Parallel" else ():
                yield diagram.finding("bpmn.gateway.event.instantiate-parallel", one, gateway=diagram.id(gateway))
        elif gateway.get("eventGatewayType") == "Parallel":
            yield diagram.finding("bpmn.gateway.event.parallel", gateway)


def _event_target(diagram: Diagram, gateway: Element, target: Element) -> Iterator[Finding]:
    kind = local(target)
    if kind != "receiveTask" and not (kind == "intermediateCatchEvent" and set(diagram.kinds(target)) <= EVENT_GATEWAY_TARGETS and diagram.kinds(target)):
        yield diagram.finding("bpmn.gateway.event.target", target, gateway=diagram.id(gateway), found=kind)
    if len(diagram.incoming(target)) > 1:
        yield diagram.finding("bpmn.gateway.event.target-incoming", target, gateway=diagram.id(gateway))
    if kind == "receiveTask" and diagram.boundary_of(target):
        yield diagram.finding("bpmn.gateway.event.receive-boundary", target, gateway=diagram.id(gateway))


def cycles(diagram: Diagram) -> Iterator[Finding]:
    """A loop of gateways alone never waits and never changes anything: a token in it would turn for ever."""
    passing = {one for one in diagram.nodes if local(one) in GATEWAYS - {"eventBasedGateway"} or _passes(diagram, one)}
    for loop in _loops(diagram, passing):
        first = min(loop, key=lambda one: (one.sourceline or 0, diagram.id(one)))
        sure = all(local(one) in ("exclusiveGateway", "parallelGateway", "intermediateThrowEvent") for one in loop)  # others may hold tokens back
        yield diagram.finding("bpmn.flow.endless", first, "error" if sure else "warning", around=[diagram.id(one) for one in loop][:20])


def _passes(diagram: Diagram, node: Element) -> bool:
    return local(node) == "intermediateThrowEvent" and not diagram.kinds(node)


def _loops(diagram: Diagram, nodes: set[Element]) -> Iterator[list[Element]]:
    """The cycles among these nodes: each strongly connected part with a cycle, once (Tarjan, without recursion)."""
    onward = {one: [t for flow in diagram.outgoing(one) if (t := diagram.target(flow)) in nodes] for one in nodes}
    number: dict[Element, int] = {}
    low: dict[Element, int] = {}
    stack: list[Element] = []
    on_stack: set[Element] = set()
    for start in sorted(nodes, key=lambda one: (one.sourceline or 0, diagram.id(one))):
        if start in number:
            continue
        work = [(start, iter(onward[start]))]
        number[start] = low[start] = len(number)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, rest = work[-1]
            step = next(rest, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    part: list[Element] = []
                    while not part or part[-1] is not node:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    if len(part) > 1 or node in onward[node]:
                        yield part[::-1]
            elif step not in number:
                number[step] = low[step] = len(number)
                stack.append(step)
                on_stack.add(step)
                work.append((step, iter(onward[step])))
            elif step in on_stack:
                low[node] = min(low[node], number[step])


RULES = (scope, immediate, listed, conditions, defaults, connected, reachable, gateway_direction, gateway_count, event_gateway)
EXECUTION = (gateway_choice, cycles)
