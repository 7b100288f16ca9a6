"""Attacks and accidents against the pages: other sites, stolen and fixed sessions, large bodies, crashes, guessing, odd addresses."""
from __future__ import annotations

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from adapters.system import System
from adapters.web.app import create_app
from tests.web import world
from tests.web.conftest import Browser

DRAFTER = world.person_of("lead_drafter", "fuxin-health")
JUDGE = world.person_of("judge", "expert-1")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_form_from_another_site_is_refused_even_with_the_right_token(client: Browser, headers: dict[str, str]) -> None:
    client.sign_in(DRAFTER)

    assert client.press("/language", {"language": "en"}, headers=headers).status_code == 403


def test_a_form_from_our_own_site_passes(client: Browser) -> None:
    client.sign_in(DRAFTER)

    assert client.press("/language", {"language": "zh"}, headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_the_session_cookie_is_hidden_from_scripts_and_other_sites(client: Browser) -> None:
    client.page("/sign-in")
    cookie = client.press("/sign-in/demo", {"place": world.PLACE, "person": DRAFTER}).headers["set-cookie"]

    assert cookie.startswith("banli=")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Domain" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host_and_secure(app: FastAPI) -> None:
    browser = Browser(app)
    browser.base_url = "https://testserver"
    browser.page("/sign-in")
    answer = browser.press("/sign-in/demo", {"place": world.PLACE, "person": DRAFTER})

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-banli=") and "Secure" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_session_planted_before_signing_in_is_not_the_one_that_is_signed_in(client: Browser) -> None:
    client.cookies.set("banli", "planted.fuxin")
    client.page("/sign-in")
    client.press("/sign-in/demo", {"place": world.PLACE, "person": DRAFTER})

    other = Browser(client.app)  # type: ignore[arg-type]
    other.cookies.set("banli", "planted.fuxin")
    assert other.get("/inbox").status_code == 303


def test_changing_identity_ends_the_earlier_session(client: Browser) -> None:
    client.sign_in(DRAFTER)
    before = client.cookies["banli"]
    client.page("/sign-in/switch")
    client.press("/sign-in/demo", {"place": world.PLACE, "person": JUDGE})

    other = Browser(client.app)  # type: ignore[arg-type]
    other.cookies.set("banli", before)
    assert other.get("/inbox").status_code == 303


def test_after_signing_out_the_old_cookie_opens_nothing(client: Browser) -> None:
    client.sign_in(DRAFTER)
    before = client.cookies["banli"]
    client.press("/sign-out")

    client.cookies.set("banli", before)
    assert client.get("/inbox").headers["location"] == "/sign-in?next=%2Finbox"


@pytest.mark.parametrize("target", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\nb"])
def test_signing_in_goes_on_to_our_own_addresses_only(client: Browser, target: str) -> None:
    client.page("/sign-in")
    answer = client.press("/sign-in/demo", {"place": world.PLACE, "person": DRAFTER, "next": target})

    assert answer.headers["location"] == "/"


def test_a_live_place_offers_nobody_to_click_on(client: Browser) -> None:
    client.page("/sign-in")

    assert client.press("/sign-in/demo", {"place": "live", "person": DRAFTER}).status_code == 404


def test_the_clock_of_a_live_place_has_no_button(own_system: System, own_client: Browser) -> None:
    own_system.people.add_person("live", "somebody", "某人（示例）")
    own_system.identity.set_password("live", "somebody", "somebody", "six brown sparrows")
    own_client.page("/sign-in")
    own_client.press("/sign-in", {"place": "live", "login": "somebody", "password": "six brown sparrows"})

    assert "前进一天" not in own_client.page("/me").text
    assert own_client.press("/demo/clock", {"move": "day"}).status_code == 404


def test_signing_in_with_a_password(own_system: System, own_client: Browser) -> None:
    own_system.identity.set_password(world.PLACE, DRAFTER, "qicao", "six brown sparrows")
    own_client.page("/sign-in?next=/done")

    wrong = own_client.press("/sign-in", {"place": world.PLACE, "login": "qicao", "password": "guess", "next": "/done"})
    right = own_client.press("/sign-in", {"place": world.PLACE, "login": "qicao", "password": "six brown sparrows", "next": "/done"})

    assert (wrong.status_code, right.status_code, right.headers["location"]) == (401, 303, "/done")
    assert "账号或密码不正确" in wrong.text and 'value="qicao"' in wrong.text and "guess" not in wrong.text


def test_guessing_is_stopped_with_a_reason(own_client: Browser) -> None:
    own_client.page("/sign-in")
    for _ in range(5):
        own_client.press("/sign-in", {"place": world.PLACE, "login": "qicao", "password": "guess"})

    assert "已暂停登录" in own_client.press("/sign-in", {"place": world.PLACE, "login": "qicao", "password": "guess"}).text


def test_bodies_over_the_limit_are_refused_by_their_length_and_as_they_come(client: Browser) -> None:
    client.sign_in(DRAFTER)

    def stream() -> "list[bytes]":
        return [b"x" * 1024 * 1024 for _ in range(3)]

    headers = {"Content-Type": "application/json", "X-CSRF-Token": client.token, "Idempotency-Key": "k"}
    announced = client.post("/api/v1/session", content=b"x" * (2 * 1024 * 1024 + 1), headers=headers)
    streamed = client.post("/api/v1/session", content=iter(stream()), headers=headers)

    assert (announced.status_code, streamed.status_code) == (413, 413)


def test_a_crash_says_nothing_of_the_inside_and_keeps_its_headers(own_system: System) -> None:
    browser = Browser(create_app(own_system)).sign_in(DRAFTER)
    with own_system.database.changing() as connection:
        connection.execute(sa.text("DROP TABLE task_candidate"))

    page, api = browser.get("/inbox"), browser.get("/api/v1/inbox")

    assert (page.status_code, api.status_code) == (500, 500)
    assert "系统出错" in page.text
    assert api.json() == {"code": "web.broken", "message": "系统出错，刚才的操作没有保存。请稍后重试；仍不行时请告诉系统管理员发生的时间", "problems": []}
    assert not any(word in page.text + api.text for word in ("task_candidate", "sqlite", "Traceback", "adapters"))
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_more_requests_than_a_person_makes_are_slowed_down(own_system: System) -> None:
    app = create_app(own_system)
    browser = Browser(app).sign_in(DRAFTER)
    for _ in range(600):
        try:
            app.state.pace.check(f"{world.PLACE}/{DRAFTER}")
        except Exception:  # the limit, reached a little earlier because signing in counted too
            break

    assert browser.get("/inbox").status_code == 429


@pytest.mark.parametrize("path", ["/inbox?page=0", "/inbox?page=x", "/files/../../etc/passwd", "/instances/%00", "/tasks/a/b", "/public/%E5%9C%B0/x", "/inbox?task=a%2Fb"])
def test_odd_addresses_get_a_page_that_says_so(client: Browser, path: str) -> None:
    answer = client.sign_in(DRAFTER).get(path)

    assert answer.status_code in (404, 422)
    assert "</html>" in answer.text


def test_names_are_text_and_never_markup(own_system: System) -> None:
    own_system.people.add_person(world.PLACE, "evil", "<script>alert(1)</script>")
    own_system.people.grant(world.PLACE, "evil", "fuxin-health.lead_drafter")
    browser = Browser(create_app(own_system)).sign_in("evil")

    text = browser.get("/me").text
    assert "<script>alert(1)</script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_language_of_the_api_follows_the_request(client: Browser) -> None:
    chinese, english = (client.get("/api/v1/inbox", headers={"Accept-Language": language}).json()["message"] for language in ("zh-CN", "en-GB,en;q=0.9"))

    assert chinese == "登录已失效，请重新登录"
    assert english == "You are no longer signed in; please sign in again"
