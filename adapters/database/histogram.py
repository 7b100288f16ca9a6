"""Counts durations in fixed buckets, for monitoring; knows no database."""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from threading import Lock

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds


class Histogram:
    """Counts durations in fixed buckets. Safe from any thread."""

    def __init__(self, bounds: Sequence[float] = BOUNDS) -> None:
        self.bounds = tuple(bounds)
        self._counts = [0] * (len(self.bounds) + 1)
        self._sum = 0.0
        self._lock = Lock()

    def add(self, seconds: float) -> None:
        with self._lock:
            self._counts[bisect_left(self.bounds, seconds)] += 1
            self._sum += seconds

    def read(self) -> tuple[list[tuple[float, int]], int, float]:
        """[(bound, how many took at most so long)], how many altogether, the sum in seconds."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        seen, below = 0, []
        for bound, count in zip(self.bounds, counts, strict=False):
            seen += count
            below.append((bound, seen))
        return below, sum(counts), total
