"""One step of one instance: the agenda of moves still to make, the names an expression sees, and the events so far; knows no BPMN element."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zoneinfo import ZoneInfo

from engine import events as e
from engine.bpmn.graph import GraphSet, Process
from engine.execution.evolve import FOLDS, variables_set
from engine.execution.plan import PLANS, Plan, plan_of
from engine.execution.problem import Problem
from engine.execution.rows import ScopeRow
from engine.execution.workspace import Workspace
from engine.facts import Facts
from engine.feel.errors import FeelError
from engine.refusals import Refused

if TYPE_CHECKING:
    from engine.feel import Environment

Json = Any
Move = tuple[Any, ...]  # (name of an action, its JSON arguments …); an incident keeps the one that failed
NOTHING: Mapping[str, Json] = {}
AT_REST: Move = ("settle", 1)
COUNTERS = {
    "numberOfInstances": "n", "numberOfCompletedInstances": "done", "numberOfActiveInstances": "active", "numberOfTerminatedInstances": "terminated",
}


# Which function makes a move, acts for an element when a token is in it, does an activity's work; `machine.py` fills them.
MOVES: dict[str, Callable[..., None]] = {}
ACTS: dict[str, Callable[[Step, int, Any], None]] = {}
PERFORMS: dict[str, Callable[[Step, int, Any, Mapping[str, Json]], None]] = {}


class Names(dict[str, Any]):
    """What an expression sees: local names, then the scopes from the inside out, then scheme, org and instance. Loads a scope only when asked."""

    __slots__ = ("step", "scope")

    def __init__(self, step: Step, scope: int | None, local: Mapping[str, Json] = NOTHING) -> None:
        super().__init__(local)
        self.step, self.scope = step, scope

    def __missing__(self, name: str) -> Json:
        workspace, scope = self.step.workspace, self.scope
        while scope is not None:
            row = workspace.scopes[scope]
            if name in row.variables:
                return row.variables[name]
            if name in COUNTERS and "mi" in row.data:
                return row.data["mi"][COUNTERS[name]]
            if name == "tally" and "mi" in row.data:
                return row.data.get("tally", {})
            scope = row.parent
        return self.step.outermost(name)

    def __contains__(self, name: object) -> bool:
        try:
            self[name]  # type: ignore[index]
        except KeyError:
            return False
        return True

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


class Step:
    """Runs moves until none is left. `person`: refusals go back to who asked; otherwise they become incidents.

    `retry` is the move to make again if the present one fails: behaviours set it once a token has safely arrived.
    """

    __slots__ = (
        "workspace", "graphs", "process", "plan", "facts", "now", "person", "events", "agenda", "later", "moved", "changed", "retry", "hints",
        "afterwards", "_environment",
    )

    def __init__(self, workspace: Workspace, graphs: GraphSet, process: Process, facts: Facts, person: bool = True) -> None:
        self.workspace = workspace
        self.graphs = graphs
        self.process = process
        self.facts = facts
        self.person = person
        self.plan: Plan = PLANS[id(process)] if id(process) in PLANS else plan_of(process)
        self.now: datetime = facts.now
        self.events: list[e.Event] = []
        self.agenda: deque[Move] | None = None  # made with the first move: most completions have none
        self.later: list[Move] = []  # throws: made when every other token has come to rest, so that receivers are in place
        self.moved: dict[int, None] = {}  # scopes whose synchronising gateways must be looked at again
        self.changed = False  # variables changed, and conditions that wait must be looked at
        self.retry = AT_REST
        self.hints: dict[str, Any] | None = None  # what a task opened again by this step should say, by element
        self.afterwards: Callable[[], None] | None = None  # what is noted when all moves are made
        self._environment: Environment | None = None

    def emit(self, event: e.Event) -> None:
        """Note the event and fold it into the rows."""
        self.events.append(event)
        FOLDS[type(event)](self.workspace, event)

    def push(self, *move: Any, next: bool = False) -> None:
        """Put a move at the end of the agenda, or make it the next one."""
        if self.agenda is None:
            self.agenda = deque()
        self.agenda.appendleft(move) if next else self.agenda.append(move)

    def next_id(self, kind: str) -> str:
        """The next id of tasks (t), timers (c), subscriptions (s), jobs (j) or incidents (i)."""
        counters = self.workspace.counters
        return f"{kind}{counters[kind] + 1 if kind in counters else 1}"

    def next_scope(self) -> int:
        return self.workspace.counters.get("n", 0) + 1

    def run(self, first: Callable[[Step, Any], None], command: Any) -> None:
        """Do what the command says, then make all moves; a failing one becomes an incident and the others go on."""
        move: Move | None = None
        while True:
            try:
                if move is None:
                    first(self, command)
                else:
                    MOVES[move[0]](self, *move[1:])
            except (Problem, FeelError) as problem:
                self.fail(problem.code, problem.details if isinstance(problem, Problem) else _reason(problem))
            except Refused as refusal:
                if self.person:
                    raise
                self.fail(refusal.code, refusal.details)
            if self.changed:
                self.changed = False
                self.push("conditions", next=True)
            if not self.agenda:
                if not self.later and not self.moved:
                    return
                self._more()
            self.retry = move = self.agenda.popleft()  # type: ignore[union-attr]  # there is one if there are moves

    def _more(self) -> None:
        """Every token has come to rest: the next throw, else synchronising gateways, go on the agenda."""
        if self.later:
            self.push(*self.later.pop(0))
            return
        for scope in self.moved:
            self.push("joins", scope)
        self.moved = {}

    def fail(self, code: str, details: Mapping[str, Any]) -> None:
        """The move `retry` cannot be made: an incident where it stopped."""
        move = self.retry
        scope = next((each for each in move[1:] if isinstance(each, int)), 1)
        element = next((each for each in move[1:] if isinstance(each, str)), "")
        if self.workspace.scopes.get(scope) is None:
            scope = 1
        if not element:
            element = self.workspace.scopes[scope].element
        self.emit(e.IncidentOpened(self.next_id("i"), scope, element, code, {**details, "retry": list(move)}, self.now))

    # Values ------------------------------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> Environment:
        if self._environment is None:
            self._environment = self.at(self.now)
        return self._environment

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.facts.zone)

    def at(self, moment: datetime) -> Environment:
        """The environment as it was at an earlier moment."""
        from engine.feel import Environment

        return Environment(now=moment, zone=self.zone, functions=self.facts.functions)

    def outermost(self, name: str) -> Json:
        """A name no scope has. Raises KeyError."""
        match name:
            case "scheme":
                return self.facts.scheme
            case "org":
                return self.workspace.head.org
            case "instance":
                return self.workspace.head.id
        raise KeyError(name)

    def names(self, scope: int | None, local: Mapping[str, Json] = NOTHING) -> Names:
        return Names(self, scope, local)

    def value(self, given: Any, names: Names) -> Json:
        """An attribute's value: literal text as it is, an expression evaluated."""
        return given if isinstance(given, str) else given(names, self.environment)

    def holds(self, condition: Any, names: Names, what: str) -> bool:
        """A condition's truth. Raises Problem when it is neither true nor false, with the reason."""
        found = condition(names, self.environment)
        if found is True or found is False:
            return found
        reason: Mapping[str, Any] = {}
        if found is None:
            try:
                condition.strict(names, self.environment)
            except FeelError as error:
                reason = _reason(error)
        raise Problem("expression.not_boolean", what=what, value="null" if found is None else str(found)[:80], text=condition.text, **reason)

    # Variables ---------------------------------------------------------------------------------------------------------------------

    def set_variables(self, scope: int, values: Mapping[str, Json]) -> None:
        if values:
            event = tuple.__new__(e.VariablesSet, (scope, values))
            self.events.append(event)
            variables_set(self.workspace, event)
            if "conditions" in self.workspace.counters:
                self.changed = True

    def merge(self, scope: int, values: Mapping[str, Json]) -> None:
        """Each value goes to the innermost scope that has its name, else to the instance (Zeebe's rule)."""
        if scope == 1:
            return self.set_variables(1, values)
        scopes = self.workspace.scopes
        target: dict[int, dict[str, Json]] = {}
        for name, value in values.items():
            row = scopes[scope]
            while row.parent is not None and name not in row.variables:
                row = scopes[row.parent]
            target.setdefault(row.id, {})[name] = value
        for id, found in target.items():
            self.set_variables(id, found)

    def chain(self, scope: int) -> Iterator[ScopeRow]:
        """The scope and those around it, inner ones first."""
        at: int | None = scope
        while at is not None:
            row = self.workspace.scopes[at]
            yield row
            at = row.parent


def _reason(error: FeelError) -> dict[str, Any]:
    found = error.reason
    return {**found.details, "reason": found.code, "at_line": found.line, "at_column": found.column}
