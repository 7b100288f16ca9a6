"""The record as one JSON file that can be checked without the system that wrote it: entries as they were sealed, leaves, proofs, checkpoints.

Writes and checks text only; the signing key and the check of a signature are the caller's. The file:

    format      "banli-journal-1"
    manifest    canonical text {v, place, at, by, scope, whole, size, notes: SHA-256 of the checkpoints, streams: [[stream, entries, last hash], …]}
    signature   the place's over the manifest, base64
    key         {name, algorithm: "Ed25519", public: base64}
    entries     canonical texts, each stream in order
    leaves      [[n, stream, seq, hex], …] of these entries
    checkpoints signed notes, oldest first; the last one covers every leaf
    proof       null when the whole place is in the file; else {paths: [[hex, …], …] one a leaf, consistency: [[hex, …], …] one a checkpoint}
"""
from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from engine.journal import merkle
from engine.journal.canonical import canonical_bytes, canonical_text, from_canonical
from engine.journal.checkpoint import Checkpoint, Sign, read_signed
from engine.journal.entry import opened, sealed
from engine.journal.verify import Verified, verify
from engine.refusals import Finding, Refused

FORMAT = "banli-journal-1"
Leaf = tuple[int, str, int, bytes]
Check = Callable[[bytes, bytes, bytes], bool]  # (public key, message, signature)


@dataclass(frozen=True, slots=True)
class Extract:
    """What goes into a file.

    `entries`: canonical bytes, each stream in order and from its beginning; `leaves`: theirs, by number; `tree`: the hashes of all leaves of
    the place; `checkpoints`: all signed notes, oldest first, the last over at least every one of `leaves`.
    """

    place: str
    at: datetime
    by: str
    scope: str  # what was asked for: place, campaign ID, instance ID
    entries: Sequence[bytes]
    leaves: Sequence[Leaf]
    tree: Sequence[bytes]
    checkpoints: Sequence[str]

    @property
    def whole(self) -> bool:
        return len(self.leaves) == len(self.tree)


@dataclass(frozen=True, slots=True)
class Archive:
    """A file as it was read; nothing in it is checked yet."""

    manifest_text: bytes
    manifest: Mapping[str, Any]
    signature: bytes
    name: str
    public_key: bytes
    entries: tuple[bytes, ...]
    leaves: tuple[Leaf, ...]
    checkpoints: tuple[str, ...]
    paths: tuple[tuple[bytes, ...], ...] = ()
    consistency: tuple[tuple[bytes, ...], ...] = ()

    @property
    def whole(self) -> bool:
        return bool(self.manifest["whole"])


@dataclass(slots=True)
class Checked:
    """What checking a file found. `place`, `at`, `by`, `scope` and `public_key` are what the file says of itself."""

    place: str
    at: datetime
    by: str
    scope: str
    public_key: bytes
    verified: Verified = field(default_factory=Verified)

    @property
    def intact(self) -> bool:
        return self.verified.intact


# Writing --------------------------------------------------------------------------------------------------------------------------


def written(extract: Extract, name: str, public_key: bytes, sign: Sign) -> bytes:
    """The file's bytes (UTF-8 JSON, one entry a line). Raises Refused `archive.uncovered` when the last checkpoint does not reach every leaf."""
    size = _size(extract.checkpoints[-1]) if extract.checkpoints else 0
    if any(leaf[0] >= size for leaf in extract.leaves) or size > len(extract.tree):
        raise Refused("archive.uncovered", size=size)
    manifest = canonical_text({
        "v": 1, "place": extract.place, "at": extract.at, "by": extract.by, "scope": extract.scope, "whole": extract.whole, "size": size,
        "notes": _digest(extract.checkpoints), "streams": _streams(extract.entries)})
    proof = None
    if not extract.whole:
        tree = _Tree(extract.tree[:size])
        proof = {"paths": [_hex(tree.path(leaf[0])) for leaf in extract.leaves],
                 "consistency": [_hex(tree.consistency(_size(note))) for note in extract.checkpoints]}
    parts = {
        "format": json.dumps(FORMAT), "manifest": _text(manifest), "signature": _text(b64encode(sign(manifest.encode())).decode()),
        "key": json.dumps({"name": name, "algorithm": "Ed25519", "public": b64encode(public_key).decode()}),
        "entries": _lines(_text(entry.decode()) for entry in extract.entries),
        "leaves": _lines(json.dumps([n, stream, seq, hash.hex()], ensure_ascii=False) for n, stream, seq, hash in extract.leaves),
        "checkpoints": _lines(map(_text, extract.checkpoints)), "proof": json.dumps(proof)}
    return ("{" + ",\n".join(f'"{key}": {value}' for key, value in parts.items()) + "}\n").encode()


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _lines(rows: Iterable[str]) -> str:
    return "[\n" + ",\n".join(rows) + "]"


def _hex(hashes: Iterable[bytes]) -> list[str]:
    return [each.hex() for each in hashes]


def _digest(notes: Iterable[str]) -> str:
    return sha256(canonical_bytes(list(notes))).hexdigest()


def _size(note: str) -> int:
    return int(note.split("\n", 2)[1])


def _streams(entries: Iterable[bytes]) -> list[list[Any]]:
    counts: Counter[str] = Counter()
    heads: dict[str, str] = {}
    for text in entries:
        entry = opened(text)
        counts[entry.stream] += 1
        heads[entry.stream] = sealed(entry)[1]
    return [[stream, counts[stream], heads[stream]] for stream in sorted(counts)]


class _Tree:
    """Proofs over one list of leaves; each subtree is hashed once however many proofs are asked for."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self._roots: dict[tuple[int, int], bytes] = {}

    def _root(self, start: int, stop: int) -> bytes:
        if stop - start == 1:
            return self._leaves[start]
        found = self._roots.get((start, stop))
        if found is None:
            middle = start + _cut(stop - start)
            found = self._roots[start, stop] = merkle.node_hash(self._root(start, middle), self._root(middle, stop))
        return found

    def path(self, index: int) -> list[bytes]:
        """The audit path of leaf `index`, lowest first (RFC 9162 §2.1.3)."""
        start, stop, found = 0, len(self._leaves), list[bytes]()
        while stop - start > 1:
            middle = start + _cut(stop - start)
            if index < middle:
                found.append(self._root(middle, stop))
                stop = middle
            else:
                found.append(self._root(start, middle))
                start = middle
        return found[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the first `old` leaves are a beginning of these (§2.1.4); empty for none and for all."""
        start, stop, found = 0, len(self._leaves), list[bytes]()
        if old in (0, stop):
            return []
        whole = True
        while old - start != stop - start:
            middle = start + _cut(stop - start)
            if old <= middle:
                found.append(self._root(middle, stop))
                stop = middle
            else:
                found.append(self._root(start, middle))
                start, whole = middle, False
        if not whole:
            found.append(self._root(start, stop))
        return found[::-1]


def _cut(size: int) -> int:
    """The largest power of two smaller than `size` (≥ 2)."""
    return 1 << (size - 1).bit_length() - 1


# Checking -------------------------------------------------------------------------------------------------------------------------


def read(data: bytes) -> Archive:
    """The file's parts. Raises Refused `archive.form` for anything that is no such file."""
    try:
        found = json.loads(data)
        if found["format"] != FORMAT:
            raise Refused("archive.format", found=str(found["format"])[:40], known=FORMAT)
        manifest_text = found["manifest"].encode()
        proof = found["proof"] or {"paths": [], "consistency": []}
        archive = Archive(
            manifest_text, from_canonical(manifest_text), _bytes(found["signature"]), str(found["key"]["name"]),
            _bytes(found["key"]["public"]), tuple([each.encode() for each in found["entries"]]),
            tuple([(int(n), str(stream), int(seq), bytes.fromhex(hash)) for n, stream, seq, hash in found["leaves"]]),
            tuple([str(each) for each in found["checkpoints"]]), _hashes(proof["paths"]), _hashes(proof["consistency"]))
        _ = [archive.manifest[name] for name in ("place", "at", "by", "scope", "whole", "size", "notes", "streams")]
        return archive
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise Refused("archive.form") from None


def _bytes(text: str) -> bytes:
    """The bytes of `text`, which must be their one base64 form. Raises ValueError."""
    found = b64decode(text, validate=True)
    if b64encode(found).decode() != text:
        raise ValueError(text)
    return found


def _hashes(lists: Any) -> tuple[tuple[bytes, ...], ...]:
    return tuple([tuple([bytes.fromhex(each) for each in one]) for one in lists])


def checked(data: bytes, check: Check, key: bytes | None = None, anchors: Sequence[str] = ()) -> Checked:
    """Every fault of an exported file.

    Args:
        check: whether a signature over a message is that of a public key.
        key: the place's public key as it is known from elsewhere; without it the file's own is believed, which a forger could have made.
        anchors: signed notes of earlier checkpoints that somebody kept; the file must have grown out of each.

    Raises: Refused `archive.form`, `archive.format` for what is no such file.
    """
    archive = read(data)
    manifest = archive.manifest
    found = Checked(str(manifest["place"]), manifest["at"], str(manifest["by"]), str(manifest["scope"]), archive.public_key)
    notes, refused = _notes(archive, check)
    leaves = archive.leaves if archive.whole else ()
    found.verified = verified = verify(archive.entries, leaves, notes if archive.whole else ())
    faults = verified.findings
    faults += refused
    if key is not None and key != archive.public_key:
        faults.append(Finding("archive.key", details={"expected": key.hex(), "found": archive.public_key.hex()}))
    if not check(archive.public_key, archive.manifest_text, archive.signature):
        faults.append(Finding("archive.signature"))
    _check_streams(archive, faults)
    if _digest(archive.checkpoints) != manifest["notes"]:
        faults.append(Finding("archive.notes"))
    if not archive.whole:
        _check_paths(archive, notes, verified)
    last = notes[-1].size if notes else 0
    if last != manifest["size"]:
        faults.append(Finding("archive.uncovered", details={"size": last}))
    verified.checkpoints = len(notes)
    _check_anchors(archive, check, key or archive.public_key, notes, anchors, faults)
    return found


def _notes(archive: Archive, check: Check) -> tuple[list[Checkpoint], list[Finding]]:
    notes: list[Checkpoint] = []
    refused: list[Finding] = []
    for number, note in enumerate(archive.checkpoints, 1):
        try:
            notes.append(_note(note, archive.name, archive.public_key, check))
        except Refused as wrong:
            refused.append(Finding(wrong.code, element=str(number), details=wrong.details))
            continue
        if notes[-1].origin != archive.manifest["place"]:
            refused.append(Finding("archive.origin", element=str(number), details={"found": notes[-1].origin}))
    return notes, refused


def _note(note: str, name: str, key: bytes, check: Check) -> Checkpoint:
    try:
        return read_signed(note, name, key, lambda message, signature: check(key, message, signature))
    except ValueError:
        raise Refused("checkpoint.form") from None


def _check_streams(archive: Archive, faults: list[Finding]) -> None:
    """The manifest names every stream with the number of its entries and the hash of the last, so that nothing can be cut off or slipped in."""
    try:
        found = {stream: (count, head) for stream, count, head in _streams(archive.entries)}
        expected = {stream: (count, head) for stream, count, head in archive.manifest["streams"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # an entry that cannot be read is a finding already
    for stream in sorted(found.keys() | expected.keys()):
        count, head = expected.get(stream, (0, ""))
        if found.get(stream, (0, "")) != (count, head):
            faults.append(Finding("archive.stream", element=stream, details={"expected": count, "found": found.get(stream, (0, ""))[0]}))


def _check_paths(archive: Archive, notes: Sequence[Checkpoint], verified: Verified) -> None:
    """Each entry is where the tree under the last checkpoint says; each earlier checkpoint is a beginning of the last."""
    if not notes:
        verified.findings.append(Finding("archive.unsigned"))
        return
    last, faults = notes[-1], verified.findings
    hashes = {(entry.stream, entry.seq): merkle.leaf_hash(text) for text in archive.entries if (entry := _readable(text)) is not None}
    covered: set[tuple[str, int]] = set()
    if len(archive.paths) != len(archive.leaves):
        faults.append(Finding("archive.paths", details={"leaves": len(archive.leaves), "paths": len(archive.paths)}))
    for (n, stream, seq, leaf), path in zip(archive.leaves, archive.paths, strict=False):
        where = f"{stream}:{seq}"
        if (stream, seq) in covered:
            faults.append(Finding("leaf.twice", element=where))
        covered.add((stream, seq))
        if (stream, seq) not in hashes:
            faults.append(Finding("leaf.orphan", element=where))
        elif hashes[stream, seq] != leaf:
            faults.append(Finding("leaf.hash", element=where))
        if not merkle.included(leaf, n, last.size, path, last.root):
            faults.append(Finding("archive.path", element=where, details={"size": last.size}))
    verified.leaves, verified.unsequenced = len(archive.leaves), tuple(sorted(hashes.keys() - covered))
    if verified.unsequenced:
        stream, seq = verified.unsequenced[0]
        faults.append(Finding("archive.unproven", element=f"{stream}:{seq}", details={"count": len(verified.unsequenced)}))
    for earlier, proof in zip(notes, archive.consistency, strict=False):
        if earlier.size and not merkle.consistent(earlier.size, last.size, earlier.root, last.root, proof):
            faults.append(Finding("archive.consistency", element=str(earlier.size), details={"size": last.size}))


def _readable(text: bytes) -> Any:
    try:
        return opened(text)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _check_anchors(archive: Archive, check: Check, key: bytes, notes: Sequence[Checkpoint], anchors: Sequence[str], faults: list[Finding]) -> None:
    for anchor in anchors:
        try:
            kept = _note(anchor, archive.name, key, check)
        except Refused as wrong:
            faults.append(Finding("archive.anchor_unread", details={"code": wrong.code}))
            continue
        if archive.whole and kept.size <= len(archive.leaves):
            same = merkle.root([leaf[3] for leaf in archive.leaves[: kept.size]]) == kept.root
        else:
            same = any((note.size, note.root) == (kept.size, kept.root) for note in notes)
        if not same or kept.origin != archive.manifest["place"]:
            faults.append(Finding("archive.anchor", element=str(kept.size)))
