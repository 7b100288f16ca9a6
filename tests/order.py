"""Which tests one worker runs in a row, and which come first; knows folders and files alone.

Not by xdist's own groups: they are written into an item's id, which pytest 9.2 does not allow any more, and xdist 3.8 then spreads them without a word.
"""

from __future__ import annotations

from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.budgets import suite

# The tests of `crash` want the machine: one after the other, at the beginning. Those of a browser wait for it: when `crash` is over.
FIRST, LAST = ("crash", "system", "bpmn"), ("browser",)


def rank(nodeid: str) -> int:
    """The smaller the earlier."""
    name = suite(nodeid)
    return FIRST.index(name) if name in FIRST else len(FIRST) + (name in LAST)


def unit(nodeid: str) -> str:
    """What stays together on one worker: a file, whose tests share what is dear to make; all of `crash`."""
    return "tests/crash" if suite(nodeid) == "crash" else nodeid.partition("::")[0]


class ByFile(LoadScopeScheduling):
    """Hands whole units to workers, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)
