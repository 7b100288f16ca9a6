"""An objection from the public page arrives at the office as its task, filled in; what was written is nowhere in plain text but there."""
from __future__ import annotations

import re
import secrets
from datetime import timedelta

import httpx
import pytest

from adapters.database import journal
from adapters.system import System
from adapters.web import evidence
from adapters.web.app import create_app
from engine.commands import Start
from tests.web import world
from tests.web.conftest import Browser

PEOPLE = [{"id": "TJ2021-3", "label": "TJ2021-3 示例冶金一公司"}, {"id": "TJ2021-21", "label": "TJ2021-21 示例建材一公司"}]
SAID = {"nomination": "TJ2021-21", "by_name": "true", "objector": "示例群众", "contact": "13900000001", "facts": "推荐材料中的工龄与实际不符（示例）。"}


@pytest.fixture
def notice(own_system: System, office: str) -> str:
    """A notice whose period is running, published by the office through its own task; the campaign's id."""
    campaign = own_system.queries.campaigns(world.PLACE, world.person_of("auditor", "fuxin-health"))[0]
    command = Start("job", secrets.token_hex(16), "notice", campaign.package, campaign.scheme, campaign.org, parent=campaign.id, root=campaign.id, path=campaign.id,
                    variables={"selected": PEOPLE, "ranked": PEOPLE})
    own_system.store.start(world.PLACE, command, "notice")
    line = next(each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "publish")
    today = own_system.clock(world.PLACE).date()
    own_system.complete(world.PLACE, office, line.instance, line.task, "publish", "", {"starts_on": today.isoformat()}, "publish")
    own_system.run_due(world.PLACE)
    return campaign.id


@pytest.fixture
def office(own_system: System) -> str:
    values = own_system.published.scheme(world.PLACE, own_system.publications.packages(world.PLACE)[0].hash, own_system.publications.schemes(world.PLACE)[0].hash).values
    return world.person_of("group_office", values["leading_group"]["office"])


def address(campaign: str) -> str:
    return f"/public/{world.PLACE}/{campaign}/objection"


def opened(browser: Browser, campaign: str) -> str:
    """The command's id of a form opened anew."""
    found = re.search(r'name="command_id" value="([^"]+)"', browser.page(address(campaign)).text)
    assert found
    return found[1]


def test_it_arrives_at_the_office_filled_in_and_goes_on_as_one_written_there(own_client: Browser, own_system: System, notice: str, office: str) -> None:
    assert "在网上提出异议" in own_client.page(f"/public/{world.PLACE}/{notice}").text
    id = opened(own_client, notice)
    answers = [own_client.press(address(notice), {**SAID, "command_id": id}) for _ in range(2)]
    own_system.run_due(world.PLACE)
    receipts = {found[1] for each in answers if (found := re.search(r"figure-number\">([0-9A-F]{8})<", each.text))}
    assert len(receipts) == 1  # the same press twice is one objection

    (line,) = [each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "register"]
    page = own_client.sign_in(office).page(f"/tasks/{line.instance}/{line.task}").text
    for shown in (SAID["objector"], SAID["contact"], SAID["facts"], 'value="TJ2021-21" selected'):
        assert shown in page
    entries = b"".join(entry.body for entry in bodies(own_system))
    assert PEOPLE[1]["label"].encode() in entries
    assert [each for each in (SAID["objector"], SAID["contact"], SAID["facts"]) if each.encode() in entries] == []

    own_system.complete(world.PLACE, office, line.instance, line.task, "register", "", dict(SAID), "register")
    own_system.run_due(world.PLACE)
    assert [each.data["nomination"] for each in own_system.queries.records(world.PLACE, office, notice, "objection")] == ["TJ2021-21"]


def bodies(system: System) -> list[journal.Written]:
    """What the place's journal holds, as it is stored."""
    with system.database.reading() as connection:
        return list(journal.entries(connection, world.PLACE))


def test_everything_that_is_missing_is_said_at_once_and_what_was_typed_stays(own_client: Browser, notice: str) -> None:
    answer = own_client.press(address(notice), {"command_id": opened(own_client, notice), "by_name": "true", "facts": "", "objector": "示例群众"})

    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == ["nomination", "contact", "facts"]
    assert 'value="示例群众"' in answer.text


def test_an_anonymous_one_keeps_no_name(own_client: Browser, own_system: System, notice: str, office: str) -> None:
    answer = own_client.press(address(notice), {**SAID, "by_name": "false", "command_id": opened(own_client, notice)})
    own_system.run_due(world.PLACE)

    assert answer.status_code == 200 and "匿名反映不作答复" in answer.text
    (line,) = [each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "register"]
    personal = own_system.queries.instance(world.PLACE, office, line.instance).personal
    assert {name for each in personal.values() for name in each} == {"nomination", "by_name", "facts"}


def test_somebody_not_listed_cannot_be_named_and_the_period_ends(own_client: Browser, own_system: System, notice: str) -> None:
    unlisted = own_client.press(address(notice), {**SAID, "nomination": "TJ2021-4", "command_id": opened(own_client, notice)})
    assert unlisted.status_code == 422
    id = opened(own_client, notice)
    own_system.advance(world.PLACE, own_system.clock(world.PLACE) + timedelta(days=20))

    late = own_client.press(address(notice), {**SAID, "command_id": id})
    assert late.status_code == 409 and "公示期没有开始或已经结束" in late.text
    assert own_client.get(address(notice)).status_code == 409


def test_few_an_hour_from_one_address(own_client: Browser, notice: str) -> None:
    statuses = [own_client.press(address(notice), {**SAID, "command_id": opened(own_client, notice)}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_a_form_from_another_site_is_refused(own_system: System, notice: str) -> None:
    browser = Browser(create_app(own_system))
    id = opened(browser, notice)
    assert browser.press(address(notice), {**SAID, "command_id": id}, headers={"Origin": "https://elsewhere.example"}).status_code == 403


# --- evidence ------------------------------------------------------------------------------------------------------------------------------------

PICTURE, PAPER = b"\x89PNG\r\n\x1a\n" + b"0" * 900, b"%PDF-1.4\n" + b"1" * 900


def sent(browser: Browser, campaign: str, *files: tuple[str, bytes], id: str = "", **fields: str) -> httpx.Response:
    """An objection with files, as a browser without any script sends it."""
    given = {**SAID, "command_id": id or opened(browser, campaign), **fields}
    return browser.press(address(campaign), given, files=[("evidence", file) for file in files])


def test_evidence_comes_with_it_and_is_seen_by_who_handles_it_alone(own_client: Browser, own_system: System, notice: str, office: str) -> None:
    page = own_client.page(address(notice)).text
    assert "最多 10 个，每个不超过 50.0 MB，合计不超过 100.0 MB，类型：图片、PDF" in page and 'enctype="multipart/form-data"' in page
    id = opened(own_client, notice)
    first, again = (sent(own_client, notice, ("照片.png", PICTURE), ("证明.pdf", PAPER), id=id) for _ in range(2))
    own_system.run_due(world.PLACE)

    assert "证据材料 2 个已收到" in first.text
    receipt = re.search(r"figure-number\">([0-9A-F]{8})<", first.text)
    assert receipt and again.status_code == 200 and receipt[1] in again.text and "没有重复登记" in again.text
    (line,) = [each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "register"]
    handler = own_client.sign_in(office)
    shown = handler.page(f"/tasks/{line.instance}/{line.task}").text
    assert "保留 照片.png" in shown and "保留 证明.pdf" in shown
    files = own_system.queries.instance(world.PLACE, office, line.instance).files
    assert [(each.name, each.type, each.field, each.subject) for each in files] == [
        ("照片.png", "image/png", "evidence", line.instance), ("证明.pdf", "application/pdf", "evidence", line.instance)]
    assert handler.get(f"/files/{files[0].id}").content == PICTURE
    assert "form.pdf" not in shown and "<dt>涉及人选</dt>" in shown  # no printed form of an objection; its own words for its answers

    read = own_system.task(world.PLACE, line.instance, line.task)
    assert read.form is not None
    own_system.complete(world.PLACE, office, line.instance, line.task, "register", "", {**SAID, "evidence": [each.id for each in files]}, "register")
    own_system.run_due(world.PLACE)
    values = own_system.published.scheme(world.PLACE, own_system.publications.packages(world.PLACE)[0].hash, own_system.publications.schemes(world.PLACE)[0].hash).values
    seen = {who: own_client.sign_in(who).get(f"/files/{files[1].id}").status_code for who in (
        world.person_of("objection_handler", values["public_notice"]["handler"]), world.person_of("judge", "expert-1"), world.person_of("employer_clerk", "mine-1"))}
    assert list(seen.values()) == [200, 404, 404]
    assert "证明.pdf" not in Browser(create_app(own_system)).get(f"/public/{world.PLACE}/{notice}").text


def test_what_will_not_do_is_said_and_what_will_is_kept(own_client: Browser, own_system: System, notice: str, office: str) -> None:
    answer = sent(own_client, notice, ("照片.png", PICTURE), ("程序.pdf", b"MZ" + b"0" * 99), contact="")

    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == ["contact", "evidence"] and "程序.pdf：不是这里可以收的文件（图片、PDF 文件）" in answer.text
    kept = re.search(r'name="kept" value="(\w+)" checked><span class="form-check-label">保留 照片.png', answer.text)
    id = re.search(r'name="command_id" value="([^"]+)"', answer.text)
    assert kept and id
    theirs = own_system.files.put(world.PLACE, office, "内部.pdf", PAPER, ["application/pdf"])

    assert sent(own_client, notice, id=id[1], kept=kept[1]).status_code == 200
    own_system.run_due(world.PLACE)
    (line,) = [each for each in own_system.queries.inbox(world.PLACE, office).rows if each.element == "register"]
    assert [each.name for each in own_system.queries.instance(world.PLACE, office, line.instance).files] == ["照片.png"]
    other = sent(own_client, notice, kept=theirs.id)  # somebody's own file cannot be taken by its id

    assert other.status_code == 200 and "已收到。" not in other.text
    assert own_system.files.info(world.PLACE, office, theirs.id).name == "内部.pdf"


def test_too_many_and_too_much_at_once(own_client: Browser, notice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    many = sent(own_client, notice, *[(f"{n}.png", PICTURE) for n in range(11)])
    assert many.status_code == 422 and "最多 10 个文件，现在是 11 个" in many.text

    id = opened(own_client, notice)
    monkeypatch.setattr(evidence, "LARGEST", 2000)
    assert sent(own_client, notice, ("照片.png", PICTURE * 3), id=id).status_code == 413
    monkeypatch.setattr(evidence, "SLIGHT", 0)
    assert [sent(own_client, notice, ("照片.png", PICTURE), id=id, contact="").status_code for _ in range(evidence.FROM_ONE + 1)][-2:] == [422, 429]


def test_files_of_strangers_are_read_nowhere_else(own_client: Browser, notice: str) -> None:
    own_client.page("/sign-in")
    assert own_client.press("/sign-in", {"place": world.PLACE}, files=[("evidence", ("照片.png", PICTURE))]).status_code == 401
