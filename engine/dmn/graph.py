"""The decision requirements graph at work: inputs, decisions, knowledge models and services, each asked for once."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.dmn.tables import NOWHERE
from engine.feel.closures import Evaluate
from engine.feel.errors import Reason, Rejected
from engine.feel.evaluation import Environment, Run
from engine.feel.loops import Lambda
from engine.feel.types import ANY, Type, Types, coerce
from engine.feel.values import admit, bind, kind

BODY_FRAMES = 24  # Python frames that one call of a knowledge model takes, for the bound on nested calls


class Fired(NamedTuple):
    """The rules of one decision table that hit, numbered from 1. `table` is the name of the decision or knowledge model."""

    table: str
    rules: tuple[int, ...]


class Evaluation(Run):
    """A run that remembers which rules fired, in the order of evaluation."""

    __slots__ = ("fired",)

    def __init__(self, env: Environment | None) -> None:
        super().__init__(env)
        self.fired: list[Fired] = []


def fire(run: Run, table: str, rules: tuple[int, ...]) -> None:
    if isinstance(run, Evaluation):
        run.fired.append(Fired(table, rules))


class Values:
    """What is known while one decision (or service) is evaluated: the inputs by name, and each element's value once it is known."""

    __slots__ = ("inputs", "known", "active")

    def __init__(self, inputs: Mapping[str, Any], known: Mapping[int, Any] | None = None) -> None:
        self.inputs = inputs
        self.known: dict[int, Any] = dict(known or {})
        self.active: set[int] = set()


@dataclass(slots=True, eq=False)
class DrgElement:
    """A node of the graph. `name` is its variable's, under which expressions see it; `title` is what the diagram shows."""

    id: str
    name: str
    title: str = ""
    type: Type | None = None
    types: Types = field(default_factory=dict)
    requires: dict[str, Requirement] = field(default_factory=dict)

    def value(self, values: Values, run: Run) -> Any:
        """The element's value; evaluated when it is asked for the first time."""
        key = id(self)
        if key in values.known:
            return values.known[key]
        if key in values.active:
            return run.null("dmn.cycle", NOWHERE, name=self.name)
        values.active.add(key)
        try:
            found = values.known[key] = self.compute(values, run)
        finally:
            values.active.discard(key)
        return found

    def compute(self, values: Values, run: Run) -> Any:
        """Evaluates it anew. Each kind of element has its own; this one is never made."""
        raise NotImplementedError

    def fitted(self, value: Any, run: Run) -> Any:
        """`value` as the variable's type; null where it is none."""
        if self.type is None:
            return value
        fits, converted = coerce(value, self.type, self.types, run.spend)
        return converted if fits else run.null("dmn.wrong-type", NOWHERE, name=self.name, kind=kind(value))

    def scope(self, values: Values, run: Run) -> RequirementScope:
        return RequirementScope(self.requires, values, run)


Requirement = DrgElement | dict[str, DrgElement]


class RequirementScope(Mapping[str, Any]):
    """What an element may see: the values of what it requires, evaluated when they are read. Imports are contexts."""

    __slots__ = ("_requires", "_values", "_run")

    def __init__(self, requires: Mapping[str, Requirement], values: Values, run: Run) -> None:
        self._requires, self._values, self._run = requires, values, run

    def __getitem__(self, name: str) -> Any:
        required = self._requires[name]
        if isinstance(required, dict):
            return RequirementScope(required, self._values, self._run)
        return required.value(self._values, self._run)

    def __iter__(self) -> Iterator[str]:
        return iter(self._requires)

    def __len__(self) -> int:
        return len(self._requires)


class InputData(DrgElement):
    """An input; missing means null."""

    def compute(self, values: Values, run: Run) -> Any:
        return self.fitted(admit(values.inputs.get(self.name)), run)


@dataclass(slots=True, eq=False)
class Decision(DrgElement):
    """A decision with its logic."""

    logic: Evaluate = field(default=lambda s, r: r.null("dmn.no-logic", NOWHERE))

    def compute(self, values: Values, run: Run) -> Any:
        before = len(run.reasons)
        value = self.fitted(self.logic(self.scope(values, run), run), run)
        _note_decision(run, before, self.title or self.name)
        return value


def _note_decision(run: Run, before: int, name: str) -> None:
    """Says in every new reason which decision it arose in."""
    run.reasons[before:] = [
        reason if "decision" in reason.details else Reason(reason.code, {**reason.details, "decision": name}, reason.line, reason.column)
        for reason in run.reasons[before:]
    ]


@dataclass(slots=True, eq=False)
class Knowledge(DrgElement):
    """A business knowledge model: a function of its parameters that sees its own requirements."""

    parameters: tuple[str, ...] = ()
    parameter_types: tuple[Type | None, ...] = ()
    body: Evaluate = field(default=lambda s, r: r.null("dmn.no-logic", NOWHERE))

    def compute(self, values: Values, run: Run) -> Any:
        def body(s: Any, r: Run) -> Any:
            return self.fitted(self.body(s, r), r)

        return Lambda(self.parameters, self.parameter_types, self.types, body, self.scope(values, run), BODY_FRAMES, NOWHERE, self.name, self.type or ANY)


@dataclass(slots=True, eq=False)
class Service(DrgElement):
    """A decision service: called with its inputs and input decisions, it gives its output decisions."""

    inputs: list[DrgElement] = field(default_factory=list)
    input_decisions: list[DrgElement] = field(default_factory=list)
    outputs: list[DrgElement] = field(default_factory=list)

    def compute(self, values: Values, run: Run) -> Any:
        return ServiceFunction(self)

    def parameters(self) -> list[DrgElement]:
        return [*self.inputs, *self.input_decisions]

    def decide(self, given: Sequence[Any], run: Run) -> Any:
        """The outputs for one value a parameter: a value when there is one output, else a context."""
        by_name: dict[str, Any] = {}
        known: dict[int, Any] = {}
        for element, value in zip(self.parameters(), given):
            if value is not None and element.type is not None and not coerce(value, element.type, element.types, run.spend)[0]:
                raise Rejected("feel.argument-type", function=self.name, parameter=element.name)
            by_name[element.name] = value
            known[id(element)] = element.fitted(value, run)
        values = Values(by_name, known)
        found = {output.name: output.value(values, run) for output in self.outputs}
        return self.fitted(next(iter(found.values())) if len(found) == 1 else found, run)


@dataclass(frozen=True, slots=True, eq=False)
class ServiceFunction:
    """A decision service as a value that can be called."""

    service: Service

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(element.name for element in self.service.parameters())

    def invoke(self, run: Run, arguments: Sequence[object], names: Sequence[str] = ()) -> object:
        run.spend(1)
        return self.service.decide(bind(self.name, self.parameters, arguments, names), run)
