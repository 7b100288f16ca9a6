"""A diagram is changed in a working copy, compared, submitted and published by a second person; what runs keeps its version."""
from __future__ import annotations

import json
import re
from collections.abc import Callable

from adapters.database.working_copies import WorkingCopies
from adapters.system import Design, System
from tests.design.conftest import AUDITOR, FIRST, PACKAGE, SECOND
from tests.web.conftest import Browser
from tests.web.world import PLACE

NAME = "role-model-award"
FILE = "county.bpmn"


def diagram(system: System, of: str = "") -> bytes:
    return system.publications.package_files(PLACE, of or system.publications.packages(PLACE, NAME)[0].hash)[FILE]


def renamed(system: System) -> bytes:
    return diagram(system).replace('name="初步评分"'.encode(), 'name="初评打分"'.encode())


def put(browser: Browser, xml: bytes, revision: str | None = None, file: str = FILE) -> tuple[int, dict[str, str]]:
    headers = {"X-CSRF-Token": browser.token, "Content-Type": "application/xml", **({"If-Match": revision} if revision else {})}
    answer = browser.put(f"{PACKAGE}/draft?file={file}", content=xml, headers=headers)
    return answer.status_code, answer.json() if answer.headers["content-type"].startswith("application/json") else {"text": answer.text}


def test_all_pages_open_for_an_administrator_and_read_only_for_an_auditor(first: Browser, browse: Callable[[str], Browser], system: System) -> None:
    first.press(f"{PACKAGE}/open")
    scheme = system.publications.schemes(PLACE, NAME)[0].hash
    first.press(f"{PACKAGE}/schemes", {"source": scheme, "name": "fuxin-2022", "title": "二〇二二年", "years": "1"})
    pages = ["/design", PACKAGE, f"{PACKAGE}/edit?file={FILE}", f"{PACKAGE}/edit?file=forms/review.yaml", f"{PACKAGE}/edit?file=package.yaml&of=library", f"{PACKAGE}/compare",
             f"{PACKAGE}/schemes/fuxin-2022", f"{PACKAGE}/schemes/fuxin-2022/compare", f"{PACKAGE}/published/{scheme}", "/design/calendars", "/design/calendars/2021", "/design/people",
             f"{PACKAGE}/schemes/fuxin-2022/groups/scoring", f"{PACKAGE}/compare/diagram?old=library&new=working&file={FILE}"]
    auditor = browse(AUDITOR)
    for page in pages:
        for browser in (first, auditor):
            answer = browser.page(page)
            assert (page, answer.status_code, answer.text.count("<h1>")) == (page, 200, 1)
            assert answer.text.count('class="breadcrumb-item') <= 3
    for page in ("/design/import", "/design/places/new", f"{PACKAGE}/schemes/new", "/design/people/template.xlsx"):
        assert first.get(page).status_code == 200
        assert auditor.get(page).status_code == 409


def test_published_by_a_second_person_only(first: Browser, second: Browser, system: System, campaign: str, design: Design) -> None:
    old = system.publications.packages(PLACE, NAME)[0]
    before = diagram(system)
    assert first.press(f"{PACKAGE}/open").status_code == 303
    status, saved = put(first, renamed(system))
    assert (status, saved["revision"]) == (200, "1")

    sent = first.press(f"{PACKAGE}/submit", {"note": "改环节名称"})
    address = sent.headers["location"]
    assert sent.status_code == 303 and "环节“初步评分”改名为“初评打分”" in first.page(address).text
    assert first.press(f"{PACKAGE}/submit", {"note": "又按了一次"}).headers["location"] == address
    assert first.press(f"{address}/approve").status_code == 409
    assert len(system.publications.packages(PLACE, NAME)) == 1

    page = second.page(address)
    drawn = re.search(r'href="([^"]+/compare/diagram[^"]+)"', page.text)
    assert drawn is not None and "改名为“初评打分”" in second.get(drawn[1].replace("&amp;", "&")).text
    assert second.press(f"{address}/approve").status_code == 303
    new, *_ = system.publications.packages(PLACE, NAME)
    assert (new.published_by, new.approved_by) == (FIRST, SECOND)
    assert design.package(PLACE, NAME).copy is None  # all of it is in force now
    assert second.press(f"{address}/approve").status_code == 303  # the same press again changes nothing
    assert len(system.publications.packages(PLACE, NAME)) == 2
    assert first.press(f"{address}/return", {"reason": "晚了"}).status_code == 409

    assert system.head(PLACE, campaign).package == old.hash
    assert diagram(system, old.hash) == before
    scheme = system.publications.schemes(PLACE, NAME)[0].hash
    started = second.press(f"{PACKAGE}/published/{scheme}/start", {"command_id": "once"}).headers["location"]
    assert second.press(f"{PACKAGE}/published/{scheme}/start", {"command_id": "once"}).headers["location"] == started
    assert system.head(PLACE, started.rpartition("/")[2]).package == new.hash


def test_the_journal_names_both(first: Browser, second: Browser, system: System) -> None:
    first.press(f"{PACKAGE}/open")
    put(first, renamed(system))
    address = first.press(f"{PACKAGE}/submit").headers["location"]
    second.press(f"{address}/approve")

    with system.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT actor, command, body FROM entry WHERE stream = 'package:role-model-award' ORDER BY seq").all()
    told = [(actor, command, json.loads(bytes(body))["input"].get("approved_by")) for actor, command, body in rows][-3:]
    assert told == [(FIRST, "ProposePublication", None), (SECOND, "DecidePublication", None), (FIRST, "PublishPackage", SECOND)]


def test_a_second_editor_overwrites_nothing_unseen(first: Browser, second: Browser, system: System) -> None:
    first.press(f"{PACKAGE}/open")
    assert put(first, renamed(system))[0] == 200
    mine = diagram(system).replace('name="初步筛选"'.encode(), 'name="筛选"'.encode())

    status, told = put(second, mine)

    assert (status, told["by"]) == (409, "示例人员14")
    assert "初评打分" in second.get(f"{PACKAGE}/file?file={FILE}").text
    revision = second.get(f"{PACKAGE}/draft?file={FILE}").json()["revision"]
    assert put(second, mine, revision)[1]["revision"] == "2"
    assert put(first, renamed(system), "1")[0] == 409


def test_the_form_keeps_what_was_typed_when_somebody_else_saved(first: Browser, second: Browser, design: Design) -> None:
    first.press(f"{PACKAGE}/open")
    text = design.files(PLACE, NAME, "working")["texts/notifications.yaml"].decode()
    page = f"{PACKAGE}/edit?file=texts/notifications.yaml"
    assert first.press(page, {"version": "0", "text": text + "# 甲\n"}).status_code == 303

    answer = second.press(page, {"version": "0", "text": text + "# 乙\n"})

    assert answer.status_code == 409 and "# 乙" in answer.text and "没有保存" in answer.text
    broken = second.press(page, {"version": "1", "text": "a: [\n"})
    assert broken.status_code == 422 and "a: [" in broken.text


def test_the_checker_answers_for_what_was_sent(first: Browser, system: System) -> None:
    first.press(f"{PACKAGE}/open")
    forgotten = diagram(system).replace(b'<zeebe:assignmentDefinition candidateGroups="=for b in channel.bodies return role(b.role, b.org)"/>', b"", 1)
    headers = {"X-CSRF-Token": first.token, "Content-Type": "application/xml"}

    found = first.post(f"{PACKAGE}/check?file={FILE}", content=forgotten, headers=headers).json()["findings"]

    errors = [one for one in found if one["severity"] == "error"]
    assert [one["element"] for one in errors] == ["gather"] and errors[0]["line"] > 0 and "操作没有完成" not in errors[0]["message"]
    assert first.post(f"{PACKAGE}/check?file={FILE}", content=diagram(system), headers=headers).json() == {"findings": []}
    assert first.post(f"{PACKAGE}/check?file={FILE}", content=b"<!DOCTYPE x><x/>", headers=headers).json()["findings"][0]["severity"] == "error"
    assert diagram(system) == first.get(f"{PACKAGE}/file?file={FILE}").content  # asking stored nothing


def test_what_is_wrong_cannot_be_submitted(first: Browser, system: System) -> None:
    first.press(f"{PACKAGE}/open")
    put(first, diagram(system).replace(b'formId="gather"', b'formId="nothing"'))

    answer = first.press(f"{PACKAGE}/submit")

    assert answer.status_code == 422 and "nothing" in answer.text
    assert WorkingCopies(system.database).proposals(PLACE) == []


def test_sent_back_and_withdrawn(first: Browser, second: Browser, system: System) -> None:
    first.press(f"{PACKAGE}/open")
    put(first, renamed(system))
    address = first.press(f"{PACKAGE}/submit").headers["location"]
    second.page(address)
    assert second.press(f"{address}/return").status_code == 409  # no reason
    assert second.press(f"{address}/withdraw").status_code == 409  # not the author
    assert second.press(f"{address}/return", {"reason": "名称不妥"}).status_code == 303
    assert "名称不妥" in first.page(address).text
    again = first.press(f"{PACKAGE}/submit").headers["location"]
    assert again != address
    assert first.press(f"{again}/withdraw").status_code == 303
    assert second.press(f"{again}/approve").status_code == 409


def test_discarding_asks_for_the_name(first: Browser, design: Design) -> None:
    first.press(f"{PACKAGE}/open")
    assert first.press(f"{PACKAGE}/discard", {"confirm": "是"}).status_code == 409
    assert first.press(f"{PACKAGE}/open").status_code == 409  # there is one already
    assert first.press(f"{PACKAGE}/discard", {"confirm": NAME}).status_code == 303
    assert design.package(PLACE, NAME).copy is None


def test_what_the_modeler_may_offer(first: Browser) -> None:
    context = first.get(f"{PACKAGE}/context.json").json()

    assert next(one for one in context["roles"] if one["code"] == "group_office")["label"] == "领导小组办公室"
    assert {"expression": "scheme.leading_group.office", "label": "办公室所在机关"} in context["organisations"]
    assert [one["id"] for one in context["stages"]] == ["deploy", "recommend", "county", "city", "results"]
    assert {"gather", "screening"} <= {one["id"] for one in context["forms"]}
    assert next(one for one in context["operations"] if one["name"] == "notify")["inputs"][0] == {"name": "template", "label": "通知模板", "required": True}
