"""Closures of FEEL that repeat or call: filters, `for`, `some`, `every`, and function calls. Each pays a step a turn."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.errors import Rejected
from engine.feel.evaluation import DEEPEST_CALLS, Frame, ItemFrame, Run
from engine.feel.functions import Overloads, Parameter, Signature, accepted
from engine.feel.tree import Place
from engine.feel.types import ANY, FunctionType, Type, Types, coerce
from engine.feel.values import NUMBERS, Range, admit, bind, decimal_of, is_callable, is_context, is_list, is_number, kind, order

Evaluate = Callable[[Any, Run], Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lambda:
    """A function that an expression made, with the scope it was made in."""

    parameters: tuple[str, ...]
    parameter_types: tuple[Type | None, ...]
    types: Types
    body: Evaluate
    scope: Any
    frames: int
    place: Place
    name: str = ""
    result: Type = ANY
    cost: int = 1  # steps that one call takes, beside those of loops and calls inside

    def __repr__(self) -> str:
        return f"function({', '.join(self.parameters)})"

    @property
    def signature(self) -> FunctionType:
        """What is known of its type without calling it."""
        return FunctionType(tuple(wanted or ANY for wanted in self.parameter_types), self.result)

    def invoke(self, run: Run, arguments: Sequence[object], names: Sequence[str] = ()) -> object:
        bound = bind(self.name or "function", self.parameters, arguments, names)
        local: dict[str, object] = {}
        for name, wanted, value in zip(self.parameters, self.parameter_types, bound):
            fits, value = (True, value) if wanted is None else coerce(value, wanted, self.types, run.spend)
            if not fits:
                raise Rejected("feel.argument-type", function=self.name or "function", parameter=name)
            local[name] = value
        run.spend(self.cost + len(local))
        run.frames += self.frames
        if run.frames > DEEPEST_CALLS:
            run.too_deep(self.place)
        try:
            return self.body(Frame(self.scope, local), run)
        finally:
            run.frames -= self.frames


def call_value(function: Evaluate, arguments: tuple[Evaluate, ...], names: tuple[str, ...], place: Place) -> Evaluate:
    def call(s: Any, r: Run) -> Any:
        f = function(s, r)
        if not is_callable(f):
            return None if f is None and r.reasons else r.null("feel.not-a-function", place, kind=kind(f))
        return _invoke(f, s, r, arguments, names, place)

    return call


def call_built_in(function: Overloads, arguments: tuple[Evaluate, ...], names: tuple[str, ...], place: Place) -> Evaluate:
    signature = function.only(len(arguments)) if not names else None
    if signature is not None and len(arguments) in (1, 2):
        return _direct(signature, arguments, place)

    def call(s: Any, r: Run) -> Any:
        return _invoke(function, s, r, arguments, names, place)

    return call


def _direct(signature: Signature, arguments: tuple[Evaluate, ...], place: Place) -> Evaluate:
    """A call with one or two arguments, checked by their Python types where these suffice."""
    function, wants_run = signature.call, signature.wants_run
    first, second = arguments[0], arguments[-1]
    one, two = signature.parameters[0], signature.parameters[-1]
    (free_one, sized_one), (free_two, sized_two) = accepted(one), accepted(two)

    def pay(value: Any, free: frozenset[type], sized: frozenset[type], parameter: Parameter, r: Run) -> Any:
        t = type(value)
        if t in sized:
            r.steps -= len(value) >> 6 if t is str else len(value)
            return value
        return value if t in free else signature.checked(r, parameter, value)

    def call_one(s: Any, r: Run) -> Any:
        value = first(s, r)
        r.steps -= 1
        if r.steps < 0:
            r.spend(0)
        try:
            if type(value) not in free_one:
                value = pay(value, free_one, sized_one, one, r)
            return function(r, value) if wants_run else function(value)
        except Rejected as no:
            return r.null(no.code, place, **no.details)
        except OverflowError:
            return r.null("feel.overflow", place, operation=signature.function)

    def call_two(s: Any, r: Run) -> Any:
        a, b = first(s, r), second(s, r)
        r.steps -= 1
        if r.steps < 0:
            r.spend(0)
        try:
            a, b = pay(a, free_one, sized_one, one, r), pay(b, free_two, sized_two, two, r)
            return function(r, a, b) if wants_run else function(a, b)
        except Rejected as no:
            return r.null(no.code, place, **no.details)
        except OverflowError:
            return r.null("feel.overflow", place, operation=signature.function)

    return call_one if len(arguments) == 1 else call_two


def call_host(name: str, arguments: tuple[Evaluate, ...], names: tuple[str, ...], place: Place) -> Evaluate:
    """A function that is neither built in nor known where the text was read: the host's, or a value of the scope."""
    def call(s: Any, r: Run) -> Any:
        f = None if r.env is None else r.env.function(name)
        if f is None:
            try:
                f = s[name]
            except KeyError:
                return r.null("feel.no-function", place, name=name)
        if not is_callable(f):
            return r.null("feel.not-a-function", place, kind=kind(f))
        return _invoke(f, s, r, arguments, names, place)

    return call


def _invoke(function: Any, s: Any, r: Run, arguments: tuple[Evaluate, ...], names: tuple[str, ...], place: Place) -> Any:
    r.spend(1)
    values = [argument(s, r) for argument in arguments]
    try:
        return admit(function.invoke(r, values, names))
    except Rejected as no:
        return r.null(no.code, place, **no.details)
    except OverflowError:
        return r.null("feel.overflow", place, operation=getattr(function, "name", ""))


# Filters

def index(source: Evaluate, wanted: Decimal, place: Place) -> Evaluate:
    """`list[2]`, `list[-1]`: counted from 1, or from the end."""
    def pick(s: Any, r: Run) -> Any:
        return element_at(source(s, r), wanted, r, place)

    return pick


def element_at(value: Any, wanted: Any, r: Run, place: Place) -> Any:
    items = value if is_list(value) else [] if value is None else [value]
    position = int(wanted) if -(10**9) < wanted < 10**9 else 0
    if position and -len(items) <= position <= len(items):
        return admit(items[position - 1 if position > 0 else position])
    return r.null("feel.index", place, index=str(wanted), size=len(items))


def filtered(source: Evaluate, condition: Evaluate, place: Place, cost: int = 1) -> Evaluate:
    """`list[condition]`; a condition that is a number is an index."""
    def select(s: Any, r: Run) -> Any:
        value = source(s, r)
        if value is None:
            return r.null("feel.null-filter", place)
        items = value if is_list(value) else [value]
        frame = ItemFrame(s)
        if not items:
            return None if is_number(condition(frame, r)) else []
        mark, found = len(r.reasons), []
        for item in items:
            r.spend(cost)
            item = admit(item)
            frame.element, frame.entries = item, item if is_context(item) else None
            verdict = condition(frame, r)
            if verdict is True:
                found.append(item)
            elif verdict is not False and verdict is not None:
                if is_number(verdict):
                    return element_at(items, verdict, r, place)
                return r.null("feel.not-boolean", place, operator="[]", kind=kind(verdict))
        del r.reasons[mark:]  # an element for which the condition is null is just left out
        return found

    return select


# Iteration

@dataclass(frozen=True, slots=True)
class Source:
    """One `name in values` or `name in start..end`."""

    name: str
    values: Evaluate
    end: Evaluate | None
    place: Place


def items_of(source: Source, s: Any, r: Run) -> Iterable[Any] | None:
    """What a source runs over; None, with the reason noted, when it cannot."""
    first = source.values(s, r)
    if source.end is not None:
        return counted(first, source.end(s, r), r, source.place)
    if isinstance(first, Range):
        return _inside(first, r, source.place)
    if first is None:
        r.null("feel.null-iteration", source.place)
        return None
    return first if is_list(first) else [first]


def _inside(interval: Range, r: Run, place: Place) -> Iterable[Any] | None:
    """The whole numbers or days of a range, upwards only."""
    low, high = interval.start, interval.end
    if interval.operator != ".." or (order(low, high) or 0) > 0:
        r.null("feel.not-iterable", place, kind="range")
        return None
    items = counted(low, high, r, place)
    if items is None:
        return None
    return (item for item in items if (interval.start_included or item != low) and (interval.end_included or item != high))


def counted(first: Any, last: Any, r: Run, place: Place) -> Iterable[Any] | None:
    """`first..last`, upwards or downwards, over numbers in steps of one or over days."""
    if is_number(first) and is_number(last):
        return _numbers(decimal_of(first), decimal_of(last), r)
    if kind(first) == kind(last) == "date":
        return _dates(temporal.days_of(first), temporal.days_of(last), r)
    r.null("feel.not-iterable", place, kind=kind(first) if kind(first) not in ("number", "date") else kind(last))
    return None


def _numbers(first: Decimal, last: Decimal, r: Run) -> Iterator[Decimal]:
    step = Decimal(1 if first <= last else -1)  # the budget ends what is so large that adding one changes nothing
    upwards = first <= last
    while first <= last if upwards else first >= last:
        r.spend(1)
        yield first
        first = NUMBERS.add(first, step)


def _dates(first: int, last: int, r: Run) -> Iterator[temporal.AnyDate | date]:
    step = 1 if first <= last else -1
    for days in range(first, last + step, step):
        r.spend(1)
        yield temporal.make_date(days)


def for_loop(sources: tuple[Source, ...], body: Evaluate, uses_partial: bool, place: Place, cost: int = 1) -> Evaluate:
    def loop(s: Any, r: Run) -> Any:
        results: list[Any] = []
        for frame in _turns(sources, s, r):
            if frame is None:
                return None
            r.spend(cost - 1)
            if uses_partial:
                r.spend(len(results) // 16)
                frame["partial"] = results[:]
            results.append(body(frame, r))
        return results

    return loop


def _turns(sources: tuple[Source, ...], s: Any, r: Run) -> Iterator[Frame | None]:
    """A frame for each combination, the last source turning fastest; one None when a source cannot be run over."""
    source, rest = sources[0], sources[1:]
    items = items_of(source, s, r)
    if items is None:
        yield None
        return
    for item in items:
        r.spend(1)
        frame = Frame(s)
        frame[source.name] = admit(item)
        if rest:
            yield from _turns(rest, frame, r)
        else:
            yield frame


def quantified(sources: tuple[Source, ...], condition: Evaluate, wanted: bool, place: Place, cost: int = 1) -> Evaluate:
    """`some` (one is true) when `wanted`, else `every` (none is false). Three-valued, as `or` and `and` are."""
    def decide(s: Any, r: Run) -> Any:
        result: bool | None = not wanted
        for frame in _turns(sources, s, r):
            if frame is None:
                return None
            r.spend(cost - 1)
            verdict = condition(frame, r)
            if verdict is wanted:
                return wanted
            if verdict is not (not wanted):
                if verdict is not None:
                    return r.null("feel.not-boolean", place, operator="some" if wanted else "every", kind=kind(verdict))
                result = None
        return result

    return decide
