"""SpiffWorkflow as second engine: it runs the same diagram on the recorded inputs, and its open tasks are compared after every entry.

What people and services did, and when timers and messages came, is taken from the record; where a token goes next is SpiffWorkflow's own decision,
with our FEEL for conditions. Our rows are folded along (`evolve`) only to know the variables that a condition sees at that moment.
"""
from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from adapters.spiff.translate import DRIVEN, safe_tree, translated
from engine import events as e
from engine.bpmn.graph import Node, Process
from engine.execution.evolve import evolve
from engine.execution.workspace import Workspace
from engine.feel import Environment, parse
from engine.refusals import Refused
from engine.scheme.functions import NAMES

logging.getLogger("spiff").setLevel(logging.WARNING)  # below that it walks the whole tree for every line it logs

MANUAL = frozenset({*DRIVEN, "userTask", "manualTask"})
AWAITED = frozenset({"timer", "message", "signal", "conditional"})
Open = Counter[tuple[str, tuple[int | None, ...]]]  # (element, indices of the multi-instance children around it) → how many


class _Feel(PythonScriptEngine):
    """Answers SpiffWorkflow's questions with our FEEL on the record's variables; runs no Python of a diagram."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self._twin = twin

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        value = self._twin.value(task, expression)
        return int(value) if type(value).__name__ == "Decimal" else value

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        raise Refused("spiff.outside", element=task.task_spec.bpmn_id, what="script")

    def call_service(self, task: Any, **kwargs: Any) -> Any:
        raise Refused("spiff.outside", element=task.task_spec.bpmn_id, what="service")


class Twin:
    """One instance, run by both: our rows by the recorded events, SpiffWorkflow by what they mean."""

    def __init__(self, xml: bytes, process: Process, outermost: Mapping[str, Any]) -> None:
        """`outermost`: names that every expression sees (scheme, org, instance)."""
        self.process, self._outermost = process, outermost
        self.ours = Workspace()
        parser = BpmnParser()
        parser.add_bpmn_xml(translated(safe_tree(xml), process.id))
        self.theirs = BpmnWorkflow(parser.get_spec(process.id), parser.get_subprocess_specs(process.id), script_engine=_Feel(self))
        self._scope: int | None = None
        self._local: dict[str, Any] = {}
        self._moving = False  # a 退回 or 撤回 is under way: tokens are put elsewhere by hand
        self._environment: Environment | None = None

    def entry(self, events: Iterable[Any], environment: Environment) -> None:
        """Carries out one entry's events on both sides. Raises Refused `spiff.outside`, `spiff.missing`."""
        self._environment, self._moving = environment, False
        for event in events:
            self._follow(event)
            evolve(self.ours, event)
        self._scope = None
        self.theirs.do_engine_steps()

    def open_ours(self) -> Open:
        """Our open tasks for people."""
        return Counter((row.element, self._path(row.scope)) for row in self.ours.tasks.rows.values() if row.state == "open")

    def open_theirs(self) -> Open:
        """SpiffWorkflow's."""
        return Counter(
            (task.task_spec.bpmn_id, _path_of(task)) for task in self.theirs.get_tasks(state=TaskState.READY)
            if task.task_spec.manual and self._kind(task.task_spec.bpmn_id) in ("userTask", "manualTask"))

    # --- what an event means for SpiffWorkflow --------------------------------------------------------------------------------------

    def _follow(self, event: Any) -> None:
        match event:
            case e.InstanceStarted():
                self._hidden()
            case e.TaskCompleted(outcome=outcome, to=to, task=id):
                self._local = {"outcome": outcome}
                self._moving = bool(to)
            case e.TaskWithdrawn():
                self._moving = True
            case e.Entered(scope=scope, element=id, flows=()) if self._moving:
                self._put(scope, id)
            case e.Left(scope=scope, element=id) if not self._is_multi(id):
                self._done(scope, self.process.nodes[id])
            case e.Passed(scope=scope, element=id):
                self._done(scope, self.process.nodes[id])
            case e.SignerAdded(scope=scope):
                raise Refused("spiff.outside", element=self.ours.scopes[scope].element, what="加签")
            case e.SignerRemoved():
                raise Refused("spiff.outside", element=self.ours.tasks[event.task].element, what="减签")

    def _done(self, scope: int, node: Node) -> None:
        """Our engine finished an element: where SpiffWorkflow waits for just that, let it go on; what it decides itself is left to it."""
        self._scope = scope
        if node.kind in MANUAL:
            self._run(node, scope, TaskState.READY)
        elif node.kind in ("intermediateCatchEvent", "boundaryEvent") and any(one.kind in AWAITED for one in node.events):
            self._catch(node, scope)
        else:
            for task in self._at(node.id, scope, TaskState.READY):
                task.run()
        self._hidden()

    def _run(self, node: Node, scope: int, state: int) -> None:
        found = self._at(node.id, scope, state)
        if not found:
            raise Refused("spiff.missing", element=node.id)
        found[0].run()

    def _catch(self, node: Node, scope: int) -> None:
        found = self._at(node.id, scope, TaskState.WAITING)
        if not found:
            raise Refused("spiff.missing", element=node.id)
        task = found[0]
        task.task_spec.catch(task, BpmnEvent(task.task_spec.event_definition, {}))
        task.task_spec._update(task)
        for ready in self._at(node.id, scope, TaskState.READY):
            ready.run()

    def _put(self, scope: int, id: str) -> None:
        """退回 and 撤回: SpiffWorkflow resets to the last time it was there, which takes away all that came of it."""
        done = self._at(id, scope, TaskState.COMPLETED)
        if not done:
            raise Refused("spiff.outside", element=id, what="退回")
        self.theirs.reset_from_task_id(done[-1].id)

    def _hidden(self) -> None:
        """Runs what SpiffWorkflow has beside the drawn elements: splits, joins, wrappers of loops and sub-processes."""
        while ready := [task for task in self.theirs.get_tasks(state=TaskState.READY) if self._is_hidden(task)]:
            for task in ready:
                if task.state == TaskState.READY:
                    task.run()
        self._drop_orphans()
        for wrapped in self.theirs.get_active_subprocesses():
            outer = self.theirs.get_task_from_id(wrapped.parent_task_id)
            outer.task_spec._update(outer)

    def _drop_orphans(self) -> None:
        """SpiffWorkflow takes the cancelled children of a multi-instance out of its tree and then looks for them: their sub-processes go too."""
        present = {task.id for task in self.theirs.get_tasks()}
        for id in [id for id in self.theirs.subprocesses if id not in present]:
            del self.theirs.subprocesses[id]

    def _is_hidden(self, task: Any) -> bool:
        spec = task.task_spec
        return isinstance(spec, LoopTask) or (not spec.manual and self._kind(spec.bpmn_id) in ("", "subProcess", "transaction"))

    # --- where --------------------------------------------------------------------------------------------------------------------

    def _at(self, id: str, scope: int, state: int) -> list[Any]:
        """SpiffWorkflow's tasks of an element in a state, in the same multi-instance children as our scope."""
        path = self._path(scope)
        return [task for task in self.theirs.get_tasks(state=state)
                if task.task_spec.bpmn_id == id and not isinstance(task.task_spec, LoopTask) and _same(path, _path_of(task))]

    def _path(self, scope: int | None) -> tuple[int | None, ...]:
        path: list[int | None] = []
        while scope is not None:
            row = self.ours.scopes[scope]
            if "index" in row.data:
                path.append(row.data["index"])
            scope = row.parent
        return tuple(reversed(path))

    def _kind(self, id: str | None) -> str:
        node = self.process.nodes.get(id or "")
        return "" if node is None else node.kind

    def _is_multi(self, id: str) -> bool:
        return self.process.nodes[id].multi is not None

    # --- what expressions see -----------------------------------------------------------------------------------------------------

    def value(self, task: Any, expression: str) -> Any:
        """A condition, count or completion condition on the variables of the scope in which our engine is just now."""
        names = {**self._outermost, **self._variables(self._scope if self._scope is not None else 1), **self._counters(task)}
        return parse(expression.removeprefix("="), names=NAMES)(names, self._environment)

    def _variables(self, scope: int | None) -> dict[str, Any]:
        row = self.ours.scopes.get(scope) if scope is not None else None
        if row is None:
            return {}
        return {**self._variables(row.parent), **row.variables}

    def _counters(self, task: Any) -> dict[str, Any]:
        """Counts of SpiffWorkflow's own multi-instance; the tally of outcomes from the record, with the one that is just coming in."""
        body = task.parent
        if body is None or not isinstance(body.task_spec, LoopTask):
            return {}
        children = [child for child in body.children if child.task_spec.name == body.task_spec.task_spec]
        done = sum(child.state == TaskState.COMPLETED for child in children)
        row = self.ours.scopes.get(self._scope)
        around = self.ours.scopes.get(row.parent) if row is not None and row.parent is not None else None
        tally = Counter(around.data.get("tally", {}) if around is not None else {})
        if outcome := self._local.get("outcome"):
            tally[outcome] += 1
        total = around.data["mi"]["n"] if around is not None and "mi" in around.data else len(children)
        return {**self._local, "tally": dict(tally), "numberOfInstances": total, "numberOfCompletedInstances": done,
                "numberOfActiveInstances": sum(child.state in (TaskState.READY, TaskState.WAITING, TaskState.STARTED) for child in children),
                "numberOfTerminatedInstances": sum(child.state == TaskState.CANCELLED for child in children)}


def _path_of(task: Any) -> tuple[int | None, ...]:
    """The indices of the multi-instance children that a task is in, from the outside in; None where SpiffWorkflow keeps none (one after the other)."""
    path: list[int | None] = []
    at = task
    while at is not None:
        if at.parent is not None and isinstance(at.parent.task_spec, LoopTask) and at.task_spec.name == at.parent.task_spec.task_spec:
            path.append(at.internal_data.get("key_or_index"))
        if at.parent is not None:
            at = at.parent
        elif at.workflow.parent_task_id is not None:
            at = at.workflow.top_workflow.get_task_from_id(at.workflow.parent_task_id)
        else:
            at = None
    return tuple(reversed(path))


def _same(ours: tuple[int | None, ...], theirs: tuple[int | None, ...]) -> bool:
    return len(ours) == len(theirs) and all(theirs_one is None or ours_one == theirs_one for ours_one, theirs_one in zip(ours, theirs, strict=True))


def same(ours: Open, theirs: Open) -> bool:
    """Whether both show the same open tasks; where SpiffWorkflow keeps no index, the element alone counts."""
    if ours == theirs:
        return True
    return Counter(element for element, _ in ours.elements()) == Counter(element for element, _ in theirs.elements()) and any(
        None in path for _, path in theirs)
