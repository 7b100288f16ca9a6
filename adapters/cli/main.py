"""The entry point `banli`: one function a command; words and output only, the work is the system's and the engine's."""
from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.cli import audit, expressions, incidents, operations, personal, reference, retention, say, schemes
from adapters.cli.arguments import at_place, command, group, split, text
from adapters.system import Settings, System
from engine.refusals import Invalid, InvalidAnswers, Refused

LANGUAGE = say.LANGUAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code. 0 done, 1 refused, 2 wrong arguments."""
    given = parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (Invalid, InvalidAnswers, Refused) as refused:
        return say.stop(LANGUAGE, refused)


def parser() -> argparse.ArgumentParser:
    """All commands with their help."""
    top = argparse.ArgumentParser(prog="banli", description="办理：公共部门评选活动的流程系统")
    commands = top.add_subparsers(required=True, metavar="命令")

    serving = command(commands, "serve", serve, "启动网页服务（首次启动时建立演示地 fuxin）")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=int(os.environ.get("BANLI_PORT", "8000")))

    made = at_place(command(commands, "publish", publish, "检查并发布一个流程包"))
    made.add_argument("package", help="流程包名称，如 role-model-award")
    made.add_argument("--by", default="system", help="发布人")

    under = group(commands, "scheme", "方案：检查、新建")
    made = command(under, "check", schemes.check, "检查一个方案，列出全部问题")
    made.add_argument("scheme", help="流程包/方案，如 role-model-award/fuxin-2021，或方案文件")
    made.add_argument("--publish", action="store_true", help="按发布的要求检查（工作日历须已确认）")
    made = command(under, "new", schemes.new, "以已有方案为底稿新建方案")
    made.add_argument("scheme", help="流程包/新方案，如 role-model-award/fuxin-2022")
    made.add_argument("--from", dest="source", required=True, help="底稿方案，如 fuxin-2021")
    made.add_argument("--title", default="", help="新方案名称")

    made = at_place(command(commands, "start", start, "发布方案并启动一次活动"))
    made.add_argument("scheme", help="流程包/方案")
    made.add_argument("--as", dest="user", required=True, help="以谁的身份")

    made = at_place(command(commands, "inbox", inbox, "列出某人的待办"))
    made.add_argument("--as", dest="user", required=True)

    made = at_place(command(commands, "complete", complete, "办结一项待办"))
    made.add_argument("instance")
    made.add_argument("task")
    made.add_argument("--as", dest="user", required=True)
    made.add_argument("--outcome", default="")
    made.add_argument("--opinion", default="")
    made.add_argument("--answers", default="{}", help="答复：JSON 文本，或 @文件")

    under = group(commands, "audit", "核验操作记录、重演实例")
    made = at_place(command(under, "verify", audit.verify, "核验操作记录：格式、次序、链、总账、检查点；给出文件时离线核验该文件"))
    audit.verify_arguments(made)
    made = at_place(command(under, "export", audit.export, "导出操作记录：JSON（可离线核验）、CSV、XES"))
    audit.export_arguments(made)
    made = at_place(command(under, "replay", audit.replay, "按存档重演一个实例，与存档逐条比对"))
    made.add_argument("instance")
    made.add_argument("--at", type=int, default=0, metavar="SEQ", help="重演到第几条")
    made.add_argument("--engine", choices=("banli", "spiffworkflow"), default="banli")

    made = command(commands, "rehearse", rehearse, "按排演脚本把一次活动从头走到尾")
    made.add_argument("scheme", help="流程包/方案")
    made.add_argument("--engine", choices=("banli", "spiffworkflow"), default="banli", help="另以第二引擎逐步核对")
    made.add_argument("--set", dest="changes", action="append", default=[], metavar="路径=值", help="改动脚本中的一个值，如 scores.N05.video=91")
    made.add_argument("--keep", type=Path, default=None, help="保留数据库的文件夹")
    made.add_argument("--quiet", action="store_true")

    incidents.add(commands)
    expressions.add(commands)
    reference.add(commands)
    operations.add(commands)
    retention.add(commands)
    personal.add(commands)
    return top


def opened(given: argparse.Namespace) -> System:
    return System(Settings.from_environment())


def serve(given: argparse.Namespace) -> int:
    from adapters.cli.serve import serve as run

    return run(given.host, given.port)


def publish(given: argparse.Namespace) -> int:
    system = opened(given)
    bundle = system.publish(given.place, system.library.package(given.package), given.by)
    say.findings(LANGUAGE, bundle.notes)
    print(f"已发布 {bundle.package.title} {bundle.package.version}：{bundle.hash}")
    return 0


def start(given: argparse.Namespace) -> int:
    system = opened(given)
    package, name = split(given.scheme)
    answer = system.begin(given.place, package, name, given.user)
    system.run_due(given.place)
    print(f"已启动 {system.head(given.place, answer.instance).title}：{answer.instance}")
    return 0


def inbox(given: argparse.Namespace) -> int:
    system = opened(given)
    lines = system.queries.inbox(given.place, given.user, {}, 1)
    say.table([(one.instance[:8], one.task, one.name, one.about, f"{one.due_at:%Y-%m-%d %H:%M}" if one.due_at else "") for one in lines.rows],
              ("实例", "任务", "事项", "关于", "期限（UTC）"))
    return 0


def complete(given: argparse.Namespace) -> int:
    system = opened(given)
    answer = system.complete(given.place, given.user, given.instance, given.task, given.outcome, given.opinion, json.loads(text(given.answers)), "")
    system.run_due(given.place)
    print(f"已办结，记录第 {answer.seq} 条")
    return 0


def rehearse(given: argparse.Namespace) -> int:
    from adapters.cli.rehearse import rehearse as run

    package, name = split(given.scheme)
    return run(package, name, given.engine, given.changes, given.keep, given.quiet, LANGUAGE)


if __name__ == "__main__":
    sys.exit(main())
