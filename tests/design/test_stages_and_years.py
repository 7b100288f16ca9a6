"""Stages added and left out in the scheme form, a calendar year entered on the page, what the modeler's findings tell; with real pages."""
from __future__ import annotations

import re
from datetime import date

import sqlalchemy as sa

from adapters.system import Design, System
from engine.scheme.calendar import read_calendar_year
from tests.design.conftest import PACKAGE
from tests.design.test_schemes import DRAFT, begin, fields_on
from tests.web.conftest import Browser
from tests.web.world import PLACE

NAME = "role-model-award"
GROUP = f"{DRAFT}/groups/stages"


def stages(design: Design) -> dict[str, object]:
    return dict(design.draft(PLACE, NAME, "fuxin-2022").scheme.values["stages"])


def test_a_stage_is_added_and_left_out_again(first: Browser, system: System, design: Design) -> None:
    begin(first, system)
    before = stages(design)
    fields = fields_on(first.page(f"{GROUP}?add=stages").text)
    assert "v.stages.stage1.name" in fields
    first.press(GROUP, fields)  # nothing was written in the new row
    assert stages(design) == before

    first.press(GROUP, {**fields, "v.stages.stage1.name": "督导检查", "v.stages.stage1.start": "2022-10-26", "v.stages.stage1.end": "2022-10-28", "version": "2"})
    assert stages(design)["stage1"] == {"order": 6, "name": "督导检查", "start": date(2022, 10, 26), "end": date(2022, 10, 28)}
    fields = fields_on(first.page(GROUP).text)
    first.press(GROUP, {**fields, "drop": "stages.stage1"})
    assert stages(design) == before


def test_a_stage_that_the_diagrams_read_cannot_be_left_out(first: Browser, system: System, design: Design) -> None:
    begin(first, system)
    first.press(GROUP, {**fields_on(first.page(GROUP).text), "drop": "stages.county"})

    assert "流程图要用到阶段“county”的日期，不能删去" in first.page(GROUP).text
    found = design.draft(PLACE, NAME, "fuxin-2022").findings
    assert [(one.code, one.severity) for one in found if one.code == "design.stage_used"] == [("design.stage_used", "error")]


def test_an_answer_names_the_version_that_was_saved(first: Browser, system: System, design: Design) -> None:
    """By it the page that saves by itself goes on."""
    begin(first, system)
    answer = first.press(GROUP, fields_on(first.page(GROUP).text))
    assert answer.headers["location"].endswith(f"?saved={design.draft(PLACE, NAME, 'fuxin-2022').draft.version}")


def entered(browser: Browser, holidays: str, workdays: str = "", year: int = 2021) -> str:
    fields = {"year": str(year), "source": "示例通知（项目示例）", "holidays": holidays, "workdays": workdays}
    browser.page("/design/calendars")
    answer = browser.press("/design/calendars/edit", fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_running_deadlines_that_a_table_would_move_are_shown_before_it_is_confirmed(first: Browser, second: Browser, system: System, design: Design) -> None:
    basis = '{"rule":"period","starts_on":"2021-09-06","days":3,"unit":"working","calendar":"cn 2021@1"}'
    with system.database.changing() as connection:
        connection.execute(sa.text("UPDATE task SET due_basis = :basis WHERE closed_at IS NULL AND due_at IS NOT NULL"), {"basis": basis})
    table = next(one for one in design.calendar_versions(PLACE) if one.year == 2021)
    old = first.page("/design/calendars/edit?year=2021").text
    lines = re.search(r'<textarea[^>]*id="holidays"[^>]*>([^<]*)</textarea>', old)
    worked = re.search(r'<textarea[^>]*id="workdays"[^>]*>([^<]*)</textarea>', old)
    assert lines and worked and table.confirmed_at is not None

    page = second.page(entered(first, f"{lines[1]}\n9月8日 示例假日", worked[1])).text

    assert "9月8日（周三）：上班改为放假" in page
    assert "下列 1 项在办任务的期限会是另一天" in page and "9月10日" in page
    assert "没有在办任务的期限因此改变" in second.page(entered(first, lines[1], worked[1])).text


def test_a_line_that_cannot_be_read_keeps_the_page_as_it_was_typed(first: Browser, design: Design) -> None:
    first.page("/design/calendars")
    count = len(design.calendar_versions(PLACE))
    answer = first.press("/design/calendars/edit", {"year": "2028", "source": "", "holidays": "1月1日 元旦\n过年", "workdays": "1月3日 调休"})

    assert answer.status_code == 422 and "1月1日 元旦\n过年" in answer.text and 'value=""' in answer.text
    assert "第2行“过年”看不懂" in answer.text and "请写明依据的通知" in answer.text
    weekday = first.press("/design/calendars/edit", {"year": "2028", "source": "示例", "holidays": "1月1日 元旦", "workdays": "1月3日 调休"})
    assert weekday.status_code == 422 and "不是周末" in weekday.text
    assert len(design.calendar_versions(PLACE)) == count


def test_what_the_program_worked_out_is_not_confirmed(first: Browser, design: Design) -> None:
    guess = next(one for one in design.calendar_versions(PLACE) if one.year == 2027)
    assert "照通知录入2027年安排" in first.page("/design/calendars/2027").text
    assert first.press("/design/calendars/2027/confirm", {"version": guess.version}).status_code == 409


TABLE = """calendar: cn\nyear: 2028\nversion: "1"\nconfirmed: false\nsource: {source}\nholidays:\n  2028-01-01: 元旦\nworkdays: {{}}\n"""


def test_one_label_is_one_table(first: Browser, design: Design) -> None:
    """A deadline names its table by year and label; the same again changes nothing, however it is laid out."""
    first.page("/design/calendars")

    def upload(text: str) -> tuple[int, str]:
        answer = first.press("/design/calendars", files={"calendar": ("2028.yaml", text.encode())})
        return answer.status_code, answer.text

    def labels() -> list[str]:
        return [read_calendar_year(one.body, "x").version for one in design.calendar_versions(PLACE) if one.year == 2028]

    table = TABLE.format(source="项目示例")
    assert upload(table)[0] == upload(table)[0] == upload(table.replace("false\n", "false  # again\n"))[0] == 303
    status, page = upload(TABLE.format(source="另一份通知（项目示例）"))

    assert status == 409 and "2028年的工作日历已有版本号为“1”的一份" in page and "如“2”" in page
    assert labels() == ["1"]
    assert upload(TABLE.format(source="另一份通知（项目示例）").replace('"1"', '"2"'))[0] == 303
    assert sorted(labels()) == ["1", "2"]


def test_two_tables_of_one_label_from_before_are_still_read(first: Browser, system: System, design: Design) -> None:
    for source in ("项目示例", "另一份通知（项目示例）"):
        system.publications.add_calendar(PLACE, 2028, TABLE.format(source=source).encode(), "somebody")

    assert first.page("/design/calendars/2028").status_code == 200
    system.published.forget_calendar(PLACE)  # it is kept for half a minute
    assert system.calendar(PLACE).years[2028].version == "1"
    design.add_calendar(PLACE, TABLE.format(source="项目示例").encode(), "somebody")  # what stands already stands
    assert len([one for one in design.calendar_versions(PLACE) if one.year == 2028]) == 2


def test_a_way_to_get_stuck_is_told_by_names_with_its_steps(first: Browser, system: System) -> None:
    """A parallel gateway where the way is one of two: the token game's counter-example."""
    first.press(f"{PACKAGE}/open")
    newest = system.publications.packages(PLACE, NAME)[0].hash
    xml = system.publications.package_files(PLACE, newest)["deploy.bpmn"]
    stuck = xml.replace(b'<bpmn:exclusiveGateway id="numbered"', b'<bpmn:parallelGateway id="numbered"')
    assert stuck != xml
    opened = stuck.index(b'<bpmn:parallelGateway id="numbered"')
    end = stuck.find(b"</bpmn:exclusiveGateway>", opened)
    if b"/>" not in stuck[opened : stuck.index(b">", opened) + 1]:
        stuck = stuck[:end] + b"</bpmn:parallelGateway>" + stuck[end + len(b"</bpmn:exclusiveGateway>") :]
    headers = {"X-CSRF-Token": first.token, "Content-Type": "application/xml"}

    found = first.post(f"{PACKAGE}/check?file=deploy.bpmn", content=stuck, headers=headers).json()["findings"]

    one = next(each for each in found if "可能卡住" in each["message"])
    assert one["path"][0] == "start" and "draft" in one["path"]
    assert "“收到上级方案” → “起草实施方案” → " in one["message"] and "gw_number" not in one["message"]
