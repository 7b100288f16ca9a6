"""BPMN 2.0's element types: attributes, children, how often, and what a reference must name; a table, not a validator (`rules/vocabulary`).

Source: OMG formal/2011-01-03, Semantic.xsd; the targets of references are those of the class diagrams in chapters 8–11.
Notation, one type a line: `Type < Base @attribute!:kind child:Kind*` where `!` is required, `? * +` and `{n,m}` are cardinalities (none: exactly
one), a kind `>A|B` is a reference to an element of type A or B, and a child without a kind is an element of that name.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_TYPES = """
Activity < FlowNode @isForCompensation:boolean @startQuantity:integer @completionQuantity:integer @default:>SequenceFlow ioSpecification? property* dataInputAssociation* dataOutputAssociation* resourceRole* loopCharacteristics?
AdHocSubProcess < SubProcess @cancelRemainingInstances:boolean @ordering:Parallel|Sequential completionCondition:Expression?
Artifact < BaseElement
Assignment < BaseElement from:Expression to:Expression
Association < Artifact @sourceRef!:>BaseElement @targetRef!:>BaseElement @associationDirection:None|One|Both
Auditing < BaseElement
BaseElement @id:ID documentation* extensionElements?
BoundaryEvent < CatchEvent @cancelActivity:boolean @attachedToRef!:>Activity
BusinessRuleTask < Task @implementation:anyURI
CallableElement < RootElement @name:string supportedInterfaceRef:>Interface* ioSpecification? ioBinding*
CallActivity < Activity @calledElement:QName
CallChoreography < ChoreographyActivity @calledChoreographyRef:>Choreography participantAssociation*
CallConversation < ConversationNode @calledCollaborationRef:>Collaboration participantAssociation*
CancelEventDefinition < EventDefinition
CatchEvent < Event @parallelMultiple:boolean dataOutput* dataOutputAssociation* outputSet? eventDefinition* eventDefinitionRef:>EventDefinition*
Category < RootElement @name:string categoryValue*
CategoryValue < BaseElement @value:string
Choreography < Collaboration flowElement*
ChoreographyActivity < FlowNode @initiatingParticipantRef!:>Participant @loopType:None|Standard|MultiInstanceSequential|MultiInstanceParallel participantRef:>Participant{2,} correlationKey*
ChoreographyTask < ChoreographyActivity messageFlowRef:>MessageFlow{1,2}
Collaboration < RootElement @name:string @isClosed:boolean participant* messageFlow* artifact* conversationNode* conversationAssociation* participantAssociation* messageFlowAssociation* correlationKey* choreographyRef:>Choreography* conversationLink*
CompensateEventDefinition < EventDefinition @waitForCompletion:boolean @activityRef:>Activity
ComplexBehaviorDefinition < BaseElement condition:FormalExpression event:ImplicitThrowEvent?
ComplexGateway < Gateway @default:>SequenceFlow activationCondition:Expression?
ConditionalEventDefinition < EventDefinition condition:Expression
Conversation < ConversationNode
ConversationAssociation < BaseElement @innerConversationNodeRef!:>ConversationNode @outerConversationNodeRef!:>ConversationNode
ConversationLink < BaseElement @name:string @sourceRef!:>ConversationNode|Participant|Activity|Event @targetRef!:>ConversationNode|Participant|Activity|Event
ConversationNode < BaseElement @name:string participantRef:>Participant* messageFlowRef:>MessageFlow* correlationKey*
CorrelationKey < BaseElement @name:string correlationPropertyRef:>CorrelationProperty*
CorrelationProperty < RootElement @name:string @type:QName correlationPropertyRetrievalExpression+
CorrelationPropertyBinding < BaseElement @correlationPropertyRef!:>CorrelationProperty dataPath:FormalExpression
CorrelationPropertyRetrievalExpression < BaseElement @messageRef!:>Message messagePath:FormalExpression
CorrelationSubscription < BaseElement @correlationKeyRef!:>CorrelationKey correlationPropertyBinding*
DataAssociation < BaseElement sourceRef:>ItemAware* targetRef:>ItemAware transformation:FormalExpression? assignment*
DataInput < ItemAware @name:string @isCollection:boolean
DataInputAssociation < DataAssociation
DataObject < FlowElement,ItemAware @isCollection:boolean
DataObjectReference < FlowElement,ItemAware @dataObjectRef:>DataObject
DataOutput < ItemAware @name:string @isCollection:boolean
DataOutputAssociation < DataAssociation
DataState < BaseElement @name:string
DataStore < RootElement,ItemAware @name:string @capacity:integer @isUnlimited:boolean
DataStoreReference < FlowElement,ItemAware @dataStoreRef:>DataStore
Definitions @id:ID @name:string @targetNamespace!:anyURI @expressionLanguage:anyURI @typeLanguage:anyURI @exporter:string @exporterVersion:string import* extension* rootElement* relationship*
Documentation @id:ID @textFormat:mime
EndEvent < ThrowEvent
EndPoint < RootElement
Error < RootElement @name:string @errorCode:string @structureRef:>ItemDefinition
ErrorEventDefinition < EventDefinition @errorRef:>Error
Escalation < RootElement @name:string @escalationCode:string @structureRef:>ItemDefinition
EscalationEventDefinition < EventDefinition @escalationRef:>Escalation
Event < FlowNode property*
EventBasedGateway < Gateway @instantiate:boolean @eventGatewayType:Exclusive|Parallel
EventDefinition < RootElement
ExclusiveGateway < Gateway @default:>SequenceFlow
Expression @id:ID documentation* extensionElements?
Extension @definition:QName @mustUnderstand:boolean documentation*
ExtensionElements
FlowElement < BaseElement @name:string auditing? monitoring? categoryValueRef:>CategoryValue*
FlowNode < FlowElement incoming:>SequenceFlow* outgoing:>SequenceFlow*
FormalExpression < Expression @language:anyURI @evaluatesToTypeRef:>ItemDefinition
Gateway < FlowNode @gatewayDirection:Unspecified|Converging|Diverging|Mixed
GlobalBusinessRuleTask < GlobalTask @implementation:anyURI
GlobalChoreographyTask < Choreography @initiatingParticipantRef:>Participant
GlobalConversation < Collaboration
GlobalManualTask < GlobalTask
GlobalScriptTask < GlobalTask @scriptLanguage:mime script?
GlobalTask < CallableElement resourceRole*
GlobalUserTask < GlobalTask @implementation:anyURI rendering*
Group < Artifact @categoryValueRef:>CategoryValue
HumanPerformer < Performer
ImplicitThrowEvent < ThrowEvent
Import @namespace!:anyURI @location!:string @importType!:anyURI
InclusiveGateway < Gateway @default:>SequenceFlow
InputOutputBinding < BaseElement @operationRef!:>Operation @inputDataRef!:>InputSet|DataInput @outputDataRef!:>OutputSet|DataOutput
InputOutputSpecification < BaseElement dataInput* dataOutput* inputSet+ outputSet+
InputSet < BaseElement @name:string dataInputRefs:>DataInput* optionalInputRefs:>DataInput* whileExecutingInputRefs:>DataInput* outputSetRefs:>OutputSet*
Interface < RootElement @name!:string @implementationRef:QName operation+
IntermediateCatchEvent < CatchEvent
IntermediateThrowEvent < ThrowEvent
ItemAware < BaseElement @itemSubjectRef:>ItemDefinition dataState?
ItemDefinition < RootElement @structureRef:QName @isCollection:boolean @itemKind:Information|Physical
Lane < BaseElement @name:string @partitionElementRef:>BaseElement partitionElement:BaseElement? flowNodeRef:>FlowNode* childLaneSet:LaneSet?
LaneSet < BaseElement @name:string lane*
LinkEventDefinition < EventDefinition @name!:string source:>LinkEventDefinition* target:>LinkEventDefinition?
LoopCharacteristics < BaseElement
ManualTask < Task
Message < RootElement @name:string @itemRef:>ItemDefinition
MessageEventDefinition < EventDefinition @messageRef:>Message operationRef:>Operation?
MessageFlow < BaseElement @name:string @sourceRef!:>Participant|Activity|Event @targetRef!:>Participant|Activity|Event @messageRef:>Message
MessageFlowAssociation < BaseElement @innerMessageFlowRef!:>MessageFlow @outerMessageFlowRef!:>MessageFlow
Monitoring < BaseElement
MultiInstanceLoopCharacteristics < LoopCharacteristics @isSequential:boolean @behavior:None|One|All|Complex @oneBehaviorEventRef:>EventDefinition @noneBehaviorEventRef:>EventDefinition loopCardinality:Expression? loopDataInputRef:>ItemAware? loopDataOutputRef:>ItemAware? inputDataItem:DataInput? outputDataItem:DataOutput? complexBehaviorDefinition* completionCondition:Expression?
Operation < BaseElement @name!:string @implementationRef:QName inMessageRef:>Message outMessageRef:>Message? errorRef:>Error*
OutputSet < BaseElement @name:string dataOutputRefs:>DataOutput* optionalOutputRefs:>DataOutput* whileExecutingOutputRefs:>DataOutput* inputSetRefs:>InputSet*
ParallelGateway < Gateway
Participant < BaseElement @name:string @processRef:>Process interfaceRef:>Interface* endPointRef:>EndPoint* participantMultiplicity?
ParticipantAssociation < BaseElement innerParticipantRef:>Participant outerParticipantRef:>Participant
ParticipantMultiplicity < BaseElement @minimum:integer @maximum:integer
PartnerEntity < RootElement @name:string participantRef:>Participant*
PartnerRole < RootElement @name:string participantRef:>Participant*
Performer < ResourceRole
PotentialOwner < HumanPerformer
Process < CallableElement @processType:None|Public|Private @isClosed:boolean @isExecutable:boolean @definitionalCollaborationRef:>Collaboration auditing? monitoring? property* laneSet* flowElement* artifact* resourceRole* correlationSubscription* supports:>Process*
Property < ItemAware @name:string
ReceiveTask < Task @implementation:anyURI @instantiate:boolean @messageRef:>Message @operationRef:>Operation
Relationship < BaseElement @type!:string @direction:None|Forward|Backward|Both source:QName+ target:QName+
Rendering < BaseElement
Resource < RootElement @name!:string resourceParameter*
ResourceAssignmentExpression < BaseElement expression
ResourceParameter < BaseElement @name:string @type:QName @isRequired:boolean
ResourceParameterBinding < BaseElement @parameterRef!:>ResourceParameter expression
ResourceRole < BaseElement @name:string resourceRef:>Resource? resourceParameterBinding* resourceAssignmentExpression?
RootElement < BaseElement
Script
ScriptTask < Task @scriptFormat:mime script?
SendTask < Task @implementation:anyURI @messageRef:>Message @operationRef:>Operation
SequenceFlow < FlowElement @sourceRef!:>FlowNode @targetRef!:>FlowNode @isImmediate:boolean conditionExpression:Expression?
ServiceTask < Task @implementation:anyURI @operationRef:>Operation
Signal < RootElement @name:string @structureRef:>ItemDefinition
SignalEventDefinition < EventDefinition @signalRef:>Signal
StandardLoopCharacteristics < LoopCharacteristics @testBefore:boolean @loopMaximum:value loopCondition:Expression?
StartEvent < CatchEvent @isInterrupting:boolean
SubChoreography < ChoreographyActivity flowElement* artifact*
SubConversation < ConversationNode conversationNode*
SubProcess < Activity @triggeredByEvent:boolean laneSet* flowElement* artifact*
Task < Activity
TerminateEventDefinition < EventDefinition
Text
TextAnnotation < Artifact @textFormat:mime text?
ThrowEvent < Event dataInput* dataInputAssociation* inputSet? eventDefinition* eventDefinitionRef:>EventDefinition*
TimerEventDefinition < EventDefinition timeDate:Expression? timeDuration:Expression? timeCycle:Expression?
Transaction < SubProcess @method:anyURI
UserTask < Task @implementation:anyURI rendering*
"""

# An abstract child stands for any element of its group (XSD substitution groups).
_GROUPS = {
    "flowElement": "adHocSubProcess boundaryEvent businessRuleTask callActivity callChoreography choreographyTask complexGateway dataObject"
    " dataObjectReference dataStoreReference endEvent eventBasedGateway exclusiveGateway implicitThrowEvent inclusiveGateway intermediateCatchEvent"
    " intermediateThrowEvent manualTask parallelGateway receiveTask scriptTask sendTask sequenceFlow serviceTask startEvent subChoreography subProcess"
    " task transaction userTask",
    "artifact": "association group textAnnotation",
    "conversationNode": "callConversation conversation subConversation",
    "eventDefinition": "cancelEventDefinition compensateEventDefinition conditionalEventDefinition errorEventDefinition escalationEventDefinition"
    " linkEventDefinition messageEventDefinition signalEventDefinition terminateEventDefinition timerEventDefinition",
    "rootElement": "category collaboration choreography globalChoreographyTask globalConversation correlationProperty dataStore endPoint error escalation"
    " cancelEventDefinition compensateEventDefinition conditionalEventDefinition errorEventDefinition escalationEventDefinition linkEventDefinition"
    " messageEventDefinition signalEventDefinition terminateEventDefinition timerEventDefinition globalBusinessRuleTask globalManualTask"
    " globalScriptTask globalTask globalUserTask interface itemDefinition message partnerEntity partnerRole process resource signal",
    "expression": "expression formalExpression",
    "loopCharacteristics": "multiInstanceLoopCharacteristics standardLoopCharacteristics",
    "resourceRole": "resourceRole performer humanPerformer potentialOwner",
}
_NAMES = {"ioBinding": "InputOutputBinding", "ioSpecification": "InputOutputSpecification"}
UNBOUNDED = 1_000_000


@dataclass(frozen=True, slots=True)
class Attribute:
    """`kind` is a primitive (`boolean`), an enumeration (`None|One|Both`), or empty when `targets` says what it must name."""

    kind: str
    required: bool
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """`group` counts together: at most `most` of all elements that may stand for it. `type` is empty for a reference in text."""

    group: str
    type: str
    least: int
    most: int
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """One element type with everything it inherits."""

    name: str
    ancestors: frozenset[str]  # itself included
    attributes: dict[str, Attribute]
    children: dict[str, Child]
    needed: tuple[tuple[str, int], ...]  # groups of children that must be there, and how many at least


_LINE = re.compile(r"(?P<name>\w+)(?: < (?P<bases>[\w,]+))?(?P<parts>.*)")
_PART = re.compile(r"(?P<at>@?)(?P<name>\w+)(?P<must>!?)(?::(?P<kind>>?[\w|]+))?(?P<many>[?*+]|\{\d,\d?\})?")
_MANY = {"": (1, 1), "?": (0, 1), "*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "{2,}": (2, UNBOUNDED), "{1,2}": (1, 2)}


def _parse() -> dict[str, Type]:
    lines = {match["name"]: match for line in _TYPES.strip().splitlines() if (match := _LINE.fullmatch(line))}
    made: dict[str, Type] = {}

    def make(name: str) -> Type:
        if name not in made:
            match = lines[name]
            bases = [make(base) for base in (match["bases"] or "").split(",") if base]
            attributes = {key: value for base in bases for key, value in base.attributes.items()}
            children = {key: value for base in bases for key, value in base.children.items()}
            for part in _PART.finditer(match["parts"]):
                _add(part, attributes, children)
            needed = tuple(sorted({(child.group, child.least) for child in children.values() if child.least}))
            made[name] = Type(name, frozenset({name}).union(*(base.ancestors for base in bases)), attributes, children, needed)
        return made[name]

    for name in lines:
        make(name)
    return made


def _add(part: re.Match[str], attributes: dict[str, Attribute], children: dict[str, Child]) -> None:
    name, kind = part["name"], part["kind"] or ""
    targets = tuple(kind[1:].split("|")) if kind.startswith(">") else ()
    if part["at"]:
        attributes[name] = Attribute("" if targets else kind, bool(part["must"]), targets)
        return
    least, most = _MANY[part["many"] or ""]
    for element in _GROUPS.get(name, name).split():
        given = "" if targets or kind == "QName" else kind or _NAMES.get(element, element[0].upper() + element[1:])
        children[element] = Child(name, given, least, most, targets)


TYPES = _parse()


@cache
def type_of(element: str) -> Type | None:
    """The type of a BPMN element by its local name, None when BPMN knows no such element on its own."""
    return TYPES.get(_NAMES.get(element, element[:1].upper() + element[1:])) if element[:1].islower() else None


def is_a(element: str, *types: str) -> bool:
    """Whether a BPMN element is of one of these types."""
    found = type_of(element)
    return found is not None and not found.ancestors.isdisjoint(types)


def elements() -> Iterator[str]:
    """Every element that may stand in a document, for the reference."""
    yield from sorted({name for one in TYPES.values() for name, child in one.children.items() if child.type})
