"""What only shows when the files of a package are read together: calls, starts under a parent, messages that start processes."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.bpmn.graph import GATEWAYS, Node, Process
from engine.bpmn.read import Document
from engine.refusals import Finding


def across(documents: Sequence[Document]) -> Iterator[Finding]:
    """Findings that concern several processes; call activities and `startedUnder` name what is there, and no call comes back to itself."""
    processes: dict[str, Process] = {}
    for document in documents:
        for process in document.processes:
            if process.id in processes:
                yield Finding("bpmn.process.twice", process.file, process.id, process.line, details={"other": processes[process.id].file})
            else:
                processes[process.id] = process
    for process in processes.values():
        if process.executable:
            yield from _calls(process, processes)
            yield from _started_under(process, processes)
    yield from _call_cycles(processes)
    yield from _message_starts(processes)


def _finding(code: str, process: Process, node: Node, severity: str = "error", **details: object) -> Finding:
    return Finding(code, process.file, node.id, node.line, severity, details)


def _calls(process: Process, processes: dict[str, Process]) -> Iterator[Finding]:
    for node in process.nodes.values():
        if node.called is None or not isinstance(node.called.process, str):
            continue
        target = processes.get(node.called.process)
        if target is None:
            yield _finding("bpmn.call.unknown", process, node, target=node.called.process)
        elif not target.executable:
            yield _finding("bpmn.call.not-executable", process, node, target=target.id)
        elif target.kind == "process" and all(_triggered(target.nodes[id]) for id in target.body.starts):
            yield _finding("bpmn.call.no-none-start", process, node, called=target.id)


def _triggered(node: Node) -> bool:
    """Whether a beginning waits for something: §10.2.6, a called process begins at an untriggered start."""
    return bool(node.events) or node.instantiate


def _started_under(process: Process, processes: dict[str, Process]) -> Iterator[Finding]:
    parent, window = process.started_under
    if not parent and not window:
        return
    element = processes[parent].nodes.get(window) if parent in processes else None
    if element is None:
        yield Finding("bpmn.started-under.unknown", process.file, process.id, process.line, details={"parent": parent, "element": window})


def _call_cycles(processes: dict[str, Process]) -> Iterator[Finding]:
    """Each process that calls itself, over others or not; where neither choice nor work lies between, the instances would never come to an end."""
    called = {
        id: [(node, node.called.process) for node in process.nodes.values() if node.called is not None and isinstance(node.called.process, str)]
        for id, process in processes.items()
    }
    done: set[str] = set()
    for start in processes:
        path: list[str] = []
        work = [(start, iter(called[start]))] if start not in done else []
        while work:
            id, rest = work[-1]
            if len(path) < len(work):
                path.append(id)
            step = next(rest, None)
            if step is None:
                work.pop()
                path.pop()
                done.add(id)
            elif step[1] in path:
                around = path[path.index(step[1]):]
                if all(_calls_at_once(processes[one], around[number - len(around) + 1]) for number, one in enumerate(around)):
                    yield _finding("bpmn.call.cycle", processes[id], step[0], around=around)
                else:
                    yield _finding("bpmn.call.recursive", processes[id], step[0], "warning", around=around)
            elif step[1] in processes and step[1] not in done:
                work.append((step[1], iter(called[step[1]])))


_CHOOSES_OR_WAITS = GATEWAYS - {"parallelGateway"} | {"userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "boundaryEvent"}


def _calls_at_once(process: Process, called: str) -> bool:
    """Whether an instance calls that process whatever is decided, and before anybody does anything."""
    nodes = process.nodes.values()
    return any(node.called is not None and node.called.process == called and _comes_at_once(process, node) for node in nodes)


def _comes_at_once(process: Process, node: Node) -> bool:
    around = process.nodes.get(node.scope)
    if node.multi is not None or node.loop is not None or (around is not None and (around.triggered_by_event or not _comes_at_once(process, around))):
        return False
    seen: set[str] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if one.kind in _CHOOSES_OR_WAITS or _triggered(one):
            continue
        if not one.incoming:
            return True
        for flow in one.incoming:
            before = process.nodes.get(flow.source)
            if before is not None and before.id not in seen and flow.condition is None and before.default != flow.id:
                seen.add(before.id)
                pending.append(before)
    return False


def _message_starts(processes: dict[str, Process]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for process in processes.values():
        for id in process.body.starts if process.executable else ():
            for one in process.nodes[id].events:
                if one.kind == "message" and one.ref is not None and first.setdefault(one.ref.name, process.id) != process.id:
                    yield _finding("bpmn.message.starts-two", process, process.nodes[id], "warning", message=one.ref.name, other=first[one.ref.name])
