"""Entries as they lie in their column: short ones as they are, long ones deflated, found by what they name, and read back byte for byte."""
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.database import journal
from adapters.database.chronicle import Chronicle, Wanted
from adapters.database.connection import Database
from adapters.database.packing import LONG, elements_of, packed, unpacked
from adapters.database.people import People
from adapters.database.store import Store
from engine.commands import Complete, Start


@given(st.binary(max_size=40_000).map(lambda rest: b"{" + rest))
def test_what_was_packed_comes_back(body: bytes) -> None:
    assert (unpacked(packed(body)), packed(body) == body) == (body, len(body) < LONG)


@pytest.mark.parametrize("library", ["zlib", "isal.isal_zlib"])
@pytest.mark.parametrize("length", [LONG, 1 << 13, 1 << 16])
def test_what_either_library_packed_is_read(library: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.database.packing.deflating", pytest.importorskip(library))
    body = b'{"answers":{' + b"".join(b"%d," % (n * n) for n in range(length // 5))[:length]
    assert (unpacked(packed(body)), len(packed(body)) < len(body) * 0.7) == (body, True)


def test_what_was_packed_years_ago_is_read() -> None:
    then = bytes.fromhex("5866ac3ac5cb0372801a929247e168088c86c068088c86c068088c86c068080c8e1050aa0500294a50c5")
    assert unpacked(then) == b'{"a":"' + b"bc" * 1100 + b'"}'


@pytest.mark.parametrize("spoilt", [b"", b"x" * 9, packed(b"{" + b"a" * LONG)[:-4], "text", None])
def test_what_was_never_packed_comes_back_as_it_is(spoilt: object) -> None:
    assert unpacked(spoilt) == spoilt


def test_elements_are_named_once_each_and_only_of_a_long_entry() -> None:
    short = b'{"element":"b"},{"element":"a"},{"element":"b"}'
    assert (elements_of(short), elements_of(short + b" " * LONG)) == (None, " a b ")


def test_a_long_answer_is_stored_small_read_whole_and_found_by_its_element(store: Store, database: Database) -> None:
    people = People(database)
    people.add_organisation("fuxin", "unit", "某单位", "单位")
    people.add_person("fuxin", "ann", "甲（虚构）")
    people.add_post("fuxin", "post", "unit", "applicant", "经办")
    people.grant("fuxin", "ann", "post")
    note = "一段很长的情况说明。" * 300
    store.start("fuxin", Start("ann", "i1", "approval", "p"), "s")
    store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1, "note": note}), "c")

    with database.reading() as connection:
        lying = connection.exec_driver_sql("SELECT length(body), elements FROM entry WHERE stream = 'i1' ORDER BY seq").all()
        written = list(journal.entries(connection, "fuxin", "i1"))
    with database.looking() as transaction:
        again = journal.entries_of(transaction, "fuxin", "i1")

    assert [(size < LONG, elements) for size, elements in lying] == [(True, None), (True, " check submit ")]
    assert ([each.entry for each in written], again[1].input["answers"]["note"]) == (again, note)
    assert [sha256(each.body).hexdigest() for each in written] == [each.hash for each in written]
    assert store.handle("fuxin", "i1", Complete("ann", "t1", answers={"amount": 1, "note": note}), "c").repeated
    assert found_by(database, "submit") == [2, 1] and found_by(database, "check") == [2] and found_by(database, "chec") == []


def found_by(database: Database, element: str) -> list[int]:
    return [line.entry.seq for line in Chronicle(database).lines("fuxin", "ann", Wanted(elements=(element,)), 10)]
