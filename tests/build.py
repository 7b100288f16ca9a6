"""Tiny builders for tests: diagrams from short calls, graph sets from diagrams. Build what the test is about, fill in the rest."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.bpmn.check import check
from engine.bpmn.graph import GraphSet
from engine.bpmn.read import read

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
BANLI = "urn:banli:bpmn:1"
DIAGRAMS = Path(__file__).parent / "execution" / "diagrams"


def el(tag: str, id: str = "", *inside: str, **attributes: Any) -> str:
    """An element. Python's `zeebe_x` is `zeebe:x`, `banli_x` is `banli:x`; True and False are written small."""
    given = {"id": id} if id else {}
    given |= {name.replace("zeebe_", "zeebe:").replace("banli_", "banli:"): value for name, value in attributes.items()}
    text = "".join(f' {name}="{_attribute(value)}"' for name, value in given.items())
    return f"<{tag}{text}>{''.join(inside)}</{tag}>" if inside else f"<{tag}{text}/>"


def _attribute(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def flow(source: str, target: str, when: str = "", id: str = "", **attributes: Any) -> str:
    """A sequence flow; its id is `source_target` unless given."""
    condition = (f"<conditionExpression>{escaped(when)}</conditionExpression>",) if when else ()
    return el("sequenceFlow", id or f"{source}_{target}", *condition, sourceRef=source, targetRef=target, **attributes)


def path(*ids: str) -> str:
    """Flows from each to the next."""
    return "".join(flow(source, target) for source, target in zip(ids, ids[1:], strict=False))


def user(id: str, *inside: str, groups: str = "", form: str = "", due: str = "", inputs: Mapping[str, str] = {}, outputs: Mapping[str, str] = {}, **attributes: Any) -> str:
    """A user task; `inputs` and `outputs`: target → source."""
    parts = [el("zeebe:userTask")]
    if form:
        parts.append(el("zeebe:formDefinition", formId=form))
    if groups:
        parts.append(el("zeebe:assignmentDefinition", candidateGroups=groups))
    if due:
        parts.append(el("zeebe:taskSchedule", dueDate=due))
    return el("userTask", id, extension(*parts, io(inputs, outputs)), *inside, name=attributes.pop("name", id), **attributes)


def extension(*parts: str) -> str:
    found = "".join(parts)
    return f"<extensionElements>{found}</extensionElements>" if found else ""


def io(inputs: Mapping[str, str] = {}, outputs: Mapping[str, str] = {}) -> str:
    parts = [el("zeebe:input", source=source, target=target) for target, source in inputs.items()]
    parts += [el("zeebe:output", source=source, target=target) for target, source in outputs.items()]
    return el("zeebe:ioMapping", "", *parts) if parts else ""


def script(id: str, result: str = "", expression: str = "=null", **attributes: Any) -> str:
    given = {"resultVariable": result} if result else {}
    return el("scriptTask", id, extension(el("zeebe:script", expression=expression, **given)), **attributes)


def service(id: str, type: str, inputs: Mapping[str, str] = {}, outputs: Mapping[str, str] = {}, **attributes: Any) -> str:
    return el("serviceTask", id, extension(el("zeebe:taskDefinition", type=type), io(inputs, outputs)), **attributes)


def event(tag: str, id: str, kind: str = "", *inside: str, ref: str = "", **attributes: Any) -> str:
    """An event; `kind` message, timer, signal …, `ref` the id of what it refers to."""
    name = {"compensate": "activityRef"}.get(kind, f"{kind}Ref")
    definition = (el(f"{kind}EventDefinition", "", *inside, **({name: ref} if ref else {})),) if kind else inside
    return el(tag, id, *definition, **attributes)


def duration(text: str) -> str:
    return f"<timeDuration>{text}</timeDuration>"


def process(id: str, *parts: str, **attributes: Any) -> str:
    return el("process", id, *parts, isExecutable=attributes.pop("isExecutable", True), **attributes)


def definitions(*parts: str) -> bytes:
    """A diagram file of processes, messages, signals …"""
    namespaces = f'xmlns="{BPMN}" xmlns:zeebe="{ZEEBE}" xmlns:banli="{BANLI}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions {namespaces} id="definitions" targetNamespace="urn:test">{"".join(parts)}</definitions>'.encode()


def graphs(*files: bytes, **more: Any) -> GraphSet:
    """The processes of diagrams that the checker accepts."""
    documents = [read(file, f"{number}.bpmn") for number, file in enumerate(files, 1)]
    errors = [one for one in check(documents) if one.severity == "error"]
    assert not errors, errors
    return GraphSet({process.id: process for document in documents for process in document.processes}, **more)


def diagram(name: str, **more: Any) -> GraphSet:
    """The fixture of that name."""
    return graphs((DIAGRAMS / f"{name}.bpmn").read_bytes(), **more)
