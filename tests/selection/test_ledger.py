"""The quota ledger: what it refuses, and that places are never made or lost."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import Refused
from engine.selection.ledger import Balance, Ledger

FUXIN = {"xihe": 3, "haizhou": 3, "fumeng": 3, "zhangwu": 3, "taiping": 2, "xinqiu": 2, "qinghemen": 2, "supervision": 2}


def test_the_split_of_fuxin_opens_with_twenty_places():
    ledger = Ledger.open(FUXIN.items(), 20)

    assert (ledger.places, ledger.booked) == (20, 0)


@pytest.mark.parametrize(
    ("accounts", "total", "code"),
    [
        ([("a", 3), ("b", 4)], 8, "quota.sum"),
        ([("a", 3), ("a", 4)], 7, "quota.account_twice"),
        ([("a", -1), ("b", 2)], 1, "quota.not_positive"),
    ],
)
def test_a_ledger_that_cannot_be_is_not_opened(accounts, total, code):
    with pytest.raises(Refused) as refused:
        Ledger.open(accounts, total)

    assert refused.value.code == code


def test_the_ten_areas_of_shiyan_sum_to_33_whatever_the_text_counts():
    split = [9, 4, 6, 2, 2, 4, 2, 2, 1, 1]

    assert Ledger.open([(f"area{n}", places) for n, places in enumerate(split)], 33).places == 33


def test_the_place_too_many_is_refused_with_the_balance():
    ledger = Ledger.open(FUXIN.items(), 20).book("xihe", 2)

    with pytest.raises(Refused) as refused:
        ledger.book("xihe", 2)

    assert refused.value.code == "quota.exceeded"
    assert refused.value.details == {"channel": "xihe", "quota": 3, "booked": 2, "left": 1, "asked": 2}


def test_only_free_places_can_be_transferred():
    ledger = Ledger.open(FUXIN.items(), 20).book("taiping", 1)

    after = ledger.transfer("taiping", "xihe", 1)

    assert (after.account("taiping"), after.account("xihe")) == (Balance("taiping", 1, 1), Balance("xihe", 4, 0))
    with pytest.raises(Refused) as refused:
        after.transfer("taiping", "xihe", 1)
    assert refused.value.code == "quota.nothing_left"


STEPS = st.lists(
    st.tuples(st.sampled_from(["book", "release", "transfer"]), st.sampled_from(sorted(FUXIN)), st.sampled_from(sorted(FUXIN)), st.integers(-1, 5)),
    max_size=30,
)


@given(STEPS)
def test_whatever_is_tried_places_are_conserved_and_never_overbooked(steps):
    ledger = Ledger.open(FUXIN.items(), 20)
    held = 0
    for what, account, other, places in steps:
        try:
            match what:
                case "book":
                    ledger, held = ledger.book(account, places), held + places
                case "release":
                    ledger, held = ledger.release(account, places), held - places
                case "transfer":
                    ledger = ledger.transfer(account, other, places)
        except Refused:
            pass
        assert ledger.places == 20
        assert ledger.booked == held
        assert all(0 <= balance.booked <= balance.places for balance in ledger.accounts.values())
