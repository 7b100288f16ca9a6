"""The demo place of a new installation: made once, played up to the moment at which visitors enter it; nothing here is sent anywhere."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.locale import say
from adapters.system.play import Line, Player
from adapters.system.root import System
from adapters.system.script import read_demo, read_script, settle
from engine.commands import Claim, Command, Reassign, Release, Return, Urge, Withdraw
from engine.refusals import InvalidAnswers, NotFound, Refused

PACKAGE, DEMO = "role-model-award", "fuxin-2021"
MAKE: Mapping[str, Callable[[str, str, Mapping[str, str]], Command]] = {
    "claim": lambda user, task, given: Claim(user, task),
    "release": lambda user, task, given: Release(user, task, given.get("reason", "")),
    "return": lambda user, task, given: Return(user, task, given["to"], given.get("reason", "")),
    "reassign": lambda user, task, given: Reassign(user, task, given["to"], given.get("reason", "")),
    "urge": lambda user, task, given: Urge(user, task, given.get("text", "")),
    "withdraw": lambda user, task, given: Withdraw(user, task, given.get("reason", "")),
}


class StraightHands:
    """Hands that act on the system itself, without pages between: for seeding, not for proving anything about them."""

    def __init__(self, system: System, place: str) -> None:
        self.system, self.place = system, place

    def inbox(self, user: str) -> Sequence[Line]:
        return self._lines(self.system.queries.inbox(self.place, user, {}, 100_000).rows)

    def done(self, user: str) -> Sequence[Line]:
        return self._lines(self.system.queries.done(self.place, user, 100_000).rows)

    def _lines(self, rows: Sequence[Any]) -> list[Line]:
        return [{"instance": r.instance, "task": r.task, "process": r.process, "element": r.element, "reference": r.about} for r in rows]

    def start(self, user: str, package: str, scheme: str) -> str:
        return self.system.begin(self.place, package, scheme, user).instance

    def message(self, user: str, name: str, parent: str, employer: str, channel: str, nomination: str, key: str) -> str:
        organisations = {one.id: one for one in self.system.people.organisations(self.place)}
        payload: dict[str, Any] = {}
        if employer:
            payload["employer"] = {"org": employer, "code": organisations[employer].code or "", "name": organisations[employer].name}
        head = self.system.head(self.place, parent)
        values = self.system.published.scheme(self.place, head.package, head.scheme).values
        payload["channel"] = next((one for one in values.get("channels", ()) if one["code"] == channel), None)
        if nomination:
            payload["nomination_id"] = nomination
        return self.system.message(self.place, name, parent, user, payload, key).instance

    def complete(self, user: str, line: Line, outcome: str, opinion: str, answers: Mapping[str, Any], key: str) -> None:
        try:
            self.system.complete(self.place, user, line["instance"], line["task"], outcome, opinion, answers, key)
        except InvalidAnswers as invalid:
            words = "；".join(f"{one.field}：{say(one.code, 'zh', **one.details)}" for one in invalid.problems)
            raise Refused("form.answers", words=words) from invalid

    def act(self, user: str, line: Line, name: str, fields: Mapping[str, str], key: str) -> None:
        self.system.handle(self.place, line["instance"], MAKE[name](user, line["task"], fields), key)

    def upload(self, user: str, file: Path) -> str:
        return self.system.files.put(self.place, user, file.name, file.read_bytes(), ["video/*", "image/*", "application/pdf"]).id


def ensure_demo(system: System, tell: Callable[[str], None] = print) -> str:
    """Makes and plays the demo place unless it is there; its id."""
    demo = read_demo(system, PACKAGE, DEMO)
    if any(place.id == demo.place for place in system.places()):
        return demo.place
    tell("首次启动：正在建立演示地（约需十几秒）……")
    settle(system, PACKAGE, demo)
    player = Player(system, demo.place, read_script(system, PACKAGE, DEMO), StraightHands(system, demo.place))
    player.play(demo.opens_at)
    tell(f"演示地已就绪：{demo.title}，当前为 2021 年 10 月 12 日，已办 {player.acts} 步")
    return demo.place


def personas(system: System, place: str) -> list[tuple[str, str]]:
    """`(person, label)` of the people as whom a visitor may enter a demo or rehearsal place; none in a live one."""
    for package in system.library.packages():
        for path in sorted((system.library.root / "processes" / package / "demo").glob("*.yaml")):
            try:
                demo = read_demo(system, package, path.stem)
            except NotFound:
                continue
            if demo.place == place:
                return list(demo.sign_in)
    return []
