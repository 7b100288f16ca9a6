"""Orders entries by total and a declared tie chain, cuts at the places, names what stays tied; never breaks a tie by itself."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from engine.refusals import Refused
from engine.selection.scores import DIGITS, Bonus, Component, Entry, bonus_of, normalised, total

Scope = Literal["channel_then_all", "channel", "all", "none"]
SCOPES: tuple[Scope, ...] = ("channel_then_all", "channel", "all", "none")
Key = tuple[Decimal, ...]


@dataclass(frozen=True)
class Ranked:
    """An entry with its total and rank (1, 2, 2, 4 …). Equal `key`s are tied after the whole chain; `decided` by a body's decision."""

    entry: Entry
    total: Decimal
    key: Key
    rank: int
    decided: int = 0

    @property
    def id(self) -> str:
        return self.entry.id


@dataclass(frozen=True)
class Tie:
    """Entries equal in everything declared, of whom only `places` can be taken at the cut line. `at`: their total."""

    ids: tuple[str, ...]
    places: int
    at: Decimal


@dataclass(frozen=True)
class Cut:
    """The result at the cut line. With a `tie` its members are neither selected nor rest until somebody decides."""

    ranked: tuple[Ranked, ...]
    selected: tuple[str, ...]
    rest: tuple[str, ...]
    tie: Tie | None = None


def rank(
    entries: Sequence[Entry], components: Sequence[Component], places: int, bonus: Sequence[Bonus] = (), ties: Sequence[str] = (),
    normalise: str = "none", digits: int = DIGITS,
) -> Cut:
    """Best first. Entries equal after the chain share a rank and stand in the order given, which decides nothing.

    Args:
        ties: ids tried in order: of a component or bonus (higher score first), else of a boolean attribute (true first).

    Raises: Refused `rank.entry_twice`, `rank.unknown_tie`, `rank.negative_places`, and those of `total` and `normalised`.
    """
    if places < 0:
        raise Refused("rank.negative_places", places=places)
    ids = [entry.id for entry in entries]
    for id in ids:
        if ids.count(id) > 1:
            raise Refused("rank.entry_twice", entry=id)
    comparable = normalised(entries, components, normalise, digits)
    keyed = []
    for original, entry in zip(entries, comparable, strict=True):
        points = total(entry.id, entry.scores, components, bonus, digits)
        keyed.append((points, (points, *_chain(entry, ties, components, bonus)), original))
    keyed.sort(key=lambda one: one[1], reverse=True)  # stable: the tied stay in the order given
    ranked: list[Ranked] = []
    for position, (points, key, entry) in enumerate(keyed, start=1):
        shared = ranked[-1].rank if ranked and ranked[-1].key == key else position
        ranked.append(Ranked(entry, points, key, shared))
    return cut(ranked, places)


def _chain(entry: Entry, ties: Sequence[str], components: Sequence[Component], bonus: Sequence[Bonus]) -> list[Decimal]:
    scored = {part.id for part in components}
    extra = {part.id: part for part in bonus}
    key: list[Decimal] = []
    for name in ties:
        if name in scored:
            key.append(entry.scores[name] or Decimal(0))
        elif name in extra:
            key.append(bonus_of(entry.id, entry.scores, extra[name]))
        elif isinstance(entry.attributes.get(name), bool):
            key.append(Decimal(entry.attributes[name]))
        else:
            raise Refused("rank.unknown_tie", entry=entry.id, attribute=name)
    return key


def cut(ranked: Sequence[Ranked], places: int) -> Cut:
    """The first `places`; entries tied across the line are reported instead."""
    ids = [one.id for one in ranked]
    if places <= 0 or places >= len(ranked):
        line = max(0, min(places, len(ranked)))
        return Cut(tuple(ranked), tuple(ids[:line]), tuple(ids[line:]))
    last, first_out = ranked[places - 1], ranked[places]
    if (last.key, last.decided) != (first_out.key, first_out.decided):
        return Cut(tuple(ranked), tuple(ids[:places]), tuple(ids[places:]))
    tied = [index for index, one in enumerate(ranked) if (one.key, one.decided) == (last.key, last.decided)]
    first, after = tied[0], tied[-1] + 1
    return Cut(tuple(ranked), tuple(ids[:first]), tuple(ids[after:]), Tie(tuple(ids[first:after]), places - first, last.total))


def settle(ranked: Sequence[Ranked], tied: Sequence[str], order: Sequence[str], places: int) -> Cut:
    """The cut after a body decided the order of a tie; the decided entries get ranks of their own.

    Raises: Refused `tie.order` when `order` does not name exactly the tied, each once; `tie.not_together`.
    """
    if sorted(tied) != sorted(order) or len(set(order)) != len(order):
        raise Refused("tie.order", tied=list(tied), order=list(order))
    by_id = {one.id: one for one in ranked}
    if any(id not in by_id for id in tied) or len({by_id[id].key for id in tied}) != 1:
        raise Refused("tie.not_together", tied=list(tied))
    first = min(index for index, one in enumerate(ranked) if one.id in set(tied))
    decided = [replace(by_id[id], rank=first + position, decided=position) for position, id in enumerate(order, start=1)]
    others = [one for one in ranked if one.id not in set(tied)]
    return cut([*others[:first], *decided, *others[first:]], places)


def substitute(
    ranked: Sequence[Ranked], selected: Sequence[str], remove: str, scope: Scope = "channel_then_all", exclude: Sequence[str] = (),
    order: Sequence[str] = (),
) -> tuple[tuple[str, ...], Ranked | None]:
    """递补: who follows for `remove`, and the selected afterwards, in ranking order; None when the place stays empty.

    The next in the ranking who is neither selected nor excluded: of the same channel first, then of all, as `scope` says.
    Where the next ones are tied, `order` (a body's decision) must name one of them; the first it names follows.

    Raises: Refused `substitute.not_selected`, `substitute.not_ranked`, `substitute.unknown_scope`, `substitute.tie` when the next ones are tied.
    """
    if remove not in selected:
        raise Refused("substitute.not_selected", entry=remove)
    if scope not in SCOPES:
        raise Refused("substitute.unknown_scope", scope=scope, known=list(SCOPES))
    for id in selected:
        if id not in {one.id for one in ranked}:
            raise Refused("substitute.not_ranked", entry=id)
    gone = next(one for one in ranked if one.id == remove)
    free = [one for one in ranked if one.id not in set(selected) and one.id not in set(exclude)]
    same = [one for one in free if one.entry.channel == gone.entry.channel]
    following = {"channel_then_all": same or free, "channel": same, "all": free, "none": []}[scope]
    chosen = _first(following, order)
    kept = {*selected, *([chosen.id] if chosen else [])} - {remove}
    return tuple(one.id for one in ranked if one.id in kept), chosen


def _first(following: Sequence[Ranked], order: Sequence[str]) -> Ranked | None:
    tied = {one.id: one for one in following if (one.key, one.decided) == (following[0].key, following[0].decided)}
    if len(tied) < 2:
        return following[0] if following else None
    for id in order:
        if id in tied:
            return tied[id]
    raise Refused("substitute.tie", entries=list(tied))
