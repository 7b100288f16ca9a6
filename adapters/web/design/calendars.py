"""Working calendars: the table of each year, entered by one administrator and confirmed by another; counts nothing itself."""
from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from adapters.web.design.rights import Administering, Designer, Reading
from adapters.web.design.words import finding_lines
from adapters.web.rendering import render
from adapters.web.signed_in import fields_of, text_of
from engine.refusals import Invalid, NotFound, Refused
from engine.scheme.calendar import CalendarYear, read_calendar_year

router = APIRouter(prefix="/design/calendars")
SATURDAY = 5


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


@router.get("/{year}")
def year(request: Request, designer: Reading, year: int, version: str = "") -> Response:
    of_year = [one for one in years(designer) if one[0].year == year]
    found = next((one for one in of_year if one[0].version == version), of_year[0] if of_year and not version else None)
    if found is None:
        raise NotFound("calendar.unknown", year=year)
    return render(request, "design_calendar.html", designer=designer, version=found[0], table=found[1], confirmed=found[2], months=table_of(found[1]), others=of_year,
                  own=found[0].added_by == designer.person)


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
