"""One tiny diagram for each rule: what breaks it and nothing else, as far as that can be; data for `test_rules.py`.

`P` is put into an executable process, `D` into the document beside a correct process, `W` is a whole document.
"""
from __future__ import annotations

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:banli="urn:banli:bpmn:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test">'
)
CHAIN = (
    '<bpmn:startEvent id="s"/><bpmn:task id="t"/><bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>'
)


def bpmn(short: str) -> str:
    """`<task .../>` for `<bpmn:task .../>`; names with a prefix stay."""
    out, at = [], 0
    while (found := short.find("<", at)) >= 0:
        slash = 1 if short[found + 1 : found + 2] == "/" else 0
        name = short[found + 1 + slash :].split(">")[0].split(" ")[0].rstrip("/")
        out += [short[at : found + 1 + slash], "" if ":" in name or name.startswith(("!", "?")) else "bpmn:"]
        at = found + 1 + slash
    return "".join(out) + short[at:]


def whole(inside: str) -> bytes:
    return f"{HEAD}{bpmn(inside)}</bpmn:definitions>".encode()


def in_process(inside: str) -> bytes:
    return whole(f'<process id="p" isExecutable="true">{inside}</process>')


def beside_process(inside: str) -> bytes:
    return whole(f'{inside}<process id="p" isExecutable="true">{CHAIN_SHORT}</process>')


CHAIN_SHORT = CHAIN.replace("bpmn:", "")


def path(*ids: str) -> str:
    """Flows that join these nodes one after the other."""
    return "".join(f'<sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in zip(ids, ids[1:], strict=False))


def between(inside: str, id: str = "x") -> str:
    """A start, the node `id` that `inside` draws, an end."""
    return f'<startEvent id="s"/>{inside}<endEvent id="e"/>{path("s", id, "e")}'


def extended(inside: str) -> str:
    return f"<extensionElements>{inside}</extensionElements>"


def event(kind: str, definition: str, attributes: str = "") -> str:
    return f'<{kind} id="x"{attributes}>{definition}</{kind}>'


TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
MESSAGE = '<messageEventDefinition messageRef="m"/>'
SIGNAL = '<signalEventDefinition signalRef="g"/>'
ROOTS = '<message id="m" name="M"/><signal id="g" name="G"/><error id="r" errorCode="R"/><escalation id="c" escalationCode="C"/>'


def rooted(inside: str, roots: str = ROOTS) -> bytes:
    return whole(f'{roots}<process id="p" isExecutable="true">{inside}</process>')


def guarded(definition: str, attributes: str = "", after: str = "e") -> str:
    """A task with a boundary event that leads to the end."""
    lead = path("x", after) if after else ""
    return between('<task id="a"/>', "a") + f'<boundaryEvent id="x" attachedToRef="a"{attributes}>{definition}</boundaryEvent>' + lead


def waiting(definition: str) -> str:
    return between(event("intermediateCatchEvent", definition))


def throwing(definition: str) -> str:
    return between(event("intermediateThrowEvent", definition))


def event_sub(start: str, attributes: str = "", more: str = "") -> str:
    inner = f'<startEvent id="is"{attributes}>{start}</startEvent><endEvent id="ie"/>{path("is", "ie")}{more}'
    return CHAIN_SHORT + f'<subProcess id="x" triggeredByEvent="true">{inner}</subProcess>'


def looped(loop: str) -> str:
    return between(f'<task id="x">{loop}</task>')


def multi(inside: str, attributes: str = "") -> str:
    return looped(f"<multiInstanceLoopCharacteristics{attributes}>{inside}</multiInstanceLoopCharacteristics>")


def forked(gateway: str, attributes: str = "", first: str = "", second: str = "") -> str:
    return (
        f'<startEvent id="s"/><{gateway} id="x"{attributes}/><task id="a"/><task id="b"/><endEvent id="e"/>{path("s", "x")}{path("a", "e")}{path("b", "e")}'
        f'<sequenceFlow id="xa" sourceRef="x" targetRef="a">{first}</sequenceFlow><sequenceFlow id="xb" sourceRef="x" targetRef="b">{second}</sequenceFlow>'
    )


WHEN = "<conditionExpression>=y</conditionExpression>"


def racing(first: str, second: str, attributes: str = "", more: str = "") -> str:
    """An event-based gateway with what stands behind it: elements with the ids a and b."""
    return (
        f'<startEvent id="s"/><eventBasedGateway id="x"{attributes}/>{first}{second}<endEvent id="e"/>'
        f'{path("s", "x", "a", "e")}{path("x", "b", "e")}{more}'
    )


CATCH_A = f'<intermediateCatchEvent id="a">{TIMER}</intermediateCatchEvent>'
CATCH_B = f'<intermediateCatchEvent id="b">{SIGNAL}</intermediateCatchEvent>'
POOLS = '<collaboration id="co"><participant id="one" processRef="p"/><participant id="two"/>{}</collaboration>'
IO = '<ioSpecification>{}</ioSpecification>'
ITEMS = '<itemDefinition id="text" structureRef="String"/><itemDefinition id="number" structureRef="Integer"/>'


def task_io(inside: str, more: str = "") -> str:
    return between(f'<task id="x">{IO.format(inside)}{more}</task>')


USER = '<userTask id="x"{}>{}</userTask>'
DEFINITION = "<formalExpression>=1</formalExpression>"

# code → (document, the findings it gives; just the code itself when left out)
EXAMPLES: dict[str, bytes | tuple[bytes, tuple[str, ...]]] = {
    # vocabulary
    "bpmn.element.unknown": in_process(CHAIN_SHORT + '<magicTask id="x"/>'),
    "bpmn.element.misplaced": in_process(CHAIN_SHORT + '<participant id="x"/>'),
    "bpmn.element.foreign": in_process(CHAIN_SHORT + '<other:thing xmlns:other="urn:other"/>'),
    "bpmn.element.missing": in_process(between('<task id="x"><ioSpecification><inputSet/></ioSpecification></task>')),
    "bpmn.element.too-many": in_process(
        looped('<standardLoopCharacteristics loopMaximum="2"/>' "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>")
    ),
    "bpmn.attribute.unknown": in_process(between('<task id="x" colour="red"/>')),
    "bpmn.attribute.missing": in_process(CHAIN_SHORT + '<boundaryEvent id="x">' + TIMER + "</boundaryEvent>" + path("x", "t")),
    "bpmn.attribute.value": in_process(between('<task id="x" isForCompensation="perhaps"/>')),
    "bpmn.reference.missing": in_process(between('<task id="x" default="nowhere"/>')),
    "bpmn.reference.type": in_process(between('<receiveTask id="x" messageRef="s"/>')),
    "bpmn.id.duplicate": in_process(between('<task id="x"><property id="s"/></task>')),
    "bpmn.id.missing": beside_process('<message name="M"/>'),
    "bpmn.id.form": in_process(between('<task id="x"><property id="1 2"/></task>')),
    # flow
    "bpmn.flow.crosses": in_process(CHAIN_SHORT + '<subProcess id="u"><task id="i"/></subProcess>' + path("t", "u", "e") + path("i", "e")),
    "bpmn.flow.outside": in_process(between(f'<subProcess id="x"><startEvent id="is"/><endEvent id="ie"/></subProcess>{path("is", "ie")}')),
    "bpmn.flow.not-immediate": in_process(CHAIN_SHORT.replace('id="f2"', 'id="f2" isImmediate="false"')),
    "bpmn.flow.listed-wrong": (in_process(between('<task id="x"><incoming>x-e</incoming></task>')), ("bpmn.flow.listed-wrong",)),
    "bpmn.flow.listed-once": in_process(between('<task id="x"><incoming>s-x</incoming></task>')),
    "bpmn.flow.condition-alone": in_process(f'<startEvent id="s"/><task id="x"/><endEvent id="e"/>{path("s", "x")}<sequenceFlow id="f" sourceRef="x" targetRef="e">{WHEN}</sequenceFlow>'),
    "bpmn.flow.condition-source": rooted(racing(CATCH_A, CATCH_B).replace('<sequenceFlow id="x-a" sourceRef="x" targetRef="a"/>', f'<sequenceFlow id="x-a" sourceRef="x" targetRef="a">{WHEN}</sequenceFlow>')),
    "bpmn.flow.condition-event": in_process(f'<startEvent id="s"/><endEvent id="e"/><endEvent id="e2"/>{path("s", "e2")}<sequenceFlow id="f" sourceRef="s" targetRef="e">{WHEN}</sequenceFlow>'),
    "bpmn.flow.condition-ignored": in_process(forked("parallelGateway", first=WHEN)),
    "bpmn.flow.default-foreign": in_process(between('<task id="x" default="s-x"/>')),
    "bpmn.flow.default-condition": in_process(forked("exclusiveGateway", ' default="xb"', WHEN, WHEN)),
    "bpmn.flow.endless": in_process(
        f'<startEvent id="s"/><exclusiveGateway id="g"/><exclusiveGateway id="h" default="h-e"/><endEvent id="e"/>{path("s", "g", "h", "e")}'
        f'<sequenceFlow id="hg" sourceRef="h" targetRef="g">{WHEN}</sequenceFlow>'
    ),
    "bpmn.node.no-incoming": in_process(CHAIN_SHORT + '<task id="x"/>' + path("x", "e")),
    "bpmn.node.no-outgoing": (in_process(CHAIN_SHORT + '<parallelGateway id="x"/>' + path("t", "x")), ("bpmn.node.no-outgoing", "bpmn.gateway.idle")),
    "bpmn.node.implicit-end": in_process(CHAIN_SHORT + '<task id="x"/>' + path("t", "x")),
    "bpmn.node.unreachable": in_process(CHAIN_SHORT + '<task id="x"/><task id="y"/>' + path("x", "y", "x")),
    "bpmn.gateway.direction": in_process(forked("parallelGateway", ' gatewayDirection="Converging"')),
    "bpmn.gateway.idle": in_process(between('<parallelGateway id="x"/>')),
    "bpmn.gateway.no-condition": in_process(forked("exclusiveGateway", ' default="xb"')),
    "bpmn.gateway.no-default": in_process(forked("exclusiveGateway", "", WHEN, WHEN)),
    "bpmn.gateway.event.one-way": in_process(f'<startEvent id="s"/><eventBasedGateway id="x"/>{CATCH_A}<endEvent id="e"/>{path("s", "x", "a", "e")}'),
    "bpmn.gateway.event.target": in_process(racing(CATCH_A, '<task id="b"/>')),
    "bpmn.gateway.event.target-incoming": rooted(
        f'<startEvent id="s"/><task id="k"/><eventBasedGateway id="x"/>{CATCH_A}{CATCH_B}<endEvent id="e"/>{path("s", "k", "x", "a", "e")}{path("x", "b", "e")}{path("k", "b")}'
    ),
    "bpmn.gateway.event.message-and-receive": rooted(racing(f'<intermediateCatchEvent id="a">{MESSAGE}</intermediateCatchEvent>', '<receiveTask id="b" messageRef="m"/>')),
    "bpmn.gateway.event.receive-boundary": rooted(
        racing(CATCH_A, '<receiveTask id="b" messageRef="m"/>', more=f'<boundaryEvent id="k" attachedToRef="b">{TIMER}</boundaryEvent>{path("k", "e")}')
    ),
    "bpmn.gateway.event.instantiate-incoming": rooted(racing(CATCH_A, CATCH_B, ' instantiate="true"')),
    "bpmn.gateway.event.instantiate-parallel": rooted(
        f'<eventBasedGateway id="x" instantiate="true" eventGatewayType="Parallel"/><intermediateCatchEvent id="a">{MESSAGE}</intermediateCatchEvent>{CATCH_B}'
        f'<endEvent id="e"/>{path("x", "a", "e")}{path("x", "b", "e")}'
    ),
    "bpmn.gateway.event.parallel": rooted(racing(CATCH_A, CATCH_B, ' eventGatewayType="Parallel"')),
    # events
    "bpmn.start.incoming": in_process(CHAIN_SHORT + path("t", "s")),
    "bpmn.start.no-outgoing": in_process(CHAIN_SHORT + '<startEvent id="x"/>'),
    "bpmn.start.without-end": in_process(f'<startEvent id="s"/><task id="t"/>{path("s", "t")}'),
    "bpmn.start.trigger": in_process(CHAIN_SHORT + f'<startEvent id="x"><cancelEventDefinition/></startEvent>{path("x", "t")}'),
    "bpmn.start.embedded-trigger": in_process(between(f'<subProcess id="x"><startEvent id="is">{TIMER}</startEvent><endEvent id="ie"/>{path("is", "ie")}</subProcess>')),
    "bpmn.start.embedded-several": in_process(
        between(f'<subProcess id="x"><startEvent id="is"/><startEvent id="is2"/><task id="i"/><endEvent id="ie"/>{path("is", "i", "ie")}{path("is2", "i")}</subProcess>')
    ),
    "bpmn.start.embedded-instantiate": rooted(
        between(f'<subProcess id="x"><receiveTask id="i" messageRef="m" instantiate="true"/><endEvent id="ie"/>{path("i", "ie")}</subProcess>')
    ),
    "bpmn.end.outgoing": in_process(CHAIN_SHORT + path("e", "t")),
    "bpmn.end.no-incoming": in_process(CHAIN_SHORT + '<endEvent id="x"/>'),
    "bpmn.end.without-start": in_process(f'<task id="t"/><endEvent id="e"/>{path("t", "e")}'),
    "bpmn.end.result": in_process(CHAIN_SHORT + f'<endEvent id="x">{TIMER}</endEvent>{path("t", "x")}'),
    "bpmn.end.cancel": in_process(CHAIN_SHORT + f'<endEvent id="x"><cancelEventDefinition/></endEvent>{path("t", "x")}'),
    "bpmn.intermediate.kind": in_process(waiting("<terminateEventDefinition/>")),
    "bpmn.intermediate.no-trigger": in_process(waiting("")),
    "bpmn.intermediate.no-incoming": in_process(CHAIN_SHORT + f'<intermediateCatchEvent id="x">{TIMER}</intermediateCatchEvent>' + path("x", "t")),
    "bpmn.intermediate.no-outgoing": in_process(CHAIN_SHORT + f'<intermediateCatchEvent id="x">{TIMER}</intermediateCatchEvent>' + path("t", "x")),
    "bpmn.boundary.elsewhere": in_process(
        between(f'<subProcess id="x"><startEvent id="is"/><task id="it"/><endEvent id="ie"/>{path("is", "it", "ie")}</subProcess>')
        + f'<boundaryEvent id="b" attachedToRef="it">{TIMER}</boundaryEvent>{path("b", "e")}'
    ),
    "bpmn.boundary.incoming": in_process(guarded(TIMER) + path("s", "x")),
    "bpmn.boundary.no-outgoing": in_process(guarded(TIMER, after="")),
    "bpmn.boundary.no-trigger": in_process(guarded("")),
    "bpmn.boundary.trigger": in_process(guarded("<terminateEventDefinition/>")),
    "bpmn.boundary.cancel": in_process(guarded("<cancelEventDefinition/>")),
    "bpmn.boundary.non-interrupting": in_process(guarded("<errorEventDefinition/>", ' cancelActivity="false"')),
    "bpmn.boundary.caught-before": rooted(
        between('<task id="a"/>', "a") + "".join(f'<boundaryEvent id="x{n}" attachedToRef="a"><errorEventDefinition errorRef="r"/></boundaryEvent>{path(f"x{n}", "e")}' for n in (1, 2))
    ),
    "bpmn.boundary.compensation-flow": in_process(guarded("<compensateEventDefinition/>") + '<task id="h" isForCompensation="true"/><association id="as" sourceRef="x" targetRef="h"/>'),
    "bpmn.event-sub-process.flow": in_process(event_sub(TIMER) + path("t", "x")),
    "bpmn.event-sub-process.one-start": in_process(CHAIN_SHORT + '<subProcess id="x" triggeredByEvent="true"><task id="i"/></subProcess>'),
    "bpmn.event-sub-process.no-trigger": in_process(event_sub("")),
    "bpmn.event-sub-process.non-interrupting": in_process(event_sub("<errorEventDefinition/>", ' isInterrupting="false"')),
    "bpmn.event-sub-process.boundary": in_process(event_sub(TIMER) + f'<boundaryEvent id="b" attachedToRef="x">{TIMER}</boundaryEvent>{path("b", "e")}'),
    "bpmn.event-sub-process.loop": in_process(event_sub(TIMER).replace('triggeredByEvent="true">', 'triggeredByEvent="true"><standardLoopCharacteristics loopMaximum="2"/>')),
    "bpmn.event-sub-process.compensation": in_process(event_sub("<compensateEventDefinition/>")),
    "bpmn.link.no-target": in_process(CHAIN_SHORT + '<intermediateThrowEvent id="x"><linkEventDefinition name="L"/></intermediateThrowEvent>' + path("t", "x")),
    "bpmn.link.no-source": in_process(CHAIN_SHORT + '<intermediateCatchEvent id="x"><linkEventDefinition name="L"/></intermediateCatchEvent>' + path("x", "t")),
    "bpmn.link.incoming": in_process(
        CHAIN_SHORT + '<intermediateThrowEvent id="x"><linkEventDefinition name="L"/></intermediateThrowEvent><intermediateCatchEvent id="y"><linkEventDefinition'
        f' name="L"/></intermediateCatchEvent>{path("t", "x")}{path("y", "e")}{path("t", "y")}'
    ),
    "bpmn.link.outgoing": in_process(
        CHAIN_SHORT + '<intermediateThrowEvent id="x"><linkEventDefinition name="L"/></intermediateThrowEvent><intermediateCatchEvent id="y"><linkEventDefinition'
        f' name="L"/></intermediateCatchEvent>{path("t", "x")}{path("y", "e")}{path("x", "e")}'
    ),
    "bpmn.link.several-targets": in_process(
        CHAIN_SHORT + '<intermediateThrowEvent id="x"><linkEventDefinition name="L"/></intermediateThrowEvent>' + path("t", "x")
        + "".join(f'<intermediateCatchEvent id="y{n}"><linkEventDefinition name="L"/></intermediateCatchEvent>{path(f"y{n}", "e")}' for n in (1, 2))
    ),
    "bpmn.event.definition-owned": in_process(
        between('<intermediateThrowEvent id="x"><compensateEventDefinition id="d"/></intermediateThrowEvent>') + f'<endEvent id="e3"><eventDefinitionRef>d</eventDefinitionRef></endEvent>{path("x", "e3")}'
    ),
    "bpmn.event.parallel-multiple": in_process(between(event("intermediateCatchEvent", TIMER, ' parallelMultiple="true"'))),
    "bpmn.event.reference": in_process(waiting("<signalEventDefinition/>")),
    "bpmn.event.code": rooted(throwing('<escalationEventDefinition escalationRef="c"/>'), '<escalation id="c" name="C"/>'),
    "bpmn.event.condition": (in_process(waiting("<conditionalEventDefinition><condition/></conditionalEventDefinition>")), ("bpmn.event.condition", "bpmn.expression.empty")),
    "bpmn.message.operation": rooted(waiting(MESSAGE), '<itemDefinition id="i"/><message id="m" name="M" itemRef="i"/>'),
    "bpmn.message.none": in_process(between('<receiveTask id="x"/>')),
    "bpmn.message.starts-two": whole(ROOTS + "".join(
        f'<process id="p{n}" isExecutable="true"><startEvent id="s{n}">{MESSAGE}</startEvent><endEvent id="e{n}"/>{path(f"s{n}", f"e{n}")}</process>' for n in (1, 2)
    )),
    "bpmn.timer.several": in_process(waiting("<timerEventDefinition><timeDuration>PT1H</timeDuration><timeCycle>R/PT1H</timeCycle></timerEventDefinition>")),
    "bpmn.timer.missing": in_process(waiting("<timerEventDefinition/>")),
    "bpmn.timer.form": in_process(waiting("<timerEventDefinition><timeDuration>three days</timeDuration></timerEventDefinition>")),
    "bpmn.timer.zone": in_process(waiting("<timerEventDefinition><timeDate>2026-09-01T08:00:00</timeDate></timerEventDefinition>")),
    # activities
    "bpmn.activity.quantity": in_process(between('<task id="x" startQuantity="0"/>')),
    "bpmn.resource.both": (
        beside_process(f'<resource id="rs" name="R"/><globalTask id="gt"><performer><resourceRef>rs</resourceRef><resourceAssignmentExpression>{DEFINITION}</resourceAssignmentExpression></performer></globalTask>'),
        ("bpmn.resource.both",),
    ),
    "bpmn.receive.instantiate-incoming": rooted(between('<receiveTask id="x" instantiate="true" messageRef="m"/>')),
    "bpmn.multi-instance.no-number": in_process(multi("")),
    "bpmn.multi-instance.two-numbers": in_process(
        '<dataObject id="d" isCollection="true"/>' + multi("<loopCardinality>2</loopCardinality><loopDataInputRef>d</loopDataInputRef>")
    ),
    "bpmn.multi-instance.number": in_process(multi("<loopCardinality>=1.5</loopCardinality>")),
    "bpmn.multi-instance.item-collection": whole(
        '<itemDefinition id="many" structureRef="S" isCollection="true"/><process id="p" isExecutable="true"><dataObject id="d" name="d" itemSubjectRef="many" isCollection="true"/>'
        + multi('<loopDataInputRef>d</loopDataInputRef><inputDataItem id="i" name="i" itemSubjectRef="many"/>') + "</process>"
    ),
    "bpmn.multi-instance.item-type": whole(
        '<itemDefinition id="many" structureRef="S" isCollection="true"/><itemDefinition id="one" structureRef="T"/><process id="p" isExecutable="true">'
        '<dataObject id="d" name="d" itemSubjectRef="many" isCollection="true"/>'
        + multi('<loopDataInputRef>d</loopDataInputRef><inputDataItem id="i" name="i" itemSubjectRef="one"/>') + "</process>"
    ),
    "bpmn.multi-instance.foreign-data": in_process(
        between('<task id="x"><multiInstanceLoopCharacteristics><loopDataInputRef>d</loopDataInputRef></multiInstanceLoopCharacteristics></task>')
        + '<task id="y"><ioSpecification><dataInput id="d" name="d" isCollection="true"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>'
        "</ioSpecification></task>" + path("s", "y", "e")
    ),
    "bpmn.multi-instance.no-collection": in_process('<dataObject id="d" name="d"/>' + multi("<loopDataInputRef>d</loopDataInputRef>")),
    "bpmn.multi-instance.behavior": in_process(multi("<loopCardinality>2</loopCardinality>", ' behavior="One"')),
    "bpmn.multi-instance.behavior-unused": rooted(multi(
        f"<loopCardinality>2</loopCardinality><complexBehaviorDefinition><condition>=y</condition><event>{SIGNAL}</event></complexBehaviorDefinition>"
    )),
    "bpmn.condition.not-boolean": in_process(multi("<loopCardinality>2</loopCardinality><completionCondition>23</completionCondition>")),
    "bpmn.ad-hoc.empty": in_process(between('<adHocSubProcess id="x"/>')),
    "bpmn.ad-hoc.event": in_process(between(f'<adHocSubProcess id="x"><startEvent id="is"/><task id="i"/>{path("is", "i")}</adHocSubProcess>')),
    "bpmn.compensation.no-handler": in_process(guarded("<compensateEventDefinition/>", after="")),
    "bpmn.compensation.several-handlers": in_process(
        guarded("<compensateEventDefinition/>", after="")
        + "".join(f'<task id="h{n}" isForCompensation="true"/><association id="a{n}" sourceRef="x" targetRef="h{n}"/>' for n in (1, 2))
    ),
    "bpmn.compensation.not-marked": in_process(guarded("<compensateEventDefinition/>", after="") + '<task id="h"/>' + path("s", "h", "e") + '<association id="as" sourceRef="x" targetRef="h"/>'),
    "bpmn.compensation.flow": in_process(
        guarded("<compensateEventDefinition/>", after="") + '<task id="h" isForCompensation="true"/><association id="as" sourceRef="x" targetRef="h"/>' + path("h", "e")
    ),
    "bpmn.compensation.twice": in_process(between('<task id="x"/>') + "".join(
        f'<boundaryEvent id="b{n}" attachedToRef="x"><compensateEventDefinition/></boundaryEvent><task id="h{n}" isForCompensation="true"/>'
        f'<association id="as{n}" sourceRef="b{n}" targetRef="h{n}"/>' for n in (1, 2)
    )),
    "bpmn.loop.maximum": in_process(looped('<standardLoopCharacteristics loopMaximum="0"/>')),
    "bpmn.loop.no-end": in_process(looped("<standardLoopCharacteristics/>")),
    "bpmn.multi-instance.item-alone": in_process(multi('<loopCardinality>2</loopCardinality><inputDataItem id="it"/>')),
    "bpmn.compensation.unused": in_process(CHAIN_SHORT + '<task id="x" isForCompensation="true"/>'),
    "bpmn.compensation.not-visible": in_process(
        f'<startEvent id="s"/><subProcess id="u"><startEvent id="is"/><task id="i"/><endEvent id="ie"/>{path("is", "i", "ie")}</subProcess>'
        f'<intermediateThrowEvent id="x"><compensateEventDefinition activityRef="i"/></intermediateThrowEvent><endEvent id="e"/>{path("s", "u", "x", "e")}'
    ),
    "bpmn.compensation.nothing": in_process(
        '<startEvent id="s"/><task id="t"/><intermediateThrowEvent id="x"><compensateEventDefinition activityRef="t"/></intermediateThrowEvent><endEvent id="e"/>'
        + path("s", "t", "x", "e")
    ),
    "bpmn.call.nothing": in_process(between('<callActivity id="x"/>')),
    "bpmn.call.unknown": in_process(between('<callActivity id="x" calledElement="nowhere"/>')),
    "bpmn.call.not-executable": whole(f'<process id="p" isExecutable="true">{between(chr(60) + "callActivity id=" + chr(34) + "x" + chr(34) + " calledElement=" + chr(34) + "q" + chr(34) + "/>")}</process><process id="q"/>'),
    "bpmn.call.no-none-start": whole(
        ROOTS + '<process id="p" isExecutable="true">' + between('<callActivity id="x" calledElement="q"/>')
        + f'</process><process id="q" isExecutable="true"><startEvent id="qs">{MESSAGE}</startEvent><endEvent id="qe"/>{path("qs", "qe")}</process>'
    ),
    "bpmn.call.cycle": in_process(between('<callActivity id="x" calledElement="p"/>')),
    "bpmn.call.recursive": in_process(
        forked("exclusiveGateway", ' default="xb"', WHEN).replace('<task id="a"/>', '<callActivity id="a" calledElement="p"/>')
    ),
    "bpmn.call.data": whole(
        '<process id="p" isExecutable="true">' + between('<callActivity id="x" calledElement="q"/>') + '</process><process id="q" isExecutable="true"><ioSpecification>'
        f'<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/></ioSpecification><startEvent id="qs"/><endEvent id="qe"/>{path("qs", "qe")}</process>'
    ),
    "bpmn.started-under.unknown": whole(f'<process id="p" isExecutable="true" banli:startedUnder="q:window">{CHAIN_SHORT}</process>'),
    "bpmn.process.twice": (whole(f'<process id="p" isExecutable="true">{CHAIN_SHORT}</process><process id="p" isExecutable="true">{between(chr(60) + "task id=" + chr(34) + "x" + chr(34) + "/>").replace(chr(34) + "s", chr(34) + "s9").replace(chr(34) + "e" + chr(34), chr(34) + "e9" + chr(34)).replace("x-e", "x-e9")}</process>'), ("bpmn.process.twice", "bpmn.id.duplicate")),
    "bpmn.process.empty": whole('<process id="p" isExecutable="true"/>'),
    "bpmn.process.public": whole(f'<process id="p" isExecutable="true" processType="Public">{CHAIN_SHORT}</process>'),
    "bpmn.document.nothing-executable": whole(f'<process id="p">{CHAIN_SHORT}</process>'),
    # collaboration
    "bpmn.participant.multiplicity": beside_process('<collaboration id="co"><participant id="one"><participantMultiplicity minimum="3" maximum="2"/></participant></collaboration>'),
    "bpmn.message-flow.same-pool": beside_process(POOLS.format('<messageFlow id="mf" sourceRef="one" targetRef="t"/>')),
    "bpmn.message-flow.several": whole(
        ROOTS + POOLS.format('<messageFlow id="m1" sourceRef="two" targetRef="x"/><messageFlow id="m2" sourceRef="two" targetRef="x"/>')
        + f'<process id="p" isExecutable="true">{waiting(MESSAGE)}</process>'
    ),
    "bpmn.message-flow.source": beside_process(POOLS.format('<messageFlow id="mf" sourceRef="s" targetRef="two"/>')),
    "bpmn.message-flow.source-no-message": beside_process(POOLS.format('<messageFlow id="mf" sourceRef="e" targetRef="two"/>')),
    "bpmn.message-flow.target": beside_process(POOLS.format('<messageFlow id="mf" sourceRef="two" targetRef="e"/>')),
    "bpmn.message-flow.target-no-message": beside_process(POOLS.format('<messageFlow id="mf" sourceRef="two" targetRef="s"/>')),
    "bpmn.lane.foreign": whole(
        f'<process id="p" isExecutable="true"><laneSet id="ls"><lane id="l"><flowNodeRef>qt</flowNodeRef></lane></laneSet>{CHAIN_SHORT}</process><process id="q"><task id="qt"/></process>'
    ),
    "bpmn.lane.two": whole(
        f'<process id="p" isExecutable="true"><laneSet id="ls"><lane id="l"><flowNodeRef>t</flowNodeRef></lane><lane id="k"><flowNodeRef>t</flowNodeRef></lane></laneSet>{CHAIN_SHORT}</process>'
    ),
    "bpmn.choreography.reference": beside_process('<choreography id="ch"><choreographyRef>ci</choreographyRef></choreography><choreography id="ci"/>'),
    "bpmn.choreography.participants": (
        beside_process(
            '<choreography id="ch"><participant id="one"/><participant id="two"/><participant id="three"/><messageFlow id="mf" sourceRef="one" targetRef="two"/>'
            '<choreographyTask id="ct" initiatingParticipantRef="one"><participantRef>one</participantRef><participantRef>two</participantRef><participantRef>three</participantRef>'
            "<messageFlowRef>mf</messageFlowRef></choreographyTask></choreography>"
        ),
        ("bpmn.choreography.participants", "bpmn.not-executed.choreography"),
    ),
    "bpmn.choreography.initiator": (
        beside_process(
            '<choreography id="ch"><participant id="one"/><participant id="two"/><participant id="three"/><messageFlow id="mf" sourceRef="one" targetRef="two"/>'
            '<choreographyTask id="ct" initiatingParticipantRef="three"><participantRef>one</participantRef><participantRef>two</participantRef>'
            "<messageFlowRef>mf</messageFlowRef></choreographyTask></choreography>"
        ),
        ("bpmn.choreography.initiator", "bpmn.not-executed.choreography"),
    ),
    "bpmn.conversation.link": beside_process('<collaboration id="co"><participant id="one"/><participant id="two"/><conversationLink id="k" sourceRef="one" targetRef="two"/></collaboration>'),
    "bpmn.conversation.global": beside_process('<globalConversation id="gc"><participant id="one"/><participant id="two"/><conversation id="k"><participantRef>one</participantRef><participantRef>two</participantRef></conversation></globalConversation>'),
    "bpmn.conversation.participants": beside_process('<collaboration id="co"><participant id="one"/><participant id="two"/><conversation id="k"><participantRef>one</participantRef></conversation></collaboration>'),
    "bpmn.conversation.called": beside_process(
        '<choreography id="ch"/><collaboration id="co"><participant id="one"/><participant id="two"/><callConversation id="k" calledCollaborationRef="ch">'
        "<participantRef>one</participantRef><participantRef>two</participantRef></callConversation></collaboration>"
    ),
    # data
    "bpmn.data.collection": beside_process('<itemDefinition id="i" isCollection="true"/>').replace(b'<bpmn:startEvent', b'<bpmn:dataObject id="d" itemSubjectRef="i"/><bpmn:startEvent'),
    "bpmn.data.reference-type": beside_process('<itemDefinition id="i"/>').replace(b'<bpmn:startEvent', b'<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="dr" dataObjectRef="d" itemSubjectRef="i"/><bpmn:startEvent'),
    "bpmn.data.reference-name": in_process('<dataObject id="d" name="D"/><dataObjectReference id="dr" dataObjectRef="d" name="D"><dataState name="new"/></dataObjectReference>' + CHAIN_SHORT),
    "bpmn.data.sub-process": in_process(between('<subProcess id="x"><ioSpecification><inputSet/><outputSet/></ioSpecification><task id="i"/></subProcess>')),
    "bpmn.data.association-drawn": in_process('<dataObject id="o"/>' + task_io(
        '<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
        "<dataInputAssociation><sourceRef>o</sourceRef><targetRef>d</targetRef></dataInputAssociation>",
    )),
    "bpmn.multi-instance.reads-results": in_process(looped(
        '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=judges" outputCollection="votes" outputElement="=vote"/></extensionElements>'
        "<completionCondition>=count(votes) &gt; 2</completionCondition></multiInstanceLoopCharacteristics>"
    )),
    "bpmn.data.no-set": in_process(task_io('<dataInput id="d"/><inputSet/><outputSet/>')),
    "bpmn.data.not-in-set": in_process(task_io(
        '<dataInput id="d"/><dataInput id="k"/><inputSet><dataInputRefs>d</dataInputRefs><optionalInputRefs>k</optionalInputRefs></inputSet><inputSet><dataInputRefs>k</dataInputRefs></inputSet><outputSet/>'
    )),
    "bpmn.data.foreign-set": in_process(
        task_io('<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>').replace(
            '<endEvent id="e"/>', '<endEvent id="e"><dataInput id="k"/><inputSet><dataInputRefs>k</dataInputRefs><dataInputRefs>d</dataInputRefs></inputSet></endEvent>'
        )
    ),
    "bpmn.data.not-visible": in_process(
        between(f'<subProcess id="x"><dataObject id="d"/><startEvent id="is"/><endEvent id="ie"/>{path("is", "ie")}</subProcess>') + '<dataObjectReference id="k" dataObjectRef="d"/>'
    ),
    "bpmn.data.set-pair": in_process(task_io('<inputSet id="is"><outputSetRefs>os</outputSetRefs></inputSet><outputSet id="os"/>')),
    "bpmn.data.several-sources": in_process('<dataObject id="o"/><dataObject id="k"/>' + task_io(
        '<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
        "<dataInputAssociation><sourceRef>o</sourceRef><sourceRef>k</sourceRef><targetRef>d</targetRef></dataInputAssociation>",
    )),
    "bpmn.data.input-written": in_process(
        '<ioSpecification><dataInput id="pi"/><inputSet><dataInputRefs>pi</dataInputRefs></inputSet><outputSet/></ioSpecification>' + task_io(
            '<dataOutput id="d"/><inputSet/><outputSet><dataOutputRefs>d</dataOutputRefs></outputSet>',
            "<dataOutputAssociation><sourceRef>d</sourceRef><targetRef>pi</targetRef></dataOutputAssociation>",
        )
    ),
    "bpmn.data.output-read": in_process(
        '<ioSpecification><dataOutput id="po"/><inputSet/><outputSet><dataOutputRefs>po</dataOutputRefs></outputSet></ioSpecification>' + task_io(
            '<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
            "<dataInputAssociation><sourceRef>po</sourceRef><targetRef>d</targetRef></dataInputAssociation>",
        )
    ),
    "bpmn.data.association-end": in_process('<dataObject id="o"/>' + task_io(
        '<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
        "<dataInputAssociation><sourceRef>o</sourceRef><targetRef>o</targetRef></dataInputAssociation>",
    )),
    "bpmn.data.association-type": whole(
        ITEMS + '<process id="p" isExecutable="true"><dataObject id="o" itemSubjectRef="text"/>' + task_io(
            '<dataInput id="d" itemSubjectRef="number"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
            "<dataInputAssociation><sourceRef>o</sourceRef><targetRef>d</targetRef></dataInputAssociation>",
        ) + "</process>"
    ),
    "bpmn.data.event-payload": rooted(
        between('<intermediateCatchEvent id="x"><dataOutput id="d" itemSubjectRef="number"/><outputSet><dataOutputRefs>d</dataOutputRefs></outputSet><signalEventDefinition signalRef="g"/></intermediateCatchEvent>'),
        ITEMS + '<signal id="g" name="G" structureRef="text"/>',
    ),
    "bpmn.data.one-message": rooted(
        between('<sendTask id="x" messageRef="m"><ioSpecification><dataInput id="d" itemSubjectRef="text"/><dataInput id="k" itemSubjectRef="text"/><inputSet><dataInputRefs>d</dataInputRefs>'
                "<dataInputRefs>k</dataInputRefs></inputSet><outputSet/></ioSpecification></sendTask>"),
        ITEMS + '<message id="m" name="M" itemRef="text"/>',
    ),
    "bpmn.data.one-set": rooted(between('<sendTask id="x" messageRef="m"><ioSpecification><inputSet/><inputSet/><outputSet/></ioSpecification></sendTask>')),
    "bpmn.data.message-type": rooted(
        between('<sendTask id="x" messageRef="m"><ioSpecification><dataInput id="d" itemSubjectRef="number"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/></ioSpecification></sendTask>'),
        ITEMS + '<message id="m" name="M" itemRef="text"/>',
    ),
    "bpmn.data.no-binding": whole(
        ROOTS + '<interface id="i" name="I"><operation id="o" name="O"><inMessageRef>m</inMessageRef></operation></interface><process id="p" isExecutable="true">'
        f"<supportedInterfaceRef>i</supportedInterfaceRef><ioSpecification><inputSet/><outputSet/></ioSpecification>{CHAIN_SHORT}</process>"
    ),
    "bpmn.data.binding-type": whole(
        ITEMS + '<message id="m" name="M" itemRef="text"/><interface id="i" name="I"><operation id="o" name="O"><inMessageRef>m</inMessageRef></operation></interface>'
        '<process id="p" isExecutable="true"><supportedInterfaceRef>i</supportedInterfaceRef><ioSpecification><dataInput id="d" itemSubjectRef="number"/><dataOutput id="k"/>'
        "<inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet><dataOutputRefs>k</dataOutputRefs></outputSet></ioSpecification>"
        f'<ioBinding operationRef="o" inputDataRef="d" outputDataRef="k"/>{CHAIN_SHORT}</process>'
    ),
    "bpmn.message.operation-other": rooted(
        between('<sendTask id="x" messageRef="m" operationRef="o"/>'),
        '<message id="m" name="M"/><message id="k" name="K"/><interface id="i" name="I"><operation id="o" name="O"><inMessageRef>k</inMessageRef></operation></interface>',
    ),
    # execution
    "bpmn.expression.language": in_process(forked("exclusiveGateway", ' default="xb"', "<conditionExpression>score &gt;= 60</conditionExpression>")),
    "bpmn.expression.syntax": in_process(forked("exclusiveGateway", ' default="xb"', "<conditionExpression>=score &gt;=</conditionExpression>")),
    "bpmn.expression.empty": (
        in_process(forked("exclusiveGateway", ' default="xb"', "<conditionExpression/>")), ("bpmn.expression.empty",)
    ),
    "bpmn.expression.informal": (
        in_process('<dataObject id="o"/>' + task_io(
            '<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
            "<dataInputAssociation><sourceRef>o</sourceRef><targetRef>d</targetRef><assignment><from>the name</from><to>=d</to></assignment></dataInputAssociation>",
        )),
        ("bpmn.expression.informal", "bpmn.not-executed.mapping"),
    ),
    "bpmn.not-executed.assignment": whole('<resource id="rs" name="R"/><process id="p" isExecutable="true">' + between('<userTask id="x"><potentialOwner><resourceRef>rs</resourceRef></potentialOwner></userTask>') + "</process>"),
    "bpmn.not-executed.mapping": in_process('<dataObject id="o"/>' + task_io(
        '<dataInput id="d"/><inputSet><dataInputRefs>d</dataInputRefs></inputSet><outputSet/>',
        "<dataInputAssociation><sourceRef>o</sourceRef><targetRef>d</targetRef><transformation>=o</transformation></dataInputAssociation>",
    )),
    "bpmn.not-executed.choreography": beside_process(
        '<choreography id="ch"><participant id="one"/><participant id="two"/><messageFlow id="mf" sourceRef="one" targetRef="two"/>'
        '<choreographyTask id="ct" initiatingParticipantRef="one"><participantRef>one</participantRef><participantRef>two</participantRef><messageFlowRef>mf</messageFlowRef>'
        "</choreographyTask></choreography>"
    ),
    "bpmn.not-executed.subscription": whole(
        '<collaboration id="co"><correlationKey id="k"/></collaboration><process id="p" isExecutable="true">' + CHAIN_SHORT + '<correlationSubscription correlationKeyRef="k"/></process>'
    ),
    "bpmn.not-executed.form": in_process(between('<userTask id="x"><rendering id="k"/></userTask>')),
    "bpmn.script.language": in_process(between('<scriptTask id="x" scriptFormat="text/x-python"><script>import os</script></scriptTask>')),
    "bpmn.script.missing": in_process(between('<scriptTask id="x"/>')),
    "bpmn.import.not-read": beside_process('<import namespace="urn:other" location="other.xsd" importType="http://www.w3.org/2001/XMLSchema"/>'),
    "bpmn.operation.none": in_process(between('<serviceTask id="x"/>')),
    "bpmn.decision.none": in_process(between('<businessRuleTask id="x"/>')),
    # extensions
    "bpmn.extension.unknown": in_process(between(f'<task id="x">{extended("<zeebe:executionListeners/>")}</task>')),
    "bpmn.extension.misplaced": in_process(between(f'<task id="x">{extended("<zeebe:formDefinition/>")}</task>')),
    "bpmn.extension.twice": in_process(between(USER.format("", extended('<zeebe:formDefinition formId="a"/><zeebe:formDefinition formId="b"/>')))),
    "bpmn.extension.attribute": in_process(between('<task id="x" banli:job="true"/>')),
    "bpmn.extension.missing": in_process(between(f'<task id="x">{extended(chr(60) + "zeebe:ioMapping><zeebe:input source=" + chr(34) + "=1" + chr(34) + "/></zeebe:ioMapping>")}</task>')),
    "bpmn.extension.value": in_process(between(USER.format(' banli:reminders="soon"', ""))),
    "bpmn.extension.foreign": in_process(between('<task id="x" other:thing="1"/>').replace("<startEvent", '<startEvent xmlns:other="urn:other" other:mark="1"', 1).replace(' other:thing="1"', "")),
    "bpmn.extension.must-understand": beside_process('<extension mustUnderstand="true"/>'),
    "bpmn.return.target": in_process(between(USER.format(' banli:returnTo="nowhere"', ""))),
    "bpmn.return.not-before": in_process(f'<startEvent id="s"/><userTask id="x" banli:returnTo="y"/><userTask id="y"/><endEvent id="e"/>{path("s", "x", "y", "e")}'),
}
