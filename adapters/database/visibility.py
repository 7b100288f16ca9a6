"""Who may look at what: the one condition that every read of instances goes through; absent and not yours are the same NotFound.

Conditions are built once a `Shape` (what kind of reader, how many posts) and take the reader's own values as parameters, so that a page's
statements are compiled once and run on the driver.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.clock import CLOCK
from adapters.database.connection import Transaction, bind
from adapters.database.moments import stored
from engine.refusals import NotFound

_g, _s, _o, _x, _i, _t = schema.post_grant.c, schema.post.c, schema.organisation.c, schema.recusal.c, schema.instance.c, schema.task.c
_place, _person, _at = bind("place"), bind("person"), bind("at")
_HELD = sa.union_all(
    sa.select(_g.candidate, _s.reach, _o.path)
    .join(schema.post, sa.and_(_s.place == _g.place, _s.id == _g.post))
    .join(schema.organisation, sa.and_(_o.place == _s.place, _o.id == _s.org))
    .where(_g.place == _place, _g.person == _person, _g.from_at <= _at, _g.to_at > _at),
    sa.select(_x.ref, sa.literal_column("'recused'"), sa.literal_column("''")).where(_x.place == _place, _x.person == _person, _x.from_at <= _at))


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a reader decides the form of a statement: two powers, and how many values the lists have room for."""

    everything: bool
    heads: bool
    candidates: int
    below: int
    recused: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A person with what they held at a moment.

    `candidates`: `role@org` of their posts and `user:ID`; `below`: paths of the organisations they oversee; `everything`: an auditor;
    `heads`: an administrator, who sees that campaigns run but nobody's data; `recused`: what they must not see. `params` are the
    values of the binds in the conditions below.
    """

    place: str
    actor: str
    at: int
    candidates: tuple[str, ...]
    below: tuple[str, ...]
    recused: tuple[str, ...]
    shape: Shape
    params: Mapping[str, object]


def room(count: int) -> int:
    """The size of a list of binds that takes `count` values: a power of two, so that few forms of a statement exist."""
    return 1 << (count - 1).bit_length() if count else 0


def one_of(column: Any, name: str, size: int) -> sa.ColumnElement[bool]:
    """`column IN (:name_0, :name_1 …)` with `size` binds; never true without any."""
    return column.in_([bind(f"{name}_{n}") for n in range(size)]) if size else sa.false()


def listed(name: str, values: Sequence[object]) -> dict[str, object]:
    """The parameters of `one_of(…, name, room(len(values)))`; places to spare repeat the last value."""
    return {f"{name}_{n}": values[min(n, len(values) - 1)] for n in range(room(len(values)))}


def reader(transaction: Transaction, place: str, actor: str, at: datetime | None = None) -> Reader:
    """What `actor` holds in `place` at `at` (business time; now). Raises NotFound `place.unknown`."""
    clock = transaction.row(CLOCK, place=place)
    if clock is None:
        raise NotFound("place.unknown", place=place)
    moment = clock[0] + clock[1] if at is None else stored(at)
    found = sorted(transaction.rows(_HELD, place=place, person=actor, at=moment), key=str)
    candidates = tuple(dict.fromkeys([f"user:{actor}", *(candidate for candidate, reach, _ in found if reach != "recused")]))
    below = tuple(dict.fromkeys(path for _, reach, path in found if reach == "below"))
    recused = tuple(ref for ref, reach, _ in found if reach == "recused")
    reaches = {reach for _, reach, _ in found}
    shape = Shape("place" in reaches, "heads" in reaches, room(len(candidates)), room(len(below)), room(len(recused)))
    params: dict[str, object] = {
        "place": place, "actor": actor, "at": moment, **listed("candidate", candidates), **listed("recused", recused),
        **listed("top", below), **listed("low", [path + "/" for path in below]), **listed("high", [path + "0" for path in below])}
    return Reader(place, actor, moment, candidates, below, recused, shape, params)


def visible_to(shape: Shape, instance: Any = schema.instance) -> sa.ColumnElement[bool]:
    """The condition on rows of `instance` (the table or an alias of it) that a reader may see them with all that is in them.

    They started it, are or were asked about one of its tasks, oversee its organisation, or audit the place; and are not recused.
    """
    i = instance.c
    candidate = schema.task_candidate.alias()
    ways: list[sa.ColumnElement[bool]] = [
        i.started_by == bind("actor"),
        sa.exists().where(candidate.c.place == i.place, candidate.c.instance == i.id, one_of(candidate.c.candidate, "candidate", shape.candidates)),
    ]
    if shape.below:
        ways.append(i.org.in_(_overseen(shape)))
    condition = i.place == bind("place") if shape.everything else sa.and_(i.place == bind("place"), sa.or_(*ways))
    return sa.and_(condition, sa.not_(one_of(i.id, "recused", shape.recused))) if shape.recused else condition


def campaign_visible_to(shape: Shape) -> sa.ColumnElement[bool]:
    """The condition on root instances whose head (title, stages, state) a reader may see: theirs, or one they take part in below."""
    root = sa.and_(_i.place == bind("place"), _i.parent.is_(None))
    if shape.everything or shape.heads:
        return root
    below = schema.instance.alias()
    # Ids first, each from an index that has nothing else to read: without statistics SQLite takes the whole place for ten rows and walks it otherwise.
    roots = [sa.select(below.c.root).where(below.c.place == bind("place"), below.c.id.in_(_taken_part(shape)))]
    if shape.below:
        roots.append(sa.select(below.c.root).where(below.c.place == bind("place"), below.c.org.in_(_overseen(shape))))
    return sa.and_(root, sa.or_(visible_to(shape), *[_i.id.in_(each) for each in roots]))


def _taken_part(shape: Shape) -> sa.CompoundSelect[Any]:
    """The ids of the instances that the reader is asked about, completed a task of, or started."""
    candidates, begun = schema.task_candidate.alias().c, schema.instance.alias().c
    return sa.union_all(
        sa.select(candidates.instance).where(
            candidates.place == bind("place"), one_of(candidates.candidate, "candidate", shape.candidates), candidates.open == sa.literal_column("1")),
        sa.select(_t.instance).where(_t.place == bind("place"), _t.closed_by == bind("actor")),
        sa.select(begun.id).where(begun.place == bind("place"), begun.started_by == bind("actor")))


def _overseen(shape: Shape) -> sa.Select[Any]:
    """The ids of the organisations that the reader oversees: a path is the top itself, or lies below it ("0" is the character after "/")."""
    ranges = [sa.or_(_o.path == bind(f"top_{n}"), sa.and_(_o.path >= bind(f"low_{n}"), _o.path < bind(f"high_{n}"))) for n in range(shape.below)]
    return sa.select(_o.id).where(_o.place == bind("place"), sa.or_(sa.false(), *ranges))


@lru_cache(maxsize=256)
def _visible_id(shape: Shape) -> sa.Select[Any]:
    return sa.select(_i.id).where(_i.id == bind("instance"), visible_to(shape))


def may_see(transaction: Transaction, who: Reader, instance: str) -> bool:
    """Whether the instance is there and the reader's to see."""
    return transaction.row(_visible_id(who.shape), **who.params, instance=instance) is not None


def must_see(transaction: Transaction, who: Reader, instance: str) -> None:
    """Raises NotFound `instance.unknown`, whether it is absent or not theirs."""
    if not may_see(transaction, who, instance):
        raise NotFound("instance.unknown", instance=instance)
