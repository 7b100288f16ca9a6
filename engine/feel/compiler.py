"""Syntax tree to Python closures: `evaluate(scope, run)`. Builds no Python source and runs none.

Every closure gives a FEEL value; what goes wrong becomes null and is noted in the run. Only the budget raises.
Operators with constants, comparisons of numbers and equality of texts get closures of their own, for they are what gateways ask.
"""
from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from engine.feel import closures, logic, loops, tree
from engine.feel.arithmetic import OPERATIONS
from engine.feel.closures import Evaluate
from engine.feel.evaluation import Run
from engine.feel.functions import BUILT_INS
from engine.feel.logic import Test
from engine.feel.statics import static_type
from engine.feel.tree import Node, Place
from engine.feel.types import ANY, NO_TYPES, FunctionType, Types
from engine.feel.values import NUMBERS, admit, satisfies

INPUT = "?"  # the name of the tested value in a unary test


class Compiler:
    """One expression. Afterwards `free` are the names it surely reads, `possible` those that an element of a filtered list
    may shadow, `called` the functions it calls by name."""

    def __init__(self, known: Collection[str] = (), types: Types = NO_TYPES) -> None:
        self.known = frozenset(known)
        self.types = types
        self.free: set[str] = set()
        self.possible: set[str] = set()
        self.called: set[str] = set()
        self.local: list[str] = []
        self.filters = 0

    def compile(self, node: Node) -> Evaluate:
        match node:
            case tree.Literal(value):
                return closures.constant(value)
            case tree.At(text):
                return closures.at_literal(text, node.place)
            case tree.Name(name):
                return self.name(name, node.place)
            case tree.ListOf(items):
                return closures.list_of(tuple(self.item(item) for item in items))
            case tree.ContextOf(entries):
                return self.context(entries, node.place)
            case tree.FunctionOf():
                return self.function(node)
            case tree.RangeOf(start, start_included, end, end_included):
                return closures.range_of(self.compile(start), start_included, self.compile(end), end_included, node.place)
            case tree.Comparison(operator, operand):
                return closures.comparison_range(operator, self.compile(operand), node.place)
            case tree.Negation(operand):
                return closures.negation(self.compile(operand), node.place)
            case tree.Binary():
                return self.binary(node)
            case tree.Conjunction(items):
                return logic.fold(logic.conjunction_of, tuple(self.compile(item) for item in items), node.place)
            case tree.Disjunction(items):
                return logic.fold(logic.disjunction_of, tuple(self.compile(item) for item in items), node.place)
            case tree.Between(value, low, high):
                return logic.between_of(self.compile(value), self.compile(low), self.compile(high), node.place)
            case tree.In(value, tests):
                return logic.within_of(self.compile(value), self.tests(tests), node.place)
            case tree.InstanceOf(value, wanted):
                return logic.instance_of(self.compile(value), wanted, self.types, node.place)
            case tree.PathOf(base, name):
                return closures.path(self.compile(base), name, node.place)
            case tree.Filter(base, condition):
                return self.filter(base, condition, node.place)
            case tree.Call():
                return self.call(node)
            case tree.If(condition, then, otherwise):
                return closures.if_then_else(self.compile(condition), self.compile(then), self.compile(otherwise))
            case tree.For(iterators, body):
                return self.for_(iterators, body, node.place)
            case tree.Quantified(which, iterators, condition):
                return self.quantified(which, iterators, condition, node.place)
            case tree.UnaryTests(tests, negated):
                return self.unary(tests, negated)
        raise AssertionError(node)

    # Names

    def name(self, name: str, place: Place) -> Evaluate:
        if name not in self.local:
            (self.possible if self.filters else self.free).add(name)
        return closures.variable(name, place)

    def inside(self, names: Collection[str], node: Node) -> Evaluate:
        """Compiles `node` with more local names."""
        self.local.extend(names)
        compiled = self.compile(node)
        del self.local[len(self.local) - len(names):]
        return compiled

    def item(self, node: Node) -> Evaluate:
        return self.compile(node)

    def context(self, entries: tuple[tuple[str, Node], ...], place: Place) -> Evaluate:
        keys = [key for key, _ in entries]
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            return closures.failing("feel.duplicate-key", place, key=twice)
        compiled: list[tuple[str, Evaluate]] = []
        for i, (key, value) in enumerate(entries):
            compiled.append((key, self.inside(keys[:i + 1] if isinstance(value, tree.FunctionOf) else keys[:i], value)))
        return closures.context_of(tuple(compiled))

    def function(self, node: tree.FunctionOf) -> Evaluate:
        names = tuple(name for name, _ in node.parameters)
        if node.external:
            return closures.failing("feel.external-function", node.place)
        body = self.inside(names, node.body)
        parameter_types = tuple(wanted for _, wanted in node.parameters)
        types, deep, cost = self.types, frames(node.body) + 2, tree.steps(node.body)
        declared = static_type(node)
        result = declared.result if isinstance(declared, FunctionType) else ANY

        def make(s: Any, r: Run) -> Any:
            return loops.Lambda(names, parameter_types, types, body, s, deep, node.place, result=result, cost=cost)

        return make

    # Operators

    def binary(self, node: tree.Binary) -> Evaluate:
        left, right = self.compile(node.left), self.compile(node.right)
        match node.operator:
            case "=":
                return logic.equality(left, right, constant_of(node.right), node, negated=False)
            case "!=":
                return logic.equality(left, right, constant_of(node.right), node, negated=True)
            case "<" | "<=" | ">" | ">=":
                if isinstance(node.right, tree.Literal) and isinstance(node.right.value, Decimal):
                    return logic.ORDERINGS_CONSTANT[node.operator](left, node.right.value, node.place)
                return logic.ORDERINGS[node.operator](left, right, node.place)
            case "+":
                return closures.addition(left, right, node.place)
            case "-":
                return closures.arithmetic("-", NUMBERS.subtract, left, right, node.place)
            case "*":
                return closures.arithmetic("*", NUMBERS.multiply, left, right, node.place)
        return closures.operation_of(OPERATIONS[node.operator], left, right, node.place)

    def tests(self, tests: tuple[Node, ...]) -> tuple[Test, ...]:
        return tuple(self.one_test(test) for test in tests)

    def one_test(self, test: Node) -> Test:
        """A test of a value: `test(value, scope, run)`."""
        match test:
            case tree.Comparison(operator, operand):
                return logic.compare_test(operator, self.compile(operand), test.place)
            case tree.RangeOf(start, start_included, end, end_included):
                return logic.range_test(self.compile(start), start_included, self.compile(end), end_included, test.place)
        evaluate = self.compile(test)

        def meets(value: Any, s: Any, r: Run) -> bool | None:
            return satisfies(value, evaluate(s, r), r.spend)

        return meets

    def unary(self, tests: tuple[Node, ...], negated: bool) -> Evaluate:
        """A cell: true when the value `?` of the scope meets one of the tests."""
        if not tests:
            return closures.constant(True)
        self.local.append(INPUT)
        compiled = tuple(self.cell_test(test) for test in tests)
        self.local.pop()

        def cell(s: Any, r: Run) -> Any:
            value = admit(s[INPUT])
            result: bool | None = False
            for test in compiled:
                one = test(value, s, r)
                if one is True:
                    return not negated
                result = None if one is None else result
            return result if result is None or not negated else True

        return cell

    def cell_test(self, test: Node) -> Test:
        """In a cell, an expression that speaks of `?` is the answer itself; any other is a value to compare with."""
        if isinstance(test, (tree.Comparison, tree.RangeOf)):
            return self.one_test(test)
        evaluate = self.compile(test)
        if mentions(test, INPUT):
            return logic.about_input(evaluate, test.place)

        def meets(value: Any, s: Any, r: Run) -> bool | None:
            wanted = evaluate(s, r)
            if wanted is True and not isinstance(value, bool):
                return True
            return satisfies(value, wanted, r.spend)

        return meets

    # Lists, calls and loops

    def filter(self, base: Node, condition: Node, place: Place) -> Evaluate:
        source = self.compile(base)
        if isinstance(condition, tree.Literal) and isinstance(condition.value, Decimal):
            return loops.index(source, condition.value, place)
        if isinstance(condition, tree.Negation) and isinstance(condition.operand, tree.Literal) and isinstance(condition.operand.value, Decimal):
            return loops.index(source, condition.operand.value.copy_negate(), place)
        self.filters += 1
        compiled = self.inside(("item",), condition)
        self.filters -= 1
        return loops.filtered(source, compiled, place, tree.steps(condition))

    def call(self, node: tree.Call) -> Evaluate:
        arguments = tuple(self.compile(argument) for argument in node.arguments)
        if not isinstance(node.function, tree.Name):
            return loops.call_value(self.compile(node.function), arguments, node.names, node.place)
        name = node.function.name
        if name in self.local or name in self.known:
            if name not in self.local:
                (self.possible if self.filters else self.free).add(name)
            return loops.call_value(closures.callable_or_built_in(name, node.place), arguments, node.names, node.place)
        self.called.add(name)
        if name in BUILT_INS:
            return loops.call_built_in(BUILT_INS[name], arguments, node.names, node.place)
        return loops.call_host(name, arguments, node.names, node.place)

    def iterators(self, iterators: tuple[tree.Iterator, ...]) -> tuple[loops.Source, ...]:
        """Compiled sources; each sees the variables before it, which stay local until the caller removes them."""
        found: list[loops.Source] = []
        for iterator in iterators:
            source = self.compile(iterator.source)
            end = None if iterator.end is None else self.compile(iterator.end)
            found.append(loops.Source(iterator.name, source, end, iterator.place))
            self.local.append(iterator.name)
        return tuple(found)

    def for_(self, iterators: tuple[tree.Iterator, ...], body: Node, place: Place) -> Evaluate:
        before = len(self.local)
        sources = self.iterators(iterators)
        compiled = self.inside(("partial",), body)
        del self.local[before:]
        return loops.for_loop(sources, compiled, mentions(body, "partial"), place, tree.steps(body))

    def quantified(self, which: str, iterators: tuple[tree.Iterator, ...], condition: Node, place: Place) -> Evaluate:
        before = len(self.local)
        sources = self.iterators(iterators)
        compiled = self.compile(condition)
        del self.local[before:]
        return loops.quantified(sources, compiled, which == "some", place, tree.steps(condition))


def mentions(node: Node, name: str) -> bool:
    """Does the tree read `name` anywhere?"""
    return isinstance(node, tree.Name) and node.name == name or any(mentions(child, name) for child in tree.children(node))


_FRAMES = {tree.Call: 3, tree.ListOf: 2, tree.For: 3, tree.Quantified: 3, tree.In: 2, tree.UnaryTests: 2}


def frames(node: Node) -> int:
    """How many Python frames an evaluation of the tree takes at most, functions that it calls not counted."""
    return _FRAMES.get(type(node), 1) + max((frames(child) for child in tree.children(node)), default=0)


def constant_of(node: Node) -> Any:
    return node.value if isinstance(node, tree.Literal) else NOT_CONSTANT


NOT_CONSTANT = object()
