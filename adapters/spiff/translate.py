"""Rewrites a diagram for SpiffWorkflow as second engine: the flow stays as drawn, work and waiting become steps that the record drives.

Tasks other than user tasks and call activities become manual tasks (their results come from the record); timers, and messages waited for, become
messages named after their element; a door stands before everything that repeats, so that it counts its instances when the record says it opened;
the drawing is left out, because SpiffWorkflow orders branches by the y-coordinate of shapes. Decides no route and checks nothing.
"""
from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from lxml import etree

from engine.refusals import Refused

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
DRIVEN = ("task", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity")
LEAVES = (*DRIVEN, "userTask", "manualTask")
LOOPS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
AWAITED = ("timer", "message", "signal", "conditional")  # triggers that come from outside
KEPT = ("error", "escalation")  # beside the process; messages are made anew, the rest is drawing, data and participants
UNUSED = (
    "laneSet", "textAnnotation", "association", "group", "ioSpecification", "property", "dataObject", "dataObjectReference", "dataStoreReference",
    "dataInputAssociation", "dataOutputAssociation",
)
PREFIX = "element:"  # name of the message that stands for a timer, message, signal or condition waited for at an element
DOOR = ".door"


def tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def safe_tree(xml: bytes) -> etree._Element:
    """The root element; entities, network and huge trees are off. Raises lxml's XMLSyntaxError."""
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))


def translated(tree: etree._Element, process: str) -> etree._Element:
    """A copy of the document with the one process `process`, ready for SpiffWorkflow's parser. Raises Refused `spiff.process`."""
    body = next((found for found in tree.iterchildren(tag("process")) if found.get("id") == process), None)
    if body is None:
        raise Refused("spiff.process", process=process)
    names = {found.get("id"): found.get("name") for found in body.iter(tag("dataObject"), tag("dataObjectReference"))}
    root = etree.Element(tree.tag, tree.attrib, nsmap=tree.nsmap)
    root.extend(deepcopy(child) for child in tree.iterchildren(*map(tag, KEPT)))
    body = deepcopy(body)
    root.append(body)
    for multi in body.iter(tag("multiInstanceLoopCharacteristics")):
        _cardinality(multi, names)
    _remove(body.iter(tag("extensionElements"), *map(tag, UNUSED)))
    for gateway in body.iter(tag("eventBasedGateway")):
        _receiving(body, gateway)
    for name in LEAVES:
        for element in list(body.iter(tag(name))):
            _leaf(element, name)
    for kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent"):
        for element in list(body.iter(tag(kind))):
            _awaited(root, element)
    for kind in ("intermediateThrowEvent", "endEvent"):
        _remove(child for element in body.iter(tag(kind)) for child in element if child.tag in map(tag, ("messageEventDefinition", "signalEventDefinition")))
    for element in [loop.getparent() for loop in body.iter(*map(tag, LOOPS))]:
        _door(element)
    return root


def _remove(elements: Iterable[etree._Element]) -> None:
    for element in list(elements):
        element.getparent().remove(element)


def _cardinality(multi: etree._Element, names: dict[str, str]) -> None:
    """The input collection as the standard's loopCardinality: how many, not what; SpiffWorkflow would share the items between the children."""
    loop = multi.find(f"{tag('extensionElements')}/{{{ZEEBE}}}loopCharacteristics")
    given, reference = multi.find(tag("loopCardinality")), multi.find(tag("loopDataInputRef"))
    collection = "" if loop is None else loop.get("inputCollection", "")
    if not collection and reference is not None:
        collection = (names.get(reference.text or "") or reference.text or "").strip()
    count = etree.Element(tag("loopCardinality"))
    count.text = f"=count({collection.strip().removeprefix('=')})" if collection else "" if given is None else given.text
    _remove(child for child in multi if child.tag != tag("completionCondition"))
    multi.insert(0, count)


def _receiving(body: etree._Element, gateway: etree._Element) -> None:
    """A receive task behind an event-based gateway waits as a catch event."""
    behind = {flow.get("targetRef") for flow in body.iter(tag("sequenceFlow")) if flow.get("sourceRef") == gateway.get("id")}
    for task in body.iter(tag("receiveTask")):
        if task.get("id") in behind:
            _leaf(task, "intermediateCatchEvent")
            etree.SubElement(task, tag("messageEventDefinition"))


def _leaf(element: etree._Element, name: str) -> None:
    """Of work only its place is left: it waits by hand, whoever or whatever does it."""
    element.tag = tag("manualTask" if name in DRIVEN else name)
    for attribute in set(element.attrib) - {"id", "name", "default"}:
        del element.attrib[attribute]
    _remove(child for child in element if child.tag not in map(tag, ("incoming", "outgoing", *LOOPS)))


def _awaited(root: etree._Element, element: etree._Element) -> None:
    """A start event becomes none (the record says that it started); an awaited trigger becomes the message of its element."""
    sent = [child for child in element if child.tag in {tag(f"{kind}EventDefinition") for kind in AWAITED}]
    _remove(sent)
    if element.tag == tag("startEvent") or not sent:
        return
    message = etree.Element(tag("message"), id=f"m_{element.get('id')}", name=PREFIX + element.get("id", ""))
    root.insert(0, message)
    etree.SubElement(element, tag("messageEventDefinition"), id=f"d_{element.get('id')}", messageRef=message.get("id", ""))


def _door(element: etree._Element) -> None:
    """A manual task before what repeats: it is passed when the record opens the instances, and counts them only then."""
    id, body = element.get("id", ""), element.getparent()
    for flow in body.iterchildren(tag("sequenceFlow")):
        if flow.get("targetRef") == id:
            flow.set("targetRef", id + DOOR)
    etree.SubElement(body, tag("manualTask"), id=id + DOOR)
    etree.SubElement(body, tag("sequenceFlow"), id=f"{id}.opened", sourceRef=id + DOOR, targetRef=id)
