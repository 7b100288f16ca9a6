"""PDF by typst: what was typed stays text, a font that is missing is an error, the same data gives the same bytes."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.documents import Documents, Unprintable

DATA: dict[str, Any] = {
    "title": "“职业健康达人”推荐表", "sample": True, "reference": "N-0001", "organisation": "示例矿业有限公司", "printed": "2021年10月12日（周二）",
    "sections": [{"title": "推荐人选", "rows": [{"label": "姓名", "text": "示例员工甲", "wide": False}, {"label": "主要事迹", "text": "第一段。\n第二段。", "wide": True}],
                  "tables": [{"label": "培训", "headings": ["日期", "内容"], "rows": [["2021年9月20日", "防治知识"]]}]}],
    "signatures": [{"label": "单位意见", "text": "同意推荐。"}],
}


def with_name(text: str) -> dict[str, Any]:
    section = DATA["sections"][0]
    return {**DATA, "sections": [{**section, "rows": [{"label": "姓名", "text": text, "wide": False}]}]}


def test_a_form_becomes_an_archivable_pdf() -> None:
    made = Documents().form(DATA)
    assert made.startswith(b"%PDF-")
    assert b"pdfaid:part>2<" in made


def test_what_was_typed_is_never_read_as_markup() -> None:
    made = Documents()
    for text in ('#panic("x")', "$ x", "*", '"); #read("/etc/passwd")', "#include", "[", "\\"):
        assert made.form(with_name(text)).startswith(b"%PDF-")


def test_a_missing_font_is_an_error_and_not_a_page_of_boxes(tmp_path: Path) -> None:
    with pytest.raises(Unprintable) as refused:
        Documents(tmp_path).form(DATA)
    assert "unknown font family: noto sans cjk sc" in refused.value.said[0]


def test_data_that_the_template_does_not_know_is_an_error() -> None:
    with pytest.raises(Unprintable):
        Documents().form({"title": "只有标题"})
