"""Gaps and overlaps of decision tables, each with an example input. Runs the cells themselves on sample values; changes nothing.

The values of a column fall into regions in which every cell of the column answers alike: the constants of the cells, and what
lies between them. One sample a region decides exactly, as long as the cells speak of their input and constants only.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from itertools import islice
from typing import Any, NamedTuple

from engine.dmn.model import Model
from engine.dmn.tables import LISTING, InputClause, Table
from engine.feel import arithmetic, temporal, tree
from engine.feel.closures import Evaluate
from engine.feel.compiler import INPUT, mentions
from engine.feel.errors import FeelError, Rejected
from engine.feel.evaluation import Run
from engine.feel.expression import of_tree
from engine.feel.functions import BUILT_INS
from engine.feel.types import Simple, coerce, resolve
from engine.feel.values import equal, kind, notation, order
from engine.refusals import Finding

MOST_STATES = 100_000
MOST_TESTS = 2_000_000  # of samples against the cells of one column: a table of 1,000 rules that name two constants each
MOST_REPORTED = 5
MOST_PAIRS = 1_000  # of overlapping rules that are collected before the first ones are reported
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


class TooLarge(Exception):
    """A column has more cells and regions than are looked at."""


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
        except TooLarge:
            return [_finding("dmn.too-many-combinations", table, "note")]
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
    samples = _samples(values, clause, table)
    if len(samples) * len(tests) > MOST_TESTS:
        raise TooLarge
    for sample in samples:
        rules = sum(1 << i for i, test in enumerate(tests) if test is None or _met(test, sample))
        regions.setdefault(rules, Region(sample, rules))
    return Column(clause.label, tuple(regions.values()))


def _met(test: Evaluate, sample: Any) -> bool:
    return test({INPUT: sample}, Run(None)) is True


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
        return wanted is None or clause.type is None or coerce(sample, clause.type, table.types)[0]  # a type that nobody knows is told elsewhere

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
    if all(type(value) in (Decimal, str) for value in values):
        return list(dict.fromkeys(values))
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
        self.by_rule: list[list[list[Region]]] = []

    def hit(self, rule: int, earlier: int = 0) -> tuple[Any, ...] | None:
        """An input that meets the rule and none of the `earlier` ones (bits); None when there is none, or the search has ended."""
        bit = 1 << rule
        seen: set[tuple[int, int]] = set()

        def walk(at: int, rules: int, samples: tuple[Any, ...]) -> tuple[Any, ...] | None:
            if (at, rules) in seen or not self.pay():
                return None
            seen.add((at, rules))
            if at == len(self.columns):
                return None if rules else samples
            for region in self.meeting(at, rule):
                found = walk(at + 1, rules & region.rules, (*samples, region.sample))
                if found is not None:
                    return found
            return None

        return walk(0, earlier & ~bit, ())

    def meeting(self, column: int, rule: int) -> Sequence[Region]:
        """The regions of the column that meet the rule's cell."""
        if not self.by_rule:
            self.by_rule = [_by_rule(one.regions, self.all.bit_length()) for one in self.columns]
        return self.by_rule[column][rule]

    def pairs(self, differ: Callable[[int, int], bool]) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
        """Two rules that hit together and `differ`, the earlier first, with an input; each pair once."""
        seen: set[tuple[int, int]] = set()
        told: set[tuple[int, int]] = set()

        def walk(at: int, rules: int, samples: tuple[Any, ...]) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
            if not rules & (rules - 1) or (at, rules) in seen or not self.pay():
                return
            seen.add((at, rules))
            if at == len(self.columns):
                for pair in _pairs_of(rules):
                    if pair not in told and differ(*pair):
                        told.add(pair)
                        yield *pair, samples
                return
            for region in self.columns[at].regions:
                yield from walk(at + 1, rules & region.rules, (*samples, region.sample))

        return walk(0, self.all, ())

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

    def differ(first: int, second: int) -> bool:
        return table.hit_policy == "UNIQUE" or table.rules[first].texts != table.rules[second].texts

    pairs = sorted(islice(search.pairs(differ), MOST_PAIRS), key=lambda pair: (pair[1], pair[0]))
    for first, second, samples in pairs[:MOST_REPORTED]:
        yield _finding(
            "dmn.overlap", table, "error", rules=f"{first + 1}, {second + 1}", example=search.example(samples), inputs=_inputs(search, samples)
        )


def _pairs_of(rules: int) -> Iterator[tuple[int, int]]:
    """Of the rules that are given as bits, every two; at most so many as are reported."""
    numbers = [number for number in range(rules.bit_length()) if rules >> number & 1]
    return islice(((first, second) for second in numbers for first in numbers if first < second), MOST_PAIRS)


def _by_rule(regions: Sequence[Region], rules: int) -> list[list[Region]]:
    found: list[list[Region]] = [[] for _ in range(rules)]
    for region in regions:
        for number in range(rules):
            if region.rules >> number & 1:
                found[number].append(region)
    return found


def _never(table: Table, search: _Search) -> Iterator[Finding]:
    """Rules that no input meets, and with FIRST those that an earlier rule always precedes."""
    for number in range(len(table.rules)):
        unmet = next((column for column in range(len(search.columns)) if not search.meeting(column, number)), None)
        if unmet is not None:
            yield _finding("dmn.never", table, "warning", rule=number + 1, column=unmet + 1, input=search.columns[unmet].label)
        elif table.hit_policy == "FIRST" and search.hit(number, (1 << number) - 1) is None and not search.exhausted:
            yield _finding("dmn.masked", table, "warning", rule=number + 1)


def _inputs(search: _Search, samples: tuple[Any, ...]) -> dict[str, str]:
    return {column.label: notation(sample) for column, sample in zip(search.columns, samples)}
