"""What is wrong with the layout of a diagram, from its XML alone: geometry, nothing of what the diagram does and nothing of its labels."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
RETURN = "{urn:banli:bpmn:1}return"
NODES = ("Task", "task", "Event", "Gateway", "subProcess", "callActivity", "adHocSubProcess", "transaction")


class Box(NamedTuple):
    """In diagram units, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def smaller(self, by: float) -> "Box":
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def meets(self, other: "Box") -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def findings(xml: bytes) -> list[str]:
    """Elements that are not drawn, overlap, lie outside their lane, and flows that run through a shape or backwards without being a 退回."""
    root, elements = read(xml)
    boxes = dict(shapes(root))
    lines = dict(edges(root))
    return [*undrawn(elements, boxes, lines), *overlapping(elements, boxes), *outside_lanes(elements, boxes), *misled(elements, boxes, lines)]


def node_ids(xml: bytes) -> list[str]:
    """Ids of all flow nodes: activities, events, gateways."""
    return [name for name, element in read(xml)[1].items() if is_node(element)]


def read(xml: bytes) -> tuple[Any, dict[str, Any]]:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    return root, {one.get("id"): one for one in root.iter() if isinstance(one.tag, str) and one.tag.startswith(BPMN) and one.get("id")}


def shapes(root: Any) -> Iterator[tuple[str, Box]]:
    for shape in root.iter(f"{DI}BPMNShape"):
        x, y, width, height = (float(shape.find(f"{DC}Bounds").get(name)) for name in ("x", "y", "width", "height"))
        yield shape.get("bpmnElement"), Box(x, y, x + width, y + height)


def edges(root: Any) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    for edge in root.iter(f"{DI}BPMNEdge"):
        yield edge.get("bpmnElement"), [(float(point.get("x")), float(point.get("y"))) for point in edge.iter(f"{DD}waypoint")]


def kind(element: Any) -> str:
    return str(element.tag).removeprefix(BPMN)


def is_node(element: Any) -> bool:
    return kind(element).endswith(NODES) and not kind(element).endswith("EventDefinition")


def undrawn(elements: dict[str, Any], boxes: dict[str, Box], lines: dict[str, Any]) -> Iterator[str]:
    for name, element in elements.items():
        if is_node(element) and name not in boxes:
            yield f"{name} is not drawn"
        if kind(element) == "sequenceFlow" and name not in lines:
            yield f"flow {name} is not drawn"


def overlapping(elements: dict[str, Any], boxes: dict[str, Box]) -> Iterator[str]:
    drawn = [(name, elements[name]) for name in boxes if name in elements and is_node(elements[name])]
    for (one, first), (other, second) in combinations(drawn, 2):
        inside = first in second.iterancestors() or second in first.iterancestors()
        attached = first.get("attachedToRef") == other or second.get("attachedToRef") == one
        if not inside and not attached and boxes[one].meets(boxes[other]):
            yield f"{one} and {other} overlap"


def outside_lanes(elements: dict[str, Any], boxes: dict[str, Box]) -> Iterator[str]:
    for name, element in elements.items():
        if kind(element) != "lane" or name not in boxes:
            continue
        for member in (reference.text.strip() for reference in element.findall(f"{BPMN}flowNodeRef")):
            if member in boxes and not boxes[name].holds(*boxes[member].centre):
                yield f"{member} lies outside its lane {name}"


def misled(elements: dict[str, Any], boxes: dict[str, Box], lines: dict[str, list[tuple[float, float]]]) -> Iterator[str]:
    nodes = {name: boxes[name] for name in boxes if name in elements and is_node(elements[name])}
    for name, points in lines.items():
        flow = elements.get(name)
        if flow is None or kind(flow) != "sequenceFlow":
            continue
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        around = {above.get("id") for above in flow.iterancestors()}
        for other, box in nodes.items():
            if other in (source, target) or other in around:
                continue
            if any(crosses(a, b, box.smaller(1)) for a, b in zip(points, points[1:], strict=False)):
                yield f"flow {name} runs through {other}"
        if source in boxes and target in boxes and flow.get(RETURN) != "true" and boxes[target].centre[0] < boxes[source].centre[0] - 1:
            yield f"flow {name} runs from right to left and is not a return"


def crosses(a: tuple[float, float], b: tuple[float, float], box: Box) -> bool:
    """Whether the segment a–b has a point inside the box (Liang–Barsky)."""
    low, high = 0.0, 1.0
    for step, start, least, most in ((b[0] - a[0], a[0], box.left, box.right), (b[1] - a[1], a[1], box.top, box.bottom)):
        if step == 0:
            if not least < start < most:
                return False
            continue
        enter, leave = sorted(((least - start) / step, (most - start) / step))
        low, high = max(low, enter), min(high, leave)
    return low < high
