"""A campaign's figures for its page: stages, 报送单位, balances, coverage, registers. Counts what the queries give; decides nothing."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from adapters.locale import say
from adapters.web.ports import Row
from adapters.web.signed_in import Visitor
from adapters.web.views import CampaignLine, CampaignView, ChannelRow, Coverage, Register, StageView
from adapters.web.words import Words, shown
from engine.commands import Urge
from engine.refusals import NotFound, Refused
from engine.scheme.calendar import ends_at

NOMINATION = "nomination"
NAME = "@name"  # beside a register's own columns: the name of whom a row is about
# How far a nomination has come, as groups of its statuses (package.yaml, records.nomination).
NOT_YET = frozenset({"draft", "withdrawn", "locked"})
SELECTED = frozenset({"forwarded", "finalist", "participant", "winner"})
SCORED = SELECTED | {"scored", "reserve"}
RETURNED = frozenset({"returned"})


def campaign_rows(visitor: Visitor) -> Sequence[Row]:
    return visitor.system.queries.campaigns(visitor.place.id, visitor.person.id)


def stage_ends(visitor: Visitor, row: Row) -> list[datetime]:
    """When the dated stages of a campaign end."""
    ends = [_ends(visitor, row, stage.get("end")) for stage in values(visitor, row).get("stages", {}).values()]
    return [end for end in ends if end]


def campaign_lines(visitor: Visitor) -> list[CampaignLine]:
    rows = campaign_rows(visitor)
    return [CampaignLine(row.id, row.title, row.state, _stage_by_date(visitor, row), row.started_at, row.ended_at) for row in rows]


def campaign_view(visitor: Visitor, campaign: str) -> CampaignView:
    """Raises NotFound, absent or not theirs."""
    queries, place, me = visitor.system.queries, visitor.place.id, visitor.person.id
    found = queries.campaign(place, me, campaign)
    row = found.line
    stages = stage_views(visitor, row, found.live_elements)
    current = next((stage.name for stage in stages if stage.state == "current"), "")
    records = [each for each in found.records if each.kind == NOMINATION]
    late = queries.late(place, me, campaign)
    channels = channel_rows(visitor, row, found, records, late)
    return CampaignView(
        CampaignLine(row.id, row.title, row.state, current, row.started_at, row.ended_at), stages, channels, coverage(visitor, row, records),
        registers(visitor.words, row, found.tally), facts(visitor, row), may_urge(visitor, late), _unconfirmed(visitor, stages), found.whole)


def values(visitor: Visitor, row: Row) -> Mapping[str, Any]:
    """The scheme's plain values; empty for a campaign without one."""
    scheme = visitor.words.scheme(row.package, row.scheme)
    return scheme.values if scheme else {}


def stage_views(visitor: Visitor, row: Row, live: Iterable[tuple[str, str]]) -> tuple[StageView, ...]:
    """The scheme's stages in order: the last one that is alive is current, those before it are done, perhaps with something left open."""
    declared = values(visitor, row).get("stages", {})
    ordered = sorted(declared.items(), key=lambda each: each[1].get("order", 0))
    alive = _live_stages(visitor.words, row.package, live)
    reached = [index for index, (id, _) in enumerate(ordered) if id in alive]
    ended = row.state != "open"
    found = []
    for index, (id, stage) in enumerate(ordered):
        state = "done" if ended or (reached and index < max(reached)) else "current" if id in alive else "todo"
        found.append(StageView(id, stage["name"], stage.get("start"), stage.get("end"), state, _ends(visitor, row, stage.get("end")), state == "done" and not ended and id in alive))
    return tuple(found)


def _live_stages(words: Words, package: str, live: Iterable[tuple[str, str]]) -> set[str]:
    found = set()
    for process, element in live:
        node, whole = words.node(package, process, element), words.process(package, process)
        found.add((node.stage if node else "") or (whole.stage if whole else ""))
    return found - {""}


def _ends(visitor: Visitor, row: Row, day: date | None) -> datetime | None:
    return ends_at(day, visitor.zone, str(values(visitor, row).get("cutoff") or "24:00")) if day else None


def ends_of_stage(visitor: Visitor, row: Row, stage: str) -> datetime | None:
    """When the stage's last day ends by the scheme of that instance."""
    return _ends(visitor, row, values(visitor, row).get("stages", {}).get(stage, {}).get("end"))


def channel_named(visitor: Visitor, row: Row) -> Mapping[str, Any] | None:
    """The 报送单位 whose name ends the instance's title (that is how the package titles them)."""
    channels: Sequence[Mapping[str, Any]] = values(visitor, row).get("channels", ())
    return next((each for each in channels if row.title.endswith(" · " + each["name"])), None)


def _stage_by_date(visitor: Visitor, row: Row) -> str:
    """The stage whose dates hold today; for lists, where the tokens are not read."""
    if row.state != "open":
        return ""
    today = visitor.now.astimezone(visitor.zone).date()
    stages = sorted(values(visitor, row).get("stages", {}).values(), key=lambda each: each.get("order", 0))
    begun = [each["name"] for each in stages if not each.get("start") or each["start"] <= today]
    over = [each["name"] for each in stages if each.get("end") and each["end"] < today]
    return next((name for name in begun if name not in over), "")


def channel_rows(visitor: Visitor, row: Row, found: Row, records: Sequence[Row], late: Sequence[Row]) -> tuple[ChannelRow, ...]:
    channels: Sequence[Mapping[str, Any]] = values(visitor, row).get("channels", ())
    balances = {each.account: each for each in found.balances}
    instances = {each.title.rpartition(" · ")[2]: each.id for each in found.children}
    late_by = Counter(channel_of(each, channels) for each in late)
    last: dict[str, Row] = {}  # of each channel the row that changed last
    for each in records:
        code = each.data.get("channel")
        if isinstance(code, str) and (code not in last or each.updated_at > last[code].updated_at):
            last[code] = each
    return tuple(_channel_row(visitor.words, row, channel, found.tally, balances.get(channel["code"]), last.get(channel["code"]), late_by[channel["code"]], instances) for channel in channels)


def _channel_row(words: Words, row: Row, channel: Mapping[str, Any], tally: Mapping[tuple[str, str, str], int], balance: Row | None, last: Row | None, late: int,
                 instances: Mapping[str, str]) -> ChannelRow:
    code = channel["code"]
    counts = {status: count for (kind, status, of), count in tally.items() if kind == NOMINATION and of == code}
    return ChannelRow(
        code, channel["name"], instances.get(channel["name"], ""), sum(count for status, count in counts.items() if status not in NOT_YET),
        _sum(counts, RETURNED), _sum(counts, SCORED), _sum(counts, SELECTED), balance.places if balance else channel.get("places", 0), balance.booked if balance else 0,
        late, last.updated_at if last else None, words.status(row.package, NOMINATION, last.status or "") if last else "")


def _sum(counts: Mapping[str, int], statuses: frozenset[str]) -> int:
    return sum(counts.get(status, 0) for status in statuses)


def channel_of(line: Row, channels: Sequence[Mapping[str, Any]]) -> str:
    """The 报送单位 that a task belongs to: its record's, or the one it is about, or the one of the organisation asked; empty when none."""
    if line.record and line.record.data.get("channel"):
        return str(line.record.data["channel"])
    for channel in channels:
        if line.about == channel["code"] or line.org in [body.get("org") for body in channel.get("bodies", ())]:
            return str(channel["code"])
    return ""


def coverage(visitor: Visitor, row: Row, records: Sequence[Row]) -> tuple[Coverage, ...]:
    """How the nominations spread over the code lists that the scheme's `coverage` names; one person may count in several."""
    counted = [each for each in records if each.status not in NOT_YET]
    found = []
    for wanted in values(visitor, row).get("coverage", ()) if counted else ():
        answers = Counter([_as_codes(each.data.get(wanted["field"])) for each in counted])  # few different ones among many
        counts: Counter[str] = Counter()
        for codes, people in answers.items():
            counts.update(dict.fromkeys(codes, people))
        rows = tuple((code["label"], counts[code["code"]]) for code in wanted["codes"])
        found.append(Coverage(wanted["label"], rows, len(counted), answers[()]))
    return tuple(found)


def _as_codes(value: Any) -> tuple[str, ...]:
    return tuple([str(each) for each in value]) if isinstance(value, (list, tuple)) else () if value is None else (str(value),)


def registers(words: Words, row: Row, tally: Mapping[tuple[str, str, str], int]) -> tuple[tuple[str, str, int], ...]:
    counts: Counter[str] = Counter()
    for (kind, _, _), count in tally.items():
        counts[kind] += count
    declared = words.bundle(row.package).package.records
    return tuple((kind, each.label, counts[kind]) for kind, each in declared.items() if counts[kind])


def facts(visitor: Visitor, row: Row) -> tuple[tuple[str, str], ...]:
    """Document number, issuers, date: what stands on the head of the notice."""
    scheme = values(visitor, row)
    notice, issuers = scheme.get("notice", {}), scheme.get("issuers", {})
    bodies = [issuers["lead"]["name"], *(each["name"] for each in issuers.get("joint", ()))] if issuers.get("lead") else []
    found = [("发文字号", notice.get("number")), ("印发单位", "、".join(bodies)), ("成文日期", scheme.get("issued_on")), ("名额总数", scheme.get("quota", {}).get("total"))]
    return tuple((say(heading, visitor.language), _fact(visitor, value)) for heading, value in found if value)


def _fact(visitor: Visitor, value: Any) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if isinstance(value, date) and visitor.language == "zh" else shown(value, visitor.language)


def may_urge(visitor: Visitor, late: Sequence[Row]) -> bool:
    """Whether this person looks after others and may urge at least the first of the late ones."""
    if not late or not visitor.oversees:
        return visitor.oversees
    return visitor.system.why_not(visitor.place.id, late[0].instance, Urge(visitor.person.id, late[0].task)) is None


def late_tasks(visitor: Visitor, campaign: str, channel: str) -> list[Row]:
    """The late tasks of one 报送单位, or of all, that this person may urge."""
    queries, place, me = visitor.system.queries, visitor.place.id, visitor.person.id
    channels = values(visitor, queries.campaign(place, me, campaign).line).get("channels", ())
    if not visitor.oversees:
        raise Refused("web.not_overseeing")
    late = [each for each in queries.late(place, me, campaign) if not channel or channel_of(each, channels) == channel]
    return [each for each in late if visitor.system.why_not(place, each.instance, Urge(me, each.task)) is None]


def _unconfirmed(visitor: Visitor, stages: Sequence[StageView]) -> tuple[int, ...]:
    days = [day for stage in stages for day in (stage.start, stage.end) if day]
    return tuple(visitor.system.published.calendar(visitor.place.id).unconfirmed(min(days), max(days))) if days else ()


def name_in(record: Row) -> str:
    """The name of whom a register row is about, where the reader may see it."""
    return next((str(values["name"]) for values in record.personal.values() if values.get("name")), "")


def in_number_order(key: str) -> list[tuple[int, str]]:
    """Sorts TJ2021-2 before TJ2021-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d{1,15})", key)]


def register(visitor: Visitor, campaign: str, kind: str, statuses: frozenset[str], channel: str, page: int, per_page: int, named: bool = False) -> Register:
    """One register as a table, `named`: with the names that the reader may see. Raises NotFound for an unknown campaign or kind."""
    queries, place, me, words = visitor.system.queries, visitor.place.id, visitor.person.id, visitor.words
    in_channel: list[Row] = []
    chosen: list[Row] = []

    def choose(rows: Sequence[Row]) -> Sequence[Row]:
        in_channel.extend(each for each in rows if not channel or each.data.get("channel") == channel)
        chosen.extend(sorted((each for each in in_channel if not statuses or (each.status or "") in statuses), key=lambda each: in_number_order(each.key)))
        return chosen[(page - 1) * per_page : page * per_page]

    mine, page_rows = queries.register(place, me, campaign, kind, choose)
    # Whoever sees a row of it sees that the campaign is there; only for an empty register the dearer question is asked.
    row = visitor.system.head(place, campaign) if mine else queries.campaign(place, me, campaign).line
    declared = words.bundle(row.package).package.records.get(kind)
    if declared is None:
        raise NotFound("web.no_such_register")
    counts = Counter(each.status or "" for each in in_channel)
    codes = words.codes(values(visitor, row))
    rows = tuple(
        (each.key, declared.statuses.get(each.status or "", each.status or ""), {**({NAME: name_in(each)} if named else {}), **{field: codes.cell(each.data.get(field), field) for field in declared.columns}}, each.instance)
        for each in page_rows)
    filters = tuple((status, declared.statuses.get(status, status), counts[status]) for status in (*declared.statuses, "") if counts[status])
    return Register(kind, declared.label, tuple(declared.columns.items()), rows, len(chosen), campaign, row.title, filters, codes.cell(channel, "channel") if channel else "")
