"""The checker's own memory and judgement: what was sent and acknowledged, what the database must therefore hold; imports nothing of the product."""
from __future__ import annotations

import ast
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

GENESIS = "0" * 64
OWN = ("timer", "job", "system", "admin")  # actors of entries that no client sent


class Reader(Protocol):
    """Plain SQL on the database, read only."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...


@dataclass
class Ledger:
    """Every command that was sent, and every answer that came back."""

    tried: dict[str, dict[str, Any]] = field(default_factory=dict)
    acked: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def take(self, lines: Iterable[dict[str, Any]]) -> None:
        for line in lines:
            match line:
                case {"try": op}:
                    self.tried[op["id"]] = op
                case {"ack": id}:
                    self.acked[id] = line
                case {"refused": id, "code": code}:
                    if code not in ("store.busy", "store.away"):  # "please try again" is no answer yet
                        self.refused[id] = code
                case {"error": id, "text": text}:
                    self.errors.append(f"{id}: {text}")

    def unanswered(self) -> list[dict[str, Any]]:
        """What was sent and never answered, in the order of sending: a client sends these again."""
        return [op for id, op in self.tried.items() if id not in self.acked and id not in self.refused]


@dataclass(frozen=True)
class Stored:
    """One entry as read from the database. `body` is its JSON."""

    stream: str
    seq: int
    hash: str
    command_id: str
    body: dict[str, Any]
    whole: bool  # the stored hash is the SHA-256 of the stored bytes


def stored(reader: Reader) -> list[Stored]:
    """All entries, each stream in order."""
    found = []
    for stream, seq, hash_, command_id, body in reader.rows("SELECT stream, seq, hash, command_id, body FROM entry ORDER BY stream, seq"):
        text = bytes(body)
        if not text.startswith(b"{"):  # a long entry lies deflated
            text = inflated(text)
        found.append(Stored(stream, seq, hash_, command_id or "", json.loads(text), sha256(text).hexdigest() == hash_))
    return found


@cache
def dictionaries() -> dict[int, bytes]:
    """What long entries are deflated against, by its Adler-32: part of the format, taken as data from the file that states it; none where it does not."""
    source = Path(__file__).resolve().parents[2] / "adapters" / "database" / "packing.py"
    if not source.exists():
        return {}
    stated = [node.value.value for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
              if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, bytes)]
    return {zlib.adler32(each): each for each in stated}


def inflated(text: bytes) -> bytes:
    """The bytes of a deflated entry. Raises zlib.error when they are not whole."""
    number = int.from_bytes(text[2:6], "big") if text[1] & 0x20 else 0  # bit 5 of the second byte: a preset dictionary (RFC 1950)
    inflate = zlib.decompressobj(zdict=dictionaries()[number]) if number else zlib.decompressobj()
    return inflate.decompress(text)


def problems(reader: Reader, ledger: Ledger, complete: bool = False) -> list[str]:
    """Everything that contradicts the promises: nothing acknowledged is lost, nothing is done twice, the record is whole, rows agree with it.

    `complete`: nothing is under way any more, so that every entry has its leaf and no job is left.
    """
    entries = stored(reader)
    found = [*_lost(entries, ledger), *_twice(entries), *_invented(entries, ledger), *_chain(entries), *_heads(reader, entries), *_tasks(reader, entries)]
    found += _leaves(reader, entries, complete)
    found += [f"technical error shown to a client: {text}" for text in ledger.errors]
    return found


def _lost(entries: list[Stored], ledger: Ledger) -> Iterator[str]:
    at = {entry.command_id: entry for entry in entries if entry.command_id}
    for id, ack in ledger.acked.items():
        entry = at.get(id)
        if entry is None:
            yield f"lost: {id} was acknowledged and is not in the journal"
        elif (entry.stream, entry.seq) != (ack["instance"], ack["seq"]):
            yield f"moved: {id} was acknowledged as {ack['instance']}:{ack['seq']} and is {entry.stream}:{entry.seq}"


def _twice(entries: list[Stored]) -> Iterator[str]:
    counts = Counter((entry.body["actor"], entry.command_id) for entry in entries if entry.command_id)
    yield from (f"twice: {key} has {count} entries" for key, count in counts.items() if count > 1)


def _invented(entries: list[Stored], ledger: Ledger) -> Iterator[str]:
    for entry in entries:
        id = entry.command_id
        if id and id not in ledger.tried and entry.body["actor"] not in OWN and not id.startswith("warm-"):
            yield f"invented: {id} is in the journal and was never sent"


def _chain(entries: list[Stored]) -> Iterator[str]:
    before: dict[str, tuple[int, str]] = {}
    for entry in entries:
        seq, hash_ = before.get(entry.stream, (0, GENESIS))
        if not entry.whole:
            yield f"hash: {entry.stream}:{entry.seq} is not what was hashed"
        if entry.seq != seq + 1:
            yield f"gap: {entry.stream} goes from {seq} to {entry.seq}"
        if entry.body["prev_hash"] != hash_ or entry.body["seq"] != entry.seq or entry.body["stream"] != entry.stream:
            yield f"chain: {entry.stream}:{entry.seq} does not follow its predecessor"
        before[entry.stream] = (entry.seq, entry.hash)


def _heads(reader: Reader, entries: list[Stored]) -> Iterator[str]:
    last = {entry.stream: (entry.seq, entry.hash, entry.body["state_hash"]) for entry in entries}
    heads = {id: (seq, head, state) for id, seq, head, state in reader.rows("SELECT id, seq, head, state_hash FROM instance")}
    for id, head in heads.items():
        if last.get(id) != head:
            yield f"head: the row of {id} says {head[:2]}, its journal ends with {last.get(id, (0, ''))[:2]}"
    streams = {id: (seq, head) for id, seq, head in reader.rows("SELECT stream, seq, head FROM stream")}
    for stream, (seq, hash_, _) in last.items():
        if stream not in heads and streams.get(stream) != (seq, hash_):
            yield f"head: nothing points at the end of {stream}"


def _leaves(reader: Reader, entries: list[Stored], complete: bool) -> Iterator[str]:
    waiting = reader.rows("SELECT stream, seq FROM unsequenced")
    leaves = reader.rows("SELECT n, stream, seq FROM leaf ORDER BY n")
    if [n for n, _, _ in leaves] != list(range(len(leaves))):
        yield "leaves: the numbers have a gap"
    if sorted([*waiting, *[(stream, seq) for _, stream, seq in leaves]]) != sorted((entry.stream, entry.seq) for entry in entries):
        yield "leaves: not every entry has exactly one leaf or place in the queue"
    if complete and waiting:
        yield f"leaves: {len(waiting)} entries still wait"
    if complete and (left := reader.rows("SELECT instance, id, kind, state, error FROM job")):
        yield f"jobs: {len(left)} are left, the first {left[0]}"


# --- the model: what a matter is after its commands -------------------------------------------------------------------------------------

def _tasks(reader: Reader, entries: list[Stored]) -> Iterator[str]:
    """Rows of instances and open tasks beside what twenty lines of our own say they must be."""
    wanted_open: set[tuple[str, str, str]] = set()
    wanted_state: dict[str, str] = {}
    process: dict[str, str] = {}
    for entry in entries:
        body = entry.body
        if body["command"] == "Start":
            process[entry.stream] = body["input"]["process"]
        if process.get(entry.stream) == "matter":
            _after(entry.stream, body, wanted_open, wanted_state)
    matters = {id for id, kind in process.items() if kind == "matter"}
    found_open = {row for row in reader.rows("SELECT instance, id, element FROM task WHERE state = 'open'") if row[0] in matters}
    found_state = {id: state for id, state in reader.rows("SELECT id, state FROM instance") if id in matters}
    if found_open != wanted_open:
        yield f"tasks: open but should not be {sorted(found_open - wanted_open)[:3]}, should be open {sorted(wanted_open - found_open)[:3]}"
    if found_state != wanted_state:
        yield f"instances: {sorted(set(found_state.items()) ^ set(wanted_state.items()))[:4]}"


def _after(matter: str, body: dict[str, Any], open_: set[tuple[str, str, str]], state: dict[str, str]) -> None:
    """One command on a matter: apply, then decide; a return opens apply again, an approval ends it. Tasks are numbered as they open.

    `open_` holds (matter, task, element).
    """
    if body["command"] == "Start":
        open_.add((matter, "t1", "apply"))
        state[matter] = "open"
        return
    if body["command"] in ("Claim", "Release"):  # whose it is changes, not what is open
        return
    task = body["input"]["task"]
    if body["command"] == "Withdraw":  # before anybody decided: apply is open again, the decision is not
        withdrawn = next(one for one in open_ if one[0] == matter)
        open_.discard(withdrawn)
        open_.add((matter, f"t{int(withdrawn[1][1:]) + 1}", "apply"))
        return
    number, element = int(task[1:]), "apply" if (matter, task, "apply") in open_ else "decide"
    open_.discard((matter, task, element))
    if element == "apply":
        open_.add((matter, f"t{number + 1}", "decide"))
    elif body["input"]["outcome"] == "return":
        open_.add((matter, f"t{number + 1}", "apply"))
    else:
        state[matter] = "ended"
