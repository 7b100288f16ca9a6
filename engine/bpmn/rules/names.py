"""Names that expressions read and nothing writes: a misspelt variable is null in FEEL, so it is looked for before anyone runs it.

Said only where everything that can write is known: about processes that are called by others of the package and get no messages,
in packages whose forms' answers are known. What starts a process from outside may bring any variable.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.bpmn.graph import Node, Process
from engine.bpmn.read import Document
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.rules.extensions import MOST_TARGETS, onward
from engine.bpmn.rules.package import PackageContext
from engine.bpmn.tree import Element
from engine.refusals import Finding

# What the engine itself puts into scope: the scheme, a task's completion, the counters of loops and joins.
GIVEN = frozenset(
    {"scheme", "outcome", "opinion", "completed_by", "loopCounter", "tally", "activationCount", "numberOfInstances", "numberOfActiveInstances",
     "numberOfCompletedInstances", "numberOfTerminatedInstances", "item", "partial"}
)


def names(documents: Sequence[Document], context: PackageContext) -> Iterator[Finding]:
    """Warnings about names that nothing writes, or that only what comes later writes."""
    if context.answers is None:
        return
    processes = [process for document in documents for process in document.processes]
    writers = {process.id: dict(_writers(process, context)) for process in processes}
    everywhere = {name for written in writers.values() for found in written.values() for name in found}
    called = {node.called.process for process in processes for node in process.nodes.values() if node.called is not None}
    for document in documents:
        diagram = Diagram(document)
        closed = {process.id: process for process in document.processes if process.id in called and not _gets_messages(process)}
        after: dict[Element, set[Element]] = {}
        for use in document.tree.uses:
            holder = diagram.process(use.element)
            process = closed.get(diagram.id(holder)) if holder is not None else None
            if process is None:
                continue
            for name in sorted(use.expression.names - GIVEN - set(context.functions) - _given_there(diagram, use.element, process, context)):
                details = {"field": use.field, "text": use.expression.text[:120], "name": name}
                if name not in everywhere:
                    yield diagram.finding("bpmn.expression.name-unknown", use.element, "warning", **details)
                    continue
                own = [id for id, found in writers[process.id].items() if name in found]
                if own and _only_later(diagram, use.element, own, after) and not any(name in found for id, w in writers.items() if id != process.id for found in w.values()):
                    yield diagram.finding("bpmn.expression.name-later", use.element, "warning", writers=own[:10], **details)


def _gets_messages(process: Process) -> bool:
    return any(event.kind == "message" for node in process.nodes.values() for event in node.events) or any(
        node.kind == "receiveTask" for node in process.nodes.values()
    )


def _writers(process: Process, context: PackageContext) -> Iterator[tuple[str, set[str]]]:
    for node in process.nodes.values():
        yield node.id, set(_written(node, context))
    yield process.id, {name for body in (process.body, *(node.body for node in process.nodes.values() if node.body)) for name in body.data}


def _written(node: Node, context: PackageContext) -> Iterator[str]:
    yield from (one.target.partition(".")[0] for one in (*node.inputs, *node.outputs))
    if node.script is not None:
        yield node.script.result
    if node.decision is not None:
        yield node.decision.result
    if node.multi is not None:
        yield from (node.multi.element_variable, node.multi.output_collection)
    for event in node.events:
        yield from (event.code_variable, event.message_variable)
    if not node.outputs:
        yield from _results(node, context)


def _results(node: Node, context: PackageContext) -> Iterator[str]:
    """What a task gives when it is done; with outputs only these see it."""
    if node.user is not None:
        yield from _answers(context.answers or {}, node.user.form)
    if node.service is not None and node.service.type in context.operations:
        yield from context.operations[node.service.type].results


def _given_there(diagram: Diagram, element: Element, process: Process, context: PackageContext) -> set[str]:
    """What the outputs of a task see beside the variables: its own results."""
    while element is not None and diagram.id(element) not in process.nodes:
        element = element.getparent()
    return set() if element is None else set(_results(process.nodes[diagram.id(element)], context))


def _answers(answers: Mapping[str, object], form: str) -> Iterator[str]:
    found = answers.get(form, ())
    if isinstance(found, (list, tuple, set, frozenset)):
        yield from found


def _only_later(diagram: Diagram, element: Element, writers: list[str], after: dict[Element, set[Element]]) -> bool:
    """Whether the element comes before every one of the writers, and after none. A node may read what it writes itself."""
    reader: Element | None = element
    while reader is not None and not diagram.is_a(reader, "FlowNode", "SequenceFlow"):
        reader = reader.getparent()
    if reader is None:
        return False
    node = diagram.source(reader) if diagram.is_a(reader, "SequenceFlow") else reader
    for id in writers:
        writer = diagram.tree.by_id.get(id)
        if writer is None or node is None or writer is node or not diagram.is_a(writer, "FlowNode"):
            return False
        if writer not in after:
            if len(after) >= MOST_TARGETS:
                return False
            after[writer] = onward(diagram, writer)
        if node in after[writer]:
            return False
    return True
