"""The house rules applied to the project; what a rule means is in rules.py, that it can fail is in test_rules_bite.py."""

from pathlib import Path

import pytest

from tests.architecture.rules import RULES, named

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", RULES, ids=named(RULES))
def test_the_project_keeps(rule):
    assert rule(ROOT) == []
