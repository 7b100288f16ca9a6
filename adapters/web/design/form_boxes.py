"""What may be said of one field, section or outcome of a form as boxes of a page, and back; checks nothing, loses nothing that was typed.

What does not read as it should is kept as the text it is, so that the ordinary check says at the box what is wrong. A box that comes back as it was shown
leaves its key alone, whatever the file's own way of writing it.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.web.design.scheme_form import shown
from forms.editing import Tree, with_keys
from forms.fields import Field
from forms.form import OPINIONS, STYLES
from forms.kinds import KINDS

WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})\Z")
EXACT = re.compile(r"[-+]?(0|[1-9][0-9]{0,20})\.[0-9]{1,10}\Z")
SIZE = re.compile(r"([0-9]{1,6})\s*(K|M|G|KB|MB|GB)\Z", re.IGNORECASE)
BAR = re.compile(r"\s*[|｜]\s*")
OTHER = "other"  # picked where a formula is written instead of one that was offered
COMMON = ("label", "help", "required", "personal", "clause", "show_if", "required_if", "value_from", "access")
ORDER = ("id", "kind", "label", "title", "code", "style", "options", "options_from", "rows_from", "components", "components_from", "text", "text_from", "unit", "min", "max", "min_from",
         "max_from", "places", "pattern", "pattern_help", "accept", "max_size", "min_count", "max_count", "min_rows", "max_rows", "required", "required_if", "show_if", "value_from",
         "personal", "access", "clause", "help", "opinion", "skip_validation", "confirm", "fields", "columns")
ADVANCED = frozenset({"pattern", "pattern_help", "min_from", "max_from", "options_from", "value_from", "text_from", "rows_from", "components_from", "access", "clause", "min_count", "places"})
SHAPES = {"integer": "whole", "number": "number", "size": "size", "labels": "labels", "texts": "ticks", "text": "text", "date": "date", "pattern": "text",
          "expression": "formula", "components": "components"}
MEDIA = ("image/*", "image/jpeg", "image/png", "application/pdf", "video/*", "video/mp4", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv")
FAMILIES = {"long_text": "text", "decimal": "integer", "people": "choices"}
RIGHTS = ("write", "read", "hidden", "required")
Choice = tuple[str, str]  # (value, words or code of words)
Given = Mapping[str, Sequence[str]]  # what was sent, by the box's name


@dataclass(frozen=True, slots=True)
class Box:
    """One thing that may be said. `shape`: text | long | whole | number | date | size | tick | pick | ticks | labels | components | formula | condition | rights.

    `label` is a code of words (`box.max.text`); `value` as it stands in the box; `choices` with `chosen` of them. `parts`: boxes inside (a right for each task).
    """

    name: str
    label: str
    shape: str
    value: str = ""
    choices: tuple[Choice, ...] = ()
    chosen: tuple[str, ...] = ()
    advanced: bool = False
    required: bool = False
    problems: tuple[str, ...] = ()
    parts: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What a field's boxes offer. `conditions`: formula with its words, made of the fields above; `lists`: of the scheme's parameters; `tasks`: id with name."""

    conditions: tuple[Choice, ...] = ()
    lists: tuple[Choice, ...] = ()
    tasks: tuple[Choice, ...] = ()


def kind_of(field: Tree) -> type[Field] | None:
    return KINDS.get(str(field.get("kind")))


def field_boxes(field: Tree, around: Around, column: bool = False) -> list[Box]:
    """The boxes of a field of a kind that there is; the label only, of another."""
    kind = kind_of(field)
    if kind is None:
        return [Box("label", "box.label", "text", shown(field.get("label")), required=True)]
    boxes = [_box(name, field, kind, around) for name in _names(kind, column)]
    return [one for one in boxes if one is not None]


def _names(kind: type[Field], column: bool) -> Iterator[str]:
    yield "label"
    if kind.kind == "show":
        yield "value_from"
    yield from (name for name in kind.options if name != "columns" or kind.kind == "show")
    if kind.answers:
        yield "required"
        if not column:
            yield "personal"
    yield "help"
    if not column:
        if kind.answers:
            yield "required_if"
        yield "show_if"
        if kind.answers:
            yield "value_from"
            yield "access"
        yield "clause"


def _box(name: str, field: Tree, kind: type[Field], around: Around) -> Box | None:
    value = field.get(name)
    label = f"box.{name}.{FAMILIES.get(kind.kind, kind.kind)}"
    advanced = name in ADVANCED and value in (None, "") and not (name == "options_from" and kind.kind == "people") and not (kind.kind == "scores" and name in kind.options)
    match name:
        case "label":
            return Box(name, label, "text", shown(value), required=kind.kind != "info")
        case "help":
            return Box(name, label, "text", shown(value))
        case "clause":
            return Box(name, label, "text", shown(value), advanced=advanced)
        case "required" | "personal":
            return Box(name, label, "tick", "true" if _flag(field, name) else "")
        case "show_if" | "required_if":
            return condition(name, label, value, around.conditions)
        case "access":
            return _rights(field, around.tasks, label)
        case "value_from":
            return Box(name, label, "formula", shown(value), advanced=advanced and kind.kind != "show", required=kind.kind == "show")
        case "options_from":
            return replace(condition(name, label, value, around.lists), advanced=advanced)
        case "columns":
            return Box(name, label, "labels", lines_of(value))
        case "accept":
            chosen = tuple(str(one) for one in value) if isinstance(value, list) else ()
            return Box(name, label, "ticks", choices=tuple((one, f"media.{one}") for one in dict.fromkeys([*MEDIA, *chosen])), chosen=chosen)
        case _:
            shape = SHAPES[kind.options[name]]
            text = lines_of(value) if shape == "labels" else component_lines(value) if shape == "components" else shown(value)
            advanced = advanced or name in ("options", "components") and value is None and bool(field.get(f"{name}_from"))
            return Box(name, label, "long" if name == "text" else shape, text, advanced=advanced, required=name == "text" and not field.get("text_from"))


def section_boxes(section: Tree, around: Around) -> list[Box]:
    return [Box("title", "box.title.section", "text", shown(section.get("title"))), Box("help", "box.help.section", "text", shown(section.get("help"))),
            condition("show_if", "box.show_if.section", section.get("show_if"), around.conditions)]


def outcome_boxes(outcome: Tree) -> list[Box]:
    return [
        Box("label", "box.label.outcome", "text", shown(outcome.get("label")), required=True),
        _pick("style", outcome, "plain", STYLES), _pick("opinion", outcome, "optional", OPINIONS),
        Box("skip_validation", "box.skip_validation", "tick", "true" if outcome.get("skip_validation") is True else ""),
        Box("confirm", "box.confirm", "text", shown(outcome.get("confirm"))),
    ]


def form_boxes(form: Tree) -> list[Box]:
    return [Box("title", "box.title.form", "text", shown(form.get("title")), required=True), Box("note", "box.note.form", "text", shown(form.get("note")))]


def _pick(name: str, part: Tree, usual: str, words: Sequence[str]) -> Box:
    value = str(part.get(name, usual))
    return Box(name, f"box.{name}", "pick", value, tuple((one, f"box.{name}.{one}") for one in dict.fromkeys([*words, value])))


def condition(name: str, label: str, value: Any, offered: Sequence[Choice]) -> Box:
    """Nothing, one of the formulas that are offered, or another one written out. `value` is the formula where it is none of them."""
    text = shown(value)
    known = {formula for formula, _ in offered}
    chosen = "" if not text else text if text in known else OTHER
    return Box(name, label, "condition", text if chosen == OTHER else "", tuple(offered), (chosen,))


def _rights(field: Tree, tasks: Sequence[Choice], label: str) -> Box:
    value = field.get("access")
    rights = {"default": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
    words = tuple((one, f"box.access.{one}") for one in RIGHTS)
    names = dict(tasks)
    ids = [*names, *(id for id in rights if id != "default" and id not in names)] if len(names) > 1 or len(rights) > ("default" in rights) else []
    parts = [Box("access.default", "box.access.default", "pick", str(rights.get("default", "write")), words)]
    parts += [Box(f"access.{id}", names.get(id, id), "pick", str(rights.get(id, "")), (("", "box.access.same"), *words)) for id in ids]
    return Box("access", label, "rights", advanced=not rights, parts=tuple(parts))


def _flag(field: Tree, name: str) -> bool:
    return field.get(name, name == "required" and field.get("kind") == "statement") is True


# --- values in boxes ------------------------------------------------------------------------------------------------------------------------------


def lines_of(value: Any) -> str:
    """Options, one a line: what people read, a bar, the code."""
    if not isinstance(value, dict):
        return shown(value)
    return "\n".join(f"{shown(label)} | {code}" for code, label in value.items())


def component_lines(value: Any) -> str:
    """Components of a score sheet, one a line: label, id, highest, lowest, optional."""
    if not isinstance(value, list):
        return shown(value)
    rows = []
    for one in value:
        cells = [shown(one.get("label")), shown(one.get("id")), shown(one.get("max")), shown(one.get("min")), "选填" if one.get("optional") is True else ""] if isinstance(one, dict) else [shown(one)]
        while cells and not cells[-1]:
            cells.pop()
        rows.append(" | ".join(cells))
    return "\n".join(rows)


# --- back -----------------------------------------------------------------------------------------------------------------------------------------


def answered(part: Tree, boxes: Sequence[Box], given: Given) -> Tree:
    """The part with what its boxes say now."""
    made: dict[str, Any] = {}
    for box in boxes:
        if box.shape == "rights":
            if (rights := _access(part.get("access"), box, given)) is not _KEPT:
                made["access"] = rights
        elif box.name in given or f"has.{box.name}" in given:
            value = _value(part, box, given)
            if value is not _KEPT:
                made[box.name] = value
    return with_keys(part, made, ORDER) if made else part


_KEPT: Any = object()


def _value(part: Tree, box: Box, given: Given) -> Any:
    sent = [one.replace("\r\n", "\n") for one in given.get(box.name, ())]
    text = sent[0] if sent else ""
    match box.shape:
        case "tick":
            ticked, usual = bool(sent), box.name == "required" and part.get("kind") == "statement"
            return _KEPT if ticked == (box.value == "true") else None if ticked == usual else ticked
        case "ticks":
            return _KEPT if tuple(sent) == box.chosen or sorted(sent) == sorted(box.chosen) else [one for one, _ in box.choices if one in sent] or None
        case "pick":
            return _KEPT if text == box.value else text or None
        case "condition":
            formula = given.get(f"{box.name}.formula", [""])[0].replace("\r\n", "\n")
            if text == OTHER:
                return _KEPT if box.chosen == (OTHER,) and formula == box.value else _formula(formula)
            return _KEPT if (text,) == box.chosen else text or None
        case _ if text == box.value:
            return _KEPT
        case "labels":
            return _labels(text, part.get(box.name))
        case "components":
            return _components(text, part.get(box.name))
        case "formula":
            return _formula(text)
        case _:
            return typed(box.shape, text)


def typed(shape: str, text: str) -> Any:
    """A value as typed, in its type if it reads as one; None for nothing."""
    text = text.strip()
    if not text:
        return None
    if shape in ("whole", "number"):
        return int(text) if WHOLE.match(text) else Decimal(text) if EXACT.match(text) else text
    if shape == "date":
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    if shape == "size" and (found := SIZE.match(text)):
        return f"{found[1]} {found[2].upper().removesuffix('B')}B"
    return text


def _formula(text: str) -> str | None:
    text = text.strip()
    return None if text in ("", "=") else text if text.startswith("=") else f"={text}"


def _labels(text: str, old: Any) -> Any:
    """Codes as written behind the bar; a line without one keeps the code of the same label, else gets a new one."""
    codes = {shown(label): code for code, label in old.items()} if isinstance(old, dict) else {}
    rows = [BAR.split(line.strip()) for line in text.split("\n") if line.strip()]
    written = {row[1] for row in rows if len(row) > 1 and row[1]}
    made: dict[str, str] = {}
    for row in rows:
        label = row[0]
        code = row[1] if len(row) > 1 and row[1] and row[1] not in made else codes.get(label, "")
        if not code or code in made:
            code = next(f"o{n}" for n in range(1, 10_000) if f"o{n}" not in made and f"o{n}" not in written and f"o{n}" not in codes.values())
        made[code] = label
    return made or None


def _components(text: str, old: Any) -> Any:
    before = {one.get("id"): one for one in old if isinstance(one, dict)} if isinstance(old, list) else {}
    rows: list[Tree] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        label, id, most, least, optional = (*BAR.split(line.strip()), "", "", "", "")[:5]
        id = id or next(f"part{n}" for n in range(1, 1000) if f"part{n}" not in before and all(row["id"] != f"part{n}" for row in rows))
        given = {"id": id, "label": label or None, "max": typed("number", most), "min": typed("number", least), "optional": True if optional else None}
        rows.append(with_keys(before.get(id, {"id": id}), given))
    return rows or None


def _access(old: Any, box: Box, given: Given) -> Any:
    said = {one.name.removeprefix("access."): given[one.name][0] for one in box.parts if one.name in given}
    if not said or all(said.get(one.name.removeprefix("access."), one.value) == one.value for one in box.parts):
        return _KEPT
    rights = {**(old if isinstance(old, dict) else {"default": old} if isinstance(old, str) else {}), **said}
    rights = {id: right for id, right in rights.items() if right and not (id == "default" and right == "write")}
    return None if not rights else rights["default"] if set(rights) == {"default"} else rights


def new_field(kind: str, id: str, label: str) -> Tree:
    """A field with what its kind cannot be without, as far as anybody can guess it."""
    field: Tree = {"id": id, "kind": kind, "label": label}
    if kind == "table":
        field["columns"] = [{"id": "column1", "kind": "text", "label": "内容"}]
    if kind == "statement":
        field["text"] = label
    if kind == "info":
        field = {"id": id, "kind": kind, "text": label}
    return field


def of_kind(field: Tree, kind: str) -> tuple[Tree, list[str]]:
    """The field as another kind, and the keys that had to go because the new one does not know them."""
    known = KINDS[kind]
    own = set(known.options)
    gone = [key for key in field if key not in COMMON and key not in ("id", "kind") and key not in own]
    if not known.answers:
        gone += [key for key in ("required", "required_if", "personal", "access") if key in field]
    given: dict[str, Any] = {"kind": kind, **dict.fromkeys(gone)}
    if kind == "table" and "columns" not in field:
        given["columns"] = [{"id": "column1", "kind": "text", "label": "内容"}]
    if kind == "table" and field.get("kind") == "show":
        given["columns"] = [{"id": "column1", "kind": "text", "label": "内容"}]
    return with_keys(field, given, ORDER), gone
