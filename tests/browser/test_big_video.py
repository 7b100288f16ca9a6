"""A video of 300 MB from the nomination form through a server that is killed twice and a page that is closed once; asserts no times."""
from __future__ import annotations

import hashlib
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.conftest import PATIENCE
from tests.browser.demo_place import ROOT, enter
from tests.demo import demo_home

MEGABYTE = 1024 * 1024
SIZE = 300  # MB
HEAD = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
MOST_MEMORY = 100 * MEGABYTE  # that a server may take for uploads beyond what it has after its first pages: a few pieces of 4 MB, whatever the file's size
FIELD = "input[type=file][name=video]"


class Server:
    """`banli serve` as a process of its own over one home and one port, started again and again."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.environment = {**os.environ, "BANLI_HOME": str(home)}
        self.grown: list[int] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        self.process = subprocess.Popen([sys.executable, "-m", "adapters.cli.main", "serve", "--port", str(self.port)], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.base}/sign-in", timeout=10)
                break
            except httpx.TransportError:
                assert self.process.poll() is None and time.monotonic() < until, "the server did not start"
                time.sleep(0.05)
        self.memory = self._peak()

    def kill(self) -> None:
        """By its pid, without a word; what it had grown is kept."""
        self.grown.append(self._peak() - self.memory)
        self.process.kill()
        self.process.wait(30)

    def _peak(self) -> int:
        """Bytes of memory that the process has held at most (Linux); 0 where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) * 1024 if found else 0


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[Server]:
    made = Server(demo_home(tmp_path_factory.mktemp("video-place")))
    made.start()
    yield made
    made.process.kill()
    made.process.wait(30)


@pytest.fixture
def video(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A file that begins as MP4 does, no two of whose megabytes are equal, with its SHA-256; removed at once, for it is large."""
    path, hash_, noise = tmp_path / "微视频.mp4", hashlib.sha256(), random.Random(1).randbytes(MEGABYTE)
    with open(path, "wb") as file:
        for n in range(SIZE):
            piece = (HEAD if n == 0 else n.to_bytes(8, "big")) + noise
            hash_.update(piece[:MEGABYTE])
            file.write(piece[:MEGABYTE])
    yield path, hash_.hexdigest()
    path.unlink()


def test_it_arrives_as_it_was_sent(page: Page, context: BrowserContext, server: Server, video: tuple[Path, str]) -> None:
    path, digest = video
    asked: list[Request] = []
    context.on("request", lambda request: asked.append(request) if "/uploads" in request.url else None)
    form = new_nomination(page, server.base)

    page.locator(FIELD).set_input_files(path)
    for megabytes in (40, 120):
        sent(page, megabytes)
        server.kill()
        expect(page.locator(".upload-figure")).to_contain_text("次重试")
        server.start()
    sent(page, 200)
    page.close()  # no question is asked, as when the browser ends

    again = context.new_page()
    again.goto(form)
    before = len(asked)
    again.locator(FIELD).set_input_files(path)
    expect(again.locator("li[data-state=done]")).to_be_visible()
    server.kill()
    server.start()

    assert [each.method for each in asked].count("POST") == 1
    assert min(int(each.headers["upload-offset"]) for each in asked[before:] if each.method == "PATCH") >= 120 * MEGABYTE
    assert arrived(context, server.base, again.locator("[name='video.upload']").get_attribute("value") or "") == (SIZE * MEGABYTE, digest)
    print("memory that each life of the server grew by, MB:", [each // MEGABYTE for each in server.grown])
    assert max(server.grown) < MOST_MEMORY


def new_nomination(page: Page, base: str) -> str:
    """The address of a new nomination's form, opened."""
    enter(page, base, "企业经办人")
    page.goto(f"{base}/campaigns")
    page.locator(".card", has_text="推荐一名职业健康达人").get_by_role("button", name="填写").click()
    expect(page.locator(FIELD)).to_be_visible()
    return page.url


def sent(page: Page, megabytes: int) -> None:
    """Waits until at least so much has gone out."""
    page.wait_for_function("least => (document.querySelector('.upload-list progress')?.value ?? 0) >= least", arg=megabytes * MEGABYTE, timeout=3 * PATIENCE)


def arrived(context: BrowserContext, base: str, id: str) -> tuple[int, str]:
    """Length and SHA-256 of the file as its owner reads it back."""
    cookies = {each["name"]: each["value"] for each in context.cookies()}
    size, hash_ = 0, hashlib.sha256()
    with httpx.stream("GET", f"{base}/files/{id}", cookies=cookies, timeout=60) as answer:
        for piece in answer.iter_bytes():
            size += len(piece)
            hash_.update(piece)
    return size, hash_.hexdigest()
