"""What the pages of a package show of its files and versions; reads, changes nothing."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from adapters.locale import say
from adapters.web.design.rights import Designer
from adapters.web.design.words import finding_lines
from engine.bpmn.read import read
from engine.bundle import Bundle
from engine.refusals import Invalid
from forms.form import read_form

WORKING, LIBRARY = "working", "library"
TABLE_NAME = re.compile(rb"<(?:\w+:)?definitions\b[^>]*?\sname=\"([^\"]*)\"")
PACKAGE_TITLE = "角色、台账、参数"
EVENTS = frozenset({"userTask", "manualTask", "callActivity", "serviceTask", "subProcess"})


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a package. `count`: tasks of a diagram, fields of a form, entries of a text."""

    name: str
    title: str
    kind: str
    count: int
    changed_at: Any = None
    changed_by: str = ""
    errors: int = 0


@dataclass(frozen=True, slots=True)
class PackageView:
    """The files of one version by kind, with what is wrong with them."""

    title: str
    version: str
    entry: str
    groups: Mapping[str, tuple[FileLine, ...]]
    errors: int
    warnings: int


def file_kind(name: str) -> str:
    """diagram | table | form | text | package"""
    if name.endswith(".bpmn"):
        return "diagram"
    if name.endswith(".dmn"):
        return "table"
    return "package" if name == "package.yaml" else "form" if name.startswith("forms/") else "text"


def package_view(designer: Designer, line: Any, of: str) -> PackageView:
    """The files as they are in that version."""
    files = designer.design.files(designer.place, line.name, of)
    try:
        bundle: Bundle | None = designer.design.bundle_of(files)
        findings = list(bundle.notes) if bundle else []
    except Invalid as invalid:
        bundle, findings = None, list(invalid.findings)
    errors: dict[str, int] = {}
    for one in findings:
        if one.severity == "error":
            errors[one.file] = errors.get(one.file, 0) + 1
    changed = line.copy.changed if line.copy and of == WORKING else {}
    groups: dict[str, list[FileLine]] = {"diagram": [], "table": [], "form": [], "text": [], "package": []}
    for name in sorted(files):
        title, count = _described(name, files[name], bundle)
        _, at, by = changed.get(name, (0, None, ""))
        groups[file_kind(name)].append(FileLine(name, title, file_kind(name), count, at, designer.name(by), errors.get(name, 0)))
    entry = _entry_file(bundle)
    version = bundle.package.version if bundle else ""
    warnings = sum(1 for one in findings if one.severity == "warning")
    return PackageView(line.title, version, entry, {kind: tuple(found) for kind, found in groups.items()}, sum(errors.values()), warnings)


def _described(name: str, body: bytes, bundle: Bundle | None) -> tuple[str, int]:
    """A file's own title and how much is in it."""
    if file_kind(name) == "diagram":
        processes = [one for one in bundle.graphs.processes.values() if one.file == name] if bundle else []
        if processes:
            return "、".join(one.name or one.id for one in processes), sum(1 for one in processes for node in one.nodes.values() if node.kind == "userTask")
    if file_kind(name) == "table" and (title := file_title(name, body)) != name:
        return title, 0
    if file_kind(name) == "form" and bundle:
        form = bundle.graphs.forms.get(name.removeprefix("forms/").removesuffix(".yaml"))
        if form is not None:
            return form.title, sum(1 for _ in form.fields())
    if file_kind(name) == "package" and bundle:
        return bundle.package.title, len(bundle.package.declaration.keys)
    return "", 0


def file_title(name: str, body: bytes) -> str:
    """What the file calls itself, else its name; it may be broken."""
    try:
        if file_kind(name) == "diagram":
            return "、".join(one.name for one in read(body, name).processes if one.name) or name
        if file_kind(name) == "form":
            return read_form(body, name).title or name
        if file_kind(name) == "table" and (found := TABLE_NAME.search(body)):
            return unescape(found[1].decode("utf-8", "replace")) or name
    except Invalid:
        pass
    return name


def file_titles(files: Mapping[str, bytes]) -> dict[str, str]:
    """What each file is called on the pages."""
    return {name: PACKAGE_TITLE if name == "package.yaml" else file_title(name, body) for name, body in files.items()}


def _entry_file(bundle: Bundle | None) -> str:
    return bundle.graphs.processes[bundle.package.entry].file if bundle else ""


def version_name(designer: Designer, line: Any, of: str) -> str:
    """工作稿, 随程序提供的版本, or the version with its date."""
    language = designer.visitor.language
    if of in (WORKING, LIBRARY):
        return say("工作稿" if of == WORKING else "程序自带版本", language)
    if of.startswith("proposal:"):
        return say("申请发布的版本", language)
    found = next((one for one in line.published if one.hash == of), None)
    if found is None:
        return of[:12]
    return say("{version}版（{day}发布）", language, version=found.version, day=f"{found.published_at.astimezone(designer.visitor.zone):%Y-%m-%d %H:%M}")


def part_lines(designer: Designer, package: str, file: str, body: bytes) -> list[tuple[str, str]]:
    """What is in a file, for pages without script: a diagram's steps in order, a form's fields."""
    language = designer.visitor.language
    if file_kind(file) == "diagram":
        try:
            document = read(body, file)
        except Invalid:
            return []
        return [(say(f"thing.{node.kind}", language), node.name) for process in document.processes for node in process.nodes.values() if node.kind in EVENTS and node.name]
    if file_kind(file) == "form":
        try:
            return [(field.id, field.label) for field in read_form(body, file).fields()]
        except Invalid as invalid:
            return [("", one.message) for one in finding_lines(invalid.findings, language)]
    return []
