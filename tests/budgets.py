"""What each folder of tests may cost, and the table at the end of a run that says what it did cost; fails no test, for a machine may be busy."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

import pytest

# Seconds of one worker on a quiet machine of two cores. Two workers share them: 1,800 are the fifteen minutes that a whole run may take.
BUDGETS = {
    "architecture": 40, "audit": 70, "bench": 10, "bpmn": 120, "browser": 520, "cli": 40, "compare": 10, "conformance": 30, "crash": 360,
    "database": 70, "decisions": 10, "design": 60, "dmn": 10, "documents": 10, "execution": 30, "feel": 50, "files": 10, "forms": 10, "histories": 10,
    "identity": 15, "journal": 10, "keys": 10, "migrations": 20, "notifications": 10, "operations": 30, "package": 20, "packaging": 10, "scheme": 10,
    "selection": 10, "spiffworkflow": 15, "system": 100, "web": 70,
}


class Budgets:
    """Adds up what every report took, by the first folder under `tests`."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.spent[suite(report.nodeid)] += report.duration  # type: ignore[assignment]  # seconds are no whole numbers

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if len(self.spent) < 2:
            return
        terminalreporter.section("seconds of a worker by suite, and their budgets")
        for name, seconds in self.spent.most_common():
            over = "" if seconds <= BUDGETS.get(name, 5) else "  over its budget"
            terminalreporter.line(f"{name:<16}{seconds:>7.0f} of {BUDGETS.get(name, 5):>4}{over}")


def suite(nodeid: str) -> str:
    """'tests/web/test_x.py::test_y' → 'web'; a file of `tests` itself → 'tests'."""
    parts = PurePosixPath(nodeid.partition("::")[0]).parts
    return parts[1] if len(parts) > 2 else parts[0]
