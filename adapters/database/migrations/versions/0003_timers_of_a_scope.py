"""Timers lie with their scope, and every instance says before which moment none of its timers falls due."""
from alembic import op
import sqlalchemy as sa

# An older program would leave the moment empty, and its timers would never fire here: it cannot be served.
revision = "0003"
serves = "0003"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column('instance', sa.Column('timer_at', sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint('timer_pkey', 'timer')
        op.create_primary_key('timer_pkey', 'timer', ['place', 'instance', 'scope', 'id'])
    else:
        _made_anew()
    op.execute("UPDATE instance SET timer_at = (SELECT min(t.due_at) FROM timer t WHERE t.place = instance.place AND t.instance = instance.id)")


def _made_anew() -> None:
    op.drop_index('timer_due', table_name='timer')
    op.rename_table('timer', 'timer_before')
    op.create_table('timer',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.Column('element', ID, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('task', ID, nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'scope', 'id'),
    sqlite_with_rowid=False
    )
    columns = "place, instance, scope, id, element, kind, due_at, task, data"
    op.execute(f"INSERT INTO timer ({columns}) SELECT {columns} FROM timer_before")
    op.drop_table('timer_before')
    op.create_index('timer_due', 'timer', ['place', 'due_at'], unique=False)
