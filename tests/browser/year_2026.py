"""A place in its second year: the 2026 campaign was derived from the library's scheme and has begun, 2027 is to be made; invented, no official text."""
from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import uvicorn

from adapters.system import Design, Settings, System
from adapters.system.demo import DEMO, PACKAGE
from adapters.system.script import read_demo, settle
from adapters.web.app import create_app
from engine.scheme.scheme import EXAMPLE, Origin, value_at

PLACE, SCHEME, TITLE = "fuxin", "fuxin-2026", "阜新市2026年争做“职业健康达人”活动（项目示例）"
FIRST, SECOND = "administrator", "reviewer"
BEGUN_AT = datetime(2026, 9, 7, 1, 0, tzinfo=timezone.utc)


def made(home: Path) -> tuple[System, str]:
    """The place with last year's scheme published by two people; the campaign that runs on it."""
    system = System(Settings(home))
    settle(system, PACKAGE, replace(read_demo(system, PACKAGE, DEMO), starts_at=BEGUN_AT))
    bundle = system.publish(PLACE, system.library.package(PACKAGE), FIRST, SECOND)
    design = Design(system)
    source = f"library:{DEMO}"
    design.new_scheme(PLACE, PACKAGE, source, SCHEME, TITLE, 5, FIRST)
    view = design.draft(PLACE, PACKAGE, SCHEME)
    scheme = design.stored_scheme(view.draft)
    last = design.read(design.source(PLACE, PACKAGE, source), source)
    values = {**scheme.values, "experts": value_at(last.values, "experts"), "channels": value_at(last.values, "channels")}
    origins = {**scheme.origins, "experts": Origin(EXAMPLE)}
    design.save_scheme(PLACE, PACKAGE, SCHEME, replace(scheme, values=values, origins=origins), (), view.draft.version, FIRST)
    design.approve(PLACE, design.submit_scheme(PLACE, PACKAGE, SCHEME, "", FIRST), SECOND)
    hash = next(one.hash for one in design.published_schemes(PLACE, PACKAGE) if one.name == SCHEME)
    campaign = system.start(PLACE, bundle.hash, hash, FIRST, "start", str(value_at(values, "issuers.lead.org")), TITLE).instance
    system.run_due(PLACE)
    return system, campaign


@contextmanager
def serving(system: System) -> Iterator[str]:
    """The address of a server over that system, on a free port of loopback."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(system), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
