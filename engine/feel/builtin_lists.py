"""Built-in functions of FEEL on lists and contexts (DMN 1.5, tables 75, 77 and 80), sorting, ranking and trimmed means."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.feel.builtin_numbers import average, numbers
from engine.feel.builtin_strings import start_index
from engine.feel.errors import Rejected
from engine.feel.evaluation import Run
from engine.feel.functions import built_in, function_of, whole
from engine.feel.values import admit, equal, is_context, is_list, kind, order

List = Sequence[Any]


@built_in("list contains(list: list, element: any)", run=True)
def list_contains(run: Run, items: List, element: object) -> bool:
    return any(equal(admit(item), element, run.spend) is True for item in items)


@built_in("count(list: list)")
def count(items: List) -> Decimal:
    return Decimal(len(items))


@built_in("all(b: list ...)")
@built_in("all(list: list)")
def all_(items: List) -> bool | None:
    """Three-valued «and» of all elements; true for none."""
    return _decided(items, False)


@built_in("any(b: list ...)")
@built_in("any(list: list)")
def any_(items: List) -> bool | None:
    """Three-valued «or» of all elements; false for none."""
    return _decided(items, True)


def _decided(items: List, deciding: bool) -> bool | None:
    if any(item is deciding for item in items):
        return deciding
    return not deciding if all(item is not deciding and isinstance(item, bool) for item in items) else None


@built_in("sublist(list: list, start position: number, length: number ? =)")
def sublist(items: List, start: Decimal, length: Decimal | None) -> list[Any]:
    first = start_index(whole(start, "sublist"), len(items), "sublist")
    if length is None:
        return list(items[first:])
    count = whole(length, "sublist")
    if count < 0 or first + count > len(items):
        raise Rejected("feel.length", function="sublist", length=count)
    return list(items[first:first + count])


@built_in("append(list: list)")
@built_in("append(list: list, item: list ...)")
def append(items: List, more: List = ()) -> list[Any]:
    return [*items, *more]


@built_in("concatenate(list: list ...)", run=True)
def concatenate(run: Run, lists: List) -> list[Any]:
    found: list[Any] = []
    for items in lists:
        if items is None:
            raise Rejected("feel.null-argument", function="concatenate", parameter="list")
        found.extend(items if is_list(items) else [items])
        run.spend(1 + (len(items) if is_list(items) else 1))
    return found


@built_in("insert before(list: list, position: number, newItem: any)")
def insert_before(items: List, position: Decimal, new_item: object) -> list[Any]:
    at = start_index(whole(position, "insert before"), len(items), "insert before")
    return [*items[:at], new_item, *items[at:]]


@built_in("remove(list: list, position: number)")
def remove(items: List, position: Decimal) -> list[Any]:
    at = start_index(whole(position, "remove"), len(items), "remove")
    return [*items[:at], *items[at + 1:]]


@built_in("list replace(list: list, position: number, newItem: any)")
def list_replace(items: List, position: Decimal, new_item: object) -> list[Any]:
    at = start_index(whole(position, "list replace"), len(items), "list replace")
    return [*items[:at], new_item, *items[at + 1:]]


@built_in("list replace(list: list, match: function, newItem: any)", run=True)
def list_replace_where(run: Run, items: List, match: Any, new_item: object) -> list[Any]:
    """Every element for which `match(element, newItem)` is true."""
    test = function_of(match, 2, "match")
    verdicts = [test.invoke(run, (admit(item), new_item)) for item in items]
    for verdict in verdicts:
        if not isinstance(verdict, bool):
            raise Rejected("feel.not-boolean", operator="list replace", kind=kind(verdict))
    return [new_item if verdict else item for item, verdict in zip(items, verdicts)]


@built_in("reverse(list: list)")
def reverse(items: List) -> list[Any]:
    return list(reversed(items))


@built_in("index of(list: list, match: any)", run=True)
def index_of(run: Run, items: List, match: object) -> list[Decimal]:
    return [Decimal(i) for i, item in enumerate(items, 1) if equal(admit(item), match, run.spend) is True]


@built_in("union(list: list ...)", run=True)
def union(run: Run, lists: List) -> list[Any]:
    return distinct_values(run, concatenate(run, lists))


@built_in("distinct values(list: list)", run=True)
def distinct_values(run: Run, items: List) -> list[Any]:
    found: list[Any] = []
    for item in items:
        item = admit(item)
        run.spend(1 + len(found) // 8)
        if not any(equal(item, other, run.spend) is True for other in found):
            found.append(item)
    return found


@built_in("duplicate values(list: list)", run=True)
def duplicate_values(run: Run, items: List) -> list[Any]:
    """Camunda's: what occurs more than once, each once."""
    distinct = distinct_values(run, items)
    return [value for value in distinct if len(index_of(run, items, value)) > 1]


@built_in("flatten(list: list)", run=True)
def flatten(run: Run, items: List) -> list[Any]:
    found: list[Any] = []
    for item in items:
        run.spend(1)
        if is_list(item):
            found.extend(flatten(run, item))
        else:
            found.append(item)
    return found


@built_in("partition(list: list, size: number)")
def partition(items: List, size: Decimal) -> list[list[Any]]:
    """Camunda's: consecutive pieces of `size` elements."""
    width = whole(size, "partition")
    if width < 1:
        raise Rejected("feel.length", function="partition", length=width)
    return [list(items[i:i + width]) for i in range(0, len(items), width)]


@built_in("is empty(list: list)")
def is_empty(items: List) -> bool:
    return not items


@built_in("sort(list: list, precedes: function ? =)", run=True)
def sort(run: Run, items: List, precedes: Any) -> list[Any]:
    """Stable. Without `precedes`, ascending by the elements' own order."""
    items = [admit(item) for item in items]
    if precedes is None:
        return sorted(items, key=cmp_to_key(_natural(run)))
    test = function_of(precedes, 2, "precedes")

    def compare(a: object, b: object) -> int:
        if test.invoke(run, (a, b)) is True:
            return -1
        return 1 if test.invoke(run, (b, a)) is True else 0

    return sorted(items, key=cmp_to_key(compare))


def _natural(run: Run) -> Any:
    def compare(a: object, b: object) -> int:
        run.spend(1)
        found = order(a, b)
        if found is None:
            raise Rejected("feel.incomparable", operator="sort", left=kind(a), right=kind(b))
        return found

    return compare


# Ours

@built_in("rank(list: list)")
@built_in("rank(list: list, value: any)")
def rank(items: List, *value: object) -> object:
    """Competition ranks, the largest number first, ties share a rank: rank([90, 85, 90]) is [1, 3, 1].

    With a second argument, the rank that this number has (or would have) in the list.
    """
    values = numbers(items, "rank")
    if value:
        return Decimal(1 + sum(other > numbers(value, "rank")[0] for other in values))
    first: dict[Decimal, int] = {}
    for place, number in enumerate(sorted(values, reverse=True), 1):
        first.setdefault(number, place)
    return [Decimal(first[number]) for number in values]


@built_in("trimmed mean(list: list, trim: number)")
def trimmed_mean(items: List, trim: Decimal) -> Decimal:
    """The mean without the `trim` highest and the `trim` lowest: trimmed mean([60, 80, 90, 100], 1) is 85."""
    cut = whole(trim, "trimmed mean")
    values = sorted(numbers(items, "trimmed mean"))
    if cut < 0 or 2 * cut >= len(values):
        raise Rejected("feel.too-few", function="trimmed mean", least=2 * max(cut, 0) + 1)
    return average(values[cut:len(values) - cut])


# Contexts

@built_in("get value(m: context, key: string)")
def get_value(m: Mapping[str, object], key: str) -> object:
    if key not in m:
        raise Rejected("feel.missing-entry", name=key)
    return admit(m[key])


@built_in("get value(context: context, keys: list)")
def get_value_deep(context: Mapping[str, object], keys: List) -> object:
    found: object = context
    for key in keys:
        if not is_context(found) or not isinstance(key, str):
            raise Rejected("feel.missing-entry", name=str(key))
        found = get_value(found, key)
    return found


@built_in("get entries(m: context)")
def get_entries(m: Mapping[str, object]) -> list[dict[str, object]]:
    return [{"key": key, "value": admit(value)} for key, value in m.items()]


@built_in("context(entries: list)")
def context(entries: List) -> dict[str, object]:
    """From `{key, value}` pairs."""
    found: dict[str, object] = {}
    for entry in entries:
        if not is_context(entry) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Rejected("feel.entry", kind=kind(entry))
        key = str(entry["key"])
        if key in found:
            raise Rejected("feel.duplicate-key", key=key)
        found[key] = admit(entry["value"])
    return found


@built_in("context put(context: context, key: string, value: any)")
def context_put(context: Mapping[str, object], key: str, value: object) -> dict[str, object]:
    return {**context, key: value}


@built_in("context put(context: context, keys: list, value: any)", run=True)
def context_put_deep(run: Run, context: Mapping[str, object], keys: List, value: object) -> dict[str, object]:
    if not keys or not isinstance(keys[0], str):
        raise Rejected("feel.entry", kind=kind(keys[0]) if keys else "list")
    run.spend(1 + len(context))
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = context.get(keys[0])
    if not is_context(inner):
        raise Rejected("feel.argument-kind", function="context put", parameter="keys", kind=kind(inner), wanted="context")
    return {**context, keys[0]: context_put_deep(run, inner, keys[1:], value)}


@built_in("context merge(contexts: list)", run=True)
def context_merge(run: Run, contexts: List) -> dict[str, object]:
    """Later entries win."""
    found: dict[str, object] = {}
    for one in contexts:
        if not is_context(one):
            raise Rejected("feel.element-kind", function="context merge", kind=kind(one), wanted="context")
        run.spend(1 + len(one))
        found.update(one)
    return found


