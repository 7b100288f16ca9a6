"""Keeping and removing finished matters: what may go goes whole under a certificate, what may not stays, and the record verifies either way."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.cli.main import main
from adapters.database import backup, personal, schema
from adapters.database.erasure import Erasure
from adapters.database.retention import Retention, removed
from adapters.identity import accounts
from adapters.keys.place_keys import verified as signed_by
from adapters.system import System, keeping, operations
from adapters.system.audit import verified_place
from adapters.system.export import sequenced
from engine.journal import merkle
from engine.refusals import Refused
from tests.system.small import started, system_in

BASIS = "项目示例：保管期限表第三条"
PDF = b"%PDF-1.7\n" + b"x" * 3000
NAME = "某人（虚构）"


@pytest.fixture
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    new: Callable[[], str] | None = request.getfixturevalue("new_postgres") if getattr(request, "param", "") == "postgresql" else None
    return system_in(tmp_path / "home", new() if new else "")


both = pytest.mark.parametrize("system", ["sqlite", "postgresql"], indirect=True)


def ended(system: System) -> str:
    """A finished matter with a paper in it and a personal value about its data subject."""
    matter = started(system)
    paper = system.files.put("here", "ann", "请示.pdf", PDF, {"application/pdf"})
    answers = {"title": "请示一", "days": "2", "paper": [paper.id]}
    system.complete("here", "ann", matter, "t1", "submit", "", answers, "c1")
    keep = system.store.personal
    with system.database.writing() as transaction:
        values = [personal.Personal(matter, "apply", {"name": NAME})]
        keep.sealed(transaction, "here", matter, 99, values, 0)
        keep.project(transaction, "here", matter, 99, values)
    system.complete("here", "bo", matter, "t2", "approve", "", {}, "c2")
    system.run_due("here")
    return matter


def kept(system: System, days: int = 30) -> Retention:
    retention = Retention(system.database)
    retention.set_period("here", "leave", days, BASIS, "bo")
    return retention


def later(system: System, days: float) -> None:
    system.advance("here", system.clock("here") + timedelta(days=days))


def mentions(system: System, id: str) -> dict[str, int]:
    """Table → rows in which `id` stands anywhere."""
    found = {}
    tables = [table for metadata in (schema.metadata, accounts.metadata) for table in metadata.sorted_tables]
    with system.database.reading() as connection:
        for table in tables:
            rows = connection.execute(sa.select(table)).all()
            if count := sum(any(id in (v.decode("latin-1") if isinstance(v, bytes) else str(v)) for v in row) for row in rows):
                found[table.name] = count
    return found


def why_not(system: System, matter: str, by: str = "ann", approved_by: str = "bo") -> str:
    with pytest.raises(Refused) as refused:
        keeping.remove(system, "here", matter, by, approved_by)
    assert set(mentions(system, matter)) >= {"entry", "instance", "task", "leaf"}  # nothing is gone
    return refused.value.code


@both
def test_a_matter_past_its_period_goes_whole_and_the_record_still_verifies(system: System) -> None:
    matter, other = ended(system), started(system)
    kept(system)
    later(system, 31)
    sequenced(system, "here")
    before = verified_place(system, "here")
    assert [path.is_file() for path in keeping.folder_of(system, "here").glob("*/*")] == [True]

    done = keeping.remove(system, "here", matter, "ann", "bo")

    assert mentions(system, matter) == {"entry": 1, "leaf": done.certificate.entries, "subject_key": 1}  # the certificate, the leaves, the key's grave
    assert list(keeping.folder_of(system, "here").glob("*/*")) == []
    with system.database.reading() as connection:
        key = connection.execute(sa.select(schema.subject_key).where(schema.subject_key.c.subject == matter)).mappings().one()
    assert (key["wrapped"], key["erased_at"] is None) == (None, False)
    after = verified_place(system, "here")
    assert after.findings == []
    assert after.leaves == before.leaves + 1
    assert after.entries == before.entries + 1 - done.certificate.entries
    assert system.head("here", other).state == "open"


def test_a_certificate_lists_every_leaf_and_anybody_can_check_it(system: System) -> None:
    matter = ended(system)
    kept(system)
    later(system, 31)
    number = keeping.remove(system, "here", matter, "ann", "bo").certificate.number

    paper = json.loads(keeping.document(system, "here", number))

    (line,) = paper["certificate"]["removed"]
    assert (line["instance"], line["entries"], len(line["leaves"])) == (matter, 3, 3)
    assert merkle.root([bytes.fromhex(leaf) for leaf in line["leaves"]]).hex() == line["root"]
    assert signed_by(base64.b64decode(paper["public_key"]), paper["signed"].encode(), base64.b64decode(paper["signature"]))
    assert json.loads(paper["signed"]) == paper["certificate"]
    with system.database.reading() as connection:
        under, contradicted = removed(connection, "here")
    assert (list(under), contradicted) == ([matter], [])


@both
def test_leaves_that_do_not_fit_their_certificate_are_found(system: System) -> None:
    matter = ended(system)
    kept(system)
    later(system, 31)
    keeping.remove(system, "here", matter, "ann", "bo")

    with system.database.changing() as connection:
        leaf = schema.leaf.c
        connection.execute(schema.leaf.update().where(leaf.stream == matter, leaf.seq == 2).values(hash=b"\0" * 32))

    assert {finding.code for finding in verified_place(system, "here").findings} == {"retention.leaves", "checkpoint.root"}


def test_entries_that_vanished_without_a_certificate_are_found(system: System) -> None:
    matter = ended(system)
    with system.database.changing() as connection:
        connection.execute(schema.entry.delete().where(schema.entry.c.stream == matter))

    assert {finding.code for finding in verified_place(system, "here").findings} == {"leaf.orphan"}


@both
def test_what_may_not_be_removed_stays(system: System) -> None:
    matter = ended(system)

    assert why_not(system, matter) == "retention.no_period"
    retention = kept(system)
    assert why_not(system, matter) == "retention.early"
    later(system, 31)
    assert why_not(system, matter, "ann", "ann") == "retention.same_person"
    retention.hold("here", matter, "审计中", "bo")
    assert why_not(system, matter) == "retention.held"
    retention.release("here", matter, "审计结束", "bo")
    Erasure(system.database).hold("here", matter, "档案", "bo")
    assert why_not(system, matter) == "retention.held"
    Erasure(system.database).release("here", matter, "档案已移交", "bo")

    assert len(keeping.remove(system, "here", matter, "ann", "bo").certificate.lines) == 1


def test_an_open_matter_stays(system: System) -> None:
    matter = started(system)
    kept(system)
    later(system, 400)

    assert why_not(system, matter) == "retention.open"


def test_a_record_that_does_not_verify_is_not_removed(system: System) -> None:
    matter = ended(system)
    kept(system)
    later(system, 31)
    system.run_due("here")
    with system.database.changing() as connection:
        body = connection.scalar(sa.select(schema.entry.c.body).where(schema.entry.c.stream == matter, schema.entry.c.seq == 2))
        assert body is not None
        spoilt = bytes(body).replace(b'"ann"', b'"eve"')
        connection.execute(schema.entry.update().where(schema.entry.c.stream == matter, schema.entry.c.seq == 2).values(body=spoilt))

    assert why_not(system, matter) == "retention.unsound"


def test_a_backup_of_what_is_left_verifies_and_nothing_of_it_comes_back(system: System, tmp_path: Path) -> None:
    matter = ended(system)
    kept(system)
    later(system, 31)
    operations.back_up(system, tmp_path / "old")
    keeping.remove(system, "here", matter, "ann", "bo")

    operations.back_up(system, tmp_path / "new")

    assert backup.verified(tmp_path / "new").entries > 0
    if system.database.lite:  # deleted is overwritten, not only left free
        system.database.close()
        files = [path for path in system.settings.home.glob("banli.db*") if path.is_file()]
        left = b"".join(path.read_bytes() for path in files)
        assert NAME.encode() not in left


def test_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    system = system_in(tmp_path)
    matter = ended(system)
    later(system, 31)
    monkeypatch.setenv("BANLI_HOME", str(tmp_path))
    monkeypatch.setenv("BANLI_DATABASE", "")

    def banli(*arguments: str) -> tuple[int, str]:
        code = main(["retention", arguments[0], "--place", "here", *arguments[1:]])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert "未规定期限" in banli("list")[1]
    assert banli("period", "leave", "--days", "30", "--basis", BASIS, "--by", "bo")[0] == 0
    assert "期满，可移除" in banli("list")[1]
    assert banli("hold", matter[:6], "--reason", "信访", "--by", "bo")[0] == 0
    assert banli("remove", matter, "--by", "ann", "--approved-by", "bo") == (1, f"✗ {matter} 暂缓移除（信访）。解除暂缓之后才能移除\n")
    assert banli("release", matter, "--reason", "办结", "--by", "bo")[0] == 0
    assert banli("remove", "--by", "ann", "--approved-by", "bo", "--check")[1].startswith("将移除")
    assert banli("remove", "--by", "ann", "--approved-by", "bo")[1].startswith("✓ 已移除")
    assert BASIS in banli("certificates")[1]
    number = str(Retention(system.database).certificates("here")[0].number)
    assert banli("certificates", number, "--out", str(tmp_path / "paper.json"))[0] == 0
    assert json.loads((tmp_path / "paper.json").read_text())["certificate"]["instance"] == matter
    main(["audit", "verify", "--place", "here"])
    assert "凭证" in capsys.readouterr().out
