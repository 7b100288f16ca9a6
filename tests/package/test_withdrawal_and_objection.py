"""名单报送后退出、递补, and an objection that defers one person: played whole in a small selection on the package's own diagrams, and by the second engine."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.database import journal
from adapters.system.audit import replayed_family, result_of, verified_place
from adapters.system.play import Player
from tests.package.small import OPEN_OBJECTIONS, PLACE, UPHELD_IN_THE_PERIOD, played

# Registration numbers are given in the order in which the nominations were begun; huangshi's is the last row of the table but the first to be begun.
WUHAN = {n: f"HB2021-{n + 1}" for n in range(1, 7)}
HUANGSHI = "HB2021-1"
FIRST, SUPPLEMENT = "鄂示发〔2021〕2号", "鄂示发〔2021〕3号"


Register = dict[tuple[str, str], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Selection:
    """What was played, and every event of it in the order in which it was written."""

    player: Player
    written: tuple[tuple[str, dict[str, Any]], ...]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [fields for event, fields in self.written if event == name]

    def statuses(self, kind: str, key: str) -> list[str]:
        return [fields["status"] for fields in self.events("RecordPut") if (fields["kind"], fields["key"]) == (kind, key) and fields["status"]]

    def after_scoring(self, key: str) -> list[str]:
        found = self.statuses("nomination", key)
        return found[found.index("scored") + 1 :]

    def told(self, template: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(fields["about"], tuple(fields["to"])) for fields in self.events("NotificationRequested") if fields["template"] == template]

    def opened(self, element: str) -> int:
        return [fields["element"] for fields in self.events("TaskOpened")].count(element)


@pytest.fixture(scope="module")
def selection(tmp_path_factory: pytest.TempPathFactory) -> Selection:
    return recorded(played(tmp_path_factory.mktemp("small"), OPEN_OBJECTIONS))


def recorded(player: Player) -> Selection:
    with player.system.database.reading() as connection:
        entries = sorted((written.entry for written in journal.entries(connection, PLACE)), key=lambda entry: entry.at)
    return Selection(player, tuple(event for entry in entries for event in entry.events))


@pytest.fixture(scope="module")
def result(selection: Selection) -> dict[str, Any]:
    return result_of(selection.player.system, PLACE, selection.player.campaign)


@pytest.fixture(scope="module")
def register(result: dict[str, Any]) -> Register:
    return {(kind, key): (status, data) for kind, key, status, data in result["records"]}


# 报送后退出、递补 ------------------------------------------------------------------------------------------------------------------------


def test_the_reserve_whom_the_bodies_signed_for_follows_who_leaves(selection: Selection, register: Register) -> None:
    assert selection.after_scoring(WUHAN[2]) == ["forwarded", "leaving", "withdrawn"]
    assert selection.after_scoring(WUHAN[6]) == ["reserve", "substitute", "reserve"]  # a co-signer sent the first proposal back
    assert selection.after_scoring(WUHAN[5])[:4] == ["reserve", "substitute", "forwarded", "finalist"]
    status, data = register["list", "wuhan"]
    assert (status, data["forwarded"], data["reserve"]) == ("forwarded", [WUHAN[n] for n in (1, 3, 4, 5)], [WUHAN[6]])
    assert register["nomination", WUHAN[2]][1]["withdrawn_by"] == "person"


def test_places_are_given_back_and_taken_inside_the_quota(selection: Selection, result: dict[str, Any]) -> None:
    assert result["accounts"] == [["huangshi", 1, 0], ["wuhan", 4, 4]]
    assert [(fields["account"], list(fields["refs"])) for fields in selection.events("QuotaReleased")] == [("wuhan", [WUHAN[2]]), ("huangshi", [HUANGSHI])]
    assert [(fields["account"], list(fields["refs"])) for fields in selection.events("QuotaBooked")][2:] == [("wuhan", [WUHAN[5]])]


def test_a_place_without_a_reserve_stays_empty_and_the_office_is_told(selection: Selection, register: Register) -> None:
    assert selection.after_scoring(HUANGSHI) == ["forwarded", "leaving", "withdrawn"]
    assert register["list", "huangshi"][1]["forwarded"] == []
    words = [fields["params"]["substitute"] for fields in selection.events("NotificationRequested") if fields["template"] == "relinquishment.done"]
    assert words == [f"由{WUHAN[5]} 武汉示例企业递补", "没有候补人选，名额空出，汇总核验时可以调剂"]
    assert [to[0] for _, to in selection.told("relinquishment.done")] == ["group_office@hubei-health"] * 2


def test_a_refused_withdrawal_leaves_the_list_as_it_was(selection: Selection) -> None:
    assert selection.after_scoring(WUHAN[4])[:4] == ["forwarded", "leaving", "forwarded", "finalist"]
    assert selection.told("relinquishment.refused") == [(WUHAN[4], ("employer_clerk@wuhan-employer",))]


def test_the_office_verifies_and_the_group_votes_on_the_list_as_it_then_is(selection: Selection) -> None:
    assert selection.opened("verify") == 3  # once more while somebody was leaving, once more for the list that came of it
    assert (selection.opened("changed"), selection.opened("vote")) == (1, 6)
    finalists = {key for n, key in WUHAN.items() if "finalist" in selection.statuses("nomination", key)}
    assert finalists == {WUHAN[n] for n in (1, 3, 4, 5)}


def test_once_the_finalists_are_decided_nobody_follows(selection: Selection) -> None:
    assert selection.told("relinquishment.late") == [(WUHAN[4], ("employer_clerk@wuhan-employer", "group_office@hubei-health"))]
    assert selection.statuses("nomination", WUHAN[4])[-1] == "winner"


# 公示异议：只暂缓当事人 --------------------------------------------------------------------------------------------------------------------


def test_an_open_objection_defers_the_person_concerned_and_the_others_go_on(selection: Selection, register: Register) -> None:
    assert selection.after_scoring(WUHAN[4])[-1] == "winner" and register["nomination", WUHAN[4]][1]["result"] == FIRST
    puts = [(fields["key"], fields["status"]) for fields in selection.events("RecordPut")]
    order = [(WUHAN[4], "winner"), (f"employer-{WUHAN[4]}", "honour"), ("city", "approved"), ("HBYY2021-1", "dismissed"), ("HBYY2021-2", "sustained")]
    assert sorted(order, key=puts.index) == order
    assert selection.told("notice.deferred") == [(WUHAN[n], ("employer_clerk@wuhan-employer",)) for n in (1, 3)]


def test_who_is_cleared_is_announced_later(selection: Selection, register: Register) -> None:
    assert selection.after_scoring(WUHAN[1]) == ["forwarded", "finalist", "deferred", "winner"]
    assert register["nomination", WUHAN[1]][1]["result"] == SUPPLEMENT
    assert register["document", SUPPLEMENT][1]["title"] == "关于补充公布“职业健康达人”名单的通知（示例）"


def test_who_is_found_against_is_removed_and_the_next_is_publicised_anew(selection: Selection, register: Register) -> None:
    assert selection.after_scoring(WUHAN[3]) == ["forwarded", "finalist", "deferred", "disqualified"]
    assert register["nomination", WUHAN[3]][1]["disqualified_because"] == "HBYY2021-2"
    assert selection.after_scoring(WUHAN[5])[-3:] == ["participant", "substitute", "winner"]
    assert register["nomination", WUHAN[5]][1]["result"] == SUPPLEMENT
    assert [each["code"] for each in register["notice", "2021-07-22"][1]["published"]] == [WUHAN[5]]
    assert selection.told("notice.disqualified") == [(WUHAN[3], ("employer_clerk@wuhan-employer",))]
    assert selection.told("notice.substitute") == [(WUHAN[5], ("employer_clerk@wuhan-employer",))]


def test_who_is_added_is_rewarded_and_recommended_too_and_the_summary_counts_them(register: Register) -> None:
    added = [WUHAN[1], WUHAN[5]]
    assert {key: status for (kind, key), (status, _) in register.items() if kind == "reward"} == {
        "city": "approved", f"city-{SUPPLEMENT}": "approved", **{f"employer-{WUHAN[n]}": "honour" for n in (1, 4, 5)}}  # fmt: skip
    (((status, onward),)) = [value for (kind, _), value in register.items() if kind == "onward"]
    assert (status, onward["winners"], onward["supplement"]["winners"], onward["supplement"]["number"]) == ("commended", [WUHAN[4]], added, "示例函〔2021〕2号")
    assert [data["winners"] for (kind, _), (_, data) in register.items() if kind == "summary"] == [3]
    assert [status for (kind, _), (status, _) in register.items() if kind == "campaign"] == ["closed"]


def test_the_notice_is_not_concluded_over_an_unregistered_objection_nor_the_deferred_over_an_open_one(selection: Selection) -> None:
    assert selection.opened("conclude") == 5  # of the notice: once, again after the unregistered one; of the deferred: once, again after the open one, after the second notice
    assert selection.statuses("objection", "HBYY2021-3") == ["lodged", "received", "dismissed"]
    assert selection.statuses("objection", "HBYY2021-2") == ["lodged", "received", "sustained", "applied"]


def test_the_others_do_not_wait_for_the_notice_of_a_substitute_and_a_place_without_one_stays_empty(tmp_path: Path) -> None:
    selection = recorded(played(tmp_path, UPHELD_IN_THE_PERIOD))

    assert selection.after_scoring(WUHAN[1]) == ["forwarded", "finalist", "disqualified"]
    assert [selection.after_scoring(WUHAN[n])[-1] for n in (3, 4)] == ["winner", "winner"]
    assert selection.after_scoring(WUHAN[5])[-3:] == ["finalist", "substitute", "disqualified"]
    puts = [(fields["key"], fields["status"]) for fields in selection.events("RecordPut")]
    assert puts.index((WUHAN[3], "winner")) < puts.index(("2021-07-21", "open"))
    assert [fields["data"]["title"] for fields in selection.events("RecordPut") if fields["kind"] == "document"][1:] == ["关于公布“职业健康达人”名单的通知（示例）"]
    assert agreed(selection)


# Both engines ------------------------------------------------------------------------------------------------------------------------------


def agreed(selection: Selection) -> bool:
    """Whether the second engine goes the same way, entry by entry, and the record verifies."""
    player = selection.player
    outcomes = replayed_family(player.system, PLACE, player.campaign, True)
    assert [finding for outcome in outcomes for finding in outcome.findings] == []
    assert sum(outcome.compared for outcome in outcomes) == sum(outcome.entries for outcome in outcomes) > 150
    return verified_place(player.system, PLACE).intact


def test_the_second_engine_goes_the_same_way(selection: Selection) -> None:
    assert agreed(selection)
