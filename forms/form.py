"""A form: read from YAML with every mistake at once, then raw input into answers, and values into a page. Evaluates no expression itself."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from engine.refusals import Finding, Invalid, InvalidAnswers, Problem
from forms.answers import (
    Answers,
    Files,
    Lookup,
    Page,
    PageField,
    PageOutcome,
    PageSection,
    Raw,
    Value,
    no_files,
    nothing_to_look_up,
)
from forms.fields import Field, Given, field_empty, read_one
from forms.kinds import KINDS, Statement, fields_within
from forms.pattern import is_pattern
from forms.rows import Scores, Table
from forms.source import Document, join, read_yaml

ID = re.compile(r"[a-z][a-z0-9_]*\Z")
FORM_ID = re.compile(r"[a-z][a-z0-9_-]*\Z")
SIZE = re.compile(r"([0-9]{1,6}) ?(KB|MB|GB)\Z")
UNITS = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}
RESERVED = frozenset({"outcome", "opinion"})
ACCESS = frozenset({"write", "read", "hidden", "required"})
STYLES = ("primary", "plain", "danger")
OPINIONS = ("required", "optional", "none")
COMMON = frozenset({"id", "kind", "label", "help", "required", "personal", "access", "clause", "show_if", "required_if", "value_from"})
EXPRESSIONS = ("show_if", "required_if", "value_from")
SCALARS = frozenset({"text", "integer", "decimal", "date", "choice", "phone", "credit_code"})


@dataclass(frozen=True)
class Outcome:
    """One way to finish the task. With `skip_validation` nothing is demanded, and what cannot be read is dropped."""

    code: str
    label: str
    style: str = "plain"
    opinion: str = "optional"
    skip_validation: bool = False
    confirm: str = ""


DONE = Outcome("done", "办理完毕", "primary")


@dataclass(frozen=True)
class Section:
    title: str
    fields: tuple[Field, ...]
    help: str = ""
    show_if: str = ""


@dataclass(frozen=True)
class Form:
    """What a task asks. `identity`: fields, or expressions, whose values tell whether two submissions are about the same."""

    id: str
    title: str
    sections: tuple[Section, ...]
    outcomes: tuple[Outcome, ...] = (DONE,)
    identity: tuple[str, ...] = ()
    note: str = ""
    file: str = ""
    places: Mapping[str, int] = field(default_factory=dict)  # expression path → line

    def fields(self) -> Iterator[Field]:
        for section in self.sections:
            yield from section.fields

    def field(self, id: str) -> Field | None:
        return next((one for one in self.fields() if one.id == id), None)

    def outcome(self, code: str) -> Outcome | None:
        return next((one for one in self.outcomes if one.code == code), None)

    def expressions(self) -> Iterator[tuple[str, str, int]]:
        """(where, expression with `=`, line) of everything that publishing must be able to parse."""
        for index, section in enumerate(self.sections):
            if section.show_if:
                yield f"sections.{index}.show_if", section.show_if, self.places.get(f"sections.{index}.show_if", 0)
        for index, one in enumerate(self.identity):
            if one.startswith("="):
                yield f"identity.{index}", one, self.places.get(f"identity.{index}", 0)
        for field in self.fields():
            for inner in fields_within(field):
                where = field.id if inner is field else f"{field.id}.{inner.id}"
                for name in EXPRESSIONS:
                    if getattr(inner, name):
                        yield f"{where}.{name}", getattr(inner, name), inner.line
                for name, kind in type(inner).options.items():
                    if kind == "expression" and inner.settings.get(name):
                        yield f"{where}.{name}", inner.settings[name], inner.line

    def read(
        self, raw: Mapping[str, Raw], lookup: Lookup = nothing_to_look_up, *, task: str = "", outcome: str | None = None, opinion: str = "",
        files: Files = no_files,
    ) -> Answers:
        """The answers in `raw`: typed JSON, or an HTML form's pairs through `answers.nested`.

        Args:
            task: element id of the task, for field rights.
            outcome: the chosen outcome's code, checked together with `opinion`; None: not asked (a message's form).
            files: what the store knows of an uploaded file's id.

        Every field that may be written has its answer, None or an empty list when it was left blank or is not shown; with an outcome that
        skips validation only what was filled in.

        Raises: InvalidAnswers with every problem; then nothing counts.
        """
        chosen = self.outcome(outcome) if outcome is not None else None
        reading = _Reading(self, raw, Given(lookup, {}, files), task)
        reading.run()
        problems = [*self._outcome_problems(outcome, chosen, opinion), *reading.refused]
        if not (chosen and chosen.skip_validation):
            problems += reading.problems
        if problems:
            raise InvalidAnswers(problems)
        answers = reading.filled() if chosen and chosen.skip_validation else reading.answers
        personal = {field.id for field in self.fields() if field.personal}
        return Answers(
            {id: value for id, value in answers.items() if id not in personal},
            {id: value for id, value in answers.items() if id in personal}, self._identity(answers, lookup),
        )

    def _outcome_problems(self, code: str | None, chosen: Outcome | None, opinion: str) -> list[Problem]:
        if code is None:
            return []
        if chosen is None:
            return [Problem("outcome", "form.unknown_outcome", {"found": code[:50], "known": [one.code for one in self.outcomes]})]
        if chosen.opinion == "required" and not opinion.strip():
            return [Problem("opinion", "form.opinion_required", {"outcome": chosen.label})]
        return []

    def _identity(self, answers: Mapping[str, Value], lookup: Lookup) -> tuple[str, ...]:
        values = [lookup(one, answers) if one.startswith("=") else answers.get(one) for one in self.identity]
        return () if any(value is None for value in values) else tuple(str(value) for value in values)

    def page(
        self, answers: Mapping[str, Value] | None = None, problems: tuple[Problem, ...] = (), lookup: Lookup = nothing_to_look_up, *, task: str = "",
        raw: Mapping[str, Raw] | None = None, files: Files = no_files,
    ) -> Page:
        """The form for a template.

        Args:
            answers: values known so far, public and personal together, by field id; a field without one starts with its `value_from`.
            raw: what was typed, after it was refused with `problems`; it is shown again as it was typed.
        """
        given = Given(lookup, dict(answers or {}), files)
        sections = tuple(_page_section(section, given, task, raw, tuple(problems)) for section in self.sections if _section_shown(section, given))
        outcomes = tuple(PageOutcome(o.code, o.label, o.style, o.opinion, o.confirm, o.skip_validation) for o in self.outcomes)
        known = tuple(field.id for section in sections for field in section.fields)
        general = tuple(one for one in problems if one.field.partition(".")[0] not in known)
        return Page(self.id, self.title, self.note, tuple(one for one in sections if one.fields), outcomes, general)


def _section_shown(section: Section, given: Given) -> bool:
    return not section.show_if or given.value(section.show_if) is True


def _page_section(section: Section, given: Given, task: str, raw: Mapping[str, Raw] | None, problems: tuple[Problem, ...]) -> PageSection:
    shown = []
    for one in section.fields:
        if one.access_for(task) != "hidden" and one.shown(given):
            shown.append(_page_field(one, given, task, raw, problems))
    return PageSection(section.title, section.help, tuple(shown))


def _page_field(one: Field, given: Given, task: str, raw: Mapping[str, Raw] | None, problems: tuple[Problem, ...]) -> PageField:
    writable = one.answers and one.access_for(task) != "read"
    known = given.answers.get(one.id)
    value = given.value(one.value_from) if known is None and one.value_from else known
    typed = raw[one.id] if writable and raw is not None and one.id in raw else one.raw(value)
    own = tuple(found for found in problems if found.field == one.id or found.field.startswith(one.id + "."))
    return one.page(one.id, typed, value, given, writable, writable and one.demanded(task, given), own)


class _Reading:
    """One pass over the fields in their order, so that an expression sees the answers above it."""

    def __init__(self, form: Form, raw: Mapping[str, Raw], given: Given, task: str) -> None:
        self.form = form
        self.raw = raw
        self.given = given
        self.task = task
        self.answers: dict[str, Value] = {}
        self.problems: list[Problem] = []
        self.refused: list[Problem] = []  # not even an outcome that skips validation allows these

    def run(self) -> None:
        known = {field.id: field for field in self.form.fields() if field.answers}
        for id in self.raw:
            if id in RESERVED:
                continue
            access = known[id].access_for(self.task) if id in known else "hidden"
            if access == "hidden":
                self.refused.append(Problem(str(id)[:50], "form.unknown_field"))
            elif access == "read":
                self.refused.append(Problem(id, "form.not_writable", {"label": known[id].label}))
        for section in self.form.sections:
            shown = _section_shown(section, self._now())
            for field in section.fields:
                if field.answers and field.access_for(self.task) in {"write", "required"}:
                    self._field(field, shown)

    def _now(self) -> Given:
        return self.given.with_answers(self.answers)

    def _field(self, field: Field, section_shown: bool) -> None:
        given = self._now()
        if not section_shown or not field.shown(given):
            self.answers[field.id] = field_empty(field)
            return
        value, problems = read_one(field, self.raw.get(field.id), self.task, given)
        self.answers[field.id] = value
        for one in problems:
            where = f"{field.id}.{one.field}" if one.field else field.id
            self.problems.append(Problem(where, one.code, {"label": field.label, **one.details}))

    def filled(self) -> dict[str, Value]:
        """What was filled in and could be read."""
        bad = {one.field.partition(".")[0] for one in self.problems}
        fields = {field.id: field for field in self.form.fields()}
        return {id: value for id, value in self.answers.items() if id not in bad and value != field_empty(fields[id])}


def read_form(data: bytes, file: str) -> Form:
    """The form in `data`. Raises Invalid with every mistake: keys, kinds, options, ids twice, expressions without `=`."""
    return form_in(read_yaml(data, file))


def form_in(document: Document) -> Form:
    """The form in a file that was read already. Raises Invalid."""
    if not isinstance(document.value, dict):
        raise Invalid([document.finding("yaml.not_a_mapping", "")])
    reader = _Definition(document)
    form = reader.form(document.value)
    if reader.findings:
        raise Invalid(reader.findings)
    return form


class _Definition:
    """Reads the parts of a form's YAML; every mistake becomes a finding, and reading goes on."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def refuse(self, code: str, path: str, **details: object) -> None:
        self.findings.append(self.document.finding(code, path, "error", **details))

    def only(self, path: str, value: Mapping[str, Any], allowed: frozenset[str]) -> None:
        for key in value:
            if key not in allowed:
                self.refuse("yaml.unknown_key", join(path, key), key=key)

    def text(self, path: str, value: Mapping[str, Any], key: str, required: bool = False) -> str:
        found = value.get(key)
        if found is None:
            if required:
                self.refuse("yaml.missing_key", path, key=key)
            return ""
        if not isinstance(found, str):
            self.refuse("yaml.wrong_type.str", join(path, key), key=key)
            return ""
        return found

    def flag(self, path: str, value: Mapping[str, Any], key: str, default: bool = False) -> bool:
        found = value.get(key, default)
        if not isinstance(found, bool):
            self.refuse("yaml.wrong_type.boolean", join(path, key), key=key)
            return default
        return found

    def expression(self, path: str, value: Mapping[str, Any], key: str) -> str:
        found = self.text(path, value, key)
        if found and not (found.startswith("=") and found[1:].strip()):
            self.refuse("form.not_an_expression", join(path, key), key=key)
        return found

    def mappings(self, path: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        if not isinstance(value, list):
            self.refuse("yaml.wrong_type.list", path, key=path)
            return
        for index, one in enumerate(value):
            if isinstance(one, dict):
                yield join(path, index), one
            else:
                self.refuse("yaml.not_a_mapping", join(path, index))

    def form(self, value: dict[str, Any]) -> Form:
        self.only("", value, frozenset({"id", "title", "note", "identity", "sections", "outcomes"}))
        id = self.text("", value, "id", required=True)
        if id and not FORM_ID.match(id):
            self.refuse("yaml.not_an_id", "id", text=id)
        sections = tuple(self.section(path, one) for path, one in self.mappings("sections", value.get("sections", [])))
        self.once([(one.id, f"line {one.line}") for section in sections for one in section.fields], "sections")
        outcomes = tuple(self.outcome(path, one) for path, one in self.mappings("outcomes", value.get("outcomes", []))) or (DONE,)
        self.once([(one.code, "") for one in outcomes], "outcomes")
        identity = self.identity(value.get("identity", []), sections)
        paths = [f"sections.{index}.show_if" for index in range(len(sections))] + [f"identity.{index}" for index in range(len(identity))]
        places = {path: self.document.line(path) for path in paths}
        return Form(id, self.text("", value, "title", required=True), sections, outcomes, identity, self.text("", value, "note"),
                    self.document.file, places)

    def once(self, named: list[tuple[str, str]], path: str) -> None:
        seen: set[str] = set()
        for id, where in named:
            if id in seen:
                self.refuse("form.id_twice", path, id=id, where=where)
            seen.add(id)

    def identity(self, value: Any, sections: tuple[Section, ...]) -> tuple[str, ...]:
        kinds = {one.id: one.kind for section in sections for one in section.fields}
        if not isinstance(value, list) or not all(isinstance(id, str) for id in value):
            self.refuse("yaml.wrong_type.list", "identity", key="identity")
            return ()
        for index, id in enumerate(value):
            if not id.startswith("=") and kinds.get(id) not in SCALARS:
                self.refuse("form.identity", join("identity", index), field=id)
        return tuple(value)

    def section(self, path: str, value: dict[str, Any]) -> Section:
        self.only(path, value, frozenset({"title", "help", "show_if", "fields"}))
        fields = [self.field(inner, one) for inner, one in self.mappings(join(path, "fields"), value.get("fields", []))]
        return Section(self.text(path, value, "title"), tuple(one for one in fields if one), self.text(path, value, "help"),
                       self.expression(path, value, "show_if"))

    def outcome(self, path: str, value: dict[str, Any]) -> Outcome:
        self.only(path, value, frozenset({"code", "label", "style", "opinion", "skip_validation", "confirm"}))
        code, style, opinion = self.text(path, value, "code", required=True), value.get("style", "plain"), value.get("opinion", "optional")
        if code and not ID.match(code):
            self.refuse("yaml.not_an_id", join(path, "code"), text=code)
        for key, found, known in (("style", style, STYLES), ("opinion", opinion, OPINIONS)):
            if found not in known:
                self.refuse("form.unknown_word", join(path, key), key=key, found=str(found), known="、".join(known))
        return Outcome(code, self.text(path, value, "label", required=True), str(style), str(opinion),
                       self.flag(path, value, "skip_validation"), self.text(path, value, "confirm"))

    def field(self, path: str, value: dict[str, Any], column: bool = False) -> Field | None:
        kind = KINDS.get(str(value.get("kind")))
        if kind is None or (column and not kind.in_table):
            code = "form.unknown_kind" if kind is None else "form.kind_not_in_table"
            known = [name for name, one in KINDS.items() if one.in_table or not column]
            self.refuse(code, path, kind=str(value.get("kind")), known="、".join(known))
            return None
        self.only(path, value, COMMON | frozenset(kind.options))
        id = self.text(path, value, "id", required=True)
        if id and (not ID.match(id) or id in RESERVED):
            self.refuse("form.reserved_id" if id in RESERVED else "yaml.not_an_id", join(path, "id"), text=id)
        if kind.kind == "show" and "value_from" not in value:
            self.refuse("yaml.missing_key", path, key="value_from")
        settings = {name: found for name, wanted in kind.options.items()
                    if name in value and (found := self.setting(join(path, name), wanted, value[name])) is not None}
        self.needed(path, kind, settings)
        label = self.text(path, value, "label", required=kind.kind != "info")
        return kind(
            id, label, self.text(path, value, "help"), self.flag(path, value, "required", kind is Statement), self.flag(path, value, "personal"),
            self.access(path, value.get("access", {})), self.text(path, value, "clause"), self.expression(path, value, "show_if"),
            self.expression(path, value, "required_if"), self.expression(path, value, "value_from"), settings, self.document.line(path),
        )

    def needed(self, path: str, kind: type[Field], settings: Mapping[str, Any]) -> None:
        """Options without which a kind cannot work."""
        wanted: tuple[tuple[str, ...], ...] = ()
        if "options_from" in kind.options:
            wanted = (("options", "options_from"),)
        elif kind is Table:
            wanted = (("columns",),)
        elif kind is Scores:
            wanted = (("rows_from",), ("components", "components_from"))
        elif kind is Statement:
            wanted = (("text",),)
        elif kind.kind == "info":
            wanted = (("text", "text_from"),)
        for alternatives in wanted:
            if not any(settings.get(name) for name in alternatives):
                self.refuse("form.missing_option", path, options=" / ".join(alternatives))

    def access(self, path: str, value: Any) -> dict[str, str]:
        rights = {"default": value} if isinstance(value, str) else value
        if not isinstance(rights, dict) or not all(right in ACCESS for right in rights.values()):
            self.refuse("form.unknown_word", join(path, "access"), key="access", found=str(value), known="、".join(sorted(ACCESS)))
            return {}
        return dict(rights)

    def setting(self, path: str, wanted: str, value: Any) -> Any:
        if wanted == "columns":
            columns = [self.field(inner, one, column=True) for inner, one in self.mappings(path, value)]
            self.once([(one.id, "") for one in columns if one], path)
            return tuple(one for one in columns if one)
        if wanted == "components":
            return self.components(path, value)
        read = SETTINGS[wanted]
        found = read(value)
        if found is None:
            self.refuse(f"form.wrong_option.{wanted}", path, option=path.rpartition(".")[2])
        return found

    def components(self, path: str, value: Any) -> tuple[Mapping[str, Any], ...]:
        found = []
        for inner, one in self.mappings(path, value):
            self.only(inner, one, frozenset({"id", "label", "max", "min", "optional"}))
            self.text(inner, one, "id", required=True)
            for key in ("max", "min"):
                if key in one and _number(one[key]) is None:
                    self.refuse("form.wrong_option.number", join(inner, key), option=key)
                    one = {**one, key: None}
            found.append(one)
        return tuple(found)


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(value: Any) -> int | Decimal | None:
    return value if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _size(value: Any) -> int | None:
    if isinstance(value, str) and (found := SIZE.match(value)):
        return int(found[1]) * UNITS[found[2]]
    return _integer(value)


def _labels(value: Any) -> dict[str, str] | None:
    good = isinstance(value, dict) and value and all(isinstance(label, str) for label in value.values())
    return dict(value) if good else None


def _texts(value: Any) -> list[str] | None:
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None


SETTINGS: Mapping[str, Callable[[Any], Any]] = {
    "integer": _integer, "number": _number, "size": _size, "labels": _labels, "texts": _texts,
    "text": lambda value: value if isinstance(value, str) else None,
    "date": lambda value: value if isinstance(value, date) else None,
    "pattern": lambda value: value if is_pattern(value) else None,
    "expression": lambda value: value if isinstance(value, str) and value.startswith("=") and value[1:].strip() else None,
}
