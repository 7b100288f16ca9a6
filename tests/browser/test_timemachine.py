"""The time machine island on a recorded history with a loop: steps, state, data of the moment, play, keys, permalink; how a moment was is the server's to say."""

import pytest

from tests.browser.served import as_json, xml
from tests.conftest import ROOT

SHOTS = ROOT / "var/shots"
SAMPLE = (ROOT / "tests/browser/sample.bpmn").read_text(encoding="utf-8")
BODY = '<div data-timemachine data-xml-url="/diagram.bpmn" data-steps-url="/steps.json" data-state-url="/state" data-label="推荐（示例）"><ol><li>没有脚本时的经过</li></ol></div>'
STEPS = [
    (1, "message", "10月15日 09:00", "收到推荐通知，转到“填写推荐表并上传事迹视频”", ["start", "fill"]),
    (4, "person", "10月15日 14:32", "张三（示例）办理“填写推荐表并上传事迹视频”：提交", ["fill", "check"]),
    (5, "person", "10月18日 10:05", "李四（示例）办理“审核推荐材料”：退回，意见：缺视频", ["check", "complete", "fill"]),
    (6, "clock", "10月19日 08:00", "提醒办理“填写推荐表并上传事迹视频”", []),
    (9, "person", "10月19日 16:20", "张三（示例）办理“填写推荐表并上传事迹视频”：提交", ["fill", "check"]),
    (10, "error", "10月20日 09:11", "“材料齐全？”出现异常，需要处理", ["check", "complete"]),
    (12, "person", "10月20日 09:40", "王五（示例）处理异常环节：补写条件；事项办结", ["complete", "end"]),
]
FORM = {"nomination": {"name": "甲", "employer": "某厂（示例）"}, "trainings": [{"on": "2021-03-01"}, {"on": "2021-05-01"}], "frontline": True}
MOMENTS = {
    1: {"active": ["fill"], "passed": {"start": 1}, "taken": ["f1"], "data": {}, "tasks": [{"element": "fill", "name": "填写推荐表并上传事迹视频", "who": "用人单位经办", "due": "10月20日 24:00", "lamp": "normal", "href": "/tasks/7/t1"}]},
    4: {"active": ["check"], "passed": {"start": 1, "fill": 1}, "taken": ["f1", "f2"], "data": FORM, "labels": {"nomination.name": "姓名", "trainings": "培训情况"}},
    5: {"active": ["fill"], "passed": {"start": 1, "fill": 1, "check": 1, "complete": 1}, "taken": ["f1", "f2", "f3", "f4"], "data": FORM | {"opinion": "缺视频"}, "tasks": [{"element": "fill", "name": "填写推荐表并上传事迹视频", "lamp": "soon"}]},
    6: {"active": ["fill"], "passed": {"start": 1, "fill": 1, "check": 1, "complete": 1}, "taken": ["f1", "f2", "f3", "f4"], "data": FORM | {"opinion": "缺视频"}, "timers": [{"element": "fill", "name": "逾期", "at": "10月20日 24:00"}]},
    9: {"active": ["check"], "passed": {"start": 1, "fill": 2, "check": 1, "complete": 1}, "taken": ["f1", "f2", "f3", "f4"], "data": FORM | {"opinion": None, "nomination": {"name": "甲", "employer": "某矿（示例）"}}, "children": [{"title": "推荐人选 · 甲", "state": "进行中", "href": "/instances/8"}]},
    10: {"active": ["complete"], "passed": {"start": 1, "fill": 2, "check": 2}, "taken": ["f1", "f2", "f3", "f4"], "incidents": {"complete": "条件没有结果"}, "data": FORM},
    12: {"active": [], "passed": {"start": 1, "fill": 2, "check": 2, "complete": 2, "end": 1}, "taken": ["f1", "f2", "f3", "f4", "f5"], "data": FORM},
}


@pytest.fixture
def machine(page, site):
    def open_at(fragment="", width=1280, steps=STEPS):
        page.set_viewport_size({"width": width, "height": 1000 if width == 1280 else 844})
        site.show("timemachine", BODY, "推荐（示例） · 时光机")
        site.answers |= {
            "GET /diagram.bpmn": lambda *_: xml(SAMPLE),
            "GET /steps.json": lambda *_: as_json({"steps": [{"seq": seq, "kind": kind, "at": "2021-10-15T06:32:00Z", "when": when, "sentence": sentence, "elements": elements} for seq, kind, when, sentence, elements in steps]}),
            "GET /state": lambda query, *_: as_json(MOMENTS[int(query["seq"])] | {"seq": int(query["seq"])}),
        }
        page.goto(site.address + "/" + fragment)
        page.wait_for_selector("[data-timemachine][data-ready]")
        return page

    return open_at


def at(page, seq):
    page.locator(f"[data-timemachine][data-seq='{seq}']:not([aria-busy])").wait_for()
    return {kind: sorted(one.get_attribute("data-element-id") for one in page.locator(f"g.banli-{kind}").all()) for kind in ("active", "passed", "incident")}


@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_at_the_last_step_or_at_the_link(width, machine, complaints, axe):
    page = machine("#seq=5", width)

    assert at(page, 5) == {"active": ["fill"], "passed": ["check", "complete", "fill", "start"], "incident": []}
    assert page.locator(".tm-sentence").inner_text() == "10月18日 10:05 李四（示例）办理“审核推荐材料”：退回，意见：缺视频"
    assert page.locator(".tm-step[aria-current]").get_attribute("data-seq") == "5"
    assert page.locator(".tm-position").inner_text() == "第 3/7 步"
    assert page.locator(".bjs-powered-by").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert complaints == []
    assert axe(page) == []
    page.screenshot(path=SHOTS / f"timemachine-{width}.png", full_page=True)


def test_without_a_link_it_opens_at_the_last_step(machine):
    assert at(machine(), 12)["active"] == []


def test_a_link_between_two_steps_opens_the_earlier_one(machine):
    assert at(machine("#seq=8"), 6)["active"] == ["fill"]


def test_keys_step_and_a_loop_is_steps_of_its_own(machine):
    page = machine("#seq=1")
    at(page, 1)
    page.locator(".tm-slider").focus()

    went = []
    for seq in (4, 5, 6, 9):
        page.keyboard.press("ArrowRight")
        went.append(at(page, seq)["active"])
    page.keyboard.press("ArrowLeft")
    back = at(page, 6)["active"]
    page.keyboard.press("End")
    at(page, 12)

    assert went == [["check"], ["fill"], ["fill"], ["check"]]
    assert back == ["fill"]
    assert page.evaluate("location.hash") == "#seq=12"
    assert "2" in page.locator(".diagram-badge-passed").all_inner_texts()


def test_the_data_of_the_moment_and_what_changed(machine):
    page = machine("#seq=9")
    at(page, 9)

    values = page.locator(".tm-data")
    changed = [one.locator("xpath=..").inner_text() for one in values.locator(".tm-changed").all()]
    assert changed == ["nomination 已改", "employer 已改", "opinion 已改"]
    assert values.get_by_role("link", name="推荐人选 · 甲").get_attribute("href") == "/instances/8"
    page.get_by_role("button", name="上一步").click()
    at(page, 6)
    assert "逾期\n10月20日 24:00" in values.inner_text()


def test_an_incident_is_shown_on_the_element_and_in_words(machine):
    page = machine("#seq=10")

    assert at(page, 10)["incident"] == ["complete"]
    assert "条件没有结果" in page.locator(".tm-data").inner_text()


def test_it_plays_to_the_end_and_stops(machine):
    page = machine("#seq=6")
    at(page, 6)
    page.get_by_label("播放速度").select_option(label="快")

    page.get_by_role("button", name="播放", exact=True).click()
    playing = page.get_attribute("[data-timemachine]", "data-playing")
    at(page, 12)
    page.locator("[data-playing=false]").wait_for()

    assert playing == "true"
    assert page.get_by_role("button", name="播放", exact=True).is_visible()


def test_an_element_leads_to_its_next_visit(machine):
    page = machine("#seq=1")
    at(page, 1)
    for seq in (4, 5, 9, 10):
        page.locator("g[data-element-id=check] .djs-hit").first.click()
        at(page, seq)


def test_a_step_that_cannot_be_had_is_said_and_may_be_tried_again(machine, site):
    page = machine("#seq=1")
    at(page, 1)
    good = site.answers["GET /state"]
    page.wait_for_timeout(200)  # the next step was fetched ahead
    site.answers["GET /state"] = lambda *_: (503, "", "text/plain")

    page.get_by_role("button", name="末步").click()
    page.locator(".tm-sentence", has_text="这一步没有取到（服务器回答 503），请再试一次。").wait_for()
    site.answers["GET /state"] = good
    page.locator(".tm-step[data-seq='12']").click()

    assert at(page, 12)["passed"] == ["check", "complete", "end", "fill", "start"]


def test_of_many_steps_the_weightiest_stand_over_the_slider(machine):
    many = [(seq, "error" if seq == 7 else "system", "10月15日 09:00", "一步", []) for seq in range(1, 401)]
    MOMENTS[400] = {"active": ["end"]}
    MOMENTS[399] = {"active": ["complete"]}

    page = machine(steps=many)
    at(page, 400)

    assert page.locator(".tm-mark").count() == 60
    assert page.locator(".tm-mark.tm-error").count() == 1


def test_an_empty_history_says_so(machine):
    page = machine(steps=[])

    assert page.locator(".nothing").inner_text() == "还没有记录。"


def test_it_is_accessible_in_the_dark_too(machine, page, axe):
    page.emulate_media(color_scheme="dark")
    page = machine("#seq=9")
    at(page, 9)

    assert axe(page) == []
    page.screenshot(path=SHOTS / "timemachine-dark.png", full_page=True)
