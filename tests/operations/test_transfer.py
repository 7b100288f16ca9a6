"""Everything of a place taken out as text and files and brought into another installation; what was changed on the way is refused."""
from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.cli.main import main
from adapters.database import schema, upgrade
from adapters.database.backup import LEFT_OUT
from adapters.identity import accounts
from adapters.system import Settings, System, moving, operations
from adapters.system.audit import verified_place
from engine.refusals import Invalid, Refused
from tests.operations.test_retention import NAME, PDF, ended
from tests.system.small import started, system_in

Urls = Callable[[str], str]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Urls:
    """The URL of an empty database of a kind; "" is the SQLite file of a home."""
    return lambda kind: request.getfixturevalue("new_postgres")() if kind == "postgresql" else ""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[System, Path, str]:
    """A place on SQLite with a finished and an open matter, and its export."""
    folder = tmp_path_factory.mktemp("exported")
    system = system_in(folder / "from")
    matter = ended(system)
    started(system)
    moving.take_out(system, "here", folder / "out")
    return system, folder / "out", matter


@pytest.fixture
def moved(exported: tuple[System, Path, str], tmp_path: Path) -> tuple[System, Path, str]:
    """The same with a copy of the export that a test may spoil."""
    system, out, matter = exported
    for folder in (out, moving.keys_folder(out)):
        shutil.copytree(folder, tmp_path / folder.name)
    return system, tmp_path / "out", matter


def content(system: System, place: str = "here") -> dict[str, list[Any]]:
    """All rows of a place that an export keeps."""
    tables = [table for metadata in operations.TABLES for table in metadata.sorted_tables if table.name not in LEFT_OUT]
    with system.database.reading() as connection:
        return {table.name: [tuple(row) for row in connection.execute(sa.select(table).where(table.c.place == place).order_by(*table.primary_key.columns))]
                for table in tables}


@pytest.mark.parametrize("source, target", [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_everything_comes_over_and_work_goes_on(tmp_path: Path, url: Urls, source: str, target: str) -> None:
    old = system_in(tmp_path / "from", url(source))
    matter, running = ended(old), started(old)
    settings = Settings(tmp_path / "to", url(target))

    out = moving.take_out(old, "here", tmp_path / "out")
    into = moving.bring_in(settings, tmp_path / "out", moving.keys_folder(tmp_path / "out"))

    new = System(settings)
    assert (out, into.files) == (into, 1)
    assert content(new) == content(old)
    assert verified_place(new, "here").findings == []
    file = new.files.info("here", "ann", paper(new, matter))
    assert b"".join(new.files.read("here", "ann", file.id)) == PDF
    before = len(content(new)["entry"])
    new.complete("here", "ann", running, "t1", "submit", "", {"title": "接着办", "days": "1"}, "after")
    assert len(content(new)["entry"]) == before + 1
    new.database.close()


def paper(system: System, matter: str) -> str:
    with system.database.reading() as connection:
        return str(connection.scalar(sa.select(schema.blob.c.id).where(schema.blob.c.instance == matter)))


def test_without_the_confidential_part_nothing_personal_is_in_it(moved: tuple[System, Path, str], tmp_path: Path) -> None:
    _, out, _ = moved
    assert not [path for path in out.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()]
    assert [path.name for path in moving.keys_folder(out).rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()] == ["personal.jsonl"]

    moving.bring_in(Settings(tmp_path / "to"), out, None)

    new = System(Settings(tmp_path / "to"))
    assert content(new)["personal"] == []
    assert [path.name for path in operations.missing_keys(new.settings)] == ["here.key"]


def test_a_place_comes_beside_others_and_only_once(moved: tuple[System, Path, str], tmp_path: Path) -> None:
    _, out, _ = moved
    other = System(Settings(tmp_path / "to"))
    other.create_place("there", "别处", "rehearsal")
    before = content(other, "there")

    moving.bring_in(other.settings, out, moving.keys_folder(out))
    with pytest.raises(Refused) as refused:
        moving.bring_in(other.settings, out, moving.keys_folder(out))

    assert refused.value.code == "transfer.place_exists"
    assert content(other, "there") == before
    assert sorted(place.id for place in other.places()) == ["here", "there"]


def changed(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def resigned(system: System, out: Path) -> None:
    """What somebody with the place's key could do: hashes and signature fit again."""
    manifest = json.loads((out / "manifest.json").read_text())
    for name in manifest["tables"]:
        manifest["tables"][name]["sha256"] = moving._stated(out / "tables" / f"{name}.jsonl")["sha256"]
    moving._sealed(system, "here", out, {name: value for name, value in manifest.items() if name not in ("format", "place")})


def test_what_was_changed_on_the_way_is_refused(moved: tuple[System, Path, str], tmp_path: Path) -> None:
    system, out, matter = moved
    settings = Settings(tmp_path / "to")

    def said() -> str:
        error: Exception | None = None
        try:
            moving.bring_in(settings, out, None)
        except (Refused, Invalid) as refused:
            error = refused
        assert not System(settings).places()
        assert isinstance(error, (Refused, Invalid))
        return error.findings[0].code if isinstance(error, Invalid) else error.code

    file = next(path for path in (out / "files").iterdir())
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert said() == "transfer.hash"
    file.write_bytes(whole)
    changed(out / "tables" / "task.jsonl", '"assignee": "ann"' if '"assignee": "ann"' in (out / "tables" / "task.jsonl").read_text() else '"state"', '"state" ')
    assert said() == "transfer.hash"
    changed(out / "tables" / "entry.jsonl", '\\"outcome\\":\\"approve\\"', '\\"outcome\\":\\"return\\"')
    resigned(system, out)
    assert said() == "backup.chain"
    changed(out / "manifest.json", '"place": "here"', '"place": "hers"')
    assert said() == "transfer.signature"


def test_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    started(system_in(tmp_path / "from"))
    monkeypatch.setenv("BANLI_DATABASE", "")
    monkeypatch.setenv("BANLI_HOME", str(tmp_path / "from"))
    assert main(["place", "export", str(tmp_path / "out"), "--place", "here"]) == 0
    assert main(["place", "export", str(tmp_path / "out"), "--place", "here"]) == 1
    assert main(["place", "export", str(tmp_path / "no"), "--place", "nowhere"]) == 1
    monkeypatch.setenv("BANLI_HOME", str(tmp_path / "to"))
    assert main(["place", "import", str(tmp_path / "out"), "--check"]) == 0
    assert not (tmp_path / "to" / "banli.db").exists()
    assert main(["place", "import", str(tmp_path / "out")]) == 0
    assert main(["audit", "verify", "--place", "here"]) == 0
    said = capsys.readouterr()
    assert "✓ 已导入并核验：here" in said.out


def test_what_docs_export_says_of_the_ciphers_opens_a_file_without_this_system(moved: tuple[System, Path, str]) -> None:
    _, out, matter = moved
    secret = (moving.keys_folder(out) / "keys" / "here.key").read_bytes()
    wrapping = AESGCM(HKDF(SHA256(), 32, salt=None, info=b"banli/here/wrap").derive(secret))

    def rows(path: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_text().splitlines()]

    def opened(cipher: AESGCM, sealed: bytes, about: str) -> bytes:
        return cipher.decrypt(sealed[:12], sealed[12:], about.encode())

    (blob,) = rows(out / "tables" / "blob.jsonl")
    (key,) = [row for row in rows(moving.keys_folder(out) / "tables" / "subject_key.jsonl") if row["subject"] == matter]
    subject = AESGCM(opened(wrapping, base64.b64decode(key["wrapped"]["base64"]), f"here\n{matter}"))
    file = AESGCM(opened(subject, base64.b64decode(blob["wrapped"]["base64"]), f"blob\nhere\n{blob['id']}"))
    (part,) = rows(out / "tables" / "blob_part.jsonl")

    assert opened(file, (out / "files" / blob["id"]).read_bytes(), f"here\n{blob['id']}\n0") == PDF
    assert part["size"] == len(PDF)


def test_an_export_of_an_older_program_is_brought_forward(moved: tuple[System, Path, str], tmp_path: Path) -> None:
    system, out, _ = moved
    lines = [json.loads(line) for line in (out / "tables" / "entry.jsonl").read_text().splitlines()]
    (out / "tables" / "entry.jsonl").write_text("".join(  # a column that came with 0006
        json.dumps({name: value for name, value in line.items() if name != "elements"}, ensure_ascii=False) + "\n" for line in lines))
    for folder in (out, moving.keys_folder(out)):
        changed(folder / "manifest.json", f'"revision": "{upgrade.serving()[0]}"', '"revision": "0005"')
        resigned(system, folder)

    moving.bring_in(Settings(tmp_path / "to"), out, moving.keys_folder(out))

    new = System(Settings(tmp_path / "to"))
    kept, before = content(new), content(system)
    assert [row[:-1] for row in kept.pop("entry")] == [row[:-1] for row in before.pop("entry")]
    assert kept == before
    assert verified_place(new, "here").findings == []


def test_an_export_of_a_newer_program_is_refused(moved: tuple[System, Path, str], tmp_path: Path) -> None:
    system, out, _ = moved
    changed(out / "manifest.json", f'"revision": "{upgrade.serving()[0]}"', '"revision": "9999"')
    resigned(system, out)

    with pytest.raises(Refused) as refused:
        moving.bring_in(Settings(tmp_path / "to"), out, None)
    assert refused.value.code == "backup.newer"
