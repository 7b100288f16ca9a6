"""Every table of the store as SQLAlchemy Core, in SQL that SQLite, PostgreSQL and its relatives share; holds no queries.

Conventions: `place` is NOT NULL and first in every key and index. Moments are BIGINT microseconds since 1970 (UTC), names end in `_at`.
JSON is canonical text. Booleans are 0/1. Text without a value is NULL, never '' (some relatives of PostgreSQL make no difference).
No foreign keys on the tables of the write path: the instance's row lock guards them, and each would cost a lookup per row written.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from adapters.database.packing import Packed

metadata = sa.MetaData()

# Ids compare by bytes everywhere, so that a range of paths is a range of the index.
Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Words = sa.Text()
Json = sa.Text()
Moment = sa.BigInteger()
Bytes = sa.LargeBinary()


def _table(name: str, *columns: sa.Column[Any] | sa.schema.SchemaItem, narrow: bool = False) -> sa.Table:
    """A table whose first column is the place. `narrow`: rows lie in their primary key's own tree on SQLite, beside others of their instance."""
    return sa.Table(name, metadata, sa.Column("place", Id, primary_key=True), *columns, sqlite_with_rowid=not narrow)


def _key(name: str, type_: sa.types.TypeEngine[Any] = Id) -> sa.Column[Any]:
    return sa.Column(name, type_, primary_key=True, autoincrement=False)


def _must(name: str, type_: sa.types.TypeEngine[Any] = Id) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _may(name: str, type_: sa.types.TypeEngine[Any] = Id) -> sa.Column[Any]:
    return sa.Column(name, type_)


def _where(condition: sa.ColumnElement[bool]) -> dict[str, Any]:
    """The options of an index over part of a table."""
    return {"sqlite_where": condition, "postgresql_where": condition}


def _index(name: str, columns: Sequence[sa.Column[Any]], where: sa.ColumnElement[bool] | None = None, unique: bool = False) -> sa.Index:
    return sa.Index(name, *columns, unique=unique, **({} if where is None else _where(where)))


Int, Big = sa.Integer(), sa.BigInteger()

# --- places, definitions ------------------------------------------------------------------------------------------------------------------

place = _table(
    "place", _must("title", Words), _must("kind"), _must("zone"), _must("clock_offset", Big), _must("created_at", Moment),
    sa.CheckConstraint("kind IN ('live', 'demo', 'rehearsal')", name="place_kind"),
    sa.CheckConstraint("kind <> 'live' OR clock_offset = 0", name="place_clock"))

package = _table(
    "package", _key("hash"), _must("name"), _must("version"), _must("title", Words), _must("files", Bytes),
    _must("published_at", Moment), _must("published_by"), _may("approved_by"), _must("seq", Big))
_index("package_name", [package.c.place, package.c.name, package.c.published_at])

scheme = _table(
    "scheme", _key("hash"), _must("package_name"), _must("name"), _must("title", Words), _must("body", Bytes),
    _must("published_at", Moment), _must("published_by"), _may("approved_by"))
_index("scheme_name", [scheme.c.place, scheme.c.package_name, scheme.c.name, scheme.c.published_at])

calendar = _table(
    "calendar", _key("year", Int), _key("version"), _must("body", Bytes), _must("added_at", Moment), _may("confirmed_at", Moment), _may("confirmed_by"))

# --- instances ----------------------------------------------------------------------------------------------------------------------------

instance = _table(
    "instance", _key("id"), _must("process"), _must("package"), _may("scheme"), _may("org"), _may("parent"), _may("parent_scope", Big),
    _must("root"), _must("path"), _may("title", Words), _must("state"), _may("outcome"), _may("started_at", Moment), _may("ended_at", Moment),
    _must("counters", Json), _may("started_by"), _may("doomed_by"),  # doomed_by: the ancestor whose cancellation reached this row first
    _must("seq", Big), _must("last_at", Moment), _must("head"), _may("state_hash"),
    _may("timer_at", Moment),  # no timer of the instance falls due before; NULL: there is none. May lie too early, never too late
    narrow=True)
_index("instance_root", [instance.c.place, instance.c.root, instance.c.process])
_index("instance_campaign", [instance.c.place, instance.c.started_at], instance.c.parent.is_(None))  # few among many: lists of campaigns
_index("instance_open", [instance.c.place, instance.c.process, instance.c.started_at], instance.c.state == sa.literal_column("'open'"))
_index("instance_org", [instance.c.place, instance.c.org, instance.c.root], instance.c.org.is_not(None))
_index("instance_path", [instance.c.place, instance.c.path])
_index("instance_starter", [instance.c.place, instance.c.started_by, instance.c.started_at], instance.c.started_by.is_not(None))

scope = _table(
    "scope", _key("instance"), _key("id", Big), _may("parent", Big), _must("element"), _must("variables", Json), _must("tokens", Json),
    _must("data", Json), narrow=True)
_index("scope_parent", [scope.c.place, scope.c.instance, scope.c.parent])

result = _table("result", _key("instance"), _key("scope", Big), _key("idx", Big), _must("value", Json), narrow=True)

task = _table(
    "task", _key("instance"), _key("id"), _must("scope", Big), _must("element"), _must("name", Words), _must("state"), _must("candidates", Json),
    _may("assignee"), _may("owner"), _may("form"), _may("stage"), _may("about"), _may("opened_at", Moment), _may("due_at", Moment),
    _must("due_basis", Json), _must("priority", Int), _may("claimed_at", Moment), _may("closed_at", Moment), _may("closed_by"), _may("outcome"),
    _may("opinion", Words), _must("marks", Json), _must("variables", Json), _must("next", Json), _may("opened_by"),
    narrow=True)
_index("task_done", [task.c.place, task.c.closed_by, task.c.closed_at], task.c.closed_by.is_not(None))

# Who may act on a task now (open = 1), and who once might have (open = 0): the inbox and the right to look are one indexed read each.
task_candidate = _table(
    "task_candidate", _key("instance"), _key("candidate"), _key("task"), _must("open", Int), _must("due_at", Moment), narrow=True)
_index("task_candidate_inbox", [task_candidate.c.place, task_candidate.c.candidate, task_candidate.c.due_at, task_candidate.c.instance,
                                task_candidate.c.task], task_candidate.c.open == sa.literal_column("1"))

timer = _table(  # the scope is in the key so that a task's timers are found with its scope
    "timer", _key("instance"), _key("scope", Big), _key("id"), _must("element"), _must("kind"), _must("due_at", Moment), _may("task"),
    _must("data", Json), narrow=True)
_index("timer_due", [timer.c.place, timer.c.due_at])

subscription = _table(
    "subscription", _key("instance"), _key("id"), _must("scope", Big), _must("element"), _must("kind"), _must("name"), _may("correlation"),
    _must("data", Json), narrow=True)
_index("subscription_name", [subscription.c.place, subscription.c.kind, subscription.c.name, subscription.c.correlation])

job = _table(
    "job", _key("instance"), _key("id"), _must("kind"), _may("scope", Big), _must("element"), _must("data", Json),
    _may("message"),  # the name of a message that is on its way: who begins to wait for it wakes the job
    _must("state"), _must("run_at", Moment), _must("tries", Int), _must("token", Big), _may("lease_until", Moment), _may("error", Words))
_index("job_due", [job.c.place, job.c.run_at], job.c.state != sa.literal_column("'failed'"))
_index("job_message", [job.c.place, job.c.message], job.c.message.is_not(None))

incident = _table(
    "incident", _key("instance"), _key("id"), _may("scope", Big), _must("element"), _must("code"), _must("details", Json),
    _may("opened_at", Moment), _must("state"))
_index("incident_open", [incident.c.place, incident.c.opened_at], incident.c.state == sa.literal_column("'open'"))

# What starts an instance from outside, of the newest version of every package: messages and signals by name, timers by their next moment.
process_start = _table(
    "process_start", _key("package_name"), _key("process"), _key("start"), _must("kind"), _may("name"), _must("package"), _may("scheme"), _may("org"),
    _may("due_at", Moment), _must("data", Json))
_index("process_start_name", [process_start.c.place, process_start.c.kind, process_start.c.name], process_start.c.name.is_not(None))
_index("process_start_due", [process_start.c.place, process_start.c.due_at], process_start.c.due_at.is_not(None))

# --- the record ---------------------------------------------------------------------------------------------------------------------------

stream = _table("stream", _key("stream"), _must("seq", Big), _must("last_at", Moment), _must("head"), narrow=True)  # streams without instance

entry = _table(
    "entry", _key("stream"), _key("seq", Big), _must("at", Moment), _must("actor"), _may("command_id"), _must("command"), _may("digest"),
    _must("hash"), _must("body", Packed()), _may("elements", Words))  # elements: of a packed body, to be found by
_index("entry_command", [entry.c.place, entry.c.actor, entry.c.command_id], entry.c.command_id.is_not(None), unique=True)
_index("entry_journal", [entry.c.place, entry.c.at, entry.c.stream, entry.c.seq, entry.c.actor, entry.c.command])  # read by time, filtered without the bodies

unsequenced = _table("unsequenced", _key("stream"), _key("seq", Big), _must("hash", Bytes), narrow=True)  # entries without a leaf yet
leaf = _table("leaf", _key("n", Big), _must("stream"), _must("seq", Big), _must("hash", Bytes), narrow=True)
_index("leaf_entry", [leaf.c.place, leaf.c.stream, leaf.c.seq], unique=True)
tree = _table("tree", _must("size", Big), _must("peaks", Bytes), narrow=True)
checkpoint = _table("checkpoint", _key("size", Big), _must("note", Words), _must("signed_at", Moment), narrow=True)

# --- what follows from a step -------------------------------------------------------------------------------------------------------------

outbox = _table(
    "outbox", _key("id"), _must("instance"), _must("body", Json), _must("created_at", Moment), _must("state"), _must("run_at", Moment),
    _must("tries", Int), _must("token", Big), _may("lease_until", Moment), _may("error", Words))
_index("outbox_due", [outbox.c.place, outbox.c.run_at], outbox.c.state == sa.literal_column("'ready'"))

notice = _table(
    "notice", _key("person"), _key("id"), _must("template"), _must("params", Json), _may("instance"), _may("task"), _must("sent_at", Moment),
    _may("read_at", Moment))
_index("notice_person", [notice.c.place, notice.c.person, notice.c.sent_at])

record = _table(
    "record", _key("campaign"), _key("kind"), _key("key"), _may("status"), _must("data", Json), _must("instance"), _may("org"),
    _must("updated_at", Moment), _must("seq", Big))

_index("record_key", [record.c.place, record.c.campaign, record.c.key])
_index("record_instance", [record.c.place, record.c.instance])

ledger_account = _table(
    "ledger_account", _key("campaign"), _key("account"), _must("places", Int), _must("booked", Int),
    sa.CheckConstraint("booked >= 0 AND booked <= places", name="ledger_within"), narrow=True)
ledger_posting = _table(
    "ledger_posting", _key("campaign"), _key("account"), _key("instance"), _key("seq", Big), _key("n", Int), _must("kind"), _must("places", Int),
    _must("refs", Json), _must("posted_at", Moment))

series = _table("series", _key("series"), _must("last", Big), narrow=True)

# --- people -------------------------------------------------------------------------------------------------------------------------------

organisation = _table(
    "organisation", _key("id"), _may("parent"), _must("path"), _must("name", Words), _must("kind"), _may("code"))
_index("organisation_path", [organisation.c.place, organisation.c.path])
_index("organisation_code", [organisation.c.place, organisation.c.code], organisation.c.code.is_not(None), unique=True)

person = _table("person", _key("id"), _must("name", Words), _may("email"), _must("state"), _must("created_at", Moment))  # accounts: adapters/identity

post = _table(
    "post", _key("id"), _must("org"), _must("role"), _must("title", Words), _must("reach"),
    sa.CheckConstraint("reach IN ('own', 'below', 'place', 'heads')", name="post_reach"),
    sa.ForeignKeyConstraint(["place", "org"], ["organisation.place", "organisation.id"]))
_index("post_org", [post.c.place, post.c.org, post.c.role])

post_grant = _table(  # `grant` is a word of SQL
    "post_grant", _key("id"), _must("person"), _must("post"), _must("candidate"), _must("from_at", Moment), _must("to_at", Moment),
    _must("granted_by"), _must("seq", Big),
    sa.ForeignKeyConstraint(["place", "person"], ["person.place", "person.id"]),
    sa.ForeignKeyConstraint(["place", "post"], ["post.place", "post.id"]))
_index("post_grant_person", [post_grant.c.place, post_grant.c.person])
_index("post_grant_candidate", [post_grant.c.place, post_grant.c.candidate])

recusal = _table("recusal", _key("person"), _key("ref"), _must("from_at", Moment), _must("seq", Big), narrow=True)

# --- personal data, files, drafts ---------------------------------------------------------------------------------------------------------

subject_key = _table(
    "subject_key", _key("subject"), _may("wrapped", Bytes), _must("created_at", Moment), _may("erased_at", Moment), _may("held_by"))

personal = _table(
    "personal", _key("instance"), _key("subject"), _key("field_group"), _must("data", Json), _must("seq", Big))
_index("personal_subject", [personal.c.place, personal.c.subject])

blob = _table(
    "blob", _key("id"), _must("owner"), _must("type"), _may("name", Words), _must("size", Big), _must("state"), _must("wrapped", Bytes),
    _may("subject"), _may("digest"), _may("instance"), _may("task"), _may("field"), _must("created_at", Moment), _may("attached_at", Moment))
_index("blob_instance", [blob.c.place, blob.c.instance], blob.c.instance.is_not(None))
_index("blob_staged", [blob.c.place, blob.c.created_at], blob.c.instance.is_(None))
blob_part = _table("blob_part", _key("blob"), _key("n", Int), _must("size", Int), narrow=True)

draft = _table("draft", _key("person"), _key("instance"), _key("task"), _must("data", Bytes), _must("saved_at", Moment))

lease = _table("lease", _key("name"), _must("token", Big), _must("lease_until", Moment), narrow=True)


def create_tables(engine: sa.Engine) -> None:
    """Makes the tables that are missing, all or none."""
    with engine.begin() as connection:
        metadata.create_all(connection)
