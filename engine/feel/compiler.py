"""Syntax tree to Python closures: `evaluate(scope, run)`. Builds no Python source and runs none.

Every closure gives a FEEL value; what goes wrong becomes null and is noted in the run. Only the budget raises.
Operators with constants, comparisons of numbers and equality of texts get closures of their own, for they are what gateways ask.
"""
from __future__ import annotations

from collections.abc import Callable, Collection

from decimal import Decimal
from typing import Any

from engine.feel import loops, temporal, tree
from engine.feel.arithmetic import OPERATIONS, negate
from engine.feel.errors import Rejected
from engine.feel.evaluation import LONGEST_STRING, Frame, Run
from engine.feel.functions import BUILT_INS
from engine.feel.properties import property_of
from engine.feel.tree import Node, Place
from engine.feel.types import NO_TYPES, Type, Types, is_instance
from engine.feel.values import NUMBERS, PLAIN, Range, admit, both, equal, is_callable, is_list, kind, order, satisfies

Evaluate = Callable[[Any, Run], Any]
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
                return constant(value)
            case tree.At(text):
                return _at(text, node.place)
            case tree.Name(name):
                return self.name(name, node.place)
            case tree.ListOf(items):
                return _list(tuple(self.item(item) for item in items))
            case tree.ContextOf(entries):
                return self.context(entries, node.place)
            case tree.FunctionOf():
                return self.function(node)
            case tree.RangeOf(start, start_included, end, end_included):
                return _range(self.compile(start), start_included, self.compile(end), end_included, node.place)
            case tree.Comparison(operator, operand):
                return _comparison_range(operator, self.compile(operand), node.place)
            case tree.Negation(operand):
                return _negation(self.compile(operand), node.place)
            case tree.Binary():
                return self.binary(node)
            case tree.Conjunction(items):
                return _fold(_and, tuple(self.compile(item) for item in items), node.place)
            case tree.Disjunction(items):
                return _fold(_or, tuple(self.compile(item) for item in items), node.place)
            case tree.Between(value, low, high):
                return _between(self.compile(value), self.compile(low), self.compile(high), node.place)
            case tree.In(value, tests):
                return _in(self.compile(value), self.tests(tests), node.place)
            case tree.InstanceOf(value, wanted):
                return _instance(self.compile(value), wanted, self.types, node.place)
            case tree.PathOf(base, name):
                return path(self.compile(base), name, node.place)
            case tree.Filter(base, condition):
                return self.filter(base, condition, node.place)
            case tree.Call():
                return self.call(node)
            case tree.If(condition, then, otherwise):
                return _if(self.compile(condition), self.compile(then), self.compile(otherwise))
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
        return variable(name, place)

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
            return failing("feel.duplicate-key", place, key=twice)
        compiled: list[tuple[str, Evaluate]] = []
        for i, (key, value) in enumerate(entries):
            compiled.append((key, self.inside(keys[:i + 1] if isinstance(value, tree.FunctionOf) else keys[:i], value)))
        return _context(tuple(compiled))

    def function(self, node: tree.FunctionOf) -> Evaluate:
        names = tuple(name for name, _ in node.parameters)
        if node.external:
            return failing("feel.external-function", node.place)
        body = self.inside(names, node.body)
        parameters, types, frames = node.parameters, self.types, depth(node.body) + 4

        def make(s: Any, r: Run) -> Any:
            return loops.Lambda(names, tuple(t for _, t in parameters), types, body, s, frames, node.place)

        return make

    # Operators

    def binary(self, node: tree.Binary) -> Evaluate:
        left, right = self.compile(node.left), self.compile(node.right)
        match node.operator:
            case "=":
                return equality(left, right, _constant_of(node.right), node, negated=False)
            case "!=":
                return equality(left, right, _constant_of(node.right), node, negated=True)
            case "<" | "<=" | ">" | ">=":
                if isinstance(node.right, tree.Literal) and isinstance(node.right.value, Decimal):
                    return _ORDERINGS_CONSTANT[node.operator](left, node.right.value, node.place)
                return _ORDERINGS[node.operator](left, right, node.place)
            case "+":
                return _addition(left, right, node.place)
            case "-":
                return _arithmetic("-", NUMBERS.subtract, left, right, node.place)
            case "*":
                return _arithmetic("*", NUMBERS.multiply, left, right, node.place)
        return _operation(OPERATIONS[node.operator], left, right, node.place)

    def tests(self, tests: tuple[Node, ...]) -> tuple[Callable[[Any, Any, Run], bool | None], ...]:
        return tuple(self.one_test(test) for test in tests)

    def one_test(self, test: Node) -> Callable[[Any, Any, Run], bool | None]:
        """A test of a value: `test(value, scope, run)`."""
        match test:
            case tree.Comparison(operator, operand):
                return _compare_test(operator, self.compile(operand), test.place)
            case tree.RangeOf(start, start_included, end, end_included):
                return _range_test(self.compile(start), start_included, self.compile(end), end_included, test.place)
        evaluate = self.compile(test)

        def meets(value: Any, s: Any, r: Run) -> bool | None:
            return satisfies(value, evaluate(s, r), r.spend)

        return meets

    def unary(self, tests: tuple[Node, ...], negated: bool) -> Evaluate:
        """A cell: true when the value `?` of the scope meets one of the tests."""
        if not tests:
            return constant(True)
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

    def cell_test(self, test: Node) -> Callable[[Any, Any, Run], bool | None]:
        """In a cell, an expression that speaks of `?` is the answer itself; any other is a value to compare with."""
        if isinstance(test, (tree.Comparison, tree.RangeOf)):
            return self.one_test(test)
        evaluate = self.compile(test)
        if mentions(test, INPUT):
            return _about_input(evaluate, test.place)

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
        return loops.filtered(source, compiled, place)

    def call(self, node: tree.Call) -> Evaluate:
        arguments = tuple(self.compile(argument) for argument in node.arguments)
        if not isinstance(node.function, tree.Name):
            return loops.call_value(self.compile(node.function), arguments, node.names, node.place)
        name = node.function.name
        if name in self.local or name in self.known:
            if name not in self.local:
                (self.possible if self.filters else self.free).add(name)
            return loops.call_value(_callable_or_built_in(name, node.place), arguments, node.names, node.place)
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
        return loops.for_loop(sources, compiled, mentions(body, "partial"), place)

    def quantified(self, which: str, iterators: tuple[tree.Iterator, ...], condition: Node, place: Place) -> Evaluate:
        before = len(self.local)
        sources = self.iterators(iterators)
        compiled = self.compile(condition)
        del self.local[before:]
        return loops.quantified(sources, compiled, which == "some", place)


def mentions(node: Node, name: str) -> bool:
    """Does the tree read `name` anywhere?"""
    return isinstance(node, tree.Name) and node.name == name or any(mentions(child, name) for child in tree.children(node))


def depth(node: Node) -> int:
    return 1 + max((depth(child) for child in tree.children(node)), default=0)


def _constant_of(node: Node) -> Any:
    return node.value if isinstance(node, tree.Literal) else _NOT_CONSTANT


_NOT_CONSTANT = object()


# Closures. `s` is the scope, `r` the run.

def constant(value: Any) -> Evaluate:
    return lambda s, r: value


def failing(code: str, place: Place, **details: object) -> Evaluate:
    return lambda s, r: r.null(code, place, **details)


def variable(name: str, place: Place) -> Evaluate:
    def read(s: Any, r: Run) -> Any:
        try:
            value = s[name]
        except KeyError:
            return _other_meaning(name, r, place)
        return value if type(value) in PLAIN else admit(value)

    return read


def _other_meaning(name: str, r: Run, place: Place) -> Any:
    """A name that is not in the scope may be a function's."""
    if name in BUILT_INS:
        return BUILT_INS[name]
    if r.env is not None and name in r.env.functions:
        return r.env.functions[name]
    return r.null("feel.missing-name", place, name=name)


def _callable_or_built_in(name: str, place: Place) -> Evaluate:
    def read(s: Any, r: Run) -> Any:
        try:
            value = s[name]
        except KeyError:
            return _other_meaning(name, r, place)
        return value if is_callable(value) or name not in BUILT_INS else BUILT_INS[name]

    return read


def _at(text: str, place: Place) -> Evaluate:
    try:
        return constant(temporal.parse_at(text))
    except (ValueError, OverflowError):
        return failing("feel.bad-literal", place, text=text)


def _list(items: tuple[Evaluate, ...]) -> Evaluate:
    size = len(items)

    def make(s: Any, r: Run) -> Any:
        r.steps -= size
        return [item(s, r) for item in items]

    return make


def _context(entries: tuple[tuple[str, Evaluate], ...]) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        r.spend(len(entries))
        frame = Frame(s)
        for key, value in entries:
            frame[key] = value(frame, r)
        return dict(frame)

    return make


def _range(start: Evaluate, start_included: bool, end: Evaluate, end_included: bool, place: Place) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        low, high = start(s, r), end(s, r)
        found = None if low is None or high is None else order(low, high)
        if found is None:
            return r.null("feel.bad-range", place, start=kind(low), end=kind(high))
        return Range(low, start_included, high, end_included)

    return make


def _comparison_range(operator: str, operand: Evaluate, place: Place) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        end = operand(s, r)
        if end is None and operator not in ("=", "!="):
            return r.null("feel.null-operand", place, operator=operator)
        return one_ended(operator, end)

    return make


def one_ended(operator: str, end: object) -> Range:
    """The range that `(< 5)` means."""
    match operator:
        case "<" | "<=":
            return Range(None, False, end, operator == "<=", operator)
        case ">" | ">=":
            return Range(end, operator == ">=", None, False, operator)
    return Range(end, True, end, True, operator)


def _negation(operand: Evaluate, place: Place) -> Evaluate:
    def minus(s: Any, r: Run) -> Any:
        try:
            return negate(operand(s, r))
        except Rejected as no:
            return r.null(no.code, place, **no.details)

    return minus


def _operation(operation: Callable[[Any, Any], object], left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def operate(s: Any, r: Run) -> Any:
        return _general(operation, left(s, r), right(s, r), r, place)

    return operate


def _general(operation: Callable[[Any, Any], object], a: Any, b: Any, r: Run, place: Place) -> Any:
    try:
        return operation(a, b)
    except Rejected as no:
        return r.null(no.code, place, **no.details)
    except OverflowError:
        return r.null("feel.overflow", place, operation="")


def _arithmetic(operator: str, decimal: Callable[[Any, Any], Decimal], left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    operation = OPERATIONS[operator]

    def operate(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        if type(a) is Decimal and type(b) is Decimal:
            result = decimal(a, b)
            if result.is_finite():
                return result
        return _general(operation, a, b, r, place)

    return operate


def _addition(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    add, operation = NUMBERS.add, OPERATIONS["+"]

    def operate(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        if type(a) is Decimal and type(b) is Decimal:
            result = add(a, b)
            if result.is_finite():
                return result
        elif type(a) is str and type(b) is str:
            size = len(a) + len(b)
            if size > LONGEST_STRING:
                return r.null("feel.text-too-long", place, limit=LONGEST_STRING)
            r.spend(1 + size // 16)
            return a + b
        return _general(operation, a, b, r, place)

    return operate


def equality(left: Evaluate, right: Evaluate, wanted: Any, node: Node, negated: bool) -> Evaluate:
    place, operator = node.place, "!=" if negated else "="

    def compare(a: Any, b: Any, r: Run) -> Any:
        result = equal(a, b, r.spend)
        if result is None:
            return r.null("feel.incomparable", place, operator=operator, left=kind(a), right=kind(b))
        return result is not negated

    if type(wanted) is str:
        def equals_text(s: Any, r: Run) -> Any:
            a = left(s, r)
            return (a == wanted) is not negated if type(a) is str else compare(a, wanted, r)

        return equals_text

    def equals(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        t = type(a)
        if t is type(b) and (t is str or t is Decimal or t is bool):
            return (a == b) is not negated
        return compare(a, b, r)

    return equals


def ordered(operator: str, a: Any, b: Any, r: Run, place: Place) -> bool | None:
    """Two values of any kind under `<`, `<=`, `>` or `>=`."""
    found = order(a, b)
    if found is None:
        if a is None or b is None:
            return r.null("feel.null-operand", place, operator=operator)
        return r.null("feel.incomparable", place, operator=operator, left=kind(a), right=kind(b))
    return found < 0 if operator == "<" else found <= 0 if operator == "<=" else found > 0 if operator == ">" else found >= 0


def _less(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def less(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a < b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered("<", a, b, r, place)

    return less


def _less_equal(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def less_equal(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a <= b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered("<=", a, b, r, place)

    return less_equal


def _greater(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def greater(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a > b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered(">", a, b, r, place)

    return greater


def _greater_equal(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def greater_equal(s: Any, r: Run) -> Any:
        a, b = left(s, r), right(s, r)
        ta, tb = type(a), type(b)
        return a >= b if (ta is Decimal or ta is int) and (tb is Decimal or tb is int) else ordered(">=", a, b, r, place)

    return greater_equal


def _constant_ordering(operator: str, compare: Callable[[Any, Decimal], bool]) -> Callable[[Evaluate, Decimal, Place], Evaluate]:
    """Against a number that stands in the text."""
    def build(left: Evaluate, wanted: Decimal, place: Place) -> Evaluate:
        def against(s: Any, r: Run) -> Any:
            a = left(s, r)
            t = type(a)
            return compare(a, wanted) if t is Decimal or t is int else ordered(operator, a, wanted, r, place)

        return against

    return build


_ORDERINGS = {"<": _less, "<=": _less_equal, ">": _greater, ">=": _greater_equal}
_ORDERINGS_CONSTANT = {
    "<": _constant_ordering("<", lambda a, b: a < b), "<=": _constant_ordering("<=", lambda a, b: a <= b),
    ">": _constant_ordering(">", lambda a, b: a > b), ">=": _constant_ordering(">=", lambda a, b: a >= b),
}


def _fold(pair: Callable[[Evaluate, Evaluate, Place], Evaluate], items: tuple[Evaluate, ...], place: Place) -> Evaluate:
    """Three-valued logic is associative: a balanced tree of pairs keeps the frames few."""
    if len(items) == 1:
        return items[0]
    middle = (len(items) + 1) // 2
    return pair(_fold(pair, items[:middle], place), _fold(pair, items[middle:], place), place)


def _and(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def conjunction(s: Any, r: Run) -> Any:
        a = left(s, r)
        if a is False:
            return False
        b = right(s, r)
        if a is True and (b is True or b is False):
            return b
        return False if b is False else _not_boolean("and", a, b, r, place)

    return conjunction


def _or(left: Evaluate, right: Evaluate, place: Place) -> Evaluate:
    def disjunction(s: Any, r: Run) -> Any:
        a = left(s, r)
        if a is True:
            return True
        b = right(s, r)
        if a is False and (b is True or b is False):
            return b
        return True if b is True else _not_boolean("or", a, b, r, place)

    return disjunction


def _not_boolean(operator: str, a: Any, b: Any, r: Run, place: Place) -> None:
    for value in (a, b):
        if value is not None and type(value) is not bool:
            return r.null("feel.not-boolean", place, operator=operator, kind=kind(value))
    return None


def _between(value: Evaluate, low: Evaluate, high: Evaluate, place: Place) -> Evaluate:
    def between(s: Any, r: Run) -> Any:
        v = value(s, r)
        return both(ordered(">=", v, low(s, r), r, place), ordered("<=", v, high(s, r), r, place))

    return between


def _in(value: Evaluate, tests: tuple[Callable[[Any, Any, Run], bool | None], ...], place: Place) -> Evaluate:
    def within(s: Any, r: Run) -> Any:
        v = value(s, r)
        result: bool | None = False
        for test in tests:
            one = test(v, s, r)
            if one is True:
                return True
            result = None if one is None else result
        if result is None and len(tests) > 1:
            return False  # one of several tests that cannot be compared is one that is not met
        return result

    return within


def _compare_test(operator: str, operand: Evaluate, place: Place) -> Callable[[Any, Any, Run], bool | None]:
    def meets(value: Any, s: Any, r: Run) -> bool | None:
        wanted = operand(s, r)
        if operator == "=" or operator == "!=":
            same = equal(value, wanted, r.spend)
            if same is None:
                return r.null("feel.incomparable", place, operator=operator, left=kind(value), right=kind(wanted))
            return same is (operator == "=")
        return ordered(operator, value, wanted, r, place)

    return meets


def _range_test(
    start: Evaluate, start_included: bool, end: Evaluate, end_included: bool, place: Place
) -> Callable[[Any, Any, Run], bool | None]:
    above, below = ">=" if start_included else ">", "<=" if end_included else "<"

    def meets(value: Any, s: Any, r: Run) -> bool | None:
        return both(ordered(above, value, start(s, r), r, place), ordered(below, value, end(s, r), r, place))

    return meets


def _about_input(evaluate: Evaluate, place: Place) -> Callable[[Any, Any, Run], bool | None]:
    def meets(value: Any, s: Any, r: Run) -> bool | None:
        found = evaluate(s, r)
        if type(found) is bool:
            return found
        return r.null("feel.not-boolean", place, operator="?", kind=kind(found))

    return meets


def _instance(value: Evaluate, wanted: Type, types: Types, place: Place) -> Evaluate:
    def instance(s: Any, r: Run) -> Any:
        v = value(s, r)
        r.spend(len(v) if is_list(v) else 1)
        result = is_instance(v, wanted, types)
        return r.null("feel.unknown-type", place, type=str(getattr(wanted, "name", ""))) if result is None else result

    return instance


def path(base: Evaluate, name: str, place: Place) -> Evaluate:
    def read(s: Any, r: Run) -> Any:
        value = base(s, r)
        if type(value) is dict:
            try:
                found = value[name]
            except KeyError:
                return r.null("feel.missing-entry", place, name=name)
            return found if type(found) in PLAIN else admit(found)
        return _path_slow(value, name, r, place)

    return read


def _path_slow(value: Any, name: str, r: Run, place: Place) -> Any:
    if is_list(value):
        r.spend(len(value))
        return [_path_slow(item, name, r, place) for item in value]
    try:
        return property_of(value, name)
    except Rejected as no:
        return r.null(no.code, place, **no.details)


def _if(condition: Evaluate, then: Evaluate, otherwise: Evaluate) -> Evaluate:
    def choose(s: Any, r: Run) -> Any:
        mark = len(r.reasons)
        chosen = condition(s, r) is True
        del r.reasons[mark:]  # a null condition takes the else branch: that is no error of the value
        return then(s, r) if chosen else otherwise(s, r)

    return choose


