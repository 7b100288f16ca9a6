"""Times gateway conditions over a ten-variable scope beside Python's own `eval` and two other safe evaluators. No test; prints a table.

    python -m tests.feel.measure
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from time import process_time
from zoneinfo import ZoneInfo

from engine.feel import Environment, parse

SCOPE = {
    "score": Decimal("85.5"), "county": "长沙县", "withdrawn": False, "applicants": 12, "places": 5, "kind": "个人", "level": "省级", "body": {"org": "4301"},
    "outcome": "approve", "votes": [1, 0, 1],
}
CASES = (
    ("outcome = \"approve\"", "outcome == \"approve\""), ("score >= 60 and county = \"长沙县\"", "score >= 60 and county == \"长沙县\""),
    ("score >= 60 and county = \"长沙县\" and not(withdrawn)", "score >= 60 and county == \"长沙县\" and not withdrawn"), ("applicants > places * 2", "applicants > places * 2"),
    ("level in (\"省级\", \"国家级\") or kind = \"集体\"", "level in (\"省级\", \"国家级\") or kind == \"集体\""), ("count(votes) >= 3", "len(votes) >= 3"),
)
ENV = Environment(datetime(2026, 9, 1, tzinfo=timezone.utc), ZoneInfo("Asia/Shanghai"))
ROUNDS, REPEATS = 20_000, 5


def microseconds(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The best of five, in microseconds of processor time a call."""
    best = float("inf")
    for _ in range(REPEATS):
        started = process_time()
        for _ in range(rounds):
            call()
        best = min(best, process_time() - started)
    return best / rounds * 1e6


def evaluators(feel: str, python: str) -> dict[str, Callable[[], object]]:
    """One call a way to evaluate: what can be prepared beforehand is."""
    expression, code = parse(feel), compile(python, "condition", "eval")
    found: dict[str, Callable[[], object]] = {
        "banli": lambda: expression(SCOPE, ENV), "python eval": lambda: eval(code, {"__builtins__": {}, "len": len}, SCOPE),
    }
    try:
        from simpleeval import EvalWithCompoundTypes

        simple = EvalWithCompoundTypes(names=SCOPE, functions={"len": len})
        tree = simple.parse(python)
        found["simpleeval"] = lambda: simple.eval(python, previously_parsed=tree)
    except ImportError:
        pass
    try:
        from asteval import Interpreter

        interpreter = Interpreter(minimal=True, user_symbols={**SCOPE, "len": len})
        parsed = interpreter.parse(python)
        found["asteval"] = lambda: interpreter.run(parsed)
    except ImportError:
        pass
    return found


def main() -> None:
    for feel, python in CASES:
        calls = evaluators(feel, python)
        values = {name: call() for name, call in calls.items()}
        assert len(set(map(str, values.values()))) == 1, values
        print(f"{feel:55}", "  ".join(f"{name} {microseconds(call, ROUNDS if name in ('banli', 'python eval') else 2000):6.2f} µs" for name, call in calls.items()))


if __name__ == "__main__":
    main()
