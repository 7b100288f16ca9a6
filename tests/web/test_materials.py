"""A judge's score sheet shows the materials of whom it lists, while it is open, to the judge asked; nobody else and nothing else."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.system import Settings, System
from adapters.web.app import create_app
from tests.demo import demo_home
from tests.web.conftest import Browser
from tests.web.world import PLACE

JUDGE, OTHER, REVIEWER = "judge1", "judge2", "haizhou-health"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(Settings(demo_home(tmp_path_factory.mktemp("sheet"))))
    yield system
    system.database.close()


@pytest.fixture(scope="module")
def nominees(demo: System) -> list[tuple[str, str]]:
    """(register key, instance) of two nominations with files."""
    b, r = schema.blob.c, schema.record.c
    with demo.database.reading() as connection:
        query = sa.select(r.key, r.instance).where(r.place == PLACE, r.kind == "nomination", r.instance.in_(sa.select(b.instance).where(b.type == "video/mp4"))).order_by(r.key).limit(2)
        return [(key, instance) for key, instance in connection.execute(query)]


@pytest.fixture
def sheet(demo: System, nominees: list[tuple[str, str]]) -> Iterator[str]:
    """The address of a score sheet about the first of them, open for the first judge: a campaign's own task given the judge's form."""
    t, c = schema.task.c, schema.task_candidate.c
    line = demo.queries.inbox(PLACE, REVIEWER, {}, 1).rows[0]
    post = next(each.candidate for each in demo.people.holdings(PLACE, JUDGE))
    with demo.database.changing() as connection:
        row = dict(connection.execute(sa.select(schema.task).where(t.place == PLACE, t.instance == line.instance, t.id == line.task)).mappings().one())
        connection.execute(schema.task.insert().values({**row, "id": "t90", "form": "contest_score", "about": nominees[0][0], "candidates": json.dumps([post]),
                                                        "variables": json.dumps({"rows_of": [{"id": nominees[0][0], "label": "示例入围者"}]}), "assignee": None}))
        connection.execute(schema.task_candidate.insert().values(place=PLACE, instance=line.instance, candidate=post, task="t90", open=1, due_at=row["due_at"]))
    yield f"/tasks/{line.instance}/t90"
    with demo.database.changing() as connection:
        for table in (schema.task, schema.task_candidate):
            connection.execute(table.delete().where(table.c.place == PLACE, table.c.instance == line.instance, table.c["id" if table is schema.task else "task"] == "t90"))


@pytest.fixture
def app(demo: System):  # type: ignore[no-untyped-def]
    return create_app(demo)


def videos(page: str) -> list[str]:
    return re.findall(r'<video[^>]* src="([^"]+)"', page)


def files_of(demo: System, instance: str) -> list[str]:
    with demo.database.reading() as connection:
        return list(connection.scalars(sa.select(schema.blob.c.id).where(schema.blob.c.place == PLACE, schema.blob.c.instance == instance)))


def test_the_judge_reads_whom_the_sheet_lists_and_how_to_reach_them_is_left_out(app, demo: System, sheet: str, nominees: list[tuple[str, str]]) -> None:  # type: ignore[no-untyped-def]
    judge = Browser(app).sign_in(JUDGE)
    page = judge.page(sheet).text
    personal = next(iter(demo.queries.instance(PLACE, "auditor", nominees[0][1]).personal.values()))

    shown = page.partition("示例入围者</h2>")[2].partition("</section>")[0]
    assert personal["story"] in shown
    assert personal["phone"] not in page and "出生年月日" not in shown
    (video,) = videos(page)
    assert video.startswith(sheet + "/files/")
    played = judge.get(video, headers={"Range": "bytes=0-99"})
    assert (played.status_code, len(played.content), played.headers["content-type"]) == (206, 100, "video/mp4")
    assert judge.get(f"/instances/{nominees[0][1]}").status_code == 404


def test_nobody_elses_materials_and_nobody_elses_sheet(app, demo: System, sheet: str, nominees: list[tuple[str, str]]) -> None:  # type: ignore[no-untyped-def]
    judge, other = Browser(app).sign_in(JUDGE), Browser(app).sign_in(OTHER)
    (mine, *_), (anothers, *_) = files_of(demo, nominees[0][1]), files_of(demo, nominees[1][1])

    assert judge.get(f"{sheet}/files/{mine}").status_code == 200
    assert judge.get(f"{sheet}/files/{anothers}").status_code == 404
    assert judge.get(f"/files/{mine}").status_code == 404
    assert [other.get(address).status_code for address in (sheet, f"{sheet}/files/{mine}")] == [404, 404]
    # Who oversees the instance sees the sheet, for it is open there, but reads no materials by it.
    auditor = Browser(app).sign_in("auditor")
    assert auditor.get(sheet).status_code == 200 and auditor.get(f"{sheet}/files/{mine}").status_code == 404


def test_it_ends_with_the_sheet_and_with_a_recusal(app, demo: System, sheet: str, nominees: list[tuple[str, str]]) -> None:  # type: ignore[no-untyped-def]
    judge = Browser(app).sign_in(JUDGE)
    mine = files_of(demo, nominees[0][1])[0]
    with demo.database.changing() as connection:
        connection.execute(schema.recusal.insert().values(place=PLACE, person=JUDGE, ref=nominees[0][1], from_at=0, seq=0))
    refused = judge.get(f"{sheet}/files/{mine}").status_code
    with demo.database.changing() as connection:
        connection.execute(schema.recusal.delete().where(schema.recusal.c.person == JUDGE))
        t = schema.task.c
        instance = sheet.split("/")[2]
        connection.execute(schema.task.update().where(t.place == PLACE, t.instance == instance, t.id == "t90").values(state="completed"))

    assert refused == 404
    assert judge.get(f"{sheet}/files/{mine}").status_code == 404


def test_a_task_that_is_no_sheet_opens_nothing_by_this_way(app, demo: System) -> None:  # type: ignore[no-untyped-def]
    reviewer = Browser(app).sign_in(REVIEWER)
    line = demo.queries.inbox(PLACE, REVIEWER, {}, 1).rows[0]
    assert line.record is not None
    own = files_of(demo, line.record.instance)[0]

    assert reviewer.get(f"/files/{own}").status_code == 200
    assert reviewer.get(f"/tasks/{line.instance}/{line.task}/files/{own}").status_code == 404
