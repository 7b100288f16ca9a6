"""The reference pages are those that the code gives: who changes a code, an operation, a function or a command runs `banli docs --to docs/reference`."""
from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cli.reference import PAGES
from adapters.cli.reference.markdown import page, table, told
from tests.cli.command import ROOT, Ran, banli, called

FOLDER = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_what_the_command_prints(name: str) -> None:
    found = called("docs", name)
    assert (found.code, found.out) == (0, (FOLDER / f"{name}.md").read_text("utf-8").splitlines())


def test_every_committed_page_is_made() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(PAGES)


def test_the_command_writes_them_all(tmp_path: Path) -> None:
    found = banli("docs", "--to", str(tmp_path / "made"))
    assert (found.code, found.err) == (0, [])
    assert {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()} == {path.name: path.read_bytes() for path in FOLDER.iterdir()}


def test_without_a_page_it_lists_them() -> None:
    assert [line.split()[0] for line in called("docs").out] == list(PAGES)


def test_a_page_that_does_not_exist_is_refused() -> None:
    known = "、".join(PAGES)
    assert called("docs", "gone") == Ran(1, [], [f"✗ 没有名为“gone”的参考页，现有：{known}。"])


def test_cells_hold_any_text_and_made_up_docstrings_are_left_out() -> None:
    class Told:
        """A line
        and another."""

    class Silent:
        pass

    assert page("t", table(("a",), [("x | y\nz",)])).splitlines()[4:] == ["| a |", "| --- |", "| x \\| y z |"]
    assert (told(Told), told(Silent)) == ("A line and another.", "")
