"""A parsed expression: what it reads, and how it is evaluated. Immutable; one may serve any number of threads."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.feel import builtin_general, builtin_lists, builtin_numbers, builtin_ranges, builtin_strings, builtin_temporal, tree  # noqa: F401
from engine.feel.closures import Evaluate
from engine.feel.compiler import Compiler
from engine.feel.errors import FeelError, Reason
from engine.feel.evaluation import Environment, Run
from engine.feel.functions import BUILT_INS, HOST_FUNCTIONS
from engine.feel.parser import Parser
from engine.feel.types import NO_TYPES, Types
from engine.feel.values import Range

LARGEST_RESULT = 1_000_000  # values in a result, those inside lists and contexts counted
DEEPEST_RESULT = 100
CONTAINERS = (list, dict, tuple, Range)
_TOO_DEEP = Reason("feel.budget", {"limit": DEEPEST_RESULT})


@dataclass(frozen=True, slots=True)
class Expression:
    """FEEL text, compiled once.

    `names` are the names it reads from its scope; `possible_names` stand inside a filter, where an entry of the element
    may be meant instead. `functions` are the functions it calls by name, built-in ones included.
    """

    text: str
    names: frozenset[str]
    possible_names: frozenset[str]
    functions: frozenset[str]
    tree: tree.Node = field(repr=False)
    evaluate: Evaluate = field(repr=False, compare=False)

    def __call__(self, scope: Mapping[str, Any], env: Environment | None = None) -> Any:
        """The value; null where FEEL says null. Raises FeelError feel.budget (and feel.assert) only."""
        return self._value(scope, Run(env))

    def explain(self, scope: Mapping[str, Any], env: Environment | None = None) -> tuple[Any, tuple[Reason, ...]]:
        """The value, and why it or a part of it is null: at most twenty reasons, in the order they arose."""
        run = Run(env)
        return self._value(scope, run), tuple(run.reasons)

    def strict(self, scope: Mapping[str, Any], env: Environment | None = None) -> Any:
        """The value; where it is null because of an error, that error as FeelError instead."""
        run = Run(env)
        value = self._value(scope, run)
        if value is None and run.reasons:
            raise FeelError(run.reasons[0])
        return value

    def _value(self, scope: Mapping[str, Any], run: Run) -> Any:
        try:
            value = self.evaluate(scope, run)
            if type(value) in CONTAINERS:
                measure(value, LARGEST_RESULT)
            return value
        except RecursionError:
            raise FeelError(_TOO_DEEP) from None


def measure(value: Any, left: int, level: int = 0) -> int:
    """How much of `left` remains; FeelError feel.budget when a result is too large or too deep to be stored.

    Lists may share their elements: a result can print far larger than the work that made it.
    """
    items: Any = (value.start, value.end) if type(value) is Range else value.values() if type(value) is dict else value
    left -= len(items) + 1
    if left < 0 or level > DEEPEST_RESULT:
        raise FeelError(Reason("feel.budget", {"limit": LARGEST_RESULT if left < 0 else DEEPEST_RESULT}))
    for item in items:
        if type(item) in CONTAINERS:
            left = measure(item, left, level + 1)
    return left


def parse(
    text: str, *, unary: bool = False, names: Iterable[str] = (), types: Types = NO_TYPES, known_types: Iterable[str] = ()
) -> Expression:
    """Reads an expression, or with `unary` the cell of a decision table (its value is called `?` in the scope).

    Args:
        names: names of the scope, needed only where they hold signs or keywords («Approved/Declined», «days in weekend»);
            words that stand side by side are one name anyway. A known name also hides the built-in function of that name.
        types: the model's own types, for `instance of` and typed parameters; looked up when evaluated.
        known_types: their names, where these hold signs.

    Raises: FeelSyntaxError.
    """
    known = tuple(names)
    parser = Parser(text, known, (*BUILT_INS, *HOST_FUNCTIONS), known_types)
    node = parser.whole_unary_tests() if unary else parser.whole_expression()
    return of_tree(text, node, known, types)


def of_tree(text: str, node: tree.Node, names: Iterable[str] = (), types: Types = NO_TYPES) -> Expression:
    """An expression from a tree that is already there."""
    compiler = Compiler(tuple(names), types)
    evaluate = compiler.compile(node)
    possible = compiler.possible - compiler.free
    return Expression(text, frozenset(compiler.free), frozenset(possible), frozenset(compiler.called), node, evaluate)


def attribute(text: str, *, names: Iterable[str] = ()) -> Expression | str:
    """An attribute of a diagram: behind a leading `=` an expression, otherwise the text as it stands (Zeebe's convention)."""
    stripped = text.lstrip()
    return parse(stripped[1:], names=names) if stripped.startswith("=") else text
