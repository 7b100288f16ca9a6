"""Exports: nothing personal in plain, nothing that a spreadsheet calculates, only what the reader may see, and offline proof of the JSON."""
from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree

from adapters.cli.main import main
from adapters.database.schema import entry
from adapters.system import System
from adapters.system.auditing import Auditing
from adapters.system.export import checked_file
from engine.journal.entry import opened
from engine.journal.xes import Trace, xes
from engine.refusals import NotFound
from tests.audit.live import AUDITOR, PLACE, Played
from tests.conftest import ROOT

XES = "{http://www.xes-standard.org/}"
LONG_ENOUGH = 4
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")  # the day of an award is the day of many an entry


def personal_texts(system: System) -> set[str]:
    """Every plain personal text and every name of staff that the place holds."""
    with system.database.reading() as connection:
        parts = [json.loads(data) for data in connection.scalars(sa.text("SELECT data FROM personal"))]
        names = set(connection.scalars(sa.text("SELECT name FROM person")))

    def texts(value: Any) -> set[str]:
        match value:
            case str():
                return {value}
            case dict():
                return set().union(*map(texts, value.values())) if value else set()
            case list():
                return set().union(*map(texts, value)) if value else set()
        return set()

    return {text for part in parts for text in texts(part) if len(text) >= LONG_ENOUGH and not DATE.match(text)} | {name for name in names if len(name) >= LONG_ENOUGH}


@pytest.fixture(scope="module")
def files(played: Played, auditing: Auditing) -> dict[str, bytes]:
    made = {f"campaign.{format}": auditing.export(PLACE, AUDITOR, format, campaign=played.campaign) for format in ("json", "csv", "xes")}
    made["place.json"] = auditing.export(PLACE, AUDITOR, "json")
    made["instance.json"] = auditing.export(PLACE, AUDITOR, "json", instance=played.campaign)
    return {name: each.content for name, each in made.items()}


def test_no_personal_text_leaves_in_plain(played: Played, auditing: Auditing, files: dict[str, bytes]) -> None:
    canaries = personal_texts(played.system)
    public = {org.name for org in played.system.people.organisations(PLACE)} | {title for title, _, _ in auditing.posts(PLACE).values()}
    public |= {"领导小组办公室"}  # an institution, which some people of the demo are called after
    assert len(canaries) > 100
    for name, content in files.items():
        text = content.decode()
        assert [each for each in canaries - public if each in text] == [], name
    assert sum(len(opened(text.encode()).personal) for text in json.loads(files["campaign.json"])["entries"]) > 5


@pytest.mark.parametrize("name", ["place.json", "campaign.json", "instance.json"])
def test_a_file_is_proven_without_the_system(played: Played, files: dict[str, bytes], name: str) -> None:
    found = checked_file(files[name], played.system.keys.public_key(PLACE))

    assert found.verified.findings == [] and found.place == PLACE and found.by == AUDITOR
    assert found.verified.entries == found.verified.leaves > 0
    assert json.loads(files[name])["proof"] is None if name == "place.json" else json.loads(files[name])["proof"]["paths"]


def test_the_table_has_a_row_an_entry_and_no_cell_that_is_calculated(played: Played, files: dict[str, bytes]) -> None:
    rows = list(csv.reader(io.StringIO(files["campaign.csv"].decode("utf-8-sig"))))
    entries = json.loads(files["campaign.json"])["entries"]

    assert len(rows) == len(entries) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))]
    assert {row[5] for row in rows[1:]} >= {"启动", "办理"} and not [row for row in rows if "command." in row[5]]


def test_a_formula_in_a_name_is_only_text(own: System, played: Played) -> None:
    """A task whose name somebody made a formula, in the record itself."""
    with own.database.changing() as connection:
        body = bytes(connection.execute(sa.select(entry.c.body).where(entry.c.stream == played.campaign, entry.c.seq == 2)).scalar_one())
        connection.execute(sa.text("UPDATE entry SET body = :b WHERE stream = :s AND seq = 2"), {
            "b": body.replace("签收文件".encode(), b"=1+1"), "s": played.campaign})

    rows = list(csv.reader(io.StringIO(Auditing(own).export(PLACE, AUDITOR, "csv", instance=played.campaign).content.decode("utf-8-sig"))))

    assert {row[8] for row in rows if "1+1" in row[8]} == {"'=1+1"}


def test_the_log_is_xes_with_a_trace_an_instance(played: Played, files: dict[str, bytes]) -> None:
    log = etree.fromstring(files["campaign.xes"])
    traces = log.findall(f"{XES}trace")

    assert log.tag == f"{XES}log" and log.get("xes.version") == "1849-2016"
    assert [each.get("prefix") for each in log.findall(f"{XES}extension")] == ["concept", "lifecycle", "org", "time"]
    assert len(traces) == len({opened(text.encode()).stream for text in json.loads(files["campaign.json"])["entries"]})
    hashes = {row[12] for row in csv.reader(io.StringIO(files["campaign.csv"].decode("utf-8-sig")))}
    for event in log.iter(f"{XES}event"):
        keys = {child.get("key"): child.get("value") for child in event}
        assert keys.keys() >= {"concept:name", "lifecycle:transition", "time:timestamp", "org:resource", "banli:seq"}
        assert keys["banli:entry"] in hashes
    completed = [each for each in log.iter(f"{XES}event") if each.find(f"{XES}string[@key='banli:event']").get("value") == "TaskCompleted"]
    with played.system.database.reading() as connection:
        assert len(completed) == connection.scalar(sa.text("SELECT count(*) FROM task WHERE state = 'completed'"))


def test_a_log_of_hostile_names_is_still_xml() -> None:
    entry = replace(opened(b'{"actor":"a","at":{"$at":"2021-10-11T09:00:00+00:00"},"command":"Complete","events":[],"input":{},"seq":1,"stream":"s"}'),
                    events=[["TaskOpened", {"task": "t1", "name": '"><x>&\x00\x0b\n', "element": "e", "candidates": ["r@o"]}]])

    log = etree.fromstring("".join(xes('"&<', [Trace("s", "p", "o", [entry])])).encode())

    (event,) = log.iter(f"{XES}event")
    assert event.find(f"{XES}string[@key='concept:name']").get("value") == '"><x>&��\n'


def test_only_what_may_be_seen_leaves(auditing: Auditing, played: Played) -> None:
    found = json.loads(auditing.export(PLACE, "haizhou-health", "json").content)
    streams = {opened(text.encode()).stream for text in found["entries"]}
    with pytest.raises(NotFound):
        auditing.export(PLACE, "judge1", "csv", instance=played.campaign)
    with pytest.raises(NotFound):
        auditing.export(PLACE, AUDITOR, "pdf", instance=played.campaign)

    assert "place" not in streams and 0 < len(streams) < len(played.snapshots[-1].states)


def test_an_export_is_an_entry_of_the_place(auditing: Auditing, played: Played) -> None:
    auditing.export(PLACE, AUDITOR, "xes", campaign=played.campaign)
    last = auditing.lines(PLACE, AUDITOR, auditing.wanted(stream="place", commands=("ExportRecord",)), 1)[0].entry

    assert (last.actor, last.input) == (AUDITOR, {"format": "xes", "scope": played.campaign})


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "adapters.cli.main", "audit", *arguments], cwd=ROOT, capture_output=True, text=True,
                          env={"BANLI_HOME": str(home), "PATH": "/usr/bin:/bin"}, check=False)


def test_the_command_line_checks_a_file_where_there_is_no_system(
    files: dict[str, bytes], played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "record.json").write_bytes(files["place.json"])
    (tmp_path / "changed.json").write_bytes(files["place.json"].replace(b"xihe-health", b"xihe-heaIth", 1))
    anchor = tmp_path / "anchor.txt"
    anchor.write_text(json.loads(files["place.json"])["checkpoints"][0], encoding="utf-8")
    key = played.system.keys.public_key(PLACE).hex()

    fine = run(tmp_path / "none", "verify", str(tmp_path / "record.json"), "--key", key, "--anchor", str(anchor))
    changed = main(["audit", "verify", str(tmp_path / "changed.json"), "--key", key])

    assert (fine.returncode, changed) == (0, 1), fine.stdout + fine.stderr
    assert "✓ 完整" in fine.stdout and "✗ 不完整" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
