"""The page about FEEL: every function with its parameters, and an example whose result is computed while the page is made."""
from __future__ import annotations

from datetime import datetime
from inspect import signature
from itertools import groupby
from typing import Any

from adapters.cli.reference.markdown import code, page, table
from adapters.cli.reference.words import FUNCTIONS
from adapters.system.trying import environment
from engine.dmn.tables import AGGREGATIONS, HIT_POLICIES
from engine.feel import BUILT_INS, Environment, parse
from engine.feel.functions import Overloads, Parameter, Signature
from engine.feel.values import notation
from engine.scheme.functions import NAMES

AT = datetime(2021, 9, 30, 9)  # the moment of the examples
GROUPS = {
    "builtin_general": "通用 · general", "builtin_numbers": "数 · numbers", "builtin_strings": "文本 · strings", "builtin_lists": "列表与上下文 · lists, contexts",
    "builtin_ranges": "区间 · ranges", "builtin_temporal": "日期与时间 · dates and times",
}
HEADINGS = ("函数 function", "说明", "例 example", "结果 result")
MANY = 5  # kinds: more than that are «anything that has an order»


def functions() -> str:
    """Built-in functions by group, then ours; hit policies of decision tables."""
    env = environment(AT, {})
    parts = ["DMN 1.5 FEEL 的全部内置函数，以及本系统增加的函数。例子的结果由生成时计算，当前时刻取 2021-09-30 09:00（上海）。"
             "All built-in functions of DMN 1.5 FEEL and ours; the results of the examples are computed at 2021-09-30 09:00 in Shanghai."]
    for group, found in groupby(BUILT_INS.values(), key=_group):
        parts.append(f"## {GROUPS[group]}\n\n" + table(HEADINGS, [_row(one.name, [_parameters(each) for each in one.signatures], env) for one in found]))
    ours = [_row(name, [_host(name, env)], env) for name in NAMES]
    parts.append("## 流程中的函数 · functions of a diagram\n\n" + table(HEADINGS, ours))
    policies = ", ".join(f"`{one}`" for one in HIT_POLICIES)
    parts.append(f"## 决策表 · decision tables\n\n命中策略 hit policies: {policies}；`COLLECT` 的汇总 aggregators: " + ", ".join(f"`{one}`" for one in AGGREGATIONS if one))
    return page("FEEL 函数 · FEEL functions", *parts)


def _group(function: Overloads) -> str:
    return str(function.signatures[0].call.__module__).rpartition(".")[2]


def _row(name: str, parameters: list[str], env: Environment) -> tuple[str, str, str, str]:
    words, example = FUNCTIONS[name]
    value = parse(example, names=NAMES).strict({}, env)
    return " ".join(code(f"{name}({one})") for one in parameters), words, code(example), code(notation(value))


def _parameters(one: Signature) -> str:
    return ", ".join(map(_parameter, one.parameters)) + ("…" if one.variadic else "")


def _parameter(one: Parameter) -> str:
    kinds = "ordered" if len(one.kinds) > MANY else "/".join(sorted(one.kinds)) or "any"
    return f"{one.name}: {kinds}" + ("?" if one.optional else "")


def _host(name: str, env: Environment) -> str:
    function: Any = env.functions[name]
    return ", ".join(signature(function).parameters)
