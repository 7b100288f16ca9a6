"""The Merkle tree over all entries of a place (RFC 9162 §2.1): root, inclusion and consistency proofs; it stores nothing."""
from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (≥ 2)."""
    return 1 << (size - 1).bit_length() - 1


def extended(peaks: list[tuple[int, bytes]], leaf: bytes) -> list[tuple[int, bytes]]:
    """The perfect subtrees `(size, root)`, largest first, after one more leaf: what a sequencer keeps between batches."""
    peaks = [*peaks, (1, leaf)]
    while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
        (size, left), (_, right) = peaks[-2:]
        peaks[-2:] = [(2 * size, node_hash(left, right))]
    return peaks


def root_of(peaks: Sequence[tuple[int, bytes]]) -> bytes:
    """The root over perfect subtrees; SHA-256 of nothing for an empty tree."""
    if not peaks:
        return sha256(b"").digest()
    root = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        root = node_hash(left, root)
    return root


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree head of `leaves` (leaf hashes, in order)."""
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        peaks.append((1, leaf))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (size, left), (_, right) = peaks[-2:]
            peaks[-2:] = [(2 * size, node_hash(left, right))]
    return root_of(peaks)


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` (from 0), lowest first."""
    if len(leaves) == 1:
        return []
    cut = _split(len(leaves))
    if index < cut:
        return [*inclusion(leaves[:cut], index), root(leaves[cut:])]
    return [*inclusion(leaves[cut:], index - cut), root(leaves[:cut])]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], head: bytes) -> bool:
    """Whether `path` proves that `leaf` is number `index` of the `size` leaves under `head`."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == head


def consistency(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the tree of the first `old` leaves (1 ≤ old ≤ size) is a beginning of this one."""

    def below(part: Sequence[bytes], m: int, whole: bool) -> list[bytes]:
        if m == len(part):
            return [] if whole else [root(part)]
        cut = _split(len(part))
        if m <= cut:
            return [*below(part[:cut], m, whole), root(part[cut:])]
        return [*below(part[cut:], m - cut, False), root(part[:cut])]

    return below(leaves, old, True)


def consistent(old: int, size: int, old_head: bytes, head: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (`size`, `head`) only appended to (`old`, `old_head`). RFC 9162 §2.1.4.2."""
    if old == size:
        return not proof and old_head == head
    if not 0 < old < size or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_head, *proof]
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_head and second == head
