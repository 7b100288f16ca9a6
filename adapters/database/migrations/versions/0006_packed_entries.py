"""Long entries lie deflated in the record and are found by the elements they name; those that are there already stay as they are."""
from alembic import op
import sqlalchemy as sa

# An older program could not read what this one writes.
revision = "0006"
serves = "0006"


def upgrade() -> None:
    op.add_column('entry', sa.Column('elements', sa.Text(), nullable=True))
