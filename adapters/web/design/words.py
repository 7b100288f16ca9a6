"""Findings, versions and labels of designs in words; looks up, decides nothing."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from adapters.locale import say
from adapters.web.design.organisations import Organisations
from adapters.web.design.rights import Designer
from adapters.web.design.sentences import Labels, Said, Sentences
from engine.bpmn.read import read
from engine.compare.change import Change
from engine.refusals import Finding, Invalid, NotFound
from engine.scheme.scheme import Scheme

NAMED = ("path", "waiting", "flow")  # details of findings that hold ids of a diagram
ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding in words. `element`: id in a diagram or key path."""

    file: str
    element: str
    line: int
    severity: str
    message: str
    path: tuple[str, ...] = ()  # ids of the steps of a counter-example, in order


def finding_lines(findings: Iterable[Finding], language: str, files: Mapping[str, bytes] | None = None) -> list[FindingLine]:
    """Errors first, then warnings, then notes, each in their order. `files`: the diagrams, so that a path is told by names instead of ids."""
    names = DiagramNames(files or {}, language)
    lines = [FindingLine(one.file, one.element, one.line, one.severity, in_words(names.told(one), language), names.path(one)) for one in findings]
    return sorted(lines, key=lambda one: ORDER.get(one.severity, 3))


class DiagramNames:
    """What the elements of diagrams are called, each diagram read once and only when a finding asks."""

    def __init__(self, files: Mapping[str, bytes], language: str) -> None:
        self.files, self.language = files, language
        self._known: dict[str, dict[str, str]] = {}

    def told(self, finding: Finding) -> Finding:
        """The finding with the ids in its details (`path`, `waiting`, `flow`) as names."""
        named = {key: value for key, value in finding.details.items() if key in NAMED}
        if not named or finding.file not in self.files:
            return finding
        return replace(finding, details={**finding.details, **{key: self._said(finding.file, key, value) for key, value in named.items()}})

    def path(self, finding: Finding) -> tuple[str, ...]:
        found = finding.details.get("path")
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    def _said(self, file: str, key: str, value: Any) -> str:
        known = self._of(file)
        words = [known.get(one, one) for one in ([value] if isinstance(value, str) else value)]
        return say("compare.path_joint" if key == "path" else "compare.and", self.language).join(words)

    def _of(self, file: str) -> dict[str, str]:
        if file not in self._known:
            self._known[file] = self._read(file)
        return self._known[file]

    def _read(self, file: str) -> dict[str, str]:
        try:
            document = read(self.files[file], file)
        except Invalid:
            return {}
        nodes = {id: say("compare.quoted", self.language, text=node.name) if node.name else say(f"thing.{node.kind}", self.language)
                 for process in document.processes for id, node in process.nodes.items()}
        flows = {id: say("compare.way_plain", self.language, source=nodes.get(flow.source, ""), target=nodes.get(flow.target, ""))
                 for process in document.processes for id, flow in process.flows.items()}
        return nodes | flows


def in_words(finding: Finding, language: str) -> str:
    """A finding as a sentence, dates as people write them."""
    details = {name: _day(value, language) if isinstance(value, date) else value for name, value in finding.details.items()}
    return say(finding.code, language, **details)


def _day(day: date, language: str) -> str:
    return say("compare.day_of_year", language, year=day.year, month=day.month, day=day.day)


def as_json(lines: Sequence[FindingLine], file: str) -> list[dict[str, Any]]:
    """For the islands: those of another file stand for the file as a whole and name it."""
    return [
        {"element": one.element if one.file == file else "", "line": one.line if one.file == file else 0, "severity": one.severity,
         "message": one.message if one.file in (file, "") else f"{one.file}：{one.message}", "path": list(one.path) if one.file == file else []}
        for one in lines]


def labels(designer: Designer, package: str) -> Labels:
    """What the package in force calls its things; empty words when it cannot be read."""
    try:
        return Labels.of(designer.design.bundle(designer.place, package), some_scheme(designer, package), organisations(designer).told)
    except (Invalid, NotFound):
        return Labels()


def organisations(designer: Designer) -> Organisations:
    return Organisations(designer.visitor.system.people.organisations(designer.place))


def some_scheme(designer: Designer, package: str) -> Scheme | None:
    """A scheme by which stages have names: the newest published one, else the first that there is."""
    for source in designer.design.sources(designer.place, package):
        return cast(Scheme, designer.design.read(designer.design.source(designer.place, package, source), source))
    return None


def sentences(designer: Designer, package: str, changes: Sequence[Change]) -> list[Said]:
    return Sentences(labels(designer, package), designer.visitor.language).all(changes)
