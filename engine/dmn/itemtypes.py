"""Item definitions of a decision model to types. Checks no values itself."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.dmn import xml
from engine.dmn.xml import Element, child, children
from engine.feel.closures import Evaluate
from engine.feel.errors import FeelSyntaxError
from engine.feel.evaluation import Run
from engine.feel.expression import parse
from engine.feel.tree import steps
from engine.feel.types import ANY, BUILT_IN, Allowed, ContextType, FunctionType, ListType, NamedType, Type
from engine.feel.values import Spend
from engine.refusals import Finding

TEST_BUDGET = 20_000  # steps that the test of one value against its allowed values may take

# Names of types as other tools and older versions of DMN write them. None stands for every value.
FOREIGN: Mapping[str, Type | None] = {
    **BUILT_IN, "Any": None, "any": None, **dict.fromkeys(("integer", "int", "long", "double", "float", "decimal"), BUILT_IN["number"]),
}


class TypeTable:
    """The types of one model: its own by name, imported ones as `import.name`."""

    def __init__(self, findings: list[Finding]) -> None:
        self.types: dict[str, Type] = {}
        self.texts: dict[str, str] = {}  # allowed values as they are written, by type name, and by type.component
        self.parts: set[str] = set()
        self._findings = findings

    def read(self, definitions: Element) -> None:
        for element in children(definitions, "itemDefinition"):
            name = element.get("name") or ""
            self.types[name] = self._of(element)
            self.texts[name] = xml.text(child(element, "allowedValues"))
            for part in children(element, "itemComponent"):
                text = xml.text(child(part, "allowedValues")) or self.texts.get(xml.text(child(part, "typeRef")), "")
                self.texts[f"{name}.{part.get('name')}"] = text

    def adopt(self, prefix: str, other: TypeTable) -> None:
        """Makes the types of an imported model known under its import name."""
        for name, found in other.types.items():
            self.types[f"{prefix}.{name}" if prefix else name] = _qualified(found, prefix, other.types)
            self.texts[f"{prefix}.{name}" if prefix else name] = other.texts.get(name, "")
        self.parts |= other.parts

    def of(self, reference: str | None) -> Type | None:
        """The type that a `typeRef` names; None for none, Any, and names that are not known."""
        name = (reference or "").removeprefix("feel:").strip()
        if not name or name == "Any":
            return None
        if name in BUILT_IN and name not in self.types:
            return BUILT_IN[name]
        local = name.rpartition(":")[2]  # DMN 1.1 writes names with a prefix
        if name not in self.types and local in self.types:
            name = local
        elif name not in self.types and local in FOREIGN:
            return FOREIGN[local]
        return NamedType(name)

    def allowed_text(self, reference: str | None) -> str:
        return self.texts.get((reference or "").strip(), "")

    def unknown(self, definitions: Element) -> Iterator[Finding]:
        """Every `typeRef` that names nothing."""
        for element in definitions.iter():
            reference = element.get("typeRef") if isinstance(element.tag, str) else None
            wanted = self.of(reference)
            if isinstance(wanted, NamedType) and wanted.name not in self.types:
                yield Finding("dmn.unknown-type", element=element.get("id") or element.get("name") or "", line=element.sourceline or 0, severity="warning", details={"type": wanted.name})

    def _of(self, element: Element) -> Type:
        base = self._allowed(self._base(element), child(element, "allowedValues"))
        if element.get("isCollection") == "true":
            base = ListType(base)
        return self._allowed(base, child(element, "typeConstraint"))

    def _base(self, element: Element) -> Type:
        components = list(children(element, "itemComponent"))
        if components:
            self.parts |= {component.get("name") or "" for component in components}
            return ContextType(tuple((component.get("name") or "", self._of(component)) for component in components))
        function = child(element, "functionItem")
        if function is not None:
            parameters = tuple(self.of(p.get("typeRef")) or ANY for p in children(function, "parameters"))
            return FunctionType(parameters, self.of(function.get("outputTypeRef")) or ANY)
        reference = child(element, "typeRef")
        return self.of(xml.text(reference)) or ANY if reference is not None else ANY

    def _allowed(self, base: Type, element: Element | None) -> Type:
        text = xml.text(element)
        if element is None or not text:
            return base
        try:
            test = parse(text, unary=True)
        except FeelSyntaxError as error:
            self._findings.append(Finding(error.code, line=element.sourceline or 0, details={"text": text[:80], **error.details}))
            return base
        return Allowed(base, _meets(test.evaluate, steps(test.tree)))


def _meets(evaluate: Evaluate, cost: int) -> Callable[[object, Spend], bool]:
    """The test with a budget of its own, small, and paid for."""
    def meets(value: object, spend: Spend) -> bool:
        spend(cost)
        run = Run(None)
        run.steps = TEST_BUDGET
        found = evaluate({"?": value}, run) is True
        spend(TEST_BUDGET - run.steps)
        return found

    return meets


def _qualified(found: Type, prefix: str, names: dict[str, Type]) -> Type:
    """`found` with the names of its own model made names of the importing one."""
    def inner(one: Type) -> Type:
        return _qualified(one, prefix, names)

    match found:
        case NamedType(name) if name in names and prefix:
            return NamedType(f"{prefix}.{name}")
        case ListType(element):
            return ListType(inner(element))
        case Allowed(base, test):
            return Allowed(inner(base), test)
        case ContextType(entries):
            return ContextType(tuple((name, inner(one)) for name, one in entries))
        case FunctionType(parameters, result):
            return FunctionType(tuple(inner(one) for one in parameters), inner(result))
    return found
