"""Drafts: their author's alone, encrypted, replaced by the next."""
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database
from adapters.database.drafts import LIMIT, Drafts
from adapters.keys import KeyFolder
from engine.refusals import Refused


@pytest.fixture
def drafts(database: Database, tmp_path: Path) -> Drafts:
    return Drafts(database, KeyFolder(tmp_path / "keys"))


def test_a_draft_comes_back_to_its_author_only(database: Database, drafts: Drafts) -> None:
    drafts.save("fuxin", "ann", "i1", "t1", {"name": "张"})
    at = drafts.save("fuxin", "ann", "i1", "t1", {"name": "张三（虚构）"})
    assert drafts.load("fuxin", "ann", "i1", "t1") == ({"name": "张三（虚构）"}, at)
    assert [drafts.load(*other) for other in (("fuxin", "bo", "i1", "t1"), ("other", "ann", "i1", "t1"), ("fuxin", "ann", "i1", "t2"))] == [None] * 3
    with database.reading() as connection:
        assert "张三".encode() not in bytes(connection.scalar(sa.select(schema.draft.c.data)) or b"")


def test_a_sent_draft_is_gone_and_old_ones_are_swept(database: Database, drafts: Drafts) -> None:
    for task in ("t1", "t2", "t3"):
        drafts.save("fuxin", "ann", "i1", task, {})
    drafts.drop("fuxin", "ann", "i1", "t1")
    with database.changing() as connection:
        connection.execute(schema.draft.update().where(schema.draft.c.task == "t2").values(saved_at=0))
    assert drafts.sweep("fuxin") == 1
    assert [drafts.load("fuxin", "ann", "i1", task) is None for task in ("t1", "t2", "t3")] == [True, True, False]


def test_a_draft_has_a_limit(drafts: Drafts) -> None:
    with pytest.raises(Refused) as refused:
        drafts.save("fuxin", "ann", "i1", "t1", {"text": "长" * LIMIT})
    assert refused.value.code == "draft.too_large"
