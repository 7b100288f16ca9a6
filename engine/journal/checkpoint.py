"""A signed statement of how many entries there are and what their tree's root is (C2SP tlog-checkpoint, signed note); the key is the caller's."""
from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from engine.refusals import Refused

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]  # (message, signature)
ED25519 = 1  # signature type of the signed-note format


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`origin` names the log (the place), `size` counts its leaves, `root` is the tree head."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return sha256(name.encode() + b"\n" + bytes([ED25519]) + public_key).digest()[:4]


def signed(checkpoint: Checkpoint, name: str, public_key: bytes, sign: Sign) -> str:
    """The checkpoint as a signed note with one Ed25519 line."""
    signature = key_id(name, public_key) + sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n— {name} {b64encode(signature).decode()}\n"


def read_signed(note: str, name: str, public_key: bytes, verify: Verify) -> Checkpoint:
    """The checkpoint in `note` when the line of `name` verifies. Raises Refused(`checkpoint.*`) otherwise."""
    text, divider, lines = note.partition("\n\n")
    head = text.split("\n")
    if not divider or len(head) < 3 or not head[1].isascii() or not head[1].isdigit():
        raise Refused("checkpoint.form")
    for line in lines.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        if dash != "—" or signer != name:
            continue
        raw = b64decode(encoded)
        if raw[:4] == key_id(name, public_key) and verify((text + "\n").encode(), raw[4:]):
            return Checkpoint(head[0], int(head[1]), b64decode(head[2]))
        raise Refused("checkpoint.signature", name=name)
    raise Refused("checkpoint.unsigned", name=name)
