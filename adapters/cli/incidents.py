"""`banli incidents …`: shows what waits for a person, by cause, and does about it what the administrator says; judges nothing itself."""
from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.cli import say
from adapters.cli.arguments import at_place, command, group, text
from adapters.locale import say as words
from adapters.system import Settings, System
from adapters.system import incidents as work
from adapters.system.incidents import Cause, Incident, Outcome
from engine.journal.canonical import from_canonical
from engine.refusals import Refused


def add(commands: Any) -> None:
    """Declares the commands."""
    under = group(commands, "incidents", "异常环节：按原因列出、重试、视为完成、终止")
    made = _chosen(at_place(command(under, "list", show, "按原因列出等待处理的异常")))
    made.add_argument("--as", dest="user", default=None, help="只列此人可以处理或查看的（默认全部）")
    made.add_argument("--each", action="store_true", help="逐个列出，不按原因归并")

    made = _acting(command(under, "retry", retry, "重试：改正数据后再做一遍"))
    made.add_argument("--set", dest="variables", default="{}", metavar="JSON", help="重试前改正的变量：JSON，或 @文件")
    made = _acting(command(under, "resolve", resolve, "视为完成：由人补上该环节应有的结果"))
    made.add_argument("--reason", required=True, help="理由，记入操作记录")
    made.add_argument("--set", dest="variables", default="{}", metavar="JSON", help="该环节应有的结果：JSON，或 @文件")
    made = _acting(command(under, "cancel", cancel, "终止：停办异常所在的整个事项"))
    made.add_argument("--reason", required=True, help="理由，记入操作记录")


def _acting(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    at_place(made).add_argument("incidents", nargs="*", metavar="实例/异常", help="如 3f2a91/i1，实例只写开头几位即可；不写则按下列条件选取")
    made.add_argument("--as", dest="user", required=True, help="以谁的身份（须为该单位的流程管理员）")
    return _chosen(made)


def _chosen(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    for name, help in (("code", "原因代码，如 decision.broken"), ("process", "流程"), ("element", "环节"), ("campaign", "活动")):
        made.add_argument(f"--{name}", default="", help=f"只选此{help}")
    return made


def show(given: argparse.Namespace) -> int:
    """0 also when there are some: that is no failure of the command."""
    system = System(Settings.from_environment())
    found = work.open_incidents(system, given.place, given.user, **_filters(given))
    say.lines(line for cause in work.causes(found) for line in (_told_each(system, given.place, cause) if given.each else _told(system, given.place, cause)))
    print(words("共 {count} 个异常，{causes} 种原因", say.LANGUAGE, count=len(found), causes=len(work.causes(found))))
    stranded = work.stranded(system, given.place) if given.user is None else []
    for instance, job, kind, error in stranded:
        print(words("! 后台工作 {job}（{kind}）已放弃：{error}", say.LANGUAGE, job=f"{instance[:8]}/{job}", kind=kind, error=error))
    for id, instance, error in work.undelivered(system, given.place) if given.user is None else []:
        print(words("! 通知 {message}（事项 {instance}）多次投递未成，已停止：{error}", say.LANGUAGE, message=id[:8], instance=instance[:8], error=error))
    return 0


def _filters(given: argparse.Namespace) -> dict[str, str]:
    return {name: getattr(given, name) for name in ("code", "process", "element", "campaign")}


def _told(system: System, place: str, cause: Cause) -> list[str]:
    first = cause.incidents[0]
    return [
        f"{len(cause.incidents):>5}  {cause.code}  {cause.process}/{cause.element} {_name(system, place, first)}".rstrip(),
        f"       {work.sentence(first.code, first.details, say.LANGUAGE)}",
        f"       {_at(cause.first_at)} – {_at(cause.last_at)}  {_short(first)} {first.title}".rstrip(),
    ]


def _told_each(system: System, place: str, cause: Cause) -> list[str]:
    return [f"{_short(one)}  {_at(one.opened_at)}  {cause.process}/{cause.element}  {work.sentence(one.code, one.details, say.LANGUAGE)}  {one.title}".rstrip()
            for one in cause.incidents]


def _name(system: System, place: str, incident: Incident) -> str:
    node = system.published.bundle(place, incident.package).graphs.processes[incident.process].nodes.get(incident.element)
    return node.name if node is not None else ""


def _short(incident: Incident) -> str:
    return f"{incident.instance[:8]}/{incident.id}"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def retry(given: argparse.Namespace) -> int:
    variables = _variables(given.variables)
    return _act(given, lambda system, found: work.retry(system, given.place, given.user, found, variables), "已重试")


def resolve(given: argparse.Namespace) -> int:
    variables = _variables(given.variables)
    return _act(given, lambda system, found: work.resolve(system, given.place, given.user, found, given.reason, variables), "已视为完成")


def cancel(given: argparse.Namespace) -> int:
    return _act(given, lambda system, found: work.cancel(system, given.place, given.user, found, given.reason), "已终止")


def _act(given: argparse.Namespace, act: Callable[[System, Sequence[Incident]], list[Outcome]], done: str) -> int:
    """Acts on the incidents named, else on those that fit; 1 when one is refused or fails again. Raises Refused `cli.which_incidents`."""
    system = System(Settings.from_environment())
    filters = _filters(given)
    if not given.incidents and not any(filters.values()):
        raise Refused("cli.which_incidents")
    found = ([work.one_incident(system, given.place, given.user, name) for name in given.incidents]
             or work.open_incidents(system, given.place, given.user, **filters))
    outcomes = act(system, found)
    say.lines(_became(one, done) for one in outcomes)
    print(words("共 {count} 个，办成 {done} 个", say.LANGUAGE, count=len(outcomes), done=sum(one.done for one in outcomes)))
    return 0 if all(one.done for one in outcomes) else 1


def _became(outcome: Outcome, done: str) -> str:
    name = _short(outcome.incident)
    if outcome.refused is not None:
        return f"✗ {name}  {words(outcome.refused.code, say.LANGUAGE, **outcome.refused.details)}"
    if outcome.again is not None:
        return f"✗ {name}  {words('又出现异常：', say.LANGUAGE)}{work.sentence(outcome.again.code, outcome.again.details, say.LANGUAGE)}"
    return f"✓ {name}  {words(done, say.LANGUAGE)}"


def _variables(given: str) -> Mapping[str, Any]:
    """Raises Refused `cli.values`."""
    told = text(given)
    try:
        value = from_canonical(told)
    except ValueError as wrong:
        raise Refused("cli.values", text=told.strip()[:60], reason=str(wrong)) from None
    if not isinstance(value, dict):
        raise Refused("cli.values", text=told.strip()[:60], reason=words("不是一组“名称: 值”", say.LANGUAGE))
    return value
