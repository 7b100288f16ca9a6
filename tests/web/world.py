"""A small real world for the tests of the pages: the library's package and scheme, an organisation tree and one person a post; no rehearsal."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from adapters.system import Settings, System

PLACE, PACKAGE, SCHEME = "fuxin", "role-model-award", "fuxin-2021"
STARTS_AT = datetime(2021, 9, 6, 1, 0, tzinfo=timezone.utc)
REACH = {"auditor": "place", "administrator": "heads", "group_office": "below", "lead_office": "below"}


def person_of(role: str, org: str) -> str:
    """The id of the one person who holds `role` at `org`."""
    return f"{role}-{org}"


def build(home: Path, starts_at: datetime = STARTS_AT) -> tuple[System, str]:
    """A demo place with a campaign that has just begun, and a live place; the campaign's id."""
    system = System(Settings(home))
    system.create_place(PLACE, "阜新（演示）", "demo", starts_at=starts_at)
    system.create_place("live", "某市")
    bundle = system.publish(PLACE, system.library.package(PACKAGE), "test")
    body = system.library.scheme(PACKAGE, SCHEME)
    values = system.check_scheme(bundle, body, SCHEME)[0].values
    labels = {code: role.label for code, role in bundle.package.roles.items()}
    _people(system, values, labels)
    hash, _ = system.publish_scheme(PLACE, bundle, body, SCHEME, "test")
    campaign = system.start(PLACE, bundle.hash, hash, person_of("lead_drafter", values["issuers"]["lead"]["org"]), "start", org=values["issuers"]["lead"]["org"]).instance
    system.run_due(PLACE)
    return system, campaign


def _people(system: System, values: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    people = system.people
    people.add_organisation(PLACE, "city", "阜新市", "市")
    known = {"city"}
    for org, name, parent, code in _organisations(values):
        if org not in known:
            known.add(org)
            people.add_organisation(PLACE, org, name, "单位", parent, code)
    for n, (org, role) in enumerate(sorted(_posts(values))):
        person = person_of(role, org)
        people.add_post(PLACE, f"{org}.{role}", org, role, labels[role], REACH.get(role, "own"))
        people.add_person(PLACE, person, f"示例人员{n:02d}")
        people.grant(PLACE, person, f"{org}.{role}")


def _organisations(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str | None]]:
    yield values["issuers"]["lead"]["org"], values["issuers"]["lead"]["name"], "city", None
    for each in values["issuers"]["joint"]:
        yield each["org"], each["name"], "city", None
    for channel in values["channels"]:
        for body in channel["bodies"]:
            yield body["org"], body["name"], "city", None
        for employer in channel.get("employers") or ():
            yield employer["org"], employer["name"], channel["bodies"][0]["org"], employer["code"]
    for each in values["experts"]:
        yield each["org"], each["name"], "city", None
    for org in (values["public_notice"]["handler"], values["leading_group"]["office"], values["leading_group"]["leader"]):
        yield org, org, "city", None


def _posts(values: Mapping[str, Any]) -> set[tuple[str, str]]:
    lead, group = values["issuers"]["lead"]["org"], values["leading_group"]
    posts = {(lead, role) for role in ("lead_drafter", "lead_office", "lead_leader", "auditor", "administrator")}
    posts |= {(each["org"], "co_leader") for each in values["issuers"]["joint"]}
    posts |= {(group["office"], "group_office"), (group["leader"], "group_leader"), (values["public_notice"]["handler"], "objection_handler")}
    posts |= {(each["org"], each["role"]) for each in group["members"]}
    for key in ("health_bodies", "union_bodies", "reward_signers"):
        posts |= {(each["org"], each["role"]) for each in values["results"][key]}
    for channel in values["channels"]:
        posts |= {(body["org"], role) for body in channel["bodies"] for role in (body["role"], "channel_leader")}
        posts |= {(each["org"], "employer_clerk") for each in channel.get("employers") or ()}
    return posts | {(each["org"], "judge") for each in values["experts"]}
