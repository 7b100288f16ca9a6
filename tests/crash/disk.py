"""A disk that loses power: from a log of file operations to what a machine would find afterwards; knows no product.

Model: what was synced stays; of what was written since, each 512-byte sector survives or not, by the toss of a coin; a deletion is durable
with the next sync of any file, before that by the toss of a coin. Real disks are often kinder, and some lie about syncs: that is not covered.
"""
from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RECORD = struct.Struct("<cHQI")
SECTOR = 512


@dataclass(frozen=True)
class Operation:
    """One step of the log. `kind`: W(rite) T(runcate) S(ync) D(elete) M(ark)."""

    kind: str
    file: int
    offset: int
    data: bytes


def operations(log: Path) -> Iterator[Operation]:
    with open(log, "rb") as file:
        while head := file.read(RECORD.size):
            kind, name, offset, length = RECORD.unpack(head)
            yield Operation(kind.decode(), name, offset, file.read(length))


@dataclass
class Disk:
    """What is durable, and what is only on its way."""

    durable: dict[int, bytearray] = field(default_factory=dict)
    pending: dict[int, list[Operation]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    acks: list[dict[str, Any]] = field(default_factory=list)

    def apply(self, op: Operation) -> None:
        match op.kind:
            case "M":
                self.acks.append(json.loads(op.data))
            case "S":
                _write(self.durable.setdefault(op.file, bytearray()), self.pending.pop(op.file, []))
                for file in self.deleted:
                    self.durable.pop(file, None)
                self.deleted.clear()
            case "D":
                self.pending.pop(op.file, None)
                if op.offset:
                    self.durable.pop(op.file, None)
                else:
                    self.deleted.add(op.file)
            case _:
                if op.file in self.deleted:  # made anew under the same name
                    self.deleted.discard(op.file)
                    self.durable[op.file] = bytearray()
                self.durable.setdefault(op.file, bytearray())
                self.pending.setdefault(op.file, []).append(op)

    def cut(self, rng: random.Random) -> dict[int, bytes]:
        """What the files hold when the power comes back."""
        found = {}
        for file, content in self.durable.items():
            if file in self.deleted and rng.random() < 0.5:
                continue
            image = bytearray(content)
            for op in self.pending.get(file, ()):
                _partly(image, op, rng)
            found[file] = bytes(image)
        return found


def _write(content: bytearray, ops: list[Operation]) -> None:
    for op in ops:
        if op.kind == "T":
            del content[op.offset :]
        else:
            _put(content, op.offset, op.data)


def _partly(content: bytearray, op: Operation, rng: random.Random) -> None:
    if op.kind == "T":
        if rng.random() < 0.5:
            del content[op.offset :]
        return
    for at in range(0, len(op.data), SECTOR):
        if rng.random() < 0.5:
            _put(content, op.offset + at, op.data[at : at + SECTOR])


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset + len(data):
        content.extend(bytes(offset + len(data) - len(content)))
    content[offset : offset + len(data)] = data
