"""What of BPMN, zeebe: and banli: this engine reads, as a listing for the reference pages; made from the tables that the checker uses."""
from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.dialect import BANLI, FLOW_NODES, ZEEBE
from engine.bpmn.parts import KINDS
from engine.bpmn.read import FLOW_NODES as NODES
from engine.bpmn.read import GLOBAL_TASKS
from engine.bpmn.rules.execution import NOT_EXECUTED
from engine.bpmn.vocabulary import elements, is_a, type_of

EXECUTED = NODES | set(KINDS) | set(GLOBAL_TASKS) | {
    "process", "sequenceFlow", "message", "signal", "error", "escalation", "conditionExpression", "condition", "timeDate", "timeDuration", "timeCycle",
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "loopCardinality", "loopCondition", "loopDataInputRef", "loopDataOutputRef",
    "inputDataItem", "outputDataItem", "completionCondition", "complexBehaviorDefinition", "activationCondition", "eventDefinitionRef",
    "dataObject", "property", "lane", "laneSet", "extensionElements", "event",
}


@dataclass(frozen=True, slots=True)
class Supported:
    """One BPMN element. `status`: executed | refused (in executable processes) | drawn (checked and kept, changes nothing)."""

    element: str
    status: str
    attributes: tuple[str, ...]
    zeebe: tuple[str, ...]  # extension elements that may stand in it
    banli: tuple[str, ...]  # attributes of ours that it may carry


def elements_supported() -> list[Supported]:
    """Every BPMN element, by name, with what may be written on it and what becomes of it."""
    found = []
    for name in elements():
        kind = type_of(name)
        status = "executed" if name in EXECUTED else "refused" if name in NOT_EXECUTED else "drawn"
        node = is_a(name, "FlowNode")
        found.append(
            Supported(
                name,
                status,
                tuple(sorted(kind.attributes)) if kind is not None else (),
                tuple(one for one, extension in ZEEBE.items() if name in extension.hosts or (node and extension.hosts >= FLOW_NODES)),
                tuple(one for one, (hosts, _) in BANLI.items() if name in hosts or (node and "**" in hosts)),
            )
        )
    return found
