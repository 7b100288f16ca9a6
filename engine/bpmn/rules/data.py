"""Data: items and their types, inputs and outputs and their sets, associations, what operations and messages carry (BPMN 2.0 §8.3.2, §10.3)."""
from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.parts import KINDS
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import Element, child, children, flag, local, text
from engine.refusals import Finding

_PAYLOAD = {"message": ("messageRef", "itemRef"), "signal": ("signalRef", "structureRef"), "error": ("errorRef", "structureRef"),
            "escalation": ("escalationRef", "structureRef")}
_OBJECTS = ("dataObject", "dataObjectReference", "property")


def item(diagram: Diagram, element: Element | None, attribute: str = "itemSubjectRef") -> Element | None:
    """The item definition an element names."""
    return None if element is None else diagram.tree.target(element, element.get(attribute, ""), "itemDefinition")


def item_of(diagram: Diagram, data: Element) -> Element | None:
    """The item definition of data: its own, or that of the data object or store it refers to."""
    shared = diagram.tree.target(data, data.get("dataObjectRef") or data.get("dataStoreRef") or "", "dataObject", "dataStore")
    return item(diagram, data if shared is None else shared)


def equivalent(one: Element | None, other: Element | None) -> bool:
    """The same definition, or two of the same structure (§8.3.12)."""
    if one is other:
        return True
    if one is None or other is None or not one.get("structureRef"):
        return False
    return one.get("structureRef") == other.get("structureRef") and flag(one, "isCollection") == flag(other, "isCollection")


def collections(diagram: Diagram) -> Iterator[Finding]:
    """isCollection of data is that of its item definition (tables 10.52, 10.59, 10.60)."""
    for data in diagram.tree.each("dataObject", "dataInput", "dataOutput"):
        definition = item(diagram, data)
        if definition is not None and flag(data, "isCollection") != flag(definition, "isCollection"):
            yield diagram.finding("bpmn.data.collection", data, item=diagram.id(definition))


def objects(diagram: Diagram) -> Iterator[Finding]:
    """A reference to a data object has the state, the object has the type; the name shows both (§10.3.1)."""
    for reference in diagram.tree.each("dataObjectReference"):
        shared = diagram.tree.target(reference, reference.get("dataObjectRef", ""), "dataObject")
        state = child(reference, "dataState")
        if reference.get("itemSubjectRef"):
            yield diagram.finding("bpmn.data.reference-type", reference)
        if shared is not None and state is not None and reference.get("name") and diagram.executable(reference):
            expected = f"{shared.get('name', '')} [{state.get('name', '')}]"
            if " ".join(reference.get("name").split()) != expected:
                yield diagram.finding("bpmn.data.reference-name", reference, name=reference.get("name"), expected=expected)


def places(diagram: Diagram) -> Iterator[Finding]:
    """A sub-process has no inputs and outputs of its own: it sees the data around it (§10.3.2)."""
    for specification in diagram.tree.each("ioSpecification"):
        owner = specification.getparent()
        if local(owner) in ("subProcess", "transaction", "adHocSubProcess"):
            yield diagram.finding("bpmn.data.sub-process", specification, sub_process=diagram.id(owner))


def sets(diagram: Diagram) -> Iterator[Finding]:
    """Every input and output is in a set; optional and while-executing ones are among those of their set; sets pair up (§10.3.2, §10.4.1)."""
    for specification in diagram.tree.each("ioSpecification", "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        for kind, group, names in (
            ("dataInput", "inputSet", ("dataInputRefs", "optionalInputRefs", "whileExecutingInputRefs")),
            ("dataOutput", "outputSet", ("dataOutputRefs", "optionalOutputRefs", "whileExecutingOutputRefs")),
        ):
            together = children(specification, group)
            listed = {text(one) for group_ in together for one in children(group_, names[0])}
            for data in children(specification, kind):
                if diagram.id(data) not in listed:
                    yield diagram.finding("bpmn.data.no-set", data, kind=kind, set=group)
            for one in together:
                own = {text(reference) for reference in children(one, names[0])}
                for reference in children(one, *names[1:]):
                    if text(reference) not in own:
                        yield diagram.finding("bpmn.data.not-in-set", reference, data=text(reference), set=group)
        yield from _pairs(diagram, specification)


def own_sets(diagram: Diagram) -> Iterator[Finding]:
    """A set groups inputs or outputs of the activity, event or process it stands in, not of another (§10.3.2)."""
    for one in diagram.tree.each("inputSet", "outputSet"):
        for reference in children(one):
            found = diagram.tree.target(reference, text(reference), "dataInput", "dataOutput")
            if found is not None and found.getparent() is not one.getparent():
                yield diagram.finding("bpmn.data.foreign-set", reference, data=diagram.id(found))


def visible(diagram: Diagram) -> Iterator[Finding]:
    """Data can be reached from inside the process, sub-process, activity or event they belong to, from nowhere else (§10.3.1)."""
    for association in diagram.tree.each("dataInputAssociation", "dataOutputAssociation"):
        for reference in children(association, "sourceRef", "targetRef"):
            yield from _seen(diagram, reference, text(reference), *_OBJECTS, "dataInput", "dataOutput")
    for reference in diagram.tree.each("dataObjectReference"):
        yield from _seen(diagram, reference, reference.get("dataObjectRef", ""), "dataObject")
    for loop in diagram.tree.each("multiInstanceLoopCharacteristics"):
        for reference in children(loop, "loopDataInputRef", "loopDataOutputRef"):
            yield from _seen(diagram, reference, text(reference), *_OBJECTS)  # another's inputs and outputs are refused with the loop


def _seen(diagram: Diagram, element: Element, name: str, *kinds: str) -> Iterator[Finding]:
    data = diagram.tree.target(element, name, *kinds)
    if data is None:
        return
    home = _holder(data)
    if all(around is not home for around in element.iterancestors()):
        yield diagram.finding("bpmn.data.not-visible", element, data=diagram.id(data), home=diagram.id(home))


def _pairs(diagram: Diagram, specification: Element) -> Iterator[Finding]:
    for group, reference, other, back in (("inputSet", "outputSetRefs", "outputSet", "inputSetRefs"), ("outputSet", "inputSetRefs", "inputSet", "outputSetRefs")):
        for one in children(specification, group):
            for named in children(one, reference):
                partner = diagram.tree.target(named, text(named), other)
                if partner is not None and diagram.id(one) not in {text(entry) for entry in children(partner, back)}:
                    yield diagram.finding("bpmn.data.set-pair", named, set=diagram.id(one), partner=diagram.id(partner))


def associations(diagram: Diagram) -> Iterator[Finding]:
    """A data association joins data of one type, several sources need a transformation, and it respects what is in and what is out (§10.3.2)."""
    for association in diagram.tree.each("dataInputAssociation", "dataOutputAssociation"):
        references = children(association, "sourceRef")
        sources = [found for one in references if (found := diagram.tree.target(one, text(one))) is not None]
        target = diagram.tree.target(association, text(child(association, "targetRef")))
        converted = child(association, "transformation") is not None
        if len(references) > 1 and not converted:
            yield diagram.finding("bpmn.data.several-sources", association)
        yield from _own_end(diagram, association, sources, target)
        if target is not None and local(target) == "dataInput" and local(_holder(target)) == "process":
            yield diagram.finding("bpmn.data.input-written", association, data=diagram.id(target))
        for source in sources:
            if local(source) == "dataOutput" and local(_holder(source)) == "process":
                yield diagram.finding("bpmn.data.output-read", association, data=diagram.id(source))
            if target is not None and not converted and child(association, "assignment") is None:
                one, other = item_of(diagram, source), item_of(diagram, target)
                if one is not None and other is not None and not equivalent(one, other):
                    yield diagram.finding("bpmn.data.association-type", association, source=diagram.id(source), target=diagram.id(target))


def _own_end(diagram: Diagram, association: Element, sources: list[Element], target: Element | None) -> Iterator[Finding]:
    """An input association leads to an input of the element it stands in, an output association comes from one of its outputs."""
    owner = association.getparent()
    ends = [target] if local(association) == "dataInputAssociation" and target is not None else sources if local(association) == "dataOutputAssociation" else []
    kind = "dataInput" if local(association) == "dataInputAssociation" else "dataOutput"
    for end in ends:
        if end.getparent() is owner and local(end) == "property":  # drawn by editors that keep no inputs and outputs
            continue
        if local(end) != kind or _holder(end) is not owner:
            yield diagram.finding("bpmn.data.association-end", association, data=diagram.id(end), kind=kind)


def _holder(data: Element) -> Element:
    """The activity, process or event whose input or output it is."""
    around = data.getparent()
    return around.getparent() if local(around) == "ioSpecification" else around


def event_payloads(diagram: Diagram) -> Iterator[Finding]:
    """An event that declares data declares one for each payload it catches or throws, of its type (§10.4.1)."""
    for event in diagram.tree.each("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        data = children(event, "dataInput", "dataOutput")
        payloads = [found for one in diagram.triggers(event) if (found := _payload(diagram, one)) is not None] if data else []
        free = [item(diagram, one) for one in data]
        for payload in payloads:
            match = next((one for one in free if equivalent(one, payload)), None)
            if match is None:
                yield diagram.finding("bpmn.data.event-payload", event, item=diagram.id(payload))
            else:
                free.remove(match)


def _payload(diagram: Diagram, definition: Element) -> Element | None:
    names = _PAYLOAD.get(KINDS[local(definition)])
    if names is None:
        return None
    carrier = diagram.tree.target(definition, definition.get(names[0], ""))
    return None if carrier is None else item(diagram, carrier, names[1])


def task_messages(diagram: Diagram) -> Iterator[Finding]:
    """The data of a service, send or receive task is what its operation or message carries, one piece each way, in one set (§10.2.3)."""
    for task in diagram.tree.each("serviceTask", "sendTask", "receiveTask"):
        specification = child(task, "ioSpecification")
        operation = diagram.tree.target(task, task.get("operationRef", ""), "operation")
        message = diagram.tree.target(task, task.get("messageRef", ""), "message")
        if specification is None or (operation is None and message is None):
            continue
        into = None if operation is None else _message(diagram, operation, "inMessageRef")
        if local(task) == "serviceTask":
            out = None if operation is None else _message(diagram, operation, "outMessageRef")
            yield from _carried(diagram, task, specification, "dataInput", into, 1)
            yield from _carried(diagram, task, specification, "dataOutput", out, 1)
        else:
            kind = "dataInput" if local(task) == "sendTask" else "dataOutput"
            yield from _carried(diagram, task, specification, kind, into if message is None else message, 0)


def _message(diagram: Diagram, operation: Element, name: str) -> Element | None:
    return diagram.tree.target(operation, text(child(operation, name)), "message")


def _carried(diagram: Diagram, task: Element, specification: Element, kind: str, message: Element | None, least: int) -> Iterator[Finding]:
    if len(children(specification, "inputSet" if kind == "dataInput" else "outputSet")) > 1:
        yield diagram.finding("bpmn.data.one-set", task, kind=kind)
    if message is None:
        return
    data = children(specification, kind)
    if not least <= len(data) <= 1:
        yield diagram.finding("bpmn.data.one-message", task, kind=kind, found=len(data), message=diagram.id(message))
    payload = item(diagram, message, "itemRef")
    for one in data[:1]:
        if payload is not None and not equivalent(item(diagram, one), payload):
            yield diagram.finding("bpmn.data.message-type", one, message=diagram.id(message))


def bindings(diagram: Diagram) -> Iterator[Finding]:
    """What offers an interface says for each operation which data comes in and goes out, of the messages' types (§8.3.11, §10.3.2)."""
    for offered in diagram.tree.each("process", "globalTask", "globalUserTask", "globalScriptTask", "globalManualTask", "globalBusinessRuleTask"):
        bound = {text_: one for one in children(offered, "ioBinding") if (text_ := one.get("operationRef"))}
        for reference in children(offered, "supportedInterfaceRef"):
            interface = diagram.tree.target(reference, text(reference), "interface")
            for operation in [] if interface is None else children(interface, "operation"):
                if diagram.id(operation) not in bound and child(offered, "ioSpecification") is not None:
                    yield diagram.finding("bpmn.data.no-binding", offered, operation=diagram.id(operation))
        for binding in children(offered, "ioBinding"):
            yield from _binding(diagram, binding)


def _binding(diagram: Diagram, binding: Element) -> Iterator[Finding]:
    operation = diagram.tree.target(binding, binding.get("operationRef", ""), "operation")
    if operation is None:
        return
    for attribute, message_name in (("inputDataRef", "inMessageRef"), ("outputDataRef", "outMessageRef")):
        data = diagram.tree.target(binding, binding.get(attribute, ""), "dataInput", "dataOutput")
        message = _message(diagram, operation, message_name)
        if data is None or message is None:
            continue
        if not equivalent(item(diagram, data), item(diagram, message, "itemRef")):
            yield diagram.finding("bpmn.data.binding-type", binding, data=diagram.id(data), message=diagram.id(message))


RULES = (collections, objects, places, sets, own_sets, visible, associations, event_payloads, task_messages, bindings)
