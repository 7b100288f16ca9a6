"""Exports that no office program takes for formulas; the line of days behind the Gantt."""
from __future__ import annotations

import csv
import io
from datetime import date

from hypothesis import given
from hypothesis import strategies as some

from adapters.web.gantt import chart
from adapters.web.tables import FORMULA, csv_text
from adapters.web.views import StageView
from engine.scheme.calendar import Calendar, CalendarYear

texts = some.text(max_size=20) | some.sampled_from(FORMULA).flatmap(lambda sign: some.text(max_size=10).map(lambda rest: sign + rest))


@given(some.lists(some.lists(texts, min_size=2, max_size=2), max_size=5))
def test_no_cell_of_an_export_begins_like_a_formula_and_none_is_lost(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["甲", "乙"], rows), newline="")))

    assert not [cell for row in read for cell in row if cell.lstrip(" ").startswith(FORMULA)]
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [[cell.removeprefix("'") for cell in row] for row in rows]


def test_the_chart_shades_days_off_and_marks_today() -> None:
    calendar = Calendar.of([CalendarYear("cn", 2021, "1", True, "项目示例", {date(2021, 10, 1): "国庆节"}, {date(2021, 10, 9): "调休"})])
    stages = [StageView("a", "单位推荐", date(2021, 10, 4), date(2021, 10, 10), "current"), StageView("b", "结果运用", None, None, "todo")]

    made = chart(stages, date(2021, 10, 8), calendar)

    assert made is not None
    assert len(made.bars) == 1
    assert len(made.off) == 4  # 1 October; 2, 3 and 10 October are weekend, 9 October is worked
    assert made.today is not None and made.bars[0].x < made.today < made.bars[0].x + made.bars[0].width


def test_without_dated_stages_there_is_no_chart() -> None:
    assert chart([StageView("b", "结果运用", None, None, "todo")], date(2021, 10, 8), Calendar()) is None
