"""Diagrams against the package they are published in: forms, roles, operations, decisions, parameters, texts and functions by name."""
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from engine.bpmn.graph import Node, Process
from engine.bpmn.read import Document
from engine.feel import BUILT_INS, Expression
from engine.feel import tree as feel
from engine.refusals import Finding


class OperationDeclared(Protocol):
    """What a rule needs of an operation: `engine/operations.py` has them."""

    @property
    def results(self) -> Sequence[str]: ...
    def unknown(self, names: Collection[str]) -> list[str]: ...
    def missing(self, names: Collection[str]) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class PackageContext:
    """What the package offers its diagrams. `parameters` are the dotted keys of a scheme; `functions` our FEEL functions.

    `answers`: per form the ids of its public answers; without it nothing is said about names that user tasks could write.
    """

    forms: Collection[str] = ()
    roles: Collection[str] = ()
    operations: Mapping[str, OperationDeclared] = field(default_factory=dict)
    decisions: Collection[str] = ()
    parameters: Collection[str] = ()
    functions: Collection[str] = ()
    texts: Collection[str] = ()
    answers: Mapping[str, Collection[str]] | None = None


def against(documents: Sequence[Document], context: PackageContext) -> Iterator[Finding]:
    """Everything the diagrams name that the package does not have."""
    for document in documents:
        for process in document.processes:
            for node in process.nodes.values() if process.executable else ():
                yield from _user_task(process, node, context)
                yield from _service(process, node, context)
                yield from _decision(process, node, context)
                yield from _waits(process, node)
                yield from _begins(process, node)
        for use in document.tree.uses:
            for code, details in _expression(use.expression, context):
                yield document.tree.finding(code, use.element, field=use.field, text=use.expression.text[:120], **details)


def _finding(code: str, process: Process, node: Node, severity: str = "error", **details: object) -> Finding:
    return Finding(code, process.file, node.id, node.line, severity, details)


def _user_task(process: Process, node: Node, context: PackageContext) -> Iterator[Finding]:
    task = node.user
    if task is None:
        return
    if not task.form:
        yield _finding("bpmn.user-task.no-form", process, node, "warning")
    elif task.form not in context.forms:
        yield _finding("bpmn.user-task.form-unknown", process, node, form=task.form, known=sorted(context.forms))
    if task.candidate_groups is None and task.candidate_users is None and task.assignee is None:
        yield _finding("bpmn.user-task.no-candidates", process, node)
    if isinstance(task.candidate_groups, str):
        for group in task.candidate_groups.split(","):
            code, at, organisation = group.strip().partition("@")
            if not at or not organisation:
                yield _finding("bpmn.user-task.group-form", process, node, group=group.strip()[:80])
            elif code not in context.roles:
                yield _finding("bpmn.role.unknown", process, node, role=code, known=sorted(context.roles))


def _service(process: Process, node: Node, context: PackageContext) -> Iterator[Finding]:
    if node.service is None:
        return
    operation = context.operations.get(node.service.type)
    if operation is None:
        yield _finding("bpmn.operation.unknown", process, node, operation=node.service.type, known=sorted(context.operations))
        return
    given = {one.target.partition(".")[0] for one in node.inputs}
    for name in operation.missing(given):
        yield _finding("bpmn.operation.input-missing", process, node, operation=node.service.type, input=name)
    for name in operation.unknown(sorted(given)):
        yield _finding("bpmn.operation.input-unknown", process, node, operation=node.service.type, input=name)
    for one in node.inputs:
        template = _literal(one.source)
        if one.target == "template" and node.service.type == "notify" and template is not None and template not in context.texts:
            yield _finding("bpmn.text.unknown", process, node, template=template, known=sorted(context.texts))


def _literal(value: Any) -> str | None:
    """The text an attribute always gives, None when it depends."""
    if isinstance(value, Expression):
        value = value.tree.value if isinstance(value.tree, feel.Literal) else None
    return value if isinstance(value, str) else None


def _waits(process: Process, node: Node) -> Iterator[Finding]:
    """Who waits for a message inside a process says whose: without a key the first that comes is taken."""
    begins = node.id in process.body.starts
    for message in [one.ref for one in node.events if one.kind == "message"] + ([node.message] if node.kind == "receiveTask" else []):
        if message is not None and message.correlation is None and not begins and node.kind not in ("endEvent", "intermediateThrowEvent"):
            yield _finding("bpmn.message.no-key", process, node, "warning", message=message.name)


def _begins(process: Process, node: Node) -> Iterator[Finding]:
    """A condition that starts an instance would have nothing to look at: before it there are no variables."""
    if node.id in process.body.starts and any(one.kind == "conditional" for one in node.events):
        yield _finding("bpmn.start.conditional", process, node, name=process.name or process.id)


def _decision(process: Process, node: Node, context: PackageContext) -> Iterator[Finding]:
    if node.decision is None:
        return
    name = _literal(node.decision.decision)
    if name is not None and name not in context.decisions:
        yield _finding("bpmn.decision.unknown", process, node, decision=name, known=sorted(context.decisions))


def _expression(expression: Expression, context: PackageContext) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted(expression.functions):
        if name not in BUILT_INS and name not in context.functions and name not in expression.names:
            yield "bpmn.expression.function-unknown", {"function": name}
    for role in dict.fromkeys(roles_named(expression)):
        if role not in context.roles:
            yield "bpmn.role.unknown", {"role": role, "known": sorted(context.roles)}
    for path in dict.fromkeys(scheme_paths(expression)):
        if context.parameters and not _declared(path, context.parameters):
            yield "bpmn.expression.parameter-unknown", {"parameter": path}


def roles_named(expression: Expression) -> Iterator[str]:
    """The role codes that an expression names in `role("code", …)`."""
    for node in walk(expression.tree):
        if isinstance(node, feel.Call) and isinstance(node.function, feel.Name) and node.function.name == "role" and node.arguments:
            first = node.arguments[node.names.index("code")] if "code" in node.names else node.arguments[0]
            if isinstance(first, feel.Literal) and isinstance(first.value, str):
                yield first.value


def scheme_paths(expression: Expression) -> Iterator[str]:
    """The scheme parameters that an expression reads, as dotted paths (`quota.total`), the longest each."""
    inner: set[int] = set()
    for node in walk(expression.tree):  # a path comes before the path it is made of
        names: list[str] = []
        base = node
        while isinstance(base, feel.PathOf):
            names.append(base.name)
            base = base.base
            inner.add(id(base))
        if names and isinstance(base, feel.Name) and base.name == "scheme" and id(node) not in inner:
            yield ".".join(reversed(names))


def _declared(path: str, parameters: Collection[str]) -> bool:
    """Whether a path is a parameter, a group of some, or goes on inside one (a record's field, a stage's date)."""
    return any(path == key or key.startswith(path + ".") or path.startswith(key + ".") for key in parameters)


def walk(node: feel.Node) -> Iterator[feel.Node]:
    """A syntax tree from the top, without recursion."""
    stack: list[Any] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, feel.Node):
            yield one
            stack.extend(reversed([getattr(one, f.name) for f in fields(one) if f.name != "place"]))
        elif isinstance(one, tuple):
            stack.extend(reversed(one))


def required_roles(process: Process) -> dict[str, tuple[str, ...]]:
    """Per user task the role codes whose holders could do it, as far as the diagram names them: who must hold grants on this path."""
    found: dict[str, tuple[str, ...]] = {}
    for node in process.nodes.values():
        if node.user is None:
            continue
        groups = node.user.candidate_groups
        if isinstance(groups, Expression):
            found[node.id] = tuple(dict.fromkeys(roles_named(groups)))
        else:
            found[node.id] = tuple(dict.fromkeys(one.strip().partition("@")[0] for one in (groups or "").split(",") if one.strip()))
    return found
