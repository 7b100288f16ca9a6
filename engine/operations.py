"""What service tasks can ask for inside a step: a registry of named, pure operations. They read named facts and give values and effects; they store nothing."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from engine.events import (
    NotificationRequested,
    NumberIssued,
    QuotaBooked,
    QuotaOpened,
    QuotaReleased,
    QuotaTransferred,
    RecordPut,
)
from engine.refusals import Refused
from engine.selection import ledger, ranking, scores
from engine.selection.ledger import Balance

Values = Mapping[str, Any]


class KnownFacts(Protocol):
    """The part of a step's facts that operations use."""

    @property
    def now(self) -> datetime: ...
    @property
    def zone(self) -> str: ...
    def read(self, name: str, **args: Any) -> Any: ...


@dataclass(frozen=True)
class Input:
    """A declared argument. `kind`: a key of KINDS (text, integer, context, texts: one text or a list of them, …)."""

    name: str
    kind: str
    required: bool = True


@dataclass(frozen=True)
class Outcome:
    """What an operation gives: variables by name, and effects (events that change no row of the instance)."""

    values: Values
    effects: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Request:
    """Checked inputs, the facts, and the effects that earlier operations of the same step had (they are in no fact yet)."""

    inputs: Values
    facts: KnownFacts
    earlier: tuple[Any, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.inputs[name]

    def get(self, name: str, default: Any = None) -> Any:
        found = self.inputs.get(name)
        return default if found is None else found


@dataclass(frozen=True)
class Operation:
    """A named operation with its declared inputs and the names of its results, so that publishing can check a service task."""

    name: str
    inputs: tuple[Input, ...]
    results: tuple[str, ...]
    run: Callable[[Request], Outcome]

    def __call__(self, inputs: Values, facts: KnownFacts, earlier: Sequence[Any] = ()) -> Outcome:
        """Carries it out. `earlier`: effects of the same step so far.

        Raises: Refused with the operation's own codes, or `operation.missing_input`, `operation.wrong_input`, `operation.unknown_input`.
        """
        return self.run(Request(self.checked(inputs), facts, tuple(earlier)))

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Names that are no inputs of this operation."""
        known = {one.name for one in self.inputs}
        return [name for name in names if name not in known]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Required inputs that are not among `names`."""
        given = set(names)
        return [one.name for one in self.inputs if one.required and one.name not in given]

    def checked(self, inputs: Values) -> dict[str, Any]:
        for name in self.unknown(inputs):
            raise Refused("operation.unknown_input", operation=self.name, input=name, known=[one.name for one in self.inputs])
        result = {}
        for declared in self.inputs:
            value = inputs.get(declared.name)
            if value is None:
                if declared.required:
                    raise Refused("operation.missing_input", operation=self.name, input=declared.name)
                continue
            try:
                result[declared.name] = KINDS[declared.kind](value)
            except (TypeError, ValueError, KeyError) as error:
                raise Refused("operation.wrong_input", operation=self.name, input=declared.name, expected=declared.kind) from error
        return result


# Readers of inputs: what an expression gave → what the arithmetic takes; TypeError, ValueError or KeyError when it will not do.


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError
    return number


def _integer(value: Any) -> int:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise ValueError
    return int(number)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise TypeError
    return list(value)


def _context(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return dict(value)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [_text(value)]
    found: list[str] = []
    for one in _list(value):
        found += _texts(one)
    return found


def _scores(value: Any) -> dict[str, Decimal | None]:
    return {_text(part): None if score is None else _decimal(score) for part, score in _context(value).items()}


def _components(value: Any) -> list[scores.Component]:
    return [scores.Component(_text(one["id"]), _decimal(one.get("weight", 1))) for one in map(_context, _list(value))]


def _bonus(value: Any) -> list[scores.Bonus]:
    found = map(_context, _list(value))
    return [scores.Bonus(_text(one["id"]), None if one.get("cap") is None else _decimal(one["cap"])) for one in found]


def _entries(value: Any) -> list[tuple[dict[str, Any], scores.Entry]]:
    found = []
    for one in map(_context, _list(value)):
        attributes = _context(one.get("attributes") or {})
        entry = scores.Entry(_text(one["id"]), _scores(one.get("scores") or {}), str(one.get("channel") or ""), attributes)
        found.append((one, entry))
    return found


def _ranked(value: Any) -> list[tuple[dict[str, Any], ranking.Ranked]]:
    return [
        (one, ranking.Ranked(entry, _decimal(one["total"]), tuple(map(_decimal, _list(one["key"]))), _integer(one["rank"]),
                             _integer(one.get("decided") or 0)))
        for one, entry in _entries(value)
    ]


def _ids(value: Any) -> list[str]:
    return [_text(one["id"] if isinstance(one, Mapping) else one) for one in _list(value)]


def _sheets(value: Any) -> list[scores.Sheet]:
    sheets = []
    for one in map(_context, _list(value)):
        judge = _text(one["judge"])
        if "rows" not in one:
            sheets.append(scores.Sheet(judge, _text(one["id"]), _scores(one.get("scores") or {}), one.get("recused") is True))
            continue
        recused = _ids(one.get("recused") or [])
        for row in map(_context, _list(one["rows"])):
            sheets.append(scores.Sheet(judge, _text(row["id"]), _scores(row.get("scores") or {}), row["id"] in recused))
    return sheets


def _trim(value: Any) -> scores.Trim:
    one = _context(value)
    trim = scores.Trim(_integer(one.get("from", 5)), _integer(one.get("each_side", 1)))
    if trim.each_side < 0 or trim.at_least <= 2 * trim.each_side:
        raise ValueError
    return trim


def _tied(value: Any) -> list[str]:
    return _ids(_context(value)["ids"])


def _contexts(value: Any) -> list[dict[str, Any]]:
    return [_context(one) for one in _list(value)]


def _codes(value: Any) -> dict[str, str]:
    return {_text(one["code"]): str(one.get("label") or one["code"]) for one in _contexts(value)}


def _accounts(value: Any) -> list[dict[str, Any]]:
    return [{**one, "id": _text(one["id"]), "places": _integer(one["places"])} for one in map(_context, _list(value))]


KINDS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text, "integer": _integer, "decimal": _decimal, "list": _list, "context": _context, "texts": _texts,
    "components": _components, "bonus": _bonus, "entries": _entries, "ranked": _ranked, "ids": _ids, "sheets": _sheets, "trim": _trim,
    "accounts": _accounts, "tie": _tied, "contexts": _contexts, "codes": _codes,
}


# Registers and numbers


def _record_put(request: Request) -> Outcome:
    kind, key, status, data = request["kind"], request["key"], request.get("status"), request.get("data", {})
    record = {"kind": kind, "key": key, "status": status, "data": data}
    return Outcome({"record": record}, (RecordPut(kind, key, status, data),))


def _records_read(request: Request) -> Outcome:
    return Outcome({"records": request.facts.read("records", kind=request["kind"], where=request.get("where", {}))})


PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _number_issue(request: Request) -> Outcome:
    series, pattern = request["series"], request["pattern"]
    unknown = set(PLACEHOLDER.findall(pattern)) - {"year", "number"}
    if unknown or "{number}" not in pattern:
        raise Refused("number.pattern", pattern=pattern)
    issued = sum(1 for one in request.earlier if isinstance(one, NumberIssued) and one.series == series)
    number = _integer(request.facts.read("number", series=series)) + issued
    year = request.facts.now.astimezone(ZoneInfo(request.facts.zone)).year
    text = pattern.replace("{year}", str(year)).replace("{number}", str(number))
    return Outcome({"number": number, "text": text}, (NumberIssued(series, number, text),))


ADDRESS = re.compile(r"(user:[^@\s]+|[^@\s:]+@[^@\s]+)\Z")


def _notify(request: Request) -> Outcome:
    to = tuple(dict.fromkeys(request["to"]))
    for address in to:
        if not ADDRESS.match(address):
            raise Refused("notify.address", address=address)
    return Outcome({}, (NotificationRequested(request["template"], to, request.get("about", ""), request.get("params", {})),) if to else ())


# The quota ledger


def _balance(request: Request, account: str) -> Balance:
    """The account as the store has it, with what this step already did to it."""
    found = request.facts.read("balance", account=account)
    if found is None:
        raise Refused("quota.unknown_account", channel=account)
    places, booked = _integer(found["places"]), _integer(found["booked"])
    for one in request.earlier:
        match one:
            case QuotaBooked(account=which, places=n) if which == account:
                booked += n
            case QuotaReleased(account=which, places=n) if which == account:
                booked -= n
            case QuotaTransferred(source=source, target=target, places=n):
                places += n * ((target == account) - (source == account))
    return Balance(account, places, booked)


def _quota_open(request: Request) -> Outcome:
    accounts = request["accounts"]
    ledger.opened(((one["id"], one["places"]) for one in accounts), request["total"])
    return Outcome({"total": request["total"]}, (QuotaOpened(tuple(accounts), request["total"]),))


def _quota_book(request: Request) -> Outcome:
    account, places = request["account"], request["places"]
    balance = ledger.book(_balance(request, account), places)
    return Outcome({"balance": balance.as_json()}, (QuotaBooked(account, places, tuple(request.get("refs", ()))),))


def _quota_release(request: Request) -> Outcome:
    account, places = request["account"], request["places"]
    balance = ledger.release(_balance(request, account), places)
    return Outcome({"balance": balance.as_json()}, (QuotaReleased(account, places, tuple(request.get("refs", ()))),))


def _quota_transfer(request: Request) -> Outcome:
    source, target = ledger.transfer(_balance(request, request["from"]), _balance(request, request["to"]), request["places"])
    effect = QuotaTransferred(source.account, target.account, request["places"])
    return Outcome({"from": source.as_json(), "to": target.as_json()}, (effect,))


# Selection


def _panel(request: Request) -> Outcome:
    sheets = request["sheets"]
    results = {
        one.entry: one for one in scores.panel(
            sheets, request["components"], request.get("bonus", []), request.get("trim"), request.get("minimum", 1), request.get("digits", scores.DIGITS),
        )
    }
    described = [one for one, _ in request.get("entries", [])] or [{"id": entry} for entry in results]
    entries = []
    for one in described:
        if one["id"] not in results:
            raise Refused("panel.too_few_judges", entry=one["id"], judges=0, minimum=request.get("minimum", 1))
        found = results[one["id"]]
        entries.append({**one, "scores": dict(found.scores), "judges": found.judges, "trimmed": list(found.trimmed)})
    return Outcome({"entries": entries})


def _rank(request: Request) -> Outcome:
    entries = request["entries"]
    cut = ranking.rank(
        [entry for _, entry in entries], request["components"], request["places"], request.get("bonus", []), request.get("ties", []),
        request.get("normalise", "none"), request.get("digits", scores.DIGITS),
    )
    return Outcome(_cut_values(cut, {entry.id: one for one, entry in entries}))


def _settle(request: Request) -> Outcome:
    ranked = request["ranked"]
    cut = ranking.settle([one for _, one in ranked], request["tie"], request["order"], request["places"])
    values = _cut_values(cut, {one.id: context for context, one in ranked})
    return Outcome({name: values[name] for name in ("ranked", "selected", "rest")})


def _cut_values(cut: ranking.Cut, contexts: Mapping[str, Values]) -> dict[str, Any]:
    ranked = [_ranked_context(one, contexts[one.id]) for one in cut.ranked]
    of = {one["id"]: one for one in ranked}
    tie = cut.tie and {"ids": list(cut.tie.ids), "places": cut.tie.places, "at": cut.tie.at, "entries": [of[id] for id in cut.tie.ids]}
    return {"ranked": ranked, "selected": [of[id] for id in cut.selected], "rest": [of[id] for id in cut.rest], "tie": tie}


def _ranked_context(one: ranking.Ranked, context: Values) -> dict[str, Any]:
    return {**context, "total": one.total, "rank": one.rank, "key": list(one.key), "decided": one.decided}


def _substitute(request: Request) -> Outcome:
    ranked = request["ranked"]
    contexts = {one.id: context for context, one in ranked}
    selected, chosen = ranking.substitute(
        [one for _, one in ranked], request["selected"], request["remove"], request.get("scope", "channel_then_all"),
        request.get("exclude", []), request.get("order", []),
    )
    return Outcome({"selected": [contexts[id] for id in selected], "substitute": contexts[chosen.id] if chosen else None})


def _coverage(request: Request) -> Outcome:
    field, records, labels = request["field"], request["records"], request["codes"]
    counts = dict.fromkeys(labels, 0)
    unknown: dict[str, int] = {}
    for record in records:
        value = record[field] if field in record else (record.get("data") or {}).get(field)
        for code in dict.fromkeys(value if isinstance(value, list) else [] if value is None else [value]):
            into = counts if code in counts else unknown
            into[str(code)] = into.get(str(code), 0) + 1
    table = [{"code": code, "label": labels[code], "count": count} for code, count in counts.items()]
    return Outcome({"table": table, "total": len(records), "unknown": [{"code": code, "count": count} for code, count in unknown.items()]})


def _declared(name: str, run: Callable[[Request], Outcome], results: str, **inputs: str) -> Operation:
    """`kind?` marks an optional input; a trailing `_` of a name that is a Python word is dropped."""
    declared = tuple(Input(key.rstrip("_"), kind.rstrip("?"), not kind.endswith("?")) for key, kind in inputs.items())
    return Operation(name, declared, tuple(results.split()), run)


OPERATIONS: Mapping[str, Operation] = {
    one.name: one
    for one in (
        _declared("record.put", _record_put, "record", kind="text", key="text", status="text?", data="context?"),
        _declared("records.read", _records_read, "records", kind="text", where="context?"),
        _declared("quota.open", _quota_open, "total", accounts="accounts", total="integer"),
        _declared("quota.book", _quota_book, "balance", account="text", places="integer", refs="texts?"),
        _declared("quota.release", _quota_release, "balance", account="text", places="integer", refs="texts?"),
        _declared("quota.transfer", _quota_transfer, "from to", from_="text", to="text", places="integer"),
        _declared("selection.panel", _panel, "entries", sheets="sheets", components="components", bonus="bonus?", trim="trim?",
                  minimum="integer?", digits="integer?", entries="entries?"),
        _declared("selection.rank", _rank, "ranked selected rest tie", entries="entries", components="components", bonus="bonus?",
                  ties="texts?", places="integer", normalise="text?", digits="integer?"),
        _declared("selection.settle", _settle, "ranked selected rest", ranked="ranked", tie="tie", order="ids", places="integer"),
        _declared("selection.substitute", _substitute, "selected substitute", ranked="ranked", selected="ids", remove="text", scope="text?",
                  exclude="ids?", order="ids?"),
        _declared("coverage.count", _coverage, "table total unknown", records="contexts", field="text", codes="codes"),
        _declared("number.issue", _number_issue, "number text", series="text", pattern="text"),
        _declared("notify", _notify, "", template="text", to="texts", about="text?", params="context?"),
    )
}
