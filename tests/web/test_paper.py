"""The nomination form as a PDF: for whoever may see the nomination, with what they may see; absent for everybody else."""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from adapters.system import Settings, System
from adapters.web.app import create_app
from tests.demo import demo_home
from tests.web.conftest import Browser
from tests.web.world import PLACE

REVIEWER = "haizhou-health"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(Settings(demo_home(tmp_path_factory.mktemp("demo"))))
    yield system
    system.database.close()


def nomination(system: System, person: str) -> tuple[str, str]:
    """(instance, name) of a nomination that this person has a task about."""
    for line in system.queries.inbox(PLACE, person, {}, 50).rows:
        record = line.record
        names = [values["name"] for values in (record.personal if record else {}).values() if values.get("name")]
        if record and names:
            return record.instance, str(names[0])
    raise AssertionError("no nomination in the inbox")


def test_whoever_reviews_a_nomination_prints_its_form(demo: System, monkeypatch: pytest.MonkeyPatch) -> None:
    instance, name = nomination(demo, REVIEWER)
    browser = Browser(create_app(demo)).sign_in(REVIEWER)
    asked: list[Mapping[str, Any]] = []
    form = demo.documents.form
    monkeypatch.setattr(demo.documents, "form", lambda data: asked.append(data) or form(data))

    answer = browser.get(f"/instances/{instance}/form.pdf")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    text = json.dumps(asked[0], ensure_ascii=False)
    assert [words in text for words in (name, "建材", "是否一线劳动者\", \"text\": \"是", "同意推荐。", "TJ2021-")] == [True] * 5
    assert f'href="/instances/{instance}/form.pdf"' in browser.page(f"/instances/{instance}").text


def test_it_is_absent_for_others_and_where_there_is_no_form(demo: System) -> None:
    instance, _ = nomination(demo, REVIEWER)
    stranger = Browser(create_app(demo)).sign_in("judge1")
    campaign = demo.queries.campaigns(PLACE, REVIEWER)[0].id

    assert stranger.get(f"/instances/{instance}/form.pdf").status_code == 404
    assert Browser(create_app(demo)).sign_in(REVIEWER).get(f"/instances/{campaign}/form.pdf").status_code == 404
