"""The open conformance kit's decision groups, run as its harness does; what fails is listed with its reason."""
from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from tests.conformance.dmn_adapter import evaluate_decision
from tests.conformance.dmn_failures import FAILURES

ROOT = Path(__file__).resolve().parents[2]
KIT = Path(os.environ.get("BANLI_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
CASES = {"dmn-cl2": 77, "dmn-cl3": 2066}


@pytest.fixture(scope="module")
def harness() -> ModuleType:
    if not (KIT / "harness.py").is_file():
        pytest.skip(f"the conformance kit is not at {KIT} (BANLI_CONFORMANCE)")
    spec = importlib.util.spec_from_file_location("kit_harness", KIT / "harness.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


@pytest.mark.parametrize("group", CASES)
def test_every_public_case_but_the_listed_ones_passes(harness, group):
    failed, counts = set(), Counter()
    for file in sorted((KIT / "public" / "cases" / "tck" / group).glob("*.json")):
        described = json.loads(file.read_text())
        documents = [(KIT / "public" / name).read_bytes() for name in described["dmn"]]
        for case in described["cases"]:
            counts[group] += 1
            if not all(passes(harness, documents, step) for step in case["steps"]):
                failed.add((described["id"].rpartition("/")[2], case["n"]))

    assert counts[group] == CASES[group]
    assert failed == {key for key in FAILURES if FAILURES[key][0] == group}


def passes(harness: ModuleType, documents: list[bytes], step: dict) -> bool:
    try:
        found = evaluate_decision(documents, step["decision"], step["inputs"])
    except Exception:
        return bool(step.get("may_error"))
    return bool(harness.same(found, step["result"]))
