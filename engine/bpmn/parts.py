"""The parts of a flow node — events, loops, what zeebe: and banli: say — read from XML into the graph's values; checks nothing but expressions."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.bpmn.expressions import expression, feel, value
from engine.bpmn.graph import (
    Called, Decision, EventDefinition, Mapping_, Message, MultiInstance, Script, Service, StandardLoop, UserTask,
)
from engine.bpmn.tree import Element, Tree, banli, child, children, extension, extensions, flag, local, text

if TYPE_CHECKING:
    from engine.bpmn.graph import Value
    from engine.feel import Expression

KINDS = {
    "messageEventDefinition": "message", "timerEventDefinition": "timer", "signalEventDefinition": "signal",
    "errorEventDefinition": "error", "escalationEventDefinition": "escalation", "conditionalEventDefinition": "conditional",
    "linkEventDefinition": "link", "compensateEventDefinition": "compensate", "cancelEventDefinition": "cancel",
    "terminateEventDefinition": "terminate",
}
_REFERENCE = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}
_INTEGERS = re.compile(r"[-+]?\d{1,4}")


def root_value(tree: Tree, element: Element) -> Message:
    """A message, signal, error or escalation at the top of the document."""
    kind = local(element)
    subscription = extension(element, "subscription")
    return Message(
        id=tree.id_of(element),
        name=element.get("name") or tree.id_of(element),
        code=element.get("errorCode", "") if kind == "error" else element.get("escalationCode", "") if kind == "escalation" else "",
        correlation=None if subscription is None else value(tree, subscription, subscription.get("correlationKey"), "correlationKey"),
        time_to_live=value(tree, element, banli(element, "timeToLive"), "timeToLive"),
    )


def referenced(tree: Tree, element: Element, reference: str | None, kind: str) -> Message | None:
    """The message, signal, error or escalation that an attribute names; None when it names none."""
    found = tree.target(element, reference or "", kind)
    return None if found is None else root_value(tree, found)


def event_definitions(tree: Tree, element: Element) -> tuple[EventDefinition, ...]:
    """The triggers or results of an event, in document order; references to shared definitions are followed."""
    found: list[EventDefinition] = []
    for one in children(element):
        if local(one) in KINDS:
            found.append(event_definition(tree, one))
        elif local(one) == "eventDefinitionRef":
            shared = tree.target(one, text(one), *KINDS)
            if shared is not None:
                found.append(event_definition(tree, shared))
    return tuple(found)


def event_definition(tree: Tree, element: Element) -> EventDefinition:
    kind = KINDS[local(element)]
    reference = _REFERENCE.get(kind)
    return EventDefinition(
        kind=kind,
        id=element.get("id", ""),
        ref=referenced(tree, element, element.get(reference), kind) if reference else None,
        date=_timer(tree, element, "timeDate"),
        duration=_timer(tree, element, "timeDuration"),
        cycle=_timer(tree, element, "timeCycle"),
        condition=_child_expression(tree, element, "condition") if kind == "conditional" else None,
        link=element.get("name", "") if kind == "link" else "",
        activity=tree.plain(element, element.get("activityRef", "")),
        wait=flag(element, "waitForCompletion", True),
        code_variable=banli(element, "codeVariable"),
        message_variable=banli(element, "messageVariable"),
        line=element.sourceline or 0,
    )


def _timer(tree: Tree, element: Element, name: str) -> Value | None:
    found = child(element, name)
    return None if found is None else value(tree, found, text(found), name)


def _child_expression(tree: Tree, element: Element, name: str) -> Expression | None:
    found = child(element, name)
    return None if found is None else expression(tree, found, text(found), name)


def condition(tree: Tree, flow: Element) -> Expression | None:
    """The conditionExpression of a sequence flow."""
    return _child_expression(tree, flow, "conditionExpression")


def activation(tree: Tree, gateway: Element) -> Expression | None:
    """The activationCondition of a complex gateway."""
    return _child_expression(tree, gateway, "activationCondition")


def completion(tree: Tree, element: Element) -> Expression | None:
    """The completionCondition of an ad-hoc sub-process or multi-instance activity."""
    return _child_expression(tree, element, "completionCondition")


def standard_loop(tree: Tree, activity: Element) -> StandardLoop | None:
    loop = child(activity, "standardLoopCharacteristics")
    if loop is None:
        return None
    return StandardLoop(
        condition=_child_expression(tree, loop, "loopCondition"),
        test_before=flag(loop, "testBefore"),
        maximum=value(tree, loop, loop.get("loopMaximum"), "loopMaximum"),
    )


def multi_instance(tree: Tree, activity: Element) -> MultiInstance | None:
    loop = child(activity, "multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    zeebe = extension(loop, "loopCharacteristics")
    given = {} if zeebe is None else zeebe.attrib
    cardinality = child(loop, "loopCardinality")
    collection = value(tree, loop, given.get("inputCollection"), "inputCollection") if "inputCollection" in given else _data(tree, loop, "loopDataInputRef")
    return MultiInstance(
        sequential=flag(loop, "isSequential"),
        cardinality=None if cardinality is None else expression(tree, cardinality, text(cardinality), "loopCardinality"),
        collection=collection,
        element_variable=given.get("inputElement", "") or _item(loop, "inputDataItem"),
        output_collection=given.get("outputCollection", "") or _data_name(tree, loop, "loopDataOutputRef"),
        output_element=value(tree, loop, given.get("outputElement"), "outputElement") or _item(loop, "outputDataItem") or None,
        completion=completion(tree, loop),
        behavior=loop.get("behavior", "All"),
        one_event=_shared_event(tree, loop, "oneBehaviorEventRef"),
        none_event=_shared_event(tree, loop, "noneBehaviorEventRef"),
        complex_behaviors=_complex_behaviors(tree, loop),
    )


def _data(tree: Tree, loop: Element, name: str) -> Value | None:
    variable = _data_name(tree, loop, name)
    return feel(tree, loop, variable, name) if variable else None


def _data_name(tree: Tree, loop: Element, name: str) -> str:
    """The variable behind loopDataInputRef/OutputRef: the name of the data object that is referenced, or the text itself.

    A task names its own input or output (§10.2.7): then the data object that a data association joins to it is meant.
    """
    holder = child(loop, name)
    reference = text(holder)
    found = tree.by_id.get(tree.plain(loop, reference)) if reference else None
    if found is not None and local(found) in ("dataInput", "dataOutput"):
        found = _associated(tree, loop.getparent(), found)
    if found is not None and local(found) == "dataObjectReference":
        found = tree.by_id.get(found.get("dataObjectRef", ""), found)
    return reference if found is None else found.get("name") or reference


def _associated(tree: Tree, activity: Element, data: Element) -> Element:
    """The data object, property or store joined to an input or output of an activity; that itself when nothing is."""
    near, far = ("targetRef", "sourceRef") if local(data) == "dataInput" else ("sourceRef", "targetRef")
    for association in children(activity, "dataInputAssociation", "dataOutputAssociation"):
        others = [tree.target(one, text(one)) for one in children(association, far)]
        if any(tree.target(one, text(one)) is data for one in children(association, near)) and len(others) == 1 and others[0] is not None:
            return others[0]
    return data


def _item(loop: Element, name: str) -> str:
    item = child(loop, name)
    return "" if item is None else item.get("name") or item.get("id") or ""


def _shared_event(tree: Tree, loop: Element, attribute: str) -> EventDefinition | None:
    found = tree.target(loop, loop.get(attribute, ""), *KINDS)
    return None if found is None else event_definition(tree, found)


def _complex_behaviors(tree: Tree, loop: Element) -> tuple[tuple[Expression, EventDefinition], ...]:
    found = []
    for behavior in children(loop, "complexBehaviorDefinition"):
        when, event = _child_expression(tree, behavior, "condition"), child(behavior, "event")
        thrown = () if event is None else event_definitions(tree, event)
        if when is not None and thrown:
            found.append((when, thrown[0]))
    return tuple(found)


def mappings(tree: Tree, element: Element, direction: str) -> tuple[Mapping_, ...]:
    """The zeebe:input or zeebe:output elements of an ioMapping, in document order."""
    found = []
    for mapping in extensions(element, "ioMapping"):
        for one in mapping:
            if one.tag.endswith("}" + direction):
                source = value(tree, one, one.get("source"), "source")
                if source is not None:
                    found.append(Mapping_(source, one.get("target", "").strip()))
    return tuple(found)


def user_task(tree: Tree, element: Element) -> UserTask:
    form, assignment = extension(element, "formDefinition"), extension(element, "assignmentDefinition")
    schedule, priority = extension(element, "taskSchedule"), extension(element, "priorityDefinition")

    def attribute(holder: Element | None, name: str) -> Value | None:
        return None if holder is None else value(tree, holder, holder.get(name), name)

    return UserTask(
        form="" if form is None else form.get("formId") or form.get("formKey") or "",
        assignee=attribute(assignment, "assignee"),
        candidate_groups=attribute(assignment, "candidateGroups"),
        candidate_users=attribute(assignment, "candidateUsers"),
        due=attribute(schedule, "dueDate"),
        follow_up=attribute(schedule, "followUpDate"),
        priority=attribute(priority, "priority"),
        return_to=tuple(banli(element, "returnTo").split()),
        withdraw=banli(element, "withdraw") == "true",
        reminders=tuple(sorted(int(word) for word in banli(element, "reminders").split() if _INTEGERS.fullmatch(word))),
        overdue=banli(element, "overdue") != "none",
        about=value(tree, element, banli(element, "about"), "banli:about"),
        escalate_to=value(tree, element, banli(element, "escalateTo"), "banli:escalateTo"),
        clause=banli(element, "clause"),
        operations=frozenset(banli(element, "operations").split()),
    )


def service(tree: Tree, element: Element) -> Service | None:
    definition = extension(element, "taskDefinition")
    if definition is None:
        return None
    headers = {one.get("key", ""): one.get("value", "") for holder in extensions(element, "taskHeaders") for one in holder}
    return Service(
        type=definition.get("type", "").strip(),
        retries=value(tree, definition, definition.get("retries"), "retries"),
        headers=headers,
        job=banli(element, "job") == "true",
    )


def script(tree: Tree, element: Element) -> Script | None:
    found = extension(element, "script")
    if found is None:
        return None
    parsed = expression(tree, found, found.get("expression", ""), "expression")
    return None if parsed is None else Script(parsed, found.get("resultVariable", "").strip())


def called(tree: Tree, element: Element) -> Called | None:
    """What a call activity calls: zeebe:calledElement, else the standard attribute."""
    zeebe = extension(element, "calledElement")
    process = None if zeebe is None else value(tree, zeebe, zeebe.get("processId"), "processId")
    process = process or tree.plain(element, element.get("calledElement", ""))
    if not process:
        return None

    def propagate(attribute: str) -> bool | None:
        return None if zeebe is None or zeebe.get(attribute) is None else flag(zeebe, attribute)

    return Called(process, propagate("propagateAllParentVariables"), propagate("propagateAllChildVariables"))


def decision(tree: Tree, element: Element) -> Decision | None:
    found = extension(element, "calledDecision")
    if found is None:
        return None
    called_decision = value(tree, found, found.get("decisionId"), "decisionId")
    return None if called_decision is None else Decision(called_decision, found.get("resultVariable", "").strip())


def properties(element: Element) -> dict[str, str]:
    """zeebe:properties as a mapping."""
    return {one.get("name", ""): one.get("value", "") for holder in extensions(element, "properties") for one in holder}
