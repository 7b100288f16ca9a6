"""A very small package for tests of the whole system: apply, then two bodies decide; made of text, so that a test can spoil one line of it."""
from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from adapters.system import Settings, System

START = datetime(2021, 10, 12, 1, tzinfo=timezone.utc)

PACKAGE = """\
name: leave
title: 请示件
version: "1.0"
semantics: 1
entry: leave
diagrams: [leave.bpmn]
forms: [apply, decide]
texts: [texts.yaml]
roles:
  clerk: {label: 经办}
  head: {label: 负责人}
records:
  matter: {label: 请示, statuses: {sent: 已报}, columns: {title: 标题}}
parameters:
  groups: {all: 全部}
  keys:
    total: {type: integer, label: 名额总数, group: all}
    channels:
      type: records
      label: 渠道
      group: all
      fields: {code: {type: code, label: 代码}, places: {type: integer, label: 名额, min: 0}}
    body: {type: record, label: 承办, group: all, fields: {org: {type: organisation, label: 组织}, role: {type: role, label: 角色}}}
    stages: {type: stages, label: 阶段, group: all}
  rules:
    - {rule: sum_equals, list: channels, field: places, total: total}
"""

SCHEME = """\
scheme: first
package: leave
title: 请示件（项目示例）
values:
  total: {value: 3, origin: 项目示例}
  channels:
    origin: 项目示例
    value:
      - {code: a, places: 1}
      - {code: b, places: 2}
  body: {value: {org: office, role: head}, origin: 项目示例}
  stages:
    one: {origin: 项目示例, value: {order: 1, name: 办理, start: 2021-10-11, end: 2021-10-20}}
"""

FORMS = {
    "forms/apply.yaml": """\
id: apply
title: 请示
sections:
  - title: 内容
    fields:
      - {id: title, kind: text, label: 标题, required: true, max: 30}
      - {id: days, kind: integer, label: 天数, required: true, min: 1, max: 5}
      - {id: on, kind: date, label: 日期}
      - {id: paper, kind: files, label: 附件, accept: [application/pdf], max_size: 1 MB}
outcomes:
  - {code: submit, label: 报送, style: primary}
""",
    "forms/decide.yaml": """\
id: decide
title: 审批
sections: []
outcomes:
  - {code: approve, label: 同意, style: primary}
  - {code: return, label: 退回, style: danger, opinion: required, skip_validation: true}
""",
}

TEXTS = """\
leave.sent: {title: 收到请示, body: "{title}，请办理。"}
"""

DIAGRAM = """\
<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:banli="urn:banli:bpmn:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="leave_definitions" targetNamespace="urn:banli:leave">
  <bpmn:process id="leave" name="请示件" isExecutable="true">
    <bpmn:startEvent id="start" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="apply" name="请示">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="apply"/>
        <zeebe:assignmentDefinition candidateGroups='=role("clerk", "office")'/>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:userTask id="decide" name="审批">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="decide"/>
        <zeebe:assignmentDefinition candidateGroups='=role(scheme.body.role, scheme.body.org)'/>
        <zeebe:taskSchedule dueDate="=due in(2)"/>
      </bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="which" name="同意？" default="f5"><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing><bpmn:outgoing>f5</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:endEvent id="done" name="办结"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="apply"/>
    <bpmn:sequenceFlow id="f2" sourceRef="apply" targetRef="decide"/>
    <bpmn:sequenceFlow id="f3" sourceRef="decide" targetRef="which"/>
    <bpmn:sequenceFlow id="f4" name="退回" sourceRef="which" targetRef="apply"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=outcome = "return"</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f5" name="同意" sourceRef="which" targetRef="done"/>
  </bpmn:process>
</bpmn:definitions>
"""


def files(**replaced: str) -> dict[str, bytes]:
    """The package's files; `replaced` by key: package, diagram, apply, decide, texts."""
    made = {"package.yaml": replaced.get("package", PACKAGE), "leave.bpmn": replaced.get("diagram", DIAGRAM), "texts.yaml": replaced.get("texts", TEXTS),
            "forms/apply.yaml": replaced.get("apply", FORMS["forms/apply.yaml"]), "forms/decide.yaml": replaced.get("decide", FORMS["forms/decide.yaml"])}
    return {name: text.encode() for name, text in made.items()}


def system_in(home: Path, database: str = "") -> System:
    """A system with one rehearsal place, an office with a clerk (ann), a head (bo), and eve who may do nothing."""
    system = System(Settings(home, database))
    system.create_place("here", "试验地", "rehearsal", starts_at=START)
    system.people.add_organisation("here", "office", "办公室", "市")
    for person, role in (("ann", "clerk"), ("bo", "head"), ("eve", "")):
        system.people.add_person("here", person, person)
        if role:
            system.people.add_post("here", f"office-{role}", "office", role, role)
            system.people.grant("here", person, f"office-{role}")
    return system


def published(system: System) -> tuple[Any, str]:
    """The small package and its scheme, published."""
    bundle = system.publish("here", files(), "admin")
    scheme, _ = system.publish_scheme("here", bundle, SCHEME.encode(), "schemes/first.yaml", "admin")
    return bundle, scheme


def started(system: System) -> str:
    """A running instance with the clerk's task open."""
    bundle, scheme = published(system)
    answer = system.start("here", bundle.hash, scheme, "ann", org="office")
    system.run_due("here")
    return answer.instance
