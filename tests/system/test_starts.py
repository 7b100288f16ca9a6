"""What a publication lets start from outside: armed with it, on the newest version and scheme, replaced by the next."""
from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.system import System
from engine.refusals import Invalid
from tests.system.small import DIAGRAM, PACKAGE, SCHEME, files, system_in

# A second process: starts on the day that the scheme names, and at a message.
OPENING = """\
  <bpmn:message id="m" name="hello"/>
  <bpmn:process id="opening" name="启动" isExecutable="true">
    <bpmn:startEvent id="day" name="到期"><bpmn:timerEventDefinition id="td"><bpmn:timeDate>=opens(scheme.stages.one.start)</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:startEvent id="hello" name="来文"><bpmn:messageEventDefinition id="md" messageRef="m"/></bpmn:startEvent>
    <bpmn:userTask id="look" name="查看"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="decide"/><zeebe:assignmentDefinition candidateGroups='=role("clerk", "office")'/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:endEvent id="looked" name="看完"/>
    <bpmn:sequenceFlow id="o1" sourceRef="day" targetRef="look"/>
    <bpmn:sequenceFlow id="o2" sourceRef="hello" targetRef="look"/>
    <bpmn:sequenceFlow id="o3" sourceRef="look" targetRef="looked"/>
  </bpmn:process>
</bpmn:definitions>"""
WITH_OPENING = files(diagram=DIAGRAM.replace("</bpmn:definitions>", OPENING))
LATER = SCHEME.replace("start: 2021-10-11", "start: 2021-10-14")


@pytest.fixture
def system(tmp_path: Path) -> System:
    return system_in(tmp_path)


def waiting(system: System) -> list[tuple[Any, ...]]:
    c = schema.process_start.c
    with system.database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(c.process, c.start, c.kind, c.package, c.scheme).order_by(c.start))]


def instances(system: System) -> list[tuple[Any, ...]]:
    c = schema.instance.c
    with system.database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(c.process, c.package, c.scheme).order_by(c.started_at, c.id))]


def test_a_day_of_the_scheme_starts_an_instance(system: System) -> None:
    bundle = system.publish("here", WITH_OPENING, "admin")
    assert waiting(system) == [("opening", "hello", "message", bundle.hash, None)]  # its day is not known yet
    scheme, _ = system.publish_scheme("here", bundle, LATER.encode(), "schemes/first.yaml", "admin")
    assert waiting(system) == [("opening", "day", "timer", bundle.hash, scheme), ("opening", "hello", "message", bundle.hash, scheme)]
    assert system.next_due("here") == datetime(2021, 10, 13, 16, tzinfo=timezone.utc)
    system.advance("here", datetime(2021, 10, 20, tzinfo=timezone.utc))
    assert instances(system) == [("opening", bundle.hash, scheme)]
    assert waiting(system) == [("opening", "hello", "message", bundle.hash, scheme)]


def test_a_day_that_has_passed_starts_nothing(system: System) -> None:
    bundle = system.publish("here", WITH_OPENING, "admin")
    system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    system.advance("here", datetime(2021, 10, 20, tzinfo=timezone.utc))
    assert (instances(system), [kind for _, _, kind, *_ in waiting(system)]) == ([], ["message"])


def test_a_new_version_takes_over_and_keeps_the_last_scheme(system: System) -> None:
    first = system.publish("here", WITH_OPENING, "admin")
    scheme, _ = system.publish_scheme("here", first, LATER.encode(), "schemes/first.yaml", "admin")
    newer = {**WITH_OPENING, "package.yaml": PACKAGE.replace('version: "1.0"', 'version: "1.1"').encode()}
    second = system.publish("here", newer, "admin")
    assert {(package, kept) for _, _, _, package, kept in waiting(system)} == {(second.hash, scheme)}
    other, _ = system.publish_scheme("here", first, LATER.replace("请示件（", "请示件甲（").encode(), "schemes/first.yaml", "admin")
    assert {(package, kept) for _, _, _, package, kept in waiting(system)} == {(second.hash, other)}


def test_a_timer_that_says_no_moment_is_refused_with_the_scheme(system: System) -> None:
    spoilt = {**WITH_OPENING, "leave.bpmn": WITH_OPENING["leave.bpmn"].replace(b"opens(scheme.stages.one.start)", b"scheme.total")}
    bundle = system.publish("here", spoilt, "admin")
    with pytest.raises(Invalid) as refused:
        system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    assert [(one.code, one.file, one.element, one.details["code"]) for one in refused.value.findings if one.severity == "error"] == [
        ("start.no_moment", "leave.bpmn", "day", "timer.not_a_date")]
    assert [kind for _, _, kind, *_ in waiting(system)] == ["message"]
