"""A small place in which every instance is run by both engines: after each step their tokens must rest in the same places."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from adapters.spiff.second import Twin
from engine import commands as c
from engine.bpmn.graph import GraphSet, Process
from engine.bpmn.read import read
from engine.execution.rows import TaskRow
from engine.feel import Environment
from tests.execution.world import UTC, World


def processes(xml: bytes) -> Mapping[str, Process]:
    """Those of a document that must be without a finding."""
    found = read(xml, "test.bpmn")
    assert [(finding.code, finding.element, dict(finding.details)) for finding in found.findings if finding.severity == "error"] == []
    return {process.id: process for process in found.processes}


class Pair(World):
    """`theirs`: another version of the diagram for SpiffWorkflow, to prove that a difference is seen."""

    def __init__(self, xml: bytes, theirs: bytes = b"", **given: Any) -> None:
        self.xml, self.their_xml, self.twins, self.compared = xml, theirs or xml, dict[str, Twin](), 0
        super().__init__(GraphSet(processes(xml)), **given)

    def do(self, instance: str, command: Any) -> tuple[Any, ...]:
        events = super().do(instance, command)
        held = self.instances[instance]
        if isinstance(command, c.Start):
            outermost = {"scheme": self.given["scheme"], "org": command.org, "instance": instance}
            self.twins[instance] = Twin(self.their_xml, self.graphs.processes[command.process], outermost)
        twin = self.twins[instance]
        twin.entry(events, Environment(self.now, UTC, self.given["functions"]))
        ours, theirs = twin.open_ours(), twin.open_theirs()
        assert theirs == ours, type(command).__name__
        users = Counter(element for element, _ in ours.elements() if self._kind(held, element) in ("userTask", "manualTask"))
        assert users == Counter(row.element for row in held.all(TaskRow) if row.state == "open") + self._held_up(held)
        self.compared += 1
        return events

    def _kind(self, held: Any, element: str) -> str:
        node = self.graphs.processes[held.head.process].nodes.get(element)
        return "" if node is None else node.kind

    def _held_up(self, held: Any) -> Counter[str]:
        """Work that could not begin: its place is taken, but there is no task."""
        incidents = [row for row in self.incidents(held.head.id) if self._kind(held, row.element) in ("userTask", "manualTask")]
        return Counter(row.element for row in incidents)

    def open(self, instance: str = "") -> list[str]:
        """Elements of the open tasks, in order of opening, of one instance or of all."""
        return [task.element for id in ([instance] if instance else self.instances) for task in self.instances[id].all(TaskRow) if task.state == "open"]

    def state(self, instance: str) -> str:
        return str(self.instances[instance].head.state)
