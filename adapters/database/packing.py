"""How an entry's canonical bytes lie in their column: short ones as they are, long ones deflated (zlib); every hash is over the bytes as they were.

What a form asked stands in the command and in its event, so that a long entry shrinks to less than half: fewer pages to write at each commit.
"""
from __future__ import annotations

import re
import zlib
from typing import Any

import sqlalchemy as sa

try:  # the same format from a quarter of the processor time, where there is a wheel of it
    from isal import isal_zlib as deflating

    LEVEL = 1
except ImportError:
    import zlib as deflating  # type: ignore[no-redef]

    LEVEL = 3

LONG = 2048  # bytes; from here PostgreSQL would compress the row itself and move it out of its page, for more than this costs
_NEAR, _FAR = 13, 15  # the window, as a power of two: how far back a repetition is found
# What most long entries say anyway, the commonest last. It belongs to the format: a better one is added with its own number, none is ever changed.
_USUAL = (
    b'{"$at":"20","due_at":null,"quota":["RecordPut",{"kind":"","key":"","status":"","data":{"NotificationRequested",{"template":"","to":["role@"],'
    b'"params":{"ScopeOpened",{"data":{},"element":"","parent":1,"scope":2,"variables":{"ScopeClosed",["Passed",{"element":"","flows":["'
    b'"IncidentOpened",["JobQueued",{"data":{},"element":"","job":"j1","kind":"service","TimerDisarmed",{"timer":"TaskClaimed",'
    b'{"$at":"2026-01-01T00:00:00.000000+00:00"},"by":"","on_behalf_of":"","opinion":"","outcome":"done","subjects":[],"task":"t1","to":""}],'
    b'["VariablesSet",{"scope":1,"values":{"}}],["Left",{"element":"","flows":["f"],"scope":1}],["Entered",{"element":"","flows":["f"],"scope":1}],'
    b'["TaskOpened",{"about":"","assignee":"","at":{"$at":"2026-01-01T00:00:00.000000+00:00"},"candidates":["user:"],"due_at":{"$at":"2026-'
    b'T00:00:00.000000+00:00"},"due_basis":{"expression":"now() + duration(\\"P1D\\")"},"element":"","form":"","marks":[],"name":"","priority":50,'
    b'"scope":1,"stage":"","task":"t","variables":{}}],["TimerArmed",{"data":{},"due_at":{"$at":"2026-T00:00:00.000000+00:00"},"element":"",'
    b'"kind":"due","scope":1,"task":"t","timer":"c"}]],"facts":[],"input":{"actor":"","answers":{},"on_behalf_of":"","opinion":"","outcome":"done",'
    b'"subjects":[],"task":"t"},"on_behalf_of":"","package":"","personal":[],"prev_hash":"","scheme":"","seq":1,"state_hash":"","stream":"","v":1}'
    b'{"actor":"","at":{"$at":"2026-01-01T00:00:00.000000+00:00"},"command":"Complete","command_id":"","engine":"1","events":[["TaskCompleted",'
    b'{"answers":{"')
_DICTIONARIES = {zlib.adler32(each): each for each in (_USUAL,)}  # by the number that zlib writes behind its header
_ELEMENT = re.compile(rb'"element":"([^"\\]*)"')


def packed(body: bytes) -> bytes:
    """`body` as it is stored."""
    if len(body) < LONG:
        return body
    deflate = deflating.compressobj(LEVEL, zlib.DEFLATED, _NEAR if len(body) <= 1 << _NEAR else _FAR, 5, zlib.Z_DEFAULT_STRATEGY, _USUAL)
    return deflate.compress(body) + deflate.flush()


def unpacked(stored: Any) -> Any:
    """The inverse. What is neither comes back as it is: whoever reads the record says that it is spoilt."""
    if not isinstance(stored, bytes | memoryview) or stored[:1] == b"{":
        return stored
    dictionary = _DICTIONARIES.get(int.from_bytes(stored[2:6], "big"))
    if dictionary is None:
        return stored
    inflate = zlib.decompressobj(zdict=dictionary)
    try:
        body = inflate.decompress(stored)
    except zlib.error:
        return stored
    return body if inflate.eof else stored


def elements_of(body: bytes) -> str | None:
    """The elements that a deflated entry names, between spaces, so that it is found by them; None when it lies there as it is."""
    if len(body) < LONG:
        return None
    return " ".join(["", *sorted({name.decode() for name in _ELEMENT.findall(body)}), ""])


class Packed(sa.types.TypeDecorator[bytes]):
    """The column of an entry's bytes. Read through SQLAlchemy they come unpacked; the write path packs for itself."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return unpacked(value)
