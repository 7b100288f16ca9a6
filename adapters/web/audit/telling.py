"""Entries of any stream as sentences, and the kinds of acts that a reader may filter by; looks up names, decides nothing."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.locale import knows, say
from adapters.web.audit.ports import Auditing
from adapters.web.history import Telling
from adapters.web.ports import Row
from adapters.web.signed_in import Visitor
from engine.refusals import NotFound

# What the filter 「做了什么」 offers: kind → the commands it means.
ACTS: Mapping[str, tuple[str, ...]] = {
    "办理": ("Complete", "Claim", "Release", "Resolve"),
    "退回与撤回": ("Return", "Withdraw"),
    "转办、委派、催办": ("Reassign", "Delegate", "Urge", "AddSigner", "RemoveSigner", "Extend"),
    "到期与定时": ("FireTimer",),
    "启动与往来": ("Start", "Correlate", "Signal", "ChildEnded", "ChildThrew", "FinishJob", "FailJob", "MessageExpired", "StartFailed"),
    "更正与终止": ("Cancel", "CancelByParent", "AmendScheme", "SetVariables", "RetryIncident", "ResolveIncident"),
    "组织、人员与授权": ("AddOrganisation", "AddPerson", "AddPost", "Grant", "Revoke", "Recuse"),
    "发布": ("PublishPackage", "PublishScheme", "ProposePublication", "DecidePublication", "ReopenPublication", "AddCalendar", "ConfirmCalendar"),
    "保管期限": ("SetRetention", "HoldRecord", "ReleaseRecord", "RemoveRecord"),
    "个人信息": ("HoldPersonal", "ReleasePersonal", "ErasePersonal"),
    "审计": ("VerifyRecord", "SignCheckpoint", "ReplayInstance", "ExportRecord"),
}
FAULTS = frozenset({"StartFailed", "MessageExpired"})
DECISIONS = {"approved": "批准", "returned": "退回", "withdrawn": "收回"}
# Entries of the place's own streams, which belong to no instance.
OF_THE_PLACE: Mapping[str, str] = {
    "AddOrganisation": "设立组织“{name}”", "AddPerson": "登记人员“{who}”", "AddPost": "设立岗位“{post}”", "Grant": "授予“{who}”岗位“{post}”",
    "Revoke": "撤销“{who}”的岗位“{post}”", "Recuse": "登记“{who}”回避“{ref}”", "PublishPackage": "发布流程包《{name}》{version}版",
    "PublishScheme": "发布方案《{name}》", "AddCalendar": "登记{year}年工作日历", "ConfirmCalendar": "确认{year}年工作日历",
    "ProposePublication": "提请发布{what}《{name}》：{note}", "DecidePublication": "{decision}{who}提请发布的{what}：{reason}",
    "ReopenPublication": "重新打开{what}的发布申请", "StartFailed": "流程“{process}”没有按时启动", "MessageExpired": "消息“{name}”过期，无人接收",
    "VerifyRecord": "核验操作记录：{entries} 条，发现 {count} 处不一致", "SignCheckpoint": "签署检查点", "ReplayInstance": "重演“{title}”：{entries} 条，{result}",
    "ExportRecord": "导出操作记录（{format}）：{title}", "SetRetention": "规定流程包“{package}”的保管期限：{days} 天（{basis}）",
    "HoldRecord": "暂缓移除“{instance}”：{reason}", "ReleaseRecord": "解除暂缓移除“{instance}”：{reason}",
    "RemoveRecord": "保管期满移除“{instance}”：{instances} 件、{entries} 条记录",
    "HoldPersonal": "登记个人信息留存（{subject}）：{reason}", "ReleasePersonal": "解除个人信息留存（{subject}）：{reason}",
    "ErasePersonal": "依法删除个人信息（{subject}）：{reason}",
}


@dataclass(frozen=True, slots=True)
class Told:
    """An entry for a reader. `about`: the instance's title, or what the stream is; `link`: where the moment is shown; `kind` as on the slider."""

    at: datetime
    who: str
    actor: str
    sentence: str
    kind: str
    about: str
    link: str
    stream: str
    seq: int
    command: str
    hash: str


def kind_of(told: str, entry: Row) -> str:
    """person | clock | message | error | system: the sign on the slider."""
    return "system" if told == "person" and entry.actor in ("job", "system") else told


def visited(visitor: Visitor, line: Row, entry: Row) -> list[str]:
    """The names of the elements that an entry entered or left, each once."""
    ids = dict.fromkeys(fields["element"] for name, fields in entry.events if name in ("Entered", "Left", "Passed"))
    names = (visitor.words.node(line.package, line.process, id) for id in ids)
    return list(dict.fromkeys(node.name for node in names if node is not None and node.name))


def sentence(visitor: Visitor, telling: Telling, line: Row, entry: Row) -> str:
    """What an entry of an instance says; never empty, for every entry is a step."""
    told = telling.sentence(entry)
    if told:
        return told
    names = visited(visitor, line, entry)
    return say("系统办理，经过“{names}”", visitor.language, names="”“".join(names)) if names else say("系统办理，没有前进", visitor.language)


def tellings(visitor: Visitor, auditing: Auditing, lines: Sequence[Row]) -> list[Told]:
    """Entries of whatever streams, in the order given."""
    place = visitor.place.id
    named = [(each.entry.stream, task) for each in lines if each.head is not None for task in tasks_of(each.entry)]
    tasks = auditing.task_names(place, named)
    people = visitor.system.people.names(place, {name for each in lines for name in _people(each.entry)})
    register = Register(visitor, auditing, people)
    return [_told(visitor, each, tasks, people, register) for each in lines]


def tasks_of(entry: Row) -> set[str]:
    """The ids of the tasks that an entry is about."""
    return {str(fields["task"]) for _, fields in [(None, entry.input), *entry.events] if fields.get("task")}


def _people(entry: Row) -> list[str]:
    found = [entry.actor]
    for name in ("to", "signer", "person", "submitted_by", "id"):
        value = entry.input.get(name)
        if isinstance(value, str):
            found.append(value.removeprefix("user:"))
    return found


def _told(visitor: Visitor, row: Row, tasks: Mapping[tuple[str, str], tuple[str, str]], people: Mapping[str, str], register: Register) -> Told:
    entry, head = row.entry, row.head
    who = _actor(visitor, entry.actor, people)
    if not row.readable:
        return Told(entry.at, who, entry.actor, say("这条记录无法读出，存档已损坏", visitor.language), "error", head.title if head else register.stream(entry.stream), "",
                    entry.stream, entry.seq, entry.command, row.hash)
    if head is None:
        return Told(entry.at, who, entry.actor, register.sentence(entry), kind_of("error" if entry.command in FAULTS else "person", entry), register.stream(entry.stream), "", entry.stream, entry.seq,
                    entry.command, row.hash)
    known = {fields["task"]: fields for name, fields in entry.events if name == "TaskOpened"}
    known |= {task: {"name": name, "form": form} for (instance, task), (name, form) in tasks.items() if instance == head.id}
    telling = Telling(visitor, head, known, people)
    return Told(entry.at, who, entry.actor, sentence(visitor, telling, head, entry), kind_of(telling.kind(entry), entry), head.title,
                moment_link(head.id, entry.seq), entry.stream, entry.seq, entry.command, row.hash)


def _actor(visitor: Visitor, actor: str, people: Mapping[str, str]) -> str:
    """Who acted, by name. `PLACE/PERSON` is whoever founded this place from another one, and is nobody here."""
    return say("设立本地区的管理员", visitor.language) if "/" in actor else visitor.words.person(actor, people.get(actor, ""))


def moment_link(instance: str, seq: int) -> str:
    """The time machine at an entry: the query for the server, the fragment for the island."""
    return f"/audit/instances/{instance}?seq={seq}#seq={seq}"


class Register:
    """Entries of the streams of the place itself in words."""

    def __init__(self, visitor: Visitor, auditing: Auditing, people: Mapping[str, str]) -> None:
        self._visitor, self._auditing, self._people = visitor, auditing, people
        self._posts: Mapping[str, tuple[str, str, str]] | None = None
        self._titles: dict[str, dict[str, str]] = {}

    def sentence(self, entry: Row) -> str:
        language = self._visitor.language
        if entry.command not in OF_THE_PLACE:
            code = f"command.{entry.command}"
            return say(code, language) if knows(code) else say("登记一项变更（{command}）", language, command=entry.command)
        return say(OF_THE_PLACE[entry.command], language, **self._details(entry)).removesuffix("：").removesuffix(": ")

    def stream(self, stream: str) -> str:
        kind, _, name = stream.partition(":")
        return say("流程包《{name}》", self._visitor.language, name=self._package(name)) if kind == "package" else say("本地登记", self._visitor.language)

    def _package(self, name: str) -> str:
        """The title of a package, as its newest published version has it; its name before the first."""
        return next((one.title for one in self._visitor.system.publications.packages(self._visitor.place.id, name)), name)

    def _published(self, package: str, hash: str, name: str) -> str:
        """The title of what a request or a publication is about; the name of what was never published."""
        if package not in self._titles:
            publications, place = self._visitor.system.publications, self._visitor.place.id
            self._titles[package] = {one.hash: one.title for one in [*publications.packages(place, package), *publications.schemes(place, package)]}
        return self._titles[package].get(hash, name)

    def _process(self, package: str, process: str) -> str:
        found = self._visitor.words.process(package, process) if self._visitor.words.known_package(package) else None
        return found.name or process if found else process

    def _details(self, entry: Row) -> dict[str, Any]:
        fields = {**entry.input}
        found: dict[str, Any] = {name: value for name, value in fields.items() if isinstance(value, (str, int))}
        package = entry.stream.partition(":")[2]
        if "hash" in fields:
            found["name"] = self._published(package, str(fields["hash"]), str(fields.get("name", "")))
        if "process" in fields:
            found["process"] = self._process(str(fields.get("package", "")), str(fields["process"]))
        if "ref" in fields:
            found["ref"] = self._title(str(fields["ref"]))
        person = str(fields.get("person", fields.get("submitted_by", fields.get("id", ""))))
        found["who"] = self._people.get(person, person)
        if entry.command == "AddPost":
            found["post"] = f"{self._visitor.words.organisation(fields['org'])} · {fields['title']}"
        elif "post" in fields:
            found["post"] = self._post(str(fields["post"]))
        if "kind" in fields:
            found["what"] = say("流程包" if fields["kind"] == "package" else "方案", self._visitor.language)
        if "state" in fields:
            found["decision"] = say(DECISIONS.get(str(fields["state"]), str(fields["state"])), self._visitor.language)
        if entry.command in ("ReplayInstance", "ExportRecord"):
            found["title"] = self._title(str(fields.get("instance") or fields.get("scope", "")))
            found["result"] = say("不一致" if fields.get("findings") else "一致", self._visitor.language)
            found["format"] = str(fields.get("format", "")).upper()
        return found

    def _post(self, post: str) -> str:
        if self._posts is None:
            self._posts = self._auditing.posts(self._visitor.place.id)
        title, _, org = self._posts.get(post, (post, "", ""))
        return f"{self._visitor.words.organisation(org)} · {title}" if org else title

    def _title(self, scope: str) -> str:
        if scope in ("", "place"):
            return say("全部", self._visitor.language)
        try:
            return str(self._visitor.system.head(self._visitor.place.id, scope).title)
        except NotFound:
            return scope
