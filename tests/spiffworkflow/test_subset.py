"""Every diagram of every package in the library stays inside the subset in which SpiffWorkflow can be compared with our engine."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.spiff.second import Twin
from adapters.spiff.subset import ELEMENTS, EVENTS, outside
from engine.bpmn.read import read

LIBRARY = Path(__file__).parents[2] / "processes"
DIAGRAMS = sorted(LIBRARY.glob("*/*.bpmn"))
# Which diagram is outside and why: {"package/file.bpmn": {("element", "spiff.outside.reason")}}. Keep it empty.
OUTSIDE: dict[str, set[tuple[str, str]]] = {}
# What stands in a diagram beside flow nodes: none of it moves a token.
DESCRIBING = frozenset({
    "definitions", "process", "collaboration", "participant", "messageFlow", "laneSet", "lane", "flowNodeRef", "documentation", "extensionElements", "incoming",
    "outgoing", "sequenceFlow", "conditionExpression", "message", "error", "escalation", "multiInstanceLoopCharacteristics", "completionCondition", "loopCardinality",
    "timeDate", "timeDuration", "timeCycle", "textAnnotation", "text", "association",
})
ALLOWED = DESCRIBING | ELEMENTS | {f"{kind}EventDefinition" for kind in EVENTS}


def name(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def test_there_are_diagrams() -> None:
    assert len(DIAGRAMS) >= 17


@pytest.mark.parametrize("path", DIAGRAMS, ids=name)
def test_a_diagram_uses_nothing_else(path: Path) -> None:
    tree = etree.parse(path)
    used = {etree.QName(element).localname for element in tree.iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}*")}
    assert used - ALLOWED == set()


@pytest.mark.parametrize("path", DIAGRAMS, ids=name)
def test_a_diagram_runs_in_both_engines(path: Path) -> None:
    xml = path.read_bytes()
    processes = [process for process in read(xml, name(path)).processes if process.executable]
    found = {(finding.element, finding.code) for process in processes for finding in outside(process)}
    assert (len(processes) > 0, found) == (True, OUTSIDE.get(name(path), set()))
    if not found:
        for process in processes:
            twin = Twin(xml, process, {})
            assert {spec.bpmn_id for spec in specs(twin)} >= {id for id, node in process.nodes.items()}


def specs(twin: Twin) -> list[Any]:
    """All that SpiffWorkflow's parser made of the process and its sub-processes."""
    workflow = twin.tree.workflow
    return [spec for each in (workflow.spec, *workflow.subprocess_specs.values()) for spec in each.task_specs.values()]


def test_the_list_of_exceptions_is_true() -> None:
    assert set(OUTSIDE) <= {name(path) for path in DIAGRAMS}
