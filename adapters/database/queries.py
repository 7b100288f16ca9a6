"""What pages read: one function a page, each through `visible_to(actor, at)`, with a fixed number of statements; gives ids and values, no words."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.database import journal, schema, worklist
from adapters.database.added_signers import AddedSigner, TaskKey, added_signers
from adapters.database.clock import CLOCK
from adapters.database.connection import Database, Transaction, bind
from adapters.database.facts import matches
from adapters.database.moments import restored, restored_or_none, stored
from adapters.database.personal import personal_of
from adapters.database.shapes import value_of
from adapters.database.visibility import Reader, Shape, campaign_visible_to, listed, may_see, must_see, one_of, reader, room, visible_to
from adapters.database.worklist import COUNTED, INSIDE, OPEN, PAGE, FileRow, Lines, Record, TaskLine, TaskView
from engine.journal.entry import Entry
from engine.refusals import NotFound

T = TypeVar("T")
_i, _t, _r, _l, _p, _s, _h, _d, _e, _n, _g, _o, _po = (
    schema.instance.c, schema.task.c, schema.record.c, schema.ledger_account.c, schema.ledger_posting.c, schema.scope.c, schema.notice.c,
    schema.incident.c, schema.entry.c, schema.person.c, schema.post_grant.c, schema.organisation.c, schema.post.c)


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

    `records`: the rows of its registers in the order of kind and key, without personal values. `tally`: (kind, status, channel) → how many
    of them; a row's channel is its data's `channel`.
    """

    line: InstanceLine
    whole: bool
    balances: tuple[Balance, ...]
    records: tuple[Record, ...]
    tally: Mapping[tuple[str, str, str], int]
    work: tuple[OrgWork, ...]
    live_elements: frozenset[tuple[str, str]]  # (process, element) that hold a token anywhere in the campaign
    children: tuple[InstanceLine, ...]  # those that the campaign itself called


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance with what its page shows. `tokens`: elements and flows that hold one; `incidents`: (id, element, code, details)."""

    line: InstanceLine
    parent_title: str
    campaign_title: str
    children: tuple[InstanceLine, ...]
    tasks: tuple[TaskLine, ...]
    variables: Mapping[str, Any]
    tokens: frozenset[str]
    incidents: tuple[tuple[str, str, str, Mapping[str, Any]], ...]
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


def _lines(rows: Sequence[Sequence[Any]]) -> list[InstanceLine]:
    return [_line(row) for row in rows]


class Queries:
    """The reads of one database. `at` is the moment whose grants count (now): what could somebody see then of what there is now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, place: str, actor: str) -> Counts:
        """Open tasks and unread notices of the frame around every page."""
        def read(transaction: Transaction, who: Reader) -> Counts:
            unread = transaction.row(_UNREAD, place=place, actor=actor, most=COUNTED + 1) or (0,)
            return Counts(worklist.count(transaction, who), unread[0])

        return self._as(place, actor, read)

    def inbox(self, place: str, actor: str, filters: Mapping[str, str] | None = None, limit: int = PAGE, offset: int = 0) -> Lines:
        """待办. `filters`: campaign, stage, mark, late."""
        return self._as(place, actor, lambda transaction, who: worklist.inbox(transaction, who, filters or {}, limit, offset))

    def done(self, place: str, actor: str, limit: int = PAGE, offset: int = 0) -> Lines:
        """已办, newest first."""
        return self._as(place, actor, lambda transaction, who: worklist.done(transaction, who, limit, offset))

    def started(self, place: str, actor: str, limit: int = PAGE, offset: int = 0) -> list[InstanceLine]:
        """我发起的, newest first."""
        return self._as(place, actor, lambda transaction, who: _lines(
            transaction.rows(_started(who.shape), **who.params, limit=limit, offset=offset)))

    def task(self, place: str, actor: str, instance: str, task: str) -> TaskView:
        """One task. Raises NotFound `task.unknown`, absent or not theirs."""
        return self._as(place, actor, lambda transaction, who: worklist.task(transaction, who, instance, task))

    def campaigns(self, place: str, actor: str, at: datetime | None = None) -> list[InstanceLine]:
        """The campaigns whose heads the actor may see, newest first."""
        return self._as(place, actor, lambda transaction, who: _lines(transaction.rows(_campaigns(who.shape), **who.params)), at)

    def campaign(self, place: str, actor: str, campaign: str) -> CampaignView:
        """One campaign. Raises NotFound `campaign.unknown`."""
        return self._as(place, actor, lambda transaction, who: _campaign(transaction, who, campaign))

    def late(self, place: str, actor: str, campaign: str, org: str = "") -> tuple[TaskLine, ...]:
        """The open tasks past their date that the actor may see, of one organisation or of all."""
        return self._as(place, actor, lambda transaction, who: worklist.late(transaction, who, campaign, org))

    def instance(self, place: str, actor: str, instance: str) -> InstanceView:
        """One instance. Raises NotFound `instance.unknown`."""
        return self._as(place, actor, lambda transaction, who: _instance(transaction, who, instance))

    def passage(self, place: str, actor: str, instance: str, seq: int | None = None) -> Passage:
        """What the diagram shows: from the entries up to `seq`, else up to now. Raises NotFound `instance.unknown`."""
        return _passage(self.history(place, actor, instance), seq)

    def history(self, place: str, actor: str, instance: str) -> list[Entry]:
        """操作记录: the entries of a visible instance in order. Raises NotFound `instance.unknown`."""
        def read(transaction: Transaction, who: Reader) -> list[Entry]:
            must_see(transaction, who, instance)
            return journal.entries_of(transaction, place, instance)

        return self._as(place, actor, read)

    def visible(self, place: str, actor: str, instances: Sequence[str]) -> frozenset[str]:
        """Those of `instances` that the actor may see: what a page may lead to."""
        def read(transaction: Transaction, who: Reader) -> frozenset[str]:
            if not instances:
                return frozenset()
            rows = transaction.rows(_visible_among(who.shape, room(len(instances))), **who.params, **listed("instance", instances))
            return frozenset(id for (id,) in rows)

        return self._as(place, actor, read)

    def added_signers(self, place: str, actor: str, instances: Sequence[str]) -> dict[TaskKey, AddedSigner]:
        """加签: (instance, task) → how its signer was added, of those of `instances` that the actor may see."""
        return self._as(place, actor, lambda transaction, who: added_signers(transaction, who, instances))

    def records(self, place: str, actor: str, campaign: str, kind: str, where: Mapping[str, Any] | None = None, limit: int | None = None,
                offset: int = 0) -> list[Record]:
        """The register rows of a kind that visible instances put there, in the order of their keys; `where`: equal values of key, status, data."""
        wanted = dict(where or {})

        def choose(rows: Sequence[Record]) -> Sequence[Record]:
            chosen = [r for r in rows if matches({"key": r.key, "status": r.status, "data": r.data}, wanted)] if wanted else rows
            return chosen[offset : None if limit is None else offset + limit]

        return self.register(place, actor, campaign, kind, choose)[1]

    def register(self, place: str, actor: str, campaign: str, kind: str, choose: Callable[[Sequence[Record]], Sequence[Record]]) -> tuple[list[Record], list[Record]]:
        """The same rows without personal values, and with them those that `choose` picks out: of a thousand rows a page shows the names of fifty."""
        def read(transaction: Transaction, who: Reader) -> tuple[list[Record], list[Record]]:
            rows = [_record(row) for row in transaction.rows(_of_kind(who.shape), **who.params, campaign=campaign, kind=kind)]
            chosen = choose(rows)
            personal = personal_of(transaction, place, sorted({each.instance for each in chosen}))
            return rows, [replace(each, personal=personal.get(each.instance, {})) for each in chosen]

        return self._as(place, actor, read)

    def balances(self, place: str, actor: str, campaign: str) -> list[Balance]:
        """The quota ledger of a campaign that the actor may see as a whole. Raises NotFound `instance.unknown`."""
        def read(transaction: Transaction, who: Reader) -> list[Balance]:
            must_see(transaction, who, campaign)
            return _balances(transaction, place, campaign)

        return self._as(place, actor, read)

    def postings(self, place: str, actor: str, campaign: str, account: str) -> list[Posting]:
        """What explains an account's balance, oldest first. Raises NotFound `instance.unknown`."""
        def read(transaction: Transaction, who: Reader) -> list[Posting]:
            must_see(transaction, who, campaign)
            rows = transaction.rows(_POSTINGS, place=place, campaign=campaign, account=account)
            return [Posting(c[0], c[1], c[2], tuple(value_of(c[3])), c[4], restored(c[5])) for c in rows]

        return self._as(place, actor, read)

    def notices(self, place: str, actor: str, limit: int = PAGE, offset: int = 0) -> list[Notice]:
        """消息, newest first."""
        with self._database.looking() as transaction:
            rows = transaction.rows(_NOTICES, place=place, actor=actor, limit=limit, offset=offset)
            return [Notice(c[0], c[1], value_of(c[2]), c[3] or "", c[4] or "", restored(c[5]), c[6] is not None) for c in rows]

    def people(self, place: str, text: str, limit: int = 20, at: datetime | None = None) -> list[Found]:
        """People whose name, or whose organisation's name, contains `text`, with the posts they hold; by name."""
        with self._database.looking() as transaction:
            clock = transaction.row(CLOCK, place=place)
            if clock is None:
                raise NotFound("place.unknown", place=place)
            moment = clock[0] + clock[1] if at is None else stored(at)
            found = transaction.rows(_NAMED, place=place, at=moment, id=text, like=worklist.containing(text), limit=limit)
            posts: dict[str, list[tuple[str, str, str]]] = {}
            if found:
                ids = listed("person", [row[0] for row in found])
                for person, title, role, org in transaction.rows(_posts_of(room(len(found))), place=place, at=moment, **ids):
                    posts.setdefault(person, []).append((title, role, org))
        return [Found(id, name, tuple(posts.get(id, ()))) for id, name in found]

    def holding(self, place: str, process: str, element: str) -> list[InstanceLine]:
        """The live instances of `process` in which `element` holds a token: what may be started under them is asked of the engine, not here."""
        with self._database.looking() as transaction:
            return _lines(transaction.rows(_HOLDING, place=place, process=process, like=worklist.containing(f'"{element}":')))

    def _as(self, place: str, actor: str, read: Callable[[Transaction, Reader], T], at: datetime | None = None) -> T:
        with self._database.looking() as transaction:
            return read(transaction, reader(transaction, place, actor, at))


_UNREAD = sa.select(sa.func.count()).select_from(
    sa.select(_h.id).where(_h.place == bind("place"), _h.person == bind("actor"), _h.read_at.is_(None)).limit(bind("most")).subquery())
_NOTICES = (
    sa.select(_h.id, _h.template, _h.params, _h.instance, _h.task, _h.sent_at, _h.read_at).where(_h.place == bind("place"), _h.person == bind("actor"))
    .order_by(_h.sent_at.desc(), _h.id).limit(bind("limit")).offset(bind("offset")))
_POSTINGS = sa.select(_p.account, _p.kind, _p.places, _p.refs, _p.instance, _p.posted_at).where(
    _p.place == bind("place"), _p.campaign == bind("campaign"), _p.account == bind("account")).order_by(_p.posted_at, _p.instance, _p.seq, _p.n)
_held = (
    sa.select(_g.person, _po.title, _po.role, _o.name)
    .join(schema.post, sa.and_(_po.place == _g.place, _po.id == _g.post))
    .join(schema.organisation, sa.and_(_o.place == _po.place, _o.id == _po.org))
    .where(_g.place == bind("place"), _g.from_at <= bind("at"), _g.to_at > bind("at")))
_like = bind("like")
_NAMED = (
    sa.select(_n.id, _n.name)
    .where(_n.place == bind("place"), _n.state == sa.literal_column("'active'"),
           sa.or_(_n.name.like(_like, escape="!"), _n.id == bind("id"),
                  _n.id.in_(_held.with_only_columns(_g.person).where(_o.name.like(_like, escape="!")))))
    .order_by(_n.name, _n.id).limit(bind("limit")))
_HOLDING = _HEAD.where(
    _i.place == bind("place"), _i.process == bind("process"), _i.state == OPEN, _i.doomed_by.is_(None),
    sa.exists().where(_s.place == _i.place, _s.instance == _i.id, _s.tokens.like(_like, escape="!"))).order_by(_i.started_at, _i.id)


@lru_cache(maxsize=64)
def _posts_of(people: int) -> sa.Select[Any]:
    return _held.where(one_of(_g.person, "person", people)).order_by(_g.from_at, _g.id)


@lru_cache(maxsize=256)
def _started(shape: Shape) -> sa.Select[Any]:
    return _HEAD.where(_i.place == bind("place"), _i.started_by == bind("actor"), visible_to(shape)).order_by(
        _i.started_at.desc(), _i.id).limit(bind("limit")).offset(bind("offset"))


@lru_cache(maxsize=256)
def _campaigns(shape: Shape) -> sa.Select[Any]:
    return _HEAD.where(campaign_visible_to(shape)).order_by(_i.started_at.desc(), _i.id)


@lru_cache(maxsize=256)
def _visible_among(shape: Shape, instances: int) -> sa.Select[Any]:
    return sa.select(_i.id).where(one_of(_i.id, "instance", instances), visible_to(shape))


# --- a campaign -----------------------------------------------------------------------------------------------------------------------

_TOKENS = (
    sa.select(_i.process, _s.element, _s.tokens).join(schema.instance, sa.and_(_i.place == _s.place, _i.id == _s.instance))
    .where(_s.place == bind("place"), _s.instance.in_(INSIDE)).distinct())
_BALANCES = sa.select(_l.account, _l.places, _l.booked).where(_l.place == bind("place"), _l.campaign == bind("campaign")).order_by(_l.account)


@lru_cache(maxsize=256)
def _campaign_head(shape: Shape) -> sa.Select[Any]:
    return _HEAD.where(campaign_visible_to(shape), _i.id == bind("campaign"))


@lru_cache(maxsize=256)
def _children(shape: Shape) -> sa.Select[Any]:
    return _HEAD.where(_i.id.in_(INSIDE), _i.parent == bind("parent"), visible_to(shape)).order_by(_i.started_at, _i.id)


@lru_cache(maxsize=256)
def _figures(shape: Shape) -> sa.Select[Any]:
    """By organisation and name of the task: how many are open and late, when the last was closed, and when the last was completed by somebody."""
    open_ = sa.func.sum(sa.case((_t.state == OPEN, _ONE), else_=_NONE))
    late = sa.func.sum(sa.case((sa.and_(_t.state == OPEN, _t.due_at < bind("at")), _ONE), else_=_NONE))
    completed = sa.func.max(sa.case((_t.closed_by.is_not(None), _t.closed_at)))
    return (
        sa.select(_i.org, _t.name, open_, late, sa.func.max(_t.closed_at), completed)
        .join_from(schema.task, schema.instance, sa.and_(_i.place == _t.place, _i.id == _t.instance))
        .where(_t.place == bind("place"), _t.instance.in_(INSIDE), _i.org.is_not(None), visible_to(shape))
        .group_by(_i.org, _t.name).order_by(_i.org, _t.name))


_ONE: sa.ColumnElement[int] = sa.literal_column("1")
_NONE: sa.ColumnElement[int] = sa.literal_column("0")


def _campaign(transaction: Transaction, who: Reader, campaign: str) -> CampaignView:
    head = transaction.row(_campaign_head(who.shape), **who.params, campaign=campaign)
    if head is None:
        raise NotFound("campaign.unknown", campaign=campaign)
    whole = may_see(transaction, who, campaign)
    tokens = transaction.rows(_TOKENS, place=who.place, campaign=campaign)
    live = {(process, each) for process, element, held in tokens for each in (element, *value_of(held))}
    records = tuple([_record(row) for row in transaction.rows(_registers(who.shape), **who.params, campaign=campaign)])
    tally = Counter([(each.kind, each.status or "", str(each.data.get("channel") or "")) for each in records])
    children = transaction.rows(_children(who.shape), **who.params, campaign=campaign, parent=campaign)
    balances = _balances(transaction, who.place, campaign) if whole else []
    figures = transaction.rows(_figures(who.shape), **who.params, campaign=campaign)
    work = tuple([_work(org, list(of_org)) for org, of_org in groupby(figures, key=itemgetter(0))])
    return CampaignView(_line(head), whole, tuple(balances), records, dict(tally), work, frozenset(live), tuple(_lines(children)))


def _work(org: str, figures: Sequence[Sequence[Any]]) -> OrgWork:
    """One organisation's figures from those of its tasks by name (the rows of `_figures`)."""
    closed = max((row[4] for row in figures if row[4] is not None), default=None)
    last = max((row for row in figures if row[5] is not None), key=itemgetter(5), default=None)  # at the same instant the first by name
    return OrgWork(org, sum(int(row[2]) for row in figures), sum(int(row[3]) for row in figures), restored_or_none(closed), last[1] if last else "")


def _balances(transaction: Transaction, place: str, campaign: str) -> list[Balance]:
    return [Balance(*row) for row in transaction.rows(_BALANCES, place=place, campaign=campaign)]


# --- a register -----------------------------------------------------------------------------------------------------------------------


class _Unread(Mapping[str, Any]):
    """A row's plain values, decoded when they are first looked at: a register has a thousand rows and a page shows fifty."""

    __slots__ = ("_text", "_values")

    def __init__(self, text: str) -> None:
        self._text = text
        self._values: Mapping[str, Any] | None = None

    def _read(self) -> Mapping[str, Any]:
        if self._values is None:
            self._values = value_of(self._text)
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self._read().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


@lru_cache(maxsize=256)
def _registers(shape: Shape) -> sa.Select[Any]:
    return (
        sa.select(_r.kind, _r.key, _r.status, _r.data, _r.instance, _r.org, _r.updated_at)
        .join(schema.instance, sa.and_(_i.place == _r.place, _i.id == _r.instance))
        .where(_r.place == bind("place"), _r.campaign == bind("campaign"), visible_to(shape)).order_by(_r.kind, _r.key))


@lru_cache(maxsize=256)
def _of_kind(shape: Shape) -> sa.Select[Any]:
    return _registers(shape).where(_r.kind == bind("kind"))


def _record(c: Sequence[Any]) -> Record:
    return Record(c[0], c[1], c[2], _Unread(c[3]), c[4], c[5], restored(c[6]))


# --- an instance ----------------------------------------------------------------------------------------------------------------------

_TITLES = sa.select(_i.id, _i.title).where(_i.place == bind("place"), _i.id.in_([bind("parent"), bind("root")]))
_SCOPES = sa.select(_s.parent, _s.variables, _s.tokens).where(_s.place == bind("place"), _s.instance == bind("instance"))
_INCIDENTS = sa.select(_d.id, _d.element, _d.code, _d.details).where(
    _d.place == bind("place"), _d.instance == bind("instance"), _d.state == OPEN).order_by(_d.opened_at, _d.id)


@lru_cache(maxsize=256)
def _instance_head(shape: Shape) -> sa.Select[Any]:
    return _HEAD.where(_i.id == bind("instance"), visible_to(shape))


def _instance(transaction: Transaction, who: Reader, instance: str) -> InstanceView:
    head = transaction.row(_instance_head(who.shape), **who.params, instance=instance)
    if head is None:
        raise NotFound("instance.unknown", instance=instance)
    line = _line(head)
    titles = {id: title or "" for id, title in transaction.rows(_TITLES, place=who.place, parent=line.parent, root=line.root)}
    children = transaction.rows(_children(who.shape), **who.params, campaign=line.root, parent=instance)
    scopes = transaction.rows(_SCOPES, place=who.place, instance=instance)
    incidents = transaction.rows(_INCIDENTS, place=who.place, instance=instance)
    return InstanceView(
        line, titles.get(line.parent, ""), titles.get(line.root, ""), tuple(_lines(children)), worklist.open_in_instance(transaction, who, instance),
        next((value_of(variables) for parent, variables, _ in scopes if parent is None), {}),
        frozenset(each for _, _, tokens in scopes for each in value_of(tokens)), tuple([(id, element, code, value_of(details)) for id, element, code, details in incidents]),
        personal_of(transaction, who.place, [instance]).get(instance, {}), worklist.files(transaction, who, instance))


def _passage(entries: Sequence[Entry], seq: int | None) -> Passage:
    """Counted from the events, so that it can be asked of any moment: an element holds a token from `Entered` to `Left` or `Dropped`."""
    passed: Counter[str] = Counter()
    active: Counter[tuple[int, str]] = Counter()
    incidents: dict[str, str] = {}
    for entry in entries:
        if seq is not None and entry.seq > seq:
            break
        for name, event in entry.events:
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
