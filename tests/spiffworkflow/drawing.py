"""Diagrams in a line an element, for the tests of this folder; what they build is plain BPMN with zeebe: extensions."""
from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HEAD = (
    f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:banli="urn:banli:bpmn:1"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="test">'
)


def document(*parts: str, id: str = "p", beside: str = "") -> bytes:
    """A document with one executable process; `beside`: what stands beside it (messages, errors, further processes)."""
    return f'{HEAD}{beside}<bpmn:process id="{id}" isExecutable="true">{"".join(parts)}</bpmn:process></bpmn:definitions>'.encode()


def element(kind: str, id: str, *inside: str, **attributes: str) -> str:
    """`attributes` with `_` for `:` (banli_returnTo)."""
    given = "".join(f" {name.replace('_', ':')}={quoteattr(value)}" for name, value in attributes.items())
    return f'<bpmn:{kind} id="{id}"{given}>{"".join(inside)}</bpmn:{kind}>'


def start(id: str = "s", *inside: str) -> str:
    return element("startEvent", id, *inside)


def end(id: str = "e", *inside: str) -> str:
    return element("endEvent", id, *inside)


def user(id: str, *inside: str, **attributes: str) -> str:
    return element("userTask", id, *inside, **attributes)


def sub(id: str, *inside: str) -> str:
    return element("subProcess", id, *inside)


def exclusive(id: str, default: str = "") -> str:
    return element("exclusiveGateway", id, **({"default": default} if default else {}))


def parallel(id: str) -> str:
    return element("parallelGateway", id)


def catch(id: str, *inside: str) -> str:
    return element("intermediateCatchEvent", id, *inside)


def boundary(id: str, on: str, *inside: str, interrupting: bool = True) -> str:
    return element("boundaryEvent", id, *inside, attachedToRef=on, cancelActivity=str(interrupting).lower())


def trigger(kind: str, inside: str = "", **attributes: str) -> str:
    """An event definition: timer, message, error …"""
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<bpmn:{kind}EventDefinition{given}>{inside}</bpmn:{kind}EventDefinition>"


def after(duration: str) -> str:
    return trigger("timer", f"<bpmn:timeDuration>{duration}</bpmn:timeDuration>")


def every(cycle: str) -> str:
    return trigger("timer", f"<bpmn:timeCycle>{cycle}</bpmn:timeCycle>")


def call(id: str, process: str, *inside: str) -> str:
    return element("callActivity", id, f'<bpmn:extensionElements><zeebe:calledElement processId="{process}"/></bpmn:extensionElements>', *inside)


def many(collection: str = "", cardinality: str = "", until: str = "", sequential: bool = False) -> str:
    """Multi-instance over a collection (FEEL; the item is `item`) or so many times."""
    inside = f"<bpmn:loopCardinality>={cardinality}</bpmn:loopCardinality>" if cardinality else (
        f'<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection={quoteattr("=" + collection)} inputElement="item"/></bpmn:extensionElements>')
    if until:
        inside += f"<bpmn:completionCondition>={escape(until)}</bpmn:completionCondition>"
    return f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">{inside}</bpmn:multiInstanceLoopCharacteristics>'


def flow(source: str, target: str, condition: str = "") -> str:
    """Its id is source_target."""
    inside = f"<bpmn:conditionExpression>={escape(condition)}</bpmn:conditionExpression>" if condition else ""
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'


def flows(*chains: str) -> str:
    """Each chain is "a > b > c"."""
    return "".join(flow(a, b) for chain in chains for a, b in zip(chain.split(" > "), chain.split(" > ")[1:], strict=False))
