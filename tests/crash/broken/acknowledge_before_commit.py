"""Spoils the product: a command is answered first and carried out behind the client's back."""
from __future__ import annotations

import threading
from typing import Any

from adapters.database.moments import restored
from adapters.database.store import Answer, Store


def spoil(system: Any) -> None:
    carried_out, under_way = Store.handle, list[threading.Thread]()

    def early(self: Store, place: str, instance: str, command: Any, command_id: str = "", *more: Any, **named: Any) -> Answer:
        while under_way:  # the same client's previous one, so that it is not refused for being too early
            under_way.pop().join()
        with self.database.reading() as connection:
            seq, last_at = connection.exec_driver_sql(f"SELECT seq, last_at FROM instance WHERE id = '{instance}'").one()
        thread = threading.Thread(target=carried_out, args=(self, place, instance, command, command_id, *more), kwargs=named, daemon=True)
        under_way.append(thread)
        thread.start()
        return Answer(instance, seq + 1, restored(last_at), ())

    Store.handle = early  # type: ignore[method-assign]
