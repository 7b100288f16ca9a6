"""The small package with a decision table: published without a note, drawn well, and played from end to end with both engines as its rehearsals say."""
from __future__ import annotations

import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from adapters.database import journal
from adapters.spiff.schema import schema_findings
from adapters.spiff.subset import outside
from adapters.system import ROOT, Settings, System
from adapters.system.audit import result_of
from engine.bundle import Bundle, read_bundle
from engine.dmn import Result
from engine.scheme.check import check_scheme
from engine.scheme.scheme import read_scheme
from forms.source import read_yaml
from tests.package.files import LIBRARY, calendar
from tests.package.layout import drawing, faults

NAME, PLACE = "decision-sample", "rehearsal"
FOLDER = ROOT / "processes" / NAME
SCHEMES = sorted(LIBRARY.schemes(NAME))
each_scheme = pytest.mark.parametrize("id", SCHEMES)


@lru_cache
def bundle() -> Bundle:
    return read_bundle(LIBRARY.package(NAME))


def test_it_is_published_without_a_note() -> None:
    assert (bundle().notes, sorted(bundle().graphs.decisions)) == ((), ["frequency", "risk_class", "supervision"])


def test_every_file_of_the_folder_belongs_to_it() -> None:
    package = bundle().package
    named = {*package.diagrams, *package.tables, *package.texts, "package.yaml"}
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == named
    assert {path.stem for path in (ROOT / "forms" / NAME).iterdir()} == set(package.forms)


def test_the_diagram_is_drawn_well_and_both_engines_run_it() -> None:
    xml = (FOLDER / "classification.bpmn").read_bytes()
    assert (schema_findings({"classification.bpmn": xml}), faults(drawing(xml))) == ([], [])
    assert [finding for process in bundle().graphs.processes.values() for finding in outside(process)] == []


@each_scheme
def test_a_scheme_may_be_published_and_says_what_is_an_example(id: str) -> None:
    scheme = read_scheme(LIBRARY.scheme(NAME, id), id).with_defaults(bundle().package.declaration)
    assert [one for one in check_scheme(scheme, bundle().package.declaration, {"cn": calendar()}) if one.severity == "error"] == []
    assert {origin.origin for origin in scheme.origins.values()} == {"项目示例"}


@pytest.mark.parametrize("path", sorted([*FOLDER.rglob("*.yaml"), *FOLDER.glob("*.dmn"), *FOLDER.glob("*.bpmn"), *(ROOT / "forms" / NAME).glob("*.yaml")]), ids=lambda path: path.name)
def test_every_file_is_marked_as_an_example(path: Path) -> None:
    assert "项目示例，非官方文本" in path.read_text("utf-8")


def decided(hazard: str, exposed: int, score: int, passing: int = 80) -> Result:
    given = {"危害程度": hazard, "接触人数": exposed, "自查得分": score, "合格分": passing}
    return bundle().graphs.decisions["supervision"].evaluate(given)


@pytest.mark.parametrize(("hazard", "exposed", "score", "risk", "months", "rules"), [
    ("严重", 50, 95, "甲", 6, [1, 1]), ("严重", 49, 80, "乙", 12, [2, 2]), ("严重", 49, 79, "乙", 6, [2, 3]), ("一般", 200, 90, "乙", 12, [3, 2]),
    ("一般", 199, 80, "丙", 24, [4, 4]), ("一般", 0, 10, "丙", 12, [4, 5]),
])
def test_the_tables_decide_as_they_read(hazard: str, exposed: int, score: int, risk: str, months: int, rules: list[int]) -> None:
    found = decided(hazard, exposed, score)
    assert (found.value["类别"], found.value["间隔月数"], [fired.rules for fired in found.fired]) == (risk, months, [(n,) for n in rules])


@each_scheme
def test_the_rehearsal_uses_what_there_is(id: str) -> None:
    script: Any = read_yaml(LIBRARY.part(NAME, "rehearsals", id), id).value
    demo: Any = read_yaml(LIBRARY.part(NAME, "demo", script["demo"]), id).value
    assert {act["as"] for act in script["acts"]} <= {person["id"] for person in demo["people"]}
    assert {post["role"] for person in demo["people"] for post in person["posts"]} <= set(bundle().package.roles)


@pytest.mark.parametrize(("id", "row", "rules"), [
    ("sample-2025", ("示例矿业公司", "甲", 6), [[3], [3], [1], [1]]), ("strict-2025", ("示例机械公司", "丙", 12), [[4], [5]]),
])
def test_the_rehearsal_comes_out_and_both_engines_agree(id: str, row: tuple[str, str, int], rules: list[list[int]], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapters.cli.main", "rehearse", f"{NAME}/{id}", "--engine", "spiffworkflow", "--quiet", "--keep", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search("重演：.*全部一致", run.stdout) and "登记：分类监管台账 已确定 1" in run.stdout, run.stdout

    system = System(Settings(tmp_path))
    (campaign,) = [line.id for line in system.queries.campaigns(PLACE, "auditor")]
    ((_, _, status, data),) = result_of(system, PLACE, campaign)["records"]
    assert (status, (data["employer"], data["class"], data["months"])) == ("decided", row)
    with system.database.reading() as connection:
        events = [event for written in journal.entries(connection, PLACE) for event in written.entry.events]
    assert [each["rules"] for name, fields in events if name == "Decided" for each in fields["fired"]] == rules
