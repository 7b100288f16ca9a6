"""What each folder of tests may cost, and the table at the end of a run that says what it did cost; fails no test, for a machine may be busy."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

import pytest

# Seconds of one worker on a quiet machine of two cores. Two workers share them: 1,800 are the fifteen minutes that a whole run may take.
BUDGETS = {
    "architecture": 35, "audit": 50, "bench": 5, "bpmn": 120, "browser": 685, "cli": 25, "compare": 10, "conformance": 10, "crash": 320,
    "database": 50, "decisions": 5, "design": 70, "dmn": 5, "documents": 5, "execution": 20, "feel": 40, "files": 5, "forms": 10, "histories": 5,
    "identity": 15, "journal": 5, "keys": 5, "migrations": 15, "notifications": 5, "operations": 35, "package": 25, "packaging": 5, "scheme": 5,
    "selection": 5, "spiffworkflow": 15, "system": 105, "web": 80,
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
