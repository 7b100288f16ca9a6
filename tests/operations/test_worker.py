"""`banli worker` as a process of its own: it carries out what is due, and on SIGTERM ends what it began and stops."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from adapters.system import System
from tests.system.small import published, system_in

ROOT = Path(__file__).resolve().parents[2]


def waiting(system: System) -> int:
    with system.database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM unsequenced").scalar_one())


def test_a_worker_works_until_it_is_told_to_stop(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    bundle, scheme = published(system)
    environment = {**os.environ, "BANLI_HOME": str(tmp_path), "BANLI_DATABASE": "", "PYTHONPATH": str(ROOT)}
    worker = subprocess.Popen([sys.executable, "-m", "adapters.cli.main", "worker", "--log", "json"], cwd=ROOT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert worker.stdout is not None
        assert "已启动" in worker.stdout.readline()
        system.start("here", bundle.hash, scheme, "ann", org="office")
        until = time.monotonic() + 20
        while waiting(system) and time.monotonic() < until:
            time.sleep(0.1)
        left = waiting(system)
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=20)
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()

    assert left == 0
    assert worker.returncode == 0
    assert said == ""  # nothing went wrong, so nothing is logged
