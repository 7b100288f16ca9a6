"""Models that break one rule of BPMN each are refused by that rule, and correct ones are not: the suite of `BANLI_CONFORMANCE`, where it is there."""
from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(os.environ.get("BANLI_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
CASES = sorted((SUITE / "public" / "cases").rglob("*.json"))
pytestmark = pytest.mark.skipif(not CASES, reason=f"the conformance suite is not at {SUITE}")

# The suite's constraint → the rules of ours that say the same. References of a wrong type are one rule for all (REF).
EXPECTED = {
    "002": "id.missing", "003": "id.missing", "004": "attribute.value", "006": "reference.type", "007": "reference.type", "008": "reference.type",
    "009": "reference.type", "010": "attribute.value", "011": "event.code event.reference", "012": "expression.language expression.informal",
    "013": "expression.empty", "014": "attribute.value", "017": "gateway.direction", "019": "gateway.direction", "020": "data.collection",
    "022": "event-sub-process.flow", "023": "reference.missing", "025": "flow.condition-alone", "027": "choreography.reference",
    "030": "participant.multiplicity", "035": "process.public", "037": "activity.quantity", "038": "activity.quantity", "039": "resource.both",
    "041": "element.too-many", "044": "data.message-type", "045": "data.message-type", "047": "data.one-message", "048": "data.message-type",
    "049": "receive.instantiate-incoming", "055": "element.too-many", "057": "event-sub-process.flow", "058": "event-sub-process.one-start",
    "059": "start.trigger event-sub-process.no-trigger event-sub-process.non-interrupting", "060": "attribute.value", "061": "ad-hoc.empty",
    "064": "data.no-binding", "065": "data.binding-type", "067": "multi-instance.no-number", "068": "reference.type",
    "069": "multi-instance.item-collection multi-instance.item-type", "071": "condition.not-boolean", "072": "condition.not-boolean",
    "076": "data.reference-name", "079": "data.sub-process", "080": "data.input-written", "081": "data.collection", "082": "data.output-read",
    "084": "data.no-set", "086": "data.not-in-set", "088": "data.no-set", "089": "data.not-in-set", "090": "data.not-in-set", "091": "data.association-type",
    "093": "data.event-payload", "095": "event.definition-owned", "096": "start.incoming", "097": "end.without-start", "098": "start.trigger",
    "099": "call.no-none-start", "101": "flow.listed-once", "102": "message-flow.source", "106": "end.cancel", "107": "flow.listed-once",
    "108": "message-flow.target", "109": "message-flow.source-no-message", "111": "boundary.cancel", "112": "boundary.incoming", "113": "boundary.no-outgoing",
    "114": "boundary.compensation-flow", "115": "intermediate.no-incoming", "116": "intermediate.no-outgoing",
    "119": "message-flow.source message-flow.target", "120": "boundary.cancel", "121": "start.trigger", "122": "intermediate.kind",
    "123": "event.condition expression.language", "125": "link.no-target", "126": "link.no-target", "128": "message.operation",
    "129": "event-sub-process.no-trigger", "131": "timer.several", "132": "timer.form", "133": "timer.form", "134": "timer.form",
    "136": "gateway.event.one-way", "139": "gateway.event.message-and-receive", "140": "gateway.event.receive-boundary", "143": "compensation.no-handler",
    "144": "compensation.not-marked", "145": "attribute.value", "151": "node.no-incoming", "152": "flow.crosses",
}
# Not refused, on purpose: correct models of the same suite do the same, and are to be executed. Warnings say it instead.
TOLERATED = {
    "EXT012_7": "ISO 8601 without xsi:type is a timer all the same", "EXT012_8": "so is a date without a zone: the place's zone is meant",
    "EXT012_9": "ISO 8601 without xsi:type is a timer all the same", "EXT105": "a start without an end: the last step ends the process",
}


def _adapter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bpmn_refuse_adapter", Path(__file__).with_name("refuse_adapter.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(group: str | None) -> list[Any]:
    """The cases of a group; for None those that are to be executed."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in CASES if "dmn-" not in str(path)]
    return [one for one in found if one["group"] == group or (group is None and one["group"] not in ("refuse-invalid", "import-reference"))]


@pytest.fixture(scope="module")
def to_feel() -> Any:
    sys.path.insert(0, str(SUITE))
    try:
        from engines.dialect_feel import to_feel as found  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(SUITE))
    return found


def test_invalid_models_are_refused_by_the_rule_they_break(to_feel: Any) -> None:
    adapter, refused, wrong = _adapter(), 0, []
    for case in cases("refuse-invalid"):
        name = case["id"].rpartition("/")[2]
        codes = {one.code.removeprefix("bpmn.") for one in adapter.errors([to_feel((SUITE / "public" / model).read_bytes()) for model in case["models"]])}
        if any(name.startswith(one) for one in TOLERATED):
            wrong += [(name, "refused, though tolerated")] if codes else []
            continue
        expected = {"reference.type"} if name.startswith("REF") else set(EXPECTED.get(name[3:6], "").split())
        refused += bool(codes & expected)
        wrong += [] if codes & expected else [(name, sorted(codes))]

    assert wrong == []
    assert refused >= 175


def test_models_that_are_to_be_executed_are_accepted(to_feel: Any) -> None:
    adapter, refused = _adapter(), []
    for case in cases(None):
        if any("ERROR" in step.get("exact", ()) for one in case["cases"] for step in one["steps"]):
            continue  # what must fail may be refused already
        for models in {tuple(step.get("models") or case["models"]) for one in case["cases"] for step in one["steps"] if step["op"] == "deploy"}:
            found = adapter.errors([to_feel((SUITE / "public" / model).read_bytes()) for model in models])
            refused += [(case["id"], one.code, one.element) for one in found]

    assert refused == []


def test_reference_drawings_are_imported() -> None:
    adapter = _adapter()

    assert [
        (case["id"], one.code) for case in cases("import-reference")
        for one in adapter.errors([(SUITE / "public" / model).read_bytes() for model in case["models"]], drawing=True)
    ] == []
