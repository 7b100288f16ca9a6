"""T7b: every command comes once to five times, at the same moment and from several connections: one effect, one answer."""
from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import Node, node
from tests.crash.readers import reading

Op = dict[str, Any]


def matters(count: int) -> list[Op]:
    """Each matter from start to end, in an order in which every command is allowed."""
    made: list[Op] = []
    for n in range(count):
        instance = f"{n:04d}".ljust(32, "d")
        made.append({"id": f"d{n}-start", "do": "start", "process": "matter", "instance": instance, "actor": "ann"})
        for k, (actor, result) in enumerate((("ann", ""), ("bo", "return"), ("ann", ""), ("bo", "approve")), 1):
            made.append({"id": f"d{n}-{k}", "do": "store", "instance": instance, "task": f"t{k}", "actor": actor, "outcome": result})
    return made


def delivered(product: Node, ops: list[Op], rng: random.Random, ledger: Ledger) -> tuple[int, list[str]]:
    """Sends each command one to five times; how often altogether, and where the answers to one command differ."""
    senders = [product.act("racer", gate=True, ops=ops) for _ in range(5)]
    for sender in senders:
        sender.until("ready")
    sent, different = 0, []
    for op in ops:
        ledger.tried[op["id"]] = op
        chosen = rng.sample(senders, rng.randint(1, 5))
        for sender in senders:
            sender.go(b"g" if sender in chosen else b"s")
        words = [sender.until("ack", "refused", "error")[-1] for sender in chosen]
        ledger.take(words)
        sent += len(chosen)
        answers = Counter((line.get("instance"), line.get("seq"), line.get("code"), line.get("text")) for line in words)
        if len(answers) != 1 or "ack" not in words[0] or sum(not line["repeated"] for line in words) != 1:
            different.append(f"{op['id']}: {words}")
    for sender in senders:
        sender.kill()
    return sent, different


def test_a_command_that_comes_five_times_happens_once(url: str, home: Path, seed: int, long: bool) -> None:
    ledger = Ledger()
    with node(home, url) as product:
        sent, different = delivered(product, matters(2_000 if long else 70), random.Random(seed), ledger)

    print(f"{len(ledger.tried)} commands delivered {sent} times")
    assert different == []
    with reading(url) as reader:
        assert problems(reader, ledger) == []


@pytest.mark.parametrize("spoilt", ["forget_earlier_commands"])
def test_a_build_that_forgets_earlier_commands_is_found_out(url: str, home: Path, seed: int, spoilt: str) -> None:
    with node(home, url, spoilt=spoilt) as product:
        _, different = delivered(product, matters(3), random.Random(seed), Ledger())

    assert different != []
