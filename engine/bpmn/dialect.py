"""The extensions that diagrams may use: Camunda 8's zeebe: elements and our banli: attributes, where they may stand and what they may say; a table."""
from __future__ import annotations

from dataclasses import dataclass

TASKS_OF_WORKERS = frozenset({"serviceTask", "sendTask", "scriptTask", "businessRuleTask", "endEvent", "intermediateThrowEvent"})
FLOW_NODES = frozenset({"*"})  # any flow node
CALLABLE = frozenset({"process", "globalUserTask", "globalScriptTask", "globalTask", "globalManualTask", "globalBusinessRuleTask"})
USER_TASKS = frozenset({"userTask", "globalUserTask"})
OPERATIONS = frozenset({"reassign", "delegate", "add_signer", "remove_signer", "extend", "urge"})


@dataclass(frozen=True, slots=True)
class Extension:
    """A zeebe: element. `attributes`: name → kind; a kind that ends in `!` is required. `children`: name → their attributes."""

    hosts: frozenset[str]
    attributes: dict[str, str]
    children: dict[str, dict[str, str]]


ZEEBE: dict[str, Extension] = {
    "userTask": Extension(USER_TASKS, {}, {}),
    "formDefinition": Extension(USER_TASKS, {"formId": "text", "formKey": "text", "bindingType": "deployment"}, {}),
    "assignmentDefinition": Extension(USER_TASKS, {"assignee": "value", "candidateGroups": "value", "candidateUsers": "value"}, {}),
    "taskSchedule": Extension(USER_TASKS, {"dueDate": "value", "followUpDate": "value"}, {}),
    "priorityDefinition": Extension(USER_TASKS, {"priority": "value"}, {}),
    "ioMapping": Extension(FLOW_NODES, {}, {"input": {"source": "value!", "target": "path!"}, "output": {"source": "value!", "target": "path!"}}),
    "taskDefinition": Extension(TASKS_OF_WORKERS, {"type": "text!", "retries": "value"}, {}),
    "taskHeaders": Extension(TASKS_OF_WORKERS | USER_TASKS, {}, {"header": {"key": "text!", "value": "text"}}),
    "script": Extension(frozenset({"scriptTask", "globalScriptTask"}), {"expression": "value!", "resultVariable": "name"}, {}),
    "calledDecision": Extension(
        frozenset({"businessRuleTask", "globalBusinessRuleTask"}), {"decisionId": "value!", "resultVariable": "name", "bindingType": "deployment"}, {}
    ),
    "calledElement": Extension(
        frozenset({"callActivity"}),
        {"processId": "value!", "propagateAllChildVariables": "boolean", "propagateAllParentVariables": "boolean", "bindingType": "deployment"}, {},
    ),
    "loopCharacteristics": Extension(
        frozenset({"multiInstanceLoopCharacteristics"}),
        {"inputCollection": "value!", "inputElement": "name", "outputCollection": "name", "outputElement": "value"}, {},
    ),
    "subscription": Extension(frozenset({"message"}), {"correlationKey": "value"}, {}),
    "properties": Extension(FLOW_NODES | CALLABLE, {}, {"property": {"name": "text!", "value": "text"}}),
    "versionTag": Extension(CALLABLE, {"value": "text"}, {}),
}
# Attributes that the modeller's element templates leave behind; they change nothing.
ZEEBE_ATTRIBUTES = frozenset({"modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"})

# banli: attribute → (elements that may carry it, kind). `**`: any element.
BANLI: dict[str, tuple[frozenset[str], str]] = {
    "clause": (frozenset({"**"}), "text"),
    "stage": (frozenset({"**"}), "text"),
    "returnTo": (USER_TASKS, "text"),
    "withdraw": (USER_TASKS, "boolean"),
    "reminders": (USER_TASKS, "integers"),
    "overdue": (USER_TASKS, "none"),
    "about": (USER_TASKS, "value"),
    "escalateTo": (USER_TASKS, "value"),
    "operations": (USER_TASKS, "operations"),
    "job": (TASKS_OF_WORKERS, "boolean"),
    "return": (frozenset({"sequenceFlow"}), "boolean"),
    "codeVariable": (frozenset({"errorEventDefinition", "escalationEventDefinition"}), "name"),
    "messageVariable": (frozenset({"errorEventDefinition", "escalationEventDefinition"}), "name"),
    "startedUnder": (frozenset({"process"}), "text"),
    "starters": (frozenset({"process"}), "value"),
    "title": (frozenset({"process"}), "value"),
    "timeToLive": (frozenset({"message"}), "duration"),
}
