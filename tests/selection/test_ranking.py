"""Ranking, the cut line, ties that stop and ties that do not matter, substitution."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import Refused
from engine.selection.ranking import Tie, cut, rank, settle, substitute
from engine.selection.scores import Component, Entry

VIDEO = (Component("video", D(60)), Component("exercise", D(40)))


def entry(id, video, exercise=50, channel="x", **attributes):
    return Entry(id, {"video": D(video), "exercise": D(exercise)}, channel, attributes)


def ids(ranked):
    return [one.id for one in ranked]


def test_the_best_come_first_and_the_cut_is_at_the_places():
    found = rank([entry("a", 70), entry("b", 90), entry("c", 80)], VIDEO, 2)

    assert (ids(found.ranked), found.selected, found.rest, found.tie) == (["b", "c", "a"], ("b", "c"), ("a",), None)
    assert [one.total for one in found.ranked] == [D("74.00"), D("68.00"), D("62.00")]


def test_a_tie_at_the_cut_line_is_reported_and_not_broken():
    found = rank([entry("a", 90), entry("b", 80), entry("c", 80), entry("d", 80), entry("e", 10)], VIDEO, 3)

    assert found.tie == Tie(("b", "c", "d"), 2, D("68.00"))
    assert (found.selected, found.rest) == (("a",), ("e",))


def test_a_tie_above_the_cut_shares_a_rank_and_stops_nobody():
    found = rank([entry("a", 90), entry("b", 90), entry("c", 80), entry("d", 10)], VIDEO, 3)

    assert ([one.rank for one in found.ranked], found.selected, found.tie) == ([1, 1, 3, 4], ("a", "b", "c"), None)


def test_the_declared_chain_breaks_ties_by_component_and_then_by_attribute():
    entries = [
        entry("a", 80, 50, frontline=False),
        entry("b", 80, 50, frontline=True),
        entry("c", "60", "80", frontline=False),  # the same total by another way
    ]

    found = rank(entries, VIDEO, 1, ties=["exercise", "frontline"])

    assert [one.total for one in found.ranked] == [D("68.00")] * 3
    assert (ids(found.ranked), found.selected, found.tie) == (["c", "b", "a"], ("c",), None)


def test_an_attribute_that_an_entry_does_not_have_is_refused():
    with pytest.raises(Refused) as refused:
        rank([entry("a", 80)], VIDEO, 1, ties=["frontline"])

    assert (refused.value.code, refused.value.details) == ("rank.unknown_tie", {"entry": "a", "attribute": "frontline"})


@pytest.mark.parametrize(("places", "selected"), [(0, ()), (2, ("a", "b")), (9, ("a", "b"))])
def test_places_at_the_edges(places, selected):
    assert rank([entry("a", 90), entry("b", 90)], VIDEO, places).selected == selected


def test_the_decided_order_of_a_tie_settles_the_cut():
    found = rank([entry("a", 90), entry("b", 80), entry("c", 80), entry("d", 80)], VIDEO, 2)

    settled = settle(found.ranked, found.tie.ids, ["d", "b", "c"], 2)

    assert (settled.selected, settled.rest, settled.tie) == (("a", "d"), ("b", "c"), None)
    assert [(one.id, one.rank) for one in settled.ranked] == [("a", 1), ("d", 2), ("b", 3), ("c", 4)]


@pytest.mark.parametrize("order", [["b"], ["b", "c", "e"], ["b", "b", "c", "d"]])
def test_an_order_must_name_exactly_the_tied(order):
    found = rank([entry("a", 90), entry("b", 80), entry("c", 80), entry("d", 80)], VIDEO, 2)

    with pytest.raises(Refused) as refused:
        settle(found.ranked, found.tie.ids, order, 2)

    assert refused.value.code == "tie.order"


def test_entries_that_are_not_tied_cannot_be_reordered():
    found = rank([entry("a", 90), entry("b", 80)], VIDEO, 1)

    with pytest.raises(Refused) as refused:
        settle(found.ranked, ["a", "b"], ["b", "a"], 1)

    assert refused.value.code == "tie.not_together"


TWO_CHANNELS = [entry("a", 90), entry("b", 80, channel="y"), entry("c", 70), entry("d", 60, channel="y"), entry("e", 50)]


@pytest.mark.parametrize(
    ("scope", "exclude", "selected", "chosen"),
    [
        ("channel_then_all", [], ("b", "c"), "c"),
        ("channel_then_all", ["c", "e"], ("b", "d"), "d"),
        ("channel", ["c", "e"], ("b",), None),
        ("all", ["c"], ("b", "d"), "d"),
        ("none", [], ("b",), None),
    ],
)
def test_the_substitute_is_of_the_same_channel_first(scope, exclude, selected, chosen):
    found = rank(TWO_CHANNELS, VIDEO, 2)

    after, substituted = substitute(found.ranked, found.selected, "a", scope, exclude)

    assert (after, substituted and substituted.id) == (selected, chosen)


def test_a_tie_among_the_next_waits_for_a_decision():
    found = rank([entry("a", 90), entry("b", 80), entry("c", 80)], VIDEO, 1)

    with pytest.raises(Refused) as refused:
        substitute(found.ranked, found.selected, "a")

    assert (refused.value.code, refused.value.details) == ("substitute.tie", {"entries": ["b", "c"]})
    assert substitute(found.ranked, found.selected, "a", order=["c"])[0] == ("c",)


ENTRIES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12).map(
    lambda pairs: [entry(f"n{index}", video, exercise) for index, (video, exercise) in enumerate(pairs)]
)


@given(ENTRIES, st.integers(0, 12), st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_the_order_of_arrival(entries, places, random):
    shuffled = list(entries)
    random.shuffle(shuffled)

    one, other = rank(entries, VIDEO, places, ties=["exercise"]), rank(shuffled, VIDEO, places, ties=["exercise"])

    assert {r.id: r.rank for r in one.ranked} == {r.id: r.rank for r in other.ranked}
    assert (set(one.selected), set(one.rest)) == (set(other.selected), set(other.rest))
    assert (one.tie is None) == (other.tie is None)
    if one.tie:
        assert (set(one.tie.ids), one.tie.places, one.tie.at) == (set(other.tie.ids), other.tie.places, other.tie.at)


@given(ENTRIES, st.integers(0, 12))
def test_everybody_is_in_exactly_one_place_and_nobody_better_is_left_out(entries, places):
    found = rank(entries, VIDEO, places)
    tied = found.tie.ids if found.tie else ()

    assert sorted([*found.selected, *found.rest, *tied]) == sorted(one.id for one in entries)
    assert len(found.selected) + (found.tie.places if found.tie else 0) == min(places, len(entries))
    of = {one.id: one.key for one in found.ranked}
    assert all(of[inside] >= of[outside] for inside in found.selected for outside in found.rest)
    if found.tie:
        assert 0 < found.tie.places < len(tied) and len({of[id] for id in tied}) == 1


@given(ENTRIES, st.integers(0, 12))
def test_a_settled_tie_leaves_no_tie(entries, places):
    found = rank(entries, VIDEO, places)
    if found.tie:
        settled = settle(found.ranked, found.tie.ids, list(reversed(found.tie.ids)), places)
        assert (settled.tie, len(settled.selected)) == (None, places)
    else:
        assert cut(found.ranked, places) == found
