"""CSV that no office program takes for formulas; knows no register."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins so is read as a formula by office programs, full-width signs included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """`text` with an apostrophe before it when a spreadsheet would calculate it."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA) else text


def csv_text(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(safe_cell(each) for each in headings)
    writer.writerows([safe_cell(each) for each in row] for row in rows)
    return out.getvalue()
