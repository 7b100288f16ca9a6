"""The record as a file: what was written is intact, every kind of tampering is seen in it, whole or in part, and nothing else opens it."""
from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from adapters.keys.place_keys import verified
from engine.journal import merkle
from engine.journal.archive import _Tree, Checked, Extract, checked, written
from engine.journal.canonical import canonical_text, from_canonical
from engine.journal.checkpoint import Checkpoint, signed
from engine.journal.entry import GENESIS, Entry, opened, sealed
from engine.refusals import Refused

MONDAY = datetime(2021, 10, 11, 9, tzinfo=UTC)
KEY, FORGER = Ed25519PrivateKey.from_private_bytes(b"k" * 32), Ed25519PrivateKey.from_private_bytes(b"f" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()


def chain(stream: str, count: int) -> list[bytes]:
    texts, last = [], GENESIS
    for seq in range(1, count + 1):
        text, last = sealed(Entry(stream, seq, MONDAY + timedelta(minutes=seq), "ann", "Complete", {"task": f"t{seq}"}, [["TaskCompleted", {"task": f"t{seq}"}]],
                                  prev_hash=last))
        texts.append(text)
    return texts


def extract(streams: list[str], texts: list[bytes] | None = None, key: Ed25519PrivateKey = KEY, sizes: tuple[int, ...] = (4, 9)) -> Extract:
    """Of a place with the streams a (6 entries) and b (3), entered in turn."""
    everything = texts or chain("a", 6) + chain("b", 3)
    order = sorted(everything, key=lambda text: (opened(text).seq, opened(text).stream))
    tree = [merkle.leaf_hash(text) for text in order]
    public = key.public_key().public_bytes_raw()
    notes = [signed(Checkpoint("fuxin", size, merkle.root(tree[:size])), "banli", public, key.sign) for size in sizes]
    leaves = [(n, opened(text).stream, opened(text).seq, merkle.leaf_hash(text)) for n, text in enumerate(order) if opened(text).stream in streams]
    return Extract("fuxin", MONDAY, "auditor", "place", [text for text in everything if opened(text).stream in streams], leaves, tree, notes)


def file(streams: list[str], **more: Any) -> bytes:
    key = more.get("key", KEY)
    return written(extract(streams, **more), "banli", key.public_key().public_bytes_raw(), key.sign)


def check(data: bytes, **more: Any) -> Checked:
    return checked(data, verified, **more)


WHOLE, PART = ["a", "b"], ["a"]


@pytest.mark.parametrize("streams", [WHOLE, PART])
def test_an_untouched_file_is_intact(streams: list[str]) -> None:
    found = check(file(streams), key=PUBLIC)

    assert found.verified.findings == []
    assert (found.place, found.by, found.at, found.verified.entries, found.verified.leaves, found.verified.checkpoints) == (
        "fuxin", "auditor", MONDAY, 9 if streams == WHOLE else 6, 9 if streams == WHOLE else 6, 2)


Parts = dict[str, Any]


def _entry(at: int, change: Callable[[Entry], Entry]) -> Callable[[Parts], None]:
    def tamper(parts: Parts) -> None:
        parts["entries"][at] = sealed(change(opened(parts["entries"][at])))[0].decode()
    return tamper


def _rewritten(parts: Parts) -> None:
    """The whole chain of `a`, its leaves with it."""
    last = GENESIS
    for n, text in enumerate(parts["entries"]):
        if opened(text).stream == "a":
            text, last = sealed(replace(opened(text), actor="eve", prev_hash=last))
            parts["entries"][n] = text.decode()
            leaf = next(leaf for leaf in parts["leaves"] if leaf[1:3] == ["a", opened(text).seq])
            leaf[3] = merkle.leaf_hash(text).hex()


def _manifest(parts: Parts, **changed: Any) -> None:
    parts["manifest"] = canonical_text({**from_canonical(parts["manifest"]), **changed})


def _cut(parts: Parts) -> None:
    """The last entry of `a` and everything that speaks of it."""
    at = max(n for n, text in enumerate(parts["entries"]) if opened(text).stream == "a")
    del parts["entries"][at]
    number = next(n for n, leaf in enumerate(parts["leaves"]) if leaf[1:3] == ["a", 6])
    del parts["leaves"][number]
    if parts["proof"]:
        del parts["proof"]["paths"][number]


def _swap(rows: list[Any], left: int, right: int) -> None:
    rows[left], rows[right] = rows[right], rows[left]


# The kinds of tests/journal, as they would be done to a file, and those that only a file offers.
TAMPERINGS: dict[str, Callable[[Parts], None]] = {
    "deleted": lambda parts: parts["entries"].pop(2),
    "swapped": lambda parts: _swap(parts["entries"], 1, 2),
    "doubled": lambda parts: parts["entries"].insert(3, parts["entries"][2]),
    "edited": _entry(2, lambda entry: replace(entry, actor="eve")),
    "backdated": _entry(2, lambda entry: replace(entry, at=MONDAY - timedelta(days=1))),
    "spaced": lambda parts: parts["entries"].__setitem__(2, parts["entries"][2].replace(":", ": ", 1)),
    "cut off": lambda parts: parts["entries"].pop(5),
    "cut off with its leaf": _cut,
    "whole chain rewritten with its leaves": _rewritten,
    "a checkpoint of another size": lambda parts: parts["checkpoints"].__setitem__(1, parts["checkpoints"][1].replace("\n9\n", "\n8\n")),
    "a checkpoint of another key": lambda parts: parts["checkpoints"].__setitem__(0, signed(
        Checkpoint("fuxin", 4, b"r" * 32), "banli", FORGER.public_key().public_bytes_raw(), FORGER.sign)),
    "a checkpoint that is nonsense": lambda parts: parts["checkpoints"].__setitem__(0, "nonsense\n1\n\n— banli !!!"),
    "the last checkpoint taken away": lambda parts: parts["checkpoints"].pop(),
    "all checkpoints taken away": lambda parts: parts["checkpoints"].clear(),
    "checkpoints swapped": lambda parts: _swap(parts["checkpoints"], 0, 1),
    "a leaf taken away": lambda parts: parts["leaves"].pop(),
    "a leaf's hash changed": lambda parts: parts["leaves"][3].__setitem__(3, "0" * 64),
    "a leaf's number changed": lambda parts: parts["leaves"][3].__setitem__(0, 7),
    "leaves swapped": lambda parts: _swap(parts["leaves"], 0, 1),
    "who exported it": lambda parts: _manifest(parts, by="eve"),
    "when it was exported": lambda parts: _manifest(parts, at=MONDAY + timedelta(days=1)),
    "another place's name": lambda parts: _manifest(parts, place="hubei"),
    "a stream less in the manifest": lambda parts: _manifest(parts, streams=from_canonical(parts["manifest"])["streams"][1:]),
    "the signature": lambda parts: parts.__setitem__("signature", b64encode(b"s" * 64).decode()),
    "the public key": lambda parts: parts["key"].__setitem__("public", b64encode(FORGER.public_key().public_bytes_raw()).decode()),
}
OF_A_PART: dict[str, Callable[[Parts], None]] = {
    "a path taken away": lambda parts: parts["proof"]["paths"].pop(),
    "a path changed": lambda parts: parts["proof"]["paths"][0].__setitem__(0, "0" * 64),
    "paths swapped": lambda parts: _swap(parts["proof"]["paths"], 0, 1),
    "a proof of growth changed": lambda parts: parts["proof"]["consistency"][0].__setitem__(0, "0" * 64),
    "no proof": lambda parts: parts.__setitem__("proof", None),
}


def kinds() -> Iterator[tuple[str, list[str], Callable[[Parts], None]]]:
    for name, tamper in TAMPERINGS.items():
        yield f"whole: {name}", WHOLE, tamper
    for name, tamper in {**TAMPERINGS, **OF_A_PART}.items():
        yield f"part: {name}", PART, tamper


@pytest.mark.parametrize(("streams", "tamper"), [pytest.param(streams, tamper, id=name) for name, streams, tamper in kinds()])
def test_every_kind_of_tampering_is_seen(streams: list[str], tamper: Callable[[Parts], None]) -> None:
    parts = json.loads(file(streams))
    tamper(parts)

    assert check(json.dumps(parts).encode()).verified.findings


@pytest.mark.parametrize("streams", [WHOLE, PART])
def test_a_file_made_anew_with_another_key_is_seen_by_who_knows_the_key(streams: list[str]) -> None:
    forged = file(streams, key=FORGER)

    assert check(forged).verified.findings == []
    assert [one.code for one in check(forged, key=PUBLIC).verified.findings] == ["archive.key"]


@pytest.mark.parametrize("streams", [WHOLE, PART])
def test_a_record_rewritten_with_the_stolen_key_is_seen_by_who_kept_a_checkpoint(streams: list[str]) -> None:
    kept = extract(WHOLE).checkpoints[0]
    last, forged = GENESIS, []
    for text in chain("a", 6):
        text, last = sealed(replace(opened(text), actor="eve", prev_hash=last))
        forged.append(text)
    rewritten = file(streams, texts=forged + chain("b", 3))

    assert check(rewritten, key=PUBLIC).verified.findings == []
    assert [one.code for one in check(rewritten, key=PUBLIC, anchors=[kept]).verified.findings] == ["archive.anchor"]
    assert check(file(streams), key=PUBLIC, anchors=[kept]).verified.findings == []


def test_an_anchor_that_cannot_be_read_is_said_so() -> None:
    assert [one.code for one in check(file(WHOLE), anchors=["nonsense"]).verified.findings] == ["archive.anchor_unread"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"format": "banli-journal-1"}', b"\xff\xfe", b'{"format": "banli-journal-1", "manifest": "{}"}', b"[" * 100_000])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        check(data)

    assert refused.value.code == "archive.form"


def test_another_format_is_named() -> None:
    with pytest.raises(Refused) as refused:
        check(b'{"format": "banli-journal-9"}')

    assert (refused.value.code, refused.value.details["found"]) == ("archive.format", "banli-journal-9")


def test_a_file_is_not_written_beyond_its_last_checkpoint() -> None:
    with pytest.raises(Refused) as refused:
        file(WHOLE, sizes=(4, 8))

    assert refused.value.code == "archive.uncovered"


@given(st.data())
def test_no_change_of_one_character_goes_unseen(data: st.DataObject) -> None:
    """Anywhere in the file: it is refused or found, or it says the same (an escape, a space between parts)."""
    text = file(PART).decode()
    at = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from("0 a}\"é"))
    changed = text[:at] + sign + text[at + 1 :]
    try:
        found = check(changed.encode(), key=PUBLIC)
    except Refused as refused:
        assert refused.code in ("archive.form", "archive.format")
    else:
        assert found.verified.findings or _same(changed, text)


def _same(left: str, right: str) -> bool:
    one, other = json.loads(left), json.loads(right)
    for parts in (one, other):
        parts["leaves"] = [[*leaf[:3], leaf[3].lower()] for leaf in parts["leaves"]]
    return bool(one == other)


def test_quick_proofs_are_those_of_the_definition() -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(40)]
    for size in range(1, 40):
        tree = _Tree(leaves[:size])
        assert [tree.path(index) for index in range(size)] == [merkle.inclusion(leaves[:size], index) for index in range(size)]
        assert [tree.consistency(old) for old in range(1, size + 1)] == [merkle.consistency(leaves[:size], old) for old in range(1, size + 1)]
