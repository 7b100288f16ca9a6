"""Whatever is handed in as a diagram: refused in our own words or accepted, and soon."""
from __future__ import annotations

import gc
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from engine.bpmn.check import check
from engine.bpmn.read import read
from engine.refusals import Invalid

LONGEST = 2.0  # seconds for one diagram


def _fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bpmn_fuzz", Path(__file__).with_name("fuzz.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = _fuzz()


def judge(xml: bytes) -> tuple[str, ...]:
    try:
        return tuple(one.code for one in check(read(xml, "fuzz.bpmn")) if one.severity == "error")
    except Invalid as refused:
        return tuple(one.code for one in refused.findings)


@pytest.fixture
def young_heap() -> Iterator[None]:
    """What the test run has loaded so far is not looked through again and again while thousands of small trees come and go."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("young_heap")
@pytest.mark.parametrize("part", range(4))
def test_spoilt_diagrams_get_our_own_refusals_in_time(part: int, request: pytest.FixtureRequest) -> None:
    count = 250_000 if request.config.getoption("--long", default=False) else 12_500  # four parts: 50,000 in the normal run, 1,000,000 with --long
    accepted = refused = 0
    for seed in range(part * 1_000_000, part * 1_000_000 + count):
        xml = FUZZ.broken(seed)
        began = time.process_time()
        codes = judge(xml)
        assert time.process_time() - began < LONGEST, f"seed {seed}"
        assert all(code.startswith("bpmn.") for code in codes), f"seed {seed}: {codes}"
        refused, accepted = refused + bool(codes), accepted + (not codes)
    assert refused > count // 2 and accepted > count // 20  # both kinds are reached, or the test tests nothing


HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'


def whole(inside: str) -> bytes:
    return f'{HEAD}<process id="p" isExecutable="true">{inside}</process></definitions>'.encode()


def star(count: int) -> str:
    return '<startEvent id="s"/><parallelGateway id="g"/><sequenceFlow id="f" sourceRef="s" targetRef="g"/>' + "".join(
        f'<task id="t{n}"/><sequenceFlow id="a{n}" sourceRef="g" targetRef="t{n}"/><sequenceFlow id="b{n}" sourceRef="t{n}" targetRef="g"/>' for n in range(count)
    )


LARGE = {
    "one node with every flow": whole(star(6000)),
    "flows listed at one node": whole(
        '<task id="s">' + "".join(f"<outgoing>f{n}</outgoing>" for n in range(9000)) + "</task>"
        + "".join(f'<sequenceFlow id="f{n}" sourceRef="s" targetRef="s"/>' for n in range(9000))
    ),
    "compensation of everything": whole(
        '<task id="t"/><task id="h" isForCompensation="true"/>'
        + "".join(f'<boundaryEvent id="b{n}" attachedToRef="t"><compensateEventDefinition/></boundaryEvent><association id="a{n}" sourceRef="b{n}" targetRef="h"/>' for n in range(5000))
    ),
    "links of one name": whole("".join(
        f'<intermediateThrowEvent id="t{n}"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        f'<intermediateCatchEvent id="c{n}"><linkEventDefinition name="L"/></intermediateCatchEvent>' for n in range(4500)
    )),
    "tasks that return everywhere": (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:b="urn:banli:bpmn:1" targetNamespace="x"><process id="p" isExecutable="true">'
        + "".join(f'<userTask id="t{n}" b:returnTo="{" ".join(f"t{m}" for m in range(0, 3000, 100))}"/><sequenceFlow sourceRef="t{n}" targetRef="t{(n + 1) % 3000}"/>' for n in range(3000))
        + "</process></definitions>"
    ).encode(),
    "choices over choices": whole('<startEvent id="s"/><inclusiveGateway id="g0"/><sequenceFlow sourceRef="s" targetRef="g0"/>' + "".join(
        f'<inclusiveGateway id="g{n + 1}"/>' + "".join(f'<sequenceFlow id="f{n}x{m}" sourceRef="g{n}" targetRef="g{n + 1}"/>' for m in range(6)) for n in range(2000)
    )),
    "nested sub-processes": whole('<subProcess id="a">' * 0 + "".join(f'<subProcess id="s{n}">' for n in range(55)) + "</subProcess>" * 55),
    "a data set of everything": whole(
        '<task id="t"><ioSpecification>' + "".join(f'<dataInput id="d{n}"/>' for n in range(6000)) + "<inputSet>"
        + "".join(f"<dataInputRefs>d{n}</dataInputRefs><optionalInputRefs>d{n}</optionalInputRefs>" for n in range(6000)) + "</inputSet><outputSet/></ioSpecification></task>"
    ),
    "events with many triggers": whole('<intermediateCatchEvent id="c">' + "".join(f'<signalEventDefinition id="d{n}"/>' for n in range(15000)) + "</intermediateCatchEvent>"),
    "empty processes": f'{HEAD}{"".join(f"<process id=@p{n}@ isExecutable=@true@/>" for n in range(15000))}</definitions>'.replace("@", '"').encode(),
    "calls without end": f'{HEAD}{"".join(f"<process id=@p{n}@ isExecutable=@true@><callActivity id=@c{n}@ calledElement=@p{n + 1}@/></process>" for n in range(6000))}</definitions>'.replace("@", '"').encode(),
}


@pytest.mark.parametrize("shape", LARGE)
def test_the_largest_diagrams_are_judged_in_time(shape: str) -> None:
    began = time.process_time()

    judge(LARGE[shape])

    assert time.process_time() - began < 4
