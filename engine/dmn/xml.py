"""XML of a decision model to elements, as safely as it can be read: no DOCTYPE, no entities, no network, bounded size."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

from engine.refusals import Finding, Invalid

LARGEST = 2 * 1024 * 1024
MOST_ELEMENTS = 50_000
DEEPEST = 100
Element: TypeAlias = Any  # lxml has no types of its own


def read(document: bytes) -> Element:
    """The root element `definitions`. Raises Invalid."""
    if len(document) > LARGEST:
        raise Invalid([Finding("dmn.too-large", details={"limit": LARGEST})])
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid([Finding("dmn.not-xml", line=error.lineno or 0, details={"message": str(error.msg)})]) from None
    if root.getroottree().docinfo.doctype:
        raise Invalid([Finding("dmn.doctype", line=1)])
    _bounded(root)
    if local(root) != "definitions" or "/DMN/" not in (etree.QName(root).namespace or ""):
        raise Invalid([Finding("dmn.not-dmn", line=root.sourceline or 0, details={"root": str(root.tag)})])
    return root


def _bounded(root: Element) -> None:
    count, level = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        count += event == "start"
        if count > MOST_ELEMENTS or level > DEEPEST:
            raise Invalid([Finding("dmn.too-large", details={"limit": MOST_ELEMENTS if count > MOST_ELEMENTS else DEEPEST})])


def local(element: Element) -> str:
    """The element's name without namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *names: str) -> Iterator[Element]:
    """Child elements of the DMN namespace of the parent; with `names`, only those."""
    namespace = str(element.tag).rpartition("}")[0]
    for child in element:
        if isinstance(child.tag, str) and child.tag.rpartition("}")[0] == namespace and (not names or local(child) in names):
            yield child


def child(element: Element, *names: str) -> Element | None:
    return next(children(element, *names), None)


def text(element: Element | None) -> str:
    """The text of the `text` child («text» itself has none), stripped; empty when there is no element."""
    if element is None:
        return ""
    inner = child(element, "text")
    return ((inner.text if inner is not None else element.text) or "").strip()


def href(element: Element) -> str:
    return str(element.get("href") or "")
