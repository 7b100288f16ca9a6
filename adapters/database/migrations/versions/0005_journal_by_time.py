"""The record of a place is read by time, filtered by who and what without a look at the bodies."""
from alembic import op

revision = "0005"
serves = "0001"


def upgrade() -> None:
    op.create_index("entry_journal", "entry", ["place", "at", "stream", "seq", "actor", "command"], unique=False)
