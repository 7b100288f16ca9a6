"""T2: many at once on one instance, on both databases: one of them wins, joins lose no branch, nobody is told of a lock."""
from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import Child, Node, node
from tests.crash.readers import reading

Op = dict[str, Any]
BUSY = "store.busy"


def race(product: Node, lanes: list[list[Op]], ledger: Ledger) -> list[list[dict[str, Any]]]:
    """Runs the lanes beside each other, one op of each at a time; by race, what each lane heard."""
    racers = [product.act("racer", gate=True, ops=lane, seed=n) for n, lane in enumerate(lanes)]
    for racer in racers:
        racer.until("ready")
    heard = []
    for step in range(len(lanes[0])):
        for lane in lanes:
            ledger.tried[lane[step]["id"]] = lane[step]
        for racer in racers:
            racer.go()
        words = [answer(racer) for racer in racers]
        ledger.take(words)
        heard.append(words)
    for racer in racers:
        racer.kill()
    return heard


def answer(racer: Child) -> dict[str, Any]:
    return next(line for line in racer.until("ack", "refused", "error", "fired") if "hiccup" not in line)


def started(product: Node, process: str, count: int, ledger: Ledger, **variables: Any) -> list[str]:
    ops = [{"id": f"{process}{n}", "do": "start", "process": process, "instance": f"{n:04d}{process}".ljust(32, "0"), "actor": "ann", "variables": variables}
           for n in range(count)]
    ledger.take(product.done("each", ops=ops))
    return [op["instance"] for op in ops]


def op(instance: str, lane: object, do: str, task: str, actor: str, **more: Any) -> Op:
    return {"id": f"{instance}-{lane}", "do": do, "instance": instance, "task": task, "actor": actor, **more}


def outcome(words: list[dict[str, Any]]) -> Counter[str]:
    """How many were acknowledged, and which refusals the others got."""
    return Counter("ack" if "ack" in line else str(line.get("code", line.get("text", "fired"))) for line in words)


def checked(url: str, ledger: Ledger) -> list[str]:
    with reading(url) as reader:
        return problems(reader, ledger)


def states(url: str) -> dict[str, str]:
    with reading(url) as reader:
        return dict(reader.rows("SELECT id, state FROM instance"))  # type: ignore[arg-type]


def rounds(url: str, long: bool, most: int) -> int:
    return most * 20 if long else most


def test_of_sixteen_who_complete_one_task_one_is_first(url: str, home: Path, long: bool) -> None:
    ledger, count = Ledger(), rounds(url, long, 150 if url.startswith("sqlite") else 300)
    with node(home, url) as product:
        matters = started(product, "matter", count, ledger)
        heard = race(product, [[op(matter, lane, "store", "t1", "ann") for matter in matters] for lane in range(16)], ledger)

    assert Counter(frozenset(outcome(words).items()) for words in heard) == {frozenset({("ack", 1), ("task.not_open", 15)}): count}
    assert checked(url, ledger) == []


@pytest.mark.parametrize("width, most", [(2, 150), (8, 60)])
def test_a_join_loses_no_branch(url: str, home: Path, long: bool, width: int, most: int) -> None:
    ledger, count = Ledger(), rounds(url, long, most)
    with node(home, url) as product:
        joins = started(product, f"join{width}", count, ledger)
        heard = race(product, [[op(join, lane, "store", f"t{lane + 1}", "ann") for join in joins] for lane in range(width)], ledger)

    assert Counter(frozenset(outcome(words).items()) for words in heard) == {frozenset({("ack", width)}): count}
    assert {states(url)[join] for join in joins} == {"ended"}
    assert checked(url, ledger) == []


def test_one_of_claim_withdrawal_and_completion_wins(url: str, home: Path, long: bool) -> None:
    ledger, count = Ledger(), rounds(url, long, 200)
    with node(home, url) as product:
        matters = started(product, "matter", count, ledger)
        ledger.take(product.done("each", ops=[op(matter, "apply", "store", "t1", "ann") for matter in matters]))
        heard = race(product, [
            [op(matter, "claim", "claim", "t2", "cy") for matter in matters],
            [op(matter, "withdraw", "withdraw", "t1", "ann") for matter in matters],
            [op(matter, "complete", "store", "t2", "bo", outcome="approve") for matter in matters]], ledger)

    assert {outcome(words)["ack"] for words in heard} == {1}
    assert ledger.errors == []
    first = Counter(next(n for n, line in enumerate(words) if "ack" in line) for words in heard)
    print(f"won by claim, withdrawal, completion: {first[0]}, {first[1]}, {first[2]}")


AHEAD = 2.0  # seconds between the start of a window and its end


def test_a_timer_and_a_completion_never_both_happen(url: str, home: Path, long: bool) -> None:
    ledger, windows = Ledger(), list[str]()
    with node(home, url) as product:
        for batch in range(rounds(url, long, 5)):
            begun = [{"id": f"w{batch}.{n}", "do": "start", "process": "window", "instance": f"{batch:04d}a{n}window".ljust(32, "0"), "actor": "ann",
                      "variables": {"wait": int(AHEAD)}} for n in range(20)]
            at = begin(product, begun, ledger)
            these = [each["instance"] for each in begun]
            race(product, [[op(window, "complete", "store", "t1", "ann", at=due) for window, due in zip(these, at, strict=True)],
                           [op(window, "due", "due", "", "", at=due) for window, due in zip(these, at, strict=True)]], ledger)
            windows += these
        product.done("quiet")

    with reading(url) as reader:
        ways = Counter(way for (way,) in reader.rows(WAYS))
    print(f"completed in time: {ways[1]}, timer first: {ways[2]}")
    assert set(ways) == {1, 2}  # each way happened, never both, never the timer twice
    assert sum(ways.values()) == len(windows)
    assert ledger.errors == []
    assert {states(url)[window] for window in windows} == {"ended"}


WAYS = """SELECT sum(CASE command WHEN 'Complete' THEN 1 ELSE 0 END) + 2 * sum(CASE command WHEN 'FireTimer' THEN 1 ELSE 0 END)
          FROM entry WHERE stream LIKE '%window%' GROUP BY stream"""


def begin(product: Node, ops: list[Op], ledger: Ledger) -> list[float]:
    """Starts them one by one; when, about, each of their timers falls due (seconds since 1970)."""
    child, due = product.act("each", ops=ops, pause=0.06), list[float]()
    while len(due) < len(ops):
        lines = child.until("ack")
        ledger.take(lines)
        due += [time.time() + AHEAD for line in lines if "ack" in line]
    return due


def test_without_the_lock_it_shows(url: str, home: Path) -> None:
    ledger = Ledger()
    with node(home, url, spoilt="no_lock") as product:
        joins = started(product, "join8", 60, ledger)
        heard = race(product, [[op(join, lane, "store", f"t{lane + 1}", "ann") for join in joins] for lane in range(8)], ledger)

    told = Counter(word for words in heard for word in outcome(words) if word != "ack")
    lost = [join for join in joins if states(url)[join] != "ended"]
    print(f"without lock: {dict(told)}, {len(lost)} joins lost")
    assert told or lost or checked(url, ledger)
