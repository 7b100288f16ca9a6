"""Every text of the pages has its English; lookups fall back rather than fail."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from adapters import web
from adapters.locale import catalogue, say

WEB = Path(web.__file__).parent
CALL = re.compile(r"""\bt\((['"])((?:(?!\1).)+)\1\s*[,)]""")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Parts of dates and document text that are put together, not looked up.
NOT_LOOKED_UP = {"一二三四五六日", "年", "月", "日", "日（周", "办理 Banli", "公示", "、", "，", "办理"}


def texts_of_templates() -> Iterator[tuple[str, str]]:
    for path in sorted((WEB / "templates").glob("*.html")):
        for found in CALL.finditer(path.read_text(encoding="utf-8")):
            if not found[2].isascii():
                yield path.name, found[2]


def texts_of_modules() -> Iterator[tuple[str, str]]:
    for path in sorted(WEB.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                      and node.body and isinstance(node.body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value) and id(node) not in docstrings:
                yield path.name, node.value


def test_every_text_of_the_pages_has_its_english() -> None:
    english = catalogue("en")
    missing = sorted({f"{file}: {text}" for file, text in (*texts_of_templates(), *texts_of_modules()) if text not in NOT_LOOKED_UP and text not in english})
    assert missing == []


def test_no_template_has_a_chinese_text_that_is_not_looked_up() -> None:
    found = []
    for path in sorted((WEB / "templates").glob("*.html")):
        plain = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [f"{path.name}: {each}" for each in re.findall(r"[\u4e00-\u9fff]+", plain) if each != "中文"]
    assert found == []


def test_a_sentence_is_filled_in_its_language() -> None:
    assert say("identity.locked", "zh", minutes=3) == "连续多次输错，该账号已暂停登录，约 3 分钟后可再试"
    assert say("identity.locked", "en", minutes=3).endswith("about 3 minutes")


def test_what_is_not_known_is_said_so_and_nothing_breaks() -> None:
    assert say("no.such.code", "zh") == "操作没有完成（no.such.code）。请把这个代码告诉系统管理员"
    assert say("没有登记的话", "en") == "没有登记的话"
    assert say("identity.locked", "zh") == "连续多次输错，该账号已暂停登录，约 … 分钟后可再试"
    assert say("依据：方案{clause}", "zh", clause=["一", "二"]) == "依据：方案一、二"
