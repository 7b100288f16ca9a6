"""The product in a process that forks itself into workers, so that one can be killed every few milliseconds; the checker is another process.

Started as `python zygote.py CONTROL HOME DATABASE SPOILT`. CONTROL is the number of an inherited socket: a message there brings
a file with a JSON object `{"act": name, …}`, the pipe for its report and, for some acts, one to wait on; the answer is the child's process id.
Before forking, everything is loaded and used once, and every connection is closed: no child shares one.
"""
from __future__ import annotations

import gc
import importlib.util
import json
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import acts  # noqa: E402
import forking  # noqa: E402
import office  # noqa: E402


def main(control: int, home: str, database: str, spoilt: str) -> None:
    channel = socket.socket(fileno=control)
    system = office.opened(home, database)
    spoil(system, spoilt)
    known = json.loads(channel.recv(65536))
    if not known:
        known = office.prepared(system)
    acts.warm(system, known)
    system.database.close()
    channel.send(json.dumps(known).encode())
    gc.collect()
    gc.freeze()
    forking.serve(channel, lambda request, pipes: acts.carry_out(system, known, request, pipes))


def spoil(system: Any, name: str) -> None:
    """Takes one guard out of the product, as `broken/<name>.py` says; the test on it must turn red."""
    if name:
        path = Path(__file__).resolve().parents[1] / "broken" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.spoil(system)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:5])
