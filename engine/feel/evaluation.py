"""What an evaluation carries along: the environment, the budget that is left, and the reasons for nulls."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from engine.feel.errors import FeelError, Reason, Rejected
from engine.feel.regex import Regex, compiled, steps_to_compile
from engine.feel.tree import Place
from engine.feel.values import Function, host_function, is_callable

MOST_REASONS = 20
DEEPEST_CALLS = 450  # Python frames that nested calls of FEEL functions may take
LONGEST_STRING = 1_000_000
Scope = Mapping[str, Any]


@dataclass(frozen=True)
class Environment:
    """What an expression may know beside its scope.

    `now` is aware: what now() and today() give, in `zone`. `functions` are the host's: role(code, org), due in(n) …; plain
    Python functions will do, their parameters are then called as they are, with spaces for underscores.
    `budget` bounds the work: one step an iteration, call, list element, and sixteen characters of a new text.
    """

    now: datetime
    zone: ZoneInfo
    functions: Mapping[str, Function | Callable[..., Any]] = field(default_factory=lambda: MappingProxyType({}))
    budget: int = 300_000


    def function(self, name: str) -> Any:
        """The host's function of that name as a FEEL function; None when there is none."""
        found = self.functions.get(name)
        return found if found is None or is_callable(found) else host_function(name, found)  # type: ignore[arg-type]


class Run:
    """One evaluation. `reasons` says why values became null, oldest first, at most twenty; `patterns` are those it has paid for."""

    __slots__ = ("env", "steps", "frames", "reasons", "patterns")

    def __init__(self, env: Environment | None) -> None:
        self.env = env
        self.steps = 300_000 if env is None else env.budget
        self.frames = 0
        self.reasons: list[Reason] = []
        self.patterns: dict[tuple[str, str], Regex | Rejected] | None = None

    def pattern(self, text: str, flags: str) -> Regex:
        """A regular expression, paid for when the evaluation asks for it the first time. Rejected when it is none."""
        known = self.patterns
        if known is None:
            known = self.patterns = {}
        found = known.get((text, flags))
        if found is None:
            found = known[text, flags] = compiled(text, flags)
            self.spend(steps_to_compile(text, found))
        if isinstance(found, Rejected):
            raise Rejected(found.code, **found.details)
        return found

    def spend(self, steps: int) -> None:
        """Raises FeelError feel.budget when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelError(Reason("feel.budget", {"limit": 300_000 if self.env is None else self.env.budget}))

    def null(self, code: str, place: Place, **details: object) -> Any:
        """Notes why a value is null, and is that null."""
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(Reason(code, details, place.line, place.column))
        return None

    def too_deep(self, place: Place) -> NoReturn:
        raise FeelError(Reason("feel.budget", {"limit": DEEPEST_CALLS}, place.line, place.column))


class Frame(dict[str, Any]):
    """Local names over an outer scope, which is only read, and only when asked for a name that is not local."""

    __slots__ = ("outer",)

    def __init__(self, outer: Scope, local: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__(local)
        self.outer = outer

    def __missing__(self, name: str) -> Any:
        return self.outer[name]


class ItemFrame(Mapping[str, Any]):
    """The scope of a filter: the entries of the element, then `item`, then what is outside."""

    __slots__ = ("element", "entries", "outer")

    def __init__(self, outer: Scope) -> None:
        self.outer = outer
        self.element: Any = None
        self.entries: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        if self.entries is not None and name in self.entries:
            return self.entries[name]
        return self.element if name == "item" else self.outer[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries or ())

    def __len__(self) -> int:
        return len(self.entries or ())
