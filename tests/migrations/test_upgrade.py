"""The schema at start-up: empty, older, newer, without revision; on both databases, and many nodes at once."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import schema, upgrade
from adapters.database.clock import create_place
from adapters.database.connection import Database, open_database
from adapters.identity import accounts
from engine.refusals import Refused
from tests.migrations.revise import difference

TABLES = (schema.metadata, accounts.metadata)
NEXT = '''"""A column more."""
from alembic import op
import sqlalchemy as sa

revision = "{revision}"
serves = "{serves}"


def upgrade() -> None:
    op.add_column("place", sa.Column("motto", sa.Text()))
'''


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    if request.param == "postgresql":
        made: Callable[[], str] = request.getfixturevalue("new_postgres")
        return made
    numbers = iter(range(9))
    return lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"


@pytest.fixture
def database(new_url: Callable[[], str]) -> Iterator[Database]:
    made = open_database(new_url())
    yield made
    made.close()


@pytest.fixture
def newer(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the revisions with one more at the end."""
    def made(serves: str = "", name: str = "versions") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for path in upgrade.VERSIONS.glob("[0-9]*.py"):
            (folder / path.name).write_bytes(path.read_bytes())
        revision = f"{int(head()) + 1:04d}"
        (folder / f"{revision}_motto.py").write_text(NEXT.format(revision=revision, serves=serves or revision))
        return folder

    return made


def head() -> str:
    return next(reversed(upgrade.revisions()))


def stamped(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(sa.select(upgrade.version.c.revision).order_by(upgrade.version.c.revision)))


def columns(database: Database, table: str) -> list[str]:
    with database.reading() as connection:
        return [column["name"] for column in sa.inspect(connection).get_columns(table)]


def shape(database: Database) -> list[str]:
    """The whole schema as the database itself describes it, without the order of the parts."""
    with database.reading() as connection:
        if database.lite:
            rows = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'schema_%'"))
            parts = ([part.strip(" ,\t)") for part in re.split(r"\n|, ", sql.replace('"', ""))] for (sql,) in rows)
            return sorted(" ".join(sorted(part for part in each if part)) for each in parts)
        lines = [str(tuple(row)) for query in DESCRIBED for row in connection.execute(sa.text(query))]
        return sorted(line for line in lines if "schema_version" not in line)


DESCRIBED = (
    "SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
)


def test_the_revisions_lead_to_exactly_the_tables_of_the_code(new_url: Callable[[], str]) -> None:
    made, migrated = open_database(new_url()), open_database(new_url())
    try:
        upgrade.upgrade(made, TABLES)
        with migrated.engine.begin() as connection:
            upgrade._migrate(connection, list(upgrade.revisions()), upgrade.VERSIONS)

        assert shape(migrated) == shape(made), 'the schema changed: run `python -m tests.migrations.revise "what changed"` and read the result'
        assert len(shape(made)) > 60
    finally:
        made.close()
        migrated.close()


def test_nothing_is_left_to_revise(tmp_path: Path) -> None:
    assert difference(f"sqlite:///{tmp_path}/empty.db").strip() == "pass"


def test_an_empty_database_gets_everything_at_the_newest_revision(database: Database) -> None:
    assert upgrade.upgrade(database, TABLES) == ""

    assert stamped(database) == list(upgrade.revisions())
    assert upgrade.upgrade(database, TABLES) == head()


def test_an_older_database_is_brought_forward_and_keeps_its_rows(database: Database, newer: Callable[..., Path]) -> None:
    upgrade.upgrade(database, TABLES)
    create_place(database, "here", "试验地")

    assert upgrade.upgrade(database, TABLES, newer()) == head()

    assert columns(database, "place")[-1] == "motto"
    assert len(stamped(database)) == len(upgrade.revisions()) + 1
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT place, title, motto FROM place")).all() == [("here", "试验地", None)]


def test_a_revision_that_fails_changes_nothing(database: Database, newer: Callable[..., Path]) -> None:
    upgrade.upgrade(database, TABLES)
    folder = newer()
    last = max(folder.glob("[0-9]*.py"))
    last.write_text(last.read_text() + '    raise RuntimeError("no")\n')

    with pytest.raises(RuntimeError):
        upgrade.upgrade(database, TABLES, folder)

    assert "motto" not in columns(database, "place")
    assert stamped(database) == list(upgrade.revisions())


def test_a_newer_schema_is_refused_unless_it_says_that_it_serves_this_program(database: Database, newer: Callable[..., Path]) -> None:
    upgrade.upgrade(database, TABLES)
    upgrade.upgrade(database, TABLES, newer())

    with pytest.raises(Refused) as refused:
        upgrade.upgrade(database, TABLES)

    assert refused.value.code == "schema.newer"


def test_a_node_of_the_previous_release_may_still_start_beside_the_new_one(database: Database, newer: Callable[..., Path]) -> None:
    upgrade.upgrade(database, TABLES)
    upgrade.upgrade(database, TABLES, newer(serves=head()))

    assert upgrade.upgrade(database, TABLES) > head()


def test_tables_without_a_revision_are_refused(database: Database) -> None:
    schema.create_tables(database.engine)

    with pytest.raises(Refused) as refused:
        upgrade.upgrade(database, TABLES)

    assert refused.value.code == "schema.unknown"


@pytest.mark.parametrize("given", ["empty", "older"])
def test_of_many_nodes_one_does_the_work(new_url: Callable[[], str], newer: Callable[..., Path], given: str) -> None:
    url, folder = new_url(), newer()
    if given == "older":
        first = open_database(url)
        upgrade.upgrade(first, TABLES)
        first.close()
    nodes = [open_database(url) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        before = list(pool.map(lambda node: upgrade.upgrade(node, TABLES, folder), nodes))

    newest = f"{int(head()) + 1:04d}"
    assert sorted(before) == sorted(["" if given == "empty" else head()] + [newest] * 5)
    assert stamped(nodes[0])[-1] == newest
    for node in nodes:
        node.close()
