"""Canonical form is the same text whoever writes it: orjson, or Python's json module for what orjson does not take."""
from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import Complete
from engine.feel.temporal import YearMonthDuration
from engine.journal.canonical import canonical_bytes, canonical_text, slowly


class Text(str):
    """A text of a type of its own."""


class Number(int):
    """An integer of a type of its own."""


class Pair(NamedTuple):
    left: Any
    right: Any


zones: st.SearchStrategy[tzinfo] = st.sampled_from([timezone.utc, ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai"), timezone(timedelta(hours=8))])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.one_of(st.none(), zones))
texts = st.text(st.characters(codec="utf-8")) | st.sampled_from(["\x00", "\x1f", "\x7f", "\u2028", "\ufffd", "𠮷", '"\\/\b\f\n\r\t'])
atoms = (
    st.none() | st.booleans() | st.integers() | texts | texts.map(Text) | st.integers(-9, 9).map(Number) | st.decimals(allow_nan=False, allow_infinity=False)
    | moments | st.dates() | st.times() | st.timedeltas(timedelta(-9999), timedelta(9999)) | st.builds(YearMonthDuration, st.integers(-999, 999)))
values = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.builds(Pair, inner, inner)
    | st.dictionaries(texts, inner, max_size=4) | st.dictionaries(texts, inner, max_size=4).map(MappingProxyType), max_leaves=12)


@settings(max_examples=300)
@given(values)
def test_both_encoders_write_the_same(value: Any) -> None:
    assert canonical_bytes(value) == slowly(value).encode()


@pytest.mark.parametrize("value", [
    2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, {"a": [10**30, "b"]},
    {"\uffff": 1, "\U00010000": 2, "é": 3, "z": 4},  # by code point, not by UTF-16 unit
    Complete("ann", "t1", answers={"on": date(2030, 1, 1)}), {"at": time(9, 0, 0, 1)}, frozenset({"b", "a"}),
], ids=itertools.count())  # the same names in every process, whatever its hash seed
def test_at_the_edges_too(value: Any) -> None:
    assert canonical_bytes(value) == slowly(value).encode()


def test_as_deep_as_it_goes() -> None:
    value: Any = 1
    for _ in range(400):
        value = [value]

    assert canonical_text(value) == "[" * 400 + "1" + "]" * 400


def test_moments_that_are_equal_keep_their_own_zone() -> None:
    here = datetime(2030, 1, 1, 9, tzinfo=timezone.utc)
    there = here.astimezone(ZoneInfo("Asia/Shanghai"))

    assert canonical_text([here, there, here]) == (
        '[{"$at":"2030-01-01T09:00:00+00:00"},{"$at":"2030-01-01T17:00:00+08:00[Asia/Shanghai]"},{"$at":"2030-01-01T09:00:00+00:00"}]')


@pytest.mark.parametrize("value", [object(), {"a": object()}, [object()], b"bytes", "\ud800", {"\ud800": 1}, {None: 1, "b": 2}], ids=itertools.count())
def test_both_refuse_the_same(value: Any) -> None:
    def refused(write: Callable[[Any], Any]) -> str:
        with pytest.raises((TypeError, UnicodeEncodeError)) as error:
            write(value)
        return str(error.value)

    assert refused(canonical_bytes) == refused(lambda given: slowly(given).encode())
