"""What a node says about itself: alive, ready, its figures as Prometheus text; and the limits that hold new starts back. Decides no process."""
from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic

from adapters.database.histogram import Histogram
from adapters.database.measures import Figures, answers, figures, jobs_waiting
from adapters.system.root import System
from engine.refusals import Conflict

log = logging.getLogger(__name__)
WARN = 0.8  # of a limit
KEPT = 5.0  # seconds for which a look at figures or limits counts


@dataclass(frozen=True, slots=True)
class Limits:
    """Where new starts are held back. What is under way always goes on."""

    jobs: int = 100_000  # waiting in one place
    disk: int = 200  # megabytes free on the disk of `home`

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """`BANLI_MOST_JOBS`, `BANLI_LEAST_DISK_MB`."""
        usual = cls()
        return cls(int(environment.get("BANLI_MOST_JOBS", usual.jobs)), int(environment.get("BANLI_LEAST_DISK_MB", usual.disk)))


class Overloaded(Conflict):
    """The node takes no new start for now: send it again later."""


class Guard:
    """Looks at most every few seconds whether something new may be started."""

    def __init__(self, system: System, limits: Limits) -> None:
        self._system, self._limits = system, limits
        self._looked: dict[str, tuple[float, Overloaded | None]] = {}
        self._lock = Lock()

    def check(self, place: str) -> None:
        """Raises Overloaded `limit.jobs`, `limit.disk`."""
        with self._lock:
            at, refused = self._looked.get(place, (-KEPT, None))
            if monotonic() - at >= KEPT:
                refused = self._reason(place)
                self._looked[place] = monotonic(), refused
        if refused is not None:
            raise refused

    def _reason(self, place: str) -> Overloaded | None:
        free = shutil.disk_usage(self._system.settings.home).free // 1_000_000
        if free < self._limits.disk:
            return Overloaded("limit.disk", free=free, limit=self._limits.disk)
        jobs = jobs_waiting(self._system.database, place)
        if jobs >= self._limits.jobs:
            return Overloaded("limit.jobs", place=place, found=jobs, limit=self._limits.jobs)
        if jobs >= WARN * self._limits.jobs:
            log.warning("place %s: %d jobs wait, the limit is %d", place, jobs, self._limits.jobs)
        if free < self._limits.disk / WARN:
            log.warning("%d MB are left on the data disk, the limit is %d", free, self._limits.disk)
        return None


class Health:
    """Of one node; asked by `adapters/web/health.py`."""

    def __init__(self, system: System, token: str = "", limits: Limits = Limits()) -> None:
        """`token`: what a monitor elsewhere must bring to read the figures; empty: only this machine may."""
        self._system, self._token, self._limits = system, token, limits
        self._figures: tuple[float, list[Figures]] = (-KEPT, [])

    def ready(self) -> bool:
        """Whether requests should be sent here: the database answers."""
        try:
            return answers(self._system.database) and not self._system.database.unsafe
        except Exception:
            log.exception("the database does not answer")
            return False

    def may_read(self, address: str, bearer: str) -> bool:
        """Whether who asks from `address` with `bearer` may read the figures."""
        if self._token and hmac.compare_digest(bearer.encode(), self._token.encode()):
            return True
        try:
            return not self._token and ipaddress.ip_address(address).is_loopback
        except ValueError:
            return False

    def metrics(self) -> str:
        """The figures in Prometheus' text format (0.0.4)."""
        at, found = self._figures
        if monotonic() - at >= KEPT:
            found = figures(self._system.database)
            self._figures = monotonic(), found
        return "\n".join([*_places(found), *_histogram("banli_write_seconds", "Writes from the lock to the commit", self._system.database.writes),
                          *_process(self._system.settings.home, self._limits)]) + "\n"


PLACES = (
    ("open_tasks", "Open tasks"), ("due_timers", "Timers that fell due and have not fired"), ("jobs", "Jobs waiting or under way"),
    ("job_age", "Seconds since the oldest waiting job fell due"), ("failed_jobs", "Jobs that were given up"), ("messages", "Messages waiting"),
    ("failed_messages", "Messages that were given up"), ("unsequenced", "Entries without a leaf: how far the tree lags"), ("incidents", "Open incidents"))


def _places(found: list[Figures]) -> Iterator[str]:
    for name, help_ in PLACES:
        metric = f"banli_{name}" + ("_seconds" if name == "job_age" else "")
        yield f"# HELP {metric} {help_}"
        yield f"# TYPE {metric} gauge"
        yield from (f'{metric}{{place="{one.place}"}} {getattr(one, name)}' for one in found)


def _histogram(name: str, help_: str, histogram: Histogram) -> Iterator[str]:
    below, count, total = histogram.read()
    yield f"# HELP {name} {help_}"
    yield f"# TYPE {name} histogram"
    yield from (f'{name}_bucket{{le="{bound}"}} {seen}' for bound, seen in below)
    yield f'{name}_bucket{{le="+Inf"}} {count}'
    yield f"{name}_sum {total:.6f}"
    yield f"{name}_count {count}"


def _process(home: Path, limits: Limits) -> Iterator[str]:
    free = shutil.disk_usage(home).free
    for name, help_, value in (("banli_disk_free_bytes", "Free bytes on the data disk", free),
                               ("banli_disk_limit_bytes", "Below this nothing new is started", limits.disk * 1_000_000),
                               ("banli_jobs_limit", "With so many waiting jobs nothing new is started", limits.jobs)):
        yield from (f"# HELP {name} {help_}", f"# TYPE {name} gauge", f"{name} {value}")
