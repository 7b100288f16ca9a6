"""The auditor's pages: filters and paging, integrity, replay, acts that are journalled, an account that only reads, and nobody else's eyes."""
from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute

from adapters.database import schema
from adapters.locale import catalogue, knows
from adapters.system import System
from adapters.system.auditing import Auditing
from adapters.web import audit
from adapters.web.audit.telling import ACTS, OF_THE_PLACE
from adapters.web.security import SAFE_METHODS
from engine.commands import Command
from tests.audit.live import AUDITOR, PLACE, Played
from tests.web.conftest import Browser

LINE = re.compile(r'class="audit-said">(?:<a data-row href="([^"]+)">)?(.*?)<', re.DOTALL)


def lines(text: str) -> list[tuple[str, str]]:
    """(link, sentence) of the entries on the page."""
    return [(found[1] or "", found[2].strip()) for found in LINE.finditer(text)]


# The record -----------------------------------------------------------------------------------------------------------------------


def test_going_back_page_by_page_gives_every_entry_once(pages: Browser, played: Played) -> None:
    with played.system.database.reading() as connection:
        count = connection.scalar(sa.text("SELECT count(*) FROM entry WHERE place = 'fuxin'"))
    address, found = "/audit", []
    for _ in range(200):
        text = pages.page(address).text
        found += re.findall(r"<code>([^<]+:\d+)</code>", text)
        older = re.search(r'href="([^"]*before=[^"]+)">更早', text)
        if not older:
            break
        address = older[1].replace("&amp;", "&")

    assert len(found) == len(set(found)) == count


def test_the_newest_stands_first_and_says_who_did_what(pages: Browser) -> None:
    link, sentence = lines(pages.page("/audit?what=办理").text)[0]

    assert re.match(r"/audit/instances/[0-9a-f]{32}\?seq=\d+#seq=\d+$", link)
    assert "办理“" in sentence


@pytest.mark.parametrize(("query", "every"), [
    ("who=haizhou-union", "海州区总工会经办："), ("who=海州区总工会", "海州区总工会经办："), ("what=退回与撤回", "撤回“"), ("stream=place&what=组织、人员与授权", ""),
    ("what=到期与定时", "系统（到期）："), ("element=签收文件", "")])
def test_a_filter_leaves_what_it_says(pages: Browser, query: str, every: str) -> None:
    found = lines(pages.page(f"/audit?{query}").text)

    assert found and all(every in sentence for _, sentence in found)


def test_filters_stay_in_the_address_and_can_be_taken_off(pages: Browser, played: Played) -> None:
    text = pages.page(f"/audit?campaign={played.campaign}&what=办理&since=2021-09-14&until=2021-09-30&who=总工会").text

    assert text.count("chip chip-on") == 5
    assert f'href="/audit?who=%E6%80%BB%E5%B7%A5%E4%BC%9A&amp;what=%E5%8A%9E%E7%90%86&amp;since=2021-09-14&amp;until=2021-09-30"' in text
    days = re.findall(r'<time datetime="2021-(\d\d-\d\d)T[^"]*">[^<]*</time></span>\s*<span class="audit-said"', text)
    assert days and all("09-14" <= day <= "09-30" for day in days)


def test_an_element_is_found_by_its_name_where_it_was_entered_or_left(auditing: Auditing, pages: Browser) -> None:
    expected = [line for line in auditing.lines(PLACE, AUDITOR, auditing.wanted(), 10_000)
                if any(fields.get("element") == "receipt" for _, fields in line.entry.events)]

    found = lines(pages.page("/audit?element=签收文件").text)

    assert [link for link, _ in found] == [f"/audit/instances/{line.entry.stream}?seq={line.entry.seq}#seq={line.entry.seq}" for line in expected][:50]


@pytest.mark.parametrize("query", ["before=nonsense", "since=yesterday", "until=9999-12-31", "what=burn", "campaign=none", "stream=none", "element=%25_", "who=%25"])
def test_a_filter_that_means_nothing_breaks_nothing(pages: Browser, query: str) -> None:
    assert pages.page(f"/audit?{query}").status_code == 200


def test_every_command_belongs_to_one_kind_of_act_and_has_a_word() -> None:
    kinds = [command for commands in ACTS.values() for command in commands]

    assert len(kinds) == len(set(kinds))
    assert {kind.__name__ for kind in Command.__args__} | OF_THE_PLACE.keys() == set(kinds)
    assert [kind.__name__ for kind in Command.__args__ if not knows(f"command.{kind.__name__}", "en")] == []


def test_every_command_that_any_part_records_has_words() -> None:
    """The names given to `note(…)` anywhere in the adapters: a new one that no sentence tells is found here."""
    adapters = Path(audit.__file__).parents[2]
    recorded = set()
    for path in adapters.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("note", "_note"):
                recorded |= {each.value for each in node.args if isinstance(each, ast.Constant) and re.fullmatch(r"(?:[A-Z][a-z]+){2,}|Grant|Revoke|Recuse", str(each.value))}

    assert recorded == OF_THE_PLACE.keys()


# Integrity ------------------------------------------------------------------------------------------------------------------------


def test_the_record_is_checked_signed_and_both_are_entries(own_pages: Browser, own: System) -> None:
    assert "尚未核验" in own_pages.page("/audit/integrity").text

    assert [own_pages.press(address).status_code for address in ("/audit/integrity", "/audit/checkpoint")] == [303, 303]
    text = own_pages.page("/audit/integrity").text

    assert "<strong>" in text and "完整</strong>" in text and "前 " in text
    commands = [line.entry.command for line in Auditing(own).lines(PLACE, AUDITOR, Auditing(own).wanted(stream="place"), 2)]
    assert commands == ["SignCheckpoint", "VerifyRecord"]


def spoil(system: System, text: str, **values: Any) -> None:
    with system.database.changing() as connection:
        assert connection.execute(sa.text(text), values).rowcount


def rewrite(system: System, stream: str, seq: int, old: str, new: str) -> None:
    """Another text in an entry, laid down as a long one or a short one is."""
    e = schema.entry.c
    with system.database.changing() as connection:
        body = bytes(connection.execute(sa.select(e.body).where(e.stream == stream, e.seq == seq)).scalar_one())
        assert old.encode() in body
        connection.execute(schema.entry.update().where(e.stream == stream, e.seq == seq).values(body=body.replace(old.encode(), new.encode())))


SPOILT = {
    "an entry's text": "",
    "an entry made unreadable": "UPDATE entry SET body = 'nonsense' WHERE place = 'fuxin' AND stream = :c AND seq = 3",
    "an entry removed": "DELETE FROM entry WHERE stream = :c AND seq = 5",
    "the last entries removed": "DELETE FROM entry WHERE stream = :c AND seq > 20",
    "a leaf": "UPDATE leaf SET hash = zeroblob(32) WHERE n = 100",
    "a task past the record": "UPDATE task SET closed_by = 'eve' WHERE state = 'completed' AND instance = :c",
    "an outcome past the record": "UPDATE instance SET outcome = 'other' WHERE id = :c",
    "where an instance stands": "UPDATE instance SET seq = seq - 1 WHERE id = :c",
    "a published scheme": "UPDATE scheme SET body = CAST(replace(CAST(body AS TEXT), '阜新', '沈阳') AS BLOB)",
}


@pytest.mark.parametrize("kind", SPOILT)
def test_what_was_changed_behind_the_system_is_found(own_pages: Browser, own: System, played: Played, kind: str) -> None:
    own.run_due(PLACE)
    own_pages.page("/audit/integrity")
    own_pages.press("/audit/checkpoint")
    if SPOILT[kind]:
        spoil(own, SPOILT[kind], **({"c": played.campaign} if ":c" in SPOILT[kind] else {}))
    else:
        rewrite(own, played.campaign, 3, "xihe-health", "xihe-heaIth")

    own_pages.press("/audit/integrity")
    text = own_pages.page("/audit/integrity").text

    assert "不一致</strong>" in text and "audit-bad" in text and "发现的问题" in text


def test_the_page_says_from_which_entry_on(own_pages: Browser, own: System, played: Played) -> None:
    own_pages.page("/audit/integrity")
    own_pages.press("/audit/checkpoint")
    rewrite(own, played.campaign, 3, "xihe-health", "xihe-heaIth")
    with own.database.reading() as connection:
        n = connection.scalar(sa.text("SELECT n FROM leaf WHERE stream = :c AND seq = 3"), {"c": played.campaign})

    own_pages.press("/audit/integrity")

    assert f"第 {n + 1} 条起不一致</strong>" in own_pages.page("/audit/integrity").text


def test_an_entry_that_cannot_be_read_is_shown_as_such(own_pages: Browser, own: System, played: Played) -> None:
    spoil(own, SPOILT["an entry made unreadable"], c=played.campaign)
    address = f"/audit/instances/{played.campaign}"

    assert "这条记录无法读出" in own_pages.page(f"/audit?stream={played.campaign}").text
    answers = [own_pages.page(address), own_pages.page(f"{address}/sight"), own_pages.press(f"{address}/replay", {"engine": "banli"})]

    assert [each.status_code for each in answers] == [409, 409, 409] and all("第 3 条记录无法读出" in each.text for each in answers)


# Replay ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("engine", "words"), [("banli", "结果与存档逐条相同。"), ("spiffworkflow", "第二引擎 SpiffWorkflow 逐条对照")])
def test_both_engines_replay_the_campaign_from_the_page(pages: Browser, played: Played, auditing: Auditing, engine: str, words: str) -> None:
    address = f"/audit/instances/{played.campaign}"
    pages.page(address)

    answer = pages.press(f"{address}/replay", {"engine": engine})

    assert answer.status_code == 200 and words in answer.text and "一致</strong>" in answer.text
    last = auditing.lines(PLACE, AUDITOR, auditing.wanted(commands=("ReplayInstance",)), 1)[0].entry
    assert (last.actor, last.input["instance"], last.input["engine"], last.input["findings"]) == (AUDITOR, played.campaign, engine, [])


def test_the_first_difference_is_shown(own_pages: Browser, own: System, played: Played) -> None:
    rewrite(own, played.campaign, 2, '"name":"签收文件"', '"name":"代签文件"')
    own_pages.page(f"/audit/instances/{played.campaign}")

    text = own_pages.press(f"/audit/instances/{played.campaign}/replay", {"engine": "banli"}).text

    assert "第 2 条起不一致" in text and re.search(r"第 2 条的第 \d+ 个事件", text)
    assert "代签文件" in text.split("<dt>存档</dt>")[1].split("<dt>重演</dt>")[0] and "签收文件" in text.split("<dt>重演</dt>")[1]


def test_an_unknown_engine_is_refused(pages: Browser, played: Played) -> None:
    pages.page("/audit")
    assert pages.press(f"/audit/instances/{played.campaign}/replay", {"engine": "other"}).status_code == 409


# Whose pages, and what they may not ---------------------------------------------------------------------------------------------------


def every_route(app: Any) -> list[tuple[str, str]]:
    found, pending = [], list(app.routes)
    while pending:
        route = pending.pop()
        if isinstance(route, APIRoute):
            found += [(method, route.path) for method in sorted(route.methods or ())]
        elif hasattr(route, "original_router"):
            pending += route.original_router.routes
    return sorted(found)


OWN = {"/sign-in", "/sign-in/demo", "/sign-out", "/language", "/notifications/read", "/notifications/{id}/read", "/api/v1/session", "/audit/integrity", "/audit/checkpoint",
       "/audit/export", "/audit/instances/{instance}/export", "/audit/instances/{instance}/replay"}


def test_an_auditor_changes_no_process_by_any_route(own_pages: Browser, own: System, played: Played) -> None:
    """Every route that changes something, with the ids of what is really open: refused before anything else is looked at."""
    with own.database.reading() as connection:
        instance, task = connection.execute(sa.text("SELECT instance, id FROM task WHERE state = 'open' ORDER BY instance LIMIT 1")).one()
        before = connection.execute(sa.text("SELECT stream, max(seq) FROM entry GROUP BY stream ORDER BY stream")).all()
    values = {"instance": instance, "task": task, "campaign": played.campaign, "message": "nominate", "name": "nominate", "act": "claim"}
    asked = [(method, path) for method, path in every_route(own_pages.app) if method not in SAFE_METHODS and path not in OWN]

    answers = {}
    for method, path in asked:
        address = re.sub(r"{(\w+)(:\w+)?}", lambda found: values.get(found[1], "x"), path)
        answer = own_pages.request(method, address, headers={"X-CSRF-Token": own_pages.token, "Idempotency-Key": "k", "Tus-Resumable": "1.0.0"})
        answers[method, path] = answer.status_code, "审计账号只能查看" in answer.text

    assert len(asked) > 15 and set(answers.values()) == {(409, True)}, {key: value for key, value in answers.items() if value != (409, True)}
    with own.database.reading() as connection:
        assert connection.execute(sa.text("SELECT stream, max(seq) FROM entry GROUP BY stream ORDER BY stream")).all() == before


def test_whoever_is_an_auditor_now_only_reads_whatever_else_they_hold(own: System, own_pages: Browser) -> None:
    post = own.people.holdings(PLACE, AUDITOR)[0].post
    own.people.grant(PLACE, "haizhou-union", post)
    own_pages.sign_in("haizhou-union", PLACE)

    assert own_pages.press("/start/nominate", {"parent": "none"}).status_code == 409
    assert own_pages.get("/audit").status_code == 200


@pytest.mark.parametrize("person", ["haizhou-union", "judge1", "administrator", "group-office"])
def test_for_everybody_else_the_pages_are_not_there(played: Played, own_pages: Browser, person: str) -> None:
    own_pages.sign_in(person, PLACE)
    addresses = [path.replace("{instance}", played.campaign) for method, path in every_route(own_pages.app) if path.startswith("/audit") and method == "GET"]
    posts = [path.replace("{instance}", played.campaign) for method, path in every_route(own_pages.app) if path.startswith("/audit") and method == "POST"]

    assert len(addresses) == 6 and {own_pages.get(each).status_code for each in addresses} == {404}
    assert {own_pages.press(each).status_code for each in posts} == {404}
    assert "href=\"/audit\"" not in own_pages.page("/me").text


def test_an_auditor_finds_the_pages(pages: Browser) -> None:
    assert 'href="/audit"' in pages.page("/me").text


def test_an_erased_person_is_no_longer_read_and_the_record_stays_intact(own: System, own_pages: Browser) -> None:
    from adapters.database.erasure import Erasure

    with own.database.reading() as connection:
        instance, subject = connection.execute(sa.text("SELECT instance, subject FROM personal LIMIT 1")).one()
    before = own_pages.page(f"/audit/instances/{instance}").text
    Erasure(own.database).erase(PLACE, subject, "本人申请", *[one.id for one in own.queries.people(PLACE, "", 2)])

    after = own_pages.page(f"/audit/instances/{instance}").text
    own_pages.press("/audit/integrity")

    assert "已依法删除" in after and "已依法删除" not in before
    assert "完整</strong>" in own_pages.page("/audit/integrity").text


def test_every_text_of_the_auditor_s_code_has_its_english() -> None:
    missing = []
    for path in sorted(Path(audit.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
                      and node.body and isinstance(node.body[0], ast.Expr)}
        missing += [f"{path.name}: {node.value}" for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
                    and re.search(r"[\u4e00-\u9fff]", node.value) and id(node) not in docstrings and node.value not in catalogue("en")]
    assert missing == []
