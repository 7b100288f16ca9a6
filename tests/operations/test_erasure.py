"""One person's data: found by what it says, held while a duty keeps it, erased by two people; the record still verifies and says who, why and whose."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.cli.main import main
from adapters.database import journal, personal
from adapters.database.erasure import Erasure, Line
from adapters.system import System
from adapters.system.audit import verified_place
from engine.refusals import NotFound, Refused
from tests.operations.test_retention import NAME
from tests.system.small import started, system_in


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    """A matter with the data of two people."""
    database = "" if request.param == "sqlite" else request.getfixturevalue("new_postgres")()
    made = system_in(tmp_path, database)
    matter = started(made)
    keep = made.store.personal
    with made.database.writing() as transaction:
        values = [personal.Personal("s1", "form", {"name": NAME, "phone": "000-1"}), personal.Personal("s2", "form", {"name": "示例人员乙"})]
        keep.sealed(transaction, "here", matter, 99, values, 0)
        keep.project(transaction, "here", matter, 99, values)
    return made


def decisions(system: System) -> list[tuple[str, str, dict[str, object]]]:
    with system.database.reading() as connection:
        found = [written.entry for written in journal.entries(connection, "here", "place")]
    return [(entry.actor, entry.command, dict(entry.input)) for entry in found if entry.command.endswith("Personal")]


def code(act: Callable[[], object]) -> str:
    with pytest.raises((Refused, NotFound)) as refused:
        act()
    return refused.value.code


def test_it_is_found_by_what_it_says_and_never_by_the_names_of_fields(system: System) -> None:
    erasure = Erasure(system.database)
    (found,) = erasure.find("here", NAME)

    assert found == Line("s1", found.instance, found.title, ("name",), "")
    assert [one.subject for one in erasure.find("here", "000-1")] == ["s1"]
    assert (erasure.find("here", "phone"), erasure.find("here", "100%"), erasure.find("elsewhere", NAME)) == ([], [], [])
    assert code(lambda: erasure.find("here", " ")) == "erasure.text"


def test_what_is_held_stays_until_the_hold_is_lifted(system: System) -> None:
    erasure = Erasure(system.database)
    erasure.hold("here", "s1", "信访未结", "bo")

    assert code(lambda: erasure.erase("here", "s1", "本人申请", "ann", "bo")) == "subject.held"
    assert erasure.find("here", NAME)[0].held == "信访未结"
    erasure.release("here", "s1", "已办结", "bo")
    assert code(lambda: erasure.release("here", "s1", "已办结", "bo")) == "erasure.not_held"
    erasure.erase("here", "s1", "本人申请", "ann", "bo")

    assert decisions(system) == [
        ("bo", "HoldPersonal", {"subject": "s1", "reason": "信访未结"}), ("bo", "ReleasePersonal", {"subject": "s1", "reason": "已办结"}),
        ("ann", "ErasePersonal", {"subject": "s1", "reason": "本人申请", "approved_by": "bo"})]


def test_who_is_erased_is_read_no_more_and_everybody_else_is(system: System) -> None:
    Erasure(system.database).erase("here", "s1", "本人申请", "ann", "bo")

    assert Erasure(system.database).find("here", NAME) == []
    assert [one.subject for one in Erasure(system.database).find("here", "示例人员乙")] == ["s2"]
    assert verified_place(system, "here").findings == []


def test_two_known_people_and_a_reason_are_needed(system: System) -> None:
    erasure = Erasure(system.database)
    tried = {said: code(lambda: erasure.erase("here", *given)) for said, given in {
        "erasure.same_person": ("s1", "本人申请", "ann", "ann"), "retention.reason": ("s1", "  ", "ann", "bo"), "subject.unknown": ("s9", "本人申请", "ann", "bo"),
        "person.unknown": ("s1", "本人申请", "nobody", "bo")}.items()}

    assert tried == {said: said for said in tried}
    assert code(lambda: erasure.erase("here", "s1", "本人申请", "ann", "nobody")) == "person.unknown"
    assert erasure.find("here", NAME) and decisions(system) == []


def test_nobody_is_erased_twice(system: System) -> None:
    erasure = Erasure(system.database)
    erasure.erase("here", "s1", "本人申请", "ann", "bo")

    assert code(lambda: erasure.erase("here", "s1", "本人申请", "ann", "bo")) == "subject.erased"
    assert code(lambda: erasure.hold("here", "s1", "信访", "bo")) == "subject.erased"


def test_from_the_command_line(tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BANLI_HOME", str(tmp_path))
    monkeypatch.setenv("BANLI_DATABASE", system.settings.database)

    def banli(*arguments: str) -> tuple[int, str]:
        done = main(["personal", arguments[0], "--place", "here", *arguments[1:]])
        said = capsys.readouterr()
        return done, said.out + said.err

    found = banli("find", NAME)
    assert found[0] == 0 and "s1" in found[1] and NAME not in found[1]
    assert banli("hold", "s1", "--reason", "档案", "--by", "bo")[0] == 0
    assert banli("erase", "s1", "--reason", "本人申请", "--by", "ann", "--approved-by", "bo") == (1, "✗ 该人员的个人信息依规定须保留（档案），不能删除\n")
    assert banli("release", "s1", "--reason", "移交", "--by", "bo")[0] == 0
    assert banli("erase", "s1", "--reason", "本人申请", "--by", "ann", "--approved-by", "bo")[1].startswith("✓ 已删除：s1")
    assert banli("find", NAME) == (1, "没有找到\n")
