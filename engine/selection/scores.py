"""Exact scores: components and weights, rounding, the panel's trimmed mean, channels made comparable; orders nobody."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from engine.refusals import Refused

DIGITS = 2
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
Scores = Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Component:
    """A part of the total with its weight; every entry must have a score in it."""

    id: str
    weight: Decimal


@dataclass(frozen=True)
class Bonus:
    """A part that only adds: 0 when absent, never negative, at most `cap` (None: no cap)."""

    id: str
    cap: Decimal | None = None


@dataclass(frozen=True)
class Sheet:
    """What one judge gave one entry. A score of None or missing is an abstention in that part; `recused` counts as no sheet."""

    judge: str
    entry: str
    scores: Scores
    recused: bool = False


@dataclass(frozen=True)
class Trim:
    """From `at_least` scores on, the `each_side` highest and lowest of each part are left out (去掉最高分和最低分)."""

    at_least: int = 5
    each_side: int = 1


@dataclass(frozen=True)
class PanelResult:
    """The panel's score of one entry; `judges` who gave a sheet, `trimmed` parts from which extremes were left out."""

    entry: str
    scores: Scores
    judges: int
    trimmed: tuple[str, ...] = ()


def rounded(number: Fraction | Decimal, digits: int) -> Decimal:
    """四舍五入 to `digits` after the point, away from zero at one half, exactly."""
    exact = Fraction(number)
    scaled = abs(exact) * 10**digits
    whole = int(scaled)
    if scaled - whole >= Fraction(1, 2):
        whole += 1
    return Decimal((exact < 0, Decimal(whole).as_tuple().digits, -digits))


def trimmed_mean(scores: Sequence[Decimal], trim: Trim | None, digits: int) -> tuple[Decimal, bool]:
    """The mean of at least one score, rounded, and whether extremes were left out."""
    kept = sorted(scores)
    trims = trim is not None and len(kept) >= trim.at_least and len(kept) > 2 * trim.each_side
    if trim is not None and trims and trim.each_side:
        kept = kept[trim.each_side : -trim.each_side]
    return rounded(sum(map(Fraction, kept), Fraction(0)) / len(kept), digits), trims


def panel(
    sheets: Sequence[Sheet], components: Sequence[Component], bonus: Sequence[Bonus] = (), trim: Trim | None = None,
    minimum: int = 1, digits: int = DIGITS,
) -> tuple[PanelResult, ...]:
    """Each entry's score by part, entries in the order of their first sheet.

    A bonus part that nobody scored stays absent; a judge who left it out counts as 0 where others gave one.

    Raises: Refused `panel.sheet_twice`, `panel.too_few_judges`, `panel.no_score`, `panel.unknown_component`.
    """
    by_entry: dict[str, list[Sheet]] = {}
    seen: set[tuple[str, str]] = set()
    known = {part.id for part in components} | {part.id for part in bonus}
    for sheet in sheets:
        if (sheet.judge, sheet.entry) in seen:
            raise Refused("panel.sheet_twice", judge=sheet.judge, entry=sheet.entry)
        seen.add((sheet.judge, sheet.entry))
        for part in sheet.scores:
            if part not in known:
                raise Refused("panel.unknown_component", component=part, known=sorted(known))
        by_entry.setdefault(sheet.entry, [])
        if not sheet.recused:
            by_entry[sheet.entry].append(sheet)
    return tuple(_panel_of(entry, given, components, bonus, trim, minimum, digits) for entry, given in by_entry.items())


def _panel_of(
    entry: str, sheets: Sequence[Sheet], components: Sequence[Component], bonus: Sequence[Bonus], trim: Trim | None, minimum: int, digits: int
) -> PanelResult:
    if len(sheets) < minimum:
        raise Refused("panel.too_few_judges", entry=entry, judges=len(sheets), minimum=minimum)
    scores: dict[str, Decimal | None] = {}
    trimmed: list[str] = []
    for part in components:
        given = [score for sheet in sheets if (score := sheet.scores.get(part.id)) is not None]
        if not given:
            raise Refused("panel.no_score", entry=entry, component=part.id)
        scores[part.id], cut = trimmed_mean(given, trim, digits)
        trimmed += [part.id] * cut
    for extra in bonus:
        given = [sheet.scores.get(extra.id) or Decimal(0) for sheet in sheets]
        if all(sheet.scores.get(extra.id) is None for sheet in sheets):
            continue
        scores[extra.id], cut = trimmed_mean(given, trim, digits)
        trimmed += [extra.id] * cut
    return PanelResult(entry, scores, len(sheets), tuple(trimmed))


def total(entry: str, scores: Scores, components: Sequence[Component], bonus: Sequence[Bonus], digits: int = DIGITS) -> Decimal:
    """Σ score × weight ÷ Σ weights + Σ bonus, rounded to `digits`.

    Raises: Refused `rank.no_score`, `rank.negative_bonus`, `rank.no_weights`.
    """
    weights = sum((Fraction(part.weight) for part in components), Fraction(0))
    if components and (weights <= 0 or any(part.weight < 0 for part in components)):
        raise Refused("rank.no_weights")
    weighted = Fraction(0)
    for part in components:
        score = scores.get(part.id)
        if score is None:
            raise Refused("rank.no_score", entry=entry, component=part.id)
        weighted += Fraction(score) * Fraction(part.weight)
    extra = sum((Fraction(bonus_of(entry, scores, part)) for part in bonus), Fraction(0))
    return rounded((weighted / weights if components else Fraction(0)) + extra, digits)


def bonus_of(entry: str, scores: Scores, bonus: Bonus) -> Decimal:
    """What the bonus part adds: 0 when absent, at most its cap."""
    score = scores.get(bonus.id)
    if score is None:
        return Decimal(0)
    if score < 0:
        raise Refused("rank.negative_bonus", entry=entry, component=bonus.id)
    return score if bonus.cap is None else min(score, bonus.cap)


@dataclass(frozen=True)
class Entry:
    """Somebody to be ranked. `attributes`: booleans that may break ties (frontline)."""

    id: str
    scores: Scores
    channel: str = ""
    attributes: Mapping[str, bool] = field(default_factory=dict)


def share_of_highest(scores: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Each as a share of the highest, times 100; all 0 when the highest is 0."""
    highest = max(scores)
    return [rounded(Fraction(score) * 100 / Fraction(highest), digits) if highest else rounded(Fraction(0), digits) for score in scores]


def standard_scores(scores: Sequence[Decimal], digits: int) -> list[Decimal]:
    """50 + 10 × (score − mean) ÷ standard deviation of the whole channel; 50 for all when they are equal."""
    numbers = [Fraction(score) for score in scores]
    mean = sum(numbers, Fraction(0)) / len(numbers)
    variance = sum(((number - mean) ** 2 for number in numbers), Fraction(0)) / len(numbers)
    if not variance:
        return [rounded(Fraction(50), digits)] * len(numbers)
    deviation = Fraction(EXACT.sqrt(EXACT.divide(Decimal(variance.numerator), Decimal(variance.denominator))))
    return [rounded(50 + 10 * (number - mean) / deviation, digits) for number in numbers]


METHODS: Mapping[str, Callable[[Sequence[Decimal], int], list[Decimal]]] = {"share": share_of_highest, "z": standard_scores}


def normalised(entries: Sequence[Entry], components: Sequence[Component], method: str, digits: int) -> tuple[Entry, ...]:
    """The entries with each component's scores made comparable between channels; bonus parts stay as they are.

    Raises: Refused `rank.unknown_method`, `rank.no_score`.
    """
    if method == "none":
        return tuple(entries)
    if method not in METHODS:
        raise Refused("rank.unknown_method", method=method, known=["none", *METHODS])
    changed: dict[str, dict[str, Decimal | None]] = {entry.id: dict(entry.scores) for entry in entries}
    for channel in dict.fromkeys(entry.channel for entry in entries):
        members = [entry for entry in entries if entry.channel == channel]
        for part in components:
            given = [_given(entry, part) for entry in members]
            for entry, score in zip(members, METHODS[method](given, digits), strict=True):
                changed[entry.id][part.id] = score
    return tuple(Entry(entry.id, changed[entry.id], entry.channel, entry.attributes) for entry in entries)


def _given(entry: Entry, part: Component) -> Decimal:
    score = entry.scores.get(part.id)
    if score is None:
        raise Refused("rank.no_score", entry=entry.id, component=part.id)
    return score
