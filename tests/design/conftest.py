"""The small world of tests/web with a second administrator, and browsers for both; each test its own copy."""
from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from adapters.system import Design, Settings, System
from adapters.web.app import create_app
from engine.bundle import Bundle
from engine.refusals import Invalid
from tests.web import world
from tests.web.conftest import Browser

FIRST, SECOND, AUDITOR = "administrator-fuxin-health", "second", "auditor-fuxin-health"
PACKAGE = "/design/packages/role-model-award"


class Known:
    """What a server would remember of packages."""

    def __init__(self) -> None:
        self.checked: OrderedDict[str, Bundle | Invalid] = OrderedDict()
        self.published: dict[tuple[str, str], Bundle] = {}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A world that nobody changes, to be copied; its campaign."""
    home = tmp_path_factory.mktemp("design")
    system, campaign = world.build(home)
    system.people.add_person(world.PLACE, SECOND, "示例管理员乙")
    system.people.grant(world.PLACE, SECOND, "fuxin-health.administrator")
    system.database.close()
    return home, campaign


@pytest.fixture
def campaign(made: tuple[Path, str]) -> str:
    return made[1]


@pytest.fixture(scope="session")
def known() -> Known:
    """Packages checked once a run, for they are named by the hash of their content; nothing else is shared between tests."""
    return Known()


@pytest.fixture
def system(made: tuple[Path, str], tmp_path: Path, known: Known) -> System:
    system = System(Settings(shutil.copytree(made[0], tmp_path / "home")))
    system.published._bundles = known.published
    return system


@pytest.fixture
def design(system: System, known: Known) -> Design:
    design = Design(system)
    design._bundles = known.checked
    return design


@pytest.fixture
def app(system: System, known: Known) -> FastAPI:
    app = create_app(system)
    app.state.design._bundles = known.checked
    return app


@pytest.fixture
def browse(app: FastAPI) -> Callable[[str], Browser]:
    """A browser signed in as a person."""
    return lambda person: Browser(app).sign_in(person)


@pytest.fixture
def first(browse: Callable[[str], Browser]) -> Browser:
    return browse(FIRST)


@pytest.fixture
def second(browse: Callable[[str], Browser]) -> Browser:
    return browse(SECOND)
