"""What a node logs: whole lines, nothing of what a driver quotes, a bounded number."""
from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from adapters.worker.logs import A_MINUTE, Bounded, JsonLines, Lines
from engine.refusals import Refused

PERSON = "张某某（虚构）"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO, logging.Handler]]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logger = logging.Logger("node")
    logger.addHandler(handler)
    yield logger, out, handler


def fail(logger: logging.Logger, error: Exception) -> None:
    try:
        raise error
    except Exception:
        logger.exception("job %s of instance %s failed", "j1", "ab12")


def test_a_json_line_says_where_it_failed_and_quotes_nobody(log: tuple[logging.Logger, io.StringIO, logging.Handler]) -> None:
    logger, out, handler = log
    handler.setFormatter(JsonLines())

    fail(logger, ValueError(f"Key (name)=({PERSON}) already exists"))

    line = json.loads(out.getvalue())
    assert (line["level"], line["message"], line["error"]) == ("error", "job j1 of instance ab12 failed", "ValueError")
    assert line["where"][-1].endswith(" fail")
    assert PERSON not in out.getvalue()


def test_a_refusal_shows_its_code(log: tuple[logging.Logger, io.StringIO, logging.Handler]) -> None:
    logger, out, handler = log
    handler.setFormatter(JsonLines())

    fail(logger, Refused("store.disk", reason=PERSON))

    assert json.loads(out.getvalue())["code"] == "store.disk"
    assert PERSON not in out.getvalue()


def test_a_line_stays_one_line(log: tuple[logging.Logger, io.StringIO, logging.Handler]) -> None:
    logger, out, handler = log
    handler.setFormatter(Lines())

    logger.warning("place %s", "here\n2026-01-01T00:00:00Z ERROR root: forged")

    assert out.getvalue().count("\n") == 1


def test_the_same_line_comes_a_bounded_number_of_times(log: tuple[logging.Logger, io.StringIO, logging.Handler], monkeypatch: pytest.MonkeyPatch) -> None:
    logger, out, handler = log
    handler.setFormatter(JsonLines())
    handler.addFilter(Bounded())
    minute = 60.0
    monkeypatch.setattr("adapters.worker.logs.time.monotonic", lambda: minute)

    def say() -> None:
        logger.warning("busy")

    for _ in range(500):
        say()
    logger.warning("something else")
    assert out.getvalue().count("busy") == A_MINUTE
    assert out.getvalue().count("something else") == 1

    minute = 121.0
    say()
    assert json.loads(out.getvalue().splitlines()[-1])["left_out"] == 500 - A_MINUTE
