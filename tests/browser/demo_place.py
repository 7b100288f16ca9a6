"""The demo place behind a real server with its worker, and a person's steps through its pages in Chromium; asserts little itself."""
from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, expect

from adapters.cli.serve import working
from adapters.system import Settings, System
from adapters.web.app import create_app
from tests.demo import demo_home

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "var" / "shots"
FILES = ROOT / "processes" / "role-model-award" / "rehearsals" / "files"
SIZES = {"1280": (1280, 800), "390": (390, 844)}


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server over a demo place in `home`."""
    system = System(Settings(demo_home(home)))
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(system), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    with working(system):
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)


def complaints(page: Page) -> list[str]:
    """Collects what the console says of errors and of the content policy, from now on."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" or "Content Security" in message.text else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def enter(page: Page, base: str, label: str) -> None:
    """Signs in by one click as the first person with that label on the sign-in page."""
    page.goto(f"{base}/sign-in")
    if "/sign-in" not in page.url:
        page.goto(f"{base}/sign-in/switch")
    page.get_by_role("button", name=label).first.click()
    expect(page.locator(".shell-me")).to_be_visible()


def shot(page: Page, name: str) -> None:
    """A picture of the whole page at both widths, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for suffix, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SHOTS / f"{name}-{suffix}.png", full_page=True)
    if before:
        page.set_viewport_size(before)


def fits(page: Page) -> bool:
    """Whether the page is no wider than a phone; leaves it at 1280 × 800."""
    page.set_viewport_size({"width": 390, "height": 844})
    wide = bool(page.evaluate("document.documentElement.scrollWidth <= 390"))
    page.set_viewport_size({"width": 1280, "height": 800})
    return wide


def open_row(page: Page, base: str, text: str) -> None:
    """Opens the first line of the inbox with that text; waits until it is there, for the worker carries on behind."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page.goto(f"{base}/inbox")
        rows = page.locator(".task-row", has_text=text)
        if rows.count():
            with page.expect_navigation():  # to its end: what follows may need the page's scripts
                rows.first.click()
            return
        time.sleep(0.3)
    raise AssertionError(f"{text}: not in the inbox: {page.locator('.task-row').all_inner_texts()}")


def press(page: Page, name: str) -> None:
    """Presses an outcome's button and waits for the page that says it is done."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".flash")).to_be_visible()
