"""`banli worker`, `schema`, `database`, `backup`, `restore`, `place new`, `export`, `import`: what keeps an installation running; the work is done elsewhere."""
from __future__ import annotations

import argparse
import os
import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from adapters.cli import say
from adapters.cli.arguments import at_place, command, group
from adapters.locale import say as words
from adapters.system import Settings, System, moving, operations
from adapters.system.design import Design
from adapters.worker import logs, run


def add(commands: Any) -> None:
    """Declares the commands."""
    made = command(commands, "worker", worker, "另起一个后台进程：到期、作业、消息、入账（可在任意节点起任意个）")
    made.add_argument("--log", choices=("text", "json"), default=os.environ.get("BANLI_LOG", "text"), help="日志格式（默认取 BANLI_LOG）")

    made = command(commands, "backup", backup, "在线备份：一致的快照，写完即核验；密钥另存一份 FILE.keys")
    made.add_argument("file", type=Path, metavar="FILE", help="备份文件（不得已存在）")

    command(commands, "schema", schema, "升级前查看：程序和数据库各是什么结构，新旧节点能否同时运行（不改动数据库）")

    made = command(commands, "database", database, "逐项询问数据库能做什么、怎样设置；不合用的说明原因")
    made.add_argument("--check", action="store_true", help="另外通读 SQLite 文件核对（integrity_check，每晚一次为宜）")

    under = group(commands, "place", "一地：新建，整体导出、导入（格式见 docs/export.md）")
    made = command(under, "new", found, "新建一个正式使用的地，连同它的第一名管理员；密码在终端输入，或由标准输入给出一行")
    made.add_argument("place", metavar="ID", help="代号，小写字母开头，如 jinzhou")
    made.add_argument("--title", required=True, help="名称，如“锦州市”")
    made.add_argument("--name", required=True, help="管理员的姓名")
    made.add_argument("--login", required=True, help="管理员的登录名")
    made.add_argument("--zone", default="Asia/Shanghai", help="时区（默认 Asia/Shanghai）")
    made = at_place(command(under, "export", take_out, "导出一地的全部内容：JSON 行、文件、清单；密钥另存一份 DIR.keys"))
    made.add_argument("folder", type=Path, metavar="DIR", help="导出到的文件夹（不得已存在）")
    made = command(under, "import", bring_in, "把导出的一地导入本机数据库并核验（该地不得已存在）")
    made.add_argument("folder", type=Path, metavar="DIR", help="导出的文件夹")
    made.add_argument("--keys", type=Path, default=None, metavar="DIR", help="密钥部分（默认 DIR.keys）")
    made.add_argument("--without-keys", action="store_true", help="不导入密钥：个人信息和上传文件将不可读")
    made.add_argument("--check", action="store_true", help="只核验，不导入")

    made = command(commands, "restore", restore, "恢复到空的数据库并核验")
    made.add_argument("file", type=Path, metavar="FILE", help="备份文件")
    made.add_argument("--keys", type=Path, default=None, metavar="FILE", help="密钥备份（默认 FILE.keys；应取最新的一份，已清除的人才不会复原）")
    made.add_argument("--without-keys", action="store_true", help="不恢复密钥：个人信息和上传文件将不可读")
    made.add_argument("--check", action="store_true", help="只核验备份，不恢复")


def found(given: argparse.Namespace) -> int:
    password = getpass("管理员密码：") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    administrator = {"name": given.name, "login": given.login, "password": password}
    Design(System(Settings.from_environment())).found_place(given.place, given.title, "live", given.zone, administrator, "system")
    print(f"已建立：{given.title}（{given.place}）。请以 {given.login} 登录，在“设计”中导入流程包、录入机构和人员")
    return 0


def worker(given: argparse.Namespace) -> int:
    logs.configure(given.log)
    system = System(Settings.from_environment())
    print("后台进程已启动（按 Ctrl+C 停止）", flush=True)
    return run(system)


def schema(given: argparse.Namespace) -> int:
    """Exit code 1 when this program would refuse to start on the database."""
    (head, oldest), found = operations.schemas(Settings.from_environment())
    print(f"程序：结构 {head}，升级之后结构 {oldest} 及以上的程序可以同时运行")
    if found is None:
        print("数据库：空，首次启动时建立")
        return 0
    revision, serves = found
    print(f"数据库：结构 {revision}，结构 {serves} 及以上的程序可以运行")
    if revision > head and serves > head:
        print("✗ 本程序比数据库旧，会拒绝启动。请换用新版本的程序")
        return 1
    if revision < head:
        print("启动时将升级" + ("；旧节点可以逐个替换" if revision >= oldest else "；请先停掉全部旧节点"))
    else:
        print("✓ 可以启动，结构不变")
    return 0


def database(given: argparse.Namespace) -> int:
    """Exit code 1 when the database cannot be used, or is damaged."""
    with operations.opened(Settings.from_environment()) as opened:
        found = operations.asked(opened)
        damage = operations.sound(opened) if given.check else "ok"
    for one in found:
        sign = {"ok": "✓", "note": "·", "warning": "!", "error": "✗"}[one.severity]
        print(f"{sign} {words(f'database.{one.name}.label', say.LANGUAGE)}：{one.found}"
              + ("" if one.severity == "ok" else f"　{words(f'database.{one.name}', say.LANGUAGE, found=one.found)}"))
    if damage != "ok":
        print(words("database.damaged", say.LANGUAGE, found=damage))
    return int(damage != "ok" or any(one.severity == "error" for one in found))


def backup(given: argparse.Namespace) -> int:
    found = operations.back_up(System(Settings.from_environment()), given.file)
    print(f"✓ 已备份并核验：{given.file}（{found.rows} 行，{found.streams} 个流，{found.entries} 条记录，结构 {found.revision}）")
    print(f"  密钥另存：{operations.keys_path(given.file)}（请与备份分开保管，保留不超过 30 天）；上传的文件在 files/ 文件夹，请另行复制")
    return 0


def take_out(given: argparse.Namespace) -> int:
    done = moving.take_out(System(Settings.from_environment()), given.place, given.folder)
    print(f"✓ 已导出并核验：{given.folder}（{done.rows} 行，{done.entries} 条记录，{done.files} 个文件）")
    print(f"  密钥另存：{moving.keys_folder(given.folder)}（请分开保管，用后销毁）")
    return 0


def bring_in(given: argparse.Namespace) -> int:
    keys = None if given.without_keys else given.keys or moving.keys_folder(given.folder)
    done = moving.bring_in(Settings.from_environment(), given.folder, keys, given.check)
    print(f"✓ {'核验无误' if given.check else '已导入并核验'}：{done.place}（{done.rows} 行，{done.entries} 条记录，{done.files} 个文件）")
    return 0


def restore(given: argparse.Namespace) -> int:
    if given.check:
        found = operations.verified(given.file)
        print(f"✓ 备份完好：{found.rows} 行，{found.streams} 个流，{found.entries} 条记录，结构 {found.revision}")
        return 0
    keys = None if given.without_keys else given.keys or operations.keys_path(given.file)
    settings = Settings.from_environment()
    found = operations.restore(settings, given.file, keys)
    print(f"✓ 已恢复并核验：{found.rows} 行，{found.streams} 个流，{found.entries} 条记录")
    for path in operations.missing_keys(settings):
        print(words("backup.key_missing", say.LANGUAGE, place=path.stem, path=path))
    print("  请再运行 banli audit verify 核验签名")
    return 0
