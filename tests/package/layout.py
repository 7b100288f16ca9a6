"""Measures the drawing of a BPMN file (its DI): what overlaps, sticks out or is run over; judges no meaning of the process."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
OMGDI = "{http://www.omg.org/spec/DD/20100524/DI}"
BANLI = "{urn:banli:bpmn:1}"

Point = tuple[float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def shrunk(self, by: float) -> Box:
        return Box(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def overlaps(self, other: Box) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Box) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def meets(self, segment: Segment) -> bool:
        """Whether a horizontal or vertical segment runs through the inside of the box."""
        (x0, y0), (x1, y1) = segment
        return min(x0, x1) < self.right and max(x0, x1) > self.x and min(y0, y1) < self.bottom and max(y0, y1) > self.y


@dataclass(frozen=True)
class Edge:
    id: str
    source: str
    target: str
    back: bool
    points: tuple[Point, ...]
    message: bool = False

    @property
    def segments(self) -> list[Segment]:
        return list(zip(self.points, self.points[1:]))


@dataclass
class Drawing:
    """The boxes, labels and edges of one file. `parent`: element → sub-process around it; `host`: boundary event → activity."""

    nodes: dict[str, Box] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    pools: dict[str, Box] = field(default_factory=dict)
    lanes: dict[str, Box] = field(default_factory=dict)
    lane_of: dict[str, str] = field(default_factory=dict)
    parent: dict[str, str] = field(default_factory=dict)
    host: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def around(self, id: str) -> set[str]:
        found = set()
        while id in self.parent:
            id = self.parent[id]
            found.add(id)
        return found


NODES = {
    BPMN + kind
    for kind in (
        "startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent userTask serviceTask scriptTask task "
        "callActivity subProcess exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway"
    ).split()
}


def _box(element: etree._Element) -> Box:
    bounds = element.find(DC + "Bounds")
    assert bounds is not None, element.get("id")
    return Box(*(float(bounds.get(name, "nan")) for name in ("x", "y", "width", "height")))


def drawing(xml: bytes) -> Drawing:
    """Read the drawing of a BPMN file."""
    root = etree.fromstring(xml)
    semantic = {e.get("id"): e for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(BPMN) and e.get("id")}
    drawn = Drawing()
    for lane in root.iter(BPMN + "lane"):
        for ref in lane.findall(BPMN + "flowNodeRef"):
            drawn.lane_of[(ref.text or "").strip()] = lane.get("id", "")
    for id, element in semantic.items():
        above = element.getparent()
        if element.tag in NODES and above is not None and above.tag == BPMN + "subProcess":
            drawn.parent[id] = above.get("id", "")
        if element.tag == BPMN + "boundaryEvent":
            drawn.host[id] = element.get("attachedToRef", "")
    for shape in root.iter(DI + "BPMNShape"):
        id = shape.get("bpmnElement", "")
        tag = semantic[id].tag
        place = drawn.pools if tag == BPMN + "participant" else drawn.lanes if tag == BPMN + "lane" else drawn.nodes
        place[id] = _box(shape)
        label = shape.find(DI + "BPMNLabel")
        if label is not None:
            drawn.labels[id] = _box(label)
    for shape in root.iter(DI + "BPMNEdge"):
        id = shape.get("bpmnElement", "")
        flow = semantic[id]
        points = tuple((float(p.get("x", "nan")), float(p.get("y", "nan"))) for p in shape.findall(OMGDI + "waypoint"))
        drawn.edges.append(
            Edge(id, flow.get("sourceRef", ""), flow.get("targetRef", ""), flow.get(BANLI + "return") == "true", points, flow.tag == BPMN + "messageFlow")
        )
        label = shape.find(DI + "BPMNLabel")
        if label is not None:
            drawn.labels[id] = _box(label)
    wanted = {id for id, e in semantic.items() if e.tag in NODES or e.tag in (BPMN + "participant", BPMN + "lane", BPMN + "sequenceFlow", BPMN + "messageFlow")}
    have = drawn.nodes.keys() | drawn.pools.keys() | drawn.lanes.keys() | {edge.id for edge in drawn.edges}
    drawn.missing = sorted(wanted - have)
    return drawn


def faults(drawn: Drawing) -> list[str]:
    """Everything that a reader of the drawing would stumble over, one sentence each."""
    return [*_missing(drawn), *_shapes(drawn), *_flows(drawn), *_labels(drawn), *_direction(drawn)]


def _missing(drawn: Drawing) -> Iterator[str]:
    for id in drawn.missing:
        yield f"{id} is not drawn"


def _shapes(drawn: Drawing) -> Iterator[str]:
    for (a, box), (b, other) in combinations(drawn.nodes.items(), 2):
        attached = drawn.host.get(a) == b or drawn.host.get(b) == a
        inside = b in drawn.around(a) or a in drawn.around(b)
        if not attached and not inside and box.overlaps(other):
            yield f"{a} overlaps {b}"
    for id, above in drawn.parent.items():
        if not drawn.nodes[above].holds(drawn.nodes[id]):
            yield f"{id} sticks out of {above}"
    for id, lane in drawn.lane_of.items():
        if id not in drawn.host and not drawn.lanes[lane].holds(drawn.nodes[id]):
            yield f"{id} sticks out of its lane {lane}"


def _flows(drawn: Drawing) -> Iterator[str]:
    for edge in drawn.edges:
        for start, end in edge.segments:
            if start[0] != end[0] and start[1] != end[1]:
                yield f"{edge.id} has a slanting segment"
        apart = drawn.around(edge.source) | drawn.around(edge.target)
        for id, box in drawn.nodes.items():
            if id in apart:
                continue
            inner = box.shrunk(1)
            if any(inner.meets(segment) for segment in edge.segments):
                yield f"{edge.id} runs through {id}"
    for one, other in combinations(drawn.edges, 2):
        if one.target == other.target or one.source == other.source:
            continue
        if any(_along(a, b) for a in one.segments for b in other.segments):
            yield f"{one.id} runs along {other.id}"


def _along(one: Segment, other: Segment) -> bool:
    for axis in (0, 1):
        across = 1 - axis
        if {one[0][across], one[1][across]} == {other[0][across], other[1][across]} and one[0][across] == one[1][across]:
            low = max(min(one[0][axis], one[1][axis]), min(other[0][axis], other[1][axis]))
            high = min(max(one[0][axis], one[1][axis]), max(other[0][axis], other[1][axis]))
            if high - low > 1:
                return True
    return False


def _labels(drawn: Drawing) -> Iterator[str]:
    for id, label in drawn.labels.items():
        around = drawn.around(id)
        inner = label.shrunk(1)
        for other, box in drawn.nodes.items():
            if other == id or other in around:
                continue
            if inner.overlaps(box) and not box.holds(label):
                yield f"the label of {id} lies on {other}"
            elif box.holds(label) and not any(drawn.parent.get(child) == other for child in drawn.nodes):
                yield f"the label of {id} lies in {other}"
        for edge in drawn.edges:
            if any(inner.meets(segment) for segment in edge.segments):
                yield f"{edge.id} runs through the label of {id}"
    for (a, one), (b, two) in combinations(drawn.labels.items(), 2):
        if one.shrunk(1).overlaps(two):
            yield f"the labels of {a} and {b} overlap"


def _direction(drawn: Drawing) -> Iterator[str]:
    for edge in drawn.edges:
        if edge.message or edge.back:
            continue
        if drawn.nodes[edge.target].centre[0] < drawn.nodes[edge.source].centre[0] - 1:
            yield f"{edge.id} runs from right to left and is no return"
