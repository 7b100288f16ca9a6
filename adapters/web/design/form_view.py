"""What the page of a form in a working copy shows: its parts in order, the boxes of the one that is open, what is wrong, and the preview. Changes nothing."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from adapters.locale import knows, say
from adapters.web.design.form_boxes import Around, Box, Choice, field_boxes, form_boxes, outcome_boxes, section_boxes
from adapters.web.design.form_preview import drawn, readable
from adapters.web.design.rights import Designer
from adapters.web.design.words import in_words, some_scheme
from engine.form_check import form_findings
from engine.form_uses import FieldUse, outcome_uses, tasks_of, uses_of
from engine.refusals import Finding, Invalid
from engine.scheme.calendar import CalendarTooShort
from engine.scheme.functions import host_functions
from engine.scheme.package import Package, read_package
from engine.scheme.scheme import value_at
from forms.answers import Page, PageField
from forms.editing import Tree, fields_of, part, parts
from forms.form import Form, form_in, read_form
from forms.kinds import KINDS
from forms.source import Document, read_yaml

WRONG_OPTION = "form.wrong_option."
FORMULA_WORDS = {"bpmn.expression.function-unknown": "formbox.function", "bpmn.expression.parameter-unknown": "formbox.parameter", "bpmn.role.unknown": "formbox.role"}
FIELD_KINDS: tuple[Choice, ...] = tuple((name, f"kind.{name}") for name in KINDS)
COLUMN_KINDS: tuple[Choice, ...] = tuple((name, f"kind.{name}") for name, one in KINDS.items() if one.in_table)
LONGEST = 40  # characters of a text that stands for a name
FREE_ID = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part in the list. `marks`: codes of words; `problems`: sentences at it and inside it; `rows`: fields of a section, columns of a table."""

    path: str
    label: str
    id: str = ""
    kind: str = ""
    marks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    rows: tuple[PartLine, ...] = ()


@dataclass(frozen=True, slots=True)
class FormView:
    """A form as its page shows it. `boxes`: of the part at `at`, the form itself for an empty one; `loose`: problems at no part."""

    tree: Tree
    sections: tuple[PartLine, ...]
    outcomes: tuple[PartLine, ...]
    at: str
    boxes: tuple[Box, ...]
    kinds: tuple[Choice, ...]  # that the open field or column may be
    loose: tuple[str, ...]
    count: int
    uses: tuple[FieldUse, ...] = ()
    preview: Page | None = None
    sample: PageField | None = None  # the open field as it will look
    tasks: tuple[str, ...] = ()
    targets: tuple[Choice, ...] = ()  # sections a field may be moved to


def words_of(label: str, language: str) -> str:
    """The words of a box: by its kind, else in general; a name of the file itself stands as it is."""
    if not label.startswith("box."):
        return label
    code = next((one for one in (label, label.rpartition(".")[0]) if one.isascii() and knows(one)), "")
    return say(code, language) if code else label.rpartition(".")[2]


def form_id(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".yaml")


class FormPage:
    """One form among the files of its package, read as often as asked."""

    def __init__(self, designer: Designer, package: str, file: str, files: Mapping[str, bytes]) -> None:
        self.designer, self.package, self.file, self.files = designer, package, file, files
        self.language: str = designer.visitor.language

    # --- around a field -----------------------------------------------------------------------------------------------------------------

    def around(self, tree: Tree, path: str) -> Around:
        """What the boxes of the part at `path` offer."""
        tasks = tuple((one.element, one.name) for one in tasks_of(self.files, form_id(self.file)))
        return Around(tuple(self._conditions(tree, path)), tuple(self._lists()), tasks)

    def _conditions(self, tree: Tree, path: str) -> Iterator[Choice]:
        """Ready conditions on the fields above: yes or no, one of the options, agreed."""
        for where, one in fields_of(tree):
            if _behind(where, path):
                return
            id, label, kind, options = one.get("id"), str(one.get("label", "")), one.get("kind"), one.get("options")
            if kind == "yes_no":
                yield f"={id}", say("formbox.is", self.language, label=label, option=say("是", self.language))
                yield f"={id} = false", say("formbox.is", self.language, label=label, option=say("否", self.language))
            elif kind == "statement":
                yield f"={id}", say("formbox.agreed", self.language, label=label)
            elif kind in ("choice", "choices") and isinstance(options, dict):
                for code, option in options.items():
                    text = f'={id} = "{code}"' if kind == "choice" else f'=list contains({id}, "{code}")'
                    yield text, say("formbox.is" if kind == "choice" else "formbox.has", self.language, label=label, option=option)

    def _lists(self) -> Iterator[Choice]:
        for key, one in self._parameters().items():
            if one.type in ("codes", "records"):
                yield f"=scheme.{key}", say("formbox.list", self.language, label=one.label)

    def _parameters(self) -> Mapping[str, Any]:
        package = _package(self.files.get("package.yaml", b""))
        return package.declaration.keys if package else {}

    # --- what is wrong --------------------------------------------------------------------------------------------------------------------

    def findings(self, document: Document) -> list[Finding]:
        """Everything wrong with the form by itself, formulas included; `element` is the path in the tree."""
        try:
            form = form_in(document)
        except Invalid as invalid:
            return list(invalid.findings)
        package = _package(self.files.get("package.yaml", b""))
        found = form_findings(form, package.declaration.keys, package.roles) if package else form_findings(form)
        paths = {str(one.get("id")): path for path, one in fields_of(document.value)}
        return [replace(one, element=_tree_path(one.element, paths, document.value)) for one in found]

    def sentence(self, finding: Finding, tree: Tree) -> tuple[str, str]:
        """(path, words) of a finding: the box it belongs to, and what a clerk would call it."""
        path, code, details = finding.element, finding.code, finding.details
        last = path.rpartition(".")[2]
        if code == "yaml.missing_key":
            key = str(details.get("key"))
            return f"{path}.{key}".lstrip("."), say("formbox.missing", self.language, what=self._called(tree, path, key))
        if code == "form.missing_option":
            key = str(details.get("options")).partition(" ")[0]
            return f"{path}.{key}", say("formbox.missing", self.language, what=self._called(tree, path, key))
        if code.startswith(WRONG_OPTION):
            kind = say(f"formbox.takes.{code.removeprefix(WRONG_OPTION)}", self.language)
            return path, say("formbox.wrong", self.language, what=self._called(tree, path.rpartition(".")[0], last), kind=kind)
        if code == "yaml.not_an_id":
            return path, say("formbox.not_an_id", self.language, text=details.get("text"))
        if code == "yaml.unknown_key":
            return path, say("formbox.unknown_option", self.language, key=details.get("key"))
        if code in FORMULA_WORDS:
            return path, say(FORMULA_WORDS[code], self.language, **details)
        if code == "form.looks_ahead":
            label = next((str(one.get("label")) for _, one in fields_of(tree) if one.get("id") == details.get("name")), str(details.get("name")))
            return path, say(code, self.language, name=label)
        return path, in_words(finding, self.language)

    def _called(self, tree: Tree, path: str, key: str) -> str:
        """What the key of the part at `path` is called."""
        kind = str((part(tree, path) or {}).get("kind", "section" if path.count(".") == 1 else ""))
        return words_of(next((one.label for one in self.boxes(tree, path) if one.name == key), f"box.{key}.{kind}"), self.language)

    # --- the page ---------------------------------------------------------------------------------------------------------------------------

    def boxes(self, tree: Tree, path: str) -> list[Box]:
        """The boxes of the part at `path`; the form's own for an empty path."""
        found = part(tree, path)
        if found is None:
            return form_boxes(tree) if not path else []
        if path.startswith("outcomes."):
            return outcome_boxes(found)
        if path.count(".") == 1:
            return section_boxes(found, self.around(tree, path))
        return field_boxes(found, self.around(tree, path), column=path.count(".") == 5)

    def view(self, tree: Tree, at: str = "", task: str = "") -> FormView:
        """The page of the form as `tree` says it, with the part at `at` open."""
        if part(tree, at) is None:
            at = ""
        said: dict[str, list[str]] = {}
        document = Document(self.file, tree)
        for finding in self.findings(document):
            path, words = self.sentence(finding, tree)
            said.setdefault(path, []).append(words)
        boxes = [replace(one, problems=tuple(said.get(f"{at}.{one.name}".lstrip("."), ()))) for one in self.boxes(tree, at)]
        sections = tuple(self._section(f"sections.{number}", one, said) for number, one in enumerate(parts(tree, "sections")) if isinstance(one, dict))
        outcomes = tuple(self._line(f"outcomes.{number}", one, said) for number, one in enumerate(parts(tree, "outcomes")) if isinstance(one, dict))
        held = [line.path for section in (*sections, *outcomes) for line in (section, *section.rows, *(inner for row in section.rows for inner in row.rows))]
        loose = [words for path, found in said.items() if not any(path == one or path.startswith(one + ".") for one in held) for words in found]
        kinds = COLUMN_KINDS if at.count(".") == 5 else FIELD_KINDS
        preview = self.preview(tree, task)
        return FormView(tree, sections, outcomes, at, tuple(boxes), kinds, tuple(loose), sum(len(one) for one in said.values()), self.uses(tree, at), preview, _sample(preview, tree, at), tuple(one.name for one in tasks_of(self.files, form_id(self.file))), self._targets(tree, at))

    def _targets(self, tree: Tree, at: str) -> tuple[Choice, ...]:
        if at.count(".") != 3:
            return ()
        here = at.split(".")[1]
        return tuple((str(number), str(one.get("title") or number + 1)) for number, one in enumerate(parts(tree, "sections")) if str(number) != here and isinstance(one, dict))

    def _section(self, path: str, section: Tree, said: Mapping[str, Sequence[str]]) -> PartLine:
        rows = tuple(self._line(f"{path}.fields.{index}", one, said) for index, one in enumerate(parts(section, "fields")) if isinstance(one, dict))
        own = tuple(words for where, found in said.items() if where in (path, f"{path}.title", f"{path}.help", f"{path}.show_if", f"{path}.fields") for words in found)
        return PartLine(path, str(section.get("title", "")), "", "", ("box.show_if",) if section.get("show_if") else (), own, rows)

    def _line(self, path: str, one: Tree, said: Mapping[str, Sequence[str]]) -> PartLine:
        columns = parts(one, "columns") if one.get("kind") == "table" else []
        rows = tuple(self._line(f"{path}.columns.{index}", column, said) for index, column in enumerate(columns) if isinstance(column, dict))
        own = tuple(words for where, found in said.items() if (where == path or where.startswith(path + ".")) and not any(where.startswith(row.path) for row in rows) for words in found)
        required = one.get("required", one.get("kind") == "statement") is True
        marks = (*(("必填",) if required else ()), *(("按条件必填",) if one.get("required_if") else ()), *(("按条件显示",) if one.get("show_if") else ()), *(("个人信息",) if one.get("personal") is True else ()))
        return PartLine(path, str(one.get("label") or str(one.get("text") or "")[:LONGEST] or self._parameter_label(one.get("text_from"))), str(one.get("id") or one.get("code") or ""), str(one.get("kind") or ""), marks, own, rows)

    def _parameter_label(self, formula: Any) -> str:
        """What a text is called that is a parameter of the scheme, as it is; empty for another formula."""
        found = self._parameters().get(str(formula).removeprefix("=scheme."))
        return found.label if found else ""

    def uses(self, tree: Tree, at: str) -> tuple[FieldUse, ...]:
        """Everything that reads the field at `at`: formulas, diagrams, tables, schemes; of an outcome, the diagrams that wait for it."""
        found = part(tree, at) or {}
        if at.startswith("outcomes."):
            return tuple(outcome_uses(self.files, form_id(self.file), str(found.get("code"))))
        form = readable(tree, self.file, self.language)
        id = found.get("id")
        if form is None or at.count(".") != 3 or not isinstance(id, str):
            return ()
        return (*uses_of(self.files, replace(form, id=form_id(self.file)), id, dict(self._others())), *self._in_schemes(id))

    def _in_schemes(self, id: str) -> Iterator[FieldUse]:
        """Parameters that name the field: ties are broken by it, coverage is counted by it. Those that merely define a code of that name are none."""
        design, place = self.designer.design, self.designer.place
        known = [some_scheme(self.designer, self.package), *(design.stored_scheme(draft) for draft, _ in design.draft_lines(place, self.package))]
        for scheme in (one for one in known if one is not None):
            for key, one in self._parameters().items():
                if id in _texts(value_at(scheme.values, key)):
                    yield FieldUse("scheme", "", scheme.title, one.label, id)

    def _others(self) -> Iterator[tuple[str, Form]]:
        yield from ((form.id, form) for form in forms_in(self.files) if form.file != self.file)

    def preview(self, tree: Tree, task: str = "") -> Page | None:
        """The form as the clerk will see it; None when too much is wrong."""
        form = readable(tree, self.file, self.language)
        if form is None:
            return None
        scheme = some_scheme(self.designer, self.package)
        values = scheme.values if scheme else {}
        visitor = self.designer.visitor
        functions = host_functions(visitor.system.published.calendar(visitor.place.id), values, visitor.zone, visitor.now)
        try:
            return drawn(form, values, visitor.now, visitor.zone, self.language, functions, task)
        except CalendarTooShort:
            return drawn(form, values, visitor.now, visitor.zone, self.language, {}, task)

    # --- names ------------------------------------------------------------------------------------------------------------------------------

    def free_id(self, tree: Tree, label: str, kind: str, column_of: Tree | None = None) -> str:
        """A name for a new field: what other forms of the package call a field of that label, else its kind with a number."""
        taken = {str(one.get("id")) for one in parts(column_of, "columns")} if column_of is not None else {str(one.get("id")) for _, one in fields_of(tree)}
        for form in (one for _, one in self._others()):
            for other in form.fields():
                if other.label == label and other.id not in taken and FREE_ID.match(other.id):
                    return other.id
        return next(f"{kind}_{n}" for n in range(1, 10_000) if f"{kind}_{n}" not in taken)


def _texts(value: Any) -> Iterator[str]:
    """The texts inside a parameter, but for those that give a row its name."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for key, one in value.items() if key not in ("id", "code") for text in _texts(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in _texts(one))


def _sample(preview: Page | None, tree: Tree, at: str) -> PageField | None:
    """The open field, or the table around the open column, as it looks; under other input names, for it stands on the page twice."""
    id = (part(tree, ".".join(at.split(".")[:4])) or {}).get("id")
    found = next((field for section in preview.sections for field in section.fields if field.id == id), None) if preview and id and at.count(".") >= 3 else None
    return None if found is None else _under(found, "one")


def _under(field: PageField, prefix: str) -> PageField:
    rows = tuple(tuple(_under(cell, prefix) for cell in row) for row in field.rows)
    return replace(field, name=f"{prefix}.{field.name}", id=f"{prefix}-{field.id}", rows=rows)


def forms_in(files: Mapping[str, bytes]) -> Iterator[Form]:
    """The forms of a package that can be read, by name."""
    found = (_form(files[name], name) for name in sorted(files) if name.startswith("forms/"))
    return (form for form in found if form is not None)


@lru_cache(maxsize=256)
def _form(body: bytes, file: str) -> Form | None:
    """A form, read once while its content is the same; None for one that cannot be read."""
    try:
        return read_form(body, file)
    except Invalid:
        return None


@lru_cache(maxsize=8)
def _package(body: bytes) -> Package | None:
    """What the package declares, read once while its file is the same; None when that cannot be read."""
    try:
        return read_package(body, "package.yaml")
    except Invalid:
        return None


def _behind(where: str, path: str) -> bool:
    """Whether the field at `where` stands at or below the part at `path`."""
    steps, own = ([int(one) for one in each.split(".") if one.isdigit()] for each in (where, path))
    return steps[: len(own)] >= own[: len(steps)] if len(own) >= 2 else steps[:1] >= own[:1]


def _tree_path(where: str, paths: Mapping[str, str], tree: Tree) -> str:
    """`hazards.show_if` as `sections.1.fields.5.show_if`; a column's by its place."""
    first, _, rest = where.partition(".")
    if first not in paths:
        return where
    inner, dot, option = rest.partition(".")
    if not dot:
        return f"{paths[first]}.{rest}"
    columns = [str(one.get("id")) for one in parts(part(tree, paths[first]), "columns") if isinstance(one, dict)]
    return f"{paths[first]}.columns.{columns.index(inner)}.{option}" if inner in columns else f"{paths[first]}.{rest}"


def tree_of(body: bytes, file: str) -> Tree:
    """The form's tree. Raises Invalid, when the file is no YAML mapping at all."""
    document = read_yaml(body, file)
    if not isinstance(document.value, dict):
        raise Invalid([document.finding("yaml.not_a_mapping", "")])
    return document.value
