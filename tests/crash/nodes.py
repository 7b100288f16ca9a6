"""Starts the product in other processes, gives them acts, reads their reports, kills and stops them by their id; imports nothing of the product."""
from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


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


class Node:
    """The product, loaded once and forked for each act."""

    def __init__(self, home: Path, database: str, spoilt: str, known: dict[str, str], script: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        command = [sys.executable, str(HERE / "node" / script), str(theirs.fileno()), str(home), database, spoilt]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=ROOT, env=environment)
        theirs.close()
        self._channel = ours
        self._channel.settimeout(60)
        self._channel.send(json.dumps(known).encode())
        self.known = json.loads(self._received())

    def _received(self) -> bytes:
        data = self._channel.recv(65536)
        if not data:
            raise RuntimeError(f"the product did not start (exit code {self.process.wait(10)})")
        return data

    def act(self, act: str, gate: bool = False, **more: Any) -> Child:
        """Begins an act. `gate`: it waits for `go()`."""
        read, write = os.pipe()
        request = os.memfd_create("request")
        os.write(request, json.dumps({"act": act, **more}).encode())
        pipes, ahead = [request, write], -1
        if gate:
            behind, ahead = os.pipe()
            pipes.append(behind)
        socket.send_fds(self._channel, [b"fork"], pipes)
        for pipe in pipes:
            os.close(pipe)
        return Child(json.loads(self._received())["pid"], read, ahead)

    def done(self, act: str, **more: Any) -> list[dict[str, Any]]:
        """Carries an act through to its end; all it reported."""
        child = self.act(act, **more)
        return child.lines(None)

    def close(self) -> None:
        self._channel.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def node(home: Path, database: str = "", spoilt: str = "", known: dict[str, str] | None = None, script: str = "zygote.py") -> Iterator[Node]:
    """The product over a home folder and a database URL; ended with the block.

    `spoilt`: which of its guards is taken out (`broken/`); `known`: the definitions of an earlier node of the same place.
    """
    made = Node(home, database, spoilt, known or {}, script)
    try:
        yield made
    finally:
        made.close()
