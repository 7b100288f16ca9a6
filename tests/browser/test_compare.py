"""The comparison island: colours and words from the server's list, both diagrams centred by a sentence; what changed is not its business."""

import pytest

from tests.browser.served import as_json, xml
from tests.conftest import ROOT

SHOTS = ROOT / "var/shots"
OLD = (ROOT / "tests/browser/sample.bpmn").read_text(encoding="utf-8")
# A task more, a flow more, another name: what a year's revision is.
NEW = (
    OLD.replace('name="审核推荐材料"', 'name="受理审查"')
    .replace('<bpmn:endEvent id="end"', '<bpmn:userTask id="sign" name="负责人签字"><bpmn:incoming>f5</bpmn:incoming><bpmn:outgoing>f6</bpmn:outgoing></bpmn:userTask><bpmn:sequenceFlow id="f6" sourceRef="sign" targetRef="end" /><bpmn:endEvent id="end"')
    .replace('sourceRef="complete" targetRef="end"', 'sourceRef="complete" targetRef="sign"')
    .replace("<bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>", "<bpmn:incoming>f6</bpmn:incoming></bpmn:endEvent>")
    .replace('x="772" y="302"', 'x="1072" y="302"').replace('width="760"', 'width="1060"').replace('width="730"', 'width="1030"')
    .replace('<di:waypoint x="772" y="320" />', '<di:waypoint x="860" y="320" />')
    .replace("</bpmndi:BPMNPlane>", '<bpmndi:BPMNShape id="s8" bpmnElement="sign"><dc:Bounds x="860" y="280" width="100" height="80" /></bpmndi:BPMNShape><bpmndi:BPMNEdge id="e6" bpmnElement="f6"><di:waypoint x="960" y="320" /><di:waypoint x="1072" y="320" /></bpmndi:BPMNEdge></bpmndi:BPMNPlane>')
)
CHANGES = [
    {"element": "sign", "kind": "added", "sentence": "新增办理任务“负责人签字”，由领导小组办公室办理。"},
    {"element": "check", "kind": "changed", "sentence": "“审核推荐材料”改名为“受理审查”。"},
    {"element": "check", "kind": "changed", "sentence": "“受理审查”的期限由5个工作日改为3个工作日。"},
    {"element": "gone", "kind": "removed", "sentence": "删除通知“入围通知”。"},
    {"element": "", "kind": "changed", "sentence": "方案的名额总数由20名改为24名。"},
]
BODY = '<div data-compare data-old-url="/old.bpmn" data-new-url="/new.bpmn" data-changes-url="/changes.json" data-old-label="2026年版" data-new-label="2027年版"><ul><li>没有脚本时的清单</li></ul></div>'


@pytest.fixture
def compared(page, site):
    def compare(changes=CHANGES, width=1280):
        page.set_viewport_size({"width": width, "height": 900 if width == 1280 else 844})
        site.show("compare", BODY, "流程图对比")
        site.answers |= {"GET /old.bpmn": lambda *_: xml(OLD), "GET /new.bpmn": lambda *_: xml(NEW), "GET /changes.json": lambda *_: as_json({"changes": changes})}
        page.goto(site.address)
        page.wait_for_selector("[data-compare][data-ready=ok]")
        return page

    return compare


def marked(page, label):
    side = page.get_by_role("region", name=label, exact=True)
    return {kind: [one.get_attribute("data-element-id") for one in side.locator(f"g.compare-{kind}").all()] for kind in ("added", "removed", "changed")}


@pytest.mark.parametrize("width", [1280, 390])
def test_changes_are_coloured_where_they_are_and_said(width, compared, complaints, axe):
    page = compared(width=width)

    assert marked(page, "2026年版") == {"added": [], "removed": [], "changed": ["check"]}
    assert marked(page, "2027年版") == {"added": ["sign"], "removed": [], "changed": ["check"]}
    assert page.locator(".compare-change").all_inner_texts() == [
        "＋ 新增办理任务“负责人签字”，由领导小组办公室办理。", "△ “审核推荐材料”改名为“受理审查”。", "△ “受理审查”的期限由5个工作日改为3个工作日。",
        "－ 删除通知“入围通知”。", "△ 方案的名额总数由20名改为24名。",
    ]
    assert page.locator(".bjs-powered-by:visible").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert complaints == []
    assert axe(page) == []
    page.screenshot(path=SHOTS / f"compare-{width}.png", full_page=True)


def test_a_sentence_centres_both_diagrams(compared):
    page = compared()
    for _ in range(6):
        page.get_by_role("button", name="放大").click()
    seen = """(label) => { const side = document.querySelector(`section[aria-label="${label}"]`), f = side.querySelector('.diagram-frame').getBoundingClientRect(), e = side.querySelector('[data-element-id=check]').getBoundingClientRect();
      return Math.abs((e.left + e.right) / 2 - (f.left + f.right) / 2) < 3; }"""

    page.locator(".compare-change").nth(1).click()

    assert [page.evaluate(seen, label) for label in ("2026年版", "2027年版")] == [True, True]
    assert page.locator("g.compare-chosen").count() == 2
    assert page.locator(".compare-change[aria-current]").inner_text() == "△ “审核推荐材料”改名为“受理审查”。"


def test_an_element_finds_its_sentence_and_steps_go_round(compared):
    page = compared()
    current = page.locator(".compare-change[aria-current]")

    page.locator("section[aria-label='2027年版'] g[data-element-id=sign] .djs-hit").first.click()
    at_element = current.inner_text()
    page.get_by_role("button", name="上一处").click()

    assert at_element == "＋ 新增办理任务“负责人签字”，由领导小组办公室办理。"
    assert current.inner_text() == "△ 方案的名额总数由20名改为24名。"


def test_a_kind_may_be_left_out(compared):
    page = compared()

    page.get_by_role("button", name="△ 修改 3").click()

    assert page.locator(".compare-change:visible").all_inner_texts() == ["＋ 新增办理任务“负责人签字”，由领导小组办公室办理。", "－ 删除通知“入围通知”。"]
    assert marked(page, "2027年版") == {"added": ["sign"], "removed": [], "changed": []}


def test_both_move_together(compared):
    page = compared()
    views = "() => [...document.querySelectorAll('.viewport')].map((one) => one.getCTM()).map((m) => [m.a, m.e, m.f].map((n) => Math.round(10 * n)))"
    first = page.evaluate(views)[0]

    page.locator(".djs-container > svg").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")

    old, new = page.evaluate(views)
    assert old == new
    assert first != old


def test_no_changes_are_said(compared):
    page = compared(changes=[])

    assert page.locator(".nothing").inner_text() == "两个版本没有不同。"


def test_it_is_accessible_in_the_dark_too(compared, page, axe):
    page.emulate_media(color_scheme="dark")
    page = compared()

    assert axe(page) == []
    page.screenshot(path=SHOTS / "compare-dark.png", full_page=True)
