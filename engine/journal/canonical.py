"""One byte string per value: canonical JSON with exact types kept, and back; it encrypts nothing and hashes nothing.

Keys sorted, no spaces, UTF-8, no floats. What JSON lacks is an object with one `$` key: `{"$d":"1.50"}` decimal, `{"$date":"2021-10-15"}`,
`{"$at":"2021-10-15T16:00:00+00:00"}` moment (`[Asia/Shanghai]` behind it when the zone is known), `{"$local":…}` date-time without zone,
`{"$time":…}`, `{"$dur":"90061.5"}` seconds, `{"$ym":14}` months. Values from outside pass `checked` once, at the border.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.refusals import Refused


UTC = timezone.utc
SMALL = frozenset({type(None), bool, int, Decimal, date, datetime, time, timedelta})
KEPT = 1024  # moments whose text is kept

_written: dict[datetime, orjson.Fragment] = {}  # of moments in UTC only, for equal ones of different zones must not share a text


def written(moment: datetime | None) -> object:
    """What may stand for a moment in a value that is only to be encoded: its canonical form, written once where it is in UTC."""
    if moment is None or moment.tzinfo is not UTC:
        return moment
    found = _written.get(moment)
    if found is None:
        if len(_written) >= KEPT:
            _written.clear()
        found = _written[moment] = orjson.Fragment(f'{{"$at":"{moment.isoformat()}"}}')
    return found


def _tagged(value: object) -> object:
    if type(value) is datetime and value.tzinfo is UTC:
        return written(value)
    match value:
        case Decimal():
            return {"$d": str(value)}
        case datetime():
            if value.tzinfo is None:
                return {"$local": value.isoformat()}
            zone = f"[{value.tzinfo.key}]" if isinstance(value.tzinfo, ZoneInfo) and value.tzinfo.key != "UTC" else ""
            return {"$at": value.isoformat() + zone}
        case date():
            return {"$date": value.isoformat()}
        case time():
            return {"$time": value.isoformat()}
        case timedelta():
            return {"$dur": str(Decimal(value.days * 86400 + value.seconds) + Decimal(value.microseconds) / 1_000_000)}
        case Mapping():
            return dict(value)
        case frozenset() | set():
            return sorted(value)
        case tuple():  # with names
            return list(value)
    if hasattr(value, "__canonical__"):
        return value.__canonical__()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _tagged_slowly(value: object) -> object:
    found = _tagged(value) if type(value) is not orjson.Fragment else value
    return json.loads(orjson.dumps(found)) if type(found) is orjson.Fragment else found


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
# The same text, several times as slow: for what orjson does not take (integers beyond 64 bits, 250 levels). A test says that they agree.
slowly = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False, default=_tagged_slowly).encode


def canonical_bytes(value: object) -> bytes:
    """The canonical JSON of `value` in UTF-8: what is hashed, signed and stored.

    Raises TypeError for a type without canonical form, UnicodeEncodeError for half a character.
    """
    try:
        return orjson.dumps(value, _tagged, _OPTIONS)
    except TypeError:
        return slowly(value).encode()


def canonical_text(value: object) -> str:
    """`canonical_bytes` as text."""
    return canonical_bytes(value).decode()


def _restored(found: dict[str, Any]) -> Any:
    if len(found) != 1:
        return found
    (key, text), = found.items()
    if not key.startswith("$"):
        return found
    match key:
        case "$d":
            return Decimal(text)
        case "$date":
            return date.fromisoformat(text)
        case "$at":
            moment, _, zone = text.partition("[")
            read = datetime.fromisoformat(moment)
            return read.astimezone(ZoneInfo(zone[:-1])) if zone else read
        case "$local":
            return datetime.fromisoformat(text)
        case "$time":
            return time.fromisoformat(text)
        case "$dur":
            seconds = Decimal(text)
            return timedelta(seconds=int(seconds), microseconds=int((seconds - int(seconds)) * 1_000_000))
        case "$ym":
            from engine.feel.values import YearMonthDuration

            return YearMonthDuration(text)
    return found


_restoring = json.JSONDecoder(object_hook=_restored, parse_float=Decimal).decode  # made once: that takes longer than most texts


def from_canonical(text: str | bytes) -> Any:
    """The value whose canonical form `text` is. Plain JSON decimals are read exactly, never as floats."""
    if not isinstance(text, str):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    return _restoring(text)


def to_jsonable(value: object) -> Any:
    """`value` as plain JSON types with tags, for a field inside a larger document."""
    return json.loads(canonical_bytes(value))


def from_jsonable(value: Any) -> Any:
    """The inverse of `to_jsonable`."""
    match value:
        case dict():
            return _restored({k: from_jsonable(v) for k, v in value.items()})
        case list():
            return [from_jsonable(v) for v in value]
    return value


def checked(value: Any, *, limit: int = 1_000_000) -> Any:
    """`value` itself when it may enter the record; the border where answers and payloads come in calls it once.

    Raises Refused: a float, a key that is no text or starts with `$`, a type without canonical form, more than `limit` characters.
    """
    pending, size = [value], 0
    while pending:
        each = pending.pop()
        kind = type(each)
        if kind is str:
            size += len(each)
        elif kind in SMALL:
            size += 8
        elif kind is dict or isinstance(each, Mapping):
            for key in each:
                if not isinstance(key, str) or key[:1] == "$":
                    raise Refused("value.key", key=str(key)[:40])
                size += len(key)
            pending.extend(each.values())
        elif isinstance(each, (list, tuple)):
            pending.extend(each)
        elif isinstance(each, tuple(SMALL)) or hasattr(each, "__canonical__"):
            size += 8
        elif isinstance(each, str):
            size += len(each)
        else:
            raise Refused("value.type", type=kind.__name__)
        if size > limit:
            raise Refused("value.size", limit=limit)
    return value
