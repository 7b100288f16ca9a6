"""A diagram as a list of things with ids and the facts written on each: what a comparison compares; layout is kept apart, nothing is judged."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.read import FLOW_NODES
from engine.bpmn.tree import BANLI, BPMN, ZEEBE, Element, Tree, child, children, local, parse, text

DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
PREFIXES = {BPMN: "", ZEEBE: "zeebe:", BANLI: "banli:"}
# What an element lists only because another says it already, or what is drawn.
SAID_ELSEWHERE = frozenset({"incoming", "outgoing", "flowNodeRef"})
TRANSPARENT = frozenset({"laneSet", "childLaneSet"})
THINGS = FLOW_NODES | {
    "process", "sequenceFlow", "lane", "dataObject", "dataObjectReference", "dataStoreReference", "dataStore", "textAnnotation", "association", "group",
    "collaboration", "participant", "messageFlow", "message", "signal", "error", "escalation", "globalTask", "globalUserTask", "globalManualTask",
    "globalScriptTask", "globalBusinessRuleTask", "category", "itemDefinition", "interface", "resource",
}
ROOTS = frozenset({"message", "signal", "error", "escalation"})
# A part that comes and goes as one: a timer, a repetition.
BLOCKS = ("EventDefinition", "LoopCharacteristics", "ioSpecification")
# The key of a repeated extension part, so that its order is no difference.
KEYS = {"zeebe:input": "target", "zeebe:output": "target", "zeebe:header": "key", "zeebe:property": "name"}


@dataclass(slots=True)
class Thing:
    """One element. `facets`: what is written on it, by path (`name`, `banli:clause`, `zeebe:formDefinition@formId`); flows have source and target."""

    id: str
    kind: str
    name: str
    container: str
    facets: dict[str, str] = field(default_factory=dict)
    source: str = ""
    target: str = ""

    @property
    def is_node(self) -> bool:
        return self.kind in FLOW_NODES

    @property
    def condition(self) -> str:
        return self.facets.get("conditionExpression", "")


@dataclass(slots=True)
class Inventory:
    """All things of a diagram in document order; `layout` is where each is drawn."""

    file: str
    things: dict[str, Thing]
    layout: Mapping[str, tuple[str, ...]]

    def name_of(self, id: str) -> str:
        found = self.things.get(id)
        return found.name if found else ""

    def flows(self) -> Iterator[Thing]:
        return (one for one in self.things.values() if one.kind == "sequenceFlow")


def inventory(xml: bytes, file: str) -> Inventory:
    """Reads a diagram. Raises Invalid when it is no BPMN document."""
    tree = parse(xml, file)
    found: dict[str, Thing] = {}
    for element in children(tree.root):
        _collect(tree, element, "", found)
    _lanes(tree, found)
    return Inventory(file, found, _layout(tree))


def _collect(tree: Tree, element: Element, container: str, found: dict[str, Thing]) -> None:
    kind = local(element)
    if kind in TRANSPARENT:
        for inner in children(element):
            _collect(tree, inner, container, found)
        return
    if kind not in THINGS:
        return
    id = tree.id_of(element)
    thing = Thing(id, kind, text(child(element, "text")) if kind == "textAnnotation" else element.get("name", "").strip(), container)
    thing.source, thing.target = (tree.plain(element, element.get(end, "")) for end in ("sourceRef", "targetRef"))
    thing.facets = _facets(tree, element)
    found[id] = thing
    for inner in children(element):
        _collect(tree, inner, id, found)


def _facets(tree: Tree, element: Element) -> dict[str, str]:
    facets: dict[str, str] = {}
    skipped = {"id", "name", "sourceRef", "targetRef"} if local(element) in THINGS else {"id"}
    for name, value in element.attrib.items():
        if name not in skipped:
            facets[_short(name)] = tree.plain(element, value) if name.endswith(("Ref", "default")) else value.strip()
    for inner in element:
        if isinstance(inner.tag, str) and local(inner) not in SAID_ELSEWHERE | TRANSPARENT | THINGS:
            for path, value in _inline(tree, inner):
                facets[_free(facets, path)] = value
    return facets


def _inline(tree: Tree, element: Element) -> Iterator[tuple[str, str]]:
    """What stands inside an element without being a thing of its own, by path; `extensionElements` and `ioMapping` only hold others."""
    name = _short(element.tag)
    if name in ("extensionElements", "zeebe:ioMapping", "zeebe:taskHeaders", "zeebe:properties"):
        for inner in element:
            if isinstance(inner.tag, str):
                yield from _inline(tree, inner)
        return
    key = KEYS.get(name)
    own = f"{name}[{element.get(key, '').strip()}]" if key else name
    attributes = {_short(one): value for one, value in element.attrib.items() if one not in ("id", key, "{http://www.w3.org/2001/XMLSchema-instance}type")}
    inside = [one for one in element if isinstance(one.tag, str)]
    if key and len(attributes) <= 1 and not inside:
        yield own, next(iter(attributes.values()), "").strip()
        return
    content = text(element)
    if content or not (attributes or inside):
        yield own, content
    for one, value in attributes.items():
        yield f"{own}@{one}", tree.plain(element, value) if one.endswith("Ref") else value.strip()
    for one in inside:
        for path, value in _inline(tree, one):
            yield f"{own}/{path}", value


def _free(facets: Mapping[str, str], path: str) -> str:
    """The path, numbered when it is taken: a second documentation is another fact."""
    n, free = 1, path
    while free in facets:
        n += 1
        free = f"{path}#{n}"
    return free


def _short(name: str) -> str:
    if not name.startswith("{"):
        return name
    namespace, _, own = name[1:].partition("}")
    return PREFIXES.get(namespace, f"{{{namespace}}}") + own


def _lanes(tree: Tree, found: Mapping[str, Thing]) -> None:
    for lane in tree.each("lane"):
        for reference in children(lane, "flowNodeRef"):
            if (thing := found.get(tree.plain(reference, text(reference)))) is not None:
                thing.facets["lane"] = tree.id_of(lane)  # the innermost lane comes last


def _layout(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Element id → the numbers and flags of its shape or edge."""
    found = {}
    for name in ("BPMNShape", "BPMNEdge"):
        for shape in tree.root.iter(f"{{{DIAGRAM}}}{name}"):
            numbers = [f"{key}={value}" for one in shape.iter() for key, value in sorted(one.attrib.items()) if key not in ("id", "bpmnElement")]
            found[shape.get("bpmnElement", "")] = tuple(numbers)
    return found


def block_of(path: str) -> str:
    """The part that comes and goes as one which a facet belongs to; empty for one that stands alone."""
    first = path.partition("/")[0].partition("@")[0]
    return first if first.partition("#")[0].endswith(BLOCKS) else ""
