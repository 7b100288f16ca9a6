"""Boxed expressions of DMN to closures: literal, context, invocation, function, list, relation, conditional, iterators, table."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.dmn import xml
from engine.dmn.tables import AGGREGATIONS, HIT_POLICIES, NOWHERE, Fire, InputClause, OutputClause, Rule, Table
from engine.dmn.xml import Element, child, children, local
from engine.feel import loops
from engine.feel.closures import Evaluate
from engine.feel.errors import FeelSyntaxError
from engine.feel.evaluation import Frame, Run
from engine.feel.expression import Expression, parse
from engine.feel.functions import BUILT_INS
from engine.feel.loops import Lambda, Source
from engine.feel.tree import Name, Node, UnaryTests, steps
from engine.feel.types import ANY, Type, Types, coerce
from engine.feel.values import kind
from engine.refusals import Finding

FRAMES = 12  # Python frames that one level of a boxed expression takes at most, literal expressions counted apart
FREE_STEPS = 2  # a text that costs less is not worth a closure of its own
EXPRESSIONS = (
    "literalExpression", "context", "decisionTable", "invocation", "functionDefinition", "list", "relation", "conditional", "for", "every",
    "some", "filter",
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the expressions of one decision or knowledge model.

    `names` are the names in scope, `parts` the names of parts of structures (they may stand behind a dot), `type_of` gives the
    type that a `typeRef` names and `allowed_text` its allowed values as they are written, `fire` hears of rules that hit,
    `findings` takes what does not fit, `expressions` and `tables` what was read. `domain_of` gives the allowed values of what an
    input expression reads, as they are written.
    """

    owner: str
    names: frozenset[str]
    parts: frozenset[str]
    types: Types
    type_of: Callable[[str | None], Type | None]
    allowed_text: Callable[[str | None], str]
    fire: Fire
    findings: list[Finding]
    expressions: list[Expression]
    tables: list[Table]
    domain_of: Callable[[Node], str]
    whole: bool = True  # `names` are all there are; not so inside a filter, where an element's entries are names too

    def seeing(self, *names: str) -> Reader:
        return replace(self, names=self.names | set(names))

    # Helpers

    def refuse(self, code: str, element: Element, **details: object) -> Evaluate:
        """Notes the finding; the value is null, for the same reason, should it be evaluated all the same."""
        self.findings.append(Finding(code, element=element.get("id") or self.owner, line=element.sourceline or 0, details=details))
        return lambda s, r: r.null(code, NOWHERE, **details)

    def literal(self, text: str, element: Element, unary: bool = False) -> Evaluate:
        if not text:
            return lambda s, r: None
        try:
            found = parse(text, unary=unary, names=self.names | self.parts, types=self.types, known_types=self.types)
        except FeelSyntaxError as error:
            return self.refuse(error.code, element, at=f"{error.line}:{error.column}", text=text[:80], **error.details)
        self.expressions.append(found)
        for name in sorted(found.names - self.names - BUILT_INS.keys()) if self.whole else ():
            self.findings.append(Finding(
                "dmn.unknown-name", element=element.get("id") or self.owner, line=element.sourceline or 0, severity="warning",
                details={"name": name, "text": text[:80]},
            ))
        return _paid(found.evaluate, steps(found.tree))

    def typed(self, evaluate: Evaluate, element: Element, name: str = "") -> Evaluate:
        """The value made to be of the element's `typeRef`, null where it cannot be."""
        return typed(evaluate, self.type_of(element.get("typeRef")), self.types, name or self.owner)

    def inner(self, element: Element | None) -> Evaluate:
        """The one expression inside `element`."""
        inside = None if element is None else child(element, *EXPRESSIONS)
        if inside is None:
            return lambda s, r: None
        return self.read(inside)

    # One method a kind of expression

    def read(self, element: Element) -> Evaluate:
        return self.typed(_READERS[local(element)](self, element), element)

    def literal_expression(self, element: Element) -> Evaluate:
        language = element.get("expressionLanguage")
        if language and "feel" not in language.lower():
            return self.refuse("dmn.language", element, language=language)
        if child(element, "importedValues") is not None:
            return self.refuse("dmn.imported-values", element)
        return self.literal(xml.text(element), element)

    def context(self, element: Element) -> Evaluate:
        reader = self
        entries: list[tuple[str, Evaluate]] = []
        result: Evaluate | None = None
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            if variable is None:
                result = reader.inner(entry)
                continue
            name = variable.get("name") or ""
            recursive = child(entry, "functionDefinition") is not None
            value = (reader.seeing(name) if recursive else reader).inner(entry)
            entries.append((name, typed(value, self.type_of(variable.get("typeRef")), self.types, name)))
            reader = reader.seeing(name)
        if len({name for name, _ in entries}) != len(entries):
            return self.refuse("dmn.duplicate-entry", element)
        return _context(tuple(entries), result)

    def invocation(self, element: Element) -> Evaluate:
        called = child(element, *EXPRESSIONS)
        function = self.read(called) if called is not None else self.refuse("dmn.nothing-called", element)
        names: list[str] = []
        arguments: list[Evaluate] = []
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            names.append("" if parameter is None else parameter.get("name") or "")
            arguments.append(typed(self.inner(binding), None if parameter is None else self.type_of(parameter.get("typeRef")), self.types, names[-1]))
        return loops.call_value(function, tuple(arguments), tuple(names), NOWHERE)

    def function_definition(self, element: Element) -> Evaluate:
        if (element.get("kind") or "FEEL").upper() not in ("FEEL", "F"):
            return self.refuse("dmn.foreign-function", element, kind=element.get("kind"))
        names, types = self.parameters(element)
        body = self.seeing(*names).inner(element)
        model_types, owner = self.types, self.owner
        inside = child(element, *EXPRESSIONS)
        result = (None if inside is None else self.type_of(inside.get("typeRef"))) or ANY

        def make(s: Any, r: Run) -> Any:
            return Lambda(names, types, model_types, body, s, FRAMES * 2, NOWHERE, owner, result)

        return make

    def parameters(self, element: Element) -> tuple[tuple[str, ...], tuple[Type | None, ...]]:
        found = list(children(element, "formalParameter"))
        return tuple(p.get("name") or "" for p in found), tuple(self.type_of(p.get("typeRef")) for p in found)

    def list_(self, element: Element) -> Evaluate:
        items = tuple(self.read(item) for item in children(element, *EXPRESSIONS))

        def make(s: Any, r: Run) -> Any:
            r.spend(len(items))
            return [item(s, r) for item in items]

        return make

    def relation(self, element: Element) -> Evaluate:
        columns = list(children(element, "column"))
        names = [column.get("name") or "" for column in columns]
        types = [self.type_of(column.get("typeRef")) for column in columns]
        rows = [
            tuple(typed(self.read(cell), wanted, self.types, name) for cell, wanted, name in zip(children(row, *EXPRESSIONS), types, names))
            for row in children(element, "row")
        ]

        def make(s: Any, r: Run) -> Any:
            r.spend(len(rows) * len(names))
            return [{name: cell(s, r) for name, cell in zip(names, row)} for row in rows]

        return make

    def conditional(self, element: Element) -> Evaluate:
        condition, then, otherwise = (self.inner(child(element, name)) for name in ("if", "then", "else"))

        def choose(s: Any, r: Run) -> Any:
            verdict = condition(s, r)
            if verdict is not None and not isinstance(verdict, bool):
                return r.null("feel.not-boolean", NOWHERE, operator="if", kind=kind(verdict))
            return then(s, r) if verdict is True else otherwise(s, r)

        return choose

    def iterator(self, element: Element) -> Evaluate:
        name = element.get("iteratorVariable") or ""
        source = Source(name, self.typed_inner(element, "in"), None, NOWHERE)
        which = local(element)
        if which == "for":
            return loops.for_loop((source,), self.seeing(name, "partial").typed_inner(element, "return"), True, NOWHERE)
        return loops.quantified((source,), self.seeing(name).typed_inner(element, "satisfies"), which == "some", NOWHERE)

    def filter(self, element: Element) -> Evaluate:
        return loops.filtered(self.typed_inner(element, "in"), replace(self.seeing("item"), whole=False).typed_inner(element, "match"), NOWHERE)

    def typed_inner(self, element: Element, name: str) -> Evaluate:
        inside = child(element, name)
        found = self.inner(inside)
        return found if inside is None else self.typed(found, inside)

    # Decision tables

    def table(self, element: Element) -> Evaluate:
        read = self.table_of(element)
        if isinstance(read, Table):
            table, fire = read, self.fire
            self.tables.append(table)
            return lambda s, r: table.evaluate(s, r, fire)
        return read

    def table_of(self, element: Element) -> Table | Evaluate:
        policy = element.get("hitPolicy") or "UNIQUE"
        aggregation = element.get("aggregation") or ""
        if policy not in HIT_POLICIES or aggregation not in AGGREGATIONS or aggregation and policy != "COLLECT":
            return self.refuse("dmn.hit-policy", element, policy=f"{policy} {aggregation}".strip())
        inputs = tuple(self.input_clause(clause) for clause in children(element, "input"))
        outputs = tuple(self.output_clause(clause, policy) for clause in children(element, "output"))
        if not outputs:
            return self.refuse("dmn.no-output", element)
        names = [output.name for output in outputs]
        if len(outputs) > 1 and (len(set(names)) != len(names) or not all(names)):
            return self.refuse("dmn.output-names", element)
        rules = []
        for row in children(element, "rule"):
            tests, results = list(children(row, "inputEntry")), list(children(row, "outputEntry"))
            if len(tests) != len(inputs) or len(results) != len(outputs):
                return self.refuse("dmn.rule-width", row, cells=len(tests) + len(results), columns=len(inputs) + len(outputs))
            rules.append(self.rule(tests, results))
        return Table(self.owner, policy, aggregation, inputs, outputs, tuple(rules), self.types, element.get("id") or "", element.sourceline or 0)

    def rule(self, tests: Sequence[Element], results: Sequence[Element]) -> Rule:
        cells = [self.cell(test) for test in tests]
        texts = tuple(xml.text(entry) for entry in results)
        return Rule(
            tuple(evaluate for evaluate, _ in cells), tuple(self.literal(text, entry) for text, entry in zip(texts, results)),
            tuple(node for _, node in cells), texts,
        )

    def cell(self, element: Element) -> tuple[Evaluate | None, UnaryTests | None]:
        """A cell's test and its tree; None and None for «-»."""
        text = xml.text(element)
        if text in ("", "-"):
            return None, None
        before = len(self.expressions)
        evaluate = self.seeing("?").literal(text, element, unary=True)
        read = self.expressions[before:]
        return evaluate, read[0].tree if read and isinstance(read[0].tree, UnaryTests) else UnaryTests((Name("?"),))

    def input_clause(self, element: Element) -> InputClause:
        expression, values = child(element, "inputExpression"), child(element, "inputValues")
        text = xml.text(expression)
        before = len(self.expressions)
        value = self.literal(text, element) if text else self.refuse("dmn.no-input-expression", element)
        reads = [one.tree for one in self.expressions[before:]]
        allowed = self.seeing("?").literal(xml.text(values), element, unary=True) if values is not None and xml.text(values) else None
        reference = None if expression is None else expression.get("typeRef")
        domain = xml.text(values) or self.allowed_text(reference) or (self.domain_of(reads[0]) if reads else "")
        return InputClause(element.get("label") or text, value, allowed, self.type_of(reference), _domain(domain))

    def output_clause(self, element: Element, policy: str) -> OutputClause:
        values, default = child(element, "outputValues"), child(element, "defaultOutputEntry")
        order = f"[{xml.text(values)}]" if values is not None and xml.text(values) else ""
        if policy in ("PRIORITY", "OUTPUT ORDER") and not order:
            ranked = self.allowed_text(element.get("typeRef"))
            order = f"[{ranked}]" if ranked else ""
            if not order:
                self.findings.append(Finding(
                    "dmn.no-order", element=element.get("id") or self.owner, line=element.sourceline or 0, severity="warning",
                    details={"policy": policy, "output": element.get("name") or self.owner},
                ))
        return OutputClause(
            element.get("name") or "", self.type_of(element.get("typeRef")), self.literal(order, element) if order else None,
            None if default is None else self.literal(xml.text(default), default),
        )


def _domain(text: str) -> UnaryTests | None:
    try:
        found = parse(text, unary=True).tree if text else None
    except FeelSyntaxError:
        return None
    return found if isinstance(found, UnaryTests) else None


def _paid(evaluate: Evaluate, cost: int) -> Evaluate:
    """A long text pays each time it is evaluated, for it may stand in a loop or a function; a short one costs next to nothing."""
    if cost < FREE_STEPS:
        return evaluate

    def pay(s: Any, r: Run) -> Any:
        r.spend(cost)
        return evaluate(s, r)

    return pay


def typed(evaluate: Evaluate, wanted: Type | None, types: Types, name: str) -> Evaluate:
    if wanted is None:
        return evaluate

    def convert(s: Any, r: Run) -> Any:
        value = evaluate(s, r)
        fits, converted = coerce(value, wanted, types, r.spend)
        return converted if fits else r.null("dmn.wrong-type", NOWHERE, name=name, kind=kind(value))

    return convert


def _context(entries: Sequence[tuple[str, Evaluate]], result: Evaluate | None) -> Evaluate:
    def make(s: Any, r: Run) -> Any:
        r.spend(len(entries))
        frame = Frame(s)
        for name, value in entries:
            frame[name] = value(frame, r)
        return dict(frame) if result is None else result(frame, r)

    return make


_READERS: dict[str, Callable[[Reader, Element], Evaluate]] = {
    "literalExpression": Reader.literal_expression, "context": Reader.context, "decisionTable": Reader.table, "invocation": Reader.invocation,
    "functionDefinition": Reader.function_definition, "list": Reader.list_, "relation": Reader.relation, "conditional": Reader.conditional,
    "for": Reader.iterator, "every": Reader.iterator, "some": Reader.iterator, "filter": Reader.filter,
}
