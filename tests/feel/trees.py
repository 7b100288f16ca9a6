"""Random syntax trees and scopes for the properties of FEEL: quick, seeded, no hypothesis inside."""
from __future__ import annotations

from decimal import Decimal
from random import Random

from engine.feel import tree
from engine.feel.functions import BUILT_INS
from engine.feel.types import ANY, BUILT_IN, SIMPLE, ContextType, FunctionType, ListType, RangeType, Type

NAMES = ("a", "b", "xs", "县区", "申报 人数", "ctx", "missing", "item", "f", "?")
KEYS = ("a", "b", "k", "县区", "with space", "for", "a+b")
TEXTS = ("", "a", "长沙", "abc", "2026-02-28", "P1D", "P1Y2M", "10:00:00", "(a+)+$", "[", '"\\\n', "🐎")
ATS = ("2026-02-28", "2026-02-28T10:00:00", "2026-02-28T10:00:00@Asia/Shanghai", "10:00:00Z", "P3DT4H", "-P1Y", "x", "999999999-12-31")
NUMBERS = ("0", "1", "2", "3", "0.5", "100", "1e6144", "9999999999999999999999999999999999", "1e-6000", "10000000000")
FUNCTIONS = tuple(sorted(BUILT_INS))
_TYPES: tuple[Type, ...] = (
    ANY, BUILT_IN["Null"], *SIMPLE.values(), ListType(SIMPLE["number"]), RangeType(SIMPLE["date"]), ContextType((("a", SIMPLE["string"]),)),
    FunctionType((SIMPLE["number"],), ANY),
)
SCOPE = {
    "a": Decimal(7), "b": "文本", "xs": [Decimal(3), Decimal(1), None, "x", [Decimal(1)]], "县区": "长沙", "申报 人数": 12,
    "ctx": {"a": Decimal(1), "b": [{"k": Decimal(2)}], "with space": True}, "f": None, "?": Decimal(5),
}


class Trees:
    """Grows trees from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def pick(self, items: tuple[object, ...]) -> object:
        return items[self.random.randrange(len(items))]

    def tree(self, size: int) -> tree.Node:
        """A tree of about `size` nodes."""
        if size <= 1:
            return self.leaf()
        return self.random.choice(_BRANCHES)(self, size - 1)

    def leaf(self) -> tree.Node:
        match self.random.randrange(8):
            case 0 | 1:
                return tree.Literal(Decimal(self.pick(NUMBERS)))  # type: ignore[arg-type]
            case 2:
                return tree.Literal(self.pick(TEXTS))  # type: ignore[arg-type]
            case 3:
                return tree.Literal(self.pick((None, True, False)))  # type: ignore[arg-type]
            case 4:
                return tree.At(self.pick(ATS))  # type: ignore[arg-type]
        return tree.Name(self.pick(NAMES))  # type: ignore[arg-type]

    def split(self, size: int, parts: int) -> list[tree.Node]:
        return [self.tree(max(1, size // parts)) for _ in range(parts)]

    def some(self, size: int, most: int = 3, least: int = 0) -> tuple[tree.Node, ...]:
        count = self.random.randint(least, most)
        return tuple(self.split(size, count)) if count else ()

    def flag(self) -> bool:
        return self.random.random() < 0.5

    def iterators(self, size: int) -> tuple[tree.Iterator, ...]:
        names = self.random.sample(("i", "j", "行"), self.random.randint(1, 2))
        return tuple(tree.Iterator(name, self.tree(size // 3), self.tree(size // 4) if self.flag() else None) for name in names)

    # Branches

    def list_of(self, size: int) -> tree.Node:
        return tree.ListOf(self.some(size, 4))

    def context(self, size: int) -> tree.Node:
        keys = self.random.sample(KEYS, self.random.randint(0, 3))
        return tree.ContextOf(tuple((key, self.tree(size // 3)) for key in keys))

    def range_of(self, size: int) -> tree.Node:
        start, end = self.split(size, 2)
        return tree.RangeOf(start, self.flag(), end, self.flag())

    def comparison_range(self, size: int) -> tree.Node:
        return tree.Comparison(str(self.pick(("=", "!=", "<", "<=", ">", ">="))), self.tree(size))

    def negation(self, size: int) -> tree.Node:
        return tree.Negation(self.tree(size))

    def binary(self, size: int) -> tree.Node:
        left, right = self.split(size, 2)
        return tree.Binary(str(self.pick(("+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">="))), left, right)

    def logic(self, size: int) -> tree.Node:
        return (tree.Conjunction if self.flag() else tree.Disjunction)(self.some(size, 3, 2))

    def between(self, size: int) -> tree.Node:
        return tree.Between(*self.split(size, 3))

    def within(self, size: int) -> tree.Node:
        return tree.In(self.tree(size // 2), self.some(size // 2, 3, 1))

    def instance(self, size: int) -> tree.Node:
        return tree.InstanceOf(self.tree(size), self.pick(_TYPES))  # type: ignore[arg-type]

    def path(self, size: int) -> tree.Node:
        return tree.PathOf(self.tree(size), str(self.pick(("a", "b", "k", "year", "time offset", "with space", "start included"))))

    def filter(self, size: int) -> tree.Node:
        return tree.Filter(*self.split(size, 2))

    def call(self, size: int) -> tree.Node:
        return tree.Call(tree.Name(str(self.pick(FUNCTIONS))), self.some(size, 3))

    def call_named(self, size: int) -> tree.Node:
        function = BUILT_INS[str(self.pick(FUNCTIONS))].signatures[0]
        names = function.names[:3]
        return tree.Call(tree.Name(function.function), tuple(self.split(size, len(names))) if names else (), names)

    def call_value(self, size: int) -> tree.Node:
        return tree.Call(self.tree(size // 2), self.some(size // 2, 2))

    def if_(self, size: int) -> tree.Node:
        return tree.If(*self.split(size, 3))

    def for_(self, size: int) -> tree.Node:
        body: tree.Node = tree.Name("partial") if self.random.random() < 0.2 else self.tree(size // 2)
        return tree.For(self.iterators(size // 2), body)

    def quantified(self, size: int) -> tree.Node:
        return tree.Quantified(str(self.pick(("some", "every"))), self.iterators(size // 2), self.tree(size // 2))

    def function(self, size: int) -> tree.Node:
        names = self.random.sample(("x", "y", "参数"), self.random.randint(0, 2))
        return tree.FunctionOf(tuple((name, self.pick(_TYPES) if self.flag() else None) for name in names), self.tree(size))  # type: ignore[misc]


_BRANCHES = (
    Trees.list_of, Trees.context, Trees.range_of, Trees.comparison_range, Trees.negation, Trees.binary, Trees.binary, Trees.logic, Trees.between,
    Trees.within, Trees.instance, Trees.path, Trees.filter, Trees.call, Trees.call, Trees.call_named, Trees.call_value, Trees.if_, Trees.for_,
    Trees.quantified, Trees.function,
)
