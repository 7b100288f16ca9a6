"""A working copy while somebody else's version is published: it says so, catches up, and loses nothing."""
from __future__ import annotations

from adapters.system import Design, System
from tests.design.conftest import FIRST, PACKAGE, SECOND
from tests.web.conftest import Browser
from tests.web.world import PLACE

NAME = "role-model-award"


def test_a_copy_that_was_overtaken_says_so_and_catches_up(first: Browser, second: Browser, system: System, design: Design) -> None:
    """Asked for, thrown away, opened anew from the old version — and only then approved."""
    first.press(f"{PACKAGE}/open")
    files = design.files(PLACE, NAME, "working")
    theirs, notes = files["county.bpmn"].replace("初步评分".encode(), "初评打分".encode()), files["texts/notifications.yaml"]
    design.copies.save_file(PLACE, NAME, "county.bpmn", theirs, 0, FIRST)
    design.copies.save_file(PLACE, NAME, "texts/notifications.yaml", notes + b"# theirs\n", 0, FIRST)
    request = design.submit_package(PLACE, NAME, "", FIRST, "1.1")
    design.copies.discard(PLACE, NAME)
    first.press(f"{PACKAGE}/open")
    design.copies.save_file(PLACE, NAME, "texts/notifications.yaml", notes + b"# ours\n", 0, FIRST)
    assert design.overtaken_by(PLACE, design.package(PLACE, NAME)) is None

    design.approve(PLACE, request, SECOND)

    assert "照现在这样提交，会把它改回去" in first.page(PACKAGE).text
    assert "照现在这样提交，会把它改回去" in first.page(f"{PACKAGE}/edit?file=county.bpmn").text
    told = first.press(f"{PACKAGE}/catch-up")
    page = first.page(told.headers["location"]).text
    assert "texts/notifications.yaml" in page and "会把它改回去" not in page
    ours = design.files(PLACE, NAME, "working")
    assert (ours["county.bpmn"], ours["texts/notifications.yaml"]) == (theirs, notes + b"# ours\n")
    assert (design.catch_up(PLACE, NAME, FIRST), design.next_version(PLACE, NAME)) == ([], "1.2")


def test_a_copy_that_went_on_after_it_was_handed_in_is_not_overtaken(first: Browser, design: Design) -> None:
    first.press(f"{PACKAGE}/open")
    county = design.files(PLACE, NAME, "working")["county.bpmn"]
    design.copies.save_file(PLACE, NAME, "county.bpmn", county.replace("初步评分".encode(), "初评打分".encode()), 0, FIRST)
    request = design.submit_package(PLACE, NAME, "", FIRST, "1.1")
    design.copies.save_file(PLACE, NAME, "county.bpmn", county.replace("初步评分".encode(), "打分".encode()), 1, FIRST)

    design.approve(PLACE, request, SECOND)

    copy = design.copies.copy(PLACE, NAME)
    assert copy is not None and copy.base == design.newest(PLACE, NAME)
    assert design.overtaken_by(PLACE, design.package(PLACE, NAME)) is None
