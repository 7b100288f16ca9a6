"""The first place of an installation in earnest: made at the terminal, and no demo place beside it."""
from __future__ import annotations

import io
from pathlib import Path

import pytest

from adapters.cli import serve
from adapters.cli.main import main
from adapters.system import Settings, System

NEW = ["place", "new", "jinzhou", "--title", "锦州市", "--name", "管理员", "--login", "admin"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANLI_HOME", str(tmp_path))
    monkeypatch.setenv("BANLI_DATABASE", "")
    return tmp_path


def entered(monkeypatch: pytest.MonkeyPatch, password: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    return main(NEW)


def test_its_administrator_signs_in_and_no_demo_place_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert entered(monkeypatch, "a long pass phrase") == 0

    monkeypatch.setattr(serve.uvicorn, "run", lambda *given, **more: None)
    assert main(["serve"]) == 0

    system = System(Settings(home))
    assert [(place.id, place.kind) for place in system.places()] == [("jinzhou", "live")]
    assert system.identity.sign_in("jinzhou", "admin", "a long pass phrase", "127.0.0.1").user == "administrator"


def test_a_short_password_founds_nothing(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert entered(monkeypatch, "short") == 1

    assert capsys.readouterr().err.startswith("✗ ")
    assert System(Settings(home)).places() == []
