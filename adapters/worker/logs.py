"""Logs of a running node: plain lines or JSON lines on standard error, without personal data, never more than a bounded number a minute.

A message holds ids only (the callers see to that); of an exception its type, its place in the program and, for a refusal, its code are
written, never its text: a driver's text may quote values.
"""
from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from engine.refusals import Refused

A_MINUTE = 20  # lines of one place in the program; the rest is counted and said later
FRAMES = 4  # innermost frames of an exception


class Bounded(logging.Filter):
    """Lets at most `most` records a minute of each place in the program pass; the next minute's first one says how many were left out."""

    def __init__(self, most: int = A_MINUTE) -> None:
        super().__init__()
        self._most = most
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}  # place → (minute, records in it)

    def filter(self, record: logging.LogRecord) -> bool:
        place, minute = (record.pathname, record.lineno), int(time.monotonic() // 60)
        before, count = self._seen.get(place, (minute, 0))
        if before != minute:
            record.left_out = max(0, count - self._most)
            count = 0
        self._seen[place] = (minute, count + 1)
        return count < self._most


def described(error: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None) -> Mapping[str, Any]:
    """What is said of an exception."""
    if not error or error[0] is None or error[1] is None:
        return {}
    frames = traceback.extract_tb(error[2])[-FRAMES:]
    where = [f"{frame.filename.rpartition('adapters/')[2] or frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    code = {"code": error[1].code} if isinstance(error[1], Refused) else {}
    return {"error": error[0].__name__, **code, "where": where}


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and what belongs to an exception."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": _moment(record), "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(), **described(record.exc_info)}
        if left_out := getattr(record, "left_out", 0):
            line["left_out"] = left_out
        return json.dumps(line, ensure_ascii=False, default=str)


class Lines(logging.Formatter):
    """The same for a person's eyes; a line break inside a message cannot pretend to be another line."""

    def format(self, record: logging.LogRecord) -> str:
        said = described(record.exc_info)
        rest = "".join(f" {name}={value}" for name, value in said.items()) + (f" left_out={left_out}" if (left_out := getattr(record, "left_out", 0)) else "")
        return f"{_moment(record)} {record.levelname} {record.name}: {record.getMessage()}{rest}".replace("\r", "\\r").replace("\n", "\\n")


def _moment(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def configure(form: str = "text", level: int = logging.INFO) -> None:
    """Sends the logs of the whole process to standard error. `form`: text | json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    handler.addFilter(Bounded())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for library in ("httpx", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
