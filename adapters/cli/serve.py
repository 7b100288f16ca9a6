"""`banli serve`: the web pages with an embedded worker on one database; makes the demo place when there is none at all."""
from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from adapters.locale import say
from adapters.system import Settings, System, operations
from adapters.system.demo import ensure_demo
from adapters.system.health import Guard, Limits
from adapters.web.app import create_app
from adapters.worker import logs, work


def serve(host: str, port: int) -> int:
    """Serves until it is stopped: SIGTERM lets what was begun end, for three seconds."""
    logs.configure(os.environ.get("BANLI_LOG", "text"))
    system = System(Settings.from_environment())
    for one in operations.checked(system.database):
        if one.severity == "warning":
            print("! " + say(f"database.{one.name}", found=one.found), flush=True)
    if not system.places():  # whoever founded a place of their own wants no place that is entered without a password
        ensure_demo(system)
    system.admit = Guard(system, Limits.from_environment()).check
    with working(system):
        print(f"办理已启动：http://{host}:{port} （按 Ctrl+C 停止）", flush=True)
        app = create_app(system)
        gc.collect()
        gc.freeze()  # what was loaded at the start stays: a collection in the middle of a request need not look at it
        uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3)
    return 0


@contextmanager
def working(system: System) -> Iterator[None]:
    """A thread that lets time pass in every place while the block runs."""
    stopped = threading.Event()
    thread = threading.Thread(target=work, args=(system, stopped), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=10)
