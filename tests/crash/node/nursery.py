"""Loads the product once and forks a node, or a run of the command line, for each request: starting Python anew would take longer than the tests.

Started as `python nursery.py CONTROL`. A message on the inherited socket CONTROL brings a file with a JSON object: `{"node": [home, database,
spoilt]}` with the node's own control socket, or `{"cli": arguments, "environment": {…}}` with a pipe for its output, one for its errors and one
for its exit code. The answer is the process id.
"""
from __future__ import annotations

import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import forking  # type: ignore[import-not-found]  # noqa: E402
import zygote  # type: ignore[import-not-found]  # noqa: E402

from adapters.cli import main as cli  # noqa: E402


def main(control: int) -> None:
    forking.serve(socket.socket(fileno=control), begun)


def begun(request: dict[str, Any], given: list[int]) -> int:
    """In the forked process: what was asked for, to its end."""
    if "node" in request:
        try:
            zygote.main(given[0], *request["node"])
        except BaseException:
            traceback.print_exc()
            return 3
        return 0
    os.dup2(given[0], 1)
    os.dup2(given[1], 2)
    os.environ.update(request["environment"])
    code = 3
    try:
        code = cli.main(request["cli"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(given[2], str(code).encode())
    return code


if __name__ == "__main__":
    main(int(sys.argv[1]))
