"""Single changes to the library's diagrams and schemes, each worth one sentence; asserts nothing."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from lxml import etree

from adapters.definitions.scheme_file import written
from engine.bpmn.tree import BANLI, BPMN, ZEEBE
from engine.scheme.scheme import Scheme, value_at

Element = Any
Mutation = Callable[[Element, Element], None]  # root, the element that is changed


def bpmn(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def extension(task: Element, name: str) -> Element:
    return task.find(f"{bpmn('extensionElements')}/{{{ZEEBE}}}{name}")


def rename(root: Element, task: Element) -> None:
    task.set("name", task.get("name", "") + "（新）")


def other_form(root: Element, task: Element) -> None:
    extension(task, "formDefinition").set("formId", "approve_otherwise")


def other_deadline(root: Element, task: Element) -> None:
    extension(task, "taskSchedule").set("dueDate", "=due in(17)")


def other_role(root: Element, task: Element) -> None:
    extension(task, "assignmentDefinition").set("candidateGroups", '=role("auditor", scheme.issuers.lead.org)')


def other_clause(root: Element, task: Element) -> None:
    task.set(f"{{{BANLI}}}clause", "九（九）")


def other_reminders(root: Element, task: Element) -> None:
    task.set(f"{{{BANLI}}}reminders", "-9")


def further_input(root: Element, task: Element) -> None:
    holder = task.find(bpmn("extensionElements"))
    mapping = holder.find(f"{{{ZEEBE}}}ioMapping")
    if mapping is None:
        mapping = etree.SubElement(holder, f"{{{ZEEBE}}}ioMapping")
    mapping.insert(0, etree.Element(f"{{{ZEEBE}}}input", source="=1", target="further"))


def documented(root: Element, task: Element) -> None:
    found = task.find(bpmn("documentation"))
    if found is None:
        found = etree.Element(bpmn("documentation"))
        task.insert(0, found)
    found.text = "补充说明"


def repeated(root: Element, task: Element) -> None:
    """Multi-instance comes as one block."""
    loop = etree.SubElement(task, bpmn("multiInstanceLoopCharacteristics"), isSequential="true")
    holder = etree.SubElement(loop, bpmn("extensionElements"))
    etree.SubElement(holder, f"{{{ZEEBE}}}loopCharacteristics", inputCollection="=channels", inputElement="one")


def step_after(root: Element, task: Element) -> None:
    """As the modeler does it: the outgoing flow gets a new target, a second flow leads on."""
    flow = next(one for one in root.iter(bpmn("sequenceFlow")) if one.get("sourceRef") == task.get("id"))
    new = f"{task.get('id')}_next"
    process = flow.getparent()
    added = etree.SubElement(process, bpmn("userTask"), id=new, name="材料审查")
    holder = etree.SubElement(added, bpmn("extensionElements"))
    etree.SubElement(holder, f"{{{ZEEBE}}}assignmentDefinition", candidateGroups='=role("group_office", scheme.leading_group.office)')
    etree.SubElement(holder, f"{{{ZEEBE}}}taskSchedule", dueDate="=due in(2)")
    etree.SubElement(process, bpmn("sequenceFlow"), id=f"{new}_flow", sourceRef=new, targetRef=flow.get("targetRef"))
    flow.set("targetRef", new)


ON_TASKS: tuple[Mutation, ...] = (rename, other_form, other_deadline, other_role, other_clause, other_reminders, further_input, documented, repeated, step_after)


def tasks(root: Element) -> list[Element]:
    """User tasks that every mutation fits: with form, deadline, role and a way out, none of them repeated."""
    return [one for one in root.iter(bpmn("userTask"))
            if all(extension(one, name) is not None for name in ("formDefinition", "taskSchedule", "assignmentDefinition"))
            and one.find(bpmn("multiInstanceLoopCharacteristics")) is None and one.find(bpmn("outgoing")) is not None]


def noisy(xml: bytes) -> bytes:
    """The same diagram as another tool would write it: other prefixes, attributes turned round, indented anew, ways listed in another order."""
    root = etree.fromstring(xml)
    for element in root.iter():
        if isinstance(element.tag, str):
            given = list(element.attrib.items())
            for name, _ in given:
                del element.attrib[name]
            for name, value in reversed(given):
                element.set(name, value)
    etree.indent(root, space="\t")
    text = etree.tostring(root, encoding="unicode")
    return re.sub(r"(</?)bpmn:", r"\1b:", text.replace("xmlns:bpmn=", "xmlns:b=")).encode()


# --- schemes ---------------------------------------------------------------------------------------------------------------------------------


def changed_value(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, date):
        return value + timedelta(days=1)
    return value + 1 if not isinstance(value, str) else value + "改"


def with_value(scheme: Scheme, path: str, value: Any) -> Scheme:
    def put(tree: Any, parts: list[str]) -> Any:
        head, *rest = parts
        inner = value if not rest else put(tree[int(head)] if isinstance(tree, list) else tree[head], rest)
        if isinstance(tree, list):
            return [inner if index == int(head) else one for index, one in enumerate(tree)]
        return {**tree, head: inner}

    assert value_at(scheme.values, path) is not None
    return replace(scheme, values=put(scheme.values, path.split(".")))


def file_of(scheme: Scheme) -> bytes:
    return written(scheme)
