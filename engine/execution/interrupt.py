"""Taking work away: a scope is cancelled or emptied, and the child instances below it are told; finds no catcher and starts nothing."""
from __future__ import annotations

from engine import events as e
from engine.execution.rows import ScopeRow
from engine.execution.step import Step


def cancel(step: Step, scope: int, reason: str) -> None:
    """Interrupt the scope and all below it."""
    _stop_children(step, scope, reason)
    step.emit(e.ScopeCancelled(scope, reason, step.now))


def empty(step: Step, row: ScopeRow, reason: str, stay: str = "") -> None:
    """Interrupt all that lives in the scope, but neither itself nor its boundary events; one token in `stay` stays."""
    _stop_children(step, row.id, reason)
    step.emit(e.ScopeEmptied(row.id, _boundary_rows(step, row), reason, step.now, stay))


def _boundary_rows(step: Step, row: ScopeRow) -> tuple[str, ...]:
    """The waiting rows of boundary events attached to the activity whose scope it is."""
    if row.parent is None:
        return ()
    attached, workspace = step.plan.elements[row.element].watched, step.workspace
    held = [workspace.timers[id] if id[0] == "c" else workspace.subscriptions[id] for id in row.data.get("holds", ()) if id[0] in "cs"]
    return tuple(each.id for each in held if each.element in attached)


def _stop_children(step: Step, scope: int, reason: str) -> None:
    """A call activity below no longer waits: its child is cancelled by a job."""
    if not step.workspace.head.counters.get("k"):
        return
    for row in list(step.workspace.subtree(scope)):
        if "child" in row.data:
            step.emit(e.JobQueued(step.next_id("j"), "cancel_child", row.id, row.element, {"child": row.data["child"], "reason": reason}))
