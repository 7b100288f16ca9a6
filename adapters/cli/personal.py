"""`banli personal …`: one person's data found, held, erased; the rules are `adapters/database/erasure.py`'s."""
from __future__ import annotations

import argparse
from typing import Any

from adapters.cli import say
from adapters.cli.arguments import at_place, command, group
from adapters.system import Settings, System
from adapters.system.keeping import Erasure


def add(commands: Any) -> None:
    """Declares the commands."""
    under = group(commands, "personal", "个人信息：查找、留存、依法删除；操作记录的链不变")
    made = at_place(command(under, "find", find, "在可读的个人信息中查找，列出编号和所在事项，不显示内容"))
    made.add_argument("text", help="姓名、电话等，至少写一段")
    for name, run, help in (("hold", hold, "须依法留存，不得删除（档案、信访等）"), ("release", release, "不再须留存")):
        _by(at_place(command(under, name, run, help)))
    made = _by(at_place(command(under, "erase", erase, "删除此人的全部个人信息：销毁密钥，记录、草稿和上传的文件中的内容不能再读出；不能撤销")))
    made.add_argument("--approved-by", required=True, help="由谁批准（须是另一人）")


def _by(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("subject", help="编号，由 banli personal find 查得")
    made.add_argument("--reason", required=True, help="事由，如本人申请的文号")
    made.add_argument("--by", required=True, help="由谁办理")
    return made


def find(given: argparse.Namespace) -> int:
    found = _erasure().find(given.place, given.text)
    if not found:
        print("没有找到")
        return 1
    say.table([(one.subject, one.title or one.instance[:8], "、".join(one.fields), one.held) for one in found], ("编号", "事项", "字段", "留存事由"))
    return 0


def hold(given: argparse.Namespace) -> int:
    _erasure().hold(given.place, given.subject, given.reason, given.by)
    print(f"✓ 已登记留存：{given.subject}")
    return 0


def release(given: argparse.Namespace) -> int:
    _erasure().release(given.place, given.subject, given.reason, given.by)
    print(f"✓ 已解除留存：{given.subject}")
    return 0


def erase(given: argparse.Namespace) -> int:
    _erasure().erase(given.place, given.subject, given.reason, given.by, given.approved_by)
    print(f"✓ 已删除：{given.subject}。含密钥的旧备份到期后也应销毁，见运行手册")
    return 0


def _erasure() -> Erasure:
    return Erasure(System(Settings.from_environment()).database)
