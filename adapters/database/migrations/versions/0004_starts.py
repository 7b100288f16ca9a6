"""What starts instances from outside; messages on their way found by name."""
from alembic import op
import sqlalchemy as sa

# An older program would leave messages without their name, and nobody who begins to wait would wake them.
revision = "0004"
serves = "0004"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column('job', sa.Column('message', ID, nullable=True))
    op.create_index('job_message', 'job', ['place', 'message'], unique=False, sqlite_where=sa.text('message IS NOT NULL'), postgresql_where=sa.text('message IS NOT NULL'))
    op.create_table('process_start',
    sa.Column('place', ID, nullable=False),
    sa.Column('package_name', ID, autoincrement=False, nullable=False),
    sa.Column('process', ID, autoincrement=False, nullable=False),
    sa.Column('start', ID, autoincrement=False, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('name', ID, nullable=True),
    sa.Column('package', ID, nullable=False),
    sa.Column('scheme', ID, nullable=True),
    sa.Column('org', ID, nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'package_name', 'process', 'start'),
    sqlite_with_rowid=True
    )
    op.create_index('process_start_due', 'process_start', ['place', 'due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
    op.create_index('process_start_name', 'process_start', ['place', 'kind', 'name'], unique=False, sqlite_where=sa.text('name IS NOT NULL'), postgresql_where=sa.text('name IS NOT NULL'))
