"""The upload island against a small tus server that can break off: figures, resumption, waiting submission, refusals; not the product's server."""

import hashlib
import http.server
import json
import re
import threading
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

PAGE = b"""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>t</title><link rel="stylesheet" href="/dist/site.css">
<body><main><h1>t</h1><form method="post" action="/submit"><input type="hidden" name="csrf_token" value="secret">
<label for="v">video</label><input type="file" id="v" name="video" data-upload="/uploads" data-max-bytes="4000000" data-meta='{"task": "t4"}' required>
<button>send</button></form></main><script type="module" src="/dist/upload.js"></script></body></html>"""
MEGABYTE = 1024 * 1024


class TusServer(http.server.ThreadingHTTPServer):
    """tus 1.0 core, creation and termination in memory; `break_after` bytes of the next PATCH the connection is cut."""

    daemon_threads = True

    def __init__(self, dist):
        super().__init__(("127.0.0.1", 0), TusHandler)
        self.dist = dist
        self.parts: dict[str, bytearray] = {}
        self.sizes: dict[str, int] = {}
        self.seen: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {}
        self.break_after: int | None = None
        self.refuse: tuple[int, bytes] | None = None
        self.one_at_a_time = threading.Lock()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.submitted: dict[str, list[str]] | None = None


class TusHandler(http.server.BaseHTTPRequestHandler):
    server: TusServer

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", content="text/html; charset=utf-8", **headers):
        self.send_response(status)
        for name, value in {"Tus-Resumable": "1.0.0", "Content-Type": content, "Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/dist/"):
            content = "text/css" if self.path.endswith("css") else "text/javascript"
            return self.answer(200, (self.server.dist / self.path.removeprefix("/dist/")).read_bytes(), content)
        return self.answer(200, PAGE)

    def do_POST(self):
        if self.path == "/submit":
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.submitted = parse_qs(body)
            return self.answer(200, b"sent")
        if self.server.refuse:
            return self.answer(self.server.refuse[0], self.server.refuse[1], "application/json")
        name = f"u{len(self.server.parts) + 1}"
        self.server.parts[name], self.server.sizes[name] = bytearray(), int(self.headers["Upload-Length"])
        self.server.headers = dict(self.headers)
        self.server.seen.append(("POST", name))
        return self.answer(201, Location=f"/uploads/{name}")

    def do_HEAD(self):
        name = self.path.rpartition("/")[2]
        self.server.seen.append(("HEAD", name))
        self.answer(200, Upload_Offset=len(self.server.parts[name]), Upload_Length=self.server.sizes[name])

    def do_PATCH(self):
        name = self.path.rpartition("/")[2]
        self.server.seen.append(("PATCH", f"{name} from {self.headers['Upload-Offset']}"))
        self.server.may_go_on.wait(10)
        with self.server.one_at_a_time:  # what a page that was left had still sent may come in beside the next page's
            part = self.server.parts[name]
            if int(self.headers["Upload-Offset"]) != len(part):
                self.close_connection = True  # the body was not read
                return self.answer(409)
            left = int(self.headers["Content-Length"])
            limit, self.server.break_after = self.server.break_after, None
            while left:
                piece = self.rfile.read(min(left, 65536))
                if not piece:
                    return None  # the sender is gone
                part += piece
                left -= len(piece)
                if limit is not None and len(part) >= limit:
                    self.close_connection = True
                    return self.connection.close()
            length = len(part)
        return self.answer(204, Upload_Offset=length)

    def do_DELETE(self):
        self.server.seen.append(("DELETE", self.path.rpartition("/")[2]))
        self.answer(204)


@pytest.fixture
def tus(dist):
    server = TusServer(dist)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "事迹.mp4"
    path.write_bytes(bytes(range(256)) * (3 * MEGABYTE // 256))
    return path


@pytest.fixture
def form(page, tus):
    page.goto(f"http://127.0.0.1:{tus.server_port}/")
    return page


def digest(data):
    return hashlib.sha256(bytes(data)).hexdigest()


def test_the_file_goes_up_and_the_form_carries_its_id(form, tus, video, axe):
    form.set_input_files("#v", video)
    form.wait_for_selector("li[data-state=done]")
    said = form.locator(".upload-figure").inner_text()
    violations = axe(form, off=("nested-interactive", "video-caption"))  # the preview of one's own file has no captions
    form.get_by_role("button", name="send").click()
    form.wait_for_url("**/submit")

    assert said == "已上传，3.0 MB"
    assert violations == []
    assert digest(tus.parts["u1"]) == digest(video.read_bytes())
    assert tus.headers["X-CSRF-Token"] == "secret"
    assert tus.submitted == {"csrf_token": ["secret"], "video.upload": ["u1"]}


def test_a_broken_connection_goes_on_where_it_stopped(form, tus, video):
    tus.break_after = MEGABYTE

    form.set_input_files("#v", video)
    form.wait_for_selector("li[data-state=done]")

    assert tus.seen == [("POST", "u1"), ("PATCH", "u1 from 0"), ("HEAD", "u1"), ("PATCH", f"u1 from {MEGABYTE}")]
    assert digest(tus.parts["u1"]) == digest(video.read_bytes())


def test_leaving_the_page_and_choosing_the_file_again_goes_on(form, tus, video):
    tus.may_go_on.clear()
    form.set_input_files("#v", video)
    form.wait_for_function("() => document.querySelector('progress').value > 0")
    form.on("dialog", lambda dialog: dialog.accept())
    form.reload()
    tus.may_go_on.set()

    form.set_input_files("#v", video)
    form.wait_for_selector("li[data-state=done]")

    assert [name for act, name in tus.seen if act == "POST"] == ["u1"]
    assert ("HEAD", "u1") in tus.seen


def test_a_form_sent_too_early_waits_for_its_file(form, tus, video):
    tus.may_go_on.clear()
    form.set_input_files("#v", video)
    form.wait_for_selector("li[data-state=running]")

    form.get_by_role("button", name="send").click()
    expect(form.locator(".upload-figure")).to_have_text(re.compile("，传完后自动提交$"))
    tus.may_go_on.set()
    form.wait_for_url("**/submit")

    assert tus.submitted == {"csrf_token": ["secret"], "video.upload": ["u1"]}


def test_a_file_over_the_limit_is_not_even_begun(form, tus, tmp_path):
    big = tmp_path / "big.mp4"
    big.write_bytes(bytes(5 * MEGABYTE))

    form.set_input_files("#v", big)

    assert form.locator("li[data-state=failed] .upload-figure").inner_text() == "文件 5.0 MB，超过 3.8 MB 的上限，请压缩后再传"
    assert tus.seen == []


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (415, {"message": "「事迹视频」只接受 mp4，这个文件是 exe"}, "「事迹视频」只接受 mp4，这个文件是 exe"),
        (413, {}, "文件超过允许的大小，请压缩后再传"),
        (418, {}, "服务器没有接受这个文件（回答 418），请稍后再试"),
    ],
)
def test_a_refusal_is_said_in_words(status, body, said, form, tus, video):
    tus.refuse = (status, json.dumps(body).encode())

    form.set_input_files("#v", video)
    form.wait_for_selector("li[data-state=failed]")

    assert form.locator(".upload-figure").inner_text() == said


def test_a_file_chosen_before_the_script_has_arrived_goes_up_too(page, tus, video):
    def first_the_file(route):
        page.set_input_files("#v", video)
        route.continue_()

    page.route("**/dist/upload.js", first_the_file)
    page.goto(f"http://127.0.0.1:{tus.server_port}/")

    expect(page.locator("li[data-state=done]")).to_have_count(1)
    assert len(tus.parts) == 1


def test_a_field_that_arrives_later_is_served_too_and_once(form, tus, video):
    form.evaluate("() => { const old = document.querySelector('#v'), made = old.cloneNode(); made.removeAttribute('data-started'); made.id = 'later'; old.replaceWith(made); }")
    for _ in range(2):
        form.evaluate("document.dispatchEvent(new CustomEvent('htmx:after:swap'))")

    form.set_input_files("#later", video)
    form.wait_for_selector("li[data-state=done]")

    assert [act for act, _ in tus.seen] == ["POST", "PATCH"]


def test_a_removed_file_is_gone_from_form_and_server(form, tus, video):
    form.set_input_files("#v", video)
    form.wait_for_selector("li[data-state=done]")

    with form.expect_request(lambda request: request.method == "DELETE"):
        form.get_by_role("button", name="移除").click()

    assert form.locator("[name='video.upload']").count() == 0
    assert form.locator("#v").evaluate("(input) => input.required") is True
