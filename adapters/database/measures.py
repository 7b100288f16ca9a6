"""Figures about what waits in each place, for monitoring: counts and ages only, no content."""
from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import database_now
from adapters.database.connection import Database


@dataclass(frozen=True, slots=True)
class Figures:
    """One place. Ages in seconds, 0 when nothing waits."""

    place: str
    open_tasks: int
    due_timers: int
    jobs: int
    job_age: float
    failed_jobs: int
    messages: int
    failed_messages: int
    unsequenced: int
    incidents: int


def _count(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(table).where(table.c.place == schema.place.c.place, *where).scalar_subquery()


_t, _j, _o, _p = schema.timer.c, schema.job.c, schema.outbox.c, schema.place.c
_now = database_now()
_FIGURES = sa.select(
    _p.place,
    _count(schema.task, schema.task.c.state == "open"),
    _count(schema.timer, _t.due_at <= _p.clock_offset + _now),
    _count(schema.job, _j.state != "failed"),
    sa.select(_now - sa.func.min(_j.run_at)).where(_j.place == _p.place, _j.state != "failed", _j.run_at <= _now).scalar_subquery(),
    _count(schema.job, _j.state == "failed"),
    _count(schema.outbox, _o.state == "ready"),
    _count(schema.outbox, _o.state == "failed"),
    _count(schema.unsequenced),
    _count(schema.incident, schema.incident.c.state == "open"),
).order_by(_p.place)
_JOBS = sa.select(sa.func.count()).select_from(schema.job).where(_j.place == sa.bindparam("place"), _j.state != "failed")


def figures(database: Database) -> list[Figures]:
    """All places. Reads counts by index where there is one; meant to be asked a few times a minute."""
    with database.reading() as connection:
        return [Figures(place, tasks, timers, jobs, max(0, age or 0) / 1_000_000, failed, messages, lost, unsequenced, incidents)
                for place, tasks, timers, jobs, age, failed, messages, lost, unsequenced, incidents in connection.execute(_FIGURES)]


def jobs_waiting(database: Database, place: str) -> int:
    """How many jobs of a place wait or are under way."""
    with database.reading() as connection:
        return int(connection.execute(_JOBS, {"place": place}).scalar_one())


def answers(database: Database) -> bool:
    """Whether the database answers; raises what it says instead."""
    with database.reading() as connection:
        return connection.execute(sa.select(sa.literal(1))).scalar_one() == 1
