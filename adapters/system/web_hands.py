"""Hands that act over HTTP as the pages' users do: each signs in once and sends the same requests as the pages' scripts; sees nothing else."""
from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from adapters.system.play import Line
from engine.refusals import Refused

PAGE = 50  # rows of a page of the inbox


class WebHands:
    """One HTTP session a user, against `base` (`http://127.0.0.1:PORT`)."""

    def __init__(self, base: str, place: str) -> None:
        self._base, self._place = base, place
        self._sessions: dict[str, httpx.Client] = {}
        self._tls = ssl.create_default_context()  # made once: a client of its own would read all certificates again
        self.requests = 0

    def close(self) -> None:
        for client in self._sessions.values():
            client.close()

    def _client(self, user: str) -> httpx.Client:
        if user not in self._sessions:
            client = httpx.Client(base_url=f"{self._base}/api/v1", timeout=30, verify=self._tls, headers={"Origin": self._base})
            before = client.get("/session").json()
            answer = client.post("/session", json={"place": self._place, "person": user}, headers={"X-CSRF-Token": before["token"]})
            _refuse(answer)
            client.headers["X-CSRF-Token"] = answer.json()["token"]
            self._sessions[user] = client
        return self._sessions[user]

    def _get(self, user: str, path: str, **query: Any) -> Any:
        self.requests += 1
        answer = self._client(user).get(path, params=query)
        _refuse(answer)
        return answer.json()

    def _post(self, user: str, path: str, body: Mapping[str, Any], key: str) -> Any:
        self.requests += 1
        answer = self._client(user).post(path, json=body, headers={"Idempotency-Key": key})
        _refuse(answer)
        return answer.json()

    def inbox(self, user: str) -> Sequence[Line]:
        return self._all(user, "/inbox")

    def done(self, user: str) -> Sequence[Line]:
        return self._all(user, "/done")

    def _all(self, user: str, path: str) -> list[Line]:
        lines: list[Line] = []
        page = 1
        while True:
            found = self._get(user, path, page=page)["rows"]
            lines += found
            if len(found) < PAGE:
                return lines
            page += 1

    def start(self, user: str, package: str, scheme: str) -> str:
        return str(self._post(user, "/campaigns", {"package": package, "scheme": scheme}, f"start-{scheme}")["instance"])

    def message(self, user: str, name: str, parent: str, employer: str, channel: str, nomination: str, key: str) -> str:
        return str(self._post(user, f"/messages/{name}", {"parent": parent, **({"nomination": nomination} if nomination else {})}, key)["instance"])

    def complete(self, user: str, line: Line, outcome: str, opinion: str, answers: Mapping[str, Any], key: str) -> None:
        self._post(user, f"/tasks/{line['instance']}/{line['task']}/complete", {"outcome": outcome, "opinion": opinion, "answers": answers}, key)

    def act(self, user: str, line: Line, name: str, fields: Mapping[str, str], key: str) -> None:
        self._post(user, f"/tasks/{line['instance']}/{line['task']}/{name}", dict(fields), key)

    def upload(self, user: str, file: Path) -> str:
        self.requests += 1
        answer = self._client(user).post("/files", files={"file": (file.name, file.read_bytes())})
        _refuse(answer)
        return str(answer.json()["id"])


def _refuse(answer: httpx.Response) -> None:
    """Raises Refused with the answer's code when it is not a success."""
    if answer.is_success:
        return
    try:
        said = answer.json()
    except ValueError:
        raise Refused("http.status", status=answer.status_code) from None
    words = "；".join(f"{one['field']}：{one['message']}" for one in said.get("problems") or ())
    raise Refused(said.get("code", "http.status"), message=said.get("message", ""), words=words, status=answer.status_code)
