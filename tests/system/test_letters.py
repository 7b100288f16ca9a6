"""What a message's mail says: words, days with their year, the matter, the link; how mail travels is tested with the channels."""
from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.database.outbox import Message
from adapters.system import Settings, System
from tests.system import small

TEXTS = """\
invited:
  title: 邀请参加{campaign}
  body: "请于{due}前办理（{place}）。{link}"
"""


@pytest.fixture
def system(tmp_path: Path) -> System:
    made = small.system_in(tmp_path)
    made.settings = Settings(tmp_path, address="https://banli.example.org")
    return made


def message(instance: str, template: str, task: str = "", **params: Any) -> Message:
    return Message("here", "m1", template, ("user:ann",), "", params, instance, instance, task, small.START, 1, "")


def test_a_task_s_messages_are_in_our_words(system: System) -> None:
    instance = small.started(system)
    midnight = datetime(2021, 10, 14, 16, tzinfo=UTC)

    urged = system.letter(message(instance, "task.urged", "t1", name="审批", by="bo", text="请抓紧", due_at=midnight))
    overdue = system.letter(message(instance, "task.overdue", "t1", name="审批", due_at=midnight))

    link = f"https://banli.example.org/tasks/{instance}/t1"
    title = system.head("here", instance).title
    assert urged == ("bo 催办“审批”", "\n".join(filter(None, [title, "请抓紧", link])))
    assert overdue == ("“审批”已逾期，原定 2021年10月14日24:00 截止", "\n".join(filter(None, [title, link])))


def test_a_package_s_text_gets_what_the_system_knows(system: System) -> None:
    bundle = system.publish("here", small.files(texts=TEXTS), "admin")
    scheme, _ = system.publish_scheme("here", bundle, small.SCHEME.encode(), "schemes/first.yaml", "admin")
    instance = system.start("here", bundle.hash, scheme, "ann", org="office").instance

    letter = system.letter(message(instance, "invited", due=date(2021, 10, 15)))

    assert letter == (f"邀请参加{system.head('here', instance).title}",
                      f"请于2021年10月15日前办理（试验地）。https://banli.example.org/instances/{instance}")
