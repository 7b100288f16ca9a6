"""What two schemes say differently, by declared parameter: one change a value, a list's row or a mark; judges none of them."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from engine.compare.change import Change, kind_of
from engine.scheme.check import CODE_FIELDS, STAGE_FIELDS
from engine.scheme.declaration import Declaration, Parameter
from engine.scheme.scheme import Origin, Scheme, value_at
from forms.source import join

# By what the rows of a list are recognised, in this order; else by all that they say.
IDENTITIES = (("code",), ("id",), ("org", "role"), ("org",), ("field",), ("name",))
Within = tuple[tuple[str, str], ...]  # what a value stands in: (label, name of the row or stage), the outermost first
MARKS = ("origin", "clause", "quote", "note")


def compare_schemes(old: Scheme, new: Scheme, declaration: Declaration) -> tuple[Change, ...]:
    """Every difference of the values, in the order of the declaration, then of marks alone. `declaration`: the new package's.

    A value and its own mark that changed together are one change; `details.label` and `details.within` are the declared words.
    """
    return tuple(_Schemes(old, new, declaration).changes())


class _Schemes:
    def __init__(self, old: Scheme, new: Scheme, declaration: Declaration) -> None:
        self.old, self.new, self.declaration = old, new, declaration
        self.told: set[str] = set()  # paths whose value changed: their marks are no further sentence

    def changes(self) -> Iterator[Change]:
        if self.old.title != self.new.title:
            yield Change("changed", "scheme.title", "", self.new.file, {"old": self.old.title, "new": self.new.title})
        for key, parameter in self.declaration.keys.items():
            for change in self._value(parameter, value_at(self.old.values, key), value_at(self.new.values, key), key, ()):
                self._tell(change.element)
                yield change
        yield from self._undeclared()
        yield from self._marks()

    def _tell(self, path: str) -> None:
        while path:
            self.told.add(path)
            path = path.rpartition(".")[0]

    def _value(self, parameter: Parameter, old: Any, new: Any, path: str, within: Within) -> Iterator[Change]:
        if old == new and isinstance(old, bool) == isinstance(new, bool):
            return
        if old is not None and new is not None:
            if parameter.type == "stages" and isinstance(old, Mapping) and isinstance(new, Mapping):
                yield from self._stages(parameter, old, new, path, within)
                return
            if parameter.type == "record" and isinstance(old, Mapping) and isinstance(new, Mapping):
                yield from self._fields(parameter.fields, old, new, path, (*within, (parameter.label, "")))
                return
            if parameter.type in ("records", "codes") and _rows(old) and _rows(new):
                yield from self._records(parameter, old, new, path, within)
                return
        yield self._change("scheme.value", parameter, old, new, path, within)

    def _change(self, code: str, parameter: Parameter, old: Any, new: Any, path: str, within: Within) -> Change:
        kind = kind_of(old, new)
        details = {"label": parameter.label, "type": parameter.type, "choices": parameter.choices, "within": within, "old": old, "new": new}
        return Change(kind, f"{code}.{kind}", path, self.new.file, details)

    def _fields(self, fields: Mapping[str, Parameter], old: Mapping[str, Any], new: Mapping[str, Any], path: str, within: Within) -> Iterator[Change]:
        for key in dict.fromkeys([*fields, *old, *new]):
            parameter = fields.get(key) or Parameter(key, "text", key)
            yield from self._value(parameter, old.get(key), new.get(key), join(path, key), within)

    def _stages(self, parameter: Parameter, old: Mapping[str, Any], new: Mapping[str, Any], path: str, within: Within) -> Iterator[Change]:
        for id in dict.fromkeys([*new, *old]):
            was, now, here = old.get(id), new.get(id), join(path, id)
            if isinstance(was, Mapping) and isinstance(now, Mapping):
                yield from self._fields({**STAGE_FIELDS, **parameter.fields}, was, now, here, (*within, (parameter.label, _stage_name(now, id))))
            elif was != now:
                yield self._row_change(parameter, was, now, here, within, _stage_name(now or was, id))

    def _records(self, parameter: Parameter, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], path: str, within: Within) -> Iterator[Change]:
        fields = parameter.fields or CODE_FIELDS
        identity = _identity([*old, *new], fields)
        before, after = _keyed(old, identity), _keyed(new, identity)
        for key, (index, now) in after.items():
            here, name = join(path, index), _row_name(now, fields)
            if key in before:
                yield from self._fields(fields, before[key][1], now, here, (*within, (parameter.label, name)))
            else:
                yield self._row_change(parameter, None, now, here, within, name)
        for key, (index, was) in before.items():
            if key not in after:
                yield self._row_change(parameter, was, None, join(path, index), within, _row_name(was, fields))
        common = [key for key in before if key in after]
        if common != [key for key in after if key in before]:
            orders = [[_row_name(rows[key][1], fields) for key in rows if key in before and key in after] for rows in (before, after)]
            yield Change("changed", "scheme.order", path, self.new.file, {"label": parameter.label, "within": within, "old": orders[0], "new": orders[1]})

    def _row_change(self, parameter: Parameter, old: Any, new: Any, path: str, within: Within, name: str) -> Change:
        kind = kind_of(old, new)
        row = new if new is not None else old
        fields = {**STAGE_FIELDS, **parameter.fields} if parameter.type == "stages" else parameter.fields or CODE_FIELDS
        said = [(fields[key].label, value) for key, value in row.items() if key in fields and not _rows(value) and str(value) != name]
        return Change(kind, f"scheme.row.{kind}", path, self.new.file, {"label": parameter.label, "within": within, "row": name, "said": said})

    def _undeclared(self) -> Iterator[Change]:
        """What only one of them holds outside the declaration (an older package's parameter)."""
        known = self.declaration.keys
        for path in dict.fromkeys([*_leaves(self.new.values), *_leaves(self.old.values)]):
            if not any(path == key or path.startswith(key + ".") for key in known):
                old, new = value_at(self.old.values, path), value_at(self.new.values, path)
                if old != new:
                    self._tell(path)
                    yield self._change("scheme.value", Parameter(path, "text", path), old, new, path, ())

    def _marks(self) -> Iterator[Change]:
        for path in dict.fromkeys([*self.new.origins, *self.old.origins]):
            if path in self.told or value_at(self.new.values, path) is None or value_at(self.old.values, path) is None:
                continue
            old, new = self.old.origin_of(path), self.new.origin_of(path)
            if old is not None and new is not None and old != new:
                changed = [mark for mark, was, now in zip(MARKS, astuple(old), astuple(new)) if was != now]
                label, within = self._called(path)
                yield Change("changed", "scheme.mark", path, self.new.file, {"label": label, "within": within, "marks": changed, "old": _mark(old), "new": _mark(new)})

    def _called(self, path: str) -> tuple[str, Within]:
        key = next((one for one in self.declaration.keys if path == one or path.startswith(one + ".")), "")
        parameter = self.declaration.keys.get(key)
        if parameter is None:
            return path, ()
        rest = path[len(key) + 1 :]
        if parameter.type == "stages" and rest:
            return _stage_name(value_at(self.new.values, path), rest), ((parameter.label, ""),)
        return (rest, ((parameter.label, ""),)) if rest else (parameter.label, ())


def _mark(origin: Origin) -> dict[str, str]:
    return dict(zip(MARKS, astuple(origin)))


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _identity(rows: Sequence[Mapping[str, Any]], fields: Mapping[str, Parameter]) -> tuple[str, ...]:
    return next((keys for keys in IDENTITIES if all(key in fields for key in keys) and all(key in row for row in rows for key in keys)), ())


def _keyed(rows: Sequence[Mapping[str, Any]], identity: tuple[str, ...]) -> dict[Any, tuple[int, Mapping[str, Any]]]:
    """Rows by identity with their index; a second row of the same identity by its number as well."""
    found: dict[Any, tuple[int, Mapping[str, Any]]] = {}
    for index, row in enumerate(rows):
        own = tuple(str(row[key]) for key in identity) if identity else repr(sorted(row.items(), key=str))
        n = 0
        while (own, n) in found:
            n += 1
        found[own, n] = (index, row)
    return found


def _row_name(row: Mapping[str, Any], fields: Mapping[str, Parameter]) -> str:
    for key in ("name", "label", "title", "code", "id", "org", *fields):
        if isinstance(row.get(key), str):
            return str(row[key])
    return ""


def _stage_name(stage: Any, id: str) -> str:
    return str(stage.get("name") or id) if isinstance(stage, Mapping) else id


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(one, join(path, key))
    elif path:
        yield path
