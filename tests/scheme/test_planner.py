"""Stages as dated lines, and plans backward from the award."""
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import Invalid
from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.planner import PlannedStage, Stage, StageNeed, plan_backward, stages_of, timeline

FOLDER = Path(__file__).parents[2] / "processes" / "calendars"
CN = Calendar.of(read_calendar_year(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("cn-*.yaml")))


def d(text):
    return date.fromisoformat(f"2021-{text}")


FUXIN = {
    "stages": {
        "county": {"order": 3, "name": "县区初选", "start": d("10-16"), "end": d("10-20")},
        "deploy": {"order": 1, "name": "安排部署", "start": d("09-06"), "end": d("09-14")},
        "city": {"order": 4, "name": "市级评选", "start": d("10-21"), "end": d("10-25")},
        "results": {"order": 5, "name": "结果运用"},
        "recommend": {"order": 2, "name": "用人单位推荐", "start": d("09-15"), "end": d("10-15")},
    }
}


def test_the_fuxin_stages_in_their_order_with_working_days_and_notes():
    lines = timeline(stages_of(FUXIN), CN, d("09-13"))

    assert [(line.stage.id, line.calendar_days, line.working_days, line.notes) for line in lines] == [
        ("deploy", 9, 7, ("before_issue",)), ("recommend", 31, 19, ()), ("county", 5, 3, ("starts_off",)), ("city", 5, 3, ()),
        ("results", 0, 0, ()),
    ]
    assert all(line.confirmed for line in lines)


def test_overlap_and_gap_are_noted_against_everything_before():
    stages = [
        Stage("a", 1, "a", d("09-06"), d("09-30")), Stage("b", 2, "b", d("09-08"), d("09-10")), Stage("c", 3, "c", d("09-28"), d("10-08")),
        Stage("e", 4, "e", d("10-11"), d("10-12")),
    ]

    assert [line.notes for line in timeline(stages, CN)] == [(), ("overlaps",), ("overlaps",), ("gap",)]


def test_a_provisional_year_is_planned_and_marked():
    line, = timeline([Stage("a", 1, "a", date(2027, 3, 1), date(2027, 3, 5))], CN)

    assert (line.working_days, line.confirmed) == (5, False)


def test_backward_from_the_award_gives_the_latest_dates():
    needs = [StageNeed("recommend", 19), StageNeed("county", 3), StageNeed("city", 3)]

    assert plan_backward(needs, d("10-25"), CN) == (
        PlannedStage("recommend", d("09-15"), d("10-17"), 19),
        PlannedStage("county", d("10-18"), d("10-20"), 3),
        PlannedStage("city", d("10-21"), d("10-25"), 3),
    )


def test_an_impossible_plan_names_each_stage_and_how_many_working_days_it_lacks():
    needs = [StageNeed("recommend", 19, d("09-22")), StageNeed("county", 3), StageNeed("city", 3, d("10-22"))]

    with pytest.raises(Invalid) as invalid:
        plan_backward(needs, d("10-25"), CN)

    assert [(one.code, one.element, one.details["short"]) for one in invalid.value.findings] == [
        ("plan.short", "stages.recommend", 4), ("plan.short", "stages.city", 1)
    ]


@given(st.lists(st.integers(1, 15), min_size=1, max_size=5), st.dates(date(2021, 6, 1), date(2026, 12, 31)))
def test_every_planned_stage_has_its_working_days_and_they_follow_one_another(days, award_on):
    needs = [StageNeed(str(index), n) for index, n in enumerate(days)]

    planned = plan_backward(needs, award_on, CN)

    assert [CN.working_days_between(one.latest_start, one.latest_end) for one in planned] == days
    assert planned[-1].latest_end == award_on
    assert all(one.latest_end < after.latest_start for one, after in zip(planned, planned[1:]))
    assert all(CN.is_working_day(one.latest_start) for one in planned)
