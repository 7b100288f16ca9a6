"""SpiffWorkflow's instance, addressed as our engine addresses its own: by element, and by the indices of the multi-instance children around it.

SpiffWorkflow's own searches walk its tree of tasks and stop at depth 1,000; here its flat tables are read, one an active (sub-)process.
Decides nothing: it finds tasks, runs one, and says where tokens rest.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent, EventBasedGateway
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask, MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from adapters.spiff.translate import DOOR, PREFIX
from engine.refusals import Refused

READY, WAITING, STARTED, COMPLETED = TaskState.READY, TaskState.WAITING, TaskState.STARTED, TaskState.COMPLETED
ALIVE = READY | WAITING | STARTED
TOO_DEEP = 950  # steps in a row; from 1,000 on SpiffWorkflow no longer sees its own tasks and says it is completed
Task = Any
Path = tuple[int | None, ...]  # from the outside in; None for the instances of a sequential activity, of which SpiffWorkflow keeps no number
Resting = Counter[tuple[str, Path]]  # (element, path) → how many tokens rest there; (process, ()) while the instance lives


class Tree:
    """One running instance. `bodies`: element → id of the process or sub-process whose body it is in."""

    def __init__(self, workflow: BpmnWorkflow, bodies: Mapping[str, str]) -> None:
        self.workflow, self._bodies = workflow, bodies
        self._paths: dict[Any, Path] = {None: ()}  # by the task that a sub-process belongs to
        self._depths: dict[Any, int] = {}
        workflow.task_removed_event.connect(self._removed)

    # --- finding -----------------------------------------------------------------------------------------------------------------

    def at(self, id: str, path: Path, states: int = READY) -> Task | None:
        """The first task of an element, or its door, that is in one of `states`; of what repeats: the one around the instances."""
        return next((task for task in self._of(id, path, states) if task.task_spec.name == id), None)

    def instance_at(self, id: str, path: Path, states: int = READY) -> Task | None:
        """… of what repeats: the instance itself."""
        return next((task for task in self._of(id, path, states) if task.task_spec.name != id), None)

    def joining(self, id: str, path: Path, source: str) -> Task | None:
        """The last task of a join to which a token of `source` has come."""
        found = [task for task in self._of(id, path, TaskState.ANY_MASK) if task.parent.state == COMPLETED and task.parent.task_spec.bpmn_id == source]
        return found[-1] if found else None

    def _of(self, id: str, path: Path, states: int) -> Iterator[Task]:
        body = self._bodies[id.removesuffix(DOOR)]
        for workflow in self._active():
            if workflow.spec.name == body:
                for task in workflow.tasks.values():
                    if task.state & states and task.task_spec.bpmn_id == id and self.path(task) == path:
                        yield task

    def _active(self) -> list[Any]:
        return [self.workflow, *(each for each in self.workflow.subprocesses.values() if not each.completed)]

    def path(self, task: Task) -> Path:
        """The indices of the multi-instance children that a task is in, or is."""
        around = self._path_of(task.workflow)
        parent = task.parent
        if parent is not None and isinstance(parent.task_spec, MultiInstanceTask) and task.task_spec.name == parent.task_spec.task_spec:
            return *around, task.internal_data.get("key_or_index")
        return around

    def _path_of(self, workflow: Any) -> Path:
        outer = workflow.parent_task_id
        if outer not in self._paths:
            self._paths[outer] = self.path(self.workflow.get_task_from_id(outer))
        return self._paths[outer]

    # --- running -----------------------------------------------------------------------------------------------------------------

    def run(self, task: Task) -> None:
        """Runs a task that is ready, and all that SpiffWorkflow has beside the drawn elements: splits, joins, starts and ends. Raises Refused."""
        if self._depth(task) > TOO_DEEP:
            raise Refused("spiff.deep", element=task.task_spec.bpmn_id or task.task_spec.name, steps=TOO_DEEP)
        task.run()
        if isinstance(task.task_spec, UnstructuredJoin):
            self._use_up(task)
        self.settle()

    @staticmethod
    def _use_up(join: Task) -> None:
        """The tokens that came to a join are gone with it; SpiffWorkflow keeps them and counts them once more in the next round of a loop."""
        for task in [each for each in join.workflow.tasks.values() if each.task_spec is join.task_spec and each.state == TaskState.CANCELLED]:
            join.workflow._remove_task(task.id)

    def settle(self) -> None:
        """Runs what is not drawn, until nothing of it is ready."""
        while ready := [task for workflow in self._active() for task in workflow.tasks.values() if task.state == READY and task.task_spec.bpmn_id is None]:
            for task in ready:
                if task.state == READY:
                    task.run()

    def catch(self, task: Task, element: str) -> Task:
        """What is awaited at `element` has come: the waiting task, or event-based gateway, becomes ready."""
        definition = MessageEventDefinition(PREFIX + element) if isinstance(task.task_spec, EventBasedGateway) else task.task_spec.event_definition
        task.task_spec.catch(task, BpmnEvent(definition, {}))
        task.task_spec._update(task)
        return task

    def await_again(self, boundary: Task) -> None:
        """A boundary event that does not interrupt may happen more than once; SpiffWorkflow's happens once, so another one waits beside it."""
        main = next((task for task in boundary.parent.children if not isinstance(task.task_spec, BoundaryEvent)), None)
        if main is not None and main.state & ALIVE:
            self._grow(boundary.parent, boundary.task_spec)

    def go_on(self, resting: Resting) -> None:
        """Runs all that SpiffWorkflow may run by itself, but not where the other engine rests as well (an incident)."""
        while task := next((each for each in self._by_itself() if self._place(each) not in resting), None):
            self.run(task)

    def _by_itself(self) -> Iterator[Task]:
        for workflow in self._active():
            for task in list(workflow.tasks.values()):
                if task.state == READY and not task.task_spec.manual:
                    yield task

    def _depth(self, task: Task) -> int:
        above: list[Task] = []
        at = task
        while at is not None and at.id not in self._depths:
            above.append(at)
            at = at.parent
        depth = 0 if at is None else self._depths[at.id]
        for each in reversed(above):
            depth += 1
            self._depths[each.id] = depth
        return depth

    # --- what its own engine has no word for: tokens that people put elsewhere, signers that come and go -----------------------------

    def take(self, task: Task) -> Task:
        """Takes away the token that rests in a task, with its boundary events; what comes instead grows from the task that is given."""
        split = task.parent
        task.cancel()
        if split is not None and isinstance(split.task_spec, BoundaryEventSplit):
            for event in split.children:
                event.cancel()
        return task

    def take_waiting(self, join: Task) -> Task:
        """Takes away the token that has come to a join and waits there for others."""
        parent = join.parent
        join.workflow._remove_task(join.id)
        return parent

    def put(self, id: str, instead: Task) -> None:
        """Puts the token that was taken from `instead` into an element."""
        specs = instead.workflow.spec.task_specs
        self._grow(instead, specs.get(id + DOOR) or specs.get(f"{id}.BoundaryEventSplit") or specs[id])
        self.settle()

    def add_instance(self, body: Task, index: int) -> None:
        """加签: one more instance of a parallel activity."""
        body.task_spec.create_child(body, None, index)
        self.settle()

    def remove_instance(self, instance: Task) -> None:
        """减签: SpiffWorkflow would wait for a cancelled instance for ever, so it is taken out."""
        body = instance.parent
        instance.workflow._remove_task(instance.id)
        if body.task_spec.children_complete(body):
            body._set_state(READY)

    @staticmethod
    def _grow(above: Task, spec: Any) -> None:
        task = above._add_child(spec, TaskState.FUTURE)
        task.triggered = True  # else the next look at its parent's outputs removes it
        spec._predict(task, mask=TaskState.PREDICTED_MASK | TaskState.FUTURE)
        spec._update(task)

    def _removed(self, workflow: Any, task: Task) -> None:
        """SpiffWorkflow takes cancelled tasks out of its tree and then looks for them: the sub-process that belonged to one goes too."""
        inner = self.workflow.subprocesses.pop(task.id, None)
        if inner is not None:
            for each in inner.tasks.values():
                self._removed(inner, each)

    # --- where tokens rest -------------------------------------------------------------------------------------------------------

    def resting(self) -> Resting:
        """Where it waits for somebody or something, or could go on; a token that waits at a join is on a flow and not counted."""
        workflow = self.workflow
        if workflow.completed or not any(task.state & TaskState.NOT_FINISHED_MASK for task in workflow.tasks.values()):
            return Counter()
        found: Resting = Counter({(workflow.spec.name, ()): 1})
        for each in self._active():
            found.update(self._place(task) for task in each.tasks.values() if task.state == READY or (task.state == WAITING and _awaits(task.task_spec)))
        return found

    def _place(self, task: Task) -> tuple[str, Path]:
        """A door, and the beginning of a sub-process, are places of the activity itself."""
        spec = task.task_spec
        if isinstance(spec, StartEvent) and task.workflow is not self.workflow:
            return task.workflow.spec.name, self._path_of(task.workflow)
        return (spec.bpmn_id or spec.name).removesuffix(DOOR), self.path(task)


def _awaits(spec: Any) -> bool:
    return isinstance(spec, CatchingEvent) and not isinstance(spec, BoundaryEvent)


def counters(task: Task, terminated: int) -> dict[str, int]:
    """What a loop condition or completion condition may count, of the activity around `task`; empty elsewhere. `terminated`: taken out by hand."""
    body = task if isinstance(task.task_spec, LoopTask) else task.parent
    if body is None or not isinstance(body.task_spec, LoopTask) or "merged" not in body.internal_data:
        return {}
    if not isinstance(body.task_spec, MultiInstanceTask):
        return {"loopCounter": len(body.internal_data["merged"])}
    states = [child.state for child in body.children if child.task_spec.name == body.task_spec.task_spec]
    return {
        "numberOfInstances": body.internal_data.get("cardinality", len(states) + terminated),
        "numberOfCompletedInstances": states.count(COMPLETED),
        "numberOfActiveInstances": sum(state & ALIVE != 0 for state in states),
        "numberOfTerminatedInstances": terminated,
    }
