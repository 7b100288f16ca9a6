"""`banli audit …`: prints what verifying a place's journal and replaying an instance found; the work is `adapters/system/audit.py`'s."""
from __future__ import annotations

import argparse
from base64 import b64decode, b64encode
from pathlib import Path

from adapters.cli import say
from adapters.system import Settings, System
from adapters.system.audit import replayed, verified_place
from adapters.system.auditing import Auditing
from adapters.system.export import checked_file
from adapters.system.keeping import Retention
from engine.journal.verify import Verified
from engine.refusals import Refused

LANGUAGE = "zh"


def verify_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument("file", nargs="?", type=Path, help="导出的 JSON 文件；不给时核验本机数据库")
    made.add_argument("--key", default="", help="从别处得知的公钥（base64 或十六进制）")
    made.add_argument("--anchor", type=Path, action="append", default=[], metavar="FILE", help="以前抄存的检查点，可以多次给出")


def export_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument("--as", dest="user", required=True, help="以谁的身份（只含其可见的记录）")
    made.add_argument("--format", choices=("json", "csv", "xes"), default="json")
    made.add_argument("--instance", default="", help="只导出一个事项")
    made.add_argument("--campaign", default="", help="只导出一次活动")
    made.add_argument("--out", type=Path, required=True, metavar="FILE")


def verify(given: argparse.Namespace) -> int:
    """Form, numbering, chain, tree and signed checkpoints of a place or of an exported file; exit code 1 when anything is wrong."""
    if given.file is not None:
        return _verify_file(given)
    system = System(Settings.from_environment())
    code = _report(verified_place(system, given.place))
    for one in Retention(system.database).certificates(given.place):
        print(f"· {one.instance}：{len(one.lines)} 件、{one.entries} 条记录保管期满，已按凭证第 {one.number} 号移除（{one.at:%Y-%m-%d}），叶指纹仍在总账")
    return code


def _verify_file(given: argparse.Namespace) -> int:
    """Needs neither database nor keys of this machine."""
    found = checked_file(_read(given.file), _key(given.key), [_read(anchor).decode(errors="replace") for anchor in given.anchor])
    print(f"文件：{found.place}，{found.scope}，{found.at:%Y-%m-%d %H:%M} UTC 由 {found.by} 导出；公钥 {b64encode(found.public_key).decode()}")
    if not given.key:
        print("! 没有给出 --key：文件自带的公钥未经核对，请与印存的公钥比较")
    return _report(found.verified)


def _report(found: Verified) -> int:
    errors = say.findings(LANGUAGE, found.findings)
    print(f"{'✓ 完整' if not errors else '✗ 不完整'}：{found.streams} 个流，{found.entries} 条记录，总账 {found.leaves} 条，检查点 {found.checkpoints} 个，"
          f"尚未入账 {len(found.unsequenced)} 条")
    return 1 if errors else 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Refused("cli.file", file=str(path)) from None


def _key(text: str) -> bytes | None:
    """Raises Refused `cli.key`."""
    if not text:
        return None
    try:
        key = bytes.fromhex(text) if len(text) == 64 else b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Refused("cli.key", key=text)
    return key


def export(given: argparse.Namespace) -> int:
    """Writes what somebody may see of the record to a file; the act is recorded."""
    system = System(Settings.from_environment())
    made = Auditing(system).export(given.place, given.user, given.format, given.instance, given.campaign)
    given.out.write_bytes(made.content)
    print(f"已导出 {made.entries} 条记录到 {given.out}（{len(made.content)} 字节）")
    return 0


def replay(given: argparse.Namespace) -> int:
    """Carries out an instance's recorded commands again and compares every event and state; exit code 1 at the first difference."""
    system = System(Settings.from_environment())
    outcome = replayed(system, given.place, given.instance, given.at, given.engine == "spiffworkflow")
    for finding in outcome.findings:
        print(say.sentence(LANGUAGE, finding))
    engine = "本系统与 SpiffWorkflow" if given.engine == "spiffworkflow" else "本系统"
    print(f"{'✓ 一致' if not outcome.findings else '✗ 不一致'}：{engine}重演 {outcome.entries} 条记录，状态 {outcome.state_hash[:16]}")
    return 1 if outcome.findings else 0
