"""Random diagrams × random paths: both engines show the same places after every step. A failure names its seed; `--long` runs far more."""
from __future__ import annotations

from random import Random

import pytest

from engine.refusals import Refused
from tests.spiffworkflow.models import Model, walk
from tests.spiffworkflow.pair import Pair

BATCHES, MODELS, PATHS = 10, 6, 3


def compare(model_seed: str, paths: int) -> int:
    """How many steps were compared."""
    model, compared = Model(Random(model_seed)), 0
    for path in range(paths):
        try:
            compared += walk(model, Random(f"{model_seed}/{path}")).compared
        except (AssertionError, Refused) as differs:
            raise AssertionError(f"model seed {model_seed!r}, path {path}: {differs!r}\n{model.xml.decode()}") from differs
    return compared


@pytest.mark.parametrize("batch", range(BATCHES))
def test_both_engines_go_the_same_ways(batch: int, seed: int) -> None:
    compared = sum(compare(f"{seed}-{batch}-{number}", PATHS) for number in range(MODELS))
    assert compared > MODELS * PATHS  # more than that it starts


@pytest.mark.long
@pytest.mark.parametrize("batch", range(40))
def test_both_engines_go_the_same_ways_for_long(batch: int, seed: int) -> None:
    compared = sum(compare(f"{seed}-long-{batch}-{number}", 4) for number in range(50))
    assert compared > 50 * 4


def test_a_turned_condition_is_found_by_chance(seed: int) -> None:
    """The same walks, with every choice turned round on SpiffWorkflow's side: most diagrams that have one give it away."""
    found = tried = 0
    for number in range(60):
        model = Model(Random(f"{seed}-turned-{number}"))
        turned = model.xml.replace(b"=x &gt; ", b"=x &lt;= ")
        if turned == model.xml:
            continue
        tried += 1
        try:
            for path in range(3):
                walk(model, Random(f"{seed}-turned-{number}/{path}"), make=lambda xml: Pair(xml, turned))
        except (AssertionError, Refused):
            found += 1
    assert found > tried / 2 > 5
