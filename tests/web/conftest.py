"""The real system over a SQLite file, its web app, and a client that signs in and sends forms as a page would."""
from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from adapters.system import Settings, System
from adapters.web.app import create_app
from tests.web import world

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ORIGIN = "http://testserver"


class Browser(TestClient):
    """One browser: keeps cookies, knows the token of the last page, follows no redirect by itself."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)
        self.token = ""

    def page(self, address: str) -> httpx.Response:
        answer: httpx.Response = self.get(address)
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer

    def press(self, address: str, fields: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        answer: httpx.Response = self.post(address, data={"csrf_token": self.token, **(fields or {})}, **more)
        return answer

    def sign_in(self, person: str, place: str = world.PLACE) -> "Browser":
        self.cookies.clear()
        self.page("/sign-in")
        answer = self.press("/sign-in/demo", {"place": place, "person": person})
        assert answer.status_code == 303, answer.text
        self.page("/me")
        return self


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[System, str]:
    """Built once; tests that change it make their own."""
    return world.build(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="session")
def system(built: tuple[System, str]) -> System:
    return built[0]


@pytest.fixture(scope="session")
def campaign(built: tuple[System, str]) -> str:
    return built[1]


@pytest.fixture(scope="session")
def app(system: System) -> FastAPI:
    return create_app(system)


@pytest.fixture
def client(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as made:
        yield made


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world that nobody changes, to be copied."""
    home = tmp_path_factory.mktemp("untouched")
    system, _ = world.build(home)
    system.database.close()
    return home


@pytest.fixture
def own_system(untouched: Path, tmp_path: Path) -> System:
    return System(Settings(shutil.copytree(untouched, tmp_path / "home")))


@pytest.fixture
def own_client(own_system: System) -> Iterator[Browser]:
    """Over a world of its own, for tests that change something."""
    with Browser(create_app(own_system)) as made:
        yield made
