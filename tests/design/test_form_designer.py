"""A form of a working copy is edited on its page: what is pressed and typed stands in the file, everything else of the file stays."""
from __future__ import annotations

import re
from html import unescape

import pytest

from adapters.system import Design, System
from forms.source import read_yaml
from tests.design.conftest import AUDITOR, FIRST, PACKAGE
from tests.web.conftest import Browser
from tests.web.world import PLACE

FILE = "forms/screening.yaml"
PAGE = f"{PACKAGE}/edit?file={FILE}"
NAME = "role-model-award"


@pytest.fixture
def copy(first: Browser, design: Design) -> bytes:
    """The form in a working copy that was just opened."""
    first.press(f"{PACKAGE}/open")
    return design.files(PLACE, NAME, "working")[FILE]


def stored(design: Design) -> bytes:
    return design.files(PLACE, NAME, "working")[FILE]


def hidden(text: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', text)
    assert found, name
    return unescape(found[1])


def press(browser: Browser, act: str, at: str = "", **typed: str) -> str:
    """Presses a button on the page with that part open; the page that comes back."""
    page = browser.page(f"{PAGE}&at={at}").text
    sent = {"version": hidden(page, "version"), "at": hidden(page, "at"), "part": hidden(page, "part"), "act": act, **typed}
    answer = browser.press(f"{PACKAGE}/form?file={FILE}", sent)
    if answer.status_code != 303:
        return answer.text
    return browser.page(answer.headers["location"].partition("#")[0]).text


def test_a_label_is_changed_and_a_field_added(first: Browser, design: Design, copy: bytes) -> None:
    page = press(first, "", "sections.0.fields.0", **{"b.label": "基本标准（示例）"})
    assert "基本标准（示例）" in page

    press(first, "add:sections.0.fields", **{"new.sections.0.fields.label": "联系电话", "new.sections.0.fields.kind": "phone"})

    said = [line for line in stored(design).decode().splitlines() if line not in copy.decode().splitlines()]
    assert len(said) == 2 and said[1].strip() == "- {id: phone, kind: phone, label: 联系电话}"  # the name that another form gives to this label
    memo = first.page(f"{PACKAGE}/compare").text
    assert "联系电话" in memo
