"""Starts the product in other processes, gives them acts, reads their reports, kills and stops them by their id; imports nothing of the product."""
from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from tests.conftest import memory

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that is gone with the block: in memory where the machine has room for it."""
    with tempfile.TemporaryDirectory(prefix="banli-", dir=memory(), ignore_cleanup_errors=True) as made:
        yield Path(made)


class Child:
    """One act in a process of its own."""

    def __init__(self, pid: int, pipe: int, gate: int = -1) -> None:
        self.pid, self._pipe, self._gate = pid, pipe, gate
        self._rest = b""
        self.ended = False

    def lines(self, seconds: float | None = 0.0) -> list[dict[str, Any]]:
        """What it reported so far, waiting at most so long for the first line (None: until it ends)."""
        found: list[dict[str, Any]] = []
        until = None if seconds is None else time.monotonic() + seconds
        while not self.ended:
            wait = None if until is None else max(0.0, until - time.monotonic()) if not found else 0.0
            if not select.select([self._pipe], [], [], wait)[0]:
                break
            data = os.read(self._pipe, 1 << 16)
            if not data:
                self.ended = True
                os.close(self._pipe)
                if self._gate >= 0:
                    os.close(self._gate)
                break
            *whole, self._rest = (self._rest + data).split(b"\n")
            found += [json.loads(line) for line in whole]
        return found

    def until(self, *kinds: str, seconds: float = 30.0) -> list[dict[str, Any]]:
        """What it reported until a line of one of these kinds came, it ended, or the time was over."""
        found: list[dict[str, Any]] = []
        until = time.monotonic() + seconds
        while not self.ended and time.monotonic() < until and not any(kind in line for line in found for kind in kinds):
            found += self.lines(max(0.0, until - time.monotonic()))
        return found

    def go(self, word: bytes = b"g") -> None:
        """Lets a waiting act go on."""
        os.write(self._gate, word)

    def kill(self) -> list[dict[str, Any]]:
        """kill -9; its last lines."""
        if not self.ended:
            self.signal(signal.SIGKILL)
        return self.lines(None)

    def signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass


class Nursery:
    """The product, loaded once for all tests of this process; forked for each node and each run of the command line."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        command = [sys.executable, str(HERE / "node" / "nursery.py"), str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=ROOT, env=environment)
        theirs.close()
        self._channel = ours
        self._channel.settimeout(120)

    def fork(self, request: dict[str, Any], given: list[int]) -> int:
        """The process id of what was asked for."""
        file = as_file(request)
        socket.send_fds(self._channel, [b"fork"], [file, *given])
        os.close(file)
        return int(json.loads(self._channel.recv(64))["pid"])

    def close(self) -> None:
        self._channel.close()
        self._process.wait()


@cache
def nursery() -> Nursery:
    """Begun when the first test asks for it, ended with this process."""
    made = Nursery()
    atexit.register(made.close)
    return made


@dataclass(frozen=True)
class Said:
    """How a run of the command line ended."""

    returncode: int
    stdout: str
    stderr: str


def banli(home: Path, database: str, *arguments: str) -> Said:
    """One run of the command line on a home folder and a database URL."""
    pipes = [os.pipe() for _ in range(3)]
    environment = {"BANLI_HOME": str(home), "BANLI_DATABASE": database}
    nursery().fork({"cli": list(arguments), "environment": environment}, [write for _, write in pipes])
    for _, write in pipes:
        os.close(write)
    said = read_all([read for read, _ in pipes])
    return Said(int(said[2] or b"-9"), said[0].decode(), said[1].decode())


def read_all(pipes: list[int]) -> list[bytes]:
    """What comes out of several pipes until all are closed."""
    found = {pipe: b"" for pipe in pipes}
    open_ = set(pipes)
    while open_:
        for pipe in select.select(sorted(open_), [], [])[0]:
            data = os.read(pipe, 1 << 16)
            found[pipe] += data
            if not data:
                open_.discard(pipe)
                os.close(pipe)
    return [found[pipe] for pipe in pipes]


def as_file(request: dict[str, Any]) -> int:
    """A request of any length as an open file: a message on a socket would be bounded."""
    file = os.memfd_create("request")
    with open(file, "wb", closefd=False) as written:
        written.write(json.dumps(request).encode())
    return file


class Node:
    """The product over one home and database, forked for each act."""

    def __init__(self, home: Path, database: str, spoilt: str, known: dict[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = nursery().fork({"node": [str(home), database, spoilt]}, [theirs.fileno()])
        theirs.close()
        self._channel = ours
        self._channel.settimeout(120)
        self._one_at_a_time = Lock()
        self._channel.send(json.dumps(known).encode())
        self.known = json.loads(self._received())

    def _received(self) -> bytes:
        data = self._channel.recv(65536)
        if not data:
            raise RuntimeError("the product did not start; its own words are on standard error")
        return data

    def act(self, act: str, gate: bool = False, **more: Any) -> Child:
        """Begins an act. `gate`: it waits for `go()`."""
        read, write = os.pipe()
        pipes, ahead = [as_file({"act": act, **more}), write], -1
        if gate:
            behind, ahead = os.pipe()
            pipes.append(behind)
        with self._one_at_a_time:
            socket.send_fds(self._channel, [b"fork"], pipes)
            pid = json.loads(self._received())["pid"]
        for pipe in pipes:
            os.close(pipe)
        return Child(pid, read, ahead)

    def done(self, act: str, **more: Any) -> list[dict[str, Any]]:
        """Carries an act through to its end; all it reported."""
        child = self.act(act, **more)
        return child.lines(None)

    def close(self) -> None:
        """Ends the node and waits until it is gone."""
        try:
            process = os.pidfd_open(self._pid)
        except ProcessLookupError:
            process = -1
        self._channel.close()
        if process >= 0:
            if not select.select([process], [], [], 5)[0]:
                signal.pidfd_send_signal(process, signal.SIGKILL)
                select.select([process], [], [], 30)
            os.close(process)


@contextmanager
def node(home: Path, database: str = "", spoilt: str = "", known: dict[str, str] | None = None) -> Iterator[Node]:
    """The product over a home folder and a database URL; ended with the block.

    `spoilt`: which of its guards is taken out (`broken/`); `known`: the definitions of an earlier node of the same place.
    """
    made = Node(home, database, spoilt, known or {})
    try:
        yield made
    finally:
        made.close()
