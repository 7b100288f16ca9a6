"""A form's expressions against its package: those that cannot be read, and names that there are not; reads no answers."""
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.bpmn.rules.package import roles_named, scheme_paths
from engine.feel import BUILT_INS, Expression, FeelSyntaxError, parse
from engine.refusals import Finding
from engine.scheme.functions import NAMES
from forms.form import Form

IN_ORDER = (".show_if", ".required_if")  # what sees the answers above it while the form is filled in


def form_findings(form: Form, parameters: Collection[str] = (), roles: Collection[str] | None = None) -> list[Finding]:
    """Errors of expressions, and warnings about conditions that look at a field further down.

    Args:
        parameters: the dotted keys of the package's schemes; without any nothing is said about them. roles: likewise, None for nothing.

    `element` of a finding is where `form.expressions()` has it: `hazards.show_if`, `sections.1.show_if`.
    """
    order = {field.id: index for index, field in enumerate(form.fields())}
    found: list[Finding] = []
    for where, text, line in form.expressions():
        try:
            expression = parse(text.removeprefix("="), names=NAMES)
        except FeelSyntaxError:
            found.append(Finding("form.expression", form.file, where, line, "error", {"text": text[:120], "field": _label(form, where)}))
            continue
        found += [Finding(code, form.file, where, line, severity, {"text": text[:120], "field": _label(form, where), **details})
                  for code, severity, details in _about(expression, where, order, parameters, roles)]
    return found


def _label(form: Form, where: str) -> str:
    field = form.field(where.partition(".")[0])
    return field.label or field.id if field else where


def _about(
    expression: Expression, where: str, order: Mapping[str, int], parameters: Collection[str], roles: Collection[str] | None,
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in sorted(expression.functions):
        if name not in BUILT_INS and name not in NAMES and name not in expression.names:
            yield "bpmn.expression.function-unknown", "error", {"function": name}
    for role in dict.fromkeys(roles_named(expression)):
        if roles is not None and role not in roles:
            yield "bpmn.role.unknown", "error", {"role": role, "known": sorted(roles)}
    for path in dict.fromkeys(scheme_paths(expression)):
        if parameters and not any(path == key or key.startswith(path + ".") or path.startswith(key + ".") for key in parameters):
            yield "bpmn.expression.parameter-unknown", "error", {"parameter": path}
    own = where.partition(".")[0]
    if where.endswith(IN_ORDER) and own in order:
        for name in sorted(expression.names):
            if order.get(name, -1) >= order[own]:
                yield "form.looks_ahead", "warning", {"name": name}
