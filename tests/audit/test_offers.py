"""What pages offer is what their reader may do: every link opens, and no button of an auditor's page is one that is then refused."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from adapters.system import System
from adapters.web.app import create_app
from tests.audit.live import AUDITOR, PLACE, Played
from tests.web.conftest import TOKEN, Browser

MOST = 2  # pages of one kind: of what differs only in an id, a year or a number
LEADS = "//a/@href | //iframe/@src | //video/@src | //img/@src | //*/@data-xml-url | //*/@data-state-url"
LEAVES = frozenset({"/sign-out", "/sign-in", "/sign-in/demo"})  # what ends or changes the session


def kind(address: str) -> str:
    """The address without what tells one thing from another of its kind."""
    parts = urlsplit(address)
    path = re.sub(r"[0-9a-f]{32,64}|(?<=/)t\d+|(?<=/)20\d\d", "*", parts.path)
    return f"{path}?{re.sub(r'=[^&]*', '=', parts.query)}"


def leads(page: html.HtmlElement, address: str) -> Iterator[str]:
    """Where the page's links and pictures lead, in this system."""
    for target in page.xpath(LEADS):
        if urlsplit(target).scheme in ("", "http") and not target.startswith(("#", "/static/")):
            yield urljoin(address, target).partition("#")[0]


def buttons(page: html.HtmlElement, address: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(address, fields as they stand) of every button that can be pressed and changes something."""
    for button in page.xpath("//button[not(@type='button') and not(@disabled)]"):
        form = next(iter(page.xpath("//form[@id=$id]", id=button.get("form")))) if button.get("form") else next(button.iterancestors("form"))
        if form.get("method") == "post":
            fields = {str(name): str(value) for name, value in form.form_values()}
            pressed = {button.get("name"): button.get("value", "")} if button.get("name") else {}
            yield urljoin(address, button.get("formaction") or form.get("action")), fields | pressed


def walked(browser: Browser) -> Iterator[tuple[str, int, html.HtmlElement | None]]:
    """(address, status, the page) of what is reached from the inbox and one's own page, at most MOST of a kind."""
    todo, known, seen = ["/inbox", "/me", "/public"], set[str](), Counter[str]()
    while todo:
        address = todo.pop(0)
        seen[kind(address)] += 1
        if seen[kind(address)] > MOST:
            continue
        answer = browser.get(address, follow_redirects=True)
        page = html.fromstring(answer.text) if answer.headers.get("content-type", "").startswith("text/html") else None
        yield address, answer.status_code, page
        if page is not None:
            found = [target for target in leads(page, address) if target not in known]
            known.update(found)
            todo += dict.fromkeys(found)


def test_an_auditor_s_links_open_and_none_of_the_buttons_is_refused(own: System) -> None:
    browser = Browser(create_app(own)).sign_in(AUDITOR, PLACE)
    offered: dict[str, tuple[str, dict[str, str]]] = {}
    closed = {}
    for address, status, page in walked(browser):
        if status != 200:
            closed[address] = status
        for target, fields in buttons(page, address) if page is not None else ():
            offered.setdefault(f"{kind(target)} {sorted(fields)}", (target, fields))

    refused = {}
    for target, fields in offered.values():
        if urlsplit(target).path not in LEAVES:
            token = TOKEN.search(browser.get("/me").text)
            assert token
            answer = browser.post(target, data={**fields, "csrf_token": token[1]})
            if answer.status_code >= 400:
                refused[target] = answer.status_code
    assert (closed, refused) == ({}, {})
    assert {"/audit/integrity", "/audit/checkpoint"} <= {urlsplit(target).path for target, _ in offered.values()}


@pytest.mark.parametrize("who", ["metal-1-clerk", "supervision-clerk", "group-office", "judge1", "administrator"])
def test_every_link_opens(played: Played, who: str) -> None:
    browser = Browser(create_app(played.system)).sign_in(who, PLACE)
    assert {address: status for address, status, _ in walked(browser) if status != 200} == {}
