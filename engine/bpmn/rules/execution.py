"""What an executable process must be beyond correct BPMN: expressions that can be evaluated, nothing that this engine would have to skip."""
from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.rules.diagram import Diagram, is_formal
from engine.bpmn.tree import BPMN, Element, child, children, extension, flag, local, text
from engine.refusals import Finding

# BPMN elements that an executable process may not use, each with the sentence that names the way out.
NOT_EXECUTED = {
    **dict.fromkeys(("performer", "humanPerformer", "potentialOwner", "resourceRole"), "bpmn.not-executed.assignment"),
    **dict.fromkeys(("transformation", "assignment"), "bpmn.not-executed.mapping"),
    **dict.fromkeys(("choreographyTask", "subChoreography", "callChoreography"), "bpmn.not-executed.choreography"),
    "correlationSubscription": "bpmn.not-executed.subscription",
    "rendering": "bpmn.not-executed.form",
}
_READ_ELSEWHERE = frozenset(
    {"conditionExpression", "condition", "completionCondition", "loopCondition", "loopCardinality", "activationCondition"}
    | {"timeDate", "timeDuration", "timeCycle"}
)


def something(diagram: Diagram) -> Iterator[Finding]:
    """There is a process to execute."""
    if not diagram.executables:
        yield diagram.finding("bpmn.document.nothing-executable", diagram.tree.root)
    for process in diagram.executables:
        if not diagram.inside(process):
            yield diagram.finding("bpmn.process.empty", process)


def empty_expressions(diagram: Diagram) -> Iterator[Finding]:
    """An expression that is written has a body (§8.3.8)."""
    for holder, one in diagram.expressions():
        if not text(one) and not len(one) and _executed(diagram, holder):
            yield diagram.finding("bpmn.expression.empty", one, field=local(one))


def informal(diagram: Diagram) -> Iterator[Finding]:
    """Words for readers cannot be evaluated; an executable process needs formal expressions (§8.3.7)."""
    for holder, one in diagram.expressions():
        words = text(one)
        if words and local(one) not in _READ_ELSEWHERE and not words.startswith("=") and not is_formal(one) and _executed(diagram, holder):
            if local(one) != "formalExpression":
                yield diagram.finding("bpmn.expression.informal", one, field=local(one), text=words[:80])


def _executed(diagram: Diagram, holder: Element) -> bool:
    return diagram.executable(holder) or (diagram.process(holder) is None and bool(diagram.executables))


def not_executed(diagram: Diagram) -> Iterator[Finding]:
    """Elements of BPMN that this engine would have to skip are refused in what it executes, with the way out."""
    for name, code in NOT_EXECUTED.items():
        for one in diagram.tree.each(name):
            if diagram.executable(one) or (diagram.executables and diagram.process(one) is None):
                yield diagram.finding(code, one, found=name)


def drawn_data(diagram: Diagram) -> Iterator[Finding]:
    """Data associations show where data go; what is executed sees all variables around it and maps others in zeebe:ioMapping."""
    for one in diagram.tree.each("dataInputAssociation", "dataOutputAssociation"):
        if diagram.executable(one):
            yield diagram.finding("bpmn.data.association-drawn", one, "note")


def whole_collections(diagram: Diagram) -> Iterator[Finding]:
    """A completion condition that reads the collected results makes each completion as dear as all before it; the counters are free."""
    for process in diagram.document.processes:
        for node in process.nodes.values() if process.executable else ():
            multi = node.multi
            if multi is not None and multi.completion is not None and multi.output_collection in multi.completion.names | multi.completion.possible_names:
                yield Finding("bpmn.multi-instance.reads-results", process.file, node.id, node.line, "warning", {"collection": multi.output_collection})


def scripts(diagram: Diagram) -> Iterator[Finding]:
    """A script is FEEL in zeebe:script; program text in the diagram is never run."""
    for task in diagram.tree.each("scriptTask", "globalScriptTask"):
        if local(task) == "scriptTask" and not diagram.executable(task):
            continue
        if holds := text(child(task, "script")):
            yield diagram.finding("bpmn.script.language", task, format=task.get("scriptFormat") or task.get("scriptLanguage") or "", text=holds[:80])
        elif extension(task, "script") is None and extension(task, "taskDefinition") is None:
            yield diagram.finding("bpmn.script.missing", task)


def work(diagram: Diagram) -> Iterator[Finding]:
    """A service task names its operation, a business rule task its decision; otherwise there would be nothing to do."""
    for task in diagram.tree.each("serviceTask", "businessRuleTask"):
        if diagram.executable(task) and extension(task, "taskDefinition") is None and extension(task, "calledDecision") is None:
            yield diagram.finding("bpmn.operation.none" if local(task) == "serviceTask" else "bpmn.decision.none", task)


def imports(diagram: Diagram) -> Iterator[Finding]:
    """What is imported would have to be read; a package's diagrams see each other without imports, types of data are not looked at (§8.2.1)."""
    for one in children(diagram.tree.root, "import"):
        severity = "error" if one.get("importType") == BPMN else "warning"
        yield diagram.finding("bpmn.import.not-read", one, severity, location=one.get("location", "")[:120])


def messages(diagram: Diagram) -> Iterator[Finding]:
    """A send or receive task names what it sends or waits for."""
    for task in diagram.tree.each("sendTask", "receiveTask"):
        if not diagram.executable(task) or task.get("messageRef"):
            continue
        if local(task) == "receiveTask" or extension(task, "taskDefinition") is None:
            yield diagram.finding("bpmn.message.none", task, found=local(task))


def calls(diagram: Diagram) -> Iterator[Finding]:
    """A call activity says what it calls."""
    for call in diagram.tree.each("callActivity"):
        zeebe = extension(call, "calledElement")
        if diagram.executable(call) and not call.get("calledElement") and (zeebe is None or not zeebe.get("processId")):
            yield diagram.finding("bpmn.call.nothing", call)


def extensions_understood(diagram: Diagram) -> Iterator[Finding]:
    """An extension that must be understood, and is not, forbids the rest (§8.2.3)."""
    for one in children(diagram.tree.root, "extension"):
        if flag(one, "mustUnderstand"):
            yield diagram.finding("bpmn.extension.must-understand", one, definition=one.get("definition", ""))


RULES = (something, empty_expressions, informal, not_executed, drawn_data, whole_collections, scripts, work, imports, messages, calls, extensions_understood)
