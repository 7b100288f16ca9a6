"""Checks a diagram: every rule that it breaks, each named, with element and line, all at once; it repairs nothing and executes nothing.

Two levels: a *drawing* must speak BPMN, and is told what else is wrong with it; what is *executable* must keep every rule, be complete
and unambiguous, and stay within what this engine does.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from engine.bpmn.read import Document
from engine.bpmn.rules import activities, collaboration, data, events, execution, flow, vocabulary
from engine.bpmn.rules.diagram import Diagram
from engine.refusals import Finding

Rule = Callable[[Diagram], Iterator[Finding]]

VOCABULARY: tuple[Rule, ...] = vocabulary.RULES
STRUCTURE: tuple[Rule, ...] = (*flow.RULES, *events.RULES, *activities.RULES, *data.RULES, *collaboration.RULES)
EXECUTION: tuple[Rule, ...] = (*flow.EXECUTION, *events.EXECUTION, *execution.RULES)


def check(documents: Document | Sequence[Document], *, drawing: bool = False) -> list[Finding]:
    """Every finding on these documents, by file and line.

    Args:
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
    return ordered(found)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By file, line and code, so that the same diagram always gives the same list."""
    return sorted(findings, key=lambda one: (one.file, one.line, one.element, one.code, repr(sorted(one.details.items(), key=str))))
