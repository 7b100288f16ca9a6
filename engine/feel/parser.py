"""FEEL text to a syntax tree. Looks nothing up but names, calls nothing, evaluates nothing."""
from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.feel import lexer, tree
from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Source, Token
from engine.feel.names import KEYWORDS, NameIndex, fixed_index, side_by_side
from engine.feel.tree import Node, Place
from engine.feel.types import ANY, BUILT_IN, ContextType, FunctionType, ListType, NamedType, RangeType, Type
from engine.feel.values import NUMBERS

DEEPEST = 120  # nesting of an expression; evaluation uses a bounded number of Python frames a level
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_CONSTANTS: dict[str, None | bool] = {"null": None, "true": True, "false": False}
_TYPE_NAMES = ("days and time duration", "years and months duration", "date and time")


class Parser:
    """One text, read once from left to right; only the end of a half-open range is tried twice."""

    def __init__(self, text: str, names: Iterable[str] = (), functions: tuple[str, ...] = (), types: Iterable[str] = ()) -> None:
        self.source = Source(text)
        self.tokens = lexer.tokens(self.source)
        self.at = 0
        self.names = NameIndex(names)
        self.function_names = fixed_index(functions)
        self.type_names = NameIndex(types)
        self.depth = 0
        self.fuel = 60 * len(self.tokens) + 1000  # trying range ends twice must not become exponential
        self.no_filter = -1  # depth at which «[» closes a range instead of opening a filter

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def place(self, token: Token | None = None) -> Place:
        return Place(*self.source.place((token or self.token).start))

    def is_operator(self, *texts: str) -> bool:
        return self.token.kind == "operator" and self.token.text in texts

    def is_word(self, *texts: str) -> bool:
        return self.token.kind == "name" and self.token.text in texts

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        self.fuel -= 1
        if self.fuel < 0:
            raise self.error("feel.too-complex")
        return token

    def take(self, *texts: str) -> Token | None:
        if self.token.kind in ("operator", "name") and self.token.text in texts:
            return self.next()
        return None

    def expect(self, text: str) -> Token:
        found = self.take(text)
        if found is None:
            raise self.unexpected(text)
        return found

    def error(self, code: str, **details: object) -> FeelSyntaxError:
        return self.source.error(code, self.token.start, **details)

    def unexpected(self, wanted: str = "") -> FeelSyntaxError:
        if self.token.kind == "end":
            return self.error("feel.unexpected-end", wanted=wanted)
        return self.error("feel.unexpected", found=self.token.text[:40], wanted=wanted)

    # Whole texts

    def whole_expression(self) -> Node:
        node = self.expression()
        if self.token.kind != "end":
            raise self.unexpected()
        return node

    def whole_unary_tests(self) -> tree.UnaryTests:
        place = self.place()
        if self.is_operator("-") and self.tokens[self.at + 1].kind == "end":
            self.next()
            return tree.UnaryTests((), place=place)
        if self.is_word("not") and self.tokens[self.at + 1].text == "(":
            start = self.at
            self.next(), self.next()
            tests = self.tests()
            self.expect(")")
            if self.token.kind == "end":
                return tree.UnaryTests(tests, True, place=place)
            self.at = start  # `not(a) and b`: an expression that begins with a call of not
        tests = self.tests()
        if self.token.kind != "end":
            raise self.unexpected()
        return tree.UnaryTests(tests, place=place)

    def tests(self) -> tuple[Node, ...]:
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return tuple(found)

    def test(self) -> Node:
        if self.is_operator(*COMPARISONS):
            place, operator = self.place(), self.next().text
            return tree.Comparison(operator, self.sum(), place=place)
        return self.expression()

    # Expressions, loosest first

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("feel.too-deep", limit=DEEPEST)
        node = self.disjunction()
        self.depth -= 1
        return node

    def disjunction(self) -> Node:
        start, items = self.token, [self.conjunction()]
        while self.is_word("or"):
            self.next()
            items.append(self.conjunction())
        return items[0] if len(items) == 1 else tree.Disjunction(tuple(items), place=self.place(start))

    def conjunction(self) -> Node:
        start, items = self.token, [self.comparison()]
        while self.is_word("and"):
            self.next()
            items.append(self.comparison())
        return items[0] if len(items) == 1 else tree.Conjunction(tuple(items), place=self.place(start))

    def comparison(self) -> Node:
        left, links = self.sum(), 0
        while True:
            start, links = self.token, links + 1
            self.bound(links)
            if self.is_operator(*COMPARISONS):
                left = tree.Binary(self.next().text, left, self.sum(), place=self.place(start))
            elif self.take("between"):
                low = self.sum()
                self.expect("and")
                left = tree.Between(left, low, self.sum(), place=self.place(start))
            elif self.take("in"):
                left = tree.In(left, self.in_tests(), place=self.place(start))
            else:
                return left

    def bound(self, links: int) -> None:
        """A chain `a + b + c …` nests as deep as it is long."""
        if links > DEEPEST:
            raise self.error("feel.too-deep", limit=DEEPEST)

    def in_tests(self) -> tuple[Node, ...]:
        """Behind `in`: one test, or several in parentheses."""
        if self.is_operator(*COMPARISONS):
            return (self.test(),)
        if self.is_operator("("):
            start, depth = self.at, self.depth
            try:
                self.next()
                tests = self.tests()
                if self.take(")"):
                    if not self.is_operator("[", ".", "(", "+", "-", "*", "/", "**") and not self.is_word("instance"):
                        return tests
            except FeelSyntaxError:
                pass
            self.at, self.depth = start, depth
        return (self.sum(),)

    def sum(self) -> Node:
        left, links = self.product(), 0
        while self.is_operator("+", "-"):
            place, operator, links = self.place(), self.next().text, links + 1
            self.bound(links)
            left = tree.Binary(operator, left, self.product(), place=place)
        return left

    def product(self) -> Node:
        left, links = self.power(), 0
        while self.is_operator("*", "/"):
            place, operator, links = self.place(), self.next().text, links + 1
            self.bound(links)
            left = tree.Binary(operator, left, self.power(), place=place)
        return left

    def power(self) -> Node:
        left, links = self.negation(), 0
        while self.is_operator("**"):
            place, links = self.place(), links + 1
            self.next()
            self.bound(links)
            left = tree.Binary("**", left, self.negation(), place=place)
        return left

    def negation(self) -> Node:
        if not self.is_operator("-"):
            return self.instance_of()
        place = self.place()
        self.next()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("feel.too-deep", limit=DEEPEST)
        node = tree.Negation(self.negation(), place=place)
        self.depth -= 1
        return node

    def instance_of(self) -> Node:
        node = self.postfix()
        links = 0
        while self.is_word("instance"):
            place, links = self.place(), links + 1
            self.bound(links)
            self.next()
            self.expect("of")
            node = tree.InstanceOf(node, self.type(), place=place)
        return node

    def postfix(self) -> Node:
        node, links = self.primary(), 0
        while True:
            start, links = self.token, links + 1
            self.bound(links)
            if self.take("."):
                node = tree.PathOf(node, self.name(after_dot=True), place=self.place(start))
            elif self.is_operator("[") and self.no_filter != self.depth:
                self.next()
                condition = self.expression()
                self.expect("]")
                node = tree.Filter(node, condition, place=self.place(start))
            elif self.take("("):
                node = self.call(node)
            else:
                return node

    def call(self, function: Node) -> Node:
        place = function.place
        if self.take(")"):
            return tree.Call(function, (), place=place)
        names: list[str] = []
        arguments: list[Node] = []
        while True:
            name = self.argument_name()
            if arguments and (name is None) != (not names):
                raise self.error("feel.mixed-arguments")
            if name is not None:
                if name in names:
                    raise self.error("feel.duplicate-argument", name=name)
                names.append(name)
            arguments.append(self.expression())
            if not self.take(","):
                break
        self.expect(")")
        return tree.Call(function, tuple(arguments), tuple(names), place=place)

    def argument_name(self) -> str | None:
        """`name:` when the next tokens are that."""
        end = self.at
        while self.tokens[end].kind in ("name", "number"):
            end += 1
        if end == self.at or self.tokens[end].text != ":" or self.tokens[end].kind != "operator":
            return None
        name = " ".join(token.text for token in self.tokens[self.at:end])
        self.at = end + 1
        return name

    # Primaries

    def primary(self) -> Node:
        token, place = self.token, self.place()
        match token.kind:
            case "number":
                self.next()
                return tree.Literal(self.number(token), place=place)
            case "string":
                self.next()
                return tree.Literal(lexer.unescape(token.text), place=place)
            case "operator":
                return self.bracketed(token.text, place)
            case "name":
                return self.word(token.text, place)
        raise self.unexpected()

    def number(self, token: Token) -> Decimal:
        value = NUMBERS.create_decimal(token.text)
        if not value.is_finite():
            raise self.source.error("feel.number-too-large", token.start, number=token.text[:40])
        return value

    def bracketed(self, opening: str, place: Place) -> Node:
        match opening:
            case "(":
                return self.parenthesis(place)
            case "[":
                return self.list_or_range(place)
            case "]":
                self.next()
                start = self.expression()
                self.expect("..")
                return self.range_end(start, False, place)
            case "{":
                return self.context(place)
            case "@":
                self.next()
                if self.token.kind != "string":
                    raise self.unexpected('"')
                return tree.At(lexer.unescape(self.next().text), place=place)
        raise self.unexpected()

    def parenthesis(self, place: Place) -> Node:
        self.next()
        if self.is_operator(*COMPARISONS):
            node: Node = self.test()
            self.expect(")")
            return node
        inner = self.expression()
        if self.take(".."):
            return self.range_end(inner, False, place)
        self.expect(")")
        return inner

    def list_or_range(self, place: Place) -> Node:
        self.next()
        if self.take("]"):
            return tree.ListOf((), place=place)
        first = self.item()
        if self.take(".."):
            return self.range_end(first, True, place)
        items = [first]
        while self.take(","):
            items.append(self.item())
        self.expect("]")
        return tree.ListOf(tuple(items), place=place)

    def item(self) -> Node:
        """An element of a list; `[< 5, > 9]` is a list of ranges."""
        return self.test()

    def range_end(self, start: Node, start_included: bool, place: Place) -> Node:
        """Behind `..`: the end and what closes the range. `[1..5[` closes with an opening bracket, which could be a filter too."""
        begin, depth = self.at, self.depth
        try:
            end = self.expression()
            if not self.is_operator("]", ")", "["):
                raise self.unexpected("]")
        except FeelSyntaxError:
            self.at, self.depth = begin, depth
            outer, self.no_filter = self.no_filter, depth + 1
            try:
                end = self.expression()
            finally:
                self.no_filter = outer
        if not self.is_operator("]", ")", "["):
            raise self.unexpected("]")
        return tree.RangeOf(start, start_included, end, self.next().text == "]", place=place)

    def context(self, place: Place) -> Node:
        self.next()
        entries: list[tuple[str, Node]] = []
        while not self.take("}"):
            if entries:
                self.expect(",")
            key = self.context_key()
            entries.append((key, self.expression()))
            self.names.add(key)
        return tree.ContextOf(tuple(entries), place=place)

    def context_key(self) -> str:
        token = self.token
        if token.kind == "string":
            self.next()
            key = lexer.unescape(token.text)
            self.expect(":")
            return key
        start = self.at
        while not self.is_operator(":", "{", "}", ",") and self.token.kind not in ("end", "string"):
            self.next()
        if self.at == start or not self.is_operator(":"):
            raise self.unexpected(":")
        end = self.token.start
        self.next()
        return " ".join(self.source.text[token.start:end].split())

    def word(self, text: str, place: Place) -> Node:
        known = self.names.match(self.tokens, self.at)
        function = self.function_names.match(self.tokens, self.at)
        if function and self.tokens[function[1]].text == "(" and (known is None or known[1] < function[1]):
            self.at = function[1]
            return tree.Name(function[0], place=place)
        if known is None:
            special = self.keyword(text, place)
            if special is not None:
                return special
        return tree.Name(self.name(), place=place)

    def keyword(self, text: str, place: Place) -> Node | None:
        if text in _CONSTANTS:
            self.next()
            return tree.Literal(_CONSTANTS[text], place=place)
        match text:
            case "if":
                return self.if_(place)
            case "for":
                return self.for_(place)
            case "some" | "every":
                return self.quantified(place)
            case "function":
                return self.function(place)
            case "not":
                self.next()
                if not self.is_operator("("):
                    raise self.unexpected("(")
                return tree.Name("not", place=place)
        return None

    def name(self, after_dot: bool = False) -> str:
        if self.token.kind != "name":
            raise self.unexpected()
        known = self.names.match(self.tokens, self.at)
        if known is not None and not (self.tokens[known[1]].kind == "name" and self.tokens[known[1]].text not in KEYWORDS):
            self.at = known[1]
            return known[0]
        if self.token.text in KEYWORDS and not after_dot:
            raise self.unexpected()
        name, self.at = side_by_side(self.tokens, self.at)
        return name

    def if_(self, place: Place) -> Node:
        self.next()
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return tree.If(condition, then, self.expression(), place=place)

    def for_(self, place: Place) -> Node:
        self.next()
        iterators = self.iterators("return")
        return tree.For(iterators, self.expression(), place=place)

    def quantified(self, place: Place) -> Node:
        kind = self.next().text
        iterators = self.iterators("satisfies")
        return tree.Quantified(kind, iterators, self.expression(), place=place)

    def iterators(self, end: str) -> tuple[tree.Iterator, ...]:
        found: list[tree.Iterator] = []
        while True:
            place = self.place()
            name = self.new_name("in")
            self.expect("in")
            source = self.expression()
            last = self.expression() if self.take("..") else None
            found.append(tree.Iterator(name, source, last, place=place))
            self.names.add(name)
            if not self.take(","):
                self.expect(end)
                return tuple(found)

    def new_name(self, *stops: str) -> str:
        """The name of a variable that is bound here: the words up to what follows it."""
        start = self.at
        while self.token.kind in ("name", "number") and not (self.at > start and self.token.text in stops):
            self.next()
        if self.at == start or self.tokens[start].kind != "name":
            raise self.unexpected()
        return " ".join(token.text for token in self.tokens[start:self.at])

    def function(self, place: Place) -> Node:
        self.next()
        self.expect("(")
        parameters: list[tuple[str, Type | None]] = []
        while not self.take(")"):
            if parameters:
                self.expect(",")
            name = self.new_name()
            parameters.append((name, self.type() if self.take(":") else None))
        external = self.take("external") is not None
        for name, _ in parameters:
            self.names.add(name)
        return tree.FunctionOf(tuple(parameters), self.expression(), external, place=place)

    # Types

    def type(self) -> Type:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("feel.too-deep", limit=DEEPEST)
        found = self.type_inside()
        self.depth -= 1
        return found

    def type_inside(self) -> Type:
        follows = self.tokens[self.at + 1].text if self.token.kind == "name" else ""
        if follows == "<" and self.is_word("list", "range"):
            wrap = ListType if self.next().text == "list" else RangeType
            self.next()
            element = self.type()
            self.expect(">")
            return wrap(element)
        if follows == "<" and self.is_word("context"):
            return self.context_type()
        if follows == "<" and self.is_word("function"):
            return self.function_type()
        name = self.type_name()
        return BUILT_IN.get(name) or NamedType(name)

    def context_type(self) -> Type:
        self.next(), self.next()
        entries: list[tuple[str, Type]] = []
        while not self.take(">"):
            if entries:
                self.expect(",")
            name = self.new_name()
            self.expect(":")
            entries.append((name, self.type()))
        return ContextType(tuple(entries))

    def function_type(self) -> Type:
        self.next(), self.next()
        parameters: list[Type] = []
        while not self.take(">"):
            if parameters:
                self.expect(",")
            parameters.append(self.type())
        result = self.type() if self.take("->") else ANY
        return FunctionType(tuple(parameters), result)

    def type_name(self) -> str:
        for built_in in _TYPE_NAMES:
            split = built_in.split()
            if [token.text for token in self.tokens[self.at:self.at + len(split)]] == split:
                self.at += len(split)
                return built_in
        known = self.type_names.match(self.tokens, self.at)
        if known is not None:
            self.at = known[1]
            return known[0]
        if self.token.kind != "name":
            raise self.unexpected()
        name, self.at = side_by_side(self.tokens, self.at)
        while self.is_operator(".") and self.tokens[self.at + 1].kind == "name":
            rest, self.at = side_by_side(self.tokens, self.at + 1)
            name += "." + rest
        return name
