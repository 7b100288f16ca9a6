"""Both databases for every test of the store: a SQLite file and a real PostgreSQL."""
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.database.clock import create_place
from adapters.database.connection import Database, open_database
from adapters.database.schema import create_tables


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/banli.db"
    new: Callable[[], str] = request.getfixturevalue("new_postgres")
    return new()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty store with the demo place 「fuxin」 and the live place 「other」."""
    made = open_database(url)
    create_tables(made.engine)
    create_place(made, "fuxin", "阜新（演示）", "demo")
    create_place(made, "other", "另一地")
    yield made
    made.close()
