"""The task page: form, files, opinions, what may be done and why not; turns a press into a command and goes on to the next task."""
from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from adapters.locale import say
from adapters.web import errors, reading
from adapters.web.materials import nominees
from adapters.web.form_input import answered_so_far, depends_on_answers, raw_answers
from adapters.web.ports import Task
from adapters.web.rendering import render
from adapters.web.security import DIAGRAM
from adapters.web.signed_in import Signed, Visitor, text_of
from adapters.web.uploads import keep_file
from adapters.web.views import TaskView
from engine.commands import AddSigner, Claim, Command, Complete, Delegate, Extend, Reassign, Release, RemoveSigner, Resolve, Return, Urge, Withdraw
from engine.refusals import InvalidAnswers, NotFound, Problem, Refused
from engine.scheme.calendar import ends_at
from forms.answers import Page
from forms.form import Form

router = APIRouter()
PROBE = "…"  # stands for the reason that will be written, when it is only asked whether an act is possible
BARE = Form("", "", ())  # of a task without form


@dataclass(frozen=True, slots=True)
class Act:
    """Something that may be done with a task. `reason`: why not now, in words; empty when it may."""

    name: str
    label: str
    reason: str = ""


def task_context(request: Request, visitor: Visitor, instance: str, task: str, problems: Sequence[Problem] = (), raw: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the task page and the inbox's right side show. `raw`: what was typed, when it is shown again with `problems`."""
    request.scope[DIAGRAM] = True
    find = request.query_params.get("find", "").strip()[:50]
    view = reading.task(visitor, instance, task)
    open_task = visitor.system.task(visitor.place.id, instance, task)
    draft = _draft(visitor, view) if raw is None else None
    page = _form_page(visitor, view, open_task, problems, raw if draft is None else draft.raw)
    refusal = _refusal(visitor, view) if view.line.state == "open" else None
    return {
        "nominees": nominees(request.app.state.materials, visitor, view), "task": view, "line": view.line, "form": page, "depends": open_task.form is not None and depends_on_answers(open_task.form), "acts": _acts(visitor, view), "blocked": _reason(visitor, refusal), "looks_on": visitor.reads_only or isinstance(refusal, NotFound),
        "targets": _targets(visitor, view), "phrases": visitor.system.desk.phrases(visitor.place.id, visitor.person.id) if view.line.state == "open" else [], "find": find, "found": _found(visitor, find), "command_id": text_of(request, "command_id") if raw is not None else secrets.token_hex(16),
        "opinion": draft.opinion if draft else "" if raw is None else text_of(request, "opinion"), "draft": draft, "said": [(each.field, said(page, each, visitor.language)) for each in problems],
    }


@dataclass(frozen=True, slots=True)
class Draft:
    """What this person typed before and has not sent. `raw`: as the form takes it; `at`: by the real clock, for it was they who sat there."""

    raw: Mapping[str, Any]
    opinion: str
    at: datetime


def _draft(visitor: Visitor, view: TaskView) -> Draft | None:
    """The person's own draft of an open task."""
    if view.line.state != "open":
        return None
    found = visitor.system.drafts.load(visitor.place.id, visitor.person.id, view.line.instance, view.line.task)
    return Draft(found[0].get("raw", {}), str(found[0].get("opinion", "")), found[1]) if found else None


def _form_page(visitor: Visitor, view: TaskView, open_task: Task, problems: Sequence[Problem], raw: Mapping[str, Any] | None) -> Page:
    """The form as a template takes it; a task without form is finished with one press."""
    form = open_task.form or BARE
    answers = view.answers if raw is None else {**view.answers, **answered_so_far(form, raw, open_task.lookup, open_task.element)}
    return form.page(answers, tuple(problems), open_task.lookup, task=open_task.element, raw=raw, files=lambda id: _file(visitor, id))


def _file(visitor: Visitor, id: str) -> Mapping[str, Any] | None:
    try:
        found = visitor.system.files.info(visitor.place.id, visitor.person.id, id)
    except NotFound:
        return None
    return {"id": found.id, "name": found.name, "type": found.type, "size": found.size}


def said(page: Page, problem: Problem, language: str) -> str:
    """A problem with the label of its field, for the summary."""
    top = problem.field.partition(".")[0]
    label = next((field.label for section in page.sections for field in section.fields if field.id == top), "")
    words = say(problem.code, language, **problem.details)
    return f"{label}：{words}" if label and label not in words else words


@router.get("/tasks/{instance}/{task}")
def task_page(request: Request, visitor: Signed, instance: str, task: str, done: str = "") -> Response:
    return render(request, "task.html", view=task_context(request, visitor, instance, task), done=done, just_done=just_done(visitor, done))


def just_done(visitor: Visitor, reference: str) -> dict[str, Any] | None:
    """What was done just now, and whether it may still be withdrawn; None for a reference that is not theirs."""
    instance, _, task = reference.partition("/")
    if not task:
        return None
    try:
        view = reading.task(visitor, instance, task)
    except NotFound:
        return None
    withdraw = Withdraw(visitor.person.id, task, PROBE)
    return {"line": view.line, "withdrawable": visitor.system.why_not(visitor.place.id, instance, withdraw) is None, "command_id": secrets.token_hex(16)}


@router.post("/tasks/{instance}/{task}")
def complete(request: Request, visitor: Signed, instance: str, task: str) -> Response:
    """办理: the form's answers with the outcome whose button was pressed."""
    must_be_mine(visitor, instance, task)
    kept = Kept(visitor)
    raw = raw_answers(request, kept.keep)
    try:
        if kept.problems:
            raise InvalidAnswers(kept.problems)
        visitor.system.complete(
            visitor.place.id, visitor.person.id, instance, task, text_of(request, "outcome"), text_of(request, "opinion"), raw, text_of(request, "command_id"))
    except InvalidAnswers as invalid:
        return _again(request, visitor, instance, task, raw, invalid.problems, 422)
    except NotFound:
        raise
    except Refused as refusal:
        return _again(request, visitor, instance, task, raw, [Problem("", refusal.code, refusal.details)], errors.status_of(refusal))
    return _onward(visitor, instance, task)


@router.post("/tasks/{instance}/{task}/draft")
def save_draft(request: Request, visitor: Signed, instance: str, task: str) -> Response:
    """What is typed so far, kept for this person alone. A script gets the words to show, a browser without one the page again."""
    must_be_mine(visitor, instance, task)
    refusal = visitor.system.why_not(visitor.place.id, instance, Complete(visitor.person.id, task))
    if refusal is not None:
        raise refusal
    kept = Kept(visitor)
    raw = raw_answers(request, kept.keep)
    if kept.problems:
        return _again(request, visitor, instance, task, raw, kept.problems, 422)
    at = visitor.system.drafts.save(visitor.place.id, visitor.person.id, instance, task, {"raw": raw, "opinion": text_of(request, "opinion")})
    if request.headers.get("accept") == "text/plain":
        return PlainTextResponse(say("已保存 {at}", visitor.language, at=f"{at.astimezone(visitor.zone):%H:%M}"))
    return RedirectResponse(f"/tasks/{instance}/{task}", 303)


@router.post("/tasks/{instance}/{task}/draft/drop")
def drop_draft(visitor: Signed, instance: str, task: str) -> Response:
    """Starts the form anew; only the person's own draft goes."""
    must_be_mine(visitor, instance, task)
    visitor.system.drafts.drop(visitor.place.id, visitor.person.id, instance, task)
    return RedirectResponse(f"/tasks/{instance}/{task}", 303)


@router.post("/tasks/{instance}/{task}/form")
def form_again(request: Request, visitor: Signed, instance: str, task: str) -> Response:
    """The form as it looks with what is filled in so far: other answers show and demand other fields. Nothing is stored but files."""
    must_be_mine(visitor, instance, task)
    kept = Kept(visitor)
    raw = raw_answers(request, kept.keep)
    shown = task_context(request, visitor, instance, task, kept.problems, raw)
    return render(request, "task.html", view=shown, done="", just_done=None)


def must_be_mine(visitor: Visitor, instance: str, task: str) -> None:
    """Raises NotFound unless this person may see the task and complete it: before anything is said about the answers."""
    reading.task(visitor, instance, task)
    refusal = visitor.system.why_not(visitor.place.id, instance, Complete(visitor.person.id, task))
    if isinstance(refusal, NotFound):
        raise refusal


class Kept:
    """Files that came with the form itself; one that is not taken becomes a problem of its field."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.problems: list[Problem] = []

    def keep(self, name: str, file: UploadFile) -> str:
        try:
            return keep_file(self._visitor, file)
        except Refused as refused:
            self.problems.append(Problem(name, refused.code, refused.details))
            return ""


@router.post("/tasks/{instance}/{task}/{act}")
def act(request: Request, visitor: Signed, instance: str, task: str, act: str) -> Response:
    """签收, 退还, 退回, 转办, 委派, 办妥交回, 加签, 减签, 顺延, 催办, 撤回: one command each."""
    if act not in COMMANDS:
        raise NotFound("web.no_such_page")
    reading.task(visitor, instance, task)  # absent and not yours look the same
    fields = {name: text_of(request, name) for name in ("to", "reason", "text")}
    due_at = _end_of(text_of(request, "until"), visitor) if act == "extend" else visitor.now
    missing = "web.reason_missing" if act in NEED_REASON and not fields["reason"] else "web.date_missing" if due_at is None else ""
    if due_at is None or missing:
        shown = task_context(request, visitor, instance, task, [Problem("", missing)])
        return render(request, "task.html", 422, view=shown, done="", just_done=None)
    command = COMMANDS[act](visitor.person.id, task, Given(**fields, due_at=due_at))
    visitor.system.handle(visitor.place.id, instance, command, text_of(request, "command_id"))
    if act in ("return", "reassign", "resolve"):
        return _onward(visitor, instance, task)
    return RedirectResponse(f"/tasks/{instance}/{task}", 303)


def _end_of(day: str, visitor: Visitor) -> datetime | None:
    """The moment a civil date ends; None when the text is no date."""
    try:
        return ends_at(date.fromisoformat(day), visitor.zone)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Given:
    """What a person wrote for an act. `to`: an element, or `user:ID`, or `role@org`."""

    to: str
    reason: str
    text: str
    due_at: datetime


Maker = Callable[[str, str, Given], Command]
COMMANDS: Mapping[str, Maker] = {
    "claim": lambda actor, task, given: Claim(actor, task),
    "release": lambda actor, task, given: Release(actor, task, given.reason),
    "return": lambda actor, task, given: Return(actor, task, given.to, given.reason),
    "reassign": lambda actor, task, given: Reassign(actor, task, given.to, given.reason),
    "delegate": lambda actor, task, given: Delegate(actor, task, given.to, given.reason),
    "resolve": lambda actor, task, given: Resolve(actor, task, given.reason),
    "add_signer": lambda actor, task, given: AddSigner(actor, task, given.to, given.reason),
    "remove_signer": lambda actor, task, given: RemoveSigner(actor, task, given.reason),
    "extend": lambda actor, task, given: Extend(actor, task, given.due_at, given.reason),
    "urge": lambda actor, task, given: Urge(actor, task, given.text),
    "withdraw": lambda actor, task, given: Withdraw(actor, task, given.reason),
}
NEED_REASON = frozenset({"return", "reassign", "delegate", "resolve", "add_signer", "remove_signer", "extend", "withdraw"})
LABELS = {
    "resolve": "办妥交回", "claim": "签收", "release": "退还", "return": "退回", "delegate": "委派", "reassign": "转办", "add_signer": "加签",
    "remove_signer": "减签", "extend": "顺延", "urge": "催办", "withdraw": "撤回",
}


def _acts(visitor: Visitor, view: TaskView) -> dict[str, Act]:
    """What else may be done, each with the engine's own reason when it may not; only what makes sense for the task's state."""
    if visitor.reads_only:
        return {}
    names = _acts_of_an_open_task(visitor, view) if view.line.state == "open" else ["withdraw"]
    probed = {name: visitor.system.why_not(visitor.place.id, view.line.instance, _probe(name, visitor, view)) for name in names}
    return {name: Act(name, LABELS[name], _reason(visitor, refusal)) for name, refusal in probed.items()}


def _acts_of_an_open_task(visitor: Visitor, view: TaskView) -> list[str]:
    """In the order of the page. Whoever corrects running instances has 转办, 加签, 减签 and 顺延 of a task that is not theirs too."""
    held = view.line.assignee == visitor.person.id
    mine = held or bool(view.why)
    corrects = visitor.system.why_not(visitor.place.id, view.line.instance, _probe("extend", visitor, view)) is None
    node = visitor.words.node(view.package, view.process, view.element)
    names = ["resolve"] if held and "delegated" in view.line.marks else []
    names += ["release" if held else "claim"] if mine else []
    names += ["return"] if mine and view.return_to else []
    names += ["delegate"] if mine else []
    names += ["reassign"] if mine or corrects else []
    names += ["add_signer", "remove_signer"] if (mine or corrects) and node is not None and node.multi is not None else []
    names += ["extend"] if (mine and view.line.due_at) or corrects else []
    return names + (["urge"] if not mine and visitor.oversees else [])


def _probe(name: str, visitor: Visitor, view: TaskView) -> Command:
    """The act as `why_not` is asked about it: with a reason, to somebody, tomorrow."""
    to = view.return_to[0][0] if name == "return" and view.return_to else f"user:{PROBE}"
    return COMMANDS[name](visitor.person.id, view.line.task, Given(to, PROBE, "", visitor.now + timedelta(days=1)))


def _refusal(visitor: Visitor, view: TaskView) -> Refused | None:
    """Why the task may not be completed by this person now; None when it may."""
    if visitor.reads_only:
        return Refused("audit.read_only")
    return visitor.system.why_not(visitor.place.id, view.line.instance, Complete(visitor.person.id, view.line.task))


def _reason(visitor: Visitor, refusal: Refused | None) -> str:
    if isinstance(refusal, NotFound):
        return say("您不是这项任务的办理人，只能查看", visitor.language)
    return "" if refusal is None else errors.sentence(refusal, visitor.language)


def _again(request: Request, visitor: Visitor, instance: str, task: str, raw: Mapping[str, Any], problems: Sequence[Problem], status: int) -> Response:
    """The page once more with every problem and all that was typed."""
    return render(request, "task.html", status, view=task_context(request, visitor, instance, task, problems, raw), done="", just_done=None)


def _onward(visitor: Visitor, instance: str, task: str) -> Response:
    """To the next task of the inbox, which offers 撤回 of this one; to the inbox when there is none."""
    following = visitor.system.queries.inbox(visitor.place.id, visitor.person.id, {}, 1).rows
    target = f"/tasks/{following[0].instance}/{following[0].task}" if following else "/inbox"
    return RedirectResponse(f"{target}?done={instance}/{task}", 303)


@dataclass(frozen=True, slots=True)
class Target:
    """Who a task may be handed to: `user:ID`, or `role@org` for everybody at a post."""

    to: str
    label: str
    person: bool = False


def _targets(visitor: Visitor, view: TaskView) -> list[Target]:
    """Whom the task may be handed to: the people who hold the posts that may do it, and those posts' organisations as a whole."""
    if view.line.state != "open":
        return []
    posts = [each for each in view.candidate_ids if "@" in each]
    holders = visitor.system.people.holders(visitor.place.id, posts)
    names = visitor.system.people.names(visitor.place.id, holders)
    people = [Target(f"user:{id}", names.get(id, id), True) for id in holders if id != visitor.person.id]
    return people + [Target(each, visitor.words.candidate(view.package, each)) for each in posts]


def _found(visitor: Visitor, find: str) -> list[Target]:
    """People whose name, or whose organisation's, contains what was typed, with their posts."""
    if not find:
        return []
    people = visitor.system.queries.people(visitor.place.id, find)
    return [Target(f"user:{each.id}", " · ".join([each.name, *(f"{visitor.words.organisation(org)} {title}" for title, _, org in each.posts[:2])]), True)
            for each in people if each.id != visitor.person.id]
