"""Both databases for every test of the store: a SQLite file and a real PostgreSQL; and tiny diagrams that it runs."""
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from adapters.database.clock import create_place
from adapters.database.connection import Database, open_database
from adapters.database.pipeline import OnPostgres
from adapters.database.schema import create_tables
from adapters.database.store import Store
from adapters.database.transaction import OnSqlite
from adapters.keys import KeyFolder
from engine.bpmn.graph import GraphSet
from engine.bpmn.read import read
from engine.facts import Facts, GivenFacts
from engine.operations import OPERATIONS

DIAGRAMS = Path(__file__).parent / "diagrams"


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


class Diagrams:
    """Definitions whose only package `p` is the folder of diagrams beside this file."""

    def __init__(self) -> None:
        documents = [read(path.read_bytes(), path.name) for path in sorted(DIAGRAMS.glob("*.bpmn"))]
        assert [finding for document in documents for finding in document.findings if finding.severity == "error"] == []
        self.set = GraphSet({p.id: p for document in documents for p in document.processes}, {}, {}, OPERATIONS, 1, "p")

    def graphs(self, place: str, package: str) -> GraphSet:
        return self.set

    def facts(self, place: str, package: str, scheme: str, now: datetime, answer: Callable[..., Any]) -> Facts:
        return GivenFacts(now, "Asia/Shanghai", {}, None, {"role": lambda code, org: f"{code}@{org}"}, answer)


@pytest.fixture(scope="session")
def diagrams() -> Diagrams:
    return Diagrams()


@pytest.fixture
def store(database: Database, diagrams: Diagrams, tmp_path: Path) -> Store:
    return Store(database, diagrams, KeyFolder(tmp_path / "keys"))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts reads (`rows`, `row`) and writes (`write`, `change`) of the driver's transactions; a batch of rows is one."""
    found: Counter[str] = Counter()
    for kind, name in product((OnSqlite, OnPostgres), ("rows", "row", "write", "change")):
        real = getattr(kind, name)

        def call(self: Any, *args: Any, _real: Any = real, _name: str = "reads" if name.startswith("row") else "writes", **more: Any) -> Any:
            before = found[_name]
            result = _real(self, *args, **more)
            found[_name] = before + 1
            return result

        monkeypatch.setattr(kind, name, call)
    for kind in (OnSqlite, OnPostgres):
        gather = kind.gather

        def gathered(self: Any, *queries: Any, _gather: Any = gather) -> Any:
            before = found["reads"]
            rows = _gather(self, *queries)
            found["reads"] = before + len(queries)
            return rows

        monkeypatch.setattr(kind, "gather", gathered)
    return found
