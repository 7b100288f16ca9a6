"""Spoils the product: it does not look whether a command came before."""
from __future__ import annotations

from typing import Any

from adapters.database.journal import Journal


def spoil(system: Any) -> None:
    Journal.earlier = lambda self, found, command_id, digest: None  # type: ignore[method-assign]
