"""Next year's scheme in the browser: made from an old one, filled in by groups, errors at the fields, planned, published by two, started."""
from __future__ import annotations

import re
from datetime import date

from adapters.database.working_copies import WorkingCopies
from adapters.system import Design, System
from engine.scheme.scheme import read_scheme, value_at
from tests.design.conftest import FIRST, PACKAGE, SECOND
from tests.web.conftest import Browser
from tests.web.world import PLACE

NAME = "role-model-award"
DRAFT = f"{PACKAGE}/schemes/fuxin-2022"
BOX = re.compile(r'<(?:input|textarea|select)[^>]* name="([^"]+)"')


def begin(browser: Browser, system: System, years: str = "1") -> None:
    source = system.publications.schemes(PLACE, NAME)[0].hash
    answer = browser.press(f"{PACKAGE}/schemes", {"source": source, "name": "fuxin-2022", "title": "阜新市2022年争做“职业健康达人”活动", "years": years})
    assert answer.status_code == 303, answer.text


def fields_on(page: str) -> dict[str, str]:
    """What a browser would send from the group's form as it stands."""
    form = page[page.index('<div class="scheme-layout">') :]
    found: dict[str, str] = {}
    for box in re.finditer(r'<input([^>]*)>|<textarea([^>]*)>([^<]*)</textarea>|<select([^>]*)>(.*?)</select>', form, re.DOTALL):
        attributes = box[1] or box[2] or box[4] or ""
        name = re.search(r'name="([^"]+)"', attributes)
        if name is None or 'type="checkbox"' in attributes:
            continue
        if box[4] is not None:
            chosen = re.search(r'<option value="([^"]*)" selected', box[5])
            value = chosen[1] if chosen else ""
        else:
            given = re.search(r' value="([^"]*)"', attributes)
            value = box[3] if box[2] is not None else given[1] if given else ""
        found[name[1]] = value.replace("&#34;", '"').replace("&lt;", "<").replace("&amp;", "&")
    return found


def save(browser: Browser, group: str, **changes: str) -> int:
    fields = fields_on(browser.page(f"{DRAFT}/groups/{group}").text)
    return browser.press(f"{DRAFT}/groups/{group}", {**fields, **{key.replace("__", "."): value for key, value in changes.items()}}).status_code


def groups(design: Design) -> list[str]:
    return list(design.bundle(PLACE, NAME).package.declaration.groups)


def experts(browser: Browser) -> None:
    for n in range(1, 8):
        browser.page(f"{DRAFT}/groups/scoring?add=experts")
        fields = fields_on(browser.page(f"{DRAFT}/groups/scoring?add=experts").text)
        at = f"v.experts.{n - 1}."
        assert browser.press(f"{DRAFT}/groups/scoring", {**fields, f"{at}code": f"judge{n}", f"{at}name": f"评委{n}", f"{at}org": f"expert-{min(n, 5)}"}).status_code == 303


def test_a_page_sent_back_as_it_stands_changes_nothing(first: Browser, system: System, design: Design) -> None:
    begin(first, system)
    before = design.draft(PLACE, NAME, "fuxin-2022")
    for group in groups(design):
        assert save(first, group) == 303

    after = design.draft(PLACE, NAME, "fuxin-2022")
    assert (after.scheme.values, after.scheme.origins) == (before.scheme.values, before.scheme.origins)
    assert after.draft.unreviewed == before.draft.unreviewed and len(after.draft.unreviewed) > 60


def test_nothing_of_last_year_comes_along_and_everything_is_to_be_checked(first: Browser, system: System, design: Design) -> None:
    begin(first, system)

    page = first.page(DRAFT).text
    draft = design.draft(PLACE, NAME, "fuxin-2022")
    assert "number" not in draft.scheme.values["notice"] and "experts" not in draft.scheme.values
    assert draft.scheme.values["issued_on"] == date(2022, 9, 13)
    assert "评委、评审专家" in page and "待核对" in page
    refused = first.press(f"{DRAFT}/submit")
    assert refused.status_code == 422
    assert "“名额总数”沿用上一年，尚未核对" in refused.text and WorkingCopies(system.database).proposals(PLACE) == []


def test_what_does_not_read_stays_and_is_said_at_the_field(first: Browser, system: System, design: Design) -> None:
    begin(first, system)

    assert save(first, "channels", **{"v__quota__total": "二十"}) == 303

    page = first.page(f"{DRAFT}/groups/channels").text
    assert 'value="二十"' in page and 'id="p-quota.total-error"' in page and 'aria-describedby="p-quota.total-error"' in page
    assert design.draft(PLACE, NAME, "fuxin-2022").scheme.values["quota"]["total"] == "二十"
    assert save(first, "channels", **{"v__quota__total": "20"}) == 303
    assert 'id="p-quota.total-error"' not in first.page(f"{DRAFT}/groups/channels").text


def test_rows_are_added_and_dropped_without_script(first: Browser, system: System, design: Design) -> None:
    begin(first, system)
    fields = fields_on(first.page(f"{DRAFT}/groups/channels").text)
    added = first.press(f"{DRAFT}/groups/channels", {**fields, "add": "channels"})
    assert added.headers["location"].endswith("?add=channels#new-row")
    count = len(design.draft(PLACE, NAME, "fuxin-2022").scheme.values["channels"])
    fields = fields_on(first.page(f"{DRAFT}/groups/channels?add=channels").text)
    first.press(f"{DRAFT}/groups/channels", {**fields, f"v.channels.{count}.code": "gaoxin", f"v.channels.{count}.name": "高新区", f"v.channels.{count}.places": "0"})
    channels = design.draft(PLACE, NAME, "fuxin-2022").scheme.values["channels"]
    assert [one["code"] for one in channels][-1] == "gaoxin"

    fields = fields_on(first.page(f"{DRAFT}/groups/channels").text)
    first.press(f"{DRAFT}/groups/channels", {**fields, "drop": "channels.0"})

    assert [one["code"] for one in design.draft(PLACE, NAME, "fuxin-2022").scheme.values["channels"]] == [one["code"] for one in channels[1:]]


def test_marks_are_edited_and_a_mark_inside_a_row_stays(first: Browser, system: System, design: Design) -> None:
    begin(first, system)
    assert design.draft(PLACE, NAME, "fuxin-2022").scheme.origins["channels.1.name"].origin == "原文"

    save(first, "channels", **{"m__quota__total__origin": "原文", "m__quota__total__clause": "三（二）", "v__channels__0__name": "细河新区"})

    origins = design.draft(PLACE, NAME, "fuxin-2022").scheme.origins
    assert origins["quota.total"].clause == "三（二）"
    assert "channels.0.name" not in origins and origins["channels.1.name"].origin == "原文"


def test_two_who_write_at_once(first: Browser, second: Browser, system: System, design: Design) -> None:
    begin(first, system)
    mine = fields_on(second.page(f"{DRAFT}/groups/channels").text)
    save(first, "channels", **{"v__quota__total": "21"})

    answer = second.press(f"{DRAFT}/groups/channels", {**mine, "v.quota.total": "22"})

    assert answer.status_code == 409 and 'value="22"' in answer.text and "没有保存" in answer.text
    assert design.draft(PLACE, NAME, "fuxin-2022").scheme.values["quota"]["total"] == 21
    again = fields_on(answer.text)
    assert second.press(f"{DRAFT}/groups/channels", again).status_code == 303
    assert design.draft(PLACE, NAME, "fuxin-2022").scheme.values["quota"]["total"] == 22


def test_planning_backward(first: Browser, system: System, design: Design) -> None:
    begin(first, system)
    version = str(design.draft(PLACE, NAME, "fuxin-2022").draft.version)
    days = {"days.deploy": "6", "days.recommend": "19", "days.county": "4", "days.city": "3", "version": version}

    shown = first.press(f"{DRAFT}/plan", {**days, "award_on": "2022-10-25"})
    assert shown.status_code == 200 and "最晚开始" in shown.text
    short = first.press(f"{DRAFT}/plan", {**days, "days.recommend": "400", "award_on": "2022-10-25"})
    assert short.status_code == 422 and "排不下" in short.text
    assert first.press(f"{DRAFT}/plan", {**days, "award_on": "2022-10-25", "adopt": "1"}).status_code == 303

    stages = design.draft(PLACE, NAME, "fuxin-2022").scheme.values["stages"]
    assert (stages["city"]["start"], stages["city"]["end"]) == (date(2022, 10, 21), date(2022, 10, 25))
    assert (stages["county"]["start"], stages["county"]["end"]) == (date(2022, 10, 17), date(2022, 10, 20))


def test_from_last_year_to_the_first_instance(first: Browser, second: Browser, system: System, design: Design) -> None:
    begin(first, system)
    experts(first)
    for group in groups(design):
        fields = fields_on(first.page(f"{DRAFT}/groups/{group}").text)
        first.press(f"{DRAFT}/groups/{group}", {**fields, "all_seen": group})
    draft = design.draft(PLACE, NAME, "fuxin-2022", "publish")
    assert (draft.draft.unreviewed, [one.code for one in draft.findings if one.severity == "error"]) == ((), [])
    assert [origin.note for origin in draft.scheme.origins.values() if "顺推" in origin.note] == []

    address = first.press(f"{DRAFT}/submit", {"note": "2022年方案"}).headers["location"]
    assert "发文字号" in second.page(address).text
    assert second.press(f"{address}/approve").status_code == 303

    published = next(one for one in system.publications.schemes(PLACE, NAME) if one.name == "fuxin-2022")
    assert (published.published_by, published.approved_by) == (FIRST, SECOND)
    assert design.copies.drafts(PLACE, NAME) == []
    assert read_scheme(system.publications.scheme_body(PLACE, published.hash), "x").values["stages"]["county"]["end"] == date(2022, 10, 20)
    started = second.press(f"{PACKAGE}/published/{published.hash}/start", {"command_id": "c1"})
    instance = started.headers["location"].rpartition("/")[2]
    assert system.head(PLACE, instance).scheme == published.hash


def test_a_year_on_a_provisional_calendar_is_planned_but_not_published(first: Browser, system: System, design: Design) -> None:
    begin(first, system, "6")

    page = first.page(DRAFT).text

    assert "2027年工作日历尚未确认" in page
    refused = first.press(f"{DRAFT}/submit")
    assert refused.status_code == 422 and "2027" in refused.text


def test_a_second_person_confirms_a_year(first: Browser, second: Browser, system: System, design: Design) -> None:
    body = system.library.calendars()["cn-2027.yaml"].replace(b'version: "0"', b'version: "1"').replace(b"confirmed: false", b"confirmed: true")
    assert first.post("/design/calendars", data={"csrf_token": first.token}, files={"calendar": ("cn-2027.yaml", body)}).status_code == 303
    new = next(one for one in design.calendar_versions(PLACE) if one.year == 2027 and one.added_by == FIRST)
    assert new.confirmed_at is None and not system.published.calendar(PLACE).is_confirmed(2027)

    assert first.press("/design/calendars/2027/confirm", {"version": new.version}).status_code == 409
    assert second.press("/design/calendars/2027/confirm", {"version": new.version}).status_code == 303

    assert system.published.calendar(PLACE).is_confirmed(2027)
    assert "已确认" in first.page(f"/design/calendars/2027?version={new.version}").text
    bad = first.post("/design/calendars", data={"csrf_token": first.token}, files={"calendar": ("x.yaml", b"calendar: cn\nyear: 2028\n")})
    assert bad.status_code == 422


def test_an_organisation_is_picked_by_name_and_told_by_name(first: Browser, system: System, design: Design) -> None:
    """The box takes a name, a code or both, without any script; beside it stands the name, and sentences say both."""
    begin(first, system)
    key, wanted = "leading_group.leader", "fuxin-union"
    name = next(one.name for one in system.people.organisations(PLACE) if one.id == wanted)
    group = design.bundle(PLACE, NAME).package.declaration.keys[key].group
    assert f'<option value="{wanted}">{name}</option>' in first.page(f"{DRAFT}/groups/{group}").text

    for typed in (name, f"{name}（{wanted}）", wanted):
        assert save(first, group, v__leading_group__leader=typed) == 303
        assert value_at(design.draft(PLACE, NAME, "fuxin-2022").scheme.values, key) == wanted
        assert save(first, group, v__leading_group__leader="fuxin-health") == 303
    assert save(first, group, v__leading_group__leader="示例没有的单位") == 303
    assert value_at(design.draft(PLACE, NAME, "fuxin-2022").scheme.values, key) == "示例没有的单位"  # what cannot be read stays, and is said to be wrong
    assert save(first, group, v__leading_group__leader=name) == 303

    page = first.page(f"{DRAFT}/groups/{group}").text
    assert re.search(rf'id="p-{key}-named" data-live>{name}</span>', page)
    assert f"{name}（{wanted}）" in first.page(f"{DRAFT}/compare").text
    published = system.publications.schemes(PLACE, NAME)[0].hash
    assert "（fuxin-health）" in first.page(f"{PACKAGE}/published/{published}").text
