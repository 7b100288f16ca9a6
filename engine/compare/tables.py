"""What two versions of a DMN file say differently: rows, columns, cells and formulas of each decision; layout and ids are no difference."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.compare.change import Change, Kind, kind_of
from engine.dmn import xml
from engine.dmn.xml import Element, child, children, local, text

ELEMENTS = ("decision", "businessKnowledgeModel", "decisionService", "inputData", "itemDefinition", "import")
NOTE = "description"  # the column of a rule's own remark; its label is empty
Cells = tuple[tuple[str, str], ...]  # (column's label, what stands there), inputs first; cells that say nothing left out


def compare_tables(old: bytes, new: bytes, file: str = "") -> tuple[Change, ...]:
    """Every difference, decision by decision. Raises Invalid when one of the two is no DMN."""
    before, after = (_by_id(xml.read(one)) for one in (old, new))
    return tuple(change for id in dict.fromkeys([*after, *before]) for change in _element(id, before.get(id), after.get(id), file))


def _by_id(root: Element) -> dict[str, Element]:
    return {one.get("id") or one.get("name") or one.get("namespace") or "": one for one in children(root, *ELEMENTS)}


def _element(id: str, old: Element | None, new: Element | None, file: str) -> Iterator[Change]:
    if old is None or new is None:
        one = new if old is None else old
        kind = kind_of(old, new)
        yield Change(kind, f"table.element.{kind}", id, file, {"what": local(one), "name": _name(one)})
        return
    if _name(old) != _name(new):
        yield Change("changed", "table.renamed", id, file, {"what": local(new), "old": _name(old), "new": _name(new)})
    tables = child(old, "decisionTable"), child(new, "decisionTable")
    if tables[0] is not None and tables[1] is not None:
        yield from _table(id, _name(new), *tables, file)
        rest = _said(old, {"decisionTable"}) != _said(new, {"decisionTable"})
    else:
        formulas = child(old, "literalExpression"), child(new, "literalExpression")
        rest = _said(old, set()) != _said(new, set())
        if rest and formulas[0] is not None and formulas[1] is not None and text(formulas[0]) != text(formulas[1]):
            yield Change("changed", "table.formula", id, file, {"name": _name(new), "old": text(formulas[0]), "new": text(formulas[1])})
            rest = _said(old, {"literalExpression"}) != _said(new, {"literalExpression"})
    if rest:
        yield Change("changed", "table.element.changed", id, file, {"what": local(new), "name": _name(new)})


def _name(element: Element) -> str:
    return element.get("name") or element.get("label") or element.get("id") or ""


def _said(element: Element, left_out: set[str]) -> Any:
    """All that an element says, as values to compare: tags, attributes but ids, names and drawing, text."""
    given = {key: value for key, value in element.attrib.items() if key not in ("id", "name", "label") and not key.startswith("{")}
    inside = [_said(one, set()) for one in children(element) if local(one) not in left_out]
    return local(element), given, " ".join((element.text or "").split()), inside


# Decision tables -------------------------------------------------------------------------------------------------------------------------


def _table(id: str, name: str, old: Element, new: Element, file: str) -> Iterator[Change]:
    was, now = (_policy(one) for one in (old, new))
    if was != now:
        yield Change("changed", "table.policy", id, file, {"name": name, "old": was, "new": now})
    before, after = _columns(old), _columns(new)
    for key in dict.fromkeys([*after, *before]):
        yield from _column(id, name, before.get(key), after.get(key), file)
    shared = [*(key for key in after if key in before), NOTE]
    labels = {NOTE: "", **{key: _label(one) for key, one in {**before, **after}.items()}}
    yield from _rules(id, name, _rows(old, before), _rows(new, after), shared, labels, file)


def _policy(table: Element) -> str:
    policy = table.get("hitPolicy") or "UNIQUE"
    return f"{policy} {table.get('aggregation')}" if table.get("aggregation") else policy


def _columns(table: Element) -> dict[str, Element]:
    """Inputs, outputs and annotations by their id, in order; one without an id by what it reads or gives."""
    found: dict[str, Element] = {}
    for number, one in enumerate(children(table, "input", "output", "annotation")):
        found[f"{local(one)} {one.get('id') or one.get('name') or _read(one) or number}"] = one
    return found


def _label(column: Element) -> str:
    return column.get("label") or column.get("name") or _read(column) or column.get("id") or ""


def _read(column: Element) -> str:
    return text(child(column, "inputExpression"))


def _column(id: str, name: str, old: Element | None, new: Element | None, file: str) -> Iterator[Change]:
    if old is None or new is None:
        kind = kind_of(old, new)
        one = new if old is None else old
        yield Change(kind, f"table.column.{kind}", id, file, {"name": name, "what": local(one), "column": _label(one)})
        return
    for what, was, now in (("label", _label(old), _label(new)), ("reads", _read(old), _read(new)), *_rest(old, new)):
        if was != now:
            yield Change("changed", f"table.column.{what}", id, file, {"name": name, "what": local(new), "column": _label(new), "old": was, "new": now})


def _rest(old: Element, new: Element) -> Iterator[tuple[str, str, str]]:
    values = "inputValues" if local(new) == "input" else "outputValues"
    yield "values", text(child(old, values)), text(child(new, values))
    yield "type", _type(old), _type(new)
    yield "default", text(child(old, "defaultOutputEntry")), text(child(new, "defaultOutputEntry"))


def _type(column: Element) -> str:
    read = child(column, "inputExpression")
    return column.get("typeRef") or (read.get("typeRef") if read is not None else "") or ""


def _rows(table: Element, columns: Mapping[str, Element]) -> dict[str, dict[str, str]]:
    """Per rule, by its id (else its cells), what stands in each column."""
    rows: dict[str, dict[str, str]] = {}
    for rule in children(table, "rule"):
        cells = [text(one) for kind in ("inputEntry", "outputEntry", "annotationEntry") for one in children(rule, kind)]
        ordered = [key for kind in ("input ", "output ", "annotation ") for key in columns if key.startswith(kind)]
        row = {**dict(zip(ordered, cells)), NOTE: text(child(rule, "description"))}
        key = rule.get("id") or repr(cells)
        rows[key if key not in rows else f"{key} {len(rows)}"] = row
    return rows


def _rules(
    id: str, name: str, old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]], shared: Sequence[str], labels: Mapping[str, str], file: str,
) -> Iterator[Change]:
    numbers = {key: number for number, key in enumerate(new, 1)}
    earlier = {key: number for number, key in enumerate(old, 1)}
    for key in dict.fromkeys([*new, *old]):
        if key not in old or key not in new:
            kind: Kind = "added" if key not in old else "removed"
            row = new.get(key) or old.get(key) or {}
            number = numbers.get(key) or earlier[key]
            yield Change(kind, f"table.rule.{kind}", id, file, {"name": name, "number": number, "when": _cells(row, labels, "input"), "then": _cells(row, labels, "output")})
            continue
        for column in shared:
            was, now = old[key].get(column, ""), new[key].get(column, "")
            if was != now:
                yield Change("changed", "table.cell", id, file, {"name": name, "number": numbers[key], "column": labels[column], "old": was, "new": now})
    both = [key for key in old if key in new]
    if both != [key for key in new if key in old]:
        yield Change("changed", "table.order", id, file, {"name": name, "old": [earlier[key] for key in new if key in old]})


def _cells(row: Mapping[str, str], labels: Mapping[str, str], kind: str) -> Cells:
    return tuple((labels[key], cell) for key, cell in row.items() if key.startswith(kind) and cell not in ("", "-"))
