"""The modeler island on the package's own diagrams and with the real checker: pick lists, findings, drafts, Chinese, keyboard; not the page of the product around it."""

import json
import re

import pytest
from lxml import etree

from engine.bpmn.dialect import BANLI as BANLI_ATTRIBUTES
from engine.bpmn.dialect import OPERATIONS
from engine.bpmn.read import read
from tests.browser import design
from tests.browser.layout import findings
from tests.browser.served import TOKEN, as_json, xml
from tests.conftest import ROOT

SHOTS = ROOT / "var/shots"
FILE = "nomination.bpmn"
ZEEBE, BANLI = "{http://camunda.org/schema/zeebe/1.0}", "{urn:banli:bpmn:1}"
MODELER = "document.querySelector('[data-modeler]').modeler"
SELECT = f"(id) => {MODELER}.get('selection').select({MODELER}.get('elementRegistry').get(id))"
FORM = '<form method="post" action="/publish" data-after-draft><button class="btn btn-primary">提交审核</button></form>'
BODY = f"""<div data-modeler data-xml-url="/file.bpmn" data-context-url="/context.json" data-check-url="/check" data-draft-url="/draft" data-csrf="{TOKEN}" data-label="推荐人选"><p>修改流程图需要浏览器启用脚本。</p></div>{FORM}"""


class Server:
    """The answers behind the modeler: the real package and checker, and one draft in memory."""

    def __init__(self, site, bundle, file=FILE, language="zh-CN"):
        self.site, self.bundle, self.draft, self.revision, self.down, self.file = site, bundle, None, 0, False, file
        site.show("modeler", BODY, "推荐人选", language)
        site.answers |= {
            "GET /file.bpmn": lambda *_: xml(bundle.files[file]),
            "GET /context.json": lambda *_: as_json(design.context(bundle)),
            "POST /check": lambda query, body, headers: as_json({"findings": design.checked(bundle, file, body)}),
            "GET /draft": lambda *_: as_json({"xml": self.draft, "saved_at": "2026-11-21T14:32:00+08:00", "revision": str(self.revision), "by": "王工（示例）"}) if self.draft else (204, "", "text/plain"),
            "PUT /draft": self.put,
            "POST /publish": lambda *_: (200, "<title>ok</title>", "text/html"),
        }

    def put(self, query, body, headers):
        if self.down:
            return 503, "", "text/plain"
        if headers.get("If-Match", "0") != str(self.revision):
            return as_json({"saved_at": "2026-11-21T14:40:00+08:00", "by": "王工（示例）"}, 412)
        self.draft, self.revision = body.decode(), self.revision + 1
        return as_json({"saved_at": "2026-11-21T14:32:00+08:00", "revision": str(self.revision)})


@pytest.fixture(scope="module")
def bundle():
    return design.package()


@pytest.fixture
def server(site, bundle):
    return Server(site, bundle)


@pytest.fixture
def modeler(page, server):
    return opened(page, server.site)


def opened(page, site):
    page.goto(site.address)
    page.wait_for_selector("[data-modeler][data-ready]")
    return page


def written(page):
    """The XML as it would be saved."""
    return page.evaluate(f"{MODELER}.saveXML({{ format: true }}).then(({{ xml }}) => xml)")


def element(page, id):
    return etree.fromstring(written(page).encode()).find(f".//*[@id='{id}']")


def zeebe(node, name):
    found = node.find(f".//{ZEEBE}{name}")
    return None if found is None else dict(found.attrib)


def choose(page, id):
    page.evaluate(SELECT, id)
    page.locator("[data-group-id=group-banli]").wait_for()


def field(page, name):
    return page.locator(f"#bio-properties-panel-banli-{name}")


def centre_of(page, id):
    box = page.locator(f"g[data-element-id={id}] > .djs-visual").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_modeler_opens_quietly_and_accessibly(modeler, complaints, axe):
    choose(modeler, "fill")

    assert modeler.get_attribute("[data-modeler]", "data-ready") == "ok"
    assert json.loads(modeler.get_attribute("[data-modeler]", "data-warnings")) == []
    assert modeler.locator(".bjs-powered-by").is_visible()
    assert modeler.locator(".findings-summary").inner_text() == "没有发现问题"
    assert complaints == []
    assert axe(modeler) == []
    modeler.screenshot(path=SHOTS / "modeler-1280.png")


def meaning(text):
    """A tree that is equal when the diagrams mean the same: no layout of the text, no order between kinds of children, none among drawn shapes."""

    def of(node):
        children = [of(child) for child in node if isinstance(child.tag, str)]
        drawn = node.tag.endswith("BPMNPlane")
        return node.tag, tuple(sorted(node.attrib.items())), (node.text or "").strip(), tuple(sorted(children, key=lambda one: one[:2] if drawn else one[0]))

    return of(etree.fromstring(text if isinstance(text, bytes) else text.encode()))


def test_every_diagram_of_the_package_comes_back_as_it_went_in(modeler, bundle):
    for file in bundle.package.diagrams:
        source = bundle.files[file]

        back = modeler.evaluate(f"async (xml) => {{ await {MODELER}.importXML(xml); return (await {MODELER}.saveXML({{ format: true }})).xml; }}", source.decode())

        assert meaning(back) == meaning(source), file
        assert [process.id for process in read(back.encode(), file).processes] == [process.id for process in read(source, file).processes]


def test_the_modeler_knows_every_attribute_of_the_dialect_and_no_other():
    types = json.loads((ROOT / "frontend/src/banli.moddle.json").read_text(encoding="utf-8"))["types"]
    known = {one["name"]: {host.removeprefix("bpmn:") for host in type["extends"]} for type in types for one in type["properties"]}
    declared = {name: {"BaseElement"} if hosts == {"**"} else {host[0].upper() + host[1:] for host in hosts} for name, (hosts, _) in BANLI_ATTRIBUTES.items()}

    assert known == declared


def test_the_pick_lists_write_what_the_engine_reads(modeler):
    choose(modeler, "fill")

    field(modeler, "candidates-role").select_option(label="领导小组办公室（领导小组办公室所在机关）")
    field(modeler, "candidates-org").select_option(label="领导小组办公室")
    field(modeler, "form").select_option(label="受理审查")
    field(modeler, "due-kind").select_option(label="若干个工作日内")
    field(modeler, "due-days").fill("7")
    modeler.locator("[data-entry-id=banli-reminders]").get_by_label("逾期3个").check()
    modeler.locator("[data-entry-id=banli-operations]").get_by_label("转办").check()
    modeler.locator("[data-entry-id=banli-operations]").get_by_label("催办").check()
    field(modeler, "clause").fill("五（二）")
    field(modeler, "stage").select_option("county")

    task = element(modeler, "fill")
    assert zeebe(task, "assignmentDefinition") == {"candidateGroups": '=role("group_office", scheme.leading_group.office)'}
    assert zeebe(task, "formDefinition") == {"formId": "review"}
    assert zeebe(task, "taskSchedule") == {"dueDate": "=due in(7)"}
    assert {one.get_attribute("name").removeprefix("banli-operations-") for one in modeler.locator("[data-entry-id=banli-operations] input").all()} == OPERATIONS
    settings = {name: task.get(BANLI + name) for name in ("reminders", "operations", "clause", "stage")}
    assert settings == {"reminders": "-7 -3 -1 0 3", "operations": "reassign urge", "clause": "五（二）", "stage": "county"}


@pytest.mark.parametrize(
    ("kind", "detail", "written_as"),
    [
        ("阶段结束前", ("due-stage", "county"), "=cutoff(scheme.stages.county.end)"),
        ("方案规定的工作日数", ("due-parameter", "review.working_days"), "=due in(scheme.review.working_days)"),
        ("方案规定的日期前", ("due-date", "issued_on"), "=cutoff(scheme.issued_on)"),
        ("不限期", None, None),
    ],
)
def test_every_kind_of_deadline(kind, detail, written_as, modeler):
    choose(modeler, "review")

    field(modeler, "due-kind").select_option(label=kind)
    if detail:
        field(modeler, detail[0]).select_option(detail[1])

    schedule = zeebe(element(modeler, "review"), "taskSchedule")
    assert (schedule or {}).get("dueDate") == written_as


def test_several_candidates_and_each_of_a_list(modeler):
    choose(modeler, "fill")
    role = '=[role("employer_clerk", employer.org), role("group_leader", employer.org)]'

    modeler.get_by_role("button", name="＋ 再加一类办理人").click()
    field(modeler, "candidates-role-1").select_option("group_leader")
    both = zeebe(element(modeler, "fill"), "assignmentDefinition")["candidateGroups"]
    field(modeler, "candidates-role-1").select_option("")
    field(modeler, "candidates-org").select_option(label="本渠道各受理单位")

    assert both == role
    assert zeebe(element(modeler, "fill"), "assignmentDefinition")["candidateGroups"] == '=for b in channel.bodies return role("employer_clerk", b.org)'
    assert field(modeler, "candidates-org").input_value() == "b.org for b in channel.bodies"


def test_an_operation_is_chosen_with_its_inputs(modeler):
    choose(modeler, "number")

    field(modeler, "operation").select_option(label="发通知")
    field(modeler, "input-template").select_option(index=1)

    task = element(modeler, "number")
    inputs = {one.get("target"): one.get("source") for one in task.iter(f"{ZEEBE}input")}
    assert zeebe(task, "taskDefinition") == {"type": "notify"}
    assert inputs["template"] in design.context(design.package())["texts"][0]["id"]


def test_a_forgotten_role_is_found_shown_and_mended(modeler):
    choose(modeler, "review")
    field(modeler, "candidates-role").select_option("")
    finding = modeler.locator("button.finding[data-element=review]")
    finding.wait_for()
    modeler.evaluate(SELECT, "start")

    finding.click()
    badge = modeler.locator(".finding-badge-error")
    seen = badge.bounding_box(), modeler.locator(".modeler-canvas").bounding_box()
    modeler.locator(".bio-properties-panel-scroll-container").evaluate("(panel) => (panel.scrollTop = 0)")
    modeler.screenshot(path=SHOTS / "modeler-finding.png")
    said = modeler.locator(".banli-found").inner_text()
    field(modeler, "candidates-role").select_option("group_office")
    modeler.locator(".findings[data-state=ok]").wait_for()

    assert seen[1]["x"] <= seen[0]["x"] <= seen[1]["x"] + seen[1]["width"] and seen[1]["y"] <= seen[0]["y"] <= seen[1]["y"] + seen[1]["height"]
    assert said.startswith("没有写明由谁办理。请点中这个环节，在右侧“办理设置”的“办理角色”中选择")
    assert badge.count() == 0
    assert modeler.locator("button.finding").count() == 0


PLACES = f"() => {MODELER}.get('elementRegistry').filter((e) => e.parent).map((e) => [e.id, e.x, e.y, e.width, e.parent.id, e.waypoints?.map((p) => [p.x, p.y])]).sort()"


def test_a_task_is_inserted_by_drag_and_drop(modeler):
    before = modeler.evaluate(PLACES)
    x, y = centre_of(modeler, "number")
    right, _ = centre_of(modeler, "put_draft")
    modeler.mouse.move(*(lambda box: (box["x"] + 10, box["y"] + 10))(modeler.get_by_role("button", name="拖入办理任务").bounding_box()))
    modeler.mouse.down()
    modeler.mouse.move((x + right) / 2, y + 30, steps=4)
    modeler.mouse.move((x + right) / 2, y, steps=4)
    modeler.wait_for_timeout(300)
    modeler.mouse.up()
    modeler.keyboard.type("股室负责人审核")
    modeler.mouse.click(x, y + 150)
    modeler.locator("button.finding-error").first.wait_for()

    tree = etree.fromstring(written(modeler).encode())
    task = next(one for one in tree.iter("{*}userTask") if one.get("name") == "股室负责人审核")
    flows = [(flow.get("sourceRef"), flow.get("targetRef")) for flow in tree.iter("{*}sequenceFlow") if task.get("id") in (flow.get("sourceRef"), flow.get("targetRef"))]
    assert sorted(flows) == sorted([("number", task.get("id")), (task.get("id"), "put_draft")])
    assert zeebe(task, "userTask") == {}
    assert findings(written(modeler).encode()) == []
    assert [line.split("\n")[0] for line in modeler.locator("button.finding-error").all_inner_texts()] == ["▲ 错误"]
    modeler.screenshot(path=SHOTS / "modeler-inserted.png")
    for _ in range(2):  # the name, and the insertion with everything that moved for it
        modeler.get_by_role("button", name="撤销").click()
    assert modeler.evaluate(PLACES) == before


def test_labels_are_edited_in_chinese_and_undone_by_key(modeler):
    modeler.mouse.dblclick(*centre_of(modeler, "number"))
    modeler.keyboard.press("Control+A")
    modeler.keyboard.type("编制登记号")
    modeler.mouse.click(*(one + 120 for one in centre_of(modeler, "number")))
    renamed = element(modeler, "number").get("name")
    modeler.keyboard.press("Control+z")

    assert renamed == "编制登记号"
    assert element(modeler, "number").get("name") == "编登记号"


def test_feel_fields_complete_the_names_of_scheme_and_scope(modeler):
    modeler.evaluate(SELECT, "f_gw_filled_find_duplicates")
    editor = modeler.locator("[data-group-id=group-condition] .cm-content")

    def offered(typed):
        editor.click()
        modeler.keyboard.press("Escape")
        modeler.keyboard.press("Control+A")
        modeler.keyboard.type(typed)
        modeler.locator(".cm-tooltip-autocomplete li").first.wait_for()
        return modeler.locator(".cm-tooltip-autocomplete li").all_inner_texts()

    assert "review" in [line.split()[0] for line in offered("scheme.")]
    assert "county县区初选" in ["".join(line.split()) for line in offered("scheme.stages.")]
    assert any(line.startswith("outcome") for line in offered("outc"))
    assert any(line.startswith("find_duplicates") or line.startswith("duplicates") for line in offered("dup"))
    assert any(line.startswith("due in") for line in offered("due"))
    modeler.screenshot(path=SHOTS / "modeler-feel.png")


def test_feel_fields_know_our_functions_and_chinese_names_and_say_slips_in_chinese(modeler):
    modeler.evaluate(SELECT, "f_gw_filled_find_duplicates")
    editor = modeler.locator("[data-group-id=group-condition] .cm-content")

    def slips(typed):
        editor.click()
        modeler.keyboard.press("Control+A")
        modeler.keyboard.insert_text(typed)
        modeler.wait_for_timeout(900)  # the editor looks 750 ms after the last key
        return modeler.locator("[data-group-id=group-condition] .cm-lintRange-error").count()

    right = {text: slips(text) for text in ('due in(3) < cutoff(scheme.stages.county.end)', '姓名 = "甲" and working days between(a, b) > 2', "some b in channel.bodies satisfies b.role = 单位.角色")}
    wrong = slips("1 + * 2")
    modeler.locator(".cm-lintRange-error").first.hover()
    tooltip = modeler.locator(".cm-tooltip-lint").inner_text()

    assert set(right.values()) == {0}, right
    assert wrong > 0
    assert tooltip == "这里写法有误"
    assert modeler.locator("[data-group-id=group-condition] .bio-properties-panel-error").inner_text() == "FEEL 表达式写法有误。"


def test_the_draft_is_saved_with_the_token_and_told(modeler, server):
    choose(modeler, "review")
    field(modeler, "clause").fill("五（三）")
    modeler.locator(".draft-status", has_text="已保存 14:32").wait_for()

    _, body, headers = next(one for one in server.site.sent if one[0] == "PUT /draft")
    assert headers["X-CSRF-Token"] == TOKEN
    assert "五（三）" in server.draft
    assert modeler.evaluate("localStorage.length") == 0


def test_a_draft_survives_a_dead_server_and_a_closed_browser(server, browser_type, browser_type_launch_args, browser_context_args, tmp_path):
    def browse():
        return browser_type.launch_persistent_context(tmp_path, **browser_type_launch_args, **browser_context_args)

    server.down = True
    browser = browse()
    modeler = opened(browser.new_page(), server.site)
    choose(modeler, "review")
    field(modeler, "clause").fill("五（三）")
    modeler.locator(".draft-status", has_text="连不上服务器，已存在本机，稍后再传").wait_for()
    browser.close()
    server.down = False

    browser = browse()
    again = opened(browser.new_page(), server.site)

    assert re.fullmatch(r"已恢复本机 \d+月\d+日 \d\d:\d\d 未上传的修改。用本机的放弃本机的修改", again.locator(".draft-notice").inner_text().replace("\n", ""))
    assert element(again, "review").get(BANLI + "clause") == "五（三）"
    again.locator(".draft-status", has_text="已保存").wait_for()
    browser.close()
    assert "五（三）" in server.draft


@pytest.mark.parametrize(("button", "clause"), [("用我的覆盖", "mine"), ("载入那一份", "theirs")])
def test_two_people_at_one_diagram_are_told_and_choose(button, clause, modeler, server):
    server.draft, server.revision = server.bundle.files[FILE].decode().replace('banli:clause="五（二）"', 'banli:clause="theirs"'), 4
    choose(modeler, "review")
    field(modeler, "clause").fill("mine")
    modeler.locator(".draft-notice", has_text="王工（示例）在 11月21日 14:40 保存了另一份草稿。").wait_for()

    modeler.get_by_role("button", name=button).click()
    modeler.locator(".draft-notice").wait_for(state="hidden")
    modeler.locator(".draft-status[data-dirty=false]").wait_for()

    assert element(modeler, "review").get(BANLI + "clause") == clause
    assert (clause in server.draft) is True


def test_what_publishes_waits_for_the_draft(modeler, server):
    choose(modeler, "review")
    field(modeler, "clause").fill("五（三）")

    modeler.get_by_role("button", name="提交审核").click()
    modeler.wait_for_url("**/publish")

    asked = [what for what, _, _ in server.site.sent]
    assert asked.index("PUT /draft") < asked.index("POST /publish")


def test_what_is_saved_already_is_left_at_the_first_press(modeler):
    modeler.get_by_role("button", name="提交审核").click()
    modeler.wait_for_url("**/publish")


ENGLISH_LEFT = r"""() => {
  const shown = [], walk = document.createTreeWalker(document.querySelector('.modeler-editor'), NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node instanceof Element) { for (const name of ['title', 'aria-label', 'placeholder']) if (node.getAttribute(name)) shown.push(node.getAttribute(name)); continue; }
    if (node.parentElement.closest('svg, .cm-editor, code')) continue;
    shown.push(node.textContent);
  }
  return [...new Set(shown.map((text) => text.trim()))].filter((text) => /[A-Za-z]{3}/.test(text) && !/[\u4e00-\u9fff]/.test(text));
}"""
KINDS = f"""() => Object.fromEntries({MODELER}.get('elementRegistry').filter((e) => !e.labelTarget).map((e) => {{
  const {{ eventDefinitions, loopCharacteristics, extensionElements }} = e.businessObject;
  return [[e.type, eventDefinitions?.[0]?.$type, Boolean(loopCharacteristics), extensionElements?.values.length, e.type === 'bpmn:Task' && e.parent?.type].join(), e.id];
}}))"""
OPEN_ALL = """async () => {
  for (let round = 0; round < 3; round++) { // groups, groups in 高级, items of lists
    document.querySelectorAll('.bio-properties-panel-group-header:not(.open), .bio-properties-panel-collapsible-entry-header:not(.open)').forEach((header) => header.click());
    await new Promise(requestAnimationFrame);
  }
}"""
# Names of things and not words: FEEL, ids and paths, keys, and the mark of bpmn.io, which must stay as it is.
NO_WORDS = re.compile(r"=.*|[\w.:-]+(\.\w+)*|Ctrl.*|Powered by bpmn\.io|b\.org for b in channel\.bodies")


def test_nothing_of_the_modeler_is_left_in_english(modeler, server, bundle):
    left, seen = set(), set()
    for file in bundle.package.diagrams:
        modeler.evaluate(f"async (xml) => {{ await {MODELER}.importXML(xml); }}", bundle.files[file].decode())
        # One element of every kind: every panel there is.
        kinds = modeler.evaluate(KINDS)
        new = {kind: id for kind, id in kinds.items() if kind not in seen}
        seen |= set(new)
        for id in new.values():
            modeler.evaluate(SELECT, id)
            modeler.evaluate(OPEN_ALL)
            left |= {text for text in modeler.evaluate(ENGLISH_LEFT) if not NO_WORDS.fullmatch(text)}

    assert modeler.evaluate("window.missing") == []
    assert left == set()


def test_no_menu_is_left_in_english(modeler):
    """The types that an element may be changed to, for one element of every kind that the specification has."""
    types = ["Task", "UserTask", "SubProcess", "CallActivity", "StartEvent", "EndEvent", "IntermediateThrowEvent", "ExclusiveGateway", "DataObjectReference", "DataStoreReference", "Participant", "TextAnnotation", "Group", "Transaction", "AdHocSubProcess"]
    menus = modeler.evaluate(f"""(types) => {{
      const [create, canvas, factory, menu, registry] = ['modeling', 'canvas', 'elementFactory', 'popupMenu', 'elementRegistry'].map((name) => {MODELER}.get(name));
      const lane = registry.get('lane_employer'), said = [];
      types.forEach((type, index) => {{
        const shape = type === 'Participant' ? factory.createParticipantShape() : factory.createShape({{ type: 'bpmn:' + type }});
        const made = create.createShape(shape, {{ x: 700 + 130 * index, y: 3000 }}, type === 'Participant' ? canvas.getRootElement() : registry.get('pool_nomination'));
        {MODELER}.get('selection').select(made);
        menu.open(made, 'bpmn-replace', {{ x: 10, y: 10 }});
        menu.close();
      }});
      const tasks = registry.filter((e) => e.type === 'bpmn:UserTask').slice(0, 3);
      menu.open(tasks, 'align-elements', {{ x: 10, y: 10 }});
      return document.querySelector('.djs-popup').innerText;
    }}""", types)

    assert modeler.evaluate("window.missing") == []
    assert re.search("[A-Za-z]{3}", menus) is None


def test_every_word_of_the_islands_has_its_english():
    english = json.loads((ROOT / "frontend/src/locale/en.json").read_text(encoding="utf-8"))
    words = set()
    for path in [*(ROOT / "frontend/src").rglob("*.ts"), *(ROOT / "frontend/src").rglob("*.tsx"), ROOT / "frontend/plugins.mjs"]:
        code = re.sub(r"^\s*(//|\*|/\*).*$|\s//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        words |= set(re.findall(r"'([^'\n]*[\u4e00-\u9fff][^'\n]*)'", code))

    assert set(english) == words


def test_in_english_nothing_is_left_in_chinese(page, site, bundle):
    Server(site, bundle, language="en")
    opened(page, site)
    page.evaluate(SELECT, "fill")

    bar = page.locator(".modeler-bar").inner_text() + page.locator(".findings-head").inner_text() + page.locator("[data-group-id=group-banli] .bio-properties-panel-group-header").inner_text()
    assert re.search("[\u4e00-\u9fff]", bar) is None
    assert page.locator("[data-group-id=group-banli-advanced] .bio-properties-panel-group-header").first.inner_text() == "Advanced"


def test_on_a_phone_the_diagram_is_shown_and_the_reason_told(page, server, axe):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, server.site)

    assert page.get_by_role("note").inner_text() == "屏幕太窄，流程图在这里只能看。要修改，请用电脑打开本页，或把窗口拉宽。"
    assert page.locator(".modeler-panel").count() == 0
    assert page.locator(".diagram-frame .bjs-powered-by").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe(page) == []
    page.screenshot(path=SHOTS / "modeler-390.png")


def test_a_window_made_wide_becomes_the_modeler(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, server.site)

    page.set_viewport_size({"width": 1280, "height": 800})

    page.locator(".modeler-panel").wait_for()


def test_a_diagram_that_cannot_be_had_says_so(page, server):
    server.site.answers["GET /file.bpmn"] = lambda *_: (500, "", "text/plain")
    page.goto(server.site.address)
    page.wait_for_selector("[data-modeler][data-ready=failed]")

    assert page.get_by_role("alert").inner_text() == "流程图没有打开（服务器回答 500）。请刷新页面；仍不行时请联系系统管理员。"
    assert page.get_by_text("修改流程图需要浏览器启用脚本。").is_visible()


def test_it_is_accessible_in_the_dark_too(page, server, axe):
    page.emulate_media(color_scheme="dark")
    opened(page, server.site)
    choose(page, "review")

    assert axe(page) == []
    page.screenshot(path=SHOTS / "modeler-dark.png")
