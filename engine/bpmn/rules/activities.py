"""Activities: loops, multi-instance, receive tasks, ad-hoc sub-processes, call activities, compensation (BPMN 2.0 §10.2, §13.2)."""
from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.graph import ACTIVITIES
from engine.bpmn.rules.data import equivalent, item, item_of
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import Element, child, children, extension, flag, local, text
from engine.refusals import Finding

CALLABLE = ("process", "globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask")
_CONSTANT = re.compile(r"=?\s*(?:-?\d+(?:\.\d+)?|\"[^\"]*\"|null)\s*")
_WHOLE = re.compile(r"=?\s*\d+(?:\.0+)?\s*")


def quantities(diagram: Diagram) -> Iterator[Finding]:
    """startQuantity and completionQuantity are one or more (table 10.3)."""
    for node in diagram.nodes:
        for attribute in ("startQuantity", "completionQuantity"):
            given = node.get(attribute)
            if given is not None and re.fullmatch(r"[+-]?\d+", given.strip()) and int(given[:18]) < 1:
                yield diagram.finding("bpmn.activity.quantity", node, attribute=attribute, value=given[:18])


def loops(diagram: Diagram) -> Iterator[Finding]:
    """A loop that is executed says when it ends; its cap lets it run at least once (table 10.27)."""
    for loop in diagram.tree.each("standardLoopCharacteristics"):
        if not loop.get("loopMaximum") and child(loop, "loopCondition") is None and diagram.executable(loop):
            yield diagram.finding("bpmn.loop.no-end", loop)
        given = loop.get("loopMaximum", "1").strip()
        if re.fullmatch(r"[+-]?\d{1,18}", given) and int(given) < 1:
            yield diagram.finding("bpmn.loop.maximum", loop, value=given)


def resources(diagram: Diagram) -> Iterator[Finding]:
    """A resource is named, perhaps with parameters, or found by an assignment expression; not both (table 10.5)."""
    for binding in diagram.tree.each("resourceAssignmentExpression"):
        role = binding.getparent()
        if child(role, "resourceRef", "resourceParameterBinding") is not None:
            yield diagram.finding("bpmn.resource.both", role)


def receive_tasks(diagram: Diagram) -> Iterator[Finding]:
    """A receive task that starts the process has nothing in front of it (§10.2.3)."""
    for task in diagram.tree.each("receiveTask"):
        if flag(task, "instantiate") and diagram.incoming(task):
            yield diagram.finding("bpmn.receive.instantiate-incoming", task)


def multi_instance(diagram: Diagram) -> Iterator[Finding]:
    """How many instances there are is said once: by a number or by a collection (§10.2.7)."""
    for loop in diagram.tree.each("multiInstanceLoopCharacteristics"):
        zeebe = extension(loop, "loopCharacteristics")
        said = [one for one in ("loopCardinality", "loopDataInputRef") if child(loop, one) is not None]
        said += ["inputCollection"] if zeebe is not None and zeebe.get("inputCollection") else []
        if not said:
            yield diagram.finding("bpmn.multi-instance.no-number", loop)
        if "loopCardinality" in said and len(said) > 1:
            yield diagram.finding("bpmn.multi-instance.two-numbers", loop, found=said)
        number = text(child(loop, "loopCardinality"))
        if _CONSTANT.fullmatch(number) and not _WHOLE.fullmatch(number):
            yield diagram.finding("bpmn.multi-instance.number", loop, value=number[:80])
        for one, collection in (("inputDataItem", "loopDataInputRef"), ("outputDataItem", "loopDataOutputRef")):
            if child(loop, one) is not None and child(loop, collection) is not None:
                yield from _item(diagram, loop, collection, one)
            elif child(loop, one) is not None and zeebe is None:
                yield diagram.finding("bpmn.multi-instance.item-alone", loop, item=one, missing=collection)
        yield from _loop_data(diagram, loop)
        yield from _behavior(diagram, loop)


def _item(diagram: Diagram, loop: Element, reference: str, one: str) -> Iterator[Finding]:
    """The item is one element of the collection: of its type, and no collection itself."""
    whole = diagram.tree.target(loop, text(child(loop, reference)))
    part = child(loop, one)
    collection, single = None if whole is None else item_of(diagram, whole), item(diagram, part)
    if flag(part, "isCollection") or (single is not None and flag(single, "isCollection")):
        yield diagram.finding("bpmn.multi-instance.item-collection", loop, item=one)
    elif collection is not None and single is not None and collection.get("structureRef") != single.get("structureRef"):
        yield diagram.finding("bpmn.multi-instance.item-type", loop, item=one, collection=diagram.id(whole))


def _loop_data(diagram: Diagram, loop: Element) -> Iterator[Finding]:
    """A task loops over its own data input and fills its own data output; a sub-process over a data object (§10.2.7)."""
    activity = loop.getparent()
    for reference, kind in (("loopDataInputRef", "dataInput"), ("loopDataOutputRef", "dataOutput")):
        found = diagram.tree.target(loop, text(child(loop, reference))) if child(loop, reference) is not None else None
        if found is None or not diagram.is_a(found, "ItemAware"):
            continue
        if local(found) in ("dataInput", "dataOutput") and (local(found) != kind or diagram.tree.root is _activity(found) or _activity(found) is not activity):
            yield diagram.finding("bpmn.multi-instance.foreign-data", loop, reference=reference, target=diagram.id(found))
        definition = item_of(diagram, found)
        if not flag(_object(diagram, found), "isCollection") and not (definition is not None and flag(definition, "isCollection")):
            yield diagram.finding("bpmn.multi-instance.no-collection", loop, reference=reference, target=diagram.id(found))


def _activity(data: Element) -> Element | None:
    around = data.getparent()
    return None if around is None else around.getparent()


def _object(diagram: Diagram, data: Element) -> Element:
    found = diagram.tree.target(data, data.get("dataObjectRef", ""), "dataObject")
    return data if found is None else found


def _behavior(diagram: Diagram, loop: Element) -> Iterator[Finding]:
    behavior, given = loop.get("behavior", "All"), children(loop, "complexBehaviorDefinition")
    if behavior == "Complex" and not given:
        yield diagram.finding("bpmn.multi-instance.behavior", loop, behavior=behavior, missing="complexBehaviorDefinition")
    elif behavior != "Complex" and given:
        yield diagram.finding("bpmn.multi-instance.behavior-unused", loop, "warning", behavior=behavior)
    needed = {"One": "oneBehaviorEventRef", "None": "noneBehaviorEventRef"}.get(behavior)
    if needed and not loop.get(needed):
        yield diagram.finding("bpmn.multi-instance.behavior", loop, behavior=behavior, missing=needed)


def truth(diagram: Diagram) -> Iterator[Finding]:
    """A condition answers yes or no: a number, a text or null cannot (§10.2.7, §8.3.13, §10.4.5)."""
    for one in diagram.tree.each("completionCondition", "conditionExpression", "condition", "loopCondition", "activationCondition"):
        if _CONSTANT.fullmatch(text(one)):
            yield diagram.finding("bpmn.condition.not-boolean", one, field=local(one), value=text(one)[:80])


def ad_hoc(diagram: Diagram) -> Iterator[Finding]:
    """An ad-hoc sub-process has activities, and neither start nor end (§10.2.5)."""
    for one in diagram.tree.each("adHocSubProcess"):
        if not diagram.inside(one, *ACTIVITIES):
            yield diagram.finding("bpmn.ad-hoc.empty", one)
        for event in diagram.inside(one, "startEvent", "endEvent"):
            yield diagram.finding("bpmn.ad-hoc.event", event, found=local(event), ad_hoc=diagram.id(one))


def compensation(diagram: Diagram) -> Iterator[Finding]:
    """A compensation boundary event leads by an association to one compensation activity, which stands outside the flow (§10.6)."""
    joined: dict[Element, list[Element]] = {}
    for one in diagram.tree.each("association"):
        source, target = (diagram.tree.target(one, one.get(name, "")) for name in ("sourceRef", "targetRef"))
        if source is not None and target is not None and local(source) == "boundaryEvent" and local(target) in ACTIVITIES:
            joined.setdefault(source, []).append(target)
    handlers: set[Element] = set()
    hosts: set[str] = set()
    for event in diagram.tree.each("boundaryEvent"):
        if "compensate" not in diagram.kinds(event):
            continue
        found = joined.get(event, [])
        handlers.update(found)
        host = diagram.tree.plain(event, event.get("attachedToRef", ""))
        if host in hosts:
            yield diagram.finding("bpmn.compensation.twice", event, activity=host)
        hosts.add(host)
        if len(found) != 1:
            yield diagram.finding("bpmn.compensation.no-handler" if not found else "bpmn.compensation.several-handlers", event)
        for handler in found:
            if not flag(handler, "isForCompensation"):
                yield diagram.finding("bpmn.compensation.not-marked", handler, event=diagram.id(event))
    for node in diagram.nodes:
        if flag(node, "isForCompensation"):
            for flow in diagram.incoming(node) + diagram.outgoing(node):
                yield diagram.finding("bpmn.compensation.flow", flow, activity=diagram.id(node))
            if node not in handlers and not diagram.incoming(node):
                yield diagram.finding("bpmn.compensation.unused", node, "warning")


def compensated(diagram: Diagram) -> Iterator[Finding]:
    """What a throwing event compensates is an activity it can see, and one that can be undone (§10.4.3, §10.6.1)."""
    for event in diagram.tree.each("endEvent", "intermediateThrowEvent"):
        for one in diagram.triggers(event):
            target = diagram.tree.target(one, one.get("activityRef", ""), *ACTIVITIES) if local(one) == "compensateEventDefinition" else None
            if target is None:
                continue
            if diagram.container(target) not in _visible(diagram, event):
                yield diagram.finding("bpmn.compensation.not-visible", event, activity=diagram.id(target))
            elif not _compensable(diagram, target):
                yield diagram.finding("bpmn.compensation.nothing", event, activity=diagram.id(target))


def _visible(diagram: Diagram, event: Element) -> list[Element]:
    """The bodies whose activities a throwing event compensates: its own and, out of an event sub-process, the one that this is in."""
    found = []
    container = diagram.container(event)
    while container is not None:
        found.append(container)
        container = diagram.container(container) if flag(container, "triggeredByEvent") else None
    return found


def _compensable(diagram: Diagram, activity: Element) -> bool:
    """Whether there is a handler: on the activity, or inside it (§10.4.3: it must have one). A called process may bring its own."""
    inside = [activity, *(one for one in activity.iter() if local(one) in ACTIVITIES)]
    events = [event for one in inside for event in diagram.boundary_of(one)]
    events += [start for one in inside if flag(one, "triggeredByEvent") for start in diagram.inside(one, "startEvent")]
    return local(activity) == "callActivity" or any("compensate" in diagram.kinds(event) for event in events)


def called(diagram: Diagram) -> Iterator[Finding]:
    """A call activity takes and gives the data that what it calls declares (§10.2.6). The rest is said across files."""
    for call in diagram.tree.each("callActivity"):
        target = diagram.tree.target(call, call.get("calledElement", ""), *CALLABLE)
        if target is None:
            continue
        yield from _call_data(diagram, call, target)


def _call_data(diagram: Diagram, call: Element, target: Element) -> Iterator[Finding]:
    mine, theirs = child(call, "ioSpecification"), child(target, "ioSpecification")
    if theirs is None:
        return
    for kind in ("dataInput", "dataOutput"):
        ours, others = [] if mine is None else children(mine, kind), children(theirs, kind)
        pairs = zip((item(diagram, one) for one in ours), (item(diagram, one) for one in others), strict=False)
        if len(ours) != len(others) or not all(equivalent(a, b) for a, b in pairs):
            yield diagram.finding("bpmn.call.data", call, process=diagram.id(target), kind=kind, own=len(ours), called=len(others))


RULES = (quantities, loops, resources, receive_tasks, multi_instance, truth, ad_hoc, compensation, compensated, called)
