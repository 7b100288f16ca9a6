"""A syntax tree to FEEL text that reads as the same tree again. Keeps no comments and no spacing of the author."""
from __future__ import annotations

from engine.feel import tree
from engine.feel.names import KEYWORDS
from engine.feel.tree import Node
from engine.feel.types import AnyType, ContextType, FunctionType, ListType, NamedType, RangeType, Simple, Type
from engine.feel.values import quote

# How tightly a node binds; an operand that binds less than its place asks for gets parentheses.
_EXPRESSION, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _NEGATION, _INSTANCE, _POSTFIX = range(10)
_BINARY = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}


def to_text(node: Node) -> str:
    """The text of an expression, or of a cell for `UnaryTests`."""
    return _write(node, _EXPRESSION)


def _write(node: Node, least: int) -> str:
    text, level = _text(node)
    return f"({text})" if level < least else text


def _text(node: Node) -> tuple[str, int]:
    match node:
        case tree.Literal(value):
            return _literal(value), _POSTFIX
        case tree.At(text):
            return "@" + quote(text), _POSTFIX
        case tree.Name(name):
            return name, _POSTFIX
        case tree.ListOf(items):
            return "[" + _many(items) + "]", _POSTFIX
        case tree.ContextOf(entries):
            return "{" + ", ".join(f"{_key(key)}: {to_text(value)}" for key, value in entries) + "}", _POSTFIX
        case tree.RangeOf(start, start_included, end, end_included):
            return f"{'[' if start_included else '('}{to_text(start)}..{to_text(end)}{']' if end_included else ')'}", _POSTFIX
        case tree.Comparison(operator, operand):
            return f"({operator} {_write(operand, _SUM)})", _POSTFIX
        case tree.PathOf(base, name):
            return f"{_write(base, _POSTFIX)}.{name}", _POSTFIX
        case tree.Filter(base, condition):
            return f"{_write(base, _POSTFIX)}[{to_text(condition)}]", _POSTFIX
        case tree.Call(function, arguments, names):
            return f"{_write(function, _POSTFIX)}({_arguments(arguments, names)})", _POSTFIX
        case tree.UnaryTests(tests, negated):
            return _cell(tests, negated), _EXPRESSION
    return _operator(node)


def _operator(node: Node) -> tuple[str, int]:
    match node:
        case tree.Disjunction(items):
            return " or ".join(_write(item, _AND) for item in items), _OR
        case tree.Conjunction(items):
            return " and ".join(_write(item, _COMPARISON) for item in items), _AND
        case tree.Binary(operator, left, right):
            level = _BINARY.get(operator, _COMPARISON)
            return f"{_write(left, level)} {operator} {_write(right, level + 1)}", level
        case tree.Between(value, low, high):
            return f"{_write(value, _COMPARISON)} between {_write(low, _SUM)} and {_write(high, _SUM)}", _COMPARISON
        case tree.In(value, tests):
            return f"{_write(value, _COMPARISON)} in ({_many(tests)})", _COMPARISON
        case tree.Negation(operand):
            return f"-{_write(operand, _NEGATION)}", _NEGATION
        case tree.InstanceOf(value, wanted):
            return f"{_write(value, _INSTANCE)} instance of {type_text(wanted)}", _INSTANCE
        case tree.If(condition, then, otherwise):
            return f"if {to_text(condition)} then {to_text(then)} else {to_text(otherwise)}", _EXPRESSION
        case tree.For(iterators, body):
            return f"for {_iterators(iterators)} return {to_text(body)}", _EXPRESSION
        case tree.Quantified(kind, iterators, condition):
            return f"{kind} {_iterators(iterators)} satisfies {to_text(condition)}", _EXPRESSION
        case tree.FunctionOf(parameters, body, external):
            named = ", ".join(name if wanted is None else f"{name}: {type_text(wanted)}" for name, wanted in parameters)
            return f"function({named}) {'external ' if external else ''}{to_text(body)}", _EXPRESSION
    raise AssertionError(node)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return quote(value)
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)


def _many(items: tuple[Node, ...]) -> str:
    return ", ".join(to_text(item) for item in items)


def _key(key: str) -> str:
    return key if key.isidentifier() and key not in KEYWORDS else quote(key)


def _arguments(arguments: tuple[Node, ...], names: tuple[str, ...]) -> str:
    if not names:
        return _many(arguments)
    return ", ".join(f"{name}: {to_text(argument)}" for name, argument in zip(names, arguments))


def _iterators(iterators: tuple[tree.Iterator, ...]) -> str:
    return ", ".join(
        f"{one.name} in {to_text(one.source)}" + ("" if one.end is None else f"..{to_text(one.end)}") for one in iterators
    )


def _cell(tests: tuple[Node, ...], negated: bool) -> str:
    if not tests:
        return "-"
    texts = [f"({to_text(test)})" if _calls_not(test) else to_text(test) for test in tests]
    return f"not({', '.join(texts)})" if negated else ", ".join(texts)


def _calls_not(test: Node) -> bool:
    """At the beginning of a cell, `not(…)` would be read as the cell's own negation."""
    return to_text(test).startswith("not(")


def type_text(wanted: Type) -> str:
    """A type as it is written behind `instance of`."""
    match wanted:
        case AnyType():
            return "Any"
        case Simple(name):
            return "Null" if name == "null" else name
        case NamedType(name):
            return name
        case ListType(element):
            return f"list<{type_text(element)}>"
        case RangeType(element):
            return f"range<{type_text(element)}>"
        case ContextType(entries):
            return "context<" + ", ".join(f"{name}: {type_text(one)}" for name, one in entries) + ">"
        case FunctionType(parameters, result):
            return "function<" + ", ".join(type_text(one) for one in parameters) + f"> -> {type_text(result)}"
    raise ValueError(wanted)
