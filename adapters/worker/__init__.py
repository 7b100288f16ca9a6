"""Lets time pass in every place until it is told to stop: the thread inside `banli serve` and the process `banli worker`; decides nothing."""
from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from adapters.system import System

PAUSE = 0.5  # seconds between two looks when nothing was due
TURN = 200  # things done in one place before the next place has its turn, and before a stop is noticed
AWAY = (1.0, 30.0)  # seconds between two tries while the database is away: the first pause, and the longest
log = logging.getLogger(__name__)


def work(system: System, stopped: threading.Event) -> None:
    """Carries out what is due until `stopped`; what is begun is finished, and what was not begun another worker takes."""
    pause = AWAY[0]
    while not stopped.is_set():
        try:
            done = sum(system.worker.run_due(place.id, TURN) for place in system.places() if not stopped.is_set())
            pause = AWAY[0]
        except Exception:  # the database may be away for a while; the next look tries again
            log.exception("what is due could not be carried out")
            stopped.wait(pause)
            pause = min(pause * 2, AWAY[1])
            continue
        if not done:
            stopped.wait(PAUSE)


def run(system: System) -> int:
    """`banli worker`: works until SIGTERM or SIGINT, then finishes what it has begun. A second signal ends it at once; its leases run out."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    work(system, stopped)
    system.database.close()
    return 0
