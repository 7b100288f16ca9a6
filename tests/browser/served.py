"""One page with one island, served with the product's real content policy, and the answers behind it; knows no page of the product."""

import http.server
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.web.security import policy

NONCE = "n1"
TOKEN = "token-of-this-session"
# As templates/base.html, with no more than an island needs.
PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/dist/site.css"><link rel="stylesheet" href="/dist/{island}.css"><script type="module" src="/dist/{island}.js" nonce="{nonce}"></script></head>
<body><div class="shell"><header class="shell-top"><a class="shell-brand" href="/">办理</a><span class="shell-place">阜新（示例）</span></header>
<nav class="shell-side" aria-label="主导航"><a href="/">待办</a><a href="/" aria-current="page">设计</a></nav><main class="shell-main" id="main"><h1>{title}</h1>{body}</main></div></body></html>"""
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

Answer = tuple[int, str | bytes, str]
Asked = dict[str, str]


def as_json(value: Any, status: int = 200) -> Answer:
    return status, json.dumps(value, ensure_ascii=False), "application/json"


def xml(text: str | bytes) -> Answer:
    return 200, text, "application/xml"


class Site(http.server.ThreadingHTTPServer):
    """`answers`: "GET /path" → function of (query, body, headers). `sent` keeps what was asked, in order."""

    daemon_threads = True

    def __init__(self, dist: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.dist = dist
        self.page = ""
        self.answers: dict[str, Callable[[Mapping[str, str], bytes, Mapping[str, str]], Answer]] = {}
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def show(self, island: str, body: str, title: str = "示例", language: str = "zh-CN") -> None:
        self.page = PAGE.format(island=island, body=body, title=title, language=language, nonce=NONCE)

    def bodies(self, what: str) -> list[str]:
        return [body.decode() for asked, body, _ in self.sent if asked == what]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *_: Any) -> None:
        pass

    def respond(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = f"{self.command} {address.path}"
        if asked == "GET /":
            return self.answer(200, self.server.page, "text/html; charset=utf-8")
        if asked.startswith("GET /dist/"):
            path = self.server.dist / address.path.removeprefix("/dist/")
            return self.answer(200, path.read_bytes(), TYPES[path.suffix])
        self.server.sent.append((asked, body, dict(self.headers)))
        known = self.server.answers.get(asked)
        if known is None:
            return self.answer(404, "not here", "text/plain")
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        return self.answer(*known(query, body, dict(self.headers)))

    do_GET = do_POST = do_PUT = respond

    def answer(self, status: int, body: str | bytes, content: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": content, "Content-Length": str(len(data)), "Content-Security-Policy": policy(NONCE, diagram=True), "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def serve(dist: Path) -> Site:
    site = Site(dist)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    return site
