"""Databases of every earlier revision with a place at work in them: brought forward nothing is lost, the record verifies, and work goes on."""
from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import schema, upgrade
from adapters.database.connection import Database, open_database
from adapters.identity import accounts
from adapters.system import Settings, System
from adapters.system.audit import verified_place
from tests.operations.test_retention import ended
from tests.system.small import started, system_in

TABLES = [table for metadata in (schema.metadata, accounts.metadata) for table in metadata.sorted_tables]
KNOWN = list(upgrade.revisions())
Rows = dict[str, list[dict[str, Any]]]
LATER = {"job": {"message"}, "entry": {"elements"}, "instance": {"timer_at"}}  # columns that came later


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Rows]:
    """A home with a finished and an open matter, the open one's id, and all rows, as the program of today wrote them."""
    home = tmp_path_factory.mktemp("place") / "home"
    system = system_in(home)
    ended(system)
    running = started(system)
    rows = all_rows(system.database)
    system.database.close()
    return home, running, rows


def all_rows(database: Database) -> Rows:
    with database.reading() as connection:
        return {table.name: [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()] for table in TABLES}


def at(revision: str, database: Database, rows: Rows) -> dict[str, set[str]]:
    """Fills an empty database as a program of that revision would have left it; its columns by table."""
    until = KNOWN[: KNOWN.index(revision) + 1]
    with database.engine.begin() as connection:
        upgrade.version.create(connection)
        upgrade._migrate(connection, until, upgrade.VERSIONS)
        upgrade._stamp(connection, {each: upgrade.revisions()[each] for each in until})
        found = {}
        for table in TABLES:
            if not sa.inspect(connection).has_table(table.name):
                continue
            older = sa.Table(table.name, sa.MetaData(), autoload_with=connection)
            found[table.name] = {column.name for column in older.columns}
            if rows[table.name]:
                connection.execute(older.insert(), [{name: row[name] for name in found[table.name] if name in row} for row in rows[table.name]])
        return found


@pytest.mark.parametrize("kind, revision", [*[("sqlite", each) for each in KNOWN[:-1]], ("postgresql", KNOWN[0]), ("postgresql", KNOWN[-2])])
def test_from_every_earlier_revision(place: tuple[Path, str, Rows], request: pytest.FixtureRequest, tmp_path: Path, kind: str, revision: str) -> None:
    home, running, rows = place
    shutil.copytree(home / "keys", tmp_path / "keys")
    new: Callable[[], str] | None = request.getfixturevalue("new_postgres") if kind == "postgresql" else None
    settings = Settings(tmp_path, new() if new else "")
    database = open_database(settings.url)
    columns = at(revision, database, rows)
    database.close()

    system = System(settings)

    found = all_rows(system.database)
    for table, names in columns.items():
        left = LATER.get(table, set()) - names
        assert [dict(row, **dict.fromkeys(left)) for row in found[table]] == [dict(row, **dict.fromkeys(left)) for row in rows[table]], table
    if "timer_at" not in columns["instance"]:
        due = {row["instance"]: row["due_at"] for row in sorted(found["timer"], key=lambda row: row["due_at"], reverse=True)}
        assert {row["id"]: row["timer_at"] for row in found["instance"]} == {row["id"]: due.get(row["id"]) for row in found["instance"]}
    assert {table: found[table] for table in found.keys() - columns.keys()} == {table: [] for table in found.keys() - columns.keys()}
    assert verified_place(system, "here").findings == []
    system.complete("here", "ann", running, "t1", "submit", "", {"title": "接着办", "days": "1"}, "after")
    system.run_due("here")
    assert verified_place(system, "here").findings == []
    system.database.close()


def test_the_revisions_form_one_line() -> None:
    known = upgrade.revisions()

    assert list(known) == [f"{n:04d}" for n in range(1, len(known) + 1)]
    assert [path.name.partition("_")[0] for path in sorted(upgrade.VERSIONS.glob("[0-9]*.py"))] == list(known)  # no two of one number
    assert all(serves <= revision for revision, serves in known.items())


ADDING = {"add_column", "create_table", "create_index", "execute", "f", "get_bind"}


def test_a_revision_that_serves_the_program_before_only_adds() -> None:
    """What an older program still reads and writes must stay as it is while nodes are replaced one by one."""
    found = {}
    for path in sorted(upgrade.VERSIONS.glob("[0-9]*.py")):
        values = dict(upgrade.STATED.findall(path.read_text(encoding="utf-8")))
        if values["serves"] < values["revision"]:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found[values["revision"]] = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                                         and isinstance(node.func.value, ast.Name) and node.func.value.id == "op"}
            required = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_column"
                        and "nullable=False" in ast.unparse(node)]
            assert required == [], f"{path.name}: an older program writes rows without the new column"
    assert found
    assert {revision: calls - ADDING for revision, calls in found.items() if calls - ADDING} == {}
