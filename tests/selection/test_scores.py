"""Exact scores: rounding, the trimmed mean, weights and bonus, channels made comparable."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import Refused
from engine.selection.scores import (
    Bonus,
    Component,
    Entry,
    PanelResult,
    Sheet,
    Trim,
    normalised,
    panel,
    rounded,
    total,
    trimmed_mean,
)

PARTS = (Component("video", D(40)), Component("quiz", D(30)), Component("exercise", D(30)))
TALENT = (Bonus("talent", D(5)),)


@pytest.mark.parametrize(
    ("number", "expected"), [("2.345", "2.35"), ("2.344999", "2.34"), ("-2.345", "-2.35"), ("0", "0.00"), ("0.005", "0.01"), ("99.995", "100.00")]
)
def test_rounding_is_half_up_and_exact(number, expected):
    assert str(rounded(D(number), 2)) == expected


def test_from_five_scores_the_highest_and_the_lowest_do_not_count():
    assert trimmed_mean([D(60), D(90), D(92), D(91), D(100)], Trim(), 2) == (D("91.00"), True)


def test_four_scores_all_count():
    assert trimmed_mean([D(60), D(90), D(90), D(100)], Trim(), 2) == (D("85.00"), False)


def test_a_third_is_rounded_once_at_the_end():
    assert trimmed_mean([D(1), D(1), D(0)], None, 4) == (D("0.6667"), False)


def test_a_recused_judge_counts_as_no_sheet_and_an_abstention_as_no_score():
    sheets = [
        Sheet("a", "n1", {"video": D(80), "quiz": D(90), "exercise": D(70)}),
        Sheet("b", "n1", {"video": D(90), "quiz": None, "exercise": D(80)}),
        Sheet("c", "n1", {"video": D(10), "quiz": D(10), "exercise": D(10)}, recused=True),
    ]

    assert panel(sheets, PARTS, TALENT) == (PanelResult("n1", {"video": D("85.00"), "quiz": D("90.00"), "exercise": D("75.00")}, 2),)


def test_a_bonus_that_some_judges_left_out_counts_as_nothing_from_them():
    sheets = [Sheet("a", "n1", {"talent": D(4)}), Sheet("b", "n1", {"talent": None})]

    assert panel(sheets, (), TALENT) == (PanelResult("n1", {"talent": D("2.00")}, 2),)


@pytest.mark.parametrize(
    ("sheets", "code"),
    [
        ([Sheet("a", "n1", {"video": D(1)}), Sheet("a", "n1", {"video": D(2)})], "panel.sheet_twice"),
        ([Sheet("a", "n1", {"video": D(1)}, recused=True)], "panel.too_few_judges"),
        ([Sheet("a", "n1", {"video": None})], "panel.no_score"),
        ([Sheet("a", "n1", {"song": D(3)})], "panel.unknown_component"),
    ],
)
def test_a_panel_without_basis_is_refused(sheets, code):
    with pytest.raises(Refused) as refused:
        panel(sheets, PARTS[:1])

    assert refused.value.code == code


def test_the_total_is_weighted_and_the_bonus_only_adds():
    scores = {"video": D(90), "quiz": D(80), "exercise": D(70)}

    assert total("n1", scores, PARTS, TALENT) == D("81.00")
    assert total("n1", {**scores, "talent": D("3.5")}, PARTS, TALENT) == D("84.50")
    assert total("n1", {**scores, "talent": D(9)}, PARTS, TALENT) == D("86.00")


def test_a_negative_bonus_is_refused():
    with pytest.raises(Refused) as refused:
        total("n1", {"video": D(90), "quiz": D(80), "exercise": D(70), "talent": D(-1)}, PARTS, TALENT)

    assert (refused.value.code, refused.value.details) == ("rank.negative_bonus", {"entry": "n1", "component": "talent"})


def test_without_a_score_in_a_component_there_is_no_total():
    with pytest.raises(Refused) as refused:
        total("n1", {"video": D(90)}, PARTS, ())

    assert refused.value.details == {"entry": "n1", "component": "quiz"}


def entry(id, channel, video):
    return Entry(id, {"video": D(video)}, channel)


def test_shares_of_each_channels_highest():
    entries = [entry("a", "x", 50), entry("b", "x", 40), entry("c", "y", 90)]

    found = normalised(entries, PARTS[:1], "share", 2)

    assert [one.scores["video"] for one in found] == [D("100.00"), D("80.00"), D("100.00")]


def test_standard_scores_of_each_channel():
    entries = [entry("a", "x", 1), entry("b", "x", 3), entry("c", "y", 90)]

    found = normalised(entries, PARTS[:1], "z", 2)

    assert [one.scores["video"] for one in found] == [D("40.00"), D("60.00"), D("50.00")]


SCORES = st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=12)


@given(SCORES)
def test_a_mean_lies_between_the_lowest_and_the_highest_kept(scores):
    mean, cut = trimmed_mean(scores, Trim(), 2)
    kept = sorted(scores)[1:-1] if cut else scores

    assert min(kept) <= mean <= max(kept)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_sheets_does_not_matter(scores, random):
    shuffled = list(scores)
    random.shuffle(shuffled)

    assert trimmed_mean(scores, Trim(), 2) == trimmed_mean(shuffled, Trim(), 2)


@given(st.decimals(0, 5, places=1), st.decimals(0, 100, places=1))
def test_a_talent_show_never_makes_a_total_smaller(talent, score):
    scores = {"video": score, "quiz": score, "exercise": score}

    assert total("n", {**scores, "talent": talent}, PARTS, TALENT) >= total("n", scores, PARTS, TALENT)
