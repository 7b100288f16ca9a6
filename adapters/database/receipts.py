"""Which instance a command came to, by the id that its sender gave it; tells nothing of what it said."""
from __future__ import annotations

import sqlalchemy as sa

from adapters.database import schema
from adapters.database.connection import Database, bind

_e = schema.entry.c
_STREAM = sa.select(_e.stream).where(_e.place == bind("place"), _e.actor == bind("actor"), _e.command_id == bind("id"))


def stream_of(database: Database, place: str, actor: str, command_id: str) -> str | None:
    """The stream with the entry that this command made; None when it made none."""
    with database.looking() as transaction:
        found = transaction.row(_STREAM, place=place, actor=actor, id=command_id)
    return None if found is None else str(found[0])
