"""The banli: attributes that the engine reads are those that the diagram pages know; what they mean is tested with the engine."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read_by_the_engine():
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "engine/bpmn").glob("*.py")))
    return set(re.findall(r'\bbanli\([\w.]+, "(\w+)"\)', sources))


def known_to_the_pages():
    descriptor = json.loads((ROOT / "frontend/src/banli.moddle.json").read_text(encoding="utf-8"))
    assert (descriptor["prefix"], descriptor["uri"]) == ("banli", "urn:banli:bpmn:1")
    return {prop["name"] for kind in descriptor["types"] for prop in kind["properties"]}


def test_engine_and_pages_speak_the_same_dialect():
    assert read_by_the_engine() == known_to_the_pages()
