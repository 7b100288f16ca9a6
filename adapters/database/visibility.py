"""Who may look at what: the one condition that every read of instances goes through; absent and not yours are the same NotFound."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import now
from adapters.database.moments import stored
from engine.refusals import NotFound

_g, _s, _o, _x, _c, _i, _t = (
    schema.post_grant.c, schema.post.c, schema.organisation.c, schema.recusal.c, schema.task_candidate.c, schema.instance.c, schema.task.c)
_candidates = schema.task_candidate


@dataclass(frozen=True, slots=True)
class Reader:
    """A person with what they held at a moment.

    `candidates`: `role@org` of their posts and `user:ID`; `below`: paths of the organisations they oversee; `everything`: an auditor;
    `heads`: an administrator, who sees that campaigns run but nobody's data; `recused`: what they must not see.
    """

    place: str
    actor: str
    at: int
    candidates: tuple[str, ...]
    below: tuple[str, ...]
    everything: bool
    heads: bool
    recused: tuple[str, ...]


def reader(connection: sa.Connection, place: str, actor: str, at: datetime | None = None) -> Reader:
    """What `actor` holds in `place` at `at` (business time; now). Two statements."""
    moment = stored(now(connection, place) if at is None else at)
    held = (
        sa.select(_g.candidate, _s.reach, _o.path)
        .join(schema.post, sa.and_(_s.place == _g.place, _s.id == _g.post))
        .join(schema.organisation, sa.and_(_o.place == _s.place, _o.id == _s.org))
        .where(_g.place == place, _g.person == actor, _g.from_at <= moment, _g.to_at > moment))
    recused = sa.select(_x.ref, sa.literal("recused"), sa.null()).where(_x.place == place, _x.person == actor, _x.from_at <= moment)
    found = sorted(connection.execute(sa.union_all(held, recused)).all(), key=str)
    return Reader(
        place, actor, moment,
        tuple(dict.fromkeys([f"user:{actor}", *(candidate for candidate, reach, _ in found if reach != "recused")])),
        tuple(dict.fromkeys(path for _, reach, path in found if reach == "below")),
        any(reach == "place" for _, reach, _ in found), any(reach == "heads" for _, reach, _ in found),
        tuple(ref for ref, reach, _ in found if reach == "recused"))


def visible_to(reader: Reader, instance: Any = schema.instance) -> sa.ColumnElement[bool]:
    """The condition on rows of `instance` (the table or an alias of it) that `reader` may see them with all that is in them.

    They started it, are or were asked about one of its tasks, oversee its organisation, or audit the place; and are not recused.
    """
    i = instance.c
    candidate = schema.task_candidate.alias()
    ways: list[sa.ColumnElement[bool]] = [
        i.started_by == reader.actor,
        sa.exists().where(candidate.c.place == i.place, candidate.c.instance == i.id, candidate.c.candidate.in_(reader.candidates)),
    ]
    if reader.below:
        ways.append(i.org.in_(_overseen(reader)))
    seen = sa.true() if reader.everything else sa.or_(*ways)
    return sa.and_(i.place == reader.place, seen, *([i.id.not_in(reader.recused)] if reader.recused else []))


def campaign_visible_to(reader: Reader) -> sa.ColumnElement[bool]:
    """The condition on root instances whose head (title, stages, state) `reader` may see: theirs, or one they take part in below."""
    if reader.everything or reader.heads:
        return sa.and_(_i.place == reader.place, _i.parent.is_(None))
    mine = schema.instance.alias()
    asked = sa.select(mine.c.root).join(_candidates, sa.and_(_candidates.c.place == mine.c.place, _candidates.c.instance == mine.c.id)).where(
        _candidates.c.place == reader.place, _candidates.c.candidate.in_(reader.candidates), _candidates.c.open == sa.literal_column("1"))
    did = sa.select(mine.c.root).join(schema.task, sa.and_(_t.place == mine.c.place, _t.instance == mine.c.id)).where(
        _t.place == reader.place, _t.closed_by == reader.actor)
    began = sa.select(mine.c.root).where(mine.c.place == reader.place, mine.c.started_by == reader.actor)
    overseen = sa.select(mine.c.root).where(mine.c.place == reader.place, mine.c.org.in_(_overseen(reader)))
    taking_part = sa.union(asked, did, began, *([overseen] if reader.below else []))
    return sa.and_(_i.place == reader.place, _i.parent.is_(None), sa.or_(visible_to(reader), _i.id.in_(taking_part)))


def _overseen(reader: Reader) -> sa.Select[Any]:
    """The ids of the organisations that the reader oversees."""
    return sa.select(_o.id).where(_o.place == reader.place, sa.or_(sa.false(), *[under(_o.path, path) for path in reader.below]))


def under(path: Any, top: str) -> sa.ColumnElement[bool]:
    """Whether a path is `top` or lies below it ("0" is the character after "/")."""
    return sa.or_(path == top, sa.and_(path >= top + "/", path < top + "0"))


def seen(connection: sa.Connection, reader: Reader, instance: str, columns: sa.Select[Any]) -> sa.Row[Any]:
    """One visible instance's `columns`. Raises NotFound `instance.unknown`, whether it is absent or not theirs."""
    found = connection.execute(columns.where(_i.id == instance, visible_to(reader))).first()
    if found is None:
        raise NotFound("instance.unknown", instance=instance)
    return found
