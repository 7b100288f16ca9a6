"""Changes of a form's YAML tree, one a function: parts added, moved, left out, filled in. Trees are never changed in place; nothing is checked here.

A part is named by its path: `sections.1`, `sections.1.fields.2`, `sections.1.fields.2.columns.0`, `outcomes.0`.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from forms.source import Value, join

LISTS = ("sections", "fields", "columns", "outcomes")
PART = re.compile(r"(?:sections\.\d{1,3}(?:\.fields\.\d{1,3}(?:\.columns\.\d{1,3})?)?|outcomes\.\d{1,3})\Z")
LIST = re.compile(r"(?:sections(?:\.\d{1,3}\.fields(?:\.\d{1,3}\.columns)?)?|outcomes)\Z")
Tree = dict[str, Value]


def part(form: Value, path: str) -> Tree | None:
    """The mapping at a part's path; None where there is none."""
    found: Any = form
    for step in path.split(".") if PART.match(path) else ["?"]:
        if isinstance(found, list):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def parts(form: Value, path: str) -> list[Value]:
    """The list at `sections`, `sections.1.fields` …; empty where there is none."""
    found: Any = form
    for step in path.split("."):
        if isinstance(found, list):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, list) else []


def fields_of(form: Value) -> Iterator[tuple[str, Tree]]:
    """Every field with its path, columns not among them."""
    for number, section in enumerate(parts(form, "sections")):
        for index, field in enumerate(parts(section, "fields")):
            if isinstance(field, dict):
                yield f"sections.{number}.fields.{index}", field


def changed(form: Tree, path: str, value: Value) -> Tree:
    """The form with `value` in the place of the part at `path`."""
    return _form(form, path.split("."), value)


def added(form: Tree, list_path: str, value: Value, index: int | None = None) -> Tree:
    """The form with one more part in the list, at its end without `index`."""
    rows = parts(form, list_path)
    at = len(rows) if index is None else index
    return _form(form, list_path.split("."), [*rows[:at], value, *rows[at:]])


def dropped(form: Tree, path: str) -> Tree:
    """The form without the part at `path`."""
    list_path, _, index = path.rpartition(".")
    rows = parts(form, list_path)
    return _form(form, list_path.split("."), [*rows[: int(index)], *rows[int(index) + 1 :]])


def moved(form: Tree, path: str, by: int) -> tuple[Tree, str]:
    """The form with a part one place up (-1) or down (1), and where it is now; a field leaves its section at the edge. The same form where there is no way on."""
    list_path, _, last = path.rpartition(".")
    rows, index = parts(form, list_path), int(last)
    to = index + by
    if 0 <= to < len(rows):
        rest = [*rows[:index], *rows[index + 1 :]]
        return _form(form, list_path.split("."), [*rest[:to], rows[index], *rest[to:]]), join(list_path, to)
    steps = list_path.split(".")
    if len(steps) != 3 or not 0 <= int(steps[1]) + by < len(parts(form, "sections")):
        return form, path
    return into_section(form, path, int(steps[1]) + by, at_end=by < 0)


def into_section(form: Tree, path: str, section: int, at_end: bool = True) -> tuple[Tree, str]:
    """The form with a field moved to another section, and where it is now."""
    field = part(form, path)
    target = f"sections.{section}.fields"
    index = len(parts(form, target)) if at_end else 0
    return added(dropped(form, path), target, field, index), join(target, index)


def renamed(form: Tree, path: str, id: str) -> Tree:
    """The form with another name for a field, in the list of identity too."""
    field = part(form, path) or {}
    made = changed(form, path, {**field, "id": id})
    identity = form.get("identity")
    if path.count(".") == 3 and isinstance(identity, list):
        made["identity"] = [id if one == field.get("id") else one for one in identity]
    return made


def with_keys(mapping: Mapping[str, Value], given: Mapping[str, Value], order: tuple[str, ...] = ()) -> Tree:
    """The mapping with these keys set, None takes one out; keys that are new stand where `order` has them among the others."""
    made = {key: value for key, value in mapping.items() if given.get(key, value) is not None}
    made |= {key: value for key, value in given.items() if key in made}
    for key in [*(key for key in order if key in given), *(key for key in given if key not in order)]:
        if key not in made and given[key] is not None:
            made = _inserted(made, key, given[key], order)
    return made


def _inserted(mapping: Tree, key: str, value: Value, order: tuple[str, ...]) -> Tree:
    before = order[: order.index(key)] if key in order else ()
    behind = max((index for index, name in enumerate(mapping) if name in before), default=len(mapping) - 1)
    items = list(mapping.items())
    return dict([*items[: behind + 1], (key, value), *items[behind + 1 :]])


def _form(form: Tree, steps: list[str], value: Value) -> Tree:
    made: Tree = _set(form, steps, value)
    return made


def _set(tree: Any, steps: list[str], value: Value) -> Any:
    if not steps:
        return value
    first, *rest = steps
    if isinstance(tree, list):
        return [_set(one, rest, value) if index == int(first) else one for index, one in enumerate(tree)]
    found = dict(tree) if isinstance(tree, dict) else {}
    found[first] = _set(found.get(first), rest, value)
    return found
