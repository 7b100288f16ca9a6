"""Every scheme of the package: marked, complete, right; both run on the same diagrams."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.bundle import files_hash
from engine.scheme.check import check_scheme
from engine.scheme.scheme import EXAMPLE, FROM_TEXT, flat, read_scheme, value_at
from forms.numbers import credit_code
from tests.package.files import DIAGRAMS, LIBRARY, NAME, SCHEMES, bundle, calendar, scheme

each_scheme = pytest.mark.parametrize("id", SCHEMES)


def findings(body: bytes, id: str) -> list[str]:
    found = check_scheme(read_scheme(body, id), bundle().package.declaration, {"cn": calendar()})
    return [f"{one.element} {one.code}" for one in found if one.severity == "error"]


def test_two_places_at_least() -> None:
    assert SCHEMES == ["fuxin-2021", "hubei-2021"]


@each_scheme
def test_a_scheme_may_be_published(id: str) -> None:
    assert findings(LIBRARY.scheme(NAME, id), id) == []


@each_scheme
def test_every_value_says_where_it_comes_from(id: str) -> None:
    found = scheme(id)
    unmarked = [path for path, value in flat(found.values) if value is not None and found.origin_of(path) is None]
    assert unmarked == []
    assert {origin.origin for origin in found.origins.values()} == {FROM_TEXT, EXAMPLE}


@each_scheme
def test_a_value_without_mark_is_refused(id: str) -> None:
    body = LIBRARY.scheme(NAME, id).decode()
    unmarked = body.replace('  digits: {value: 2, origin: 项目示例}', "  digits: 2")
    assert unmarked != body
    assert findings(unmarked.encode(), id) == ["digits scheme.unmarked"]


@each_scheme
def test_quotas_must_sum_to_their_total(id: str) -> None:
    body = LIBRARY.scheme(NAME, id).decode()
    total = scheme(id).values["quota"]["total"]
    assert sum(channel["places"] for channel in scheme(id).values["channels"]) == total
    assert findings(body.replace(f"total: {{value: {total},", f"total: {{value: {total + 1},").encode(), id) == ["channels scheme.sum"]


def test_both_schemes_run_on_the_same_diagrams() -> None:
    diagrams = {path.name: path.read_bytes() for path in DIAGRAMS}
    assert bundle().diagrams_hash == files_hash(diagrams)
    assert {scheme(id).package for id in SCHEMES} == {bundle().package.name}
    assert not [name for name in LIBRARY.schemes(NAME) if name.endswith(".bpmn")]


def test_the_places_differ_in_what_a_scheme_may_change() -> None:
    fuxin, hubei = (scheme(id).values for id in SCHEMES)
    changed = ["stages", "channels", "quota.total", "cutoff", "contest.held", "shortlist.held", "onward.held", "county.components",
               "public_notice.counting", "honours.winner", "issuers.lead", "reminders.recommend_days"]
    assert [key for key in changed if value_at(fuxin, key) == value_at(hubei, key)] == []


def test_working_days_of_the_dated_stages_of_fuxin() -> None:
    stages: dict[str, Any] = scheme("fuxin-2021").values["stages"]
    days = [calendar().working_days_between(stages[stage]["start"], stages[stage]["end"]) for stage in ("deploy", "recommend", "county", "city")]
    assert days == [7, 19, 3, 3]


def test_the_public_notice_of_fuxin_ends_as_printed() -> None:
    days = scheme("fuxin-2021").values["public_notice"]["working_days"]
    assert calendar().printed_span_end(date(2021, 10, 26), days) == date(2021, 11, 1)
    assert calendar().period_end(date(2021, 10, 26), days) == date(2021, 11, 2)


def test_articles_that_nobody_has_seen_stay_empty() -> None:
    criteria = scheme("fuxin-2021").values["criteria"]
    assert [article["code"] for article in criteria["articles"]] == [str(n) for n in range(1, 9)]
    assert criteria["further"] == []


@each_scheme
def test_credit_codes_have_the_right_check_sign_and_occur_once(id: str) -> None:
    codes = [employer["code"] for channel in scheme(id).values["channels"] for employer in channel["employers"]]
    assert [code for code in codes if credit_code(code) != code] == []
    assert len(set(codes)) == len(codes)


@each_scheme
def test_invented_employers_say_so(id: str) -> None:
    names = [employer["name"] for channel in scheme(id).values["channels"] for employer in channel["employers"]]
    assert [name for name in names if "示例" not in name] == []


@each_scheme
def test_tie_chains_name_components_or_attributes(id: str) -> None:
    values = scheme(id).values
    for group in ("county", "shortlist", "contest", "appraisal"):
        ties = value_at(values, f"{group}.ties") or []
        components = {one["id"] for one in value_at(values, f"{group}.components") or []}
        assert set(ties) <= components | {"frontline"}, group


@each_scheme
def test_what_decides_the_end_is_there(id: str) -> None:
    values = scheme(id).values
    wanted = ("components", "judges_minimum") if values["contest"]["held"] else ()
    assert [key for key in wanted if value_at(values, f"contest.{key}") is None] == []
    if not values["contest"]["held"]:
        assert [key for key in ("components", "judges_minimum", "working_days") if value_at(values, f"appraisal.{key}") is None] == []
    least = values["contest" if values["contest"]["held"] else "appraisal"]["judges_minimum"]
    assert len(values["experts"]) >= least
