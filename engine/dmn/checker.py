"""Gaps and overlaps of decision tables, each with an example input. Runs the cells themselves on sample values; changes nothing.

The values of a column fall into regions in which every cell of the column answers alike: the constants of the cells, and what
lies between them. One sample a region decides exactly, as long as the cells speak of their input and constants only.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, NamedTuple

from engine.dmn.model import Model
from engine.dmn.tables import LISTING, InputClause, Table
from engine.feel import arithmetic, temporal, tree
from engine.feel.compiler import INPUT, mentions
from engine.feel.errors import FeelError, Rejected
from engine.feel.evaluation import Run
from engine.feel.expression import of_tree
from engine.feel.functions import BUILT_INS
from engine.feel.types import Simple, coerce, resolve
from engine.feel.values import equal, kind, notation, order
from engine.refusals import Finding

MOST_STATES = 100_000
MOST_REPORTED = 5
OTHER_TEXT = "其他"
_ORDERED = frozenset({"number", "date", "time", "date and time", "days and time duration", "years and months duration"})
_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration", "number"})


class Region(NamedTuple):
    """A sample value of a column, and the rules (as bits) whose cell it meets."""

    sample: Any
    rules: int


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    regions: tuple[Region, ...]


class NotAnalysable(Exception):
    """A cell depends on more than its input and constants."""


def check_tables(model: Model) -> tuple[Finding, ...]:
    """Every finding about the model's tables; none that the model itself already has."""
    return tuple(finding for table in model.tables for finding in check_table(table))


def check_table(table: Table) -> list[Finding]:
    """Gaps (single-hit policies without a default output), overlaps that the policy forbids, rules that never take effect."""
    columns = []
    for number, clause in enumerate(table.inputs):
        try:
            columns.append(_column(table, number, clause))
        except (NotAnalysable, FeelError):
            return [_finding("dmn.not-analysed", table, "note", column=number + 1, input=clause.label)]
    search = _Search(columns, len(table.rules))
    found = [*_never(table, search), *_overlaps(table, search), *_gaps(table, search)]
    if search.exhausted:
        found.append(_finding("dmn.too-many-combinations", table, "note"))
    return found


def _finding(code: str, table: Table, severity: str, **details: object) -> Finding:
    return Finding(code, element=table.id, line=table.line, severity=severity, details={"table": table.name, **details})


# Regions

def _column(table: Table, number: int, clause: InputClause) -> Column:
    cells = [rule.cells[number] for rule in table.rules]
    values = [value for cell in cells if cell is not None for value in constants(cell)]
    if clause.domain is not None:
        values += constants(clause.domain)
    tests = [rule.tests[number] for rule in table.rules]
    regions: dict[int, Region] = {}
    for sample in _samples(values, clause, table):
        rules = sum(1 << i for i, test in enumerate(tests) if test is None or test({INPUT: sample}, Run(None)) is True)
        regions.setdefault(rules, Region(sample, rules))
    return Column(clause.label, tuple(regions.values()))


def constants(cell: tree.UnaryTests) -> list[Any]:
    """The values at which the answer of a cell may change. Raises NotAnalysable."""
    return [value for test in cell.tests for value in _constants(test)]


def _constants(node: tree.Node) -> Iterator[Any]:
    match node:
        case tree.Name("?"):
            return
        case tree.Comparison(operand=operand):
            yield _constant(operand)
        case tree.RangeOf(start, _, end, _):
            yield from (_constant(start), _constant(end))
        case tree.ListOf(items) | tree.Conjunction(items) | tree.Disjunction(items):
            for item in items:
                yield from _constants(item)
        case tree.Binary("=" | "!=" | "<" | "<=" | ">" | ">=", tree.Name("?"), other) | tree.Binary(
            "=" | "!=" | "<" | "<=" | ">" | ">=", other, tree.Name("?")
        ):
            yield _constant(other)
        case tree.Between(tree.Name("?"), low, high):
            yield from (_constant(low), _constant(high))
        case tree.In(tree.Name("?"), tests):
            for test in tests:
                yield from _constants(test)
        case tree.Call(tree.Name("not"), (inner,), ()):
            yield from _constants(inner)
        case _:
            yield _constant(node)


def _constant(node: tree.Node) -> Any:
    if mentions(node, INPUT) or not _is_constant(node):
        raise NotAnalysable
    return of_tree("", node)({})


def _is_constant(node: tree.Node) -> bool:
    match node:
        case tree.Name():
            return False
        case tree.Call(tree.Name(name), arguments, _):
            return name in _CONSTRUCTORS and name in BUILT_INS and all(_is_constant(argument) for argument in arguments)
        case tree.Call() | tree.FunctionOf() | tree.For() | tree.Quantified() | tree.Filter():
            return False
    return all(_is_constant(child) for child in tree.children(node))


def _samples(values: list[Any], clause: InputClause, table: Table) -> list[Any]:
    """One value of each region that may come, by the column's allowed values and type."""
    wanted = None if clause.type is None else resolve(clause.type, table.types)
    kinds = {kind(value) for value in values} - {"null", "list", "range", "context"}
    if isinstance(wanted, Simple):
        kinds.add(wanted.name)
    samples = [None, *([] if kinds else [OTHER_TEXT])] if any(value is None for value in values) else []
    for name in sorted(kinds):
        samples += _of_kind(name, [value for value in values if kind(value) == name])
    domain = None if clause.domain is None else of_tree("", clause.domain)

    def comes(sample: Any) -> bool:
        if sample is None or domain is not None and domain({INPUT: sample}) is not True:
            return sample is None
        return clause.type is None or coerce(sample, clause.type, table.types)[0]

    kept = [sample for sample in samples if comes(sample)]
    return kept or [None]


def _of_kind(name: str, values: list[Any]) -> list[Any]:
    if name == "boolean":
        return [True, False]
    if name == "string":
        return [*_distinct(values), _other(values)]
    if name not in _ORDERED or not values:
        return _distinct(values)
    ordered = sorted(_distinct(values), key=cmp_to_key(lambda a, b: order(a, b) or 0))
    samples = [_step(ordered[0], -1)]
    for value, following in zip(ordered, [*ordered[1:], None]):
        samples.append(value)
        samples.append(_step(value, 1) if following is None else _between(value, following))
    return [sample for sample in samples if sample is not None]


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(equal(value, other) is True for other in found):
            found.append(value)
    return found


def _other(values: list[Any]) -> str:
    """A text that no cell names."""
    text = OTHER_TEXT
    while text in values:
        text += "…"
    return text


_STEPS: dict[str, Any] = {
    "number": 1, "date": temporal.parse_duration("P1D"), "time": temporal.parse_duration("PT1S"), "date and time": temporal.parse_duration("P1D"),
    "days and time duration": temporal.parse_duration("P1D"), "years and months duration": temporal.parse_duration("P1M"),
}


def _step(value: Any, direction: int) -> Any:
    """A neighbour of `value` outside all constants; None when there is none (before 00:00:00)."""
    try:
        found = (arithmetic.add if direction > 0 else arithmetic.subtract)(value, _STEPS[kind(value)])
    except (Rejected, OverflowError):
        return None
    return found if (order(found, value) or 0) * direction > 0 else None


def _between(low: Any, high: Any) -> Any:
    """Any value strictly between; None when there is none (two days that follow each other)."""
    if kind(low) in ("date", "years and months duration"):
        found = arithmetic.add(low, _STEPS[kind(low)])
    else:
        found = arithmetic.add(low, arithmetic.divide(arithmetic.subtract(high, low), 2))
    return found if order(low, found) == -1 and order(found, high) == -1 else None


# Search: an input is one region a column; the rules it hits are the bits that all of them have

class _Search:
    def __init__(self, columns: Sequence[Column], rules: int) -> None:
        self.columns, self.all = columns, (1 << rules) - 1
        self.states = MOST_STATES
        self.exhausted = False

    def find(self, wanted: Callable[[int], bool], hopeless: Callable[[int], bool], start: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Inputs, as samples a column, whose rules are `wanted`; a set of rules that is `hopeless` stays so with fewer rules."""
        seen: set[tuple[int, int]] = set()

        def walk(at: int, rules: int, samples: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
            if hopeless(rules) or (at, rules) in seen:
                return
            if not self.pay():
                return
            seen.add((at, rules))
            if at == len(self.columns):
                if wanted(rules):
                    yield samples
                return
            for region in self.columns[at].regions:
                yield from walk(at + 1, rules & region.rules, (*samples, region.sample))

        return walk(0, self.all if start is None else start, ())

    def gaps(self) -> Iterator[tuple[Any, ...]]:
        """Inputs that no rule hits; where the first columns decide it, the others are any."""
        seen: set[tuple[int, int]] = set()

        def walk(at: int, rules: int, samples: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
            if not rules:
                yield (*samples, *(column.regions[0].sample for column in self.columns[at:]))
            elif at < len(self.columns) and (at, rules) not in seen and self.pay():
                seen.add((at, rules))
                for region in self.columns[at].regions:
                    yield from walk(at + 1, rules & region.rules, (*samples, region.sample))

        return walk(0, self.all, ())

    def pay(self) -> bool:
        """One state more; False when the search has to end."""
        self.states -= 1
        self.exhausted = self.exhausted or self.states < 0
        return self.states >= 0

    def example(self, samples: tuple[Any, ...]) -> str:
        return "; ".join(f"{label} = {text}" for label, text in _inputs(self, samples).items())


def _gaps(table: Table, search: _Search) -> Iterator[Finding]:
    if table.hit_policy in LISTING or any(output.default is not None for output in table.outputs):
        return
    for count, samples in enumerate(search.gaps()):
        if count >= MOST_REPORTED:
            return
        yield _finding("dmn.gap", table, "warning", example=search.example(samples), inputs=_inputs(search, samples))


def _overlaps(table: Table, search: _Search) -> Iterator[Finding]:
    if table.hit_policy not in ("UNIQUE", "ANY"):
        return
    reported = 0
    for second in range(len(table.rules)):
        for first in range(second):
            if reported >= MOST_REPORTED:
                return
            if table.hit_policy == "ANY" and table.rules[first].texts == table.rules[second].texts:
                continue
            both = 1 << first | 1 << second
            samples = next(search.find(lambda rules: rules == both, lambda rules: rules != both, both), None)
            if samples is not None:
                reported += 1
                yield _finding(
                    "dmn.overlap", table, "error", rules=f"{first + 1}, {second + 1}", example=search.example(samples), inputs=_inputs(search, samples)
                )


def _never(table: Table, search: _Search) -> Iterator[Finding]:
    """Rules that no input hits, and with FIRST those that an earlier rule always precedes."""
    for number in range(len(table.rules)):
        bit = 1 << number
        earlier = bit - 1 if table.hit_policy == "FIRST" else 0
        takes_effect = search.find(
            lambda rules, bit=bit, earlier=earlier: bool(rules & bit) and not rules & earlier,  # type: ignore[misc]
            lambda rules, bit=bit: not rules & bit, bit | earlier,  # type: ignore[misc]
        )
        if next(takes_effect, None) is None and not search.exhausted:
            yield _finding("dmn.masked", table, "warning", rule=number + 1)


def _inputs(search: _Search, samples: tuple[Any, ...]) -> dict[str, str]:
    return {column.label: notation(sample) for column, sample in zip(search.columns, samples)}
