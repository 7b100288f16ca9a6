"""Rewrites a diagram for SpiffWorkflow as second engine: the flow stays as drawn, work and waiting become steps that the record drives.

Tasks other than user tasks and call activities become manual tasks (their results come from the record); timers, and messages waited for, become
messages named after their element; the drawing is left out, because SpiffWorkflow orders branches by the y-coordinate of shapes.
"""
from __future__ import annotations

from copy import deepcopy

from lxml import etree

from engine.refusals import Refused

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
DRIVEN = ("task", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity")
PREFIX = "element:"  # name of the message that stands for a timer, message, signal or condition waited for at an element


def tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def safe_tree(xml: bytes) -> etree._Element:
    """The root element; entities, network and huge trees are off. Raises lxml's XMLSyntaxError."""
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))


def translated(tree: etree._Element, process: str) -> etree._Element:
    """A copy of the document with the one process `process`, ready for SpiffWorkflow's parser."""
    root = deepcopy(tree)
    for child in list(root):
        if child.tag in (tag("process"),) and child.get("id") != process or child.tag in (tag("collaboration"), tag("message"), tag("signal")) or "bpmndi" in _prefix(child):
            root.remove(child)
    body = root.find(f"{tag('process')}[@id='{process}']")
    if body is None:
        raise Refused("spiff.process", process=process)
    for element in list(body.iter(tag("laneSet"), tag("textAnnotation"), tag("association"), tag("extensionElements"), tag("ioSpecification"))):
        if element.tag != tag("extensionElements"):
            element.getparent().remove(element)
    for multi in body.iter(tag("multiInstanceLoopCharacteristics")):
        _cardinality(multi)
    for element in list(body.iter(tag("extensionElements"))):
        element.getparent().remove(element)
    for name in DRIVEN:
        for element in list(body.iter(tag(name))):
            _manual(element)
    for kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent"):
        for element in list(body.iter(tag(kind))):
            _awaited(root, element)
    for kind in ("intermediateThrowEvent", "endEvent"):
        for element in body.iter(tag(kind)):
            _thrown(element)
    for flow in body.iter(tag("sequenceFlow")):
        for child in list(flow):
            if child.tag != tag("conditionExpression"):
                flow.remove(child)
    return root


def _prefix(element: etree._Element) -> str:
    return "bpmndi" if isinstance(element.tag, str) and element.tag.startswith("{http://www.omg.org/spec/BPMN/20100524/DI}") else ""


def _cardinality(multi: etree._Element) -> None:
    """zeebe's inputCollection as the standard's loopCardinality: how many, not what; SpiffWorkflow would share the items between the children."""
    loop = multi.find(f"{tag('extensionElements')}/{{{ZEEBE}}}loopCharacteristics")
    given = multi.find(tag("loopCardinality"))
    for child in list(multi):
        if child.tag not in (tag("extensionElements"), tag("completionCondition")):
            multi.remove(child)
    count = etree.SubElement(multi, tag("loopCardinality"))
    if loop is not None:
        count.text = f"=count({(loop.get('inputCollection') or '').removeprefix('=')})"
    elif given is not None:
        count.text = given.text
    multi.remove(count)
    multi.insert(0, count)


def _manual(element: etree._Element) -> None:
    element.tag = tag("manualTask")
    for name in set(element.attrib) - {"id", "name", "default"}:
        del element.attrib[name]
    for child in list(element):
        if child.tag not in (tag("incoming"), tag("outgoing"), tag("multiInstanceLoopCharacteristics"), tag("standardLoopCharacteristics")):
            element.remove(child)


def _awaited(root: etree._Element, element: etree._Element) -> None:
    """A start event becomes none (the record says that it started); an awaited trigger becomes the message of its element."""
    definitions = [child for child in element if isinstance(child.tag, str) and child.tag.endswith("EventDefinition")]
    sent = [d for d in definitions if d.tag in {tag(f"{kind}EventDefinition") for kind in ("timer", "message", "signal", "conditional")}]
    for definition in sent:
        element.remove(definition)
    if element.tag == tag("startEvent") or not sent:
        return
    name = PREFIX + element.get("id", "")
    message = etree.Element(tag("message"), id=f"m_{element.get('id')}", name=name)
    root.insert(0, message)
    etree.SubElement(element, tag("messageEventDefinition"), id=f"d_{element.get('id')}", messageRef=message.get("id", ""))


def _thrown(element: etree._Element) -> None:
    """Messages and signals leave by the record's jobs, not by SpiffWorkflow."""
    for kind in ("message", "signal"):
        for definition in element.findall(tag(f"{kind}EventDefinition")):
            element.remove(definition)
