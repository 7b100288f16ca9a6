"""Passes every diagram through SpiffWorkflow's parser and the OMG schema it ships; what our own checker says is `engine/bpmn/check.py`'s."""
from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator

from adapters.spiff.translate import safe_tree, translated
from engine.refusals import Finding


@cache
def validator() -> BpmnValidator:
    """The OMG schema, read once (28 ms)."""
    return BpmnValidator()


def schema_findings(files: Mapping[str, bytes]) -> list[Finding]:
    """What the BPMN 2.0 schema and SpiffWorkflow's parser find in a package's diagrams, by file name; every file is looked at."""
    found: list[Finding] = []
    for file, xml in files.items():
        try:
            tree = safe_tree(xml)
            validator().validate(tree, file)
        except (ValidationException, etree.LxmlError) as fault:
            found.append(_finding("spiff.schema", file, fault))
            continue
        found += _parser_findings(file, tree)
    return found


def _parser_findings(file: str, tree: etree._Element) -> list[Finding]:
    found = []
    for process in tree.iterfind("{*}process[@isExecutable='true']"):
        parser = BpmnParser()
        try:
            parser.add_bpmn_xml(translated(tree, process.get("id", "")), file)
            parser.get_spec(process.get("id", ""))
            parser.get_subprocess_specs(process.get("id", ""))
        except ValidationException as fault:
            found.append(_finding("spiff.parser", file, fault))
        except RecursionError:  # its parser is recursive: some 490 elements in a row (a limit of the second engine, not of ours)
            found.append(Finding("spiff.depth", file, process.get("id", ""), process.sourceline or 0, "warning"))
    return found


def _finding(code: str, file: str, fault: Exception) -> Finding:
    line = getattr(fault, "line_number", 0) or getattr(fault, "lineno", 0) or 0
    return Finding(code, file, str(getattr(fault, "id", "") or ""), int(line), details={"reason": str(fault).split("\n")[0]})
