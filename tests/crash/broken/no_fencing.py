"""Spoils the product: a job's effect counts whoever holds the job by now, and is not recognised when it comes a second time."""
from __future__ import annotations

import itertools
import os
from typing import Any

from adapters.database.jobs import Jobs
from adapters.database.store import Store


def spoil(system: Any) -> None:
    Jobs.fence = Jobs.done = lambda self, job, transaction: None  # type: ignore[method-assign,assignment]
    Jobs.drop = _drop  # type: ignore[method-assign]
    handle, count = Store.handle, itertools.count()

    def anew(self: Store, place: str, instance: str, command: Any, command_id: str = "", *more: Any, **named: Any) -> Any:
        if command.actor == "job":
            command_id = f"{command_id}:{os.getpid()}:{next(count)}"
        return handle(self, place, instance, command, command_id, *more, **named)

    Store.handle = anew  # type: ignore[method-assign]


def _drop(self: Jobs, job: Any) -> None:
    with self._database.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM job WHERE instance = '{job.instance}' AND id = '{job.id}'")
