"""The auditor's reads on PostgreSQL: filters by bytes, keys before bodies, row sums, checkpoints and exports say what they say on SQLite."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapters.system import Settings, System
from adapters.system.auditing import Auditing
from adapters.system.export import checked_file
from adapters.system.script import read_demo, settle
from tests.audit.live import AUDITOR, PACKAGE, PLACE, REHEARSAL


def test_auditing_on_postgresql(new_postgres: Callable[[], str], tmp_path: Path) -> None:
    system = System(Settings(tmp_path, new_postgres()))
    settle(system, PACKAGE, read_demo(system, PACKAGE, REHEARSAL))
    campaign = system.begin(PLACE, PACKAGE, REHEARSAL, "health-drafter").instance
    system.run_due(PLACE)
    auditing = Auditing(system)

    everything = auditing.lines(PLACE, AUDITOR, auditing.wanted(), 1000)
    pages, before = [], None
    while page := auditing.lines(PLACE, AUDITOR, auditing.wanted(), 7, before):
        pages += page
        before = page[-1].cursor
    assert pages == everything and len({(each.entry.stream, each.entry.seq) for each in pages}) == len(pages) > 200
    by_element = auditing.lines(PLACE, AUDITOR, auditing.wanted(elements=("draft",)), 1000)
    assert [line for line in everything if any(fields.get("element") == "draft" for _, fields in line.entry.events)] == by_element != []
    assert {line.entry.actor for line in auditing.lines(PLACE, AUDITOR, auditing.wanted(who="health-drafter"), 99)} == {"health-drafter"}

    auditing.sign(PLACE, AUDITOR)
    auditing.verify(PLACE, AUDITOR)
    standing = auditing.standing(PLACE)
    assert standing is not None and (standing.count, standing.unsequenced, standing.checkpoints) == (0, 0, 1)
    for made in (auditing.export(PLACE, AUDITOR, "json"), auditing.export(PLACE, AUDITOR, "json", campaign=campaign)):
        assert checked_file(made.content, system.keys.public_key(PLACE)).verified.findings == []
    assert auditing.moment(PLACE, AUDITOR, campaign).as_recorded
    assert AUDITOR in {each.person for each in auditing.sight(PLACE, AUDITOR, campaign, system.clock(PLACE)).onlookers}
    system.database.close()
