"""The record's own arithmetic: canonical form, chain, tree, checkpoints; every kind of tampering is seen."""
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from engine.journal import merkle
from engine.journal.canonical import canonical_bytes, checked, from_canonical, from_jsonable, to_jsonable
from engine.journal.checkpoint import Checkpoint, read_signed, signed
from engine.journal.entry import GENESIS, Entry, opened, sealed
from engine.journal.verify import verify
from engine.refusals import Refused

MONDAY = datetime(2021, 10, 11, 9, tzinfo=UTC)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False) | st.dates()
    | st.datetimes(timezones=st.just(UTC)) | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text().filter(lambda k: not k.startswith("$")), inner, max_size=4), max_leaves=12)


@given(values)
def test_a_value_comes_back_from_its_canonical_form(value):
    text = canonical_bytes(checked(value))

    assert from_canonical(text) == value and canonical_bytes(from_canonical(text)) == text
    assert from_jsonable(to_jsonable(value)) == value


def test_the_form_is_fixed_for_ever():
    shanghai = datetime(2021, 10, 16, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

    assert canonical_bytes({"乙": Decimal("1.50"), "a": [date(2021, 10, 15), MONDAY, shanghai, timedelta(days=1)]}).decode() == (
        '{"a":[{"$date":"2021-10-15"},{"$at":"2021-10-11T09:00:00+00:00"},{"$at":"2021-10-16T00:00:00+08:00[Asia/Shanghai]"},{"$dur":"86400"}],"乙":{"$d":"1.50"}}')


@pytest.mark.parametrize(("value", "code"), [(0.5, "value.type"), ({"$d": "1"}, "value.key"), ({1: 2}, "value.key"), ([object()], "value.type"), ("x" * 2_000_000, "value.size")])
def test_what_has_no_exact_form_is_refused_at_the_border(value, code):
    with pytest.raises(Refused) as refused:
        checked(value)

    assert refused.value.code == code


def chain(stream: str, count: int) -> list[bytes]:
    texts, last = [], GENESIS
    for seq in range(1, count + 1):
        text, last = sealed(Entry(stream, seq, MONDAY + timedelta(minutes=seq), "ann", "Complete", {"task": f"t{seq}"}, [["TaskCompleted", f"t{seq}"]], prev_hash=last))
        texts.append(text)
    return texts


def leaves_of(texts: list[bytes]) -> list[tuple[int, str, int, bytes]]:
    return [(n, opened(t).stream, opened(t).seq, merkle.leaf_hash(t)) for n, t in enumerate(texts)]


def test_an_untouched_export_is_intact():
    texts = chain("a", 5) + chain("b", 3)
    leaves = leaves_of(texts)

    found = verify(texts, leaves[:7], [Checkpoint("fuxin", 4, merkle.root([leaf[3] for leaf in leaves[:4]]))])

    assert (found.findings, found.entries, found.streams, found.unsequenced) == ([], 8, 2, (("b", 3),))


def tamperings(texts: list[bytes]):
    entry = opened(texts[2])
    yield "deleted", texts[:2] + texts[3:]
    yield "swapped", [texts[0], texts[2], texts[1], *texts[3:]]
    yield "doubled", [*texts[:3], texts[2], *texts[3:]]
    yield "edited", [*texts[:2], sealed(replace(entry, actor="eve"))[0], *texts[3:]]
    yield "backdated", [*texts[:2], sealed(replace(entry, at=MONDAY - timedelta(days=1)))[0], *texts[3:]]
    yield "spaced", [*texts[:2], texts[2].replace(b":", b": ", 1), *texts[3:]]
    yield "cut off", texts[:-1]
    rewritten, last = [], GENESIS
    for text in texts:
        forged = replace(opened(text), actor="eve", prev_hash=last)
        text, last = sealed(forged)
        rewritten.append(text)
    yield "whole chain rewritten", rewritten


def test_every_kind_of_tampering_is_seen():
    texts = chain("a", 6)
    leaves = leaves_of(texts)

    seen = {kind: bool(verify(changed, leaves).findings) for kind, changed in tamperings(texts)}

    assert seen == dict.fromkeys(seen, True)


def test_a_tree_rewritten_with_its_leaves_fails_at_the_checkpoint():
    texts = chain("a", 6)
    anchor = Checkpoint("fuxin", 5, merkle.root([leaf[3] for leaf in leaves_of(texts)[:5]]))
    forged = [*texts[:3], *(sealed(replace(opened(t), actor="eve"))[0] for t in texts[3:])]

    assert "checkpoint.root" in {f.code for f in verify(forged, leaves_of(forged), [anchor]).findings}


def test_proofs_hold_for_every_small_tree_and_no_other():
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(40)]
    for size in range(1, 40):
        head, peaks = merkle.root(leaves[:size]), []
        for leaf in leaves[:size]:
            peaks = merkle.extended(peaks, leaf)
        assert merkle.root_of(peaks) == head
        for index in range(size):
            path = merkle.inclusion(leaves[:size], index)
            assert merkle.included(leaves[index], index, size, path, head)
            assert not merkle.included(leaves[index + 1], index, size, path, head)
        for old in range(1, size + 1):
            proof = merkle.consistency(leaves[:size], old)
            assert merkle.consistent(old, size, merkle.root(leaves[:old]), head, proof)
            assert not merkle.consistent(old, size, merkle.root(leaves[1 : old + 1]), head, proof)


def test_rfc_9162_empty_tree():
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_checkpoint_is_read_only_with_the_key_that_signed_it():
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()

    def verifier(of):
        def check(message: bytes, signature: bytes) -> bool:
            try:
                of.public_key().verify(signature, message)
            except InvalidSignature:
                return False
            return True
        return check

    checkpoint = Checkpoint("fuxin", 3, b"r" * 32)
    note = signed(checkpoint, "banli", public, key.sign)

    assert read_signed(note, "banli", public, verifier(key)) == checkpoint
    for forged, name in ((note.replace("\n3\n", "\n4\n"), "banli"), (note, "other"), ("nonsense", "banli")):
        with pytest.raises(Refused):
            read_signed(forged, name, public, verifier(key))
    with pytest.raises(Refused):
        read_signed(note, "banli", public, verifier(other))
