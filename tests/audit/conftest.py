"""The played campaign, once a test session, and a browser signed in as its auditor; tests that change something get a copy."""
from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.system import Settings, System
from adapters.system.auditing import Auditing
from adapters.web.app import create_app
from tests.audit.live import AUDITOR, PLACE, Played, play
from tests.web.conftest import Browser


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, seed: int) -> Played:
    return play(tmp_path_factory.mktemp("audit"), seed=seed)


@pytest.fixture(scope="session")
def auditing(played: Played) -> Auditing:
    return Auditing(played.system)


@pytest.fixture(scope="session")
def pages(played: Played) -> Browser:
    """The auditor's browser; its tests only read."""
    return Browser(create_app(played.system)).sign_in(AUDITOR, PLACE)


@pytest.fixture
def own(played: Played, tmp_path: Path) -> Iterator[System]:
    """A copy that a test may spoil."""
    home = Path(shutil.copytree(played.system.settings.home, tmp_path / "home"))
    system = System(Settings(home))
    system.published._bundles.update(played.system.published._bundles)  # parsed once for all copies
    system.published._schemes.update(played.system.published._schemes)
    yield system
    system.database.close()


@pytest.fixture
def own_pages(own: System) -> Browser:
    return Browser(create_app(own)).sign_in(AUDITOR, PLACE)
