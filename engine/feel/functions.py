"""How a built-in function is declared, and how its arguments are checked. The functions themselves are in `builtin_*.py`."""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from engine.feel.errors import Rejected, wrong_count
from engine.feel.evaluation import Run
from engine.feel.temporal import YearMonthDuration
from engine.feel.values import MISSING, PLAIN, Range, admit, bind, decimal_of, is_callable, is_list, kind

F = TypeVar("F", bound=Callable[..., object])
BUILT_INS: dict[str, Overloads] = {}
# What the diagrams' host offers beside them (`engine/scheme/functions.py`). Known by name to the parser, for «due in» holds a keyword.
HOST_FUNCTIONS = (
    "role", "cutoff", "opens", "due in", "add working days", "working days between", "printed span end", "period end",
)
_PARAMETER = re.compile(r"\s*(?P<name>[^:]+?)\s*:\s*(?P<kind>[a-z| ]+?)\s*(?P<null>\?)?\s*(?P<mark>=|\.\.\.)?\s*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kinds` are the kinds it takes (none: any). A null is refused unless `nullable`."""

    name: str
    kinds: frozenset[str]
    nullable: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in function; `wants_run` gives it the evaluation as first argument."""

    function: str
    parameters: tuple[Parameter, ...]
    variadic: bool
    wants_run: bool
    call: Callable[..., object]
    names: tuple[str, ...] = field(init=False)
    required: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(p.name for p in self.parameters))
        object.__setattr__(self, "required", sum(not p.optional for p in self.parameters))

    def fits(self, count: int) -> bool:
        return count >= self.required and (self.variadic or count <= len(self.parameters))

    def invoke(self, run: Run, arguments: Sequence[object], names: Sequence[str]) -> object:
        if names or len(arguments) != len(self.parameters) or self.variadic:
            arguments = bind(self.function, self.names, arguments, names, self.required, self.variadic)
        checked = [self.checked(run, parameter, value) for parameter, value in zip(self.parameters, arguments)]
        return self.call(run, *checked) if self.wants_run else self.call(*checked)

    def checked(self, run: Run, parameter: Parameter, value: Any) -> object:
        """`value` as the parameter's kind, its size paid for. Rejected when it will not do."""
        kinds = parameter.kinds
        found = kind(value)
        if found in kinds:
            if found == "number":
                return decimal_of(admit(value))  # type: ignore[arg-type]
            run.steps -= _size(found, value)
            return value
        if value is MISSING:
            return None
        if value is None:
            if parameter.nullable:
                return None
            raise Rejected("feel.null-argument", function=self.function, parameter=parameter.name)
        if not kinds:
            return admit(value)
        if "list" in kinds:
            return [value]
        if is_list(value) and len(value) == 1 and not is_list(value[0]):
            return self.checked(run, parameter, value[0])
        raise Rejected("feel.argument-kind", function=self.function, parameter=parameter.name, kind=found, wanted=" | ".join(sorted(kinds)))


def _size(found: str, value: Any) -> int:
    if found == "string":
        return len(value) >> 6
    return len(value) if found in ("list", "context") else 0


# The Python types that need no conversion, by the kind that a parameter asks for. Texts, lists and contexts are paid for by size.
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "number": (Decimal,), "boolean": (bool,), "string": (str,), "list": (list, tuple), "context": (dict,), "date": (date,), "time": (time,),
    "date and time": (datetime,), "days and time duration": (timedelta,), "years and months duration": (YearMonthDuration,), "range": (Range,),
}


def accepted(parameter: Parameter) -> tuple[frozenset[type], frozenset[type]]:
    """Types of arguments that the parameter takes as they are: those that cost nothing, and those paid for by size."""
    if not parameter.kinds:
        return PLAIN, frozenset()
    found = {python for name in parameter.kinds for python in _PYTHON_TYPES.get(name, ())}
    sized = found & {str, list, tuple, dict}
    return frozenset(found - sized), frozenset(sized)


@dataclass(slots=True)
class Overloads:
    """A built-in function with all its signatures."""

    name: str
    signatures: list[Signature] = field(default_factory=list)

    def only(self, count: int) -> Signature | None:
        """The signature, when there is one and it takes exactly `count` arguments, each as it comes."""
        if len(self.signatures) == 1 and len(self.signatures[0].parameters) == count and not self.signatures[0].variadic:
            return self.signatures[0]
        return None

    def invoke(self, run: Run, arguments: Sequence[object], names: Sequence[str] = ()) -> object:
        """Calls the first signature that takes these arguments; Rejected, with the first one's reason, when none does.

        Of two that differ only in order, `before(point, range)` and `before(range, point)`, names mean the one in which they were written.
        """
        refusal: Rejected | None = None
        given = tuple(names)
        for signature in sorted(self.signatures, key=lambda one: one.names != given) if given else self.signatures:
            if not names and not signature.fits(len(arguments)):
                continue
            try:
                return signature.invoke(run, arguments, names)
            except Rejected as rejected:
                refusal = refusal or rejected
        if refusal is not None:
            raise refusal
        signatures = self.signatures
        raise wrong_count(self.name, len(arguments), min(s.required for s in signatures), max(len(s.parameters) for s in signatures))


def built_in(declaration: str, *, run: bool = False) -> Callable[[F], F]:
    """Declares a function: `substring(string: string, start position: number, length: number =)`.

    A kind may be followed by `?` (null is allowed), `=` (may be missing, then None) or `...` (any number of them).
    Kinds are joined by `|`; `any` takes all.
    """

    def register(call: F) -> F:
        name, _, rest = declaration.rstrip(") ").partition("(")
        parts = [part for part in rest.split(",") if part.strip()]
        parameters = tuple(_parameter(part) for part in parts)
        overloads = BUILT_INS.setdefault(name, Overloads(name))
        overloads.signatures.append(Signature(name, parameters, rest.rstrip().endswith("..."), run, call))
        return call

    return register


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise AssertionError(text)
    kinds = frozenset(part.strip() for part in match["kind"].split("|")) - {"any"}
    return Parameter(match["name"], kinds, bool(match["null"]) or not kinds, match["mark"] == "=")


def whole(value: Any, function: str) -> int:
    """A number as an int, what is behind the point falls away. Rejected when it is too large to count with."""
    number = decimal_of(value)
    if abs(number) > 10**12:
        raise Rejected("feel.number-too-large", number=str(number), function=function)
    return int(number)


def function_of(value: object, parameters: int, role: str) -> Any:
    """A function argument; Rejected when it is none or cannot take so many arguments."""
    if not is_callable(value):
        raise Rejected("feel.not-a-function", kind=kind(value))
    names = getattr(value, "parameters", None)
    if names is not None and len(names) != parameters:
        raise wrong_count(role, parameters, len(names), len(names))
    return value


