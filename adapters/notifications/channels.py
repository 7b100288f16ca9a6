"""The ways out: electronic mail by SMTP and webhooks to named destinations; each sends one finished message and raises when it could not."""
from __future__ import annotations

import ipaddress
import json
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from hashlib import sha256
from hmac import new as hmac
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from engine.refusals import Refused

TIMEOUT = 5.0  # seconds
ANSWER_LIMIT = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One finished message. `id` is stable over retries: a receiver that honours it sees the message once."""

    id: str
    to: str  # mail address, or the name of a destination
    title: str
    body: str
    data: Mapping[str, object] = field(default_factory=dict)


class Channel(Protocol):
    """Carries a message out of the house, or raises: the job table tries again."""

    def send(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class Mail:
    """SMTP with STARTTLS when the server offers it; `sender` as in `办理 <banli@example.org>`."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    require_tls: bool = False

    def send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, message.to
        mail["Subject"] = " ".join(message.title.split())  # no line break reaches a header
        mail["Message-ID"] = f"<{message.id}@banli>"
        mail.set_content(message.body)
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            elif self.require_tls:
                raise Refused("mail.tls", host=self.host)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a webhook may go, made by the security administrator; a diagram only names it. `secret` signs the body."""

    url: str
    secret: str = field(default="", repr=False)
    private: bool = False  # an address inside the house is meant

Resolve = Callable[[str, int], list[str]]


def addresses(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _forbidden(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    return not mapped.is_global or mapped.is_multicast


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs JSON to a named destination: its name is resolved once, every address checked, and that address is connected to; no redirects."""

    destinations: Mapping[str, Destination]
    resolve: Resolve = addresses

    def send(self, message: Message) -> None:
        if (destination := self.destinations.get(message.to)) is None:
            raise Refused("webhook.unknown", name=message.to)
        url = urlsplit(destination.url)
        if url.scheme != "https" and not destination.private:
            raise Refused("webhook.https", name=message.to)
        port = url.port or (443 if url.scheme == "https" else 80)
        found = self.resolve(url.hostname or "", port)
        if not found or (not destination.private and any(_forbidden(a) for a in found)):
            raise Refused("webhook.address", name=message.to)
        body = json.dumps({"id": message.id, "title": message.title, "body": message.body, "data": dict(message.data)}, ensure_ascii=False, default=str).encode()
        headers = {"Host": url.netloc, "Content-Type": "application/json", "Idempotency-Key": message.id,
                   "Banli-Signature": hmac(destination.secret.encode(), body, sha256).hexdigest()}
        at = f"[{found[0]}]" if ":" in found[0] else found[0]
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client, client.stream(
                "POST", f"{url.scheme}://{at}:{port}{url.path or '/'}", content=body, headers=headers, extensions={"sni_hostname": url.hostname}) as answer:
            size = 0
            for part in answer.iter_bytes():
                if (size := size + len(part)) > ANSWER_LIMIT:
                    break
            if not answer.is_success:
                raise Refused("webhook.answer", name=message.to, status=answer.status_code)
