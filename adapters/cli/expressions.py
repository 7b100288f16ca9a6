"""`banli feel` and `banli dmn`: try an expression or a decision out and see why it comes to what it does; stores nothing, opens no database."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from adapters.cli import arguments, say
from adapters.cli.arguments import command
from adapters.locale import say as words
from adapters.system.trying import environment, scheme_values
from engine.dmn import Model, Result, check_tables, parse_dmn
from engine.dmn.graph import DrgElement, InputData, Service
from engine.feel import BUILT_INS, Environment, Expression, FeelError, FeelSyntaxError, Reason, kind, parse
from engine.feel.values import notation
from engine.journal.canonical import from_canonical
from engine.refusals import Finding, Invalid, Refused
from engine.scheme.functions import NAMES


def add(commands: Any) -> None:
    """Declares both commands."""
    made = command(commands, "feel", feel, "试算一个 FEEL 表达式")
    made.add_argument("expression", help="表达式，开头可带“=”")
    made.add_argument("--scope", default="{}", metavar="JSON", help="变量：JSON 或 FEEL 上下文，或 @文件")
    made.add_argument("--explain", action="store_true", help="说明用到的名称、函数，以及为何为空")
    _common(made)

    made = command(commands, "dmn", dmn, "试算一个决策，或检查决策表有无遗漏、重叠")
    made.add_argument("file", type=Path, help="DMN 文件")
    made.add_argument("decision", nargs="?", default="", help="决策的名称或编号；不写则列出全部决策")
    made.add_argument("--inputs", default="{}", metavar="JSON", help="输入：JSON 或 FEEL 上下文，或 @文件")
    made.add_argument("--import", dest="imported", type=Path, action="append", default=[], metavar="文件", help="所引用的 DMN 文件，可写多次")
    _common(made)


def _common(made: argparse.ArgumentParser) -> None:
    made.add_argument("--scheme", default="", metavar="流程包/方案", help="以此方案的值作为 scheme")
    made.add_argument("--at", default="", metavar="时刻", help="当前时刻，如 2021-10-12T09:00（默认此刻）")


# FEEL ---------------------------------------------------------------------------------------------------------------------------------


def feel(given: argparse.Namespace) -> int:
    """Prints the value; on the error stream why it is null. 1 when the text is no expression or its evaluation was stopped."""
    scope, env = _surroundings(given, given.scope)
    text = given.expression.strip().removeprefix("=")
    try:
        expression = parse(text, names=[*NAMES, *scope])
        value, reasons = expression.explain(scope, env)
    except (FeelSyntaxError, FeelError) as wrong:
        return _wrong(text, wrong.reason)
    print(notation(value))
    if given.explain:
        for line in _explained(expression, scope, value):
            print(line)
    if reasons and (value is None or given.explain):
        say.lines((_why(one) + _meant(one, scope) for one in reasons), sys.stderr)
    return 0


def _meant(reason: Reason, scope: Mapping[str, Any]) -> str:
    """The known name that a misspelt one is nearest to."""
    known = {"feel.missing-name": list(scope), "feel.no-function": [*BUILT_INS, *NAMES]}.get(reason.code, [])
    near = get_close_matches(str(reason.details.get("name")), known, 1, 0.5)
    return words("（是不是“{name}”？）", say.LANGUAGE, name=near[0]) if near else ""


def _wrong(text: str, reason: Reason) -> int:
    """Says what is wrong and points at it."""
    print(f"✗ {_where(reason)}{_sentence(reason)}", file=sys.stderr)
    if reason.line:
        line = text.splitlines()[reason.line - 1] if reason.line <= len(text.splitlines()) else ""
        say.lines([f"    {line}", "    " + " " * say.width(line[: reason.column - 1]) + "^"], sys.stderr)
    return 1


def _explained(expression: Expression, scope: Mapping[str, Any], value: Any) -> Iterator[str]:
    yield words("· 结果类型：{kind}", say.LANGUAGE, kind=words(f"feel.kind.{kind(value)}", say.LANGUAGE))
    for name in sorted(expression.names):
        known = f"{name} = {notation(scope[name])}" if name in scope else words("{name}（没有此变量）", say.LANGUAGE, name=name)
        yield words("· 用到的变量：{name}", say.LANGUAGE, name=known)
    if expression.functions:
        yield words("· 用到的函数：{names}", say.LANGUAGE, names=sorted(expression.functions))


def _why(reason: Reason) -> str:
    return f"· {_where(reason)}{_sentence(reason)}"


def _where(reason: Reason) -> str:
    return words("第 {line} 行第 {column} 列：", say.LANGUAGE, line=reason.line, column=reason.column) if reason.line else ""


def _sentence(reason: Reason) -> str:
    return words(reason.code, say.LANGUAGE, **reason.details)


# DMN ----------------------------------------------------------------------------------------------------------------------------------


def dmn(given: argparse.Namespace) -> int:
    """Prints the value of the decision, which rules fired, and what the checker finds; 1 when the model has errors or was stopped."""
    inputs, env = _surroundings(given, given.inputs)
    content, *imported = map(arguments.content, (given.file, *given.imported))
    try:
        model = parse_dmn(content, *imported)
    except Invalid as invalid:
        raise Invalid(_in_file(given.file, invalid.findings)) from None
    stopped = _decide(model, given.decision, inputs, env) if given.decision else _list(model)
    errors = say.findings(say.LANGUAGE, _in_file(given.file, [*model.findings, *check_tables(model)]))
    return 1 if stopped or errors else 0


def _in_file(file: Path, findings: Iterable[Finding]) -> list[Finding]:
    return [replace(one, file=file.name) for one in findings]


def _decide(model: Model, name: str, inputs: Mapping[str, Any], env: Environment) -> bool:
    wanted = needed(model.find(name))
    _compare(wanted, inputs)
    try:
        result = model.evaluate(name, inputs, env)
    except FeelError as wrong:
        _wrong("", Reason(wrong.code, wrong.reason.details))
        return True
    print(notation(result.value))
    say.lines(told(result))
    say.lines((_why(one) + _of(one) for one in result.reasons), sys.stderr)
    return False


def _of(reason: Reason) -> str:
    """The decision in which a value became null, where it is known."""
    decision = reason.details.get("decision")
    return words("（{name}）", say.LANGUAGE, name=decision) if decision else ""


def _compare(wanted: Sequence[str], inputs: Mapping[str, Any]) -> None:
    """Says which inputs are missing, and which are not used at all: a slip in a name would else go unseen."""
    for name in wanted:
        if name not in inputs:
            print(words("! 没有给出“{name}”，按空值计算", say.LANGUAGE, name=name), file=sys.stderr)
    for name in inputs:
        if name not in (*wanted, "scheme"):
            print(words("! 用不到“{name}”，可用的输入：{known}", say.LANGUAGE, name=name, known=wanted), file=sys.stderr)


def told(result: Result) -> Iterator[str]:
    """Which rules applied, one line a table."""
    for table, rules in result.fired:
        text = "决策表“{table}”第 {rules} 条" if rules else "决策表“{table}”没有适用的规则"
        yield words(text, say.LANGUAGE, table=table, rules=rules)


def _list(model: Model) -> bool:
    rows = [(one.id, one.title or one.name, "、".join(needed(one))) for one in (*model.decisions, *model.services)]
    say.table(rows, [words(heading, say.LANGUAGE) for heading in ("编号", "决策", "输入")])
    return False


def needed(element: DrgElement) -> list[str]:
    """The inputs that the decision asks for, its own and those of what it requires, in the order in which they are met."""
    if isinstance(element, Service):
        return [one.name for one in element.parameters()]
    found: dict[str, None] = {}
    pending, seen = [element], set[int]()
    while pending:
        one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, InputData):
            found[one.name] = None
        for required in one.requires.values():
            pending += required.values() if isinstance(required, dict) else [required]
    return list(found)


# What is given --------------------------------------------------------------------------------------------------------------------------


def _surroundings(given: argparse.Namespace, scope: str) -> tuple[dict[str, Any], Environment]:
    scheme = scheme_values(*arguments.split(given.scheme)) if given.scheme else {}
    env = environment(_moment(given.at), scheme)
    values = _values(scope, env)
    return {**({"scheme": scheme} if given.scheme else {}), **values}, env


def _moment(text: str) -> datetime:
    """Raises Refused `cli.moment`."""
    if not text:
        return datetime.now(timezone.utc)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused("cli.moment", moment=text) from None


def _values(given: str, env: Environment) -> dict[str, Any]:
    """A context from JSON text or FEEL, or from a file behind `@`. Raises Refused `cli.values`, `cli.file`."""
    text = arguments.text(given)
    try:
        value = from_canonical(text)
    except ValueError:
        try:
            value = parse(text, names=NAMES).strict({}, env)
        except (FeelSyntaxError, FeelError) as wrong:
            raise Refused("cli.values", text=text.strip()[:60], reason=_where(wrong.reason) + _sentence(wrong.reason)) from None
    if not isinstance(value, dict):
        raise Refused("cli.values", text=text.strip()[:60], reason=words("不是一组“名称: 值”", say.LANGUAGE))
    return value
