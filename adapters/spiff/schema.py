"""Passes every diagram through SpiffWorkflow's parser and the OMG schema it ships; what our own checker says is `engine/bpmn/check.py`'s.

What is not BPMN 2.0 is an error. What only SpiffWorkflow's parser cannot read is a warning: our engine runs it, but without a second one beside it.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from adapters.spiff.translate import BPMN, safe_tree, tag, translated
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
        except etree.XMLSyntaxError as fault:
            found.append(Finding("spiff.xml", file, "", fault.lineno or 1, details={"reason": fault.msg or ""}))
            continue
        if tree.getroottree().docinfo.internalDTD is not None:  # entities: never read, and the validator stumbles over them
            found.append(Finding("spiff.doctype", file, "", 1))
            continue
        wrong = list(_schema_findings(file, tree))
        found += wrong or _parser_findings(file, tree)
    return found


def _schema_findings(file: str, tree: etree._Element) -> Iterator[Finding]:
    """Every place where the document is not BPMN 2.0; nested follow-ups of one line only once."""
    validator().preprocess(tree)
    if validator().validator.validate(tree):
        return
    lines = set[int]()
    for error in validator().validator.error_log:
        if error.line not in lines:
            lines.add(error.line)
            yield Finding("spiff.schema", file, _id_at(tree, error.path), error.line, details={"reason": error.message.replace(f"{{{BPMN}}}", "bpmn:")})


def _id_at(tree: etree._Element, path: str | None) -> str:
    """The id of the element that an error points to, or of the nearest around it."""
    found = tree.xpath(path or "/*", namespaces={prefix: uri for prefix, uri in tree.nsmap.items() if prefix})
    at = found[0] if found else None
    while at is not None and not at.get("id"):
        at = at.getparent()
    return "" if at is None else str(at.get("id"))


def _parser_findings(file: str, tree: etree._Element) -> list[Finding]:
    found = []
    for process in tree.iterchildren(tag("process")):
        if process.get("isExecutable") not in ("true", "1"):
            continue
        id, line, parser = process.get("id", ""), process.sourceline or 0, BpmnParser()
        try:
            parser.add_bpmn_xml(translated(tree, id), file)
            parser.get_spec(id)
            parser.get_subprocess_specs(id)
        except ValidationException as fault:
            if isinstance(fault.__context__, RecursionError):  # its parser is recursive: some 490 elements in a row
                found.append(Finding("spiff.depth", file, id, line, "warning"))
                continue
            at = next(iter(tree.xpath("//*[@id=$id]", id=str(getattr(fault, "id", "") or id))), process)
            found.append(Finding("spiff.parser", file, at.get("id", ""), at.sourceline or line, "warning", {"reason": reason(fault)}))
    return found


def reason(fault: Exception) -> str:
    """SpiffWorkflow's own words, without its dots and dumps."""
    return str(fault).split("\n")[0].rstrip(". ")
