"""What pages read: one function a page, each through `visible_to(actor, at)`, with a fixed number of statements; gives ids and values, no words."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.database import journal, schema, worklist
from adapters.database.connection import Database
from adapters.database.facts import matches
from adapters.database.moments import restored, restored_or_none, stored
from adapters.database.personal import personal_of
from adapters.database.shapes import value_of
from adapters.database.visibility import Reader, campaign_visible_to, reader, seen, visible_to
from adapters.database.worklist import COUNTED, PAGE, FileRow, Lines, Record, TaskLine, TaskView
from engine.journal.entry import Entry
from engine.refusals import NotFound

T = TypeVar("T")
_i, _t, _r, _l, _p, _s, _h, _d, _e, _n, _g, _o, _po = (
    schema.instance.c, schema.task.c, schema.record.c, schema.ledger_account.c, schema.ledger_posting.c, schema.scope.c, schema.notice.c,
    schema.incident.c, schema.entry.c, schema.person.c, schema.post_grant.c, schema.organisation.c, schema.post.c)
OPEN: sa.ColumnElement[str] = sa.literal_column("'open'")


@dataclass(frozen=True, slots=True)
class InstanceLine:
    """The head of an instance. `scheme` and `org` are empty without one."""

    id: str
    process: str
    package: str
    scheme: str
    org: str
    parent: str
    root: str
    path: str
    title: str
    state: str
    outcome: str
    started_at: datetime | None
    ended_at: datetime | None
    started_by: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of the frame, each at most COUNTED + 1."""

    inbox: int
    unread: int


@dataclass(frozen=True, slots=True)
class Balance:
    """One account of the quota ledger."""

    account: str
    places: int
    booked: int

    @property
    def left(self) -> int:
        return self.places - self.booked


@dataclass(frozen=True, slots=True)
class Posting:
    account: str
    kind: str  # opened | booked | released | given | received
    places: int
    refs: tuple[str, ...]
    instance: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrgWork:
    """What one organisation has to do in a campaign. `last_task`: what it completed last."""

    org: str
    open: int
    late: int
    last_at: datetime | None
    last_task: str


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign. Who only takes part in it, or administers it, gets the head alone (`whole` is False).

    `tally`: (kind, status, channel) → rows of the register; a row's channel is its data's `channel`.
    """

    line: InstanceLine
    whole: bool
    balances: tuple[Balance, ...]
    tally: Mapping[tuple[str, str, str], int]
    work: tuple[OrgWork, ...]
    live_elements: frozenset[tuple[str, str]]  # (process, element) that hold a token anywhere in the campaign
    children: tuple[InstanceLine, ...]  # those that the campaign itself called


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance with what its page shows. `tokens`: elements and flows that hold one; `incidents`: (id, element, code)."""

    line: InstanceLine
    parent_title: str
    campaign_title: str
    children: tuple[InstanceLine, ...]
    tasks: tuple[TaskLine, ...]
    variables: Mapping[str, Any]
    tokens: frozenset[str]
    incidents: tuple[tuple[str, str, str], ...]
    personal: Mapping[str, Mapping[str, Any]]
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """How often each element was passed, which hold a token now, which stand still."""

    passed: Mapping[str, int]
    active: frozenset[str]
    incidents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Notice:
    id: str
    template: str
    params: Mapping[str, Any]
    instance: str
    task: str
    sent_at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A person found by name. `posts`: (title, role, organisation)."""

    id: str
    name: str
    posts: tuple[tuple[str, str, str], ...]


_HEAD = sa.select(_i.id, _i.process, _i.package, _i.scheme, _i.org, _i.parent, _i.root, _i.path, _i.title, _i.state, _i.outcome, _i.started_at, _i.ended_at,
                  _i.started_by)


def _line(c: Sequence[Any]) -> InstanceLine:
    return InstanceLine(c[0], c[1], c[2], c[3] or "", c[4] or "", c[5] or "", c[6], c[7], c[8] or "", c[9], c[10] or "", restored_or_none(c[11]),
                        restored_or_none(c[12]), c[13] or "")


class Queries:
    """The reads of one database. `at` is the moment whose grants count (now): what could somebody see then of what there is now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, place: str, actor: str) -> Counts:
        """Open tasks and unread notices of the frame around every page."""
        def read(connection: sa.Connection, who: Reader) -> Counts:
            mine = worklist.mine(who, {}).limit(COUNTED + 1).subquery()
            unread = sa.select(_h.id).where(_h.place == place, _h.person == actor, _h.read_at.is_(None)).limit(COUNTED + 1).subquery()
            return Counts(*[int(connection.scalar(sa.select(sa.func.count()).select_from(each)) or 0) for each in (mine, unread)])

        return self._as(place, actor, read)

    def inbox(self, place: str, actor: str, filters: Mapping[str, str] | None = None, limit: int = PAGE, offset: int = 0) -> Lines:
        """待办. `filters`: campaign, stage, mark, late."""
        return self._as(place, actor, lambda connection, who: worklist.inbox(connection, who, filters or {}, limit, offset))

    def done(self, place: str, actor: str, limit: int = PAGE, offset: int = 0) -> Lines:
        """已办, newest first."""
        return self._as(place, actor, lambda connection, who: worklist.done(connection, who, limit, offset))

    def started(self, place: str, actor: str, limit: int = PAGE, offset: int = 0) -> list[InstanceLine]:
        """我发起的, newest first."""
        query = _HEAD.where(_i.place == place, _i.started_by == actor).order_by(_i.started_at.desc(), _i.id).limit(limit).offset(offset)
        return self._as(place, actor, lambda connection, who: [_line(row) for row in connection.execute(query.where(visible_to(who)))])

    def task(self, place: str, actor: str, instance: str, task: str) -> TaskView:
        """One task. Raises NotFound `task.unknown`, absent or not theirs."""
        return self._as(place, actor, lambda connection, who: worklist.task(connection, who, instance, task))

    def campaigns(self, place: str, actor: str, at: datetime | None = None) -> list[InstanceLine]:
        """The campaigns whose heads the actor may see, newest first."""
        return self._as(place, actor, lambda connection, who: [
            _line(row) for row in connection.execute(_HEAD.where(campaign_visible_to(who)).order_by(_i.started_at.desc(), _i.id))], at)

    def campaign(self, place: str, actor: str, campaign: str) -> CampaignView:
        """One campaign. Raises NotFound `campaign.unknown`."""
        return self._as(place, actor, lambda connection, who: _campaign(connection, who, campaign))

    def late(self, place: str, actor: str, campaign: str, org: str = "") -> tuple[TaskLine, ...]:
        """The open tasks past their date that the actor may see, of one organisation or of all."""
        def read(connection: sa.Connection, who: Reader) -> tuple[TaskLine, ...]:
            where = [_i.root == campaign, _t.state == OPEN, _t.due_at < who.at, *([_i.org == org] if org else [])]
            return worklist.tasks_where(connection, who, *where)

        return self._as(place, actor, read)

    def instance(self, place: str, actor: str, instance: str) -> InstanceView:
        """One instance. Raises NotFound `instance.unknown`."""
        return self._as(place, actor, lambda connection, who: _instance(connection, who, instance))

    def passage(self, place: str, actor: str, instance: str, seq: int | None = None) -> Passage:
        """What the diagram shows: from the entries up to `seq`, else up to now. Raises NotFound `instance.unknown`."""
        return self._as(place, actor, lambda connection, who: _passage(connection, who, instance, seq))

    def history(self, place: str, actor: str, instance: str) -> list[Entry]:
        """操作记录: the entries of a visible instance in order. Raises NotFound `instance.unknown`."""
        def read(connection: sa.Connection, who: Reader) -> list[Entry]:
            seen(connection, who, instance, sa.select(_i.id))
            return [written.entry for written in journal.entries(connection, place, instance)]

        return self._as(place, actor, read)

    def records(self, place: str, actor: str, campaign: str, kind: str, where: Mapping[str, Any] | None = None, limit: int | None = None,
                offset: int = 0) -> list[Record]:
        """The register rows of a kind that visible instances put there, in the order of their keys; `where`: equal values of key, status, data."""
        def read(connection: sa.Connection, who: Reader) -> list[Record]:
            found = [record for _, record in worklist.records(connection, who, _r.campaign == campaign, _r.kind == kind)]
            chosen = [r for r in found if matches({"key": r.key, "status": r.status, "data": r.data}, dict(where or {}))]
            return chosen[offset : None if limit is None else offset + limit]

        return self._as(place, actor, read)

    def balances(self, place: str, actor: str, campaign: str) -> list[Balance]:
        """The quota ledger of a campaign that the actor may see as a whole. Raises NotFound `instance.unknown`."""
        def read(connection: sa.Connection, who: Reader) -> list[Balance]:
            seen(connection, who, campaign, sa.select(_i.id))
            return _balances(connection, place, campaign)

        return self._as(place, actor, read)

    def postings(self, place: str, actor: str, campaign: str, account: str) -> list[Posting]:
        """What explains an account's balance, oldest first. Raises NotFound `instance.unknown`."""
        def read(connection: sa.Connection, who: Reader) -> list[Posting]:
            seen(connection, who, campaign, sa.select(_i.id))
            query = sa.select(_p.account, _p.kind, _p.places, _p.refs, _p.instance, _p.posted_at).where(
                _p.place == place, _p.campaign == campaign, _p.account == account).order_by(_p.posted_at, _p.instance, _p.seq, _p.n)
            return [Posting(c[0], c[1], c[2], tuple(value_of(c[3])), c[4], restored(c[5])) for c in connection.execute(query)]

        return self._as(place, actor, read)

    def notices(self, place: str, actor: str, limit: int = PAGE, offset: int = 0) -> list[Notice]:
        """消息, newest first."""
        query = (
            sa.select(_h.id, _h.template, _h.params, _h.instance, _h.task, _h.sent_at, _h.read_at).where(_h.place == place, _h.person == actor)
            .order_by(_h.sent_at.desc(), _h.id).limit(limit).offset(offset))
        with self._database.reading() as connection:
            return [Notice(c[0], c[1], value_of(c[2]), c[3] or "", c[4] or "", restored(c[5]), c[6] is not None) for c in connection.execute(query)]

    def people(self, place: str, text: str, limit: int = 20, at: datetime | None = None) -> list[Found]:
        """People whose name, or whose organisation's name, contains `text`, with the posts they hold; by name."""
        with self._database.reading() as connection:
            moment = reader(connection, place, "", at).at
            held = (
                sa.select(_g.person, _po.title, _po.role, _o.name)
                .join(schema.post, sa.and_(_po.place == _g.place, _po.id == _g.post))
                .join(schema.organisation, sa.and_(_o.place == _po.place, _o.id == _po.org))
                .where(_g.place == place, _g.from_at <= moment, _g.to_at > moment))
            of_org = held.with_only_columns(_g.person).where(_o.name.contains(text, autoescape=True))
            named = sa.select(_n.id, _n.name).where(
                _n.place == place, _n.state == "active", sa.or_(_n.name.contains(text, autoescape=True), _n.id == text, _n.id.in_(of_org)))
            found = connection.execute(named.order_by(_n.name, _n.id).limit(limit)).all()
            posts: dict[str, list[tuple[str, str, str]]] = {}
            for person, title, role, org in connection.execute(held.where(_g.person.in_([row.id for row in found])).order_by(_g.from_at, _g.id)):
                posts.setdefault(person, []).append((title, role, org))
        return [Found(row.id, row.name, tuple(posts.get(row.id, ()))) for row in found]

    def holding(self, place: str, process: str, element: str) -> list[InstanceLine]:
        """The live instances of `process` in which `element` holds a token: what may be started under them is asked of the engine, not here."""
        token = f'"{element}":'
        query = _HEAD.where(
            _i.place == place, _i.process == process, _i.state == OPEN, _i.doomed_by.is_(None),
            sa.exists().where(_s.place == _i.place, _s.instance == _i.id, _s.tokens.contains(token, autoescape=True)))
        with self._database.reading() as connection:
            return [_line(row) for row in connection.execute(query.order_by(_i.started_at, _i.id))]

    def _as(self, place: str, actor: str, read: Callable[[sa.Connection, Reader], T], at: datetime | None = None) -> T:
        with self._database.reading() as connection:
            return read(connection, reader(connection, place, actor, at))


def _campaign(connection: sa.Connection, who: Reader, campaign: str) -> CampaignView:
    head = connection.execute(_HEAD.where(campaign_visible_to(who), _i.id == campaign)).first()
    if head is None:
        raise NotFound("campaign.unknown", campaign=campaign)
    whole = connection.execute(sa.select(_i.id).where(_i.id == campaign, visible_to(who))).first() is not None
    tokens = sa.select(_i.process, _s.element, _s.tokens).join(schema.instance, sa.and_(_i.place == _s.place, _i.id == _s.instance)).where(
        _s.place == who.place, _i.root == campaign)
    live = {(process, each) for process, element, held in connection.execute(tokens) for each in (element, *value_of(held))}
    records = sa.select(_r.kind, _r.status, _r.data).join(schema.instance, sa.and_(_i.place == _r.place, _i.id == _r.instance)).where(
        _r.place == who.place, _r.campaign == campaign, visible_to(who))
    tally = Counter((kind, status or "", str(value_of(data).get("channel") or "")) for kind, status, data in connection.execute(records))
    children = [_line(row) for row in connection.execute(
        _HEAD.where(_i.root == campaign, _i.parent == campaign, visible_to(who)).order_by(_i.started_at, _i.id))]
    balances = _balances(connection, who.place, campaign) if whole else []
    work = _work(connection, who, campaign)
    return CampaignView(_line(head), whole, tuple(balances), dict(tally), work, frozenset(live), tuple(children))


def _work(connection: sa.Connection, who: Reader, campaign: str) -> tuple[OrgWork, ...]:
    """Open and late tasks by organisation, and what each completed last. Two statements."""
    of_campaign = sa.and_(_t.place == who.place, _i.root == campaign, _i.org.is_not(None), visible_to(who))
    joined = schema.task.join(schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
    open_ = sa.func.sum(sa.case((_t.state == OPEN, 1), else_=0))
    late = sa.func.sum(sa.case((sa.and_(_t.state == OPEN, _t.due_at < who.at), 1), else_=0))
    figures = connection.execute(
        sa.select(_i.org, open_, late, sa.func.max(_t.closed_at)).select_from(joined).where(of_campaign).group_by(_i.org).order_by(_i.org)).all()
    last = sa.select(_i.org.label("org"), sa.func.max(_t.closed_at).label("at")).select_from(joined).where(
        of_campaign, _t.closed_by.is_not(None)).group_by(_i.org).subquery()
    names = {org: name for org, name in connection.execute(
        sa.select(_i.org, sa.func.min(_t.name)).select_from(joined.join(last, sa.and_(last.c.org == _i.org, last.c.at == _t.closed_at)))
        .where(of_campaign).group_by(_i.org))}
    return tuple([OrgWork(org, int(n), int(m), restored_or_none(at), names.get(org, "")) for org, n, m, at in figures])


def _balances(connection: sa.Connection, place: str, campaign: str) -> list[Balance]:
    query = sa.select(_l.account, _l.places, _l.booked).where(_l.place == place, _l.campaign == campaign).order_by(_l.account)
    return [Balance(*row) for row in connection.execute(query)]


def _instance(connection: sa.Connection, who: Reader, instance: str) -> InstanceView:
    line = _line(seen(connection, who, instance, _HEAD))
    titles = {id: title or "" for id, title in connection.execute(
        sa.select(_i.id, _i.title).where(_i.place == who.place, _i.id.in_([line.parent, line.root])))}
    children = connection.execute(_HEAD.where(_i.root == line.root, _i.parent == instance, visible_to(who)).order_by(_i.started_at, _i.id)).all()
    scopes = connection.execute(sa.select(_s.parent, _s.variables, _s.tokens).where(_s.place == who.place, _s.instance == instance)).all()
    incidents = connection.execute(
        sa.select(_d.id, _d.element, _d.code).where(_d.place == who.place, _d.instance == instance, _d.state == OPEN).order_by(_d.opened_at, _d.id)).all()
    return InstanceView(
        line, titles.get(line.parent, ""), titles.get(line.root, ""), tuple([_line(row) for row in children]),
        worklist.tasks_where(connection, who, _t.instance == instance, _t.state == OPEN),
        next((value_of(variables) for parent, variables, _ in scopes if parent is None), {}),
        frozenset(each for _, _, tokens in scopes for each in value_of(tokens)), tuple([(id, element, code) for id, element, code in incidents]),
        personal_of(connection, who.place, [instance]).get(instance, {}), worklist.files(connection, who, instance))


def _passage(connection: sa.Connection, who: Reader, instance: str, seq: int | None) -> Passage:
    """Counted from the events, so that it can be asked of any moment: an element holds a token from `Entered` to `Left` or `Dropped`."""
    seen(connection, who, instance, sa.select(_i.id))
    passed: Counter[str] = Counter()
    active: Counter[tuple[int, str]] = Counter()
    incidents: dict[str, str] = {}
    for written in journal.entries(connection, who.place, instance):
        if seq is not None and written.entry.seq > seq:
            break
        for name, event in written.entry.events:
            match name:
                case "Entered":
                    active[event["scope"], event["element"]] += 1
                case "Left" | "Passed":
                    passed[event["element"]] += 1
                    passed.update(event.get("flows", ()))
                    active[event["scope"], event["element"]] -= name == "Left"
                case "Dropped":
                    active[event["scope"], event["element"]] -= 1
                case "ScopeClosed" | "ScopeCancelled":
                    for key in [each for each in active if each[0] == event["scope"]]:
                        del active[key]
                case "IncidentOpened":
                    incidents[event["incident"]] = event["element"]
                case "IncidentClosed":
                    incidents.pop(event["incident"], None)
    return Passage(dict(passed), frozenset(element for (_, element), n in active.items() if n > 0), frozenset(incidents.values()))
