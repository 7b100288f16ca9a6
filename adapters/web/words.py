"""Ids in words: stages, roles, organisations, statuses, outcomes, as the published definitions and the register of organisations name them."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Any

from adapters.locale import say
from adapters.web.ports import System
from engine.bpmn.graph import Node, Process
from engine.bundle import Bundle
from engine.refusals import NotFound
from engine.scheme.scheme import Scheme
from forms.answers import Lookup
from forms.fields import Field, Given
from forms.form import Form

YES_NO = frozenset({"yes_no", "statement"})
SYSTEM_ACTORS = {"timer": "系统（到期）", "job": "系统", "system": "系统"}


class OrganisationNames:
    """Names of organisations by id, kept per place and read again when one is missing. One per process."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._names: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def name(self, place: str, org: str) -> str:
        """The name, or the id where there is no such organisation."""
        with self._lock:
            if org not in self._names.get(place, {}):
                self._names[place] = {each.id: each.name for each in self._system.people.organisations(place)}
            return self._names[place].get(org, org)


class Words:
    """The words of one place, for one request."""

    def __init__(self, system: System, place: str, language: str, organisations: OrganisationNames) -> None:
        self._system, self._place, self._language, self._organisations = system, place, language, organisations

    def bundle(self, package: str) -> Bundle:
        return self._system.published.bundle(self._place, package)

    def scheme(self, package: str, scheme: str) -> Scheme | None:
        return self._system.published.scheme(self._place, package, scheme) if scheme else None

    def process(self, package: str, process: str) -> Process | None:
        return self.bundle(package).graphs.processes.get(process)

    def node(self, package: str, process: str, element: str) -> Node | None:
        found = self.process(package, process)
        return found.nodes.get(element) if found else None

    def form(self, package: str, form: str) -> Form | None:
        return self.bundle(package).graphs.forms.get(form)

    def stage(self, package: str, scheme: str, stage: str) -> str:
        found = self.scheme(package, scheme)
        stages = found.values.get("stages", {}) if found else {}
        return str(stages.get(stage, {}).get("name", stage)) if isinstance(stages, Mapping) else stage

    def role(self, package: str, role: str) -> str:
        found = self.bundle(package).package.roles.get(role)
        return found.label if found else role

    def organisation(self, org: str) -> str:
        return self._organisations.name(self._place, org) if org else ""

    def candidate(self, package: str, candidate: str) -> str:
        """海州区卫生健康局 · 经办 for `role@org`; the person's name for `user:ID`."""
        kind, _, rest = candidate.partition(":")
        if kind == "user" and rest:
            return self.person(rest)
        role, _, org = candidate.partition("@")
        return f"{self.organisation(org)} · {self.role(package, role)}"

    def person(self, user: str, known: str = "") -> str:
        """A person's name, the system's own actors in words."""
        if user in SYSTEM_ACTORS:
            return say(SYSTEM_ACTORS[user], self._language)
        return known or self._system.people.names(self._place, [user]).get(user, user)

    def status(self, package: str, kind: str, status: str) -> str:
        found = self.bundle(package).package.records.get(kind)
        return found.statuses.get(status, status) if found else status

    def outcome(self, package: str, form: str, outcome: str) -> str:
        """The label of a form's outcome; without the form the one that most forms of the package use."""
        if not outcome:
            return ""
        if outcome == "return":
            return say("退回", self._language)
        forms = self.bundle(package).graphs.forms
        if form in forms:
            found = forms[form].outcome(outcome)
            return found.label if found else outcome
        labels = Counter(each.label for one in forms.values() for each in one.outcomes if each.code == outcome)
        return labels.most_common(1)[0][0] if labels else outcome

    def fields(self, package: str, own: str = "") -> dict[str, Field]:
        """All the package's fields that are answered, by id, in the order of its forms, the form `own` first; of two with one id the first."""
        found: dict[str, Field] = {}
        forms = self.bundle(package).graphs.forms
        for form in ([forms[own]] if own in forms else []) + list(forms.values()):
            for field in form.fields():
                if field.answers:
                    found.setdefault(field.id, field)
        return found

    def told(self, package: str, values: Mapping[str, Any], lookup: Lookup, form: str = "") -> list[tuple[str, str]]:
        """Answers with their fields' labels, those of `form` first, in the forms' order; files are left out, they are shown elsewhere."""
        found = []
        for id, field in self.fields(package, form).items():
            if id in values and field.kind != "files":
                text = field.text(values[id], Given(lookup, values))
                found.append((field.label, say({"yes": "是", "no": "否"}[text], self._language) if field.kind in YES_NO and text else text))
        return [(label, text) for label, text in found if text]

    def codes(self, scheme: Mapping[str, Any]) -> Codes:
        return Codes(scheme, self._language)

    def element(self, package: str, process: str, element: str) -> str:
        node = self.node(package, process, element)
        return node.name or element if node else element

    def known_package(self, package: str) -> bool:
        try:
            self.bundle(package)
        except NotFound:
            return False
        return True


class Codes:
    """Codes of a scheme in words: its channels and its code lists."""

    def __init__(self, scheme: Mapping[str, Any], language: str) -> None:
        self._language = language
        self._channels = {each["code"]: each["name"] for each in scheme.get("channels", ())}
        lists = scheme.get("codes", {})
        self._labels = {each["code"]: each["label"] for codes in lists.values() for each in codes} if isinstance(lists, Mapping) else {}
        self._parts = {part["id"]: part["label"] for group in scheme.values() if isinstance(group, Mapping)
                       for parts in (group.get("components"), group.get("bonus")) for part in parts or ()}

    def cell(self, value: Any, field: str) -> str:
        """The value of a register's field for a reader."""
        if field == "channel":
            return str(self._channels.get(str(value), shown(value, self._language)))
        if isinstance(value, (list, tuple)):
            return "、".join(self.cell(each, field) for each in value)
        if isinstance(value, Mapping) and value and value.keys() <= self._parts.keys():
            return "，".join(f"{self._parts[part]} {score}" for part, score in value.items() if score is not None)
        return str(self._labels[value]) if isinstance(value, str) and value in self._labels else shown(value, self._language)


def shown(value: Any, language: str = "zh") -> str:
    """A plain value for a reader: yes and no, lists joined, contexts by their label."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("是" if value else "否", language)
    if isinstance(value, (list, tuple)):
        return "、".join(filter(None, (shown(each, language) for each in value)))
    if isinstance(value, Mapping):
        label = next((value[key] for key in ("label", "name", "title", "id", "code") if value.get(key) is not None), None)
        return shown(label, language) if label is not None else "，".join(f"{key} {shown(each, language)}" for key, each in value.items())
    return str(value)


def first_form(process: Process | None) -> str:
    """The form of the first task that has one, in the diagram's order; empty without any."""
    nodes = sorted(process.nodes.values(), key=lambda node: node.order) if process else []
    return next((node.user.form for node in nodes if node.user is not None and node.user.form), "")


def printed_form(process: Process | None, forms: Mapping[str, Form]) -> Form | None:
    """The form that an instance of this process begins with, when it is about somebody (it tells by which fields two are the same)."""
    form = forms.get(first_form(process))
    return form if form is not None and form.identity else None
