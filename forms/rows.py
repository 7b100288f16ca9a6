"""Kinds of fields with rows: a table of columns and a score sheet. Single values are in `forms/kinds.py`."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.refusals import Problem
from forms.answers import PageField, Raw, Value
from forms.fields import Field, Given, Wrong, read_one
from forms.values import choices_of, exact, places_of

SPARE_ROWS = 3


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
        if places_of(number) > most:
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
