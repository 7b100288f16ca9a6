"""Every finding has words in both languages, and their gaps are details the finding has."""
from __future__ import annotations

import re
from pathlib import Path

from adapters.locale import bpmn

SOURCES = [path.read_text(encoding="utf-8") for path in (Path(__file__).resolve().parents[2] / "engine" / "bpmn").rglob("*.py")]
CODES = {code for source in SOURCES for code in re.findall(r'"(bpmn\.[a-z]+[a-z.-]+)"', source)}


def test_codes_and_words_are_the_same() -> None:
    assert CODES == set(bpmn.ZH) == set(bpmn.EN)


def test_no_sentence_calls_a_selection_a_commendation() -> None:
    assert [code for code, words in bpmn.ZH.items() if "表彰" in words] == []
