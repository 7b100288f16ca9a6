"""Server time of every staff page in a place with 10,000 open tasks: p50 and p95 a page, wall clock and processor; binds nothing.

    python -m tests.bench.pages [--tasks 10000] [--times 40] [--only inbox,campaign] [--keep FOLDER]

The demo place is played once, then its campaign with all that is under it is copied (entries of the journal are not: the pages of single
instances are measured on the played ones). Requests go through the whole application, without a network.
"""
from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database
from adapters.system import Settings, System
from adapters.system.demo import ensure_demo
from adapters.web.app import create_app
from tests.bench.filling import analysed
from tests.web.conftest import Browser

PLACE, CAMPAIGNS = "fuxin", 20
ROW = dict[str, Any]
TABLES = (schema.instance, schema.scope, schema.task, schema.task_candidate, schema.timer, schema.record, schema.personal, schema.ledger_account)
REFERS = ("id", "instance", "parent", "root", "campaign")  # columns that may hold an instance's id
CLERK, EMPLOYER, OFFICE, AUDITOR, JUDGE, ADMINISTRATOR = "haizhou-health", "building-2-clerk", "group-office", "auditor", "judge1", "administrator"


def filled(system: System, campaign: str, wanted: int) -> int:
    """Copies the campaign until the place has `wanted` open tasks; how many it has."""
    rows = {table: _family(system.database, table, campaign) for table in TABLES}
    nominations = [row for row in rows[schema.instance] if row["process"] == "nomination"]
    ids = {row["id"] for row in nominations}
    some = {table: [row for row in found if row.get("id" if table is schema.instance else "instance") in ids] for table, found in rows.items()}
    each = sum(row["state"] == "open" for row in rows[schema.task])
    per = -(-wanted // (each * CAMPAIGNS))
    for number in range(CAMPAIGNS):
        if number:
            def all_of_it(id: str, n: int = number) -> str:
                return _other(id, n)

            _insert(system.database, ((table, _renamed(table, row, all_of_it, f"-{number}")) for table, found in rows.items() for row in found))
        for again in range(1, per):
            def to(id: str, n: int = number, k: int = again) -> str:
                moved = _other(id, n) if n else id
                return _other(moved, 1000 * (n + 1) + k) if id in ids else moved

            suffix = f"-{number}-{again}"
            _insert(system.database, ((table, _renamed(table, row, to, suffix)) for table, found in some.items() for row in found))
    analysed(system.database)
    with system.database.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(schema.task).where(schema.task.c.state == "open")) or 0)


def _family(database: Database, table: sa.Table, campaign: str) -> list[ROW]:
    inside = sa.select(schema.instance.c.id).where(schema.instance.c.root == campaign)
    column = table.c["id" if table is schema.instance else "instance" if "instance" in table.c else "campaign"]
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table).where(column.in_(inside))).mappings()]


def _other(id: str, number: int) -> str:
    return f"{id[:24]}{number:08x}"


def _renamed(table: sa.Table, row: ROW, to: Callable[[str], str], suffix: str) -> ROW:
    made = dict(row)
    for column in REFERS:
        if isinstance(made.get(column), str) and len(made[column]) == 32:
            made[column] = to(made[column])
    if table is schema.instance:
        made["path"] = "/".join(to(each) for each in row["path"].split("/"))
    if table is schema.record:
        made["key"] = row["key"] + suffix
    if table is schema.task and row["about"]:
        made["about"] = row["about"] + suffix
    return made


def _insert(database: Database, rows: Iterable[tuple[sa.Table, ROW]]) -> None:
    by_table: dict[sa.Table, list[ROW]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(row)
    with database.changing() as connection:
        for table, found in by_table.items():
            connection.execute(table.insert(), found)


def pages(system: System, campaign: str) -> Iterator[tuple[str, str, str]]:
    """(who, what, address)."""
    def first(who: str) -> str:
        row = system.queries.inbox(PLACE, who, {}, 1).rows[0]
        return f"{row.instance}/{row.task}"

    clerk, employer = first(CLERK), first(EMPLOYER)
    nomination = clerk.partition("/")[0]
    for who in (EMPLOYER, CLERK, OFFICE, JUDGE, AUDITOR, ADMINISTRATOR):
        for what, address in (("待办", "/inbox"), ("活动列表", "/campaigns")):
            yield who, what, address
    for who in (OFFICE, CLERK, AUDITOR, EMPLOYER):
        yield who, "活动", f"/campaigns/{campaign}"
    yield from ((CLERK, *each) for each in (
        ("待办 第 10 页", "/inbox?page=10"), ("待办 一个活动", f"/inbox?campaign={campaign}"), ("待办 逾期", "/inbox?late=1"), ("任务", f"/tasks/{clerk}"),
        ("已办", "/done"), ("我发起的", "/started"), ("待阅", "/notifications"), ("我的", "/me"), ("查找", "/search?q=示例冶金"), ("实例", f"/instances/{nomination}"),
        ("实例状态", f"/instances/{nomination}/state.json"), ("流程图", f"/instances/{nomination}/diagram.bpmn"), ("名册", f"/campaigns/{campaign}/records/nomination")))
    yield EMPLOYER, "填表任务", f"/tasks/{employer}"
    yield EMPLOYER, "我发起的", "/started"
    yield OFFICE, "名册", f"/campaigns/{campaign}/records/nomination"
    yield OFFICE, "名册 一个状态", f"/campaigns/{campaign}/records/nomination?status=accepted"
    yield OFFICE, "活动实例", f"/instances/{campaign}"
    yield AUDITOR, "活动实例", f"/instances/{campaign}"
    yield ADMINISTRATOR, "异常", "/incidents"
    yield from (("", *each) for each in (("公示列表", "/public"), ("登录", "/sign-in"), ("关于", "/about")))


def measure(browser: Browser, address: str, times: int) -> tuple[list[float], list[float], int, int]:
    """Wall and processor milliseconds, status and bytes."""
    wall, spent = [], []
    answer = browser.get(address)
    for _ in range(times):
        began, cpu = perf_counter(), process_time()
        answer = browser.get(address)
        wall.append((perf_counter() - began) * 1000)
        spent.append((process_time() - cpu) * 1000)
    return sorted(wall), sorted(spent), answer.status_code, len(answer.content)


def at(sorted_: list[float], share: float) -> float:
    return sorted_[min(len(sorted_) - 1, round(share * (len(sorted_) - 1)))]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tasks", type=int, default=10_000)
    arguments.add_argument("--times", type=int, default=40)
    arguments.add_argument("--only", default="", help="parts of names or addresses, separated by commas")
    arguments.add_argument("--keep", type=Path, help="a folder for the filled place, used again the next time")
    arguments.add_argument("--profile", action="store_true", help="where the time of each page goes")
    given = arguments.parse_args()
    home = given.keep or Path(tempfile.mkdtemp(prefix="banli-pages-"))
    system = System(Settings(home))
    ensure_demo(system, lambda _: None)
    campaign = next(row.id for row in reversed(system.queries.campaigns(PLACE, OFFICE)) if not row.id[24:].startswith("0000"))
    if not (home / "filled").exists():
        print(f"{filled(system, campaign, given.tasks)} open tasks")
        (home / "filled").touch()
    app = create_app(system)
    app.state.pace.check = lambda who: None  # measured faster than a person clicks
    gc.collect()
    gc.freeze()  # as `banli serve` does
    print(f"{'who':<18}{'page':<14}{'p50 ms':>8}{'p95 ms':>8}{'cpu p50':>9}{'cpu p95':>9}{'kB':>7}  status")
    signed = ""
    browser = Browser(app)
    for who, what, address in pages(system, campaign):
        if given.only and not any(part in f"{who}{what}{address}" for part in given.only.split(",")):
            continue
        if who != signed:
            browser = Browser(app)
            if who:
                browser.sign_in(who, PLACE)
            signed = who
        wall, spent, status, size = measure(browser, address, given.times)
        print(f"{who:<18}{what:<14}{median(wall):8.1f}{at(wall, 0.95):8.1f}{median(spent):9.1f}{at(spent, 0.95):9.1f}{size / 1024:7.0f}  {status}", flush=True)
        if given.profile:
            with cProfile.Profile() as profile:
                for _ in range(5):
                    browser.get(address)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    system.database.close()
    if not given.keep:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
