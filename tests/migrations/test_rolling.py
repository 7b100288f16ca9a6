"""Two releases at work on one database while nodes are replaced one by one: the older one serves, skips what it does not know, and says so."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.cli.main import main
from adapters.database import schema, upgrade
from adapters.database.connection import bind
from adapters.database.jobs import KINDS, Claimed, _claimable
from adapters.database.journal import entries
from adapters.database.store import Answer
from adapters.database.worker import Worker
from adapters.locale import say
from adapters.system import Settings, System
from adapters.system.audit import replayed, verified_place
from adapters.system.operations import TABLES
from engine.commands import Complete
from engine.journal.entry import sealed
from engine.refusals import Refused
from tests.migrations.test_upgrade import NEXT
from tests.system.small import started, system_in

HEAD = upgrade.serving()[0]


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    new: Callable[[], str] | None = request.getfixturevalue("new_postgres") if getattr(request, "param", "sqlite") == "postgresql" else None
    return Settings(tmp_path / "home", new() if new else "")


BOTH = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)


def next_release(folder: Path, serves: str) -> Path:
    """The revisions of the release after this one, which adds a column."""
    folder.mkdir()
    for path in upgrade.VERSIONS.glob("[0-9]*.py"):
        (folder / path.name).write_bytes(path.read_bytes())
    revision = f"{int(HEAD) + 1:04d}"
    (folder / f"{revision}_motto.py").write_text(NEXT.format(revision=revision, serves=serves))
    return folder


def jobs(system: System) -> list[tuple[str, str, int]]:
    j = schema.job.c
    with system.database.reading() as connection:
        return [(kind, state, tries) for kind, state, tries in connection.execute(sa.select(j.kind, j.state, j.tries).order_by(j.id))]


def queue(system: System, instance: str, kind: str) -> None:
    row = {"place": "here", "instance": instance, "id": f"x-{kind}", "kind": kind, "element": "apply", "data": "{}", "state": "ready", "run_at": 0, "tries": 0, "token": 0}
    with system.database.changing() as connection:
        connection.execute(schema.job.insert().values(row))


@BOTH
def test_a_node_goes_on_and_may_start_again_after_another_one_upgraded(settings: Settings, tmp_path: Path) -> None:
    older = system_in(settings.home, settings.database)
    matter = started(older)

    upgrade.upgrade(older.database, TABLES, next_release(tmp_path / "next", serves=HEAD))  # the first new node

    older.complete("here", "ann", matter, "t1", "submit", "", {"title": "升级之中", "days": "1"}, "c1")
    again = System(settings)  # an old node that is started once more
    again.complete("here", "bo", matter, "t2", "approve", "", {}, "c2")
    assert again.complete("here", "bo", matter, "t2", "approve", "", {}, "c2").repeated
    again.run_due("here")
    assert again.head("here", matter).state == "ended"
    assert verified_place(again, "here").findings == []


@BOTH
def test_a_job_of_a_kind_that_is_not_known_waits_for_who_knows_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    older = system_in(settings.home, settings.database)
    matter = started(older)
    queue(older, matter, "cancel_other_child")

    older.run_due("here")

    assert jobs(older) == [("cancel_other_child", "ready", 0)]  # not claimed, not failed
    done: list[str] = []
    monkeypatch.setattr("adapters.database.jobs._CLAIMABLE", everything())

    def effect(self: Worker, job: Claimed) -> None:
        done.append(job.kind)
        self._jobs.drop(job)

    monkeypatch.setattr(Worker, "_effect", effect)
    System(settings).run_due("here")  # a node of the next release
    assert (done, jobs(older)) == (["cancel_other_child"], [])


def everything() -> sa.Select[Any]:
    """The claim of a release that knows that kind, too."""
    j = schema.job.c
    return (sa.select(j.instance, j.id, j.kind, j.scope, j.element, j.data, j.tries, j.token)
            .where(j.place == bind("place"), j.state != sa.literal_column("'failed'"), _claimable(j))
            .order_by(j.run_at, j.instance, j.id).limit(bind("most")).with_for_update(skip_locked=True))


def test_every_kind_that_is_carried_out_is_claimed() -> None:
    """Each kind that an effect or the step itself names in the code, so that none is forgotten in the list."""
    source = Path(upgrade.__file__).parents[2]
    texts = (source / "adapters" / "database" / "worker.py").read_text(encoding="utf-8")
    named = {kind for kind in KINDS if f'"{kind}"' in texts}

    assert named == set(KINDS)
    assert [line for line in texts.splitlines() if line.strip().startswith('case "') and line.strip()[6:].partition('"')[0] not in KINDS] == []


def newer(system: System, matter: str, seq: int, **changed: Any) -> None:
    """Puts what a newer program might have written in the place of an entry."""
    e = schema.entry.c
    with system.database.changing() as connection:
        entry = [written.entry for written in entries(connection, "here", matter)][seq - 1]
        body, hash_ = sealed(replace(entry, **changed))
        connection.execute(schema.entry.update().where(e.stream == matter, e.seq == seq).values(body=body, hash=hash_, elements=None))


@pytest.mark.parametrize("events, details", [
    ([["TokenTeleported", {"element": "apply"}]], {"kind": "TokenTeleported", "fields": []}),
    ([["Left", {"element": "apply", "flows": [], "scope": 1, "colour": "red"}]], {"kind": "Left", "fields": ["colour"]})])
def test_an_entry_of_a_newer_program_is_refused_in_words(settings: Settings, events: list[Any], details: dict[str, Any]) -> None:
    system = system_in(settings.home)
    matter = started(system)

    def complete() -> Answer:
        return system.store.handle("here", matter, Complete("ann", "t1", "submit", "", {"title": "一"}), "c1")

    assert (complete().repeated, complete().repeated) == (False, True)
    newer(system, matter, 2, events=events)
    with pytest.raises(Refused) as refused:
        complete()  # sent again to a node of the release before: the answer is in the entry

    assert (refused.value.code, refused.value.details) == ("journal.unknown_kind", details)
    assert "更新版本的程序" in say(refused.value.code, "zh", **refused.value.details)


def test_a_replay_says_which_command_it_does_not_know(settings: Settings) -> None:
    system = system_in(settings.home)
    matter = started(system)
    newer(system, matter, 1, command="Teleport")

    assert [finding.code for finding in replayed(system, "here", matter).findings] == ["journal.unknown_kind"]


def test_before_an_upgrade_the_command_line_says_what_would_happen(
        settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BANLI_HOME", str(settings.home))
    monkeypatch.setenv("BANLI_DATABASE", "")
    assert (main(["schema"]), "首次启动时建立" in capsys.readouterr().out, settings.home.exists()) == (0, True, False)

    system = system_in(settings.home)
    assert (main(["schema"]), "结构不变" in capsys.readouterr().out) == (0, True)

    upgrade.upgrade(system.database, TABLES, next_release(tmp_path / "next", serves=f"{int(HEAD) + 1:04d}"))
    assert (main(["schema"]), "会拒绝启动" in capsys.readouterr().out) == (1, True)
    with pytest.raises(Refused) as refused:
        System(settings)
    assert refused.value.code == "schema.newer"


def test_a_later_promise_does_not_take_back_an_earlier_break(settings: Settings, tmp_path: Path) -> None:
    """0003 and 0004 cannot serve older programs; that 0005 would is no help to a program of 0002."""
    system = system_in(settings.home)

    with system.database.reading() as connection:
        assert upgrade.current(connection) == upgrade.serving() == (HEAD, max(upgrade.revisions().values()))
