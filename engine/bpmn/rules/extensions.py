"""zeebe: and banli: say only what this engine reads, where it reads it; other vocabularies are named, not read."""
from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.dialect import BANLI, FLOW_NODES, OPERATIONS, ZEEBE, ZEEBE_ATTRIBUTES
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import BANLI as BANLI_NAMESPACE
from engine.bpmn.tree import BPMN, Element, children, local
from engine.bpmn.tree import ZEEBE as ZEEBE_NAMESPACE
from engine.refusals import Finding

# Colours and the modeller's own settings: drawn, never executed.
_DRAWING = ("http://bpmn.io/schema/bpmn/biocolor/1.0", "http://www.omg.org/spec/BPMN/non-normative/color/1.0", "http://camunda.org/schema/modeler/1.0",
            "http://www.omg.org/spec/BPMN/20100524/DI", "http://www.omg.org/spec/DD/20100524/DI", "http://www.omg.org/spec/DD/20100524/DC",
            "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace")
MOST_TARGETS = 200  # beyond it nothing is said about the order: each target costs a walk over its process
_NAME = r"[^\W\d]\w*"
_KINDS = {
    "boolean": re.compile(r"true|false"),
    "integers": re.compile(r"[+-]?\d{1,3}(?:\s+[+-]?\d{1,3})*"),
    "none": re.compile(r"none"),
    "deployment": re.compile(r"deployment"),
    "duration": re.compile(r"=.*|P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?", re.DOTALL),
    "name": re.compile(_NAME),
    "path": re.compile(rf"{_NAME}(?:\.{_NAME})*"),
}


def zeebe_elements(diagram: Diagram) -> Iterator[Finding]:
    """Every zeebe: element is known, stands under an element that has it, and carries known attributes."""
    for holder in diagram.tree.each("extensionElements"):
        host, seen = holder.getparent(), set()
        for one in holder:
            namespace, name = _split(one.tag)
            if namespace == BPMN:
                yield diagram.finding("bpmn.element.misplaced", one, found=name, inside="extensionElements")
            elif namespace == BANLI_NAMESPACE:
                yield diagram.finding("bpmn.extension.unknown", one, found=f"banli:{name}", host=local(host))
            elif namespace == ZEEBE_NAMESPACE:
                extension = ZEEBE.get(name)
                if extension is None or not _hosts(diagram, extension.hosts, host):
                    yield diagram.finding("bpmn.extension.unknown" if extension is None else "bpmn.extension.misplaced", one, found=f"zeebe:{name}", host=local(host))
                    continue
                if name in seen and name != "properties":
                    yield diagram.finding("bpmn.extension.twice", one, found=f"zeebe:{name}", host=local(host))
                seen.add(name)
                yield from _attributes(diagram, one, f"zeebe:{name}", extension.attributes)
                yield from _inner(diagram, one, name, extension.children)


def _hosts(diagram: Diagram, hosts: frozenset[str], host: Element) -> bool:
    return local(host) in hosts or (hosts >= FLOW_NODES and (diagram.is_a(host, "FlowNode") or local(host).startswith("global")))


def _inner(diagram: Diagram, element: Element, name: str, known: dict[str, dict[str, str]]) -> Iterator[Finding]:
    for one in element:
        namespace, inner = _split(one.tag)
        if namespace != ZEEBE_NAMESPACE or inner not in known:
            yield diagram.finding("bpmn.extension.unknown", one, found=inner, host=f"zeebe:{name}")
        else:
            yield from _attributes(diagram, one, f"zeebe:{inner}", known[inner])


def _attributes(diagram: Diagram, element: Element, name: str, known: dict[str, str]) -> Iterator[Finding]:
    for attribute, given in element.attrib.items():
        if attribute not in known:
            yield diagram.finding("bpmn.extension.attribute", element, attribute=attribute, found=name)
        else:
            yield from _value(diagram, element, f"{name} {attribute}", given, known[attribute].rstrip("!"))
    for attribute, kind in known.items():
        if kind.endswith("!") and not (element.get(attribute) or "").strip():
            yield diagram.finding("bpmn.extension.missing", element, attribute=attribute, found=name)


def _value(diagram: Diagram, element: Element, attribute: str, given: str, kind: str) -> Iterator[Finding]:
    if kind == "operations":
        for word in given.split():
            if word not in OPERATIONS:
                yield diagram.finding("bpmn.extension.value", element, attribute=attribute, value=word, expected=" ".join(sorted(OPERATIONS)))
    elif kind in _KINDS and not _KINDS[kind].fullmatch(given.strip()):
        yield diagram.finding("bpmn.extension.value", element, attribute=attribute, value=given[:80], expected=kind)


def attributes(diagram: Diagram) -> Iterator[Finding]:
    """Attributes of zeebe: and banli: on BPMN's own elements."""
    for element in diagram.tree.elements:
        if not (kind := local(element)):
            continue
        for attribute, given in element.attrib.items():
            if attribute[0] != "{":
                continue
            namespace, name = _split(attribute)
            if namespace == ZEEBE_NAMESPACE and name not in ZEEBE_ATTRIBUTES:
                yield diagram.finding("bpmn.extension.attribute", element, attribute=f"zeebe:{name}", found=kind)
            elif namespace == BANLI_NAMESPACE:
                hosts, form = BANLI.get(name, (frozenset(), ""))
                if kind not in hosts and "**" not in hosts:
                    yield diagram.finding("bpmn.extension.attribute", element, attribute=f"banli:{name}", found=kind)
                else:
                    yield from _value(diagram, element, f"banli:{name}", given, form)


def foreign(diagram: Diagram) -> Iterator[Finding]:
    """What another engine's vocabulary asks for is not done here; said once for each vocabulary."""
    said: set[str] = set()
    for element in diagram.tree.elements:
        named = [one for one in element.attrib if one[0] == "{"] if (kind := local(element)) else []
        if not kind and element.getparent() is not None and local(element.getparent()) == "extensionElements":
            named.append(element.tag)
        for namespace, name in map(_split, named):
            if namespace and namespace not in _DRAWING and namespace not in (BPMN, ZEEBE_NAMESPACE, BANLI_NAMESPACE) and namespace not in said:
                said.add(namespace)
                yield diagram.finding("bpmn.extension.foreign", element, "warning", vocabulary=namespace[:120], found=name)


def return_targets(diagram: Diagram) -> Iterator[Finding]:
    """退回 leads back to user tasks of the same process that come before, as a token flows."""
    after: dict[Element, set[Element]] = {}
    for task in diagram.tree.each("userTask"):
        for id in (task.get(f"{{{BANLI_NAMESPACE}}}returnTo") or "").split():
            target = diagram.tree.target(task, id, "userTask")
            if target is None or diagram.process(target) is not diagram.process(task):
                yield diagram.finding("bpmn.return.target", task, target=id)
                continue
            if target not in after and len(after) < MOST_TARGETS:
                after[target] = onward(diagram, target)
            if target in after and task not in after[target]:
                yield diagram.finding("bpmn.return.not-before", task, "warning", target=id)


def onward(diagram: Diagram, node: Element) -> set[Element]:
    """What can come after `node` in its process, out of sub-processes and over boundary events too."""
    seen: set[Element] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        around = diagram.container(one)
        onward = [target for flow in diagram.outgoing(one) if (target := diagram.target(flow)) is not None]
        if around is not None and local(around) != "process":
            onward.append(around)
        onward += diagram.inside(one) if local(one) in ("subProcess", "transaction", "adHocSubProcess") else []
        onward += diagram.boundary_of(one)
        for target in onward:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen


def _split(name: str) -> tuple[str, str]:
    namespace, _, plain = name.rpartition("}")
    return namespace.removeprefix("{"), plain


RULES = (zeebe_elements, attributes, foreign, return_targets)
