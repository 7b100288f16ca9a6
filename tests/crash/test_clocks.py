"""T6: the clock jumps by an hour, a day, a month while workers are killed: each of ten thousand timers fires once, a missed cycle catches up once."""
from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from tests.crash.ledger import Ledger, problems, stored
from tests.crash.nodes import Node, node
from tests.crash.readers import reading

EACH = 200  # timers of one matter


def begun(product: Node, matters: int, ledger: Ledger) -> None:
    """Matters with timers spread over forty days."""
    rng = random.Random(3)
    ops = [{"id": f"alarms{n}", "do": "start", "process": "alarms", "instance": f"{n:04d}".ljust(32, "a"), "actor": "ann",
            "variables": {"waits": [rng.choice((rng.randrange(1, 3600), rng.randrange(1, 86_400), rng.randrange(1, 40 * 86_400))) for _ in range(EACH)]}}
           for n in range(matters)]
    ledger.take(product.done("each", ops=ops))


def through(product: Node, rng: random.Random) -> int:
    """Lets what is due fire while those who do it are killed; how many were."""
    kills = 0
    for _ in range(6):
        workers = [product.act("tend") for _ in range(2)]
        for worker in workers:
            worker.lines(rng.uniform(0.05, 0.5))
        for worker in workers:
            worker.kill()
            kills += 1
    assert product.done("quiet", seconds=120)[-1] == {"quiet": True}
    return kills


def test_ten_thousand_timers_fire_once_each_whatever_the_clock_does(home: Path, seed: int, long: bool) -> None:
    ledger, rng, kills = Ledger(), random.Random(seed), 0
    matters = 500 if long else 50
    with node(home) as product:
        begun(product, matters, ledger)
        for jump in (3600, 86_400 - 3600, 30 * 86_400, 10 * 86_400):  # an hour, a day, a month of standing still, the rest
            product.done("forward", seconds=jump)
            kills += through(product, rng)
        verified = product.done("verify")

    with reading(f"sqlite:///{home}/banli.db") as reader:
        entries = stored(reader)
        assert problems(reader, ledger, complete=True) == []
        assert reader.rows("SELECT count(*) FROM timer") == [(0,)]
        assert {state for (state,) in reader.rows("SELECT state FROM instance WHERE id LIKE '%aaa'")} == {"ended"}
    fired = Counter((entry.stream, entry.body["input"]["timer"]) for entry in entries if entry.body["command"] == "FireTimer")
    print(f"{len(fired)} timers, {kills} kills")
    assert set(fired.values()) == {1}
    assert len(fired) == matters * EACH
    assert verified[-1]["verified"] == []


def test_a_cycle_that_was_missed_ten_times_catches_up_once(url: str, home: Path) -> None:
    ledger = Ledger()
    op = {"id": "rounds", "do": "start", "process": "rounds", "instance": "r".ljust(32, "0"), "actor": "ann"}
    with node(home, url) as product:
        ledger.take(product.done("each", ops=[op]))
        fired = []
        for hours in (10.5, 0.25, 0.5, 24):
            product.done("forward", seconds=hours * 3600)
            product.done("quiet")
            with reading(url) as reader:
                fired.append(sum(entry.body["command"] == "FireTimer" for entry in stored(reader)))

    assert fired == [1, 1, 2, 3]
