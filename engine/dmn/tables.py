"""Decision tables: rules, hit policies and aggregators as one closure. Reads no XML."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.feel import tree
from engine.feel.builtin_numbers import extreme, numbers, total
from engine.feel.closures import Evaluate
from engine.feel.compiler import INPUT
from engine.feel.errors import Rejected
from engine.feel.evaluation import Frame, Run
from engine.feel.tree import Place
from engine.feel.types import Type, Types, coerce
from engine.feel.values import admit, equal, kind, satisfies, text_of

NOWHERE = Place(0, 0)
HIT_POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("", "SUM", "COUNT", "MIN", "MAX")
LISTING = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
Fire = Callable[[Run, str, tuple[int, ...]], None]


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of conditions. `allowed` is a unary test of the values that may come; `type` what the value is made to be.

    `domain` is the tree of the allowed values, of the column's own or of its type's, for who analyses the table.
    """

    label: str
    value: Evaluate
    allowed: Evaluate | None = None
    type: Type | None = None
    domain: tree.UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of results. `order` has its values as they rank, best first, for PRIORITY and OUTPUT ORDER."""

    name: str
    type: Type | None = None
    order: Evaluate | None = None
    default: Evaluate | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`tests` are cells, one an input (None for «-»), `results` one an output. `cells` and `texts` are what they were made of."""

    tests: tuple[Evaluate | None, ...]
    results: tuple[Evaluate, ...]
    cells: tuple[tree.UnaryTests | None, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is evaluated. `name` is the decision's, under which fired rules are reported (numbered from 1)."""

    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    types: Types
    id: str = ""
    line: int = 0

    def evaluate(self, s: Any, r: Run, fire: Fire) -> Any:
        """The table's value in scope `s`; `fire` hears which rules hit."""
        frames = self.input_frames(s, r)
        if frames is None:
            return None
        hits = self.matching(frames, r)
        fire(r, self.name, tuple(number + 1 for number in hits))
        if not hits:
            return self.default(s, r)
        return _POLICIES[self.hit_policy](self, hits, s, r)

    def input_frames(self, s: Any, r: Run) -> list[Frame] | None:
        """The scope of each column: what is outside, and the column's value as `?`."""
        frames = []
        for clause in self.inputs:
            given = value = clause.value(s, r)
            fits, value = (True, value) if clause.type is None else coerce(value, clause.type, self.types, r.spend)
            frame = Frame(s, {INPUT: value})
            if not fits or value is not None and clause.allowed is not None and clause.allowed(frame, r) is not True:
                r.null("dmn.input-not-allowed", NOWHERE, input=clause.label, value=_shown(given))
                return None
            frames.append(frame)
        return frames

    def matching(self, frames: list[Frame], r: Run) -> list[int]:
        """The indices of the rules whose every cell is true."""
        mark, hits = len(r.reasons), []
        for index, rule in enumerate(self.rules):
            r.spend(1 + len(rule.tests) // 4)
            if all(test is None or test(frame, r) is True for test, frame in zip(rule.tests, frames)):
                hits.append(index)
        del r.reasons[mark:]  # a cell that is null is a cell that is not met
        return hits

    def default(self, s: Any, r: Run) -> Any:
        if any(output.default is not None for output in self.outputs):
            values = [None if output.default is None else output.default(s, r) for output in self.outputs]
            return self.named(values)
        if self.hit_policy in LISTING and not self.aggregation:
            return []
        if self.aggregation == "COUNT":
            return self.named([Decimal(0)] * len(self.outputs))
        return r.null("dmn.no-rule", NOWHERE, table=self.name)

    def result(self, index: int, s: Any, r: Run) -> list[Any]:
        """The results of one rule, one an output."""
        found = []
        for output, entry in zip(self.outputs, self.rules[index].results):
            value = entry(s, r)
            if output.type is not None:
                fits, converted = coerce(value, output.type, self.types, r.spend)
                value = converted if fits else r.null("dmn.wrong-type", NOWHERE, name=output.name or self.name, kind=kind(value))
            found.append(value)
        return found

    def named(self, values: Sequence[Any]) -> Any:
        """One output gives its value, several a context."""
        return values[0] if len(values) == 1 else {output.name: value for output, value in zip(self.outputs, values)}

    def ranked(self, hits: list[int], s: Any, r: Run) -> list[list[Any]]:
        """The results of the hits, best output values first; of equals, the earlier rule first."""
        results = [self.result(index, s, r) for index in hits]
        orders = [None if output.order is None else output.order(s, r) for output in self.outputs]

        def key(values: list[Any]) -> tuple[int, ...]:
            return tuple(_position(value, order) for value, order in zip(values, orders))

        return sorted(results, key=key)


def _shown(value: Any) -> str:
    """A value inside a reason; of what may be large, its kind."""
    name = kind(value)
    return name if name in ("list", "context", "range", "function") else str(text_of(value))[:60]


def _position(value: Any, order: Any) -> int:
    if order is None:
        return 0
    return next((i for i, wanted in enumerate(order) if satisfies(value, admit(wanted)) is True), len(order))


def _unique(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    if len(hits) > 1:
        return r.null("dmn.not-unique", NOWHERE, table=table.name, rules=", ".join(str(hit + 1) for hit in hits))
    return table.named(table.result(hits[0], s, r))


def _any(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    first = table.named(table.result(hits[0], s, r))
    for hit in hits[1:]:
        if equal(table.named(table.result(hit, s, r)), first, r.spend) is not True:
            return r.null("dmn.not-any", NOWHERE, table=table.name, rules=", ".join(str(hit + 1) for hit in hits))
    return first


def _first(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    return table.named(table.result(hits[0], s, r))


def _priority(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    return table.named(table.ranked(hits, s, r)[0])


def _output_order(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    return [table.named(values) for values in table.ranked(hits, s, r)]


def _rule_order(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    return [table.named(table.result(hit, s, r)) for hit in hits]


def _collect(table: Table, hits: list[int], s: Any, r: Run) -> Any:
    if not table.aggregation:
        return _rule_order(table, hits, s, r)
    columns = zip(*(table.result(hit, s, r) for hit in hits))
    try:
        return table.named([aggregated(table.aggregation, column) for column in columns])
    except Rejected as no:
        return r.null(no.code, NOWHERE, **no.details)


def aggregated(aggregation: str, values: Sequence[Any]) -> Any:
    """Raises Rejected when the values cannot be summed or compared."""
    match aggregation:
        case "COUNT":
            return numbers([len(values)], "count")[0]
        case "SUM":
            return total(numbers(values, "sum"))
        case "MIN":
            return extreme(values, -1, "min")
    return extreme(values, 1, "max")


_POLICIES: dict[str, Callable[[Table, list[int], Any, Run], Any]] = {
    "UNIQUE": _unique, "ANY": _any, "FIRST": _first, "PRIORITY": _priority, "OUTPUT ORDER": _output_order, "RULE ORDER": _rule_order,
    "COLLECT": _collect,
}
