"""Built-in functions of FEEL on ranges and points: Allen's relations (DMN 1.5, table 78)."""
from __future__ import annotations

from collections.abc import Callable

from engine.feel.errors import Rejected
from engine.feel.functions import built_in
from engine.feel.values import Range, equal, kind, order


class _End:
    """One end of a range, or a point (which is both its ends, included)."""

    __slots__ = ("value", "included", "infinite")

    def __init__(self, value: object, included: bool, infinite: int) -> None:
        self.value, self.included = value, included
        self.infinite = infinite if value is None else 0

    def compare(self, other: _End) -> int:
        if self.infinite or other.infinite:
            return self.infinite - other.infinite
        found = order(self.value, other.value)
        if found is None:
            raise Rejected("feel.incomparable", operator="..", left=kind(self.value), right=kind(other.value))
        return found


def _start(value: object) -> _End:
    return _End(value.start, value.start_included, -1) if isinstance(value, Range) else _point(value)


def _end(value: object) -> _End:
    return _End(value.end, value.end_included, 1) if isinstance(value, Range) else _point(value)


def _point(value: object) -> _End:
    if value is None:
        raise Rejected("feel.null-operand", operator="..")
    return _End(value, True, 0)


def before(a: object, b: object) -> bool:
    end, start = _end(a), _start(b)
    found = end.compare(start)
    return found < 0 or found == 0 and not (end.included and start.included)


def meets(a: object, b: object) -> bool:
    end, start = _end(a), _start(b)
    return end.compare(start) == 0 and end.included and start.included


def overlaps(a: object, b: object) -> bool:
    return not before(a, b) and not before(b, a)


def _starts_first(a: object, b: object) -> bool:
    x, y = _start(a), _start(b)
    found = x.compare(y)
    return found < 0 or found == 0 and x.included and not y.included


def _ends_no_later(a: object, b: object) -> bool:
    x, y = _end(a), _end(b)
    found = x.compare(y)
    return found < 0 or found == 0 and (not x.included or y.included)


def _starts_no_earlier(a: object, b: object) -> bool:
    x, y = _start(a), _start(b)
    found = x.compare(y)
    return found > 0 or found == 0 and (not x.included or y.included)


def overlaps_before(a: object, b: object) -> bool:
    return _starts_first(a, b) and not before(a, b) and _ends_no_later(a, b)


def finishes(a: object, b: object) -> bool:
    x, y = _end(a), _end(b)
    return x.compare(y) == 0 and x.included == y.included and _starts_no_earlier(a, b)


def includes(a: object, b: object) -> bool:
    return _starts_no_earlier(b, a) and _ends_no_later(b, a)


def starts(a: object, b: object) -> bool:
    x, y = _start(a), _start(b)
    return x.compare(y) == 0 and x.included == y.included and _ends_no_later(a, b)


def coincides(a: object, b: object) -> bool:
    if isinstance(a, Range) != isinstance(b, Range):
        raise Rejected("feel.incomparable", operator="coincides", left=kind(a), right=kind(b))
    if isinstance(a, Range) and isinstance(b, Range):
        return (
            _start(a).compare(_start(b)) == 0 == _end(a).compare(_end(b)) and (a.operator == "!=") == (b.operator == "!=")
            and (a.start_included, a.end_included) == (b.start_included, b.end_included)
        )
    found = equal(a, b)
    if found is None:
        raise Rejected("feel.incomparable", operator="coincides", left=kind(a), right=kind(b))
    return found


def _swapped(relation: Callable[[object, object], bool]) -> Callable[[object, object], bool]:
    return lambda a, b: relation(b, a)


_POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES = "point1 point2", "point range", "range point", "range1 range2"
_RELATIONS: tuple[tuple[str, Callable[[object, object], bool], tuple[str, ...]], ...] = (
    ("before", before, (_POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)),
    ("after", _swapped(before), (_POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)),
    ("meets", meets, (_RANGES,)),
    ("met by", _swapped(meets), (_RANGES,)),
    ("overlaps", overlaps, (_RANGES,)),
    ("overlaps before", overlaps_before, (_RANGES,)),
    ("overlaps after", _swapped(overlaps_before), (_RANGES,)),
    ("finishes", finishes, (_POINT_RANGE, _RANGES)),
    ("finished by", _swapped(finishes), (_RANGE_POINT, _RANGES)),
    ("includes", includes, (_RANGE_POINT, _RANGES)),
    ("during", _swapped(includes), (_POINT_RANGE, _RANGES)),
    ("starts", starts, (_POINT_RANGE, _RANGES)),
    ("started by", _swapped(starts), (_RANGE_POINT, _RANGES)),
    ("coincides", coincides, (_POINTS, _RANGES)),
)
_ORDERED = "number | string | date | time | date and time | days and time duration | years and months duration"


def _declare(name: str, relation: Callable[[object, object], bool], names: str) -> None:
    first, second = (f"{word}: {'range' if word.startswith('range') else _ORDERED}" for word in names.split())
    built_in(f"{name}({first}, {second})")(relation)


for _name, _relation, _forms in _RELATIONS:
    for _form in _forms:
        _declare(_name, _relation, _form)
