"""Every diagram of processes/ drawn by the built bpmn-js bundle: no warning, sound layout, unclipped labels; a picture of each lands in var/renders."""

import json
from pathlib import Path
from urllib.parse import urljoin

import pytest

from adapters.web.security import policy
from tests.browser.layout import findings, node_ids
from tests.conftest import ROOT

SAMPLE = Path(__file__).with_name("sample.bpmn")
DIAGRAMS = sorted((ROOT / "processes").rglob("*.bpmn"))
RENDERS = ROOT / "var/renders"
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>流程图</title><link rel="stylesheet" href="site.css"><link rel="stylesheet" href="diagram.css">
<body><main><h1>流程图</h1><div data-diagram data-fit="{fit}" data-xml-url="diagram.bpmn" data-state-url="state.json" data-label="流程图：推荐"><p>没有脚本时的文字</p></div></main>
<script type="module" nonce="n1" src="diagram.js"></script></body></html>"""
STATE = {"active": ["check"], "passed": {"start": 1, "fill": 2}, "taken": ["f1", "f2", "f4"], "incidents": {"complete": "条件没有结果"}}

# What the eye would see: the text of an activity outside its shape, a label on a shape or on another label. Pixels of the page.
LABELS = """(nodes) => {
  const box = (element) => element.getBoundingClientRect();
  // A font's box is taller than its characters: about 0.25 em above, 0.15 em below with Chinese fonts.
  const ink = (text) => {
    const { left, right, top, bottom } = box(text), em = parseFloat(getComputedStyle(text).fontSize);
    return { left, right, top: top + em / 4, bottom: bottom - em / 7 };
  };
  const meets = (a, b, by) => a.left < b.right - by && b.left < a.right - by && a.top < b.bottom - by && b.top < a.bottom - by;
  const found = [], labels = [], shapes = [];
  for (const element of document.querySelectorAll('g.djs-element.djs-shape')) {
    const id = element.dataset.elementId, visual = element.querySelector('.djs-visual'), text = visual.querySelector('text');
    if (id.endsWith('_label')) { if (text && text.textContent) labels.push([id, ink(text)]); continue; }
    const outline = box(visual.firstElementChild);
    if (!nodes.includes(id)) continue; // a lane or a pool holds the others
    if (!element.parentElement.querySelector(':scope > .djs-children .djs-shape')) shapes.push([id, outline]);
    if (text && text.textContent) {
      const inner = ink(text);
      if (inner.left < outline.left || inner.right > outline.right || inner.top < outline.top || inner.bottom > outline.bottom) found.push(`the text of ${id} is larger than its shape`);
    }
  }
  labels.forEach(([id, at], index) => {
    for (const [other, shape] of shapes) if (meets(at, shape, 1)) found.push(`${id} lies on ${other}`);
    for (const [other, label] of labels.slice(index + 1)) if (meets(at, label, 1)) found.push(`${id} lies on ${other}`);
  });
  return found.sort();
}"""


@pytest.fixture
def drawn(page, dist, serve_folder, tmp_path):
    """drawn(xml, state, fit) → the page with that diagram, when the island has finished."""

    def draw(xml: bytes, state: dict[str, object] | None = None, fit: str = "natural", headers: dict[str, str] | None = None):
        for name in ("site.css", "diagram.css", "diagram.js", "chunks"):
            if not (tmp_path / name).exists():
                (tmp_path / name).symlink_to(dist / name)
        (tmp_path / "diagram.bpmn").write_bytes(xml)
        (tmp_path / "state.json").write_text(json.dumps(state or {}), encoding="utf-8")
        (tmp_path / "index.html").write_text(PAGE.format(fit=fit), encoding="utf-8")
        page.goto(serve_folder(tmp_path, headers or {}))
        page.wait_for_selector("[data-ready]")
        return page

    return draw


def island(page):
    return page.locator("[data-diagram]")


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.relative_to(ROOT / "processes").as_posix())
def test_a_diagram_opens_without_warning_and_reads_well(path, drawn):
    xml = path.read_bytes()

    page = drawn(xml)
    picture = RENDERS / path.relative_to(ROOT / "processes").with_suffix(".png")
    picture.parent.mkdir(parents=True, exist_ok=True)
    frame = page.locator(".diagram-frame")
    size = frame.bounding_box()
    page.set_viewport_size({"width": int(size["width"]) + 40, "height": int(size["height"]) + 200})
    frame.screenshot(path=picture)

    assert island(page).get_attribute("data-ready") == "ok"
    assert json.loads(island(page).get_attribute("data-warnings")) == []
    assert page.evaluate(LABELS, node_ids(xml)) == []
    assert findings(xml) == []


def test_the_sample_is_sound(drawn):
    xml = SAMPLE.read_bytes()

    page = drawn(xml)

    assert json.loads(island(page).get_attribute("data-warnings")) == []
    assert page.evaluate(LABELS, node_ids(xml)) == []
    assert findings(xml) == []


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ('x="440" y="280" width="100"', 'x="300" y="180" width="100"', {"fill and check overlap", "check lies outside its lane lane-county"}),
        ('<di:waypoint x="640" y="100" /><di:waypoint x="330" y="100" />', '<di:waypoint x="640" y="150" /><di:waypoint x="200" y="150" />', {"flow f4 runs through start"}),
        (' banli:return="true"', "", {"flow f4 runs from right to left and is not a return"}),
        ('bpmnElement="f3"', 'bpmnElement="gone"', {"flow f3 is not drawn"}),
        ('id="s7" bpmnElement="end"', 'id="s7" bpmnElement="gone"', {"end is not drawn"}),
    ],
)
def test_a_bad_layout_is_found(good, bad, expected):
    xml = SAMPLE.read_text(encoding="utf-8")
    assert xml.count(good) == 1

    assert expected <= set(findings(xml.replace(good, bad).encode()))


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ("审核推荐材料", "审核推荐材料" * 8, ["the text of check is larger than its shape"]),
        ('<dc:Bounds x="608" y="352"', '<dc:Bounds x="500" y="330"', ["complete_label lies on check"]),
    ],
)
def test_a_clipped_or_covered_label_is_found(good, bad, expected, drawn):
    xml = SAMPLE.read_text(encoding="utf-8")
    assert xml.count(good) == 1

    page = drawn(xml.replace(good, bad).encode())

    assert page.evaluate(LABELS, node_ids(xml.encode())) == expected


def test_an_unknown_extension_attribute_gives_a_warning(drawn):
    xml = SAMPLE.read_text(encoding="utf-8").replace('banli:withdraw="true"', 'banli:withdrew="true"')

    warnings = json.loads(island(drawn(xml.encode())).get_attribute("data-warnings"))

    assert warnings == ["unknown attribute <banli:withdrew>"]


def test_the_state_of_an_instance_shows_in_marks_and_in_words(drawn, axe):
    page = drawn(SAMPLE.read_bytes(), STATE, fit="width")

    marks = {kind: [e.get_attribute("data-element-id") for e in page.locator(f"g.banli-{kind}").all()] for kind in ("active", "passed", "taken", "incident", "return")}
    assert {kind: sorted(ids) for kind, ids in marks.items()} == {"active": ["check"], "passed": ["fill", "start"], "taken": ["f1", "f2", "f4"], "incident": ["complete"], "return": ["f4"]}
    assert sorted(page.locator(".diagram-badge").all_inner_texts()) == ["1", "2", "异常", "当前"]
    assert page.locator(".diagram-words li").all_text_contents() == ["当前：审核推荐材料", "异常：材料齐全？，条件没有结果", "办理过：收到通知（1 次）", "办理过：填写推荐表并上传事迹视频（2 次）"]
    assert page.locator(".bjs-powered-by").is_visible()
    assert axe(page) == []


def test_a_later_state_replaces_the_earlier_one(drawn):
    page = drawn(SAMPLE.read_bytes(), STATE)

    page.evaluate("document.querySelector('[data-diagram]').dispatchEvent(new CustomEvent('diagram:state', { detail: { active: ['end'] } }))")

    assert [e.get_attribute("data-element-id") for e in page.locator("g.banli-active").all()] == ["end"]
    assert page.locator(".diagram-badge").all_inner_texts() == ["当前"]


def test_the_keyboard_moves_and_zooms(drawn):
    page = drawn(SAMPLE.read_bytes(), fit="width")
    view = "document.querySelector('.viewport').getAttribute('transform')"
    first = page.evaluate(view)

    page.locator(".djs-container > svg").focus()
    page.keyboard.press("ArrowRight")
    moved = page.evaluate(view)
    page.keyboard.press("+")
    zoomed = page.evaluate(view)
    page.keyboard.press("0")

    assert len({first, moved, zoomed}) == 3
    assert page.evaluate(view) == first


@pytest.mark.parametrize("width", [1280, 390])
def test_the_diagram_keeps_to_the_width_of_the_page(width, drawn):
    page = drawn(SAMPLE.read_bytes(), STATE, fit="width")
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(200)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.screenshot(path=RENDERS / f"sample-{width}.png", full_page=True)


def test_a_diagram_too_wide_to_read_shows_where_it_stands_and_wholly_on_request(drawn):
    wide = SAMPLE.read_text(encoding="utf-8")
    for old, new in (('x="772" y="302"', 'x="3772" y="302"'), ('x="772" y="320"', 'x="3772" y="320"'), ('width="760"', 'width="3760"'), ('width="730"', 'width="3730"')):
        wide = wide.replace(old, new)
    seen = "(id) => { const a = document.querySelector(`[data-element-id=${id}]`).getBoundingClientRect(), f = document.querySelector('.diagram-frame').getBoundingClientRect(); return a.left >= f.left && a.right <= f.right; }"

    page = drawn(wide.encode(), {"active": ["end"]}, fit="width")
    at_first = [page.evaluate(seen, name) for name in ("start", "end")]
    page.get_by_role("button", name="全图").click()
    at_last = [page.evaluate(seen, name) for name in ("start", "end")]

    assert (at_first, at_last) == ([False, True], [True, True])


def test_a_broken_diagram_keeps_the_text_and_says_so(drawn):
    page = drawn(b"<nothing/>")

    assert island(page).get_attribute("data-ready") == "failed"
    assert island(page).inner_text().startswith("流程图没有打开（")
    assert island(page).inner_text().endswith("没有脚本时的文字")


def test_the_policy_of_diagram_pages_refuses_nothing_that_the_island_does(drawn, page):
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)

    drawn(SAMPLE.read_bytes(), STATE, fit="width", headers={"Content-Security-Policy": policy("n1", diagram=True)})

    assert island(page).get_attribute("data-ready") == "ok"
    assert refused == []


def test_a_diagram_that_is_folded_away_fits_when_it_comes_into_sight(drawn, page, tmp_path):
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    drawn(SAMPLE.read_bytes(), STATE, fit="width")
    folded = PAGE.format(fit="width").replace("<div data-diagram", "<details><summary>图</summary><div data-diagram").replace("</div></main>", "</div></details></main>")
    (tmp_path / "folded.html").write_text(folded, encoding="utf-8")  # a name of its own: within one second the server calls a changed file unchanged
    page.goto(urljoin(page.url, "folded.html"))
    page.wait_for_selector("[data-ready=ok]", state="attached")

    page.get_by_text("图", exact=True).click()
    page.wait_for_timeout(200)

    shape, frame = (page.locator(one).first.bounding_box() for one in ("g[data-element-id=pool] > .djs-visual", ".diagram-frame"))
    assert said == []
    assert frame["x"] <= shape["x"] and shape["x"] + shape["width"] <= frame["x"] + frame["width"]
