"""What a person keeps at their desk: phrases and calendar feeds; drafts found by their task."""
from alembic import op
import sqlalchemy as sa

revision = "0002"
serves = "0001"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_index('draft_task', 'draft', ['place', 'instance', 'task'], unique=False)
    op.create_table('feed',
    sa.Column('place', ID, nullable=False),
    sa.Column('person', ID, nullable=False),
    sa.Column('digest', ID, nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'person')
    )
    op.create_index('feed_digest', 'feed', ['digest'], unique=True)
    op.create_table('phrase',
    sa.Column('place', ID, nullable=False),
    sa.Column('person', ID, nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'person', 'id')
    )
