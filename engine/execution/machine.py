"""The token machine put together: which function makes which move, acts for which BPMN element, does which activity's work."""
from __future__ import annotations

from engine.execution import activity, catching, flow, instance, repeat, throwing
from engine.execution.step import ACTS, MOVES, PERFORMS
from engine.work import tasks

TASKS = ("task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask")
SUB_PROCESSES = ("subProcess", "transaction", "adHocSubProcess")

MOVES.update({
    "arrive": flow.arrive, "act": flow.act, "leave": flow.go_on, "joins": flow.joins, "settle": activity.settle,
    "begin": activity.begin, "perform": activity.perform, "finish": activity.done,
    "repeat": repeat.repeat, "child": repeat.child, "repeated": repeat.repeated, "collect": repeat.collect,
    "arm": catching.arm, "happen": catching.happen, "conditions": catching.conditions,
    "throw": throwing.throw, "signal": throwing.signal, "cast": throwing.cast, "undo": throwing.undo, "cancelled": throwing.cancelled,
    "error": throwing.throw_error, "escalation": throwing.escalate,
    "title": instance.title, "started": instance.started, "end": instance.end, "fail": instance.fail,
})
ACTS.update({
    **dict.fromkeys((*TASKS, *SUB_PROCESSES, "callActivity"), activity.activity),
    **dict.fromkeys(("exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway"), flow.gateway),
    "eventBasedGateway": catching.event_gateway,
    "startEvent": catching.start_event, "intermediateCatchEvent": catching.catch, "boundaryEvent": catching.start_event,
    "intermediateThrowEvent": throwing.throw_event, "endEvent": throwing.throw_event,
})
PERFORMS.update({
    "task": activity.nothing, "scriptTask": activity.script, "serviceTask": activity.service, "businessRuleTask": activity.decide,
    "userTask": tasks.open_task, "manualTask": tasks.open_task, "sendTask": throwing.send_task, "receiveTask": catching.receive,
    "subProcess": activity.sub_process, "transaction": activity.sub_process, "adHocSubProcess": activity.ad_hoc,
    "callActivity": instance.call,
})
