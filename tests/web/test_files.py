"""Uploads in pieces and in forms, and reading with ranges, through real encrypted files."""
from __future__ import annotations

from base64 import b64encode

import pytest

from adapters.system import System
from tests.web.conftest import Browser
from tests.web.world import PLACE, person_of

DRAFTER, JUDGE = person_of("lead_drafter", "fuxin-health"), person_of("judge", "expert-1")
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 40
TUS = {"Tus-Resumable": "1.0.0"}


def begin(client: Browser, length: int, name: str = "微视频.mp4") -> str:
    meta = f"filename {b64encode(name.encode()).decode()},filetype {b64encode(b'video/mp4').decode()}"
    answer = client.post("/uploads", headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": meta, "X-CSRF-Token": client.token})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def send(client: Browser, location: str, offset: int, data: bytes) -> int:
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", "X-CSRF-Token": client.token}
    return int(client.patch(location, content=data, headers=headers).status_code)


def offset(client: Browser, location: str) -> int:
    return int(client.head(location, headers=TUS).headers["upload-offset"])


def file_of(location: str) -> str:
    return "/files/" + location.removeprefix("/uploads/").partition("?")[0]


def test_an_upload_goes_on_where_it_broke_off(client: Browser) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4))

    assert send(client, location, 0, MP4[:5000]) == 204
    assert offset(client, location) == 5000
    assert send(client, location, 5000, MP4[5000:]) == 204
    assert client.get(file_of(location)).content == MP4


def test_a_server_that_ended_after_the_last_byte_examines_the_file_when_it_is_asked_for_the_offset(client: Browser, system: System) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4))
    id = location.removeprefix("/uploads/").partition("?")[0]
    system.files.append(PLACE, DRAFTER, id, 0, MP4)  # and then it ended, before it could say that the file is whole
    assert client.get(file_of(location)).status_code == 404

    assert offset(client, location) == len(MP4)
    assert client.get(file_of(location)).content == MP4


def test_a_piece_for_another_offset_is_refused_and_nothing_is_written(client: Browser) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4))
    send(client, location, 0, MP4[:100])

    assert [send(client, location, wrong, b"x" * 10) for wrong in (0, 99, 101)] == [409, 409, 409]
    assert offset(client, location) == 100


def test_more_than_was_announced_is_refused(client: Browser) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, 10)

    assert send(client, location, 0, MP4[:11]) == 413


def test_anothers_upload_does_not_exist_for_me(client: Browser) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4))
    client.sign_in(JUDGE)

    assert send(client, location, 0, MP4) == 404
    assert client.head(location, headers=TUS).status_code == 404
    assert client.delete(location, headers={**TUS, "X-CSRF-Token": client.token}).status_code == 404
    assert client.get(file_of(location)).status_code == 404


@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script></html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"MZ" + b"\0" * 100])
def test_a_file_of_another_kind_than_it_says_is_refused_with_words(client: Browser, content: bytes) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(content))

    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "X-CSRF-Token": client.token}
    answer = client.patch(location, content=content, headers=headers)

    assert answer.status_code == 409
    assert not answer.text.startswith("{")
    assert client.get(file_of(location)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [("bytes=0-99", 206, 0, 99), ("bytes=100-", 206, 100, len(MP4) - 1), ("bytes=-50", 206, len(MP4) - 50, len(MP4) - 1), ("bytes=5-999999", 206, 5, len(MP4) - 1)],
)
def test_a_video_can_be_read_by_range(client: Browser, asked: str, status: int, first: int, last: int) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4))
    send(client, location, 0, MP4)

    answer = client.get(file_of(location), headers={"Range": asked})

    assert (answer.status_code, answer.content) == (status, MP4[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(MP4)}"


def test_a_range_outside_is_refused(client: Browser) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4))
    send(client, location, 0, MP4)

    answer = client.get(file_of(location), headers={"Range": f"bytes={len(MP4)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(MP4)}")


def test_a_stored_file_is_shown_in_a_sandbox_and_named_safely(client: Browser) -> None:
    client.sign_in(DRAFTER)
    location = begin(client, len(MP4), '../../a"\r\nX: y.mp4')
    send(client, location, 0, MP4)

    answer = client.get(file_of(location))

    assert answer.headers["content-type"] == "video/mp4"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "\r" not in answer.headers["content-disposition"] and "x" not in answer.headers
    assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''")
    assert client.get(file_of(location) + "?download=1").headers["content-disposition"].startswith("attachment")


def test_a_file_can_come_through_the_api_at_once(client: Browser) -> None:
    client.sign_in(DRAFTER)

    answer = client.post("/api/v1/files", files={"file": ("微视频.mp4", MP4, "video/mp4")}, headers={"X-CSRF-Token": client.token})

    assert answer.status_code == 201
    assert {key: answer.json()[key] for key in ("name", "type", "size")} == {"name": "微视频.mp4", "type": "video/mp4", "size": len(MP4)}


def test_another_version_of_the_protocol_is_refused(client: Browser) -> None:
    client.sign_in(DRAFTER)

    assert client.post("/uploads", headers={"Upload-Length": "1", "X-CSRF-Token": client.token}).status_code == 412
