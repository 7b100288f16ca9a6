"""A change between two versions as one plain sentence; compares nothing."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.locale import knows, say
from adapters.web.design.form_sentences import FormSentences
from adapters.web.design.organisations import labels_of
from engine.bundle import Bundle
from engine.compare.change import Change
from engine.scheme.scheme import Scheme
from engine.scheme.texts import LEVELS

ROLE = re.compile(r"""role\(\s*"([^"]+)"\s*,\s*([^()]+?)\s*\)""")
CALL = re.compile(r"=\s*(due in|cutoff|opens)\s*\(\s*([\w.]+)\s*\)\Z")
STAGE = re.compile(r"scheme\.stages\.(\w+)\.(start|end)\Z")
DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?\Z")
CANDIDATES = ("zeebe:assignmentDefinition@candidateGroups", "zeebe:assignmentDefinition@candidateUsers", "zeebe:assignmentDefinition@assignee", "banli:escalateTo", "banli:starters")
MOMENTS = ("zeebe:taskSchedule@dueDate", "zeebe:taskSchedule@followUpDate", "timeDate", "timeDuration", "timeCycle")
FLAGS = frozenset({"true", "false"})
NAMED = ("name", "label", "title")
TIMES = ("timerEventDefinition/timeDate", "timerEventDefinition/timeDuration", "timerEventDefinition/timeCycle")


@dataclass(frozen=True, slots=True)
class Labels:
    """What the package calls its roles, forms, processes, parameters, texts and stages."""

    roles: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    organisation: Callable[[str], str] = str  # a code → what a reader is told
    of_organisations: frozenset[str] = frozenset()  # labels of what holds an organisation's code
    by_organisation: frozenset[str] = frozenset()  # labels of lists whose rows may be known by one

    @classmethod
    def of(cls, bundle: Bundle, scheme: Scheme | None = None, organisation: Callable[[str], str] = str) -> Labels:
        stages = scheme.values.get("stages", {}) if scheme else {}
        return cls(
            {code: role.label for code, role in bundle.package.roles.items()}, {id: form.title for id, form in bundle.graphs.forms.items()},
            {id: process.name or id for id, process in bundle.graphs.processes.items()},
            {key: one.label for key, one in bundle.package.declaration.keys.items()},
            {id: str(one.get("name") or id) for id, one in stages.items() if isinstance(one, Mapping)}, organisation, *labels_of(bundle.package.declaration))


@dataclass(frozen=True, slots=True)
class Said:
    """A change in words. `element` and `file` say where it is."""

    kind: str
    element: str
    file: str
    sentence: str


class Sentences:
    """Words for changes, in one language, with what the package calls its things."""

    def __init__(self, labels: Labels, language: str = "zh") -> None:
        self.labels, self.language = labels, language

    def all(self, changes: Sequence[Change]) -> list[Said]:
        return [Said(one.kind, one.element, one.file, self.sentence(one)) for one in changes]

    def sentence(self, change: Change) -> str:
        area = change.code.partition(".")[0]
        words = {"diagram": self._diagram, "scheme": self._scheme, "yaml": self._yaml, "table": self._table, "file": self._file, "form": self._form, "text": self._text}[area](change)
        return words

    def _say(self, code: str, **details: object) -> str:
        return say(code, self.language, **details)

    # --- diagrams -----------------------------------------------------------------------------------------------------------------------

    def _diagram(self, change: Change) -> str:
        d = change.details
        match change.code:
            case "diagram.added" | "diagram.removed":
                return self._whole(change)
            case "diagram.renamed":
                old, new = (d[side] or self._say("（无名称）") for side in ("old", "new"))
                return self._say("compare.renamed", what=self._kind(d["what"]), old=old, new=new)
            case "diagram.kind":
                if not d["name"]:
                    return self._say("compare.kind_nameless", old=self._kind(d["old"]), new=self._kind(d["new"]))
                return self._say("compare.kind", thing=self._thing(d), old=self._kind(d["old"]), new=self._kind(d["new"]))
            case "diagram.container":
                return self._say("compare.container", thing=self._thing(d), old=d["old"], new=d["new"])
            case "diagram.route":
                (a, b), (c, e) = d["old"], d["new"]
                return self._say("compare.route", old=self._way(a, b), new=self._way(c, e))
            case _:
                return self._facet(change)

    def _whole(self, change: Change) -> str:
        d = change.details
        parts = [self._say("compare.between", after=self._many(d.get("after")), before=self._many(d.get("before")))] if d.get("after") and d.get("before") else []
        if d.get("on"):
            parts.append(self._say("compare.on", name=d["on"]))
        if d.get("condition"):
            parts.append(self._say("compare.told", label=self.facet("conditionExpression"), value=self._value("conditionExpression", d["condition"])))
        parts += [self._say("compare.told", label=self.facet(path), value=self._value(path, value)) for path, value in d["told"].items()]
        if d.get("inside"):
            parts.append(self._say("compare.inside", count=d["inside"]))
        told = self._say("compare.joint").join(parts)
        return self._say(f"compare.{change.kind}.told" if told else f"compare.{change.kind}", thing=self._thing(d), told=told)

    def _facet(self, change: Change) -> str:
        d = change.details
        old, new = (None if d[side] is None else self._block(d["facet"], d[side]) if isinstance(d[side], Mapping) else self._value(d["facet"], d[side]) for side in ("old", "new"))
        return self._difference(self._thing(d), self.facet(d["facet"]), old, new)

    def _difference(self, thing: str, label: str, old: str | None, new: str | None) -> str:
        thing = thing + self._say("compare.of") if thing else ""
        if not old:
            return self._say("compare.set" if new else "compare.set_plain", thing=thing, label=label, new=new or "")
        if not new:
            return self._say("compare.cleared", thing=thing, label=label, old=old)
        return self._say("compare.changed", thing=thing, label=label, old=old, new=new)

    def _block(self, block: str, parts: Mapping[str, str]) -> str:
        said = [f"{self.facet(name)}{self._say('compare.colon')}{self._value(name, value)}" if name else self._value(block, value) for name, value in parts.items() if value]
        return self._say("compare.joint").join(said) or self._say("有")

    def _thing(self, d: Mapping[str, Any]) -> str:
        if d["what"] == "sequenceFlow":
            return self._way(d["source"], d["target"])
        return self._call((d["what"], d["name"]))

    def _way(self, source: tuple[str, str], target: tuple[str, str]) -> str:
        return self._say("compare.way", source=self._end(source), target=self._end(target))

    def _end(self, end: tuple[str, str]) -> str:
        return end[1] or self._kind(end[0])

    def _call(self, thing: tuple[str, str]) -> str:
        kind, name = thing
        return self._say("compare.thing", what=self._kind(kind), name=name) if name else self._kind(kind)

    def _many(self, things: Sequence[tuple[str, str]] | None) -> str:
        return self._say("compare.and").join(self._say("compare.quoted", text=self._end(one)) for one in things or ())

    def _kind(self, kind: str) -> str:
        return self._say(f"thing.{kind}") if knows(f"thing.{kind}") else kind

    def facet(self, path: str) -> str:
        """What an attribute of an element is called; one without a word of its own by its path."""
        plain = re.sub(r"\[[^]]*\]|#\d+", "", path)
        named = re.search(r"\[([^]]*)\]", path)
        for code in (plain, plain.rpartition("/")[2], plain.rpartition("@")[2]):
            if knows(f"facet.{code}"):
                return self._say(f"facet.{code}", name=named[1] if named else "")
        return path

    def _value(self, path: str, value: Any) -> str:
        """A value of a diagram as a reader takes it; what has no words stands as it is written."""
        text = str(value)
        plain = path.rpartition("/")[2]
        if path in CANDIDATES:
            return self._candidates(text)
        if path in MOMENTS or plain in MOMENTS or path in TIMES:
            return self._moment(text)
        tables: dict[str, Mapping[str, str]] = {
            "zeebe:formDefinition@formId": self.labels.forms, "zeebe:calledElement@processId": self.labels.processes, "banli:stage": self.labels.stages,
            "processRef": self.labels.processes}
        if path in tables:
            return self._say("compare.quoted", text=tables[path].get(text, text))
        if path == "banli:reminders":
            return "、".join(self._reminder(each) for each in text.split())
        if path in ("banli:operations", "zeebe:taskDefinition@type"):
            kind = "act" if path == "banli:operations" else "operation"
            return "、".join(self._say(f"{kind}.{each}") if knows(f"{kind}.{each}") else each for each in text.split())
        if path == "banli:overdue" and text == "none":
            return self._say("不计逾期")
        if text in FLAGS:
            return self._say("是" if text == "true" else "否")
        return self._say("compare.quoted", text=text) if text else ""

    def _candidates(self, text: str) -> str:
        found = ROLE.findall(text)
        if not found or re.sub(r"[\s,=\[\]]", "", ROLE.sub("", text)):
            return self._say("compare.quoted", text=text)
        return "、".join(f"{self.labels.roles.get(code, code)}（{self._parameter(org)}）" for code, org in found)

    def _parameter(self, expression: str) -> str:
        return self.labels.parameters.get(expression.removeprefix("scheme."), expression)

    def _moment(self, text: str) -> str:
        if (iso := DURATION.match(text)) and any(iso.groups()):
            words = [self._say(f"compare.{unit}", count=int(count)) for unit, count in zip(("weeks", "days", "hours", "minutes"), iso.groups()) if count]
            return "".join(words)
        called = CALL.match(text)
        if called is None:
            return self._say("compare.quoted", text=text)
        name, argument = called.groups()
        if name == "due in":
            days = int(argument) if argument.isdigit() else None
            return self._say("compare.working_days", count=days) if days is not None else self._say("compare.by_parameter", label=self._parameter(argument))
        if stage := STAGE.match(argument):
            return self._say(f"compare.stage_{stage[2]}", stage=self.labels.stages.get(stage[1], stage[1]))
        return self._say("compare.by_date", label=self._parameter(argument))

    def _reminder(self, days: str) -> str:
        if days == "0":
            return self._say("到期当天")
        return self._say("compare.before" if days.startswith("-") else "compare.after", count=days.lstrip("-+"))

    # --- schemes ------------------------------------------------------------------------------------------------------------------------

    def _scheme(self, change: Change) -> str:
        d = change.details
        if change.code == "scheme.title":
            return self._difference(self._say("方案"), self._say("名称"), self._quoted(d["old"]), self._quoted(d["new"]))
        where = self._where(d["within"])
        if change.code.startswith("scheme.row."):
            said = self._say("compare.joint").join(f"{label}{self.plain(self._named(label, value))}" for label, value in d["said"])
            row = self._say("compare.row", label=d["label"], name=self._known_by(d["label"], d["row"])) if d["row"] else d["label"]
            return self._say(f"compare.{change.kind}.told" if said else f"compare.{change.kind}", thing=self._joined(where, row), told=said)
        if change.code == "scheme.mark":
            words = self._say("compare.joint").join(self._difference("", self._say(f"mark.scheme.{mark}"), *(self._quoted(d[side][mark]) or None for side in ("old", "new"))) for mark in d["marks"])
            return self._say("compare.mark", label=self._joined(where, d["label"]), words=words)
        if change.code == "scheme.order":
            return self._difference(self._joined(where, d["label"]), self._say("次序"), *(self.plain(d[side]) for side in ("old", "new")))
        same_year = isinstance(d["old"], date) and isinstance(d["new"], date) and d["old"].year == d["new"].year
        old, new = (None if d[side] is None else self._quoted_value(self._named(d["label"], d[side]), d["choices"], with_year=not same_year) for side in ("old", "new"))
        return self._difference(where, d["label"], old, new)

    def _named(self, label: str, value: Any) -> Any:
        """An organisation's code with its name."""
        if label not in self.labels.of_organisations:
            return value
        return [self._named(label, one) for one in value] if isinstance(value, (list, tuple)) else self.labels.organisation(value) if isinstance(value, str) else value

    def _known_by(self, label: str, name: str) -> str:
        """What a row is known by: an organisation's code with its name, where rows have one."""
        return self.labels.organisation(name) if label in self.labels.by_organisation else name

    def _where(self, within: Sequence[tuple[str, str]]) -> str:
        if not within:
            return ""
        parts = [self._say("compare.row", label=label, name=self._known_by(label, name)) if name else label for label, name in within]
        return self._say("compare.of").join(parts)

    def _joined(self, *parts: str) -> str:
        return self._say("compare.of").join(part for part in parts if part)

    def _quoted(self, text: str) -> str:
        return self._say("compare.quoted", text=text) if text else ""

    def _quoted_value(self, value: Any, choices: Mapping[str, str], with_year: bool) -> str:
        if isinstance(value, str):
            return self._quoted(choices.get(value, value))
        return self.plain(value, with_year)

    def plain(self, value: Any, with_year: bool = True) -> str:
        """A plain value of a scheme for a reader."""
        if isinstance(value, bool):
            return self._say("是" if value else "否")
        if isinstance(value, date):
            return self.day(value, with_year)
        if isinstance(value, Decimal):
            return f"{value:f}"
        if isinstance(value, Mapping):
            named = next((value[key] for key in NAMED if value.get(key)), None)
            return self.plain(named) if named is not None else self._say("compare.joint").join(self.plain(one) for one in value.values() if one not in (None, ""))
        if isinstance(value, (list, tuple)):
            return self._say("compare.and").join(self.plain(one) for one in value)
        return "" if value is None else str(value)

    def day(self, day: date, with_year: bool = True) -> str:
        return self._say("compare.day_of_year" if with_year else "compare.day", year=day.year, month=day.month, day=day.day)

    def _form(self, change: Change) -> str:
        return FormSentences(self.labels.parameters, self.plain, self.language).sentence(change)

    def _text(self, change: Change) -> str:
        d = change.details
        if change.code == "text.level":
            d = {**d, **{side: self._say(f"textlevel.{d[side]}") if d[side] in LEVELS else d[side] for side in ("old", "new")}}
        return self._say(f"compare.{change.code}", **d)

    # --- other files --------------------------------------------------------------------------------------------------------------------

    def _yaml(self, change: Change) -> str:
        d = change.details
        labels = list(d["labels"])
        last = labels.pop()
        steps = [self._step(one) for one in labels]
        where = self._say("compare.of").join([*(one for one in steps if one)])
        label = self._step(last)
        if change.kind != "changed" and isinstance(d["new"] if d["new"] is not None else d["old"], (Mapping, list)):
            told = self.plain(d["new"] if d["new"] is not None else d["old"])
            return self._say(f"compare.{change.kind}.told", thing=self._joined(where, label), told=told)
        old, new = (None if d[side] is None else self._quoted(self.plain(d[side])) for side in ("old", "new"))
        return self._difference(where, label, old, new)

    def _step(self, step: str) -> str:
        """A key of package.yaml, of a form or of a text in words; a label of the file itself as a name."""
        if step.isdigit():
            return self._say("compare.nth", n=int(step) + 1)
        if not step.isascii():
            return self._quoted(step)
        return self._say(f"key.{step}") if knows(f"key.{step}") else step

    def _table(self, change: Change) -> str:
        """Decision tables: rows as «when … then …», cells by the number of their row and the label of their column."""
        d = change.details
        said = {key: self._quoted(str(value)) or self._say("compare.table.empty") for key, value in d.items() if key in ("old", "new") and not isinstance(value, list)}
        kind = self._kind(d["what"]) if "what" in d else ""
        if change.code == "table.renamed":
            return self._say("compare.renamed", what=kind, old=d["old"], new=d["new"])
        if change.code.startswith("table.rule."):
            when, then = (self._say("compare.joint").join(f"{label}{self._say('compare.colon')}{cell}" for label, cell in d[side]) for side in ("when", "then"))
            return self._say(f"compare.{change.code}", name=d["name"], number=d["number"], when=when or self._say("compare.table.always"), then=then or self._say("compare.table.empty"))
        if change.code == "table.order":
            return self._say("compare.table.order", name=d["name"], order=self._say("compare.and").join(str(number) for number in d["old"]))
        if change.code == "table.policy":
            said = {side: self._quoted(self._policy(d[side])) for side in ("old", "new")}
        column = d.get("column") or self._say("compare.table.note")
        return self._say(f"compare.{change.code}", **{**d, **said, "what": kind, "column": column})

    def _policy(self, policy: str) -> str:
        if knows(f"policy.{policy}"):
            return self._say(f"policy.{policy}")
        name, _, aggregation = policy.rpartition(" ")
        return f"{self._policy(name)}（{self._say(f'policy.{aggregation}') if knows(f'policy.{aggregation}') else aggregation}）" if name else policy

    def _file(self, change: Change) -> str:
        return self._say(f"compare.file.{change.kind}", file=change.details["file"])
