"""What a package asks its schemes to say: parameters by key with type, label and bounds, and rules between them; holds no values."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.refusals import Finding
from forms.pattern import is_pattern
from forms.source import Document, join

NUMERIC = frozenset({"integer", "decimal"})
WITH_FIELDS = frozenset({"records", "record", "stages"})
LISTS = frozenset({"records", "codes"})
TYPES = frozenset({
    "text", "code", "integer", "decimal", "date", "time", "boolean", "choice", "role", "organisation", "duration",
}) | WITH_FIELDS | LISTS
COMMON = {"type", "label", "group", "help", "required", "default", "many", "yearly"}
OWN: Mapping[str, frozenset[str]] = {
    "text": frozenset({"max", "pattern"}), "integer": frozenset({"min", "max"}), "decimal": frozenset({"min", "max"}),
    "date": frozenset({"working_day"}), "choice": frozenset({"choices"}), "codes": frozenset({"min_items", "max_items"}),
    "records": frozenset({"fields", "min_items", "max_items"}), "record": frozenset({"fields"}), "stages": frozenset({"fields", "issued"}),
}
RULES: Mapping[str, tuple[str, ...]] = {
    "sum_equals": ("list", "field", "total"), "at_most": ("key", "limit"), "not_before": ("key", "earlier"), "unique": ("list", "field"),
    "refers": ("list", "field", "to", "key"), "required_if": ("key", "when"), "roles_known": ("list", "field"), "within": ("key", "stage"),
}


@dataclass(frozen=True)
class Parameter:
    """One declared key: what its value must be and how the page calls it."""

    key: str
    type: str
    label: str
    group: str = ""
    help: str = ""
    required: bool = True
    default: Any = None
    many: bool = False
    min: int | Decimal | None = None
    max: int | Decimal | None = None
    min_items: int = 0
    max_items: int = 10_000
    pattern: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Parameter] = field(default_factory=dict)
    working_day: bool = False
    issued: str = ""
    line: int = 0
    yearly: bool = False  # settled afresh every year: a new scheme does not take it over from an old one

    @property
    def optional(self) -> bool:
        return not self.required or self.default is not None


@dataclass(frozen=True)
class Rule:
    """A named rule between keys; `arguments` as in RULES, `when` a boolean key that switches it on."""

    name: str
    arguments: Mapping[str, Any]
    when: str = ""
    line: int = 0


@dataclass(frozen=True)
class Declaration:
    """Everything a package declares about its schemes."""

    keys: Mapping[str, Parameter] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)  # id → label, in page order
    rules: tuple[Rule, ...] = ()
    roles: frozenset[str] = frozenset()

    def parameter(self, key: str) -> Parameter | None:
        return self.keys.get(key)


def read_declaration(document: Document, path: str, value: Any, roles: frozenset[str], findings: list[Finding]) -> Declaration:
    """The `parameters` of a package; what is wrong goes to `findings`."""
    if not isinstance(value, dict):
        findings.append(document.finding("yaml.not_a_mapping", path))
        return Declaration(roles=roles)
    reader = _Declarations(document, findings)
    reader.only(path, value, {"groups", "keys", "rules"})
    groups = reader.labels(join(path, "groups"), value.get("groups", {}))
    keys = reader.fields(join(path, "keys"), value.get("keys", {}), groups)
    reader.no_key_inside_another(join(path, "keys"), keys)
    rules = tuple(reader.rules(join(path, "rules"), value.get("rules", []), keys))
    return Declaration(keys, groups, rules, roles)


class _Declarations:
    """Reads parameters and rules; every problem becomes a finding, and reading goes on."""

    def __init__(self, document: Document, findings: list[Finding]) -> None:
        self.document = document
        self.findings = findings

    def refuse(self, code: str, path: str, **details: object) -> None:
        self.findings.append(self.document.finding(code, path, "error", **details))

    def only(self, path: str, value: Mapping[str, Any], allowed: set[str] | frozenset[str]) -> None:
        for key in value:
            if key not in allowed:
                self.refuse("yaml.unknown_key", join(path, key), key=key)

    def labels(self, path: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(label, str) for label in value.values()):
            self.refuse("yaml.wrong_type.labels", path, key=path)
            return {}
        return dict(value)

    def fields(self, path: str, value: Any, groups: Mapping[str, str] | None = None) -> dict[str, Parameter]:
        if not isinstance(value, dict):
            self.refuse("yaml.not_a_mapping", path)
            return {}
        return {key: self.parameter(join(path, key), key, one, groups) for key, one in value.items()}

    def parameter(self, path: str, key: str, value: Any, groups: Mapping[str, str] | None) -> Parameter:
        line = self.document.line(path)
        if not isinstance(value, dict) or value.get("type") not in TYPES:
            found = value.get("type") if isinstance(value, dict) else None
            self.refuse("declaration.unknown_type", path, key=key, type=str(found), known=", ".join(sorted(TYPES)))
            return Parameter(key, "text", key, line=line)
        kind: str = value["type"]
        self.only(path, value, COMMON | OWN.get(kind, frozenset()))
        if "value" in key.split("."):
            self.refuse("declaration.reserved", path, key=key)
        self._options(path, kind, value)
        group = value.get("group") or key.partition(".")[0]
        if groups is not None and value.get("group") and group not in groups:
            self.refuse("declaration.unknown_group", path, group=group)
        lowest = 1 if value.get("required", True) and kind in LISTS else 0
        return Parameter(
            key, kind, str(value.get("label") or key), group, str(value.get("help") or ""), bool(value.get("required", True)),
            value.get("default"), bool(value.get("many", False)), value.get("min"), value.get("max"),
            value.get("min_items", lowest), value.get("max_items", 10_000), str(value.get("pattern") or ""),
            dict(value.get("choices") or {}), self.fields(join(path, "fields"), value["fields"]) if "fields" in value else {},
            bool(value.get("working_day", False)), str(value.get("issued") or ""), line, bool(value.get("yearly", False)),
        )

    def _options(self, path: str, kind: str, value: Mapping[str, Any]) -> None:
        if not isinstance(value.get("label"), str):
            self.refuse("yaml.missing_key", path, key="label")
        for option in ("min", "max", "min_items", "max_items"):
            if option in value and (isinstance(value[option], bool) or not isinstance(value[option], (int, Decimal))):
                self.refuse("yaml.wrong_type.number", join(path, option), key=option)
        for option in ("required", "many", "working_day", "yearly"):
            if option in value and not isinstance(value[option], bool):
                self.refuse("yaml.wrong_type.boolean", join(path, option), key=option)
        if kind == "choice":
            self.labels(join(path, "choices"), value.get("choices"))
        if kind == "text" and "pattern" in value and not is_pattern(value["pattern"]):
            self.refuse("declaration.bad_pattern", join(path, "pattern"), pattern=str(value["pattern"]))
        if kind in {"records", "record"} and not isinstance(value.get("fields"), dict):
            self.refuse("yaml.missing_key", path, key="fields")

    def no_key_inside_another(self, path: str, keys: Mapping[str, Parameter]) -> None:
        for key in keys:
            for other in keys:
                if key.startswith(other + "."):
                    self.refuse("declaration.nested", join(path, key), key=key, other=other)

    def rules(self, path: str, value: Any, keys: Mapping[str, Parameter]) -> Iterator[Rule]:
        if not isinstance(value, list):
            self.refuse("yaml.wrong_type.list", path, key="rules")
            return
        for index, one in enumerate(value):
            here = join(path, index)
            name = str(one.get("rule")) if isinstance(one, dict) else ""
            if name not in RULES:
                self.refuse("declaration.unknown_rule", here, rule=name, known=", ".join(RULES))
                continue
            self.only(here, one, {"rule", "when", *RULES[name]})
            for argument in RULES[name]:
                if argument not in one:
                    self.refuse("yaml.missing_key", here, key=argument)
            self._known(here, one, keys)
            yield Rule(name, {key: part for key, part in one.items() if key not in {"rule", "when"}}, one.get("when", ""), self.document.line(here))

    def _known(self, path: str, rule: Mapping[str, Any], keys: Mapping[str, Parameter]) -> None:
        named = [rule.get(argument) for argument in ("list", "earlier", "when", "to")]
        named += [rule.get("total"), rule.get("limit")]
        named += [rule.get("key")] if rule["rule"] != "refers" else []
        for key in named:
            if isinstance(key, str) and key not in keys and key.rpartition(".")[0] not in keys and not _in_stages(key, keys):
                self.refuse("declaration.rule_names_unknown", path, rule=rule["rule"], key=key)
        records = keys.get(str(rule.get("list")))
        if records is not None and records.fields and "field" in rule and rule["field"] not in records.fields:
            self.refuse("declaration.rule_names_unknown", path, rule=rule["rule"], key=f"{rule['list']}.{rule['field']}")


def _in_stages(key: str, keys: Mapping[str, Parameter]) -> bool:
    return any(one.type == "stages" and key.startswith(f"{name}.") for name, one in keys.items())


def is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
