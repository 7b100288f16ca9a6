"""Comparison of schemes: a fork with nine changes gives a memo of nine sentences, and no diagram moved."""
from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.definitions.folder import Library
from adapters.definitions.scheme_file import SHIFTED, next_year, written
from adapters.web.design.sentences import Labels, Sentences
from engine.bundle import Bundle, files_hash, read_bundle
from engine.compare.schemes import compare_schemes
from engine.scheme.scheme import Origin, Scheme, flat, read_scheme, value_at
from tests.compare.mutations import changed_value, with_value
from tests.conftest import ROOT

LIBRARY = Library(ROOT)
SCHEMES = ("fuxin-2021", "hubei-2021")
# What names a row: changing it is another row, and so two sentences.
NAMES = ("code", "id", "org", "role", "field")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(LIBRARY.package("role-model-award"))


def scheme(name: str = "fuxin-2021") -> Scheme:
    return read_scheme(LIBRARY.scheme("role-model-award", name), name)


def sentences(bundle: Bundle, old: Scheme, new: Scheme) -> list[str]:
    words = Sentences(Labels.of(bundle))
    return [words.sentence(one) for one in compare_schemes(old, new, bundle.package.declaration)]


@pytest.mark.parametrize("name", SCHEMES)
def test_a_scheme_survives_being_written(name: str) -> None:
    old = scheme(name)
    new = read_scheme(written(old), name)

    assert (new.values, new.origins, new.findings) == (old.values, old.origins, old.findings)


def test_nine_changes_nine_sentences_and_the_diagrams_keep_their_hash(bundle: Bundle) -> None:
    old = scheme()
    new = old
    for path, value in {
        "stages.recommend.end": date(2021, 10, 20), "stages.county.start": date(2021, 10, 21), "quota.total": 21, "channels.0.places": 4, "contest.held": False,
        "honours.winner": "职业健康标兵", "review.working_days": 5, "leading_group.office_name": "市卫健委", "cutoff": "17:30",
    }.items():
        new = with_value(new, path, value)

    found = sentences(bundle, old, new)

    assert found == [
        "截止时刻由“24:00”改为“17:30”",
        "办公室设在由“市卫生健康委”改为“市卫健委”",
        "工作阶段“用人单位推荐”的结束日期由10月15日改为10月20日",
        "工作阶段“县区初选”的开始日期由10月16日改为10月21日",
        "受理审查期限（工作日）由3改为5",
        "名额总数由20改为21",
        "推荐渠道“细河区”的名额由3改为4",
        "举行现场竞赛由是改为否",
        "优胜者荣誉由“阜新市“职业健康达人””改为“职业健康标兵”",
    ]
    assert bundle.diagrams_hash == files_hash({name: LIBRARY.package("role-model-award")[name] for name in bundle.package.diagrams})


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_so_many_values_so_many_sentences(bundle: Bundle, data: st.DataObject) -> None:
    old = scheme(data.draw(st.sampled_from(SCHEMES)))
    many = {key for key, one in bundle.package.declaration.keys.items() if one.many}
    paths = [path for path, _ in flat(old.values) if path.rpartition(".")[2] not in NAMES and not any(path.startswith(key + ".") for key in many) and not _in_list(path)]
    chosen = data.draw(st.lists(st.sampled_from(paths), unique=True, max_size=9))
    new = old
    for path in chosen:
        new = with_value(new, path, changed_value(value_at(old.values, path)))

    found = sentences(bundle, old, new)

    assert len(found) == len(set(found)) == len(chosen)
    assert len(sentences(bundle, new, old)) == len(chosen)
    assert not [one for one in found if "操作没有完成" in one or "…" in one]


def _in_list(path: str) -> bool:
    """A value in a list of plain values inside a row (years of a goal): the list is one value."""
    return path.rpartition(".")[2].isdigit()


def test_a_value_and_its_mark_are_one_sentence_a_mark_alone_is_one_too(bundle: Bundle) -> None:
    old = scheme()
    value_too = replace(with_value(old, "quota.total", 22), origins={**old.origins, "quota.total": Origin("项目示例")})
    mark_alone = replace(old, origins={**old.origins, "quota.total": Origin("原文", "五（三）", "全市共20名", "已核对")})

    assert sentences(bundle, old, value_too) == ["名额总数由20改为22"]
    assert sentences(bundle, old, mark_alone) == ["名额总数的依据：说明设为“已核对”"]


def test_rows_that_come_and_go_are_called_by_name(bundle: Bundle) -> None:
    old = scheme()
    channels = old.values["channels"]
    new = with_value(old, "channels", [*channels[1:], {"code": "new", "name": "高新区", "places": 2, "bodies": channels[0]["bodies"]}])

    assert sentences(bundle, old, new) == ["增加推荐渠道“高新区”：渠道代码new，名额2", "删去推荐渠道“细河区”（原为：渠道代码xihe，名额3）"]


def test_last_years_number_and_people_do_not_come_along(bundle: Bundle) -> None:
    made, keys = next_year(scheme(), bundle.package.declaration, "fuxin-2022", "阜新市2022年", 1)

    assert made.values["notice"].get("number") is None and "experts" not in made.values
    assert not [one for one in made.values["channels"] if "employers" in one]
    assert made.values["stages"]["county"] == {"order": 3, "name": "县区初选", "start": date(2022, 10, 16), "end": date(2022, 10, 20)}
    assert made.origins["stages.county"] == Origin("项目示例", "五（三）", "", SHIFTED)
    assert set(keys) == {key for key in bundle.package.declaration.keys if value_at(made.values, key) is not None}


def test_the_29th_of_february_becomes_the_28th(bundle: Bundle) -> None:
    leap = with_value(scheme(), "issued_on", date(2024, 2, 29))

    assert next_year(leap, bundle.package.declaration, "x", "x", 1)[0].values["issued_on"] == date(2025, 2, 28)
