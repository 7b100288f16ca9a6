"""Comparison of diagrams: so many changes in, so many sentences out; nothing for another way of writing the same."""
from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.definitions.folder import Library
from adapters.web.design.sentences import Labels, Sentences
from engine.bundle import Bundle, read_bundle
from engine.compare.change import Change
from engine.compare.diagrams import compare_diagrams
from engine.compare.packages import compare_packages
from engine.scheme.scheme import read_scheme
from tests.compare.mutations import ON_TASKS, bpmn, noisy, step_after, tasks
from tests.conftest import ROOT

LIBRARY = Library(ROOT)
FILES = LIBRARY.package("role-model-award")
DIAGRAMS = sorted(name for name in FILES if name.endswith(".bpmn"))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(FILES)


@pytest.fixture(scope="module")
def words(bundle: Bundle) -> Sentences:
    return Sentences(Labels.of(bundle, read_scheme(LIBRARY.scheme("role-model-award", "fuxin-2021"), "x")))


def changes(old: bytes, new: bytes) -> tuple[Change, ...]:
    return compare_diagrams(old, new).changes


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_diagram_is_not_different_from_itself_however_it_is_written(name: str) -> None:
    assert changes(FILES[name], noisy(FILES[name])) == ()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_so_many_changes_give_so_many_sentences(words: Sentences, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(DIAGRAMS))
    root = etree.fromstring(FILES[name])
    places = [(task, mutation) for task in tasks(root) for mutation in ON_TASKS]
    chosen = data.draw(st.lists(st.sampled_from(places), unique_by=lambda one: (one[0].get("id"), one[1].__name__), min_size=0, max_size=9)) if places else []
    for task, mutation in chosen:
        mutation(root, task)
    new = etree.tostring(root)

    found = changes(FILES[name], new)

    assert len(found) == len(chosen)
    said = [words.sentence(one) for one in found]
    assert len(set(said)) == len(said)
    assert not [one for one in said if "操作没有完成" in one or "…" in one]
    back = changes(new, FILES[name])
    assert len(back) == len(found)
    assert sorted(one.element for one in back) == sorted(one.element for one in found)


def county() -> etree._Element:
    return etree.fromstring(FILES["county.bpmn"])


def element(root: etree._Element, id: str) -> etree._Element:
    return next(one for one in root.iter() if one.get("id") == id)


def sentences(words: Sentences, root: etree._Element, name: str = "county.bpmn") -> list[str]:
    return [words.sentence(one) for one in changes(FILES[name], etree.tostring(root))]


def test_an_inserted_step_is_one_sentence_with_role_and_deadline(words: Sentences) -> None:
    root = county()
    step_after(root, element(root, "gather"))

    assert sentences(words, root) == [
        "增加环节“材料审查”：在“汇总推荐材料”之后、“读取已受理人选”之前，办理角色领导小组办公室（办公室所在机关），期限2个工作日"]


def test_a_removed_step_is_one_sentence_when_the_way_is_closed_again(words: Sentences) -> None:
    root = county()
    gone = element(root, "gather")
    gone.getparent().remove(gone)
    element(root, "f_gather_read_accepted").getparent().remove(element(root, "f_gather_read_accepted"))
    element(root, "f_start_gather").set("targetRef", "read_accepted")
    for reference in list(root.iter(bpmn("flowNodeRef"))):
        if reference.text == "gather":
            reference.getparent().remove(reference)

    assert [one.partition("（")[0] for one in sentences(words, root)] == ["删去环节“汇总推荐材料”"]


def test_what_cannot_be_seen_in_the_drawing_is_said(words: Sentences) -> None:
    root = county()
    screen = element(root, "screen")
    screen.find(".//{*}formDefinition").set("formId", "gather")
    screen.find(".//{*}taskSchedule").set("dueDate", "=due in(3)")
    screen.set("{urn:banli:bpmn:1}reminders", "-3 0")
    next(one for one in root.iter(bpmn("conditionExpression"))).text = "=false"

    assert sentences(words, root) == [
        "环节“初步筛选”的提醒由到期前1个工作日、到期当天改为到期前3个工作日、到期当天",
        "环节“初步筛选”的表单由“初步筛选”改为“汇总推荐材料”",
        "环节“初步筛选”的期限由“县区初选”阶段结束前改为3个工作日",
        '“符合基本标准？”到“初步评分”的走向的条件由“=screened = "pass"”改为“=false”',
    ]


def test_moving_shapes_is_no_change_but_is_told_apart() -> None:
    root = county()
    shape = next(one for one in root.iter("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape") if one.get("bpmnElement") == "gather")
    shape[0].set("x", "7")

    found = compare_diagrams(FILES["county.bpmn"], etree.tostring(root))

    assert (found.changes, found.moved) == ((), ("gather",))


def test_a_lost_condition_is_never_silent(words: Sentences) -> None:
    """A conditional way that a step without condition takes the place of."""
    root = county()
    flow = next(one for one in root.iter(bpmn("sequenceFlow")) if one.find(bpmn("conditionExpression")) is not None)
    flow.remove(flow.find(bpmn("conditionExpression")))

    assert sentences(words, root) == ['“符合基本标准？”到“初步评分”的走向的条件取消（原为“=screened = "pass"”）']


def test_a_package_is_compared_file_by_file(words: Sentences) -> None:
    new = dict(FILES)
    new["package.yaml"] = new["package.yaml"].replace("{label: 管理员, at: 主办机关}".encode(), "{label: 管理员, at: 市}".encode())
    new["forms/review.yaml"] = new["forms/review.yaml"].replace("label: 材料齐全".encode(), "label: 材料是否齐全".encode())
    del new["forms/tie.yaml"]
    new["county.bpmn"] = new["county.bpmn"].replace('name="初步评分"'.encode(), 'name="初评"'.encode())

    assert [words.sentence(one) for one in compare_packages(FILES, new)] == [
        "角色的“管理员”的所在层级由“主办机关”改为“市”",
        "环节“初步评分”改名为“初评”",
        "字段“材料齐全”改名为“材料是否齐全”",
        "删去表单“并列处理”（原有5项）",
    ]


def test_a_broken_file_is_told_as_a_whole() -> None:
    assert [one.code for one in compare_packages({"a.bpmn": b"<x/>"}, {"a.bpmn": b"<y/>"})] == ["file.changed"]
