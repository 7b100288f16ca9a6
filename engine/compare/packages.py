"""What two versions of a process package say differently, file by file: diagrams on their graphs, tables by rows and columns, forms by their fields, notifications by their texts, YAML by its keys, everything else whole."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.compare.change import Change, Kind, kind_of
from engine.compare.diagrams import Comparison, compare_diagrams
from engine.compare.forms import compare_forms, is_form
from engine.compare.tables import compare_tables
from engine.compare.texts import compare_texts, is_texts
from engine.compare.trees import compare_trees
from engine.refusals import Invalid
from forms.source import read_yaml


def compare_packages(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Every difference, `package.yaml` first, then by file name. A file that cannot be read is one change as a whole."""
    names = sorted({*old, *new}, key=lambda name: (name != "package.yaml", name))
    changes = [change for name in names if old.get(name) != new.get(name) for change in _file(name, old.get(name), new.get(name))]
    return tuple(one for one in changes if not _told_by_its_file(one, old, new))


def _told_by_its_file(change: Change, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> bool:
    """Whether a list of forms in package.yaml only follows the forms that came and went, each told by itself."""
    if (change.file, change.element) != ("package.yaml", "forms"):
        return False
    was, now = (set(change.details[side] or ()) for side in ("old", "new"))
    before, after = ({name.removeprefix("forms/").removesuffix(".yaml") for name in files if name.startswith("forms/")} for files in (old, new))
    return now - was == after - before and was - now == before - after and bool(now ^ was)


def compare_files(name: str, old: bytes | None, new: bytes | None) -> Comparison:
    """The differences of one file; `moved` only of a diagram."""
    if old == new:
        return Comparison((), ())
    if name.endswith(".bpmn") and old is not None and new is not None:
        try:
            return compare_diagrams(old, new, name)
        except Invalid:
            pass  # a working copy may be broken; then it is told as a whole
    return Comparison(tuple(_file(name, old, new)), ())


def _file(name: str, old: bytes | None, new: bytes | None) -> Iterator[Change]:
    if old is None or new is None:
        yield _whole_file(name, old, new)
    elif name.endswith(".bpmn"):
        yield from _diagram(name, old, new)
    elif name.endswith(".yaml"):
        yield from _yaml(name, old, new)
    elif name.endswith(".dmn"):
        yield from _tables(name, old, new)
    else:
        yield Change("changed", "file.changed", "", name, {"file": name})


def _whole_file(name: str, old: bytes | None, new: bytes | None) -> Change:
    """A file that came or went; a form by its title."""
    kind = kind_of(old, new)
    try:
        tree = read_yaml(old or new or b"", name).value if name.startswith("forms/") else None
    except Invalid:
        tree = None
    if is_form(tree):
        return Change(kind, f"form.file.{kind}", "", name, {"title": str(tree.get("title", "")), "count": sum(len(one.get("fields", [])) for one in tree.get("sections", []))})
    return Change(kind, f"file.{kind}", "", name, {"file": name})


def _diagram(name: str, old: bytes, new: bytes) -> Iterator[Change]:
    try:
        yield from compare_diagrams(old, new, name).changes
    except Invalid:
        yield Change("changed", "file.changed", "", name, {"file": name})


def _tables(name: str, old: bytes, new: bytes) -> Iterator[Change]:
    try:
        yield from compare_tables(old, new, name)
    except Invalid:
        yield Change("changed", "file.changed", "", name, {"file": name})


def _yaml(name: str, old: bytes, new: bytes) -> Iterator[Change]:
    try:
        before, after = read_yaml(old, name).value, read_yaml(new, name).value
    except Invalid:
        yield Change("changed", "file.changed", "", name, {"file": name})
        return
    if name.startswith("forms/") and is_form(before) and is_form(after):
        yield from compare_forms(before, after, name)
        return
    if name != "package.yaml" and not name.startswith("forms/") and is_texts(before) and is_texts(after):
        yield from compare_texts(before, after, name)
        return
    title = after.get("title", "") if isinstance(after, Mapping) else ""
    for path, was, now in compare_trees(before, after):
        kind: Kind = kind_of(was, now)
        yield Change(kind, f"yaml.{kind}", path, name, {"file": name, "title": title, "path": path, "labels": _labels(before, after, path), "old": was, "new": now})


def _labels(before: Any, after: Any, path: str) -> tuple[str, ...]:
    """The words that the file itself has for the steps of a path: the label or title of each thing on the way."""
    found = []
    trees = [after, before]
    for step in path.split("."):
        trees = [_step(tree, step) for tree in trees]
        named = next((tree for tree in trees if isinstance(tree, Mapping)), None)
        found.append(str((named or {}).get("label") or (named or {}).get("title") or step))
    return tuple(found)


def _step(tree: Any, step: str) -> Any:
    if isinstance(tree, Mapping):
        return tree.get(step)
    if isinstance(tree, list):
        return next((one for one in tree if isinstance(one, Mapping) and step in (one.get("id"), one.get("code"), one.get("name"), one.get("title"))), None)
    return None
