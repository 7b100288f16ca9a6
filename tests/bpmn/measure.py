"""A way to look: what the checker says about every model of the conformance suite; not a test.

    python tests/bpmn/measure.py [part of a path …]
"""
from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(os.environ.get("BANLI_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
sys.path[:0] = [str(ROOT), str(SUITE)]

from engine.bpmn.check import check  # noqa: E402
from engine.bpmn.read import read  # noqa: E402
from engine.refusals import Finding, Invalid  # noqa: E402


def findings(xml: bytes, file: str, drawing: bool) -> list[Finding]:
    try:
        return check(read(xml, file), drawing=drawing)
    except Invalid as refused:
        return list(refused.findings)


def main(wanted: list[str]) -> None:
    from engines.dialect_feel import to_feel  # type: ignore[import-not-found]

    false_alarms: Counter[str] = Counter()
    missed = []
    for path in sorted((SUITE / "public" / "cases").rglob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        models = {m for m in case["models"]} | {m for c in case["cases"] for s in c["steps"] for m in s.get("models") or ()}
        bad = case["group"] == "refuse-invalid"
        for model in sorted(models):
            if not model.endswith(".bpmn") or (wanted and not any(word in model for word in wanted)):
                continue
            xml = (SUITE / "public" / model).read_bytes()
            drawing = case["group"] == "import-reference"
            found = findings(xml if drawing else to_feel(xml), model.rpartition("/")[2], drawing)
            errors = [one for one in found if one.severity == "error"]
            if bad and not errors:
                missed.append(model)
            if not bad:
                false_alarms.update(one.code for one in errors)
            if wanted or (errors and not bad):
                print(case["group"], model.rpartition("/")[2])
                for one in found:
                    print("   ", one.severity, one.code, one.element, one.line, dict(one.details))
    print("false alarms:", dict(false_alarms))
    print("missed:", len(missed), *missed, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
