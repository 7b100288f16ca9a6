"""Broken diagrams made at random from a seed: correct ones with parts exchanged, doubled, cut, and bytes spoilt. Makes inputs, judges nothing."""
from __future__ import annotations

import random

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:banli="urn:banli:bpmn:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:fuzz">'
)
ROOTS = (
    '<bpmn:message id="m" name="M"><bpmn:extensionElements><zeebe:subscription correlationKey="=k"/></bpmn:extensionElements></bpmn:message>'
    '<bpmn:signal id="g" name="G"/><bpmn:error id="r" errorCode="E"/><bpmn:escalation id="c" escalationCode="C"/>'
)
KINDS = (
    "task userTask manualTask serviceTask scriptTask sendTask receiveTask businessRuleTask callActivity subProcess transaction adHocSubProcess"
    " exclusiveGateway inclusiveGateway parallelGateway eventBasedGateway complexGateway startEvent endEvent intermediateCatchEvent"
    " intermediateThrowEvent boundaryEvent dataObject dataObjectReference textAnnotation foo"
).split()
INNER = (
    "",
    '<bpmn:timerEventDefinition id="{id}d"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>',
    '<bpmn:timerEventDefinition><bpmn:timeCycle>R3/{junk}</bpmn:timeCycle></bpmn:timerEventDefinition>',
    '<bpmn:messageEventDefinition messageRef="{ref}"/>', '<bpmn:signalEventDefinition signalRef="g"/>', '<bpmn:errorEventDefinition errorRef="{ref}"/>',
    '<bpmn:linkEventDefinition name="L"/>', "<bpmn:compensateEventDefinition/>", "<bpmn:terminateEventDefinition/>", "<bpmn:cancelEventDefinition/>",
    "<bpmn:conditionalEventDefinition><bpmn:condition>={junk}</bpmn:condition></bpmn:conditionalEventDefinition>",
    "<bpmn:eventDefinitionRef>{ref}</bpmn:eventDefinitionRef>", "<bpmn:incoming>{ref}</bpmn:incoming><bpmn:outgoing>{ref}</bpmn:outgoing>",
    '<bpmn:multiInstanceLoopCharacteristics isSequential="{junk}"><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>',
    "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=x &lt; {junk}</bpmn:loopCondition></bpmn:standardLoopCharacteristics>",
    "<bpmn:script>import os</bpmn:script>", "<bpmn:ioSpecification><bpmn:dataInput id=\"{id}i\"/><bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>",
    '<bpmn:extensionElements><zeebe:formDefinition formId="{junk}"/><zeebe:ioMapping><zeebe:input source="={junk}" target="t"/></zeebe:ioMapping>'
    "</bpmn:extensionElements>",
    '<bpmn:extensionElements><zeebe:script expression="=[1, {junk}" resultVariable="v"/></bpmn:extensionElements>',
    '<bpmn:extensionElements><zeebe:calledElement processId="p"/></bpmn:extensionElements>',
    '<bpmn:startEvent id="{id}s"/><bpmn:endEvent id="{id}e"/><bpmn:sequenceFlow id="{id}f" sourceRef="{id}s" targetRef="{id}e"/>',
)
ATTRIBUTES = (
    "", ' attachedToRef="{ref}"', ' calledElement="p"', ' default="f1"', ' triggeredByEvent="true"', ' isForCompensation="true"', ' startQuantity="0"',
    ' cancelActivity="{junk}"', ' banli:returnTo="{ref} x"', ' banli:reminders="{junk}"', ' gatewayDirection="Mixed"', ' instantiate="true"', ' dataObjectRef="{ref}"',
)
JUNK = ("true", "false", "x", "1", "", "99999999999999999999", "{{", "a.b[", "一", "=", "P1D", "-", "null", "if", "x" * 300)
SPOIL = (
    b'<!DOCTYPE a [<!ENTITY x "y">]>', b"&x;", b"&#0;", b"\xff\xfe", b"<![CDATA[", b"</bpmn:process>", b'xmlns=""', b"<!--", b"<?xi?>", b"A" * 2000, b'"', b"<", b">",
    b"=", b'id="p"', b"bpmn:", b"\x00", b"&#x1F600;", b"]]>",
)


def diagram(choose: random.Random) -> bytes:
    """A document of one or two processes whose parts are put together without care."""
    return f"{HEAD}{ROOTS}{process(choose, 'p')}{process(choose, 'q') if choose.random() < 0.2 else ''}</bpmn:definitions>".encode()


def process(choose: random.Random, id: str) -> str:
    ids = [f"{id}s", f"{id}e"]
    made = [f'<bpmn:startEvent id="{id}s"/><bpmn:endEvent id="{id}e"/>']
    for number in range(choose.randint(1, 10)):
        own = f"{id}n{number}"
        ids.append(own)

        def fill(template: str, own: str = own) -> str:
            return template.replace("{id}", own).replace("{ref}", choose.choice([*ids, "m", "g", "zz"])).replace("{junk}", choose.choice(JUNK))

        kind = choose.choice(KINDS)
        made.append(f'<bpmn:{kind} id="{own}"{fill(choose.choice(ATTRIBUTES))}>{fill(choose.choice(INNER))}{fill(choose.choice(INNER))}</bpmn:{kind}>')
    for number in range(choose.randint(1, 14)):
        condition = "<bpmn:conditionExpression>=x</bpmn:conditionExpression>" if choose.random() < 0.2 else ""
        made.append(
            f'<bpmn:sequenceFlow id="{id}f{number}" sourceRef="{choose.choice(ids)}" targetRef="{choose.choice([*ids, "zz"])}">{condition}</bpmn:sequenceFlow>'
        )
    choose.shuffle(made)
    return f'<bpmn:process id="{id}" isExecutable="true">{"".join(made)}</bpmn:process>'


def spoilt(choose: random.Random, xml: bytes) -> bytes:
    """Some bytes changed, cut, copied, or replaced by what breaks parsers."""
    data = bytearray(xml)
    for _ in range(choose.randint(0, 5)):
        if not data:
            break
        at, way = choose.randrange(len(data)), choose.random()
        if way < 0.25:
            data[at] = choose.randrange(256)
        elif way < 0.5:
            del data[at : at + choose.randint(1, 40)]
        elif way < 0.7:
            other = choose.randrange(len(data))
            data[at:at] = data[other : other + choose.randint(1, 80)]
        else:
            data[at:at] = choose.choice(SPOIL)
    return bytes(data)


def orderly(choose: random.Random) -> bytes:
    """A well-structured process with at most two slips: a flow led elsewhere or left out, a gateway of another kind."""
    nodes: dict[str, str] = {"s": "startEvent", "e": "endEvent"}
    flows: list[list[str]] = []

    def add(kind: str) -> str:
        id = f"n{len(nodes)}"
        nodes[id] = kind
        return id

    def block(before: str, depth: int) -> str:
        """Puts something behind `before`; gives the node that what follows is to be joined to."""
        way = choose.random()
        if depth == 0 or way < 0.5:
            task = add(choose.choice(["task", "userTask", "manualTask", "intermediateThrowEvent"]))
            flows.append([before, task])
            return task
        gateway = choose.choice(["exclusiveGateway", "parallelGateway", "inclusiveGateway"])
        split, join = add(gateway), add(gateway)
        flows.append([before, split])
        for _ in range(choose.randint(2, 3)):
            flows.append([block(split, depth - 1), join])
        if way > 0.9 and gateway == "exclusiveGateway":
            flows.append([join, split])
        return join

    last = "s"
    for _ in range(choose.randint(1, 4)):
        last = block(last, 2)
    flows.append([last, "e"])
    for _ in range(choose.choice([0, 0, 1, 2])):
        slip = choose.random()
        if slip < 0.4:
            choose.choice(flows)[choose.randrange(2)] = choose.choice(sorted(nodes))
        elif slip < 0.6 and len(flows) > 2:
            flows.remove(choose.choice(flows))
        else:
            nodes[choose.choice(sorted(nodes))] = choose.choice(["exclusiveGateway", "parallelGateway", "inclusiveGateway", "task"])
    drawn = "".join(f'<bpmn:{kind} id="{id}"/>' for id, kind in nodes.items())
    drawn += "".join(_flow(number, source, target, nodes[source]) for number, (source, target) in enumerate(flows))
    return f'{HEAD}<bpmn:process id="p" isExecutable="true">{drawn}</bpmn:process></bpmn:definitions>'.encode()


def _flow(number: int, source: str, target: str, kind: str) -> str:
    condition = f"<bpmn:conditionExpression>=x = {number}</bpmn:conditionExpression>" if kind in ("exclusiveGateway", "inclusiveGateway") else ""
    return f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>'


def broken(seed: int) -> bytes:
    """The input of a seed: always the same."""
    choose = random.Random(seed)
    xml = orderly(choose) if choose.random() < 0.4 else diagram(choose)
    return spoilt(choose, xml) if choose.random() < 0.5 else xml
