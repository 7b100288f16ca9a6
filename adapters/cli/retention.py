"""`banli retention …`: how long finished matters are kept, legal holds, removal under a certificate; the rules are `adapters/database/retention.py`'s."""
from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.cli import say
from adapters.cli.arguments import at_place, command, group
from adapters.system import Settings, System, keeping
from adapters.system.keeping import Family, Retention
from engine.refusals import Refused


def add(commands: Any) -> None:
    """Declares the commands."""
    under = group(commands, "retention", "保管期限：到期的事项整件移除并留下凭证，总账不变")
    made = at_place(command(under, "period", period, "规定一个流程包的事项办结后保管多久（记入操作记录）"))
    made.add_argument("package", help="流程包名称，如 role-model-award")
    made.add_argument("--days", type=int, required=True, help="办结后保管的天数，如 3650")
    made.add_argument("--basis", required=True, help="依据，如保管期限表的条款")
    made.add_argument("--by", required=True, help="由谁规定")

    at_place(command(under, "list", families, "列出全部事项：办结时间、保管至何时、能否移除"))

    for name, run, help in (("hold", hold, "暂缓移除一件事项（诉讼、审计、信访等）"), ("release", release, "解除暂缓")):
        made = at_place(command(under, name, run, help))
        made.add_argument("instance", help="事项编号，可只写前几位")
        made.add_argument("--reason", required=True, help="事由")
        made.add_argument("--by", required=True, help="由谁决定")

    made = at_place(command(under, "remove", remove, "移除保管期满的事项：全部记录、个人信息的密钥、上传的文件；不能撤销"))
    made.add_argument("instance", nargs="?", default="", help="事项编号，可只写前几位；不写则移除全部期满的事项")
    made.add_argument("--by", required=True, help="由谁移除")
    made.add_argument("--approved-by", required=True, help="由谁批准（须是另一人）")
    made.add_argument("--check", action="store_true", help="只列出将要移除的，不移除")

    made = at_place(command(under, "certificates", certificates, "列出移除凭证；给出编号时写成文件（含每条记录的叶指纹和签名）"))
    made.add_argument("number", nargs="?", type=int, default=0, help="凭证编号")
    made.add_argument("--out", type=Path, metavar="FILE", help="写到文件（不覆盖）")


def period(given: argparse.Namespace) -> int:
    _retention().set_period(given.place, given.package, given.days, given.basis, given.by)
    print(f"已规定：流程包 {given.package} 的事项办结后保管 {given.days} 天")
    return 0


def families(given: argparse.Namespace) -> int:
    system, found = _with_families(given.place)
    retention = Retention(system.database)
    now, zone = retention.now(given.place), _zone(system, given.place)
    say.table([(one.root[:8], one.title or one.process, one.package, one.instances, _day(one.ended_at, zone), _day(one.until, zone), _standing(one, now))
               for one in found], ("编号", "事项", "流程包", "件数", "办结", "保管至", "状态"))
    return 0


def hold(given: argparse.Namespace) -> int:
    system, found = _with_families(given.place)
    root = _one(found, given.instance).root
    Retention(system.database).hold(given.place, root, given.reason, given.by)
    print(f"已暂缓移除：{root}")
    return 0


def release(given: argparse.Namespace) -> int:
    system, found = _with_families(given.place)
    root = _one(found, given.instance).root
    Retention(system.database).release(given.place, root, given.reason, given.by)
    print(f"已解除暂缓：{root}")
    return 0


def remove(given: argparse.Namespace) -> int:
    system, found = _with_families(given.place)
    now = Retention(system.database).now(given.place)
    chosen = [_one(found, given.instance)] if given.instance else [one for one in found if one.due(now)]
    for one in chosen:
        if given.check:
            print(f"将移除：{one.root[:8]} {one.title or one.process}（{one.instances} 件）：{_standing(one, now)}")
            continue
        done = keeping.remove(system, given.place, one.root, given.by, given.approved_by)
        print(f"✓ 已移除 {one.root[:8]}：{len(done.certificate.lines)} 件、{done.certificate.entries} 条记录、{len(done.files)} 个文件，凭证第 {done.certificate.number} 号")
    if not chosen:
        print("没有保管期满的事项")
    return 0


def certificates(given: argparse.Namespace) -> int:
    system = System(Settings.from_environment())
    if given.number:
        text = keeping.document(system, given.place, given.number)
        if given.out is None:
            print(text, end="")
            return 0
        try:
            with open(given.out, "x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise Refused("backup.exists", path=str(given.out)) from None
        print(f"已写出：{given.out}")
        return 0
    zone = _zone(system, given.place)
    say.table([(one.number, one.instance[:8], len(one.lines), one.entries, f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", one.by, one.approved_by, one.basis)
               for one in Retention(system.database).certificates(given.place)], ("凭证", "编号", "件数", "记录", "移除时间", "移除人", "批准人", "依据"))
    return 0


def _retention() -> Retention:
    return Retention(System(Settings.from_environment()).database)


def _with_families(place: str) -> tuple[System, list[Family]]:
    system = System(Settings.from_environment())
    return system, Retention(system.database).families(place)


def _one(found: list[Family], wanted: str) -> Family:
    """The matter whose id begins so. Raises Refused `retention.which` unless there is exactly one."""
    matching = [one for one in found if one.root.startswith(wanted)]
    if len(matching) != 1:
        raise Refused("retention.which", wanted=wanted, count=len(matching))
    return matching[0]


def _zone(system: System, place: str) -> ZoneInfo:
    return ZoneInfo(next(one.zone for one in system.places() if one.id == place))


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d}"


def _standing(one: Family, now: datetime) -> str:
    if one.live:
        return f"在办（{one.live} 件）"
    if one.held:
        return f"暂缓：{one.held}"
    if one.until is None:
        return "未规定期限"
    return "期满，可移除" if one.until <= now else "保管中"
