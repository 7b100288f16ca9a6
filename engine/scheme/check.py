"""Checks a scheme against what its package declares and against the calendar: every problem at once, nothing changed."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from engine.refusals import Finding
from engine.scheme.calendar import Calendar, CalendarTooShort
from engine.scheme.declaration import Declaration, Parameter, is_number
from engine.scheme.planner import stages_in, timeline
from engine.scheme.rules import rule_findings
from engine.scheme.scheme import Scheme, flat, value_at
from forms.pattern import fits
from forms.source import join

Purpose = Literal["publish", "plan"]
CODE = re.compile(r"[a-z][a-z0-9_-]*\Z")
TIME = re.compile(r"(24:00|([01][0-9]|2[0-3]):[0-5][0-9])\Z")
DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?\Z")
NOTES = {"overlaps": "stage.overlaps", "before_issue": "stage.before_issue", "starts_off": "stage.starts_off", "ends_off": "stage.ends_off"}
DEFAULT_FAMILY = "cn"


def check_scheme(
    scheme: Scheme,
    declaration: Declaration,
    calendars: Mapping[str, Calendar],
    purpose: Purpose = "publish",
    organisations: frozenset[str] | None = None,
) -> list[Finding]:
    """Everything wrong or worth a look, in file order; severities error, warning, note.

    Args:
        calendars: by family; the scheme's key `calendar` chooses, else `cn`.
        purpose: for publishing a year without confirmed table is an error, for planning a warning.
        organisations: codes known at the place; None: not checked.
    """
    check = _Check(scheme, declaration, organisations)
    findings = [*scheme.findings, *check.values(), *rule_findings(scheme, declaration), *_calendar(scheme, declaration, calendars, purpose)]
    return sorted(findings, key=lambda found: (found.line, found.element, found.code))


@dataclass(frozen=True)
class _Check:
    scheme: Scheme
    declaration: Declaration
    organisations: frozenset[str] | None

    def values(self) -> Iterator[Finding]:
        yield from self._known(self.scheme.values, "")
        for key, parameter in self.declaration.keys.items():
            if value_at(self.scheme.values, key) is None and not parameter.optional:
                yield self.scheme.finding("scheme.missing", key, key=key, label=parameter.label)

    def _known(self, values: Any, path: str) -> Iterator[Finding]:
        for key, value in values.items():
            here = join(path, key)
            parameter = self.declaration.keys.get(here)
            if parameter is not None:
                yield from self.parameter(parameter, value, here)
            elif not any(known.startswith(here + ".") for known in self.declaration.keys):
                yield self.scheme.finding("scheme.unknown_key", here, key=here)
            elif isinstance(value, Mapping):
                yield from self._known(value, here)
            else:
                yield self.scheme.finding("scheme.wrong_type.record", here, label=here)

    def parameter(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if value is None:
            return  # said already: scheme.empty
        if parameter.many:
            yield from self._many(parameter, value, path)
        else:
            yield from self._one(parameter, value, path)

    def _many(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield self._wrong(parameter, path, "list")
            return
        yield from self._count(parameter, value, path)
        for index, one in enumerate(value):
            yield from self._one(parameter, one, join(path, index))

    def _count(self, parameter: Parameter, value: list[Any], path: str) -> Iterator[Finding]:
        if not parameter.min_items <= len(value) <= parameter.max_items:
            yield self.scheme.finding("scheme.item_count", path, label=parameter.label, count=len(value),
                                      min=parameter.min_items, max=parameter.max_items)

    def _wrong(self, parameter: Parameter, path: str, expected: str = "") -> Finding:
        return self.scheme.finding(f"scheme.wrong_type.{expected or parameter.type}", path, label=parameter.label)

    def _one(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        match parameter.type:
            case "text":
                yield from self._text(parameter, value, path)
            case "integer" | "decimal":
                yield from self._number(parameter, value, path)
            case "date" if not isinstance(value, date):
                yield self._wrong(parameter, path)
            case "boolean" if not isinstance(value, bool):
                yield self._wrong(parameter, path)
            case "time" if not (isinstance(value, str) and TIME.match(value)):
                yield self._wrong(parameter, path)
            case "duration" if not (isinstance(value, str) and DURATION.match(value)):
                yield self._wrong(parameter, path)
            case "code" if not (isinstance(value, str) and CODE.match(value)):
                yield self._wrong(parameter, path)
            case "choice" if not isinstance(value, str) or value not in parameter.choices:
                yield self.scheme.finding("scheme.not_a_choice", path, label=parameter.label, found=str(value), known="、".join(parameter.choices))
            case "role" if not isinstance(value, str) or value not in self.declaration.roles:
                yield self.scheme.finding("scheme.unknown_role", path, label=parameter.label, role=str(value))
            case "organisation":
                yield from self._organisation(parameter, value, path)
            case "codes" | "records":
                yield from self._records(parameter, value, path)
            case "record":
                yield from self._fields(parameter.fields, value, path, parameter)
            case "stages":
                yield from self._stages(parameter, value, path)

    def _text(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if not isinstance(value, str) or not value.strip():
            yield self._wrong(parameter, path)
        elif parameter.max is not None and len(value) > parameter.max:
            yield self.scheme.finding("scheme.too_long", path, label=parameter.label, max=parameter.max, found=len(value))
        elif parameter.pattern and not fits(parameter.pattern, value):
            yield self.scheme.finding("scheme.no_match", path, label=parameter.label, found=value, pattern=parameter.pattern)

    def _number(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if not is_number(value) or (parameter.type == "integer" and not isinstance(value, int)):
            yield self._wrong(parameter, path)
        elif parameter.min is not None and value < parameter.min:
            yield self.scheme.finding("scheme.too_small", path, label=parameter.label, min=parameter.min, found=value)
        elif parameter.max is not None and value > parameter.max:
            yield self.scheme.finding("scheme.too_large", path, label=parameter.label, max=parameter.max, found=value)

    def _organisation(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if not isinstance(value, str) or not value:
            yield self._wrong(parameter, path)
        elif self.organisations is not None and value not in self.organisations:
            yield self.scheme.finding("scheme.unknown_organisation", path, label=parameter.label, organisation=value)

    def _records(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield self._wrong(parameter, path)
            return
        yield from self._count(parameter, value, path)
        fields = parameter.fields or CODE_FIELDS
        seen: set[object] = set()
        for index, one in enumerate(value):
            yield from self._fields(fields, one, join(path, index), parameter, closed=parameter.type == "records")
            code = one.get("code") if isinstance(one, Mapping) else None
            if parameter.type == "codes" and isinstance(code, str) and code in seen:
                yield self.scheme.finding("scheme.not_unique", join(path, index), field="code", found=code)
            seen.add(code if isinstance(code, str) else None)

    def _fields(self, fields: Mapping[str, Parameter], value: Any, path: str, parameter: Parameter, closed: bool = True) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            yield self._wrong(parameter, path, "record")
            return
        for key, one in value.items():
            if key in fields:
                yield from self.parameter(fields[key], one, join(path, key))
            elif closed:
                yield self.scheme.finding("scheme.unknown_key", join(path, key), key=join(path, key))
        for key, wanted in fields.items():
            if key not in value and not wanted.optional:
                yield self.scheme.finding("scheme.missing", join(path, key), key=join(path, key), label=wanted.label)

    def _stages(self, parameter: Parameter, value: Any, path: str) -> Iterator[Finding]:
        if not isinstance(value, Mapping) or not value:
            yield self._wrong(parameter, path)
            return
        orders: dict[object, str] = {}
        for id, stage in value.items():
            here = join(path, id)
            yield from self._fields({**STAGE_FIELDS, **parameter.fields}, stage, here, parameter)
            if not isinstance(stage, Mapping):
                continue
            start, end = stage.get("start"), stage.get("end")
            if (start is None) != (end is None):
                yield self.scheme.finding("stage.half_dated", here, stage=str(stage.get("name") or id))
            if isinstance(start, date) and isinstance(end, date) and end < start:
                yield self.scheme.finding("stage.ends_before_start", here, stage=str(stage.get("name") or id), start=start, end=end)
            order = stage.get("order")
            if isinstance(order, int) and order in orders:
                yield self.scheme.finding("stage.order_twice", here, stage=id, order=order, other=orders[order])
            orders.setdefault(order if isinstance(order, int) else id, id)


CODE_FIELDS = {"code": Parameter("code", "text", "代码"), "label": Parameter("label", "text", "名称")}
STAGE_FIELDS = {
    "order": Parameter("order", "integer", "次序", min=1), "name": Parameter("name", "text", "名称"),
    "start": Parameter("start", "date", "开始日期", required=False), "end": Parameter("end", "date", "结束日期", required=False),
}


def _calendar(scheme: Scheme, declaration: Declaration, calendars: Mapping[str, Calendar], purpose: Purpose) -> Iterator[Finding]:
    family = scheme.values.get("calendar") or DEFAULT_FAMILY
    calendar = calendars.get(family) if isinstance(family, str) else None
    if calendar is None:
        yield scheme.finding("calendar.unknown_family", "calendar", family=str(family), known="、".join(sorted(calendars)))
        return
    severity = "error" if purpose == "publish" else "warning"
    seen: set[int] = set()
    for path, day in scheme.dates():
        if day.year not in seen and not calendar.is_confirmed(day.year):
            code = "calendar.unconfirmed" if day.year in calendar.years else "calendar.too_short"
            yield scheme.finding(code, path, severity, year=day.year, family=calendar.family)
        seen.add(day.year)
    yield from _stage_notes(scheme, declaration, calendar)
    yield from _off_days(scheme, declaration, calendar)


def _stage_notes(scheme: Scheme, declaration: Declaration, calendar: Calendar) -> Iterator[Finding]:
    for key, parameter in declaration.keys.items():
        if parameter.type != "stages":
            continue
        stages = [stage for stage in stages_in(value_at(scheme.values, key)) if stage.start and stage.end and stage.start <= stage.end]
        issued = value_at(scheme.values, parameter.issued) if parameter.issued else None
        try:
            lines = timeline(stages, calendar, issued if isinstance(issued, date) else None)
        except CalendarTooShort:
            continue  # said already, with the year
        for line in lines:
            for note in line.notes:
                if note in NOTES:
                    yield scheme.finding(NOTES[note], join(key, line.stage.id), "note", stage=line.stage.name,
                                         start=line.stage.start, end=line.stage.end, issued_on=issued)


def _off_days(scheme: Scheme, declaration: Declaration, calendar: Calendar) -> Iterator[Finding]:
    for key, parameter in declaration.keys.items():
        if parameter.type != "date" or not parameter.working_day:
            continue
        for path, day in flat(value_at(scheme.values, key), key):
            if isinstance(day, date) and day.year in calendar.years and not calendar.is_working_day(day):
                yield scheme.finding("scheme.day_off", path, "note", label=parameter.label, date=day, name=calendar.day_name(day))
