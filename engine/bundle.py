"""A process package as one value: every file of it read and checked together, every problem at once; it opens no file and stores nothing."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from engine.bpmn.check import PackageContext, check
from engine.bpmn.graph import GraphSet, Process
from engine.bpmn.read import Document, read
from engine.decisions import Tables, read_tables
from engine.journal.canonical import canonical_bytes
from engine.operations import OPERATIONS
from engine.refusals import Finding, Invalid
from engine.scheme.functions import NAMES
from engine.scheme.package import Package, read_package
from engine.scheme.texts import Template, read_texts
from forms.form import Form, read_form

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A package that may be published. `hash` names all its files, `diagrams_hash` the diagrams alone: the same under every scheme."""

    hash: str
    diagrams_hash: str
    package: Package
    graphs: GraphSet
    texts: Mapping[str, Template]
    files: Mapping[str, bytes]
    notes: tuple[Finding, ...] = ()  # warnings and notes; errors refuse


def files_hash(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and contents, in the order of the names."""
    return sha256(canonical_bytes({name: sha256(content).hexdigest() for name, content in files.items()})).hexdigest()


def read_bundle(files: Mapping[str, bytes]) -> Bundle:
    """The package in `files` (`package.yaml`, diagrams, tables, `forms/<id>.yaml`, texts; names relative to the package).

    Raises: Invalid, with every problem of every file.
    """
    if "package.yaml" not in files:
        raise Invalid([Finding("package.missing", "package.yaml")])
    package = read_package(files["package.yaml"], "package.yaml")
    reading = _Reading(files)
    documents = reading.each(package.diagrams, read)
    forms = {one.id: one for one in reading.each([f"forms/{id}.yaml" for id in package.forms], read_form)}
    texts = {id: text for one in reading.each(package.texts, read_texts) for id, text in one.items()}
    tables = reading.tables(package.tables)
    context = PackageContext(
        forms=frozenset(package.forms), roles=frozenset(package.roles), operations=OPERATIONS, functions=frozenset(NAMES), decisions=frozenset(tables.decisions),
        parameters=frozenset(package.declaration.keys), texts=frozenset(texts), answers={id: _answers(form) for id, form in forms.items()})
    findings = [*reading.findings, *tables.findings, *check(documents, context=context), *_entry(package, documents)]
    if any(one.severity == "error" for one in findings):
        raise Invalid(findings)
    hash = files_hash(files)
    graphs = GraphSet({p.id: p for p in _processes(documents)}, forms, tables.decisions, OPERATIONS, package.semantics, hash)
    diagrams = {name: files[name] for name in package.diagrams}
    return Bundle(hash, files_hash(diagrams), package, graphs, texts, dict(files), tuple(findings))


def _answers(form: Form) -> frozenset[str]:
    """What the form's task may set: its public answers, and the digest by which the same person is found again."""
    public = frozenset(field.id for field in form.fields() if not field.personal)
    return public | {"identity"} if form.identity else public


class _Reading:
    """Reads files one after the other and keeps what was wrong with them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.findings: list[Finding] = []

    def each(self, names: Iterable[str], read_one: Callable[[bytes, str], T]) -> list[T]:
        done = []
        for name in self.present(names):
            try:
                done.append(read_one(self.files[name], name))
            except Invalid as invalid:
                self.findings += invalid.findings
        return done

    def tables(self, names: Iterable[str]) -> Tables:
        """Decision models are read together, because one may import another."""
        return read_tables({name: self.files[name] for name in self.present(names)})

    def present(self, names: Iterable[str]) -> list[str]:
        """Those that there are; the others are findings."""
        found = list(names)
        self.findings += [Finding("package.file", "package.yaml", name) for name in found if name not in self.files]
        return [name for name in found if name in self.files]


def _processes(documents: list[Document]) -> list[Process]:
    return [process for document in documents for process in document.processes]


def _entry(package: Package, documents: list[Document]) -> list[Finding]:
    ids = [process.id for process in _processes(documents)]
    found = [Finding("package.process_twice", package.file, id) for id in sorted({id for id in ids if ids.count(id) > 1})]
    if package.entry not in ids:
        found.append(Finding("package.entry", package.file, package.entry))
    return found
