"""T11, the smoke of it: a worker that goes on and on grows neither in memory nor in open files, and stays as quick as it was."""
from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

from tests.crash.ledger import Ledger, problems
from tests.crash.nodes import node
from tests.crash.readers import reading


def resident(pid: int) -> int:
    """Kilobytes in memory."""
    return int(next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1])


def test_a_worker_does_not_grow(url: str, home: Path, long: bool) -> None:
    ledger, samples = Ledger(), list[tuple[float, int, int, int]]()
    with node(home, url) as product:
        worker = product.act("work", run="s", seed=1, resend=[], tend=True)
        began = time.monotonic()
        while time.monotonic() < began + (8 * 3600 if long else 10):
            ledger.take(worker.lines(0.2))
            time.sleep(0.2)
            samples.append((time.monotonic() - began, resident(worker.pid), len(os.listdir(f"/proc/{worker.pid}/fd")), len(ledger.acked)))
        ledger.take(worker.kill())
        ledger.take(product.done("each", ops=ledger.unanswered()))
        product.done("quiet")

    half = len(samples) // 2
    early, late = median(memory for _, memory, _, _ in samples[half // 2 : half]), median(memory for _, memory, _, _ in samples[-half // 2 :])
    rates = [(b[3] - a[3]) / (b[0] - a[0]) for a, b in ((samples[half // 2], samples[half]), (samples[half], samples[-1]))]
    print(f"{len(ledger.acked)} commands, memory {early:.0f} → {late:.0f} kB, {rates[0]:.0f} → {rates[1]:.0f} a second, files {samples[half][2]} → {samples[-1][2]}")
    assert late - early < 4_000
    assert samples[-1][2] <= samples[half // 2][2] + 2
    with reading(url) as reader:
        assert problems(reader, ledger, complete=True) == []
