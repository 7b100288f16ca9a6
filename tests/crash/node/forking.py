"""Serves a control socket by forking: each message brings a request and its pipes, each answer is a child's process id; loads nothing of the product."""
from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any


def serve(channel: socket.socket, carry_out: Callable[[dict[str, Any], list[int]], int]) -> None:
    """Until the other side closes. `carry_out`(request, pipes) runs in the child; what it gives back is the child's exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes the dead away; the checker sees their pipes close
    while True:
        data, (*given,), _, _ = socket.recv_fds(channel, 64, 4)
        if not data:
            return
        with open(given.pop(0), "rb") as file:
            file.seek(0)
            request = json.loads(file.read())
        pid = os.fork()
        if pid == 0:
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(carry_out(request, given))
        for each in given:
            os.close(each)
        channel.send(json.dumps({"pid": pid}).encode())
