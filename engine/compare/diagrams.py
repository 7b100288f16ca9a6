"""What two versions of a diagram say differently, on the graph and on every attribute, one change a sentence; layout is told apart."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.compare.change import Change, kind_of
from engine.compare.inventory import ROOTS, Inventory, Thing, block_of, inventory

# What a sentence about an added element says beside its name.
TOLD = (
    "zeebe:assignmentDefinition@candidateGroups", "zeebe:assignmentDefinition@candidateUsers", "zeebe:assignmentDefinition@assignee",
    "zeebe:formDefinition@formId", "zeebe:taskSchedule@dueDate", "banli:reminders", "zeebe:taskDefinition@type", "zeebe:calledElement@processId",
    "zeebe:calledDecision@decisionId", "zeebe:script@expression", "timerEventDefinition/timeDate", "timerEventDefinition/timeDuration",
    "timerEventDefinition/timeCycle", "banli:clause",
)
MARKER = "zeebe:userTask"  # says of a user task only that it is one


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changes` in the order of the new diagram, what was removed last; `moved`: ids of what is only drawn elsewhere."""

    changes: tuple[Change, ...]
    moved: tuple[str, ...]


def compare_diagrams(old: bytes, new: bytes, file: str = "") -> Comparison:
    """Every difference but layout as a change. Raises Invalid when one of them is no BPMN document."""
    before, after = inventory(old, file), inventory(new, file)
    moved = tuple(id for id, where in after.layout.items() if id in before.layout and id in before.things and before.layout[id] != where)
    return Comparison(tuple(_Pair(before, after).changes()), moved)


class _Pair:
    """Two inventories side by side."""

    def __init__(self, before: Inventory, after: Inventory) -> None:
        self.before, self.after, self.file = before, after, after.file
        self.added = after.things.keys() - before.things.keys()
        self.removed = before.things.keys() - after.things.keys()

    def changes(self) -> Iterator[Change]:
        for id, thing in self.after.things.items():
            if id in self.added:
                if not self._added_silently(thing):
                    yield self._whole("added", thing, self.after, self.added)
            else:
                yield from self._same(self.before.things[id], thing)
        for id, thing in self.before.things.items():
            if id in self.removed and not self._removed_silently(thing):
                yield self._whole("removed", thing, self.before, self.removed)

    # --- what follows from another change -----------------------------------------------------------------------------------------------

    def _added_silently(self, thing: Thing) -> bool:
        if thing.container in self.added:
            return True  # told with the sub-process around it
        if thing.kind == "sequenceFlow":
            joins_new = thing.source in self.added or thing.target in self.added
            return not thing.condition and (joins_new or self._leads(self.before, self.removed, thing.source, thing.target))
        return thing.kind in ROOTS and self._is_referred_to(self.after, thing.id)

    def _removed_silently(self, thing: Thing) -> bool:
        if thing.container in self.removed:
            return True
        if thing.kind == "sequenceFlow":
            if thing.source in self.removed or thing.target in self.removed:
                return True
            return not thing.condition and self._leads(self.after, self.added, thing.source, thing.target)
        return thing.kind in ROOTS and self._is_referred_to(self.before, thing.id)

    @staticmethod
    def _leads(graph: Inventory, through: Any, source: str, target: str) -> bool:
        """Whether a way leads from `source` to `target` with nothing but `through` (at least one of them) in between."""
        onward: dict[str, list[str]] = {}
        for flow in graph.flows():
            onward.setdefault(flow.source, []).append(flow.target)
        seen: set[str] = set()
        front = [id for id in onward.get(source, ()) if id in through]
        while front:
            at = front.pop()
            if at in seen:
                continue
            seen.add(at)
            if target in onward.get(at, ()):
                return True
            front += [id for id in onward.get(at, ()) if id in through]
        return False

    @staticmethod
    def _is_referred_to(graph: Inventory, id: str) -> bool:
        return any(value == id for thing in graph.things.values() for path, value in thing.facets.items() if path.endswith("Ref"))

    # --- sentences ------------------------------------------------------------------------------------------------------------------------

    def _whole(self, kind: str, thing: Thing, graph: Inventory, new: Any) -> Change:
        details: dict[str, Any] = {"what": thing.kind, "name": thing.name, **self._neighbours(thing, graph)}
        if thing.condition:
            details["condition"] = thing.condition
        if thing.facets.get("attachedToRef"):
            details["on"] = graph.name_of(thing.facets["attachedToRef"]) or thing.facets["attachedToRef"]
        told = {path: thing.facets[path] for path in TOLD if thing.facets.get(path)}
        inside = sum(1 for one in graph.things.values() if one.id in new and one.is_node and _is_inside(graph, one, thing.id))
        return Change(kind, f"diagram.{kind}", thing.id, self.file, {**details, "told": told, "inside": inside})  # type: ignore[arg-type]

    def _neighbours(self, thing: Thing, graph: Inventory) -> dict[str, Any]:
        if thing.kind == "sequenceFlow":
            return {"source": self._call(graph, thing.source), "target": self._call(graph, thing.target)}
        if not thing.is_node:
            return {}
        after = [self._call(graph, flow.source) for flow in graph.flows() if flow.target == thing.id]
        before = [self._call(graph, flow.target) for flow in graph.flows() if flow.source == thing.id]
        return {"after": after, "before": before}

    @staticmethod
    def _call(graph: Inventory, id: str) -> tuple[str, str]:
        """(kind, name) of a neighbour, so that the words can say 开始 for one without a name."""
        found = graph.things.get(id)
        return (found.kind, found.name) if found else ("", id)

    def _same(self, old: Thing, new: Thing) -> Iterator[Change]:
        about = {"what": new.kind, "name": new.name or old.name, **({"source": self._call(self.after, new.source), "target": self._call(self.after, new.target)}
                                                                    if new.kind == "sequenceFlow" else {})}
        if old.name != new.name:
            yield self._change("diagram.renamed", new, about, "name", old.name or None, new.name or None)
        if old.kind != new.kind:
            yield self._change("diagram.kind", new, about, "kind", old.kind, new.kind)
        if old.container != new.container and not (old.container in self.removed and new.container in self.added):
            yield self._change("diagram.container", new, about, "container", self._place(self.before, old.container), self._place(self.after, new.container))
        if (old.source, old.target) != (new.source, new.target) and not self._rerouted_silently(old, new):
            ends = [(self._call(graph, one.source), self._call(graph, one.target)) for graph, one in ((self.before, old), (self.after, new))]
            yield self._change("diagram.route", new, about, "route", *ends)
        yield from self._facets(old, new, about)

    def _rerouted_silently(self, old: Thing, new: Thing) -> bool:
        """A flow that only makes room for what was inserted, or closes the gap of what was taken out."""
        for before, after in ((old.source, new.source), (old.target, new.target)):
            if before != after and not (before in self.removed or after in self.added):
                return False
        return True

    @staticmethod
    def _place(graph: Inventory, id: str) -> str:
        return graph.name_of(id) or id

    def _facets(self, old: Thing, new: Thing, about: Mapping[str, Any]) -> Iterator[Change]:
        before, after = dict(old.facets), dict(new.facets)
        if old.kind != new.kind:
            before.pop(MARKER, None)
            after.pop(MARKER, None)
        for path in [*before, *(path for path in after if path not in before)]:
            block = block_of(path)
            if block and (_has(before, block) != _has(after, block)):
                if path == next(one for one in (*before, *after) if block_of(one) == block):
                    yield self._block(new, about, block, before, after)
                continue
            was, now = before.get(path), after.get(path)
            if was != now and not self._means_the_same(path, was, now):
                yield self._facet(new, about, path, was, now)

    def _block(self, thing: Thing, about: Mapping[str, Any], block: str, before: Mapping[str, str], after: Mapping[str, str]) -> Change:
        parts = [{path.removeprefix(block).lstrip("/@"): self._shown(graph, path, value) for path, value in facets.items() if block_of(path) == block}
                 for graph, facets in ((self.before, before), (self.after, after))]
        old, new = (one or None for one in parts)
        return self._change("diagram.block", thing, about, block.partition("#")[0], old, new)

    def _facet(self, thing: Thing, about: Mapping[str, Any], path: str, was: str | None, now: str | None) -> Change:
        old, new = self._shown(self.before, path, was), self._shown(self.after, path, now)
        return self._change("diagram.facet", thing, about, path, old, new)

    def _means_the_same(self, path: str, was: str | None, now: str | None) -> bool:
        """A message whose id changed but neither its name nor what it says; an attribute that is written empty."""
        if not was and not now:
            return path not in (MARKER,)
        if path.endswith("Ref") and was and now:
            old, new = self.before.things.get(was), self.after.things.get(now)
            return old is not None and new is not None and old.kind in ROOTS and (old.name, old.facets) == (new.name, new.facets)
        return False

    def _shown(self, graph: Inventory, path: str, value: str | None) -> Any:
        if value is None:
            return None
        if path == "default" and value in graph.things:
            return self._call(graph, graph.things[value].target)[1] or value
        if path == "lane" or path.endswith("Ref"):
            return graph.name_of(value) or value
        if path == "banli:returnTo":
            return "、".join(graph.name_of(one) or one for one in value.split())
        return value

    def _change(self, code: str, thing: Thing, about: Mapping[str, Any], facet: str, old: Any, new: Any) -> Change:
        kind = kind_of(old or None, new or None) if code in ("diagram.facet", "diagram.block") else "changed"
        details = {**about, "facet": facet, "old": old, "new": new}
        return Change("changed", f"{code}.{kind}" if code in ("diagram.facet", "diagram.block") else code, thing.id, self.file, details)


def _has(facets: Mapping[str, str], block: str) -> bool:
    return any(block_of(path) == block for path in facets)


def _is_inside(graph: Inventory, thing: Thing, id: str) -> bool:
    at = thing.container
    while at:
        if at == id:
            return True
        at = graph.things[at].container if at in graph.things else ""
    return False
