"""Campaigns are found without a look at the instances below them."""
from alembic import op
import sqlalchemy as sa

revision = "0007"
serves = "0006"


def upgrade() -> None:
    op.create_index('instance_campaign', 'instance', ['place', 'started_at'], unique=False, sqlite_where=sa.text('parent IS NULL'), postgresql_where=sa.text('parent IS NULL'))
