"""The samples in deploy/ and the sentences of docs/operations.md that name commands, variables, metrics and addresses: each must exist in the program."""
from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from adapters.cli.main import parser
from adapters.system.health import PLACES
from adapters.web.app import create_app
from tests.system.small import system_in

ROOT = Path(__file__).resolve().parents[2]
DEPLOY, GUIDE = ROOT / "deploy", ROOT / "docs" / "operations.md"
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "adapters").rglob("*.py"))


@pytest.mark.parametrize("unit", ["banli.service", "banli-worker@.service"])
def test_systemd_understands_the_unit(tmp_path: Path, unit: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    program = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert program is not None
    (tmp_path / unit).write_text(text.replace(program[1], "/bin/true"), encoding="utf-8")  # the program itself is not installed there

    said = subprocess.run(["systemd-analyze", "verify", str(tmp_path / unit)], capture_output=True, text=True, timeout=60)

    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def composed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name, services", [
    ("compose.one-node.yaml", {"banli"}), ("compose.three-nodes.yaml", {"node1", "node2", "node3", "worker", "proxy", "database"})])
def test_a_compose_file_names_what_there_is(name: str, services: set[str]) -> None:
    found = composed(name)

    assert found["services"].keys() == services
    mounted = {volume.partition(":")[0] for service in found["services"].values() for volume in service.get("volumes", [])}
    assert {volume for volume in mounted if not volume.startswith(".")} == found["volumes"].keys()
    for service in found["services"].values():
        assert set(service.get("depends_on", ())) <= services
        if isinstance(service.get("build"), dict):
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
            parser().parse_args(service["command"])  # raises SystemExit for a command there is not


@pytest.mark.parametrize("file", [*sorted(path.name for path in DEPLOY.iterdir()), "operations.md"])
def test_every_variable_that_is_named_is_read(file: str) -> None:
    path = GUIDE if file == "operations.md" else DEPLOY / file
    named = set(re.findall(r"\bBANLI_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8"))) - {"BANLI_DATABASE_PASSWORD"}  # the compose file's own

    assert {name for name in named if name not in CODE and name.removeprefix("BANLI_SMTP_") == name} == set()


def below(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands under a command."""
    return next((dict(action.choices) for action in made._actions if isinstance(action, argparse._SubParsersAction)), {})


def test_every_command_of_the_guide_is_one() -> None:
    commands = set(re.findall(r"(?:^|`|banli-new |； )banli ([a-z]+(?: [a-z]+)?)", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    first = below(parser())

    unknown = set()
    for command in commands:
        name, _, second = command.partition(" ")
        if name not in first:
            unknown.add(command)
        elif second and (actions := below(first[name])) and second not in actions:
            unknown.add(command)
    assert unknown == set()
    assert {command.partition(" ")[0] for command in commands} >= {"serve", "worker", "backup", "restore", "retention", "place", "schema", "audit"}


def test_every_metric_and_address_of_the_guide_is_served(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    system = system_in(tmp_path)
    app = create_app(system)
    served = app.state.health.metrics()

    metrics = set(re.findall(r"`(banli_[a-z_]+)`", text))
    assert {metric for metric in metrics if f"# TYPE {metric} " not in served} == set()
    assert {f"banli_{name}" + ("_seconds" if name == "job_age" else "") for name, _ in PLACES} <= metrics
    addresses = set(re.findall(r"`(/(?:health|metrics)[a-z/]*)`", text))
    assert {address for address in addresses if TestClient(app, client=("127.0.0.1", 50000)).get(address).status_code == 404} == set()
    assert addresses == {"/health/live", "/health/ready", "/metrics"}


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"`((?:deploy|docs|tests)/[A-Za-z0-9_./@-]+)`", GUIDE.read_text(encoding="utf-8")))

    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert len(named) > 5
