"""Only elements and attributes that BPMN knows, where it knows them, with values it allows and references that name the right thing."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import XSI_TYPE, Element, local, text
from engine.bpmn.vocabulary import TYPES, UNBOUNDED, Attribute, Type, type_of
from engine.refusals import Finding

_NAME = re.compile(r"[^\W\d][\w.\-·]*")  # an XML NCName, near enough: a letter or underscore first
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
_URI = re.compile(r"(?:[^\s<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})*")
_KINDS = {
    "boolean": re.compile(r"true|false|0|1"),
    "integer": _INTEGER,
    "value": re.compile(r"=.+|[+-]?\d{1,18}", re.DOTALL),  # a number, or FEEL where this dialect allows it
    "mime": _MIME,
    "anyURI": _URI,
}
_FORMATS = frozenset({"mime", "anyURI"})
_STANDARD = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")
NAMED = ("FlowNode", "Process", "Participant", "Collaboration", "Message", "Signal", "Error", "Escalation", "DataObject", "Lane")


def elements(diagram: Diagram) -> Iterator[Finding]:
    """Every BPMN element stands where BPMN allows it, as often as it allows it (Semantic.xsd)."""
    for element, kind in diagram.types.items():
        counts: Counter[str] = Counter()
        for one in element:
            name = local(one)
            allowed = kind.children.get(name)
            if name and allowed is not None:
                counts[allowed.group] += 1
                if counts[allowed.group] == allowed.most + 1:
                    yield diagram.finding("bpmn.element.too-many", one, found=name, inside=local(element), limit=allowed.most)
            elif name:
                code = "bpmn.element.unknown" if type_of(name) is None and not _known(name) else "bpmn.element.misplaced"
                yield diagram.finding(code, one, found=name, inside=local(element))
        for group, least in kind.needed:
            if counts[group] < least:
                yield diagram.finding("bpmn.element.missing", element, missing=group, inside=local(element), least=least)


_ANY_CONTENT = frozenset({"extensionElements", "definitions", "documentation", "text", "script", "rendering"})


def foreign(diagram: Diagram) -> Iterator[Finding]:
    """Elements of other vocabularies stand in extensionElements (§8.2.3)."""
    for element in diagram.types:
        if local(element) not in _ANY_CONTENT:
            for one in element:
                if not local(one):
                    yield diagram.finding("bpmn.element.foreign", one, found=one.tag.rpartition("}")[2], inside=local(element))


def _known(name: str) -> bool:
    return any(name in kind.children for kind in TYPES.values())


def attributes(diagram: Diagram) -> Iterator[Finding]:
    """Every attribute without a namespace is one BPMN knows there, with a value of its type; required ones are written."""
    for element, kind in diagram.types.items():
        for name, given in element.attrib.items():
            if name.startswith("{"):
                if name == XSI_TYPE and given.rpartition(":")[2] not in ("tExpression", "tFormalExpression") and "Expression" in kind.ancestors:
                    yield diagram.finding("bpmn.attribute.value", element, attribute="xsi:type", value=given[:80], expected="tFormalExpression")
            elif name not in kind.attributes:
                yield diagram.finding("bpmn.attribute.unknown", element, attribute=name, inside=local(element))
            elif kind.attributes[name].kind not in _FORMATS:
                yield from _value(diagram, element, name, given, kind.attributes[name])
        for name, attribute in kind.attributes.items():
            if attribute.required and element.get(name) is None:
                yield diagram.finding("bpmn.attribute.missing", element, attribute=name, inside=local(element))


def filled(diagram: Diagram) -> Iterator[Finding]:
    """What is required says something: an empty name is a text too, but nobody can tell by it what is meant."""
    for element, kind in diagram.types.items():
        for name, attribute in kind.attributes.items():
            if attribute.required and element.get(name) == "":
                yield diagram.finding("bpmn.attribute.missing", element, attribute=name, inside=local(element))


def formats(diagram: Diagram) -> Iterator[Finding]:
    """Addresses and media types are written as such (tables 8.1, 10.14). Many drawings say just «groovy»: as texts they can be read."""
    for element, kind in diagram.types.items():
        for name, given in element.attrib.items():
            if name in kind.attributes and kind.attributes[name].kind in _FORMATS:
                yield from _value(diagram, element, name, given, kind.attributes[name])


def _value(diagram: Diagram, element: Element, name: str, given: str, attribute: Attribute) -> Iterator[Finding]:
    if attribute.kind == "ID":
        if not _NAME.fullmatch(given):
            yield diagram.finding("bpmn.id.form", element, id=given[:80])
    elif attribute.kind in _KINDS:
        if not _KINDS[attribute.kind].fullmatch(given.strip()):
            yield diagram.finding("bpmn.attribute.value", element, attribute=name, value=given[:80], expected=attribute.kind)
    elif "|" in attribute.kind and given not in attribute.kind.split("|"):
        yield diagram.finding("bpmn.attribute.value", element, attribute=name, value=given[:80], expected=attribute.kind)


def references(diagram: Diagram) -> Iterator[Finding]:
    """Every reference names an element of this document, and one of the right type. Other documents are named with their own prefix."""
    for element, kind in diagram.types.items():
        for name, attribute in kind.attributes.items():
            if attribute.targets and (given := element.get(name)):
                yield from _reference(diagram, element, name, given, attribute.targets)
        for one in element:
            allowed = kind.children.get(local(one))
            if allowed is not None and allowed.targets:
                yield from _reference(diagram, one, local(one), text(one), allowed.targets)


def _reference(diagram: Diagram, element: Element, name: str, given: str, targets: tuple[str, ...]) -> Iterator[Finding]:
    plain = diagram.tree.plain(element, given)
    found = diagram.tree.by_id.get(plain)
    expected = "|".join(target[0].lower() + target[1:] for target in targets)
    if found is None:
        if ":" not in plain:  # a prefix of another namespace: in an imported document
            severity = "warning" if name == "structureRef" else "error"  # the type of a payload: variables are typed by their values here
            yield diagram.finding("bpmn.reference.missing", element, severity, reference=name, target=given[:80], expected=expected)
    elif targets != ("BaseElement",) and not diagram.is_a(found, *targets):
        yield diagram.finding("bpmn.reference.type", element, reference=name, target=given[:80], found=local(found), expected=expected)


def identities(diagram: Diagram) -> Iterator[Finding]:
    """Ids are unique in the document (§8.2.1)."""
    for element in diagram.tree.duplicates:
        yield diagram.finding("bpmn.id.duplicate", element, id=element.get("id"))


def identified(diagram: Diagram) -> Iterator[Finding]:
    """What flows or waits has an id (§8.2.1: required for what is referenced)."""
    for element, kind in diagram.types.items():
        if not element.get("id") and not kind.ancestors.isdisjoint(NAMED) and not _anonymous(element, kind):
            yield diagram.finding("bpmn.id.missing", element, found=local(element))


def _anonymous(element: Element, kind: Type) -> bool:
    """Lanes, collaborations and the event inside a complex behaviour are drawn or thrown, never referred to."""
    return "Lane" in kind.ancestors or "Collaboration" in kind.ancestors or local(element) == "event"


RULES = (elements, attributes, identities)
STRUCTURE = (foreign, references, formats, filled, identified)
