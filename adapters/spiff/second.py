"""SpiffWorkflow as second engine: it runs the same diagram on the recorded inputs, and where its tokens rest is compared after every entry.

What people and services did, and when timers and messages came, is taken from the record; where a token goes next is SpiffWorkflow's own decision,
with our FEEL for conditions. Our rows are folded along (`evolve`) only to know the variables that a condition sees at that moment.
"""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.exceptions import SpiffWorkflowException

from adapters.spiff.subset import outside
from adapters.spiff.translate import AWAITED, DOOR, LEAVES, safe_tree, translated
from adapters.spiff.tree import ALIVE, READY, STARTED, WAITING, Path, Resting, Task, Tree, counters
from engine import events as e
from engine.bpmn.graph import Node, Process
from engine.execution.evolve import evolve
from engine.execution.rows import ScopeRow
from engine.execution.step import COUNTERS
from engine.execution.workspace import Workspace
from engine.feel import Environment, Expression, parse
from engine.refusals import Refused
from engine.scheme.functions import NAMES

logging.getLogger("spiff").setLevel(logging.WARNING)  # below that it walks the whole tree for every line it logs

THROWERS = frozenset({"endEvent", "intermediateThrowEvent"})
ROOT = 1  # the instance's own scope


class _Feel(PythonScriptEngine):  # type: ignore[misc]
    """Answers SpiffWorkflow's questions with our FEEL on the record's variables; runs no Python of a diagram."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self._twin = twin

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        value = self._twin.value(task, expression)
        return int(value) if type(value).__name__ == "Decimal" else value

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        raise Refused("spiff.python", element=task.task_spec.bpmn_id)

    def call_service(self, task: Any, **kwargs: Any) -> Any:
        raise Refused("spiff.python", element=task.task_spec.bpmn_id)


class Twin:
    """One instance, run by both: our rows by the recorded events, SpiffWorkflow by what they mean."""

    def __init__(self, xml: bytes, process: Process, outermost: Mapping[str, Any]) -> None:
        """`outermost`: names that every expression sees (scheme, org, instance). Raises Refused `spiff.outside.…`, `spiff.parser`."""
        for finding in outside(process):
            raise Refused(finding.code, element=finding.element, file=finding.file, line=finding.line)
        self.process, self._outermost = process, outermost
        self._nodes = {process.id: Node(process.id, "process", body=process.body), **process.nodes}
        self.ours = Workspace()
        self.tree = Tree(
            BpmnWorkflow(*_specs(xml, process.id), script_engine=_Feel(self)),
            {node.id: node.scope for node in process.nodes.values()},
        )
        self._scope = ROOT  # where our engine is just now
        self._local: dict[str, Any] = {}  # what the task completed by this entry gave
        self._tally: Mapping[str, int] | None = None  # of outcomes, that of the instance just completing included
        self._instead: Task | None = None  # the task whose token a 退回 or 撤回 puts elsewhere
        self._moving = self._came_from_below = False
        self._environment: Environment | None = None

    def entry(self, events: Iterable[Any], environment: Environment | None, outermost: Mapping[str, Any] | None = None) -> None:
        """Carries out one entry's events on both sides. `outermost` again when it has changed (an amended scheme).

        Raises Refused `spiff.missing` (it has not come to where the record is), `spiff.deep`, `spiff.failed`.
        """
        self._environment, self._outermost = environment, self._outermost if outermost is None else outermost
        self._local, self._moving, self._came_from_below = {}, False, False
        given = list(events)
        try:
            for number, event in enumerate(given):
                self._follow(event, given[number + 1:])
                evolve(self.ours, event)
            self._scope = ROOT
            if self.ours.head.state == "open":
                self.tree.go_on(self.open_ours())
        except (SpiffWorkflowException, RecursionError) as fault:
            raise Refused("spiff.failed", element=str(getattr(getattr(fault, "task_spec", None), "bpmn_id", "") or ""), reason=str(fault)) from fault

    def open_ours(self) -> Resting:
        """Where our tokens rest: tasks for people, services and calls under way, events awaited, and what an incident holds up."""
        if self.ours.instance is None or self.ours.head.state != "open":
            return Resting()
        rows = self.ours.scopes.rows
        found = Resting({(self.process.id, ()): 1})
        filled = {(row.parent, row.element) for row in rows.values() if self._contains(row)}
        for row in rows.values():
            path = self._path(row.id)
            for place, number in row.tokens.items():
                if place in self.process.nodes and (row.id, place) not in filled:
                    found[place, path] += number
            if self._is_instance(row) if self._node(row).body is None else not row.tokens and self._is_begun(row):
                found[row.element, path] += 1
        return found

    def open_theirs(self) -> Resting:
        """Where SpiffWorkflow's rest."""
        return self.tree.resting()

    def _contains(self, row: ScopeRow) -> bool:
        """A scope in which the token of its activity lives on: a body of several instances, or of a sub-process."""
        return "mi" in row.data or "loop" in row.data or self._node(row).body is not None

    def _is_begun(self, row: ScopeRow) -> bool:
        """A sub-process of which nothing is in its first element yet."""
        return row.id != ROOT and "mi" not in row.data and "loop" not in row.data

    @staticmethod
    def _is_instance(row: ScopeRow) -> bool:
        return "index" in row.data or "round" in row.data

    # --- what an event means for SpiffWorkflow --------------------------------------------------------------------------------------

    def _follow(self, event: Any, behind: Sequence[Any]) -> None:
        match event:
            case e.InstanceStarted():
                self.tree.settle()
            case e.InstanceEnded(state="cancelled" | "failed"):
                self.tree.workflow.cancel()
            case e.TaskCompleted(outcome=outcome, opinion=opinion, by=by, on_behalf_of=principal, answers=answers, to=to):
                self._local = {**answers, "outcome": outcome, "opinion": opinion, "completed_by": principal or by}
                self._moving = bool(to)
            case e.TaskWithdrawn():
                self._moving = True
            case e.Dropped(scope=scope, element=place) if self._moving:
                self._instead = self._take(scope, place)
            case e.Entered(scope=scope, element=id, flows=()) if self._moving and self._instead is not None:
                self.tree.put(id, self._instead)
                self._moving = False
            case e.ScopeOpened(parent=int(parent), element=id, data=data) if "mi" in data or "loop" in data:
                self._open_door(parent, id)
            case e.Thrown(element=id):
                self._came_from_below = self.process.nodes[id].kind not in THROWERS
            case e.Left(scope=scope, element=id, flows=flows):
                self._leave(scope, self.process.nodes[id], flows)
            case e.Passed(scope=scope, element=id):
                self._pass(scope, id, behind)
            case e.SignerAdded(scope=scope):
                row = self.ours.scopes[scope]
                self.tree.add_instance(self._found(self.tree.at(row.element, self._path(scope), STARTED), row.element), row.data["mi"]["n"])
            case e.SignerRemoved(task=task):
                scope, id = self.ours.tasks[task].scope, self.ours.tasks[task].element
                self.tree.remove_instance(self._found(self.tree.instance_at(id, self._path(scope)), id))

    def _open_door(self, scope: int, id: str) -> None:
        self._scope = scope
        self.tree.run(self._found(self.tree.at(id + DOOR, self._path(scope)), id))

    def _pass(self, scope: int, id: str, behind: Sequence[Any]) -> None:
        """An instance of what repeats is done."""
        self._scope = scope
        body = self.ours.scopes[scope].parent
        noted = next((event for event in behind if isinstance(event, e.Noted) and event.scope == body), None)
        self._tally = None if noted is None else noted.data.get("tally")
        if self.process.nodes[id].body is not None:
            self._local = {}  # of a task inside it
        instance = self.tree.instance_at(id, self._path(scope))
        if instance is None and body is not None and self.tree.at(id, self._path(body)):
            return  # ended in the same step as the one that made the completion condition true: SpiffWorkflow has cancelled it
        self.tree.run(self._found(instance, id))
        self._tally = None

    def _leave(self, scope: int, node: Node, flows: Sequence[str]) -> None:
        """Our engine finished an element: where SpiffWorkflow is ready for just that, it goes on, and decides itself where to."""
        self._scope = scope
        path = self._path(scope)
        if (node.multi is not None or node.loop is not None) and (door := self.tree.at(node.id + DOOR, path)):
            self.tree.run(door)  # a loop that is not entered at all
        task = self.tree.at(node.id, path) or self._caught(node, path, flows)
        if task is not None:
            self.tree.run(task)
            if node.kind == "boundaryEvent" and not node.interrupting:
                self.tree.await_again(task)
        elif node.kind in LEAVES and node.multi is None and node.loop is None:
            self._found(None, node.id)

    def _caught(self, node: Node, path: Path, flows: Sequence[str]) -> Task | None:
        """What was awaited there has come, as the record says; errors and escalations of the diagram itself are SpiffWorkflow's to catch."""
        waiting = self.tree.at(node.id, path, WAITING)
        if node.kind == "eventBasedGateway":
            return self.tree.catch(self._found(waiting, node.id), self.process.flows[flows[0]].target)
        if node.kind not in ("intermediateCatchEvent", "boundaryEvent", "receiveTask"):
            return None  # a join that waits for others
        from_outside = node.kind != "boundaryEvent" or self._came_from_below or any(one.kind in AWAITED for one in node.events)
        if not from_outside:
            return None
        return self.tree.catch(self._found(waiting, node.id), node.id)

    def _take(self, scope: int, place: str) -> Task:
        path = self._path(scope)
        if place in self.process.flows:
            flow = self.process.flows[place]
            return self.tree.take_waiting(self._found(self.tree.joining(flow.target, path, flow.source), flow.target))
        return self.tree.take(self._found(self.tree.at(place, path, ALIVE) or self.tree.at(place + DOOR, path), place))

    def _found(self, task: Task | None, element: str) -> Task:
        if task is None:
            raise Refused("spiff.missing", element=element)
        return task

    # --- where --------------------------------------------------------------------------------------------------------------------

    def _path(self, scope: int | None) -> Path:
        path: list[int | None] = []
        while scope is not None:
            row = self.ours.scopes[scope]
            if "index" in row.data:
                multi = self._node(row).multi
                path.append(None if multi is None or multi.sequential else row.data["index"])
            scope = row.parent
        return tuple(reversed(path))

    def _node(self, row: ScopeRow) -> Node:
        return self._nodes[row.element]

    # --- what expressions see -----------------------------------------------------------------------------------------------------

    def value(self, task: Task, expression: str) -> Any:
        """A condition, count or completion condition on the variables of the scope in which our engine is just now."""
        names = {**self._outermost, **self._variables(self._scope)}
        if counted := counters(task, names.get("numberOfTerminatedInstances", 0)):
            names |= self._local | counted
            if self._tally is not None:
                names["tally"] = self._tally
        return _parsed(expression.strip().removeprefix("="))(names, self._environment)

    def _variables(self, scope: int | None) -> dict[str, Any]:
        row = self.ours.scopes.get(scope) if scope is not None else None
        if row is None:
            return {}
        names = self._variables(row.parent)
        if "mi" in row.data:
            names |= {name: row.data["mi"][key] for name, key in COUNTERS.items()} | {"tally": row.data.get("tally", {})}
        return names | row.variables


@lru_cache(maxsize=64)
def _specs(xml: bytes, process: str) -> tuple[Any, Mapping[str, Any]]:
    """SpiffWorkflow's graph of a process and of its sub-processes; instances share it (nothing in the subset changes it at run time)."""
    parser = BpmnParser()
    try:
        parser.add_bpmn_xml(translated(safe_tree(xml), process))
        return parser.get_spec(process), parser.get_subprocess_specs(process)
    except SpiffWorkflowException as fault:
        raise Refused("spiff.parser", element=process, reason=str(fault)) from fault


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Expression:
    return parse(text, names=NAMES)


def same(ours: Resting, theirs: Resting) -> bool:
    """Whether the tokens of both rest in the same places."""
    return ours == theirs
