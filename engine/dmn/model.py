"""A decision model: read from XML, checked, evaluated. The one door to this folder."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.dmn import xml
from engine.dmn.boxed import EXPRESSIONS, Reader
from engine.dmn.graph import Decision, DrgElement, Evaluation, Fired, InputData, Knowledge, Service, Values, fire
from engine.dmn.itemtypes import TypeTable
from engine.dmn.tables import Table
from engine.dmn.xml import Element, child, children, href, local
from engine.feel import tree
from engine.feel.errors import FeelError, Reason
from engine.feel.evaluation import Environment
from engine.feel.expression import CONTAINERS, LARGEST_RESULT, Expression, measure
from engine.feel.types import FunctionType, NamedType, Type, resolve
from engine.refusals import Finding, Invalid, NotFound

MOST_IMPORTS = 50
MOST_NAMED = 20  # decisions that a refusal lists


@dataclass(frozen=True, slots=True)
class Result:
    """A decision's value, the rules that fired (in the order of evaluation), and why it or a part of it is null.

    The details of a reason name the `decision` it arose in.
    """

    value: Any
    fired: tuple[Fired, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(slots=True)
class Model:
    """What `parse_dmn` reads. `findings` is everything that is wrong with it; decisions that are not concerned work all the same."""

    name: str
    namespace: str
    types: TypeTable
    elements: dict[str, DrgElement] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    expressions: list[Expression] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(element for element in self.elements.values() if isinstance(element, Decision))

    @property
    def inputs(self) -> tuple[InputData, ...]:
        return tuple(element for element in self.elements.values() if isinstance(element, InputData))

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(element for element in self.elements.values() if isinstance(element, Service))

    def find(self, name: str) -> Decision | Service:
        """A decision or decision service by name or id. Raises NotFound."""
        for candidates in (self.decisions, self.services):
            for element in candidates:
                if name in (element.title, element.name, element.id):
                    return element
        raise NotFound("dmn.no-decision", name=name, model=self.name, known=[one.title or one.name for one in (*self.decisions, *self.services)][:MOST_NAMED])

    def evaluate(self, decision: str, inputs: Mapping[str, Any], env: Environment | None = None) -> Result:
        """The value of the decision (by name or id) for these inputs (by name; missing ones are null).

        Raises: NotFound when there is no such decision; FeelError feel.budget, and feel.assert when an assertion fails.
        """
        run = Evaluation(env)
        element = self.find(decision)
        try:
            if isinstance(element, Service):
                value = element.decide([inputs.get(one.name) for one in element.parameters()], run)
            else:
                value = element.value(Values(inputs), run)
            if type(value) in CONTAINERS:
                measure(value, LARGEST_RESULT)
        except RecursionError:
            raise FeelError(Reason("feel.budget", {"limit": "recursion"})) from None
        return Result(value, tuple(run.fired), tuple(run.reasons))


def parse_dmn(document: bytes, *imported: bytes) -> Model:
    """Reads a model; `imported` are the documents that it and they import.

    Raises: Invalid when a document is no DMN, has a DOCTYPE, is too large, or imports what is not there.
    """
    roots = [xml.read(one) for one in (document, *imported)]
    by_namespace = {root.get("namespace") or "": root for root in reversed(roots)}
    return _ModelReader(roots[0], by_namespace, {}).read()


class _ModelReader:
    """Reads one document; `models` are those already read, by namespace (None while one is being read)."""

    def __init__(self, root: Element, roots: Mapping[str, Element], models: dict[str, Model | None]) -> None:
        self.root, self.roots, self.models = root, roots, models
        findings: list[Finding] = []
        self.model = Model(root.get("name") or "", root.get("namespace") or "", TypeTable(findings), findings=findings)
        self.imports: dict[str, tuple[str, Model]] = {}  # namespace -> name in this model, model
        self.xml_of: dict[str, Element] = {}

    def read(self) -> Model:
        self.models[self.model.namespace] = None
        for element in children(self.root, "import"):
            self.read_import(element)
        self.model.types.read(self.root)
        self.model.findings.extend(self.model.types.unknown(self.root))
        for element in children(self.root, "inputData", "decision", "businessKnowledgeModel", "decisionService"):
            self.declare(element)
        for key, element in self.xml_of.items():
            self.require(self.model.elements[key], element)
        self.refuse_cycles()
        for key, element in self.xml_of.items():
            self.read_logic(self.model.elements[key], element)
        self.models[self.model.namespace] = self.model
        return self.model

    def finding(self, code: str, element: Element, severity: str = "error", **details: object) -> None:
        self.model.findings.append(Finding(code, element=element.get("id") or "", line=element.sourceline or 0, severity=severity, details=details))

    def read_import(self, element: Element) -> None:
        namespace, name = element.get("namespace") or "", element.get("name") or ""
        if "/DMN/" not in (element.get("importType") or "/DMN/"):
            self.finding("dmn.import-type", element, type=element.get("importType"))
            return
        if namespace not in self.models:
            root = self.roots.get(namespace)
            if root is None or len(self.models) >= MOST_IMPORTS:
                raise Invalid([Finding("dmn.import-missing", line=element.sourceline or 0, details={"namespace": namespace, "name": name})])
            _ModelReader(root, self.roots, self.models).read()
        found = self.models[namespace]
        if found is None:
            raise Invalid([Finding("dmn.import-circle", line=element.sourceline or 0, details={"namespace": namespace, "name": name})])
        self.imports[namespace] = name, found
        self.model.types.adopt(name, found.types)
        self.model.findings.extend(found.findings)

    def declare(self, element: Element) -> None:
        """Makes the node, still without requirements and logic."""
        key = element.get("id") or f"#{len(self.model.elements)}"
        if key in self.model.elements:
            self.finding("dmn.duplicate-id", element, id=key)
            return
        variable = child(element, "variable")
        title = element.get("name") or ""
        name = (variable.get("name") if variable is not None else None) or title
        wanted = None if variable is None else self.model.types.of(variable.get("typeRef"))
        kinds = {"inputData": InputData, "decision": Decision, "businessKnowledgeModel": Knowledge, "decisionService": Service}
        self.model.elements[key] = kinds[local(element)](key, name, title, wanted, self.model.types.types)
        self.xml_of[key] = element

    # Requirements

    def target(self, reference: Element) -> tuple[str | None, DrgElement] | None:
        """What a `href` leads to, and the import it comes through (None for this model's own, «» for a nameless import)."""
        namespace, _, key = href(reference).rpartition("#")
        if namespace and namespace != self.model.namespace:
            if namespace in self.imports:
                name, model = self.imports[namespace]
                if key in model.elements:
                    return name, model.elements[key]
        elif key in self.model.elements:
            return None, self.model.elements[key]
        self.finding("dmn.reference", reference, href=href(reference))
        return None

    def require(self, node: DrgElement, element: Element) -> None:
        for requirement in children(element, "informationRequirement", "knowledgeRequirement"):
            for reference in children(requirement, "requiredInput", "requiredDecision", "requiredKnowledge"):
                self.add_requirement(node, reference)
        if isinstance(node, Service):
            node.inputs = list(self.targets(element, "inputData"))
            node.input_decisions = list(self.targets(element, "inputDecision"))
            node.outputs = list(self.targets(element, "outputDecision"))

    def targets(self, element: Element, name: str) -> Iterable[DrgElement]:
        for reference in children(element, name):
            found = self.target(reference)
            if found is not None:
                yield found[1]

    def add_requirement(self, node: DrgElement, reference: Element) -> None:
        found = self.target(reference)
        if found is None:
            return
        through, required = found
        if not through:
            node.requires[required.name] = required
            return
        group = node.requires.setdefault(through, {})
        if isinstance(group, dict):
            group[required.name] = required

    def refuse_cycles(self) -> None:
        done: set[int] = set()
        for key, element in self.xml_of.items():
            if _in_circle(self.model.elements[key], done):
                self.finding("dmn.cycle", element, name=self.model.elements[key].name)

    # Logic

    def reader(self, node: DrgElement) -> Reader:
        names, parts = set(node.requires), set(self.model.types.parts)
        for required in node.requires.values():
            if isinstance(required, dict):
                parts |= required.keys()
        table = self.model.types
        return Reader(
            node.title or node.name, frozenset(names), frozenset(parts), table.types, table.of, table.allowed_text, fire,
            self.model.findings, self.model.expressions, self.model.tables, lambda read: self.domain_of(node, read),
        )

    def domain_of(self, node: DrgElement, read: tree.Node) -> str:
        """The allowed values of what `name` or `name.component` reads among the requirements of `node`."""
        match read:
            case tree.Name(name):
                component = ""
            case tree.PathOf(tree.Name(name), part):
                component = f".{part}"
            case _:
                return ""
        required = node.requires.get(name)
        wanted = required.type if isinstance(required, DrgElement) else None
        return self.model.types.texts.get(wanted.name + component, "") if isinstance(wanted, NamedType) else ""

    def read_logic(self, node: DrgElement, element: Element) -> None:
        reader = self.reader(node)
        if isinstance(node, Decision):
            logic = child(element, *EXPRESSIONS)
            if logic is None:
                self.finding("dmn.no-logic", element, severity="warning", name=node.name)
            else:
                node.logic = reader.read(logic)
        elif isinstance(node, Knowledge):
            self.read_knowledge(node, element, reader)

    def read_knowledge(self, node: Knowledge, element: Element, reader: Reader) -> None:
        logic = child(element, "encapsulatedLogic")
        if logic is None:
            self.finding("dmn.no-logic", element, severity="warning", name=node.name)
            return
        if (logic.get("kind") or "FEEL").upper() not in ("FEEL", "F"):
            node.body = reader.refuse("dmn.foreign-function", logic, kind=logic.get("kind"))
            return
        node.parameters, node.parameter_types = reader.parameters(logic)
        inner = reader.seeing(node.name, *node.parameters)
        node.body = reader.typed(inner.inner(logic), logic)
        node.type = _result_type(node.type, node.types)
        node.requires.setdefault(node.name, node)  # a knowledge model may call itself


def _result_type(wanted: Type | None, types: Mapping[str, Type]) -> Type | None:
    """The type of what a knowledge model gives: its variable's, or the result of its variable's function type."""
    found = None if wanted is None else resolve(wanted, types)
    return found.result if isinstance(found, FunctionType) else wanted


def _in_circle(start: DrgElement, done: set[int]) -> bool:
    """Does `start` require itself, through others?"""
    pending, seen = _required(start), set[int]()
    while pending:
        element = pending.pop()
        if element is start:
            return True
        if id(element) not in seen and id(element) not in done:
            seen.add(id(element))
            pending += _required(element)
    done.add(id(start))
    return False


def _required(element: DrgElement) -> list[DrgElement]:
    return [one for required in element.requires.values() for one in (required.values() if isinstance(required, dict) else [required])]
