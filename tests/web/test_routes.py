"""Every route × who asks × whose it is, and what every answer carries; a route without a row here fails."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from adapters.system import System
from tests.web.conftest import Browser
from tests.web.world import PLACE, person_of

OWNER, STRANGER, AUDITOR = person_of("lead_drafter", "fuxin-health"), person_of("judge", "expert-1"), person_of("auditor", "fuxin-health")
WHO = {"nobody": "", "owner": OWNER, "stranger": STRANGER, "auditor": AUDITOR}


@dataclass(frozen=True)
class Expected:
    """Status by who asks, for a well-formed request. `body`: what is sent; a dict is JSON in the API and a form elsewhere."""

    nobody: int
    owner: int
    stranger: int
    auditor: int
    body: dict[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""


def everybody(status: int, **more: Any) -> Expected:
    return Expected(status, status, status, status, **more)


def signed_in(status: int, nobody: int = 303, **more: Any) -> Expected:
    return Expected(nobody, status, status, status, **more)


KEY = (("Idempotency-Key", "k1"),)
TUS = (("Tus-Resumable", "1.0.0"),)
# Requests that change something are sent so that they are refused for every reason but rights, or are harmless to repeat.
TABLE: dict[tuple[str, str], Expected] = {
    ("GET", "/"): everybody(303),
    ("GET", "/sign-in"): Expected(200, 303, 303, 303),
    ("GET", "/sign-in/switch"): signed_in(200),
    ("POST", "/sign-in"): everybody(401, body={"place": PLACE, "login": "nobody", "password": "wrong wrong"}),
    ("POST", "/sign-in/demo"): everybody(404, body={"place": PLACE, "person": "nobody"}),
    ("POST", "/sign-out"): everybody(303, body={}),
    ("POST", "/language"): everybody(303, body={"language": "zh"}),
    ("GET", "/me"): signed_in(200),
    ("POST", "/me/phrases"): Expected(401, 303, 303, 409, body={"text": "同意（示例）"}),
    ("POST", "/me/phrases/{id}/drop"): Expected(401, 303, 303, 409, body={}),
    ("POST", "/me/calendar"): Expected(401, 200, 200, 409, body={}),
    ("POST", "/me/calendar/drop"): Expected(401, 303, 303, 409, body={}),
    ("GET", "/calendar/{secret}.ics"): everybody(404),
    ("POST", "/notifications/{id}/read"): signed_in(303, 401, body={}),
    ("GET", "/inbox"): signed_in(200),
    ("GET", "/done"): signed_in(200),
    ("GET", "/started"): signed_in(200),
    ("GET", "/tasks/{instance}/{task}"): Expected(303, 200, 404, 200),
    ("POST", "/tasks/{instance}/{task}"): Expected(401, 422, 404, 404, body={"outcome": "burn", "command_id": "k2"}),
    ("POST", "/tasks/{instance}/{task}/form"): Expected(401, 200, 404, 404, body={"command_id": "k6"}),
    ("POST", "/tasks/{instance}/{task}/draft"): Expected(401, 303, 404, 409, body={"command_id": "k7", "summary": "示例"}),
    ("POST", "/tasks/{instance}/{task}/draft/drop"): Expected(401, 303, 404, 409, body={}),
    ("GET", "/tasks/{instance}/{task}/files/{id}"): signed_in(404),
    ("POST", "/tasks/{instance}/{task}/{act}"): Expected(401, 409, 404, 404, body={"command_id": "k3"}),
    ("GET", "/campaigns"): signed_in(200),
    ("POST", "/start/{message}"): signed_in(404, 401, body={"parent": "none", "command_id": "k4"}),
    ("GET", "/campaigns/{campaign}"): Expected(303, 200, 404, 200),
    ("POST", "/campaigns/{campaign}/urge"): Expected(401, 409, 404, 303, body={"command_id": "k5"}),
    ("GET", "/campaigns/{campaign}/records/{kind}"): Expected(303, 200, 404, 200),
    ("GET", "/campaigns/{campaign}/records/{kind}/export.csv"): Expected(303, 200, 404, 200),
    ("GET", "/instances/{instance}"): Expected(303, 200, 404, 200),
    ("GET", "/instances/{instance}/form.pdf"): Expected(303, 404, 404, 404),
    ("GET", "/instances/{instance}/diagram.bpmn"): Expected(303, 200, 404, 200),
    ("GET", "/instances/{instance}/state.json"): Expected(303, 200, 404, 200),
    ("GET", "/notifications"): signed_in(200),
    ("GET", "/public/{place}/{campaign}/objection"): everybody(404),
    ("POST", "/public/{place}/{campaign}/objection"): Expected(404, 404, 404, 409, body={"facts": "示例"}),
    ("GET", "/search"): signed_in(200),
    ("GET", "/incidents"): signed_in(200),
    ("GET", "/incidents/cause"): signed_in(404, query="?process=city&element=rank&code=none"),
    ("POST", "/incidents/{act}"): signed_in(404, 401, body={"incident": "none/i1"}),
    ("POST", "/notifications/read"): signed_in(303, 401, body={}),
    ("OPTIONS", "/uploads"): everybody(204),
    ("POST", "/uploads"): signed_in(201, 401, headers=(*TUS, ("Upload-Length", "10"))),
    ("HEAD", "/uploads/{id}"): signed_in(404, 401, headers=TUS, query="?length=10"),
    ("PATCH", "/uploads/{id}"): signed_in(404, 401, headers=(*TUS, ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")), query="?length=10"),
    ("DELETE", "/uploads/{id}"): signed_in(404, 401, headers=TUS),
    ("GET", "/files/{id}"): signed_in(404),
    ("POST", "/demo/clock"): signed_in(409, 401, body={"move": "back"}),
    ("GET", "/public"): everybody(200),
    ("GET", "/public/{place}/{campaign}"): everybody(404),
    ("GET", "/about"): everybody(200),
    ("GET", "/health/live"): everybody(200),
    ("GET", "/health/ready"): everybody(200),
    ("GET", "/metrics"): everybody(404),  # for this machine or with the token (tests/operations)
    ("GET", "/api/v1/session"): everybody(200),
    ("POST", "/api/v1/session"): everybody(404, body={"place": PLACE, "person": "nobody"}),
    ("DELETE", "/api/v1/session"): everybody(204),
    ("POST", "/api/v1/tasks/{instance}/{task}/complete"): Expected(401, 422, 404, 404, body={"outcome": "burn"}, headers=KEY),
    ("POST", "/api/v1/tasks/{instance}/{task}/claim"): Expected(401, 422, 422, 422, body={"by": "me"}, headers=KEY),
    ("POST", "/api/v1/tasks/{instance}/{task}/release"): Expected(401, 409, 404, 404, body={"reason": ""}, headers=KEY),
    ("POST", "/api/v1/tasks/{instance}/{task}/reassign"): Expected(401, 409, 404, 404, body={"to": "user:nobody", "reason": ""}, headers=KEY),
    ("POST", "/api/v1/tasks/{instance}/{task}/return"): Expected(401, 409, 404, 404, body={"to": "nowhere", "reason": "示例"}, headers=KEY),
    ("POST", "/api/v1/tasks/{instance}/{task}/withdraw"): Expected(401, 404, 404, 404, body={"reason": "示例"}, headers=KEY),
    ("POST", "/api/v1/tasks/{instance}/{task}/urge"): Expected(401, 422, 422, 422, body={"text": "x" * 501}, headers=KEY),
    ("POST", "/api/v1/messages/{name}"): signed_in(404, 401, body={"parent": "none"}, headers=KEY),
    ("POST", "/api/v1/files"): signed_in(422, 401, body={}),
    ("POST", "/api/v1/demo/clock"): signed_in(409, 401, body={}),
    ("GET", "/api/v1/me"): signed_in(200, 401),
    ("GET", "/api/v1/inbox"): signed_in(200, 401),
    ("GET", "/api/v1/done"): signed_in(200, 401),
    ("GET", "/api/v1/startable"): signed_in(200, 401),
    ("GET", "/api/v1/tasks/{instance}/{task}"): Expected(401, 200, 404, 200),
    ("GET", "/api/v1/campaigns"): signed_in(200, 401),
    ("POST", "/api/v1/campaigns"): signed_in(404, 401, body={"package": "none", "scheme": "none"}, headers=KEY),
    ("GET", "/api/v1/campaigns/{campaign}"): Expected(401, 200, 404, 200),
    ("GET", "/api/v1/instances/{instance}"): Expected(401, 200, 404, 200),
    ("GET", "/api/v1/records/{campaign}/{kind}"): Expected(401, 200, 404, 200),
    # 审计: for auditors only; that their account changes no process by any route is proven in tests/audit.
    **{("GET", path): Expected(303, 404, 404, 200) for path in (
        "/audit", "/audit/integrity", "/audit/instances/{instance}", "/audit/instances/{instance}/steps.json",
        "/audit/instances/{instance}/moment.json", "/audit/instances/{instance}/sight")},
    ("POST", "/audit/integrity"): Expected(401, 404, 404, 303, body={}),
    ("POST", "/audit/checkpoint"): Expected(401, 404, 404, 303, body={}),
    ("POST", "/audit/export"): Expected(401, 404, 404, 200, body={"format": "json"}),
    ("POST", "/audit/instances/{instance}/export"): Expected(401, 404, 404, 200, body={"format": "csv"}),
    ("POST", "/audit/instances/{instance}/replay"): Expected(401, 404, 404, 200, body={"engine": "banli", "until": "1"}),
    # 设计: administrators have a table of their own in tests/design; here is nobody one.
    **{("GET", path): Expected(303, 404, 404, status, query=query) for path, status, query in (
        ("/design", 200, ""), ("/design/packages/{package}", 200, ""), ("/design/packages/{package}/edit", 200, "?file=campaign.bpmn"),
        ("/design/packages/{package}/file", 200, "?of=library&file=campaign.bpmn"), ("/design/packages/{package}/context.json", 200, ""),
        ("/design/packages/{package}/draft", 409, "?file=campaign.bpmn"), ("/design/packages/{package}/compare", 200, ""),
        ("/design/packages/{package}/compare/diagram", 200, "?old=library&new=library&file=campaign.bpmn"),
        ("/design/packages/{package}/compare.json", 200, "?old=library&new=library&file=campaign.bpmn"), ("/design/packages/{package}/export.zip", 200, ""),
        ("/design/import", 409, ""), ("/design/proposals/{id}", 404, ""), ("/design/packages/{package}/schemes/new", 409, ""),
        ("/design/packages/{package}/schemes/{name}", 404, ""), ("/design/packages/{package}/schemes/{name}/groups/{group}", 404, ""),
        ("/design/packages/{package}/schemes/{name}/compare", 404, ""), ("/design/packages/{package}/schemes/{name}/file", 404, ""),
        ("/design/packages/{package}/published/{hash}", 404, ""), ("/design/packages/{package}/published/{hash}/compare", 404, ""), ("/design/calendars", 200, ""), ("/design/calendars/edit", 409, ""), ("/design/calendars/{year}", 200, ""),
        ("/design/people", 200, ""), ("/design/people/template.xlsx", 409, ""), ("/design/people/{person}", 404, ""), ("/design/places/new", 409, ""))},
    **{("POST", path): Expected(401, 404, 404, 409, body={}, query=query) for path, query in (
        ("/design/packages/{package}/open", ""), ("/design/packages/{package}/discard", ""), ("/design/packages/{package}/edit", "?file=campaign.bpmn"),
        ("/design/packages/{package}/check", "?file=campaign.bpmn"), ("/design/packages/{package}/submit", ""), ("/design/packages/{package}/catch-up", ""), ("/design/import", ""),
        ("/design/packages/{package}/form", "?file=forms/review.yaml"), ("/design/packages/{package}/form/copy", "?file=forms/review.yaml"), ("/design/packages/{package}/texts", "?file=texts/notifications.yaml"),
        ("/design/proposals/{id}/{decision}", ""), ("/design/packages/{package}/schemes", ""),
        ("/design/packages/{package}/schemes/{name}/groups/{group}", ""), ("/design/packages/{package}/schemes/{name}/title", ""),
        ("/design/packages/{package}/schemes/{name}/plan", ""), ("/design/packages/{package}/schemes/{name}/submit", ""),
        ("/design/packages/{package}/schemes/{name}/discard", ""), ("/design/packages/{package}/schemes/{name}/catch-up", ""), ("/design/packages/{package}/published/{hash}/revise", ""),
        ("/design/packages/{package}/published/{hash}/start", ""), ("/design/calendars", ""), ("/design/calendars/edit", ""), ("/design/calendars/{year}/confirm", ""),
        ("/design/people/import", ""), ("/design/people/login", ""), ("/design/places", ""),
        ("/design/people/{person}/appoint", ""), ("/design/people/{person}/end", ""), ("/design/people/{person}/close", ""))},
    ("PUT", "/design/packages/{package}/draft"): Expected(401, 404, 404, 409, body={}, query="?file=campaign.bpmn"),
}


def routes(listed: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """(method, path) of every route, those of included routers too; static files and the OpenAPI text are no routes of ours."""
    for route in listed:
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                yield method, route.path
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router.routes)


@pytest.fixture(scope="module")
def addresses(app: FastAPI, system: System, campaign: str) -> dict[str, str]:
    """Values of the path parameters: the owner's open task, and things that are nobody's."""
    task = system.queries.inbox(PLACE, OWNER).rows[0]
    return {"instance": task.instance, "task": task.task, "act": "release", "campaign": campaign, "kind": "nomination", "message": "nominate", "secret": "none", "name": "nominate", "person": "nobody", "id": "0" * 32,
            "place": PLACE, "package": "role-model-award", "hash": "0" * 64, "year": "2021", "decision": "approve", "group": "stages"}


@pytest.fixture(scope="module")
def visitors(app: FastAPI) -> dict[str, Browser]:
    return {who: Browser(app).sign_in(person) if person else Browser(app) for who, person in WHO.items()}


# What an auditor's account may send although it only reads: its own session, and the acts of auditing.
OWN = frozenset({"/sign-in", "/sign-in/demo", "/sign-out", "/language", "/notifications/read", "/notifications/{id}/read", "/api/v1/session"})


def status(expected: Expected, who: str, method: str, path: str) -> int:
    """What somebody gets: an auditor is refused whatever would change something, before anything else is looked at."""
    refused = who == "auditor" and method not in ("GET", "HEAD", "OPTIONS") and path not in OWN and not path.startswith("/audit/")
    return 409 if refused else int(getattr(expected, who))


def test_every_route_has_a_row(app: FastAPI) -> None:
    assert set(routes(app.routes)) == set(TABLE)


def ask(browser: Browser, method: str, path: str, expected: Expected, addresses: dict[str, str], token: str | None) -> Any:
    address = path.format(**addresses) + expected.query
    headers = dict(expected.headers) | ({} if token is None else {"X-CSRF-Token": token})
    sent: dict[str, Any] = {}
    if expected.body is not None:
        sent = {"json": expected.body} if path.startswith("/api/") else {"data": expected.body}
    return browser.request(method, address, headers=headers, **sent)


def fresh(app: FastAPI, who: str, visitors: dict[str, Browser], path: str) -> Browser:
    """The visitor; one of its own for requests that end a session."""
    if path in ("/sign-out", "/api/v1/session", "/sign-in", "/sign-in/demo"):
        return Browser(app).sign_in(WHO[who]) if WHO[who] else Browser(app)
    return visitors[who]


@pytest.mark.parametrize(("method", "path"), sorted(TABLE), ids=lambda part: part)
def test_who_may_do_what(app: FastAPI, method: str, path: str, visitors: dict[str, Browser], addresses: dict[str, str]) -> None:
    expected = TABLE[method, path]
    found = {}
    for who in WHO:
        browser = fresh(app, who, visitors, path)
        if not browser.token:
            browser.page("/sign-in")
        found[who] = ask(browser, method, path, expected, addresses, browser.token).status_code
    assert found == {who: status(expected, who, method, path) for who in WHO}


@pytest.mark.parametrize(("method", "path"), sorted(key for key in TABLE if key[0] not in ("GET", "HEAD", "OPTIONS")), ids=lambda part: part)
def test_nothing_changes_without_the_token_of_the_own_session(method: str, path: str, visitors: dict[str, Browser], addresses: dict[str, str]) -> None:
    stranger = visitors["stranger"].token
    answers = [ask(visitors["owner"], method, path, TABLE[method, path], addresses, token).status_code for token in (None, "", "0" * 64, stranger)]

    assert answers == [403, 403, 403, 403]


@pytest.mark.parametrize(("method", "path"), sorted(TABLE), ids=lambda part: part)
def test_what_every_answer_carries(app: FastAPI, method: str, path: str, visitors: dict[str, Browser], addresses: dict[str, str]) -> None:
    for who in ("nobody", "owner"):
        headers = ask(fresh(app, who, visitors, path), method, path, TABLE[method, path], addresses, None).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "script-src 'unsafe-inline'" not in policy and "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        if "/instances/{instance}" != path and "/tasks/{instance}/{task}" != path and path != "/inbox":
            assert "style-src-attr" not in policy


@pytest.mark.parametrize("address", ["/sign-in", "/about", "/public", "/nothing-here"])
def test_every_script_of_a_page_has_the_nonce_of_its_answer(client: Browser, address: str) -> None:
    first, second = client.get(address), client.get(address)
    nonces = [re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])[1] for answer in (first, second)]  # type: ignore[index]

    assert nonces[0] != nonces[1]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert scripts and all(f'nonce="{nonces[0]}"' in each for each in scripts)
    assert not re.search(r"<[^>]+ (on[a-z]+|style)=", first.text)
