"""A scheme's parameters as a form made from the package's declaration, and back; checks nothing, loses nothing that was typed.

What does not read as its declared type is kept as the text it is, so that the check can say at the field what is wrong.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.refusals import Finding
from engine.scheme.check import CODE_FIELDS, STAGE_FIELDS
from engine.scheme.declaration import Declaration, Parameter
from engine.scheme.scheme import EXAMPLE, ORIGINS, Origin, Scheme, value_at
from forms.source import join

VALUES, MARKS, SEEN = "v", "m", "seen"  # the first part of the names in the form
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})\Z")
EXACT = re.compile(r"[-+]?(0|[1-9][0-9]{0,20})\.[0-9]{1,10}\Z")
LONG = 40  # characters from which a text gets several lines
NEW_STAGE = re.compile(r"stage[1-9][0-9]{0,2}\Z")  # what a stage added on the page is called; diagrams pick it by its name


@dataclass(frozen=True, slots=True)
class Input:
    """One box. `kind`: text | long | lines | integer | decimal | date | time | choice | organisation. `name` is the path behind `v.`"""

    path: str
    label: str
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    required: bool = True
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list, or a stage. `new`: the blank one that was asked for."""

    path: str
    legend: str
    fields: tuple[Input | Table, ...]
    removable: bool = True
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A list of rows; `addable`: one more may be asked for."""

    path: str
    label: str
    rows: tuple[Row, ...]
    addable: bool = True
    help: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A declared key on the page. `marks`: (path, heading, origin) of what says where it comes from."""

    key: str
    parameter: Parameter
    parts: tuple[Input | Table, ...]
    marks: tuple[tuple[str, str, Origin], ...]
    unreviewed: bool
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Said:
    """Findings by path, each handed out once: at its field, else at what is around it."""

    by_path: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def errors(self, path: str) -> tuple[str, ...]:
        return tuple(message for severity, message in self.by_path.pop(path, ()) if severity == "error")

    def below(self, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(errors, notes) at or below a path that nobody took yet."""
        taken = [found for own in [one for one in self.by_path if one == path or one.startswith(path + ".")] for found in self.by_path.pop(own)]
        return tuple(message for severity, message in taken if severity == "error"), tuple(message for severity, message in taken if severity != "error")


def items(scheme: Scheme, declaration: Declaration, group: str, findings: Sequence[tuple[Finding, str]], unreviewed: Iterable[str], add: str = "") -> list[Item]:
    """The group's keys in declared order. `findings`: each with its sentence; `add`: the list that shows a blank row."""
    said = _Said()
    for one, message in findings:
        said.by_path.setdefault(one.element, []).append((one.severity, message))
    waiting = set(unreviewed)
    return [_item(scheme, parameter, key, said, key in waiting, add) for key, parameter in declaration.keys.items() if parameter.group == group]


def _item(scheme: Scheme, parameter: Parameter, key: str, said: _Said, unreviewed: bool, add: str) -> Item:
    value = value_at(scheme.values, key)
    # The quiet way to keep what is at a field: errors of its own path first, then whatever is left below the key.
    notes_first = [message for severity, message in said.by_path.get(key, ()) if severity != "error"]
    parts = tuple(_parts(parameter, value, key, said, add))
    errors, notes = said.below(key)
    return Item(key, parameter, parts, tuple(_marks(scheme, parameter, key)), unreviewed, errors, tuple(dict.fromkeys([*notes_first, *notes])))


def _marks(scheme: Scheme, parameter: Parameter, key: str) -> Iterator[tuple[str, str, Origin]]:
    """One mark a key; of the stages, which the notice dates one by one, one each."""
    value = value_at(scheme.values, key)
    if parameter.type == "stages" and isinstance(value, Mapping):
        for id, stage in value.items():
            name = str(stage.get("name") or id) if isinstance(stage, Mapping) else id
            yield join(key, id), name, scheme.origin_of(join(key, id)) or Origin(EXAMPLE)
    else:
        yield key, "", scheme.origin_of(key) or Origin(EXAMPLE)


def _parts(parameter: Parameter, value: Any, path: str, said: _Said, add: str) -> Iterator[Input | Table]:
    if parameter.type == "stages":
        yield _stages(parameter, value, path, said, add)
    elif parameter.type == "record":
        values = value if isinstance(value, Mapping) else {}
        for name, one in parameter.fields.items():
            yield from _parts(one, values.get(name), join(path, name), said, add)
    elif parameter.type in ("records", "codes"):
        yield _table(parameter, value, path, said, add)
    else:
        yield _input(parameter, value, path, said)


def _stages(parameter: Parameter, value: Any, path: str, said: _Said, add: str) -> Table:
    stages = value if isinstance(value, Mapping) else {}
    fields = {**STAGE_FIELDS, **parameter.fields}
    shown_too = {new_stage(stages): {"order": len(stages) + 1}} if add == path else {}
    rows = []
    for id, stage in sorted({**stages, **shown_too}.items(), key=lambda one: _order(one[1])):
        here, values = join(path, id), stage if isinstance(stage, Mapping) else {}
        boxes = tuple(box for name, one in fields.items() for box in _parts(one, values.get(name), join(here, name), said, ""))
        rows.append(Row(here, str(values.get("name") or "") if id in shown_too else str(values.get("name") or id), boxes, id not in shown_too, said.errors(here)))
    return Table(path, parameter.label, tuple(rows), problems=said.errors(path))


def new_stage(stages: Mapping[str, Any]) -> str:
    """The first id of its kind that is free."""
    return next(f"stage{n}" for n in range(1, 1000) if f"stage{n}" not in stages)


def _order(stage: Any) -> tuple[int, str]:
    order = stage.get("order") if isinstance(stage, Mapping) else 0
    return (order if isinstance(order, int) else 0, "")


def _table(parameter: Parameter, value: Any, path: str, said: _Said, add: str) -> Table:
    fields = parameter.fields or CODE_FIELDS
    listed = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    rows = [_row(fields, one, join(path, index), said, add) for index, one in enumerate(listed)]
    if add == path or not listed:
        rows.append(_row(fields, {}, join(path, len(listed)), said, "", removable=False))
    return Table(path, parameter.label, tuple(rows), help=parameter.help, problems=said.errors(path))


def _row(fields: Mapping[str, Parameter], row: Mapping[str, Any], path: str, said: _Said, add: str, removable: bool = True) -> Row:
    boxes = tuple(box for name, one in fields.items() for box in _parts(one, row.get(name), join(path, name), said, add) if row or not isinstance(box, Table))
    legend = next((str(row[name]) for name in ("name", "label", "title", "code", "id", "org") if isinstance(row.get(name), str)), "")
    return Row(path, legend, boxes, removable, said.errors(path))


def _input(parameter: Parameter, value: Any, path: str, said: _Said) -> Input:
    kind, choices = parameter.type, tuple(parameter.choices.items())
    text = "\n".join(shown(one) for one in value) if parameter.many and isinstance(value, list) else shown(value)
    if parameter.many:
        kind = "lines"
    elif parameter.type == "boolean":
        kind, choices = "choice", (("true", "是"), ("false", "否"))
    elif parameter.type == "text":
        kind = "long" if len(text) > LONG or "\n" in text else "text"
    elif parameter.type in ("code", "duration", "role"):
        kind = "role" if parameter.type == "role" else "text"
    if kind == "choice" and text and text not in dict(choices):
        choices = (*choices, (text, text))
    problems = tuple(dict.fromkeys([*said.errors(path), *(message for index in range(len(value) if isinstance(value, list) else 0) for message in said.errors(join(path, index)))]))
    return Input(path, parameter.label, kind, text, choices, parameter.help, not parameter.optional, problems)


def said_in(part: Input | Table) -> Iterator[tuple[str, str]]:
    """(path, sentence) of every problem in a box or a table, in the order in which they stand on the page."""
    yield from ((part.path, message) for message in part.problems)
    if isinstance(part, Table):
        for row in part.rows:
            yield from ((row.path, message) for message in row.problems)
            for inner in row.fields:
                yield from said_in(inner)


def shown(value: Any) -> str:
    """A plain value as it stands in a box."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


# --- back --------------------------------------------------------------------------------------------------------------------------------------


def answered(scheme: Scheme, declaration: Declaration, group: str, tree: Mapping[str, Any], drop: str = "") -> tuple[Scheme, set[str]]:
    """The scheme with what was sent for a group, and the keys that are looked at now: changed, or ticked as seen.

    `tree`: the form as a tree of texts (`v`, `m`, `seen`). `drop`: path of a row to leave out.
    """
    given = tree.get(VALUES) if isinstance(tree.get(VALUES), Mapping) else {}
    marked = tree.get(MARKS) if isinstance(tree.get(MARKS), Mapping) else {}
    ticked = tree.get(SEEN) if isinstance(tree.get(SEEN), Mapping) else {}
    made = own_marks(scheme, declaration)
    looked_at: set[str] = set()
    for key, parameter in declaration.keys.items():
        if parameter.group != group:
            continue
        raw, old = value_at(given, key), value_at(made.values, key)
        value = old if raw is None and key not in _sent(given, key) else _value(parameter, raw, old, key, drop)
        before = made
        made = with_value(made, key, value)
        made = _with_marks(before, made, parameter, key, value_at(marked, key))
        if value != old or made.origins != before.origins or value_at(ticked, key) is not None:
            looked_at.add(key)
    return made, looked_at


def _sent(given: Any, key: str) -> set[str]:
    """The key itself when the page held it at all; a list whose last row was dropped sends nothing."""
    return {key} if value_at(given, key) is not None else set()


def _value(parameter: Parameter, raw: Any, old: Any, path: str, drop: str) -> Any:
    if parameter.type == "stages":
        return _stages_of(parameter, raw, old, path, drop)
    if parameter.type == "record":
        return _fields_of(parameter.fields, raw, old, path, drop)
    if parameter.type in ("records", "codes"):
        return _rows_of(parameter.fields or CODE_FIELDS, raw, old, path, drop)
    text = raw if isinstance(raw, str) else ""
    if parameter.many:
        lines = [line.strip() for line in text.replace("\r", "").split("\n")]
        return [_one(parameter, line) for line in lines if line] or None
    return _one(parameter, text.strip().replace("\r\n", "\n"))


def _one(parameter: Parameter, text: str) -> Any:
    if not text:
        return None
    if parameter.type in ("integer", "decimal"):
        return int(text) if WHOLE.match(text) else _exact(text)
    if parameter.type == "date":
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    if parameter.type == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _exact(text: str) -> Any:
    try:
        return Decimal(text) if EXACT.match(text) else text
    except InvalidOperation:
        return text


def _fields_of(fields: Mapping[str, Parameter], raw: Any, old: Any, path: str, drop: str) -> dict[str, Any] | None:
    """What a row says; what it says beyond the declared fields stays. None when there is nothing in it."""
    given, kept = raw if isinstance(raw, Mapping) else {}, old if isinstance(old, Mapping) else {}
    row = {name: value for name, value in kept.items() if name not in fields}
    for name, one in fields.items():
        value = _value(one, given.get(name), kept.get(name), join(path, name), drop) if name in given else kept.get(name)
        if value is not None:
            row[name] = value
    order = [*(name for name in kept if name in row), *(name for name in row if name not in kept)]
    return {name: row[name] for name in order} or None


def _rows_of(fields: Mapping[str, Parameter], raw: Any, old: Any, path: str, drop: str) -> list[Any] | None:
    given = raw if isinstance(raw, Mapping) else {}
    kept = old if isinstance(old, list) else []
    rows = []
    for index in sorted((one for one in given if one.isdigit() and len(one) < 6), key=int):
        here, before = join(path, index), kept[int(index)] if int(index) < len(kept) else None
        row = _fields_of(fields, given[index], before, here, drop)
        if row is not None and here != drop:
            rows.append(row)
    return rows or None


def _stages_of(parameter: Parameter, raw: Any, old: Any, path: str, drop: str) -> Any:
    """The stages that there were, without the dropped one, and those added on the page once they have a name or a date."""
    given, kept = raw if isinstance(raw, Mapping) else {}, old if isinstance(old, Mapping) else {}
    fields = {**STAGE_FIELDS, **parameter.fields}
    stages = {id: _fields_of(fields, given.get(id), stage, join(path, id), "") or {} for id, stage in kept.items()}
    added = {id: _fields_of(fields, one, None, join(path, id), "") or {} for id, one in given.items() if id not in kept and NEW_STAGE.match(id)}
    stages |= {id: stage for id, stage in added.items() if stage.keys() - {"order"}}
    return {id: stage for id, stage in stages.items() if join(path, id) != drop} or None


def with_value(scheme: Scheme, key: str, value: Any) -> Scheme:
    """The scheme with this value at a key; None takes the key out."""
    return replace(scheme, values=_set(scheme.values, key.split("."), value))


def _set(values: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    found = dict(values)
    if rest:
        inner = found.get(first)
        inside = _set(inner if isinstance(inner, Mapping) else {}, rest, value)
        if inside:
            found[first] = inside
        else:
            found.pop(first, None)
    elif value is None:
        found.pop(first, None)
    else:
        found[first] = value
    return found


def _with_marks(before: Scheme, after: Scheme, parameter: Parameter, key: str, raw: Any) -> Scheme:
    """The marks that were sent; a mark inside a list's row stays while what it marks is the same."""
    value = value_at(after.values, key)
    origins = {path: origin for path, origin in after.origins.items() if path != key and not path.startswith(key + ".")}
    if value is not None:
        paths = [join(key, id) for id in value] if parameter.type == "stages" and isinstance(value, Mapping) else [key]
        for path in paths:
            given = value_at(raw, path[len(key) + 1 :]) if path != key else raw
            origins[path] = _mark(given, before.origin_of(path) or Origin(EXAMPLE))
        for path, origin in before.origins.items():
            inside = path.startswith(key + ".") and path not in paths
            if inside and value_at(after.values, path) is not None and value_at(after.values, path) == value_at(before.values, path):
                origins[path] = origin
    return replace(after, origins=origins)


def _mark(raw: Any, old: Origin) -> Origin:
    if not isinstance(raw, Mapping) or raw.get("origin") not in ORIGINS:
        return old
    texts = [str(raw.get(name) or "").strip() if isinstance(raw.get(name, ""), str) else "" for name in ("clause", "quote", "note")]
    return Origin(str(raw["origin"]), *texts)


def own_marks(scheme: Scheme, declaration: Declaration) -> Scheme:
    """The same scheme with a mark at every declared key (at every stage of `stages`), none above them."""
    origins = dict(scheme.origins)
    for key, parameter in declaration.keys.items():
        value = value_at(scheme.values, key)
        if value is None:
            continue
        stages = parameter.type == "stages" and isinstance(value, Mapping)
        for path in [join(key, id) for id in value] if stages else [key]:
            origins.setdefault(path, scheme.origin_of(path) or Origin(EXAMPLE))
        if stages:
            origins.pop(key, None)
    above = {key.rsplit(".", n)[0] for key in declaration.keys for n in range(1, key.count(".") + 1)}
    return replace(scheme, origins={path: origin for path, origin in origins.items() if path not in above and value_at(scheme.values, path) is not None})
