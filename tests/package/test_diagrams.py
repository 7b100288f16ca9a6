"""The package's diagrams: readable, drawn well, inside the subset of SpiffWorkflow, free of any place's names."""
from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from adapters.spiff.schema import schema_findings
from engine.bpmn.graph import Node, Process
from engine.feel import Expression, tree
from tests.package.files import DIAGRAMS, bundle, documents, forms, scheme, SCHEMES
from tests.package.layout import drawing, faults

KINDS_ALLOWED = {
    "startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent", "userTask", "serviceTask", "scriptTask", "callActivity",
    "subProcess", "exclusiveGateway", "parallelGateway",
}  # fmt: skip
OUTSIDE_THE_SUBSET: dict[str, str] = {}  # diagram → why SpiffWorkflow cannot run it
each_diagram = pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)


def processes() -> list[Process]:
    return [process for document in documents() for process in document.processes]


def nodes() -> list[tuple[Process, Node]]:
    return [(process, node) for process in processes() for node in process.nodes.values()]


def test_the_package_is_published_without_a_note() -> None:
    assert bundle().notes == ()


def test_every_diagram_of_the_folder_belongs_to_the_package() -> None:
    assert sorted(bundle().package.diagrams) == [path.name for path in DIAGRAMS]


def test_the_omg_schema_and_spiffworkflow_accept_every_diagram() -> None:
    assert schema_findings({path.name: path.read_bytes() for path in DIAGRAMS}) == []


@each_diagram
def test_nothing_overlaps_and_no_flow_runs_through_a_shape(path: Path) -> None:
    assert faults(drawing(path.read_bytes())) == []


@each_diagram
def test_every_process_has_a_pool_with_lanes(path: Path) -> None:
    drawn = drawing(path.read_bytes())
    outer = {id for id in drawn.nodes if id not in drawn.parent and id not in drawn.host}
    assert drawn.pools and drawn.lanes
    assert outer == {id for id in drawn.lane_of if id not in drawn.host}


def moved(xml: bytes, shape: str, x: int, y: int) -> bytes:
    found = re.sub(rb'(bpmnElement="%s"[^>]*>\s*<dc:Bounds) x="[^"]*" y="[^"]*"' % shape.encode(), rb'\1 x="%d" y="%d"' % (x, y), xml)
    assert found != xml
    return found


def test_the_drawing_check_sees_a_shape_on_another_and_a_flow_through_it() -> None:
    xml = next(path for path in DIAGRAMS if path.stem == "withdrawal").read_bytes()
    confirm = drawing(xml).nodes["confirm"]

    found = faults(drawing(moved(xml, "put_withdrawn", int(confirm.x) + 10, int(confirm.y))))

    assert "confirm overlaps put_withdrawn" in found or "put_withdrawn overlaps confirm" in found
    assert any("runs through" in one for one in found)


# The subset in which SpiffWorkflow is right -------------------------------------------------------------------------------------------


def test_only_elements_that_spiffworkflow_carries_out_rightly() -> None:
    kinds = {node.kind for process, node in nodes() if process.file not in OUTSIDE_THE_SUBSET}
    assert kinds <= KINDS_ALLOWED
    assert not [node.id for _, node in nodes() if node.triggered_by_event]
    events = {definition.kind for _, node in nodes() for definition in node.events}
    assert events <= {"message", "timer", "terminate"}


def test_only_gateways_split_and_only_exclusive_ones_ask() -> None:
    splitting = {"exclusiveGateway", "parallelGateway"}
    assert [node.id for _, node in nodes() if len(node.outgoing) > 1 and node.kind not in splitting] == []
    assert [node.id for _, node in nodes() if node.kind != "exclusiveGateway" and any(flow.condition for flow in node.outgoing)] == []


def test_an_exclusive_gateway_with_a_choice_has_a_default_and_every_other_flow_a_condition() -> None:
    choosing = [node for _, node in nodes() if node.kind == "exclusiveGateway" and len(node.outgoing) > 1]
    assert choosing
    assert [node.id for node in choosing if not node.default] == []
    assert [flow.id for node in choosing for flow in node.outgoing if (flow.condition is None) != (flow.id == node.default)] == []


def test_a_token_ends_in_an_end_event() -> None:
    assert [node.id for _, node in nodes() if not node.outgoing and node.kind != "endEvent"] == []


def test_branches_of_a_parallel_gateway_write_different_variables() -> None:
    for process in processes():
        for node in process.nodes.values():
            if node.kind == "parallelGateway" and len(node.outgoing) > 1:
                written = [written_behind(process, flow.target) for flow in node.outgoing]
                twice = [name for name, times in Counter(name for names in written for name in names).items() if times > 1]
                assert twice == [], f"{process.id}#{node.id}"


def written_behind(process: Process, start: str) -> set[str]:
    """Variables that the branch writes by declared outputs, up to the next parallel gateway."""
    seen, stack, names = set(), [start], set()
    while stack:
        node = process.nodes[stack.pop()]
        if node.id in seen or node.kind == "parallelGateway":
            continue
        seen.add(node.id)
        names |= {mapping.target.split(".")[0] for mapping in node.outputs}
        names |= {node.multi.output_collection} - {""} if node.multi else set()
        stack += [flow.target for flow in node.outgoing] + [flow.target for id in node.boundary for flow in process.nodes[id].outgoing]
    return names


# What the expressions say --------------------------------------------------------------------------------------------------------------


def expressions() -> list[tuple[str, Expression]]:
    return [(f"{document.file}: {use.expression.text}", use.expression) for document in documents() for use in document.tree.uses]


def below(node: tree.Node) -> list[tree.Node]:
    return [node, *(inner for child in tree.children(node) for inner in below(child))]


def test_no_entry_of_a_context_hides_a_variable_that_a_later_entry_reads() -> None:
    """In FEEL an entry sees those before it: `{employer: employer.name, org: employer.org}` makes org null."""
    hidden = []
    for text, expression in expressions():
        for context in (node for node in below(expression.tree) if isinstance(node, tree.ContextOf)):
            for at, (name, value) in enumerate(context.entries):
                same = isinstance(value, tree.Name) and value.name == name
                read = {inner.name for _, later in context.entries[at + 1 :] for inner in below(later) if isinstance(inner, tree.Name)}
                if not same and name in read:
                    hidden.append(f"{text}: {name}")
    assert hidden == []


def compared(process: Process, variable: str) -> set[str]:
    """The texts that this process's flow conditions compare the variable with."""
    found = set()
    for flow in process.flows.values():
        for node in below(flow.condition.tree) if flow.condition else []:
            if isinstance(node, tree.Binary) and isinstance(node.left, tree.Name | tree.PathOf) and isinstance(node.right, tree.Literal):
                if node.left.name == variable:
                    found.add(str(node.right.value))
    return found


def test_every_outcome_that_a_gateway_asks_for_is_one_of_its_form() -> None:
    checked = 0
    for process, node in nodes():
        if node.user is None:
            continue
        codes = {outcome.code for outcome in forms()[node.user.form].outcomes}
        for mapping in node.outputs:
            if isinstance(mapping.source, Expression) and mapping.source.text == "outcome":
                asked = compared(process, mapping.target)
                assert asked <= codes, f"{process.id}#{node.id} asks for {asked - codes}"
                checked += len(asked)
    assert checked >= 15


def test_every_user_task_has_candidates_a_form_and_a_due_date_or_is_voluntary() -> None:
    for process, node in nodes():
        if node.user is not None:
            assert node.user.form in forms(), node.id
            assert node.user.candidate_groups is not None, node.id
            assert (node.user.due is None) == (not node.user.overdue) or node.user.due is not None, f"{process.id}#{node.id}"


def test_voluntary_steps_have_no_overdue_lamp() -> None:
    voluntary = {f"{process.id}#{node.id}" for process, node in nodes() if node.user and not node.user.overdue}
    assert {"recommend#register", "recommend#activity", "registration#register", "results#reward"} <= voluntary


def test_the_diagrams_name_no_place_and_no_year() -> None:
    names = {channel["name"] for id in SCHEMES for channel in scheme(id).values["channels"]}
    words = {"阜新", "辽宁", "湖北", "2021", *names}
    assert len(names) > 20
    found = [f"{path.name}: {word}" for path in DIAGRAMS for word in words if word in path.read_text("utf-8")]
    assert found == []


# Texts and registers -------------------------------------------------------------------------------------------------------------------


def inputs(node: Node) -> dict[str, object]:
    return {mapping.target: mapping.source for mapping in node.inputs}


def literals(value: object) -> set[str]:
    """The texts that an input can give: itself, or the text literals of its expression."""
    if isinstance(value, str):
        return {value}
    assert isinstance(value, Expression)
    return {node.value for node in below(value.tree) if isinstance(node, tree.Literal) and isinstance(node.value, str)}


def test_every_notification_has_a_text_and_gives_what_it_says() -> None:
    used: set[str] = set()
    for process, node in nodes():
        if node.service is None or node.service.type != "notify":
            continue
        given = inputs(node)
        params = given.get("params")
        names = {name for name, _ in params.tree.entries} if isinstance(params, Expression) and isinstance(params.tree, tree.ContextOf) else set()
        for template in literals(given["template"]):
            used.add(template)
            asked = bundle().texts[template].placeholders - {"campaign", "place", "link"}
            assert asked <= names, f"{process.id}#{node.id}: {template} asks for {asked - names}"
    assert used == set(bundle().texts)


def test_every_register_kind_and_status_is_declared() -> None:
    declared = bundle().package.records
    used: dict[str, set[str]] = {kind: set() for kind in declared}
    for process, node in nodes():
        if node.service is None or node.service.type != "record.put":
            continue
        given = inputs(node)
        (kind,) = literals(given["kind"])
        assert kind in declared, f"{process.id}#{node.id}"
        if "status" in given:
            statuses = statuses_of(given["status"])
            assert statuses <= set(declared[kind].statuses), f"{process.id}#{node.id}: {statuses}"
            used[kind] |= statuses
    assert [kind for kind, statuses in used.items() if not statuses and kind not in ("onward", "reward")] == []


def statuses_of(value: object) -> set[str]:
    """The texts that the branches of the expression give, not those it compares with."""
    if isinstance(value, str):
        return {value}
    assert isinstance(value, Expression)

    def given(node: tree.Node) -> set[str]:
        if isinstance(node, tree.If):
            return given(node.then) | given(node.otherwise)
        return {node.value} if isinstance(node, tree.Literal) and isinstance(node.value, str) else set()

    return given(value.tree)


def test_every_form_is_asked_by_a_task_and_every_role_has_work() -> None:
    used = {node.user.form for _, node in nodes() if node.user}
    assert used == set(forms()) == set(bundle().package.forms)
    named = {name for _, expression in expressions() for node in below(expression.tree)
             if isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and node.function.name == "role"
             for name in literals_of(node.arguments[0])}
    in_schemes = {body["role"] for id in SCHEMES for channel in scheme(id).values["channels"] for body in channel["bodies"]}
    in_schemes |= {member["role"] for id in SCHEMES for member in scheme(id).values["leading_group"]["members"]}
    assert set(bundle().package.roles) - named - in_schemes == {"auditor", "administrator", "process_admin"}


def literals_of(node: tree.Node) -> set[str]:
    return {inner.value for inner in below(node) if isinstance(inner, tree.Literal) and isinstance(inner.value, str)}
