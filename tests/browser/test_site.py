"""The small comforts of site.ts and what site.css promises, on a page of their own; the product's pages have their own tests."""

import pytest

PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>t</title>
<link rel="stylesheet" href="site.css"><body><a class="skip-link" href="#main">跳到正文</a><div class="shell">
<header class="shell-top"><span class="shell-place">阜新（示例）</span></header><aside class="band band-rehearsal" aria-label="演练">演练</aside>
<nav class="shell-side" aria-label="主导航"><a href="#" aria-current="page">待办</a><a href="#">已办</a></nav>
<main class="shell-main" id="main"><h1>县区初选</h1>
<ol class="stepper"><li class="done"><span class="stepper-name">安排部署</span><span class="stepper-dates">9月6日—9月15日</span></li><li class="current" aria-current="step"><span class="stepper-name">单位推荐</span><span class="stepper-dates">9月16日—10月15日</span><span class="lamp lamp-soon">临期</span></li><li class="todo"><span class="stepper-name">县区初选</span></li></ol>
<div class="error-summary" role="alert" tabindex="-1"><p>有 1 处需要修改</p><ul><li><a href="#score-1">工作实绩</a></li></ul></div>
<div data-list class="pane-list"><a class="task-row" data-row href="#one"><span class="task-row-main">审核推荐材料<small>海州区（示例）</small></span><span class="task-row-side"><span class="lamp lamp-normal">正常</span></span></a>
<a class="task-row" data-row href="#two"><span class="task-row-main">打分</span><span class="task-row-side"><span class="lamp lamp-late">逾期</span></span></a></div>
<form method="post" action="/nowhere" id="scores"><label>工作实绩 <input data-part="score" id="score-1" value="0.1"></label><label>事迹 <input data-part="score" id="score-2"></label>
<p>合计 <output data-sum="score"></output></p><div class="action-bar"><button class="btn btn-primary">提交</button><span class="why-not">还差 1 项</span></div></form>
<svg class="icon" aria-hidden="true"><use href="icons.svg#inbox"/></svg></main>
<nav class="bottom-bar" aria-label="底部导航"><a href="#" aria-current="page">待办</a><a href="#">活动</a></nav></div>
<script type="module" src="site.js"></script></body></html>"""


@pytest.fixture
def site(page, dist, serve_folder, tmp_path):
    for name in ("site.css", "site.js", "icons.svg", "chunks"):
        (tmp_path / name).symlink_to(dist / name)
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    page.goto(serve_folder(tmp_path))
    return page


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.className")


def test_the_error_summary_has_the_focus(site):
    assert focused(site) == "error-summary"


def test_keys_go_from_row_to_row(site):
    site.evaluate("document.activeElement.blur()")

    went = []
    for key in ("j", "ArrowDown", "k"):
        site.keyboard.press(key)
        went.append(focused(site))

    assert went == ["#one", "#two", "#one"]


def test_keys_typed_into_a_field_stay_there(site):
    site.focus("#score-2")
    site.keyboard.type("j")

    assert site.input_value("#score-2") == "j"


def test_the_sum_is_exact_as_typed(site):
    site.fill("#score-2", "0.2")

    assert site.locator("output").inner_text() == "0.3"


def test_a_second_press_sends_nothing(site):
    sent = []
    site.route("**/nowhere", lambda route: sent.append(route.request.method))  # never answered: the first press is still on its way

    site.evaluate("() => { const form = document.querySelector('#scores'); form.requestSubmit(); form.requestSubmit(); }")
    site.wait_for_timeout(300)

    assert sent == ["POST"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_frame_is_accessible_and_fits(scheme, width, site, axe):
    site.emulate_media(color_scheme=scheme)
    site.set_viewport_size({"width": width, "height": 800})

    assert axe(site) == []
    assert site.evaluate("document.documentElement.scrollWidth") == width
    assert site.locator(".bottom-bar").is_visible() == (width == 390)
    assert site.locator(".shell-side").is_visible() == (width == 1280)
    site.screenshot(path=f"var/renders/site-{width}-{scheme}.png", full_page=True)


def test_paper_has_no_navigation_but_keeps_the_rehearsal_band(site):
    site.emulate_media(media="print")

    shown = {name: site.locator(name).is_visible() for name in (".shell-side", ".shell-top", ".action-bar", ".band-rehearsal", ".stepper")}

    assert shown == {".shell-side": False, ".shell-top": False, ".action-bar": False, ".band-rehearsal": True, ".stepper": True}
