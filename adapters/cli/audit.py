"""`banli audit …`: prints what verifying a place's journal and replaying an instance found; the work is `adapters/system/audit.py`'s."""
from __future__ import annotations

import argparse

from adapters.cli import say
from adapters.system import Settings, System
from adapters.system.audit import replayed, verified_place

LANGUAGE = "zh"


def verify(given: argparse.Namespace) -> int:
    """Form, numbering, chain, tree and signed checkpoints of a place; exit code 1 when anything is wrong."""
    system = System(Settings.from_environment())
    found = verified_place(system, given.place)
    errors = say.findings(LANGUAGE, found.findings)
    print(f"{'✓ 完整' if not errors else '✗ 不完整'}：{found.streams} 个流，{found.entries} 条记录，总账 {found.leaves} 条，检查点 {found.checkpoints} 个，"
          f"尚未入账 {len(found.unsequenced)} 条")
    return 1 if errors else 0


def replay(given: argparse.Namespace) -> int:
    """Carries out an instance's recorded commands again and compares every event and state; exit code 1 at the first difference."""
    system = System(Settings.from_environment())
    outcome = replayed(system, given.place, given.instance, given.at, given.engine == "spiffworkflow")
    for finding in outcome.findings:
        print(say.sentence(LANGUAGE, finding))
    engine = "本系统与 SpiffWorkflow" if given.engine == "spiffworkflow" else "本系统"
    print(f"{'✓ 一致' if not outcome.findings else '✗ 不一致'}：{engine}重演 {outcome.entries} 条记录，状态 {outcome.state_hash[:16]}")
    return 1 if outcome.findings else 0
