"""What the databases say of themselves at start-up: fit ones are let through, unfit ones refused with every reason."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.cli.main import main
from adapters.database import capabilities
from adapters.locale import knows
from adapters.system import Settings, System, operations
from engine.refusals import Invalid
from tests.system.small import system_in


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    new: Callable[[], str] | None = request.getfixturevalue("new_postgres") if request.param == "postgresql" else None
    made = Settings(tmp_path, new() if new else "")
    System(made).database.close()
    return made


def test_a_sound_database_is_let_through(settings: Settings) -> None:
    with operations.opened(settings) as database:
        found = operations.checked(database)
        assert operations.sound(database) == "ok"

    assert [one.name for one in found if one.severity in ("warning", "error")] == []
    assert {one.name for one in found} >= ({"fsync", "skip_locked", "empty_text"} if settings.database else {"journal_mode", "synchronous"})


def test_everything_that_is_asked_has_words(settings: Settings) -> None:
    with operations.opened(settings) as database:
        names = [one.name for one in operations.asked(database)]

    assert [name for name in names for language in ("zh", "en") for code in (f"database.{name}", f"database.{name}.label") if not knows(code, language)] == []


def test_a_database_that_cannot_do_what_is_needed_is_refused_with_every_reason(new_postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unfit = (("empty_text", "SELECT true", capabilities._needs(False)), ("skip_locked", "SELECT 1 FOR UPDATE SKIP EVERYTHING", lambda found: "ok"),
             ("fsync", "SELECT 'off'", capabilities._needs("on", "warning")))
    monkeypatch.setattr(capabilities, "_POSTGRESQL", unfit)
    with operations.opened(Settings(tmp_path, new_postgres())) as database, pytest.raises(Invalid) as refused:
        operations.checked(database)

    assert [finding.code for finding in refused.value.findings] == ["database.empty_text", "database.skip_locked"]


def test_a_setting_that_weakens_a_promise_is_told(new_postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    url = new_postgres()
    with operations.opened(Settings(tmp_path, url)) as database, database.changing() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    System(Settings(tmp_path, url)).database.close()
    monkeypatch.setenv("BANLI_HOME", str(tmp_path))
    monkeypatch.setenv("BANLI_DATABASE", url)

    assert main(["database"]) == 0
    assert "! 同步提交：off" in capsys.readouterr().out


def test_a_damaged_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    system = system_in(tmp_path)
    with system.database.reading() as connection:
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'person'").scalar_one()
    with system.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    system.database.close()
    with open(tmp_path / "banli.db", "r+b") as file:
        file.seek((page - 1) * 4096 + 8)
        file.write(b"\xff" * 200)
    monkeypatch.setenv("BANLI_HOME", str(tmp_path))
    monkeypatch.setenv("BANLI_DATABASE", "")

    assert main(["database", "--check"]) == 1
    assert "有损坏" in capsys.readouterr().out
