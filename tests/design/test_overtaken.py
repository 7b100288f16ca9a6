"""A working copy while somebody else's version is published: it says so, catches up, and loses nothing."""
from __future__ import annotations

import re
from dataclasses import replace

import pytest

from adapters.system import Design, System
from adapters.system.scheme_since import put, with_key
from engine.scheme.scheme import value_at
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


# --- schemes ------------------------------------------------------------------------------------------------------------------------------------

SCHEME = "fuxin-2021"


def begun(design: Design, by: str = FIRST) -> str:
    """A draft of the scheme in force, under its own name; what it began from."""
    newest = next(one.hash for one in design.published_schemes(PLACE, NAME) if one.name == SCHEME)
    design.revise_scheme(PLACE, NAME, newest, by)
    return newest


def change(design: Design, name: str = SCHEME, **texts: str) -> None:
    """Writes other texts into the draft; `__` in a name stands for the dot of its key."""
    view = design.copies.draft(PLACE, NAME, name)
    scheme = design.stored_scheme(view)
    for key, text in texts.items():
        scheme = with_key(scheme, key.replace("__", "."), replace(scheme, values=put(scheme.values, key.split("__"), text)))
    design.save_scheme(PLACE, NAME, name, scheme, view.unreviewed, view.version, FIRST)


def said(design: Design, key: str, name: str = SCHEME) -> object:
    return value_at(design.stored_scheme(design.copies.draft(PLACE, NAME, name)).values, key)


@pytest.fixture
def overtaken(design: Design) -> str:
    """A draft begun before another's three changes are published: one text is its own, one both changed. The newest version's hash."""
    begun(design)
    change(design, result__title="关于示例结果的通报（他人改）", nomination__form_title="示例推荐表（他人改）", public_notice__office="示例科（他人改）")
    request = design.submit_scheme(PLACE, NAME, SCHEME, "他人的改动", FIRST)
    design.copies.drop_draft(PLACE, NAME, SCHEME)
    begun(design)
    change(design, nomination__form_title="示例推荐表（本草稿改）", notice__plan_title="示例方案（本草稿改）")
    assert design.scheme_since(PLACE, design.copies.draft(PLACE, NAME, SCHEME)) is None
    design.approve(PLACE, request, SECOND)
    return design.published_schemes(PLACE, NAME)[0].hash


def test_a_scheme_draft_that_was_overtaken_says_by_whom_and_what_and_goes_on_from_it(second: Browser, design: Design, overtaken: str) -> None:
    own = f"{PACKAGE}/schemes/{SCHEME}"
    page = second.page(own).text
    assert "这个方案已有新版" in page and re.search(r"示例人员\d\d于[^<]+发布（示例管理员乙复核）", page)
    for text in ("它改了 3 处", "关于示例结果的通报（他人改）", "示例科（他人改）"):
        assert text in page
    assert "看它改了什么" in second.page(f"{own}/groups/notice").text

    unseen = second.press(f"{own}/submit")  # from a page that was open before the publication
    assert unseen.status_code == 409 and "还没有提交。请先看完下面的内容" in unseen.text
    assert design.copies.proposals(PLACE, NAME, open_only=True) == []

    answer = second.press(f"{own}/catch-up")
    assert answer.headers["location"].endswith("?caught_up=2&check=1")
    assert "换成新版的参数 2 项，待核对的 1 项" in second.page(answer.headers["location"]).text
    kept = [said(design, key) for key in ("result.title", "public_notice.office", "nomination.form_title", "notice.plan_title")]
    assert kept == ["关于示例结果的通报（他人改）", "示例科（他人改）", "示例推荐表（本草稿改）", "示例方案（本草稿改）"]
    draft = design.copies.draft(PLACE, NAME, SCHEME)
    assert (draft.unreviewed, draft.source, design.scheme_since(PLACE, draft)) == (("nomination.form_title",), overtaken, None)


def test_who_has_seen_it_may_hand_the_draft_in_all_the_same(second: Browser, design: Design, overtaken: str) -> None:
    answer = second.press(f"{PACKAGE}/schemes/{SCHEME}/submit", {"seen": overtaken})
    assert answer.status_code == 303 and "关于示例结果的通报（他人改）" in second.page(answer.headers["location"]).text  # as what would be undone


def test_a_new_year_s_draft_hears_of_the_version_it_was_made_from(first: Browser, design: Design) -> None:
    design.new_scheme(PLACE, NAME, begun(design), "fuxin-2022", "示例二〇二二", 1, FIRST)
    view = design.copies.draft(PLACE, NAME, "fuxin-2022")
    design.save_scheme(PLACE, NAME, "fuxin-2022", design.stored_scheme(view), [], view.version, FIRST)
    change(design, result__title="关于示例结果的通报（他人改）")
    before = said(design, "result.title", "fuxin-2022")
    design.approve(PLACE, design.submit_scheme(PLACE, NAME, SCHEME, "", FIRST), SECOND)

    page = first.page(f"{PACKAGE}/schemes/fuxin-2022").text
    assert "底稿已有新版" in page and "它改了 1 处" in page and "关于示例结果的通报（他人改）" in page
    first.press(f"{PACKAGE}/schemes/fuxin-2022/catch-up")

    assert design.copies.draft(PLACE, NAME, "fuxin-2022").unreviewed == ("result.title",)
    assert said(design, "result.title", "fuxin-2022") == before  # a person decides whether next year follows
    assert "底稿已有新版" not in first.page(f"{PACKAGE}/schemes/fuxin-2022").text


def test_a_request_that_was_overtaken_says_so_to_the_reviewer(first: Browser, second: Browser, design: Design) -> None:
    requests = []
    for text in ("关于示例结果的通报（先发布）", "关于示例结果的通报（后提交）"):
        begun(design)
        change(design, result__title=text)
        requests.append(design.submit_scheme(PLACE, NAME, SCHEME, "", FIRST))
        design.copies.drop_draft(PLACE, NAME, SCHEME)
    later = f"/design/proposals/{requests[1]}"
    compared = re.search(r'name="against" value="(\w+)"', second.page(later).text)
    assert compared and "别的版本先发布了" not in second.page(later).text

    design.approve(PLACE, requests[0], SECOND)
    unseen = second.press(f"{later}/approve", {"against": compared[1]})

    assert unseen.status_code == 409 and "您打开本页以后，现行版本变了" in unseen.text
    assert len([one for one in design.published_schemes(PLACE, NAME) if one.name == SCHEME]) == 2
    assert "提交以后，别的版本先发布了" in unseen.text and "关于示例结果的通报（先发布）" in unseen.text
    assert "请撤回申请" in first.page(later).text
    now = re.search(r'name="against" value="(\w+)"', unseen.text)
    assert now and now[1] != compared[1]
    assert second.press(f"{later}/approve", {"against": now[1]}).status_code == 303  # seen, and meant
