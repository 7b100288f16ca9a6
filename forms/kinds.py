"""The kinds of fields: each reads raw input into a value or says what is wrong, and gives a value back to the page. To add one: a class and its line in KINDS."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from engine.refusals import Problem
from forms.answers import FileInfo, Files, Lookup, PageField, PageOption, Raw, Value, no_files
from forms.numbers import credit_code, narrow, phone
from forms.pattern import fits

WHOLE = re.compile(r"[-+]?[0-9]{1,30}\Z")
NUMBER = re.compile(r"[-+]?[0-9]{1,25}(\.[0-9]{1,9})?\Z")
YES = {"true", "on", "yes", "1"}
NO = {"false", "off", "no", "0"}
SPARE_ROWS = 3


class Wrong(Exception):
    """A raw value that will not do. `problems` are relative to the field: `("", code, details)` or `("0.on", …)` inside it."""

    def __init__(self, code: str = "", inside: list[Problem] | None = None, **details: object) -> None:
        self.problems = [Problem("", code, details)] if code else list(inside or ())
        super().__init__(self.problems)


@dataclass(frozen=True)
class Given:
    """What a field may ask while it is read or shown: expressions, answers so far, files."""

    lookup: Lookup
    answers: Mapping[str, Value] = field(default_factory=dict)
    files: Files = no_files

    def value(self, expression: str) -> Value:
        return self.lookup(expression, self.answers) if expression else None

    def with_answers(self, more: Mapping[str, Value]) -> Given:
        return replace(self, answers={**self.answers, **more})


@dataclass(frozen=True)
class Field:
    """What all kinds have in common; `settings` are the own options of the kind, checked when the form was read."""

    id: str
    label: str
    help: str = ""
    required: bool = False
    personal: bool = False
    access: Mapping[str, str] = field(default_factory=dict)  # task element id, or default → write, read, hidden, required
    clause: str = ""
    show_if: str = ""
    required_if: str = ""
    value_from: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0

    kind: ClassVar[str] = ""
    options: ClassVar[Mapping[str, str]] = {}  # own options: name → what it must be (forms/form.py reads them)
    answers: ClassVar[bool] = True
    in_table: ClassVar[bool] = False
    empty: ClassVar[Value] = None

    def access_for(self, task: str) -> str:
        return self.access.get(task) or self.access.get("default") or "write"

    def shown(self, given: Given) -> bool:
        return not self.show_if or given.value(self.show_if) is True

    def demanded(self, task: str, given: Given) -> bool:
        return self.required or self.access_for(task) == "required" or bool(self.required_if and given.value(self.required_if) is True)

    def is_blank(self, raw: Raw) -> bool:
        return raw is None or raw == [] or raw == {} or (isinstance(raw, str) and not raw.strip())

    def read(self, raw: Raw, given: Given) -> Value:
        """The value of a raw input that is not blank. Raises Wrong."""
        raise NotImplementedError

    def raw(self, value: Value) -> Raw:
        """The value as an input holds it; reading it again gives the same value."""
        return value

    def text(self, value: Value, given: Given) -> str:
        """The value for a reader; empty for none."""
        return "" if value is None else str(value)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        """`raw` goes into the input (what was typed, when it was wrong), `value` is shown where nothing can be typed."""
        constraints = {key: found for key, found in self.settings.items() if key in SHOWN_SETTINGS}
        for bound in ("min", "max"):
            if self.settings.get(f"{bound}_from"):
                constraints[bound] = given.value(self.settings[f"{bound}_from"])
        return PageField(
            self.id, name, self.label, self.kind, raw, self.text(value, given), self.help, self.clause, str(self.settings.get("unit") or ""),
            required, writable, constraints, problems=problems,
        )

    def bound(self, name: str, given: Given) -> Value:
        """A bound as declared, or as its expression says; None without."""
        expression = self.settings.get(f"{name}_from")
        return given.value(expression) if expression else self.settings.get(name)


SHOWN_SETTINGS = frozenset({
    "min", "max", "places", "accept", "max_size", "min_count", "max_count", "min_rows", "max_rows", "pattern", "pattern_help",
})


def one_text(raw: Raw) -> str:
    if isinstance(raw, str):
        return raw
    raise Wrong("form.not_text")


class Text(Field):
    kind = "text"
    options = {"min": "integer", "max": "integer", "pattern": "pattern", "pattern_help": "text"}
    in_table = True
    longest: ClassVar[int] = 200

    def read(self, raw: Raw, given: Given) -> str:
        text = self.cleaned(unicodedata.normalize("NFC", one_text(raw)))
        if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n" for sign in text):
            raise Wrong("form.characters")
        if len(text) > (most := self.settings.get("max", self.longest)):
            raise Wrong("form.too_long", max=most, found=len(text))
        if len(text) < (least := self.settings.get("min", 0)):
            raise Wrong("form.too_short", min=least, found=len(text))
        if self.settings.get("pattern") and not fits(self.settings["pattern"], text):
            raise Wrong("form.pattern", help=str(self.settings.get("pattern_help") or self.settings["pattern"]))
        return text

    def cleaned(self, text: str) -> str:
        return " ".join(text.split())


class LongText(Text):
    kind = "long_text"
    longest = 5000

    def cleaned(self, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()


class Integer(Field):
    kind = "integer"
    options = {"min": "number", "max": "number", "min_from": "expression", "max_from": "expression", "unit": "text"}
    in_table = True

    def read(self, raw: Raw, given: Given) -> Value:
        number = self.number(raw)
        least, most = self.bound("min", given), self.bound("max", given)
        if least is not None and number < least:
            raise Wrong("form.too_small", min=least, found=number)
        if most is not None and number > most:
            raise Wrong("form.too_large", max=most, found=number)
        return number

    def number(self, raw: Raw) -> int | Decimal:
        if isinstance(raw, str):
            raw = narrow(raw)
            if not WHOLE.match(raw):
                raise Wrong("form.not_whole")
            return int(raw)
        if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)) or raw != int(raw):
            raise Wrong("form.not_whole")
        return int(raw)

    def raw(self, value: Value) -> Raw:
        return None if value is None else str(value)


class Decimals(Integer):
    kind = "decimal"
    options = {**Integer.options, "places": "integer"}
    places: ClassVar[int] = 2

    def number(self, raw: Raw) -> Decimal:
        number = exact(raw)
        most = self.settings.get("places", self.places)
        if max(0, -int(number.normalize().as_tuple().exponent)) > most:
            raise Wrong("form.too_many_places", places=most)
        return number


def exact(raw: Raw) -> Decimal:
    """A number typed or sent as JSON (a float as it prints), without rounding. Raises Wrong."""
    if isinstance(raw, str):
        text = narrow(raw)
        if not NUMBER.match(text):
            raise Wrong("form.not_number")
        return Decimal(text)
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal)):
        raise Wrong("form.not_number")
    number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if not number.is_finite() or abs(number) >= Decimal("1e25"):
        raise Wrong("form.not_number")
    return number


class Date(Field):
    kind = "date"
    options = {"min": "date", "max": "date", "min_from": "expression", "max_from": "expression"}
    in_table = True

    def read(self, raw: Raw, given: Given) -> date:
        day = self.day(raw)
        least, most = self.bound("min", given), self.bound("max", given)
        if isinstance(least, date) and day < least:
            raise Wrong("form.too_early", min=least, found=day)
        if isinstance(most, date) and day > most:
            raise Wrong("form.too_late", max=most, found=day)
        return day

    def day(self, raw: Raw) -> date:
        if type(raw) is date:
            return raw
        try:
            return date.fromisoformat(narrow(one_text(raw)))
        except ValueError:
            raise Wrong("form.not_date") from None

    def raw(self, value: Value) -> Raw:
        return None if value is None else value.isoformat()


def choices_of(found: Value) -> dict[str, str]:
    """Options from an expression: a list of texts, or of contexts with `code` or `id` or `key`, and `label` or `name` or `title`."""
    options: dict[str, str] = {}
    for one in found if isinstance(found, (list, tuple)) else ():
        if isinstance(one, Mapping):
            code = next((one[key] for key in ("code", "id", "key") if one.get(key) is not None), None)
            label = next((one[key] for key in ("label", "name", "title") if one.get(key) is not None), code)
            if code is not None:
                options[str(code)] = str(label)
        elif one is not None:
            options[str(one)] = str(one)
    return options


class Choice(Field):
    kind = "choice"
    options = {"options": "labels", "options_from": "expression"}
    in_table = True

    def choices(self, given: Given) -> dict[str, str]:
        expression = self.settings.get("options_from")
        return choices_of(given.value(expression)) if expression else dict(self.settings.get("options", {}))

    def read(self, raw: Raw, given: Given) -> Value:
        return self.known(one_text(raw), self.choices(given))

    def known(self, code: str, choices: Mapping[str, str]) -> str:
        if code not in choices:
            raise Wrong("form.not_a_choice", found=code[:50])
        return code

    def chosen(self, raw: Raw) -> list[str]:
        return [raw] if isinstance(raw, str) else [str(one) for one in raw] if isinstance(raw, list) else []

    def text(self, value: Value, given: Given) -> str:
        choices = self.choices(given)
        return "、".join(choices.get(code, code) for code in self.chosen(value))

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        chosen = self.chosen(raw)
        options = tuple(PageOption(code, label, code in chosen) for code, label in self.choices(given).items())
        return replace(super().page(name, raw, value, given, writable, required, problems), options=options)


class Choices(Choice):
    kind = "choices"
    options = {**Choice.options, "min_count": "integer", "max_count": "integer", "max_from": "expression"}
    in_table = False
    empty = ()

    def read(self, raw: Raw, given: Given) -> list[str]:
        codes = [raw] if isinstance(raw, str) else raw
        if not isinstance(codes, list):
            raise Wrong("form.not_list")
        choices = self.choices(given)
        picked = {self.known(one_text(code), choices) for code in codes if not self.is_blank(code)}
        most = given.value(self.settings["max_from"]) if "max_from" in self.settings else self.settings.get("max_count")
        if most is not None and len(picked) > most:
            raise Wrong("form.too_many", max=most, found=len(picked))
        if picked and len(picked) < (least := self.settings.get("min_count", 0)):
            raise Wrong("form.too_few", min=least, found=len(picked))
        return [code for code in choices if code in picked]


class People(Choices):
    """Persons or organisations picked from a list the process gives; the answer holds their ids only."""

    kind = "people"


class YesNo(Field):
    kind = "yes_no"
    in_table = True

    def read(self, raw: Raw, given: Given) -> bool:
        if isinstance(raw, bool):
            return raw
        word = one_text(raw).strip().lower()
        if word in YES:
            return True
        if word in NO:
            return False
        raise Wrong("form.not_yes_no")

    def raw(self, value: Value) -> Raw:
        return None if value is None else "true" if value else "false"

    def text(self, value: Value, given: Given) -> str:
        """`yes` or `no`: the words are the page's."""
        return "" if value is None else "yes" if value else "no"


class Statement(YesNo):
    """Something to agree to; where it is demanded, only agreement will do."""

    kind = "statement"
    options = {"text": "text"}
    in_table = False
    empty = False

    def is_blank(self, raw: Raw) -> bool:
        return super().is_blank(raw) or raw is False or (isinstance(raw, str) and raw.strip().lower() in NO)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        shown = super().page(name, raw, value, given, writable, required, problems)
        return replace(shown, constraints={"text": self.settings.get("text", "")})


class Phone(Field):
    kind = "phone"
    in_table = True

    def read(self, raw: Raw, given: Given) -> str:
        if (found := self.checked(one_text(raw))) is None:
            raise Wrong(f"form.not_{self.kind}")
        return found

    def checked(self, text: str) -> str | None:
        return phone(text)


class CreditCode(Phone):
    kind = "credit_code"

    def checked(self, text: str) -> str | None:
        return credit_code(text)


class FileList(Field):
    """Uploaded files by id; name, type and size come from the store of files."""

    kind = "files"
    options = {"accept": "texts", "max_size": "size", "max_count": "integer", "min_count": "integer"}
    empty = ()

    def read(self, raw: Raw, given: Given) -> list[FileInfo]:
        ids = [raw] if isinstance(raw, (str, Mapping)) else raw
        if not isinstance(ids, list):
            raise Wrong("form.not_list")
        wanted = [one_text(one.get("id") if isinstance(one, Mapping) else one) for one in ids if not self.is_blank(one)]
        found = [self.info(id, given) for id in dict.fromkeys(wanted)]
        most = self.settings.get("max_count", 1)
        if len(found) > most:
            raise Wrong("form.too_many_files", max=most, found=len(found))
        if found and len(found) < (least := self.settings.get("min_count", 0)):
            raise Wrong("form.too_few_files", min=least, found=len(found))
        return found

    def info(self, id: str, given: Given) -> FileInfo:
        known = given.files(id)
        if known is None:
            raise Wrong("form.unknown_file")
        accept = self.settings.get("accept", [])
        if accept and not any(accepts(kind, str(known["type"])) for kind in accept):
            raise Wrong("form.file_type", name=known["name"], type=known["type"], accept="、".join(accept))
        most = self.settings.get("max_size")
        if most is not None and known["size"] > most:
            raise Wrong("form.file_size", name=known["name"], size=size_text(known["size"]), max=size_text(most))
        return {key: known[key] for key in ("id", "name", "type", "size")}

    def raw(self, value: Value) -> Raw:
        return [one["id"] for one in value or ()]

    def text(self, value: Value, given: Given) -> str:
        return "、".join(str(one["name"]) for one in value or ())

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        ids = [raw] if isinstance(raw, str) else [one for one in raw if isinstance(one, str)] if isinstance(raw, list) else []
        known = {one["id"]: one for one in value or ()}
        files = [known.get(id) or given.files(id) for id in ids] if writable else list(value or ())
        return replace(super().page(name, raw, value, given, writable, required, problems), files=tuple(one for one in files if one))


def size_text(bytes_: int) -> str:
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if bytes_ >= factor:
            return f"{rounded_up(bytes_, factor)} {unit}"
    return f"{bytes_} B"


def rounded_up(bytes_: int, factor: int) -> str:
    """One digit after the point, never less than it is, so that a file over the limit never reads as the limit."""
    tenths = -(-bytes_ * 10 // factor)
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def accepts(declared: str, found: str) -> bool:
    return found == declared or (declared.endswith("/*") and found.startswith(declared[:-1]))


class Table(Field):
    """Rows of columns; rows that are blank throughout are dropped."""

    kind = "table"
    options = {"columns": "columns", "min_rows": "integer", "max_rows": "integer"}
    empty = ()

    @property
    def columns(self) -> tuple[Field, ...]:
        return tuple(self.settings.get("columns", ()))

    def raw_rows(self, raw: Raw) -> list[Raw]:
        if isinstance(raw, Mapping):  # from a page: {"0": {…}, "1": {…}}
            if not all(isinstance(key, str) and key.isdigit() and len(key) < 6 for key in raw):
                raise Wrong("form.not_table")
            return [raw[key] for key in sorted(raw, key=int)]
        if isinstance(raw, list):
            return raw
        raise Wrong("form.not_table")

    def is_blank(self, raw: Raw) -> bool:
        if super().is_blank(raw):
            return True
        try:
            return all(self.row_is_blank(row) for row in self.raw_rows(raw))
        except Wrong:
            return False

    def row_is_blank(self, row: Raw) -> bool:
        return isinstance(row, Mapping) and all(Field.is_blank(self, cell) for cell in row.values())

    def read(self, raw: Raw, given: Given) -> list[dict[str, Value]]:
        rows: list[dict[str, Value]] = []
        problems: list[Problem] = []
        for index, row in enumerate(self.raw_rows(raw)):
            if self.row_is_blank(row):
                continue
            value, wrong = self.row(row, index, given)
            rows.append(value)
            problems += wrong
        most, least = self.settings.get("max_rows", 100), self.settings.get("min_rows", 0)
        if len(rows) > most:
            problems.append(Problem("", "form.too_many_rows", {"max": most, "found": len(rows)}))
        if len(rows) < least:
            problems.append(Problem("", "form.too_few_rows", {"min": least, "found": len(rows)}))
        if problems:
            raise Wrong(inside=problems)
        return rows

    def row(self, row: Raw, index: int, given: Given) -> tuple[dict[str, Value], list[Problem]]:
        if not isinstance(row, Mapping):
            return {}, [Problem(str(index), "form.not_table")]
        known = {column.id for column in self.columns}
        problems = [Problem(f"{index}.{key}", "form.unknown_field") for key in row if key not in known]
        values: dict[str, Value] = {}
        for column in self.columns:
            value, wrong = read_one(column, row.get(column.id), "", given.with_answers(values))
            values[column.id] = value
            problems += [replace(one, field=f"{index}.{column.id}") for one in wrong]
        return values, problems

    def raw(self, value: Value) -> Raw:
        return [{column.id: column.raw(row.get(column.id)) for column in self.columns} for row in value or ()]

    def text(self, value: Value, given: Given) -> str:
        rows = ("，".join(filter(None, (column.text(row.get(column.id), given) for column in self.columns))) for row in value or ())
        return "；".join(rows)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        rows: list[Raw] = list(value or ())
        raws = self.raw(value)
        if writable:
            try:
                raws = [] if Field.is_blank(self, raw) else list(self.raw_rows(raw))
            except Wrong:
                raws = []
            spare = min(SPARE_ROWS, max(0, self.settings.get("max_rows", 100) - len(raws)))
            raws = raws + [{}] * spare
            rows = [{}] * len(raws)
        shown = tuple(
            tuple(self.cell(column, f"{name}.{index}", one, row, given, writable, problems) for column in self.columns)
            for index, (one, row) in enumerate(zip(raws, rows, strict=True))
        )
        page = super().page(name, None, value, given, writable, required, tuple(one for one in problems if one.field == name))
        return replace(page, rows=shown, headings=tuple(column.label for column in self.columns))

    def cell(self, column: Field, row_name: str, raw: Raw, row: Mapping[str, Value], given: Given, writable: bool, problems: tuple[Problem, ...]) -> PageField:
        name = f"{row_name}.{column.id}"
        typed = raw.get(column.id) if isinstance(raw, Mapping) else None
        own = tuple(one for one in problems if one.field == name)
        return column.page(name, typed, row.get(column.id), given, writable, column.required, own)


def read_one(field: Field, raw: Raw, task: str, given: Given) -> tuple[Value, list[Problem]]:
    """The value of one field, or its problems (relative to it): blank and demanded, or unreadable."""
    if field.is_blank(raw):
        return field_empty(field), [Problem("", "form.required")] if field.demanded(task, given) else []
    try:
        return field.read(raw, given), []
    except Wrong as wrong:
        return field_empty(field), wrong.problems


def field_empty(field: Field) -> Value:
    """What an unanswered field counts as: None, an empty list, not agreed."""
    return list(field.empty) if isinstance(field.empty, tuple) else field.empty


@dataclass(frozen=True)
class ScoreColumn:
    """One component of a score sheet; an optional one (a bonus part) may stay blank."""

    id: str
    label: str
    max: Decimal | None = None
    min: Decimal = Decimal(0)
    optional: bool = False


class Scores(Field):
    """A score sheet: one row for each of `rows_from`, one score for each component."""

    kind = "scores"
    options = {"rows_from": "expression", "components_from": "expression", "components": "components", "places": "integer"}
    empty = ()

    def rows(self, given: Given) -> dict[str, str]:
        return choices_of(given.value(self.settings.get("rows_from", "")))

    def components(self, given: Given) -> list[ScoreColumn]:
        expression = self.settings.get("components_from")
        found = given.value(expression) if expression else self.settings.get("components", ())
        return [score_column(one) for one in found or () if isinstance(one, Mapping)]

    def cells(self, raw: Raw) -> dict[str, Mapping[str, Raw]]:
        """Raw scores by row id, from a page (`{row: {component: text}}`) or from JSON (`[{id, scores}]`)."""
        if isinstance(raw, list):
            if not all(isinstance(one, Mapping) and isinstance(one.get("id"), str) for one in raw):
                raise Wrong("form.not_scores")
            if len({one["id"] for one in raw}) != len(raw):
                raise Wrong("form.not_scores")
            raw = {one["id"]: one.get("scores") or {} for one in raw}
        if not isinstance(raw, Mapping) or not all(isinstance(row, Mapping) for row in raw.values()):
            raise Wrong("form.not_scores")
        return dict(raw)

    def is_blank(self, raw: Raw) -> bool:
        if super().is_blank(raw):
            return True
        try:
            return all(super(Scores, self).is_blank(cell) for row in self.cells(raw).values() for cell in row.values())
        except Wrong:
            return False

    def read(self, raw: Raw, given: Given) -> list[dict[str, Value]]:
        cells, rows, components = self.cells(raw), self.rows(given), self.components(given)
        problems = [Problem(row, "form.unknown_field") for row in cells if row not in rows]
        known = {component.id for component in components}
        problems += [Problem(f"{row}.{part}", "form.unknown_field") for row in cells if row in rows for part in cells[row] if part not in known]
        sheet: list[dict[str, Value]] = []
        for row in rows:
            scores: dict[str, Value] = {}
            for component in components:
                try:
                    scores[component.id] = self.score(cells.get(row, {}).get(component.id), component)
                except Wrong as wrong:
                    problems += [replace(one, field=f"{row}.{component.id}") for one in wrong.problems]
            sheet.append({"id": row, "scores": scores})
        if problems:
            raise Wrong(inside=problems)
        return sheet

    def score(self, raw: Raw, component: ScoreColumn) -> Decimal | None:
        if super().is_blank(raw):
            if component.optional or not self.required:
                return None
            raise Wrong("form.required")
        number = exact(raw)
        most = self.settings.get("places", 2)
        if max(0, -int(number.normalize().as_tuple().exponent)) > most:
            raise Wrong("form.too_many_places", places=most)
        if number < component.min:
            raise Wrong("form.too_small", min=component.min, found=number)
        if component.max is not None and number > component.max:
            raise Wrong("form.too_large", max=component.max, found=number)
        return number

    def raw(self, value: Value) -> Raw:
        return {row["id"]: {part: None if score is None else str(score) for part, score in row["scores"].items()} for row in value or ()}

    def text(self, value: Value, given: Given) -> str:
        rows, labels = self.rows(given), {component.id: component.label for component in self.components(given)}

        def one(row: Mapping[str, Value]) -> str:
            scores = "，".join(f"{labels.get(part, part)} {score}" for part, score in row["scores"].items() if score is not None)
            return f"{rows.get(row['id'], row['id'])}：{scores}"

        return "；".join(one(row) for row in value or ())

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        rows, components = self.rows(given), self.components(given)
        try:
            cells = self.cells(raw) if writable and not Field.is_blank(self, raw) else self.raw(value)
        except Wrong:
            cells = {}
        shown = tuple(
            tuple(self.cell(f"{name}.{row}.{part.id}", part, cells.get(row, {}).get(part.id), writable, problems) for part in components) for row in rows
        )
        page = super().page(name, None, value, given, writable, required, tuple(one for one in problems if one.field == name))
        return replace(page, rows=shown, headings=tuple(part.label for part in components), row_labels=tuple(rows.values()))

    def cell(self, name: str, part: ScoreColumn, raw: Raw, writable: bool, problems: tuple[Problem, ...]) -> PageField:
        bounds = {"min": part.min, "max": part.max, "places": self.settings.get("places", 2)}
        return PageField(part.id, name, part.label, "decimal", raw, "" if raw is None else str(raw), required=self.required and not part.optional,
                         writable=writable, constraints=bounds, problems=tuple(one for one in problems if one.field == name))


def score_column(one: Mapping[str, Any]) -> ScoreColumn:
    most, least = one.get("max"), one.get("min")
    return ScoreColumn(
        str(one.get("id")), str(one.get("label") or one.get("name") or one.get("id")), None if most is None else Decimal(most),
        Decimal(0) if least is None else Decimal(least), one.get("optional") is True,
    )


class Info(Field):
    """A text for the person; asks nothing."""

    kind = "info"
    options = {"text": "text", "text_from": "expression"}
    answers = False

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        text = given.value(self.settings["text_from"]) if "text_from" in self.settings else self.settings.get("text", "")
        return PageField(self.id, name, self.label, self.kind, None, "" if text is None else str(text), self.help, self.clause, writable=False)


class Show(Field):
    """A value of the process, shown as it is: a text, a list, a table with `columns`, or files."""

    kind = "show"
    options = {"columns": "labels", "unit": "text"}
    answers = False

    def text(self, value: Value, given: Given) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (list, tuple)):
            return "、".join(self.text(one, given) for one in value if one is not None)
        if isinstance(value, Mapping):
            label = next((value[key] for key in ("label", "name", "title", "id") if value.get(key) is not None), "")
            return str(label)
        return "" if value is None else str(value)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        page = super().page(name, None, value, given, False, False, ())
        items = [one for one in value if isinstance(one, Mapping)] if isinstance(value, (list, tuple)) else []
        columns: Mapping[str, str] = self.settings.get("columns", {})
        if columns:
            rows = tuple(tuple(PageField(key, "", label, "show", one.get(key), self.text(one.get(key), given), writable=False)
                               for key, label in columns.items()) for one in items)
            return replace(page, rows=rows, headings=tuple(columns.values()), text="")
        if items and all({"id", "name", "type", "size"} <= one.keys() for one in items):
            return replace(page, files=tuple(items))
        return page


KINDS: Mapping[str, type[Field]] = {
    one.kind: one
    for one in (
        Text, LongText, Integer, Decimals, Date, Choice, Choices, People, YesNo, Phone, CreditCode, FileList, Table, Scores, Statement, Info, Show,
    )
}


def fields_within(field: Field) -> Iterator[Field]:
    """A field and the columns inside it."""
    yield field
    if isinstance(field, Table):
        yield from field.columns
