"""Messages leave through real servers on loopback, once each, and nowhere they should not."""
import json
import socket
import threading
from email import message_from_bytes, policy
from hashlib import sha256
from hmac import new as hmac
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller

from adapters.notifications.channels import Destination, Mail, Message, Webhook
from engine.refusals import Refused

NOTE = Message("i1.7", "clerk@example.org", "待办：材料审查", "请于10月20日24:00前办理。", {"task": "t4"})


class Kept:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture
def smtp():
    kept = Kept()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


def test_a_mail_arrives_with_its_chinese_text(smtp):
    kept, port = smtp

    Mail("127.0.0.1", port, "办理 <banli@example.org>").send(NOTE)

    (to, mail), = kept.mails
    assert (to, mail["Subject"], mail["Message-ID"], mail.get_content().strip()) == (["clerk@example.org"], NOTE.title, "<i1.7@banli>", NOTE.body)


def test_a_line_break_in_a_title_makes_no_header(smtp):
    kept, port = smtp

    Mail("127.0.0.1", port, "banli@example.org").send(Message("i", "a@example.org", "x\r\nBcc: eve@example.org", "y"))

    (to, mail), = kept.mails
    assert (to, mail["Bcc"], mail["Subject"]) == (["a@example.org"], None, "x Bcc: eve@example.org")


def test_no_mail_without_encryption_where_it_is_required(smtp):
    with pytest.raises(Refused) as refused:
        Mail("127.0.0.1", smtp[1], "banli@example.org", require_tls=True).send(NOTE)

    assert (refused.value.code, smtp[0].mails) == ("mail.tls", [])


@pytest.fixture
def receiver():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.server.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_signed_and_names_its_message(receiver):
    hook = Webhook({"province": Destination(f"http://hooks.example.org:{receiver.server_port}/in", "s3cret", private=True)}, lambda host, port: ["127.0.0.1"])

    hook.send(Message("i1.9", "province", "推荐", "正文", {"winners": 3}))

    (headers, body), = receiver.got
    assert json.loads(body) == {"id": "i1.9", "title": "推荐", "body": "正文", "data": {"winners": 3}}
    assert (headers["Host"], headers["Idempotency-Key"]) == (f"hooks.example.org:{receiver.server_port}", "i1.9")
    assert headers["Banli-Signature"] == hmac(b"s3cret", body, sha256).hexdigest()


@pytest.mark.parametrize("status", [302, 500])
def test_a_redirect_or_an_error_is_no_delivery(receiver, status):
    receiver.status = status
    hook = Webhook({"x": Destination(f"http://a.example.org:{receiver.server_port}/", private=True)}, lambda host, port: ["127.0.0.1"])

    with pytest.raises(Refused) as refused:
        hook.send(Message("i", "x", "", ""))

    assert (refused.value.code, refused.value.details["status"], len(receiver.got)) == ("webhook.answer", status, 1)


@pytest.mark.parametrize(("url", "found", "code"), [
    ("http://a.example.org/", ["93.184.216.34"], "webhook.https"),
    *[("https://a.example.org/", [address], "webhook.address") for address in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0", "224.0.0.1")],
    ("https://a.example.org/", ["93.184.216.34", "127.0.0.1"], "webhook.address"),
    ("https://a.example.org/", [], "webhook.address")])
def test_no_webhook_reaches_into_the_house(url, found, code):
    with pytest.raises(Refused) as refused:
        Webhook({"x": Destination(url)}, lambda host, port: found).send(Message("i", "x", "", ""))

    assert refused.value.code == code


def test_an_unknown_destination_is_refused():
    with pytest.raises(Refused) as refused:
        Webhook({}).send(Message("i", "x", "", ""))

    assert refused.value.code == "webhook.unknown"
