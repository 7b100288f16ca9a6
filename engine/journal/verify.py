"""Checks an exported journal offline: form, numbering, chain, time, tree and checkpoints; replaying the commands is `engine.engine.replay`'s."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.journal import merkle
from engine.journal.canonical import canonical_bytes, from_canonical
from engine.journal.checkpoint import Checkpoint
from engine.journal.entry import GENESIS, Entry, opened, sealed
from engine.refusals import Finding


@dataclass(slots=True)
class Verified:
    """What was checked and what was found. `unsequenced`: entries that no leaf covers yet (written within the last second or so)."""

    entries: int = 0
    streams: int = 0
    leaves: int = 0
    checkpoints: int = 0
    unsequenced: tuple[tuple[str, int], ...] = ()
    findings: list[Finding] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.findings


@dataclass(slots=True)
class _Stream:
    seq: int = 0
    hash: str = GENESIS
    last: Entry | None = None


def verify(entries: Iterable[bytes], leaves: Sequence[tuple[int, str, int, bytes]] = (), checkpoints: Sequence[Checkpoint] = (),
           retired: frozenset[str] = frozenset()) -> Verified:
    """Every fault in an export.

    Args:
        entries: canonical bytes; the entries of one stream in order, streams in any order.
        leaves: `(n, stream, seq, leaf hash)`, n from 0.
        checkpoints: already opened, oldest first.
        retired: streams removed by retention: their leaves stay without entries.
    """
    found = Verified()
    streams: dict[str, _Stream] = {}
    hashes: dict[tuple[str, int], bytes] = {}
    for text in entries:
        found.entries += 1
        _check_entry(text, streams, hashes, found)
    found.streams, found.leaves, found.checkpoints = len(streams), len(leaves), len(checkpoints)
    _check_leaves(leaves, hashes, retired, found)
    _check_checkpoints([leaf[3] for leaf in leaves], checkpoints, found)
    return found


def _check_entry(text: bytes, streams: dict[str, _Stream], hashes: dict[tuple[str, int], bytes], found: Verified) -> None:
    try:
        entry = opened(text)
        same = canonical_bytes(from_canonical(text)) == text
    except (ValueError, TypeError, KeyError, AttributeError):
        found.findings.append(Finding("journal.form", element=f"#{found.entries}"))
        return
    stream, where = streams.setdefault(entry.stream, _Stream()), f"{entry.stream}:{entry.seq}"

    def fault(code: str, **details: object) -> None:
        found.findings.append(Finding(code, element=where, details=details))

    if not same:
        fault("journal.canonical")
    if entry.seq != stream.seq + 1:
        fault("journal.gap", expected=stream.seq + 1)
    if entry.prev_hash != stream.hash:
        fault("journal.chain")
    if stream.last is not None and entry.at < stream.last.at:
        fault("journal.time")
    stream.seq, stream.hash, stream.last = entry.seq, sealed(entry)[1], entry
    hashes[entry.stream, entry.seq] = merkle.leaf_hash(text)


def _check_leaves(leaves: Sequence[tuple[int, str, int, bytes]], hashes: dict[tuple[str, int], bytes], retired: frozenset[str], found: Verified) -> None:
    covered = set()
    for expected, (n, stream, seq, leaf) in enumerate(leaves):
        if n != expected:
            found.findings.append(Finding("leaf.gap", element=str(n), details={"expected": expected}))
        if (stream, seq) in covered:
            found.findings.append(Finding("leaf.twice", element=f"{stream}:{seq}"))
        covered.add((stream, seq))
        entry = hashes.get((stream, seq))
        if entry is None and stream not in retired:
            found.findings.append(Finding("leaf.orphan", element=f"{stream}:{seq}"))
        elif entry is not None and entry != leaf:
            found.findings.append(Finding("leaf.hash", element=f"{stream}:{seq}"))
    found.unsequenced = tuple(sorted(hashes.keys() - covered))


def _check_checkpoints(leaves: Sequence[bytes], checkpoints: Sequence[Checkpoint], found: Verified) -> None:
    last = 0
    for checkpoint in checkpoints:
        if checkpoint.size < last or checkpoint.size > len(leaves):
            found.findings.append(Finding("checkpoint.size", element=str(checkpoint.size), details={"leaves": len(leaves), "before": last}))
            continue
        if merkle.root(leaves[: checkpoint.size]) != checkpoint.root:
            found.findings.append(Finding("checkpoint.root", element=str(checkpoint.size)))
        last = checkpoint.size
