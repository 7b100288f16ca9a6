"""What two YAML trees say differently: mappings by key, lists of named rows by name, other lists and values whole; knows no meaning."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forms.source import join

NAMES = ("id", "code", "name", "title")


def compare_trees(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, old, new) of every difference, in the new tree's order, what was removed behind; None where there is nothing."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*new, *old]):
            yield from compare_trees(old.get(key), new.get(key), join(path, key))
    elif (named := _named(old)) is not None and (now := _named(new)) is not None and (named or now):
        yield from compare_trees(named, now, path)
        common = [name for name in named if name in now]
        if common != [name for name in now if name in named]:
            yield join(path, "order"), "、".join(common), "、".join(name for name in now if name in named)
    elif _rows(old) and _rows(new) and len(old) == len(new):
        for index, (was, now_) in enumerate(zip(old, new)):
            yield from compare_trees(was, now_, join(path, index))
    elif old != new:
        yield path, old, new


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _named(value: Any) -> dict[str, Any] | None:
    """A list of mappings by the name that each has, once; None when it is none."""
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return None
    for key in NAMES:
        names = [one.get(key) for one in value]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return dict(zip(names, value))
    return None
