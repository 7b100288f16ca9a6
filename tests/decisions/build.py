"""The small package of `tests/system`, with a decision table between the clerk's task and the head's; made of text, so that a test can spoil it."""
from __future__ import annotations

from tests.dmn.build import decision, given, model, table
from tests.system.small import DIAGRAM, PACKAGE, files

GRADE = model(given("days", type="number"), decision("grade", table("days", "grade", '< 3 | "short"', '>= 3 | "long"', types={"days": "number"}), "days"))
TASK = """\
    <bpmn:businessRuleTask id="grade" name="定级">
      <bpmn:extensionElements><zeebe:calledDecision decisionId="{decision}" resultVariable="level"/></bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f2b</bpmn:outgoing>
    </bpmn:businessRuleTask>
    <bpmn:sequenceFlow id="f2b" sourceRef="grade" targetRef="decide"/>
"""


def leave_with(content: bytes, decision: str = "_grade") -> dict[str, bytes]:
    """The package's files with the model `content` as grade.dmn and a business rule task that asks for `decision`."""
    diagram = DIAGRAM.replace('<bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>', "<bpmn:incoming>f2b</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>")
    diagram = diagram.replace('targetRef="decide"/>', 'targetRef="grade"/>', 1).replace('    <bpmn:userTask id="decide"', TASK.format(decision=decision) + '    <bpmn:userTask id="decide"')
    package = PACKAGE.replace("forms: [apply, decide]\n", "forms: [apply, decide]\ntables: [grade.dmn]\n")
    return {**files(diagram=diagram, package=package), "grade.dmn": content}
