"""Another province: a place of its own, people by spreadsheet, the package as an archive; neither sees anything of the other."""
from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from openpyxl import Workbook, load_workbook

from adapters.definitions import archive
from adapters.sheets import Known, read_roster
from adapters.system import Design, System
from engine.refusals import Invalid
from tests.design.conftest import FIRST, PACKAGE
from tests.web.conftest import Browser
from tests.web.world import PLACE

NAME = "role-model-award"
ROLES = {"channel_health": "卫生健康部门经办", "administrator": "管理员"}
ORGANISATIONS = [["代码", "名称", "类别", "上级代码", "统一社会信用代码"]]
PEOPLE = [["编号", "姓名", "邮箱"]]
POSTS = [["人员编号", "组织代码", "角色", "岗位名称", "查看范围"]]


def book(**sheets: list[list[object]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def roster(count: int) -> dict[str, list[list[object]]]:
    """A province with `count` people at a tenth as many organisations."""
    organisations = [["province", "示例省卫生健康委", "省", "", ""]] + [[f"city-{n}", f"示例{n}市卫生健康委", "市", "province", ""] for n in range(count // 10)]
    people = [[f"p{n}", f"示例人员{n}", f"p{n}@example.invalid"] for n in range(count)]
    posts = [[f"p{n}", f"city-{n // 10}", "卫生健康部门经办" if n % 2 else "channel_health", "", ""] for n in range(count)]
    return {"组织": ORGANISATIONS + organisations, "人员": PEOPLE + people, "岗位": POSTS + posts}


def send(browser: Browser, body: bytes, name: str = "people.xlsx") -> tuple[int, str]:
    answer = browser.post("/design/people/import", data={"csrf_token": browser.token}, files={"sheet": (name, body)})
    return answer.status_code, answer.text


def test_two_hundred_rows_with_five_faults_are_listed_by_cell_and_nothing_is_stored(first: Browser, system: System) -> None:
    sheets = roster(200)
    before = (len(system.people.organisations(PLACE)), len(system.queries.people(PLACE, "", 10_000)))
    sheets["人员"][17][1] = ""  # row 18, column B
    sheets["人员"][30][0] = "p3"  # row 31, the number of row 5
    sheets["岗位"][40][2] = "局长"  # row 41, column C
    sheets["岗位"][50][1] = "nowhere"  # row 51, column B
    sheets["组织"][9][4] = "91210911000000019A"  # row 10, column E

    status, page = send(first, book(**sheets))

    assert status == 422
    cells = re.findall(r"<li><code>([^<]+)</code>", page)
    assert cells == ["组织!E10", "人员!B18", "人员!A31", "岗位!A31", "岗位!C41", "岗位!B51"]  # row 31 of the posts names somebody who is listed no more
    assert (len(system.people.organisations(PLACE)), len(system.queries.people(PLACE, "", 10_000))) == before


def test_a_good_file_is_stored_whole_and_again_is_refused_whole(first: Browser, system: System) -> None:
    body = book(**roster(200))

    assert send(first, body)[0] == 303

    assert system.people.holders(PLACE, ["channel_health@city-3"]) == [f"p{n}" for n in range(30, 40)]
    assert [one.path for one in system.people.organisations(PLACE, "province")][:2] == ["province", "province/city-0"]
    status, page = send(first, body)
    assert status == 422 and "已经登记过" in page


def test_organisations_are_written_by_name_or_code_and_picked_from_the_empty_workbook(first: Browser, system: System) -> None:
    given = load_workbook(io.BytesIO(first.get("/design/people/template.xlsx").content))
    there = {str(code): str(name) for code, name in given["现有单位"].iter_rows(min_row=2, values_only=True)}
    assert there == {one.id: one.name for one in system.people.organisations(PLACE)}
    offered = {(sheet, str(one.sqref)): one.formula1 for sheet in ("组织", "岗位") for one in given[sheet].data_validations.dataValidation}
    assert offered["岗位", "B2:B2000"] == offered["组织", "D2:D2000"] == f"'现有单位'!$B$2:$B${len(there) + 1}"
    roles = [row[1] for row in given["说明"].iter_rows(min_row=2, values_only=True) if row[1]]
    assert offered["岗位", "C2:C2000"] == f"'说明'!$B$2:$B${len(roles) + 1}"

    given["组织"].append(["new", "示例新设单位", "单位", there["fuxin-health"], ""])
    given["人员"].append(["p1", "示例人员", ""])
    given["岗位"].append(["p1", "示例新设单位", "管理员", "", ""])
    given["岗位"].append(["p1", there["fuxin-union"], "administrator", "", ""])
    out = io.BytesIO()
    given.save(out)

    assert send(first, out.getvalue())[0] == 303
    assert [one.path for one in system.people.organisations(PLACE, "new")] == ["city/fuxin-health/new"]
    assert sorted(one.org for one in system.people.holdings(PLACE, "p1")) == ["fuxin-union", "new"]


def test_a_name_that_two_bear_is_no_code() -> None:
    twice = Known({"a": "示例局", "b": "示例局", "c": "示例处"}, people=["p1"], roles=ROLES)
    posts = [*POSTS, ["p1", "示例局", "管理员", "", ""], ["p1", "示例处", "管理员", "", ""]]
    with pytest.raises(Invalid) as refused:
        read_roster(book(岗位=posts), "x.xlsx", twice)
    assert [(one.code, one.element) for one in refused.value.findings] == [("sheet.unknown_org", "岗位!B2")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_as_office_programs_write_it(first: Browser, system: System, encoding: str) -> None:
    text = "代码,名称,类别,上级代码,统一社会信用代码\r\nhubei,示例省卫健委,省,,\r\n"
    assert send(first, text.encode(encoding), "organisations.csv")[0] == 303
    assert [one.name for one in system.people.organisations(PLACE, "hubei")] == ["示例省卫健委"]


@pytest.mark.parametrize(("rows", "cell"), [
    ([["a", "甲", "市", "b", ""], ["b", "乙", "市", "a", ""]], "组织"),
    ([["a", "甲", "市", "a", ""]], "组织!D2"),
    ([["a/b", "甲", "市", "", ""]], "组织!A2"),
    ([["a", "甲" * 501, "市", "", ""]], "组织!B2"),
])
def test_organisations_that_will_not_do(rows: list[list[object]], cell: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_roster(book(组织=[*ORGANISATIONS, *rows]), "x.xlsx", Known(roles=ROLES))
    assert cell in [one.element for one in refused.value.findings]


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", body)
    return out.getvalue()


@pytest.mark.parametrize("body", [
    b"", b"PK\x03\x04 nothing", b"\x00\x01\x02", _zip(xl__workbook=b"0" * 50_000_000), _zip(xl__workbook=b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), _zip(a=b"<x/>"),
    '"代码'.encode(), "编,号\n1,2\n".encode(),
])
def test_hostile_and_broken_spreadsheets(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_roster(body, "x.xlsx", Known(roles=ROLES))


# --- archives --------------------------------------------------------------------------------------------------------------------------------


def test_an_archive_is_the_same_bytes_for_the_same_files_and_comes_back_whole(system: System) -> None:
    files, schemes = system.library.package(NAME), system.library.schemes(NAME)

    made = archive.packed(files, schemes)

    assert made == archive.packed(dict(reversed(files.items())), schemes)
    back = archive.unpacked(made)
    assert (back.files, back.schemes) == (files, schemes)


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, body in entries.items():
            made.writestr(zipfile.ZipInfo(name), body, method)
    return out.getvalue()


def lying(size: int) -> bytes:
    """An entry whose header says it is small."""
    made = bytearray(packed({"package.yaml": b"x" * 3_000_000}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = made.index(mark) + offset
        made[at : at + 4] = size.to_bytes(4, "little")
    return bytes(made)


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo("package.yaml")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(("body", "code"), [
    (b"no zip", "archive.no_zip"),
    (packed({"../package.yaml": b"x"}), "archive.name"),
    (packed({"/package.yaml": b"x"}), "archive.name"),
    (packed({"a\\b.yaml": b"x"}), "archive.name"),
    (packed({"package.yaml": b"x", "run.py": b"x"}), "archive.kind"),
    (packed({"package.yaml": b"\x00" * 1_900_000}), "archive.too_large"),
    (packed({"package.yaml": b"ab" * 1_100_000}, zipfile.ZIP_STORED), "archive.too_large"),
    (packed({f"{n}.yaml": b"x" for n in range(501)}), "archive.too_many"),
    (packed({f"{n}.yaml": bytes(range(256)) * 7_000 for n in range(20)}, zipfile.ZIP_STORED), "archive.all_too_large"),
    (packed({"package.yaml": b"x"}, zipfile.ZIP_BZIP2), "archive.packing"),
    (linked(), "archive.name"),
    (lying(50_000), "archive.broken"),
    (packed({"other.yaml": b"x"}), "package.missing"),
])
def test_bombs_and_traps_are_refused(body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        archive.unpacked(body)
    assert code in [one.code for one in refused.value.findings]


# --- another place ---------------------------------------------------------------------------------------------------------------------------


def into(app: FastAPI, place: str, person: str) -> Browser:
    browser = Browser(app)
    browser.page("/sign-in")
    assert browser.press("/sign-in", {"place": place, "login": person, "password": "secret secret"}).status_code == 303
    browser.page("/me")
    return browser


def test_another_province_from_nothing_to_its_first_campaign_and_neither_sees_the_other(
    first: Browser, browse: Callable[[str], Browser], app: FastAPI, system: System, design: Design, campaign: str,
) -> None:
    made = first.press("/design/places", {"place": "hubei", "title": "示例省（演示）", "name": "示例管理员丙", "login": "head", "password": "secret secret"})
    assert made.status_code == 200, made.text
    there = into(app, "hubei", "head")

    # people by spreadsheet, a second administrator among them
    values = system.check_scheme(design.bundle(PLACE, NAME), system.library.scheme(NAME, "fuxin-2021"), "x")[0].values
    organisations = {"province": "示例省"} | {one.id: one.name for one in system.people.organisations(PLACE)}
    posts = [["two", values["issuers"]["lead"]["org"], "管理员", "", "活动概况"]]
    people = [["two", "示例管理员丁", ""], ["all", "示例全能", ""]]
    held = sorted({(post.org, post.role) for person in system.queries.people(PLACE, "", 10_000) for post in system.people.holdings(PLACE, person.id)} - {("fuxin-health", "administrator")})
    posts += [["all", org, role, "", ""] for org, role in held]
    listed = [[id, name, "单位", "" if id == "province" else "province", ""] for id, name in organisations.items()]
    there.page("/design/people")
    status, page = send(there, book(组织=ORGANISATIONS + listed, 人员=PEOPLE + people, 岗位=[POSTS[0], ["two", listed[-1][0], "管理员", "", "活动概况"]]))
    assert status == 303, page

    # the package as an archive, published by two, then the posts whose roles only the package knows
    body = first.get(f"{PACKAGE}/export.zip").content
    there.post("/design/import", data={"csrf_token": there.token}, files={"archive": ("p.zip", body)})
    assert design.package("hubei", NAME).copy is not None
    other = Browser(app).sign_in("two", "hubei")
    address = there.press(f"{PACKAGE}/submit").headers["location"]
    assert other.press(f"{address}/approve").status_code == 303
    assert send(there, book(岗位=POSTS + posts[1:]))[0] == 303

    # the scheme that came along is to be checked, then published by two and started
    assert "fuxin-2021" in {one.name for one in design.copies.drafts("hubei", NAME)}
    draft = design.copies.draft("hubei", NAME, "fuxin-2021")
    assert draft.unreviewed
    design.copies.save_draft("hubei", NAME, "fuxin-2021", draft.body, (), draft.version, "administrator")
    address = there.press(f"{PACKAGE}/schemes/fuxin-2021/submit").headers["location"]
    assert other.press(f"{address}/approve").status_code == 303
    scheme = system.publications.schemes("hubei", NAME)[0].hash
    started = other.press(f"{PACKAGE}/published/{scheme}/start", {"command_id": "x"}).headers["location"]
    assert other.get(started).status_code == 200

    # neither sees the other
    assert there.get(f"/campaigns/{campaign}").status_code == 404
    assert first.get(started).status_code == 404
    hidden = {"示例管理员丙", "示例管理员丁", "示例全能", "示例省（演示）"}
    for page_ in ("/design", PACKAGE, "/design/people", "/campaigns", f"{PACKAGE}/compare", "/design/calendars"):
        assert not [word for word in hidden if word in first.get(page_).text]
        assert "示例人员1" not in there.get(page_).text and "阜新（演示）" not in there.get(page_).text
    assert first.get(address).status_code == 404 and there.get("/design/people?text=示例人员").text.count("person-line") == 0
    own = system.publications.packages(PLACE, NAME)[0].hash
    assert there.get(f"{PACKAGE}/published/{'0' * 64}").status_code == 404
    assert {one.hash for one in system.publications.packages("hubei", NAME)} == {own}  # the same files, published for itself
    assert FIRST not in {one.id for one in system.queries.people("hubei", "", 10_000)}


def test_a_demo_place_makes_no_real_one_and_ids_are_checked(first: Browser, system: System) -> None:
    fields = {"title": "示例", "name": "甲", "login": "a", "password": "secret secret"}
    assert first.press("/design/places", {**fields, "place": "Live!"}).status_code == 409
    assert first.press("/design/places", {**fields, "place": "xx", "password": "short"}).status_code == 409
    assert first.press("/design/places", {**fields, "place": PLACE}).status_code == 409
    assert first.press("/design/places", {**fields, "place": "xx"}).status_code == 200
    assert {one.id: one.kind for one in system.places()}["xx"] == "demo"


def test_a_login_is_opened_with_a_password_shown_once(first: Browser, app: FastAPI) -> None:
    page = first.press("/design/people/login", {"person": "second", "login": "second"})
    password = re.search(r"<code>([a-z0-9-]{19})</code>", page.text)
    assert password is not None
    browser = Browser(app)
    browser.page("/sign-in")
    assert browser.press("/sign-in", {"place": PLACE, "login": "second", "password": password[1]}).status_code == 303
    assert first.press("/design/people/login", {"person": "nobody", "login": "x"}).status_code == 404
