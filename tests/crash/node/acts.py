"""What a worker of the crash tests does: sends commands through the product and says on its pipe what it sent and what was acknowledged.

A line is JSON: {"try": op} before a command is sent, {"ack": id, "seq": n, …} after its answer, {"refused": id, "code": …} for a refusal,
{"error": id, "text": …} for anything else. Nothing here looks into the database or judges.
"""
from __future__ import annotations

import json
import logging
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.database import clock
from adapters.database.jobs import Jobs
from adapters.system import System
from engine.commands import Claim, Complete, Release, Start, Withdraw
from engine.refusals import Invalid, Refused
from office import LEASE, PLACE

Op = dict[str, Any]
TRY_AGAIN = ("store.busy", "store.away")  # what a client is told to send once more
logging.disable(logging.CRITICAL)


class Report:
    """The pipe to the checker. A line is written whole or not at all (it is shorter than a pipe's atomic write)."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def __call__(self, **line: Any) -> None:
        os.write(self._pipe, json.dumps(line).encode() + b"\n")


def carry_out(system: System, known: Mapping[str, str], request: dict[str, Any], pipes: list[int]) -> int:
    """Runs one act in this (forked) process; its exit code."""
    report = Report(pipes[0])
    try:
        ACTS[request.pop("act")](system, known, report, *pipes[1:], **request)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        return 1
    return 0


def warm(system: System, known: Mapping[str, str]) -> None:
    """Loads definitions and compiles statements once, on a matter of its own."""
    silent = _Silent()
    stamp = os.urandom(6).hex()
    instance = instance_of(f"warm-{stamp}")
    send(system, known, silent, {"id": f"warm-{stamp}", "do": "start", "process": "matter", "instance": instance, "actor": "ann"})
    for n, (actor, task, outcome) in enumerate((("ann", "t1", ""), ("bo", "t2", "approve"))):
        send(system, known, silent, {"id": f"warm-{stamp}-{n}", "do": "complete", "instance": instance, "task": task, "actor": actor, "outcome": outcome})
    system.run_due(PLACE)


class _Silent:
    def __call__(self, **line: Any) -> None:
        if "error" in line:
            sys.exit(line["text"])


def instance_of(command_id: str) -> str:
    """The instance that a start command makes: the client chooses it, so that a repeated start names the same one."""
    return sha256(command_id.encode()).hexdigest()[:32]


def send(system: System, known: Mapping[str, str], report: Any, op: Op, patience: int = 0) -> bool:
    """Sends one command and reports; whether it was acknowledged.

    `patience`: how often a client sends the same command again that met a busy or broken database.
    """
    for tried in range(patience + 1):
        last = tried == patience
        try:
            answer = _sent(system, known, op)
        except Refused as refused:
            if last or refused.code not in TRY_AGAIN:
                report(refused=op["id"], code=refused.code)
                return False
        except Exception as error:
            report(**{"error" if last else "hiccup": op["id"]}, text=f"{type(error).__name__}: {error}"[:300])
            if last:
                return False
        else:
            report(ack=op["id"], instance=answer.instance, seq=answer.seq, repeated=answer.repeated)
            return True
        time.sleep(min(0.05 * tried, 0.3))
    return False


def _sent(system: System, known: Mapping[str, str], op: Op) -> Any:
    store, actor, task = system.store, op.get("actor", ""), op.get("task", "")
    match op["do"]:
        case "start":
            command = Start(actor, op["instance"], op["process"], known["package"], known["scheme"], "office", variables=op.get("variables", {}))
            return store.start(PLACE, command, op["id"])
        case "complete":
            return system.complete(PLACE, actor, op["instance"], task, op.get("outcome", ""), op.get("opinion", ""), {}, op["id"])
        case "claim":
            return store.handle(PLACE, op["instance"], Claim(actor, task), op["id"])
        case "release":
            return store.handle(PLACE, op["instance"], Release(actor, task), op["id"])
        case "withdraw":
            return store.handle(PLACE, op["instance"], Withdraw(actor, task, op.get("opinion", "")), op["id"])
        case "store":  # a completion without the look at the form beforehand: the write path alone
            return store.handle(PLACE, op["instance"], Complete(actor, task, op.get("outcome", "")), op["id"])
    raise ValueError(op["do"])


def work(system: System, known: Mapping[str, str], report: Report, run: str, seed: int, resend: list[Op], most: int = 0, tend: bool = False,
         pause: float = 0.0, patience: int = 0, messages: bool = False) -> None:
    """A client that resends what was never answered, then starts matters and completes their tasks, until `most` commands or for ever."""
    for op in resend:
        report(**{"try": op})
        send(system, known, report, op, patience)
    for count, op in enumerate(plan(run, random.Random(seed), messages), 1):
        report(**{"try": op})
        send(system, known, report, op, patience)
        if tend and count % 5 == 0:
            system.run_due(PLACE)
        if pause:
            time.sleep(pause)
        if count == most:
            return


def plan(run: str, rng: random.Random, messages: bool = False) -> Iterator[Op]:
    """Commands that are all allowed, if every earlier one was carried out: matters that go back and forth, and calls of another process.

    `messages`: also pairs of one who waits for a message and one who sends it.
    """
    open_: dict[str, tuple[int, str]] = {}
    n = 0
    while True:
        n += 1
        id = f"{run}-{n}"
        if not open_ or (len(open_) < 4 and rng.random() < 0.3):
            process = "caller" if rng.random() < 0.15 else "matter"
            if messages and rng.random() < 0.4:
                yield {"id": f"{id}w", "do": "start", "process": "listener", "instance": instance_of(f"{id}w"), "actor": "ann"}
                process = "speaker"
            instance = instance_of(id)
            if process == "matter":
                open_[instance] = (1, "apply")
            yield {"id": id, "do": "start", "process": process, "instance": instance, "actor": "ann"}
            continue
        instance = rng.choice(sorted(open_))
        number, element = open_.pop(instance)
        actor, outcome = ("ann", "") if element == "apply" else ("bo", rng.choice(("approve", "approve", "return")))
        if outcome != "approve":
            open_[instance] = (number + 1, "decide" if element == "apply" else "apply")
        yield {"id": id, "do": "complete", "instance": instance, "task": f"t{number}", "actor": actor, "outcome": outcome}


def tend(system: System, known: Mapping[str, str], report: Report, seconds: float = 3600.0, stall: float = 0.0) -> None:
    """What `banli worker` does: lets time pass until it is stopped. `stall`: how often it stands still beyond its lease with jobs in hand."""
    claim, rng = Jobs.claim, random.Random()

    def stalled(self: Jobs, place: str, most: int, *more: Any) -> list[Any]:
        claimed = claim(self, place, most, *more)
        if claimed and rng.random() < stall:
            report(stalled=len(claimed))
            time.sleep(LEASE * rng.uniform(1.5, 3))
        return claimed

    Jobs.claim = stalled  # type: ignore[method-assign,assignment]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            done = system.run_due(PLACE)
        except Exception as error:  # the database may be away for a moment; a worker looks again
            report(trouble=f"{type(error).__name__}: {error}"[:200])
            done = 0
        if not done:
            time.sleep(0.02)


def quiet(system: System, known: Mapping[str, str], report: Report, seconds: float = 60.0) -> None:
    """Lets time pass until nothing is due and every entry has its leaf."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done = system.run_due(PLACE)
        with system.database.reading() as connection:
            left = connection.exec_driver_sql("SELECT (SELECT count(*) FROM job WHERE state <> 'failed') + (SELECT count(*) FROM unsequenced)").scalar_one()
        if not done and not left:
            report(quiet=True)
            return
        time.sleep(0.1)
    report(quiet=False, left=left)


def each(system: System, known: Mapping[str, str], report: Report, ops: list[Op], patience: int = 0, pause: float = 0.0) -> None:
    """Sends the given commands one after the other."""
    for op in ops:
        report(**{"try": op})
        send(system, known, report, op, patience)
        time.sleep(pause)


def waiting(system: System, known: Mapping[str, str], report: Report, gate: int, ops: list[Op]) -> None:
    """Opens its connections, waits for the gate, sends the given commands, and lets the database's files be closed."""
    system.places()
    report(ready=True)
    os.read(gate, 1)
    for op in ops:
        report(**{"try": op})
        send(system, known, report, op)
    system.database.close()


def limited(system: System, known: Mapping[str, str], report: Report, ops: list[Op], room: int, path: str) -> None:
    """Works on a disk that becomes full `room` bytes from now, and, once it is, goes on after room was made."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = os.path.getsize(path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
    rest = list(ops)
    while rest:
        report(**{"try": rest[0]})
        if not send(system, known, report, rest[0]):
            break
        rest.pop(0)
    report(full=len(rest))
    again = [send(system, known, _Quietly(), op) for op in rest[:3]]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    report(room=again)
    each(system, known, report, rest)


class _Quietly:
    def __call__(self, **line: Any) -> None:
        pass


def racer(system: System, known: Mapping[str, str], report: Report, gate: int, ops: list[Op], seed: int = 0) -> None:
    """Sends one command after each `g` of the gate (`s`: leaves it out): all racers of a race get theirs at the same moment."""
    rng = random.Random(seed)
    report(ready=True)
    for op in ops:
        said = os.read(gate, 1)
        if not said:
            return
        if said == b"s":
            continue
        if "at" in op:  # seconds since 1970, more or less
            time.sleep(max(0.0, op["at"] + rng.uniform(-0.1, 0.02) - time.time()))
        if op["do"] == "due":
            try:
                report(fired=op["instance"], count=system.store.fire_due(PLACE, op["instance"]))
            except Exception as error:
                report(error=op["id"], text=f"{type(error).__name__}: {error}"[:300])
        else:
            send(system, known, report, op)


def forward(system: System, known: Mapping[str, str], report: Report, seconds: float) -> None:
    """Moves the place's clock."""
    with system.database.reading() as connection:
        now = clock.now(connection, PLACE)
    to: datetime = clock.advance(system.database, PLACE, now + timedelta(seconds=seconds))
    report(clock=to.isoformat())


def verify(system: System, known: Mapping[str, str], report: Report) -> None:
    """The product's own verification of its record."""
    from adapters.system.audit import verified_place

    found = verified_place(system, PLACE)
    report(verified=[finding.code for finding in found.findings], entries=found.entries, leaves=found.leaves, unsequenced=len(found.unsequenced))


def check(system: System, known: Mapping[str, str], report: Report, path: str) -> None:
    """The product's verification of a backup."""
    from adapters.database.backup import verified

    try:
        verified(Path(path))
    except Invalid as invalid:
        report(refused=list(dict.fromkeys(finding.code for finding in invalid.findings)))
    except Refused as refused:
        report(refused=[refused.code])
    else:
        report(refused=[])


ACTS = {"work": work, "tend": tend, "quiet": quiet, "each": each, "racer": racer, "waiting": waiting, "limited": limited, "forward": forward, "verify": verify, "check": check}
