"""A gateway condition over ten variables costs two microseconds at most; on a slow or busy machine, six times Python's own `eval`."""
from __future__ import annotations

import pytest

from tests.feel.measure import CASES, evaluators, microseconds


@pytest.mark.parametrize(("feel", "python"), CASES)
def test_a_typical_condition_is_quick(feel, python):
    calls = evaluators(feel, python)

    ours, pythons = microseconds(calls["banli"], 5_000), microseconds(calls["python eval"], 5_000)

    assert calls["banli"]() == calls["python eval"]()
    assert ours <= max(2.0, 6 * pythons)
