"""What changed in a form, field by field, in the words of those who fill it in."""
from __future__ import annotations

import re

import pytest

from adapters.web.design.sentences import Labels, Sentences
from engine.compare.packages import compare_files
from tests.conftest import ROOT

FOLDER = ROOT / "forms" / "role-model-award"
NOMINATION = (FOLDER / "nomination.yaml").read_text(encoding="utf-8")
WORDS = Sentences(Labels(parameters={"codes.hazards": "职业病危害因素"}))


def said(new: str, old: str = NOMINATION) -> list[str]:
    return [WORDS.sentence(one) for one in compare_files("forms/nomination.yaml", old.encode(), new.encode()).changes]


def line_of(id: str) -> str:
    found = re.search(rf"^ *- \{{id: {id},.*\n", NOMINATION, re.MULTILINE)
    assert found
    return found[0]


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("label: 姓名,", "label: 姓名（同身份证）,", "字段“姓名”改名为“姓名（同身份证）”"),
    ("label: 姓名, max: 30", "label: 姓名, max: 40", "字段“姓名”的“最多几个字”由30改为40"),
    ("kind: yes_no, label: 是否一线劳动者, required: true,", "kind: yes_no, label: 是否一线劳动者,", "字段“是否一线劳动者”不再是：必填"),
    ("kind: text, label: 政治面貌（选填）, max: 20, personal: true", "kind: long_text, label: 政治面貌（选填）, max: 20, personal: true", "字段“政治面貌（选填）”的“填写方式”由“一行文字”改为“多行文字”"),
    ("options: {female: 女, male: 男}", "options: {female: 女, male: 男, none: 不便说明}", "字段“性别”增加选项“不便说明”"),
    ("options: {female: 女, male: 男}", "options: {male: 男, female: 女}", "字段“性别”的选项次序改为：男、女"),
    ("options: {female: 女, male: 男}", "options: {female: 女性, male: 男}", "字段“性别”的选项“女”改为“女性”"),
    ('required_if: "=frontline"', 'required_if: "=frontline = false"', "字段“接触的职业病危害因素”的“什么时候必填”由“是否一线劳动者”选“是”时改为“是否一线劳动者”选“否”时"),
    ('options_from: "=scheme.codes.hazards"', "options: {dust: 粉尘}", None),
    ("max_rows: 20", "max_rows: 10", "字段“职业健康知识培训”的“最多几行”由20改为10"),
    ("label: 内容, max: 80", "label: 培训内容, max: 80", "表格“职业健康知识培训”中的一列“内容”改名为“培训内容”"),
    ("accept: [video/mp4], max_size: 500 MB", "accept: [video/mp4], max_size: 300 MB", "字段“‘健康工作方式’微视频”的“每个文件最大”由“500 MB”改为“300 MB”"),
    ("title: 评选材料", "title: 材料", "分栏“评选材料”改名为“材料”"),
    ("help: 一人一表，推荐人数不限。", "help: 一人一表。", "分栏“推荐人选”的“这一栏的填写说明”由“一人一表，推荐人数不限。”改为“一人一表。”"),
    ("identity: [name, phone]", "identity: [name, employer_code]", "表单的“查重依据”由姓名、联系电话改为姓名、统一社会信用代码"),
    ("label: 撤销推荐,", "label: 撤回推荐,", "办理结果“撤销推荐”改名为“撤回推荐”"),
    ("style: danger, opinion: optional", "style: danger, opinion: required", "办理结果“撤销推荐”的“意见”由“可写可不写”改为“必须写”"),
    ("id: post,", "id: job,", "字段“岗位或工种”的代号由 post 改为 job"),
], ids=lambda value: str(value)[:24])
def test_one_change_is_one_sentence(old: str, new: str, sentence: str | None) -> None:
    assert NOMINATION.count(old) == 1

    found = said(NOMINATION.replace(old, new))

    if sentence is None:
        assert found == ["字段“接触的职业病危害因素”的“选项”设为粉尘", "字段“接触的职业病危害因素”的“选项从哪里来”取消（原为方案参数“职业病危害因素”）"]
    else:
        assert found == [sentence.replace("‘健康工作方式’", "“健康工作方式”")]


def test_fields_come_go_and_move() -> None:
    phone, photo, trade = line_of("phone"), line_of("photo"), line_of("trade")
    new = NOMINATION.replace(photo, "").replace(phone, "").replace(trade, "")
    new = new.replace(line_of("name"), phone + line_of("name")).replace(line_of("story"), line_of("story") + trade)
    new = new.replace(line_of("years"), line_of("years") + '      - {id: team, kind: text, label: 班组, required: true, show_if: "=frontline"}\n')

    assert said(new) == [
        "增加“工作单位与岗位”一栏的“班组”（一行文字；必填；什么时候显示：“是否一线劳动者”选“是”时）",
        "字段“行业”由“工作单位与岗位”一栏移到“事迹与活动”一栏",
        "删去“推荐人选”一栏的“照片”（原为：上传文件；个人信息；可传的文件：JPG 图片、PNG 图片；每个文件最大：“5 MB”）",
        "字段“联系电话”移到“表格名称”之后",
    ]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda one: one.stem)
def test_the_words_have_no_keys_of_the_file(file: object) -> None:
    """A form against none of its fields: every setting of the library is told in words."""
    text = (FOLDER / f"{getattr(file, 'stem')}.yaml").read_text(encoding="utf-8")
    bare = "".join(line + "\n" for line in text.splitlines() if not line.startswith((" ", "sections", "outcomes"))) + "sections: []\n"

    assert said(text, text) == []
    for sentence in (*said(text, bare), *said(bare, text)):
        assert not re.search(r"：(True|False|None)|\b(required|personal|max_size|max_count|options_from|text_from|value_from|clause)\b", re.sub(r"公式 .*", "", sentence))
