"""Fixtures of the crash tests: a home for the product, both databases."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import with_database
from tests.crash.nodes import in_memory


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where the machine has such a place: killing a process loses nothing that was handed to the system, wherever it lies.

    What a loss of power does is simulated (test_power), and a real write-through would only make the tests slow.
    """
    with in_memory() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('home')}/banli.db"
    new: Callable[[], str] = request.getfixturevalue("new_postgres")
    return new()


@pytest.fixture(scope="module")
def module_postgres(postgres_url: str) -> str:
    """An empty PostgreSQL for all tests of a module; it goes with its server."""
    name = f"m_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return with_database(postgres_url, name)


@pytest.fixture
def home(memory: Path) -> Path:
    made = memory / "home"
    made.mkdir()
    return made


@pytest.fixture
def long(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.option.long)
