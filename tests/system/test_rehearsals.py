"""Both campaigns from the notice to the use of results: every act over HTTP as its role, proved by verification, replay and the second engine."""
from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.database import journal
from adapters.system import ROOT, Settings, System
from adapters.system.audit import result_of

PLACE = "rehearsal"


@dataclass(frozen=True)
class Rehearsed:
    """What `banli rehearse` printed, and the installation that it left behind."""

    output: str
    home: Path

    def line(self, name: str) -> str:
        found = re.search(rf"^{name}：(.*)$", self.output, re.MULTILINE)
        assert found, self.output
        return found[1]

    @property
    def system(self) -> System:
        return System(Settings(self.home))


def rehearse(home: Path, scheme: str, *more: str, seed: str = "0") -> Rehearsed:
    command = [sys.executable, "-m", "adapters.cli.main", "rehearse", f"role-model-award/{scheme}", "--quiet", "--keep", str(home), *more]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    return Rehearsed(run.stdout, home)


@pytest.fixture(scope="module")
def fuxin(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse(tmp_path_factory.mktemp("fuxin"), "fuxin-2021", "--engine", "spiffworkflow", seed="1")


@pytest.fixture(scope="module")
def hubei(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse(tmp_path_factory.mktemp("hubei"), "hubei-2021", "--engine", "spiffworkflow", seed="2")


def campaign(system: System) -> str:
    (found,) = [line.id for line in system.queries.campaigns(PLACE, "auditor") if line.process == "campaign"]
    return found


def events(system: System) -> Counter[str]:
    with system.database.reading() as connection:
        return Counter(name for written in journal.entries(connection, PLACE) for name, _ in written.entry.events)


def test_fuxin_comes_out_as_the_notice_says(fuxin: Rehearsed) -> None:
    found = result_of(fuxin.system, PLACE, campaign(fuxin.system))
    nominations = {key: (status, data) for kind, key, status, data in found["records"] if kind == "nomination"}

    assert sum(places for _, places, _ in found["accounts"]) == 20 and sum(booked for _, _, booked in found["accounts"]) == 20
    pool = [data for status, data in nominations.values() if status in ("winner", "participant")]
    finalists = [data for data in pool if data.get("final_rank")]
    assert (len(pool), len(finalists), len(pool) - len(finalists)) == (20, 10, 10)
    winners = sorted((data["final_rank"] for status, data in nominations.values() if status == "winner"))
    assert [int(rank) for rank in winners] == [1, 2, 3, 4, 5]


def test_everything_that_happens_on_the_way_happens_in_fuxin(fuxin: Rehearsed) -> None:
    system = fuxin.system
    statuses = Counter(status for kind, _, status, _ in result_of(system, PLACE, campaign(system))["records"] if kind == "nomination")
    with system.database.reading() as connection:
        entries = [written.entry for written in journal.entries(connection, PLACE)]
    completed = Counter(fields["outcome"] for entry in entries for name, fields in entry.events if name == "TaskCompleted")
    elements = Counter(fields["element"] for entry in entries for name, fields in entry.events if name == "TaskOpened")

    assert completed["return"] and statuses["rejected"] and statuses["withdrawn"], (completed, statuses)
    assert elements["late"] and elements["decide_late"] and elements["tie"], elements  # 逾期补报，由受理单位负责人决定；并列处理
    assert events(system)["TaskOverdue"] and events(system)["Urged"] and events(system)["Reminded"]
    assert "按脚本被拒绝 2 步" in fuxin.output


def test_fuxin_is_proved_by_verification_replay_and_the_second_engine(fuxin: Rehearsed) -> None:
    assert "完整" in fuxin.line("核验") and "不完整" not in fuxin.line("核验")
    entries = int(fuxin.line("重演").split()[0])
    assert fuxin.line("重演") == f"{entries} 条记录，其中第二引擎（SpiffWorkflow）逐条比对 {entries} 条，全部一致" and entries > 500


def test_the_result_depends_on_the_acts_alone(fuxin: Rehearsed, tmp_path: Path) -> None:
    again = rehearse(tmp_path / "again", "fuxin-2021", seed="12345")
    changed = rehearse(tmp_path / "changed", "fuxin-2021", "--set", "nominations.XH1.video=91", seed="1")

    assert again.line("结果") == fuxin.line("结果") != changed.line("结果")


def test_hubei_runs_on_the_same_diagrams_and_names_a_hundred(hubei: Rehearsed) -> None:
    found = result_of(hubei.system, PLACE, campaign(hubei.system))
    bundle = hubei.system.check_package(hubei.system.library.package("role-model-award"))

    assert sum(kind == "nomination" and status == "winner" for kind, _, status, _ in found["records"]) == 100
    assert hubei.line("图") == bundle.diagrams_hash
    entries = int(hubei.line("重演").split()[0])
    assert f"逐条比对 {entries} 条，全部一致" in hubei.line("重演") and "不完整" not in hubei.line("核验")


def test_both_schemes_run_the_same_diagrams(fuxin: Rehearsed) -> None:
    bundle = fuxin.system.check_package(fuxin.system.library.package("role-model-award"))

    assert fuxin.line("图") == bundle.diagrams_hash
