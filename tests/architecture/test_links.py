"""Every link and picture of the project's own Markdown pages that names a file names one that is there."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "frontend").glob("*.md"), *(ROOT / "processes").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_leads_to_is_there(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_guide_has_pictures() -> None:
    guides = sorted((ROOT / "docs" / "guides").glob("*.md"))
    assert [guide.stem for guide in guides if "](../images/" not in guide.read_text(encoding="utf-8")] == []
