"""Where a package reads what a form's field answers: expressions of diagrams, of other forms, of decision tables, and the form's own; changes nothing.

Read as the checker reads names (`engine/bpmn/rules/names.py`): a task with outputs lets only these see its answers; without them everything that comes
after may, in its own diagram and in those that it calls. Said is what reads a name, so a name that something else writes too may be among it.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from engine.bpmn.graph import Node
from engine.bpmn.read import Document, read
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.tree import Element
from engine.dmn import xml
from engine.feel import Expression, FeelSyntaxError, parse
from engine.refusals import Invalid
from engine.scheme.functions import NAMES
from forms.form import Form

DMN_TEXTS = ("inputExpression", "literalExpression", "inputEntry", "outputEntry")


@dataclass(frozen=True, slots=True)
class FieldUse:
    """One place that reads the name. `title`: of the diagram, form or table; `name`: of the element or field there; `text`: the expression."""

    kind: Literal["own", "diagram", "form", "table", "scheme"]
    file: str
    title: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FormTask:
    """A user task that asks the form."""

    file: str
    element: str
    name: str
    outputs: bool


@lru_cache(maxsize=64)
def _document(body: bytes, file: str) -> Document | None:
    """A diagram, read once while its content is the same; None for one that cannot be read."""
    try:
        return read(body, file)
    except Invalid:
        return None


def _documents(files: Mapping[str, bytes]) -> Iterator[tuple[str, Document]]:
    for name in sorted(files):
        document = _document(files[name], name) if name.endswith(".bpmn") else None
        if document is not None:
            yield name, document


def tasks_of(files: Mapping[str, bytes], form: str) -> list[FormTask]:
    """The user tasks of the package that ask this form."""
    return [FormTask(file, node.id, node.name or node.id, bool(node.outputs)) for file, document in _documents(files)
            for process in document.processes for node in process.nodes.values() if node.user is not None and node.user.form == form]


def uses_of(files: Mapping[str, bytes], form: Form, field: str, others: Mapping[str, Form]) -> list[FieldUse]:
    """Everything that reads `field` of `form`: the form itself first, then diagrams, then other forms and tables.

    Args:
        others: the package's other forms by id.
    """
    own = [FieldUse("own", form.file, form.title, _label(form, where), text) for where, text, _ in form.expressions() if _reads(text, field) and where.partition(".")[0] != field]
    if field in form.identity:
        own.append(FieldUse("own", form.file, form.title, "", "identity"))
    found = [*own, *_in_diagrams(files, form.id, field)]
    if any(not task.outputs for task in tasks_of(files, form.id)) or not tasks_of(files, form.id):
        for other in others.values():
            ids = {one.id for one in other.fields()}
            found += [FieldUse("form", other.file, other.title, _label(other, where), text) for where, text, _ in other.expressions() if field not in ids and _reads(text, field)]
        found += _in_tables(files, field)
    return found


def outcome_uses(files: Mapping[str, bytes], form: str, code: str) -> list[FieldUse]:
    """What may wait for the outcome `code` of a form's tasks: expressions of their own diagrams that name it, for an outcome is often kept under another name."""
    homes = {task.file for task in tasks_of(files, form)}
    return list(_in_documents(files, lambda one: f'"{code}"' in one.text, lambda file, element: file in homes))


def _label(form: Form, where: str) -> str:
    first, _, rest = where.partition(".")
    if first == "sections":
        number = int(rest.partition(".")[0])
        return form.sections[number].title if number < len(form.sections) else ""
    field = form.field(first)
    return (field.label or first) if field else ""


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str]:
    try:
        return parse(text.removeprefix("="), names=NAMES).names
    except FeelSyntaxError:
        return frozenset()


def _reads(text: str, name: str) -> bool:
    return name in text and name in _names(text)


def _in_diagrams(files: Mapping[str, bytes], form: str, field: str) -> Iterator[FieldUse]:
    asking = tasks_of(files, form)
    inside = {(task.file, task.element) for task in asking if task.outputs}
    everywhere = any(not task.outputs for task in asking)
    yield from _in_documents(files, lambda one: field in one.names, lambda file, element: everywhere or (file, element) in inside)


def _in_documents(files: Mapping[str, bytes], reads: Callable[[Expression], bool], sees: Callable[[str, str], bool]) -> Iterator[FieldUse]:
    """Expressions that read what is asked about, at elements (file, id) that see it; each said once."""
    for file, document in _documents(files):
        found = [use for use in document.tree.uses if reads(use.expression)]
        if not found:
            continue
        diagram, nodes = Diagram(document), {id: node for process in document.processes for id, node in process.nodes.items()}
        title = "、".join(process.name or process.id for process in document.processes)
        told: set[FieldUse] = set()
        for use in found:
            element = _element(diagram, use.element, nodes)
            said = FieldUse("diagram", file, title, _called(document, nodes, element), use.expression.text)
            if sees(file, element) and said not in told:
                told.add(said)
                yield said


def _element(diagram: Diagram, at: Element, nodes: Mapping[str, Node]) -> str:
    """The id of the node, else of the nearest thing with one, in which an expression stands."""
    first = ""
    element: Element | None = at
    while element is not None:
        id = element.get("id") or ""
        first = first or id
        if id in nodes:
            return id
        element = element.getparent()
    return first


def _called(document: Document, nodes: Mapping[str, Node], element: str) -> str:
    if element in nodes:
        return nodes[element].name or element
    for process in document.processes:
        flow = process.flows.get(element)
        if flow is not None:
            ends = [nodes[id].name or id for id in (flow.source, flow.target) if id in nodes]
            return " → ".join(ends)
    return element


def _in_tables(files: Mapping[str, bytes], field: str) -> Iterator[FieldUse]:
    for file in sorted(name for name in files if name.endswith(".dmn")):
        try:
            root = xml.read(files[file])
        except Invalid:
            continue
        for decision in xml.children(root, "decision"):
            title = decision.get("name") or decision.get("id") or file
            seen: set[str] = set()
            for element in decision.iter():
                if isinstance(element.tag, str) and xml.local(element) in DMN_TEXTS:
                    text = xml.text(xml.child(element, "text")) or xml.text(element)
                    if text and text not in seen and _reads(text, field):
                        seen.add(text)
                        yield FieldUse("table", file, title, "", text)
