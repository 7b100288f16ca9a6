"""Carries out a rehearsal script act by act, through whatever hands it is given; judges only whether an act was done or refused as the script says."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from adapters.database import places
from adapters.system.root import System
from adapters.system.script import Act, Script, filled
from engine.refusals import Refused

Line = Mapping[str, Any]  # instance, task, process, element, reference


class Hands(Protocol):
    """How acts reach the system: over HTTP, or straight. Each raises Refused when it was refused."""

    def inbox(self, user: str) -> Sequence[Line]: ...
    def done(self, user: str) -> Sequence[Line]: ...
    def start(self, user: str, package: str, scheme: str) -> str: ...
    def message(self, user: str, name: str, parent: str, employer: str, channel: str, nomination: str, key: str) -> str: ...
    def complete(self, user: str, line: Line, outcome: str, opinion: str, answers: Mapping[str, Any], key: str) -> None: ...
    def act(self, user: str, line: Line, name: str, fields: Mapping[str, str], key: str) -> None: ...
    def upload(self, user: str, file: Path) -> str: ...


@dataclass
class Player:
    """Plays a script in a place. `started`: names that `save` gave → instances; `keys`: → what their record is called."""

    system: System
    place: str
    script: Script
    hands: Hands
    tell: Callable[[str], None] = lambda line: None
    campaign: str = ""
    acts: int = 0
    refused: int = 0
    started: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def play(self, until: datetime | None = None) -> None:
        """All acts, or those before `until`; afterwards the clock stands at `until`. Raises Refused `cli.rehearsal` at the first that fails."""
        for act in self.script.acts:
            if until is not None and act.at > until:
                break
            self.system.advance(self.place, act.at)
            self._one(act)
        if until is not None:
            self.system.advance(self.place, until)

    def _one(self, act: Act) -> None:
        expected = act.fields.get("expect", "")
        try:
            self._carry_out(act)
        except Refused as refused:
            if refused.code != expected:
                raise Refused("cli.rehearsal", number=act.number, act=str(act), reason=f"{refused.code} {dict(refused.details)}") from refused
            self.refused += 1
            self.tell(f"{act}  ✗ {refused.code}")
            return
        if expected:
            raise Refused("cli.rehearsal", number=act.number, act=str(act), reason=f"应被拒绝：{expected}")
        self.system.run_due(self.place)

    def _carry_out(self, act: Act) -> None:
        given = act.fields
        match act.do:
            case "start":
                self.campaign = self.hands.start(act.user, self.script.package, self.script.scheme)
            case "message":
                parent = self._parent(given["under"], given.get("channel", ""))
                nomination = self._key(given["nomination"]) if given.get("nomination") else ""
                instance = self.hands.message(act.user, given["message"], parent, given.get("employer", ""), given.get("channel", ""), nomination, self._id(act))
                if "save" in given:
                    self.started[given["save"]] = instance
            case "complete":
                for line in self._lines(act):
                    self.hands.complete(act.user, line, given.get("outcome", ""), given.get("opinion", ""), self._answers(act, line), self._id(act, line))
                    self.acts += 1
                    self.tell(str(act))
                return
            case "withdraw":
                (line,) = self._lines(act, self.hands.done(act.user))[:1]
                self.hands.act(act.user, line, "withdraw", {"reason": given.get("reason", "")}, self._id(act, line))
            case name:
                for line in self._lines(act, self.hands.inbox(given.get("held_by", act.user))):
                    fields = {key: given[key] for key in ("reason", "to", "text") if key in given}
                    self.hands.act(act.user, line, name, fields, self._id(act, line))
        self.acts += 1
        self.tell(str(act))

    def _id(self, act: Act, line: Line | None = None) -> str:
        """The id of the command: the same script gives the same one."""
        return f"{self.script.id}-{act.number}-{act.user}" + (f"-{line['instance'][:8]}-{line['task']}" if line else "")

    # --- which task -----------------------------------------------------------------------------------------------------------------

    def _lines(self, act: Act, among: Sequence[Line] | None = None) -> list[Line]:
        """The tasks that the act means: exactly one, unless it says `every` or `optional`. Raises Refused `cli.rehearsal_task`."""
        given = act.fields
        process, _, element = given["task"].partition("/")
        about = self._key(given["of"]) if "of" in given else str(given.get("about", ""))
        found = [line for line in (self.hands.inbox(act.user) if among is None else among)
                 if line["process"] == process and line["element"] == element and (not about or line["reference"] == about)]
        if given.get("every") or (given.get("optional") and not found) or (act.do == "withdraw" and found):
            return found
        if len(found) != 1:
            raise Refused("cli.rehearsal_task", user=act.user, element=given["task"], about=about, found=len(found))
        return found

    def _key(self, name: str) -> str:
        """What the record of a saved instance is called in the register."""
        instance = self.started.get(name)
        if instance is None:
            return name
        if name not in self.keys and (key := places.record_key(self.system.database, self.place, self.campaign, instance)):
            self.keys[name] = key
        return self.keys.get(name, name)

    def _parent(self, process: str, channel: str) -> str:
        """The newest instance of the process, of that channel where one is named."""
        for found in reversed(places.instances_of(self.system.database, self.place, self.campaign, process)):
            if not channel or (found.variables.get("channel") or {}).get("code") == channel:
                return found.id
        raise Refused("cli.rehearsal_task", user="", element=process, about=channel, found=0)

    # --- what is answered ----------------------------------------------------------------------------------------------------------

    def _answers(self, act: Act, line: Line) -> dict[str, Any]:
        given = act.fields
        answers: dict[str, Any] = {}
        page = self._page(line) if given.get("defaults") or _has_rows(given.get("answers")) else None
        if given.get("defaults") and page is not None:
            answers.update({one.id: one.value for section in page.sections for one in section.fields if one.writable and one.value not in (None, "", [])})
        if "answers_of" in given:
            answers.update(filled(self.script.answers[given["answers_of"]], given.get("columns", {})))
        answers.update(given.get("answers", {}))
        return {name: self._value(act, name, value, page) for name, value in answers.items()}

    def _page(self, line: Line) -> Any:
        task = self.system.task(self.place, line["instance"], line["task"])
        return task.form.page({}, (), task.lookup, task=task.element) if task.form else None

    def _value(self, act: Act, name: str, value: Any, page: Any) -> Any:
        if isinstance(value, str) and value.startswith("@"):
            return self._key(value[1:])
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, list):
            return [self._value(act, name, one, page) for one in value]
        if not isinstance(value, Mapping):
            return value.isoformat() if hasattr(value, "isoformat") else value
        if "$file" in value:
            return self._file(act.user, value["$file"])
        if "$all_tied" in value:
            return [option.code for option in _field(page, name).options]
        if "$scores" in value:
            return self._scores(value, _field(page, name))
        return {key: self._value(act, key, one, page) for key, one in value.items()}

    def _file(self, user: str, name: str) -> str:
        """Uploads anew each time: a file belongs to the one instance that took it in."""
        folder = self.system.library.root / "processes" / self.script.package / "rehearsals" / "files"
        return self.hands.upload(user, folder / name)

    def _scores(self, wanted: Mapping[str, Any], sheet: Any) -> list[dict[str, Any]]:
        """A score sheet: for every nominee that the form lists, the cells of the table's row about them."""
        limits = {key: one for key, one in wanted.items() if key != "$scores"}
        names = {self._key(name): name for name in self.started}
        rows = []
        for cells in sheet.rows:
            listed = cells[0].name.removeprefix(f"{sheet.name}.").rpartition(".")[0]
            for id, row in self.script.tables[wanted["$scores"]].items():
                if row.get("of", id) == names.get(listed, listed) and all(row.get(key) == one for key, one in limits.items()):
                    rows.append({"id": listed, "scores": {cell.id: _plain(row.get(cell.id)) for cell in cells}})
        return rows


def _has_rows(answers: Any) -> bool:
    return isinstance(answers, Mapping) and any(isinstance(one, Mapping) and ("$scores" in one or "$all_tied" in one) for one in answers.values())


def _field(page: Any, id: str) -> Any:
    return next(one for section in page.sections for one in section.fields if one.id == id)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
