"""The store's rows put into the words of a page: inbox, tasks, instances, messages. Reads through queries only; decides no visibility."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.locale import knows, say
from adapters.web.history import sentences
from adapters.web.ports import Row
from adapters.web.signed_in import Visitor
from adapters.web.views import Added, CampaignLine, FileInfo, InstanceView, Lines, Opinion, Person, Post, TaskLine, TaskView
from adapters.web.words import Words, first_form, printed_form
from engine.bpmn.graph import Node
from engine.feel import FeelError, parse
from engine.refusals import NotFound

PER_PAGE = 50
MOST_OPINIONS = 6  # of the same instance, at once; the others open on a click
SHOWN_NODES = frozenset({"userTask", "serviceTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess", "startEvent", "endEvent", "manualTask"})


def person(words: Words, holdings: list[Row], id: str, name: str) -> Person:
    """Somebody with their posts in words."""
    return Person(id, name, tuple(Post(each.role, each.title, each.org, words.organisation(each.org)) for each in holdings))


def inbox(visitor: Visitor, filters: Mapping[str, str], page: int) -> Lines:
    found = visitor.system.queries.inbox(visitor.place.id, visitor.person.id, filters, PER_PAGE, (page - 1) * PER_PAGE)
    rows = task_lines(visitor, found.rows)
    return Lines(rows, found.total, page, _facets(found.rows, rows, exact=found.total == len(rows)) if rows or filters else {})


def _facets(rows: list[Row], lines: tuple[TaskLine, ...], exact: bool) -> dict[str, tuple[tuple[str, str, int], ...]]:
    """What the list may be narrowed by: value, words, how many (0: not counted, because there are more pages)."""
    def one(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str, int], ...]:
        return tuple((value, label, count if exact else 0) for (value, label), count in sorted(Counter(pairs).items()))

    campaigns = one([(row.campaign, line.campaign_title) for row, line in zip(rows, lines, strict=True)])
    stages = one([(row.stage, line.stage) for row, line in zip(rows, lines, strict=True) if row.stage])
    marks = one([(mark, f"mark.{mark}") for row in rows for mark in row.marks])
    return {"campaign": campaigns if len(campaigns) > 1 else (), "stage": stages, "mark": marks, "late": (("1", "逾期", 0),)}


def done(visitor: Visitor, page: int) -> Lines:
    found = visitor.system.queries.done(visitor.place.id, visitor.person.id, PER_PAGE, (page - 1) * PER_PAGE)
    return Lines(tuple(task_line(visitor.words, row) for row in found.rows), found.total, page)


def task_lines(visitor: Visitor, rows: Sequence[Row]) -> tuple[TaskLine, ...]:
    """The rows in words; those of added signers say so. The record is only asked about where a diagram allows 加签."""
    words = visitor.words
    instances = sorted({row.instance for row in rows if _may_be_added(words, row)})
    added = visitor.system.queries.added_signers(visitor.place.id, visitor.person.id, instances) if instances else {}
    return tuple(_marked(words, task_line(words, row), added.get((row.instance, row.task))) for row in rows)


def _may_be_added(words: Words, row: Row) -> bool:
    node = words.node(row.package, row.process, row.element)
    return node is not None and node.user is not None and "add_signer" in node.user.operations


def _marked(words: Words, line: TaskLine, added: Row | None) -> TaskLine:
    if added is None:
        return line
    return replace(line, marks=("added", *line.marks), added=Added(words.person(added.by), added.at, added.reason))


def task_line(words: Words, row: Row) -> TaskLine:
    node = words.node(row.package, row.process, row.element)
    return TaskLine(
        row.instance, row.task, row.name, about(row), row.campaign, row.campaign_title, words.stage(row.package, row.scheme, row.stage) if row.stage else "",
        words.person(row.opened_by, row.opened_by_name) if row.opened_by and row.opened_by not in ("timer", "job") else "", row.opened_at, row.due_at,
        node is None or node.user is None or node.user.overdue, row.marks, row.assignee, row.assignee_name, row.state, row.closed_at,
        words.outcome(row.package, node.user.form if node and node.user else "", row.outcome), row.element, row.process, row.about)


def about(row: Row) -> str:
    """About whom or what: the name (where the reader may see it) and the employer, else what the register or the instance says."""
    record = row.record
    if record is None:
        return str(row.instance_title)
    name = next((str(values["name"]) for values in record.personal.values() if values.get("name")), "")
    label = name or str(record.data.get("label") or record.data.get("name") or record.key)
    employer = str(record.data.get("employer") or "")
    return label if not employer or employer in label else f"{label} · {employer}"


def task(visitor: Visitor, instance: str, id: str) -> TaskView:
    """Raises NotFound, absent or not theirs."""
    row = visitor.system.queries.task(visitor.place.id, visitor.person.id, instance, id)
    words, line = visitor.words, row.line
    process = words.process(line.package, line.process)
    node = words.node(line.package, line.process, line.element)
    return_to = node.user.return_to if node and node.user else ()
    own, above = [each for each in row.opinions if each.instance == instance], [each for each in row.opinions if each.instance != instance]
    files = _files(visitor, row)
    return TaskView(
        task_lines(visitor, [line])[0], line.element, row.form, line.package, line.process, line.instance_title, row.due_basis,
        node.user.clause if node and node.user else "", tuple(words.candidate(line.package, each) for each in row.candidates), tuple(row.candidates),
        tuple(_posts(words, line.package, row.mine)), row.variables, known_answers(row),
        tuple((each, process.nodes[each].name or each) for each in return_to if process and each in process.nodes),
        tuple(_opinion(words, line, each) for each in own[:MOST_OPINIONS]), tuple(_opinion(words, line, each) for each in [*own[MOST_OPINIONS:], *above]),
        tuple(file_info(words, line.package, each) for each in files if not is_earlier(each, row)),
        tuple(file_info(words, line.package, each) for each in files if is_earlier(each, row)),
        _form_of(visitor, line), row.opinion if line.state == "open" and "resolved" in line.marks else "", tuple(_told(visitor, row)))


def printable(words: Words, package: str, process: str) -> bool:
    return printed_form(words.process(package, process), words.bundle(package).graphs.forms) is not None


def _form_of(visitor: Visitor, line: Row) -> str:
    """The instance with the form of whom the task is about: its own, or the one of the record whose values the reader may see."""
    if printable(visitor.words, line.package, line.process):
        return str(line.instance)
    record = line.record
    if record is None or not record.personal or record.instance == line.instance:
        return ""
    head = visitor.system.head(visitor.place.id, record.instance)
    return str(record.instance) if printable(visitor.words, head.package, head.process) else ""


def _files(visitor: Visitor, row: Row) -> list[Row]:
    """The instance's own files, and those of whom the task is about, as far as the reader may see them."""
    record = row.line.record
    if record is None or record.instance == row.line.instance:
        return list(row.files)
    try:
        return [*row.files, *visitor.system.queries.instance(visitor.place.id, visitor.person.id, record.instance).files]
    except NotFound:
        return list(row.files)


def is_earlier(file: Row, row: Row) -> bool:
    """Whether a file was handed in before and is no longer among the answers that the reader may see."""
    known = [each for value in known_answers(row).values() if isinstance(value, list) for each in value if isinstance(each, Mapping) and "id" in each]
    return bool(known) and file.id not in [each["id"] for each in known]


def _opinion(words: Words, line: Row, row: Row) -> Opinion:
    return Opinion(row.at, row.name or words.person(row.by), "", row.task_name, words.outcome(line.package, "", row.outcome), row.text)


def _told(visitor: Visitor, row: Row) -> list[tuple[str, str]]:
    """What is known of whom the task is about: personal values that the reader may see, and the register's columns."""
    line, words = row.line, visitor.words
    pairs = words.told(line.package, known_answers(row), visitor.system.lookup(visitor.place.id, line.instance, line.task), row.form)
    record = line.record
    if record is not None:
        kind = words.bundle(line.package).package.records.get(record.kind)
        scheme = words.scheme(line.package, line.scheme)
        names = words.codes(scheme.values if scheme else {})
        pairs += [(heading, names.cell(record.data.get(field), field)) for field, heading in (kind.columns.items() if kind else ())]
    return list(dict((label, text) for label, text in pairs if text).items())  # a column that is not filled in yet hides no answer


def known_answers(row: Row) -> dict[str, Any]:
    """Personal values that the reader may see, by field id: of the record the task is about, then of the instance itself."""
    known: dict[str, Any] = {}
    for values in (row.line.record.personal if row.line.record else {}).values():
        known.update(values)
    for values in row.personal.values():
        known.update(values)
    return known


def _posts(words: Words, package: str, mine: tuple[str, ...]) -> list[Post]:
    pairs = [each.partition("@") for each in mine if "@" in each]
    return [Post(role, words.role(package, role), org, words.organisation(org)) for role, _, org in pairs]


def file_info(words: Words, package: str, row: Row) -> FileInfo:
    field = words.fields(package).get(row.field)
    return FileInfo(row.id, row.name, row.type, row.size, field.label if field else "")


def instance(visitor: Visitor, id: str) -> InstanceView:
    """Raises NotFound, absent or not theirs."""
    queries, place, me, words = visitor.system.queries, visitor.place.id, visitor.person.id, visitor.words
    row = queries.instance(place, me, id)
    line = row.line
    passage = queries.passage(place, me, id)
    children = tuple((each.id, each.title, each.state) for each in row.children)
    entries = queries.history(place, me, id)
    return InstanceView(
        line.id, line.title, line.process, line.state, line.started_at, line.ended_at, line.root, row.campaign_title, line.parent, row.parent_title, children,
        task_lines(visitor, row.tasks), tuple(sentences(visitor, line, entries)), tuple(_data(visitor, row)),
        tuple(file_info(words, line.package, each) for each in row.files), printable(words, line.package, line.process), tuple(_outline(words, line, passage)))


def _data(visitor: Visitor, row: Row) -> list[tuple[str, str]]:
    """Personal values and plain variables with their fields' labels; what has no label is the machine's and is not shown."""
    values = {**row.variables, **{name: value for each in row.personal.values() for name, value in each.items()}}
    scheme = visitor.words.scheme(row.line.package, row.line.scheme)
    scope = {**row.variables, "scheme": scheme.values if scheme else {}}
    return visitor.words.told(row.line.package, values, lambda expression, answers: evaluated(expression, {**scope, **answers}),
                              first_form(visitor.words.process(row.line.package, row.line.process)))


def evaluated(expression: str, scope: Mapping[str, Any]) -> Any:
    """An expression of a form outside of a task: without functions of the calendar; null where it cannot be had."""
    try:
        return parse(expression.removeprefix("="))(scope)
    except FeelError:
        return None


def _outline(words: Words, line: Row, passage: Row) -> list[tuple[str, str, int]]:
    """The diagram in words, in its own order: what was passed, where it is now, what is to come."""
    process = words.process(line.package, line.process)
    nodes: list[Node] = sorted(process.nodes.values(), key=lambda node: node.order) if process else []
    found = []
    for node in nodes:
        if node.kind in SHOWN_NODES and node.name:
            times = passage.passed.get(node.id, 0)
            state = "incident" if node.id in passage.incidents else "active" if node.id in passage.active else "passed" if times else "todo"
            found.append((node.name, state, times))
    return found


def marks(visitor: Visitor, id: str) -> dict[str, Any]:
    """The state of a diagram as the diagram island takes it."""
    queries, place, me = visitor.system.queries, visitor.place.id, visitor.person.id
    row, passage = queries.instance(place, me, id), queries.passage(place, me, id)
    process = visitor.words.process(row.line.package, row.line.process)
    nodes, flows = (process.nodes, process.flows) if process else ({}, {})
    failures = {element: failure(code, details, visitor.language) for _, element, code, details in row.incidents}
    return {
        "active": sorted(each for each in passage.active if each in nodes),
        "passed": {each: times for each, times in passage.passed.items() if each in nodes},
        "taken": sorted(each for each in passage.passed if each in flows),
        "incidents": {each: failures.get(each) or say("incident.open", visitor.language) for each in sorted(passage.incidents)},
    }


def failure(code: str, details: Mapping[str, Any], language: str) -> str:
    """What went wrong, in words; a reason that is itself a code is put into words too."""
    told = {name: value for name, value in details.items() if name != "retry"}
    reason = told.get("reason")
    if isinstance(reason, str) and reason != code and knows(reason, language):
        told["reason"] = say(reason, language, **told).rstrip("。.")
    return say(code, language, **told)


def diagram(visitor: Visitor, id: str) -> bytes:
    """The BPMN file that the instance runs."""
    line = visitor.system.queries.instance(visitor.place.id, visitor.person.id, id).line
    bundle = visitor.words.bundle(line.package)
    return bundle.files[bundle.graphs.processes[line.process].file]


def campaign_line(words: Words, row: Row) -> CampaignLine:
    return CampaignLine(row.id, row.title, row.state, "", row.started_at, row.ended_at)


def started(visitor: Visitor, page: int) -> list[CampaignLine]:
    rows = visitor.system.queries.started(visitor.place.id, visitor.person.id, PER_PAGE, (page - 1) * PER_PAGE)
    return [campaign_line(visitor.words, row) for row in rows]
