"""The place that is crashed: two people, one package of small processes; the product's side of the tests, never imported by the checker."""
from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.database import jobs, outbox
from adapters.system import Settings, System

PLACE = "here"
START = datetime(2021, 10, 12, 1, tzinfo=UTC)
PACKAGE = """\
name: crash
title: 耐久性试验
version: "1.0"
semantics: 1
entry: matter
diagrams: [work.bpmn, joins.bpmn]
forms: []
texts: [texts.yaml]
roles:
  clerk: {label: 经办}
  head: {label: 负责人}
records: {}
parameters:
  groups: {all: 全部}
  keys:
    stages: {type: stages, label: 阶段, group: all}
"""
SCHEME = """\
scheme: first
package: crash
title: 耐久性试验（项目示例）
values:
  stages:
    one: {origin: 项目示例, value: {order: 1, name: 办理, start: 2021-10-11, end: 2021-10-20}}
"""
TEXTS = """\
crash.done: {title: 已办结, body: 请知悉。}
"""
HEAD = ('<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'id="joins_file" targetNamespace="urn:banli:crash">\n')


def joins(*widths: int) -> str:
    """A diagram with one process a width: that many tasks beside each other, a join, an end."""
    return HEAD + "\n".join(_join(width) for width in widths) + "\n</definitions>\n"


def _join(width: int) -> str:
    """The process `join<width>`."""
    p = f"j{width}"
    parts = [f'<process id="join{width}" name="会签{width}" isExecutable="true"><startEvent id="{p}_start" name="开始"><outgoing>{p}_0</outgoing></startEvent>',
             f'<sequenceFlow id="{p}_0" sourceRef="{p}_start" targetRef="{p}_fork"/>']
    out = "".join(f"<outgoing>{p}_a{n}</outgoing>" for n in range(width))
    back = "".join(f"<incoming>{p}_b{n}</incoming>" for n in range(width))
    parts.append(f'<parallelGateway id="{p}_fork" name="分办"><incoming>{p}_0</incoming>{out}</parallelGateway>')
    for n in range(width):
        parts.append(f'<sequenceFlow id="{p}_a{n}" sourceRef="{p}_fork" targetRef="{p}_t{n}"/><userTask id="{p}_t{n}" name="会签{n}"><extensionElements><zeebe:userTask/>'
                     f'<zeebe:assignmentDefinition candidateGroups="=role(&quot;clerk&quot;, &quot;office&quot;)"/></extensionElements><incoming>{p}_a{n}</incoming>'
                     f'<outgoing>{p}_b{n}</outgoing></userTask><sequenceFlow id="{p}_b{n}" sourceRef="{p}_t{n}" targetRef="{p}_join"/>')
    parts.append(f'<parallelGateway id="{p}_join" name="汇总">{back}<outgoing>{p}_9</outgoing></parallelGateway>'
                 f'<sequenceFlow id="{p}_9" sourceRef="{p}_join" targetRef="{p}_end"/><endEvent id="{p}_end" name="办结"><incoming>{p}_9</incoming></endEvent></process>')
    return "\n".join(parts)


def files() -> dict[str, bytes]:
    return {"package.yaml": PACKAGE.encode(), "texts.yaml": TEXTS.encode(), "joins.bpmn": joins(2, 8, 32).encode(),
            "work.bpmn": (Path(__file__).parent / "work.bpmn").read_bytes()}


LEASE = 0.5  # seconds, in place of a minute: so that a paused worker loses its jobs while the test runs


def opened(home: str, database: str) -> System:
    """The system over a home folder and a database URL (empty: SQLite in the folder)."""
    jobs.Jobs.claim.__defaults__ = (LEASE,)
    outbox.LEASE_SECONDS = LEASE  # type: ignore[assignment]
    system = System(Settings(Path(home), database))
    system.worker = type(system.worker)(system.store, system.deliver, {"number.issue": lambda place, job: {"number": 1, "text": "1"}})
    return system


def prepared(system: System) -> dict[str, Any]:
    """Makes the place; the hashes that every start names."""
    system.create_place(PLACE, "试验地", "rehearsal", starts_at=START)
    system.people.add_organisation(PLACE, "office", "办公室", "市")
    for person, role in (("ann", "clerk"), ("bo", "head"), ("cy", "")):
        system.people.add_person(PLACE, person, person)
        if role:
            system.people.add_post(PLACE, role, "office", role, role)
        system.people.grant(PLACE, person, role or "head")
    bundle = system.publish(PLACE, files(), "admin")
    scheme, _ = system.publish_scheme(PLACE, bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    return {"package": bundle.hash, "scheme": scheme}
