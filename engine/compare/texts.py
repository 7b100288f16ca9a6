"""What two versions of a file of notification texts say differently, text by text; knows no words."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from engine.compare.change import Change, kind_of

KEYS = ("title", "body", "level")


def is_texts(tree: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a tree is a mapping of texts, right or wrong."""
    return isinstance(tree, Mapping) and all(isinstance(one, Mapping) for one in tree.values())


def compare_texts(old: Mapping[str, Any], new: Mapping[str, Any], file: str) -> Iterator[Change]:
    """Every difference of two such files, in the order of the new one, what was removed behind."""
    for id in dict.fromkeys([*new, *old]):
        was, now = old.get(id), new.get(id)
        if was is None or now is None:
            one, kind = was or now or {}, kind_of(was, now)
            yield Change(kind, f"text.{kind}", id, file, {"name": one.get("title") or id, "body": one.get("body") or ""})
            continue
        name = now.get("title") or id
        for key in KEYS:
            before, after = was.get(key) or ("info" if key == "level" else ""), now.get(key) or ("info" if key == "level" else "")
            if before != after:
                yield Change("changed", f"text.{key}", id, file, {"name": name, "old": before, "new": after})
        if {key: one for key, one in was.items() if key not in KEYS} != {key: one for key, one in now.items() if key not in KEYS}:
            yield Change("changed", "text.other", id, file, {"name": name})
