"""Everything there was at the first revision."""
from alembic import op
import sqlalchemy as sa

revision = "0001"
serves = "0001"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('account',
    sa.Column('place', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('login', ID, nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('closed', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'user_id'),
    sa.UniqueConstraint('place', 'login', name='account_login')
    )
    op.create_table('blob',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('owner', ID, nullable=False),
    sa.Column('type', ID, nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('state', ID, nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('subject', ID, nullable=True),
    sa.Column('digest', ID, nullable=True),
    sa.Column('instance', ID, nullable=True),
    sa.Column('task', ID, nullable=True),
    sa.Column('field', ID, nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('attached_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('blob_instance', 'blob', ['place', 'instance'], unique=False, sqlite_where=sa.text('instance IS NOT NULL'), postgresql_where=sa.text('instance IS NOT NULL'))
    op.create_index('blob_staged', 'blob', ['place', 'created_at'], unique=False, sqlite_where=sa.text('instance IS NULL'), postgresql_where=sa.text('instance IS NULL'))
    op.create_table('blob_part',
    sa.Column('place', ID, nullable=False),
    sa.Column('blob', ID, autoincrement=False, nullable=False),
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'blob', 'n'),
    sqlite_with_rowid=False
    )
    op.create_table('calendar',
    sa.Column('place', ID, nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version', ID, autoincrement=False, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('confirmed_by', ID, nullable=True),
    sa.PrimaryKeyConstraint('place', 'year', 'version'),
    sqlite_with_rowid=True
    )
    op.create_table('checkpoint',
    sa.Column('place', ID, nullable=False),
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('signed_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'size'),
    sqlite_with_rowid=False
    )
    op.create_table('draft',
    sa.Column('place', ID, nullable=False),
    sa.Column('person', ID, autoincrement=False, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('task', ID, autoincrement=False, nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'person', 'instance', 'task'),
    sqlite_with_rowid=True
    )
    op.create_table('entry',
    sa.Column('place', ID, nullable=False),
    sa.Column('stream', ID, autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('actor', ID, nullable=False),
    sa.Column('command_id', ID, nullable=True),
    sa.Column('command', ID, nullable=False),
    sa.Column('digest', ID, nullable=True),
    sa.Column('hash', ID, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'stream', 'seq'),
    sqlite_with_rowid=True
    )
    op.create_index('entry_command', 'entry', ['place', 'actor', 'command_id'], unique=True, sqlite_where=sa.text('command_id IS NOT NULL'), postgresql_where=sa.text('command_id IS NOT NULL'))
    op.create_table('incident',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=True),
    sa.Column('element', ID, nullable=False),
    sa.Column('code', ID, nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=True),
    sa.Column('state', ID, nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('incident_open', 'incident', ['place', 'opened_at'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_table('instance',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('process', ID, nullable=False),
    sa.Column('package', ID, nullable=False),
    sa.Column('scheme', ID, nullable=True),
    sa.Column('org', ID, nullable=True),
    sa.Column('parent', ID, nullable=True),
    sa.Column('parent_scope', sa.BigInteger(), nullable=True),
    sa.Column('root', ID, nullable=False),
    sa.Column('path', ID, nullable=False),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('state', ID, nullable=False),
    sa.Column('outcome', ID, nullable=True),
    sa.Column('started_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('counters', sa.Text(), nullable=False),
    sa.Column('started_by', ID, nullable=True),
    sa.Column('doomed_by', ID, nullable=True),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=False),
    sa.Column('head', ID, nullable=False),
    sa.Column('state_hash', ID, nullable=True),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=False
    )
    op.create_index('instance_org', 'instance', ['place', 'org', 'root'], unique=False, sqlite_where=sa.text('org IS NOT NULL'), postgresql_where=sa.text('org IS NOT NULL'))
    op.create_index('instance_path', 'instance', ['place', 'path'], unique=False)
    op.create_index('instance_root', 'instance', ['place', 'root', 'process'], unique=False)
    op.create_index('instance_starter', 'instance', ['place', 'started_by', 'started_at'], unique=False, sqlite_where=sa.text('started_by IS NOT NULL'), postgresql_where=sa.text('started_by IS NOT NULL'))
    op.create_table('job',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=True),
    sa.Column('element', ID, nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('state', ID, nullable=False),
    sa.Column('run_at', sa.BigInteger(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('token', sa.BigInteger(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('place', 'instance', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('job_due', 'job', ['place', 'run_at'], unique=False, sqlite_where=sa.text("state != 'failed'"), postgresql_where=sa.text("state != 'failed'"))
    op.create_table('leaf',
    sa.Column('place', ID, nullable=False),
    sa.Column('n', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('stream', ID, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'n'),
    sqlite_with_rowid=False
    )
    op.create_index('leaf_entry', 'leaf', ['place', 'stream', 'seq'], unique=True)
    op.create_table('lease',
    sa.Column('place', ID, nullable=False),
    sa.Column('name', ID, autoincrement=False, nullable=False),
    sa.Column('token', sa.BigInteger(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'name'),
    sqlite_with_rowid=False
    )
    op.create_table('ledger_account',
    sa.Column('place', ID, nullable=False),
    sa.Column('campaign', ID, autoincrement=False, nullable=False),
    sa.Column('account', ID, autoincrement=False, nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('booked', sa.Integer(), nullable=False),
    sa.CheckConstraint('booked >= 0 AND booked <= places', name='ledger_within'),
    sa.PrimaryKeyConstraint('place', 'campaign', 'account'),
    sqlite_with_rowid=False
    )
    op.create_table('ledger_posting',
    sa.Column('place', ID, nullable=False),
    sa.Column('campaign', ID, autoincrement=False, nullable=False),
    sa.Column('account', ID, autoincrement=False, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('refs', sa.Text(), nullable=False),
    sa.Column('posted_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'campaign', 'account', 'instance', 'seq', 'n'),
    sqlite_with_rowid=True
    )
    op.create_table('notice',
    sa.Column('place', ID, nullable=False),
    sa.Column('person', ID, autoincrement=False, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('template', ID, nullable=False),
    sa.Column('params', sa.Text(), nullable=False),
    sa.Column('instance', ID, nullable=True),
    sa.Column('task', ID, nullable=True),
    sa.Column('sent_at', sa.BigInteger(), nullable=False),
    sa.Column('read_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('place', 'person', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('notice_person', 'notice', ['place', 'person', 'sent_at'], unique=False)
    op.create_table('organisation',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('parent', ID, nullable=True),
    sa.Column('path', ID, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('code', ID, nullable=True),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('organisation_code', 'organisation', ['place', 'code'], unique=True, sqlite_where=sa.text('code IS NOT NULL'), postgresql_where=sa.text('code IS NOT NULL'))
    op.create_index('organisation_path', 'organisation', ['place', 'path'], unique=False)
    op.create_table('outbox',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('instance', ID, nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('state', ID, nullable=False),
    sa.Column('run_at', sa.BigInteger(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('token', sa.BigInteger(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('outbox_due', 'outbox', ['place', 'run_at'], unique=False, sqlite_where=sa.text("state = 'ready'"), postgresql_where=sa.text("state = 'ready'"))
    op.create_table('package',
    sa.Column('place', ID, nullable=False),
    sa.Column('hash', ID, autoincrement=False, nullable=False),
    sa.Column('name', ID, nullable=False),
    sa.Column('version', ID, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('files', sa.LargeBinary(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('published_by', ID, nullable=False),
    sa.Column('approved_by', ID, nullable=True),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'hash'),
    sqlite_with_rowid=True
    )
    op.create_index('package_name', 'package', ['place', 'name', 'published_at'], unique=False)
    op.create_table('person',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', ID, nullable=True),
    sa.Column('state', ID, nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=True
    )
    op.create_table('personal',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('subject', ID, autoincrement=False, nullable=False),
    sa.Column('field_group', ID, autoincrement=False, nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'subject', 'field_group'),
    sqlite_with_rowid=True
    )
    op.create_index('personal_subject', 'personal', ['place', 'subject'], unique=False)
    op.create_table('place',
    sa.Column('place', ID, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('zone', ID, nullable=False),
    sa.Column('clock_offset', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind <> 'live' OR clock_offset = 0", name='place_clock'),
    sa.CheckConstraint("kind IN ('live', 'demo', 'rehearsal')", name='place_kind'),
    sa.PrimaryKeyConstraint('place'),
    sqlite_with_rowid=True
    )
    op.create_table('proposal',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('package', ID, nullable=False),
    sa.Column('name', ID, nullable=False),
    sa.Column('hash', ID, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('submitted_by', ID, nullable=False),
    sa.Column('submitted_at', sa.BigInteger(), nullable=False),
    sa.Column('state', ID, nullable=False),
    sa.Column('decided_by', ID, nullable=True),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'approved', 'returned', 'withdrawn')", name='proposal_state'),
    sa.PrimaryKeyConstraint('place', 'id')
    )
    op.create_index('proposal_open', 'proposal', ['place', 'package', 'submitted_at'], unique=False)
    op.create_table('record',
    sa.Column('place', ID, nullable=False),
    sa.Column('campaign', ID, autoincrement=False, nullable=False),
    sa.Column('kind', ID, autoincrement=False, nullable=False),
    sa.Column('key', ID, autoincrement=False, nullable=False),
    sa.Column('status', ID, nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('instance', ID, nullable=False),
    sa.Column('org', ID, nullable=True),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'campaign', 'kind', 'key'),
    sqlite_with_rowid=True
    )
    op.create_index('record_instance', 'record', ['place', 'instance'], unique=False)
    op.create_index('record_key', 'record', ['place', 'campaign', 'key'], unique=False)
    op.create_table('recusal',
    sa.Column('place', ID, nullable=False),
    sa.Column('person', ID, autoincrement=False, nullable=False),
    sa.Column('ref', ID, autoincrement=False, nullable=False),
    sa.Column('from_at', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'person', 'ref'),
    sqlite_with_rowid=False
    )
    op.create_table('result',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('scope', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('idx', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'scope', 'idx'),
    sqlite_with_rowid=False
    )
    op.create_table('scheme',
    sa.Column('place', ID, nullable=False),
    sa.Column('hash', ID, autoincrement=False, nullable=False),
    sa.Column('package_name', ID, nullable=False),
    sa.Column('name', ID, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('published_by', ID, nullable=False),
    sa.Column('approved_by', ID, nullable=True),
    sa.PrimaryKeyConstraint('place', 'hash'),
    sqlite_with_rowid=True
    )
    op.create_index('scheme_name', 'scheme', ['place', 'package_name', 'name', 'published_at'], unique=False)
    op.create_table('scheme_draft',
    sa.Column('place', ID, nullable=False),
    sa.Column('package', ID, nullable=False),
    sa.Column('name', ID, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('source', ID, nullable=True),
    sa.Column('unreviewed', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('saved_by', ID, nullable=False),
    sa.PrimaryKeyConstraint('place', 'package', 'name')
    )
    op.create_table('scope',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('parent', sa.BigInteger(), nullable=True),
    sa.Column('element', ID, nullable=False),
    sa.Column('variables', sa.Text(), nullable=False),
    sa.Column('tokens', sa.Text(), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'id'),
    sqlite_with_rowid=False
    )
    op.create_index('scope_parent', 'scope', ['place', 'instance', 'parent'], unique=False)
    op.create_table('series',
    sa.Column('place', ID, nullable=False),
    sa.Column('series', ID, autoincrement=False, nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'series'),
    sqlite_with_rowid=False
    )
    op.create_table('session',
    sa.Column('place', ID, nullable=False),
    sa.Column('token_hash', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('form_token', ID, nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'token_hash')
    )
    op.create_index('session_user', 'session', ['place', 'user_id'], unique=False)
    op.create_table('sign_in_attempt',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.Column('login', ID, nullable=False),
    sa.Column('address', ID, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'id')
    )
    op.create_index('sign_in_attempt_address', 'sign_in_attempt', ['place', 'address', 'at'], unique=False)
    op.create_index('sign_in_attempt_login', 'sign_in_attempt', ['place', 'login', 'at'], unique=False)
    op.create_table('stream',
    sa.Column('place', ID, nullable=False),
    sa.Column('stream', ID, autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=False),
    sa.Column('head', ID, nullable=False),
    sa.PrimaryKeyConstraint('place', 'stream'),
    sqlite_with_rowid=False
    )
    op.create_table('subject_key',
    sa.Column('place', ID, nullable=False),
    sa.Column('subject', ID, autoincrement=False, nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('erased_at', sa.BigInteger(), nullable=True),
    sa.Column('held_by', ID, nullable=True),
    sa.PrimaryKeyConstraint('place', 'subject'),
    sqlite_with_rowid=True
    )
    op.create_table('subscription',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=False),
    sa.Column('element', ID, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('name', ID, nullable=False),
    sa.Column('correlation', ID, nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'id'),
    sqlite_with_rowid=False
    )
    op.create_index('subscription_name', 'subscription', ['place', 'kind', 'name', 'correlation'], unique=False)
    op.create_table('task',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=False),
    sa.Column('element', ID, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('state', ID, nullable=False),
    sa.Column('candidates', sa.Text(), nullable=False),
    sa.Column('assignee', ID, nullable=True),
    sa.Column('owner', ID, nullable=True),
    sa.Column('form', ID, nullable=True),
    sa.Column('stage', ID, nullable=True),
    sa.Column('about', ID, nullable=True),
    sa.Column('opened_at', sa.BigInteger(), nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('due_basis', sa.Text(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('claimed_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_by', ID, nullable=True),
    sa.Column('outcome', ID, nullable=True),
    sa.Column('opinion', sa.Text(), nullable=True),
    sa.Column('marks', sa.Text(), nullable=False),
    sa.Column('variables', sa.Text(), nullable=False),
    sa.Column('next', sa.Text(), nullable=False),
    sa.Column('opened_by', ID, nullable=True),
    sa.PrimaryKeyConstraint('place', 'instance', 'id'),
    sqlite_with_rowid=False
    )
    op.create_index('task_done', 'task', ['place', 'closed_by', 'closed_at'], unique=False, sqlite_where=sa.text('closed_by IS NOT NULL'), postgresql_where=sa.text('closed_by IS NOT NULL'))
    op.create_table('task_candidate',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('candidate', ID, autoincrement=False, nullable=False),
    sa.Column('task', ID, autoincrement=False, nullable=False),
    sa.Column('open', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'candidate', 'task'),
    sqlite_with_rowid=False
    )
    op.create_index('task_candidate_inbox', 'task_candidate', ['place', 'candidate', 'due_at', 'instance', 'task'], unique=False, sqlite_where=sa.text('open = 1'), postgresql_where=sa.text('open = 1'))
    op.create_table('timer',
    sa.Column('place', ID, nullable=False),
    sa.Column('instance', ID, autoincrement=False, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=False),
    sa.Column('element', ID, nullable=False),
    sa.Column('kind', ID, nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('task', ID, nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'instance', 'id'),
    sqlite_with_rowid=False
    )
    op.create_index('timer_due', 'timer', ['place', 'due_at'], unique=False)
    op.create_table('tree',
    sa.Column('place', ID, nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('peaks', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('place'),
    sqlite_with_rowid=False
    )
    op.create_table('unsequenced',
    sa.Column('place', ID, nullable=False),
    sa.Column('stream', ID, autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'stream', 'seq'),
    sqlite_with_rowid=False
    )
    op.create_table('working_copy',
    sa.Column('place', ID, nullable=False),
    sa.Column('package', ID, nullable=False),
    sa.Column('base', ID, nullable=True),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('opened_by', ID, nullable=False),
    sa.PrimaryKeyConstraint('place', 'package')
    )
    op.create_table('working_file',
    sa.Column('place', ID, nullable=False),
    sa.Column('package', ID, nullable=False),
    sa.Column('path', ID, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('saved_by', ID, nullable=False),
    sa.PrimaryKeyConstraint('place', 'package', 'path')
    )
    op.create_table('post',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('org', ID, nullable=False),
    sa.Column('role', ID, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('reach', ID, nullable=False),
    sa.CheckConstraint("reach IN ('own', 'below', 'place', 'heads')", name='post_reach'),
    sa.ForeignKeyConstraint(['place', 'org'], ['organisation.place', 'organisation.id'], ),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('post_org', 'post', ['place', 'org', 'role'], unique=False)
    op.create_table('post_grant',
    sa.Column('place', ID, nullable=False),
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('person', ID, nullable=False),
    sa.Column('post', ID, nullable=False),
    sa.Column('candidate', ID, nullable=False),
    sa.Column('from_at', sa.BigInteger(), nullable=False),
    sa.Column('to_at', sa.BigInteger(), nullable=False),
    sa.Column('granted_by', ID, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['place', 'person'], ['person.place', 'person.id'], ),
    sa.ForeignKeyConstraint(['place', 'post'], ['post.place', 'post.id'], ),
    sa.PrimaryKeyConstraint('place', 'id'),
    sqlite_with_rowid=True
    )
    op.create_index('post_grant_candidate', 'post_grant', ['place', 'candidate'], unique=False)
    op.create_index('post_grant_person', 'post_grant', ['place', 'person'], unique=False)
