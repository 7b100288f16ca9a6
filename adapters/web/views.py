"""What pages show: words and figures put together from the store's rows and the published definitions; plain values, no rules.

Moments are aware UTC datetimes.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Json = Any


# Who and where ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """One office's whole: people, campaigns, clock. `kind`: live | demo | rehearsal."""

    id: str
    title: str
    kind: str = "live"
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Post:
    role: str
    role_label: str
    org: str
    org_name: str


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Persona:
    """One click in a demo place: signs in as `user`."""

    user: str
    label: str  # 区卫健局经办
    name: str
    org_name: str


# Work ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of the frame."""

    inbox: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """加签: who asked for this signature, when, with what request."""

    who: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One line of an inbox or of a list of what was done."""

    instance: str
    task: str
    name: str
    about: str = ""  # words: name and employer
    campaign: str = ""
    campaign_title: str = ""
    stage: str = ""
    from_name: str = ""
    opened_at: datetime | None = None
    due_at: datetime | None = None
    overdue_counts: bool = True  # False: voluntary, no lamp
    marks: tuple[str, ...] = ()
    assignee: str = ""
    assignee_name: str = ""
    state: str = "open"
    closed_at: datetime | None = None
    outcome: str = ""  # in words
    element: str = ""
    process: str = ""
    reference: str = ""  # id of the record or subject it is about
    added: Added | None = None  # of an added signature


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of a list. `facets`: filter name → ((value, label, count), …)."""

    rows: tuple[TaskLine, ...]
    total: int
    page: int = 1
    facets: Mapping[str, tuple[tuple[str, str, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opinion:
    at: datetime
    who: str
    org: str
    task: str
    outcome: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class FileInfo:
    id: str
    name: str
    type: str
    size: int
    label: str = ""
    under: str = "/files"  # the address below which this reader finds it


@dataclass(frozen=True, slots=True)
class Nominee:
    """One of those whom a score sheet lists, as its judge may read them: no way to reach them, no birthday."""

    label: str
    told: tuple[tuple[str, str], ...]  # heading, value
    files: tuple[FileInfo, ...]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task with what its page shows. `return_to`: elements that 退回 may go to; `why`: my posts that make it mine."""

    line: TaskLine
    element: str
    form: str
    package: str
    process: str = ""
    instance_title: str = ""
    due_basis: Mapping[str, Json] = field(default_factory=dict)
    clause: str = ""
    candidates: tuple[str, ...] = ()  # in words
    candidate_ids: tuple[str, ...] = ()
    why: tuple[Post, ...] = ()
    variables: Mapping[str, Json] = field(default_factory=dict)
    answers: Mapping[str, Json] = field(default_factory=dict)  # what was answered, or the draft
    return_to: tuple[tuple[str, str], ...] = ()
    opinions: tuple[Opinion, ...] = ()  # of this instance, newest first
    earlier: tuple[Opinion, ...] = ()  # of the instances above it
    files: tuple[FileInfo, ...] = ()
    earlier_files: tuple[FileInfo, ...] = ()  # handed in before and replaced since
    form_of: str = ""  # the instance whose form can be had as a PDF; empty: none
    advice: str = ""  # what the helper of a delegated task answered, while it is open
    told: tuple[tuple[str, str], ...] = ()  # what is known of whom it is about: heading, value


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage of a campaign. `state`: done | current | todo. `due_at`: the moment its last day ends."""

    id: str
    name: str
    start: date | None
    end: date | None
    state: str
    due_at: datetime | None = None
    leftovers: bool = False  # done, but something in it is still open


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One 报送单位 of a campaign and its figures. `late`: open tasks past their date."""

    code: str
    name: str
    instance: str = ""
    nominated: int = 0
    returned: int = 0
    scored: int = 0
    selected: int = 0
    places: int = 0
    booked: int = 0
    late: int = 0
    last_at: datetime | None = None
    last_act: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the nominations spread over a code list."""

    title: str
    rows: tuple[tuple[str, int], ...]  # label, count
    total: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class CampaignLine:
    id: str
    title: str
    state: str
    stage: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignView:
    line: CampaignLine
    stages: tuple[StageView, ...] = ()
    channels: tuple[ChannelRow, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    registers: tuple[tuple[str, str, int], ...] = ()  # kind, label, rows
    facts: tuple[tuple[str, str], ...] = ()  # 发文字号 and the like: heading, value
    may_urge: bool = False
    provisional_years: tuple[int, ...] = ()  # years whose working calendar is not confirmed
    whole: bool = False  # its own course may be read, not only its head


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened, as a sentence. `kind`: person | clock | message | error."""

    seq: int
    at: datetime
    who: str
    sentence: str
    kind: str = "person"


@dataclass(frozen=True, slots=True)
class InstanceView:
    id: str
    title: str
    process: str
    state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    campaign: str = ""
    campaign_title: str = ""
    parent: str = ""
    parent_title: str = ""
    children: tuple[tuple[str, str, str], ...] = ()  # id, title, state
    tasks: tuple[TaskLine, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    data: tuple[tuple[str, str], ...] = ()  # heading, value
    files: tuple[FileInfo, ...] = ()
    printable: bool = False  # its form can be had as a PDF
    outline: tuple[tuple[str, str, int], ...] = ()  # element's name, state (passed | active | todo | incident), times


@dataclass(frozen=True, slots=True)
class NoticeLine:
    id: str
    at: datetime
    title: str
    body: str
    read: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """Rows of the campaign's register. `columns`: field, heading. `rows`: key, status in words, values by field, instance."""

    kind: str
    label: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, Mapping[str, str], str], ...]
    total: int
    campaign: str = ""
    campaign_title: str = ""
    statuses: tuple[tuple[str, str, int], ...] = ()
    channel: str = ""  # the name of the one it is narrowed to


@dataclass(frozen=True, slots=True)
class Startable:
    """What this person may start. `parents`: (instance, its name) that it may be started under, the likeliest first."""

    parents: tuple[tuple[str, str], ...]
    message: str
    label: str
    description: str = ""
    closes_at: datetime | None = None
    reason: str = ""  # why not now, in words
    campaign: str = ""
    campaign_title: str = ""  # where the person may start something in several campaigns


@dataclass(frozen=True, slots=True)
class PublicNotice:
    """What anybody may read: registration numbers and organisations of those listed, and how to object.

    `by_default`: the notice of the place does not prescribe the step, the scheme added it.
    """

    campaign: str
    title: str
    first: date | None = None
    last: date | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    office: str = ""
    closed: bool = False
    by_default: bool = False
