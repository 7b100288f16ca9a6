"""What every answer carries and every request must bring: headers, content policy, form token, own origin, bounded bodies.

Knows nothing of people and tasks; who is signed in is `signed_in.py`.
"""
from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from hashlib import sha256
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.refusals import Refused

TOKEN_FIELD, TOKEN_HEADER = "csrf_token", "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_LIMIT = 2 * 1024 * 1024  # bytes of a request without files
UPLOAD_LIMIT = 640 * 1024 * 1024  # bytes of a form with files, or of one piece of a resumable upload
# What the scope tells the answer about itself: set by a page, read when the headers are written.
DIAGRAM, PUBLIC, SANDBOXED = "banli.diagram", "banli.public", "banli.sandboxed"
OVER = "banli.over"  # the body is over the limit


class BadToken(Refused):
    """The form came without its token, with another one, or from another site (403)."""


class TooLarge(Refused):
    """The body is over the limit (413)."""


class TooOften(Refused):
    """More requests a minute than a person makes (429)."""


def policy(nonce: str, *, diagram: bool) -> str:
    """The content policy of a page; pages with diagrams may set style attributes (bpmn-js draws with them)."""
    parts = [
        "default-src 'none'",
        f"script-src 'nonce-{nonce}' 'strict-dynamic'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # blob: the preview of a file that was just chosen
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "frame-src 'self'",  # the preview of a PDF
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
    if diagram:
        parts.append("style-src-attr 'unsafe-inline'")
    return "; ".join(parts)


FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; frame-ancestors 'self'; sandbox"
FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """ASGI layer: a nonce for the page's scripts, and the headers of every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = scope["banli.nonce"] = secrets.token_urlsafe(16)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in FIXED_HEADERS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = FILE_POLICY if scope.get(SANDBOXED) else policy(nonce, diagram=bool(scope.get(DIAGRAM)))
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not scope.get(PUBLIC):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, with_headers)


class BodyLimit:
    """ASGI layer: refuses a body over the limit, by its announced length or as it comes in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = UPLOAD_LIMIT if _carries_files(headers.get("content-type", "")) else FORM_LIMIT
        announced = headers.get("content-length", "0")
        scope[OVER] = not announced.isdecimal() or int(announced) > limit
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = {} if scope[OVER] else await receive()
            received += len(message.get("body", b""))
            if scope[OVER] or received > limit:
                scope[OVER] = True  # whatever reads the body may turn what is raised here into another answer
                raise too_large(scope)
            return message

        await self.app(scope, counted, send)


def _carries_files(content_type: str) -> bool:
    return content_type.startswith(("multipart/form-data", "application/offset+octet-stream"))


def token_for(secret: str) -> str:
    """The form token before anyone is signed in: belongs to a cookie's secret, nobody without the cookie can compute it."""
    return sha256(f"form {secret}".encode()).hexdigest()


def too_large(scope: Scope) -> TooLarge:
    """The refusal of this request's body."""
    limit = UPLOAD_LIMIT if _carries_files(Headers(scope=scope).get("content-type", "")) else FORM_LIMIT
    return TooLarge("web.too_large", megabytes=limit // 1024 // 1024)


def check_size(request: Request) -> None:
    """Refuses a body whose announced length is over the limit, before any of it is read."""
    if request.scope.get(OVER):
        raise too_large(request.scope)


def check_origin(request: Request) -> None:
    """Refuses a request that a page of another site sent."""
    origin = request.headers.get("origin")
    if origin is not None:
        if urlsplit(origin).netloc != request.headers.get("host", ""):
            raise BadToken("web.other_site")
    elif request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadToken("web.other_site")


def check_token(expected: str | None, given: Any) -> None:
    """Refuses a form without the token of its own session."""
    if expected is None or not isinstance(given, str) or not hmac.compare_digest(expected.encode(), given.encode()):
        raise BadToken("web.bad_token")


class Pace:
    """At most `most` requests per key in `seconds`, counted in this process."""

    def __init__(self, most: int, seconds: float = 60) -> None:
        self._most, self._seconds = most, seconds
        self._seen: dict[str, deque[float]] = {}
        self._lock = Lock()

    def check(self, key: str) -> None:
        """Counts one request; raises TooOften over the limit."""
        now = time.monotonic()
        with self._lock:
            if len(self._seen) > 10_000:
                self._seen = {name: times for name, times in self._seen.items() if times and times[-1] > now - self._seconds}
            times = self._seen.setdefault(key, deque())
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= self._most:
                raise TooOften("web.too_often")
            times.append(now)
