"""The decisions of a package: its models read together, checked with their tables, each found by the id that a business rule task names; runs no process."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.dmn import Model, Result, check_tables, parse_dmn, xml
from engine.execution.problem import Problem
from engine.feel import Environment
from engine.refusals import Finding, Invalid

# Reasons that say that the rules themselves are wrong, or that a value came which they were not made for: no result to go on with.
BROKEN = frozenset({"dmn.not-unique", "dmn.not-any", "dmn.input-not-allowed", "dmn.wrong-type"})


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision or decision service of a package."""

    id: str
    title: str
    model: Model = field(repr=False)

    def evaluate(self, inputs: Mapping[str, Any], environment: Environment | None = None) -> Result:
        """Its value for what `inputs` answers by name. Raises FeelError feel.budget and feel.assert."""
        return self.model.evaluate(self.id, inputs, environment)


def asked(decisions: Mapping[str, Any], id: Any, inputs: Mapping[str, Any], environment: Environment) -> Result:
    """The result of the decision `id`. Raises Problem `decision.unknown`; FeelError feel.budget and feel.assert."""
    found = decisions.get(id) if isinstance(id, str) else None
    if found is None:
        raise Problem("decision.unknown", decision=str(id)[:80])
    result: Result = found.evaluate(inputs, environment)
    return result


def sound(id: str, result: Result) -> Any:
    """The value to go on with. A null that no rule applies to is one; so is one that an expression gives.

    Raises Problem `decision.broken` when some table on the way to it is wrong or was asked what it was not made for.
    """
    for reason in result.reasons:
        if reason.code in BROKEN:
            raise Problem("decision.broken", **{"decision": id, **reason.details, "reason": reason.code})
    return result.value


@dataclass(slots=True)
class Tables:
    """What the `*.dmn` files of a package hold, and everything wrong with them, each with file and line."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_tables(files: Mapping[str, bytes]) -> Tables:
    """The decisions of the files (name → content), which may import each other."""
    found, roots, models = Tables(), dict[str, Any](), dict[str, Model]()
    for name, content in files.items():
        try:
            roots[name] = xml.read(content)
        except Invalid as invalid:
            found.findings += _in_file(name, invalid.findings)
    for name in roots:
        try:
            models[name] = parse_dmn(files[name], *(files[other] for other in roots if other != name))
        except Invalid as invalid:
            found.findings += _in_file(name, invalid.findings)
    for name, model in models.items():
        imported = {element.get("namespace") for element in xml.children(roots[name], "import")}
        others = [one for other in models.values() if other.namespace in imported for one in other.findings]
        _check(found, name, model, [one for one in model.findings if one not in others])  # who imports a model repeats what is wrong with it
        _add(found, name, model)
    return found


def _in_file(name: str, findings: Iterable[Finding]) -> list[Finding]:
    return [replace(one, file=name) for one in findings]


def _check(found: Tables, name: str, model: Model, own: list[Finding]) -> None:
    if not any(one.severity == "error" for one in own):
        own += check_tables(model)
    found.findings += _in_file(name, own)


def _add(found: Tables, name: str, model: Model) -> None:
    for element in (*model.decisions, *model.services):
        if element.id in found.decisions or model.find(element.id) is not element:
            found.findings.append(Finding("package.decision_twice", name, element.id, details={"decision": element.id}))
        found.decisions[element.id] = Decision(element.id, element.title or element.name, model)
