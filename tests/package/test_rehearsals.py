"""Rehearsals and demo places name only what there is; whether they run is shown by `banli rehearse`."""
from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from forms.source import read_yaml
from tests.package.files import FOLDER, LIBRARY, NAME, SCHEMES, bundle, documents, forms, scheme

each_scheme = pytest.mark.parametrize("id", SCHEMES)
FIELDS = {
    "at", "as", "do", "task", "about", "of", "every", "optional", "under", "channel", "employer", "nomination", "message", "save", "outcome",
    "opinion", "reason", "to", "text", "answers", "answers_of", "defaults", "row", "held_by", "expect",
}  # fmt: skip
DEEDS = {"start", "message", "complete", "claim", "release", "return", "withdraw", "urge"}


@cache
def part(folder: str, id: str) -> Any:
    return read_yaml(LIBRARY.part(NAME, folder, id), f"{folder}/{id}.yaml").value


@cache
def acts(id: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every act with the row it is carried out for."""
    script = part("rehearsals", id)
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for act in script["acts"]:
        if "for_each" not in act:
            table, _, row = act.get("row", "").partition(".")
            found.append((act, {**script["tables"][table][row], "id": row} if table else {}))
            continue
        for row_id, row in script["tables"][act["for_each"]].items():
            if all(row.get(key) == value for key, value in act.get("where", {}).items()):
                found += [(inner, {**row, "id": row_id}) for inner in act["acts"]]
    return found


def filled(value: Any, row: dict[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{(\w+)\}", value)
    return row[whole[1]] if whole else re.sub(r"\$\{(\w+)\}", lambda found: str(row[found[1]]), value)


@each_scheme
def test_acts_use_only_what_the_head_of_the_file_explains(id: str) -> None:
    script = part("rehearsals", id)
    head = LIBRARY.part(NAME, "rehearsals", id).decode().partition("rehearsal:")[0]
    assert {key for act, _ in acts(id) for key in act} <= FIELDS
    assert [key for key in FIELDS - {"at", "as", "do"} if key not in head] == []
    assert {act["do"] for act, _ in acts(id)} <= DEEDS
    assert script["scheme"] == script["demo"] == id and script["package"] == NAME


@each_scheme
def test_everybody_who_acts_is_in_the_demo_place(id: str) -> None:
    people = {person["id"] for person in part("demo", id)["people"]}
    acting = set()
    for act, row in acts(id):
        who = filled(act["as"], row)
        acting |= set(who) if isinstance(who, list) else {who}
    assert acting - people == set()


@each_scheme
def test_tasks_and_outcomes_exist(id: str) -> None:
    nodes = {(process.id, node.id): node for document in documents() for process in document.processes for node in process.nodes.values()}
    for act, row in acts(id):
        if "task" not in act:
            continue
        process, _, element = act["task"].partition("/")
        user = nodes[process, element].user
        assert user is not None, act["task"]
        if act["do"] == "complete":
            codes = {outcome.code for outcome in forms()[user.form].outcomes}
            assert filled(act["outcome"], row) in codes, act


@each_scheme
def test_answers_are_fields_of_the_form(id: str) -> None:
    nodes = {(process.id, node.id): node for document in documents() for process in document.processes for node in process.nodes.values()}
    kept = part("rehearsals", id).get("answers", {})
    for act, _ in acts(id):
        if act["do"] != "complete":
            continue
        process, _, element = act["task"].partition("/")
        user = nodes[process, element].user
        assert user is not None
        known = {field.id for field in forms()[user.form].fields()}
        given = {**kept.get(act.get("answers_of", ""), {}), **act.get("answers", {})}
        assert set(given) <= known, act


@each_scheme
def test_moments_are_written_alike_and_never_before_the_start(id: str) -> None:
    starts = datetime.fromisoformat(part("rehearsals", id)["starts_at"])
    moments = [datetime.strptime(filled(act["at"], row), "%Y-%m-%d %H:%M") for act, row in acts(id)]
    assert min(moments) >= starts


def test_the_story_of_fuxin_has_its_turns() -> None:
    done = Counter((act.get("task", act.get("message", "")), filled(act.get("outcome", ""), row)) for act, row in acts("fuxin-2021"))
    nominations = part("rehearsals", "fuxin-2021")["tables"]["nominations"]
    assert len(nominations) >= 24
    assert {row["channel"] for row in nominations.values()} == {channel["code"] for channel in scheme("fuxin-2021").values["channels"]}
    for turn in (("nomination/review", "return"), ("nomination/review", "reject"), ("withdrawal/confirm", "withdraw"), ("nomination/late", "apply"),
                 ("county_list/tie", "decided"), ("county_list/cosign", "return"), ("verification/verify", "reallocate"), ("contest/score", "recuse"),
                 ("objection/investigate", "not_sustained"), ("recommend/register", "decline"), ("nomination/duplicate", "drop"), ("campaign/answer", "record")):  # fmt: skip
        assert done[turn] >= 1, turn
    assert {act["expect"] for act, _ in acts("fuxin-2021") if "expect" in act} == {"start.window_closed", "quota.exceeded"}


def test_hubei_recommends_more_than_its_hundred_winners() -> None:
    assert len(part("rehearsals", "hubei-2021")["tables"]["nominations"]) > scheme("hubei-2021").values["appraisal"]["winners"]


@each_scheme
def test_uploaded_files_are_there(id: str) -> None:
    named = set(re.findall(r'\$file: "?([\w.-]+)', LIBRARY.part(NAME, "rehearsals", id).decode().partition("rehearsal:")[2]))
    assert [name for name in named if not (FOLDER / "rehearsals" / "files" / name).is_file()] == []


@each_scheme
def test_a_demo_place_has_every_organisation_role_and_entrance(id: str) -> None:
    demo = part("demo", id)
    organisations = {one["id"] for one in demo["organisations"]}
    posts = {(post["role"], post["org"]) for person in demo["people"] for post in person["posts"]}
    assert {org for _, org in posts} <= organisations
    assert {one["parent"] for one in demo["organisations"] if "parent" in one} <= organisations
    assert {role for role, _ in posts} <= set(bundle().package.roles)
    values = scheme(id).values
    wanted = {(body["role"], body["org"]) for channel in values["channels"] for body in channel["bodies"]}
    wanted |= {("employer_clerk", employer["org"]) for channel in values["channels"] for employer in channel["employers"]}
    wanted |= {("judge", expert["org"]) for expert in values["experts"]} | {(m["role"], m["org"]) for m in values["leading_group"]["members"]}
    wanted |= {("group_office", values["leading_group"]["office"]), ("objection_handler", values["public_notice"]["handler"])}
    assert wanted - posts == set()
    assert {one["person"] for one in demo["sign_in"]} <= {person["id"] for person in demo["people"]}
    assert len(demo["sign_in"]) == 8  # two administrators: what is published needs a second one


@each_scheme
def test_people_are_named_by_their_post_and_employers_are_invented(id: str) -> None:
    demo = part("demo", id)
    roles = re.compile(r"经办|负责人|办公室|评委|专家|管理员|审计员|核查人")
    assert [person["name"] for person in demo["people"] if not roles.search(person["name"])] == []
    assert [one["name"] for one in demo["organisations"] if one["kind"] == "单位" and "示例" not in one["name"]] == []
