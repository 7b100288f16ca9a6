"""A diagram's XML as a safe, indexed tree: read under limits, never trusted; it knows BPMN's names but none of its rules."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.feel import Expression
from engine.refusals import Finding, Invalid

Element = Any  # lxml.etree._Element; lxml ships no types

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
BANLI = "urn:banli:bpmn:1"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_PREFIX = f"{{{BPMN}}}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest diagram that is read; settings of an installation."""

    bytes: int = 2_000_000
    elements: int = 20_000
    depth: int = 64


def bpmn(name: str) -> str:
    """The qualified tag of a BPMN element."""
    return _PREFIX + name


class _Locals(dict[str, str]):
    """Local names by tag, worked out once each; bounded, for the tags are the author's of a diagram."""

    def __missing__(self, tag: str) -> str:
        if len(self) > 4096:
            self.clear()
        found = self[tag] = tag[len(_PREFIX):] if tag.startswith(_PREFIX) else ""
        return found


_LOCAL = _Locals()


def local(element: Element) -> str:
    """The local name of a BPMN element, `""` for one of another vocabulary."""
    return _LOCAL[element.tag]


def children(element: Element, *names: str) -> list[Element]:
    """The BPMN children with one of these local names (all BPMN children without names), in document order."""
    if not len(element):
        return []
    if names:
        return [child for child in element if _LOCAL[child.tag] in names]
    return [child for child in element if _LOCAL[child.tag]]


def child(element: Element, *names: str) -> Element | None:
    """The first BPMN child with one of these local names."""
    for one in element:
        if _LOCAL[one.tag] in names:
            return one
    return None


def text(element: Element | None) -> str:
    """The element's own text without surrounding space; `""` for None."""
    return "" if element is None else (element.text or "").strip()


def flag(element: Element, attribute: str, default: bool = False) -> bool:
    """An xsd:boolean attribute."""
    given = element.get(attribute)
    return default if given is None else given.strip() in ("true", "1")


def extension(element: Element, name: str) -> Element | None:
    """The zeebe: extension element of that local name directly under `element`."""
    return next(iter(extensions(element, name)), None)


def extensions(element: Element, name: str) -> list[Element]:
    """All zeebe: extension elements of that local name directly under `element`."""
    tag = f"{{{ZEEBE}}}{name}"
    return [one for holder in children(element, "extensionElements") for one in holder if one.tag == tag]


def banli(element: Element, name: str) -> str:
    """An attribute of our own namespace, `""` when it is not written."""
    value: str = element.get(f"{{{BANLI}}}{name}", "")
    return value.strip()


@dataclass(frozen=True, slots=True)
class Use:
    """An expression of the diagram: the element it stands at, in which attribute or child, and what it is."""

    element: Element
    field: str
    expression: Expression


class Tree:
    """One parsed file: the root, every element in document order, the elements by id, and what was found wrong so far."""

    def __init__(self, root: Element, file: str) -> None:
        self.root = root
        self.file = file
        self.namespace: str = root.get("targetNamespace", "")
        self.elements: tuple[Element, ...] = tuple(root.iter())  # also keeps lxml's proxies alive, so they can be dictionary keys
        self.by_id: dict[str, Element] = {}
        self.duplicates: list[Element] = []
        self.findings: list[Finding] = []
        self.uses: list[Use] = []
        self._made: dict[Element, str] = {}
        self._by_kind: dict[str, list[Element]] = {}
        for element in self.elements:
            if kind := local(element):
                self._by_kind.setdefault(kind, []).append(element)
            if (given := element.get("id")) and kind:
                if given in self.by_id:
                    self.duplicates.append(element)
                else:
                    self.by_id[given] = element

    def id_of(self, element: Element) -> str:
        """The id; for an element without one a stable name made from its place in the document."""
        given: str | None = element.get("id")
        if given:
            return given
        if element not in self._made:
            self._made[element] = f"{local(element)}@{len(self._made) + 1}"
        return self._made[element]

    def holder(self, element: Element) -> str:
        """The id of the nearest element around (or at) `element` that has one: what a person can find in a drawing."""
        while element is not None:
            if given := element.get("id"):
                return str(given)
            element = element.getparent()
        return ""

    def finding(self, code: str, element: Element, severity: str = "error", **details: object) -> Finding:
        """A finding at `element`."""
        return Finding(code, self.file, self.holder(element), element.sourceline or 0, severity, details)

    def report(self, code: str, element: Element, severity: str = "error", **details: object) -> None:
        """Keep a finding made while reading."""
        self.findings.append(self.finding(code, element, severity, **details))

    def each(self, *names: str) -> Iterator[Element]:
        """All BPMN elements with one of these local names, in document order within each name."""
        for name in names:
            yield from self._by_kind.get(name, ())

    def plain(self, element: Element, reference: str) -> str:
        """A QName reference without its prefix; kept whole when the prefix names another namespace than this document's."""
        if ":" not in reference:
            return reference.strip()
        prefix, _, name = reference.strip().rpartition(":")
        return name if element.nsmap.get(prefix, self.namespace) in (self.namespace, BPMN) else reference.strip()

    def target(self, element: Element, reference: str, *names: str) -> Element | None:
        """The element a reference names, when it is one of these BPMN elements."""
        found = self.by_id.get(self.plain(element, reference)) if reference else None
        return found if found is not None and (not names or local(found) in names) else None


def parse(xml: bytes, file: str, limits: Limits = Limits()) -> Tree:
    """Parse a diagram.

    Raises: Invalid, when it is too large, not well-formed, carries a DOCTYPE, or is no BPMN definitions document.
    Entities are never resolved and nothing is ever fetched.
    """
    if len(xml) > limits.bytes:
        raise _refusal("bpmn.xml.too-large", file, bytes=len(xml), limit=limits.bytes)
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise _refusal("bpmn.xml.doctype", file, line=xml[: xml.find(b"<!")].count(b"\n") + 1)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise _refusal("bpmn.xml.syntax", file, line=line, reason=str(error)[:200]) from None
    information = root.getroottree().docinfo
    if information.doctype or information.internalDTD is not None:  # an encoding in which the bytes above look different
        raise _refusal("bpmn.xml.doctype", file, line=1)
    _measure(root, file, limits)
    if root.tag != bpmn("definitions"):
        raise _refusal("bpmn.xml.not-bpmn", file, line=root.sourceline or 0, found=str(root.tag)[:200])
    return Tree(root, file)


def _measure(root: Element, file: str, limits: Limits) -> None:
    depth: dict[Element, int] = {}
    for count, element in enumerate(root.iter(), 1):
        if not isinstance(element.tag, str):
            raise _refusal("bpmn.xml.entity", file, line=element.sourceline or 0)
        if count > limits.elements:
            raise _refusal("bpmn.xml.too-many-elements", file, line=element.sourceline or 0, limit=limits.elements)
        parent = element.getparent()
        depth[element] = deep = 1 if parent is None else depth[parent] + 1
        if deep > limits.depth:
            raise _refusal("bpmn.xml.too-deep", file, line=element.sourceline or 0, limit=limits.depth)


def _refusal(code: str, file: str, line: int = 0, **details: object) -> Invalid:
    return Invalid([Finding(code, file, "", line, "error", details)])

