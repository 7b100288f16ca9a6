"""Reading a diagram: from XML to the graph, and what is refused before there is a graph."""
from __future__ import annotations

import pytest

from engine.bpmn.read import read
from engine.bpmn.tree import Limits
from engine.refusals import Invalid

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:banli="urn:banli:bpmn:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test">'
)


def definitions(inside: str) -> bytes:
    return f"{HEAD}{inside}</bpmn:definitions>".encode()


def process(inside: str) -> bytes:
    return definitions(f'<bpmn:process id="p" isExecutable="true">{inside}</bpmn:process>')


def codes(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [finding.code for finding in error.value.findings]


def test_nodes_keep_document_order_and_flows_their_ids_and_lines() -> None:
    read_process = read(
        process('<bpmn:startEvent id="s"/>\n<bpmn:userTask id="a" name="审核"/>\n<bpmn:endEvent id="e"/>'
                '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/>\n<bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="e"/>'),
        "a.bpmn",
    ).processes[0]

    assert list(read_process.nodes) == ["s", "a", "e"]
    assert [(flow.id, flow.source, flow.target, flow.line) for flow in read_process.flows.values()] == [("f1", "s", "a", 3), ("f2", "a", "e", 4)]
    assert read_process.body.starts == ("s",)
    assert read_process.nodes["a"].name == "审核"
    assert read_process.nodes["a"].outgoing == (read_process.flows["f2"],)


def test_a_sequence_flow_without_an_id_gets_a_stable_one() -> None:
    xml = process('<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:sequenceFlow sourceRef="s" targetRef="e"/>')

    assert list(read(xml, "a.bpmn").processes[0].flows) == list(read(xml, "a.bpmn").processes[0].flows) == ["sequenceFlow@1"]


def test_a_user_task_says_who_by_when_and_what_may_be_done() -> None:
    task = read(
        process(
            '<bpmn:userTask id="t" banli:returnTo="a b" banli:withdraw="true" banli:reminders="0 -3 -1" banli:overdue="none" banli:clause="五（二）"'
            ' banli:stage="recommend"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="nomination"/>'
            '<zeebe:assignmentDefinition candidateGroups="office"/><zeebe:taskSchedule dueDate="2030-01-01"/></bpmn:extensionElements></bpmn:userTask>'
        ),
        "a.bpmn",
    ).processes[0].nodes["t"]

    assert task.stage == "recommend"
    assert task.user is not None
    assert (task.user.form, task.user.candidate_groups, task.user.due) == ("nomination", "office", "2030-01-01")
    assert (task.user.return_to, task.user.withdraw, task.user.reminders, task.user.overdue) == (("a", "b"), True, (-3, -1, 0), False)
    assert task.user.clause == "五（二）"


def test_the_innermost_lane_wins_and_sub_processes_inherit_it() -> None:
    read_process = read(
        process(
            '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="市"><bpmn:flowNodeRef>sub</bpmn:flowNodeRef><bpmn:childLaneSet id="c">'
            '<bpmn:lane id="l2" name="办公室"><bpmn:flowNodeRef>sub</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>'
            '<bpmn:subProcess id="sub"><bpmn:task id="inner"/></bpmn:subProcess>'
        ),
        "a.bpmn",
    ).processes[0]

    assert (read_process.nodes["sub"].lane, read_process.nodes["inner"].lane) == ("办公室", "办公室")
    assert read_process.nodes["inner"].scope == "sub"


def test_a_chain_of_five_thousand_tasks_is_read() -> None:
    links = "".join(
        f'<bpmn:task id="t{i}"/><bpmn:sequenceFlow id="f{i}" sourceRef="{f"t{i - 1}" if i else "s"}" targetRef="t{i}"/>' for i in range(5000)
    )

    read_process = read(process(f'<bpmn:startEvent id="s"/>{links}'), "chain.bpmn").processes[0]

    assert len(read_process.nodes) == 5001
    assert len(read_process.flows) == 5000


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "bpmn.xml.syntax"),
        (b"<a", "bpmn.xml.syntax"),
        (b"<a/>", "bpmn.xml.not-bpmn"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "bpmn.xml.doctype"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "bpmn.xml.doctype"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"), "bpmn.xml.doctype"),
        (b"<a>&x;</a>", "bpmn.xml.syntax"),
        (b"x" * 2_000_001, "bpmn.xml.too-large"),
        (definitions("<bpmn:process>" * 100 + "</bpmn:process>" * 100), "bpmn.xml.too-deep"),
        (definitions("<bpmn:message/>" * 20_000), "bpmn.xml.too-many-elements"),
    ],
)
def test_what_is_no_safe_bpmn_file_is_refused_with_one_finding(xml: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(xml, "bad.bpmn")

    assert codes(refused) == [code]
    assert refused.value.findings[0].file == "bad.bpmn"


def test_limits_are_settings() -> None:
    with pytest.raises(Invalid) as refused:
        read(process("<bpmn:task id='a'/>"), "a.bpmn", Limits(elements=2))

    assert codes(refused) == ["bpmn.xml.too-many-elements"]


@pytest.mark.parametrize("text", ["x &gt; 1", "${x}", "__import__('os').system('id')", "amount == 3"])
def test_a_condition_that_is_not_feel_is_reported_with_element_and_line(text: str) -> None:
    document = read(
        process(f'<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>\n<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e">'
                f"<bpmn:conditionExpression>{text}</bpmn:conditionExpression></bpmn:sequenceFlow>"),
        "a.bpmn",
    )

    assert [(finding.code, finding.element, finding.line) for finding in document.findings] == [("bpmn.expression.language", "f", 2)]
    assert document.processes[0].flows["f"].condition is None
