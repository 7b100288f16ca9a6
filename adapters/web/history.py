"""Journal entries as sentences for the instance's page: who did what, what followed. Reads entries, knows no rules."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.locale import say
from adapters.web.ports import Row
from adapters.web.signed_in import Visitor
from adapters.web.views import HistoryLine

Fields = Mapping[str, Any]
# Commands about one task → what was done; {name} is the task's.
ON_TASK = {
    "Claim": "签收“{name}”", "Release": "退还“{name}”", "Reassign": "转办“{name}”给{to}：{reason}", "Delegate": "委派“{name}”给{to}：{reason}", "Resolve": "答复委派的“{name}”：{reason}",
    "Return": "退回“{name}”：{reason}", "Withdraw": "撤回“{name}”：{reason}", "Urge": "催办“{name}”：{text}", "AddSigner": "为“{name}”加签{signer}：{reason}",
    "RemoveSigner": "减签“{name}”：{reason}", "Extend": "顺延“{name}”的期限：{reason}",
}
ON_INSTANCE = {
    "Start": "启动", "Cancel": "终止：{reason}", "CancelByParent": "随上级事项终止", "AmendScheme": "修改方案：{reason}", "SetVariables": "更正数据：{reason}",
    "RetryIncident": "重试异常环节", "ResolveIncident": "处理异常环节：{reason}", "Correlate": "收到“{message}”", "Signal": "收到“{signal}”", "ChildEnded": "下级事项办结",
    "ChildThrew": "下级事项异常结束", "FinishJob": "系统处理完成", "FailJob": "系统处理失败",
}
CAUGHT = frozenset({"Correlate", "Signal"})  # told by the name of what waited for it
DOES = frozenset({"serviceTask", "scriptTask", "businessRuleTask", "sendTask", "callActivity"})  # what the system does by itself and a reader wants to hear of
KINDS = {"FireTimer": "clock", "Correlate": "message", "Signal": "message", "ChildThrew": "error", "FailJob": "error"}


def sentences(visitor: Visitor, line: Row, entries: Sequence[Row]) -> Iterator[HistoryLine]:
    """Newest first; entries that say nothing to a person are left out."""
    tasks = {event["task"]: event for entry in entries for name, event in entry.events if name == "TaskOpened"}
    people = visitor.system.people.names(visitor.place.id, {entry.actor for entry in entries} | {_person(entry.input) for entry in entries})
    telling = Telling(visitor, line, tasks, people)
    for entry in reversed(entries):
        sentence = telling.sentence(entry)
        if sentence:
            yield HistoryLine(entry.seq, entry.at, visitor.words.person(entry.actor, people.get(entry.actor, "")), sentence, telling.kind(entry))


def _person(fields: Fields) -> str:
    return str(fields.get("to") or fields.get("signer") or "").removeprefix("user:")


class Telling:
    """Entries of one instance in words. `tasks`: id → at least name and form; `people`: names by id."""

    def __init__(self, visitor: Visitor, line: Row, tasks: Mapping[str, Fields], people: Mapping[str, str]) -> None:
        self.visitor, self.line, self.tasks, self.people = visitor, line, tasks, people

    def say(self, text: str, /, **details: object) -> str:
        return say(text, self.visitor.language, **details)

    def kind(self, entry: Row) -> str:
        if any(name == "IncidentOpened" for name, _ in entry.events):
            return "error"
        return KINDS.get(entry.command, "person")

    def sentence(self, entry: Row) -> str:
        done = self._done(entry)
        parts = [done, *self._followed(entry.events)] if done else list(self._followed(entry.events))
        return "；".join(part.rstrip("。；：") for part in parts if part)

    def _done(self, entry: Row) -> str:
        fields: Fields = entry.input
        if entry.command == "Complete":
            return self._completed(fields)
        if entry.command == "FireTimer":
            return self._fired(entry.events)
        if entry.command in CAUGHT and (caught := self._named(entry.events)):
            return self.say("收到“{message}”", message=caught[0][1])
        if entry.command in ON_TASK:
            return self.say(ON_TASK[entry.command], **{**self._plain(fields), "name": self._name(fields.get("task", ""))})
        if entry.command in ("FinishJob", "ChildEnded"):
            return ""  # what followed from it is said below
        return self.say(ON_INSTANCE[entry.command], **self._plain(fields)) if entry.command in ON_INSTANCE else ""

    def _completed(self, fields: Fields) -> str:
        task = self.tasks.get(fields["task"], {})
        outcome = self.visitor.words.outcome(self.line.package, str(task.get("form", "")), fields.get("outcome", ""))
        done = self.say("办理“{name}”：{outcome}", name=self._name(fields["task"]), outcome=outcome or self.say("办理完毕"))
        return done + self.say("，意见：{opinion}", opinion=fields["opinion"]) if fields.get("opinion") else done

    def _fired(self, events: Iterable[tuple[str, Fields]]) -> str:
        for name, event in events:
            if name == "TaskOverdue":
                return self.say("“{name}”逾期", name=self._name(event["task"]))
            if name == "Reminded":
                return self.say("提醒办理“{name}”", name=self._name(event["task"]))
        named = self._named(events)
        if not named:
            return self.say("到了规定时间")
        after = [name for kind, name in named[1:] if kind in DOES]
        came = self.say("“{name}”到时", name=named[0][1])
        return came + self.say("，随后“{names}”", names="”“".join(after)) if after else came

    def _named(self, events: Iterable[tuple[str, Fields]]) -> list[tuple[str, str]]:
        """Kind and name of the elements that were entered or left, in order, each once; what has no name is left out."""
        ids = dict.fromkeys(fields["element"] for name, fields in events if name in ("Entered", "Left"))
        nodes = (self.visitor.words.node(self.line.package, self.line.process, id) for id in ids)
        return [(node.kind, node.name) for node in nodes if node is not None and node.name]

    def _followed(self, events: Iterable[tuple[str, Fields]]) -> Iterator[str]:
        """What the entry opened, ended or broke."""
        yield from (self._decided(each) for name, event in events if name == "Decided" for each in event["fired"])
        opened = [event["name"] for name, event in events if name == "TaskOpened"]
        if opened:
            yield self.say("转到“{names}”", names="”“".join(dict.fromkeys(opened)))
        for name, event in events:
            if name == "IncidentOpened":
                yield self.say("“{name}”出现异常，需要处理", name=self.visitor.words.element(self.line.package, self.line.process, event["element"]))
            elif name == "InstanceEnded":
                yield self.say({"ended": "事项办结", "cancelled": "事项终止"}.get(event["state"], "事项异常结束"))

    def _decided(self, fired: Fields) -> str:
        """Which rules of a decision table applied, by their numbers as the table shows them."""
        if not fired["rules"]:
            return self.say("决策表“{table}”没有适用的规则", table=fired["table"])
        return self.say("决策表“{table}”第 {rules} 条", table=fired["table"], rules=fired["rules"])

    def _name(self, task: str) -> str:
        return str(self.tasks.get(task, {}).get("name", task))

    def _plain(self, fields: Fields) -> dict[str, object]:
        found: dict[str, object] = {name: value for name, value in fields.items() if isinstance(value, str)}
        for name in ("to", "signer"):
            if name in found:
                found[name] = self._who(str(found[name]))
        if "to" in found and fields.get("to") and "@" not in str(fields["to"]) and ":" not in str(fields["to"]):
            found["to"] = self.visitor.words.element(self.line.package, self.line.process, str(fields["to"]))
        return found

    def _who(self, candidate: str) -> str:
        user = candidate.removeprefix("user:")
        return self.people.get(user) or (self.visitor.words.candidate(self.line.package, candidate) if "@" in candidate else user)
