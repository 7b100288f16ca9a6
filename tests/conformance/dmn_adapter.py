"""Evaluates the decisions of the open conformance kit with our DMN. Turns the kit's JSON into FEEL values and back, no more."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.dmn import Model, parse_dmn
from engine.feel import Environment, kind, temporal, text_of
from engine.feel.values import is_context, is_list
from engine.refusals import NotFound

_ENVIRONMENT = Environment(datetime(2030, 1, 1, 9, tzinfo=timezone.utc), ZoneInfo("UTC"))
_PARSE = {"date": temporal.parse_date, "time": temporal.parse_time, "dateTime": temporal.parse_date_time, "duration": temporal.parse_duration}
_TAGS = {
    "date": "date", "time": "time", "date and time": "dateTime", "days and time duration": "duration", "years and months duration": "duration",
}


def evaluate_decision(dmn_xml: Sequence[bytes], decision: str, inputs: Mapping[str, Any]) -> Any:
    """The result of the named decision as the kit writes it: JSON, with dates, times and durations tagged."""
    model = _model(tuple(dmn_xml), decision)
    return to_kit(model.evaluate(decision, {name: from_kit(value) for name, value in inputs.items()}, _ENVIRONMENT).value)


def _model(documents: tuple[bytes, ...], decision: str) -> Model:
    """The model among the documents that has the decision."""
    for i in range(len(documents)):
        model = _parsed(documents[i:] + documents[:i])
        try:
            model.find(decision)
        except NotFound:
            continue
        return model
    raise NotFound("dmn.no-decision", name=decision, model="", known=[])


@lru_cache(maxsize=8)
def _parsed(documents: tuple[bytes, ...]) -> Model:
    return parse_dmn(*documents)


def from_kit(value: Any) -> Any:
    match value:
        case {"@type": tag, "value": text}:
            return _PARSE[tag](text)
        case dict():
            return {key: from_kit(item) for key, item in value.items()}
        case list():
            return [from_kit(item) for item in value]
        case float() | int() if not isinstance(value, bool):
            return Decimal(repr(value))
    return value


def to_kit(value: Any) -> Any:
    tag = _TAGS.get(kind(value))
    if tag is not None:
        return {"@type": tag, "value": text_of(value)}
    if is_list(value):
        return [to_kit(item) for item in value]
    if is_context(value):
        return {key: to_kit(item) for key, item in value.items()}
    return value


class Adapter:
    """For the kit's harness, decisions only: `harness.py --engine tests.conformance.dmn_adapter --group dmn-cl3`."""

    name = "banli-dmn"

    def evaluate_decision(self, dmn_xml: Sequence[bytes], decision: str, inputs: Mapping[str, Any]) -> Any:
        return evaluate_decision(dmn_xml, decision, inputs)

    def close(self) -> None:
        """Nothing is held."""
