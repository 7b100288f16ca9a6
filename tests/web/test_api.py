"""The JSON API: sign-in, typed commands, idempotency, problems in words, its own description."""
from __future__ import annotations

from typing import Any

import httpx

from adapters.system import System
from adapters.web.app import create_app
from tests.web.conftest import Browser
from tests.web.world import PLACE, person_of

DRAFTER, OFFICE = person_of("lead_drafter", "fuxin-health"), person_of("lead_office", "fuxin-health")
GOOD = {"outcome": "submit", "opinion": "", "answers": {"summary": "分五个阶段组织实施（示例）"}}


class Client:
    """A program that signs in through the API and sends JSON."""

    def __init__(self, system: System, person: str) -> None:
        self.http = Browser(create_app(system))
        token = self.http.get("/api/v1/session").json()["token"]
        answer = self.http.post("/api/v1/session", json={"place": PLACE, "person": person}, headers={"X-CSRF-Token": token})
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]

    def get(self, path: str) -> Any:
        answer = self.http.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], key: str = "k1", language: str = "zh") -> httpx.Response:
        headers = {"X-CSRF-Token": self.token, "Idempotency-Key": key, "Accept-Language": language}
        answer: httpx.Response = self.http.post(f"/api/v1{path}", json=body, headers=headers)
        return answer

    def task(self) -> str:
        line = self.get("/inbox")["rows"][0]
        return f"/tasks/{line['instance']}/{line['task']}"


def test_a_task_is_found_shown_and_completed(own_system: System) -> None:
    client = Client(own_system, DRAFTER)
    line = client.get("/inbox")["rows"][0]
    shown = client.get(f"/tasks/{line['instance']}/{line['task']}")

    answer = client.post(client.task() + "/complete", GOOD)

    assert (line["name"], line["element"], line["process"]) == ("起草实施方案", "draft", "deploy")
    assert (shown["form"], shown["line"]["due_at"]) == ("draft_plan", "2021-09-13T16:00:00Z")
    assert answer.status_code == 200
    assert answer.json()["instance"] == line["instance"]
    assert [each["name"] for each in client.get("/done")["rows"]] == ["起草实施方案"]
    own_system.run_due(PLACE)
    assert [each["name"] for each in Client(own_system, OFFICE).get("/inbox")["rows"]] == ["审核、核稿"]


def test_the_same_key_gives_the_same_answer_and_another_body_under_it_is_refused(own_system: System) -> None:
    client = Client(own_system, DRAFTER)
    path = client.task() + "/complete"

    first, again = client.post(path, GOOD, "one"), client.post(path, GOOD, "one")
    other = client.post(path, {**GOOD, "opinion": "另一份"}, "one")

    assert first.json() == again.json()
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert other.json()["code"] == "command.other_body"


def test_a_completed_task_is_not_completed_twice(own_system: System) -> None:
    client = Client(own_system, DRAFTER)
    path = client.task() + "/complete"
    client.post(path, GOOD, "one")

    answer = client.post(path, GOOD, "two")

    assert answer.status_code == 409
    assert answer.json() == {"code": "task.not_open", "message": "“起草实施方案”已经办结或已撤销，不能再办理。", "problems": []}


def test_every_problem_of_the_answers_comes_at_once_by_field(own_system: System) -> None:
    client = Client(own_system, DRAFTER)

    answer = client.post(client.task() + "/complete", {"outcome": "burn", "answers": {"summary": 7, "salary": 1}})

    assert answer.status_code == 422
    found = answer.json()
    assert found["code"] == "answers.invalid"
    assert {each["field"] for each in found["problems"]} == {"outcome", "salary", "summary"}
    assert all(each["message"] and not each["message"].startswith("操作没有完成") for each in found["problems"])


def test_fields_that_nobody_knows_and_wrong_types_are_refused(own_system: System) -> None:
    client = Client(own_system, DRAFTER)

    unknown = client.post(client.task() + "/claim", {"by": "me"}).json()
    wrong = client.post(client.task() + "/reassign", {"to": ["a"]}, language="en").json()

    assert unknown["problems"] == [{"field": "body.by", "code": "json.extra_forbidden", "message": "不认识此项，请删去"}]
    assert wrong["problems"] == [{"field": "body.to", "code": "json.string_type", "message": "Wrong type or format"}]


def test_a_command_needs_its_key(own_system: System) -> None:
    client = Client(own_system, DRAFTER)

    answer = client.http.post(f"/api/v1{client.task()}/claim", json={}, headers={"X-CSRF-Token": client.token})

    assert answer.status_code == 422
    assert answer.json()["problems"] == [{"field": "header.Idempotency-Key", "code": "json.missing", "message": "缺少此项"}]


def test_claim_release_and_hand_over(own_system: System) -> None:
    client = Client(own_system, DRAFTER)
    path = client.task()

    statuses = [
        client.post(f"{path}/claim", {}, "c1").status_code, client.post(f"{path}/release", {"reason": ""}, "c2").status_code,
        client.post(f"{path}/reassign", {"to": f"user:{OFFICE}", "reason": "外出（示例）"}, "c3").status_code,
    ]

    assert statuses == [200, 200, 200]
    assert client.get("/inbox")["rows"] == []
    assert [each["marks"] for each in Client(own_system, OFFICE).get("/inbox")["rows"]] == [["reassigned"]]


def test_the_clock_of_a_demo_moves_and_what_falls_due_happens(own_system: System) -> None:
    client = Client(own_system, DRAFTER)

    day = client.post("/demo/clock", {"move": "day"}).json()["now"]
    back = client.post("/demo/clock", {"to": "2021-09-01T00:00:00+08:00"})
    client.post("/demo/clock", {"to": "2021-09-16T09:00:00+08:00"})

    assert day.startswith("2021-09-07")
    assert (back.status_code, back.json()["code"]) == (409, "clock.backwards")
    assert "overdue" in client.get("/inbox")["rows"][0]["marks"]


def test_the_api_describes_itself(own_system: System) -> None:
    described = Browser(create_app(own_system)).get("/api/v1/openapi.json").json()

    assert described["openapi"].startswith("3.1")
    assert "/api/v1/tasks/{instance}/{task}/complete" in described["paths"]
    assert all(path.startswith("/api/v1/") for path in described["paths"])
    inputs = {name for name, schema in described["components"]["schemas"].items() if schema.get("additionalProperties") is False}
    assert {"Completion", "Handover", "Reason", "UrgeText", "Message", "SignIn", "ClockMove"} <= inputs
