"""The product on recorded files: carries out a plan of commands and writes the log of file operations, with its reports between them.

Started as `python power.py HOME LOG COMMANDS JOURNAL SPOILT`. JOURNAL: wal (the default of the product) or delete (as with an affected SQLite).
"""
from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import apsw_dbapi  # noqa: E402

sys.modules["pysqlite3.dbapi2"] = apsw_dbapi
sys.modules["pysqlite3"] = type(sys)("pysqlite3")
sys.modules["pysqlite3"].dbapi2 = apsw_dbapi  # type: ignore[attr-defined]


PAGES = 100  # of the log between two checkpoints; the product's 4000 would not come in so short a run


class Marked:
    """Reports go into the log, at their place between the file operations."""

    def __call__(self, **line: Any) -> None:
        apsw_dbapi.recorder.mark(json.dumps(line).encode())


def main(home: str, log: str, commands: int, journal: str, spoilt: str) -> None:
    if journal == "delete":
        apsw_dbapi.EXCLUSIVE = False
        apsw_dbapi.sqlite_version_info = (3, 40, 1)
    import acts
    import office
    from adapters.database import connection
    from zygote import spoil

    connect = connection.connect_sqlite

    def checkpointing(*more: Any, **named: Any) -> Any:
        """Copies the log into the database every few commands: the power is to go in the middle of that, too."""
        made = connect(*more, **named)
        made.execute(f"PRAGMA wal_autocheckpoint={PAGES}")
        return made

    connection.connect_sqlite = checkpointing

    with open(log, "wb") as file:
        apsw_dbapi.recorder.log = file
        system = office.opened(home, "sqlite:////recorded/banli.db")
        known = office.prepared(system)
        acts.warm(system, known)
        spoil(system, spoilt)
        report = Marked()
        report(begin=known)
        for count, op in enumerate(acts.plan("p", random.Random(7)), 1):
            report(**{"try": op})
            acts.send(system, known, report, op)
            if count % 5 == 0:
                system.run_due(office.PLACE)
            if count == commands:
                break
        report(names=apsw_dbapi.recorder.names)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
