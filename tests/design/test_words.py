"""Every text of the design pages' modules has its English, every facet of the library's diagrams its word; the templates are looked through in tests/web."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.definitions.folder import Library
from adapters.locale import catalogue, knows
from adapters.web import design
from adapters.web.design.sentences import Labels, Sentences
from engine.compare.inventory import inventory
from engine.operations import OPERATIONS
from tests.conftest import ROOT

NOTATION = "calendar_form.py"  # its Chinese is what people type, in either language
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted(one for one in Path(design.__file__).parent.glob("*.py") if one.name != NOTATION):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                      and node.body and isinstance(node.body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value) and id(node) not in docstrings:
                yield path.name, node.value


@pytest.mark.parametrize(("file", "text"), sorted(set(texts())))
def test_every_text_has_its_english(file: str, text: str) -> None:
    assert text in catalogue("en") or text in ("、", "；", "：")


def test_every_facet_and_kind_of_the_library_has_a_word() -> None:
    words = Sentences(Labels())
    files = Library(ROOT).package("role-model-award")
    things = [thing for name, body in files.items() if name.endswith(".bpmn") for thing in inventory(body, name).things.values()]

    assert {path for thing in things for path in thing.facets if words.facet(path) == path} == set()
    assert {thing.kind for thing in things if not knows(f"thing.{thing.kind}")} == set()


def test_every_operation_and_input_has_a_label() -> None:
    assert [name for name in OPERATIONS if not knows(f"operation.{name}")] == []
    assert {one.name for operation in OPERATIONS.values() for one in operation.inputs if not knows(f"input.{one.name}")} == set()
