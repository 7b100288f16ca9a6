"""The whole system with a decision table: what the instance's page tells of it in both languages, and that the audit replays it beside the second engine."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.system import System
from adapters.system.audit import replayed
from adapters.web.app import create_app
from tests.decisions.build import GRADE, leave_with
from tests.system.small import SCHEME, system_in
from tests.web.conftest import Browser


@pytest.fixture
def decided(tmp_path: Path) -> tuple[System, str]:
    """An instance whose first task was completed with five days, so that the second rule applied."""
    system = system_in(tmp_path)
    bundle = system.publish("here", leave_with(GRADE), "admin")
    scheme, _ = system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    instance = system.start("here", bundle.hash, scheme, "ann", org="office").instance
    system.complete("here", "ann", instance, "t1", "submit", "", {"title": "请示", "days": "5"}, "one")
    return system, instance


def history(system: System, instance: str, language: str) -> list[str]:
    """The sentences of the page, newest first."""
    with Browser(create_app(system)) as client:
        client.sign_in("ann", "here")
        client.cookies.set("language", language)
        page = client.get(f"/instances/{instance}").text
    return [re.sub(r"<[^>]+>", "", line).strip() for line in re.findall(r'<li class="history-\w+"><span class="meta">.*?</span>(.*?)</li>', page, re.DOTALL)]


def test_the_page_tells_which_rule_applied(decided: tuple[System, str]) -> None:
    system, instance = decided
    assert history(system, instance, "zh")[0] == "办理“请示”：报送；决策表“grade”第 2 条；转到“审批”"
    assert "decision table “grade”, rule 2" in history(system, instance, "en")[0]


def test_the_audit_replays_it_with_both_engines(decided: tuple[System, str]) -> None:
    system, instance = decided
    outcome = replayed(system, "here", instance, second=True)
    assert (outcome.findings, outcome.entries, outcome.compared) == ((), 2, 2)
