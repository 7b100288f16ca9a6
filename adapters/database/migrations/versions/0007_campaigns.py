"""Campaigns, and the live instances of a process, are found without a look at all the others."""
from alembic import op
import sqlalchemy as sa

revision = "0007"
serves = "0006"


def upgrade() -> None:
    op.create_index('instance_campaign', 'instance', ['place', 'started_at'], unique=False, sqlite_where=sa.text('parent IS NULL'), postgresql_where=sa.text('parent IS NULL'))
    op.create_index('instance_open', 'instance', ['place', 'process', 'started_at'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
