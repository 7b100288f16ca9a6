"""Organisations, people and posts out of a spreadsheet: every problem by its cell, or the whole roster; what is stored is the database's."""
from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from adapters.sheets.cells import LONGEST, Cell, Sheet, sheets
from engine.refusals import Finding, Invalid
from forms.numbers import credit_code

ORGANISATIONS, PEOPLE, POSTS = "组织", "人员", "岗位"
HELP = "说明"  # the sheet of the empty workbook that tells how to fill it in; it comes back with the others
THERE = "现有单位"  # the sheet of the empty workbook that lists the place's organisations, to be picked from; it comes back too
LAST_ROW = 2000  # to which cells of the empty workbook offer a list
COLUMNS: Mapping[str, tuple[tuple[str, bool], ...]] = {  # sheet → (heading, must be filled in)
    ORGANISATIONS: (("代码", True), ("名称", True), ("类别", True), ("上级代码", False), ("统一社会信用代码", False)),
    PEOPLE: (("编号", True), ("姓名", True), ("邮箱", False)),
    POSTS: (("人员编号", True), ("组织代码", True), ("角色", True), ("岗位名称", False), ("查看范围", False)),
}
REACHES = {"": "own", "本岗位": "own", "本单位及下级": "below", "全部": "place", "活动概况": "heads"}
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}\Z")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


@dataclass(frozen=True, slots=True)
class Organisation:
    id: str
    name: str
    kind: str
    parent: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """Who holds which role where. `reach`: own | below | place | heads."""

    person: str
    org: str
    role: str
    title: str
    reach: str


@dataclass(frozen=True, slots=True)
class Roster:
    """All new rows of a file, the organisations above before those below."""

    organisations: tuple[Organisation, ...] = ()
    people: tuple[Person, ...] = ()
    posts: tuple[Grant, ...] = ()


@dataclass(slots=True)
class Known:
    """What the place has already. `organisations`: codes, with their names if it is a mapping; `roles`: code → label; `codes`: credit codes in use."""

    organisations: Collection[str] = ()
    people: Collection[str] = ()
    codes: Collection[str] = ()
    roles: Mapping[str, str] = field(default_factory=dict)


def read_roster(data: bytes, name: str, known: Known) -> Roster:
    """The rows of an .xlsx file (sheets 组织, 人员, 岗位) or of one .csv file. Raises Invalid with every problem, each by its cell."""
    reading = _Reading(known)
    return reading.roster(sheets(data, name), name)


class _Reading:
    """Reads rows and collects what is wrong with them."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.findings: list[Finding] = []
        self.named: dict[str, str] = {}  # name → code of the organisations that alone bear it
        self.roles = {**{label: code for code, label in known.roles.items()}, **{code: code for code in known.roles}}

    def refuse(self, code: str, cell: Cell | str, **details: object) -> None:
        where = cell.at if isinstance(cell, Cell) else cell
        self.findings.append(Finding(code, "", where, 0, "error", {"cell": where, **details}))

    def roster(self, found: list[Sheet], name: str) -> Roster:
        tables = {}
        for sheet in found:
            kind = self._kind(sheet)
            if kind:
                tables[kind] = sheet
            elif sheet.rows and sheet.name not in (HELP, THERE):
                self.refuse("sheet.unknown", sheet.name or name, found="、".join(one for one in sheet.headings if one) or "—", known="、".join(COLUMNS))
        self.named = _by_name(self.known.organisations, tables.get(ORGANISATIONS))
        organisations = list(self._organisations(tables.get(ORGANISATIONS)))
        people = list(self._people(tables.get(PEOPLE)))
        posts = list(self._posts(tables.get(POSTS), _listed(tables.get(ORGANISATIONS), "代码"), _listed(tables.get(PEOPLE), "编号")))
        if self.findings:
            raise Invalid(self.findings)
        if not (organisations or people or posts):
            raise Invalid([Finding("sheet.empty", name)])
        return Roster(tuple(self._downward(organisations)), tuple(people), tuple(posts))

    def _kind(self, sheet: Sheet) -> str:
        """Which table it is: by its name, in a CSV file by its headings; missing headings are said."""
        if sheet.name in COLUMNS:
            for heading, must in COLUMNS[sheet.name]:
                if must and heading not in sheet.headings and sheet.headings:
                    self.refuse("sheet.no_column", f"{sheet.name}!1", column=heading)
            return sheet.name if all(heading in sheet.headings for heading, must in COLUMNS[sheet.name] if must) else ""
        return next((kind for kind, columns in COLUMNS.items() if not sheet.name and all(heading in sheet.headings for heading, must in columns if must)), "")

    def _rows(self, sheet: Sheet | None, kind: str) -> Iterator[dict[str, Cell]]:
        """Rows whose required cells are filled and none too long."""
        for row in sheet.rows if sheet else ():
            cells = {heading: row.get(heading, Cell("", "")) for heading, _ in COLUMNS[kind]}
            fine = True
            for heading, must in COLUMNS[kind]:
                if must and not cells[heading].text:
                    self.refuse("sheet.missing", cells[heading], column=heading)
                    fine = False
                elif len(cells[heading].text) > LONGEST:
                    self.refuse("sheet.too_long", cells[heading], limit=LONGEST)
                    fine = False
            if fine:
                yield cells

    def _organisations(self, sheet: Sheet | None) -> Iterator[Organisation]:
        seen: dict[str, Cell] = {}
        codes: dict[str, Cell] = {}
        rows = list(self._rows(sheet, ORGANISATIONS))
        there = {*self.known.organisations, *_listed(sheet, "代码")}
        for row in rows:
            id, parent, code = row["代码"], self._org(row["上级代码"], there), row["统一社会信用代码"]
            self._once(id, seen, self.known.organisations)
            if parent.text and parent.text not in there:
                self.refuse("sheet.unknown_org", parent, org=parent.text)
            if parent.text == id.text:
                self.refuse("sheet.circle", parent, org=id.text)
            if code.text and credit_code(code.text) is None:
                self.refuse("sheet.credit_code", code, text=code.text)
            elif code.text:
                self._once(code, codes, self.known.codes, pattern=None)
            yield Organisation(id.text, row["名称"].text, row["类别"].text, parent.text or None, credit_code(code.text))

    def _people(self, sheet: Sheet | None) -> Iterator[Person]:
        seen: dict[str, Cell] = {}
        for row in self._rows(sheet, PEOPLE):
            self._once(row["编号"], seen, self.known.people)
            if row["邮箱"].text and not MAIL.match(row["邮箱"].text):
                self.refuse("sheet.mail", row["邮箱"], mail=row["邮箱"].text)
            yield Person(row["编号"].text, row["姓名"].text, row["邮箱"].text or None)

    def _posts(self, sheet: Sheet | None, organisations: Collection[str], people: Collection[str]) -> Iterator[Grant]:
        seen: dict[tuple[str, ...], Cell] = {}
        there = {*organisations, *self.known.organisations}
        for row in self._rows(sheet, POSTS):
            person, org, role, reach = row["人员编号"], self._org(row["组织代码"], there), row["角色"], row["查看范围"]
            if person.text not in people and person.text not in self.known.people:
                self.refuse("sheet.unknown_person", person, person=person.text)
            if org.text not in there:
                self.refuse("sheet.unknown_org", org, org=org.text)
            if role.text not in self.roles:
                self.refuse("sheet.unknown_role", role, role=role.text)
            if reach.text not in REACHES:
                self.refuse("sheet.reach", reach, reach=reach.text, known="、".join(one for one in REACHES if one))
            key = (person.text, org.text, self.roles.get(role.text, role.text))
            if key in seen:
                self.refuse("sheet.twice", person, text="、".join(key), first=seen[key].at)
            seen.setdefault(key, person)
            yield Grant(person.text, org.text, self.roles.get(role.text, ""), row["岗位名称"].text or self.known.roles.get(self.roles.get(role.text, ""), role.text),
                        REACHES.get(reach.text, "own"))

    def _org(self, cell: Cell, there: Collection[str]) -> Cell:
        """The cell with the organisation's code where its name was written."""
        return cell if cell.text in there or cell.text not in self.named else replace(cell, text=self.named[cell.text])

    def _once(self, cell: Cell, seen: dict[str, Cell], known: Collection[str], pattern: re.Pattern[str] | None = ID) -> None:
        if pattern and not pattern.match(cell.text):
            self.refuse("sheet.id", cell, id=cell.text)
        if cell.text in seen:
            self.refuse("sheet.twice", cell, text=cell.text, first=seen[cell.text].at)
        elif cell.text in known:
            self.refuse("sheet.known", cell, text=cell.text)
        seen.setdefault(cell.text, cell)

    def _downward(self, organisations: list[Organisation]) -> Iterator[Organisation]:
        """Those above first. Raises Invalid for a circle."""
        waiting = {one.id: one for one in organisations}
        while waiting:
            ready = [one for one in waiting.values() if one.parent is None or one.parent not in waiting]
            if not ready:
                raise Invalid([Finding("sheet.circle", "", ORGANISATIONS, 0, "error", {"cell": ORGANISATIONS, "org": "、".join(waiting)})])
            for one in ready:
                del waiting[one.id]
                yield one


def _listed(sheet: Sheet | None, heading: str) -> set[str]:
    """What a column names, whatever else is wrong with its rows: one fault is said once, not again at everything that refers to it."""
    return {row[heading].text for row in (sheet.rows if sheet else ()) if heading in row and row[heading].text}


def _by_name(known: Collection[str], sheet: Sheet | None) -> dict[str, str]:
    """name → code of the organisations there are and those that the file adds, without names that several bear."""
    found: dict[str, set[str]] = {}
    for code, name in known.items() if isinstance(known, Mapping) else ():
        found.setdefault(name, set()).add(code)
    for row in sheet.rows if sheet else ():
        if "代码" in row and "名称" in row:
            found.setdefault(row["名称"].text, set()).add(row["代码"].text)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def template(roles: Mapping[str, str], organisations: Mapping[str, str] = MappingProxyType({}), say: Callable[[str], str] = str) -> bytes:
    """An empty workbook with the headings, and lists to pick roles and organisations (code → name) from."""
    book = Workbook()
    book.remove(book.active)
    for kind, columns in COLUMNS.items():
        sheet = book.create_sheet(kind)
        sheet.append([f"{heading}*" if must else heading for heading, must in columns])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = 22
    help_ = book.create_sheet(say(HELP))
    help_.append([say("带 * 的列必填；“角色”“组织代码”“上级代码”可填代码或名称，也可在单元格的下拉列表中选。可填的角色：")])
    for code, label in roles.items():
        help_.append([code, label])
    help_.append([say("“查看范围”可填：") + "、".join(one for one in REACHES if one)])
    _offer(book[POSTS], "C", f"'{help_.title}'!$B$2:$B${len(roles) + 1}")
    if organisations:
        there = book.create_sheet(THERE)
        there.append(["代码", "名称"])
        for code, name in organisations.items():
            there.append([code, name])
        for column in ("A", "B"):
            there.column_dimensions[column].width = 34
        names = f"'{THERE}'!$B$2:$B${len(organisations) + 1}"
        _offer(book[POSTS], "B", names)
        _offer(book[ORGANISATIONS], "D", names)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _offer(sheet: Worksheet, column: str, cells: str) -> None:
    """A list to pick from in every cell of a column; what is not in it may be written all the same, for the file may add it."""
    offered = DataValidation(type="list", formula1=cells, allow_blank=True, showErrorMessage=False)
    offered.add(f"{column}2:{column}{LAST_ROW}")
    sheet.add_data_validation(offered)
