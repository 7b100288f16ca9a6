"""A counter-example of the soundness check on the drawing: its steps are numbered in their order when the finding is chosen."""

from adapters.web.design.words import as_json as told
from adapters.web.design.words import finding_lines
from engine.bpmn.check import check
from engine.bpmn.read import read
from tests.browser import design
from tests.browser.served import TOKEN, as_json, xml
from tests.conftest import ROOT

SHOTS = ROOT / "var/shots"
PLACED = {"s": (120, 160, 36), "x": (210, 153, 50), "a": (320, 60, 100), "b": (320, 220, 100), "j": (490, 153, 50), "e": (610, 160, 36)}
FLOWS = [("s", "x"), ("x", "a"), ("x", "b"), ("a", "j"), ("b", "j"), ("j", "e")]
KINDS = {"s": "startEvent", "x": 'exclusiveGateway default="xb"', "a": 'userTask name="初审"', "b": 'userTask name="复审"', "j": "parallelGateway", "e": "endEvent"}


def drawn():
    """One way is chosen, both are waited for: with the shapes, so that it can be shown."""
    nodes = "".join(f'<{kind.replace(" ", f" id={chr(34)}{id}{chr(34)} ", 1) if " " in kind else f"{kind} id={chr(34)}{id}{chr(34)}"}/>' for id, kind in KINDS.items())
    flows = "".join(
        f'<sequenceFlow id="{a}{b}" sourceRef="{a}" targetRef="{b}">' + ("<conditionExpression>=ok</conditionExpression>" if a + b == "xa" else "") + "</sequenceFlow>" for a, b in FLOWS)
    shapes = "".join(f'<di:BPMNShape id="{id}_di" bpmnElement="{id}"><dc:Bounds x="{x}" y="{y}" width="{w}" height="{80 if w == 100 else w}"/></di:BPMNShape>' for id, (x, y, w) in PLACED.items())
    edges = "".join(f'<di:BPMNEdge id="{a}{b}_di" bpmnElement="{a}{b}"><d:waypoint x="{PLACED[a][0] + PLACED[a][2]}" y="178"/><d:waypoint x="{PLACED[b][0]}" y="178"/></di:BPMNEdge>' for a, b in FLOWS)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
        f' xmlns:d="http://www.omg.org/spec/DD/20100524/DI" targetNamespace="urn:test"><process id="p" isExecutable="true">{nodes}{flows}</process>'
        f'<di:BPMNDiagram id="dia"><di:BPMNPlane id="plane" bpmnElement="p">{shapes}{edges}</di:BPMNPlane></di:BPMNDiagram></definitions>'
    )


def test_the_way_into_a_dead_end_is_numbered_on_the_drawing(page, site):
    text = drawn()
    lines = finding_lines(check(read(text.encode(), "a.bpmn")), "zh", {"a.bpmn": text.encode()})
    site.show("modeler", f'<div data-modeler data-xml-url="/file.bpmn" data-context-url="/context.json" data-check-url="/check" data-draft-url="/draft" data-csrf="{TOKEN}" data-label="示例"></div>', "示例")
    site.answers |= {
        "GET /file.bpmn": lambda *_: xml(text), "GET /context.json": lambda *_: as_json(design.context(design.package())),
        "POST /check": lambda *_: as_json({"findings": told(lines, "a.bpmn")}), "GET /draft": lambda *_: (204, "", "text/plain"),
        "PUT /draft": lambda *_: as_json({"saved_at": "2026-11-21T14:32:00+08:00", "revision": "1"}),
    }
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(site.address)
    page.wait_for_selector("[data-modeler][data-ready]")
    page.locator("button.finding", has_text="可能卡住").first.click()
    page.locator(".way-number").first.wait_for()
    numbers = {overlay.get_attribute("data-container-id"): overlay.locator(".way-number").inner_text() for overlay in page.locator(".djs-overlays:has(.way-number)").all()}
    page.screenshot(path=SHOTS / "modeler-way.png")

    assert numbers == {"s": "1", "x": "2", "a": "3"}
    strokes = [page.locator(f"g[data-element-id={id}] .djs-visual > path").evaluate("(line) => getComputedStyle(line).stroke") for id in ("sx", "xa", "xb")]
    assert strokes == ["rgb(11, 92, 173)", "rgb(11, 92, 173)", "rgb(34, 36, 42)"]
