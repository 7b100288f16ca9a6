"""One entry of a stream: an accepted command with all it needs to be carried out again, chained by hash; knows no storage and no keys."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from engine.journal.canonical import canonical_bytes, from_canonical, written

VERSION = 1
GENESIS = "0" * 64


@dataclass(slots=True)  # not frozen: that makes one three times as dear
class Entry:
    """Everything non-deterministic of one step, and its result; never changed once it is made.

    `input` is the command's own fields; `facts` the named facts it read, `[[name, args, value], …]` in order of first use;
    `events` JSON by type name; `personal` `[[subject, group, ciphertext in base64], …]`; hashes are lower-case hex.
    """

    stream: str
    seq: int  # 1, 2 … without gap
    at: datetime
    actor: str
    command: str
    input: Any
    events: Any
    on_behalf_of: str = ""
    command_id: str = ""
    facts: Any = ()
    package: str = ""
    scheme: str = ""
    engine: str = ""
    personal: Any = ()
    state_hash: str = ""
    prev_hash: str = GENESIS
    v: int = VERSION


def sealed(entry: Entry) -> tuple[bytes, str]:
    """The entry's canonical bytes and their SHA-256 in hex: what is stored, and the next entry's `prev_hash`."""
    text = canonical_bytes({
        "actor": entry.actor, "at": written(entry.at), "command": entry.command, "command_id": entry.command_id, "engine": entry.engine, "events": entry.events,
        "facts": entry.facts, "input": entry.input, "on_behalf_of": entry.on_behalf_of, "package": entry.package, "personal": entry.personal,
        "prev_hash": entry.prev_hash, "scheme": entry.scheme, "seq": entry.seq, "state_hash": entry.state_hash, "stream": entry.stream, "v": entry.v})
    return text, sha256(text).hexdigest()


def opened(text: str | bytes) -> Entry:
    """The entry whose canonical bytes `text` is."""
    return Entry(**from_canonical(text))
