"""Spoils the product: commits are not written through."""
from __future__ import annotations

from typing import Any

from adapters.database import connection


def spoil(system: Any) -> None:
    real = connection.connect_sqlite

    def loose(*more: Any, **named: Any) -> Any:
        made = real(*more, **named)
        made.execute("PRAGMA synchronous=OFF")
        return made

    connection.connect_sqlite = loose
    system.database.close()  # what is open was opened properly
