"""Working calendars: the table of each year, entered by one administrator and confirmed by another; counts nothing itself."""
from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from adapters.locale import say
from adapters.web.design.calendar_form import days_in, differences, lines_of, written
from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.design.words import finding_lines
from adapters.web.rendering import render
from adapters.web.signed_in import fields_of, text_of
from engine.refusals import Conflict, Invalid, NotFound, Refused
from engine.scheme.calendar import CalendarYear, next_label, read_calendar_year

router = APIRouter(prefix="/design/calendars")
SATURDAY = 5
FIRST_YEAR, LAST_YEAR = 2000, 2099
SYSTEM = "system"  # who entered the tables that come with the program


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of a month. `kind`: "" worked | day-off (weekend) | holiday | workday (made up)."""

    number: int
    kind: str
    name: str


@router.get("")
def calendars(request: Request, designer: Reading) -> Response:
    return _list_page(request, designer)


def _list_page(request: Request, designer: Designer, problems: Any = (), status: int = 200) -> Response:
    return render(request, "design_calendars.html", status, designer=designer, years=years(designer), problems=problems)


def years(designer: Designer) -> list[tuple[Any, CalendarYear, bool]]:
    """(version, its table, confirmed by its file or by a person) of every version of every year, the newest year first."""
    found = []
    for version in designer.design.calendar_versions(designer.place):
        table = read_calendar_year(version.body, str(version.year))
        found.append((version, table, table.confirmed or version.confirmed_at is not None))
    return sorted(found, key=lambda one: -one[0].year)


@router.post("")
def add(request: Request, designer: Administering) -> Response:
    """A year's table as a YAML file; provisional until a second person confirms it."""
    chosen = fields_of(request).get("calendar")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise Refused("design.no_calendar")
    try:
        year = designer.design.add_calendar(designer.place, chosen.file.read(), designer.person)
    except Invalid as invalid:
        return _list_page(request, designer, finding_lines(invalid.findings, designer.visitor.language), 422)
    return RedirectResponse(f"/design/calendars/{year}", 303)


@router.get("/edit")
def edit(request: Request, designer: Administering, year: str = "") -> Response:
    """The lines of a year, its newest table to begin with."""
    number = _year(year)
    newest = next((table for version, table, _ in years(designer) if version.year == number), None)
    typed = {"source": "", "holidays": lines_of(newest.holidays) if newest else "", "workdays": lines_of(newest.workdays) if newest else ""}
    return _edit_page(request, designer, number, typed)


def _year(text: str) -> int:
    if not text.isdigit() or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise Refused("calendar.year", first=FIRST_YEAR, last=LAST_YEAR)
    return int(text)


def _edit_page(request: Request, designer: Designer, year: int, typed: dict[str, str], problems: Any = (), status: int = 200) -> Response:
    """`problems`: (field, sentence)."""
    return render(request, "design_calendar_edit.html", status, designer=designer, year=year, typed=typed, problems=problems)


@router.post("/edit")
def enter(request: Request, designer: Administering) -> Response:
    """Enters what was written as a table that waits for a second person; what cannot be read is said by line, and what was typed stays."""
    number, language = _year(text_of(request, "year")), designer.visitor.language
    typed = {name: text_of(request, name) for name in ("source", "holidays", "workdays")}
    holidays, slips = days_in(typed["holidays"], number, "holidays")
    workdays, more = days_in(typed["workdays"], number, "workdays")
    problems = [(one.field, say(one.code, language, line=one.line, text=one.text)) for one in [*slips, *more]]
    if not typed["source"].strip():
        problems.insert(0, ("source", say("calendar.source", language)))
    if not problems:
        label = next_label(table.version for version, table, _ in years(designer) if version.year == number)
        body = written(number, label, typed["source"].strip(), holidays, workdays)
        try:
            designer.design.add_calendar(designer.place, body, designer.person)
        except Conflict:  # the label was free when it was chosen; the next press chooses another
            problems = [("source", say("calendar.entered_meanwhile", language, year=number))]
        except Invalid as invalid:
            problems = [(one.element.partition(".")[0], one.message) for one in finding_lines(invalid.findings, language)]
    if problems:
        return _edit_page(request, designer, number, typed, problems, 422)
    newest = next(version for version, _, _ in years(designer) if version.year == number)
    return RedirectResponse(f"/design/calendars/{number}?version={newest.version}", 303)


@router.get("/{year}")
def year(request: Request, designer: Reading, year: int, version: str = "") -> Response:
    of_year = [one for one in years(designer) if one[0].year == year]
    found = next((one for one in of_year if one[0].version == version), of_year[0] if of_year and not version else None)
    if found is None:
        raise NotFound("calendar.unknown", year=year)
    head, table, confirmed = found
    in_force = next((other for other_head, other, done in of_year if done and other_head.version != head.version), None)
    affected = [] if confirmed else designer.design.affected_deadlines(designer.place, table, designer.visitor.zone)
    return render(request, "design_calendar.html", designer=designer, version=head, table=table, confirmed=confirmed, months=table_of(table), others=of_year,
                  own=head.added_by == designer.person, guess=head.added_by == SYSTEM, changed=differences(in_force, table), affected=affected, in_force=in_force)


def table_of(table: CalendarYear) -> list[tuple[int, list[list[Day | None]]]]:
    """Twelve months of weeks of days, Monday first."""
    return [(month, [[_day(table, month, number) for number in week] for week in months.monthcalendar(table.year, month)]) for month in range(1, 13)]


def _day(table: CalendarYear, month: int, number: int) -> Day | None:
    if not number:
        return None
    day = date(table.year, month, number)
    if day in table.workdays:
        return Day(number, "workday", table.workdays[day])
    if day in table.holidays:
        return Day(number, "holiday", table.holidays[day])
    return Day(number, "day-off" if day.weekday() >= SATURDAY else "", "")


@router.post("/{year}/confirm")
def confirm(request: Request, designer: Administering, year: int) -> Response:
    version = text_of(request, "version")
    designer.design.confirm_calendar(designer.place, year, version, designer.person)
    return RedirectResponse(f"/design/calendars/{year}?version={version}", 303)
