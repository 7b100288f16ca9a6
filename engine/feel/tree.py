"""The syntax tree of FEEL: immutable nodes, equal when they mean the same text. Evaluates nothing."""
from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.feel.types import Type


@dataclass(frozen=True, slots=True)
class Place:
    """1-based line and column in the expression's text."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    place: Place = field(default=Place(), compare=False, kw_only=True)
    height: int = field(init=False, compare=False, repr=False, kw_only=True)  # 1 for a leaf
    size: int = field(init=False, compare=False, repr=False, kw_only=True)  # nodes in the tree, those that cost much counted as many

    def __post_init__(self) -> None:
        height, size = 0, own_size(self)
        for child in children(self):
            height = max(height, child.height)
            size += child.size
        object.__setattr__(self, "height", 1 + height)
        object.__setattr__(self, "size", size)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """null, true, false, a number or a text."""

    value: None | bool | str | Decimal


@dataclass(frozen=True, slots=True)
class At(Node):
    """`@"2026-09-01"`."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class FunctionOf(Node):
    """`function(a: number, b) body`. An external one keeps its description as body and cannot be called."""

    parameters: tuple[tuple[str, Type | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    start: Node
    start_included: bool
    end: Node
    end_included: bool


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A unary test with an operator: `< 5`, `!= "a"`. In parentheses it is a value, a range with one end."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic `+ - * / **` and comparison `= != < <= > >=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conjunction(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Disjunction(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class PathOf(Node):
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """Positional when `names` is empty, else one name an argument."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator(Node):
    """`x in source`, or `x in source..end` over whole numbers or dates."""

    name: str
    source: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some … satisfies` or `every … satisfies`."""

    kind: str
    iterators: tuple[Iterator, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """The cell of a decision table. No tests means «-»: anything."""

    tests: tuple[Node, ...]
    negated: bool = False


_POWER_SIZE = 60  # a power with a broken exponent takes the time of sixty additions
_NODES_A_STEP = 8


def own_size(node: Node) -> int:
    return _POWER_SIZE if isinstance(node, Binary) and node.operator == "**" else 1


def steps(node: Node) -> int:
    """What one evaluation of the tree costs, loops and calls inside not counted."""
    return 1 + node.size // _NODES_A_STEP


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Literal() | Name() | At():
            return ()
        case ListOf(items) | Conjunction(items) | Disjunction(items):
            return items
        case ContextOf(entries):
            return tuple(value for _, value in entries)
        case FunctionOf(body=body):
            return (body,)
        case RangeOf(start, _, end, _):
            return start, end
        case Comparison(operand=operand) | Negation(operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case Between(value, low, high):
            return value, low, high
        case In(value, tests):
            return value, *tests
        case InstanceOf(value=value):
            return (value,)
        case PathOf(base=base):
            return (base,)
        case Filter(base, condition):
            return base, condition
        case Call(function, arguments):
            return function, *arguments
        case If(condition, then, otherwise):
            return condition, then, otherwise
        case Iterator(_, source, end):
            return (source,) if end is None else (source, end)
        case For(iterators, body):
            return *iterators, body
        case Quantified(_, iterators, condition):
            return *iterators, condition
        case UnaryTests(tests=tests):
            return tests
    return ()
