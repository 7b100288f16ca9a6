"""The checker alone behind the conformance suite's contract: refuses or accepts, executes nothing (see the suite's engine_api)."""
from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.check import check
from engine.bpmn.read import Document, read
from engine.refusals import Finding, Invalid


def findings(models: Sequence[bytes | str], drawing: bool = False) -> list[Finding]:
    """What reading and checking these diagrams together finds."""
    documents: list[Document] = []
    found: list[Finding] = []
    for number, xml in enumerate(models, 1):
        try:
            documents.append(read(xml.encode() if isinstance(xml, str) else xml, f"{number}.bpmn"))
        except Invalid as invalid:
            found += invalid.findings
    return found + check(documents, drawing=drawing)


def errors(models: Sequence[bytes | str], drawing: bool = False) -> list[Finding]:
    """Only what refuses."""
    return [one for one in findings(models, drawing) if one.severity == "error"]


class Adapter:
    """deploy and import_model; everything else is unsupported."""

    def deploy(self, bpmn_xml: Sequence[bytes | str], dmn: Sequence[bytes | str] = ()) -> str:
        self._refuse(errors(bpmn_xml))
        return "deployed"

    def import_model(self, bpmn_xml: Sequence[bytes | str]) -> None:
        self._refuse(errors([bpmn_xml] if isinstance(bpmn_xml, (str, bytes)) else bpmn_xml, drawing=True))

    def _refuse(self, found: list[Finding]) -> None:
        if found:
            from engine_api import DeploymentRejected  # type: ignore[import-not-found]

            raise DeploymentRejected("; ".join(f"{one.code} {one.element}:{one.line}" for one in found))

    def instances(self, deployment: str, process: str | None = None) -> list[str]:
        return []

    def close(self) -> None:
        pass
