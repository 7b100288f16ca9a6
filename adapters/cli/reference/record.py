"""Pages about what the engine is asked and what it writes: operations of service tasks, commands, events, named facts."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.cli.reference.markdown import code, codes, page, table, told
from adapters.cli.reference.words import FACTS, OPERATIONS as PURPOSES
from adapters.system.named_facts import named_facts
from engine.commands import COMMANDS
from engine.events import EFFECTS, EVENTS
from engine.operations import OPERATIONS, Input


def operations() -> str:
    """What `zeebe:taskDefinition type` may name."""
    rows = [(code(name), PURPOSES[name], _inputs(one.inputs), codes(one.results)) for name, one in OPERATIONS.items()]
    return page(
        "操作 · Operations",
        "服务任务用 `zeebe:taskDefinition type` 指明操作，用 `zeebe:input` 给出输入；结果成为变量。`?` 为可省。"
        "What a service task may ask for; `?` marks what may be left out. Shapes of the values: `docs/decisions/0002-schemes-and-forms.md` §6.",
        table(("操作 operation", "用途", "输入 inputs", "结果 results"), rows))


def _inputs(inputs: Iterable[Input]) -> str:
    return "；".join(f"`{one.name}{'' if one.required else '?'}` {one.kind}" for one in inputs)


def events() -> str:
    """Commands, events and facts with their fields."""
    happened = {name: kind for name, kind in EVENTS.items() if kind not in EFFECTS}
    return page(
        "操作记录 · The record",
        "一条记录 = 一个命令 + 用到的外部事实 + 由此发生的事件；重演时再执行命令，逐条比对事件。"
        "An entry is a command, the facts it used, and the events it caused; a replay carries the command out again and compares.",
        "## 命令 · commands\n\n" + _kinds(COMMANDS),
        "## 事件 · events\n\n" + _kinds(happened),
        "## 效果 · effects\n\n不改变实例本身，由投影和总账处理。They change no row of the instance.\n\n" + _kinds({one.__name__: one for one in EVENTS.values() if one in EFFECTS}),
        "## 外部事实 · named facts\n\n" + table(("事实 fact", "参数 arguments", "含义"), [(code(name), codes(arguments), FACTS[name]) for name, arguments in named_facts()]),
    )


def _kinds(kinds: Mapping[str, type[Any]]) -> str:
    return table(("名称 name", "字段 fields", "说明 meaning"), [(code(name), _fields(kind), told(kind)) for name, kind in kinds.items()])


def _fields(kind: Any) -> str:
    return " ".join(code(name + ("?" if name in kind._field_defaults else "")) for name in kind._fields)
