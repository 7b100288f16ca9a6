"""Reads package.yaml: what a process package consists of and declares; does not open the files it names."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.refusals import Finding, Invalid
from engine.scheme.declaration import Declaration, read_declaration
from forms.source import Document, join, read_yaml

ID = re.compile(r"[a-z][a-z0-9_-]*\Z")
SEMANTICS = frozenset({1})  # meanings of the engine's rules that this engine knows
REQUIRED: Mapping[str, type] = {"name": str, "title": str, "version": str, "semantics": int, "entry": str, "diagrams": list}
OPTIONAL: Mapping[str, type] = {"forms": list, "tables": list, "texts": list, "roles": dict, "records": dict, "parameters": dict, "note": str}


@dataclass(frozen=True)
class Role:
    """A role that the diagrams name. `at` says to people where it is held."""

    code: str
    label: str
    at: str = ""


@dataclass(frozen=True)
class RecordKind:
    """A kind of register row: its states and what lists and exports show of its data, in order."""

    kind: str
    label: str
    statuses: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """What package.yaml says. File names are relative to its folder, forms are ids (forms/<package>/<id>.yaml)."""

    name: str
    title: str
    version: str
    semantics: int
    entry: str
    diagrams: tuple[str, ...]
    forms: tuple[str, ...]
    tables: tuple[str, ...]
    texts: tuple[str, ...]
    roles: Mapping[str, Role]
    records: Mapping[str, RecordKind]
    declaration: Declaration
    file: str = ""
    note: str = ""


def read_package(data: bytes, file: str) -> Package:
    """Raises Invalid with every problem: keys, types, names, parameters, rules."""
    document = read_yaml(data, file)
    value = document.value
    if not isinstance(value, dict):
        raise Invalid([document.finding("yaml.not_a_mapping", "")])
    findings = _head(document, value)
    roles = _roles(document, value.get("roles", {}), findings)
    records = _records(document, value.get("records", {}), findings)
    declaration = read_declaration(document, "parameters", value.get("parameters", {}), frozenset(roles), findings)
    files = {key: _names(document, key, value.get(key, []), findings) for key in ("diagrams", "forms", "tables", "texts")}
    if findings:
        raise Invalid(findings)
    return Package(
        value["name"], value["title"], value["version"], value["semantics"], value["entry"], files["diagrams"], files["forms"],
        files["tables"], files["texts"], roles, records, declaration, file, value.get("note", ""),
    )


def _head(document: Document, value: Mapping[str, Any]) -> list[Finding]:
    findings = []
    kinds = {**REQUIRED, **OPTIONAL}
    for key in REQUIRED:
        if key not in value:
            findings.append(document.finding("yaml.missing_key", key, key=key))
    for key, one in value.items():
        if key not in kinds:
            findings.append(document.finding("yaml.unknown_key", key, key=key))
        elif type(one) is not kinds[key]:
            findings.append(document.finding(f"yaml.wrong_type.{kinds[key].__name__}", key, key=key))
    if isinstance(value.get("name"), str) and not ID.match(value["name"]):
        findings.append(document.finding("yaml.not_an_id", "name", text=value["name"]))
    if type(value.get("semantics")) is int and value["semantics"] not in SEMANTICS:
        findings.append(document.finding("package.unknown_semantics", "semantics", number=value["semantics"], known=max(SEMANTICS)))
    return findings


def _names(document: Document, key: str, value: Any, findings: list[Finding]) -> tuple[str, ...]:
    names: list[str] = []
    for index, name in enumerate(value if isinstance(value, list) else []):
        path = join(key, index)
        if not isinstance(name, str) or not name:
            findings.append(document.finding("yaml.wrong_type.str", path, key=path))
        elif name.startswith("/") or ".." in name.split("/") or "\\" in name:
            findings.append(document.finding("package.outside", path, name=name))
        elif name in names:
            findings.append(document.finding("package.named_twice", path, name=name))
        else:
            names.append(name)
    return tuple(names)


def _roles(document: Document, value: Any, findings: list[Finding]) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for code, one in value.items() if isinstance(value, dict) else ():
        path = join("roles", code)
        if not ID.match(code):
            findings.append(document.finding("yaml.not_an_id", path, text=code))
        if not isinstance(one, dict) or not isinstance(one.get("label"), str):
            findings.append(document.finding("yaml.missing_key", path, key="label"))
            continue
        findings += [document.finding("yaml.unknown_key", join(path, key), key=key) for key in one.keys() - {"label", "at"}]
        roles[code] = Role(code, one["label"], str(one.get("at") or ""))
    return roles


def _records(document: Document, value: Any, findings: list[Finding]) -> dict[str, RecordKind]:
    kinds: dict[str, RecordKind] = {}
    for kind, one in value.items() if isinstance(value, dict) else ():
        path = join("records", kind)
        if not isinstance(one, dict) or not isinstance(one.get("label"), str):
            findings.append(document.finding("yaml.missing_key", path, key="label"))
            continue
        findings += [document.finding("yaml.unknown_key", join(path, key), key=key) for key in one.keys() - {"label", "statuses", "columns"}]
        labels = {}
        for part in ("statuses", "columns"):
            labels[part] = one.get(part, {})
            if not isinstance(labels[part], dict) or not all(isinstance(label, str) for label in labels[part].values()):
                findings.append(document.finding("yaml.wrong_type.labels", join(path, part), key=part))
                labels[part] = {}
        kinds[kind] = RecordKind(kind, one["label"], labels["statuses"], labels["columns"])
    return kinds
