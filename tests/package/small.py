"""A small selection on the package's own diagrams: two channels, seven nominations, two withdrawals, three objections. Asserts nothing."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from adapters.system import Settings, System
from adapters.system.demo import StraightHands
from adapters.system.play import Player
from adapters.system.script import read_demo, read_script, settle
from tests.package.files import FOLDER, NAME, ROOT

Act = dict[str, Any]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same loader, in C where the machine has it
PLACE, ID, LIKE = "small", "small-2021", "hubei-2021"
COUNTY = {"wuhan_1": 95, "wuhan_2": 90, "wuhan_3": 88, "wuhan_4": 86, "wuhan_5": 80, "wuhan_6": 80, "huangshi_1": 70}  # 5 and 6 are tied below the line
FINAL = {"wuhan_1": 90, "wuhan_3": 85, "wuhan_4": 80, "wuhan_5": 75}
OURS = {"origin": "项目示例"}


def played(home: Path, after_the_period: list[Act]) -> Player:
    """The selection in a place below `home`, played up to the notice and then as `after_the_period` says."""
    root = library(home / "library", [*ACTS, *after_the_period])
    system = System(Settings(home, root=root))
    settle(system, NAME, read_demo(system, NAME, ID), PLACE, "rehearsal")
    player = Player(system, PLACE, read_script(system, NAME, ID), StraightHands(system, PLACE))
    player.play()
    return player


def library(root: Path, acts: list[Act]) -> Path:
    """A library with the package as it is and a scheme, a demo place and a script of its own."""
    for folder in (f"processes/{NAME}", "processes/calendars", f"forms/{NAME}"):
        shutil.copytree(ROOT / folder, root / folder)
    _write(root, "schemes", scheme())
    _write(root, "demo", demo())
    _write(root, "rehearsals", script(acts))
    return root


def _read(part: str) -> dict[str, Any]:
    return dict(yaml.load((FOLDER / part / f"{LIKE}.yaml").read_text("utf-8"), Loader=LOADER))


def _write(root: Path, part: str, value: dict[str, Any]) -> None:
    (root / "processes" / NAME / part / f"{ID}.yaml").write_text(yaml.dump(value, Dumper=Plain, allow_unicode=True), "utf-8")


class Plain(yaml.SafeDumper):
    """Without anchors, which the readers refuse."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def demo() -> dict[str, Any]:
    """Hubei's people, without those of the other channels."""
    body = _read("demo")
    near = ("hubei", "wuhan", "huangshi", "expert")
    return {**body, "demo": ID, "scheme": ID, "organisations": [each for each in body["organisations"] if each["id"].startswith(near)],
            "people": [each for each in body["people"] if all(post["org"].startswith(near) for post in each["posts"])]}


def scheme() -> dict[str, Any]:
    """Hubei's way, made small: five places in two channels, a shortlist, and an open objection defers the person concerned alone."""
    body = _read("schemes")
    values = body["values"]
    channels = [channel for channel in values["channels"]["value"] if channel["code"] in ("wuhan", "huangshi")]
    channels[0]["places"], channels[1]["places"] = 4, 1
    values["channels"]["value"] = channels
    values["quota"]["total"]["value"] = 5
    values["shortlist"] = {
        "held": {"value": True, **OURS}, "places": {"value": 4, **OURS}, "normalise": {"value": "none", **OURS}, "ties": {"value": ["frontline"], **OURS},
        "components": {"value": [{"id": "county", "label": "初评分", "weight": 100, "max": 100}], **OURS},
    }  # fmt: skip
    values["onward"] = {"held": {"value": True, **OURS}, "title": {"value": "关于推荐人选的函", **OURS}, "to": {"value": "上级主管部门", **OURS},
                        "series": {"value": "letter", **OURS}, "pattern": {"value": "示例函〔{year}〕{number}号", **OURS}}  # fmt: skip
    values["public_notice"]["deferral"]["value"] = "person"
    values["public_notice"]["working_days"]["value"] = 5
    values["public_notice"]["counting"]["value"] = "span"
    return {**body, "scheme": ID, "title": "小型评选（项目示例）"}


def script(acts: list[Act]) -> dict[str, Any]:
    """Hubei's acts up to the county lists, then those below."""
    body = _read("rehearsals")
    tables = body["tables"]
    wuhan, huangshi = tables["nominations"]["wuhan_1"], tables["nominations"]["huangshi_1"]
    nominations = {id: {**(wuhan if id.startswith("wuhan") else huangshi), "name": f"示例人选{n}", "phone": f"1390000000{n}", "frontline": True, "deeds": score, "management": score}
                   for n, (id, score) in enumerate(COUNTY.items())}
    sheets = {f"{id}_{n}": {"of": id, "judge": f"judge{n}", "deeds": score, "literacy": score, "influence": score} for id, score in FINAL.items() for n in (1, 2, 3)}
    before = [act for act in body["acts"] if _first(act) < "2021-07-05"]
    return {**body, "rehearsal": ID, "scheme": ID, "demo": ID, "acts": [*before, *acts],
            "tables": {"channels": {id: tables["channels"][id] for id in ("wuhan", "huangshi")}, "nominations": nominations, "appraisal": sheets}}


def _first(act: Act) -> str:
    return str(act["acts"][0]["at"] if "acts" in act else act["at"])


def done(at: str, user: str, task: str, outcome: str, **more: Any) -> Act:
    """Somebody completes a task."""
    return {"at": f"2021-{at}", "as": user, "do": "complete", "task": task, "outcome": outcome, **more}


def withdrawing(at: str, clerk: str, save: str) -> Act:
    return {"at": f"2021-{at}", "as": clerk, "do": "message", "message": "relinquish", "under": "campaign", "employer": clerk.replace("clerk", "employer"), "save": save}


def objecting(at: str, save: str) -> Act:
    return {"at": f"2021-{at}", "as": "group-office", "do": "message", "message": "object", "under": "notice", "save": save}


def applied(nomination: str, ground: str) -> dict[str, Any]:
    return {"nomination": f"@{nomination}", "ground": ground, "reason": "工作调动。", "told": True, "statement": [{"$file": "exercise.png"}]}


def registered(at: str, number: int, nomination: str) -> Act:
    return done(at, "group-office", "objection/register", "register", about=f"HBYY2021-{number}", answers={"nomination": f"@{nomination}", "by_name": False, "facts": "示例事实。"})


def found(at: str, number: int, finding: str) -> Act:
    return done(at, "inspector", "objection/investigate", finding, about=f"HBYY2021-{number}", opinion="经核查。", answers={"not_reviewer": True, "findings": "示例。"})


def confirmed(at: str, number: int) -> Act:
    return done(at, "health-leader", "objection/decide", "approve", about=f"HBYY2021-{number}")


def concluded(at: str) -> Act:
    return done(at, "group-office", "notice/conclude", "conclude", answers={"all_decided": True})


def signed(at: str, channel: str, nomination: str) -> list[Act]:
    return [done(at, f"{channel}-{body}", "relinquishment/cosign", "approve", of=nomination) for body in ("health", "union")]


def voted(day: str, task: str, *times: str) -> list[Act]:
    return [done(f"{day} {at}", member, task, "approve") for member, at in zip(("health-leader", "union-leader", "institute-leader"), times, strict=True)]


def issued(kind: str, day: str, hour: str = "14") -> list[Act]:
    return [
        done(f"{day} {hour}:00", "health-drafter", "joint_issue/draft", "submit", about=kind, answers={"text": "现予公布。"}),
        done(f"{day} {hour}:10", "health-leader", "joint_issue/sign", "approve", about=kind),
        done(f"{day} {hour}:20", "union-leader", "joint_issue/cosign", "approve", about=kind),
        done(f"{day} {hour}:30", "health-office", "joint_issue/seal", "done", about=kind, answers={"sealed_on": f"2021-{day}", "copies": 10}),
    ]  # fmt: skip


def rewarded(at: str, task: str) -> list[Act]:
    return [done(at, leader, task, "approve") for leader in ("health-leader", "union-leader")]


REWARD = {"reward_kind": "honour", "rewarded_on": "2021-07-20"}
VERIFIED = {"no_duplicates": True, "materials_complete": True}
HEARD = {"heard": True}
ACTS: list[Act] = [
    # an application that the channel refuses
    withdrawing("07-05 09:00", "wuhan-clerk", "stay"),
    done("07-05 09:05", "wuhan-clerk", "relinquishment/apply", "submit", answers=applied("wuhan_4", "employer")),
    done("07-05 09:10", "wuhan-health", "relinquishment/confirm", "refuse", of="wuhan_4", opinion="本人不愿退出。"),
    # wuhan_2 leaves while the lists are verified; the reserves are tied, a co-signer sends it back once, wuhan_5 follows
    withdrawing("07-05 09:20", "wuhan-clerk", "leave-2"),
    done("07-05 09:25", "wuhan-clerk", "relinquishment/apply", "submit", answers=applied("wuhan_2", "person")),
    done("07-05 09:30", "group-office", "verification/verify", "pass", answers=VERIFIED),
    done("07-05 10:00", "wuhan-health", "relinquishment/confirm", "confirm", of="wuhan_2", answers={"order": "@wuhan_6", **HEARD}),
    done("07-05 10:05", "wuhan-health", "relinquishment/cosign", "approve", of="wuhan_2"),
    done("07-05 10:10", "wuhan-union", "relinquishment/cosign", "return", of="wuhan_2", opinion="递补次序须再议。"),
    done("07-05 10:20", "wuhan-health", "relinquishment/confirm", "confirm", of="wuhan_2", answers={"order": "@wuhan_5", **HEARD}),
    *signed("07-05 10:30", "wuhan", "wuhan_2"),
    done("07-05 11:00", "group-office", "verification/verify", "pass", answers=VERIFIED),
    done("07-05 11:02", "group-office", "verification/verify", "pass", answers=VERIFIED),
    # huangshi_1 leaves while the leading group votes; nobody follows there, the group votes again; what comes after is too late
    withdrawing("07-05 11:05", "wuhan-clerk", "late"),
    withdrawing("07-05 11:10", "huangshi-clerk", "leave-1"),
    done("07-05 11:12", "huangshi-clerk", "relinquishment/apply", "submit", answers=applied("huangshi_1", "employer")),
    *voted("07-05", "shortlist/vote", "11:20", "11:25", "11:30"),
    done("07-05 11:40", "huangshi-health", "relinquishment/confirm", "confirm", of="huangshi_1", answers=HEARD),
    *signed("07-05 11:50", "huangshi", "huangshi_1"),
    done("07-05 12:00", "group-office", "shortlist/changed", "again", answers={"settled": True}),
    *voted("07-05", "shortlist/vote", "12:10", "12:15", "12:20"),
    done("07-05 13:00", "wuhan-clerk", "relinquishment/apply", "submit", answers=applied("wuhan_4", "person")),
    # three winners are proposed: wuhan_1, wuhan_3, wuhan_4
    done("07-05 14:00", "group-office", "appraisal/plan", "submit", answers={"winner_count": 3, "judges": ["judge1", "judge2", "judge3"]}),
    *(done("07-08 09:00", judge, "appraisal/score", "score", answers={"rows": {"$scores": "appraisal", "judge": judge}}) for judge in ("judge1", "judge2", "judge3")),
    *voted("07-09", "city/decide", "10:00", "10:10", "10:20"),
    done("07-09 16:00", "group-office", "notice/publish", "publish", answers={"starts_on": "2021-07-12"}),
]  # fmt: skip
OPEN_OBJECTIONS: list[Act] = [
    # three objections: the third waits for its registration, the first two are undecided when the period is over
    objecting("07-14 09:00", "objection-1"),
    registered("07-14 09:10", 1, "wuhan_1"),
    objecting("07-15 09:00", "objection-2"),
    registered("07-15 09:10", 2, "wuhan_3"),
    objecting("07-16 09:00", "objection-3"),
    concluded("07-19 09:00"),
    registered("07-19 09:10", 3, "wuhan_4"),
    found("07-19 09:20", 3, "not_sustained"),
    confirmed("07-19 09:30", 3),
    concluded("07-19 10:00"),
    *issued("result", "07-20"),
    # for the others everything goes on
    done("07-20 15:00", "wuhan-clerk", "results/reward", "done", of="wuhan_4", answers=REWARD),
    *rewarded("07-20 15:10", "results/city_reward"),
    *issued("onward", "07-20", "16"),
    done("07-20 16:00", "health-office", "results/monitor", "done", answers={"assessed": True, "indicator": "参加活动单位数"}),
    done("07-20 16:10", "union-leader", "results/certify", "done", answers={"certificate_number": "示例", "employers": 2}),
    # the first is rejected; the second is upheld and the next in the ranking follows, after a notice of their own
    found("07-21 09:00", 1, "not_sustained"),
    confirmed("07-21 09:10", 1),
    concluded("07-21 09:20"),
    found("07-21 10:00", 2, "sustained"),
    confirmed("07-21 10:10", 2),
    concluded("07-21 10:20"),
    done("07-21 11:00", "group-office", "notice/publish", "publish", answers={"starts_on": "2021-07-22"}),
    concluded("07-29 09:00"),
    *issued("supplement", "07-29"),
    done("07-29 15:00", "wuhan-clerk", "deferred/reward", "done", every=True, answers=REWARD),
    *rewarded("07-29 15:10", "deferred/city_reward"),
    *issued("onward_supplement", "07-30"),
    done("08-02 09:00", "group-office", "results/summary", "done", answers={"summary_title": "活动总结（示例）", "content": "评定3名职业健康达人。"}),
    done("08-02 10:00", "group-office", "results/publicity", "done", answers={"channels_used": ["internet"], "plan": "刊发事迹。"}),
    done("09-01 10:00", "health-office", "campaign/answer", "record", answers={"answer": "commended", "answered_on": "2021-08-31", "reference": "示例文号"}),
]  # fmt: skip
UPHELD_IN_THE_PERIOD: list[Act] = [
    # wuhan_1 is removed and wuhan_5 follows: the others are announced before wuhan_5's own notice
    objecting("07-13 09:00", "objection-1"),
    registered("07-13 09:10", 1, "wuhan_1"),
    found("07-13 10:00", 1, "sustained"),
    confirmed("07-13 10:10", 1),
    concluded("07-19 09:00"),
    *issued("result", "07-19"),
    done("07-20 09:00", "group-office", "notice/publish", "publish", answers={"starts_on": "2021-07-21"}),
    # wuhan_5 is removed in their own notice, and nobody is left who could follow
    objecting("07-22 09:00", "objection-2"),
    registered("07-22 09:10", 2, "wuhan_5"),
    found("07-22 10:00", 2, "sustained"),
    confirmed("07-22 10:10", 2),
    concluded("07-28 09:00"),
]  # fmt: skip
