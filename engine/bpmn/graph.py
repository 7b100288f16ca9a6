"""The process graph a diagram becomes: immutable, in document order, with flow ids and source lines kept; it knows no rules of execution.

One `Node` type carries every flow node; parts that an element does not have are None or empty. Terms are BPMN 2.0's.
`Value` is what the zeebe convention gives an attribute: a FEEL `Expression` behind a leading `=`, else literal text.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.feel import Expression

    Value = Expression | str
else:
    Value = Any

TASKS = frozenset({"task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask"})
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SUB_PROCESSES | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `condition` is None when it has none."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: Expression | None = None
    is_return: bool = False  # banli:return, drawn as 退回
    line: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A bpmn:message (or signal, error, escalation): its id, the name or code it is matched by, its correlation key.

    `time_to_live`: how long it waits for a receiver once it is thrown; None: the engine's default.
    """

    id: str
    name: str
    code: str = ""
    correlation: Value | None = None
    time_to_live: Value | None = None


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One trigger or result of an event.

    `kind`: message | timer | signal | error | escalation | conditional | link | compensate | cancel | terminate.
    """

    kind: str
    id: str = ""
    ref: Message | None = None  # message, signal, error, escalation
    date: Value | None = None  # timer: exactly one of date, duration, cycle
    duration: Value | None = None
    cycle: Value | None = None
    condition: Expression | None = None  # conditional
    link: str = ""
    activity: str = ""  # compensate: activityRef
    wait: bool = True  # compensate: waitForCompletion
    code_variable: str = ""  # error, escalation caught: variable that takes the code
    message_variable: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """multiInstanceLoopCharacteristics, with zeebe:loopCharacteristics folded in."""

    sequential: bool
    cardinality: Value | None = None
    collection: Value | None = None  # inputCollection, or the name in loopDataInputRef as an expression
    element_variable: str = ""
    output_collection: str = ""
    output_element: Value | None = None  # expression, or name of the inner variable
    completion: Expression | None = None
    behavior: str = "All"  # All | One | None | Complex: when events are thrown
    one_event: EventDefinition | None = None
    none_event: EventDefinition | None = None
    complex_behaviors: tuple[tuple[Expression, EventDefinition], ...] = ()


@dataclass(frozen=True, slots=True)
class StandardLoop:
    """standardLoopCharacteristics."""

    condition: Expression | None
    test_before: bool = False
    maximum: Value | None = None


@dataclass(frozen=True, slots=True)
class Mapping_:
    """One zeebe:input or zeebe:output: `source` is evaluated, `target` is a (dotted) variable name."""

    source: Value
    target: str


@dataclass(frozen=True, slots=True)
class UserTask:
    """What makes a task a piece of work for people (zeebe: and banli: attributes)."""

    form: str = ""
    assignee: Value | None = None
    candidate_groups: Value | None = None
    candidate_users: Value | None = None
    due: Value | None = None
    follow_up: Value | None = None
    priority: Value | None = None
    return_to: tuple[str, ...] = ()  # elements to which 退回 is allowed
    withdraw: bool = False
    reminders: tuple[int, ...] = ()  # working days relative to due: -3 -1 0 1
    overdue: bool = True  # False: voluntary, no lamp
    about: Value | None = None
    escalate_to: Value | None = None
    clause: str = ""
    operations: frozenset[str] = frozenset()  # further allowed operations: reassign delegate add_signer …


@dataclass(frozen=True, slots=True)
class Service:
    """zeebe:taskDefinition: the operation's name, retries and headers. `job`: carried out outside the step."""

    type: str
    retries: Value | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    job: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """zeebe:script."""

    expression: Expression
    result: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """Call activity target: a process (or global task) id."""

    process: Value
    propagate_parent: bool | None = None  # None: attribute not written (zeebe default: true)
    propagate_child: bool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """zeebe:calledDecision."""

    decision: Value
    result: str


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node."""

    id: str
    kind: str  # the BPMN element's local name
    name: str = ""
    scope: str = ""  # id of the process or sub-process whose body it is in
    incoming: tuple[Flow, ...] = ()
    outgoing: tuple[Flow, ...] = ()  # document order
    default: str = ""  # id of the default flow
    lane: str = ""  # name of the innermost lane
    stage: str = ""
    line: int = 0
    order: int = 0  # document order over the whole process
    documentation: str = ""
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    interrupting: bool = True  # boundary: cancelActivity; start of event sub-process: isInterrupting
    attached_to: str = ""
    boundary: tuple[str, ...] = ()  # ids of boundary events attached to this activity, document order
    multi: MultiInstance | None = None
    loop: StandardLoop | None = None
    inputs: tuple[Mapping_, ...] = ()
    outputs: tuple[Mapping_, ...] = ()
    user: UserTask | None = None
    service: Service | None = None
    script: Script | None = None
    called: Called | None = None
    decision: Decision | None = None
    message: Message | None = None  # send and receive task
    instantiate: bool = False  # receive task, event-based gateway
    gateway_type: str = "Exclusive"  # eventGatewayType
    activation: Expression | None = None  # complex gateway
    body: Body | None = None  # sub-process
    triggered_by_event: bool = False
    for_compensation: bool = False
    compensation_handler: str = ""  # compensation boundary: the associated activity
    start_quantity: int = 1
    completion_quantity: int = 1
    completion: Expression | None = None  # ad-hoc: completionCondition
    ordering: str = "Parallel"  # ad-hoc
    cancel_remaining: bool = True  # ad-hoc
    properties: Mapping[str, str] = field(default_factory=dict)  # zeebe:properties


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a process or sub-process."""

    id: str
    nodes: tuple[Node, ...] = ()  # document order
    flows: tuple[Flow, ...] = ()
    starts: tuple[str, ...] = ()  # start events and instantiating nodes without incoming flow, document order
    event_sub_processes: tuple[str, ...] = ()
    data: tuple[str, ...] = ()  # ids/names of data objects and properties


@dataclass(frozen=True, slots=True)
class Process:
    """An executable process. `nodes` and `flows` are flat over all nested bodies (ids are unique in a document)."""

    id: str
    name: str
    body: Body
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    file: str = ""
    executable: bool = True
    kind: str = "process"  # process | globalUserTask | globalScriptTask … (a call activity may call those too)
    stage: str = ""
    title: Value | None = None
    started_under: tuple[str, str] = ("", "")  # (parent process, element that must hold a token)
    starters: Value | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class GraphSet:
    """Everything a step needs of a published package. `forms` and `decisions` by id; `scheme` values; see `engine/facts.py` for the rest."""

    processes: Mapping[str, Process]
    forms: Mapping[str, Any] = field(default_factory=dict)
    decisions: Mapping[str, Any] = field(default_factory=dict)
    operations: Mapping[str, Any] = field(default_factory=dict)
    semantics: int = 1
    package: str = ""  # hash


def start_messages(processes: Mapping[str, Process]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Message name → (process, start node) of every executable process that such a message starts, in document order."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for process in processes.values():
        for id in process.body.starts if process.executable else ():
            node = process.nodes[id]
            refs = [one.ref for one in node.events if one.kind == "message"] + ([node.message] if node.instantiate else [])
            for ref in refs:
                if ref is not None:
                    found[ref.name] = (*found.get(ref.name, ()), (process.id, id))
    return found
