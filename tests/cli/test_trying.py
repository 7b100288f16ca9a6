"""`banli feel` and `banli dmn` as somebody at a terminal uses them: values, reasons, mistakes, and that nothing is left behind."""
from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import ROOT, Ran, banli, called
from tests.dmn.build import decision, given, model, table

SUPERVISION = str(ROOT / "processes/decision-sample/supervision.dmn")


@pytest.mark.parametrize(("arguments", "out"), [
    (("0.1 + 0.2",), "0.3"),
    (('=得分 >= 60 and 县 = "甲"', "--scope", '{"得分": 85.5, "县": "甲"}'), "true"),
    (("截止 + duration(\"P1D\")", "--scope", '{截止: date("2021-10-15")}'), "2021-10-16"),
    (("now()", "--at", "2021-10-12T09:00"), "2021-10-12T09:00:00@Asia/Shanghai"),
    (("due in(3)", "--at", "2021-09-30T09:00"), "2021-10-12T00:00:00@Asia/Shanghai"),
    (("scheme.quota.total * 1.1", "--scheme", "role-model-award/fuxin-2021"), "22"),
    (("days in weekend + 1", "--scope", '{"days in weekend": 2}'), "3"),
])
def test_an_expression_gives_its_value(arguments: tuple[str, ...], out: str) -> None:
    assert called("feel", *arguments) == Ran(0, [out], [])


def test_a_null_says_why() -> None:
    assert called("feel", "得分 >= 60 and 县", "--scope", '{"得分": 85}') == Ran(
        0, ["null"], ["· 第 1 行第 14 列：没有名为“县”的变量，请核对名称，或先给它赋值。"])


@pytest.mark.parametrize(("text", "err"), [
    ("得份 + 1", "· 第 1 行第 1 列：没有名为“得份”的变量，请核对名称，或先给它赋值。（是不是“得分”？）"), ("cuont(得分)", "· 第 1 行第 1 列：没有名为“cuont”的函数，请核对名称。（是不是“count”？）"),
    ('得分 + "1"', "· 第 1 行第 4 列：“+”不能用于数值和文本，请先换成同类的值。"), ("abs(1, 2)", "· 第 1 行第 1 列：函数“abs”的参数个数不对：给了 2 个，应为 1 个。"),
])
def test_a_slip_is_told_with_what_was_probably_meant(text: str, err: str) -> None:
    assert called("feel", text, "--scope", '{"得分": 85}').err[:1] == [err]


def test_an_explanation_names_what_was_used() -> None:
    found = banli("feel", "count(票)", "--scope", '{"票": [1, 0]}', "--explain")
    assert found == Ran(0, ["2", "· 结果类型：数值", "· 用到的变量：票 = [1, 0]", "· 用到的函数：count"], [])


@pytest.mark.parametrize(("arguments", "err"), [
    (("得分 >= ）",), ["✗ 第 1 行第 7 列：“）”不能用在表达式里，请改为“)”。", "    得分 >= ）", "            ^"]),
    (('assert(1, 1 > 2, "太小")',), ["✗ 断言不成立，已中止。太小"]),
    (("count(for a in 1..1000, b in 1..1000 return a * b)",), ["✗ 计算量超过上限（300000），已中止，请简化表达式或缩小数据。"]),
    (("1", "--scope", "[1]"), ["✗ “[1]”不是 JSON 或 FEEL 上下文（例如 {\"得分\": 85}）：不是一组“名称: 值”"]),
    (("1", "--scope", "@gone.json"), ["✗ 读不了文件“gone.json”，请核对路径。"]),
    (("1", "--at", "明天"), ["✗ “明天”不是时刻，请写成 2021-10-12T09:00，需要时加时区，如 +08:00。"]),
    (("1", "--scheme", "fuxin"), ["✗ “fuxin”不是“流程包/方案”的写法，例如 role-model-award/fuxin-2021。"]),
])
def test_a_mistake_is_told_on_the_error_stream(arguments: tuple[str, ...], err: list[str]) -> None:
    assert called("feel", *arguments) == Ran(1, [], err)


def test_it_speaks_english_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = banli("feel", "x", home=tmp_path, language="en", folder=tmp_path)
    assert found == Ran(0, ["null"], ["· line 1, column 1: There is no variable “x”; check the name, or give it a value first."])
    assert list(tmp_path.iterdir()) == []


def test_a_file_may_hold_the_scope(tmp_path: Path) -> None:
    (tmp_path / "scope.json").write_text('\ufeff{"a": {"$date": "2021-10-15"}}', "utf-8")
    assert called("feel", "a.year", "--scope", f"@{tmp_path}/scope.json").out == ["2021"]


# DMN ----------------------------------------------------------------------------------------------------------------------------------


def test_a_decision_gives_its_value_and_its_rules() -> None:
    inputs = '{"危害程度": "严重", "接触人数": 60, "自查得分": 70, "合格分": 80}'
    assert banli("dmn", SUPERVISION, "监管安排", "--inputs", inputs) == Ran(
        0, ['{类别: "甲", 间隔月数: 6, 方式: "现场检查"}', "决策表“风险类别”第 1 条", "决策表“监管频次”第 1 条"], [])


def test_a_wrong_input_is_told_and_so_is_every_null() -> None:
    found = called("dmn", SUPERVISION, "risk_class", "--inputs", '{"危害程度": "轻", "人数": 3}')
    assert (found.code, found.out) == (0, ["null"])
    assert found.err == ["! 没有给出“接触人数”，按空值计算", "! 用不到“人数”，可用的输入：危害程度、接触人数", "· “危害程度”的值“轻”不在允许的取值之内。（风险类别）"]


def test_without_a_decision_it_lists_them() -> None:
    found = called("dmn", SUPERVISION)
    assert (found.code, [line.split() for line in found.out]) == (0, [
        ["编号", "决策", "输入"], ["risk_class", "风险类别", "危害程度、接触人数"], ["frequency", "监管频次", "自查得分、合格分、危害程度、接触人数"],
        ["supervision", "监管安排", "危害程度、接触人数、自查得分、合格分"]])


def test_gaps_and_overlaps_are_shown_with_an_example_and_an_overlap_fails(tmp_path: Path) -> None:
    rules = table("x", "y", "<= 3 | 1", "[3..5] | 2", types={"x": "number"})
    (tmp_path / "m.dmn").write_bytes(model(given("x", type="number"), decision("d", rules, "x")))
    found = banli("dmn", str(tmp_path / "m.dmn"), "d", "--inputs", '{"x": 4}')
    assert (found.code, found.out[:2], found.err) == (1, ["2", "决策表“d”第 2 条"], [])
    assert [line.partition("  ")[2] for line in found.out[2:]] == [
        "t  决策表“d”的第 1, 2 条规则会同时命中，例如：x = 3。请修改其中一条，或换用别的命中策略。",
        "t  决策表“d”没有规则覆盖这种情形：x = 6。请补一条规则，或设默认输出。"]


@pytest.mark.parametrize(("arguments", "err"), [
    ((SUPERVISION, "安排"), "✗ 模型“分类监管”中没有名为“安排”的决策，请核对名称，现有：风险类别、监管频次、监管安排。"),
    (("gone.dmn",), "✗ 读不了文件“gone.dmn”，请核对路径。"),
])
def test_what_is_not_there_is_told(arguments: tuple[str, ...], err: str) -> None:
    assert called("dmn", *arguments) == Ran(1, [], [err])


def test_a_file_that_is_no_model_is_named() -> None:
    found = called("dmn", str(ROOT / "README.md"))
    assert (found.code, found.out) == (1, []) and found.err[0].startswith("✗ README.md:1 ")
