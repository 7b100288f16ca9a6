"""Writes the next revision from what differs between the newest one and the tables in the code; a developer reads it before it is committed.

    python -m tests.migrations.revise "what changes"        (adapters/database/migrations/versions/NNNN_….py)
"""
from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from adapters.database import schema, upgrade
from adapters.database.connection import open_database
from adapters.identity import accounts

TEMPLATE = '''"""{what}."""
from alembic import op
import sqlalchemy as sa

revision = "{revision}"
serves = "{serves}"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
{body}
'''
LONG = "sa.Text().with_variant(sa.Text(collation='C'), 'postgresql')"


def whole() -> sa.MetaData:
    """All tables of the product in one."""
    made = sa.MetaData()
    for metadata in (schema.metadata, accounts.metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(made)
    return made


def difference(url: str) -> str:
    """The operations that lead from the newest revision to the tables in the code; "pass" when there are none."""
    database = open_database(url)
    known = upgrade.revisions()
    with database.engine.begin() as connection:
        upgrade._migrate(connection, list(known), upgrade.VERSIONS)
        context = MigrationContext.configure(connection)
        operations = produce_migrations(context, whole()).upgrade_ops
        text = render_python_code(operations) if operations is not None else ""
    database.close()
    lines = [line for line in text.splitlines() if not line.strip().startswith("#")]
    return "\n".join("    " + line.removeprefix("    ") if not line.startswith("    ") else line for line in lines).replace(LONG, "ID")


def main(what: str) -> None:
    known = list(upgrade.revisions())
    revision = f"{len(known) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        body = difference(f"sqlite:///{folder}/empty.db")
    name = re.sub(r"[^a-z0-9]+", "_", what.lower()).strip("_")
    path = Path(upgrade.VERSIONS) / f"{revision}_{name}.py"
    path.write_text(TEMPLATE.format(what=what, revision=revision, serves=known[-1] if known else revision, body=body), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main(sys.argv[1])
