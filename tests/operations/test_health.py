"""What a node says about itself over HTTP: alive, ready, figures; who may read them; what holds new starts back."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from adapters.system import System
from adapters.system.health import Guard, Health, Limits, Overloaded
from adapters.web.app import create_app
from tests.system.small import started, system_in


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = system_in(tmp_path_factory.mktemp("home"))
    started(made)
    yield made
    made.database.close()


def client(system: System, address: str = "127.0.0.1", **headers: str) -> TestClient:
    return TestClient(create_app(system), client=(address, 50000), headers=headers)


def test_a_node_says_that_it_lives_and_is_ready(system: System) -> None:
    web = client(system)

    assert [(web.get(path).status_code, web.get(path).text) for path in ("/health/live", "/health/ready")] == [(200, "ok\n"), (200, "ok\n")]


def test_without_its_database_a_node_lives_but_is_not_ready(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    web = client(system)
    system.database.close()
    (tmp_path / "banli.db").rename(tmp_path / "gone")
    (tmp_path / "banli.db").mkdir()

    assert (web.get("/health/live").status_code, web.get("/health/ready").status_code) == (200, 503)


def test_a_node_whose_disk_does_not_write_through_is_not_ready(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    system.database.unsafe = True

    assert client(system).get("/health/ready").status_code == 503


def test_the_figures_of_every_place(system: System) -> None:
    text = client(system).get("/metrics").text

    assert 'banli_open_tasks{place="here"} 1' in text.splitlines()
    assert 'banli_incidents{place="here"} 0' in text.splitlines()
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+=\"[^\"]*\"\})? [0-9.e+-]+", line), line
    count = int(re.search(r"^banli_write_seconds_count (\d+)$", text, re.MULTILINE)[1])  # type: ignore[index]
    assert count > 0
    assert f'banli_write_seconds_bucket{{le="+Inf"}} {count}' in text


@pytest.mark.parametrize("address, headers, status", [
    ("127.0.0.1", {}, 200), ("::1", {}, 200), ("10.1.2.3", {}, 404), ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 404),
    ("10.1.2.3", {"Authorization": "Bearer guess"}, 404)])
def test_figures_are_for_this_machine(system: System, address: str, headers: dict[str, str], status: int) -> None:
    assert client(system, address, **headers).get("/metrics").status_code == status


@pytest.mark.parametrize("address, headers, status", [
    ("10.1.2.3", {"Authorization": "Bearer secret"}, 200), ("10.1.2.3", {"Authorization": "Bearer wrong"}, 404), ("127.0.0.1", {}, 404)])
def test_with_a_token_figures_are_for_who_has_it(system: System, address: str, headers: dict[str, str], status: int) -> None:
    web = client(system, address, **headers)
    web.app.state.health = Health(system, "secret")  # type: ignore[attr-defined]

    assert web.get("/metrics").status_code == status


@pytest.mark.parametrize("limits, code", [(Limits(jobs=0), "limit.jobs"), (Limits(disk=10**9), "limit.disk")])
def test_over_a_limit_nothing_new_is_started(system: System, limits: Limits, code: str) -> None:
    with pytest.raises(Overloaded) as refused:
        Guard(system, limits).check("here")

    assert refused.value.code == code


def test_within_the_limits_starts_go_on(system: System) -> None:
    Guard(system, Limits(disk=1)).check("here")
