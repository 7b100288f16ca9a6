"""Runs the command `banli`, in a process of its own or, for many cases of one kind, its entry point in this process; asserts nothing."""
from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from adapters.cli.main import main
from tests.conftest import ROOT


@dataclass(frozen=True)
class Ran:
    """Lines on both streams and the exit code."""

    code: int
    out: list[str]
    err: list[str]


def banli(*arguments: str, home: Path | None = None, language: str = "zh", folder: Path = ROOT) -> Ran:
    """`python -m adapters.cli.main ARGUMENTS…`; `folder` is where it is started."""
    environment = {**os.environ, "BANLI_LANGUAGE": language, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    if home is not None:
        environment["BANLI_HOME"] = str(home)
    command = [sys.executable, "-m", "adapters.cli.main", *arguments]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120)
    return Ran(run.returncode, run.stdout.splitlines(), run.stderr.splitlines())


def called(*arguments: str) -> Ran:
    """The entry point with these arguments, in this process, in Chinese."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return Ran(code, out.getvalue().splitlines(), err.getvalue().splitlines())
