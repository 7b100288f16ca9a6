"""Comparison of decision tables: each changed row, column and cell is one sentence that a clerk can read."""
from __future__ import annotations

import re

import pytest
from lxml import etree

from adapters.definitions.folder import Library
from adapters.web.design.sentences import Labels, Sentences
from engine.compare.packages import compare_packages
from engine.compare.tables import compare_tables
from tests.conftest import ROOT

TABLE = Library(ROOT).package("decision-sample")["supervision.dmn"]
RULE = re.compile(rb"\s*<rule id=\"risk_class_table_rule2\">.*?</rule>", re.DOTALL)
FIRST = re.compile(rb"\s*<rule id=\"risk_class_table_rule1\">.*?</rule>", re.DOTALL)


def said(old: bytes, new: bytes, language: str = "zh") -> list[str]:
    return [one.sentence for one in Sentences(Labels(), language).all(compare_tables(old, new))]


def test_a_table_is_not_different_from_itself_however_it_is_written() -> None:
    assert compare_tables(TABLE, etree.tostring(etree.fromstring(TABLE), encoding="UTF-16")) == ()
    moved = TABLE.replace(b'<dc:Bounds ', b'<dc:Bounds a="1" ')
    assert compare_tables(TABLE, moved) == ()


@pytest.mark.parametrize(("old", "new", "sentence"), [
    (b">= 50</text>", b">= 60</text>", "决策表“风险类别”第1条的“接触人数”由“>= 50”改为“>= 60”"),
    (b"<text>\"\xe4\xb9\x99\"</text>", b"<text/>", "决策表“风险类别”第2条的“风险类别”由“\"乙\"”改为空"),
    (b'hitPolicy="UNIQUE"', b'hitPolicy="FIRST"', "决策表“风险类别”的命中方式由“唯一命中”改为“首个命中”"),
    ('label="危害程度"'.encode(), 'label="危害"'.encode(), "决策表“风险类别”的列“危害程度”改名为“危害”"),
    ("危害严重且接触人数多".encode(), "危害严重、人数多".encode(), "决策表“风险类别”第1条的“备注”由“危害严重且接触人数多”改为“危害严重、人数多”"),
    (b"<text>&gt;= 0</text>", b"<text>&gt;= 1</text>", "决策表“风险类别”的“接触人数”一列可填的值由“>= 0”改为“>= 1”"),
])
def test_one_change_is_one_sentence(old: bytes, new: bytes, sentence: str) -> None:
    old = old.replace(b">= 50", b"&gt;= 50")
    new = new.replace(b">= 60", b"&gt;= 60")
    assert old in TABLE
    assert said(TABLE, TABLE.replace(old, new, 1)) == [sentence]


def test_a_row_that_is_new_or_gone_is_told_whole() -> None:
    shorter = RULE.sub(b"", TABLE)

    assert said(TABLE, shorter) == ["决策表“风险类别”删去原第2条：当危害程度为\"严重\"，接触人数为< 50时，风险类别为\"乙\""]
    assert said(shorter, TABLE) == ["决策表“风险类别”增加第2条：当危害程度为\"严重\"，接触人数为< 50时，风险类别为\"乙\""]
    assert said(shorter, TABLE, "en") == ['table “风险类别”: row 2 added: when 危害程度: "严重", 接触人数: < 50, then 风险类别: "乙"']


def test_rows_in_another_order_are_told_once() -> None:
    first, second = FIRST.search(TABLE), RULE.search(TABLE)
    assert first is not None and second is not None
    turned = TABLE[:first.start()] + second[0] + first[0] + TABLE[second.end():]

    (sentence,) = said(TABLE, turned)
    assert sentence.startswith("决策表“风险类别”各条的先后有调整，现按原第2、1、3")


def test_a_package_tells_its_tables_and_a_broken_one_as_a_whole() -> None:
    found = compare_packages({"a.dmn": TABLE}, {"a.dmn": RULE.sub(b"", TABLE)})
    assert [(one.code, one.file, one.element) for one in found] == [("table.rule.removed", "a.dmn", "risk_class")]
    assert [one.code for one in compare_packages({"a.dmn": TABLE}, {"a.dmn": b"<x"})] == ["file.changed"]


def test_decisions_and_inputs_come_and_go() -> None:
    more = TABLE.replace(b"</definitions>", '<inputData id="years" name="年限"><variable id="years_v" name="年限"/></inputData></definitions>'.encode())
    assert said(TABLE, more) == ["增加输入项“年限”"]
    assert said(more, TABLE) == ["删去输入项“年限”"]
