"""Tables out of .xlsx and .csv files as texts with their cell names; bombs, entities and endless sheets are refused; knows no meaning."""
from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from engine.refusals import Finding, Invalid

MOST_ROWS, MOST_COLUMNS = 20_000, 50
MOST_PARTS, LARGEST_PART, LARGEST_ALL, HIGHEST_RATIO = 200, 40_000_000, 80_000_000, 300
LONGEST = 500  # characters of a cell


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and where it stands: `组织!B7`, in a CSV file `B7`."""

    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its headings; rows by heading, blank ones left out. `name` is empty for a CSV file."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[Mapping[str, Cell], ...]


def sheets(data: bytes, name: str) -> list[Sheet]:
    """All tables of a file. Raises Invalid `sheet.*` when it is no table of these kinds, too large or hostile."""
    return _workbook(data) if data[:4] == b"PK\x03\x04" else [_csv(data, name)]


def _csv(data: bytes, name: str) -> Sheet:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            lines = [row for _, row in zip(range(MOST_ROWS + 2), csv.reader(io.StringIO(text), strict=True))]
        except csv.Error:
            break
        return _sheet("", lines)
    raise Invalid([Finding("sheet.unreadable", name)])


def _workbook(data: bytes) -> list[Sheet]:
    _refuse_bombs(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return [_sheet(one.title, _texts(one.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS, values_only=True))) for one in book.worksheets]
        finally:
            book.close()
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, zipfile.BadZipFile, zlib.error, SyntaxError):  # ParseError is a SyntaxError
        raise Invalid([Finding("sheet.unreadable")]) from None


def _refuse_bombs(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            large = any(one.file_size > LARGEST_PART or one.file_size > HIGHEST_RATIO * max(one.compress_size, 1) + 100_000 for one in parts)
            if len(parts) > MOST_PARTS or large or sum(one.file_size for one in parts) > LARGEST_ALL:
                raise Invalid([Finding("sheet.too_large")])
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as stream:
                        head = stream.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"<\x00!\x00" in head:
                        raise Invalid([Finding("sheet.unreadable")])
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError):
        raise Invalid([Finding("sheet.unreadable")]) from None


def _texts(rows: Iterator[tuple[object, ...]]) -> list[list[str]]:
    return [[_text(value) for value in row] for row in rows]


def _text(value: object) -> str:
    """As it is read on the screen: whole numbers without a point, dates as 2021-10-15."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _sheet(name: str, lines: Sequence[Sequence[str]]) -> Sheet:
    if len(lines) > MOST_ROWS + 1:
        raise Invalid([Finding("sheet.too_many_rows", name, details={"limit": MOST_ROWS})])
    headings = tuple(text.strip().rstrip("*＊").strip() for text in lines[0]) if lines else ()
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = {heading: Cell(text.strip()[: LONGEST + 1], at(name, column, number)) for column, (heading, text) in enumerate(zip(headings, line), 1) if heading}
        if any(cell.text for cell in cells.values()):
            rows.append({heading: cells.get(heading, Cell("", at(name, column, number))) for column, heading in enumerate(headings, 1) if heading})
    return Sheet(name, headings, tuple(rows))


def at(sheet: str, column: int, row: int) -> str:
    """The cell's name."""
    own = f"{get_column_letter(column)}{row}"
    return f"{sheet}!{own}" if sheet else own
