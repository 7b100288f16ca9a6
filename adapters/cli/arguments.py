"""How commands are declared, and how what they are given is read; carries nothing out."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.refusals import Refused

LARGEST = 2_000_000  # bytes of a file that is read
Run = Callable[[argparse.Namespace], int]


def command(parent: Any, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    """One more command of `parent`, carried out by `run`."""
    made: argparse.ArgumentParser = parent.add_parser(name, help=help, description=help)
    made.set_defaults(run=run)
    return made


def group(parent: Any, name: str, help: str) -> Any:
    """Several commands under one name: `banli NAME ACTION`."""
    return parent.add_parser(name, help=help, description=help).add_subparsers(required=True, metavar="动作")


def at_place(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("--place", default="fuxin", help="所在地（默认 fuxin）")
    return made


def split(scheme: str) -> tuple[str, str]:
    """`package/scheme`. Raises Refused `cli.scheme`."""
    package, slash, name = scheme.partition("/")
    if not slash or not name:
        raise Refused("cli.scheme", scheme=scheme)
    return package, name


def content(path: Path) -> bytes:
    """Raises Refused `cli.file`, `cli.file_size`."""
    try:
        if path.stat().st_size > LARGEST:
            raise Refused("cli.file_size", file=str(path), limit=LARGEST)
        return path.read_bytes()
    except OSError:
        raise Refused("cli.file", file=str(path)) from None


def text(given: str) -> str:
    """The text itself, or behind `@` that of a file. Raises Refused `cli.file`, `cli.file_size`."""
    return content(Path(given[1:])).decode("utf-8-sig", "replace") if given.startswith("@") else given
