"""Our engine behind the conformance suite's contract (its engine_api.py). With BANLI_RELOAD=1 every instance is read from text before each step."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine import commands as c
from engine.bpmn.check import check
from engine.bpmn.graph import GraphSet
from engine.bpmn.read import Document, read
from engine.refusals import Invalid
from tests.conformance.dmn_adapter import evaluate_decision
from tests.execution.world import World

RELOAD = os.environ.get("BANLI_RELOAD") == "1"
DEADLOCK = "instance.stuck"  # for the suite an instance that waits for ever is running


def documents(models: Sequence[bytes | str], drawing: bool) -> list[Document]:
    """The models, read and checked. Raises the suite's DeploymentRejected with every error."""
    from engine_api import DeploymentRejected  # type: ignore[import-not-found]

    found: list[Document] = []
    errors = []
    for number, xml in enumerate(models, 1):
        try:
            found.append(read(xml.encode() if isinstance(xml, str) else xml, f"{number}.bpmn"))
        except Invalid as invalid:
            errors += invalid.findings
    errors += [one for one in check(found, drawing=drawing) if one.severity == "error"]
    if errors:
        raise DeploymentRejected("; ".join(f"{one.code} {one.element}:{one.line}" for one in errors))
    return found


class Adapter:
    """One per case."""

    name = "banli"

    def __init__(self) -> None:
        self.world = World(GraphSet({}))

    def deploy(self, bpmn_xml: Sequence[bytes | str], dmn: Sequence[bytes] = ()) -> str:
        processes = [process for document in documents(bpmn_xml, drawing=False) for process in document.processes]
        self.world = World(GraphSet({process.id: process for process in processes}), reload=RELOAD)
        return "deployed"

    def import_model(self, bpmn_xml: Sequence[bytes | str]) -> None:
        documents([bpmn_xml] if isinstance(bpmn_xml, (str, bytes)) else bpmn_xml, drawing=True)

    def evaluate_decision(self, dmn_xml: Sequence[bytes], decision: str, inputs: Mapping[str, Any]) -> Any:
        return evaluate_decision(dmn_xml, decision, inputs)

    def start(self, deployment: str, variables: Mapping[str, Any] | None = None, process: str | None = None) -> str:
        chosen = process or next(one.id for one in self.world.graphs.processes.values() if one.executable)
        return self.world.start(chosen, from_suite(variables or {}))

    def instances(self, deployment: str, process: str | None = None) -> list[str]:
        return [id for id, held in self.world.instances.items() if held.head.parent is None and process in (None, held.head.process)]

    def open_tasks(self, instance: str) -> list[dict[str, Any]]:
        found = []
        for id, task in self.world.open_tasks(instance):
            node = self.world.graphs.processes[self.world.instances[id].head.process].nodes[task.element]
            found.append({"id": f"{id}:{task.id}", "element": task.element, "name": task.name, "lane": node.lane, "of": id, "task": task.id})
        return found

    def complete(self, task: Mapping[str, Any], variables: Mapping[str, Any] | None = None) -> None:
        self.world.send(task["of"], c.Complete("ann", task["task"], answers=from_suite(variables or {})))

    def send_message(self, name: str, payload: Mapping[str, Any] | None = None, correlation: str | None = None) -> bool:
        return self.world.message(name, from_suite(payload or {}), correlation or "")

    def send_signal(self, name: str) -> None:
        self.world.signal(name)

    def advance_time(self, delta: timedelta) -> None:
        self.world.advance(delta)

    def trace(self, instance: str) -> list[dict[str, Any]]:
        nodes = {id: node for process in self.world.graphs.processes.values() for id, node in process.nodes.items()}
        return [{"element": each, "name": nodes[each].name, "type": nodes[each].kind} for root, each in self.world.trace if root == instance]

    def variables(self, instance: str) -> dict[str, Any]:
        return {name: to_suite(value) for name, value in self.world.variables(instance).items()}

    def state(self, instance: str) -> dict[str, Any]:
        head = self.world.instances[instance].head
        incidents = [row for row in self.world.incidents(instance) if row.code != DEADLOCK]
        if incidents:
            message = "; ".join(f"{row.element} {row.code} {row.details}" for row in incidents)
            return {"status": "failed", "kind": "runtime", "message": message}
        if head.state == "failed":
            return {"status": "failed", "kind": "bpmn-error", "message": head.outcome}
        status = {"open": "running", "ended": "completed", "cancelled": "terminated"}[head.state]
        return {"status": status, "kind": None, "message": ""}

    def close(self) -> None:
        pass


def from_suite(value: Any) -> Any:
    """JSON of the suite as our values: floats become exact decimals."""
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {name: from_suite(each) for name, each in value.items()}
        case list():
            return [from_suite(each) for each in value]
    return value


def to_suite(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case dict():
            return {name: to_suite(each) for name, each in value.items()}
        case list() | tuple():
            return [to_suite(each) for each in value]
    return value
