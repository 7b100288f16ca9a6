"""What pages read: everybody sees theirs and nothing else, in a number of statements that does not grow with the rows."""
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import clock, places, schema, worklist
from adapters.database.connection import Database, open_database
from adapters.database.people import People
from adapters.database.personal import Personal
from adapters.database.queries import Balance, Counts, Queries
from adapters.database.schema import create_tables
from adapters.database.search import Search
from adapters.database.store import Store
from adapters.database.visibility import Shape
from adapters.database.worklist import Lines
from engine.commands import Claim, Complete, Start
from engine.refusals import NotFound

PEOPLE = {  # person → (role, organisation, reach)
    "ann": ("applicant", "unit", "own"), "dan": ("applicant", "unit2", "own"), "bo": ("clerk", "city", "own"), "head": ("leader", "city", "below"),
    "county": ("leader", "haizhou", "below"), "audit": ("auditor", "city", "place"), "admin": ("process_admin", "city", "heads"), "nobody": None,
}


@pytest.fixture
def people(database: Database) -> People:
    people = People(database)
    for id, parent in (("city", None), ("haizhou", "city"), ("unit", "haizhou"), ("xihe", "city"), ("unit2", "xihe")):
        people.add_organisation("fuxin", id, f"{id}（虚构）", "单位", parent)
    for person, held in PEOPLE.items():
        people.add_person("fuxin", person, f"{person}（虚构）")
        if held is not None:
            role, org, reach = held
            people.add_post("fuxin", f"post-{person}", org, role, "经办", reach)
            people.grant("fuxin", person, f"post-{person}")
    return people


@pytest.fixture
def queries(database: Database, store: Store, people: People) -> Queries:
    """A campaign of the city; one nomination of ann below haizhou, which is with the clerk, one of dan below xihe, at its beginning."""
    store.start("fuxin", Start("admin", "c", "campaign", "p", org="city", title="2021年活动"), "c")
    for id, who, org in (("n1", "ann", "haizhou"), ("n2", "dan", "xihe")):
        store.start("fuxin", Start(who, id, "approval", "p", org=org, title=f"推荐{id}", parent="c", root="c", path="c"), id)
    store.handle("fuxin", "n1", Complete("ann", "t1", "submit", "请审核", answers={"amount": 7}), "n1-1", (Personal("s1", "form", {"name": "张三（虚构）"}),))
    return Queries(database)


def names(lines: Any) -> list[str]:
    return [f"{each.instance}/{each.name}" for each in lines.rows]


# Who sees what --------------------------------------------------------------------------------------------------------------------


def test_an_inbox_is_mine_alone_by_post_and_by_name(queries: Queries, store: Store) -> None:
    found = {who: names(queries.inbox("fuxin", who)) for who in PEOPLE}
    assert found == {"ann": ["n2/填报"], "dan": [], "bo": ["n1/审核"], "head": [], "county": [], "audit": [], "admin": [], "nobody": []}
    store.start("fuxin", Start("dan", "b", "booking", "p", parent="c", root="c", path="c"), "b")
    assert names(queries.inbox("fuxin", "ann")) == ["n2/填报", "b/上报"]


def test_a_line_says_what_about_whom_and_from_whom(queries: Queries) -> None:
    line = queries.inbox("fuxin", "bo").rows[0]
    assert (line.campaign, line.campaign_title, line.instance_title, line.opened_by_name, line.about, line.assignee, line.state) == (
        "c", "2021年活动", "推荐n1", "ann（虚构）", "7", "", "open")


def test_a_claimed_task_leaves_the_colleagues_inboxes(queries: Queries, store: Store, people: People) -> None:
    people.grant("fuxin", "nobody", "post-bo")
    assert names(queries.inbox("fuxin", "nobody")) == ["n1/审核"]
    store.handle("fuxin", "n1", Claim("bo", "t2"))
    assert (names(queries.inbox("fuxin", "nobody")), names(queries.inbox("fuxin", "bo"))) == ([], ["n1/审核"])
    assert queries.task("fuxin", "nobody", "n1", "t2").line.assignee_name == "bo（虚构）"


@pytest.mark.parametrize(("who", "instances"), [
    ("ann", ["n1", "n2"]), ("dan", ["n2"]), ("bo", ["n1"]), ("head", ["c", "n1", "n2"]), ("county", ["n1"]), ("audit", ["c", "n1", "n2"]), ("admin", ["c"]),
    ("nobody", []), ("stranger", [])])
def test_an_instance_is_seen_by_who_takes_part_oversees_or_audits(queries: Queries, who: str, instances: list[str]) -> None:
    def seen(instance: str) -> bool:
        try:
            queries.instance("fuxin", who, instance)
        except NotFound as refused:
            assert refused.code == "instance.unknown"
            return False
        return True

    assert [each for each in ("c", "n1", "n2") if seen(each)] == instances


def test_every_single_read_refuses_who_may_not_look(queries: Queries) -> None:
    reads: list[Callable[[str, str], Any]] = [
        lambda place, who: queries.instance(place, who, "n1"), lambda place, who: queries.history(place, who, "n1"),
        lambda place, who: queries.passage(place, who, "n1"), lambda place, who: queries.task(place, who, "n1", "t2"),
        lambda place, who: queries.campaign(place, who, "c"), lambda place, who: queries.balances(place, who, "c"),
        lambda place, who: queries.postings(place, who, "c", "a")]
    for read in reads:
        read("fuxin", "audit")
        for place, who in (("fuxin", "nobody"), ("other", "audit")):
            with pytest.raises(NotFound):
                read(place, who)
    for empty in (queries.records("fuxin", "nobody", "c", "nomination"), queries.late("fuxin", "nobody", "c"), queries.campaigns("fuxin", "nobody"),
                  queries.campaigns("other", "audit"), queries.done("other", "ann").rows, queries.started("other", "ann"), queries.people("other", "ann")):
        assert list(empty) == []


STRANGERS = {  # every function of the pages, as somebody asks who has no part in anything
    "counts": (), "inbox": (), "done": (), "started": (), "task": ("n1", "t2"), "campaigns": (), "campaign": ("c",), "late": ("c",), "instance": ("n1",),
    "passage": ("n1",), "history": ("n1",), "records": ("c", "nomination"), "register": ("c", "nomination", list), "balances": ("c",), "postings": ("c", "a"), "notices": (),
    "added_signers": (["n1"],), "visible": (["c", "n1"],)}


def test_no_function_of_the_pages_lets_a_stranger_look(queries: Queries) -> None:
    public = {name for name, value in vars(Queries).items() if callable(value) and not name.startswith("_")}
    assert public - STRANGERS.keys() == {"people", "holding"}  # the directory, and what the engine is asked about
    for name, args in STRANGERS.items():
        try:
            given = getattr(queries, name)("fuxin", "stranger", *args)
        except NotFound:
            continue
        assert given in ([], (), {}, frozenset(), ([], []), Counts(0, 0), Lines((), 0)), name


def test_a_campaign_s_head_is_for_all_who_take_part_its_figures_for_who_oversees(queries: Queries) -> None:
    found = {who: [(line.title, queries.campaign("fuxin", who, "c").whole) for line in queries.campaigns("fuxin", who)] for who in PEOPLE}
    whole, head = [("2021年活动", True)], [("2021年活动", False)]
    assert found == {"ann": head, "dan": head, "bo": head, "head": whole, "county": head, "audit": whole, "admin": whole, "nobody": []}


def test_what_somebody_could_see_then(database: Database, queries: Queries, people: People) -> None:
    grant = people.holdings("fuxin", "head")[0].id
    with database.reading() as connection:
        then = clock.now(connection, "fuxin")
    clock.advance(database, "fuxin", then + timedelta(days=1))
    people.revoke("fuxin", grant)
    assert (queries.campaigns("fuxin", "head"), [c.id for c in queries.campaigns("fuxin", "head", then)]) == ([], ["c"])


def test_personal_values_come_only_with_an_instance_that_may_be_seen(queries: Queries, store: Store) -> None:
    shown = {who: queries.instance("fuxin", who, "n1").personal for who in ("ann", "bo", "head", "audit")}
    assert shown == dict.fromkeys(("ann", "bo", "head", "audit"), {"s1": {"name": "张三（虚构）"}})
    assert queries.task("fuxin", "bo", "n1", "t2").personal == {"s1": {"name": "张三（虚构）"}}
    assert queries.instance("fuxin", "dan", "n2").personal == {}


def test_who_is_recused_sees_nothing_of_it(queries: Queries, people: People) -> None:
    people.recuse("fuxin", "bo", "n1")
    assert names(queries.inbox("fuxin", "bo")) == []
    with pytest.raises(NotFound):
        queries.task("fuxin", "bo", "n1", "t2")


def test_being_recused_from_a_subject_hides_the_tasks_about_it(queries: Queries, people: People) -> None:
    people.recuse("fuxin", "bo", "7")
    assert names(queries.inbox("fuxin", "bo")) == []
    with pytest.raises(NotFound):
        queries.task("fuxin", "bo", "n1", "t2")


# What it says ---------------------------------------------------------------------------------------------------------------------


def test_done_and_started(queries: Queries) -> None:
    assert (names(queries.done("fuxin", "ann")), [line.id for line in queries.started("fuxin", "ann")]) == (["n1/填报"], ["n1"])
    assert (names(queries.done("fuxin", "bo")), queries.started("fuxin", "bo")) == ([], [])


def test_a_task_shows_opinions_and_why_it_is_mine(queries: Queries) -> None:
    view = queries.task("fuxin", "bo", "n1", "t2")
    assert (view.candidates, view.mine) == (("clerk@city",), ("clerk@city",))
    assert [(o.by, o.name, o.task_name, o.outcome, o.text) for o in view.opinions] == [("ann", "ann（虚构）", "填报", "submit", "请审核")]
    assert queries.task("fuxin", "head", "n1", "t2").mine == ()


def test_filters_narrow_the_inbox(database: Database, queries: Queries, store: Store) -> None:
    store.start("fuxin", Start("ann", "x", "approval", "p"), "x")
    store.handle("fuxin", "x", Complete("ann", "t1", answers={"amount": 1}))
    assert names(queries.inbox("fuxin", "bo")) == ["n1/审核", "x/审核"]
    assert names(queries.inbox("fuxin", "bo", {"campaign": "c"})) == ["n1/审核"]
    assert names(queries.inbox("fuxin", "bo", {"late": "1"})) == names(queries.inbox("fuxin", "bo", {"mark": "urged"})) == []
    page = queries.inbox("fuxin", "bo", {}, 1, 1)
    assert (names(page), page.total) == (["x/审核"], 2)


def test_a_campaign_shows_balances_tallies_and_who_is_late(database: Database, queries: Queries, store: Store) -> None:
    store.start("fuxin", Start("ann", "b", "booking", "p", org="haizhou", parent="c", root="c", path="c"), "b")
    store.handle("fuxin", "b", Complete("ann", "t1"))
    with database.reading() as connection:
        clock_now = clock.now(connection, "fuxin")
    clock.advance(database, "fuxin", clock_now + timedelta(days=3))
    view = queries.campaign("fuxin", "head", "c")
    assert (view.balances, view.tally) == ((Balance("a", 3, 1),), {("nomination", "booked", "a"): 1})
    assert [(w.org, w.open, w.late, w.last_task) for w in view.work] == [("haizhou", 1, 0, "上报"), ("xihe", 1, 1, "")]
    store.handle("fuxin", "n1", Complete("bo", "t2", "pass"), "n1-2")
    assert [(w.org, w.last_task, w.last_at is None) for w in queries.campaign("fuxin", "head", "c").work] == [("haizhou", "审核", False), ("xihe", "", True)]
    assert [(line.instance, line.name) for line in queries.late("fuxin", "head", "c")] == [("n2", "填报")]
    assert [(line.instance) for line in queries.late("fuxin", "head", "c", "haizhou")] == []
    assert ("campaign", "part") in view.live_elements
    assert [p.kind for p in queries.postings("fuxin", "head", "c", "a")] == ["opened", "booked"]
    assert [(r.key, r.status) for r in queries.records("fuxin", "head", "c", "nomination", {"channel": "a"})] == [("第1号", "booked")]
    assert queries.records("fuxin", "head", "c", "nomination", {"channel": "b"}) == queries.records("fuxin", "dan", "c", "nomination") == []


def test_an_instance_shows_where_it_stands_and_how_it_came_there(queries: Queries) -> None:
    view = queries.instance("fuxin", "head", "n1")
    assert (view.campaign_title, view.parent_title, view.variables, [(t.task, t.state) for t in view.tasks]) == (
        "2021年活动", "2021年活动", {"amount": 7}, [("t2", "open")])
    assert {child.id for child in queries.instance("fuxin", "head", "c").children} == {"n1", "n2"}
    now, before = queries.passage("fuxin", "head", "n1"), queries.passage("fuxin", "head", "n1", 1)
    assert (now.passed, now.active) == ({"start": 1, "f1": 1, "submit": 1, "f2": 1}, frozenset({"check"}))
    assert (before.passed, before.active) == ({"start": 1, "f1": 1}, frozenset({"submit"}))
    assert [(e.seq, e.command) for e in queries.history("fuxin", "ann", "n1")] == [(1, "Start"), (2, "Complete")]


def test_what_may_have_something_started_under_it(queries: Queries) -> None:
    assert [line.id for line in queries.holding("fuxin", "campaign", "part")] == ["c"]
    assert queries.holding("fuxin", "campaign", "par") == queries.holding("other", "campaign", "part") == []


def test_people_are_found_by_name_and_organisation(queries: Queries) -> None:
    assert [(f.id, f.posts) for f in queries.people("fuxin", "ann")] == [("ann", (("经办", "applicant", "unit（虚构）"),))]
    assert [f.id for f in queries.people("fuxin", "xihe")] == []
    assert [f.id for f in queries.people("fuxin", "unit2")] == ["dan"]
    assert [f.id for f in queries.people("fuxin", "_nn")] == []


def test_search_finds_by_number_by_plain_value_and_by_name_what_the_reader_may_see(database: Database, queries: Queries, store: Store) -> None:
    store.start("fuxin", Start("ann", "b", "booking", "p", org="haizhou", parent="c", root="c", path="c"), "b")
    store.handle("fuxin", "b", Complete("ann", "t1"), "b-1", (Personal("s2", "form", {"name": "李四（虚构）"}),))
    with database.changing() as connection:  # the same ids in the other place
        row = connection.execute(schema.record.select()).mappings().one()
        connection.execute(schema.record.insert().values({**row, "place": "other", "key": "第2号"}))
    search = Search(database)

    def keys(place: str, who: str, text: str, limit: int = 50) -> list[tuple[str, str, str]]:
        return [(hit.key, hit.name, hit.campaign_title) for hit in search.hits(place, who, text, limit)]

    found = [("第1号", "李四（虚构）", "2021年活动")]
    assert [keys("fuxin", who, text) for who, text in (("ann", "第1"), ("head", "李四"), ("audit", "a"))] == [found, found, found]
    assert [keys("fuxin", "audit", text) for text in ("", "第2", "%", "_", "channel", "查无")] == [[]] * 6
    assert [keys(place, who, "第1") for place, who in (("fuxin", "dan"), ("fuxin", "admin"), ("fuxin", "nobody"), ("other", "audit"))] == [[]] * 4


def test_a_register_gives_the_newest_personal_values_of_whom_a_row_is_about(queries: Queries, store: Store) -> None:
    store.start("fuxin", Start("ann", "b", "booking", "p", org="haizhou", parent="c", root="c", path="c"), "b", (Personal("s2", "a", {"name": "李", "post": "钳工"}),))
    store.handle("fuxin", "b", Complete("ann", "t1"), "b-1", (Personal("s2", "b", {"name": "李四（虚构）"}), Personal("s3", "a", {"name": "王五（虚构）"})))
    expected = {"s2": {"name": "李四（虚构）", "post": "钳工"}, "s3": {"name": "王五（虚构）"}}
    for personal in [record.personal for who in ("ann", "head", "audit") for record in queries.records("fuxin", who, "c", "nomination")]:
        assert (dict(personal), len(personal), personal.get("s1")) == (expected, 2, None)
    assert [len(queries.records("fuxin", who, "c", "nomination")) for who in ("ann", "head", "audit", "dan", "admin")] == [1, 1, 1, 0, 0]


# The number of statements ---------------------------------------------------------------------------------------------------------

STATEMENTS = {"counts": 4, "inbox": 5, "done": 4, "started": 3, "task": 8, "campaigns": 3, "campaign": 9, "instance": 10, "history": 4, "passage": 4,
              "records": 3, "notices": 1, "late": 3, "people": 3, "balances": 4}  # register rows and personal values, when there are any: 2 more


def test_a_page_takes_the_same_statements_for_one_row_and_for_fifty(queries: Queries, store: Store, statements: Counter[str]) -> None:
    def pages() -> dict[str, int]:
        reads: dict[str, Callable[[], Any]] = {
            "counts": lambda: queries.counts("fuxin", "bo"), "inbox": lambda: queries.inbox("fuxin", "bo"), "done": lambda: queries.done("fuxin", "ann"),
            "started": lambda: queries.started("fuxin", "ann"), "task": lambda: queries.task("fuxin", "bo", "n1", "t2"),
            "campaigns": lambda: queries.campaigns("fuxin", "head"), "campaign": lambda: queries.campaign("fuxin", "head", "c"),
            "instance": lambda: queries.instance("fuxin", "head", "c"), "history": lambda: queries.history("fuxin", "head", "n1"),
            "passage": lambda: queries.passage("fuxin", "head", "n1"), "records": lambda: queries.records("fuxin", "head", "c", "nomination"),
            "notices": lambda: queries.notices("fuxin", "bo"), "late": lambda: queries.late("fuxin", "head", "c"),
            "people": lambda: queries.people("fuxin", "虚构"), "balances": lambda: queries.balances("fuxin", "head", "c")}
        found = {}
        for name, read in reads.items():
            statements.clear()
            read()
            found[name] = statements["reads"]
        return found

    one = pages()
    for n in range(50):
        store.start("fuxin", Start("ann", f"m{n}", "approval", "p", org="haizhou", parent="c", root="c", path="c"), f"m{n}")
        store.handle("fuxin", f"m{n}", Complete("ann", "t1", answers={"amount": n}), f"m{n}-1")
    assert len(queries.inbox("fuxin", "bo").rows) == 50
    assert (one, pages()) == (STATEMENTS, STATEMENTS)
    for n in range(25):  # an inbox by name and by post at once, and the filters over it
        store.handle("fuxin", f"m{n}", Claim("bo", "t2"), f"m{n}-2")
    asked = []
    for filters in ({}, {"campaign": "c"}, {"campaign": "c", "late": "yes"}):
        statements.clear()
        queries.inbox("fuxin", "bo", filters)
        asked.append(statements["reads"])
    assert asked == [STATEMENTS["inbox"], STATEMENTS["inbox"], STATEMENTS["inbox"] - 1]  # nothing is late: no register rows to read


@pytest.mark.parametrize(("clause", "table", "expected"), [
    (worklist._records_about(Shape(False, False, 2, 0, 0), 2, 64), "record", "SEARCH record USING INDEX record_key (place=? AND campaign=? AND key=?)"),
    (worklist._DONE, "task", "SEARCH task USING COVERING INDEX task_done (place=? AND closed_by=?)"),
    (places._NOTICES, "record", "SEARCH record USING INDEX sqlite_autoindex_record_1 (place=? AND campaign=? AND kind=?)"),
    (places._NOTICES, "campaign", "SEARCH campaign USING INDEX instance_campaign (place=?)"),
], ids=["register rows of a list", "what somebody completed", "public notices", "their campaigns"])
def test_a_page_walks_no_further_than_it_shows(tmp_path: Path, clause: sa.Select[Any], table: str, expected: str) -> None:
    database = open_database(f"sqlite:///{tmp_path}/banli.db")
    create_tables(database.engine)
    statement = database.statement(clause)
    with database.reading() as connection:
        plan = [str(step[3]) for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.sql}", (None,) * len(statement.names))]
    database.close()

    assert [step for step in plan if f" {table} " in step][:1] == [expected]
