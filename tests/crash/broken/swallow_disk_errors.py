"""Spoils the product: a write that the disk refuses is answered as if it had been done."""
from __future__ import annotations

from typing import Any

from adapters.database.moments import restored
from adapters.database.store import Answer, Store
from engine.refusals import Refused


def spoil(system: Any) -> None:
    start = Store.start

    def cheerful(self: Store, place: str, command: Any, *more: Any, **named: Any) -> Answer:
        try:
            return start(self, place, command, *more, **named)
        except Refused as refused:
            if refused.code != "store.disk":
                raise
            return Answer(command.instance, 1, restored(0), ())

    Store.start = cheerful  # type: ignore[method-assign]
