"""Files: taken by content, encrypted on the disk, uploaded in pieces, read by range, seen by who may; on a real database and disk."""
import io
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.database.blobs import Attachment, BlobRows
from adapters.database.clock import create_place
from adapters.database.connection import Database, open_database
from adapters.database.erasure import Erasure
from adapters.database.people import People
from adapters.database.schema import create_tables
from adapters.files import FileInfo, Files
from adapters.files.folder import PART, clean_name
from adapters.keys import KeyFolder
from engine.refusals import Conflict, NotFound, Refused

VIDEO = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + random.Random(1).randbytes(2 * PART + 777)
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_database(f"sqlite:///{tmp_path}/banli.db")
    create_tables(made.engine)
    create_place(made, "fuxin", "阜新（演示）", "demo")
    yield made
    made.close()


@pytest.fixture
def rows(database: Database, tmp_path: Path) -> BlobRows:
    return BlobRows(database, KeyFolder(tmp_path / "keys"))


@pytest.fixture
def files(rows: BlobRows, tmp_path: Path) -> Files:
    return Files(tmp_path / "files", rows, KeyFolder(tmp_path / "keys"))


def on_disk(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def attached(database: Database, rows: BlobRows, id: str, instance: str = "i1", owner: str = "ann", subject: str = "s1") -> None:
    with database.writing() as transaction:
        rows.attach(transaction, "fuxin", instance, owner, Attachment(id, subject, "t1", "video"), 1)


def an_instance(database: Database, id: str, started_by: str) -> None:
    with database.changing() as connection:
        connection.execute(schema.instance.insert().values(
            place="fuxin", id=id, process="p", package="h", root=id, path=id, state="open", counters="{}", started_by=started_by, seq=1, last_at=1, head="x"))


def test_an_upload_in_pieces_survives_interruptions(files: Files) -> None:
    id = files.begin("fuxin", "ann", "C:\\视频\\健康工作方式.mp4")
    assert files.append("fuxin", "ann", id, 0, VIDEO[:1000]) == 1000
    with pytest.raises(Conflict) as conflict:
        files.append("fuxin", "ann", id, 0, VIDEO[:1000])
    assert conflict.value.details == {"offset": 1000}
    assert files.append("fuxin", "ann", id, 1000, VIDEO[1000:]) == len(VIDEO)
    assert files.finish("fuxin", "ann", id, {"video/mp4"}) == FileInfo(id, "健康工作方式.mp4", "video/mp4", len(VIDEO))
    assert files.finish("fuxin", "ann", id, {"video/mp4"}).id == id
    assert b"".join(files.read("fuxin", "ann", id)) == VIDEO


def test_a_torn_write_is_overwritten_by_the_next_try(files: Files, tmp_path: Path) -> None:
    id = files.begin("fuxin", "ann", "a.mp4")
    files.append("fuxin", "ann", id, 0, VIDEO[:1000])
    with open(on_disk(tmp_path)[0], "ab") as file:
        file.write(b"half a part that was never acknowledged" * 100)
    files.append("fuxin", "ann", id, 1000, VIDEO[1000:2000])
    files.finish("fuxin", "ann", id, {"video/*"})
    assert b"".join(files.read("fuxin", "ann", id)) == VIDEO[:2000]


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (PART - 1, PART + 1), (PART, 2 * PART), (2 * PART + 5, None), (len(VIDEO) - 1, None), (5, 5), (9, 9**9)])
def test_a_range_is_exactly_those_bytes(files: Files, start: int, stop: int | None) -> None:
    id = files.put("fuxin", "ann", "a.mp4", VIDEO, {"video/mp4"}).id
    assert b"".join(files.read("fuxin", "ann", id, start, stop)) == VIDEO[start:stop]


def test_nothing_readable_lies_on_the_disk(files: Files, tmp_path: Path) -> None:
    files.put("fuxin", "ann", "a.png", PNG, {"image/*"})
    assert [(path.stat().st_mode & 0o777, PNG[:8] in path.read_bytes()) for path in on_disk(tmp_path)] == [(0o600, False)]


def test_a_changed_byte_on_the_disk_is_seen(files: Files, tmp_path: Path) -> None:
    id = files.put("fuxin", "ann", "a.png", PNG, {"image/png"}).id
    path = on_disk(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(Refused) as refused:
        list(files.read("fuxin", "ann", id))
    assert refused.value.code == "file.damaged"


def archive(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries.items():
            target.writestr(name.replace("__", "/").replace("_types", "[Content_Types].xml"), content)
    return made.getvalue()


WORKBOOK = archive(_types=b"<x/>", xl__workbook=b"")
SHEET = archive(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
BOMB = archive(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"0" * 9_000_000})
LETTER = archive(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})
BOTH = archive(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(("name", "content", "accept", "code"), [
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"image/*", "text/csv"}, "file.kind"),
    ("a.html", b"<!doctype html><script>1</script>", {"text/csv", "application/pdf"}, "file.kind"),
    ("a.mp4", PNG, {"video/mp4"}, "file.kind"),
    ("a.pdf", b"MZ\x90\0" + b"\0" * 200, {"application/pdf", "text/csv"}, "file.kind"),
    ("a.gif", b"GIF89a" + b"\0" * 200, {"image/*"}, "file.kind"),
    ("a.xlsx", WORKBOOK, {XLSX}, "file.kind"),
    ("a.xlsx", BOMB, {XLSX}, "file.archive"),
    ("a.docx", SHEET, {DOCX}, "file.kind"),
    ("a.docx", BOTH, {DOCX}, "file.kind"),
    ("a.zip", SHEET, {"application/pdf"}, "file.kind"),
    ("a.xlsx", SHEET[:-30], {XLSX}, "file.archive"),
    ("a.png", b"", {"image/png"}, "file.empty"),
])
def test_what_is_not_taken_leaves_nothing(files: Files, database: Database, tmp_path: Path, name: str, content: bytes, accept: set[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        files.put("fuxin", "ann", name, content, accept)
    assert refused.value.code == code
    assert on_disk(tmp_path) == []
    with database.reading() as connection:
        assert connection.execute(sa.select(schema.blob.c.id)).all() == connection.execute(sa.select(schema.blob_part.c.n)).all() == []


@pytest.mark.parametrize(("content", "kind"), [
    (SHEET, XLSX), (LETTER, DOCX), ("姓名,分数\n甲,90\n".encode(), "text/csv"), ("姓名,分数\r\n".encode("gb18030"), "text/csv"), (b"%PDF-1.7\n", "application/pdf"),
    (b"\xff\xd8\xff\xe0" + b"\0" * 50, "image/jpeg"), (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm")])
def test_a_kind_is_what_the_content_says(files: Files, content: bytes, kind: str) -> None:
    assert files.put("fuxin", "ann", "x", content, {kind}).type == kind


def test_a_file_too_large_is_refused_before_it_is_written(files: Files, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        files.put("fuxin", "ann", "a.png", PNG, {"image/png"}, largest=50)
    assert (refused.value.code, on_disk(tmp_path)) == ("file.too_large", [])


def test_a_staged_file_is_its_owner_s_alone(files: Files) -> None:
    id = files.put("fuxin", "ann", "a.png", PNG, {"image/png"}).id
    for place, who in (("fuxin", "bo"), ("other", "ann")):
        with pytest.raises(NotFound):
            files.info(place, who, id)
    with pytest.raises(NotFound):
        files.append("fuxin", "bo", id, len(PNG), b"x")


def test_an_attached_file_is_seen_by_who_sees_the_instance(files: Files, rows: BlobRows, database: Database) -> None:
    an_instance(database, "i1", started_by="clerk")
    id = files.put("fuxin", "ann", "a.png", PNG, {"image/png"}).id
    attached(database, rows, id)
    assert b"".join(files.read("fuxin", "clerk", id)) == PNG
    with pytest.raises(NotFound):
        files.read("fuxin", "bo", id)
    with pytest.raises(Conflict) as conflict:
        attached(database, rows, id, "i2")
    assert conflict.value.code == "file.attached"


def test_only_the_owner_attaches_and_only_what_is_whole(files: Files, rows: BlobRows, database: Database) -> None:
    whole = files.put("fuxin", "ann", "a.png", PNG, {"image/png"}).id
    half = files.begin("fuxin", "ann", "b.png")
    with pytest.raises(NotFound):
        attached(database, rows, whole, owner="bo")
    with pytest.raises(Refused) as refused:
        attached(database, rows, half)
    assert refused.value.code == "file.incomplete"


def test_erasing_a_subject_makes_their_files_unreadable(files: Files, rows: BlobRows, database: Database) -> None:
    an_instance(database, "i1", started_by="ann")
    id = files.put("fuxin", "ann", "a.png", PNG, {"image/png"}).id
    attached(database, rows, id)
    for person in ("ann", "bo"):
        People(database).add_person("fuxin", person, "示例人员")
    Erasure(database).erase("fuxin", "s1", "本人申请", "ann", "bo")
    with pytest.raises(Refused) as refused:
        list(files.read("fuxin", "ann", id))
    assert refused.value.code == "subject.erased"


def test_what_nobody_attached_is_swept(files: Files, rows: BlobRows, database: Database, tmp_path: Path) -> None:
    kept, left = (files.put("fuxin", "ann", "a.png", PNG, {"image/png"}).id for _ in range(2))
    attached(database, rows, kept)
    assert files.sweep("fuxin", datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert files.sweep("fuxin", datetime(2100, 1, 1, tzinfo=UTC)) == 1
    assert [path.name for path in on_disk(tmp_path)] == [kept] and left != kept


@pytest.mark.parametrize(("given", "shown"), [
    ("../../etc/passwd", "passwd"), ("a\x00b\n.pdf", "ab.pdf"), ("", "file"), ("长" * 200 + ".mp4", "长" * 116 + ".mp4")])
def test_names_are_only_names(given: str, shown: str) -> None:
    assert clean_name(given) == shown
