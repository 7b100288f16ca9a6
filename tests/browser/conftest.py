"""Chromium of this machine for pytest-playwright, axe, pictures of the guides, and a plain file server on loopback; knows no page of the product."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.demo_place import fits, shot
from tests.browser.served import Site, serve
from tests.conftest import ROOT, need

DIST = ROOT / "adapters/web/static/dist"
AXE = ROOT / "frontend/node_modules/axe-core"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PATIENCE = 60_000  # milliseconds: a machine may be busy; what waits for something never waits longer than that takes
# Without these Chromium looks for its maker's servers at every start, and each attempt is refused by a closed network.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run", "--disable-gpu"]


def chromium() -> str | None:
    """BANLI_CHROMIUM, or the first Chromium on PATH; never a download of its own."""
    return os.environ.get("BANLI_CHROMIUM") or next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    program = chromium()
    need("Chromium (apt-get install chromium fonts-noto-cjk, or BANLI_CHROMIUM)", program is not None)
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": program, "args": [*QUIET, *as_root]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return context


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built bundles; run.py builds them, so a missing one is a fault of the set-up."""
    assert (DIST / ".stamp").exists(), "adapters/web/static/dist is not built: python3 run.py test builds it"
    return DIST


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """axe(page) → what axe-core finds wrong, one sentence each; `off` names rules that do not apply, with the reason at the call."""
    program = (AXE / "axe.min.js").read_text(encoding="utf-8")
    chinese = (AXE / "locales/zh_CN.json").read_text(encoding="utf-8")

    def run(page: Page, off: tuple[str, ...] = ()) -> list[str]:
        page.evaluate(program + "\n;0")
        return page.evaluate(
            """async ([locale, off, tags]) => {
              axe.configure({ locale: JSON.parse(locale) });
              const rules = Object.fromEntries(off.map((id) => [id, { enabled: false }]));
              const { violations } = await axe.run(document, { runOnly: tags, rules });
              return violations.map((v) => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(' | ')}`);
            }""",
            [chinese, list(off), RULES],
        )

    return run


Picture = Callable[..., None]


@pytest.fixture
def picture(request: pytest.FixtureRequest, axe: Callable[..., list[str]]) -> Picture:
    """picture(page, name, height): a picture of the guide that the test's file is about, from the top; with --long into the documentation, always into var/shots.

    axe finds nothing on the page, and a phone is wide enough for it.
    """
    guide = request.path.stem.removeprefix("test_").removesuffix("_guide")

    def take(page: Page, name: str, height: int = 800) -> None:
        page.evaluate("scrollTo(0, 0)")
        shot(page, f"guide-{guide}-{name}")
        assert (name, axe(page), fits(page)) == (name, [], True)
        if request.config.getoption("--long"):
            page.screenshot(path=ROOT / f"docs/images/{guide}-{name}.png", full_page=True, clip={"x": 0, "y": 0, "width": 1280, "height": height})

    return take


class Folder(http.server.SimpleHTTPRequestHandler):
    """Files of one folder, without a line in the log for each."""

    headers_too: Mapping[str, str] = {}
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript", ".bpmn": "application/xml"}

    def end_headers(self) -> None:
        for name, value in self.headers_too.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def serve_folder() -> Iterator[Callable[..., str]]:
    """serve_folder(path, headers={}) → its address on a free port of loopback, until the test ends."""
    running: list[http.server.ThreadingHTTPServer] = []

    def serve(folder: Path, headers: Mapping[str, str] = {}) -> str:  # noqa: B006
        handler = type("Served", (Folder,), {"headers_too": dict(headers)})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(dist: Path) -> Iterator[Site]:
    """A page with one island under the real content policy, and the answers behind it."""
    served = serve(dist)
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console and the content policy had to say; a test expects it to be empty."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
