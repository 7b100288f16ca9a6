"""The demo place made once for a whole run and copied for each who changes it; plays nothing itself."""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.system import Settings, System
from adapters.system.demo import ensure_demo

try:
    import fcntl
except ImportError:  # Windows: there the processes of a run make one each
    fcntl = None  # type: ignore[assignment]


def demo_home(home: Path) -> Path:
    """`home`, a folder straight below pytest's own, with a demo place as a first start makes it.

    The first of a run's processes that asks makes it; the others wait and copy.
    """
    run = home.parent.parent if "PYTEST_XDIST_WORKER" in os.environ and fcntl is not None else home.parent
    made, half = run / "demo-place", run / "demo-place-half-made"
    with _locked(run / "demo-place.lock"):
        if not made.is_dir():
            shutil.rmtree(half, ignore_errors=True)
            system = System(Settings(half))
            ensure_demo(system, lambda _: None)
            system.database.close()
            half.rename(made)
    shutil.copytree(made, home, dirs_exist_ok=True)
    return home


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
