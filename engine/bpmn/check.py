"""Checks a diagram: every rule that it breaks, each named, with element and line, all at once; it repairs nothing and executes nothing.

Two levels: a *drawing* must speak BPMN, and is told what else is wrong with it; what is *executable* must keep every rule, be complete
and unambiguous, and stay within what this engine does.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.bpmn.graph import GraphSet
from engine.bpmn.read import Document, read
from engine.bpmn.rules import activities, collaboration, data, events, execution, extensions, flow, vocabulary
from engine.bpmn.rules.across import across
from engine.bpmn.rules.diagram import Diagram
from engine.bpmn.rules.names import names
from engine.bpmn.rules.package import PackageContext, against, required_roles
from engine.bpmn.soundness import soundness
from engine.refusals import Finding, Invalid

__all__ = ["PackageContext", "check", "read_package_diagrams", "required_roles"]

Rule = Callable[[Diagram], Iterator[Finding]]

VOCABULARY: tuple[Rule, ...] = vocabulary.RULES
STRUCTURE: tuple[Rule, ...] = (*vocabulary.STRUCTURE, *flow.RULES, *events.RULES, *activities.RULES, *data.RULES, *collaboration.RULES)
EXECUTION: tuple[Rule, ...] = (*flow.EXECUTION, *events.EXECUTION, *execution.RULES, *extensions.RULES)


# Warnings that refuse a package: what is published leaves neither the zone of a moment nor the choice of a way to its reader.
PUBLISHED = frozenset({"bpmn.timer.zone", "bpmn.gateway.no-condition"})


def check(documents: Document | Sequence[Document], context: PackageContext | None = None, *, drawing: bool = False) -> list[Finding]:
    """Every finding on these documents together, by file and line; severity «error» refuses.

    Args:
        context: the package they are published in; without it nothing is said about forms, roles and operations.
        drawing: refuse only what is not BPMN at all; broken rules of structure are warnings then, and expressions in other languages
            and missing details of execution no findings.
    """
    together = [documents] if isinstance(documents, Document) else list(documents)
    found: list[Finding] = []
    for document in together:
        diagram = Diagram(document)
        found += [finding for rule in VOCABULARY for finding in rule(diagram)]
        structure = [finding for rule in STRUCTURE for finding in rule(diagram)]
        if drawing:
            found += [replace(finding, severity="warning") for finding in structure]
        else:
            found += structure + list(document.findings)
            found += [finding for rule in EXECUTION for finding in rule(diagram)]
        if not drawing and not any(one.severity == "error" and one.file == document.file for one in found):
            found += [finding for process in document.processes if process.executable for finding in soundness(process)]
    if not drawing:
        found += across(together)
    if context is not None and not drawing:
        found += [*against(together, context), *names(together, context)]
        found = [replace(one, severity="error") if one.code in PUBLISHED else one for one in found]
    return ordered(found)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By file, line and code, so that the same diagram always gives the same list."""
    return sorted(findings, key=lambda one: (one.file, one.line, one.element, one.code, repr(sorted(one.details.items(), key=str))))


def read_package_diagrams(files: Mapping[str, bytes], context: PackageContext | None = None) -> GraphSet:
    """The processes of a package's diagrams, ready to run.

    Raises: Invalid, with every finding of every file, when one of them is an error.
    """
    documents: list[Document] = []
    findings: list[Finding] = []
    for file, xml in files.items():
        try:
            documents.append(read(xml, file))
        except Invalid as refused:
            findings += refused.findings
    findings += check(documents, context)
    if any(one.severity == "error" for one in findings):
        raise Invalid(ordered(findings))
    return GraphSet({process.id: process for document in documents for process in document.processes})
