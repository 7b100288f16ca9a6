"""The OMG schema and SpiffWorkflow's parser on good and bad diagrams: what is wrong is named with file, line and element."""
from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest

from adapters.locale import spiff as words
from adapters.spiff.schema import schema_findings
from tests.spiffworkflow.drawing import document, element, end, flows, start, user

PACKAGE = Path(__file__).parents[2] / "processes" / "role-model-award"
GOOD = document(start(), user("a"), end(), flows("s > a > e"))


def said(xml: bytes) -> list[tuple[str, str, int, str]]:
    return [(finding.code, finding.element, finding.line, finding.severity) for finding in schema_findings({"x.bpmn": xml})]


def test_a_good_diagram_has_no_findings() -> None:
    assert said(GOOD) == []


@pytest.mark.parametrize(("xml", "found"), [
    (document("\n", start(), "\n", element("flyingTask", "x"), end(), flows("s > x > e")), ("spiff.schema", "x", 3, "error")),
    (document(start(), "\n", user("a"), "\n\n", user("a"), end(), flows("s > a > e")), ("spiff.schema", "a", 4, "error")),
    (document(start(), "\n", '<bpmn:sequenceFlow id="f" sourceRef="s"/>', end()), ("spiff.schema", "f", 2, "error")),
    (document(start(), "\n", user("a", "<bpmn:outgoing>s</bpmn:outgoing>", "<bpmn:documentation/>"), end()), ("spiff.schema", "a", 2, "error")),
    (b'<definitions id="d"/>', ("spiff.schema", "d", 1, "error")),
    (b"<a>\n<b></a>", ("spiff.xml", "", 2, "error")),
    (b"", ("spiff.xml", "", 1, "error")),
    (b"\x89PNG\r\n", ("spiff.xml", "", 1, "error")),
])
def test_what_is_not_bpmn_is_an_error_with_its_place(xml: bytes, found: tuple[str, str, int, str]) -> None:
    assert said(xml) == [found]


def test_a_missing_attribute_is_named() -> None:
    (finding,) = schema_findings({"x.bpmn": document(start(), '<bpmn:sequenceFlow id="f" sourceRef="s"/>', end())})
    assert finding.details == {"reason": "Element 'bpmn:sequenceFlow': The attribute 'targetRef' is required but missing."}


@pytest.mark.parametrize(("parts", "found"), [
    ((start(), "\n", element("complexGateway", "g"), end(), flows("s > g > e")), ("spiff.parser", "g", 2, "warning")),
    ((start(), "\n", user("a"), user("b"), end(), flows("s > a > e", "a > b > e")), ("spiff.parser", "a", 2, "warning")),
    ((start(), *(user(f"u{number}") for number in range(600)), end(), flows("s > " + " > ".join(f"u{number}" for number in range(600)) + " > e")),
     ("spiff.depth", "p", 1, "warning")),
])
def test_what_only_spiffworkflow_cannot_read_is_a_warning(parts: tuple[str, ...], found: tuple[str, str, int, str]) -> None:
    assert said(document(*parts)) == [found]


def test_every_file_and_every_place_is_said_at_once() -> None:
    twice = document(start(), *(f'\n<bpmn:sequenceFlow id="{id}" sourceRef="s"/>' for id in "fg"))
    found = schema_findings({"good.bpmn": GOOD, "torn.bpmn": b"<a>", "b.bpmn": document("\n", element("flyingTask", "y")), "twice.bpmn": twice})
    assert [(finding.file, finding.line, finding.element) for finding in found] == [("torn.bpmn", 1, ""), ("b.bpmn", 2, "y"), ("twice.bpmn", 2, "f"), ("twice.bpmn", 3, "g")]


def test_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    xml = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode() + GOOD.replace(b"<bpmn:startEvent", b"<bpmn:documentation>&x;</bpmn:documentation><bpmn:startEvent", 1)
    assert said(xml) == [("spiff.doctype", "", 1, "error")]


def test_all_diagrams_of_the_library_pass() -> None:
    diagrams = {path.name: path.read_bytes() for path in sorted(PACKAGE.glob("*.bpmn"))}
    assert (len(diagrams) >= 17, schema_findings(diagrams)) == (True, [])


def test_both_languages_have_words_with_the_same_placeholders() -> None:
    def placeholders(template: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(template) if name}

    assert {code: placeholders(text) for code, text in words.ZH.items()} == {code: placeholders(text) for code, text in words.EN.items()}
