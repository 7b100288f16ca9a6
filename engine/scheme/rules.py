"""The named rules between parameters (`sum_equals`, `not_before`, …); each says what breaks it, none changes a value."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from engine.refusals import Finding
from engine.scheme.declaration import Declaration, Rule, is_number
from engine.scheme.scheme import Scheme, value_at
from forms.source import join


def rule_findings(scheme: Scheme, declaration: Declaration) -> Iterator[Finding]:
    """What breaks the declaration's rules. A rule whose values are missing or of the wrong type is silent: that was said elsewhere."""
    complete = scheme.with_defaults(declaration)
    for rule in declaration.rules:
        if not rule.when or value_at(complete.values, rule.when) is True:
            yield from RULES[rule.name](complete, declaration, rule)


def _label(declaration: Declaration, key: str) -> str:
    parameter = declaration.keys.get(key)
    return parameter.label if parameter else key


def _rows(scheme: Scheme, key: str) -> list[Mapping[str, Any]]:
    rows = value_at(scheme.values, key)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _number(scheme: Scheme, key_or_number: Any) -> Any:
    found = value_at(scheme.values, key_or_number) if isinstance(key_or_number, str) else key_or_number
    return found if is_number(found) else None


def _sum_equals(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, name = rule.arguments["list"], rule.arguments["field"]
    rows, total = _rows(scheme, key), _number(scheme, rule.arguments["total"])
    numbers = [row.get(name) for row in rows]
    if not rows or total is None or not all(is_number(number) for number in numbers):
        return
    if (found := sum(numbers)) != total:  # type: ignore[arg-type]
        yield scheme.finding("scheme.sum", key, label=_label(declaration, key), field=name, found=found, total=total, difference=found - total)


def _at_most(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, limit = rule.arguments["key"], _number(scheme, rule.arguments["limit"])
    value = _number(scheme, key)
    if value is not None and limit is not None and value > limit:
        named = rule.arguments["limit"]
        yield scheme.finding("scheme.above_limit", key, label=_label(declaration, key), found=value, limit=limit,
                             limit_label=_label(declaration, named) if isinstance(named, str) else "")


def _not_before(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, earlier = rule.arguments["key"], rule.arguments["earlier"]
    later_on, earlier_on = value_at(scheme.values, key), value_at(scheme.values, earlier)
    if isinstance(later_on, date) and isinstance(earlier_on, date) and later_on < earlier_on:
        yield scheme.finding("scheme.too_early", key, label=_label(declaration, key), date=later_on,
                             earlier_label=_label(declaration, earlier), earlier=earlier_on)


def _unique(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, name = rule.arguments["list"], rule.arguments["field"]
    seen: list[Any] = []
    for index, row in enumerate(_rows(scheme, key)):
        if name in row and row[name] in seen:
            yield scheme.finding("scheme.not_unique", join(join(key, index), name), field=name, found=str(row[name]))
        seen.append(row.get(name))


def _refers(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, name, to, target = (rule.arguments[part] for part in ("list", "field", "to", "key"))
    known = [row.get(target) for row in _rows(scheme, to)]
    for index, row in enumerate(_rows(scheme, key)):
        found = row.get(name)
        for one in found if isinstance(found, list) else [] if found is None else [found]:
            if one not in known:
                yield scheme.finding("scheme.refers_to_nothing", join(join(key, index), name), found=str(one), list=_label(declaration, to))


def _required_if(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key = rule.arguments["key"]
    if value_at(scheme.values, key) is None:  # only asked while `when` is true
        yield scheme.finding("scheme.missing", key, key=key, label=_label(declaration, key))


def _roles_known(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, name = rule.arguments["list"], rule.arguments["field"]
    for index, row in enumerate(_rows(scheme, key)):
        found = row.get(name)
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, str) and one not in declaration.roles:
                yield scheme.finding("scheme.unknown_role", join(join(key, index), name), label=name, role=one)


def _within(scheme: Scheme, declaration: Declaration, rule: Rule) -> Iterator[Finding]:
    key, stage_id = rule.arguments["key"], rule.arguments["stage"]
    day = value_at(scheme.values, key)
    stage = value_at(scheme.values, f"stages.{stage_id}")
    if not isinstance(day, date) or not isinstance(stage, Mapping):
        return
    start, end = stage.get("start"), stage.get("end")
    if isinstance(start, date) and isinstance(end, date) and not start <= day <= end:
        yield scheme.finding("scheme.outside_stage", key, label=_label(declaration, key), date=day, stage=str(stage.get("name")),
                             start=start, end=end)


RULES: Mapping[str, Callable[[Scheme, Declaration, Rule], Iterator[Finding]]] = {
    "sum_equals": _sum_equals, "at_most": _at_most, "not_before": _not_before, "unique": _unique, "refers": _refers,
    "required_if": _required_if, "roles_known": _roles_known, "within": _within,
}
