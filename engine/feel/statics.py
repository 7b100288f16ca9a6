"""The type of all values that an expression can give, told by its form alone. Any where the form does not tell. Evaluates nothing."""
from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping

from engine.feel import temporal, tree
from engine.feel.tree import Node
from engine.feel.types import ANY, BUILT_IN, SIMPLE, ContextType, FunctionType, ListType, RangeType, Type
from engine.feel.values import kind

NULL, NUMBER, STRING, BOOLEAN = BUILT_IN["Null"], SIMPLE["number"], SIMPLE["string"], SIMPLE["boolean"]
Names = ChainMap[str, Type]  # the types of the names in scope that are known; a chain, so that no scope is copied
_NONE: Names = ChainMap()
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


def _results(wanted: Type, names: str) -> dict[str, Type]:
    return {name.strip(): wanted for name in names.split(",")}


# What the built-in functions give (when it is not null); those that give back what they were given are left out.
RESULTS: Mapping[str, Type] = {
    **_results(NUMBER, "number, decimal, floor, ceiling, round up, round down, round half up, round half down, modulo, sqrt, log, exp, string length"),
    **_results(NUMBER, "count, product, mean, median, stddev, trimmed mean, day of year, week of year"),
    **_results(STRING, "string, substring, upper case, lower case, substring before, substring after, replace, string join, trim, day of week, month of year"),
    **_results(BOOLEAN, "not, is, contains, starts with, ends with, matches, list contains, all, any, odd, even, is defined, is empty, is blank"),
    **_results(BOOLEAN, "before, after, meets, met by, overlaps, overlaps before, overlaps after, finishes, finished by, includes, during, starts"),
    **_results(BOOLEAN, "started by, coincides"),
    **_results(ListType(STRING), "split, extract"), **_results(ListType(NUMBER), "index of, mode"),
    **_results(SIMPLE["date"], "date, today, last day of month"), **_results(SIMPLE["time"], "time"), **_results(SIMPLE["date and time"], "date and time, now"),
    **_results(SIMPLE["years and months duration"], "years and months duration"),
}


def static_type(node: Node, names: Names = _NONE) -> Type:
    """The type of `node` where `names` are the types of the names it may read. Looks at each node once."""
    match node:
        case tree.Literal(None):
            return NULL
        case tree.Literal(value):
            return SIMPLE[kind(value)]
        case tree.At(text):
            return _at(text)
        case tree.Name(name):
            return names.get(name, ANY)
        case tree.Negation(operand):
            return static_type(operand, names)
        case tree.Conjunction() | tree.Disjunction() | tree.Between() | tree.In() | tree.InstanceOf() | tree.Quantified():
            return BOOLEAN
        case tree.Binary(operator):
            return BOOLEAN if operator in _COMPARISONS else _arithmetic(node, names)
        case tree.If(_, then, otherwise):
            return joined(static_type(then, names), static_type(otherwise, names))
        case tree.ListOf(items):
            return _list([static_type(item, names) for item in items])
        case tree.RangeOf(start):
            return RangeType(static_type(start, names))
        case tree.ContextOf(entries):
            return _context(entries, names)
        case tree.FunctionOf(parameters, body):
            inside = names.new_child({name: wanted or ANY for name, wanted in parameters})
            return FunctionType(tuple(wanted or ANY for _, wanted in parameters), static_type(body, inside))
        case tree.PathOf(base, part):
            found = static_type(base, names)
            return dict(found.entries).get(part, ANY) if isinstance(found, ContextType) else ANY
        case tree.Call(tree.Name(name)):
            called = names.get(name)
            return RESULTS.get(name, ANY) if called is None else called.result if isinstance(called, FunctionType) else ANY
        case tree.For(iterators, body):
            return ListType(static_type(body, names.new_child({"partial": ANY, **{one.name: ANY for one in iterators}})))
    return ANY


def joined(one: Type, other: Type) -> Type:
    """The type of what is either of the two. Null conforms to every type."""
    if one == other or other == NULL:
        return one
    return other if one == NULL else ANY


def _at(text: str) -> Type:
    try:
        return SIMPLE[kind(temporal.parse_at(text))]
    except (ValueError, OverflowError):
        return NULL


def _arithmetic(node: tree.Binary, names: Names) -> Type:
    left, right = static_type(node.left, names), static_type(node.right, names)
    return left if left == right and (left == NUMBER or left == STRING and node.operator == "+") else ANY


def _list(items: list[Type]) -> Type:
    found = items[0] if items else ANY
    for item in items[1:]:
        found = joined(found, item)
    return ListType(found)


def _context(entries: tuple[tuple[str, Node], ...], names: Names) -> Type:
    """Later entries see earlier ones."""
    seen, found = names.new_child({}), []
    for key, value in entries:
        seen[key] = static_type(value, seen)
        found.append((key, seen[key]))
    return ContextType(tuple(found))
