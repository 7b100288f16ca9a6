"""The type checker over the product's rooms, as configured in pyproject.toml; strict, so that a forgotten command or event is named."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_type_checker_finds_nothing():
    checked = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)

    assert (checked.stdout.splitlines()[:-1], checked.stderr) == ([], "")
    assert checked.returncode == 0
