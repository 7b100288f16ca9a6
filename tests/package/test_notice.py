"""The table of the notice: every place it names exists, and every quotation of the scheme stands in it."""
from __future__ import annotations

import re
from typing import Any

import yaml

from engine.scheme.scheme import FROM_TEXT, value_at
from tests.package.files import ROOT, bundle, documents, forms, scheme

TABLE = (ROOT / "docs" / "notice-fuxin-2021.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| 原文 ")]
PLACES = re.findall(r"`([a-z]+):([\w.-]+)(?:#(\w+))?`|`([\w-]+\.bpmn)#(\w+)`", TABLE.partition("\n## ")[2])


def plain(text: str) -> str:
    return re.sub(r"\s|[“”‘’\"《》]", "", text)


def test_every_place_of_the_table_exists() -> None:
    elements = {(document.file, id) for document in documents() for process in document.processes for id in process.nodes}
    missing = []
    for kind, name, inner, file, element in PLACES:
        if file:
            found: Any = (file, element) in elements
        elif kind == "scheme":
            found = name in bundle().package.declaration.keys or value_at(scheme("fuxin-2021").values, name) is not None
        elif kind == "form":
            found = name in forms() and forms()[name].field(inner) is not None
        elif kind == "text":
            found = name in bundle().texts
        else:
            found = kind == "record" and name in bundle().package.records
        if not found:
            missing.append(f"{kind or file}:{name or element}")
    assert len(PLACES) > 120
    assert missing == []


def test_every_sentence_has_a_place_and_a_mark() -> None:
    sentences = [row for row in ROWS if len(row) == 4]
    assert len(sentences) > 45
    assert [row[0] for row in sentences if row[2] not in ("原文", "项目示例") or "`" not in row[1]] == []


def test_every_quotation_of_the_scheme_stands_in_the_notice() -> None:
    notice = plain("".join(row[0] for row in ROWS if len(row) == 4))
    origins = scheme("fuxin-2021").origins
    quoted = {path: origin.quote for path, origin in origins.items() if origin.origin == FROM_TEXT and origin.quote}
    assert len(quoted) > 25
    strange = [f"{path}: {part}" for path, quote in quoted.items() for part in quote.split("……") if plain(part) not in notice]
    assert strange == []


def test_every_value_from_the_text_names_its_clause() -> None:
    body = yaml.safe_load((ROOT / "processes/role-model-award/schemes/fuxin-2021.yaml").read_text("utf-8"))
    unnamed: list[str] = []

    def walk(value: Any, path: str, inside: bool) -> None:
        if isinstance(value, dict):
            leaf = "value" in value
            if leaf and not inside and value.get("origin") == FROM_TEXT and not value.get("clause"):
                unnamed.append(path)
            for key, one in value.items():
                walk(one, f"{path}.{key}", inside or leaf)
        elif isinstance(value, list):
            for index, one in enumerate(value):
                walk(one, f"{path}.{index}", inside)

    walk(body["values"], "", False)
    assert unnamed == []
