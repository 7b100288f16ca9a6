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

from tests.bpmn.refuse_adapter import findings  # noqa: E402


def main(wanted: list[str]) -> None:
    from engines.dialect_feel import to_feel  # type: ignore[import-not-found]

    alarms: Counter[tuple[str, str]] = Counter()
    missed = []
    for path in sorted((SUITE / "public" / "cases").rglob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        if case["group"].startswith("dmn"):
            continue
        bad, drawing = case["group"] == "refuse-invalid", case["group"] == "import-reference"
        deployments = {tuple(s.get("models") or case["models"]) for c in case["cases"] for s in c["steps"] if s["op"] in ("deploy", "import")}
        for models in sorted(deployments):
            if wanted and not any(word in model for word in wanted for model in models):
                continue
            given = [(SUITE / "public" / model).read_bytes() for model in models]
            found = findings(given if drawing else [to_feel(xml) for xml in given], drawing)
            errors = [one for one in found if one.severity == "error"]
            if bad and not errors:
                missed.append(models[0])
            if not bad:
                alarms.update((one.severity, one.code) for one in found)
            if wanted or (errors and not bad):
                print(case["group"], *(model.rpartition("/")[2] for model in models))
                for one in found:
                    print("   ", one.severity, one.code, one.file, one.element, one.line, dict(one.details))
    print("on models that are right:", *sorted(alarms.items()), sep="\n  ")
    print("missed:", len(missed), *missed, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
