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

DEEPEST = 64  # nesting of brackets, conditions and functions; reading takes at most nine Python frames a level
HIGHEST = 120  # height of the tree; compiling and evaluating take at most three frames a level
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_SLIPS = {
    "==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "'": '"', "或": "or", "或者": "or", "且": "and", "并且": "and", "和": "and", "与": "and", "非": "not(…)",
}
_CONSTANTS: dict[str, None | bool] = {"null": None, "true": True, "false": False}
_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER = range(1, 7)
_LEVELS = {
    "or": _OR, "and": _AND, **dict.fromkeys((*COMPARISONS, "between", "in"), _COMPARISON), "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER,
}
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
        self.fuel = 20 * len(self.tokens) + 500  # trying range ends twice must not become exponential
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
        slip = self.slip()
        if slip is not None:
            return slip
        return self.error("feel.expected" if wanted else "feel.unexpected", found=self.token.text[:40], wanted=wanted)

    def slip(self) -> FeelSyntaxError | None:
        """What is written here means something in another language, or in Chinese: the error that says how FEEL writes it."""
        token, before = self.token, self.tokens[self.at - 1] if self.at else self.token
        pair = before.text + token.text
        if token.start == before.start + len(before.text) and pair in _SLIPS:
            return self.source.error("feel.slip", before.start, found=pair, instead=_SLIPS[pair])
        if token.kind != "string" and token.text in _SLIPS:
            return self.error("feel.slip", found=token.text, instead=_SLIPS[token.text])
        return None

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
            self.descend()
            operand = self.operators(_SUM)
            self.depth -= 1
            return tree.Comparison(operator, operand, place=place)
        return self.expression()

    # Expressions

    def descend(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("feel.too-deep", limit=DEEPEST)

    def expression(self) -> Node:
        self.descend()
        node = self.operators(_OR)
        self.depth -= 1
        return node

    def operators(self, least: int) -> Node:
        """An operand, and all the operators behind it that bind at least as tightly as `least`."""
        left = self.operand()
        while True:
            level = _LEVELS.get(self.token.text, 0) if self.token.kind in ("operator", "name") else 0
            if level < least or not level:
                return left
            left = self.bounded(self.link(left, level))

    def bounded(self, node: Node) -> Node:
        """A chain `a + b + c …` is as high as it is long, and evaluation goes as deep as the tree is high."""
        if node.height > HIGHEST:
            raise self.error("feel.too-deep", limit=HIGHEST)
        return node

    def link(self, left: Node, level: int) -> Node:
        """`left` with the operator that comes next and its right side."""
        token = self.next()
        place = self.place(token)
        match token.text:
            case "or":
                return tree.Disjunction(self.joined(left, "or", level), place=place)
            case "and":
                return tree.Conjunction(self.joined(left, "and", level), place=place)
            case "between":
                low = self.operators(_SUM)
                self.expect("and")
                return tree.Between(left, low, self.operators(_SUM), place=place)
            case "in":
                return tree.In(left, self.in_tests(), place=place)
        return tree.Binary(token.text, left, self.operators(level + 1), place=place)

    def joined(self, first: Node, word: str, level: int) -> tuple[Node, ...]:
        items = [first, self.operators(level + 1)]
        while self.is_word(word):
            self.next()
            items.append(self.operators(level + 1))
        return tuple(items)

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
            except FeelSyntaxError as error:
                self.retry(error)
            self.at, self.depth = start, depth
        return (self.operators(_SUM),)

    def retry(self, error: FeelSyntaxError) -> None:
        """Another reading may be tried, unless the text is too deep or too entangled for any."""
        if error.code in ("feel.too-deep", "feel.too-complex"):
            raise error

    def operand(self) -> Node:
        """What binds more tightly than any operator between two: minus signs, then `instance of`, then paths and calls."""
        minus: list[Place] = []
        while self.is_operator("-"):
            minus.append(self.place(self.next()))
        node = self.postfix()
        while self.is_word("instance"):
            place = self.place(self.next())
            self.expect("of")
            node = self.bounded(tree.InstanceOf(node, self.type(), place=place))
        for place in reversed(minus):
            node = self.bounded(tree.Negation(node, place=place))
        return node

    def postfix(self) -> Node:
        node = self.bounded(self.primary())
        while True:
            start = self.token
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
            self.bounded(node)

    def call(self, function: Node) -> Node:
        place = function.place
        if self.take(")"):
            return tree.Call(function, (), place=place)
        names: list[str] = []
        arguments: list[Node] = []
        while True:
            start = self.token.start
            name = self.argument_name()
            if arguments and (name is None) != (not names):
                raise self.source.error("feel.mixed-arguments", start)
            if name is not None:
                if name in names:
                    raise self.source.error("feel.duplicate-argument", start, name=name)
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
        except FeelSyntaxError as error:
            self.retry(error)
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
            name = self.new_name()
            self.expect("in")
            source = self.expression()
            last = self.expression() if self.take("..") else None
            found.append(tree.Iterator(name, source, last, place=place))
            self.names.add(name)
            if not self.take(","):
                self.expect(end)
                return tuple(found)

    def new_name(self) -> str:
        """The name of a variable that is bound here: the words up to the next keyword or sign."""
        start = self.at
        if self.token.kind != "name":
            raise self.unexpected()
        while self.token.kind in ("name", "number") and self.token.text not in KEYWORDS:
            self.next()
        if self.at == start:
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
        self.descend()
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
