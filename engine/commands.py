"""What may be asked of one instance, as immutable values; nothing here decides whether it is allowed.

Every command has `actor` (a user id, `timer` or `job`) and `on_behalf_of` (the post holder who is deputised, or empty).
A moment is an aware UTC datetime. JSON: the fields by name; tagged values (`engine/journal/canonical.py`) stay Python values.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, get_origin, get_type_hints

from engine.refusals import Refused

Json: TypeAlias = Any
Values: TypeAlias = Mapping[str, Json]
NOTHING: Values = {}


class Start(NamedTuple):
    """Create the instance `instance`. `start` is the start event (or instantiating task) that was triggered; empty: the none start event.

    `parent`: the calling or owning instance; `parent_scope`: the caller's waiting scope, None for a detached child.
    `root`, `path`: of the call path (`path` of the parent; the own id is appended). `payload`: of the message or signal that starts it.
    """

    actor: str
    instance: str
    process: str
    package: str = ""
    scheme: str = ""
    org: str = ""
    title: str = ""  # empty: the diagram's banli:title, else the process's name
    variables: Values = NOTHING
    start: str = ""
    correlation: str = ""
    payload: Values = NOTHING
    parent: str | None = None
    parent_scope: int | None = None
    root: str = ""
    path: str = ""
    on_behalf_of: str = ""


class Complete(NamedTuple):
    """办理: finish an open task. `answers`: public ones by field id; `subjects`: references of the personal parts, kept apart."""

    actor: str
    task: str
    outcome: str = ""
    opinion: str = ""
    answers: Values = NOTHING
    subjects: tuple[str, ...] = ()
    on_behalf_of: str = ""


class Claim(NamedTuple):
    """签收."""

    actor: str
    task: str
    on_behalf_of: str = ""


class Release(NamedTuple):
    """Give a claimed task back to its candidates."""

    actor: str
    task: str
    reason: str = ""
    on_behalf_of: str = ""


class Reassign(NamedTuple):
    """转办: responsibility moves for good. `to`: `user:ID` or `role@org`."""

    actor: str
    task: str
    to: str
    reason: str = ""
    on_behalf_of: str = ""


class Delegate(NamedTuple):
    """委派: the helper `to` (`user:ID`) answers, the owner still completes."""

    actor: str
    task: str
    to: str
    reason: str = ""
    on_behalf_of: str = ""


class Resolve(NamedTuple):
    """The helper's answer to a delegated task; it goes back to its owner."""

    actor: str
    task: str
    opinion: str = ""
    answers: Values = NOTHING
    on_behalf_of: str = ""


class Return(NamedTuple):
    """退回: back to an earlier task `to` that the diagram allows."""

    actor: str
    task: str
    to: str
    reason: str = ""
    on_behalf_of: str = ""


class Withdraw(NamedTuple):
    """撤回: take back a task that I completed, while nobody has acted on what followed."""

    actor: str
    task: str
    reason: str = ""
    on_behalf_of: str = ""


class Urge(NamedTuple):
    """催办."""

    actor: str
    task: str
    text: str = ""
    on_behalf_of: str = ""


class AddSigner(NamedTuple):
    """加签: one more parallel item beside `task` in its multi-instance activity, for `signer` (`user:ID` or `role@org`)."""

    actor: str
    task: str
    signer: str
    reason: str = ""
    item: Json = None  # the input element of the new child; None: the signer
    on_behalf_of: str = ""


class RemoveSigner(NamedTuple):
    """减签: take the open multi-instance task `task` out; it counts neither for nor against."""

    actor: str
    task: str
    reason: str = ""
    on_behalf_of: str = ""


class Extend(NamedTuple):
    """顺延 the due moment of an open task."""

    actor: str
    task: str
    due_at: datetime
    reason: str = ""
    on_behalf_of: str = ""


class FireTimer(NamedTuple):
    """A timer fell due. A timer that is no longer armed is refused with `timer.gone`."""

    timer: str
    actor: str = "timer"
    on_behalf_of: str = ""


class Correlate(NamedTuple):
    """A message for this instance. `subscription`: the one the store matched; empty: the first that fits, oldest first."""

    message: str
    correlation: str = ""
    payload: Values = NOTHING
    subscription: str = ""
    actor: str = "job"
    on_behalf_of: str = ""


class Signal(NamedTuple):
    """A signal for this instance. `subscriptions`: those that waited when it was thrown; empty: all that wait now."""

    signal: str
    payload: Values = NOTHING
    subscriptions: tuple[str, ...] = ()
    actor: str = "job"
    on_behalf_of: str = ""


class FinishJob(NamedTuple):
    """A job was carried out. `result`: a context for a service job, None for the others."""

    job: str
    result: Json = None
    actor: str = "job"
    on_behalf_of: str = ""


class FailJob(NamedTuple):
    """A job failed for good (after its retries) → incident; with `error_code` → the BPMN error of that code."""

    job: str
    code: str = "job.failed"
    details: Values = NOTHING
    error_code: str = ""
    actor: str = "job"
    on_behalf_of: str = ""


class ChildEnded(NamedTuple):
    """A called child instance ended normally; `variables` are its last ones. `scope`: the caller's waiting scope."""

    child: str
    scope: int
    variables: Values = NOTHING
    outcome: str = ""
    actor: str = "job"
    on_behalf_of: str = ""


class ChildThrew(NamedTuple):
    """A called child threw upwards. `kind`: error (the child is over) | escalation (it may go on) | cancelled (it was cancelled by hand)."""

    child: str
    scope: int
    kind: str
    code: str = ""
    variables: Values = NOTHING
    actor: str = "job"
    on_behalf_of: str = ""


class Cancel(NamedTuple):
    """Cancel the whole instance, by a person."""

    actor: str
    reason: str = ""
    on_behalf_of: str = ""


class CancelByParent(NamedTuple):
    """The caller no longer waits: the instance stops. Nothing goes back up."""

    reason: str = ""
    actor: str = "job"
    on_behalf_of: str = ""


class RetryIncident(NamedTuple):
    """Try again what failed. `variables` are set first, in the incident's scope."""

    actor: str
    incident: str
    variables: Values = NOTHING
    on_behalf_of: str = ""


class ResolveIncident(NamedTuple):
    """Go on as if the element had been done, with `variables` for what it should have given."""

    actor: str
    incident: str
    reason: str = ""
    variables: Values = NOTHING
    on_behalf_of: str = ""


class SetVariables(NamedTuple):
    """Correct variables by hand. `scope` 1 is the instance."""

    actor: str
    variables: Values
    scope: int = 1
    reason: str = ""
    on_behalf_of: str = ""


class AmendScheme(NamedTuple):
    """The scheme of a running campaign was amended: `scheme` is its new hash. Dates of armed timers and open tasks are computed anew."""

    actor: str
    scheme: str
    reason: str = ""
    on_behalf_of: str = ""


Command = (
    Start | Complete | Claim | Release | Reassign | Delegate | Resolve | Return | Withdraw | Urge | AddSigner | RemoveSigner | Extend
    | FireTimer | Correlate | Signal | FinishJob | FailJob | ChildEnded | ChildThrew | Cancel | CancelByParent
    | RetryIncident | ResolveIncident | SetVariables | AmendScheme
)

COMMANDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in Command.__args__}


def to_json(value: Any) -> dict[str, Json]:
    """The fields of a command or event by name. The type's name is kept beside it (`type(value).__name__`)."""
    if type(value) is Complete:  # most commands are; written out it is several times as fast
        actor, task, outcome, opinion, answers, subjects, on_behalf_of = value
        return {
            "actor": actor, "task": task, "outcome": outcome, "opinion": opinion, "answers": answers, "subjects": subjects, "on_behalf_of": on_behalf_of}
    return dict(zip(value._fields, value, strict=True))


def reader(kinds: Mapping[str, type[Any]]) -> Callable[[str, Mapping[str, Json]], Any]:
    """A function `(type name, fields) -> value` for `kinds`; a name or field that a newer program wrote raises Refused `journal.unknown_kind`."""
    lists = {name: [field for field, hint in get_type_hints(kind).items() if get_origin(hint) is tuple] for name, kind in kinds.items()}

    def read(name: str, fields: Mapping[str, Json]) -> Any:
        kind = kinds.get(name)
        if kind is None or not fields.keys() <= {*kind._fields}:
            raise Refused("journal.unknown_kind", kind=name, fields=[] if kind is None else sorted(fields.keys() - {*kind._fields}))
        given = dict(fields)
        for each in lists[name]:
            if each in given:
                given[each] = tuple(given[each])
        return kind(**given)

    return read


from_json = reader(COMMANDS)
